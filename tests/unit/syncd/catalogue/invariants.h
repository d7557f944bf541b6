#ifndef TESTS_UNIT_SYNCD_CATALOGUE_INVARIANTS_H
#define TESTS_UNIT_SYNCD_CATALOGUE_INVARIANTS_H

#include "tests/unit/syncd/catalogue/world.h"

/*
 * The invariants of syncd/catalogue/context.h, looked for in the files
 * themselves.  What does not hold ends the test.
 */

/* Invariants 1 and 3, and that nothing else is in published/. */
void invariants_check(struct repository *r);

/* Those, and 4: what is held is granted (after removals). */
void invariants_check_granted(struct repository *r);

/*
 * Those, 2, and that the store has nothing that no item or grant names:
 * remove the index, open again, and compare what it says.
 */
void invariants_check_rebuild(struct repository *r);

#endif
