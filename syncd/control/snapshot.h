#ifndef SYNCD_CONTROL_SNAPSHOT_H
#define SYNCD_CONTROL_SNAPSHOT_H

#include <stddef.h>

#include "proto/attributes.h"
#include "syncd/catalogue/catalogue.h"
#include "syncd/catalogue/holdings.h"
#include "syncd/catalogue/registration.h"

/*
 * Copies of what walks over the catalogue give, for verbs that ask for more
 * about each than can be asked in the middle of a walk.  Lane only.
 */

/* Records of repositories, by name. */
struct snapshot_records {
	struct registration *items;
	size_t count;
	size_t size; /* Allocated. */
};

/* All records, into zeros.  PH_OK or an error; ended by _fini(). */
int snapshot_records(struct catalogue *c,
    struct snapshot_records *out) ATTR_CHECK;
void snapshot_records_fini(struct snapshot_records *s);

/* What a repository may hold and holds. */
struct snapshot_holdings {
	struct holdings_head head;
	struct holdings_row *items;
	size_t count;
	size_t size; /* Allocated. */
};

/* The rows of holdings_of(), into zeros; ended by _fini(). */
int snapshot_holdings(struct catalogue *c, const struct registration *record,
    struct snapshot_holdings *out) ATTR_CHECK;
void snapshot_holdings_fini(struct snapshot_holdings *s);

#endif
