/*
 * Runs: the line that a person remembers, the members that scripts rely on,
 * and how a run that did not do all is reported.
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/buffer.h"
#include "proto/errors.h"
#include "syncctl/report.h"
#include "syncctl/run.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

#define FILE_OF(name, method, base)                                            \
	"{\"image\":\"winxp\",\"version\":\"10\",\"file\":\"" name             \
	"\",\"method\":\"" method "\",\"base\":" base                          \
	",\"logical_bytes\":1000,\"done_bytes\":600,\"wire_bytes\":50,"        \
	"\"milliseconds\":1250,\"reused_bytes\":900,\"resumed_bytes\":0,"      \
	"\"fallbacks\":0,\"done\":true,\"failure\":null}"

#define FAILURE                                                                \
	"{\"code\":\"cut\",\"exit\":5,\"what\":\"the link was cut\","          \
	"\"where\":\"\",\"next\":\"\"}"

#define RUN(outcome, granted, received, logical, resumed, failure, files)      \
	RUN_OF(outcome, granted, received, logical, "0", "0", resumed,         \
	    failure, files)

#define RUN_OF(outcome, granted, received, logical, reused, before, resumed,   \
    failure, files)                                                            \
	"{\"outcome\":\"" outcome "\",\"dry_run\":false,"                      \
	"\"nothing_granted\":" granted ",\"wire_bytes_received\":" received    \
	",\"wire_bytes_sent\":0,\"total_bytes\":2000,\"files\":1,"             \
	"\"logical_bytes\":" logical ",\"reused_bytes\":" reused ","           \
	"\"resumed_bytes\":" before ",\"fallbacks\":0"                         \
	",\"milliseconds\":192345,\"withdrawn\":0,\"retired\":0,"              \
	"\"completed\":1,\"resumed\":" resumed ",\"failure\":" failure         \
	",\"images\":[" files "],\"would_withdraw\":[],"                       \
	"\"would_receive\":[]}"

static struct json *tree;
static struct run run;
static struct buffer out;
static struct report report;

static void
begin(void)
{
	buffer_init(&out, 1 << 16);
	report_init(&report);
	tree = NULL;
	memset(&run, 0, sizeof(run));
}

static void
finish(void)
{
	run_fini(&run);
	json_free(tree);
	buffer_fini(&out);
	report_fini(&report);
}

static void
read_run(const char *text)
{
	struct json_object root;

	ck_assert_int_eq(json_parse(text, strlen(text), 1 << 16, &tree), PH_OK);
	json_root(tree, &root);
	ck_assert_int_eq(run_get(&root, &run), PH_OK);
	ck_assert_msg(json_error(tree) == PH_OK, "%s", json_error_member(tree));
}

static const struct {
	const char *text;
	const char *summary;
} summaries[] = {
	{ RUN("done", "false", "87031808", "4294967296", "1", "null", ""),
	    "83 MiB for 4.0 GiB (2 %), 3 min 12 s, resumed once" },
	{ RUN("done", "false", "87031808", "4294967296", "2", "null", ""),
	    "83 MiB for 4.0 GiB (2 %), 3 min 12 s, resumed twice" },
	{ RUN("done", "false", "1024", "4294967296", "3", "null", ""),
	    "1.0 KiB for 4.0 GiB (under 1 %), 3 min 12 s, resumed 3 times" },
	{ RUN("done", "false", "1024", "0", "0", "null", ""),
	    "nothing new, 1.0 KiB, 3 min 12 s" },
	{ RUN("done", "true", "1024", "0", "0", "null", ""),
	    "nothing is granted to branch-01" },
};

START_TEST(the_last_line_says_what_it_cost)
{
	read_run(summaries[_i].text);
	run_summary(&run, "branch-01", &out);
	ck_assert_str_eq(buffer_text(&out), summaries[_i].summary);
}
END_TEST

START_TEST(files_of_a_version_are_one_image)
{
	struct json_writer w;

	read_run(RUN("done", "false", "100", "2000", "0", "null",
	    FILE_OF("a", "full", "null") "," FILE_OF("b", "delta", "\"9\"")));
	json_writer_init(&w, &out);
	json_open_object(&w, NULL);
	run_put(&run, &w);
	json_close_object(&w);
	ck_assert_int_eq(json_writer_end(&w), PH_OK);
	ck_assert_str_eq(buffer_text(&out),
	    "{\"outcome\":\"done\",\"wire_bytes_received\":100,"
	    "\"wire_bytes_sent\":0,\"withdrawn\":0,\"retired\":0,"
	    "\"resumed\":0,\"nothing_granted\":false,\"images\":[{\"image\":\"winxp\","
	    "\"version\":\"10\",\"method\":\"delta\",\"base\":\"9\","
	    "\"logical_bytes\":2000,\"wire_bytes\":100,\"seconds\":2.500,"
	    "\"reused_bytes\":1800,\"fallbacks\":0}]}");
}
END_TEST

START_TEST(a_dry_run_tells_programs_what_would_go_and_come)
{
	struct json_writer w;

	read_run("{\"outcome\":\"done\",\"dry_run\":true,"
		 "\"nothing_granted\":false,\"wire_bytes_received\":1,"
		 "\"wire_bytes_sent\":2,\"total_bytes\":0,\"files\":0,"
		 "\"reused_bytes\":0,\"resumed_bytes\":0,\"fallbacks\":0,"
		 "\"logical_bytes\":0,\"milliseconds\":3,\"withdrawn\":0,"
		 "\"retired\":0,\"completed\":0,\"resumed\":0,"
		 "\"failure\":null,\"images\":[],"
		 "\"would_withdraw\":[\"winxp@8\"],"
		 "\"would_receive\":[\"winxp@9\",\"winxp@10\"]}");
	json_writer_init(&w, &out);
	json_open_object(&w, NULL);
	run_put(&run, &w);
	json_close_object(&w);
	ck_assert_int_eq(json_writer_end(&w), PH_OK);
	ck_assert_ptr_nonnull(strstr(buffer_text(&out),
	    "\"would_withdraw\":[\"winxp@8\"],"
	    "\"would_receive\":[\"winxp@9\",\"winxp@10\"]"));
}
END_TEST

/* Of thousands of files only those in work are told with their sums. */
START_TEST(progress_is_of_all_files)
{
	struct progress_point point;

	read_run(RUN_OF("running", "false", "77", "1200", "1800", "0", "0",
	    "null", ""));
	run_point(&run, &point);
	/* Not the 1200 of whole segments: what came since counts, too. */
	ck_assert_uint_eq(point.done, 1877);
	ck_assert_uint_eq(point.total, 2000);
	ck_assert_uint_eq(point.received, 77);
	ck_assert_uint_eq(point.reused, 1800);
	ck_assert_ptr_null(point.what);
	run_fini(&run);
	json_free(tree);

	/* So does what came before this run. */
	read_run(RUN_OF("running", "false", "77", "600", "900", "300", "0",
	    "null", FILE_OF("a", "full", "null")));
	run_point(&run, &point);
	ck_assert_uint_eq(point.done, 1277);
	ck_assert_ptr_null(point.note);
	ck_assert_int_eq(run_report(&run, &report), PH_OK);
	run_fini(&run);
	json_free(tree);

	/* One that was cut and goes on says so. */
	read_run(RUN("failed", "false", "77", "0", "0", FAILURE,
	    FILE_OF("a", "full", "null")));
	run_point(&run, &point);
	ck_assert_ptr_nonnull(point.note);
}
END_TEST

