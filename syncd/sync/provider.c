/*
 * The provider.  A frame that needs the catalogue becomes a job in its lane;
 * no further frame is taken until it is back, so that a peer cannot pile up
 * questions, and answers keep the order of the questions.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/charter.h"
#include "proto/grant.h"
#include "proto/lineset_diff.h"
#include "proto/message_content.h"
#include "proto/message_document.h"
#include "proto/message_grant.h"
#include "proto/message_map.h"
#include "proto/message_signal.h"
#include "proto/message_state.h"
#include "proto/message_transfer.h"
#include "syncd/catalogue/authority.h"
#include "syncd/catalogue/feed.h"
#include "syncd/catalogue/reports.h"
#include "syncd/store/blob.h"
#include "syncd/sync/conversation.h"
#include "syncd/sync/handshake.h"
#include "syncd/sync/timing.h"
#include "syncd/transfer/provide.h"

#include "syncd/sync/provider.h"

/* Blobs that one peer may have on their way at a time. */
#define TRANSFERS_MAX 4u

/* WAIT goes when nothing else went for a transfer in this time. */
#define WAIT_MS 5000

/* Manifests and answers that one job may make. */
#define ANSWER_MAX (MESSAGE_MANIFESTS_MAX * (MESSAGE_PAYLOAD_MAX + 64u))

struct transfer {
	struct provide *provide;
	struct provider *p;
};

struct job;

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
	int compared;               /* A STATE was answered. */
	int refresh;                /* Something changed since. */

	struct buffer answers; /* Control frames that a job has made. */
	struct feed feed;      /* The lists of the last GRANT. */
	struct lineset_diff diff;
	int diffing; /* LISTDIFF frames of it are to go. */

	struct document receipt; /* Whose LISTDIFF frames come. */
	struct digest receipt_base;
	struct buffer receipt_changes;
	uint32_t receipt_left;

	struct transfer transfers[TRANSFERS_MAX];
	size_t turn; /* Which one puts content next. */
	struct loop_timer *waits;
	int64_t since_ms;

	unsigned int njobs;
	int freed;
};

/* A question for the catalogue. */
struct job {
	struct provider *p;
	void (*run)(struct job *job);
	void (*done)(struct job *job);
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
	struct feed_blob blob;
	struct feed_blob base;
	int has_base;
	struct document receipt;
	struct digest receipt_base;
	struct message_received received;
	uint64_t sent;
	int result;
	int after_change; /* Transfers are to be checked as well. */
};

static void
run_job(void *cookie)
{
	struct job *job;

	job = cookie;
	job->run(job);
}

static void
job_free(struct job *job)
{
	buffer_fini(&job->frames);
	buffer_fini(&job->bytes);
	feed_fini(&job->feed);
	document_fini(&job->receipt);
	free(job);
}

/* Free what no job needs any more. */
static void
destroy(struct provider *p)
{
	loop_timer_free(p->waits);
	buffer_fini(&p->answers);
	buffer_fini(&p->receipt_changes);
	document_fini(&p->receipt);
	feed_fini(&p->feed);
	free(p);
}

static void
on_job(void *cookie)
{
	struct provider *p;
	struct job *job;

	job = cookie;
	p = job->p;
	p->njobs--;
	if (p->freed) {
		if (p->njobs == 0)
			destroy(p);
	} else {
		if (job->done != NULL)
			job->done(job);
		if (p->njobs == 0)
			conversation_resume(p->conversation);
	}
	job_free(job);
}

static struct job *
job_new(struct provider *p, void (*run)(struct job *job),
    void (*done)(struct job *job))
{
	struct job *job;

	job = calloc(1, sizeof(*job));
	if (job == NULL)
		return NULL;
	job->p = p;
	job->run = run;
	job->done = done;
	job->handshake = p->handshake;
	job->id = p->peer.id;
	buffer_init(&job->frames, ANSWER_MAX);
	buffer_init(&job->bytes, PH_LIST_SIZE_MAX);
	feed_init(&job->feed);
	document_init(&job->receipt);
	return job;
}

