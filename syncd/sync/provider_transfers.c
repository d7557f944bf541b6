/*
 * The provider's content: which blobs are on their way out.
 */
#include <string.h>

#include "proto/errors.h"
#include "proto/message_content.h"
#include "proto/message_signal.h"
#include "syncd/store/blob.h"

#include "syncd/sync/provider_internal.h"

/* The transfer of that id; NULL when there is none. */
static struct provider_transfer *
find_transfer(struct provider *p, uint32_t id)
{
	size_t i;

	for (i = 0; i < PROVIDER_TRANSFERS_MAX; i++) {
		if (p->transfers[i].provide != NULL &&
		    provide_transfer(p->transfers[i].provide) == id)
			return &p->transfers[i];
	}
	return NULL;
}

/* Room for one more transfer; NULL when there is none. */
static struct provider_transfer *
find_free(struct provider *p)
{
	size_t i;

	for (i = 0; i < PROVIDER_TRANSFERS_MAX; i++) {
		if (p->transfers[i].provide == NULL)
			return &p->transfers[i];
	}
	return NULL;
}

static void
run_close(struct provider_job *job)
{
	job->code = feed_delivery_close(job->p->engine->catalogue, &job->id,
	    &job->blob.digest, job->sent, job->result);
}

void
provider_end_transfer(struct provider_transfer *t, int result)
{
	struct provider *p;
	struct provider_job *job;

	p = t->p;
	job = provider_job_new(p, run_close, NULL);
	if (job != NULL) {
		job->blob.digest = *provide_blob(t->provide);
		job->sent = provide_sent(t->provide);
		job->result = result;
	}
	provide_free(t->provide);
	t->provide = NULL;
	if (job == NULL)
		return;
	if (worker_submit(p->engine->workers, p->engine->lane, provider_run_job,
		provider_on_job, job) == PH_OK)
		p->njobs++;
	else
		provider_job_free(job);
}

static void
on_provide_ready(void *cookie)
{
	struct provider_transfer *t;

	t = cookie;
	conversation_kick(t->p->conversation);
}

/* A disk that is full here is no full disk of the peer's. */
static int
put_error(uint32_t transfer, int code, struct buffer *out)
{
	struct message_error m;

	memset(&m, 0, sizeof(m));
	m.code = code == PH_ENOSPC ? PH_EPEERBUSY : code;
	return message_error_encode(&m, transfer, out);
}

/* Whether the peer may still have the blob, made from that base. */
static void
run_check(struct provider_job *job)
{
	struct feed_blob blob;
	struct catalogue *c;

	c = job->p->engine->catalogue;
	job->code = feed_blob(c, &job->id, &job->blob.digest, &blob);
	if (job->code == PH_OK && job->has_base)
		job->code = feed_blob(c, &job->id, &job->base.digest, &blob);
}

static void
done_check(struct provider_job *job)
{
	struct provider_transfer *t;
	struct provider *p;

	p = job->p;
	p->nchecks--;
	conversation_kick(p->conversation);
	t = find_transfer(p, job->transfer);
	if (job->code == PH_OK || t == NULL)
		return;
	provider_end_transfer(t, PH_EDENIED);
	job->code = put_error(job->transfer, PH_EDENIED, &p->answers);
	if (job->code != PH_OK)
		provider_abort_for(job);
}

/* Check one transfer. */
static int
check_transfer(struct provider *p, const struct provide *provide)
{
	const struct digest *base;
	struct provider_job *job;
	int r;

	job = provider_job_new(p, run_check, done_check);
	if (job == NULL)
		return PH_ENOMEM;
	job->blob.digest = *provide_blob(provide);
	job->transfer = provide_transfer(provide);
	base = provide_base(provide);
	job->has_base = base != NULL;
	if (base != NULL)
		job->base.digest = *base;
	r = provider_job_submit(job);
	p->nchecks += r == PH_OK;
	return r;
}

/* Whether the peer may have the blob, and from which base; then log it. */
static void
run_want(struct provider_job *job)
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
		job->data = blob_count_data(catalogue_store(c), &job->want.blob,
		    job->blob.size);
	}
	if (r == PH_OK)
		r = feed_delivery_open(c, &job->id, &job->want.blob,
		    job->has_base ? &job->base.digest : NULL);
	job->code = r;
}

