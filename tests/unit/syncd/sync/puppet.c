/*
 * A receiver by hand.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/message_document.h"
#include "proto/message_grant.h"
#include "proto/message_state.h"
#include "syncd/catalogue/authority.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/link/link_fd.h"

#include "tests/unit/syncd/sync/puppet.h"

/* How long a frame may take that must come. */
#define PATIENCE_MS 20000u

void
puppet_open(struct puppet *p, struct node *primary, struct node *site,
    struct hub *hub)
{
	uint8_t transcript[HELLO_TRANSCRIPT_SIZE];
	struct buffer signature;
	struct message_auth auth;
	struct hello hello;
	struct link *link;
	struct frame frame;
	int fds[2];

	memset(p, 0, sizeof(*p));
	p->primary = primary;
	p->site = site;
	p->hub = hub;
	p->id = *catalogue_id(site->catalogue);
	buffer_init(&p->out, 64u << 20);
	buffer_init(&p->in, 64u << 20);
	buffer_init(&p->payload, MESSAGE_PAYLOAD_MAX);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	p->fd = fds[0];
	link = link_fd_new(primary->engine.loop, &primary->clock, "puppet",
	    fds[1], dup(fds[1]));
	ck_assert_ptr_nonnull(link);
	hub_accept(hub, link, NULL);
	authority_hello(site->catalogue, SIDE_RECEIVER, &hello);
	ck_assert_int_eq(handshake_put_hello(&p->handshake, &hello, &p->out),
	    PH_OK);
	puppet_send(p);
	puppet_expect(p, MESSAGE_HELLO, &frame);
	ck_assert_int_eq(handshake_on_hello(&p->handshake, &frame), PH_OK);
	handshake_transcript(&p->handshake, SIDE_RECEIVER, transcript);
	buffer_init(&signature, SSHSIG_BLOB_MAX);
	ck_assert_int_eq(authority_sign(site->catalogue, transcript,
			     &signature),
	    PH_OK);
	auth.signature = signature.data;
	auth.len = signature.len;
	ck_assert_int_eq(message_auth_encode(&auth, &p->out), PH_OK);
	buffer_fini(&signature);
	puppet_send(p);
	do
		ck_assert_int_eq(puppet_next(p, PATIENCE_MS, &frame), 1);
	while (frame.type == MESSAGE_TRUST);
	ck_assert_int_eq(frame.type, MESSAGE_AUTH);
}

/* Read what there is. */
static void
take(struct puppet *p)
{
	uint8_t bytes[65536];
	ssize_t n;

	n = recv(p->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n > 0)
		ck_assert_int_eq(buffer_put(&p->in, bytes, (size_t)n), PH_OK);
	else if (n == 0 || errno != EAGAIN)
		p->over = 1;
}

void
puppet_send(struct puppet *p)
{
	ssize_t n;

	while (p->out.len > 0 && !p->over) {
		n = send(p->fd, p->out.data, p->out.len,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0)
			buffer_consume(&p->out, (size_t)n);
		else if (errno != EAGAIN)
			p->over = 1;
		loop_turn(p->primary->engine.loop);
	}
	buffer_reset(&p->out);
}

/* One frame out of what came; 0: it is not whole. */
static int
take_frame(struct puppet *p, struct frame *out)
{
	struct frame_decoder *decoder;
	struct reader reader;
	struct frame frame;
	int r;

	decoder = frame_decoder_new();
	ck_assert_ptr_nonnull(decoder);
	reader_init(&reader, p->in.data, p->in.len);
	r = frame_decoder_feed(decoder, &reader, &frame);
	ck_assert_int_ge(r, 0);
	if (r == 1) {
		buffer_reset(&p->payload);
		ck_assert_int_eq(buffer_put(&p->payload, frame.payload,
				     frame.len),
		    PH_OK);
		*out = frame;
		out->payload = p->payload.data;
		buffer_consume(&p->in, p->in.len - reader.len);
	}
	frame_decoder_free(decoder);
	return r;
}

int
puppet_next(struct puppet *p, unsigned int ms, struct frame *out)
{
	int64_t end;

	end = clock_mono_ms(&p->primary->clock) + ms;
	do {
		while (take_frame(p, out)) {
			if (out->type == MESSAGE_PING ||
			    out->type == MESSAGE_WAIT)
				continue;
			if (out->type == MESSAGE_DATA)
				p->content += out->len - 8;
			return 1;
		}
		if (p->over)
			return 0;
		loop_turn(p->primary->engine.loop);
		(void)usleep(100);
		take(p);
	} while (clock_mono_ms(&p->primary->clock) < end);
	return 0;
}

void
puppet_expect(struct puppet *p, enum message_type type, struct frame *out)
{
	do
		ck_assert_msg(puppet_next(p, PATIENCE_MS, out) == 1,
		    "no %s came", message_name(type));
	while (out->type == MESSAGE_DATA && type != MESSAGE_DATA);
	ck_assert_msg(out->type == type, "%s came, not %s",
	    message_name(out->type), message_name(type));
}

void
puppet_state(struct puppet *p)
{
	struct message_state state;
	struct message_grant grant;
	struct frame frame;
	uint32_t i, n;

	ck_assert_int_eq(mandate_state(p->site->catalogue, &state), PH_OK);
	ck_assert_int_eq(message_state_encode(&state, &p->out), PH_OK);
	puppet_send(p);
	ck_assert_int_eq(puppet_next(p, PATIENCE_MS, &frame), 1);
	if (frame.type == MESSAGE_CHARTER)
		ck_assert_int_eq(puppet_next(p, PATIENCE_MS, &frame), 1);
	if (frame.type == MESSAGE_SAME)
		return;
	ck_assert_int_eq(frame.type, MESSAGE_GRANT);
	ck_assert_int_eq(message_grant_decode(&frame, &grant), PH_OK);
	n = grant.nlistdiffs;
	for (i = 0; i < n; i++)
		puppet_expect(p, MESSAGE_LISTDIFF, &frame);
}

void
puppet_close(struct puppet *p)
{
	(void)close(p->fd);
	buffer_fini(&p->out);
	buffer_fini(&p->in);
	buffer_fini(&p->payload);
}