/* Submit a job; the peer waits until it is back. */
static int
submit(struct job *job)
{
	struct provider *p;
	int r;

	p = job->p;
	r = worker_submit(p->engine->workers, p->engine->lane, run_job, on_job,
	    job);
	if (r != PH_OK) {
		job_free(job);
		return r;
	}
	p->njobs++;
	conversation_pause(p->conversation);
	return PH_OK;
}

/* End the session for the reason that a job found. */
static void
abort_for(struct job *job)
{
	(void)failure_default(&job->failure, job->code, "the session");
	conversation_abort(job->p->conversation, &job->failure);
}

/* Frames that a job made are sent next. */
static int
take_frames(struct job *job)
{
	return buffer_put(&job->p->answers, job->frames.data, job->frames.len);
}

static void
run_hello(struct job *job)
{
	authority_hello(job->p->engine->catalogue, SIDE_PROVIDER, &job->hello);
}

static void
done_hello(struct job *job)
{
	struct provider *p;

	p = job->p;
	job->code =
	    handshake_put_hello(&p->handshake, &job->hello, &p->answers);
	p->greeted = 1;
	if (job->code != PH_OK)
		abort_for(job);
}

/* One trust document that the peer lacks. */
static int
put_trust(void *cookie, const struct document *d)
{
	struct message_document m;
	struct buffer sealed;
	struct job *job;
	int r;

	job = cookie;
	buffer_init(&sealed, DOCUMENT_SEALED_MAX);
	document_encode(d, &sealed);
	m.sealed = sealed.data;
	m.len = sealed.len;
	r = buffer_error(&sealed);
	if (r == PH_OK)
		r = message_trust_encode(&m, &job->frames);
	buffer_fini(&sealed);
	return r;
}

/* TRUST and AUTH, once the peer's HELLO is here. */
static void
run_introduce(struct job *job)
{
	uint8_t transcript[HELLO_TRANSCRIPT_SIZE];
	struct message_auth m;
	struct buffer signature;
	int r;

	buffer_init(&signature, SSHSIG_BLOB_MAX);
	r = authority_each_above(job->p->engine->catalogue,
	    job->handshake.theirs.trust_epoch, put_trust, job);
	handshake_transcript(&job->handshake, SIDE_PROVIDER, transcript);
	if (r == PH_OK)
		r = authority_sign(job->p->engine->catalogue, transcript,
		    &signature);
	m.signature = signature.data;
	m.len = signature.len;
	if (r == PH_OK)
		r = message_auth_encode(&m, &job->frames);
	buffer_fini(&signature);
	job->code = r;
}

static void
done_frames(struct job *job)
{
	if (job->code == PH_OK)
		job->code = take_frames(job);
	if (job->code != PH_OK)
		abort_for(job);
}

static int
on_hello(struct provider *p, const struct frame *frame)
{
	struct job *job;
	int r;

	r = handshake_on_hello(&p->handshake, frame);
	if (r != PH_OK)
		return r;
	job = job_new(p, run_introduce, done_frames);
	return job == NULL ? PH_ENOMEM : submit(job);
}

static void
run_auth(struct job *job)
{
	uint8_t transcript[HELLO_TRANSCRIPT_SIZE];

	handshake_transcript(&job->handshake, SIDE_RECEIVER, transcript);
	job->code = peer_check(job->p->engine->catalogue,
	    &job->handshake.theirs.repository,
	    job->has_gate ? &job->gate : NULL, transcript, job->bytes.data,
	    job->bytes.len, &job->peer, &job->failure);
}

static void
done_auth(struct job *job)
{
	struct provider *p;

	p = job->p;
	if (job->code != PH_OK) {
		abort_for(job);
		return;
	}
	p->peer = job->peer;
	p->known = 1;
	provider_set_rate(p, p->peer.rate);
	p->events->on_peer(p->cookie, p);
}

