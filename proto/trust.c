/*
 * Trust documents and the chain that they form.
 */
#include <assert.h>
#include <string.h>

#include "proto/body.h"
#include "proto/errors.h"
#include "proto/json_terms.h"

#include "proto/trust.h"

/* Signatures of a role that are needed; the schema has room for more. */
#define THRESHOLD 1

static const char *const role_names[TRUST_NROLES] = {
	[TRUST_AUTHORITY] = "authority",
	[TRUST_PUBLISHER] = "publisher",
	[TRUST_POLICY] = "policy",
	[TRUST_PRIMARY] = "primary",
};

void
trust_init(struct trust *t)
{
	memset(t, 0, sizeof(*t));
}

const char *
trust_role_name(enum trust_role role)
{
	return role_names[role];
}

int
trust_role_from_name(const char *name, enum trust_role *out)
{
	size_t i;

	for (i = 0; i < TRUST_NROLES; i++) {
		if (strcmp(role_names[i], name) == 0) {
			*out = (enum trust_role)i;
			return PH_OK;
		}
	}
	return PH_EUNKNOWN;
}

/* The place of key among keys; their count when it is not there. */
static size_t
find(const struct trust_keys *keys, const struct key_public *key)
{
	size_t i;

	for (i = 0; i < keys->count; i++) {
		if (key_equal(&keys->keys[i], key))
			break;
	}
	return i;
}

int
trust_role_has(const struct trust *t, enum trust_role role,
    const struct key_public *key)
{
	return find(&t->roles[role], key) < t->roles[role].count;
}

int
trust_role_add(struct trust *t, enum trust_role role,
    const struct key_public *key)
{
	struct trust_keys *keys;

	keys = &t->roles[role];
	if (find(keys, key) < keys->count)
		return PH_OK;
	if (keys->count == PH_ROLE_KEYS_MAX)
		return PH_ELIMIT;
	keys->keys[keys->count++] = *key;
	return PH_OK;
}

int
trust_role_remove(struct trust *t, enum trust_role role,
    const struct key_public *key)
{
	struct trust_keys *keys;
	size_t i;

	keys = &t->roles[role];
	i = find(keys, key);
	if (i == keys->count)
		return PH_EUNKNOWN;
	keys->count--;
	memmove(keys->keys + i, keys->keys + i + 1,
	    (keys->count - i) * sizeof(keys->keys[0]));
	return PH_OK;
}

int
trust_verify(const struct trust *t, enum trust_role role,
    const struct document *d, enum document_kind kind, struct key_public *which)
{
	size_t i;
	int r;

	r = document_verify(d, kind, t->roles[role].keys, t->roles[role].count,
	    &i);
	if (r == PH_OK && which != NULL)
		*which = t->roles[role].keys[i];
	return r;
}

/* Decode only to see whether it can be. */
static int
check(const void *bytes, size_t len)
{
	struct trust t;

	return trust_decode(bytes, len, &t);
}

/* Put the keys of one role. */
static void
encode_role(const struct trust_keys *keys, struct json_writer *w,
    const char *name)
{
	char line[KEY_LINE_SIZE];
	size_t i;

	json_open_object(w, name);
	json_open_array(w, "keys");
	for (i = 0; i < keys->count; i++) {
		key_line(&keys->keys[i], line);
		json_put_string(w, NULL, line);
	}
	json_close_array(w);
	json_put_int(w, "threshold", THRESHOLD);
	json_close_object(w);
}

int
trust_encode(const struct trust *t, struct buffer *out)
{
	struct json_writer w;
	size_t i, start;

	start = out->len;
	body_begin(&w, DOCUMENT_TRUST, out);
	json_put_u64(&w, "epoch", t->epoch);
	json_put_time(&w, "time", t->time);
	json_put_id(&w, "primary", &t->primary);
	json_open_object(&w, "roles");
	for (i = 0; i < TRUST_NROLES; i++)
		encode_role(&t->roles[i], &w, role_names[i]);
	json_close_object(&w);
	return body_end(&w, start, check);
}

/* Get the keys of one role. */
static void
decode_role(struct json_object *roles, const char *name,
    struct trust_keys *keys)
{
	struct json_object role;
	struct json_array array;
	struct key_public key;
	int64_t threshold;
	size_t i;

	json_get_object(roles, name, &role);
	json_get_array(&role, "keys", 1, PH_ROLE_KEYS_MAX, &array);
	for (i = 0; i < array.count; i++) {
		json_array_key(&array, i, &key);
		json_array_check(&array, find(keys, &key) == keys->count);
		keys->keys[keys->count++] = key;
	}
	json_get_int(&role, "threshold", THRESHOLD, THRESHOLD, &threshold);
	json_object_end(&role);
}

int
trust_decode(const void *bytes, size_t len, struct trust *out)
{
	struct json_object o, roles;
	struct json *tree;
	size_t i;
	int r;

	trust_init(out);
	r = body_open(DOCUMENT_TRUST, bytes, len, &tree, &o);
	if (r != PH_OK)
		return r;
	json_get_u64(&o, "epoch", 1, &out->epoch);
	json_get_time(&o, "time", &out->time);
	json_get_id(&o, "primary", &out->primary);
	json_get_object(&o, "roles", &roles);
	for (i = 0; i < TRUST_NROLES; i++)
		decode_role(&roles, role_names[i], &out->roles[i]);
	json_object_end(&roles);
	r = body_close(tree, &o);
	if (r != PH_OK)
		trust_init(out);
	return r;
}

/* Decode a document that one of its own authorities signed. */
static int
accept_own(const struct document *d, struct trust *out)
{
	int r;

	r = trust_decode(d->bytes, d->len, out);
	if (r == PH_OK)
		r = trust_verify(out, TRUST_AUTHORITY, d, DOCUMENT_TRUST, NULL);
	return r;
}

/* Accept the beginning of a chain, by a key that is known. */
static int
accept_pinned(const struct key_public *pinned, const struct document *d,
    struct trust *out)
{
	int r;

	r = document_verify(d, DOCUMENT_TRUST, pinned, 1, NULL);
	if (r == PH_OK)
		r = trust_decode(d->bytes, d->len, out);
	if (r == PH_OK && !trust_role_has(out, TRUST_AUTHORITY, pinned))
		r = PH_ESIGNATURE;
	return r;
}

/* Accept what follows an epoch that is known. */
static int
accept_next(const struct trust *previous, const struct document *d,
    struct trust *out)
{
	int r;

	r = trust_verify(previous, TRUST_AUTHORITY, d, DOCUMENT_TRUST, NULL);
	if (r == PH_OK)
		r = accept_own(d, out);
	if (r != PH_OK)
		return r;
	if (out->epoch <= previous->epoch)
		return PH_EOLDER;
	return out->epoch == previous->epoch + 1 ? PH_OK : PH_EDOCUMENT;
}

int
trust_accept(const struct trust *previous, const struct key_public *pinned,
    const struct document *d, struct trust *out)
{
	struct trust next;
	int r;

	assert((previous == NULL) != (pinned == NULL));
	/* previous and out may be the same. */
	r = previous != NULL ? accept_next(previous, d, &next) :
			       accept_pinned(pinned, d, &next);
	if (r == PH_OK)
		*out = next;
	return r;
}

int
trust_accept_anchor(const struct document *d, struct trust *out)
{
	struct trust anchor;
	int r;

	r = accept_own(d, &anchor);
	if (r == PH_OK)
		*out = anchor;
	return r;
}
