#ifndef SYNCD_SYNC_PROVIDER_INTERNAL_H
#define SYNCD_SYNC_PROVIDER_INTERNAL_H

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/document.h"
#include "proto/frame.h"
#include "proto/lineset_diff.h"
#include "proto/message_document.h"
#include "proto/message_map.h"
#include "proto/message_state.h"
#include "proto/message_transfer.h"
#include "syncd/catalogue/feed.h"
#include "syncd/catalogue/peers.h"
#include "syncd/sync/conversation.h"
#include "syncd/sync/handshake.h"
#include "syncd/sync/provider.h"
#include "syncd/transfer/provide.h"

/*
 * What the files of the provider share: provider.c (frames in and out),
 * provider_job.c (jobs for the catalogue), provider_documents.c (greeting,
 * grants, manifests, receipts) and provider_transfers.c (content).
 */

/* Blobs that one peer may have on their way at a time. */
#define PROVIDER_TRANSFERS_MAX 4u

/* WAIT goes when nothing else went for a transfer in this time. */
#define PROVIDER_WAIT_MS 5000

/* Manifests and answers that one job may make. */
#define PROVIDER_ANSWER_MAX                                                    \
	(MESSAGE_MANIFESTS_MAX * (MESSAGE_PAYLOAD_MAX + 64u))

struct provider_transfer {
	struct provide *provide;
	struct provider *p;
};

struct provider {
	const struct engine *engine;
	const struct provider_events *events;
	void *cookie;
	struct conversation *conversation;
	struct handshake handshake;
	struct peer_gate gate;
	int has_gate;
	struct peer peer;
	int known;
	int greeted;       /* Our HELLO is out. */
	int authenticated; /* Our AUTH is out. */

	struct message_state state; /* Of the peer, as far as it was sent. */
	struct message_state asked; /* A STATE that is to be compared. */
	int has_asked;
	int comparing; /* A job compares. */
	int compared;  /* A STATE was answered. */
	int refresh;   /* Something changed since. */

	struct buffer answers; /* Control frames that a job has made. */
	struct feed feed; /* The last GRANT's, while its lists are to go. */
	struct lineset_diff diff;
	int diffing; /* LISTDIFF frames of it are to go. */

	struct document receipt; /* Whose LISTDIFF frames come. */
	struct digest receipt_base;
	struct buffer receipt_changes;
	uint32_t receipt_left;

	struct provider_transfer transfers[PROVIDER_TRANSFERS_MAX];
	size_t turn;          /* Which one puts content next. */
	unsigned int nchecks; /* Being checked; until then none puts any. */
	uint64_t nchanges;    /* Of grants that we heard of. */
	struct loop_timer *waits;
	int64_t since_ms;

	unsigned int njobs;
	int freed;
};

/* A question for the catalogue. */
struct provider_job {
	struct provider *p;
	void (*run)(struct provider_job *job);
	void (*done)(struct provider_job *job);
	int code;
	struct failure failure;
	struct buffer frames; /* What it answers. */
	/* Copies of what the provider had when it was submitted. */
	struct handshake handshake;
	struct hello hello;
	struct peer_gate gate;
	int has_gate;
	struct peer peer;
	struct digest id;
	struct message_state state;
	struct feed feed;
	struct buffer bytes;
	struct message_manifest_query manifests;
	struct message_map_query map;
	struct message_want want;
	uint32_t transfer;
	uint64_t nchanges;
	struct feed_blob blob;
	uint64_t data; /* Of the blob. */
	struct feed_blob base;
	int has_base;
	struct document receipt;
	struct digest receipt_base;
	struct message_received received;
	uint64_t sent;
	int result;
	int after_change; /* The peer did not ask. */
};

/*
 * A job for the catalogue's lane: run() there, done() (or NULL) back on the
 * loop unless the provider was freed.  NULL without memory.
 */
struct provider_job *provider_job_new(struct provider *p,
    void (*run)(struct provider_job *job),
    void (*done)(struct provider_job *job));

/*
 * Submit it; no frame is taken until it is back.  PH_OK or PH_ENOMEM; it is
 * freed either way.
 */
int provider_job_submit(struct provider_job *job) ATTR_CHECK;

/* Free one that was not submitted. */
void provider_job_free(struct provider_job *job);

/* For one that the peer need not wait for: as worker_submit() wants them. */
void provider_run_job(void *cookie);
void provider_on_job(void *cookie);

/* A done(): the frames that the job made are sent next. */
void provider_done_frames(struct provider_job *job);

/* Free the provider, when no job needs it any more. */
void provider_destroy(struct provider *p);

/* End the session for the reason that a job found. */
void provider_abort_for(struct provider_job *job);

/* Say HELLO. */
int provider_greet(struct provider *p) ATTR_CHECK;

/* Put NONE. */
int provider_put_none(const struct digest *digest, uint32_t transfer,
    struct buffer *out) ATTR_CHECK;

/* Frames about documents, as conversation_events' on_frame. */
int provider_on_hello(struct provider *p, const struct frame *f) ATTR_CHECK;
int provider_on_auth(struct provider *p, const struct frame *f) ATTR_CHECK;
int provider_on_state(struct provider *p, const struct frame *f) ATTR_CHECK;
int provider_on_manifest_query(struct provider *p,
    const struct frame *f) ATTR_CHECK;
int provider_on_map_query(struct provider *p, const struct frame *f) ATTR_CHECK;
int provider_on_receipt(struct provider *p, const struct frame *f) ATTR_CHECK;
int provider_on_listdiff(struct provider *p, const struct frame *f) ATTR_CHECK;

/* Put a LISTDIFF frame of the last GRANT. */
int provider_put_listdiff(struct provider *p, struct buffer *out) ATTR_CHECK;

/* Frames about content; for on_cancel with what the transfer came to. */
int provider_on_want(struct provider *p, const struct frame *f) ATTR_CHECK;
int provider_on_pull(struct provider *p, const struct frame *f) ATTR_CHECK;
int provider_on_plain_query(struct provider *p,
    const struct frame *f) ATTR_CHECK;
int provider_on_cancel(struct provider *p, const struct frame *f,
    int result) ATTR_CHECK;

/*
 * Put what the transfers have to say before their content (with wait, WAIT
 * for those that have nothing else); put one piece of content, the transfers
 * taking turns.
 */
int provider_put_transfers(struct provider *p, int wait,
    struct buffer *out) ATTR_CHECK;
int provider_put_content(struct provider *p, struct buffer *out) ATTR_CHECK;

/* End a transfer and log what travelled. */
void provider_end_transfer(struct provider_transfer *t, int result);

/*
 * Cut transfers of which the blob or the base is not granted any more.
 * Nothing is put for any of them until that is known.
 */
int provider_check_transfers(struct provider *p) ATTR_CHECK;

#endif
