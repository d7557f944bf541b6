/*
 * Contacts of a site.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "syncd/base/diag.h"
#include "syncd/config/units.h"
#include "syncd/link/link_ssh.h"
#include "syncd/sync/receiver.h"
#include "syncd/sync/timing.h"

#include "syncd/sync/site.h"

/* Back-off after failures ends at the sync interval, but not below this. */
#define BACKOFF_MIN_MS 60000

/* Progress is told at most so often. */
#define PROGRESS_MS 200

/* The receive window for a rate: what two seconds bring. */
#define WINDOW_SECONDS 2

struct site_waiter {
	struct site_waiter *next;
	const struct site_waiter_events *events;
	void *cookie;
};

struct site {
	const struct engine *engine;
	struct receiver *receiver; /* NULL: no contact. */
	struct run last;
	int has_last;
	int goes_on; /* The last run was cut: the next contact continues it. */
	int64_t last_time;
	int64_t last_success;
	unsigned int failures;
	char stage[16];
	struct site_waiter *waiters;
	struct loop_timer *timer; /* Of the next contact. */
	int64_t next_at_ms;       /* Monotonic; -1: none. */
	int64_t told_ms;
};

/* Contact again after ms milliseconds. */
static void
schedule(struct site *site, int64_t ms)
{
	site->next_at_ms = clock_mono_ms(site->engine->clock) + ms;
	loop_timer_start(site->timer, ms);
}

static void
tell_progress(struct site *site, const struct run *run)
{
	struct site_waiter *w, *next;

	for (w = site->waiters; w != NULL; w = next) {
		next = w->next;
		if (w->events->on_progress != NULL)
			w->events->on_progress(w->cookie, run);
	}
}

static void
on_progress(void *cookie)
{
	struct site *site;
	int64_t now;

	site = cookie;
	now = clock_mono_ms(site->engine->clock);
	if (site->receiver == NULL || now - site->told_ms < PROGRESS_MS)
		return;
	site->told_ms = now;
	tell_progress(site, receiver_run(site->receiver));
}

/* Tell those who wait how the run ended. */
static void
tell_end(struct site *site)
{
	struct site_waiter *waiters, *w;

	waiters = site->waiters;
	site->waiters = NULL;
	while ((w = waiters) != NULL) {
		waiters = w->next;
		w->events->on_done(w->cookie, &site->last);
		free(w);
	}
}

/* The run that was to go on ends here. */
static void
give_up(struct site *site, enum run_outcome outcome)
{
	site->goes_on = 0;
	site->last.outcome = outcome;
	tell_end(site);
}

/* Say in the log how a contact ended; once. */
static void
log_run(const struct run *run)
{
	char wire[UNITS_TEXT_SIZE];

	units_size_text(run->wire_received, wire);
	if (run->outcome == RUN_FAILED)
		diag_failure(DIAG_WARNING, &run->failure, "contact failed");
	else if (run->outcome == RUN_PARTIAL)
		diag_failure(DIAG_WARNING, &run->failure,
		    "contact: %zu versions received, not all", run->ncompleted);
	else if (run->ncompleted > 0 || run->nwithdrawn > 0 ||
	    run->nretired > 0)
		diag(DIAG_NOTICE,
		    "contact: %zu versions received, %zu withdrawn, %zu "
		    "retired, %s",
		    run->ncompleted, run->nwithdrawn, run->nretired, wire);
	else
		diag(DIAG_INFO, "contact: nothing new");
}

/* When to contact again after a contact. */
static void
schedule_next(struct site *site, int64_t next_s)
{
	int64_t interval_ms, max_ms, wait_ms;

	if (!site->engine->configuration->has_upstream)
		return;
	interval_ms = site->engine->configuration->sync_interval_s * 1000;
	if (site->last.outcome == RUN_FAILED) {
		max_ms =
		    interval_ms > BACKOFF_MIN_MS ? interval_ms : BACKOFF_MIN_MS;
		wait_ms = timing_backoff_ms(site->engine->random,
		    site->failures, max_ms);
		if (site->last.failure.code == PH_EPEERBUSY &&
		    wait_ms < next_s * 1000)
			wait_ms = next_s * 1000;
		schedule(site, wait_ms);
		return;
	}
	/* The provider may want us later, never more often than we want. */
	if (next_s * 1000 > interval_ms)
		schedule(site, next_s * 1000);
	else
		schedule(site,
		    timing_interval_s(site->engine->random,
			site->engine->configuration->sync_interval_s) *
			1000);
}

