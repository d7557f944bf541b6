#ifndef PROTO_JSON_TERMS_H
#define PROTO_JSON_TERMS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/digest.h"
#include "proto/json.h"
#include "proto/key.h"
#include "proto/limits.h"
#include "proto/order.h"

/*
 * Getters for the terms of docs/formats.md §1 in JSON: each asks for a
 * member as those of json.h do, and refuses one that is not well formed.
 * On failure they give zeros, "" or NULL.
 */

/* "sha256:…", not all zeros. */
void json_get_digest(struct json_object *o, const char *name,
    struct digest *out);

/* Zeros for null. */
void json_get_digest_or_null(struct json_object *o, const char *name,
    struct digest *out);

/* A repository id: 64 hexadecimal digits, not all zeros. */
void json_get_id(struct json_object *o, const char *name, struct digest *out);

/* Zeros for null. */
void json_get_id_or_null(struct json_object *o, const char *name,
    struct digest *out);

/* len bytes as twice as many lower-case hexadecimal digits. */
void json_get_hex(struct json_object *o, const char *name, uint8_t *out,
    size_t len);

/* Seconds since 1970, never 0. */
void json_get_time(struct json_object *o, const char *name, int64_t *out);

/* 0 for null. */
void json_get_time_or_null(struct json_object *o, const char *name,
    int64_t *out);

/* A name of a repository, image or group. */
void json_get_name(struct json_object *o, const char *name,
    char out[PH_NAME_MAX + 1]);

/* A version. */
void json_get_version(struct json_object *o, const char *name,
    char out[PH_VERSION_MAX + 1]);

/* Text of 1 to PH_TEXT_MAX bytes; borrowed from the tree. */
void json_get_text(struct json_object *o, const char *name, const char **out);

/* NULL for null. */
void json_get_text_or_null(struct json_object *o, const char *name,
    const char **out);

/* A copy that the caller frees; NULL for null.  An older *out is freed. */
void json_get_text_copy(struct json_object *o, const char *name, char **out);

/* A key line without comment. */
void json_get_key(struct json_object *o, const char *name,
    struct key_public *out);

/* The members "epoch" and "generation" of o, each at least 1. */
void json_get_order(struct json_object *o, struct order *out);

/* Element i of an array of digests. */
void json_array_digest(struct json_array *a, size_t i, struct digest *out);

/* Zeros for null. */
void json_array_digest_or_null(struct json_array *a, size_t i,
    struct digest *out);

/* Element i of an array of key lines. */
void json_array_key(struct json_array *a, size_t i, struct key_public *out);

#endif
