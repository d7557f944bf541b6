/*
 * Join files.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base64.h"
#include "proto/body.h"
#include "proto/errors.h"
#include "proto/json_terms.h"

#include "proto/join.h"

void
join_init(struct join *j)
{
	memset(j, 0, sizeof(*j));
}

void
join_fini(struct join *j)
{
	size_t i;

	for (i = 0; i < j->ntrust; i++)
		document_fini(&j->trust[i]);
	free(j->trust);
	join_init(j);
}

int
join_add_trust(struct join *j, const struct document *d)
{
	struct document *trust;
	int r;

	if (j->ntrust == PH_JOIN_TRUST_MAX)
		return PH_ELIMIT;
	trust = realloc(j->trust, (j->ntrust + 1) * sizeof(*trust));
	if (trust == NULL)
		return PH_ENOMEM;
	j->trust = trust;
	document_init(&trust[j->ntrust]);
	r = document_copy(d, &trust[j->ntrust]);
	if (r == PH_OK)
		j->ntrust++;
	return r;
}

/* Decode only to see whether it can be. */
static int
check(const void *bytes, size_t len)
{
	struct join j;
	int r;

	join_init(&j);
	r = join_decode(bytes, len, &j);
	join_fini(&j);
	return r;
}

/* Put one trust document: the base64 of its sealed form. */
static void
encode_trust(const struct document *d, struct json_writer *w)
{
	struct buffer sealed, text;
	int r;

	buffer_init(&text, PH_DOCUMENT_MAX);
	r = document_seal(d, &sealed);
	if (r == PH_OK)
		r = base64_encode(sealed.data, sealed.len, BASE64_PADDED,
		    &text);
	if (r == PH_OK)
		json_put_string_bytes(w, NULL, (const char *)text.data,
		    text.len);
	else
		json_writer_fail(w, r);
	buffer_fini(&sealed);
	buffer_fini(&text);
}

int
join_encode(const struct join *j, struct buffer *out)
{
	struct json_writer w;
	char line[KEY_LINE_SIZE];
	size_t i, start;

	start = out->len;
	body_begin(&w, DOCUMENT_JOIN, out);
	json_put_string(&w, "name", j->name);
	json_put_id_or_null(&w, "repository", &j->repository);
	json_put_id(&w, "primary", &j->primary);
	json_put_string(&w, "address", j->address);
	key_line(&j->host_key, line);
	json_put_string(&w, "host_key", line);
	json_open_array(&w, "trust");
	for (i = 0; i < j->ntrust; i++)
		encode_trust(&j->trust[i], &w);
	json_close_array(&w);
	json_put_time(&w, "time", j->time);
	return body_end(&w, start, check);
}

/* Decode one trust document. */
static int
decode_sealed(const char *text, size_t len, struct document *d)
{
	struct buffer sealed;
	int r;

	buffer_init(&sealed, DOCUMENT_SEALED_MAX);
	r = base64_decode(text, len, BASE64_PADDED, &sealed);
	if (r == PH_OK)
		r = document_decode_sealed(sealed.data, sealed.len,
		    PH_DOCUMENT_MAX, d);
	buffer_fini(&sealed);
	return r;
}

/* Get the trust documents, at least one. */
static void
decode_trust(struct json_object *o, struct join *out)
{
	struct json_array array;
	const char *text;
	size_t i, len;
	int r;

	json_get_array(o, "trust", 1, PH_JOIN_TRUST_MAX, &array);
	if (array.count == 0)
		return;
	out->trust = calloc(array.count, sizeof(*out->trust));
	if (out->trust == NULL) {
		json_set_error(o->tree, PH_ENOMEM);
		return;
	}
	out->ntrust = array.count;
	for (i = 0; i < array.count; i++) {
		json_array_string(&array, i, &text, &len);
		r = decode_sealed(text, len, &out->trust[i]);
		if (r == PH_ENOMEM)
			json_set_error(o->tree, r);
		json_array_check(&array, r == PH_OK);
	}
}

int
join_decode(const void *bytes, size_t len, struct join *out)
{
	struct json_object o;
	struct json *tree;
	const char *address;
	int r;

	r = body_open(DOCUMENT_JOIN, bytes, len, &tree, &o);
	if (r != PH_OK)
		return r;
	json_get_name(&o, "name", out->name);
	json_get_id_or_null(&o, "repository", &out->repository);
	json_get_id(&o, "primary", &out->primary);
	json_get_string(&o, "address", &address, NULL);
	if (address_valid(address))
		memcpy(out->address, address, strlen(address) + 1);
	else
		json_refuse(&o, "address");
	json_get_key(&o, "host_key", &out->host_key);
	decode_trust(&o, out);
	json_get_time(&o, "time", &out->time);
	r = body_close(tree, &o);
	if (r != PH_OK)
		join_fini(out);
	return r;
}

/* Follow the trust documents from the first to the newest. */
static int
follow(const struct join *j, struct trust *newest)
{
	size_t i;
	int r;

	assert(j->ntrust > 0);
	r = trust_accept_anchor(&j->trust[0], newest);
	for (i = 1; i < j->ntrust && r == PH_OK; i++)
		r = trust_accept(newest, NULL, &j->trust[i], newest);
	return r;
}

int
join_accept(const struct document *d, struct join *out, struct trust *trust)
{
	struct trust newest;
	int r;

	/*
	 * The only document that is parsed before it is verified: the keys
	 * that verify it are in it.
	 */
	r = join_decode(d->bytes, d->len, out);
	if (r != PH_OK)
		return r;
	r = follow(out, &newest);
	if (r == PH_OK && digest_compare(&newest.primary, &out->primary) != 0)
		r = PH_EIDENTITY;
	if (r == PH_OK)
		r = trust_verify(&newest, TRUST_PRIMARY, d, DOCUMENT_JOIN,
		    NULL);
	if (r == PH_OK)
		*trust = newest;
	else
		join_fini(out);
	return r;
}
