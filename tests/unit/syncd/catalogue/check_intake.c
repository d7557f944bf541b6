/*
 * Files of a publication come in as far as there is room for them.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

#include "proto/errors.h"
#include "syncd/catalogue/intake.h"

#define MIB (UINT64_C(1) << 20)

static struct files files;
static struct space *space;
static struct space_hold *hold;
static struct ingest_config config;
static struct ingest_result result;
static struct failure failure;
static uint64_t free_bytes;
static uint64_t taken; /* Bytes that others take from look to look. */
static pid_t child;

/* As much as the test says, and less from look to look. */
static int
probe(void *cookie, uint64_t *bytes, uint64_t *inodes)
{
	(void)cookie;
	*bytes = free_bytes;
	free_bytes -= taken < free_bytes ? taken : free_bytes;
	*inodes = UINT64_MAX;
	return PH_OK;
}

static void
setup(void)
{
	tempdir_begin();
	files = files_system();
	free_bytes = 40 * MIB;
	taken = 0;
	space = space_new(probe, NULL, MIB);
	ck_assert_int_eq(space_reserve(space, "disk@2", 0, 0, &hold, &failure),
	    PH_OK);
	memset(&config, 0, sizeof(config));
	config.files = &files;
	config.name = "d";
	config.dir = AT_FDCWD;
	config.file = "file";
	config.map = "map";
}

static void
teardown(void)
{
	space_release(hold);
	space_free(space);
	tempdir_end();
}

/* A pipe through which so many pieces of 1 MiB come. */
static void
open_pipe(unsigned int npieces)
{
	static char piece[MIB];
	int fds[2];

	ck_assert_int_eq(pipe(fds), 0);
	child = fork();
	ck_assert_int_ne(child, -1);
	if (child == 0) {
		(void)signal(SIGPIPE, SIG_DFL);
		(void)close(fds[0]);
		memset(piece, 'x', sizeof(piece));
		for (; npieces > 0; npieces--) {
			if (write(fds[1], piece, sizeof(piece)) == -1)
				break;
		}
		_exit(0);
	}
	(void)close(fds[1]);
	config.source = fds[0];
}

static void
close_pipe(void)
{
	(void)close(config.source);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

START_TEST(a_pipe_with_room_is_taken_in)
{
	open_pipe(5);
	ck_assert_int_eq(intake_file(space, hold, &config, NULL, &result,
			     &failure),
	    PH_OK);
	close_pipe();
	ck_assert_uint_eq(result.size, 5 * MIB);
}
END_TEST

START_TEST(a_pipe_without_room_says_how_far_it_came)
{
	taken = 20 * MIB;
	open_pipe(60);
	ck_assert_int_eq(intake_file(space, hold, &config, NULL, &result,
			     &failure),
	    PH_ENOSPC);
	close_pipe();
	ck_assert_int_eq(failure.code, PH_ENOSPC);
	ck_assert_msg(strncmp(failure.what, "after 32 MiB of d: ", 18) == 0,
	    "%s", failure.what);
	ck_assert_msg(strstr(failure.what, " of d: disk@2 needs ") != NULL &&
		strstr(failure.what, "free") != NULL &&
		strstr(failure.what, "short") != NULL,
	    "%s", failure.what);
	ck_assert_ptr_nonnull(strstr(failure.next, "nothing was published"));
	ck_assert_int_eq(access("file", F_OK), -1);
}
END_TEST

/* Refuse to go on. */
static int
stop(void *cookie, uint64_t done, uint64_t total)
{
	(void)total;
	*(uint64_t *)cookie = done;
	return PH_ECANCELED;
}

START_TEST(whoever_watches_can_end_it)
{
	struct progress progress;
	uint64_t done;

	done = 0;
	progress.step = stop;
	progress.cookie = &done;
	open_pipe(60);
	ck_assert_int_eq(intake_file(space, hold, &config, &progress, &result,
			     &failure),
	    PH_ECANCELED);
	close_pipe();
	ck_assert_uint_ge(done, INGEST_STEP_SIZE);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("intake");
	tests = tcase_create("intake");
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, a_pipe_with_room_is_taken_in);
	tcase_add_test(tests, a_pipe_without_room_says_how_far_it_came);
	tcase_add_test(tests, whoever_watches_can_end_it);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
