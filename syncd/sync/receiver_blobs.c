/*
 * The receiver's content: which blobs are on their way, and what becomes of
 * each.
 */
#include <stdio.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/message_content.h"
#include "proto/message_signal.h"
#include "proto/message_transfer.h"
#include "syncd/catalogue/reception.h"

#include "syncd/sync/receiver_internal.h"

static struct receiver_blob *
find_blob(struct receiver *r, uint32_t transfer)
{
	size_t i;

	for (i = 0; i < RECEIVER_BLOBS_MAX; i++) {
		if (r->blobs[i].receive != NULL &&
		    receive_transfer(r->blobs[i].receive) == transfer)
			return &r->blobs[i];
	}
	return NULL;
}

void
receiver_update_image(struct receiver_blob *b)
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
	if (b->first)
		image->resumed_bytes = stats.resumed_bytes;
	image->cost = image->cost_before;
	image->cost.wire_bytes += stats.wire_bytes;
	image->cost.reused_bytes += stats.reused_bytes;
	image->cost.fallbacks += stats.fallbacks;
	image->cost.elapsed_ms +=
	    clock_mono_ms(b->r->engine->clock) - stats.started_ms;
	if (b->continues && stats.resumed_bytes > 0 && !b->r->resumed) {
		b->r->resumed = 1;
		b->r->run.nresumed++;
	}
}

/* A version is whole by what came: all of its files, also those here before. */
static int
on_whole(void *cookie, const struct manifest *m)
{
	return run_note_whole(cookie, m);
}

static void
run_complete(struct receiver_job *job)
{
	job->code = reception_complete(job->r->engine->catalogue, &job->digest,
	    job->dir, &job->map, &job->nversions, on_whole, &job->found);
}

/* A transfer ended: the blob is here, or it is known why it is not. */
static void
end_blob(struct receiver_blob *b, int code, const struct failure *f)
{
	struct run_image *image;
	struct receiver *r;

	r = b->r;
	receiver_update_image(b);
	image = &r->run.images[b->image];
	image->done = code == PH_OK;
	image->code = code;
	if (code == PH_ENOSPC && b->shared) {
		/* What the other one holds is free when it is done. */
		image->code = PH_OK;
		r->short_of_room = 1;
	} else if (code != PH_OK) {
		if (code != PH_EDENIED)
			receiver_note_failure(r, f);
		else if (r->denied.code == PH_OK)
			r->denied = *f;
		if (survey_refused_add(&r->refused, &b->need.blob) != PH_OK)
			receiver_abort_code(r, PH_ENOMEM);
	}
	if (message_cancel_encode(receive_transfer(b->receive), &r->answers) !=
	    PH_OK)
		receiver_abort_code(r, PH_ENOMEM);
	receive_free(b->receive);
	b->receive = NULL;
	b->completing = 0;
	r->survey_again = 1;
	r->news = 1;
	r->events->on_progress(r->cookie);
	receiver_next(r);
}

void
receiver_note_denied(struct receiver *r)
{
	if (r->denied.code != PH_OK)
		receiver_note_failure(r, &r->denied);
}

void
receiver_forget_denied(struct receiver *r)
{
	size_t i;

	r->denied.code = PH_OK;
	for (i = 0; i < r->run.nimages; i++) {
		if (r->run.images[i].code == PH_EDENIED)
			r->run.images[i].code = PH_OK;
	}
}

static void
done_complete(struct receiver_job *job)
{
	struct receiver *r;

	r = job->r;
	r->run.ncompleted += job->nversions;
	if (job->code == PH_OK)
		job->code = run_take_images(&r->run, &job->found);
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
	struct receiver_job *job;
	struct receiver_blob *b;
	int code;

	b = cookie;
	r = b->r;
	if (!receive_finished(b->receive, &code, &f)) {
		receiver_update_image(b);
		r->events->on_progress(r->cookie);
		conversation_kick(r->conversation);
		return;
	}
	if (code != PH_OK) {
		end_blob(b, code, &f);
		return;
	}
	job = receiver_job_new(r, run_complete, done_complete);
	if (job == NULL) {
		receiver_abort_code(r, PH_ENOMEM);
		return;
	}
	b->completing = 1;
	job->blob = b;
	job->digest = b->need.blob;
	job->map = b->need.map;
	job->dir = receive_dir(b->receive);
	code = receiver_job_submit(job, 0);
	if (code != PH_OK)
		receiver_abort_code(r, code);
}

/* Note which blobs have room only beside others. */
static void
note_shared(struct receiver *r, struct receiver_blob *b)
{
	size_t i;

	b->shared = receiver_any_coming(r);
	for (i = 0; i < RECEIVER_BLOBS_MAX; i++)
		r->blobs[i].shared |= r->blobs[i].receive != NULL;
}

