/*
 * A link through SSH: the TCP socket, the deadline and the rates around the
 * machine of ssh_client.h.
 *
 * On the way out, a piece that the owner gave is kept until the machine has
 * taken it (the far side's window, a key exchange), and what the machine
 * sends is kept in `wire` until TCP takes it.  A new piece is accepted only
 * when the last one is gone and the wire holds little, so that what comes
 * later is not held up long by what came before.
 *
 * On the way in, nothing is kept here: the machine reads the socket when the
 * owner reads the link.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/gate_message.h"
#include "syncd/link/dial.h"
#include "syncd/link/link_ops.h"
#include "syncd/link/refusal.h"
#include "syncd/link/ssh_client.h"
#include "syncd/link/wire.h"

#include "syncd/link/link_ssh.h"

/* A piece is accepted while the wire holds less. */
#define WIRE_MARK 32768u

_Static_assert(WIRE_MARK + SSH_CLIENT_PIECE <= LINK_PENDING_MAX,
    "what is accepted and not sent");

/* Memory for libssh2 besides the window: many small packets, a key exchange. */
#define MEMORY_EXTRA (8u << 20)

/* Pieces of the gate's standard error that are read at once. */
#define WORDS_READS 64

/* A gate that closed its output ends within this time. */
#define GATE_END_MS 10000

/* What the gate would be asked to do if it were not a forced command. */
#define COMMAND "packhorse"

/*
 * Invariants:
 *  1. Exactly one of dial and client is not NULL while not failed; the socket
 *     of wire and io come with the client.
 *  2. key is not NULL until the far side accepted it or the dial failed.
 *  3. maybe is set when link_read() may find something without any event of
 *     the socket.
 *  4. Once wire.error is set nothing more comes; but the link fails only
 *     when all that arrived before was read.
 */
struct link_ssh {
	struct link link;
	struct loop *loop;
	struct dial *dial;
	struct wire wire;
	struct loop_io *io;
	struct ssh_client *client;
	struct loop_timer *timer;    /* News, the rate, something to read. */
	struct loop_timer *deadline; /* Of the dial; then GATE_END_MS. */
	char *user;
	struct key_public host_key;
	struct key_private *key;
	struct refusal refusal; /* What is known for a failure's words. */
	uint32_t window;
	uint8_t piece[SSH_CLIENT_PIECE];
	size_t piece_len; /* What the machine has not taken yet, ... */
	size_t piece_at;  /* ... and where it is. */
	int eof_sent;
	int heard;     /* A byte came through the channel. */
	int ended;     /* The machine said SSH_CLIENT_END. */
	int gate_done; /* How the gate ended is known, or will not be. */
	int maybe;
	struct buffer words; /* Of the gate's standard error. */
	char shown[LINK_SSH_WORDS_MAX + 1];
};

static const struct link_ops ops;

/* The link_ssh around a link that was made here. */
static struct link_ssh *
self(struct link *link)
{
	assert(link->ops == &ops);
	return (struct link_ssh *)link;
}

const char *
link_ssh_words(const struct link *link)
{
	if (link->ops != &ops)
		return "";
	return ((const struct link_ssh *)link)->shown;
}

/* Whose words tell best why it failed. */
static const char *
last_words(struct link_ssh *l)
{
	if (l->shown[0] != '\0')
		return l->shown;
	if (l->client != NULL && ssh_client_leave(l->client)[0] != '\0')
		return ssh_client_leave(l->client);
	if (l->wire.error > 0)
		return strerror(l->wire.error);
	if (l->wire.error == WIRE_END)
		return "the far side closed the connection";
	return l->client == NULL ? "" : ssh_client_error(l->client);
}

/* The link fails with code, which is returned. */
static int
fail(struct link_ssh *l, int code)
{
	struct failure f;

	memset(&f, 0, sizeof(f));
	l->refusal.code = code;
	l->refusal.stage = l->link.stage;
	l->refusal.words = last_words(l);
	(void)refusal_describe(&l->refusal, &f);
	link_fail(&l->link, &f);
	key_private_free(l->key);
	l->key = NULL;
	loop_timer_cancel(l->deadline);
	return code;
}

