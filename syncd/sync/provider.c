/*
 * The provider.  A frame that needs the catalogue becomes a job in its lane;
 * no further frame is taken until it is back, so that a peer cannot pile up
 * questions, and answers keep the order of the questions.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"

#include "syncd/sync/provider.h"
#include "syncd/sync/provider_internal.h"

static int
on_frame(void *cookie, const struct frame *frame)
{
	struct provider *p;

	p = cookie;
	/* All after AUTH waits until that was checked (provider_job_submit). */
	switch (frame->type) {
	case MESSAGE_HELLO:
		return provider_on_hello(p, frame);
	case MESSAGE_AUTH:
		return provider_on_auth(p, frame);
	case MESSAGE_STATE:
		return provider_on_state(p, frame);
	case MESSAGE_MANIFEST_QUERY:
		return provider_on_manifest_query(p, frame);
	case MESSAGE_MAP_QUERY:
		return provider_on_map_query(p, frame);
	case MESSAGE_WANT:
		return provider_on_want(p, frame);
	case MESSAGE_PULL:
		return provider_on_pull(p, frame);
	case MESSAGE_PLAIN_QUERY:
		return provider_on_plain_query(p, frame);
	case MESSAGE_CANCEL:
		return provider_on_cancel(p, frame, PH_OK);
	case MESSAGE_ERROR:
		return provider_on_cancel(p, frame, PH_ECANCELED);
	case MESSAGE_RECEIPT:
		return provider_on_receipt(p, frame);
	case MESSAGE_LISTDIFF:
		return provider_on_listdiff(p, frame);
	default:
		return PH_ESTATE;
	}
}

static int
on_room(void *cookie, struct buffer *out)
{
	struct provider *p;
	size_t before, n;
	int r;

	p = cookie;
	before = out->len;
	if (p->answers.len > 0) {
		/* Whole frames: one at a time, as GRANT announces more. */
		n = frame_size(p->answers.data);
		r = buffer_put(out, p->answers.data, n);
		buffer_consume(&p->answers, n);
		return r;
	}
	if (p->diffing)
		return provider_put_listdiff(p, out);
	r = provider_put_transfers(p, 0, out);
	if (r == PH_OK && out->len == before)
		r = provider_put_content(p, out);
	return r;
}

/* Show that we still work for transfers that have had nothing to say. */
static void
on_waits(void *cookie)
{
	struct provider *p;

	p = cookie;
	if (provider_put_transfers(p, 1, &p->answers) != PH_OK)
		return;
	conversation_kick(p->conversation);
	loop_timer_start(p->waits, PROVIDER_WAIT_MS);
}

/* The peer owes the rest of a receipt. */
static int
is_waiting(void *cookie)
{
	const struct provider *p;

	p = cookie;
	return p->receipt_left > 0;
}

static void
on_closed(void *cookie, const struct failure *f)
{
	struct provider *p;
	size_t i;

	p = cookie;
	for (i = 0; i < PROVIDER_TRANSFERS_MAX; i++) {
		if (p->transfers[i].provide != NULL)
			provider_end_transfer(&p->transfers[i],
			    f->code == PH_OK ? PH_ECANCELED : f->code);
	}
	p->events->on_closed(p->cookie, p, f);
}

static const struct conversation_events conversation_events = {
	.on_frame = on_frame,
	.on_room = on_room,
	.is_waiting = is_waiting,
	.on_closed = on_closed,
};

struct provider *
provider_new(const struct engine *engine, struct link *link,
    const struct peer_gate *gate, const struct provider_events *events,
    void *cookie)
{
	struct provider *p;

	p = calloc(1, sizeof(*p));
	if (p == NULL) {
		link_free(link);
		return NULL;
	}
	p->engine = engine;
	p->events = events;
	p->cookie = cookie;
	p->since_ms = clock_mono_ms(engine->clock);
	if (gate != NULL) {
		p->gate = *gate;
		p->has_gate = 1;
	}
	buffer_init(&p->answers, PROVIDER_ANSWER_MAX);
	buffer_init(&p->receipt_changes, PH_LIST_CHANGES_MAX);
	document_init(&p->receipt);
	feed_init(&p->feed);
	p->conversation = conversation_new(engine->loop, engine->clock, link,
	    SIDE_PROVIDER, &conversation_events, p);
	p->waits = loop_timer_new(engine->loop, on_waits, p);
	if (p->conversation == NULL || p->waits == NULL ||
	    provider_greet(p) != PH_OK) {
		provider_free(p);
		return NULL;
	}
	loop_timer_start(p->waits, PROVIDER_WAIT_MS);
	return p;
}

void
provider_free(struct provider *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < PROVIDER_TRANSFERS_MAX; i++)
		provide_free(p->transfers[i].provide);
	loop_timer_free(p->waits);
	p->waits = NULL;
	conversation_free(p->conversation);
	p->conversation = NULL;
	p->freed = 1;
	if (p->njobs == 0)
		provider_destroy(p);
}

const struct peer *
provider_peer(const struct provider *p)
{
	return p->known ? &p->peer : NULL;
}

const char *
provider_link_name(const struct provider *p)
{
	return link_name(conversation_link(p->conversation));
}

void
provider_abort(struct provider *p, const struct failure *f)
{
	conversation_abort(p->conversation, f);
}

void
provider_set_rate(struct provider *p, uint64_t bytes_per_second)
{
	uint64_t own, rate;

	/* What this machine's operator allows any link bounds it, too. */
	own = p->engine->configuration->rate;
	rate = bytes_per_second;
	if (own > 0 && (rate == 0 || own < rate))
		rate = own;
	p->peer.rate = bytes_per_second;
	link_set_rate(conversation_link(p->conversation), rate);
}

void
provider_get_status(const struct provider *p, struct provider_status *out)
{
	size_t i;

	memset(out, 0, sizeof(*out));
	link_counters(conversation_link(p->conversation), &out->received,
	    &out->sent);
	for (i = 0; i < PROVIDER_TRANSFERS_MAX; i++)
		out->ntransfers += p->transfers[i].provide != NULL;
	out->since_ms = p->since_ms;
}
