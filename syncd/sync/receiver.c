/*
 * The receiver.  Documents become jobs in the catalogue's lane, and no frame
 * is taken until they are back; content goes to its transfer and to the
 * staging, while the catalogue does other things.  After every step a survey
 * says what is next.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/lineset_diff.h"
#include "proto/message_content.h"
#include "proto/message_document.h"
#include "proto/message_grant.h"
#include "proto/message_signal.h"
#include "proto/message_state.h"
#include "proto/message_transfer.h"
#include "syncd/catalogue/authority.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/reception.h"
#include "syncd/sync/conversation.h"
#include "syncd/sync/handshake.h"
#include "syncd/sync/survey.h"
#include "syncd/transfer/receive.h"

#include "syncd/sync/receiver.h"

/* Blobs on their way at a time. */
#define BLOBS_MAX 2u

/* Frames of our own that wait: questions, receipts. */
#define ANSWERS_MAX (4u * (MESSAGE_PAYLOAD_MAX + 64u))

struct blob {
	struct receiver *r;
	struct receive *receive; /* NULL: free. */
	struct need need;
	size_t image;   /* In run->images. */
	int completing; /* A job takes it into the store. */
};

struct receiver {
	const struct engine *engine;
	const struct receiver_events *events;
	void *cookie;
	struct conversation *conversation;
	struct handshake handshake;
	struct run run;
	int64_t next_s;
	int same;   /* The last STATE was answered by SAME. */
	int stated; /* STATE that are not answered. */
	int news;   /* Something was done since the last STATE. */
	int canceled;
	int over;

	struct buffer answers;
	struct document grant; /* Whose LISTDIFF frames come. */
	struct digest grant_base;
	struct buffer grant_changes;
	uint32_t grant_left;
	int granting; /* From GRANT until it was taken. */

	struct survey_refused refused;
	size_t manifests_left; /* Asked for and not answered. */
	int surveying;
	int survey_again;
	int changed; /* The next survey is the first after a grant. */
	struct blob blobs[BLOBS_MAX];
	struct need *needs; /* Of the last survey; owned. */
	size_t nneeds;
	uint32_t last_transfer;

	struct statement statement; /* That is being sent. */
	struct lineset_diff diff;
	int diffing;
	int receipt_sent; /* RECEIVED is to come. */
	int whole;        /* The next receipt starts from nothing. */

	unsigned int njobs;
	unsigned int npausing; /* Of these, those that hold up the peer. */
	int freed;
};

struct job {
	struct receiver *r;
	void (*run)(struct job *job);
	void (*done)(struct job *job);
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
	struct blob *blob;
	struct message_state state;
	struct message_received received;
	struct survey survey;
	struct run dry; /* What a dry run found. */
};

static void next(struct receiver *r);

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
	document_fini(&job->document);
	survey_fini(&job->survey);
	run_fini(&job->dry);
	free(job);
}

/* Free what no job needs any more. */
static void
destroy(struct receiver *r)
{
	size_t i;

	for (i = 0; i < BLOBS_MAX; i++)
		receive_free(r->blobs[i].receive);
	buffer_fini(&r->answers);
	buffer_fini(&r->grant_changes);
	document_fini(&r->grant);
	statement_fini(&r->statement);
	survey_refused_fini(&r->refused);
	run_fini(&r->run);
	free(r->needs);
	free(r);
}

static void
on_job(void *cookie)
{
	struct receiver *r;
	struct job *job;

	job = cookie;
	r = job->r;
	r->njobs--;
	r->npausing -= (unsigned int)job->pausing;
	if (r->freed) {
		if (r->njobs == 0)
			destroy(r);
	} else if (!r->over) {
		job->done(job);
		if (r->npausing == 0 && job->pausing)
			conversation_resume(r->conversation);
		else
			conversation_kick(r->conversation);
	}
	job_free(job);
}

static struct job *
job_new(struct receiver *r, void (*run)(struct job *job),
    void (*done)(struct job *job))
{
	struct job *job;

	job = calloc(1, sizeof(*job));
	if (job == NULL)
		return NULL;
	job->r = r;
	job->run = run;
	job->done = done;
	job->handshake = r->handshake;
	buffer_init(&job->frames, ANSWERS_MAX);
	buffer_init(&job->bytes, PH_LIST_SIZE_MAX);
	document_init(&job->document);
	survey_init(&job->survey);
	run_init(&job->dry);
	return job;
}

/* Submit a job; with pausing, the peer waits until it is back. */
static int
submit(struct job *job, int pausing)
{
	struct receiver *r;
	int code;

	r = job->r;
	job->pausing = pausing;
	code = worker_submit(r->engine->workers, r->engine->lane, run_job,
	    on_job, job);
	if (code != PH_OK) {
		job_free(job);
		return code;
	}
	r->njobs++;
	if (pausing) {
		r->npausing++;
		conversation_pause(r->conversation);
	}
	return PH_OK;
}