/* The machine wants bytes of the wire. */
static size_t
on_wire_receive(void *cookie, void *buf, size_t len)
{
	struct link_ssh *l = cookie;
	size_t n;

	n = wire_receive(&l->wire, buf, len);
	if (n > 0)
		l->maybe = 1;
	return n;
}

/* The machine sends. */
static int
on_wire_send(void *cookie, const void *buf, size_t len)
{
	struct link_ssh *l = cookie;

	return wire_send(&l->wire, buf, len);
}

/* A pending piece, and the end behind the last one, as far as they go. */
static int
push(struct link_ssh *l)
{
	size_t n;
	int r;

	while (l->piece_len > 0 && l->wire.pending.len < WIRE_MARK) {
		r = ssh_client_write(l->client, l->piece + l->piece_at,
		    l->piece_len, &n);
		if (r == SSH_CLIENT_WAIT)
			break;
		if (r != PH_OK)
			return fail(l, PH_ECUT);
		l->piece_at += n;
		l->piece_len -= n;
		wire_flush(&l->wire);
	}
	if (l->link.finished && l->piece_len == 0 && !l->eof_sent) {
		r = ssh_client_finish(l->client);
		if (r != PH_OK && r != SSH_CLIENT_WAIT)
			return fail(l, PH_ECUT);
		l->eof_sent = r == PH_OK;
	}
	wire_flush(&l->wire);
	return PH_OK;
}

/* 1 when link_write() would take something. */
static int
has_room(const struct link_ssh *l)
{
	return l->link.stage == LINK_STAGE_OPEN && !l->link.finished &&
	    l->piece_len == 0 && l->wire.pending.len < WIRE_MARK &&
	    l->wire.error == 0;
}

static int
ssh_write(struct link *link, const void *buf, size_t len, size_t *n)
{
	struct link_ssh *l = self(link);
	const uint8_t *data = buf;
	size_t take;

	while (*n < len && has_room(l)) {
		take = len - *n;
		if (take > SSH_CLIENT_PIECE)
			take = SSH_CLIENT_PIECE;
		memcpy(l->piece, data + *n, take);
		l->piece_at = 0;
		l->piece_len = take;
		*n += take;
		if (push(l) != PH_OK)
			return link->failure.code;
	}
	return PH_OK;
}

/*
 * Keep the gate's standard error up to its limit, and drop the rest; so much
 * at once as not to hold up the loop.
 */
static void
drain_words(struct link_ssh *l)
{
	char buf[4096];
	const char *text;
	size_t n;
	int i;

	for (i = 0; i < WORDS_READS; i++) {
		if (ssh_client_read_words(l->client, buf, sizeof(buf), &n) !=
		    PH_OK)
			break;
		if (n > LINK_SSH_WORDS_MAX - l->words.len)
			n = LINK_SSH_WORDS_MAX - l->words.len;
		(void)buffer_put(&l->words, buf, n);
	}
	if (i == WORDS_READS)
		l->maybe = 1;
	if (i == 0)
		return;
	text = buffer_text(&l->words);
	if (text != NULL)
		(void)snprintf(l->shown, sizeof(l->shown), "%s", text);
}

/*
 * The far side has finished: learn how its gate ended.  PH_OK when that is
 * known, or need not be known any more; SSH_CLIENT_WAIT; or the failure.
 */
