/*
 * Putting a policy in force, and showing it.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/json_terms.h"
#include "proto/limits.h"
#include "syncd/base/diag.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/policies.h"
#include "syncd/control/snapshot.h"

#include "syncd/control/request_policy.h"

/* Warnings that are told; a policy that makes more has one cause. */
#define WARNINGS_MAX 256u

/* The text of a policy: what its reader takes, and more. */
#define POLICY_TEXT_MAX (8u << 20)

struct policy_request {
	const char *file;
	const char *text;
	size_t len;
	char *warnings[WARNINGS_MAX]; /* Owned. */
	size_t nwarnings;
	struct snapshot_records records;
	struct order *before; /* Owned; of the grant of each record. */
	size_t nchanged;
};

/* The end of a request's state. */
static void
fini(void *cookie)
{
	struct policy_request *p = cookie;
	size_t i;

	for (i = 0; i < p->nwarnings; i++)
		free(p->warnings[i]);
	snapshot_records_fini(&p->records);
	free(p->before);
}

/* Something is odd but allowed. */
static void
on_warning(void *cookie, const char *text)
{
	struct policy_request *p = cookie;

	if (p->nwarnings == WARNINGS_MAX)
		return;
	p->warnings[p->nwarnings] = strdup(text);
	if (p->warnings[p->nwarnings] != NULL)
		p->nwarnings++;
}

/* The order of a repository's grant; {0, 0}: it has none. */
static struct order
order_of(struct catalogue *c, const struct registration *record)
{
	static const struct order none;
	struct grant grant;

	if (!record->has_key ||
	    grants_get(c, &record->id, &grant, NULL) != PH_OK)
		return none;
	return grant.order;
}

/* Remember how things stand, to tell afterwards what changed. */
static int
remember(struct catalogue *c, struct policy_request *p)
{
	size_t i;
	int code;

	code = snapshot_records(c, &p->records);
	if (code != PH_OK)
		return code;
	p->before = calloc(p->records.count + 1, sizeof(*p->before));
	if (p->before == NULL)
		return PH_ENOMEM;
	for (i = 0; i < p->records.count; i++)
		p->before[i] = order_of(c, &p->records.items[i]);
	return PH_OK;
}

/* The names of the repositories that have a new grant. */
static void
put_changed(struct catalogue *c, const struct policy_request *p,
    struct json_writer *w)
{
	struct order now;
	size_t i;

	json_open_array(w, "changed");
	for (i = 0; i < p->records.count; i++) {
		now = order_of(c, &p->records.items[i]);
		if (order_compare(&now, &p->before[i]) != 0)
			json_put_string(w, NULL, p->records.items[i].name);
	}
	json_close_array(w);
}

/* Lane: put it in force. */
static void
apply_step(struct request *r)
{
	struct catalogue *c = request_context(r)->engine->catalogue;
	struct policy_request *p = request_state(r);
	struct json_writer *w;
	struct failure f;
	size_t i;
	int code;

	f.code = PH_OK;
	code = remember(c, p);
	if (code == PH_OK)
		code = policies_apply_text(c, request_actor(r), p->text, p->len,
		    p->file, on_warning, p, &p->nchanged, &f);
	if (code != PH_OK) {
		(void)request_fail_code(r, code, &f, "applying %s", p->file);
		return;
	}
	w = request_result(r);
	put_changed(c, p, w);
	json_open_array(w, "warnings");
	for (i = 0; i < p->nwarnings; i++)
		json_put_string(w, NULL, p->warnings[i]);
	json_close_array(w);
	request_result_end(r);
}

/* Loop: say so. */
static void
on_applied(struct request *r)
{
	struct policy_request *p = request_state(r);

	if (!request_has_failed(r))
		diag(DIAG_NOTICE, "%s applied the policy %s: %zu new grants",
		    request_actor(r), p->file, p->nchanged);
	request_finish(r);
}

static int
policy_apply(struct request *r)
{
	struct json_object *o = request_arguments(r);
	struct policy_request *p;
	int code;

	p = request_state_new(r, sizeof(*p), fini);
	json_get_text(o, "file", &p->file);
	json_get_string(o, "text", &p->text, &p->len);
	code = request_check_arguments(r);
	if (code == PH_OK)
		request_in_lane(r, apply_step, on_applied);
	return code;
}

/* Lane: what is in force. */
static void
show_step(struct request *r)
{
	struct catalogue *c = request_context(r)->engine->catalogue;
	char actor[PH_TEXT_MAX + 1];
	struct digest digest;
	struct json_writer *w;
	struct buffer text;
	struct failure f;
	int64_t time;
	int code;

	buffer_init(&text, POLICY_TEXT_MAX);
	code = policies_show(c, &text, &time, actor, &digest);
	if (code == PH_OK) {
		w = request_result(r);
		json_put_string_bytes(w, "text", (const char *)text.data,
		    text.len);
		json_put_digest(w, "digest", &digest);
		json_put_time_or_null(w, "time", time);
		json_put_string(w, "actor", actor);
		request_result_end(r);
	} else if (code == PH_EABSENT) {
		(void)failure_set(&f, code,
		    "no policy was applied yet: nothing is granted to anyone");
		failure_next(&f,
		    "apply one with \"syncctl policy apply FILE\"");
		(void)request_fail(r, &f);
	} else {
		(void)request_fail_code(r, code, NULL, "showing the policy");
	}
	buffer_fini(&text);
}

static int
policy_show(struct request *r)
{
	int code;

	code = request_check_arguments(r);
	if (code == PH_OK)
		request_in_lane(r, show_step, NULL);
	return code;
}

const struct verb request_policy_verbs[] = {
	{ "policy.apply", VERB_AT_PRIMARY, policy_apply },
	{ "policy.show", VERB_AT_PRIMARY, policy_show },
	{ NULL, VERB_AT_BOTH, NULL },
};
