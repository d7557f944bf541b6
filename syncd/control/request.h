#ifndef SYNCD_CONTROL_REQUEST_H
#define SYNCD_CONTROL_REQUEST_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/control.h"
#include "proto/failure.h"
#include "proto/json.h"
#include "proto/json_writer.h"
#include "syncd/control/control_context.h"

/*
 * One request of an operator, from its arguments to its answer.  The verbs
 * (verb.h) work with it; the connection that it came by (connection.h) sends
 * what it puts, and may go away before the request is finished.
 *
 * A verb begins on the loop.  What touches the catalogue is a step in its
 * lane, what is long a step in another; while a step runs the answer is
 * that thread's, and progress still the loop's.  When all is done the verb
 * calls request_finish(), once, on the loop.
 */

struct request;

/* A step of a request. */
typedef void request_step(struct request *r);

/* What the owner of a request hears of it, on the loop. */
struct request_events {
	/* There is something in request_output(). */
	void (*on_output)(void *cookie);

	/* It is finished; its answer is in request_output(). */
	void (*on_finished)(void *cookie);
};

/*
 * A request that was taken apart, by a person of that name.  decoded and the
 * nfds descriptors become the request's (also when NULL is returned: no
 * memory); actor is copied.
 */
struct request *request_new(const struct control_context *context,
    struct control_request *decoded, const int *fds, size_t nfds,
    const char *actor, const struct request_events *events, void *cookie);

/*
 * Find the verb and begin.  on_finished may be called before this returns.
 */
void request_start(struct request *r);

/*
 * The owner wants it no longer: it is canceled if it is not finished, and
 * frees itself as soon as it is.  The owner hears nothing more.
 */
void request_abandon(struct request *r);

/* 1 when it may take very long: others must not wait for its end. */
int request_is_long(const struct request *r);

/* What is to be sent; the owner takes it from there.  Loop only. */
struct buffer *request_output(struct request *r);

/* What the request is answered with, and who asks. */
const struct control_context *request_context(const struct request *r);
const char *request_actor(const struct request *r);

/* The verb, and its arguments, valid as long as the request. */
const char *request_verb(const struct request *r);
struct json_object *request_arguments(struct request *r);

/*
 * All arguments were asked for: PH_OK, or PH_EUSAGE when one is missing,
 * unknown, or not as it should be; the request has then failed.
 */
int request_check_arguments(struct request *r) ATTR_CHECK;

/* The descriptors that came with it; closed by the request. */
size_t request_nfds(const struct request *r);
int request_fd(const struct request *r, size_t i);

/*
 * size bytes of zeros for the verb, which fini (NULL allowed) takes apart on
 * the loop when the request ends.  Once for a request.
 */
void *request_state_new(struct request *r, size_t size, void (*fini)(void *));

/* The same again. */
void *request_state(struct request *r);

/*
 * Run a step in the catalogue's lane, or a long one, which leaves the
 * catalogue alone, in another (control_context.h), and then done on the loop
 * (NULL: request_finish()).  Loop only.
 */
void request_in_lane(struct request *r, request_step *run, request_step *done);
void request_in_worker(struct request *r, struct worker_lane *lane,
    request_step *run, request_step *done);

/* 1 when nobody waits for the answer any more.  Any thread. */
int request_is_canceled(const struct request *r);

/*
 * To be called once, on the loop, when that becomes so; NULL: nothing.  For
 * a verb that waits for something else than a step, and now finishes.
 */
void request_on_cancel(struct request *r, request_step *canceled);

/*
 * Begin the answer: its members go to the writer that is returned.  Whoever
 * has the request (a step, or the loop).  An earlier answer is forgotten.
 */
struct json_writer *request_result(struct request *r);
void request_result_end(struct request *r);

/* The answer is this failure.  Returns its code. */
int request_fail(struct request *r, const struct failure *f);

/* And these failures of parts, at most CONTROL_ERRORS_MAX. */
int request_fail_parts(struct request *r, const struct failure *f,
    const struct failure *parts, size_t nparts);

/*
 * The answer is f when it holds a failure of that code, else the sentence of
 * the code, led by what (printf style).  Returns code.
 */
int request_fail_code(struct request *r, int code, const struct failure *f,
    const char *what, ...) ATTR_PRINTF(4, 5);

/* 1 when the answer is a failure. */
int request_has_failed(const struct request *r);

/*
 * Begin progress, if the client has taken what was sent before: else NULL,
 * and this progress is left out.  Loop only, also while a step runs.
 */
struct json_writer *request_progress(struct request *r);
void request_progress_end(struct request *r);

/*
 * Everything is done: send the answer.  The request may be gone when this
 * returns.  Loop only.
 */
void request_finish(struct request *r);

#endif
