#ifndef SYNCD_CONFIG_YAML_H
#define SYNCD_CONFIG_YAML_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/failure.h"
#include "syncd/config/yaml_get.h"
#include "syncd/config/yaml_tree.h"

/*
 * Reading the part of YAML that Packhorse takes from people: one document
 * of maps, sequences and scalars.  No anchors, aliases, tags, directives,
 * second document, duplicate or composite keys, control characters; no
 * guessing of types either: a scalar is what its reader asks for, so that a
 * version 1.10 stays a text.  The result is a tree (yaml_tree.h), which its
 * reader takes apart (yaml_get.h).
 */

#define YAML_SIZE_MAX (1u << 20) /* Bytes of a file. */
#define YAML_DEPTH_MAX 16u       /* Nesting of maps and sequences. */
#define YAML_NODES_MAX 200000u   /* Keys and values: a file of "[,,,,". */

/*
 * Read the file at path; failures about its content have the given code
 * (PH_ECONFIG or PH_EPOLICY) and stand at FILE:LINE:COLUMN.  PH_OK, code,
 * PH_EFILE (cannot be read), PH_ENOMEM.  The caller frees *out with
 * yaml_tree_free(); after a failure it is NULL.
 */
int yaml_tree_read(const char *path, int code, struct yaml_tree **out,
    struct failure *f) ATTR_CHECK;

/* The same for len bytes; name stands for the file in failures. */
int yaml_tree_parse(const char *name, int code, const void *data, size_t len,
    struct yaml_tree **out, struct failure *f) ATTR_CHECK;

#endif