static int
on_auth(struct provider *p, const struct frame *frame)
{
	struct message_auth m;
	struct job *job;
	int r;

	r = message_auth_decode(frame, &m);
	if (r != PH_OK)
		return r;
	job = job_new(p, run_auth, done_auth);
	if (job == NULL)
		return PH_ENOMEM;
	job->gate = p->gate;
	job->has_gate = p->has_gate;
	r = buffer_put(&job->bytes, m.signature, m.len);
	if (r != PH_OK) {
		job_free(job);
		return r;
	}
	return submit(job);
}

/* Compare, and answer with CHARTER and GRANT or SAME. */
static void
run_compare(struct job *job)
{
	job->code = feed_compare(job->p->engine->catalogue, &job->id,
	    &job->state, &job->feed, &job->failure);
}

/* Put a sealed document as CHARTER. */
static int
put_charter(const struct document *d, struct buffer *out)
{
	struct message_document m;
	struct buffer sealed;
	int r;

	buffer_init(&sealed, DOCUMENT_SEALED_MAX);
	document_encode(d, &sealed);
	m.sealed = sealed.data;
	m.len = sealed.len;
	r = buffer_error(&sealed);
	if (r == PH_OK)
		r = message_charter_encode(&m, out);
	buffer_fini(&sealed);
	return r;
}

/* Put GRANT; its LISTDIFF frames follow as there is room. */
static int
put_grant(struct provider *p, struct buffer *out)
{
	struct message_grant m;
	struct buffer sealed;
	size_t n;
	int r;

	n = lineset_diff_frames(p->feed.from, p->feed.list, PH_LISTDIFF_MAX);
	buffer_init(&sealed, DOCUMENT_SEALED_MAX);
	document_encode(&p->feed.grant, &sealed);
	memset(&m, 0, sizeof(m));
	m.sealed = sealed.data;
	m.len = sealed.len;
	m.base = p->feed.base;
	m.nlistdiffs = (uint32_t)n;
	r = buffer_error(&sealed);
	if (r == PH_OK)
		r = message_grant_encode(&m, out);
	buffer_fini(&sealed);
	lineset_diff_init(&p->diff, p->feed.from, p->feed.list);
	p->diffing = n > 0;
	return r;
}

/* Remember what the peer will have once it took what is sent now. */
static int
note_sent(struct provider *p)
{
	struct charter charter;
	struct grant grant;
	int r;

	r = PH_OK;
	charter_init(&charter);
	if (p->feed.has_charter) {
		r = charter_decode(p->feed.charter.bytes, p->feed.charter.len,
		    &charter);
		p->state.charter = charter.order;
	}
	charter_fini(&charter);
	if (r == PH_OK && p->feed.has_grant) {
		r = grant_decode(p->feed.grant.bytes, p->feed.grant.len,
		    &grant);
		p->state.grant = grant.order;
		p->state.list = grant.list;
	}
	return r;
}

static int
put_same(struct provider *p)
{
	struct message_same m;

	m.next_s = timing_interval_s(p->engine->random,
	    p->engine->configuration->sync_interval_s);
	return message_same_encode(&m, &p->answers);
}

/* Transfers of what is not granted any more are cut. */
static void check_transfers(struct provider *p);

static void
done_compare(struct job *job)
{
	struct provider *p;
	int r;

	p = job->p;
	if (job->code != PH_OK) {
		abort_for(job);
		return;
	}
	feed_fini(&p->feed);
	p->feed = job->feed;
	feed_init(&job->feed);
	r = PH_OK;
	if (p->feed.has_charter)
		r = put_charter(&p->feed.charter, &p->answers);
	if (r == PH_OK && p->feed.has_grant)
		r = put_grant(p, &p->answers);
	/* The first STATE is answered by GRANT alone. */
	if (r == PH_OK && !job->after_change &&
	    (!p->feed.has_grant || p->compared))
		r = put_same(p);
	if (r == PH_OK)
		r = note_sent(p);
	p->compared = 1;
	if (r != PH_OK) {
		job->code = r;
		abort_for(job);
		return;
	}
	if (job->after_change)
		check_transfers(p);
	if (p->refresh)
		provider_refresh(p);
}

