/*
 * The provider's documents: HELLO, trust, AUTH, charter, grant, manifests,
 * block maps, receipts.  Each question is put to the catalogue.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/charter.h"
#include "proto/errors.h"
#include "proto/grant.h"
#include "proto/message_grant.h"
#include "syncd/catalogue/authority.h"
#include "syncd/catalogue/reports.h"
#include "syncd/store/blob.h"
#include "syncd/sync/timing.h"

#include "syncd/sync/provider.h"
#include "syncd/sync/provider_internal.h"

/* Frames that a job made are sent next. */
static int
take_frames(struct provider_job *job)
{
	return buffer_put(&job->p->answers, job->frames.data, job->frames.len);
}

static void
run_hello(struct provider_job *job)
{
	authority_hello(job->p->engine->catalogue, SIDE_PROVIDER, &job->hello);
}

static void
done_hello(struct provider_job *job)
{
	struct provider *p;

	p = job->p;
	job->code =
	    handshake_put_hello(&p->handshake, &job->hello, &p->answers);
	p->greeted = 1;
	if (job->code != PH_OK)
		provider_abort_for(job);
}

int
provider_greet(struct provider *p)
{
	struct provider_job *job;

	job = provider_job_new(p, run_hello, done_hello);
	return job == NULL ? PH_ENOMEM : provider_job_submit(job);
}

/* One trust document that the peer lacks. */
static int
put_trust(void *cookie, const struct document *d)
{
	struct message_document m;
	struct buffer sealed;
	struct provider_job *job;
	int r;

	job = cookie;
	r = document_seal(d, &sealed);
	m.sealed = sealed.data;
	m.len = sealed.len;
	if (r == PH_OK)
		r = message_trust_encode(&m, &job->frames);
	buffer_fini(&sealed);
	return r;
}

/* TRUST and AUTH, once the peer's HELLO is here. */
static void
run_introduce(struct provider_job *job)
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

void
provider_done_frames(struct provider_job *job)
{
	if (job->code == PH_OK)
		job->code = take_frames(job);
	if (job->code != PH_OK)
		provider_abort_for(job);
}

int
provider_on_hello(struct provider *p, const struct frame *frame)
{
	struct provider_job *job;
	int r;

	r = handshake_on_hello(&p->handshake, frame);
	if (r != PH_OK)
		return r;
	job = provider_job_new(p, run_introduce, provider_done_frames);
	return job == NULL ? PH_ENOMEM : provider_job_submit(job);
}

static void
run_auth(struct provider_job *job)
{
	uint8_t transcript[HELLO_TRANSCRIPT_SIZE];

	handshake_transcript(&job->handshake, SIDE_RECEIVER, transcript);
	job->code = peer_check(job->p->engine->catalogue,
	    &job->handshake.theirs.repository,
	    job->has_gate ? &job->gate : NULL, transcript, job->bytes.data,
	    job->bytes.len, &job->peer, &job->failure);
}

static void
done_auth(struct provider_job *job)
{
	struct provider *p;

	p = job->p;
	if (job->code != PH_OK) {
		provider_abort_for(job);
		return;
	}
	p->peer = job->peer;
	p->known = 1;
	provider_set_rate(p, p->peer.rate);
	p->events->on_peer(p->cookie, p);
}

int
provider_on_auth(struct provider *p, const struct frame *frame)
{
	struct message_auth m;
	struct provider_job *job;
	int r;

	r = message_auth_decode(frame, &m);
	if (r != PH_OK)
		return r;
	job = provider_job_new(p, run_auth, done_auth);
	if (job == NULL)
		return PH_ENOMEM;
	job->gate = p->gate;
	job->has_gate = p->has_gate;
	r = buffer_put(&job->bytes, m.signature, m.len);
	if (r != PH_OK) {
		provider_job_free(job);
		return r;
	}
	return provider_job_submit(job);
}

/* Compare, and answer with CHARTER and GRANT or SAME. */
static void
run_compare(struct provider_job *job)
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

	r = document_seal(d, &sealed);
	m.sealed = sealed.data;
	m.len = sealed.len;
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
	r = document_seal(&p->feed.grant, &sealed);
	memset(&m, 0, sizeof(m));
	m.sealed = sealed.data;
	m.len = sealed.len;
	m.base = p->feed.base;
	m.nlistdiffs = (uint32_t)n;
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

/*
 * Compare when there is a reason to, one at a time: while the differences of
 * a GRANT are to go, its lists are in use, and no other GRANT may follow.
 */
static int compare_next(struct provider *p) ATTR_CHECK;

