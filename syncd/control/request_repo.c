/*
 * Adding, changing, listing and inviting repositories.
 */
#include <stdio.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/text.h"
#include "syncd/base/diag.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/invitation.h"
#include "syncd/catalogue/registry.h"
#include "syncd/catalogue/reports.h"
#include "syncd/control/snapshot.h"
#include "syncd/control/unknown.h"

#include "syncd/control/request_repo.h"

/* A join file: trust documents in base64, and armour. */
#define JOIN_FILE_MAX (8u << 20)

/* What is asked, and what becomes known of it. */
struct repo {
	const char *name;
	unsigned int members; /* REGISTRY_… that are in spec. */
	struct registration spec;
	int code;
	struct registration record;
	struct hub_status hub;
	struct grant grant;
	int has_grant;
	struct report report;
	int has_report;
};

/* A name: of what form is for the registry to say. */
static void
get_name(struct json_object *o, struct repo *repo)
{
	json_get_string(o, "name", &repo->name, NULL);
	json_check(o, "name", strlen(repo->name) <= PH_NAME_MAX);
	(void)snprintf(repo->spec.name, sizeof(repo->spec.name), "%s",
	    repo->name);
}

/* Text that may be empty. */
static void
get_contact(struct json_object *o, struct registration *spec)
{
	const char *text;

	json_get_string(o, "contact", &text, NULL);
	json_check(o, "contact", text_valid(text, PH_TEXT_MAX));
	(void)snprintf(spec->contact, sizeof(spec->contact), "%s", text);
}

/* The members of a record that are in the arguments. */
static void
get_members(struct json_object *o, struct repo *repo)
{
	struct registration *spec = &repo->spec;

	if (json_has(o, "reasons")) {
		registration_get_reasons(o, "reasons", &spec->reasons);
		repo->members |= REGISTRY_REASONS;
	}
	if (json_has(o, "contact")) {
		get_contact(o, spec);
		repo->members |= REGISTRY_CONTACT;
	}
	if (json_has(o, "clients")) {
		json_get_u64(o, "clients", 0, &spec->clients);
		repo->members |= REGISTRY_CLIENTS;
	}
	if (json_has(o, "rate")) {
		json_get_u64(o, "rate", 0, &spec->rate);
		repo->members |= REGISTRY_RATE;
	}
}

/* A key line as a person gives it.  PH_OK, or the request has failed. */
static int
get_key(struct request *r, struct repo *repo)
{
	struct json_object *o = request_arguments(r);
	struct failure f;
	const char *line;

	if (!json_has(o, "key"))
		return PH_OK;
	json_get_string(o, "key", &line, NULL);
	if (key_from_line(line, KEY_LINE_COMMENT, &repo->spec.key) != PH_OK) {
		(void)failure_set(&f, PH_EKEY,
		    "this is no key that a repository can have");
		failure_next(&f,
		    "give the line that \"syncctl key show\" prints there; "
		    "it begins with ssh-ed25519");
		return request_fail(r, &f);
	}
	repo->spec.has_key = 1;
	repo->members |= REGISTRY_KEY;
	return PH_OK;
}

/* A repository's record as an object. */
static void
put_record(struct json_writer *w, const char *name,
    const struct registration *record)
{
	char line[KEY_LINE_SIZE], fingerprint[KEY_FINGERPRINT_SIZE];

	line[0] = fingerprint[0] = '\0';
	if (record->has_key) {
		key_line(&record->key, line);
		key_fingerprint(&record->key, fingerprint);
	}
	json_open_object(w, name);
	json_put_string(w, "name", record->name);
	json_put_id_or_null(w, "id", &record->id);
	json_put_string_or_null(w, "key", line);
	json_put_string_or_null(w, "fingerprint", fingerprint);
	registration_put_reasons(w, "reasons", record->reasons);
	json_put_string(w, "contact", record->contact);
	json_put_u64(w, "clients", record->clients);
	json_put_u64(w, "rate", record->rate);
	json_put_bool(w, "paused", record->paused);
	json_put_bool(w, "removed", record->removed);
	json_put_time_or_null(w, "added", record->added);
	json_close_object(w);
}

/* The request failed: there is no such repository, or something else. */
static void
fail_get(struct request *r, int code, const char *name)
{
	if (code == PH_EUNKNOWN)
		(void)unknown_repository(r, name);
	else
		(void)request_fail_code(r, code, NULL, "the record of %s",
		    name);
}