/* Compare the peer's state, as far as we know it, with what is in force. */
static int
compare(struct provider *p, int after_change)
{
	struct job *job;

	job = job_new(p, run_compare, done_compare);
	if (job == NULL)
		return PH_ENOMEM;
	job->state = p->state;
	job->after_change = after_change;
	return submit(job);
}

static int
on_state(struct provider *p, const struct frame *frame)
{
	int r;

	r = message_state_decode(frame, &p->state);
	return r == PH_OK ? compare(p, 0) : r;
}

/* Answer NONE to a question outside of a transfer. */
static int
put_none(const struct digest *digest, uint32_t transfer, struct buffer *out)
{
	struct message_digest m;

	m.digest = *digest;
	return message_none_encode(&m, transfer, out);
}

static int
put_manifest(struct job *job, const struct digest *digest,
    const struct document *d)
{
	struct message_manifest m;
	struct buffer sealed;
	int r;

	buffer_init(&sealed, DOCUMENT_SEALED_MAX);
	document_encode(d, &sealed);
	m.manifest = *digest;
	m.sealed = sealed.data;
	m.len = sealed.len;
	r = buffer_error(&sealed);
	if (r == PH_OK)
		r = message_manifest_encode(&m, &job->frames);
	buffer_fini(&sealed);
	return r;
}

static void
run_manifests(struct job *job)
{
	const struct digest *digest;
	struct document d;
	size_t i;
	int r;

	r = PH_OK;
	for (i = 0; r == PH_OK && i < job->manifests.count; i++) {
		digest = &job->manifests.manifests[i];
		document_init(&d);
		r = feed_manifest(job->p->engine->catalogue, &job->id, digest,
		    &d);
		if (r == PH_OK)
			r = put_manifest(job, digest, &d);
		else if (r == PH_EABSENT)
			r = put_none(digest, 0, &job->frames);
		document_fini(&d);
	}
	job->code = r;
}

static int
on_manifest_query(struct provider *p, const struct frame *frame)
{
	struct job *job;
	int r;

	job = job_new(p, run_manifests, done_frames);
	if (job == NULL)
		return PH_ENOMEM;
	r = message_manifest_query_decode(frame, &job->manifests);
	if (r != PH_OK) {
		job_free(job);
		return r;
	}
	return submit(job);
}

static void
run_map(struct job *job)
{
	struct digest *hashes;
	struct message_map m;
	struct feed_blob blob;
	uint64_t nblocks;
	int r;

	hashes = NULL;
	r = feed_blob(job->p->engine->catalogue, &job->id, &job->map.blob,
	    &blob);
	if (r == PH_OK) {
		nblocks =
		    (blob.size + PH_MAP_BLOCK_SIZE - 1) / PH_MAP_BLOCK_SIZE;
		if (job->map.first >= nblocks ||
		    job->map.nblocks > nblocks - job->map.first)
			r = PH_EABSENT;
	}
	if (r == PH_OK) {
		hashes = calloc(job->map.nblocks, sizeof(*hashes));
		r = hashes == NULL ?
		    PH_ENOMEM :
		    blob_read_map(catalogue_store(job->p->engine->catalogue),
			&job->map.blob, job->map.first, job->map.nblocks,
			hashes);
	}
	if (r == PH_OK) {
		m.blob = job->map.blob;
		m.first = job->map.first;
		m.hashes = hashes[0].bytes;
		m.nblocks = job->map.nblocks;
		r = message_map_encode(&m, &job->frames);
	} else if (r == PH_EABSENT || r == PH_EDIGEST)
		r = put_none(&job->map.blob, 0, &job->frames);
	free(hashes);
	job->code = r;
}

static int
on_map_query(struct provider *p, const struct frame *frame)
{
	struct job *job;
	int r;

	job = job_new(p, run_map, done_frames);
	if (job == NULL)
		return PH_ENOMEM;
	r = message_map_query_decode(frame, &job->map);
	if (r != PH_OK) {
		job_free(job);
		return r;
	}
	return submit(job);
}