static void
done_compare(struct provider_job *job)
{
	struct provider *p;
	int r;

	p = job->p;
	p->comparing = 0;
	if (job->code != PH_OK) {
		provider_abort_for(job);
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
	if (!p->diffing)
		feed_fini(&p->feed);
	if (r == PH_OK)
		r = compare_next(p);
	if (r != PH_OK) {
		job->code = r;
		provider_abort_for(job);
	}
}

static int
compare_next(struct provider *p)
{
	struct provider_job *job;

	if (p->comparing || p->diffing ||
	    (!p->has_asked && !(p->refresh && p->compared)))
		return PH_OK;
	job = provider_job_new(p, run_compare, done_compare);
	if (job == NULL)
		return PH_ENOMEM;
	if (p->has_asked) {
		p->state = p->asked;
		p->has_asked = 0;
	} else {
		p->refresh = 0;
		job->after_change = 1;
	}
	job->state = p->state;
	p->comparing = 1;
	return provider_job_submit(job);
}

int
provider_on_state(struct provider *p, const struct frame *frame)
{
	int r;

	r = message_state_decode(frame, &p->asked);
	p->has_asked = r == PH_OK;
	return r == PH_OK ? compare_next(p) : r;
}

int
provider_put_none(const struct digest *digest, uint32_t transfer,
    struct buffer *out)
{
	struct message_digest m;

	m.digest = *digest;
	return message_none_encode(&m, transfer, out);
}

static int
put_manifest(struct provider_job *job, const struct digest *digest,
    const struct document *d)
{
	struct message_manifest m;
	struct buffer sealed;
	int r;

	r = document_seal(d, &sealed);
	m.manifest = *digest;
	m.sealed = sealed.data;
	m.len = sealed.len;
	if (r == PH_OK)
		r = message_manifest_encode(&m, &job->frames);
	buffer_fini(&sealed);
	return r;
}

static void
run_manifests(struct provider_job *job)
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
			r = provider_put_none(digest, 0, &job->frames);
		document_fini(&d);
	}
	job->code = r;
}

int
provider_on_manifest_query(struct provider *p, const struct frame *frame)
{
	struct provider_job *job;
	int r;

	job = provider_job_new(p, run_manifests, provider_done_frames);
	if (job == NULL)
		return PH_ENOMEM;
	r = message_manifest_query_decode(frame, &job->manifests);
	if (r != PH_OK) {
		provider_job_free(job);
		return r;
	}
	return provider_job_submit(job);
}

static void
run_map(struct provider_job *job)
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
		r = provider_put_none(&job->map.blob, 0, &job->frames);
	free(hashes);
	job->code = r;
}

int
provider_on_map_query(struct provider *p, const struct frame *frame)
{
	struct provider_job *job;
	int r;

	job = provider_job_new(p, run_map, provider_done_frames);
	if (job == NULL)
		return PH_ENOMEM;
	r = message_map_query_decode(frame, &job->map);
	if (r != PH_OK) {
		provider_job_free(job);
		return r;
	}
	return provider_job_submit(job);
}

void
provider_refresh(struct provider *p)
{
	struct failure f;
	int r;

	p->refresh = 1;
	if (!conversation_is_open(p->conversation))
		return;
	r = provider_check_transfers(p);
	if (r == PH_OK)
		r = compare_next(p);
	if (r != PH_OK) {
		(void)failure_set(&f, r, "%s", error_sentence(r));
		conversation_abort(p->conversation, &f);
	}
}

int
provider_put_listdiff(struct provider *p, struct buffer *out)
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
		feed_fini(&p->feed);
		if (r == PH_OK)
			r = compare_next(p);
	}
	buffer_fini(&lines);
	return r;
}

static void
run_receipt(struct provider_job *job)
{
	job->code = reports_receive(job->p->engine->catalogue, &job->id,
	    &job->receipt, &job->receipt_base, job->bytes.data, job->bytes.len,
	    &job->received, &job->failure);
}

static void
done_receipt(struct provider_job *job)
{
	struct provider *p;

	p = job->p;
	buffer_fini(&job->bytes);
	(void)!p->events->on_held(p->cookie, p, 0);
	if (job->code == PH_OK)
		job->code =
		    message_received_encode(&job->received, &p->answers);
	if (job->code != PH_OK)
		provider_abort_for(job);
}

/* All of a receipt is here. */
static int
take_receipt(struct provider *p)
{
	struct provider_job *job;

	job = provider_job_new(p, run_receipt, done_receipt);
	if (job == NULL)
		return PH_ENOMEM;
	job->receipt = p->receipt;
	document_init(&p->receipt);
	job->receipt_base = p->receipt_base;
	buffer_fini(&job->bytes);
	job->bytes = p->receipt_changes;
	buffer_init(&p->receipt_changes, PH_LIST_CHANGES_MAX);
	return provider_job_submit(job);
}

int
provider_on_receipt(struct provider *p, const struct frame *frame)
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

int
provider_on_listdiff(struct provider *p, const struct frame *frame)
{
	struct message_listdiff m;
	int r;

	r = message_listdiff_decode(frame, &m);
	if (r == PH_OK)
		r = p->events->on_held(p->cookie, p,
		    p->receipt_changes.len + m.len);
	if (r == PH_OK)
		r = buffer_put(&p->receipt_changes, m.lines, m.len);
	if (r != PH_OK)
		return r;
	return --p->receipt_left == 0 ? take_receipt(p) : PH_OK;
}
