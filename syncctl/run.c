/*
 * Runs.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "proto/buffer.h"
#include "proto/control.h"
#include "proto/errors.h"
#include "proto/version.h"
#include "syncctl/output.h"
#include "syncctl/report.h"
#include "syncctl/table.h"
#include "syncd/config/units.h"

#include "syncctl/run.h"

/* Take one entry of "images" apart. */
static void
get_file(struct json_object *o, struct run_file *out)
{
	json_get_string(o, "image", &out->image, NULL);
	json_get_string(o, "version", &out->version, NULL);
	json_get_string(o, "file", &out->file, NULL);
	json_get_string_or_null(o, "method", &out->method, NULL);
	json_get_string_or_null(o, "base", &out->base, NULL);
	json_get_u64(o, "logical_bytes", 0, &out->logical_bytes);
	json_get_u64(o, "done_bytes", 0, &out->done_bytes);
	json_get_u64(o, "wire_bytes", 0, &out->wire_bytes);
	json_get_u64(o, "milliseconds", 0, &out->milliseconds);
	json_get_u64(o, "reused_bytes", 0, &out->reused_bytes);
	json_get_u64(o, "resumed_bytes", 0, &out->resumed_bytes);
	json_get_u64(o, "fallbacks", 0, &out->fallbacks);
	json_get_bool(o, "done", &out->done);
	control_get_failure_or_null(o, "failure", &out->failure, NULL);
}

/* By image and version, then by file, so that those of one are together. */
static int
compare_files(const void *pa, const void *pb)
{
	const struct run_file *a, *b;
	int order;

	a = pa;
	b = pb;
	order = strcmp(a->image, b->image);
	if (order == 0)
		order = version_compare(a->version, b->version);
	return order != 0 ? order : strcmp(a->file, b->file);
}

int
run_get(struct json_object *o, struct run *out)
{
	struct json_object file;
	struct json_array list;
	size_t i;

	memset(out, 0, sizeof(*out));
	json_get_string(o, "outcome", &out->outcome, NULL);
	json_get_bool(o, "dry_run", &out->dry_run);
	json_get_bool(o, "nothing_granted", &out->nothing_granted);
	json_get_u64(o, "wire_bytes_received", 0, &out->wire_bytes_received);
	json_get_u64(o, "wire_bytes_sent", 0, &out->wire_bytes_sent);
	json_get_u64(o, "total_bytes", 0, &out->total_bytes);
	json_get_u64(o, "files", 0, &out->total_files);
	json_get_u64(o, "logical_bytes", 0, &out->logical_bytes);
	json_get_u64(o, "reused_bytes", 0, &out->reused_bytes);
	json_get_u64(o, "resumed_bytes", 0, &out->resumed_bytes);
	json_get_u64(o, "fallbacks", 0, &out->fallbacks);
	json_get_u64(o, "milliseconds", 0, &out->milliseconds);
	json_get_u64(o, "withdrawn", 0, &out->withdrawn);
	json_get_u64(o, "retired", 0, &out->retired);
	json_get_u64(o, "completed", 0, &out->completed);
	json_get_u64(o, "resumed", 0, &out->resumed);
	control_get_failure_or_null(o, "failure", &out->failure,
	    &out->exit_status);
	json_get_array(o, "would_withdraw", 0, SIZE_MAX, &out->would_withdraw);
	json_get_array(o, "would_receive", 0, SIZE_MAX, &out->would_receive);
	json_get_array(o, "images", 0, SIZE_MAX, &list);
	out->files = calloc(list.count + 1, sizeof(out->files[0]));
	if (out->files == NULL)
		return PH_ENOMEM;
	out->nfiles = list.count;
	for (i = 0; i < list.count; i++) {
		json_array_object(&list, i, &file);
		get_file(&file, &out->files[i]);
	}
	if (json_error(o->tree) == PH_OK)
		qsort(out->files, out->nfiles, sizeof(out->files[0]),
		    compare_files);
	return PH_OK;
}

void
run_fini(struct run *run)
{
	free(run->files);
	memset(run, 0, sizeof(*run));
}

