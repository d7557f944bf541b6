/*
 * Allowed beside held, for one repository.
 */
#include <stdio.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/manifest.h"
#include "proto/name.h"
#include "syncd/catalogue/registry.h"
#include "syncd/control/snapshot.h"
#include "syncd/control/unknown.h"

#include "syncd/control/request_holdings.h"

/* What is asked. */
struct holdings_request {
	char own[PH_NAME_MAX + 1]; /* Our name. */
	const char *repository;    /* NULL: our own. */
};

/* The files of a version; none where its manifest is not here yet. */
static void
put_files(struct json_writer *w, const struct manifest *m)
{
	size_t i;

	json_put_u64(w, "size", manifest_size(m));
	json_open_array(w, "files");
	for (i = 0; i < m->nfiles; i++) {
		json_open_object(w, NULL);
		json_put_string(w, "name", m->files[i].name);
		json_put_u64(w, "size", m->files[i].size);
		json_put_digest(w, "digest", &m->files[i].digest);
		json_close_object(w);
	}
	json_close_array(w);
}

/* true, false or null: not known. */
static void
put_held(struct json_writer *w, enum holdings_held held)
{
	if (held == HOLDINGS_UNKNOWN)
		json_put_null(w, "held");
	else
		json_put_bool(w, "held", held == HOLDINGS_HELD);
}

/* One version. */
static int
put_row(struct catalogue *c, struct json_writer *w,
    const struct holdings_row *row)
{
	struct manifest m;
	int code;

	manifest_init(&m);
	code = holdings_manifest(c, &row->manifest, &m);
	if (code == PH_OK || code == PH_EABSENT) {
		code = PH_OK;
		json_open_object(w, NULL);
		json_put_string(w, "image", row->image);
		json_put_string(w, "version", row->version);
		json_put_digest_or_null(w, "digest", &row->manifest);
		put_files(w, &m);
		json_put_bool(w, "allowed", row->allowed);
		put_held(w, row->held);
		json_put_string(w, "state", row->state);
		json_put_string(w, "evidence", row->evidence);
		json_put_time_or_null(w, "evidence_time", row->time);
		json_close_object(w);
	}
	manifest_fini(&m);
	return code;
}

/* All that is known of a repository. */
static int
put_all(struct catalogue *c, struct json_writer *w,
    const struct snapshot_holdings *rows)
{
	size_t i;
	int code;

	json_put_string(w, "repository", rows->head.name);
	json_put_id_or_null(w, "id", &rows->head.id);
	json_put_bool(w, "removed", rows->head.removed);
	json_put_u64(w, "grant_generation", rows->head.grant_generation);
	json_put_u64(w, "grant_epoch", rows->head.grant_epoch);
	json_put_time_or_null(w, "as_of", rows->head.as_of);
	json_open_array(w, "items");
	code = PH_OK;
	for (i = 0; code == PH_OK && i < rows->count; i++)
		code = put_row(c, w, &rows->items[i]);
	json_close_array(w);
	return code;
}

/* The record that is asked for; *ours is 1 when that is ourselves. */
static int
find_record(struct catalogue *c, const char *name, const char *own,
    struct registration *out, int *ours)
{
	*ours = name == NULL || name_equal_folded(name, own);
	return *ours ? PH_OK : registry_get(c, name, out);
}

/* Lane: tell. */
static void
list_step(struct request *r)
{
	const struct engine *engine = request_context(r)->engine;
	struct catalogue *c = engine->catalogue;
	struct holdings_request *q = request_state(r);
	struct snapshot_holdings rows;
	struct registration record;
	int code, ours;

	code = find_record(c, q->repository, q->own, &record, &ours);
	if (code == PH_EUNKNOWN) {
		(void)unknown_repository(r, q->repository);
		return;
	}
	if (code != PH_OK) {
		(void)request_fail_code(r, code, NULL, "the holdings of %s",
		    q->repository);
		return;
	}
	memset(&rows, 0, sizeof(rows));
	code = snapshot_holdings(c, ours ? NULL : &record, &rows);
	if (code == PH_OK) {
		code = put_all(c, request_result(r), &rows);
		request_result_end(r);
	}
	if (code != PH_OK)
		(void)request_fail_code(r, code, NULL, "the holdings");
	snapshot_holdings_fini(&rows);
}

static int
holdings(struct request *r)
{
	struct json_object *o = request_arguments(r);
	struct holdings_request *q;
	int code;

	q = request_state_new(r, sizeof(*q), NULL);
	(void)snprintf(q->own, sizeof(q->own), "%s",
	    request_context(r)->engine->configuration->name);
	if (json_has(o, "repository"))
		json_get_string(o, "repository", &q->repository, NULL);
	code = request_check_arguments(r);
	if (code == PH_OK)
		code = unknown_check_site(r, q->repository);
	if (code == PH_OK)
		request_in_lane(r, list_step, NULL);
	return code;
}

const struct verb request_holdings_verbs[] = {
	{ "holdings", VERB_AT_BOTH, holdings },
	{ NULL, VERB_AT_BOTH, NULL },
};
