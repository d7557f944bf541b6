/*
 * Listing the versions that are here.
 */
#include <string.h>

#include "proto/errors.h"
#include "proto/manifest.h"
#include "syncd/control/snapshot.h"
#include "syncd/control/unknown.h"

#include "syncd/control/request_image.h"

/* What is asked. */
struct image_request {
	const char *image;   /* NULL: all. */
	const char *version; /* NULL: all. */
};

/* The files of a version. */
static void
put_files(struct json_writer *w, const struct manifest *m)
{
	size_t i;

	json_open_array(w, "files");
	for (i = 0; i < m->nfiles; i++) {
		json_open_object(w, NULL);
		json_put_string(w, "name", m->files[i].name);
		json_put_u64(w, "size", m->files[i].size);
		json_put_digest(w, "digest", &m->files[i].digest);
		json_put_digest(w, "map", &m->files[i].map);
		json_close_object(w);
	}
	json_close_array(w);
}

/* One version. */
static void
put_version(struct json_writer *w, const struct holdings_row *row,
    const struct manifest *m, int with_files)
{
	json_open_object(w, NULL);
	json_put_string(w, "image", row->image);
	json_put_string(w, "version", row->version);
	json_put_digest(w, "digest", &row->manifest);
	json_put_u64(w, "size", manifest_size(m));
	if (with_files)
		put_files(w, m);
	else
		json_put_u64(w, "files", m->nfiles);
	json_put_string(w, "state", row->state);
	json_put_time_or_null(w, "time", m->time);
	labels_encode(&m->labels, w, "labels");
	json_put_string_or_null(w, "owner", m->owner);
	json_close_object(w);
}

/* 1 when a row is what is asked for, and here, be it in part. */
static int
is_asked(const struct image_request *q, const struct holdings_row *row)
{
	if (row->held != HOLDINGS_HELD)
		return 0;
	if (q->image != NULL && strcmp(q->image, row->image) != 0)
		return 0;
	return q->version == NULL || strcmp(q->version, row->version) == 0;
}

/* Put the versions that are asked for; *n counts them. */
static int
put_versions(struct catalogue *c, const struct image_request *q,
    const struct snapshot_holdings *rows, struct json_writer *w, size_t *n)
{
	struct manifest m;
	size_t i;
	int code;

	for (i = 0; i < rows->count; i++) {
		if (!is_asked(q, &rows->items[i]))
			continue;
		manifest_init(&m);
		code = holdings_manifest(c, &rows->items[i].manifest, &m);
		if (code == PH_OK) {
			put_version(w, &rows->items[i], &m, q->image != NULL);
			(*n)++;
		}
		manifest_fini(&m);
		if (code != PH_OK && code != PH_EABSENT)
			return code;
	}
	return PH_OK;
}

/* Lane: list. */
static void
list_step(struct request *r)
{
	struct catalogue *c = request_context(r)->engine->catalogue;
	struct image_request *q = request_state(r);
	struct snapshot_holdings rows;
	struct json_writer *w;
	size_t n;
	int code;

	n = 0;
	memset(&rows, 0, sizeof(rows));
	code = snapshot_holdings(c, NULL, &rows);
	if (code == PH_OK) {
		w = request_result(r);
		json_open_array(w, q->image == NULL ? "images" : "versions");
		code = put_versions(c, q, &rows, w, &n);
		json_close_array(w);
		request_result_end(r);
	}
	if (code != PH_OK)
		(void)request_fail_code(r, code, NULL, "listing the images");
	else if (n == 0 && q->image != NULL)
		(void)unknown_version(r, q->image, q->version);
	snapshot_holdings_fini(&rows);
}

static int
image_ls(struct request *r)
{
	int code;

	(void)request_state_new(r, sizeof(struct image_request), NULL);
	code = request_check_arguments(r);
	if (code == PH_OK)
		request_in_lane(r, list_step, NULL);
	return code;
}

static int
image_show(struct request *r)
{
	struct json_object *o = request_arguments(r);
	struct image_request *q;
	int code;

	q = request_state_new(r, sizeof(*q), NULL);
	json_get_string(o, "image", &q->image, NULL);
	if (json_has(o, "version"))
		json_get_string(o, "version", &q->version, NULL);
	code = request_check_arguments(r);
	if (code == PH_OK)
		request_in_lane(r, list_step, NULL);
	return code;
}

const struct verb request_image_verbs[] = {
	{ "image.ls", VERB_AT_BOTH, image_ls },
	{ "image.show", VERB_AT_BOTH, image_show },
	{ NULL, VERB_AT_BOTH, NULL },
};
