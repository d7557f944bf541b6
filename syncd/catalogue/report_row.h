#ifndef SYNCD_CATALOGUE_REPORT_ROW_H
#define SYNCD_CATALOGUE_REPORT_ROW_H

#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "proto/limits.h"
#include "proto/order.h"
#include "syncd/index/index.h"

/*
 * Primary: the row of the index that says what the last receipt of a
 * repository was.  For modules of the catalogue, inside their transactions.
 */

/* The last receipt of a repository. */
struct report {
	uint64_t number;
	struct digest receipt; /* Of the document. */
	struct digest set;
	uint64_t count; /* Lines of the set. */
	uint8_t incarnation[PH_INCARNATION_SIZE];
	struct order grant; /* Under which it spoke; {0, 0}: none. */
	uint64_t free_bytes;
	int64_t time;     /* As the repository has it. */
	int64_t received; /* As we have it. */
};

/* PH_OK, or PH_EABSENT when it never reported. */
int report_row_get(struct index_txn *txn, const struct digest *id,
    struct report *out) ATTR_CHECK;
int report_row_put(struct index_txn *txn, const struct digest *id,
    const struct report *report) ATTR_CHECK;

#endif