/* Sessions follow a changed record; then the answer goes. */
static void
on_changed(struct request *r)
{
	const struct control_context *context = request_context(r);
	struct repo *repo = request_state(r);
	const struct registration *record = &repo->record;

	if (repo->code == PH_OK && context->hub != NULL && record->has_key)
		hub_record_changed(context->hub, &record->id, record->removed,
		    record->paused, record->rate);
	if (repo->code == PH_OK)
		diag(DIAG_NOTICE, "%s: %s of %s", request_actor(r),
		    request_verb(r), record->name);
	request_finish(r);
}

/* What the operator should know of a repository that was just added. */
static void
put_warnings(struct catalogue *c, struct json_writer *w,
    const struct registration *record)
{
	char text[2 * PH_NAME_MAX + 128];
	struct grant grant;

	json_open_array(w, "warnings");
	if (!record->has_key) {
		(void)snprintf(text, sizeof(text),
		    "%s has no key yet: give it with \"syncctl repo set %s "
		    "--key\"",
		    record->name, record->name);
		json_put_string(w, NULL, text);
	} else if (grants_get(c, &record->id, &grant, NULL) != PH_OK ||
	    grant.items == 0) {
		(void)snprintf(text, sizeof(text),
		    "nothing is granted to %s: the policy names no image for "
		    "it",
		    record->name);
		json_put_string(w, NULL, text);
	}
	json_close_array(w);
}

/* Lane: add. */
static void
add_step(struct request *r)
{
	struct catalogue *c = request_context(r)->engine->catalogue;
	struct repo *repo = request_state(r);
	struct json_writer *w;
	struct failure f;

	f.code = PH_OK;
	repo->code = registry_add(c, request_actor(r), &repo->spec, &f);
	if (repo->code == PH_OK)
		repo->code = registry_get(c, repo->name, &repo->record);
	if (repo->code != PH_OK) {
		(void)request_fail_code(r, repo->code, &f, "adding %s",
		    repo->name);
		return;
	}
	w = request_result(r);
	put_record(w, "repository", &repo->record);
	put_warnings(c, w, &repo->record);
	request_result_end(r);
}

static int
repo_add(struct request *r)
{
	struct json_object *o = request_arguments(r);
	struct repo *repo = request_state_new(r, sizeof(*repo), NULL);
	int code;

	get_name(o, repo);
	get_members(o, repo);
	/* Why a repository exists is asked when it is added. */
	json_check(o, "reasons", (repo->members & REGISTRY_REASONS) != 0);
	code = get_key(r, repo);
	if (code == PH_OK)
		code = request_check_arguments(r);
	if (code == PH_OK)
		request_in_lane(r, add_step, on_changed);
	return code;
}

/* Lane: change. */
static void
set_step(struct request *r)
{
	struct catalogue *c = request_context(r)->engine->catalogue;
	struct repo *repo = request_state(r);
	struct json_writer *w;
	struct failure f;

	f.code = PH_OK;
	repo->code =
	    registry_set(c, request_actor(r), &repo->spec, repo->members, &f);
	if (repo->code == PH_OK)
		repo->code = registry_get(c, repo->name, &repo->record);
	if (repo->code != PH_OK) {
		(void)request_fail_code(r, repo->code, &f, "changing %s",
		    repo->name);
		return;
	}
	w = request_result(r);
	put_record(w, "repository", &repo->record);
	request_result_end(r);
}

static int
repo_set(struct request *r)
{
	struct json_object *o = request_arguments(r);
	struct repo *repo = request_state_new(r, sizeof(*repo), NULL);
	int code;

	get_name(o, repo);
	get_members(o, repo);
	if (json_has(o, "paused")) {
		json_get_bool(o, "paused", &repo->spec.paused);
		repo->members |= REGISTRY_PAUSED;
	}
	if (json_has(o, "removed")) {
		/* There is no way back. */
		json_get_bool(o, "removed", &repo->spec.removed);
		json_check(o, "removed", repo->spec.removed);
		repo->members |= REGISTRY_REMOVED;
	}
	code = get_key(r, repo);
	if (code == PH_OK)
		code = request_check_arguments(r);
	if (code == PH_OK)
		request_in_lane(r, set_step, on_changed);
	return code;
}

/* Lane: all records. */
static void
ls_step(struct request *r)
{
	struct catalogue *c = request_context(r)->engine->catalogue;
	struct snapshot_records records;
	struct json_writer *w;
	size_t i;
	int code;

	memset(&records, 0, sizeof(records));
	code = snapshot_records(c, &records);
	if (code == PH_OK) {
		w = request_result(r);
		json_open_array(w, "repositories");
		for (i = 0; i < records.count; i++)
			put_record(w, NULL, &records.items[i]);
		json_close_array(w);
		request_result_end(r);
	} else {
		(void)request_fail_code(r, code, NULL,
		    "listing the repositories");
	}
	snapshot_records_fini(&records);
}