START_TEST(a_failed_run_has_the_status_of_its_failure)
{
	read_run(RUN("failed", "false", "0", "0", "0", FAILURE, ""));
	ck_assert_int_eq(run_report(&run, &report), PH_ECUT);
	ck_assert_int_eq(report_exit_status(&report), 5);
	ck_assert_str_eq(report.failure.what, "the link was cut");
}
END_TEST

START_TEST(a_partial_run_is_partial)
{
	read_run(RUN("partial", "false", "0", "0", "0", FAILURE, ""));
	ck_assert_int_eq(run_report(&run, &report), PH_EPARTIAL);
	ck_assert_int_eq(report_exit_status(&report), 9);
}
END_TEST

START_TEST(a_canceled_run_says_so)
{
	read_run(RUN("canceled", "false", "0", "0", "0", "null", ""));
	ck_assert_int_eq(run_report(&run, &report), PH_ECANCELED);
	ck_assert_int_eq(report_exit_status(&report), 1);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("run");
	tests = tcase_create("run");
	tcase_add_checked_fixture(tests, begin, finish);
	tcase_add_loop_test(tests, the_last_line_says_what_it_cost, 0,
	    COUNT(summaries));
	tcase_add_test(tests, files_of_a_version_are_one_image);
	tcase_add_test(tests, progress_is_of_all_files);
	tcase_add_test(tests, a_dry_run_tells_programs_what_would_go_and_come);
	tcase_add_test(tests, a_failed_run_has_the_status_of_its_failure);
	tcase_add_test(tests, a_partial_run_is_partial);
	tcase_add_test(tests, a_canceled_run_says_so);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
