#ifndef SYNCD_CATALOGUE_REGISTRY_H
#define SYNCD_CATALOGUE_REGISTRY_H

#include "proto/attributes.h"
#include "proto/failure.h"
#include "syncd/catalogue/catalogue.h"
#include "syncd/catalogue/registration.h"

struct ledger_event;

/*
 * Primary: the repositories that were added.  A record is never deleted: a
 * removed repository keeps its name, its history and what was last known of
 * its holdings.  Lane only.
 */

/*
 * Add a repository; of spec, name, key (if has_key), reasons, contact,
 * clients and rate are used.  With a key its charter is issued and its
 * grant made.  PH_OK; PH_ETAKEN when the name (in any case) or the key is in
 * use, removed repositories, this primary itself and its sshd included;
 * PH_ENAME, PH_EKEY; PH_EUSAGE without a reason, or for a contact that is no
 * text.
 */
int registry_add(struct catalogue *c, const char *actor,
    const struct registration *spec, struct failure *f) ATTR_CHECK;

/* Which members of a record registry_set() changes. */
#define REGISTRY_KEY 1u /* Only where there is none. */
#define REGISTRY_REASONS 2u
#define REGISTRY_CONTACT 4u
#define REGISTRY_CLIENTS 8u
#define REGISTRY_RATE 16u
#define REGISTRY_PAUSED 32u
#define REGISTRY_REMOVED 64u /* Only to 1: the key is refused from now on. */

/*
 * Change what of spec the set members says, of the repository of that name.
 * PH_OK (also when nothing changes), PH_EUNKNOWN, PH_ETAKEN, PH_EREMOVED,
 * PH_EUSAGE.
 */
int registry_set(struct catalogue *c, const char *actor,
    const struct registration *spec, unsigned int members,
    struct failure *f) ATTR_CHECK;

/* The record of a name, in any case.  PH_OK or PH_EUNKNOWN. */
int registry_get(struct catalogue *c, const char *name,
    struct registration *out) ATTR_CHECK;

/* The record of an id, or of the id of a current or former key. */
int registry_get_id(struct catalogue *c, const struct digest *id,
    struct registration *out) ATTR_CHECK;
int registry_get_key(struct catalogue *c, const struct digest *key_id,
    struct registration *out) ATTR_CHECK;

/*
 * Call each(cookie, r) for every record, by name; stops at a result that is
 * not PH_OK.
 */
typedef int registry_entry(void *cookie, const struct registration *r);
int registry_each(struct catalogue *c, registry_entry *each,
    void *cookie) ATTR_CHECK;

/* Of the ledger. */
int registry_apply(struct catalogue *c, const struct ledger_event *e);

#endif
