#ifndef SYNCD_SYNC_RECEIVER_INTERNAL_H
#define SYNCD_SYNC_RECEIVER_INTERNAL_H

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/document.h"
#include "proto/frame.h"
#include "proto/lineset_diff.h"
#include "proto/message_state.h"
#include "syncd/catalogue/needs.h"
#include "syncd/catalogue/statement.h"
#include "syncd/sync/conversation.h"
#include "syncd/sync/handshake.h"
#include "syncd/sync/receiver.h"
#include "syncd/sync/survey.h"
#include "syncd/transfer/receive.h"

/*
 * What the files of the receiver share: receiver.c (what is next, the frames
 * in and out), receiver_job.c (jobs for the catalogue), receiver_documents.c
 * (greeting, charter, grant, manifests) and receiver_blobs.c (content).
 */

/* Blobs on their way at a time. */
#define RECEIVER_BLOBS_MAX 2u

/* Frames of our own that wait: questions, receipts. */
#define RECEIVER_ANSWERS_MAX (4u * (MESSAGE_PAYLOAD_MAX + 64u))

struct receiver_blob {
	struct receiver *r;
	struct receive *receive; /* NULL: free. */
	struct need need;
	size_t image;   /* In run->images. */
	int first;      /* Its first transfer in this run. */
	int continues;  /* Its first in this contact. */
	int completing; /* A job takes it into the store. */
	int shared;     /* Another one was on its way with it. */
};

struct receiver {
	const struct engine *engine;
	const struct receiver_events *events;
	void *cookie;
	struct conversation *conversation;
	struct handshake handshake;
	struct run run;
	int64_t next_s;
	int same;    /* The last STATE was answered by SAME. */
	int stated;  /* STATE that are not answered. */
	int news;    /* Something was done since the last STATE. */
	int resumed; /* A blob was continued: it is counted. */
	int canceled;
	int over;

	struct buffer answers;
	struct document grant; /* Whose LISTDIFF frames come. */
	struct digest grant_base;
	struct buffer grant_changes;
	uint32_t grant_left;
	int granting; /* From GRANT until it was taken. */

	struct survey_refused refused;
	struct failure denied;    /* Of the first that the provider denied. */
	struct digest *manifests; /* Of the last survey; owned. */
	size_t nmanifests;
	size_t next_manifest;  /* Those before were asked for. */
	size_t manifests_left; /* Asked for and not answered. */
	int surveying;
	int survey_again;
	int changed; /* The next survey is the first after a grant. */
	struct receiver_blob blobs[RECEIVER_BLOBS_MAX];
	struct need *needs; /* Of the last survey; owned. */
	size_t nneeds;
	size_t next_need;      /* Those before were begun with. */
	int short_of_room;     /* For two at a time: one after the other. */
	int64_t survey_asked;  /* Monotonic, of the last survey. */
	int64_t survey_due_ms; /* Before, none is made for progress alone. */
	uint32_t last_transfer;

	struct statement statement; /* That is being sent. */
	struct lineset_diff diff;
	int diffing;
	int receipt_sent;   /* RECEIVED is to come. */
	int64_t receipt_ms; /* When the last one went. */
	int whole;          /* The next receipt starts from nothing. */

	unsigned int njobs;
	unsigned int npausing; /* Of these, those that hold up the peer. */
	int freed;
};

struct receiver_job {
	struct receiver *r;
	void (*run)(struct receiver_job *job);
	void (*done)(struct receiver_job *job);
	int pausing;
	int code;
	struct failure failure;
	struct buffer frames;
	struct handshake handshake;
	struct hello hello;
	struct buffer bytes;
	struct document document;
	struct digest digest;
	struct digest map;
	int dir;
	size_t nversions;
	struct receiver_blob *blob;
	struct message_state state;
	struct message_received received;
	struct survey survey;
	struct run found; /* By a dry run; of what became whole, images. */
};

