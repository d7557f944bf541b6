#ifndef PROTO_CONTROL_H
#define PROTO_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/failure.h"
#include "proto/json.h"
#include "proto/json_writer.h"
#include "proto/limits.h"
#include "proto/reader.h"

/*
 * The control protocol between syncctl and syncd, over a stream socket.  A
 * frame is a u32 length and one JSON object.  syncctl sends one request;
 * syncd answers with any number of progress frames and then one result or
 * one error.  What stands in arguments, progress and results belongs to the
 * verbs, and descriptors travel beside the bytes: neither is known here.
 *
 *	request   {"version":1,"verb":"image.publish","arguments":{…}}
 *	answers   {"progress":{…}}  {"result":{…}}
 *	          {"error":{"code","exit","what","where","next"},"errors":[…]}
 *
 * errors is there only where some of the work was done: one error object for
 * each part that was not.
 */

#define CONTROL_VERSION 1
#define CONTROL_HEADER_SIZE 4u

/* A verb: lower-case letters, digits, "-" and "."; and a NUL. */
#define CONTROL_VERB_SIZE 64u

/* Error objects in one answer. */
#define CONTROL_ERRORS_MAX 1024u

/* One frame that is being put. */
struct control_writer {
	struct json_writer json; /* For the members of the open object. */
	struct buffer *out;
	size_t mark;
};

/*
 * Begin a request, progress or result at the end of out (which must be able
 * to hold it); the caller puts members with w->json, then control_end().
 * Failures are remembered until then.
 */
void control_request_begin(struct control_writer *w, const char *verb,
    struct buffer *out);
void control_progress_begin(struct control_writer *w, struct buffer *out);
void control_result_begin(struct control_writer *w, struct buffer *out);

/*
 * End it.  PH_OK; else PH_ENOMEM, PH_ELIMIT or PH_EJSON, and the frame is
 * taken off out again.
 */
int control_end(struct control_writer *w) ATTR_CHECK;

/*
 * Put an error frame; nparts (at most CONTROL_ERRORS_MAX) errors of parts
 * stand in it when parts is not NULL.  Bytes of a failure that JSON cannot
 * carry become "?".  PH_OK, PH_ENOMEM or PH_ELIMIT.
 */
int control_error_encode(const struct failure *f, const struct failure *parts,
    size_t nparts, struct buffer *out) ATTR_CHECK;

/* The longest text for people, and a NUL. */
#define CONTROL_TEXT_SIZE 2048u

/*
 * Put a text for people, which may have been cut in the middle of a character
 * or quote a name that is not text: bytes that JSON cannot carry become "?",
 * and what is longer than CONTROL_TEXT_SIZE allows is left out.
 */
void control_put_text(struct json_writer *w, const char *name,
    const char *text);

/*
 * Put a failure as an error object, as a member of that name or, with NULL,
 * into an array: for results that have failures of parts in them.
 */
void control_put_failure(struct json_writer *w, const char *name,
    const struct failure *f);

/*
 * Get it back.  *exit_status (NULL allowed) is the exit status that the
 * object says, which is that of the code unless a newer release knows a code
 * that we do not.
 */
void control_get_failure(struct json_object *o, const char *name,
    struct failure *out, int *exit_status);

/* The same, with PH_OK and *exit_status 0 for null. */
void control_get_failure_or_null(struct json_object *o, const char *name,
    struct failure *out, int *exit_status);

/* A request that was taken apart. */
struct control_request {
	struct json *tree; /* Owned. */
	char verb[CONTROL_VERB_SIZE];
	struct json_object arguments; /* Its reader ends it. */
};

/*
 * Read the text of a request frame.  On PH_OK the caller ends with
 * control_request_fini(), gets the arguments and asks json_error().
 * PH_ENOMEM, PH_ELIMIT, PH_EJSON, or PH_EVERSION for a version that is not
 * ours.
 */
int control_request_decode(const void *text, size_t len,
    struct control_request *out) ATTR_CHECK;
void control_request_fini(struct control_request *r);

enum control_kind {
	CONTROL_PROGRESS,
	CONTROL_RESULT,
	CONTROL_ERROR,
};

/* An answer that was taken apart. */
struct control_answer {
	enum control_kind kind;
	struct json *tree; /* Owned. */

	/* Progress, result: its object, and the same as text (borrowed). */
	struct json_object body;
	const char *text;
	size_t len;

	/* Error. */
	struct failure failure;
	int exit_status;
	struct json_array parts; /* For control_answer_part(). */
};

/*
 * Read the text of an answer frame, which must outlive *out.  On PH_OK the
 * caller ends with control_answer_fini().  PH_ENOMEM, PH_ELIMIT or PH_EJSON.
 */
int control_answer_decode(const void *text, size_t len,
    struct control_answer *out) ATTR_CHECK;
void control_answer_fini(struct control_answer *a);

/* Error of part i, below a->parts.count.  PH_OK or PH_EJSON. */
int control_answer_part(struct control_answer *a, size_t i,
    struct failure *out) ATTR_CHECK;

struct control_decoder;

/* A decoder at the beginning of a stream; NULL without memory. */
struct control_decoder *control_decoder_new(void);

/*
 * Take bytes from in until a frame is whole or in is empty.  1: *text and
 * *len are its JSON, valid until the next call as long as the bytes of in
 * are.  0: in is empty and the frame not whole.  PH_EFRAME for an empty
 * frame, PH_ELIMIT for one beyond PH_CONTROL_MAX, PH_ENOMEM; after a failure
 * every call fails the same way.  Memory grows with the bytes that arrive.
 */
int control_decoder_feed(struct control_decoder *d, struct reader *in,
    const uint8_t **text, size_t *len) ATTR_CHECK;

/* NULL is allowed. */
void control_decoder_free(struct control_decoder *d);

#endif
