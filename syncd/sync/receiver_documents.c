/*
 * The receiver's documents: HELLO, trust, AUTH, charter, grant, manifests.
 * Each is judged by the catalogue, and no further frame is taken meanwhile.
 */
#include <string.h>

#include "proto/errors.h"
#include "proto/message_document.h"
#include "proto/message_grant.h"
#include "proto/message_state.h"
#include "syncd/catalogue/authority.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/reception.h"

#include "syncd/sync/receiver_internal.h"

static void
run_hello(struct receiver_job *job)
{
	authority_hello(job->r->engine->catalogue, SIDE_RECEIVER, &job->hello);
}

static void
done_hello(struct receiver_job *job)
{
	job->code = handshake_put_hello(&job->r->handshake, &job->hello,
	    &job->r->answers);
	if (job->code != PH_OK)
		receiver_abort_for(job);
}

int
receiver_greet(struct receiver *r)
{
	struct receiver_job *job;

	job = receiver_job_new(r, run_hello, done_hello);
	return job == NULL ? PH_ENOMEM : receiver_job_submit(job, 1);
}

/* Our AUTH, once the peer's HELLO is here. */
static void
run_introduce(struct receiver_job *job)
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
done_frames(struct receiver_job *job)
{
	if (job->code == PH_OK)
		job->code = buffer_put(&job->r->answers, job->frames.data,
		    job->frames.len);
	if (job->code != PH_OK)
		receiver_abort_for(job);
}

int
receiver_on_hello(struct receiver *r, const struct frame *frame)
{
	struct receiver_job *job;
	int code;

	code = handshake_on_hello(&r->handshake, frame);
	if (code != PH_OK)
		return code;
	job = receiver_job_new(r, run_introduce, done_frames);
	return job == NULL ? PH_ENOMEM : receiver_job_submit(job, 1);
}

static void
run_trust(struct receiver_job *job)
{
	job->code = authority_accept(job->r->engine->catalogue, &job->document);
}

static void
done_or_abort(struct receiver_job *job)
{
	if (job->code != PH_OK)
		receiver_abort_for(job);
}

int
receiver_on_trust(struct receiver *r, const struct frame *frame)
{
	struct message_document m;
	struct receiver_job *job;
	int code;

	code = message_trust_decode(frame, &m);
	if (code != PH_OK)
		return code;
	job = receiver_job_new(r, run_trust, done_or_abort);
	if (job == NULL)
		return PH_ENOMEM;
	code = document_decode_sealed(m.sealed, m.len, PH_DOCUMENT_MAX,
	    &job->document);
	if (code != PH_OK) {
		receiver_job_free(job);
		return code;
	}
	return receiver_job_submit(job, 1);
}

/* What STATE says. */
static void
run_state(struct receiver_job *job)
{
	job->code = mandate_state(job->r->engine->catalogue, &job->state);
	if (job->code == PH_OK)
		job->code = message_state_encode(&job->state, &job->frames);
}

static void
done_state(struct receiver_job *job)
{
	job->r->stated++;
	job->r->news = 0;
	done_frames(job);
}

int
receiver_send_state(struct receiver *r)
{
	struct receiver_job *job;

	job = receiver_job_new(r, run_state, done_state);
	return job == NULL ? PH_ENOMEM : receiver_job_submit(job, 1);
}

static void
run_auth(struct receiver_job *job)
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
done_auth(struct receiver_job *job)
{
	if (job->code == PH_OK)
		job->code = receiver_send_state(job->r);
	if (job->code != PH_OK)
		receiver_abort_for(job);
}

int
receiver_on_auth(struct receiver *r, const struct frame *frame)
{
	struct message_auth m;
	struct receiver_job *job;
	int code;

	code = message_auth_decode(frame, &m);
	if (code != PH_OK)
		return code;
	job = receiver_job_new(r, run_auth, done_auth);
	if (job == NULL)
		return PH_ENOMEM;
	code = buffer_put(&job->bytes, m.signature, m.len);
	if (code != PH_OK) {
		receiver_job_free(job);
		return code;
	}
	return receiver_job_submit(job, 1);
}

static void
run_charter(struct receiver_job *job)
{
	job->code = mandate_take_charter(job->r->engine->catalogue,
	    &job->document, &job->failure);
}

int
receiver_on_charter(struct receiver *r, const struct frame *frame)
{
	struct message_document m;
	struct receiver_job *job;
	int code;

	code = message_charter_decode(frame, &m);
	if (code != PH_OK || r->run.dry_run)
		return code;
	job = receiver_job_new(r, run_charter, done_or_abort);
	if (job == NULL)
		return PH_ENOMEM;
	code = document_decode_sealed(m.sealed, m.len, PH_DOCUMENT_MAX,
	    &job->document);
	if (code != PH_OK) {
		receiver_job_free(job);
		return code;
	}
	return receiver_job_submit(job, 1);
}

