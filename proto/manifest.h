#ifndef PROTO_MANIFEST_H
#define PROTO_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/labels.h"
#include "proto/limits.h"

/*
 * The manifest: one version of an image, its files, labels and owner
 * (docs/formats.md §2.3).
 */

struct manifest_file {
	char name[PH_FILE_NAME_MAX + 1];
	uint64_t size; /* 1 to PH_BLOB_SIZE_MAX bytes. */
	struct digest digest;
	struct digest map; /* The root of the block map. */
};

struct manifest {
	char image[PH_NAME_MAX + 1];
	char version[PH_VERSION_MAX + 1];
	uint64_t revision; /* From 1. */
	int64_t time;
	struct manifest_file *files; /* Owned; sorted by the bytes of name. */
	size_t nfiles;
	struct labels labels;
	char *owner;       /* Owned; NULL for none. */
	struct digest key; /* The id of the key that signs: key_id(). */
};

/* Empty: not yet a document. */
void manifest_init(struct manifest *m);

/* Free what it holds; it is empty again. */
void manifest_fini(struct manifest *m);

/*
 * Add a file where it belongs.  PH_OK, PH_ENOMEM, PH_ELIMIT beyond
 * PH_FILES_MAX, PH_ENAME for a name that is not valid, PH_ETAKEN for one
 * that is there, be it in another case.
 */
int manifest_add_file(struct manifest *m,
    const struct manifest_file *file) ATTR_CHECK;

/* The file of that name, borrowed; NULL when there is none. */
const struct manifest_file *manifest_file(const struct manifest *m,
    const char *name);

/* 1 when both have the same files (names, sizes, digests); else 0. */
int manifest_same_files(const struct manifest *a,
    const struct manifest *b) ATTR_CHECK;

/* The sum of the sizes of its files. */
uint64_t manifest_size(const struct manifest *m);

/*
 * Put the document's bytes.  PH_OK, PH_ENOMEM, PH_ELIMIT, or PH_EDOCUMENT
 * when m is not what manifest_decode() takes; out then holds what it held.
 */
int manifest_encode(const struct manifest *m, struct buffer *out) ATTR_CHECK;

/*
 * Decode bytes that were verified, into an initialised and empty *out,
 * which stays so on failure.  PH_OK, PH_ENOMEM or PH_EDOCUMENT.
 */
int manifest_decode(const void *bytes, size_t len,
    struct manifest *out) ATTR_CHECK;

#endif