static int
check_gate(struct link_ssh *l)
{
	int r, status;

	if (l->gate_done)
		return PH_OK;
	drain_words(l);
	r = ssh_client_closed(l->client, &status);
	if (r == PH_OK) {
		l->gate_done = 1;
		loop_timer_cancel(l->deadline);
		l->refusal.exit_status = status;
		if (status == GATE_MESSAGE_EXIT_DOWN)
			return fail(l, PH_EUPSTREAMDOWN);
		if (status == GATE_MESSAGE_EXIT_BUSY)
			return fail(l, PH_EPEERBUSY);
		return status == 0 ? PH_OK : fail(l, PH_EGATE);
	}
	if (r == SSH_CLIENT_WAIT && l->wire.error == 0) {
		if ((l->eof_sent || !l->heard) &&
		    !loop_timer_pending(l->deadline))
			loop_timer_start(l->deadline, GATE_END_MS);
		return SSH_CLIENT_WAIT;
	}
	/* Where both had finished, nothing is lost with the connection. */
	if (!l->eof_sent || !l->heard)
		return fail(l, PH_ECUT);
	l->gate_done = 1;
	return PH_OK;
}

/* After SSH_CLIENT_END: is it over? */
static void
settle(struct link_ssh *l)
{
	if (l->link.failure.code == PH_OK && check_gate(l) == PH_OK)
		l->link.ended_out = 1;
}

static void
ssh_finish(struct link *link)
{
	struct link_ssh *l = self(link);

	/* Else it is done when the link opens. */
	if (link->stage != LINK_STAGE_OPEN)
		return;
	if (push(l) == PH_OK && l->ended)
		settle(l);
}

/*
 * The far side has finished.  If it never said a byte, then the end is the
 * gate's own doing: its exit status tells why, and comes before the end.
 */
static int
read_end(struct link_ssh *l)
{
	l->ended = 1;
	settle(l);
	if (l->heard)
		return LINK_END;
	if (l->link.failure.code != PH_OK)
		return l->link.failure.code;
	return l->link.ended_out ? LINK_END : PH_OK;
}

static int
ssh_read(struct link *link, void *buf, size_t len, size_t *n)
{
	struct link_ssh *l = self(link);
	int r;

	r = ssh_client_read(l->client, buf, len, n);
	switch (r) {
	case PH_OK:
		l->heard = 1;
		l->maybe = 1;
		break;
	case SSH_CLIENT_WAIT:
		l->maybe = 0;
		drain_words(l);
		r = l->wire.error != 0 ? fail(l, PH_ECUT) : PH_OK;
		break;
	case SSH_CLIENT_END:
		l->maybe = 0;
		r = read_end(l);
		break;
	default:
		r = fail(l, PH_ECUT);
		break;
	}
	/* Windows were adjusted, questions answered. */
	wire_flush(&l->wire);
	return r;
}

/* Whether bytes of the far side can bring us further. */
static int
needs_wire(const struct link_ssh *l)
{
	const struct link *link = &l->link;

	if (l->client == NULL || l->wire.error != 0 || link_is_over(link))
		return 0;
	if (link->stage != LINK_STAGE_OPEN || l->ended)
		return 1;
	if (l->piece_len > 0 || (link->finished && !l->eof_sent))
		return 1;
	return (link->wanted & LINK_READABLE) != 0;
}

/* What the owner may do now. */
static int
ready(const struct link_ssh *l)
{
	int events;

	if (l->link.stage != LINK_STAGE_OPEN || link_is_over(&l->link))
		return 0;
	events = has_room(l) ? LINK_WRITABLE : 0;
	if ((l->maybe || l->wire.error != 0) && !l->link.ended_in)
		events |= LINK_READABLE;
	return events;
}

static void
ssh_update(struct link *link)
{
	struct link_ssh *l = self(link);
	int64_t wait_ms;
	int events, in, out;

	/* Nobody would read what is left, and so learn of the end. */
	if (l->wire.error != 0 && link->stage == LINK_STAGE_OPEN && !l->ended &&
	    !(link->wanted & LINK_READABLE) && link->callback != NULL &&
	    link->failure.code == PH_OK)
		(void)fail(l, PH_ECUT);
	in = needs_wire(l);
	out = l->client != NULL && l->wire.pending.len > 0 &&
	    l->wire.error == 0 && !link_is_over(link);
	wait_ms = link_rate_wait_ms(link, in, out);
	events = 0;
	if (in && link_may_receive(link, 1) > 0)
		events |= LOOP_READABLE;
	if (out && link_may_send(link, 1) > 0)
		events |= LOOP_WRITABLE;
	if (l->io != NULL)
		loop_io_want(l->io, events);
	if (link_has_news(link) || (ready(l) & link->wanted))
		loop_timer_start(l->timer, 0);
	else if (wait_ms > 0)
		loop_timer_start(l->timer, wait_ms);
	else
		loop_timer_cancel(l->timer);
}

