/*
 * The way from here to the content, walked step by step.  At a site the way
 * to the provider is tried by one contact that compares and changes nothing;
 * how far it came tells which step failed.
 */
#include <string.h>

#include "proto/errors.h"
#include "proto/rfc3339.h"
#include "syncd/catalogue/registry.h"
#include "syncd/control/doctor.h"
#include "syncd/control/unknown.h"

#include "syncd/control/request_doctor.h"

/* The steps of the way to the provider, in the order of being gone. */
enum way {
	WAY_NAME,
	WAY_PORT,
	WAY_ALGORITHMS,
	WAY_HOST_KEY,
	WAY_KEY,
	WAY_GATE,
	WAY_SOCKET,
	WAY_PROTOCOL,
	WAY_END,
};

static const struct {
	const char *step;
	const char *good;
} ways[] = {
	[WAY_NAME] = { "name", "the upstream's host has an address" },
	[WAY_PORT] = { "port", "the upstream's port answers" },
	[WAY_ALGORITHMS] = { "algorithms", "both ends have some in common" },
	[WAY_HOST_KEY] = { "host-key", "the upstream's is the pinned one" },
	[WAY_KEY] = { "key-accepted", "the upstream lets our key in" },
	[WAY_GATE] = { "gate", "the gate was started at the upstream" },
	[WAY_SOCKET] = { "socket", "syncd is running at the upstream" },
	[WAY_PROTOCOL] = { "protocol", "each has proved who it is" },
};

/* Codes that say more about where it failed than the stage does. */
static const struct {
	int code;
	enum way way;
} codes[] = {
	{ PH_ERESOLVE, WAY_NAME },
	{ PH_ECONNECT, WAY_PORT },
	{ PH_EALGORITHM, WAY_ALGORITHMS },
	{ PH_EHOSTKEY, WAY_HOST_KEY },
	{ PH_EUSERKEY, WAY_KEY },
	{ PH_EGATE, WAY_GATE },
	{ PH_EUPSTREAMDOWN, WAY_SOCKET },
	{ PH_EVERSION, WAY_PROTOCOL },
	{ PH_EIDENTITY, WAY_PROTOCOL },
	{ PH_EREMOVED, WAY_PROTOCOL },
	{ PH_EPAUSED, WAY_PROTOCOL },
	{ PH_ESIGNATURE, WAY_PROTOCOL },
};

/* The step that a stage of the link is about. */
static const struct {
	const char *stage;
	enum way way;
} stages[] = {
	{ "resolve", WAY_NAME },
	{ "connect", WAY_PORT },
	{ "kex", WAY_ALGORITHMS },
	{ "host-key", WAY_HOST_KEY },
	{ "auth", WAY_KEY },
	{ "channel", WAY_GATE },
	{ "open", WAY_PROTOCOL },
};

struct checkup {
	const char *repository; /* NULL: not asked about one. */
	int code;
	int reached; /* The way to the provider is good, or of no use. */
	struct configuration configuration; /* A copy. */
	struct registration record;
	int has_record;
	struct site_waiter *waiter; /* NULL: we do not wait (any more). */
	struct doctor doctor;
};

/* Loop: answer. */
static void
answer(struct request *r)
{
	struct checkup *k = request_state(r);

	doctor_put(request_result(r), "steps", &k->doctor);
	request_result_end(r);
	request_finish(r);
}

/* Lane: the last step at a site. */
static void
grant_step(struct request *r)
{
	struct checkup *k = request_state(r);

	if (k->reached)
		doctor_grant(request_context(r), k->configuration.has_upstream,
		    &k->doctor);
	else
		doctor_none(&k->doctor, "grant", "not reached");
}

/* Where a run failed. */
static enum way
find_way(int code, const char *stage)
{
	size_t i;

	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].code == code)
			return codes[i].way;
	}
	for (i = 0; stage != NULL && i < sizeof(stages) / sizeof(stages[0]);
	     i++) {
		if (strcmp(stages[i].stage, stage) == 0)
			return stages[i].way;
	}
	return WAY_PROTOCOL;
}

/* The steps up to one that failed (WAY_END: none did). */
static void
walk(struct checkup *k, enum way failed, const struct failure *why)
{
	struct failure f;
	int i;

	if (why != NULL)
		f = *why;
	if (why != NULL && f.next[0] == '\0')
		failure_next(&f,
		    "at the upstream: see the log of syncd, and whether "
		    "authorized_keys starts its syncd-gate for this key");

	for (i = 0; i < WAY_END; i++) {
		if (i < (int)failed)
			doctor_good(&k->doctor, ways[i].step, "%s",
			    ways[i].good);
		else if (i == (int)failed)
			doctor_bad(&k->doctor, ways[i].step, &f);
		else
			doctor_none(&k->doctor, ways[i].step, "not reached");
	}
	k->reached = failed == WAY_END;
}

/* No step of the way was tried. */
static void
walk_none(struct checkup *k, const char *why)
{
	int i;

	for (i = 0; i < WAY_END; i++)
		doctor_none(&k->doctor, ways[i].step, "%s",
		    i == 0 ? why : "not reached");
	k->reached = 1;
}

/*
 * 1 when a run got past the session's beginning: what failed afterwards is
 * no step of the way, but of receiving.
 */
static int
is_past(const struct run *run)
{
	switch (run->outcome) {
	case RUN_DONE:
	case RUN_PARTIAL:
	case RUN_CANCELED:
		return 1;
	case RUN_RUNNING:
	case RUN_FAILED:
		break;
	}
	/* Which has a step of its own. */
	return run->failure.code == PH_ESTORE;
}

