#ifndef SYNCCTL_RUN_H
#define SYNCCTL_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/failure.h"
#include "proto/json.h"
#include "proto/json_writer.h"
#include "syncctl/progress.h"

struct buffer;
struct report;

/*
 * A run of a site, as syncd answers it (RUN of docs/control.md): what it
 * brought and what that cost.
 */

/* A file that was received, or is being received. */
struct run_file {
	const char *image; /* All borrowed from the answer. */
	const char *version;
	const char *file;
	const char *method; /* "delta", "full". */
	const char *base;   /* Version, or NULL. */
	uint64_t logical_bytes;
	uint64_t done_bytes;
	uint64_t wire_bytes;
	uint64_t milliseconds;
	uint64_t reused_bytes;
	uint64_t resumed_bytes;
	uint64_t fallbacks;
	int done;
	struct failure failure; /* Code PH_OK: none. */
};

struct run {
	const char *outcome; /* Borrowed from the answer. */
	int dry_run;
	int nothing_granted;
	uint64_t wire_bytes_received;
	uint64_t wire_bytes_sent;
	uint64_t total_bytes;
	uint64_t total_files; /* Of which files[] may be only some. */
	uint64_t logical_bytes;
	uint64_t reused_bytes;
	uint64_t resumed_bytes;
	uint64_t fallbacks;
	uint64_t milliseconds;
	uint64_t withdrawn;
	uint64_t retired;
	uint64_t completed;
	uint64_t resumed;
	struct failure failure; /* Code PH_OK: none. */
	int exit_status;        /* Of it. */
	struct run_file *files; /* By image and version; owned. */
	size_t nfiles;
	struct json_array would_withdraw;
	struct json_array would_receive;
};

/* Take a run apart; the caller ends it.  PH_OK or PH_ENOMEM. */
int run_get(struct json_object *o, struct run *out) ATTR_CHECK;

/* Free what it holds. */
void run_fini(struct run *run);

/* How far it is; the point borrows from the run. */
void run_point(const struct run *run, struct progress_point *out);

/*
 * Put the line that a person remembers, without a line feed: what travelled
 * for how much, and how long it took.  name is the repository's.
 */
void run_summary(const struct run *run, const char *name, struct buffer *out);

/* Put a table of what was received.  PH_OK or PH_ENOMEM. */
int run_table(const struct run *run, struct buffer *out) ATTR_CHECK;

/*
 * Put outcome, bytes and images as members of an object, the files of one
 * version taken together.
 */
void run_put(const struct run *run, struct json_writer *w);

/*
 * Report a run that did not do all: its failure, and those of files.  PH_OK
 * when it did all or goes on.
 */
int run_report(const struct run *run, struct report *report) ATTR_CHECK;

#endif
