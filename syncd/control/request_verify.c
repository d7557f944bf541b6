/*
 * Hashing again: list in the lane, hash each blob on a worker, note what came
 * of it in the lane.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/version.h"
#include "syncd/base/diag.h"
#include "syncd/catalogue/scrub.h"
#include "syncd/control/meter.h"
#include "syncd/control/unknown.h"

#include "syncd/control/request_verify.h"

/* Invariant: only the loop changes current, and only between steps. */
struct verify {
	const char *image;            /* NULL: all. */
	const char *version;          /* NULL: all. */
	struct scrub_target *targets; /* Owned. */
	int *results;                 /* Owned; by target. */
	size_t ntargets;
	size_t current;
	struct blob_record record; /* Of current, when it is right. */
	int gone;                  /* current was withdrawn meanwhile. */
	uint64_t total;
	uint64_t done; /* Of those before current. */
	struct meter *meter;
	struct store *store;
	int listed; /* The loop knows the targets. */
	int code;   /* Of what stops it all. */
};

static void hash_next(struct request *r);

/* The end of a request's state. */
static void
fini(void *cookie)
{
	struct verify *v = cookie;

	meter_free(v->meter);
	free(v->targets);
	free(v->results);
}

/* Some bytes were hashed. */
static void
report(struct request *r)
{
	struct verify *v = request_state(r);
	const struct scrub_target *target;
	struct json_writer *w;

	if (!v->listed || v->current >= v->ntargets)
		return;
	w = request_progress(r);
	if (w == NULL)
		return;
	target = &v->targets[v->current];
	json_put_u64(w, "done", v->done + meter_done(v->meter));
	json_put_u64(w, "total", v->total);
	json_put_string(w, "image", target->image);
	json_put_string(w, "version", target->version);
	json_put_string(w, "file", target->file);
	request_progress_end(r);
}

/* The answer when all is as it should be. */
static void
put_result(struct request *r, const struct verify *v)
{
	struct json_writer *w;
	size_t i;

	w = request_result(r);
	json_open_array(w, "checked");
	for (i = 0; i < v->ntargets; i++) {
		json_open_object(w, NULL);
		json_put_string(w, "image", v->targets[i].image);
		json_put_string(w, "version", v->targets[i].version);
		json_put_string(w, "file", v->targets[i].file);
		json_put_u64(w, "size", v->targets[i].size);
		json_put_bool(w, "ok", v->results[i] == PH_OK);
		json_close_object(w);
	}
	json_close_array(w);
	request_result_end(r);
}

/* What to do about a file that is not as it should be. */
static void
describe(const struct verify *v, size_t i, int at_primary, struct failure *out)
{
	const struct scrub_target *target = &v->targets[i];

	if (v->results[i] == PH_EDIGEST) {
		(void)failure_set(out, PH_EDIGEST,
		    "%s@%s: %s is damaged or gone, and out of service",
		    target->image, target->version, target->file);
		failure_next(out, "%s",
		    at_primary ? "publish the version again, from the same "
				 "files" :
				 "it is received again: \"syncctl sync\"");
		return;
	}
	(void)failure_set(out, v->results[i], "%s@%s: %s: %s", target->image,
	    target->version, target->file, error_sentence(v->results[i]));
}

/* The answer when nbad are not as they should be. */
static void
put_failures(struct request *r, const struct verify *v, size_t nbad)
{
	const struct configuration *configuration;
	struct failure f, *parts;
	size_t i, n;
	int code;

	configuration = request_context(r)->engine->configuration;
	parts = calloc(nbad, sizeof(*parts));
	code = PH_OK;
	for (i = n = 0; i < v->ntargets; i++) {
		if (v->results[i] == PH_OK)
			continue;
		if (code == PH_OK || v->results[i] == PH_EDIGEST)
			code = v->results[i];
		if (parts != NULL && n < nbad && n < CONTROL_ERRORS_MAX)
			describe(v, i,
			    configuration->role == CONFIGURATION_PRIMARY,
			    &parts[n++]);
	}
	(void)failure_set(&f, code,
	    "%zu of %zu files are not as they should be", nbad, v->ntargets);
	(void)request_fail_parts(r, &f, parts, n);
	free(parts);
}

/* Loop: all was hashed. */
static void
finish(struct request *r)
{
	struct verify *v = request_state(r);
	size_t i, nbad;

	nbad = 0;
	for (i = 0; i < v->ntargets; i++)
		nbad += v->results[i] != PH_OK;
	if (nbad == 0) {
		put_result(r, v);
	} else {
		put_failures(r, v, nbad);
		diag(DIAG_ERROR, "%zu of %zu files are damaged", nbad,
		    v->ntargets);
	}
	request_finish(r);
}

