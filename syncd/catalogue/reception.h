#ifndef SYNCD_CATALOGUE_RECEPTION_H
#define SYNCD_CATALOGUE_RECEPTION_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/document.h"
#include "proto/limits.h"
#include "syncd/catalogue/catalogue.h"

/*
 * A site: what is granted and not here yet, and taking it in.  Each step
 * asks the grant in force again, so that what was revoked meanwhile is
 * refused.  Lane only.
 */

/* Manifests of the grant that are not here; at most max of them. */
int reception_missing_manifests(struct catalogue *c, struct digest *out,
    size_t max, size_t *n) ATTR_CHECK;

/*
 * Take a manifest that was asked for by its digest: signed by a publisher,
 * for the image and version that the grant lists with that digest, within
 * the charter.  A relabelling (other manifest, same files) moves no content.
 * PH_OK, PH_EDENIED, PH_ESIGNATURE, PH_EDOCUMENT, PH_EDIGEST.
 */
int reception_manifest(struct catalogue *c, const struct digest *digest,
    const struct document *d, struct failure *f) ATTR_CHECK;

#define RECEPTION_BASES_MAX 8u

/* A blob that is to be received. */
struct reception_need {
	char image[PH_NAME_MAX + 1]; /* The first version that names it. */
	char version[PH_VERSION_MAX + 1];
	char file[PH_FILE_NAME_MAX + 1];
	struct digest blob;
	struct digest map;
	uint64_t size;
	struct digest bases[RECEPTION_BASES_MAX]; /* Held; best first. */
	char base_versions[RECEPTION_BASES_MAX][PH_VERSION_MAX + 1];
	size_t nbases;
};

/*
 * Call need(cookie, n) for each blob that a granted version lacks, in the
 * order in which they should come: of each image the newest allow version
 * first.  Versions whose blobs are all here are completed on the way.  Stops
 * at a result that is not PH_OK.
 */
typedef int reception_need_fn(void *cookie, const struct reception_need *n);
int reception_needs(struct catalogue *c, reception_need_fn *need,
    void *cookie) ATTR_CHECK;

/* PH_OK when the grant in force lists a version that names the blob. */
int reception_admits(struct catalogue *c,
    const struct digest *blob) ATTR_CHECK;

/*
 * Note that a blob is being received, so that its versions show as partial;
 * before its staging is made.  PH_OK or PH_EDENIED.
 */
int reception_begin(struct catalogue *c, const struct digest *blob) ATTR_CHECK;

/*
 * A blob is complete in its staging, fsynced, its SHA-256 and map verified
 * by the caller: take it into blobs/, and complete every granted version of
 * which all blobs are now here: documents, log entry (the commit point),
 * published/, index.  Embargoed versions are kept and not published.
 * *nversions counts what became complete.  PH_OK, PH_EDENIED, PH_ESTORE,
 * PH_ENOSPC, PH_EIO.
 */
int reception_complete(struct catalogue *c, const struct digest *blob,
    uint64_t size, const struct digest *map, size_t *nversions) ATTR_CHECK;

#endif
