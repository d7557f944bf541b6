#ifndef TESTS_UNIT_CHECK_MAIN_H
#define TESTS_UNIT_CHECK_MAIN_H

#include <stdlib.h>

#include <check.h>

/*
 * The end of every unit test's main(): one Check suite, run.
 */

/*
 * Run the suite, which is freed, and print what failed.  Returns the exit
 * status of the program.  CK_RUN_CASE, CK_FORK and CK_VERBOSITY of Check's
 * environment do what its manual says.
 */
static inline int
check_run(Suite *suite)
{
	SRunner *runner;
	int nfailed;

	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	nfailed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return nfailed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
