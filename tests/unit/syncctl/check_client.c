/*
 * Asking syncd: who answers, what the answers are, and who is not there.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

#include "proto/errors.h"
#include "syncctl/client.h"

#define ERROR                                                                  \
	"{\"code\":\"no-space\",\"exit\":7,\"what\":\"too small\","            \
	"\"where\":\"/srv\",\"next\":\"make room\"}"

static const char *dir;
static int listener;
static int syncd; /* The end of a syncd that the test plays. */
static struct client *client;
static struct failure failure;
static struct report report;
static struct control_answer *answer;

/* A configuration whose state_dir is the directory of the test. */
static void
setup(void)
{
	char text[1024];

	dir = tempdir_begin();
	(void)snprintf(text, sizeof(text),
	    "version: 1\nname: a\nrole: site\nstate_dir: %s\n"
	    "store_dir: %s/store\n",
	    dir, dir);
	tempdir_write("c.yaml", text);
	listener = syncd = -1;
	client = NULL;
	memset(&failure, 0, sizeof(failure));
	report_init(&report);
}

static void
teardown(void)
{
	client_free(client);
	(void)close(syncd);
	(void)close(listener);
	report_fini(&report);
	tempdir_end();
}

/* Listen as syncd does. */
static void
listen_as_syncd(void)
{
	struct sockaddr_un address;

	memset(&address, 0, sizeof(address));
	address.sun_family = AF_UNIX;
	(void)strcpy(address.sun_path, "control.sock");
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(listener, (const struct sockaddr *)&address,
			     sizeof(address)),
	    0);
	ck_assert_int_eq(listen(listener, 1), 0);
}

/* Ask for "status". */
static void
ask(void)
{
	listen_as_syncd();
	ck_assert_msg(client_open("c.yaml", &client, &failure) == PH_OK, "%s",
	    failure.what);
	syncd = accept(listener, NULL, NULL);
	json_put_string(client_begin(client, "status"), "repository", "a");
	ck_assert_int_eq(client_send(client, NULL, 0, &failure), PH_OK);
}

/* Send a frame with this text. */
static void
say(const char *text)
{
	unsigned char header[4] = { 0 };
	size_t len;

	len = strlen(text);
	header[2] = (unsigned char)(len >> 8);
	header[3] = (unsigned char)len;
	ck_assert_int_eq(write(syncd, header, 4), 4);
	ck_assert_int_eq(write(syncd, text, len), (ssize_t)len);
}

START_TEST(request_is_one_frame)
{
	static const char expected[] =
	    "{\"version\":1,\"verb\":\"status\",\"arguments\":"
	    "{\"repository\":\"a\"}}";
	char data[500];
	ssize_t n;

	ask();
	n = read(syncd, data, sizeof(data));
	ck_assert_int_eq(n, 4 + (ssize_t)sizeof(expected) - 1);
	ck_assert_int_eq(data[3], (char)(sizeof(expected) - 1));
	ck_assert_mem_eq(data + 4, expected, sizeof(expected) - 1);
}
END_TEST

START_TEST(progress_and_then_the_result)
{
	uint64_t done;

	ask();
	say("{\"progress\":{\"done\":1}}");
	say("{\"progress\":{\"done\":2}}");
	say("{\"result\":{}}");
	for (done = 0; done < 2; done++) {
		ck_assert_int_eq(client_next(client, &answer, &report), PH_OK);
		ck_assert_int_eq(answer->kind, CONTROL_PROGRESS);
	}
	ck_assert_int_eq(client_next(client, &answer, &report), PH_OK);
	ck_assert_int_eq(answer->kind, CONTROL_RESULT);
}
END_TEST

START_TEST(errors_are_told_as_syncd_says)
{
	ask();
	say("{\"error\":" ERROR ",\"errors\":[" ERROR "]}");
	ck_assert_int_eq(client_next(client, &answer, &report), PH_ENOSPC);
	ck_assert_str_eq(report.failure.what, "too small");
	ck_assert_str_eq(report.failure.where, "/srv");
	ck_assert_str_eq(report.failure.next, "make room");
	ck_assert_int_eq(report_exit_status(&report), 7);
	ck_assert_uint_eq(report.nparts, 1);
}
END_TEST

START_TEST(exit_status_of_a_newer_release_counts)
{
	ask();
	say("{\"error\":{\"code\":\"new\",\"exit\":8,\"what\":\"w\","
	    "\"where\":\"\",\"next\":\"\"}}");
	ck_assert_int_eq(client_next(client, &answer, &report), PH_EINTERNAL);
	ck_assert_int_eq(report_exit_status(&report), 8);
}
END_TEST

static const char *const nonsense[] = { "{}", "[]", "{\"result\":1}",
	"{\"result\":{},\"more\":1}", "x" };

START_TEST(answers_that_make_no_sense_are_refused)
{
	ask();
	say(nonsense[_i]);
	ck_assert_int_eq(client_next(client, &answer, &report), PH_EJSON);
	ck_assert_ptr_nonnull(strstr(report.failure.what, "syncd's answer"));
}
END_TEST

