/*
 * Checkpoints.
 */
#include <string.h>

#include "proto/body.h"
#include "proto/errors.h"
#include "proto/json_terms.h"

#include "proto/checkpoint.h"

void
checkpoint_init(struct checkpoint *c)
{
	memset(c, 0, sizeof(*c));
}

int
checkpoint_log_valid(const char *text)
{
	struct digest id;

	return strcmp(text, "main") == 0 || strcmp(text, "local") == 0 ||
	    digest_from_hex(text, &id) == PH_OK;
}

/* Decode only to see whether it can be. */
static int
check(const void *bytes, size_t len)
{
	struct checkpoint c;

	return checkpoint_decode(bytes, len, &c);
}

int
checkpoint_encode(const struct checkpoint *c, struct buffer *out)
{
	struct json_writer w;
	size_t start;

	start = out->len;
	body_begin(&w, DOCUMENT_CHECKPOINT, out);
	json_put_id(&w, "owner", &c->owner);
	json_put_string(&w, "log", c->log);
	json_put_u64(&w, "size", c->size);
	json_put_digest(&w, "root", &c->root);
	json_put_time(&w, "time", c->time);
	return body_end(&w, start, check);
}

int
checkpoint_decode(const void *bytes, size_t len, struct checkpoint *out)
{
	struct json_object o;
	struct json *tree;
	const char *log;
	int r;

	checkpoint_init(out);
	r = body_open(DOCUMENT_CHECKPOINT, bytes, len, &tree, &o);
	if (r != PH_OK)
		return r;
	json_get_id(&o, "owner", &out->owner);
	json_get_string(&o, "log", &log, NULL);
	if (checkpoint_log_valid(log))
		memcpy(out->log, log, strlen(log) + 1);
	else
		json_refuse(&o, "log");
	json_get_u64(&o, "size", 0, &out->size);
	json_get_digest(&o, "root", &out->root);
	json_get_time(&o, "time", &out->time);
	r = body_close(tree, &o);
	if (r != PH_OK)
		checkpoint_init(out);
	return r;
}