void
run_point(const struct run *run, struct progress_point *out)
{
	uint64_t come;
	size_t i;

	memset(out, 0, sizeof(*out));
	out->is_transfer = 1;
	out->total = run->total_bytes;
	out->received = run->wire_bytes_received;
	out->done = run->logical_bytes;
	out->reused = run->reused_bytes;
	come = out->received + out->reused + run->resumed_bytes;
	for (i = 0; i < run->nfiles; i++) {
		if (out->what == NULL && !run->files[i].done)
			out->what = run->files[i].image;
	}
	if (strcmp(run->outcome, "failed") == 0)
		out->note = "cut: trying again";
	/* Files count whole segments; what came of others counts, too. */
	if (come > out->total)
		come = out->total;
	if (come > out->done)
		out->done = come;
}

/* "once", "twice", "3 times" */
static void
put_times(uint64_t n, struct buffer *out)
{
	if (n == 1)
		output_put(out, "once");
	else if (n == 2)
		output_put(out, "twice");
	else
		output_put(out, "%" PRIu64 " times", n);
}

/* "83 MiB for 4.0 GiB (2 %)" */
static void
put_cost(const struct run *run, struct buffer *out)
{
	char logical[UNITS_TEXT_SIZE], wire[UNITS_TEXT_SIZE];
	uint64_t bytes, percent;

	bytes = run->wire_bytes_received + run->wire_bytes_sent;
	units_size_text(bytes, wire);
	units_size_text(run->logical_bytes, logical);
	if (run->logical_bytes == 0) {
		output_put(out, "%s, %s",
		    strcmp(run->outcome, "done") == 0 ? "nothing new" :
							"nothing complete",
		    wire);
		return;
	}
	percent =
	    (uint64_t)((double)bytes * 100.0 / (double)run->logical_bytes +
		0.5);
	if (percent == 0)
		output_put(out, "%s for %s (under 1 %%)", wire, logical);
	else
		output_put(out, "%s for %s (%" PRIu64 " %%)", wire, logical,
		    percent);
}

/* What a dry run found. */
static void
put_would(const struct run *run, struct buffer *out)
{
	char receive[OUTPUT_TERM_SIZE], withdraw[OUTPUT_TERM_SIZE];

	output_put(out, "would receive %s and remove %s",
	    output_plural(run->would_receive.count, "version", receive),
	    output_plural(run->would_withdraw.count, "version", withdraw));
}

void
run_summary(const struct run *run, const char *name, struct buffer *out)
{
	char duration[OUTPUT_TERM_SIZE];

	if (run->dry_run && !run->nothing_granted) {
		put_would(run, out);
		return;
	}
	if (run->nothing_granted)
		output_put(out, "nothing is granted to %s", name);
	else
		put_cost(run, out);
	if (!run->nothing_granted) {
		output_duration(run->milliseconds, duration);
		output_put(out, ", %s", duration);
	}
	if (run->resumed > 0) {
		output_put(out, ", resumed ");
		put_times(run->resumed, out);
	}
	if (run->withdrawn > 0)
		output_put(out, ", %" PRIu64 " withdrawn", run->withdrawn);
	if (run->retired > 0)
		output_put(out, ", %" PRIu64 " retired", run->retired);
	if (run->fallbacks > 0)
		output_put(out, ", %" PRIu64 " segments without base",
		    run->fallbacks);
}

int
run_table(const struct run *run, struct buffer *out)
{
	static const char *const headers[] = { "IMAGE", "VERSION", "FILE",
		"METHOD", ">SIZE", ">RECEIVED", ">REUSED", ">TIME", NULL };
	char duration[OUTPUT_TERM_SIZE];
	const struct run_file *file;
	struct table *t;
	size_t i;
	int r;

	if (run->nfiles == 0)
		return PH_OK;
	t = table_new(headers);
	for (i = 0; i < run->nfiles; i++) {
		file = &run->files[i];
		table_text(t, file->image);
		table_text(t, file->version);
		table_text(t, file->file);
		if (file->base != NULL)
			table_put(t, "%s on %s", file->method, file->base);
		else
			table_text(t, file->method);
		table_size(t, file->logical_bytes);
		table_size(t, file->wire_bytes);
		table_size(t, file->reused_bytes);
		output_duration(file->milliseconds, duration);
		table_text(t, file->done ? duration : "not done");
	}
	r = table_print(t, out);
	table_free(t);
	return r;
}

/* 1 when both are of one version. */
static int
same_version(const struct run_file *a, const struct run_file *b)
{
	return strcmp(a->image, b->image) == 0 &&
	    strcmp(a->version, b->version) == 0;
}

