/*
 * Heads of grants.
 */
#include <string.h>

#include "proto/body.h"
#include "proto/errors.h"
#include "proto/json_terms.h"

#include "proto/grant.h"

void
grant_init(struct grant *g)
{
	memset(g, 0, sizeof(*g));
}

/* Decode only to see whether it can be. */
static int
check(const void *bytes, size_t len)
{
	struct grant g;

	return grant_decode(bytes, len, &g);
}

int
grant_encode(const struct grant *g, struct buffer *out)
{
	struct json_writer w;
	size_t start;

	start = out->len;
	body_begin(&w, DOCUMENT_GRANT, out);
	json_put_id(&w, "repository", &g->repository);
	json_put_order(&w, &g->order);
	json_put_time(&w, "time", g->time);
	json_put_time_or_null(&w, "expires", g->expires);
	json_put_u64(&w, "items", g->items);
	json_put_digest(&w, "list", &g->list);
	return body_end(&w, start, check);
}

int
grant_decode(const void *bytes, size_t len, struct grant *out)
{
	struct json_object o;
	struct json *tree;
	int r;

	grant_init(out);
	r = body_open(DOCUMENT_GRANT, bytes, len, &tree, &o);
	if (r != PH_OK)
		return r;
	json_get_id(&o, "repository", &out->repository);
	json_get_order(&o, &out->order);
	json_get_time(&o, "time", &out->time);
	json_get_time_or_null(&o, "expires", &out->expires);
	json_get_u64(&o, "items", 0, &out->items);
	json_get_digest(&o, "list", &out->list);
	r = body_close(tree, &o);
	if (r != PH_OK)
		grant_init(out);
	return r;
}
