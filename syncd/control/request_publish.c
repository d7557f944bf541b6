/*
 * Publishing: measure the files on a worker, begin in the lane, take in each
 * file on a worker, commit in the lane.  A client that goes away before the
 * commit has published nothing.  Neither the loop nor the catalogue's lane
 * asks an operator's file anything: its file system may never answer.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "proto/errors.h"
#include "proto/json_terms.h"
#include "proto/limits.h"
#include "syncd/base/diag.h"
#include "syncd/catalogue/publication.h"
#include "syncd/control/meter.h"
#include "syncd/store/extent.h"
#include "syncd/transfer/encodings.h"

#include "syncd/control/request_publish.h"

/*
 * Invariant: publication belongs to the lane's steps, but for ingest_step(),
 * and is freed there; it is not NULL from a successful begin_step() on until
 * end_step().
 */
struct publish {
	struct publication_spec spec;
	const char *names[PH_CONTROL_FDS_MAX];
	int fds[PH_CONTROL_FDS_MAX];                /* Borrowed, by file. */
	struct digest expected[PH_CONTROL_FDS_MAX]; /* Zeros: any. */
	struct labels labels;
	uint64_t done; /* Of the files before current. */
	size_t current;
	struct meter *meter;
	struct publication *publication;
	int code; /* Of the last step. */
	struct digest blobs[PH_CONTROL_FDS_MAX];
	size_t nblobs;
};

static void ingest_next(struct request *r);

/* The end of a request's state. */
static void
fini(void *cookie)
{
	struct publish *p = cookie;

	meter_free(p->meter);
	labels_fini(&p->labels);
}

/* Some bytes of a file were taken in. */
static void
report(struct request *r)
{
	struct publish *p = request_state(r);
	struct json_writer *w;

	if (p->current >= p->spec.nfiles)
		return;
	w = request_progress(r);
	if (w == NULL)
		return;
	json_put_u64(w, "done", p->done + meter_done(p->meter));
	json_put_u64(w, "total", p->spec.size);
	json_put_string(w, "file", p->names[p->current]);
	request_progress_end(r);
}

/* Who will receive it. */
static void
put_recipients(struct json_writer *w, const struct publication_result *result)
{
	const struct recipient *recipient;
	size_t i;

	json_open_array(w, "recipients");
	for (i = 0; i < result->recipients.count; i++) {
		recipient = &result->recipients.items[i];
		json_open_object(w, NULL);
		json_put_string(w, "name", recipient->name);
		json_put_string(w, "state",
		    policy_state_name(recipient->state));
		json_put_string(w, "rule", recipient->rule);
		json_close_object(w);
	}
	json_close_array(w);
}

/* Say what was published. */
static void
put_result(struct request *r, const struct publication_result *result)
{
	struct publish *p = request_state(r);
	struct json_writer *w;

	w = request_result(r);
	json_put_string(w, "image", p->spec.image);
	json_put_string(w, "version", p->spec.version);
	json_put_digest(w, "digest", &result->manifest);
	json_put_u64(w, "size", result->size);
	json_put_bool(w, "already", result->already);
	json_put_bool(w, "dry_run", p->spec.dry_run);
	put_recipients(w, result);
	request_result_end(r);
}

/* Lane: commit, if all went well and someone still wants it; and end. */
static void
end_step(struct request *r)
{
	struct publish *p = request_state(r);
	struct publication_result result;
	struct failure f;
	size_t i;

	publication_result_init(&result);
	f.code = PH_OK;
	if (p->code == PH_OK && request_is_canceled(r))
		p->code = request_fail_code(r, PH_ECANCELED, NULL,
		    "publishing %s", p->spec.image);
	if (p->code == PH_OK) {
		p->code = publication_commit(p->publication, &result, &f);
		if (p->code == PH_OK)
			put_result(r, &result);
		else
			(void)request_fail_code(r, p->code, &f,
			    "publishing %s %s", p->spec.image, p->spec.version);
	}
	if (p->code == PH_OK && !p->spec.dry_run) {
		p->nblobs = publication_nfiles(p->publication);
		for (i = 0; i < p->nblobs; i++)
			p->blobs[i] = *publication_blob(p->publication, i);
	}
	publication_result_fini(&result);
	publication_free(p->publication);
	p->publication = NULL;
}

/* Loop: what follows a publication happens in the background. */
static void
on_end(struct request *r)
{
	const struct engine *engine = request_context(r)->engine;
	struct publish *p = request_state(r);
	size_t i;

	for (i = 0; i < p->nblobs && engine->encodings != NULL; i++)
		encodings_pool_sign(engine->encodings, &p->blobs[i]);
	if (p->code == PH_OK && !p->spec.dry_run)
		diag(DIAG_NOTICE, "%s published %s %s", request_actor(r),
		    p->spec.image, p->spec.version);
	request_finish(r);
}

/* Worker: take in one file. */
static void
ingest_step(struct request *r)
{
	struct publish *p = request_state(r);
	struct progress progress = meter_progress(p->meter);
	const struct digest *expected = &p->expected[p->current];
	struct failure f;

	f.code = PH_OK;
	p->code =
	    publication_ingest(p->publication, p->current, p->fds[p->current],
		digest_is_zero(expected) ? NULL : expected, &progress, &f);
	if (p->code != PH_OK)
		(void)request_fail_code(r, p->code, &f, "taking in %s",
		    p->names[p->current]);
}

