/*
 * STATUS: what the catalogue knows, gathered in the lane, beside what the
 * loop knows.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/name.h"
#include "proto/rfc3339.h"
#include "syncd/catalogue/holdings.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/reports.h"
#include "syncd/config/probe.h"
#include "syncd/control/run_answer.h"
#include "syncd/control/snapshot.h"
#include "syncd/store/space.h"
#include "syncd/control/unknown.h"

#include "syncd/control/request_status.h"

#define NOTICES_MAX 64u

/* How far a clock may be ahead of ours before it is told. */
#define AHEAD_S (24 * 60 * 60)

/* A repository as the catalogue knows it. */
struct repository {
	struct registration record;
	uint64_t granted;
	uint64_t held;
	uint64_t missing; /* Allowed, and not known to be there. */
	int64_t receipt_time;
};

struct status {
	const char *repository; /* NULL: all. */
	int code;
	uint64_t total;
	uint64_t free_bytes;
	uint64_t reserved;
	char *notices[NOTICES_MAX]; /* Owned. */
	size_t nnotices;
	uint64_t nimages;
	uint64_t nversions;
	struct grant grant;
	int has_grant;
	struct repository *repositories; /* Owned. */
	size_t nrepositories;
};

/* The end of a request's state. */
static void
fini(void *cookie)
{
	struct status *s = cookie;
	size_t i;

	for (i = 0; i < s->nnotices; i++)
		free(s->notices[i]);
	free(s->repositories);
}

/* Something that an operator should know. */
static void
on_notice(void *cookie, const char *text)
{
	struct status *s = cookie;

	if (s->nnotices == NOTICES_MAX)
		return;
	s->notices[s->nnotices] = strdup(text);
	if (s->notices[s->nnotices] != NULL)
		s->nnotices++;
}

/* Lane: room; a store that is away has none, and a notice. */
static void
gather_space(const struct control_context *context, struct status *s)
{
	struct catalogue *c = context->engine->catalogue;
	char text[CONTROL_TEXT_SIZE];
	struct probe_space space;
	struct failure f;
	uint64_t inodes;

	if (catalogue_check_store(c, &f) != PH_OK) {
		(void)snprintf(text, sizeof(text), "%s: %s: %s", f.where,
		    f.what, f.next);
		on_notice(s, text);
		return;
	}
	if (probe_space(context->layout->store_dir, &space, &f) == PH_OK)
		s->total = space.total;
	if (space_left(catalogue_space(c), &s->free_bytes, &inodes) != PH_OK)
		s->free_bytes = 0;
	s->reserved = space_promised(catalogue_space(c));
}

/* 1 for a version that is all there: one being received is not yet. */
static int
is_whole(const struct holdings_row *row)
{
	return row->held == HOLDINGS_HELD &&
	    strcmp(row->state, holding_state_name(HOLDING_PARTIAL)) != 0;
}

/* Lane: our own versions. */
static int
gather_own(struct catalogue *c, struct status *s)
{
	struct snapshot_holdings rows;
	const char *image;
	size_t i;
	int code;

	image = NULL;
	memset(&rows, 0, sizeof(rows));
	code = snapshot_holdings(c, NULL, &rows);
	for (i = 0; code == PH_OK && i < rows.count; i++) {
		if (!is_whole(&rows.items[i]))
			continue;
		s->nversions++;
		if (image == NULL || strcmp(image, rows.items[i].image) != 0)
			s->nimages++;
		image = rows.items[i].image;
	}
	snapshot_holdings_fini(&rows);
	return code;
}

/* A receipt that is dated by a clock far ahead of ours. */
static void
tell_ahead(struct status *s, const char *name, const struct report *report)
{
	char dated[RFC3339_SIZE], text[CONTROL_TEXT_SIZE];

	if (report->time - report->received <= AHEAD_S)
		return;
	if (rfc3339_encode(report->time, dated) != PH_OK)
		return;
	(void)snprintf(text, sizeof(text),
	    "the last receipt of %s is dated %s, %" PRId64
	    " days after it came: see that the clocks there and here are right",
	    name, dated, (report->time - report->received) / AHEAD_S);
	on_notice(s, text);
}