static void
abort_with(struct receiver *r, struct failure *f, int code)
{
	(void)failure_default(f, code, "the session");
	conversation_abort(r->conversation, f);
}

static void
abort_for(struct job *job)
{
	abort_with(job->r, &job->failure, job->code);
}

static void
abort_code(struct receiver *r, int code)
{
	struct failure f;

	(void)failure_set(&f, code, "%s", error_sentence(code));
	conversation_abort(r->conversation, &f);
}

/* ---- Greeting ---- */

static void
run_hello(struct job *job)
{
	authority_hello(job->r->engine->catalogue, SIDE_RECEIVER, &job->hello);
}

static void
done_hello(struct job *job)
{
	job->code = handshake_put_hello(&job->r->handshake, &job->hello,
	    &job->r->answers);
	if (job->code != PH_OK)
		abort_for(job);
}

/* Our AUTH, once the peer's HELLO is here. */
static void
run_introduce(struct job *job)
{
	uint8_t transcript[HELLO_TRANSCRIPT_SIZE];
	struct message_auth m;
	struct buffer signature;
	int code;

	buffer_init(&signature, SSHSIG_BLOB_MAX);
	handshake_transcript(&job->handshake, SIDE_RECEIVER, transcript);
	code =
	    authority_sign(job->r->engine->catalogue, transcript, &signature);
	m.signature = signature.data;
	m.len = signature.len;
	if (code == PH_OK)
		code = message_auth_encode(&m, &job->frames);
	buffer_fini(&signature);
	job->code = code;
}

static void
done_frames(struct job *job)
{
	if (job->code == PH_OK)
		job->code = buffer_put(&job->r->answers, job->frames.data,
		    job->frames.len);
	if (job->code != PH_OK)
		abort_for(job);
}

static int
on_hello(struct receiver *r, const struct frame *frame)
{
	struct job *job;
	int code;

	code = handshake_on_hello(&r->handshake, frame);
	if (code != PH_OK)
		return code;
	job = job_new(r, run_introduce, done_frames);
	return job == NULL ? PH_ENOMEM : submit(job, 1);
}

static void
run_trust(struct job *job)
{
	job->code = authority_accept(job->r->engine->catalogue, &job->document);
}

static void
done_or_abort(struct job *job)
{
	if (job->code != PH_OK)
		abort_for(job);
}

static int
on_trust(struct receiver *r, const struct frame *frame)
{
	struct message_document m;
	struct job *job;
	int code;

	code = message_trust_decode(frame, &m);
	if (code != PH_OK)
		return code;
	job = job_new(r, run_trust, done_or_abort);
	if (job == NULL)
		return PH_ENOMEM;
	code = document_decode_sealed(m.sealed, m.len, PH_DOCUMENT_MAX,
	    &job->document);
	if (code != PH_OK) {
		job_free(job);
		return code;
	}
	return submit(job, 1);
}

/* What STATE says. */
static void
run_state(struct job *job)
{
	job->code = mandate_state(job->r->engine->catalogue, &job->state);
	if (job->code == PH_OK)
		job->code = message_state_encode(&job->state, &job->frames);
}

static void
done_state(struct job *job)
{
	job->r->stated++;
	job->r->news = 0;
	done_frames(job);
}

static int
send_state(struct receiver *r)
{
	struct job *job;

	job = job_new(r, run_state, done_state);
	return job == NULL ? PH_ENOMEM : submit(job, 1);
}

static void
run_auth(struct job *job)
{
	uint8_t transcript[HELLO_TRANSCRIPT_SIZE];

	handshake_transcript(&job->handshake, SIDE_PROVIDER, transcript);
	job->code = authority_check_provider(job->r->engine->catalogue,
	    &job->handshake.theirs.repository, transcript, job->bytes.data,
	    job->bytes.len);
	if (job->code == PH_EIDENTITY) {
		(void)failure_set(&job->failure, job->code,
		    "the far end is not the primary of this repository");
		failure_next(&job->failure,
		    "check \"upstream\" in the configuration; nothing was "
		    "sent to it");
	}
}

static void
done_auth(struct job *job)
{
	if (job->code == PH_OK)
		job->code = send_state(job->r);
	if (job->code != PH_OK)
		abort_for(job);
}

static int
on_auth(struct receiver *r, const struct frame *frame)
{
	struct message_auth m;
	struct job *job;
	int code;

	code = message_auth_decode(frame, &m);
	if (code != PH_OK)
		return code;
	job = job_new(r, run_auth, done_auth);
	if (job == NULL)
		return PH_ENOMEM;
	code = buffer_put(&job->bytes, m.signature, m.len);
	if (code != PH_OK) {
		job_free(job);
		return code;
	}
	return submit(job, 1);
}

/* ---- Charter and grant ---- */

