#ifndef TESTS_UNIT_SYNCD_CATALOGUE_CRASH_H
#define TESTS_UNIT_SYNCD_CATALOGUE_CRASH_H

#include "tests/unit/syncd/catalogue/world.h"

/*
 * Kill -9 in the k-th file call that changes something, and what the next
 * start makes of it.  For sweeps over all k.
 */

/* What a child does until it is killed. */
typedef void crash_work(struct world *w, unsigned int k);

/*
 * Close all; let a child open all, work, and die in the k-th call of the
 * victim (before it, but half of a write may have arrived); open all again,
 * and check the invariants of the victim.  1 when the child came to its end.
 */
int crash_run(struct world *w, struct repository *victim, unsigned int k,
    crash_work *job);

#define CRASH_SIZE 5000u

/* Publish winxp@ROUND, of CRASH_SIZE bytes. */
void crash_publish(struct world *w, unsigned int round);

/* What allows the site "lab" all. */
#define CRASH_ALLOW_ALL                                                        \
	"version: 1\nallow:\n  - to: [lab]\n    images: {name: \"*\"}\n"

#endif