/* Lane: one repository. */
static int
gather_repository(struct catalogue *c, struct status *s, struct repository *out)
{
	struct snapshot_holdings rows;
	struct report report;
	size_t i;
	int code;

	memset(&rows, 0, sizeof(rows));
	code = snapshot_holdings(c, &out->record, &rows);
	for (i = 0; code == PH_OK && i < rows.count; i++) {
		out->granted += rows.items[i].allowed != 0;
		out->held += is_whole(&rows.items[i]);
		out->missing +=
		    rows.items[i].allowed && !is_whole(&rows.items[i]);
	}
	snapshot_holdings_fini(&rows);
	if (code != PH_OK)
		return code;
	code = reports_get(c, &out->record.id, &report);
	if (code == PH_OK) {
		out->receipt_time = report.received;
		tell_ahead(s, out->record.name, &report);
	}
	return code == PH_EABSENT ? PH_OK : code;
}

/* Lane: the repositories that are asked for. */
static int
gather_repositories(struct catalogue *c, struct status *s)
{
	struct snapshot_records records;
	struct repository *out;
	size_t i;
	int code;

	memset(&records, 0, sizeof(records));
	code = snapshot_records(c, &records);
	if (code == PH_OK) {
		s->repositories =
		    calloc(records.count + 1, sizeof(*s->repositories));
		if (s->repositories == NULL)
			code = PH_ENOMEM;
	}
	for (i = 0; code == PH_OK && i < records.count; i++) {
		if (s->repository != NULL &&
		    !name_equal_folded(s->repository, records.items[i].name))
			continue;
		out = &s->repositories[s->nrepositories++];
		out->record = records.items[i];
		code = gather_repository(c, s, out);
	}
	snapshot_records_fini(&records);
	return code;
}

/* Lane: all of it. */
static void
gather_step(struct request *r)
{
	const struct control_context *context = request_context(r);
	struct catalogue *c = context->engine->catalogue;
	struct status *s = request_state(r);

	gather_space(context, s);
	catalogue_notices(c, on_notice, s);
	s->code = gather_own(c, s);
	if (s->code == PH_OK && catalogue_is_primary(c)) {
		s->code = gather_repositories(c, s);
	} else if (s->code == PH_OK) {
		s->code = mandate_grant(c, &s->grant);
		s->has_grant = s->code == PH_OK;
		if (s->code == PH_EABSENT)
			s->code = PH_OK;
	}
	if (s->code != PH_OK)
		(void)request_fail_code(r, s->code, NULL, "the status");
	else if (s->repository != NULL && catalogue_is_primary(c) &&
	    s->nrepositories == 0)
		s->code = unknown_repository(r, s->repository);
}

/* What is the same everywhere. */
static void
put_common(struct json_writer *w, const struct control_context *context,
    const struct status *s)
{
	const struct configuration *conf = context->engine->configuration;
	size_t i;

	json_put_string(w, "role", configuration_role_text(conf->role));
	json_put_string(w, "name", conf->name);
	json_put_id_or_null(w, "id", catalogue_id(context->engine->catalogue));
	json_put_string(w, "version", PH_VERSION);
	json_open_object(w, "store");
	json_put_u64(w, "total", s->total);
	json_put_u64(w, "free", s->free_bytes);
	json_put_u64(w, "reserved", s->reserved);
	json_close_object(w);
	json_open_array(w, "notices");
	for (i = 0; i < s->nnotices; i++)
		control_put_text(w, NULL, s->notices[i]);
	json_close_array(w);
}

/* A site: how it stands with its upstream. */
static void
put_upstream(struct json_writer *w, const struct control_context *context)
{
	const struct configuration *conf = context->engine->configuration;
	char address[ADDRESS_SIZE];
	struct site_status status;

	if (context->site == NULL || !conf->has_upstream) {
		json_put_null(w, "upstream");
		return;
	}
	site_get_status(context->site, &status);
	address_encode(&conf->upstream_address, address);
	json_open_object(w, "upstream");
	json_put_string(w, "address", address);
	json_put_string_or_null(w, "stage", status.stage);
	json_put_u64(w, "failures", status.failures);
	if (status.next_ms < 0)
		json_put_null(w, "next_seconds");
	else
		json_put_int(w, "next_seconds", (status.next_ms + 999) / 1000);
	json_put_time_or_null(w, "last_success", status.last_success);
	run_answer_put(w, "last", status.last);
	run_answer_put(w, "running", status.run);
	json_close_object(w);
}

