#ifndef SYNCD_CATALOGUE_AUTHORITY_H
#define SYNCD_CATALOGUE_AUTHORITY_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/document.h"
#include "proto/hello.h"
#include "proto/key.h"
#include "proto/trust.h"
#include "syncd/catalogue/catalogue.h"

/*
 * Who is believed: the chain of trust documents, and the proof of who we
 * are in a session.  Lane only.
 */

/*
 * The newest trust document; NULL at a site that has not met its primary.
 * Borrowed until authority_accept().
 */
const struct trust *authority_trust(const struct catalogue *c);

/* Our HELLO as that side, with fresh randomness. */
void authority_hello(struct catalogue *c, enum side side, struct hello *out);

/*
 * Sign the transcript of a session with the key that stands for us (the
 * repository's, or at a primary the one of the role primary) and put the
 * signature blob.
 */
int authority_sign(struct catalogue *c,
    const uint8_t transcript[HELLO_TRANSCRIPT_SIZE],
    struct buffer *out) ATTR_CHECK;

/*
 * Call document(cookie, d) for each trust document above an epoch, in order:
 * what a provider sends as TRUST.  Stops at a result that is not PH_OK.
 */
typedef int authority_document(void *cookie, const struct document *d);
int authority_each_above(struct catalogue *c, uint64_t epoch,
    authority_document *document, void *cookie) ATTR_CHECK;

/*
 * A site: take the next trust document of the chain and keep it, durably.
 * PH_OK (also for one we have); PH_ESIGNATURE, PH_EDOCUMENT (also when epochs
 * are missing between), PH_EFORK (another of an epoch we have), PH_EOLDER,
 * PH_EIDENTITY (it names another primary).
 */
int authority_accept(struct catalogue *c, const struct document *d) ATTR_CHECK;

/*
 * A site: check the AUTH of a provider: the signature holds over the
 * transcript, its key has the role primary in the newest trust document, and
 * id is the primary that this site belongs to (and, where the configuration
 * names one, its upstream).  PH_OK, PH_ESIGNATURE or PH_EIDENTITY.
 */
int authority_check_provider(struct catalogue *c, const struct digest *id,
    const uint8_t transcript[HELLO_TRANSCRIPT_SIZE], const void *signature,
    size_t len) ATTR_CHECK;

#endif
