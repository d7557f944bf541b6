/*
 * The beginning and the end of every document.
 */
#include <string.h>

#include "proto/errors.h"

#include "proto/body.h"

/* The version of the format of documents that this is. */
#define SCHEMA 1

/* What a failure of JSON is in a document. */
static int
document_error(int error)
{
	return error == PH_EJSON ? PH_EDOCUMENT : error;
}

void
body_begin(struct json_writer *w, enum document_kind kind, struct buffer *out)
{
	json_writer_init(w, out);
	json_open_object(w, NULL);
	json_put_int(w, "schema", SCHEMA);
	json_put_string(w, "kind", document_kind_name(kind));
}

int
body_end(struct json_writer *w, size_t start, body_check *check)
{
	int r;

	json_open_object(w, "extra");
	json_close_object(w);
	json_close_object(w);
	buffer_put_u8(w->out, '\n');
	r = document_error(json_writer_end(w));
	if (r == PH_OK)
		r = check(w->out->data + start, w->out->len - start);
	if (r != PH_OK)
		buffer_truncate(w->out, start);
	return r;
}

int
body_open(enum document_kind kind, const void *bytes, size_t len,
    struct json **tree, struct json_object *o)
{
	const char *name;
	int64_t schema;
	int r;

	r = json_parse(bytes, len, document_max(kind), tree);
	if (r != PH_OK)
		return document_error(r);
	json_root(*tree, o);
	json_get_int(o, "schema", SCHEMA, SCHEMA, &schema);
	json_get_string(o, "kind", &name, NULL);
	json_check(o, "kind", strcmp(name, document_kind_name(kind)) == 0);
	return PH_OK;
}

int
body_close(struct json *tree, struct json_object *o)
{
	int r;

	json_skip_object(o, "extra");
	json_object_end(o);
	r = document_error(json_error(tree));
	json_free(tree);
	return r;
}