static void
done_want(struct provider_job *job)
{
	struct provide_config config;
	struct provider_transfer *t;
	struct provider *p;
	int r;

	p = job->p;
	if (job->code == PH_EABSENT) {
		job->code = provider_put_none(&job->want.blob, job->transfer,
		    &p->answers);
		if (job->code != PH_OK)
			provider_abort_for(job);
		return;
	}
	if (job->code != PH_OK) {
		provider_abort_for(job);
		return;
	}
	t = find_free(p);
	memset(&config, 0, sizeof(config));
	config.pool = p->engine->encodings;
	config.transfer = job->transfer;
	config.blob = job->want.blob;
	config.size = job->blob.size;
	config.data = job->data;
	config.has_base = job->has_base;
	config.base = job->base.digest;
	config.base_size = job->base.size;
	r = PH_EPEERBUSY;
	if (t != NULL) {
		t->p = p;
		t->provide = provide_new(&config, on_provide_ready, t);
		r = t->provide == NULL ? PH_ENOMEM : PH_OK;
	}
	/* The grant that it was opened under may be gone meanwhile. */
	if (r == PH_OK && job->nchanges != p->nchanges)
		r = check_transfer(p, t->provide);
	if (r != PH_OK) {
		job->code = put_error(job->transfer, r, &p->answers);
		if (job->code != PH_OK)
			provider_abort_for(job);
	}
}

int
provider_on_want(struct provider *p, const struct frame *frame)
{
	struct provider_job *job;
	int r;

	if (find_transfer(p, frame->transfer) != NULL)
		return PH_EMESSAGE;
	job = provider_job_new(p, run_want, done_want);
	if (job == NULL)
		return PH_ENOMEM;
	job->transfer = frame->transfer;
	r = message_want_decode(frame, &job->want);
	if (r != PH_OK || find_free(p) == NULL) {
		provider_job_free(job);
		/* Before the catalogue looks: the log is for deliveries. */
		return r != PH_OK ?
		    r :
		    put_error(frame->transfer, PH_EPEERBUSY, &p->answers);
	}
	return provider_job_submit(job);
}

int
provider_on_pull(struct provider *p, const struct frame *frame)
{
	struct message_pull m;
	struct provider_transfer *t;
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

int
provider_on_plain_query(struct provider *p, const struct frame *frame)
{
	struct message_plain_query m;
	struct provider_transfer *t;
	int r;

	r = message_plain_query_decode(frame, &m);
	if (r != PH_OK)
		return r;
	t = find_transfer(p, frame->transfer);
	return t == NULL ? PH_OK :
			   provide_on_plain_query(t->provide, m.segment);
}

int
provider_on_cancel(struct provider *p, const struct frame *frame, int result)
{
	struct provider_transfer *t;
	struct message_error m;
	int r;

	r = frame->type == MESSAGE_ERROR ? message_error_decode(frame, &m) :
					   message_cancel_decode(frame);
	if (r != PH_OK)
		return r;
	t = find_transfer(p, frame->transfer);
	if (t != NULL)
		provider_end_transfer(t, result);
	return PH_OK;
}

int
provider_put_transfers(struct provider *p, int wait, struct buffer *out)
{
	struct provider_transfer *t;
	uint32_t id;
	size_t i;
	int r;

	if (p->nchecks > 0)
		return PH_OK;
	for (i = 0; i < PROVIDER_TRANSFERS_MAX; i++) {
		t = &p->transfers[i];
		if (t->provide == NULL)
			continue;
		r = provide_control(t->provide, wait, out);
		if (r == PH_OK)
			continue;
		id = provide_transfer(t->provide);
		provider_end_transfer(t, r);
		r = put_error(id, r, out);
		if (r != PH_OK)
			return r;
	}
	return PH_OK;
}

int
provider_put_content(struct provider *p, struct buffer *out)
{
	struct provider_transfer *t;
	size_t i, before;
	uint32_t id;
	int put, r;

	if (p->nchecks > 0)
		return PH_OK;
	for (i = 0; i < PROVIDER_TRANSFERS_MAX; i++) {
		p->turn = (p->turn + 1) % PROVIDER_TRANSFERS_MAX;
		t = &p->transfers[p->turn];
		if (t->provide == NULL)
			continue;
		before = out->len;
		r = provide_content(t->provide, PH_DATA_MAX, out, &put);
		if (r == PH_EMESSAGE)
			return r;
		if (r != PH_OK) {
			buffer_truncate(out, before);
			id = provide_transfer(t->provide);
			provider_end_transfer(t, r);
			return put_error(id, r, out);
		}
		if (put)
			return PH_OK;
	}
	return PH_OK;
}

int
provider_check_transfers(struct provider *p)
{
	size_t i;
	int r;

	r = PH_OK;
	p->nchanges++;
	for (i = 0; r == PH_OK && i < PROVIDER_TRANSFERS_MAX; i++) {
		if (p->transfers[i].provide != NULL)
			r = check_transfer(p, p->transfers[i].provide);
	}
	return r;
}