/* Put the list together and take the grant, or, in a dry run, compare. */
static void
run_grant(struct receiver_job *job)
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
		code = survey_compare(c, list, &job->found);
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
done_grant(struct receiver_job *job)
{
	struct receiver *r;

	r = job->r;
	r->granting = 0;
	if (job->code != PH_OK) {
		receiver_abort_for(job);
		return;
	}
	if (r->run.dry_run) {
		take_dry(r, &job->found);
		return;
	}
	r->changed = 1;
	r->news = 1;
	/* What was refused may be granted now. */
	survey_refused_fini(&r->refused);
	receiver_forget_denied(r);
	receiver_next(r);
}

static int
take_grant(struct receiver *r)
{
	struct receiver_job *job;
	int code;

	code = receiver_cut_blobs(r);
	if (code != PH_OK)
		return code;
	job = receiver_job_new(r, run_grant, done_grant);
	if (job == NULL)
		return PH_ENOMEM;
	job->document = r->grant;
	document_init(&r->grant);
	job->digest = r->grant_base;
	buffer_fini(&job->bytes);
	job->bytes = r->grant_changes;
	buffer_init(&r->grant_changes, PH_LIST_CHANGES_MAX);
	return receiver_job_submit(job, 1);
}

int
receiver_on_grant(struct receiver *r, const struct frame *frame)
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

int
receiver_on_listdiff(struct receiver *r, const struct frame *frame)
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
run_dry_same(struct receiver_job *job)
{
	struct lineset *list;

	job->code = mandate_list(job->r->engine->catalogue, &list);
	if (job->code != PH_OK)
		return;
	job->code =
	    survey_compare(job->r->engine->catalogue, list, &job->found);
	lineset_free(list);
}

static void
done_dry_same(struct receiver_job *job)
{
	if (job->code == PH_OK)
		take_dry(job->r, &job->found);
	else
		receiver_abort_for(job);
}

int
receiver_on_same(struct receiver *r, const struct frame *frame)
{
	struct message_same m;
	struct receiver_job *job;
	int code;

	code = message_same_decode(frame, &m);
	if (code != PH_OK)
		return code;
	r->next_s = m.next_s;
	r->stated = 0;
	r->same = 1;
	if (r->run.dry_run) {
		job = receiver_job_new(r, run_dry_same, done_dry_same);
		return job == NULL ? PH_ENOMEM : receiver_job_submit(job, 1);
	}
	receiver_next(r);
	return PH_OK;
}

int
receiver_on_busy(struct receiver *r, const struct frame *frame)
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

static void
run_manifest(struct receiver_job *job)
{
	job->code = reception_manifest(job->r->engine->catalogue, &job->digest,
	    &job->document, &job->failure);
}

int
receiver_ask_manifests(struct receiver *r)
{
	struct message_manifest_query m;

	memset(&m, 0, sizeof(m));
	m.count = r->nmanifests - r->next_manifest;
	if (m.count > MESSAGE_MANIFESTS_MAX)
		m.count = MESSAGE_MANIFESTS_MAX;
	memcpy(m.manifests, r->manifests + r->next_manifest,
	    m.count * sizeof(*m.manifests));
	r->next_manifest += m.count;
	r->manifests_left = m.count;
	return message_manifest_query_encode(&m, &r->answers);
}

void
receiver_manifest_answered(struct receiver *r)
{
	int code;

	code = PH_OK;
	if (r->manifests_left > 0)
		r->manifests_left--;
	if (r->manifests_left == 0 && r->next_manifest < r->nmanifests)
		code = receiver_ask_manifests(r);
	else if (r->manifests_left == 0)
		r->survey_again = 1;
	if (code != PH_OK)
		receiver_abort_code(r, code);
	receiver_next(r);
	conversation_kick(r->conversation);
}

static void
done_manifest(struct receiver_job *job)
{
	struct receiver *r;

	r = job->r;
	if (job->code == PH_ENOMEM || job->code == PH_EIO ||
	    job->code == PH_ENOSPC) {
		receiver_abort_for(job);
		return;
	}
	if (job->code != PH_OK) {
		/* Not admitted here, whatever the provider thinks. */
		receiver_note_failure(r, &job->failure);
		job->code = survey_refused_add(&r->refused, &job->digest);
		if (job->code != PH_OK) {
			receiver_abort_for(job);
			return;
		}
	}
	receiver_manifest_answered(r);
}

int
receiver_on_manifest(struct receiver *r, const struct frame *frame)
{
	struct message_manifest m;
	struct receiver_job *job;
	int code;

	code = message_manifest_decode(frame, &m);
	if (code != PH_OK)
		return code;
	if (r->manifests_left == 0)
		return PH_ESTATE; /* Nobody asked. */
	job = receiver_job_new(r, run_manifest, done_manifest);
	if (job == NULL)
		return PH_ENOMEM;
	job->digest = m.manifest;
	code = document_decode_sealed(m.sealed, m.len, PH_DOCUMENT_MAX,
	    &job->document);
	if (code != PH_OK) {
		receiver_job_free(job);
		return code;
	}
	return receiver_job_submit(job, 1);
}