/* The transfer of that id; NULL when there is none. */
static struct transfer *
find_transfer(struct provider *p, uint32_t id)
{
	size_t i;

	for (i = 0; i < TRANSFERS_MAX; i++) {
		if (p->transfers[i].provide != NULL &&
		    provide_transfer(p->transfers[i].provide) == id)
			return &p->transfers[i];
	}
	return NULL;
}

static void
run_close(struct job *job)
{
	job->code = feed_delivery_close(job->p->engine->catalogue, &job->id,
	    &job->blob.digest, job->sent, job->result);
}

/* End a transfer and log what travelled. */
static void
end_transfer(struct transfer *t, int result)
{
	struct provider *p;
	struct job *job;

	p = t->p;
	job = job_new(p, run_close, NULL);
	if (job != NULL) {
		job->blob.digest = *provide_blob(t->provide);
		job->sent = provide_sent(t->provide);
		job->result = result;
	}
	provide_free(t->provide);
	t->provide = NULL;
	if (job == NULL)
		return;
	if (worker_submit(p->engine->workers, p->engine->lane, run_job, on_job,
		job) == PH_OK)
		p->njobs++;
	else
		job_free(job);
}

static void
on_provide_ready(void *cookie)
{
	struct transfer *t;

	t = cookie;
	conversation_kick(t->p->conversation);
}

static int
put_error(uint32_t transfer, int code, struct buffer *out)
{
	struct message_error m;

	memset(&m, 0, sizeof(m));
	m.code = code;
	return message_error_encode(&m, transfer, out);
}

/* Whether the peer may have the blob, and from which base; then log it. */
static void
run_want(struct job *job)
{
	struct catalogue *c;
	int r;

	c = job->p->engine->catalogue;
	r = feed_blob(c, &job->id, &job->want.blob, &job->blob);
	if (r == PH_OK) {
		r = feed_base(c, &job->id, job->want.bases, job->want.nbases,
		    &job->base);
		job->has_base = r == PH_OK;
		if (r == PH_EABSENT)
			r = PH_OK;
	}
	if (r == PH_OK)
		r = feed_delivery_open(c, &job->id, &job->want.blob,
		    job->has_base ? &job->base.digest : NULL);
	job->code = r;
}

static void
done_want(struct job *job)
{
	struct provide_config config;
	struct transfer *t;
	struct provider *p;
	size_t i;
	int r;

	p = job->p;
	if (job->code == PH_EABSENT) {
		job->code =
		    put_none(&job->want.blob, job->transfer, &p->answers);
		if (job->code != PH_OK)
			abort_for(job);
		return;
	}
	if (job->code != PH_OK) {
		abort_for(job);
		return;
	}
	t = NULL;
	for (i = 0; i < TRANSFERS_MAX && t == NULL; i++) {
		if (p->transfers[i].provide == NULL)
			t = &p->transfers[i];
	}
	memset(&config, 0, sizeof(config));
	config.pool = p->engine->encodings;
	config.transfer = job->transfer;
	config.blob = job->want.blob;
	config.size = job->blob.size;
	config.has_base = job->has_base;
	config.base = job->base.digest;
	config.base_size = job->base.size;
	r = PH_EPEERBUSY;
	if (t != NULL) {
		t->p = p;
		t->provide = provide_new(&config, on_provide_ready, t);
		r = t->provide == NULL ? PH_ENOMEM : PH_OK;
	}
	if (r != PH_OK) {
		job->code = put_error(job->transfer, r, &p->answers);
		if (job->code != PH_OK)
			abort_for(job);
	}
}

static int
on_want(struct provider *p, const struct frame *frame)
{
	struct job *job;
	int r;

	if (find_transfer(p, frame->transfer) != NULL)
		return PH_EMESSAGE;
	job = job_new(p, run_want, done_want);
	if (job == NULL)
		return PH_ENOMEM;
	job->transfer = frame->transfer;
	r = message_want_decode(frame, &job->want);
	if (r != PH_OK) {
		job_free(job);
		return r;
	}
	return submit(job);
}

