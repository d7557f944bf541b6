#ifndef TESTS_UNIT_PROTO_ALLOCATIONS_H
#define TESTS_UNIT_PROTO_ALLOCATIONS_H

/*
 * Letting allocations fail.  The linker sends the allocations of proto/ here
 * in programs whose name begins with check_exhaustion, and those of Check,
 * which therefore must not be used by the work itself; those of shared
 * libraries are not touched.
 */

/*
 * Do the work again and again: the first time its first allocation fails,
 * then its second, until none is left to fail.  Each time it says PH_OK or,
 * if one failed, PH_ENOMEM; else the test fails.
 */
void allocations_fail_each(int (*work)(int argument), int argument);

#endif
