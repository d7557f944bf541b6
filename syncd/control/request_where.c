/*
 * Who holds a version; and waiting until all that may hold it do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "syncd/catalogue/versions.h"
#include "syncd/control/snapshot.h"
#include "syncd/control/unknown.h"

#include "syncd/control/request_where.h"

/* Between two looks. */
#define LOOK_MS 1000

/* How a version stands at one repository; all of it is zeroed first. */
struct place {
	char name[PH_NAME_MAX + 1];
	struct digest id;
	int removed;
	int allowed;
	enum holdings_held held;
	const char *state;
	const char *evidence;
	int64_t as_of;
};

struct where {
	const char *image;
	const char *version; /* NULL: the newest. */
	char newest[PH_VERSION_MAX + 1];
	int wait;
	struct loop_timer *timer;
	int failed;
	int complete;         /* All that may hold it show it. */
	struct place *places; /* Owned. */
	size_t nplaces;
	struct place *told; /* What the client knows; owned. */
	size_t ntold;
};

static void look(void *cookie);

/* The end of a request's state. */
static void
fini(void *cookie)
{
	struct where *q = cookie;

	loop_timer_free(q->timer);
	free(q->places);
	free(q->told);
}

/* The version that is meant.  PH_OK or PH_EUNKNOWN. */
static int
find_version(struct catalogue *c, struct where *q)
{
	struct versions versions;
	int code;

	versions_init(&versions);
	code = versions_load(c, q->image, &versions);
	if (code == PH_OK && q->version != NULL)
		code = versions_find(&versions, q->image, q->version) == NULL ?
		    PH_EUNKNOWN :
		    PH_OK;
	else if (code == PH_OK && versions.count == 0)
		code = PH_EUNKNOWN;
	else if (code == PH_OK) {
		/* Oldest first. */
		memcpy(q->newest, versions.items[versions.count - 1].version,
		    sizeof(q->newest));
		q->version = q->newest;
	}
	versions_fini(&versions);
	return code;
}

/* How the version stands at one repository. */
static int
look_at(struct catalogue *c, const struct where *q,
    const struct registration *record, struct place *out)
{
	struct holdings_head head;
	struct holdings_row row;
	int code;

	code = holdings_one(c, record, q->image, q->version, &head, &row);
	if (code != PH_OK)
		return code;
	(void)snprintf(out->name, sizeof(out->name), "%s", record->name);
	out->id = record->id;
	out->removed = record->removed;
	out->allowed = row.allowed;
	out->held = row.held;
	out->state = row.state;
	out->evidence = row.evidence;
	out->as_of = head.as_of;
	return PH_OK;
}

/* 1 when a place has it where it may have it. */
static int
is_served(const struct place *p)
{
	if (p->removed || !p->allowed)
		return 1;
	return strcmp(p->state, "visible") == 0 ||
	    strcmp(p->state, "embargoed") == 0;
}

/* Look at all repositories. */
static int
look_around(struct catalogue *c, struct where *q)
{
	struct snapshot_records records;
	size_t i;
	int code;

	memset(&records, 0, sizeof(records));
	free(q->places);
	q->places = NULL;
	q->nplaces = 0;
	q->complete = 1;
	code = snapshot_records(c, &records);
	if (code == PH_OK) {
		q->places = calloc(records.count + 1, sizeof(*q->places));
		if (q->places == NULL)
			code = PH_ENOMEM;
	}
	for (i = 0; code == PH_OK && i < records.count; i++) {
		code = look_at(c, q, &records.items[i], &q->places[i]);
		q->complete &= code == PH_OK && is_served(&q->places[i]);
		q->nplaces++;
	}
	snapshot_records_fini(&records);
	return code;
}

/* Lane: look. */
static void
look_step(struct request *r)
{
	struct catalogue *c = request_context(r)->engine->catalogue;
	struct where *q = request_state(r);
	int code;

	code = find_version(c, q);
	if (code == PH_OK)
		code = look_around(c, q);
	q->failed = code != PH_OK;
	if (code == PH_EUNKNOWN) {
		(void)unknown_version(r, q->image, q->version);
	} else if (code != PH_OK) {
		(void)request_fail_code(r, code, NULL, "looking for %s",
		    q->image);
	}
}

/* Tell what was seen. */
static void
put_places(struct json_writer *w, const struct where *q)
{
	const struct place *p;
	size_t i;

	json_put_string(w, "image", q->image);
	json_put_string(w, "version", q->version);
	json_open_array(w, "repositories");
	for (i = 0; i < q->nplaces; i++) {
		p = &q->places[i];
		json_open_object(w, NULL);
		json_put_string(w, "repository", p->name);
		json_put_id_or_null(w, "id", &p->id);
		json_put_bool(w, "removed", p->removed);
		json_put_bool(w, "allowed", p->allowed);
		if (p->held == HOLDINGS_UNKNOWN)
			json_put_null(w, "held");
		else
			json_put_bool(w, "held", p->held == HOLDINGS_HELD);
		json_put_string(w, "state", p->state);
		json_put_string(w, "evidence", p->evidence);
		json_put_time_or_null(w, "as_of", p->as_of);
		json_close_object(w);
	}
	json_close_array(w);
}

/* 1 when the client knows all this. */
static int
is_told(const struct where *q)
{
	return q->told != NULL && q->ntold == q->nplaces &&
	    memcmp(q->told, q->places, q->nplaces * sizeof(*q->places)) == 0;
}

/* Tell a client that waits, where there is news. */
static void
tell(struct request *r, struct where *q)
{
	struct json_writer *w;

	if (is_told(q))
		return;
	w = request_progress(r);
	if (w == NULL)
		return;
	put_places(w, q);
	free(q->told);
	q->told = q->places;
	q->ntold = q->nplaces;
	q->places = NULL;
	q->nplaces = 0;
	request_progress_end(r);
}

/* The client is gone while nothing is being looked at. */
static void
on_cancel(struct request *r)
{
	request_finish(r);
}

/* Loop: something was seen. */
static void
on_looked(struct request *r)
{
	struct where *q = request_state(r);

	if (q->failed || request_is_canceled(r)) {
		request_finish(r);
	} else if (!q->wait || q->complete) {
		put_places(request_result(r), q);
		request_result_end(r);
		request_finish(r);
	} else {
		tell(r, q);
		request_on_cancel(r, on_cancel);
		loop_timer_start(q->timer, LOOK_MS);
	}
}

/* Look (again). */
static void
look(void *cookie)
{
	struct request *r = cookie;

	request_on_cancel(r, NULL);
	request_in_lane(r, look_step, on_looked);
}

static int
where(struct request *r)
{
	struct json_object *o = request_arguments(r);
	struct where *q;
	int code;

	q = request_state_new(r, sizeof(*q), fini);
	json_get_string(o, "image", &q->image, NULL);
	if (json_has(o, "version"))
		json_get_string(o, "version", &q->version, NULL);
	json_get_bool(o, "wait", &q->wait);
	code = request_check_arguments(r);
	if (code != PH_OK)
		return code;
	q->timer = loop_timer_new(request_context(r)->engine->loop, look, r);
	if (q->timer == NULL)
		return request_fail_code(r, PH_ENOMEM, NULL, "waiting");
	look(r);
	return PH_OK;
}

const struct verb request_where_verbs[] = {
	{ "where", VERB_AT_PRIMARY | VERB_LONG, where },
	{ NULL, VERB_AT_BOTH, NULL },
};