static void
run_charter(struct job *job)
{
	job->code = mandate_take_charter(job->r->engine->catalogue,
	    &job->document, &job->failure);
}

static int
on_charter(struct receiver *r, const struct frame *frame)
{
	struct message_document m;
	struct job *job;
	int code;

	code = message_charter_decode(frame, &m);
	if (code != PH_OK || r->run.dry_run)
		return code;
	job = job_new(r, run_charter, done_or_abort);
	if (job == NULL)
		return PH_ENOMEM;
	code = document_decode_sealed(m.sealed, m.len, PH_DOCUMENT_MAX,
	    &job->document);
	if (code != PH_OK) {
		job_free(job);
		return code;
	}
	return submit(job, 1);
}

/* Cut all transfers; what came of them stays in staging. */
static int
cut_transfers(struct receiver *r)
{
	struct blob *b;
	size_t i;
	int code;

	code = PH_OK;
	for (i = 0; i < BLOBS_MAX; i++) {
		b = &r->blobs[i];
		if (b->receive == NULL || b->completing)
			continue;
		if (code == PH_OK)
			code =
			    message_cancel_encode(receive_transfer(b->receive),
				&r->answers);
		receive_free(b->receive);
		b->receive = NULL;
	}
	r->nneeds = 0;
	return code;
}

/* Put the list together and take the grant, or, in a dry run, compare. */
static void
run_grant(struct job *job)
{
	struct lineset_patch *patch;
	struct lineset *from, *list;
	struct catalogue *c;
	int code;

	c = job->r->engine->catalogue;
	from = list = NULL;
	patch = NULL;
	code = mandate_list_of(c, &job->digest, &from);
	if (code == PH_EABSENT)
		code = PH_EMESSAGE; /* Of a list that we never named. */
	if (code == PH_OK) {
		patch = lineset_patch_new(from);
		code = patch == NULL ? PH_ENOMEM : PH_OK;
	}
	if (code == PH_OK && job->bytes.len > 0)
		code =
		    lineset_patch_apply(patch, job->bytes.data, job->bytes.len);
	if (code == PH_OK)
		code = lineset_patch_finish(patch, &list);
	if (code == PH_OK && job->r->run.dry_run)
		code = survey_compare(c, list, &job->dry);
	else if (code == PH_OK)
		code =
		    mandate_take_grant(c, &job->document, list, &job->failure);
	lineset_patch_free(patch);
	lineset_free(list);
	lineset_free(from);
	job->code = code;
}

/* Take over what a dry run found, and leave. */
static void
take_dry(struct receiver *r, struct run *dry)
{
	r->run.would_withdraw = dry->would_withdraw;
	r->run.nwould_withdraw = dry->nwould_withdraw;
	r->run.would_receive = dry->would_receive;
	r->run.nwould_receive = dry->nwould_receive;
	r->run.nothing_granted = dry->nothing_granted;
	run_init(dry);
	conversation_bye(r->conversation);
}

static void
done_grant(struct job *job)
{
	struct receiver *r;

	r = job->r;
	r->granting = 0;
	if (job->code != PH_OK) {
		abort_for(job);
		return;
	}
	if (r->run.dry_run) {
		take_dry(r, &job->dry);
		return;
	}
	r->changed = 1;
	r->news = 1;
	/* What was refused may be granted now. */
	survey_refused_fini(&r->refused);
	next(r);
}

static int
take_grant(struct receiver *r)
{
	struct job *job;
	int code;

	code = cut_transfers(r);
	if (code != PH_OK)
		return code;
	job = job_new(r, run_grant, done_grant);
	if (job == NULL)
		return PH_ENOMEM;
	job->document = r->grant;
	document_init(&r->grant);
	job->digest = r->grant_base;
	buffer_fini(&job->bytes);
	job->bytes = r->grant_changes;
	buffer_init(&r->grant_changes, PH_LIST_SIZE_MAX);
	return submit(job, 1);
}

static int
on_grant(struct receiver *r, const struct frame *frame)
{
	struct message_grant m;
	int code;

	code = message_grant_decode(frame, &m);
	if (code != PH_OK)
		return code;
	document_fini(&r->grant);
	code = document_decode_sealed(m.sealed, m.len, PH_GRANT_HEAD_MAX,
	    &r->grant);
	if (code != PH_OK)
		return code;
	r->stated = 0;
	r->same = 0;
	r->granting = 1;
	r->grant_base = m.base;
	r->grant_left = m.nlistdiffs;
	buffer_reset(&r->grant_changes);
	return m.nlistdiffs == 0 ? take_grant(r) : PH_OK;
}

static int
on_listdiff(struct receiver *r, const struct frame *frame)
{
	struct message_listdiff m;
	int code;

	code = message_listdiff_decode(frame, &m);
	if (code == PH_OK)
		code = buffer_put(&r->grant_changes, m.lines, m.len);
	if (code != PH_OK)
		return code;
	return --r->grant_left == 0 ? take_grant(r) : PH_OK;
}