static int
on_pull(struct provider *p, const struct frame *frame)
{
	struct message_pull m;
	struct transfer *t;
	int r;

	r = message_pull_decode(frame, &m);
	if (r != PH_OK)
		return r;
	t = find_transfer(p, frame->transfer);
	/* A transfer that we have just ended, with ERROR. */
	if (t == NULL)
		return PH_OK;
	conversation_kick(p->conversation);
	return provide_on_pull(t->provide, &m);
}

static int
on_plain_query(struct provider *p, const struct frame *frame)
{
	struct message_plain_query m;
	struct transfer *t;
	int r;

	r = message_plain_query_decode(frame, &m);
	if (r != PH_OK)
		return r;
	t = find_transfer(p, frame->transfer);
	return t == NULL ? PH_OK :
			   provide_on_plain_query(t->provide, m.segment);
}

static int
on_cancel(struct provider *p, const struct frame *frame, int result)
{
	struct transfer *t;

	t = find_transfer(p, frame->transfer);
	if (t != NULL)
		end_transfer(t, result);
	return PH_OK;
}

static void
run_receipt(struct job *job)
{
	job->code = reports_receive(job->p->engine->catalogue, &job->id,
	    &job->receipt, &job->receipt_base, job->bytes.data, job->bytes.len,
	    &job->received, &job->failure);
}

static void
done_receipt(struct job *job)
{
	if (job->code == PH_OK)
		job->code =
		    message_received_encode(&job->received, &job->p->answers);
	if (job->code != PH_OK)
		abort_for(job);
}

/* All of a receipt is here. */
static int
take_receipt(struct provider *p)
{
	struct job *job;

	job = job_new(p, run_receipt, done_receipt);
	if (job == NULL)
		return PH_ENOMEM;
	job->receipt = p->receipt;
	document_init(&p->receipt);
	job->receipt_base = p->receipt_base;
	buffer_fini(&job->bytes);
	job->bytes = p->receipt_changes;
	buffer_init(&p->receipt_changes, PH_LIST_SIZE_MAX);
	return submit(job);
}

static int
on_receipt(struct provider *p, const struct frame *frame)
{
	struct message_grant m;
	int r;

	r = message_receipt_decode(frame, &m);
	if (r != PH_OK)
		return r;
	document_fini(&p->receipt);
	r = document_decode_sealed(m.sealed, m.len, PH_DOCUMENT_MAX,
	    &p->receipt);
	if (r != PH_OK)
		return r;
	p->receipt_base = m.base;
	p->receipt_left = m.nlistdiffs;
	buffer_reset(&p->receipt_changes);
	return m.nlistdiffs == 0 ? take_receipt(p) : PH_OK;
}

static int
on_listdiff(struct provider *p, const struct frame *frame)
{
	struct message_listdiff m;
	int r;

	r = message_listdiff_decode(frame, &m);
	if (r == PH_OK)
		r = buffer_put(&p->receipt_changes, m.lines, m.len);
	if (r != PH_OK)
		return r;
	return --p->receipt_left == 0 ? take_receipt(p) : PH_OK;
}

static int
on_frame(void *cookie, const struct frame *frame)
{
	struct provider *p;

	p = cookie;
	/* Everything after AUTH waits until AUTH was checked (submit). */
	switch (frame->type) {
	case MESSAGE_HELLO:
		return on_hello(p, frame);
	case MESSAGE_AUTH:
		return on_auth(p, frame);
	case MESSAGE_STATE:
		return on_state(p, frame);
	case MESSAGE_MANIFEST_QUERY:
		return on_manifest_query(p, frame);
	case MESSAGE_MAP_QUERY:
		return on_map_query(p, frame);
	case MESSAGE_WANT:
		return on_want(p, frame);
	case MESSAGE_PULL:
		return on_pull(p, frame);
	case MESSAGE_PLAIN_QUERY:
		return on_plain_query(p, frame);
	case MESSAGE_CANCEL:
		return on_cancel(p, frame, PH_OK);
	case MESSAGE_ERROR:
		return on_cancel(p, frame, PH_ECANCELED);
	case MESSAGE_RECEIPT:
		return on_receipt(p, frame);
	case MESSAGE_LISTDIFF:
		return on_listdiff(p, frame);
	default:
		return PH_ESTATE;
	}
}