/* Take note of how the contact that has just ended went. */
static void
judge_contact(struct site *site)
{
	site->last_time = clock_wall(site->engine->clock);
	site->goes_on = run_goes_on(&site->last) &&
	    site->engine->configuration->has_upstream;
	if (site->last.outcome != RUN_FAILED)
		site->failures = 0;
	else if (site->goes_on && site->last.nfruitless == 0)
		site->failures = 1;
	else
		site->failures++;
	if (site->last.outcome == RUN_DONE)
		site->last_success = site->last_time;
	log_run(&site->last);
}

static void
on_closed(void *cookie, int64_t next_s)
{
	struct receiver *receiver;
	struct site *site;

	site = cookie;
	receiver = site->receiver;
	site->receiver = NULL;
	run_fini(&site->last);
	receiver_take_run(receiver, &site->last);
	site->has_last = 1;
	(void)snprintf(site->stage, sizeof(site->stage), "%s",
	    link_stage_name(link_stage(receiver_link(receiver))));
	judge_contact(site);
	schedule_next(site, next_s);
	if (site->goes_on)
		tell_progress(site, &site->last);
	else
		tell_end(site);
	receiver_free(receiver);
}

static const struct receiver_events receiver_events = {
	.on_closed = on_closed,
	.on_progress = on_progress,
};

/* Talk over a link, in the run that goes on or in a new one. */
static int
start(struct site *site, struct link *link, int dry_run)
{
	struct run fresh;

	run_init(&fresh);
	fresh.dry_run = dry_run;
	site->receiver = receiver_new(site->engine, link,
	    site->goes_on ? &site->last : &fresh, &receiver_events, site);
	if (site->receiver == NULL)
		return PH_ENOMEM;
	if (site->goes_on)
		site->has_last = 0;
	site->next_at_ms = -1;
	loop_timer_cancel(site->timer);
	site->told_ms = 0;
	return PH_OK;
}

/* Dial the upstream. */
static int
dial(struct site *site, int dry_run, struct failure *f)
{
	const struct configuration *conf;
	struct link_ssh_config config;
	struct link *link;
	int r;

	conf = site->engine->configuration;
	if (!conf->has_upstream) {
		r = failure_set(f, PH_ENOTHERE,
		    "this repository has no upstream to contact");
		failure_next(f,
		    "it is fed by media or dialled by its "
		    "primary; else set \"upstream\" in the "
		    "configuration");
		return r;
	}
	memset(&config, 0, sizeof(config));
	config.host = conf->upstream_address.host;
	config.port = conf->upstream_address.port;
	config.user = conf->upstream_address.user;
	config.host_key = conf->upstream_host_key;
	config.key = catalogue_key(site->engine->catalogue);
	config.window = (size_t)(conf->rate * WINDOW_SECONDS);
	link = link_ssh_dial(site->engine->loop, site->engine->workers,
	    site->engine->clock, &config);
	r = link == NULL ? PH_ENOMEM : start(site, link, dry_run);
	return failure_default(f, r, "contacting the upstream");
}

static void
on_timer(void *cookie)
{
	struct site *site;
	struct failure f;

	site = cookie;
	f.code = PH_OK;
	if (site->receiver != NULL)
		return;
	if (dial(site, 0, &f) != PH_OK) {
		diag_failure(DIAG_ERROR, &f, "contact");
		schedule(site, BACKOFF_MIN_MS);
	}
}

