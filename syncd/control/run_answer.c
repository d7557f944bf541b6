/*
 * RUN in JSON.
 */
#include <stddef.h>

#include "proto/control.h"
#include "proto/errors.h"
#include "proto/failure.h"

#include "syncd/control/run_answer.h"

/* A count of milliseconds; what is not known yet is 0. */
static void
put_milliseconds(struct json_writer *w, int64_t ms)
{
	json_put_int(w, "milliseconds", ms < 0 ? 0 : ms);
}

/* One blob. */
static void
put_image(struct json_writer *w, const struct run_image *image)
{
	struct failure f;

	json_open_object(w, NULL);
	json_put_string(w, "image", image->image);
	json_put_string(w, "version", image->version);
	json_put_string(w, "file", image->file);
	json_put_string(w, "method", image->full ? "full" : "delta");
	json_put_string_or_null(w, "base", image->full ? NULL : image->base);
	json_put_u64(w, "logical_bytes", image->size);
	json_put_u64(w, "done_bytes", image->logical_bytes);
	json_put_u64(w, "wire_bytes", image->cost.wire_bytes);
	put_milliseconds(w, image->cost.elapsed_ms);
	json_put_u64(w, "reused_bytes", image->cost.reused_bytes);
	json_put_u64(w, "resumed_bytes", image->resumed_bytes);
	json_put_u64(w, "fallbacks", image->cost.fallbacks);
	json_put_bool(w, "done", image->done);
	if (image->code != PH_OK) {
		(void)failure_set(&f, image->code, "%s",
		    error_sentence(image->code));
		control_put_failure(w, "failure", &f);
	} else {
		json_put_null(w, "failure");
	}
	json_close_object(w);
}

/* Lines of text. */
static void
put_lines(struct json_writer *w, const char *name, char *const *lines, size_t n)
{
	size_t i;

	json_open_array(w, name);
	for (i = 0; i < n; i++)
		json_put_string(w, NULL, lines[i]);
	json_close_array(w);
}

/* What its files come to, whether each is told or not. */
static void
put_sums(struct json_writer *w, const struct run *run)
{
	uint64_t logical, reused, resumed, fallbacks;
	const struct run_image *image;
	size_t i;

	logical = reused = resumed = fallbacks = 0;
	for (i = 0; i < run->nimages; i++) {
		image = &run->images[i];
		logical += image->logical_bytes;
		reused += image->cost.reused_bytes;
		resumed += image->resumed_bytes;
		fallbacks += image->cost.fallbacks;
	}
	json_put_u64(w, "files", run->nimages);
	json_put_u64(w, "logical_bytes", logical);
	json_put_u64(w, "reused_bytes", reused);
	json_put_u64(w, "resumed_bytes", resumed);
	json_put_u64(w, "fallbacks", fallbacks);
}

/* 1 for what is being received, or was not because of a failure. */
static int
is_open(const struct run *run, const struct run_image *image)
{
	return image->code != PH_OK ||
	    (!image->done && image->contact == run->ncontacts);
}

void
run_answer_put_members(struct json_writer *w, const struct run *run,
    enum run_answer_images which)
{
	size_t i;

	json_put_string(w, "outcome", run_outcome_name(run->outcome));
	json_put_bool(w, "dry_run", run->dry_run);
	json_put_bool(w, "nothing_granted", run->nothing_granted);
	json_put_u64(w, "wire_bytes_received", run->wire_received);
	json_put_u64(w, "wire_bytes_sent", run->wire_sent);
	json_put_u64(w, "total_bytes", run->total_bytes);
	put_sums(w, run);
	put_milliseconds(w, run->elapsed_ms);
	json_put_u64(w, "withdrawn", run->nwithdrawn);
	json_put_u64(w, "retired", run->nretired);
	json_put_u64(w, "completed", run->ncompleted);
	json_put_u64(w, "contacts", run->ncontacts);
	json_put_u64(w, "resumed", run->nresumed);
	if (run->failure.code != PH_OK)
		control_put_failure(w, "failure", &run->failure);
	else
		json_put_null(w, "failure");
	json_open_array(w, "images");
	for (i = 0; i < run->nimages; i++) {
		if (which == RUN_ANSWER_ALL || is_open(run, &run->images[i]))
			put_image(w, &run->images[i]);
	}
	json_close_array(w);
	put_lines(w, "would_withdraw", run->would_withdraw,
	    run->nwould_withdraw);
	put_lines(w, "would_receive", run->would_receive, run->nwould_receive);
}

void
run_answer_put(struct json_writer *w, const char *name, const struct run *run)
{
	if (run == NULL) {
		json_put_null(w, name);
		return;
	}
	json_open_object(w, name);
	run_answer_put_members(w, run, RUN_ANSWER_OPEN);
	json_close_object(w);
}