/* Put LISTDIFF frames of the last GRANT, one at a time. */
static int
put_listdiff(struct provider *p, struct buffer *out)
{
	struct message_listdiff m;
	struct buffer lines;
	int r;

	buffer_init(&lines, PH_LISTDIFF_MAX);
	r = lineset_diff_next(&p->diff, PH_LISTDIFF_MAX, &lines);
	if (r == 1) {
		m.lines = (const char *)lines.data;
		m.len = lines.len;
		r = message_listdiff_encode(&m, out);
	} else {
		p->diffing = 0;
		if (p->refresh)
			provider_refresh(p);
	}
	buffer_fini(&lines);
	return r;
}

/* Put what the transfers have to say, before their content. */
static int
put_transfers(struct provider *p, int wait, struct buffer *out)
{
	struct transfer *t;
	uint32_t id;
	size_t i;
	int r;

	for (i = 0; i < TRANSFERS_MAX; i++) {
		t = &p->transfers[i];
		if (t->provide == NULL)
			continue;
		r = provide_control(t->provide, wait, out);
		if (r == PH_OK)
			continue;
		id = provide_transfer(t->provide);
		end_transfer(t, r);
		r = put_error(id, r, out);
		if (r != PH_OK)
			return r;
	}
	return PH_OK;
}

/* Put one piece of content, the transfers taking turns. */
static int
put_content(struct provider *p, struct buffer *out)
{
	struct transfer *t;
	size_t i, before;
	uint32_t id;
	int put, r;

	for (i = 0; i < TRANSFERS_MAX; i++) {
		p->turn = (p->turn + 1) % TRANSFERS_MAX;
		t = &p->transfers[p->turn];
		if (t->provide == NULL)
			continue;
		before = out->len;
		r = provide_content(t->provide, PH_DATA_MAX, out, &put);
		if (r != PH_OK) {
			buffer_truncate(out, before);
			id = provide_transfer(t->provide);
			end_transfer(t, r);
			return put_error(id, r, out);
		}
		if (put)
			return PH_OK;
	}
	return PH_OK;
}

static int
on_room(void *cookie, struct buffer *out)
{
	struct provider *p;
	size_t before, n;
	int r;

	p = cookie;
	before = out->len;
	if (p->answers.len > 0) {
		/* Whole frames: one at a time, as GRANT announces more. */
		n = FRAME_HEADER_SIZE +
		    ((size_t)p->answers.data[4] << 24 |
			(size_t)p->answers.data[5] << 16 |
			(size_t)p->answers.data[6] << 8 | p->answers.data[7]);
		r = buffer_put(out, p->answers.data, n);
		buffer_consume(&p->answers, n);
		return r;
	}
	if (p->diffing)
		return put_listdiff(p, out);
	r = put_transfers(p, 0, out);
	if (r == PH_OK && out->len == before)
		r = put_content(p, out);
	return r;
}

/* Show that we still work for transfers that have had nothing to say. */
static void
on_waits(void *cookie)
{
	struct provider *p;

	p = cookie;
	if (put_transfers(p, 1, &p->answers) != PH_OK)
		return;
	conversation_kick(p->conversation);
	loop_timer_start(p->waits, WAIT_MS);
}

static void
run_check(struct job *job)
{
	struct feed_blob blob;

	job->code = feed_blob(job->p->engine->catalogue, &job->id,
	    &job->blob.digest, &blob);
}

static void
done_check(struct job *job)
{
	struct transfer *t;

	if (job->code == PH_OK)
		return;
	t = find_transfer(job->p, job->transfer);
	if (t == NULL)
		return;
	end_transfer(t, PH_EDENIED);
	(void)!put_error(job->transfer, PH_EDENIED, &job->p->answers);
	conversation_kick(job->p->conversation);
}

