#ifndef SYNCD_SYNC_RUN_H
#define SYNCD_SYNC_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "proto/failure.h"
#include "proto/limits.h"
#include "proto/manifest.h"

/*
 * What a site did with its provider, because it was asked to or it was time,
 * as it is told to people: what that brought, and how it ended.  It is one
 * contact or, where the link is cut, as many as it takes; each adds to what
 * those before it have counted.  Plain data; the list of images is its own.
 */

enum run_outcome {
	RUN_RUNNING,
	RUN_DONE,    /* All that is granted and there was received. */
	RUN_PARTIAL, /* Some of it was not; failure says why. */
	RUN_FAILED,
	RUN_CANCELED,
};

/* What it took to receive a blob. */
struct run_cost {
	uint64_t wire_bytes;
	uint64_t reused_bytes;
	unsigned int fallbacks;
	int64_t elapsed_ms;
};

/* A file that was received, is being received, or was here already. */
struct run_image {
	char image[PH_NAME_MAX + 1];
	char version[PH_VERSION_MAX + 1];
	char file[PH_FILE_NAME_MAX + 1];
	int full;                      /* 1: method "full", else "delta". */
	char base[PH_VERSION_MAX + 1]; /* Version of the base, if delta. */
	uint64_t size;
	uint64_t logical_bytes; /* Done so far. */
	uint64_t resumed_bytes; /* Was here before the run. */
	struct run_cost cost;
	struct run_cost cost_before; /* Of it: of transfers that ended. */
	unsigned int contact;        /* Of its last transfer; 0: none yet. */
	int done;
	int code; /* PH_OK, or why it was not received. */
};

struct run {
	enum run_outcome outcome;
	struct failure failure;
	int dry_run;
	int nothing_granted; /* The list in force is empty. */
	unsigned int ncontacts;
	unsigned int nfruitless; /* The last contacts that brought nothing. */
	uint64_t wire_received;  /* At the TCP socket, SSH included. */
	uint64_t wire_sent;
	uint64_t received_before; /* Of these two: by contacts that ended. */
	uint64_t sent_before;
	uint64_t content_before; /* run_content(), as this contact began. */
	size_t nwithdrawn;
	size_t nretired;
	size_t ncompleted;     /* Versions that became complete. */
	unsigned int nresumed; /* Contacts that continued what was here. */
	uint64_t total_bytes;  /* Sum of sizes of what is to be received. */
	int64_t started_ms;    /* Monotonic. */
	int64_t elapsed_ms;
	struct run_image *images; /* Owned. */
	size_t nimages;
	size_t room; /* Allocated. */
	/* A dry run: what would go and come, "IMAGE VERSION" lines. */
	char **would_withdraw; /* Owned. */
	size_t nwould_withdraw;
	char **would_receive; /* Owned. */
	size_t nwould_receive;
};

/* Nothing yet. */
void run_init(struct run *run);

/* Free what it holds; nothing again. */
void run_fini(struct run *run);

/* Bytes of images that came by wire. */
uint64_t run_content(const struct run *run);

/* The sum of the sizes of what was received whole. */
uint64_t run_done_bytes(const struct run *run);

/*
 * The entry of a file of a version, made when there is none; its place in
 * images.  PH_OK or PH_ENOMEM.
 */
int run_image(struct run *run, const char *image, const char *version,
    const char *file, size_t *out) ATTR_CHECK;

/*
 * A version is whole: what of it has no entry was here already, and gets one,
 * which is done.  PH_OK or PH_ENOMEM.
 */
int run_note_whole(struct run *run, const struct manifest *m) ATTR_CHECK;

/* Take over the entries of another run for which there are none. */
int run_take_images(struct run *run, const struct run *other) ATTR_CHECK;

/* The first contact of a run begins, or the next after one that was cut. */
void run_begin_contact(struct run *run);

/*
 * A contact of a run failed: 1 when the next is to go on with it.  That is
 * so where trying again helps and anything came at all; until contact after
 * contact brings nothing.
 */
int run_goes_on(struct run *run);

/* "running", "done", "partial", "failed", "canceled". */
const char *run_outcome_name(enum run_outcome outcome);

#endif