/* Begin to receive a blob. */
static int
start_blob(struct receiver *r, struct receiver_blob *b, const struct need *need)
{
	char what[PH_NAME_MAX + PH_VERSION_MAX + 2];
	struct receive_config config;
	struct run_image *image;
	int code;

	code = run_image(&r->run, need->image, need->version, need->file,
	    &b->image);
	if (code != PH_OK)
		return code;
	image = &r->run.images[b->image];
	image->size = need->size;
	b->first = image->contact == 0;
	b->continues = image->contact != r->run.ncontacts;
	image->contact = r->run.ncontacts;
	image->cost_before = image->cost;
	b->r = r;
	b->need = *need;
	note_shared(r, b);
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

	for (i = 0; i < RECEIVER_BLOBS_MAX; i++) {
		if (r->blobs[i].receive != NULL &&
		    digest_compare(&r->blobs[i].need.blob, blob) == 0)
			return 1;
	}
	return 0;
}

int
receiver_start_blobs(struct receiver *r)
{
	const struct need *need;
	size_t k;
	int code;

	code = PH_OK;
	k = 0;
	while (code == PH_OK && receiver_has_needs(r)) {
		while (k < RECEIVER_BLOBS_MAX && r->blobs[k].receive != NULL)
			k++;
		if (k == RECEIVER_BLOBS_MAX ||
		    (r->short_of_room && receiver_any_coming(r)))
			break;
		need = &r->needs[r->next_need++];
		if (!is_coming(r, &need->blob) &&
		    !survey_refused_has(&r->refused, &need->blob))
			code = start_blob(r, &r->blobs[k], need);
	}
	return code;
}

int
receiver_has_needs(const struct receiver *r)
{
	return r->next_need < r->nneeds;
}

int
receiver_any_coming(const struct receiver *r)
{
	size_t i;

	for (i = 0; i < RECEIVER_BLOBS_MAX; i++) {
		if (r->blobs[i].receive != NULL)
			return 1;
	}
	return 0;
}

int
receiver_cut_blobs(struct receiver *r)
{
	struct receiver_blob *b;
	size_t i;
	int code;

	code = PH_OK;
	for (i = 0; i < RECEIVER_BLOBS_MAX; i++) {
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
	r->nneeds = r->next_need = 0;
	/* Manifests that were not asked for yet may be denied now. */
	r->nmanifests = r->next_manifest = 0;
	return code;
}

int
receiver_on_plan(struct receiver *r, const struct frame *frame)
{
	struct message_plan m;
	struct receiver_blob *b;
	int code;

	code = message_plan_decode(frame, &m);
	b = find_blob(r, frame->transfer);
	/* One that we have just cut. */
	if (code != PH_OK || b == NULL)
		return code;
	return receive_on_plan(b->receive, &m);
}

int
receiver_on_segments(struct receiver *r, const struct frame *frame)
{
	struct message_segments m;
	struct receiver_blob *b;
	int code;

	code = message_segments_decode(frame, &m);
	b = find_blob(r, frame->transfer);
	if (code != PH_OK || b == NULL)
		return code;
	return receive_on_segments(b->receive, &m);
}

int
receiver_on_data(struct receiver *r, const struct frame *frame)
{
	struct message_data m;
	struct receiver_blob *b;
	int code;

	code = message_data_decode(frame, &m);
	b = find_blob(r, frame->transfer);
	if (code != PH_OK || b == NULL)
		return code;
	return receive_on_data(b->receive, &m);
}

int
receiver_on_refusal(struct receiver *r, const struct frame *frame)
{
	struct message_digest none;
	struct message_error error;
	struct receiver_blob *b;
	int code;

	if (frame->type == MESSAGE_NONE) {
		code = message_none_decode(frame, &none);
		error.code = PH_EABSENT;
	} else
		code = message_error_decode(frame, &error);
	if (code != PH_OK)
		return code;
	if (frame->transfer == 0) {
		if (r->manifests_left == 0)
			return PH_ESTATE; /* Nobody asked. */
		code = survey_refused_add(&r->refused, &none.digest);
		if (code == PH_OK)
			receiver_manifest_answered(r);
		return code;
	}
	b = find_blob(r, frame->transfer);
	if (b != NULL && !b->completing) {
		receive_on_refused(b->receive, error.code);
		on_receive_ready(b);
	}
	return PH_OK;
}

int
receiver_on_wait(const struct frame *frame)
{
	struct message_wait m;

	/* That it came is all it says. */
	return message_wait_decode(frame, &m);
}

int
receiver_on_done(struct receiver *r, const struct frame *frame)
{
	struct message_digest m;
	struct receiver_blob *b;
	int code;

	code = message_done_decode(frame, &m);
	b = find_blob(r, frame->transfer);
	if (code != PH_OK || b == NULL)
		return code;
	return receive_on_done(b->receive);
}