static void
run_dry_same(struct job *job)
{
	struct lineset *list;

	job->code = mandate_list(job->r->engine->catalogue, &list);
	if (job->code != PH_OK)
		return;
	job->code = survey_compare(job->r->engine->catalogue, list, &job->dry);
	lineset_free(list);
}

static void
done_dry_same(struct job *job)
{
	if (job->code == PH_OK)
		take_dry(job->r, &job->dry);
	else
		abort_for(job);
}

static int
on_same(struct receiver *r, const struct frame *frame)
{
	struct message_same m;
	struct job *job;
	int code;

	code = message_same_decode(frame, &m);
	if (code != PH_OK)
		return code;
	r->next_s = m.next_s;
	r->stated = 0;
	r->same = 1;
	if (r->run.dry_run) {
		job = job_new(r, run_dry_same, done_dry_same);
		return job == NULL ? PH_ENOMEM : submit(job, 1);
	}
	next(r);
	return PH_OK;
}

static int
on_busy(struct receiver *r, const struct frame *frame)
{
	struct message_busy m;
	struct failure f;
	int code;

	code = message_busy_decode(frame, &m);
	if (code != PH_OK)
		return code;
	r->next_s = m.after_s;
	(void)failure_set(&f, PH_EPEERBUSY, "the upstream is busy");
	r->run.failure = f;
	r->run.outcome = RUN_FAILED;
	conversation_bye(r->conversation);
	return PH_OK;
}

/* ---- Surveys ---- */

static void
run_survey(struct job *job)
{
	survey_run(job->r->engine->catalogue, &job->survey);
}

/* The entry of a blob in the run, made when it is first seen. */
static int
find_image(struct receiver *r, const struct need *need, size_t *out)
{
	struct run_image *images, *image;
	size_t i;

	for (i = 0; i < r->run.nimages; i++) {
		image = &r->run.images[i];
		if (strcmp(image->image, need->image) == 0 &&
		    strcmp(image->version, need->version) == 0 &&
		    strcmp(image->file, need->file) == 0) {
			*out = i;
			return PH_OK;
		}
	}
	images = realloc(r->run.images, (r->run.nimages + 1) * sizeof(*images));
	if (images == NULL)
		return PH_ENOMEM;
	r->run.images = images;
	image = &images[r->run.nimages];
	memset(image, 0, sizeof(*image));
	(void)strcpy(image->image, need->image);
	(void)strcpy(image->version, need->version);
	(void)strcpy(image->file, need->file);
	image->full = 1;
	image->size = need->size;
	r->run.total_bytes += need->size;
	*out = r->run.nimages++;
	return PH_OK;
}

/* Send the receipt that a survey has made. */
static int
send_receipt(struct receiver *r, struct statement *statement)
{
	struct message_grant m;
	struct buffer sealed;
	int code;

	statement_fini(&r->statement);
	r->statement = *statement;
	statement_init(statement);
	buffer_init(&sealed, DOCUMENT_SEALED_MAX);
	document_encode(&r->statement.receipt, &sealed);
	memset(&m, 0, sizeof(m));
	m.sealed = sealed.data;
	m.len = sealed.len;
	m.base = r->statement.base;
	m.nlistdiffs = (uint32_t)lineset_diff_frames(r->statement.from,
	    r->statement.set, PH_LISTDIFF_MAX);
	code = buffer_error(&sealed);
	if (code == PH_OK)
		code = message_receipt_encode(&m, &r->answers);
	buffer_fini(&sealed);
	lineset_diff_init(&r->diff, r->statement.from, r->statement.set);
	r->diffing = m.nlistdiffs > 0;
	r->receipt_sent = 1;
	r->whole = 0;
	r->news = 1;
	return code;
}

/* Ask for manifests. */
static int
ask_manifests(struct receiver *r, const struct survey *s)
{
	struct message_manifest_query m;

	memset(&m, 0, sizeof(m));
	memcpy(m.manifests, s->manifests,
	    s->nmanifests * sizeof(*s->manifests));
	m.count = s->nmanifests;
	r->manifests_left = s->nmanifests;
	return message_manifest_query_encode(&m, &r->answers);
}

/* Remember that some of the run could not be done. */
static void
note_failure(struct receiver *r, const struct failure *f)
{
	if (r->run.failure.code == PH_OK)
		r->run.failure = *f;
	r->run.outcome = RUN_PARTIAL;
}