static int
ssh_exit_status(const struct link *link)
{
	return ((const struct link_ssh *)link)->refusal.exit_status;
}

static void
ssh_free(struct link *link)
{
	struct link_ssh *l = self(link);

	dial_cancel(l->dial);
	loop_timer_free(l->timer);
	loop_timer_free(l->deadline);
	loop_io_free(l->io);
	ssh_client_free(l->client);
	/* The machine may have taken leave. */
	wire_fini(&l->wire);
	key_private_free(l->key);
	buffer_fini(&l->words);
	free(l->user);
	free(l);
}

static const struct link_ops ops = {
	.read = ssh_read,
	.write = ssh_write,
	.finish = ssh_finish,
	.update = ssh_update,
	.exit_status = ssh_exit_status,
	.free = ssh_free,
};

/* One step of the dial after TCP; PH_OK when the stage has changed. */
static int
dial_step(struct link_ssh *l)
{
	int r;

	switch (l->link.stage) {
	case LINK_STAGE_KEX:
		r = ssh_client_handshake(l->client);
		break;
	case LINK_STAGE_HOSTKEY:
		r = ssh_client_check_host(l->client, &l->host_key,
		    l->refusal.found);
		break;
	case LINK_STAGE_AUTH:
		r = ssh_client_auth(l->client, l->user, l->key);
		break;
	default:
		assert(l->link.stage == LINK_STAGE_CHANNEL);
		r = ssh_client_open(l->client, l->window, COMMAND);
		break;
	}
	wire_flush(&l->wire);
	if (r == SSH_CLIENT_WAIT) {
		/* The end of the wire, or a part of its bytes that was all. */
		return l->wire.error == 0 ? r : fail(l, PH_ECONNECT);
	}
	if (r != PH_OK)
		return fail(l, r);
	l->link.stage++;
	return PH_OK;
}

/* Go on dialling as far as it goes. */
static void
dial_on(struct link_ssh *l)
{
	while (l->link.stage != LINK_STAGE_OPEN) {
		if (dial_step(l) != PH_OK)
			return;
		if (l->link.stage == LINK_STAGE_CHANNEL) {
			key_private_free(l->key);
			l->key = NULL;
		}
	}
	loop_timer_cancel(l->deadline);
	/* The gate's first bytes may have come with the last ones. */
	l->maybe = 1;
}

/* Whatever the event was: do all that can be done, and tell the owner. */
static void
go_on(struct link_ssh *l)
{
	if (l->link.failure.code == PH_OK && l->client != NULL) {
		if (l->link.stage != LINK_STAGE_OPEN)
			dial_on(l);
		if (l->link.stage == LINK_STAGE_OPEN) {
			(void)push(l);
			if (l->ended)
				settle(l);
		}
	}
	ssh_update(&l->link);
	link_tell(&l->link, ready(l));
}

static void
on_io(void *cookie, int events)
{
	struct link_ssh *l = cookie;

	if (events & LOOP_READABLE)
		l->maybe = 1;
	go_on(l);
}

static void
on_timer(void *cookie)
{
	go_on(cookie);
}

/* The dial took too long, or the gate does not end. */
static void
on_deadline(void *cookie)
{
	struct link_ssh *l = cookie;

	if (l->link.stage == LINK_STAGE_OPEN) {
		l->gate_done = 1;
		if (!l->heard)
			(void)fail(l, PH_EGATE);
	} else {
		if (l->dial != NULL && dial_is_resolved(l->dial))
			l->link.stage = LINK_STAGE_CONNECT;
		dial_cancel(l->dial);
		l->dial = NULL;
		(void)fail(l, PH_ETIMEOUT);
	}
	go_on(l);
}