static void
check_transfers(struct provider *p)
{
	struct transfer *t;
	struct job *job;
	size_t i;

	for (i = 0; i < TRANSFERS_MAX; i++) {
		t = &p->transfers[i];
		if (t->provide == NULL)
			continue;
		job = job_new(p, run_check, done_check);
		if (job == NULL)
			continue;
		job->blob.digest = *provide_blob(t->provide);
		job->transfer = provide_transfer(t->provide);
		(void)!submit(job);
	}
}

void
provider_refresh(struct provider *p)
{
	p->refresh = !p->compared || p->diffing;
	if (p->refresh || !conversation_is_open(p->conversation))
		return;
	if (compare(p, 1) != PH_OK)
		p->refresh = 1;
}

static void
on_closed(void *cookie, const struct failure *f)
{
	struct provider *p;
	size_t i;

	p = cookie;
	for (i = 0; i < TRANSFERS_MAX; i++) {
		if (p->transfers[i].provide != NULL)
			end_transfer(&p->transfers[i],
			    f->code == PH_OK ? PH_ECANCELED : f->code);
	}
	p->events->on_closed(p->cookie, p, f);
}

static const struct conversation_events conversation_events = {
	.on_frame = on_frame,
	.on_room = on_room,
	.on_closed = on_closed,
};

struct provider *
provider_new(const struct engine *engine, struct link *link,
    const struct peer_gate *gate, const struct provider_events *events,
    void *cookie)
{
	struct provider *p;
	struct job *job;

	p = calloc(1, sizeof(*p));
	if (p == NULL) {
		link_free(link);
		return NULL;
	}
	p->engine = engine;
	p->events = events;
	p->cookie = cookie;
	p->since_ms = clock_mono_ms(engine->clock);
	if (gate != NULL) {
		p->gate = *gate;
		p->has_gate = 1;
	}
	buffer_init(&p->answers, ANSWER_MAX);
	buffer_init(&p->receipt_changes, PH_LIST_SIZE_MAX);
	document_init(&p->receipt);
	feed_init(&p->feed);
	p->conversation = conversation_new(engine->loop, engine->clock, link,
	    SIDE_PROVIDER, &conversation_events, p);
	p->waits = loop_timer_new(engine->loop, on_waits, p);
	job = p->conversation == NULL || p->waits == NULL ?
	    NULL :
	    job_new(p, run_hello, done_hello);
	if (job == NULL || submit(job) != PH_OK) {
		provider_free(p);
		return NULL;
	}
	loop_timer_start(p->waits, WAIT_MS);
	return p;
}

void
provider_free(struct provider *p)
{
	size_t i;

	if (p == NULL)
		return;
	for (i = 0; i < TRANSFERS_MAX; i++)
		provide_free(p->transfers[i].provide);
	loop_timer_free(p->waits);
	p->waits = NULL;
	conversation_free(p->conversation);
	p->conversation = NULL;
	p->freed = 1;
	if (p->njobs == 0)
		destroy(p);
}

const struct peer *
provider_peer(const struct provider *p)
{
	return p->known ? &p->peer : NULL;
}

const char *
provider_link_name(const struct provider *p)
{
	return link_name(conversation_link(p->conversation));
}

void
provider_abort(struct provider *p, const struct failure *f)
{
	conversation_abort(p->conversation, f);
}

void
provider_set_rate(struct provider *p, uint64_t bytes_per_second)
{
	p->peer.rate = bytes_per_second;
	link_set_rate(conversation_link(p->conversation), bytes_per_second);
}

void
provider_get_status(const struct provider *p, struct provider_status *out)
{
	size_t i;

	memset(out, 0, sizeof(*out));
	link_counters(conversation_link(p->conversation), &out->received,
	    &out->sent);
	for (i = 0; i < TRANSFERS_MAX; i++)
		out->ntransfers += p->transfers[i].provide != NULL;
	out->since_ms = p->since_ms;
}
