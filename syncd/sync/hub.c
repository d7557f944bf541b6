/*
 * Sessions of a provider.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/gate_message.h"
#include "proto/limits.h"
#include "syncd/base/diag.h"

#include "syncd/sync/hub.h"

/* Peers that have not proved who they are, at a time. */
#define STRANGERS_MAX 64u

/* Of these, with the SSH key of one repository: others need room, too. */
#define STRANGERS_OF_ONE_MAX 4u

/*
 * What peers are in the middle of saying, of all sessions.  One may hold as
 * much as it leaves to the others, so that a peer that never comes to an end
 * does not keep them from theirs; the largest there is has room.
 */
#define HELD_MAX (2u * (size_t)PH_LIST_CHANGES_MAX)

/* How the far end of a link is called, for people. */
#define FAR_END_SIZE 128u

struct session {
	struct hub *hub;
	struct session *next;
	struct provider *provider;
	size_t held;        /* Bytes, as it said (provider.h). */
	struct digest gate; /* Whose SSH key it came with; zeros: not known. */
};

/* What is remembered of a repository since start. */
struct memory {
	struct memory *next;
	struct digest id;
	int64_t last_contact;
	int last_code;
	char last_words[256];
	char last_link[FAR_END_SIZE]; /* Of the last one that was no fork. */
	int64_t fork_time;            /* 0: never. */
	struct failure fork;
};

struct hub {
	const struct engine *engine;
	struct session *sessions;
	struct memory *memories;
	unsigned int nstrangers;
	size_t held; /* By all sessions. */
};

struct hub *
hub_new(const struct engine *engine)
{
	struct hub *hub;

	hub = calloc(1, sizeof(*hub));
	if (hub != NULL)
		hub->engine = engine;
	return hub;
}

/* What is remembered of a repository; made when needed; NULL without memory. */
static struct memory *
find_memory(struct hub *hub, const struct digest *id)
{
	struct memory *m;

	for (m = hub->memories; m != NULL; m = m->next) {
		if (digest_compare(&m->id, id) == 0)
			return m;
	}
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return NULL;
	m->id = *id;
	m->next = hub->memories;
	hub->memories = m;
	return m;
}

/* 1 when a session is one of a repository. */
static int
is_of(const struct session *s, const struct digest *id)
{
	const struct peer *peer;

	peer = provider_peer(s->provider);
	return peer != NULL && digest_compare(&peer->id, id) == 0;
}

/* How many have come with an SSH key and not proved who they are. */
static unsigned int
count_strangers(const struct hub *hub, const struct digest *gate)
{
	const struct session *s;
	unsigned int n;

	n = 0;
	for (s = hub->sessions; s != NULL; s = s->next)
		n += provider_peer(s->provider) == NULL &&
		    digest_compare(&s->gate, gate) == 0;
	return n;
}

/* Take a session out of the list. */
static void
unlink_session(struct session *s)
{
	struct session **p;

	s->hub->held -= s->held;
	for (p = &s->hub->sessions; *p != NULL; p = &(*p)->next) {
		if (*p == s) {
			*p = s->next;
			return;
		}
	}
}

static void
on_peer(void *cookie, struct provider *provider)
{
	const struct peer *peer;
	struct session *s, *other;
	struct memory *m;
	struct failure f;

	s = cookie;
	s->hub->nstrangers--;
	peer = provider_peer(provider);
	m = find_memory(s->hub, &peer->id);
	if (m != NULL)
		m->last_contact = clock_wall(s->hub->engine->clock);
	diag(DIAG_INFO, "%s: contact from %s", peer->name,
	    provider_link_name(provider));
	for (other = s->hub->sessions; other != NULL; other = other->next) {
		if (other == s || !is_of(other, &peer->id))
			continue;
		(void)failure_set(&f, PH_ECUT,
		    "a newer session of this repository took its place");
		provider_abort(other->provider, &f);
	}
}

static int
on_held(void *cookie, struct provider *provider, size_t nbytes)
{
	struct session *s;
	struct hub *hub;

	(void)provider;
	s = cookie;
	hub = s->hub;
	if (nbytes > 0 && 2 * nbytes > HELD_MAX - (hub->held - s->held))
		return PH_EPEERBUSY;
	hub->held = hub->held - s->held + nbytes;
	s->held = nbytes;
	return PH_OK;
}