/* TCP is there: begin with SSH. */
static int
start_client(struct link_ssh *l)
{
	const struct ssh_client_wire wire = {
		.receive = on_wire_receive,
		.send = on_wire_send,
		.cookie = l,
	};

	l->link.stage = LINK_STAGE_KEX;
	l->io = loop_io_new(l->loop, l->wire.fd, on_io, l);
	l->client = ssh_client_new(&wire, l->wire.fd,
	    2 * (size_t)l->window + MEMORY_EXTRA);
	if (l->io == NULL || l->client == NULL)
		return fail(l, PH_ENOMEM);
	return PH_OK;
}

static void
on_dialled(void *cookie, int fd, const struct failure *f)
{
	struct link_ssh *l = cookie;

	l->dial = NULL;
	if (fd != -1) {
		wire_open(&l->wire, fd);
		(void)start_client(l);
	} else {
		if (f->code == PH_ECONNECT)
			l->link.stage = LINK_STAGE_CONNECT;
		link_fail(&l->link, f);
		loop_timer_cancel(l->deadline);
	}
	go_on(l);
}

/* A private key of its own for the time of the dial; NULL without memory. */
static struct key_private *
copy_key(const struct key_private *key)
{
	struct key_private *copy;
	uint8_t seed[KEY_SIZE];

	copy = NULL;
	if (key_private_seed(key, seed) != PH_OK ||
	    key_private_new(seed, &copy) != PH_OK)
		copy = NULL;
	explicit_bzero(seed, sizeof(seed));
	return copy;
}

/* Copy what the config says.  PH_OK or PH_ENOMEM. */
static int
configure(struct link_ssh *l, const struct link_ssh_config *config)
{
	size_t window;

	window = config->window;
	if (window < LINK_SSH_WINDOW_MIN)
		window = LINK_SSH_WINDOW_MIN;
	if (window > LINK_SSH_WINDOW_MAX)
		window = LINK_SSH_WINDOW_MAX;
	l->window = (uint32_t)window;
	l->host_key = config->host_key;
	l->user = strdup(config->user);
	l->key = copy_key(config->key);
	if (l->user == NULL || l->key == NULL)
		return PH_ENOMEM;
	l->refusal.name = l->link.name;
	l->refusal.user = l->user;
	l->refusal.first = l->wire.first;
	l->refusal.exit_status = -1;
	key_fingerprint(&l->host_key, l->refusal.pinned);
	key_fingerprint(key_private_public(l->key), l->refusal.own);
	return PH_OK;
}

struct link *
link_ssh_dial(struct loop *loop, struct worker_pool *pool,
    const struct clock *clock, const struct link_ssh_config *config)
{
	struct link_ssh *l;
	char name[300];
	int64_t timeout_ms;

	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return NULL;
	(void)snprintf(name, sizeof(name),
	    strchr(config->host, ':') == NULL ? "%s:%u" : "[%s]:%u",
	    config->host, config->port);
	link_init(&l->link, &ops, clock, LINK_STAGE_RESOLVE, name);
	l->loop = loop;
	wire_init(&l->wire, &l->link);
	buffer_init(&l->words, LINK_SSH_WORDS_MAX);
	l->timer = loop_timer_new(loop, on_timer, l);
	l->deadline = loop_timer_new(loop, on_deadline, l);
	if (l->timer == NULL || l->deadline == NULL ||
	    configure(l, config) != PH_OK)
		goto fail;
	timeout_ms = config->timeout_ms;
	if (timeout_ms == 0)
		timeout_ms = LINK_SSH_TIMEOUT_MS;
	l->refusal.seconds = (int)((timeout_ms + 999) / 1000);
	l->dial =
	    dial_start(loop, pool, config->host, config->port, on_dialled, l);
	if (l->dial == NULL)
		goto fail;
	loop_timer_start(l->deadline, timeout_ms);
	return &l->link;
fail:
	ssh_free(&l->link);
	return NULL;
}