/* A site: its grant. */
static void
put_site(struct json_writer *w, const struct control_context *context,
    const struct status *s)
{
	put_upstream(w, context);
	if (s->has_grant) {
		json_open_object(w, "grant");
		json_put_order(w, &s->grant.order);
		json_put_u64(w, "items", s->grant.items);
		json_put_time_or_null(w, "expires", s->grant.expires);
		json_close_object(w);
	} else {
		json_put_null(w, "grant");
	}
	json_put_u64(w, "items", s->nversions);
}

/* A primary: one repository. */
static void
put_repository(struct json_writer *w, const struct control_context *context,
    const struct repository *repository)
{
	const struct registration *record = &repository->record;
	struct hub_status status;

	memset(&status, 0, sizeof(status));
	if (context->hub != NULL && record->has_key)
		hub_get_status(context->hub, &record->id, &status);
	json_open_object(w, NULL);
	json_put_string(w, "name", record->name);
	json_put_id_or_null(w, "id", &record->id);
	json_put_bool(w, "paused", record->paused);
	json_put_bool(w, "removed", record->removed);
	json_put_bool(w, "connected", status.connected);
	json_put_time_or_null(w, "last_contact", status.last_contact);
	if (status.last_code == PH_OK)
		json_put_null(w, "last_failure");
	else
		control_put_text(w, "last_failure", status.last_words);
	json_put_u64(w, "granted", repository->granted);
	json_put_u64(w, "held", repository->held);
	json_put_u64(w, "missing", repository->missing);
	json_put_time_or_null(w, "receipt_time", repository->receipt_time);
	json_close_object(w);
}

/* Loop, a primary: who came with another state than before. */
static void
notice_forks(const struct control_context *context, struct status *s)
{
	char text[CONTROL_TEXT_SIZE], time[RFC3339_SIZE];
	const struct registration *record;
	struct hub_status status;
	size_t i;

	for (i = 0; context->hub != NULL && i < s->nrepositories; i++) {
		record = &s->repositories[i].record;
		if (!record->has_key)
			continue;
		hub_get_status(context->hub, &record->id, &status);
		if (status.fork_time == 0 ||
		    rfc3339_encode(status.fork_time, time) != PH_OK)
			continue;
		(void)snprintf(text, sizeof(text),
		    "%s was refused at %s (%s): %s; %s; this is shown for a day, "
		    "or until \"syncctl repo resume %s\"",
		    record->name, time, status.fork.where, status.fork.what,
		    status.fork.next, record->name);
		on_notice(s, text);
	}
}

/* Loop: answer. */
static void
on_gathered(struct request *r)
{
	const struct control_context *context = request_context(r);
	struct status *s = request_state(r);
	struct json_writer *w;
	size_t i;

	if (s->code != PH_OK) {
		request_finish(r);
		return;
	}
	notice_forks(context, s);
	w = request_result(r);
	put_common(w, context, s);
	if (context->engine->configuration->role == CONFIGURATION_SITE) {
		put_site(w, context, s);
	} else {
		json_put_u64(w, "images", s->nimages);
		json_put_u64(w, "versions", s->nversions);
		json_open_array(w, "repositories");
		for (i = 0; i < s->nrepositories; i++)
			put_repository(w, context, &s->repositories[i]);
		json_close_array(w);
	}
	request_result_end(r);
	request_finish(r);
}

static int
status(struct request *r)
{
	struct json_object *o = request_arguments(r);
	struct status *s;
	int code;

	s = request_state_new(r, sizeof(*s), fini);
	if (json_has(o, "repository"))
		json_get_string(o, "repository", &s->repository, NULL);
	code = request_check_arguments(r);
	if (code == PH_OK)
		code = unknown_check_site(r, s->repository);
	if (code == PH_OK)
		request_in_lane(r, gather_step, on_gathered);
	return code;
}

const struct verb request_status_verbs[] = {
	{ "status", VERB_AT_BOTH, status },
	{ NULL, VERB_AT_BOTH, NULL },
};