/* Lane: note what came of one. */
static void
record_step(struct request *r)
{
	struct catalogue *c = request_context(r)->engine->catalogue;
	struct verify *v = request_state(r);

	v->code = scrub_record(c, &v->targets[v->current],
	    v->results[v->current], &v->record, &v->gone);
	if (v->code != PH_OK)
		(void)request_fail_code(r, v->code, NULL, "verifying %s",
		    v->targets[v->current].image);
}

/* What was withdrawn is not spoken of: the next one takes its place. */
static void
drop_current(struct verify *v)
{
	size_t n;

	v->total -= v->targets[v->current].size;
	n = --v->ntargets - v->current;
	memmove(&v->targets[v->current], &v->targets[v->current + 1],
	    n * sizeof(*v->targets));
}

/* Loop: go on, or stop when it cannot be noted. */
static void
on_recorded(struct request *r)
{
	struct verify *v = request_state(r);

	if (v->code != PH_OK) {
		request_finish(r);
		return;
	}
	meter_reset(v->meter);
	if (v->gone)
		drop_current(v);
	else
		v->done += v->targets[v->current++].size;
	hash_next(r);
}

/* Worker: hash one. */
static void
hash_step(struct request *r)
{
	struct verify *v = request_state(r);
	struct progress progress = meter_progress(v->meter);
	int64_t now;

	now = clock_wall(request_context(r)->engine->clock);
	v->results[v->current] = scrub_blob(v->store, &v->targets[v->current],
	    now, &progress, &v->record);
}

/* Loop: it is hashed. */
static void
on_hashed(struct request *r)
{
	if (request_is_canceled(r))
		request_finish(r);
	else
		request_in_lane(r, record_step, on_recorded);
}

/* Loop: the next one. */
static void
hash_next(struct request *r)
{
	struct verify *v = request_state(r);

	if (request_is_canceled(r))
		request_finish(r);
	else if (v->current < v->ntargets)
		request_in_worker(r, request_context(r)->file_lane, hash_step,
		    on_hashed);
	else
		finish(r);
}

/* By image and version, as people read them; files stay together. */
static int
compare_targets(const void *a, const void *b)
{
	const struct scrub_target *x = a, *y = b;
	int order;

	order = strcmp(x->image, y->image);
	if (order == 0)
		order = version_compare(x->version, y->version);
	return order != 0 ? order : strcmp(x->file, y->file);
}

/* Lane: what there is to hash. */
static void
list_step(struct request *r)
{
	struct catalogue *c = request_context(r)->engine->catalogue;
	struct verify *v = request_state(r);
	size_t i;

	v->store = catalogue_store(c);
	v->code =
	    scrub_list(c, v->image, v->version, &v->targets, &v->ntargets);
	if (v->code == PH_OK && v->ntargets == 0 && v->image != NULL) {
		v->code = unknown_version(r, v->image, v->version);
		return;
	}
	if (v->code == PH_OK) {
		v->results = calloc(v->ntargets + 1, sizeof(*v->results));
		if (v->results == NULL)
			v->code = PH_ENOMEM;
	}
	if (v->code == PH_OK && v->ntargets > 1)
		qsort(v->targets, v->ntargets, sizeof(*v->targets),
		    compare_targets);
	for (i = 0; v->code == PH_OK && i < v->ntargets; i++)
		v->total += v->targets[i].size;
	if (v->code != PH_OK)
		(void)request_fail_code(r, v->code, NULL, "verifying");
}

/* Loop: begin with the first. */
static void
on_listed(struct request *r)
{
	struct verify *v = request_state(r);

	v->listed = v->code == PH_OK;
	if (v->listed)
		hash_next(r);
	else
		request_finish(r);
}

static int
verify(struct request *r)
{
	struct json_object *o = request_arguments(r);
	struct verify *v;
	int code;

	v = request_state_new(r, sizeof(*v), fini);
	if (json_has(o, "image"))
		json_get_string(o, "image", &v->image, NULL);
	if (json_has(o, "version")) {
		json_get_string(o, "version", &v->version, NULL);
		json_check(o, "version", v->image != NULL);
	}
	code = request_check_arguments(r);
	if (code != PH_OK)
		return code;
	v->meter = meter_new(r, report);
	if (v->meter == NULL)
		return request_fail_code(r, PH_ENOMEM, NULL, "verifying");
	request_in_lane(r, list_step, on_listed);
	return PH_OK;
}

const struct verb request_verify_verbs[] = {
	{ "verify", VERB_AT_BOTH | VERB_LONG, verify },
	{ NULL, VERB_AT_BOTH, NULL },
};
