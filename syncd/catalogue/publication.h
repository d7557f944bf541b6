#ifndef SYNCD_CATALOGUE_PUBLICATION_H
#define SYNCD_CATALOGUE_PUBLICATION_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/failure.h"
#include "proto/labels.h"
#include "syncd/catalogue/catalogue.h"
#include "syncd/catalogue/recipients.h"
#include "syncd/store/progress.h"

/*
 * Primary: publishing a version.  Begin, take in each file, commit.  Lane
 * only, but for publication_ingest(), which is long and for a worker: it
 * touches the store alone.
 */

struct publication;

/* What is to be published; borrowed during publication_begin(). */
struct publication_spec {
	const char *actor; /* Who publishes, for the log. */
	const char *image;
	const char *version;
	const struct labels *labels;
	const char *owner;        /* NULL: none. */
	const char *const *names; /* Of the files. */
	size_t nfiles;
	uint64_t size;   /* Of the files, with holes, as far as it is known. */
	uint64_t stored; /* Bytes that the files take on disk, as far as it
			    is known: so much room is reserved. */
	int dry_run;     /* Files are hashed where they are: nothing is kept,
			    no room taken or asked for. */
};

/*
 * Check names and clashes, and that the publisher key is here.  PH_OK and
 * *out; PH_ENAME, PH_ETAKEN (case-only clash of image or version; files
 * that clash), PH_EUSAGE, PH_EKEY, PH_ENOSPC, PH_ESTORE.
 */
int publication_begin(struct catalogue *c, const struct publication_spec *spec,
    struct publication **out, struct failure *f) ATTR_CHECK;

/*
 * Worker: take in file i (in the order of names) from fd, which stays the
 * caller's.  expected (NULL: any) is the digest it must have.  PH_OK;
 * PH_EFILE, PH_EDIGEST, PH_ENOSPC, PH_ECANCELED (from progress).
 */
int publication_ingest(struct publication *p, size_t i, int fd,
    const struct digest *expected, const struct progress *progress,
    struct failure *f) ATTR_CHECK;

/* Sum of the sizes taken in so far. */
uint64_t publication_size(const struct publication *p);

struct publication_result {
	struct digest manifest;
	uint64_t size;
	int already; /* It was published before, the same; what was damaged
			of it since is whole again. */
	struct recipients recipients;
};

/* Empty. */
void publication_result_init(struct publication_result *r);

/* Free what it holds. */
void publication_result_fini(struct publication_result *r);

/*
 * All files are in: publish (or, in a dry run, say what would happen).
 * PH_OK: it is durable and visible, and the grants that list it are made;
 * PH_ETAKEN when this version exists with other content, labels or owner;
 * PH_ENOSPC, PH_EIO: f says whether it is recorded all the same, and will be
 * visible, or granted, as soon as that can be done.
 */
int publication_commit(struct publication *p, struct publication_result *out,
    struct failure *f) ATTR_CHECK;

/* The names of files and their blobs, for what follows in the background. */
size_t publication_nfiles(const struct publication *p);
const struct digest *publication_blob(const struct publication *p, size_t i);

/* Ends it: what was staged and not published is removed.  NULL is fine. */
void publication_free(struct publication *p);

#endif