START_TEST(syncd_that_goes_away_is_told)
{
	ask();
	(void)close(syncd);
	syncd = -1;
	ck_assert_int_eq(client_next(client, &answer, &report), PH_ENODAEMON);
	ck_assert_ptr_nonnull(strstr(report.failure.what, "went away"));
	ck_assert_ptr_nonnull(strstr(report.failure.next, "c.yaml"));
}
END_TEST

START_TEST(syncd_that_takes_nothing_is_not_waited_for)
{
	ask();
	client_set_take_ms(client, 50);
	ck_assert_int_eq(client_next(client, &answer, &report), PH_ETIMEOUT);
	ck_assert_ptr_nonnull(strstr(report.failure.what, "taken no request"));
}
END_TEST

START_TEST(syncd_that_accepts_nobody_is_not_waited_for)
{
	struct client *waiting[8];
	size_t i, n;

	listen_as_syncd();
	for (n = 0; n < 8; n++) {
		if (client_open("c.yaml", &waiting[n], &failure) != PH_OK)
			break;
	}
	ck_assert_uint_lt(n, 8);
	ck_assert_int_eq(failure.code, PH_ETIMEOUT);
	for (i = 0; i < n; i++)
		client_free(waiting[i]);
}
END_TEST

START_TEST(syncd_that_has_taken_the_request_is_waited_for)
{
	char data[500];
	pid_t pid;

	ask();
	client_set_take_ms(client, 50);
	ck_assert_int_gt(read(syncd, data, sizeof(data)), 0);
	pid = fork();
	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		(void)usleep(300000);
		say("{\"result\":{}}");
		_exit(0);
	}
	ck_assert_int_eq(client_next(client, &answer, &report), PH_OK);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

START_TEST(answer_counts_though_syncd_closed)
{
	listen_as_syncd();
	ck_assert_int_eq(client_open("c.yaml", &client, &failure), PH_OK);
	syncd = accept(listener, NULL, NULL);
	say("{\"error\":" ERROR "}");
	(void)close(syncd);
	syncd = -1;
	(void)client_begin(client, "status");
	ck_assert_int_eq(client_send(client, NULL, 0, &failure), PH_OK);
	ck_assert_int_eq(client_next(client, &answer, &report), PH_ENOSPC);
}
END_TEST

START_TEST(arguments_that_are_no_text_are_refused)
{
	listen_as_syncd();
	ck_assert_int_eq(client_open("c.yaml", &client, &failure), PH_OK);
	json_put_string(client_begin(client, "status"), "repository", "\xff");
	ck_assert_int_eq(client_send(client, NULL, 0, &failure), PH_EUSAGE);
	ck_assert_ptr_nonnull(strstr(failure.what, "UTF-8"));
}
END_TEST

START_TEST(nobody_listens)
{
	ck_assert_int_eq(client_open("c.yaml", &client, &failure),
	    PH_ENODAEMON);
	ck_assert_str_eq(failure.next, "start it: syncd --config c.yaml");
	/* Or nobody any more. */
	listen_as_syncd();
	(void)close(listener);
	listener = -1;
	ck_assert_int_eq(client_open("c.yaml", &client, &failure),
	    PH_ENODAEMON);
}
END_TEST

START_TEST(configuration_is_missing_or_bad)
{
	ck_assert_int_eq(client_open("none.yaml", &client, &failure), PH_EFILE);
	ck_assert_ptr_nonnull(strstr(failure.next, "PACKHORSE_CONFIG"));
	tempdir_write("bad.yaml", "version: 1\nnane: a\n");
	ck_assert_int_eq(client_open("bad.yaml", &client, &failure),
	    PH_ECONFIG);
	ck_assert_str_eq(failure.where, "bad.yaml:2:1");
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("client");
	tests = tcase_create("client");
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, request_is_one_frame);
	tcase_add_test(tests, progress_and_then_the_result);
	tcase_add_test(tests, errors_are_told_as_syncd_says);
	tcase_add_test(tests, exit_status_of_a_newer_release_counts);
	tcase_add_loop_test(tests, answers_that_make_no_sense_are_refused, 0,
	    (int)(sizeof(nonsense) / sizeof(nonsense[0])));
	tcase_add_test(tests, syncd_that_goes_away_is_told);
	tcase_add_test(tests, syncd_that_takes_nothing_is_not_waited_for);
	tcase_add_test(tests, syncd_that_accepts_nobody_is_not_waited_for);
	tcase_add_test(tests, syncd_that_has_taken_the_request_is_waited_for);
	tcase_add_test(tests, answer_counts_though_syncd_closed);
	tcase_add_test(tests, arguments_that_are_no_text_are_refused);
	tcase_add_test(tests, nobody_listens);
	tcase_add_test(tests, configuration_is_missing_or_bad);
	/* One waits as long as a person would. */
	tcase_set_timeout(tests, 60);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
