/*
 * Charters.
 */
#include <assert.h>
#include <string.h>

#include "proto/body.h"
#include "proto/errors.h"
#include "proto/json_terms.h"

#include "proto/charter.h"

/* Reason 1 << i has name i. */
static const char *const reason_names[CHARTER_NREASONS] = {
	"coverage",
	"separation",
	"isolated-network",
	"low-bandwidth",
	"capacity",
	"fault-tolerance",
};

void
charter_init(struct charter *c)
{
	memset(c, 0, sizeof(*c));
}

void
charter_fini(struct charter *c)
{
	selectors_fini(&c->may_hold);
	selectors_fini(&c->never);
	charter_init(c);
}

const char *
charter_reason_name(enum charter_reason reason)
{
	size_t i;

	for (i = 0; reason != 1u << i; i++)
		assert(i + 1 < CHARTER_NREASONS);
	return reason_names[i];
}

int
charter_reason_from_name(const char *name, enum charter_reason *out)
{
	size_t i;

	for (i = 0; i < CHARTER_NREASONS; i++) {
		if (strcmp(reason_names[i], name) == 0) {
			*out = (enum charter_reason)(1u << i);
			return PH_OK;
		}
	}
	return PH_EUNKNOWN;
}

int
charter_admits(const struct charter *c, const char *image,
    const struct labels *labels, const char *owner)
{
	return selectors_match(&c->may_hold, image, labels, owner) &&
	    !selectors_match(&c->never, image, labels, owner);
}

/* Decode only to see whether it can be. */
static int
check(const void *bytes, size_t len)
{
	struct charter c;
	int r;

	charter_init(&c);
	r = charter_decode(bytes, len, &c);
	charter_fini(&c);
	return r;
}

/* Put one upstream. */
static void
encode_upstream(const struct charter_upstream *u, struct json_writer *w)
{
	char line[KEY_LINE_SIZE];

	json_open_object(w, NULL);
	json_put_id(w, "id", &u->id);
	json_put_string(w, "address", u->address);
	key_line(&u->host_key, line);
	json_put_string(w, "host_key", line);
	json_close_object(w);
}

/* Put the upstreams, the reasons and the ceiling. */
static void
encode_rest(const struct charter *c, struct json_writer *w)
{
	size_t i;

	json_open_array(w, "upstreams");
	for (i = 0; i < c->nupstreams; i++)
		encode_upstream(&c->upstreams[i], w);
	json_close_array(w);
	json_open_array(w, "reasons");
	for (i = 0; i < CHARTER_NREASONS; i++) {
		if (c->reasons & 1u << i)
			json_put_string(w, NULL, reason_names[i]);
	}
	json_close_array(w);
	json_open_object(w, "ceiling");
	selectors_encode(&c->may_hold, w, "may_hold");
	selectors_encode(&c->never, w, "never");
	json_close_object(w);
}

int
charter_encode(const struct charter *c, struct buffer *out)
{
	struct json_writer w;
	char line[KEY_LINE_SIZE];
	size_t start;

	start = out->len;
	body_begin(&w, DOCUMENT_CHARTER, out);
	json_put_id(&w, "repository", &c->repository);
	json_put_string(&w, "name", c->name);
	json_put_order(&w, &c->order);
	json_put_time(&w, "time", c->time);
	key_line(&c->key, line);
	json_put_string(&w, "key", line);
	json_put_bool(&w, "revoked", c->revoked);
	encode_rest(c, &w);
	return body_end(&w, start, check);
}

/* Get the upstreams. */
static void
decode_upstreams(struct json_object *o, struct charter *out)
{
	struct charter_upstream *u;
	struct json_object element;
	struct json_array array;
	const char *address;
	size_t i;

	json_get_array(o, "upstreams", 0, PH_UPSTREAMS_MAX, &array);
	for (i = 0; i < array.count; i++) {
		u = &out->upstreams[i];
		json_array_object(&array, i, &element);
		json_get_id(&element, "id", &u->id);
		json_get_string(&element, "address", &address, NULL);
		if (address_valid(address))
			memcpy(u->address, address, strlen(address) + 1);
		else
			json_refuse(&element, "address");
		json_get_key(&element, "host_key", &u->host_key);
		json_object_end(&element);
	}
	out->nupstreams = array.count;
}

/* Get the reasons: at least one, each once. */
static void
decode_reasons(struct json_object *o, struct charter *out)
{
	enum charter_reason reason;
	struct json_array array;
	const char *name;
	size_t i;
	int known;

	json_get_array(o, "reasons", 1, CHARTER_NREASONS, &array);
	for (i = 0; i < array.count; i++) {
		json_array_string(&array, i, &name, NULL);
		known = charter_reason_from_name(name, &reason) == PH_OK;
		json_array_check(&array, known && !(out->reasons & reason));
		if (known)
			out->reasons |= reason;
	}
}

/* Get the ceiling. */
static void
decode_ceiling(struct json_object *o, struct charter *out)
{
	struct json_object ceiling;

	json_get_object(o, "ceiling", &ceiling);
	selectors_decode(&ceiling, "may_hold", &out->may_hold);
	selectors_decode(&ceiling, "never", &out->never);
	json_check(&ceiling, "never",
	    out->may_hold.count + out->never.count <= PH_SELECTORS_MAX);
	json_object_end(&ceiling);
}

int
charter_decode(const void *bytes, size_t len, struct charter *out)
{
	struct json_object o;
	struct json *tree;
	int r;

	r = body_open(DOCUMENT_CHARTER, bytes, len, &tree, &o);
	if (r != PH_OK)
		return r;
	json_get_id(&o, "repository", &out->repository);
	json_get_name(&o, "name", out->name);
	json_get_order(&o, &out->order);
	json_get_time(&o, "time", &out->time);
	json_get_key(&o, "key", &out->key);
	json_get_bool(&o, "revoked", &out->revoked);
	decode_upstreams(&o, out);
	decode_reasons(&o, out);
	decode_ceiling(&o, out);
	r = body_close(tree, &o);
	if (r != PH_OK)
		charter_fini(out);
	return r;
}