/* A session has ended: remember the two ends of a fork. */
static void
note_fork(struct memory *m, const char *far_end, const struct failure *f)
{
	if (f->code != PH_EFORK) {
		(void)snprintf(m->last_link, sizeof(m->last_link), "%s",
		    far_end);
		return;
	}
	m->fork_time = m->last_contact;
	m->fork = *f;
	failure_where(&m->fork, "%s; the one before: %s", far_end,
	    m->last_link[0] == '\0' ? "not known" : m->last_link);
}

static void
on_closed(void *cookie, struct provider *provider, const struct failure *f)
{
	const struct peer *peer;
	struct session *s;
	struct memory *m;

	s = cookie;
	peer = provider_peer(provider);
	if (peer == NULL) {
		s->hub->nstrangers--;
		diag_failure(DIAG_WARNING, f, "a peer at %s was refused",
		    provider_link_name(provider));
	} else {
		m = find_memory(s->hub, &peer->id);
		if (m != NULL) {
			m->last_contact = clock_wall(s->hub->engine->clock);
			m->last_code = f->code;
			(void)snprintf(m->last_words, sizeof(m->last_words),
			    "%.255s", f->code == PH_OK ? "" : f->what);
			note_fork(m, provider_link_name(provider), f);
		}
		if (f->code != PH_OK)
			diag_failure(DIAG_NOTICE, f, "%s: the session ended",
			    peer->name);
	}
	unlink_session(s);
	provider_free(provider);
	free(s);
}

static const struct provider_events provider_events = {
	.on_peer = on_peer,
	.on_held = on_held,
	.on_closed = on_closed,
};

void
hub_accept(struct hub *hub, struct link *link, const struct peer_gate *gate)
{
	struct session *s;

	s = NULL;
	if (hub->nstrangers < STRANGERS_MAX &&
	    (gate == NULL ||
		count_strangers(hub, &gate->id) < STRANGERS_OF_ONE_MAX))
		s = calloc(1, sizeof(*s));
	if (s == NULL) {
		diag(DIAG_WARNING, "too many peers at a time: %s is sent away",
		    link_name(link));
		link_set_exit_status(link, GATE_MESSAGE_EXIT_BUSY);
		link_free(link);
		return;
	}
	s->hub = hub;
	if (gate != NULL)
		s->gate = gate->id;
	s->provider =
	    provider_new(hub->engine, link, gate, &provider_events, s);
	if (s->provider == NULL) {
		free(s);
		return;
	}
	hub->nstrangers++;
	s->next = hub->sessions;
	hub->sessions = s;
}

void
hub_changed(struct hub *hub, const struct digest *id)
{
	struct session *s;

	for (s = hub->sessions; s != NULL; s = s->next) {
		if (is_of(s, id))
			provider_refresh(s->provider);
	}
}

void
hub_record_changed(struct hub *hub, const struct digest *id, int removed,
    int paused, uint64_t rate)
{
	struct session *s;
	struct failure f;
	struct memory *m;

	m = find_memory(hub, id);
	if (m != NULL)
		m->fork_time = 0;
	(void)failure_set(&f, removed ? PH_EREMOVED : PH_EPAUSED, "%s",
	    error_sentence(removed ? PH_EREMOVED : PH_EPAUSED));
	/* All of them: one that was replaced may still be on its way out. */
	for (s = hub->sessions; s != NULL; s = s->next) {
		if (!is_of(s, id))
			continue;
		if (removed || paused)
			provider_abort(s->provider, &f);
		else
			provider_set_rate(s->provider, rate);
	}
}

void
hub_get_status(struct hub *hub, const struct digest *id, struct hub_status *out)
{
	struct session *s;
	struct memory *m;

	memset(out, 0, sizeof(*out));
	for (s = hub->sessions; s != NULL; s = s->next) {
		if (!is_of(s, id))
			continue;
		out->connected = 1;
		provider_get_status(s->provider, &out->session);
		break;
	}
	for (m = hub->memories; m != NULL; m = m->next) {
		if (digest_compare(&m->id, id) != 0)
			continue;
		out->last_contact = m->last_contact;
		out->last_code = m->last_code;
		memcpy(out->last_words, m->last_words, sizeof(out->last_words));
		if (m->fork_time != 0 &&
		    clock_wall(hub->engine->clock) - m->fork_time <
			HUB_FORK_S) {
			out->fork_time = m->fork_time;
			out->fork = m->fork;
		}
	}
}

void
hub_free(struct hub *hub)
{
	struct session *s;
	struct memory *m;

	if (hub == NULL)
		return;
	while ((s = hub->sessions) != NULL) {
		hub->sessions = s->next;
		provider_free(s->provider);
		free(s);
	}
	while ((m = hub->memories) != NULL) {
		hub->memories = m->next;
		free(m);
	}
	free(hub);
}