/*
 * A job for the catalogue's lane: run() there, done() back on the loop unless
 * the receiver is over.  NULL without memory.
 */
struct receiver_job *receiver_job_new(struct receiver *r,
    void (*run)(struct receiver_job *job),
    void (*done)(struct receiver_job *job));

/*
 * Submit it; with pausing, no frame is taken until it is back.  PH_OK or
 * PH_ENOMEM; it is freed either way.
 */
int receiver_job_submit(struct receiver_job *job, int pausing) ATTR_CHECK;

/* Free one that was not submitted. */
void receiver_job_free(struct receiver_job *job);

/* Free the receiver, when no job needs it any more. */
void receiver_destroy(struct receiver *r);

/* End the session: for what a job found, with words, for a code. */
void receiver_abort_for(struct receiver_job *job);
void receiver_abort_with(struct receiver *r, struct failure *f, int code);
void receiver_abort_code(struct receiver *r, int code);

/* Remember that some of the run could not be done. */
void receiver_note_failure(struct receiver *r, const struct failure *f);

/* Do whatever is next; to be called after everything that happens. */
void receiver_next(struct receiver *r);

/* Say HELLO; ask what is in force. */
int receiver_greet(struct receiver *r) ATTR_CHECK;
int receiver_send_state(struct receiver *r) ATTR_CHECK;

/* Frames about documents, as conversation_events' on_frame. */
int receiver_on_hello(struct receiver *r, const struct frame *f) ATTR_CHECK;
int receiver_on_trust(struct receiver *r, const struct frame *f) ATTR_CHECK;
int receiver_on_auth(struct receiver *r, const struct frame *f) ATTR_CHECK;
int receiver_on_charter(struct receiver *r, const struct frame *f) ATTR_CHECK;
int receiver_on_grant(struct receiver *r, const struct frame *f) ATTR_CHECK;
int receiver_on_listdiff(struct receiver *r, const struct frame *f) ATTR_CHECK;
int receiver_on_same(struct receiver *r, const struct frame *f) ATTR_CHECK;
int receiver_on_busy(struct receiver *r, const struct frame *f) ATTR_CHECK;
int receiver_on_manifest(struct receiver *r, const struct frame *f) ATTR_CHECK;

/* Ask for the next manifests that are missing.  PH_OK or PH_ENOMEM. */
int receiver_ask_manifests(struct receiver *r) ATTR_CHECK;

/* One of the manifests that were asked for is answered. */
void receiver_manifest_answered(struct receiver *r);

/* Frames about content; NONE and ERROR come to on_refusal. */
int receiver_on_plan(struct receiver *r, const struct frame *f) ATTR_CHECK;
int receiver_on_segments(struct receiver *r, const struct frame *f) ATTR_CHECK;
int receiver_on_data(struct receiver *r, const struct frame *f) ATTR_CHECK;
int receiver_on_refusal(struct receiver *r, const struct frame *f) ATTR_CHECK;
int receiver_on_wait(const struct frame *f) ATTR_CHECK;
int receiver_on_done(struct receiver *r, const struct frame *f) ATTR_CHECK;

/* Bring a blob's entry in the run up to date. */
void receiver_update_image(struct receiver_blob *b);

/* Begin with what is needed, as far as there is room. */
int receiver_start_blobs(struct receiver *r) ATTR_CHECK;

/* 1 while there is more of the last survey to begin with. */
int receiver_has_needs(const struct receiver *r);

/* 1 while any blob is on its way. */
int receiver_any_coming(const struct receiver *r);

/*
 * What the provider denied is a failure at the end; but not where a new list
 * is in force, which may have taken it away.
 */
void receiver_note_denied(struct receiver *r);
void receiver_forget_denied(struct receiver *r);

/* Cut all transfers; what came of them stays in staging. */
int receiver_cut_blobs(struct receiver *r) ATTR_CHECK;

#endif
