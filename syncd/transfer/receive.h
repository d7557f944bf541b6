#ifndef SYNCD_TRANSFER_RECEIVE_H
#define SYNCD_TRANSFER_RECEIVE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/message_content.h"
#include "proto/message_transfer.h"
#include "syncd/base/clock.h"
#include "syncd/base/worker.h"
#include "syncd/store/space.h"
#include "syncd/store/store.h"
#include "syncd/transfer/landing.h"

/*
 * One blob on its way in: what was received before is checked and kept,
 * segments are asked for, written, verified; at the end the whole blob is
 * hashed.  Only then is it anything.  Loop thread only; the work is done by
 * workers.
 *
 * At most RECEIVE_WINDOW bytes are asked for and not yet on disk.
 */

struct receive;

/* Segments that are asked for at a time, and bytes of each on their way. */
#define RECEIVE_STREAMS LANDING_PARTS_MAX
#define RECEIVE_STREAM_WINDOW (512u << 10)
#define RECEIVE_WINDOW (RECEIVE_STREAMS * RECEIVE_STREAM_WINDOW)

struct receive_config {
	struct worker_pool *workers;
	struct worker_lane *lane; /* Of all that is received, also later. */
	struct store *store;
	struct space *space;
	const struct clock *clock;
	uint32_t transfer;
	struct digest blob;
	struct digest map; /* Root of its block map. */
	uint64_t size;
	struct digest bases[MESSAGE_BASES_MAX]; /* Held; best first. */
	size_t nbases;
	const char *what; /* For messages: "winxp 9"; copied. */
};

/* What became of it, also while it goes on. */
struct receive_stats {
	int full;               /* 1: no base is used. */
	struct digest base;     /* If not full. */
	uint64_t logical_bytes; /* Of segments that are done. */
	uint64_t resumed_bytes; /* From earlier: of these, and of encodings. */
	uint64_t wire_bytes;    /* Of payloads, of this session. */
	uint64_t reused_bytes;  /* Copied from the base, or zeros. */
	unsigned int fallbacks; /* Segments whose base failed them. */
	int64_t started_ms;     /* Monotonic. */
};

/*
 * Called when receive_control() may have something to put, and when it is
 * finished (receive_finished()); never from within a function here.
 */
typedef void receive_ready(void *cookie);

/* NULL without memory; then ready is not called. */
struct receive *receive_new(const struct receive_config *config,
    receive_ready *ready, void *cookie);

/*
 * Stop.  What came stays in staging for the next time.  Work that is on its
 * way ends, and the staging is closed, before what is submitted to the lane
 * from now on.  NULL is allowed.
 */
void receive_free(struct receive *r);

/* The id of the transfer. */
uint32_t receive_transfer(const struct receive *r);

/* The blob; borrowed. */
const struct digest *receive_blob(const struct receive *r);

/* What it came to so far. */
void receive_get_stats(const struct receive *r, struct receive_stats *out);

/*
 * Frames of this transfer.  PH_OK; or why the session is to be ended: what
 * the peer sent makes no sense, or there is no memory.
 */
int receive_on_plan(struct receive *r, const struct message_plan *m) ATTR_CHECK;
int receive_on_segments(struct receive *r,
    const struct message_segments *m) ATTR_CHECK;
int receive_on_data(struct receive *r, const struct message_data *m) ATTR_CHECK;
int receive_on_done(struct receive *r) ATTR_CHECK;

/*
 * NONE or ERROR: it will not come now.  It is over then (receive_finished()),
 * if it was not before; ready is not called for that.
 */
void receive_on_refused(struct receive *r, int code);

/* Put WANT, PULL, PLAIN? frames.  PH_OK or PH_ENOMEM. */
int receive_control(struct receive *r, struct buffer *out) ATTR_CHECK;

/*
 * 1 when it is over: *code is PH_OK when the blob is whole in its staging,
 * fsynced and verified (receive_dir() has it), else why not, with words in
 * *f.
 */
int receive_finished(const struct receive *r, int *code, struct failure *f);

/* 1 while the provider owes an answer, or the rest of one. */
int receive_is_waiting(const struct receive *r);

/* The staging directory of a blob that is whole; open until receive_free. */
int receive_dir(const struct receive *r);

#endif
