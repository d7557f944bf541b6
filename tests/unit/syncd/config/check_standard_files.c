/*
 * Standard files that were not given: each is taken, and fails as without.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/check_main.h"

#include "proto/errors.h"
#include "syncd/config/standard_files.h"

/* 1 when the first three behave as they should without those closed. */
static int
behave(unsigned int closed)
{
	char byte;
	int fd;

	for (fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) != 0)
			return 0;
		if (!(closed & 1u << fd))
			continue;
		if (fd == 0 && (read(fd, &byte, 1) != -1 || errno != EBADF))
			return 0;
		if (fd != 0 && (write(fd, "", 1) != -1 || errno != EBADF))
			return 0;
	}
	/* And no more than those was taken. */
	return fcntl(3, F_GETFD) == -1;
}

/* Open what is missing, and exit with 0 when all is as it should be. */
static void
run_child(unsigned int closed)
{
	int fd, status;

	for (fd = 0; fd <= 2; fd++) {
		if (closed & 1u << fd)
			(void)close(fd);
	}
	for (fd = 3; fd < 64; fd++)
		(void)close(fd);
	status = standard_files_open() == PH_OK && behave(closed) ? 0 : 1;
	_exit(status);
}

START_TEST(missing_ones_are_taken_and_fail)
{
	int status;
	pid_t pid;

	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0)
		run_child((unsigned int)_i);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("standard_files");
	tests = tcase_create("standard_files");
	tcase_add_loop_test(tests, missing_ones_are_taken_and_fail, 0, 8);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