static void
done_survey(struct job *job)
{
	struct receiver *r;
	struct survey *s;
	size_t i, image;
	int code;

	r = job->r;
	s = &job->survey;
	r->surveying = 0;
	r->run.nwithdrawn += s->nwithdrawn;
	r->run.nretired += s->nretired;
	r->run.ncompleted += s->ncompleted;
	r->run.nothing_granted = s->nothing_granted;
	code = s->code;
	if (code == PH_EEXPIRED || code == PH_EREMOVED) {
		note_failure(r, &s->failure);
		code = PH_OK;
	}
	if (code == PH_OK && s->statement.due && !r->receipt_sent)
		code = send_receipt(r, &s->statement);
	/* While answers are to come: the last of them surveys again. */
	if (code == PH_OK && s->nmanifests > 0 && !r->granting &&
	    r->manifests_left == 0)
		code = ask_manifests(r, s);
	for (i = 0; code == PH_OK && i < s->nneeds; i++)
		code = find_image(r, &s->needs[i], &image);
	if (code != PH_OK) {
		abort_with(r, &s->failure, code);
		return;
	}
	free(r->needs);
	r->needs = s->needs;
	r->nneeds = r->granting ? 0 : s->nneeds;
	s->needs = NULL;
	r->events->on_progress(r->cookie);
	next(r);
}

/* Find out what is next. */
static int
survey(struct receiver *r)
{
	struct job *job;

	if (r->surveying) {
		r->survey_again = 1;
		return PH_OK;
	}
	job = job_new(r, run_survey, done_survey);
	if (job == NULL)
		return PH_ENOMEM;
	job->survey.changed = r->changed;
	job->survey.whole = r->whole;
	job->survey.receipt = !r->receipt_sent;
	job->survey.refused = &r->refused;
	r->changed = 0;
	r->survey_again = 0;
	r->surveying = 1;
	/* Frames that come meanwhile may add to what was refused. */
	return submit(job, 1);
}

/* ---- Manifests ---- */

static void
run_manifest(struct job *job)
{
	job->code = reception_manifest(job->r->engine->catalogue, &job->digest,
	    &job->document, &job->failure);
}

/* One of the manifests that were asked for is answered. */
static int
manifest_answered(struct receiver *r)
{
	if (r->manifests_left > 0)
		r->manifests_left--;
	if (r->manifests_left == 0)
		r->survey_again = 1;
	next(r);
	return PH_OK;
}

static void
done_manifest(struct job *job)
{
	struct receiver *r;

	r = job->r;
	if (job->code == PH_ENOMEM || job->code == PH_EIO ||
	    job->code == PH_ENOSPC) {
		abort_for(job);
		return;
	}
	if (job->code != PH_OK) {
		/* Not admitted here, whatever the provider thinks. */
		note_failure(r, &job->failure);
		job->code = survey_refused_add(&r->refused, &job->digest);
		if (job->code != PH_OK) {
			abort_for(job);
			return;
		}
	}
	(void)manifest_answered(r);
}

static int
on_manifest(struct receiver *r, const struct frame *frame)
{
	struct message_manifest m;
	struct job *job;
	int code;

	code = message_manifest_decode(frame, &m);
	if (code != PH_OK)
		return code;
	if (r->manifests_left == 0)
		return PH_ESTATE; /* Nobody asked. */
	job = job_new(r, run_manifest, done_manifest);
	if (job == NULL)
		return PH_ENOMEM;
	job->digest = m.manifest;
	code = document_decode_sealed(m.sealed, m.len, PH_DOCUMENT_MAX,
	    &job->document);
	if (code != PH_OK) {
		job_free(job);
		return code;
	}
	return submit(job, 1);
}

/* ---- Blobs ---- */

static struct blob *
find_blob(struct receiver *r, uint32_t transfer)
{
	size_t i;

	for (i = 0; i < BLOBS_MAX; i++) {
		if (r->blobs[i].receive != NULL &&
		    receive_transfer(r->blobs[i].receive) == transfer)
			return &r->blobs[i];
	}
	return NULL;
}

/* Bring a blob's entry in the run up to date. */
static void
update_image(struct blob *b)
{
	struct receive_stats stats;
	struct run_image *image;
	size_t i;

	image = &b->r->run.images[b->image];
	receive_get_stats(b->receive, &stats);
	image->full = stats.full;
	for (i = 0; i < b->need.nbases && !stats.full; i++) {
		if (digest_compare(&b->need.bases[i], &stats.base) == 0)
			(void)strcpy(image->base, b->need.base_versions[i]);
	}
	image->logical_bytes = stats.logical_bytes;
	image->resumed_bytes = stats.resumed_bytes;
	image->wire_bytes = stats.wire_bytes;
	image->reused_bytes = stats.reused_bytes;
	image->fallbacks = stats.fallbacks;
	image->elapsed_ms =
	    clock_mono_ms(b->r->engine->clock) - stats.started_ms;
}

static void
run_complete(struct job *job)
{
	job->code = reception_complete(job->r->engine->catalogue, &job->digest,
	    job->dir, &job->map, &job->nversions);
}

