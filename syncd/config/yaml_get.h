#ifndef SYNCD_CONFIG_YAML_GET_H
#define SYNCD_CONFIG_YAML_GET_H

#include <stdint.h>

#include "proto/attributes.h"
#include "proto/failure.h"
#include "syncd/config/yaml_tree.h"

/*
 * Values out of a YAML tree, with failures that stand at the value and name
 * its key and what would be right.  All functions return PH_OK or the code
 * of the tree.
 */

enum yaml_presence {
	YAML_OPTIONAL,
	YAML_REQUIRED,
};

/* Any scalar that is not empty; borrowed from the tree. */
int yaml_as_string(const struct yaml_node *n, const char **out,
    struct failure *f) ATTR_CHECK;

/* Decimal digits, without quotes, from min to max. */
int yaml_as_int(const struct yaml_node *n, int64_t min, int64_t max,
    int64_t *out, struct failure *f) ATTR_CHECK;

/* true or false, without quotes, as 1 or 0. */
int yaml_as_bool(const struct yaml_node *n, int *out,
    struct failure *f) ATTR_CHECK;

/* A scalar, a sequence or a map; it may be empty. */
int yaml_as_kind(const struct yaml_node *n, enum yaml_kind kind,
    struct failure *f) ATTR_CHECK;

/*
 * The value of a key of a map, as above.  Without the key: *out stays what
 * it was when it is optional, else a failure at the map.
 */
int yaml_get_string(struct yaml_node *map, const char *key,
    enum yaml_presence presence, const char **out,
    struct failure *f) ATTR_CHECK;
int yaml_get_int(struct yaml_node *map, const char *key,
    enum yaml_presence presence, int64_t min, int64_t max, int64_t *out,
    struct failure *f) ATTR_CHECK;
int yaml_get_bool(struct yaml_node *map, const char *key,
    enum yaml_presence presence, int *out, struct failure *f) ATTR_CHECK;
int yaml_get_sequence(struct yaml_node *map, const char *key,
    enum yaml_presence presence, struct yaml_node **out,
    struct failure *f) ATTR_CHECK;
int yaml_get_map(struct yaml_node *map, const char *key,
    enum yaml_presence presence, struct yaml_node **out,
    struct failure *f) ATTR_CHECK;

/*
 * Fail at the first key of a map that is not one of known, NULL-ended.  To be
 * called before keys are asked for: one that is misspelt is then named, and
 * not the one that is missing for it.
 */
int yaml_map_keys(const struct yaml_node *map, const char *const *known,
    struct failure *f) ATTR_CHECK;

#endif