struct site *
site_new(const struct engine *engine)
{
	struct site *site;

	site = calloc(1, sizeof(*site));
	if (site == NULL)
		return NULL;
	site->engine = engine;
	site->next_at_ms = -1;
	run_init(&site->last);
	site->timer = loop_timer_new(engine->loop, on_timer, site);
	if (site->timer == NULL) {
		free(site);
		return NULL;
	}
	if (engine->configuration->has_upstream)
		schedule(site, 0);
	return site;
}

void
site_free(struct site *site)
{
	struct site_waiter *w;

	if (site == NULL)
		return;
	receiver_free(site->receiver);
	while ((w = site->waiters) != NULL) {
		site->waiters = w->next;
		free(w);
	}
	loop_timer_free(site->timer);
	run_fini(&site->last);
	free(site);
}

void
site_reconfigure(struct site *site)
{
	if (site->receiver != NULL) {
		receiver_set_rate(site->receiver,
		    site->engine->configuration->rate);
		return;
	}
	if (site->engine->configuration->has_upstream)
		schedule(site, 0);
	else {
		site->next_at_ms = -1;
		loop_timer_cancel(site->timer);
		if (site->goes_on)
			give_up(site, RUN_FAILED);
	}
}

/* 1 when there is no run, or one that a request can be part of. */
static int
may_join(struct site *site, int dry_run)
{
	if (site->receiver == NULL)
		return !dry_run || !site->goes_on;
	return !dry_run && !receiver_run(site->receiver)->dry_run;
}

int
site_sync(struct site *site, int dry_run,
    const struct site_waiter_events *events, void *cookie,
    struct site_waiter **out, struct failure *f)
{
	struct site_waiter *w;
	int r;

	f->code = PH_OK;
	w = NULL;
	if (!may_join(site, dry_run)) {
		r = failure_set(f, PH_EBUSY, "a contact is going on");
		failure_next(f,
		    "\"syncctl sync --wait\" joins it; try again "
		    "when it is over");
		return r;
	}
	if (out != NULL) {
		w = calloc(1, sizeof(*w));
		if (w == NULL)
			return failure_default(f, PH_ENOMEM, "waiting");
		w->events = events;
		w->cookie = cookie;
	}
	r = site->receiver != NULL ? PH_OK : dial(site, dry_run, f);
	if (r != PH_OK) {
		free(w);
		return r;
	}
	if (w != NULL) {
		w->next = site->waiters;
		site->waiters = w;
		*out = w;
	}
	return PH_OK;
}

void
site_leave(struct site *site, struct site_waiter *waiter)
{
	struct site_waiter **p;

	for (p = &site->waiters; *p != NULL; p = &(*p)->next) {
		if (*p == waiter) {
			*p = waiter->next;
			free(waiter);
			return;
		}
	}
}

int
site_cancel(struct site *site)
{
	if (site->receiver != NULL) {
		receiver_cancel(site->receiver);
		return PH_OK;
	}
	if (!site->goes_on)
		return PH_EABSENT;
	give_up(site, RUN_CANCELED);
	schedule_next(site, 0);
	return PH_OK;
}

void
site_accept(struct site *site, struct link *link)
{
	if (site->receiver != NULL) {
		diag(DIAG_INFO,
		    "a contact is going on: %s is sent away for now",
		    link_name(link));
		link_free(link);
		return;
	}
	if (start(site, link, 0) != PH_OK)
		diag(DIAG_ERROR, "no memory to talk to %s", link_name(link));
}

void
site_get_status(struct site *site, struct site_status *out)
{
	int64_t now;

	memset(out, 0, sizeof(*out));
	now = clock_mono_ms(site->engine->clock);
	out->has_upstream = site->engine->configuration->has_upstream;
	out->last = site->has_last ? &site->last : NULL;
	out->last_time = site->last_time;
	out->last_success = site->last_success;
	out->failures = site->failures;
	out->stage = site->stage;
	out->next_ms = -1;
	if (site->receiver != NULL) {
		out->run = receiver_run(site->receiver);
		out->stage =
		    link_stage_name(link_stage(receiver_link(site->receiver)));
	} else if (site->next_at_ms >= 0)
		out->next_ms =
		    site->next_at_ms > now ? site->next_at_ms - now : 0;
}