/* A blob ended: it is here, or not for now. */
static void
end_blob(struct blob *b, int code, const struct failure *f)
{
	struct run_image *image;
	struct receiver *r;

	r = b->r;
	update_image(b);
	image = &r->run.images[b->image];
	image->done = code == PH_OK;
	image->code = code;
	if (image->resumed_bytes > 0)
		r->run.nresumed++;
	if (code != PH_OK) {
		note_failure(r, f);
		if (survey_refused_add(&r->refused, &b->need.blob) != PH_OK)
			abort_code(r, PH_ENOMEM);
	}
	if (message_cancel_encode(receive_transfer(b->receive), &r->answers) !=
	    PH_OK)
		abort_code(r, PH_ENOMEM);
	receive_free(b->receive);
	b->receive = NULL;
	b->completing = 0;
	r->survey_again = 1;
	r->news = 1;
	r->events->on_progress(r->cookie);
	next(r);
}

static void
done_complete(struct job *job)
{
	struct receiver *r;

	r = job->r;
	r->run.ncompleted += job->nversions;
	if (job->code != PH_OK)
		(void)failure_default(&job->failure, job->code,
		    "taking in %s %s", job->blob->need.image,
		    job->blob->need.version);
	end_blob(job->blob, job->code, &job->failure);
}

/* A transfer may have something to say, or is finished. */
static void
on_receive_ready(void *cookie)
{
	struct receiver *r;
	struct failure f;
	struct job *job;
	struct blob *b;
	int code;

	b = cookie;
	r = b->r;
	if (!receive_finished(b->receive, &code, &f)) {
		update_image(b);
		r->events->on_progress(r->cookie);
		conversation_kick(r->conversation);
		return;
	}
	if (code != PH_OK) {
		end_blob(b, code, &f);
		return;
	}
	job = job_new(r, run_complete, done_complete);
	if (job == NULL) {
		abort_code(r, PH_ENOMEM);
		return;
	}
	b->completing = 1;
	job->blob = b;
	job->digest = b->need.blob;
	job->map = b->need.map;
	job->dir = receive_dir(b->receive);
	code = submit(job, 0);
	if (code != PH_OK)
		abort_code(r, code);
}

/* Begin to receive a blob. */
static int
start_blob(struct receiver *r, struct blob *b, const struct need *need)
{
	char what[PH_NAME_MAX + PH_VERSION_MAX + 2];
	struct receive_config config;
	int code;

	code = find_image(r, need, &b->image);
	if (code != PH_OK)
		return code;
	b->r = r;
	b->need = *need;
	(void)snprintf(what, sizeof(what), "%s %s", need->image, need->version);
	memset(&config, 0, sizeof(config));
	config.workers = r->engine->workers;
	config.lane = r->engine->receive_lane;
	config.store = catalogue_store(r->engine->catalogue);
	config.space = catalogue_space(r->engine->catalogue);
	config.clock = r->engine->clock;
	config.transfer = ++r->last_transfer;
	config.blob = need->blob;
	config.map = need->map;
	config.size = need->size;
	memcpy(config.bases, need->bases, sizeof(config.bases));
	config.nbases = need->nbases;
	config.what = what;
	b->receive = receive_new(&config, on_receive_ready, b);
	return b->receive == NULL ? PH_ENOMEM : PH_OK;
}

/* 1 when a blob is on its way. */
static int
is_coming(const struct receiver *r, const struct digest *blob)
{
	size_t i;

	for (i = 0; i < BLOBS_MAX; i++) {
		if (r->blobs[i].receive != NULL &&
		    digest_compare(&r->blobs[i].need.blob, blob) == 0)
			return 1;
	}
	return 0;
}

/* Begin with what is needed, as far as there is room. */
static int
start_blobs(struct receiver *r)
{
	size_t i, k;
	int code;

	code = PH_OK;
	k = 0;
	for (i = 0; code == PH_OK && i < r->nneeds; i++) {
		while (k < BLOBS_MAX && r->blobs[k].receive != NULL)
			k++;
		if (k == BLOBS_MAX)
			break;
		if (!is_coming(r, &r->needs[i].blob) &&
		    !survey_refused_has(&r->refused, &r->needs[i].blob))
			code = start_blob(r, &r->blobs[k], &r->needs[i]);
	}
	return code;
}

/* 1 while any blob is on its way. */
static int
any_coming(const struct receiver *r)
{
	size_t i;

	for (i = 0; i < BLOBS_MAX; i++) {
		if (r->blobs[i].receive != NULL)
			return 1;
	}
	return 0;
}

/* Do whatever is next; called after everything that happens. */
static void
next(struct receiver *r)
{
	int code;

	if (r->over || r->run.dry_run || r->granting || r->surveying ||
	    r->stated > 0)
		return;
	if (r->changed || (r->survey_again && r->manifests_left == 0)) {
		code = survey(r);
	} else if (r->manifests_left > 0) {
		code = PH_OK;
	} else {
		code = start_blobs(r);
		if (code == PH_OK && !any_coming(r) && !r->receipt_sent) {
			/* All done.  What changed meanwhile, and when next? */
			if (!r->same || r->news)
				code = send_state(r);
			else
				conversation_bye(r->conversation);
		}
	}
	if (code != PH_OK)
		abort_code(r, code);
	conversation_kick(r->conversation);
}

