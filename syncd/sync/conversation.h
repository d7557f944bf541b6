#ifndef SYNCD_SYNC_CONVERSATION_H
#define SYNCD_SYNC_CONVERSATION_H

#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/failure.h"
#include "proto/frame.h"
#include "proto/message.h"
#include "syncd/base/clock.h"
#include "syncd/base/loop.h"
#include "syncd/link/link.h"

/*
 * A session on a link: frames in and out, the state table, deadlines, PING.
 * What the messages mean is provider.h's and receiver.h's.  Loop thread
 * only.
 *
 * Sending is pulled: the owner is asked for frames when there is room, and
 * puts control frames before content.  Nothing is sent that the state table
 * does not allow, whoever put it.
 */

struct conversation;

struct conversation_events {
	/*
	 * A frame that the state table allows, other than PING, PONG, ABORT
	 * and BYE; the payload is borrowed.  PH_OK; else the session is
	 * aborted with the code.
	 */
	int (*on_frame)(void *cookie, const struct frame *frame);

	/*
	 * There is room: put frames at the end of out, control before
	 * content, at least one if there is any to send.  PH_OK; else the
	 * session is aborted with the code.
	 */
	int (*on_room)(void *cookie, struct buffer *out);

	/*
	 * 1 while there is a question, other than STATE and RECEIPT, to which
	 * the peer owes an answer or its rest; it then ends like one that
	 * does not answer.  NULL: never.
	 */
	int (*is_waiting)(void *cookie);

	/*
	 * It is over: f->code is PH_OK after BYE, else why.  Called once,
	 * and nothing after it; the callee may free the conversation.
	 */
	void (*on_closed)(void *cookie, const struct failure *f);
};

/*
 * Talk over a link, as that side.  The link becomes the conversation's.
 * Everything else is borrowed.  NULL without memory (the link is then cut).
 */
struct conversation *conversation_new(struct loop *loop,
    const struct clock *clock, struct link *link, enum side side,
    const struct conversation_events *events, void *cookie);

/* Cut the link, say nothing.  NULL is allowed. */
void conversation_free(struct conversation *c);

/* The link, borrowed. */
struct link *conversation_link(const struct conversation *c);

/* on_room may have something to put. */
void conversation_kick(struct conversation *c);

/* Take no more frames until it is resumed: the owner is busy with one. */
void conversation_pause(struct conversation *c);
void conversation_resume(struct conversation *c);

/* End it in order: BYE, once all is sent that on_room has put. */
void conversation_bye(struct conversation *c);

/* End it with ABORT (where that is still possible) and a failure. */
void conversation_abort(struct conversation *c, const struct failure *f);

/* 1 when both sides have proved who they are and neither has ended it. */
int conversation_is_open(const struct conversation *c);

#endif
