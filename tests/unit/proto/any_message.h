#ifndef TESTS_UNIT_PROTO_ANY_MESSAGE_H
#define TESTS_UNIT_PROTO_ANY_MESSAGE_H

#include "proto/hello.h"
#include "proto/message_content.h"
#include "proto/message_document.h"
#include "proto/message_grant.h"
#include "proto/message_map.h"
#include "proto/message_signal.h"
#include "proto/message_state.h"
#include "proto/message_transfer.h"

/*
 * A message of any type, for tests that treat all alike: unit tests over all
 * vectors and the fuzz target.
 */

struct any_message {
	enum message_type type;
	uint32_t transfer;
	union {
		struct hello hello;
		struct message_document document;
		struct message_auth auth;
		struct message_state state;
		struct message_same same;
		struct message_busy busy;
		struct message_grant grant;
		struct message_listdiff listdiff;
		struct message_manifest_query manifest_query;
		struct message_manifest manifest;
		struct message_digest digest;
		struct message_map_query map_query;
		struct message_map map;
		struct message_want want;
		struct message_wait wait;
		struct message_plan plan;
		struct message_segments segments;
		struct message_pull pull;
		struct message_data data;
		struct message_plain_query plain_query;
		struct message_received received;
		struct message_error error;
		struct message_ping ping;
	} u;
};

/* As the decoder of the frame's type. */
static inline int
any_message_decode(const struct frame *f, struct any_message *out)
{
	out->type = f->type;
	out->transfer = f->transfer;
	switch (f->type) {
	case MESSAGE_HELLO:
		return hello_decode(f->payload, f->len, &out->u.hello);
	case MESSAGE_TRUST:
		return message_trust_decode(f, &out->u.document);
	case MESSAGE_AUTH:
		return message_auth_decode(f, &out->u.auth);
	case MESSAGE_STATE:
		return message_state_decode(f, &out->u.state);
	case MESSAGE_SAME:
		return message_same_decode(f, &out->u.same);
	case MESSAGE_BUSY:
		return message_busy_decode(f, &out->u.busy);
	case MESSAGE_CHARTER:
		return message_charter_decode(f, &out->u.document);
	case MESSAGE_GRANT:
		return message_grant_decode(f, &out->u.grant);
	case MESSAGE_LISTDIFF:
		return message_listdiff_decode(f, &out->u.listdiff);
	case MESSAGE_MANIFEST_QUERY:
		return message_manifest_query_decode(f, &out->u.manifest_query);
	case MESSAGE_MANIFEST:
		return message_manifest_decode(f, &out->u.manifest);
	case MESSAGE_NONE:
		return message_none_decode(f, &out->u.digest);
	case MESSAGE_MAP_QUERY:
		return message_map_query_decode(f, &out->u.map_query);
	case MESSAGE_MAP:
		return message_map_decode(f, &out->u.map);
	case MESSAGE_WANT:
		return message_want_decode(f, &out->u.want);
	case MESSAGE_WAIT:
		return message_wait_decode(f, &out->u.wait);
	case MESSAGE_PLAN:
		return message_plan_decode(f, &out->u.plan);
	case MESSAGE_SEGMENTS:
		return message_segments_decode(f, &out->u.segments);
	case MESSAGE_PULL:
		return message_pull_decode(f, &out->u.pull);
	case MESSAGE_DATA:
		return message_data_decode(f, &out->u.data);
	case MESSAGE_PLAIN_QUERY:
		return message_plain_query_decode(f, &out->u.plain_query);
	case MESSAGE_RECEIPT:
		return message_receipt_decode(f, &out->u.grant);
	case MESSAGE_RECEIVED:
		return message_received_decode(f, &out->u.received);
	case MESSAGE_CANCEL:
		return message_cancel_decode(f);
	case MESSAGE_ERROR:
		return message_error_decode(f, &out->u.error);
	case MESSAGE_PING:
		return message_ping_decode(f, &out->u.ping);
	case MESSAGE_PONG:
		return message_pong_decode(f, &out->u.ping);
	case MESSAGE_ABORT:
		return message_abort_decode(f, &out->u.error);
	case MESSAGE_BYE:
		return message_bye_decode(f);
	case MESSAGE_DONE:
		return message_done_decode(f, &out->u.digest);
	}
	return -1;
}