/* ---- Frames ---- */

static int
on_plan(struct receiver *r, const struct frame *frame)
{
	struct message_plan m;
	struct blob *b;
	int code;

	code = message_plan_decode(frame, &m);
	b = find_blob(r, frame->transfer);
	/* One that we have just cut. */
	if (code != PH_OK || b == NULL)
		return code;
	return receive_on_plan(b->receive, &m);
}

static int
on_segments(struct receiver *r, const struct frame *frame)
{
	struct message_segments m;
	struct blob *b;
	int code;

	code = message_segments_decode(frame, &m);
	b = find_blob(r, frame->transfer);
	if (code != PH_OK || b == NULL)
		return code;
	return receive_on_segments(b->receive, &m);
}

static int
on_data(struct receiver *r, const struct frame *frame)
{
	struct message_data m;
	struct blob *b;
	int code;

	code = message_data_decode(frame, &m);
	b = find_blob(r, frame->transfer);
	if (code != PH_OK || b == NULL)
		return code;
	return receive_on_data(b->receive, &m);
}

/* NONE or ERROR of a transfer, or NONE to a MANIFEST?. */
static int
on_refusal(struct receiver *r, const struct frame *frame)
{
	struct message_digest none;
	struct message_error error;
	struct blob *b;
	int code;

	if (frame->type == MESSAGE_NONE) {
		code = message_none_decode(frame, &none);
		error.code = PH_EABSENT;
	} else
		code = message_error_decode(frame, &error);
	if (code != PH_OK)
		return code;
	if (frame->transfer == 0) {
		code = survey_refused_add(&r->refused, &none.digest);
		return code == PH_OK ? manifest_answered(r) : code;
	}
	b = find_blob(r, frame->transfer);
	if (b != NULL)
		receive_on_refused(b->receive, error.code);
	return PH_OK;
}

static int
on_done(struct receiver *r, const struct frame *frame)
{
	struct message_digest m;
	struct blob *b;
	int code;

	code = message_done_decode(frame, &m);
	b = find_blob(r, frame->transfer);
	if (code != PH_OK || b == NULL)
		return code;
	return receive_on_done(b->receive);
}

static void
run_received(struct job *job)
{
	job->code =
	    statement_received(job->r->engine->catalogue, &job->received);
}

static void
done_received(struct job *job)
{
	struct receiver *r;

	r = job->r;
	r->receipt_sent = 0;
	if (job->code != PH_OK) {
		abort_for(job);
		return;
	}
	/* Something may have changed since it was made. */
	r->survey_again = 1;
	next(r);
}

static int
on_received(struct receiver *r, const struct frame *frame)
{
	struct job *job;
	int code;

	job = job_new(r, run_received, done_received);
	if (job == NULL)
		return PH_ENOMEM;
	code = message_received_decode(frame, &job->received);
	if (code != PH_OK || job->received.send_whole) {
		r->receipt_sent = 0;
		r->survey_again = r->whole = 1;
		job_free(job);
		if (code == PH_OK)
			next(r);
		return code;
	}
	return submit(job, 1);
}

static int
on_frame(void *cookie, const struct frame *frame)
{
	struct receiver *r;

	r = cookie;
	switch (frame->type) {
	case MESSAGE_HELLO:
		return on_hello(r, frame);
	case MESSAGE_TRUST:
		return on_trust(r, frame);
	case MESSAGE_AUTH:
		return on_auth(r, frame);
	case MESSAGE_SAME:
		return on_same(r, frame);
	case MESSAGE_BUSY:
		return on_busy(r, frame);
	case MESSAGE_CHARTER:
		return on_charter(r, frame);
	case MESSAGE_GRANT:
		return on_grant(r, frame);
	case MESSAGE_LISTDIFF:
		return on_listdiff(r, frame);
	case MESSAGE_MANIFEST:
		return on_manifest(r, frame);
	case MESSAGE_NONE:
	case MESSAGE_ERROR:
		return on_refusal(r, frame);
	case MESSAGE_WAIT:
		return PH_OK;
	case MESSAGE_PLAN:
		return on_plan(r, frame);
	case MESSAGE_SEGMENTS:
		return on_segments(r, frame);
	case MESSAGE_DATA:
		return on_data(r, frame);
	case MESSAGE_DONE:
		return on_done(r, frame);
	case MESSAGE_RECEIVED:
		return on_received(r, frame);
	default:
		return PH_ESTATE;
	}
}

