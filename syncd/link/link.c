/*
 * What all kinds of links have in common: the owner's callback and what it
 * was told, the failure, the counters and the rates.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "proto/errors.h"
#include "syncd/link/link_ops.h"

#include "syncd/link/link.h"

void
link_init(struct link *link, const struct link_ops *ops,
    const struct clock *clock, enum link_stage stage, const char *name)
{
	memset(link, 0, sizeof(*link));
	link->ops = ops;
	link->clock = *clock;
	link->stage = stage;
	bucket_init(&link->in);
	bucket_init(&link->out);
	(void)snprintf(link->name, sizeof(link->name), "%s", name);
}

void
link_set_callback(struct link *link, link_callback *callback, void *cookie)
{
	link->callback = callback;
	link->cookie = cookie;
	link->wanted = 0;
	link->ops->update(link);
}

void
link_want(struct link *link, int events)
{
	link->wanted = events & (LINK_READABLE | LINK_WRITABLE);
	link->ops->update(link);
}

int
link_read(struct link *link, void *buf, size_t len, size_t *n)
{
	int r;

	assert(len > 0);
	*n = 0;
	if (link->failure.code != PH_OK)
		return link->failure.code;
	if (link->ended_in)
		return LINK_END;
	if (link->stage != LINK_STAGE_OPEN)
		return PH_OK;
	r = link->ops->read(link, buf, len, n);
	if (r == LINK_END)
		link->ended_in = 1;
	if (r != PH_OK)
		*n = 0;
	link->ops->update(link);
	return r;
}

int
link_write(struct link *link, const void *buf, size_t len, size_t *n)
{
	int r;

	assert(!link->finished);
	*n = 0;
	if (link->failure.code != PH_OK)
		return link->failure.code;
	if (link->stage != LINK_STAGE_OPEN || len == 0)
		return PH_OK;
	r = link->ops->write(link, buf, len, n);
	if (r != PH_OK)
		*n = 0;
	link->ops->update(link);
	return r;
}

void
link_finish(struct link *link)
{
	if (link->finished)
		return;
	link->finished = 1;
	if (link->failure.code == PH_OK)
		link->ops->finish(link);
	link->ops->update(link);
}

void
link_set_rate(struct link *link, uint64_t bytes_per_second)
{
	int64_t now_ms;

	now_ms = clock_mono_ms(&link->clock);
	bucket_set_rate(&link->in, bytes_per_second, now_ms);
	bucket_set_rate(&link->out, bytes_per_second, now_ms);
	link->ops->update(link);
}

void
link_counters(const struct link *link, uint64_t *received, uint64_t *sent)
{
	*received = link->received;
	*sent = link->sent;
}

const char *
link_name(const struct link *link)
{
	return link->name;
}

enum link_stage
link_stage(const struct link *link)
{
	return link->stage;
}

const char *
link_stage_name(enum link_stage stage)
{
	static const char *const names[] = {
		[LINK_STAGE_RESOLVE] = "resolve",
		[LINK_STAGE_CONNECT] = "connect",
		[LINK_STAGE_KEX] = "kex",
		[LINK_STAGE_HOSTKEY] = "host-key",
		[LINK_STAGE_AUTH] = "auth",
		[LINK_STAGE_CHANNEL] = "channel",
		[LINK_STAGE_OPEN] = "open",
	};

	assert(stage <= LINK_STAGE_OPEN);
	return names[stage];
}

const struct failure *
link_failure(const struct link *link)
{
	return &link->failure;
}

void
link_set_exit_status(struct link *link, int status)
{
	assert(status >= 0 && status <= 255);
	if (link->ops->set_exit_status != NULL)
		link->ops->set_exit_status(link, status);
}

int
link_exit_status(const struct link *link)
{
	if (link->ops->exit_status == NULL)
		return -1;
	return link->ops->exit_status(link);
}

void
link_free(struct link *link)
{
	if (link != NULL)
		link->ops->free(link);
}

/* min(len, what b lets pass now). */
static size_t
may_pass(struct link *link, struct bucket *b, size_t len)
{
	size_t ready;

	ready = bucket_ready(b, clock_mono_ms(&link->clock));
	return len < ready ? len : ready;
}

size_t
link_may_receive(struct link *link, size_t len)
{
	return may_pass(link, &link->in, len);
}

size_t
link_may_send(struct link *link, size_t len)
{
	return may_pass(link, &link->out, len);
}

void
link_count_received(struct link *link, size_t n)
{
	bucket_take(&link->in, n);
	link->received += n;
}

void
link_count_sent(struct link *link, size_t n)
{
	bucket_take(&link->out, n);
	link->sent += n;
}

int64_t
link_rate_wait_ms(struct link *link, int in, int out)
{
	int64_t now_ms, in_ms, out_ms;

	now_ms = clock_mono_ms(&link->clock);
	in_ms = in ? bucket_wait_ms(&link->in, now_ms) : 0;
	out_ms = out ? bucket_wait_ms(&link->out, now_ms) : 0;
	if (in_ms == 0 || (out_ms != 0 && out_ms < in_ms))
		return out_ms;
	return in_ms;
}

void
link_fail(struct link *link, const struct failure *f)
{
	assert(f->code != PH_OK);
	if (link->failure.code == PH_OK)
		link->failure = *f;
}

int
link_is_over(const struct link *link)
{
	return link->failure.code != PH_OK ||
	    (link->ended_in && link->ended_out);
}

/* LINK_OPEN and LINK_CLOSED as far as they are due and not told. */
static int
news(const struct link *link)
{
	int events;

	events = 0;
	if (link->stage == LINK_STAGE_OPEN)
		events |= LINK_OPEN;
	if (link_is_over(link))
		events |= LINK_CLOSED;
	return events & ~link->told;
}

int
link_has_news(const struct link *link)
{
	return link->callback != NULL && news(link) != 0;
}

void
link_tell(struct link *link, int events)
{
	if (link->callback == NULL)
		return;
	events &= link->wanted;
	if (link_is_over(link))
		events = 0;
	events |= news(link);
	link->told |= events & (LINK_OPEN | LINK_CLOSED);
	if (events != 0)
		link->callback(link->cookie, link, events);
}