/* A HELLO in a frame. */
static inline int
any_message_encode_hello(const struct hello *h, struct buffer *out)
{
	uint8_t payload[HELLO_SIZE];

	hello_encode(h, payload);
	return frame_put(out, MESSAGE_HELLO, 0, payload, sizeof(payload));
}

/* As the encoder of the message's type. */
static inline int
any_message_encode(const struct any_message *m, struct buffer *out)
{
	uint32_t t;

	t = m->transfer;
	switch (m->type) {
	case MESSAGE_HELLO:
		return any_message_encode_hello(&m->u.hello, out);
	case MESSAGE_TRUST:
		return message_trust_encode(&m->u.document, out);
	case MESSAGE_AUTH:
		return message_auth_encode(&m->u.auth, out);
	case MESSAGE_STATE:
		return message_state_encode(&m->u.state, out);
	case MESSAGE_SAME:
		return message_same_encode(&m->u.same, out);
	case MESSAGE_BUSY:
		return message_busy_encode(&m->u.busy, out);
	case MESSAGE_CHARTER:
		return message_charter_encode(&m->u.document, out);
	case MESSAGE_GRANT:
		return message_grant_encode(&m->u.grant, out);
	case MESSAGE_LISTDIFF:
		return message_listdiff_encode(&m->u.listdiff, out);
	case MESSAGE_MANIFEST_QUERY:
		return message_manifest_query_encode(&m->u.manifest_query, out);
	case MESSAGE_MANIFEST:
		return message_manifest_encode(&m->u.manifest, out);
	case MESSAGE_NONE:
		return message_none_encode(&m->u.digest, t, out);
	case MESSAGE_MAP_QUERY:
		return message_map_query_encode(&m->u.map_query, out);
	case MESSAGE_MAP:
		return message_map_encode(&m->u.map, out);
	case MESSAGE_WANT:
		return message_want_encode(&m->u.want, t, out);
	case MESSAGE_WAIT:
		return message_wait_encode(&m->u.wait, t, out);
	case MESSAGE_PLAN:
		return message_plan_encode(&m->u.plan, t, out);
	case MESSAGE_SEGMENTS:
		return message_segments_encode(&m->u.segments, t, out);
	case MESSAGE_PULL:
		return message_pull_encode(&m->u.pull, t, out);
	case MESSAGE_DATA:
		return message_data_encode(&m->u.data, t, out);
	case MESSAGE_PLAIN_QUERY:
		return message_plain_query_encode(&m->u.plain_query, t, out);
	case MESSAGE_RECEIPT:
		return message_receipt_encode(&m->u.grant, out);
	case MESSAGE_RECEIVED:
		return message_received_encode(&m->u.received, out);
	case MESSAGE_CANCEL:
		return message_cancel_encode(t, out);
	case MESSAGE_ERROR:
		return message_error_encode(&m->u.error, t, out);
	case MESSAGE_PING:
		return message_ping_encode(&m->u.ping, out);
	case MESSAGE_PONG:
		return message_pong_encode(&m->u.ping, out);
	case MESSAGE_ABORT:
		return message_abort_encode(&m->u.error, out);
	case MESSAGE_BYE:
		return message_bye_encode(out);
	case MESSAGE_DONE:
		return message_done_encode(&m->u.digest, t, out);
	}
	return -1;
}

/*
 * 1 for a message whose payload has more than one form: white space, the
 * order of members, names of errors that are not known.
 */
static inline int
any_message_is_json(enum message_type type)
{
	switch (type) {
	case MESSAGE_STATE:
	case MESSAGE_SAME:
	case MESSAGE_BUSY:
	case MESSAGE_WAIT:
	case MESSAGE_RECEIVED:
	case MESSAGE_ERROR:
	case MESSAGE_ABORT:
		return 1;
	default:
		return 0;
	}
}

#endif