/* Put LISTDIFF frames of a receipt, one at a time. */
static int
put_listdiff(struct receiver *r, struct buffer *out)
{
	struct message_listdiff m;
	struct buffer lines;
	int code;

	buffer_init(&lines, PH_LISTDIFF_MAX);
	code = lineset_diff_next(&r->diff, PH_LISTDIFF_MAX, &lines);
	if (code == 1) {
		m.lines = (const char *)lines.data;
		m.len = lines.len;
		code = message_listdiff_encode(&m, out);
	} else
		r->diffing = 0;
	buffer_fini(&lines);
	return code;
}

static int
on_room(void *cookie, struct buffer *out)
{
	struct receiver *r;
	size_t i, n;
	int code;

	r = cookie;
	if (r->answers.len > 0) {
		/* A frame at a time: RECEIPT announces what goes next. */
		n = FRAME_HEADER_SIZE +
		    ((size_t)r->answers.data[4] << 24 |
			(size_t)r->answers.data[5] << 16 |
			(size_t)r->answers.data[6] << 8 | r->answers.data[7]);
		code = buffer_put(out, r->answers.data, n);
		buffer_consume(&r->answers, n);
		return code;
	}
	if (r->diffing)
		return put_listdiff(r, out);
	code = PH_OK;
	for (i = 0; code == PH_OK && i < BLOBS_MAX; i++) {
		if (r->blobs[i].receive != NULL && !r->blobs[i].completing)
			code = receive_control(r->blobs[i].receive, out);
	}
	return code;
}

static void
on_closed(void *cookie, const struct failure *f)
{
	struct receiver *r;
	size_t i;

	r = cookie;
	r->over = 1;
	for (i = 0; i < BLOBS_MAX; i++) {
		if (r->blobs[i].receive != NULL)
			update_image(&r->blobs[i]);
	}
	(void)receiver_run(r);
	if (r->canceled)
		r->run.outcome = RUN_CANCELED;
	else if (f->code != PH_OK) {
		r->run.outcome = RUN_FAILED;
		r->run.failure = *f;
	} else if (r->run.outcome == RUN_RUNNING)
		r->run.outcome = RUN_DONE;
	r->events->on_closed(r->cookie, r->next_s);
}

static const struct conversation_events conversation_events = {
	.on_frame = on_frame,
	.on_room = on_room,
	.on_closed = on_closed,
};

struct receiver *
receiver_new(const struct engine *engine, struct link *link, int dry_run,
    const struct receiver_events *events, void *cookie)
{
	struct receiver *r;
	struct job *job;

	r = calloc(1, sizeof(*r));
	if (r == NULL) {
		link_free(link);
		return NULL;
	}
	r->engine = engine;
	r->events = events;
	r->cookie = cookie;
	r->changed = 1;
	run_init(&r->run);
	r->run.dry_run = dry_run;
	r->run.started_ms = clock_mono_ms(engine->clock);
	buffer_init(&r->answers, ANSWERS_MAX);
	buffer_init(&r->grant_changes, PH_LIST_SIZE_MAX);
	document_init(&r->grant);
	statement_init(&r->statement);
	link_set_rate(link, engine->configuration->rate);
	r->conversation = conversation_new(engine->loop, engine->clock, link,
	    SIDE_RECEIVER, &conversation_events, r);
	job =
	    r->conversation == NULL ? NULL : job_new(r, run_hello, done_hello);
	if (job == NULL || submit(job, 1) != PH_OK) {
		receiver_free(r);
		return NULL;
	}
	return r;
}

void
receiver_free(struct receiver *r)
{
	size_t i;

	if (r == NULL)
		return;
	conversation_free(r->conversation);
	r->conversation = NULL;
	r->over = 1;
	r->freed = 1;
	/* One that is being taken in is needed by its job until then. */
	for (i = 0; i < BLOBS_MAX; i++) {
		if (!r->blobs[i].completing) {
			receive_free(r->blobs[i].receive);
			r->blobs[i].receive = NULL;
		}
	}
	if (r->njobs == 0)
		destroy(r);
}

const struct run *
receiver_run(struct receiver *r)
{
	r->run.elapsed_ms = clock_mono_ms(r->engine->clock) - r->run.started_ms;
	if (r->conversation != NULL)
		link_counters(conversation_link(r->conversation),
		    &r->run.wire_received, &r->run.wire_sent);
	return &r->run;
}

const struct link *
receiver_link(const struct receiver *r)
{
	return conversation_link(r->conversation);
}

void
receiver_cancel(struct receiver *r)
{
	struct failure f;

	r->canceled = 1;
	if (conversation_is_open(r->conversation)) {
		conversation_bye(r->conversation);
		return;
	}
	(void)failure_set(&f, PH_ECANCELED, "canceled");
	conversation_abort(r->conversation, &f);
}

void
receiver_set_rate(struct receiver *r, uint64_t bytes_per_second)
{
	link_set_rate(conversation_link(r->conversation), bytes_per_second);
}