/* The contact is over. */
static void
on_done(void *cookie, const struct run *run)
{
	struct request *r = cookie;
	struct checkup *k = request_state(r);
	struct site_status status;

	k->waiter = NULL;
	request_on_cancel(r, NULL);
	site_get_status(request_context(r)->site, &status);
	if (is_past(run))
		walk(k, WAY_END, NULL);
	else
		walk(k, find_way(run->failure.code, status.stage),
		    &run->failure);
	request_in_lane(r, grant_step, answer);
}

/* A contact that receives has come all the way, and may take long. */
static void
on_progress(void *cookie, const struct run *run)
{
	struct request *r = cookie;
	struct checkup *k = request_state(r);

	if (run->nimages == 0)
		return;
	site_leave(request_context(r)->site, k->waiter);
	k->waiter = NULL;
	request_on_cancel(r, NULL);
	walk(k, WAY_END, NULL);
	request_in_lane(r, grant_step, answer);
}

static const struct site_waiter_events waiter_events = {
	.on_progress = on_progress,
	.on_done = on_done,
};

/* The client is gone. */
static void
on_cancel(struct request *r)
{
	struct checkup *k = request_state(r);

	site_leave(request_context(r)->site, k->waiter);
	k->waiter = NULL;
	request_finish(r);
}

/* Loop: try the way to the provider. */
static void
on_site(struct request *r)
{
	const struct control_context *context = request_context(r);
	struct checkup *k = request_state(r);
	struct failure f;
	int code;

	if (context->site == NULL || request_is_canceled(r)) {
		request_finish(r);
		return;
	}
	f.code = PH_OK;
	code = site_sync(context->site, 1, &waiter_events, r, &k->waiter, &f);
	/* A contact that is going on is watched instead. */
	if (code == PH_EBUSY)
		code = site_sync(context->site, 0, &waiter_events, r,
		    &k->waiter, &f);
	if (code == PH_OK) {
		request_on_cancel(r, on_cancel);
		return;
	}
	walk_none(k,
	    code == PH_ENOTHERE ?
		"there is no upstream: this repository dials nobody" :
		error_sentence(code));
	request_in_lane(r, grant_step, answer);
}

/* Lane: this machine. */
static void
site_step(struct request *r)
{
	struct checkup *k = request_state(r);

	doctor_machine(request_context(r), &k->doctor);
}

/* Lane: this machine, and what it knows of a repository. */
static void
primary_step(struct request *r)
{
	const struct control_context *context = request_context(r);
	struct checkup *k = request_state(r);

	if (k->repository != NULL) {
		k->code = registry_get(context->engine->catalogue,
		    k->repository, &k->record);
		k->has_record = k->code == PH_OK;
	}
	if (k->code == PH_EUNKNOWN) {
		(void)unknown_repository(r, k->repository);
	} else if (k->code != PH_OK) {
		(void)request_fail_code(r, k->code, NULL, "looking");
	} else {
		doctor_machine(context, &k->doctor);
		doctor_primary(context, &k->configuration, k->repository,
		    &k->doctor);
	}
}

/* How the last contact of a repository went. */
static void
look_contact(struct checkup *k, const struct hub_status *status)
{
	const char *name = k->record.name;
	char time[RFC3339_SIZE];
	struct failure f;

	if (status->connected) {
		doctor_good(&k->doctor, "contact", "%s is connected", name);
		return;
	}
	if (status->last_contact == 0 ||
	    rfc3339_encode(status->last_contact, time) != PH_OK) {
		(void)failure_set(&f, PH_ECONNECT,
		    "%s was not here since this syncd started", name);
		failure_next(&f,
		    "at %s: \"syncctl doctor\" says which step of its way "
		    "fails",
		    name);
	} else if (status->last_code != PH_OK) {
		(void)failure_set(&f, status->last_code, "at %s: %s", time,
		    status->last_words);
		failure_next(&f, "at %s: \"syncctl doctor\"", name);
	} else {
		doctor_good(&k->doctor, "contact", "%s was here at %s", name,
		    time);
		return;
	}
	doctor_bad(&k->doctor, "contact", &f);
}

/* Loop: with what the hub knows. */
static void
on_primary(struct request *r)
{
	struct hub *hub = request_context(r)->hub;
	struct checkup *k = request_state(r);
	struct hub_status status;

	if (request_has_failed(r)) {
		request_finish(r);
		return;
	}
	if (k->has_record && k->record.has_key && !k->record.removed &&
	    !k->record.paused && hub != NULL) {
		hub_get_status(hub, &k->record.id, &status);
		look_contact(k, &status);
	} else if (k->has_record) {
		doctor_none(&k->doctor, "contact", "not reached");
	}
	answer(r);
}

static int
doctor(struct request *r)
{
	const struct configuration *conf;
	struct json_object *o = request_arguments(r);
	struct checkup *k;
	int code;

	conf = request_context(r)->engine->configuration;
	k = request_state_new(r, sizeof(*k), NULL);
	k->configuration = *conf;
	if (json_has(o, "repository"))
		json_get_string(o, "repository", &k->repository, NULL);
	code = request_check_arguments(r);
	if (code == PH_OK)
		code = unknown_check_site(r, k->repository);
	if (code != PH_OK)
		return code;
	if (conf->role == CONFIGURATION_SITE)
		request_in_lane(r, site_step, on_site);
	else
		request_in_lane(r, primary_step, on_primary);
	return PH_OK;
}

const struct verb request_doctor_verbs[] = {
	{ "doctor", VERB_AT_BOTH, doctor },
	{ NULL, VERB_AT_BOTH, NULL },
};