/* Loop: a file is in, or was refused. */
static void
on_ingested(struct request *r)
{
	struct publish *p = request_state(r);

	p->done += meter_done(p->meter);
	meter_reset(p->meter);
	p->current++;
	ingest_next(r);
}

/* 1 for a pipe.  No file system is asked. */
static int
is_pipe(int fd)
{
	return fcntl(fd, F_GETPIPE_SZ) != -1;
}

/* Loop: go on with the next file, or end. */
static void
ingest_next(struct request *r)
{
	const struct control_context *context = request_context(r);
	struct publish *p = request_state(r);

	if (p->code != PH_OK || p->current == p->spec.nfiles)
		request_in_lane(r, end_step, on_end);
	else
		request_in_worker(r,
		    is_pipe(p->fds[p->current]) ? context->pipe_lane :
						  context->file_lane,
		    ingest_step, on_ingested);
}

/* Lane: check names and clashes. */
static void
begin_step(struct request *r)
{
	struct catalogue *c = request_context(r)->engine->catalogue;
	struct publish *p = request_state(r);
	struct failure f;

	f.code = PH_OK;
	p->code = publication_begin(c, &p->spec, &p->publication, &f);
	if (p->code != PH_OK)
		(void)request_fail_code(r, p->code, &f, "publishing %s %s",
		    p->spec.image, p->spec.version);
}

/* Loop: take in the files. */
static void
on_begun(struct request *r)
{
	struct publish *p = request_state(r);

	if (p->code != PH_OK)
		request_finish(r);
	else
		ingest_next(r);
}

/* Worker: how much there is to do, and how much room that needs. */
static void
measure_step(struct request *r)
{
	struct publish *p = request_state(r);
	struct stat st;
	size_t i;

	for (i = 0; i < p->spec.nfiles; i++) {
		if (fstat(p->fds[i], &st) != 0 || !S_ISREG(st.st_mode) ||
		    st.st_size <= 0)
			continue;
		p->spec.size += (uint64_t)st.st_size;
		/* Holes need no room but in the block map. */
		if (!p->spec.dry_run)
			p->spec.stored +=
			    extent_count_data(p->fds[i], (uint64_t)st.st_size);
	}
}

/* Loop: begin. */
static void
on_measured(struct request *r)
{
	request_in_lane(r, begin_step, on_begun);
}

/* Loop: measure what is not a pipe, of which nothing can be known. */
static void
measure_files(struct request *r)
{
	const struct publish *p = request_state(r);
	size_t i;

	for (i = 0; i < p->spec.nfiles && is_pipe(p->fds[i]); i++)
		continue;
	if (i == p->spec.nfiles)
		on_measured(r);
	else
		request_in_worker(r, request_context(r)->file_lane,
		    measure_step, on_measured);
}

/* The files: names, and which descriptors they are. */
static void
get_files(struct request *r, struct publish *p)
{
	struct json_object *o = request_arguments(r);
	struct json_array names, files;
	uint64_t index;
	size_t i;

	json_get_array(o, "names", 1, PH_CONTROL_FDS_MAX, &names);
	json_get_array(o, "files", 1, PH_CONTROL_FDS_MAX, &files);
	json_check(o, "files", names.count == files.count);
	for (i = 0; i < names.count && i < files.count; i++) {
		json_array_string(&names, i, &p->names[i], NULL);
		json_array_u64(&files, i, 0, &index);
		json_array_check(&files, index < request_nfds(r));
		if (index < request_nfds(r))
			p->fds[i] = request_fd(r, (size_t)index);
	}
	p->spec.names = p->names;
	p->spec.nfiles = i;
}

/* Digests that the files must have. */
static void
get_expected(struct request *r, struct publish *p)
{
	struct json_object *o = request_arguments(r);
	struct json_array list;
	size_t i;

	if (!json_has(o, "sha256"))
		return;
	json_get_array(o, "sha256", p->spec.nfiles, p->spec.nfiles, &list);
	for (i = 0; i < list.count; i++)
		json_array_digest_or_null(&list, i, &p->expected[i]);
}

static int
image_publish(struct request *r)
{
	struct json_object *o = request_arguments(r);
	struct publish *p;
	int code;

	p = request_state_new(r, sizeof(*p), fini);
	labels_init(&p->labels);
	json_get_string(o, "image", &p->spec.image, NULL);
	json_get_string(o, "version", &p->spec.version, NULL);
	get_files(r, p);
	get_expected(r, p);
	labels_decode(o, "labels", &p->labels);
	p->spec.labels = &p->labels;
	p->spec.actor = request_actor(r);
	json_get_text_or_null(o, "owner", &p->spec.owner);
	json_get_bool(o, "dry_run", &p->spec.dry_run);
	code = request_check_arguments(r);
	if (code != PH_OK)
		return code;
	p->meter = meter_new(r, report);
	if (p->meter == NULL)
		return request_fail_code(r, PH_ENOMEM, NULL, "publishing");
	measure_files(r);
	return PH_OK;
}

const struct verb request_publish_verbs[] = {
	{ "image.publish", VERB_AT_PRIMARY | VERB_LONG, image_publish },
	{ NULL, VERB_AT_BOTH, NULL },
};