static int
repo_ls(struct request *r)
{
	int code;

	code = request_check_arguments(r);
	if (code == PH_OK)
		request_in_lane(r, ls_step, NULL);
	return code;
}

/* Lane: what the catalogue knows of one. */
static void
show_step(struct request *r)
{
	struct catalogue *c = request_context(r)->engine->catalogue;
	struct repo *repo = request_state(r);
	const struct digest *id;
	int code;

	code = registry_get(c, repo->name, &repo->record);
	id = &repo->record.id;
	if (code == PH_OK && repo->record.has_key) {
		code = grants_get(c, id, &repo->grant, NULL);
		repo->has_grant = code == PH_OK;
		if (code == PH_OK || code == PH_EABSENT)
			code = reports_get(c, id, &repo->report);
		repo->has_report = code == PH_OK;
		if (code == PH_EABSENT)
			code = PH_OK;
	}
	repo->code = code;
	if (code != PH_OK)
		fail_get(r, code, repo->name);
}

/* A grant's head, or null. */
static void
put_grant(struct json_writer *w, const struct grant *grant)
{
	if (grant == NULL) {
		json_put_null(w, "grant");
		return;
	}
	json_open_object(w, "grant");
	json_put_order(w, &grant->order);
	json_put_u64(w, "items", grant->items);
	json_put_time_or_null(w, "time", grant->time);
	json_put_time_or_null(w, "expires", grant->expires);
	json_close_object(w);
}

/* The last receipt, or null. */
static void
put_report(struct json_writer *w, const struct report *report)
{
	if (report == NULL) {
		json_put_null(w, "receipt");
		return;
	}
	json_open_object(w, "receipt");
	json_put_u64(w, "number", report->number);
	json_put_time_or_null(w, "time", report->time);
	json_put_time_or_null(w, "received", report->received);
	json_put_u64(w, "count", report->count);
	json_put_u64(w, "free", report->free_bytes);
	json_close_object(w);
}

/* Loop: with what the hub knows of it. */
static void
on_shown(struct request *r)
{
	const struct control_context *context = request_context(r);
	struct repo *repo = request_state(r);
	struct json_writer *w;

	if (repo->code == PH_OK) {
		if (context->hub != NULL && repo->record.has_key)
			hub_get_status(context->hub, &repo->record.id,
			    &repo->hub);
		w = request_result(r);
		put_record(w, "repository", &repo->record);
		put_grant(w, repo->has_grant ? &repo->grant : NULL);
		put_report(w, repo->has_report ? &repo->report : NULL);
		json_put_bool(w, "connected", repo->hub.connected);
		json_put_time_or_null(w, "last_contact",
		    repo->hub.last_contact);
		request_result_end(r);
	}
	request_finish(r);
}

static int
repo_show(struct request *r)
{
	struct repo *repo = request_state_new(r, sizeof(*repo), NULL);
	int code;

	get_name(request_arguments(r), repo);
	code = request_check_arguments(r);
	if (code == PH_OK)
		request_in_lane(r, show_step, on_shown);
	return code;
}

/* Lane: a join file. */
static void
invite_step(struct request *r)
{
	struct catalogue *c = request_context(r)->engine->catalogue;
	struct repo *repo = request_state(r);
	struct json_writer *w;
	struct buffer file;
	struct failure f;
	int code;

	buffer_init(&file, JOIN_FILE_MAX);
	f.code = PH_OK;
	code = invitation_make(c, repo->name, &file, &f);
	if (code == PH_OK) {
		w = request_result(r);
		json_put_string(w, "name", repo->name);
		json_put_string_bytes(w, "file", (const char *)file.data,
		    file.len);
		request_result_end(r);
	} else {
		(void)request_fail_code(r, code, &f, "inviting %s", repo->name);
	}
	buffer_fini(&file);
}

static int
repo_invite(struct request *r)
{
	struct repo *repo = request_state_new(r, sizeof(*repo), NULL);
	int code;

	get_name(request_arguments(r), repo);
	code = request_check_arguments(r);
	if (code == PH_OK)
		request_in_lane(r, invite_step, NULL);
	return code;
}

const struct verb request_repo_verbs[] = {
	{ "repo.add", VERB_AT_PRIMARY, repo_add },
	{ "repo.set", VERB_AT_PRIMARY, repo_set },
	{ "repo.ls", VERB_AT_PRIMARY, repo_ls },
	{ "repo.show", VERB_AT_PRIMARY, repo_show },
	{ "repo.invite", VERB_AT_PRIMARY, repo_invite },
	{ NULL, VERB_AT_BOTH, NULL },
};