/*
 * The version that begins with file i, all its files together; the place of
 * the next one.
 */
static size_t
put_version(const struct run *run, size_t i, struct json_writer *w)
{
	struct run_file sum;
	size_t j;

	sum = run->files[i];
	for (j = i + 1; j < run->nfiles; j++) {
		if (!same_version(&sum, &run->files[j]))
			break;
		sum.logical_bytes += run->files[j].logical_bytes;
		sum.wire_bytes += run->files[j].wire_bytes;
		sum.milliseconds += run->files[j].milliseconds;
		sum.reused_bytes += run->files[j].reused_bytes;
		sum.fallbacks += run->files[j].fallbacks;
		if (sum.base == NULL && run->files[j].base != NULL) {
			sum.base = run->files[j].base;
			sum.method = run->files[j].method;
		}
	}
	json_open_object(w, NULL);
	json_put_string(w, "image", sum.image);
	json_put_string(w, "version", sum.version);
	json_put_string_or_null(w, "method", sum.method);
	json_put_string_or_null(w, "base", sum.base);
	json_put_u64(w, "logical_bytes", sum.logical_bytes);
	json_put_u64(w, "wire_bytes", sum.wire_bytes);
	output_json_seconds(w, "seconds", sum.milliseconds);
	json_put_u64(w, "reused_bytes", sum.reused_bytes);
	json_put_u64(w, "fallbacks", sum.fallbacks);
	json_close_object(w);
	return j;
}

/* What a dry run found, for programs. */
static void
put_list(const char *name, const struct json_array *list, struct json_writer *w)
{
	struct json_array copy;
	const char *text;
	size_t i;

	copy = *list;
	json_open_array(w, name);
	for (i = 0; i < copy.count; i++) {
		json_array_string(&copy, i, &text, NULL);
		json_put_string(w, NULL, text);
	}
	json_close_array(w);
}

void
run_put(const struct run *run, struct json_writer *w)
{
	size_t i;

	json_put_string(w, "outcome", run->outcome);
	json_put_u64(w, "wire_bytes_received", run->wire_bytes_received);
	json_put_u64(w, "wire_bytes_sent", run->wire_bytes_sent);
	json_put_u64(w, "withdrawn", run->withdrawn);
	json_put_u64(w, "retired", run->retired);
	json_put_u64(w, "resumed", run->resumed);
	json_put_bool(w, "nothing_granted", run->nothing_granted);
	json_open_array(w, "images");
	for (i = 0; i < run->nfiles;)
		i = put_version(run, i, w);
	json_close_array(w);
	if (run->dry_run) {
		put_list("would_withdraw", &run->would_withdraw, w);
		put_list("would_receive", &run->would_receive, w);
	}
}

int
run_report(const struct run *run, struct report *report)
{
	struct failure *f;
	size_t i, n;
	int r;

	f = &report->failure;
	if (strcmp(run->outcome, "done") == 0 ||
	    strcmp(run->outcome, "running") == 0)
		return PH_OK;
	n = 0;
	for (i = 0; i < run->nfiles; i++)
		n += run->files[i].failure.code != PH_OK;
	r = report_parts(report, n);
	if (r != PH_OK)
		return r;
	for (i = n = 0; i < run->nfiles; i++) {
		if (run->files[i].failure.code == PH_OK)
			continue;
		report->parts[n] = run->files[i].failure;
		failure_where(&report->parts[n++], "%s@%s %s",
		    run->files[i].image, run->files[i].version,
		    run->files[i].file);
	}
	*f = run->failure;
	report->exit_status = run->exit_status;
	if (strcmp(run->outcome, "partial") == 0 &&
	    (run->completed + run->withdrawn + run->retired > 0 ||
		f->code == PH_OK)) {
		if (f->code == PH_OK)
			(void)failure_set(f, PH_EPARTIAL,
			    "some of what is granted was not received");
		f->code = PH_EPARTIAL;
		report->exit_status = error_exit_status(PH_EPARTIAL);
	} else if (f->code == PH_OK && strcmp(run->outcome, "canceled") == 0) {
		(void)failure_set(f, PH_ECANCELED, "the run was canceled");
	} else if (f->code == PH_OK) {
		(void)failure_set(f, PH_EINTERNAL,
		    "the run failed, and syncd did not say why");
	}
	return f->code;
}
