/*
 * The verbs at a primary: repositories, policy, publishing, listing.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/base/diag.h"
#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"
#include "tests/unit/syncd/catalogue/exchange.h"
#include "tests/unit/syncd/control/desk.h"

#define PUBLISH                                                                \
	"{\"image\":\"winxp\",\"version\":\"9\",\"names\":[\"disk.img\"],"     \
	"\"files\":[0],\"labels\":{\"os\":\"xp\"},\"owner\":null,"             \
	"\"dry_run\":false}"

#define POLICY                                                                 \
	"{\"file\":\"policy.yaml\",\"text\":\"version: 1\\nallow:\\n"          \
	"  - to: [branch]\\n    images: {name: \\\"winxp*\\\"}\\n\"}"

static struct world world;
static struct desk desk;
static char key_text[KEY_LINE_SIZE];

static void
setup(void)
{
	struct key_private *key;
	uint8_t seed[KEY_SIZE];

	world_begin(&world);
	random_fill(&world.random, seed, sizeof(seed));
	ck_assert_int_eq(key_private_new(seed, &key), PH_OK);
	key_line(key_private_public(key), key_text);
	key_private_free(key);
	desk_begin(&desk, &world.primary, 0, 0);
}

static void
teardown(void)
{
	desk_end(&desk);
	world_end(&world);
}

/* Add the repository "branch", with its key. */
static void
add_branch(struct asked *a)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
	    "{\"name\":\"branch\",\"key\":\"%s me@host\",\"reasons\":"
	    "[\"coverage\"],\"contact\":\"Eve\",\"clients\":3,\"rate\":1000}",
	    key_text);
	desk_ask(&desk, a, "repo.add", text);
}

/* A file of that many bytes, open. */
static int
make_file(const char *path, size_t len, uint64_t seed)
{
	uint8_t *bytes;
	int fd;

	bytes = malloc(len);
	ck_assert_ptr_nonnull(bytes);
	world_content(bytes, len, seed);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	free(bytes);
	return fd;
}

/* Publish winxp 9 of one file. */
static void
publish(struct asked *a, size_t len, uint64_t seed)
{
	int fd;

	fd = make_file("image", len, seed);
	desk_ask_fds(&desk, a, "image.publish", PUBLISH, &fd, 1);
	(void)close(fd);
}

START_TEST(repositories_are_added_changed_and_removed)
{
	struct asked a;

	add_branch(&a);
	ck_assert_msg(a.answer.kind == CONTROL_RESULT, "%s", a.text);
	ck_assert_int_eq(asked_has(&a, "\"contact\":\"Eve\""), 1);
	ck_assert_int_eq(asked_has(&a, "nothing is granted to branch"), 1);
	ck_assert_int_eq(asked_has(&a, key_text), 1);
	asked_fini(&a);
	add_branch(&a);
	ck_assert_int_eq(a.answer.failure.code, PH_ETAKEN);
	asked_fini(&a);
	desk_expect(&desk, "repo.set",
	    "{\"name\":\"branch\",\"rate\":0,\"paused\":true}", PH_OK);
	desk_ask(&desk, &a, "repo.show", "{\"name\":\"branch\"}");
	ck_assert_int_eq(asked_has(&a, "\"paused\":true"), 1);
	ck_assert_int_eq(asked_has(&a, "\"rate\":0"), 1);
	ck_assert_int_eq(asked_has(&a, "\"receipt\":null"), 1);
	ck_assert_int_eq(asked_has(&a, "\"generation\":1"), 1);
	asked_fini(&a);
	desk_expect(&desk, "repo.set", "{\"name\":\"branch\",\"removed\":true}",
	    PH_OK);
	desk_expect(&desk, "repo.set", "{\"name\":\"branch\",\"rate\":1}",
	    PH_EREMOVED);
	desk_expect(&desk, "repo.set",
	    "{\"name\":\"branch\",\"removed\":false}", PH_EUSAGE);
	desk_ask(&desk, &a, "repo.ls", "{}");
	ck_assert_int_eq(asked_has(&a, "\"removed\":true"), 1);
	asked_fini(&a);
}
END_TEST

START_TEST(wrong_records_are_refused)
{
	desk_expect(&desk, "repo.add",
	    "{\"name\":\"a/b\",\"reasons\":[\"coverage\"]}", PH_ENAME);
	desk_expect(&desk, "repo.add", "{\"name\":\"a\"}", PH_EUSAGE);
	desk_expect(&desk, "repo.add", "{\"name\":\"a\",\"reasons\":[\"fun\"]}",
	    PH_EUSAGE);
	desk_expect(&desk, "repo.add",
	    "{\"name\":\"a\",\"reasons\":[\"coverage\"],\"key\":\"x\"}",
	    PH_EKEY);
	desk_expect(&desk, "repo.add",
	    "{\"name\":\"a\",\"reasons\":[\"coverage\"],\"rate\":-1}",
	    PH_EUSAGE);
	desk_expect(&desk, "repo.set", "{\"name\":\"a\",\"rate\":1}",
	    PH_EUNKNOWN);
	desk_expect(&desk, "repo.show", "{\"name\":\"a\"}", PH_EUNKNOWN);
	desk_expect(&desk, "repo.invite", "{\"name\":\"a\"}", PH_EUNKNOWN);
}
END_TEST

START_TEST(repository_without_a_key_is_warned_of)
{
	struct asked a;

	desk_ask(&desk, &a, "repo.add",
	    "{\"name\":\"later\",\"reasons\":[\"separation\"]}");
	ck_assert_int_eq(asked_has(&a, "has no key yet"), 1);
	ck_assert_int_eq(asked_has(&a, "\"key\":null"), 1);
	asked_fini(&a);
	desk_ask(&desk, &a, "doctor", "{\"repository\":\"later\"}");
	ck_assert_int_eq(asked_has(&a, "the key of later is not known"), 1);
	asked_fini(&a);
}
END_TEST

START_TEST(policy_is_applied_and_shown)
{
	struct asked a;

	desk_expect(&desk, "policy.show", "{}", PH_EABSENT);
	desk_expect(&desk, "policy.apply",
	    "{\"file\":\"p.yaml\",\"text\":\"nonsense: 1\\n\"}", PH_EPOLICY);
	desk_ask(&desk, &a, "policy.apply", POLICY);
	ck_assert_msg(asked_has(&a, "\"changed\":[],\"warnings\":[\""), "%s",
	    a.text);
	asked_fini(&a);
	desk_ask(&desk, &a, "policy.show", "{}");
	ck_assert_int_eq(asked_has(&a, "winxp*"), 1);
	asked_fini(&a);
}
END_TEST

START_TEST(publishing_says_who_receives_it_and_lists_show_it)
{
	struct asked a;

	add_branch(&a);
	asked_fini(&a);
	desk_expect(&desk, "policy.apply", POLICY, PH_OK);
	publish(&a, 700000, 1);
	ck_assert_msg(a.answer.kind == CONTROL_RESULT, "%s", a.text);
	ck_assert_msg(asked_has(&a, "\"name\":\"branch\",\"state\":\"allow\""),
	    "%s", a.text);
	ck_assert_int_eq(asked_has(&a, "\"already\":false"), 1);
	asked_fini(&a);
	publish(&a, 700000, 1);
	ck_assert_int_eq(asked_has(&a, "\"already\":true"), 1);
	asked_fini(&a);
	publish(&a, 700000, 2);
	ck_assert_int_eq(a.answer.failure.code, PH_ETAKEN);
	asked_fini(&a);
	desk_ask(&desk, &a, "image.ls", "{}");
	ck_assert_msg(asked_has(&a,
			  "\"size\":700000,\"files\":1,\"state\":\"visible\""),
	    "%s", a.text);
	ck_assert_int_eq(asked_has(&a, "\"labels\":{\"os\":\"xp\"}"), 1);
	asked_fini(&a);
	desk_ask(&desk, &a, "image.show", "{\"image\":\"winxp\"}");
	ck_assert_int_eq(asked_has(&a, "\"files\":[{\"name\":\"disk.img\""), 1);
	asked_fini(&a);
	desk_expect(&desk, "image.show",
	    "{\"image\":\"winxp\",\"version\":\"10\"}", PH_EUNKNOWN);
	desk_ask(&desk, &a, "where", "{\"image\":\"winxp\",\"wait\":false}");
	ck_assert_msg(asked_has(&a,
			  "\"version\":\"9\",\"repositories\":"
			  "[{\"repository\":\"branch\""),
	    "%s", a.text);
	ck_assert_int_eq(asked_has(&a, "\"allowed\":true,\"held\":null"), 1);
	asked_fini(&a);
	desk_ask(&desk, &a, "holdings", "{\"repository\":\"branch\"}");
	ck_assert_int_eq(asked_has(&a, "\"state\":\"unknown\""), 1);
	ck_assert_int_eq(asked_has(&a, "\"as_of\":null"), 1);
	asked_fini(&a);
	desk_ask(&desk, &a, "holdings", "{}");
	ck_assert_int_eq(asked_has(&a, "\"repository\":\"primary\""), 1);
	ck_assert_int_eq(asked_has(&a, "\"held\":true"), 1);
	asked_fini(&a);
	desk_ask(&desk, &a, "status", "{}");
	ck_assert_msg(asked_has(&a, "\"granted\":1,\"held\":0,\"missing\":1"),
	    "%s", a.text);
	asked_fini(&a);
}
END_TEST

START_TEST(policy_says_whose_grant_changed)
{
	struct asked a;

	add_branch(&a);
	asked_fini(&a);
	desk_expect(&desk, "repo.add",
	    "{\"name\":\"other\",\"reasons\":[\"coverage\"]}", PH_OK);
	publish(&a, 1000, 1);
	asked_fini(&a);
	desk_ask(&desk, &a, "policy.apply", POLICY);
	ck_assert_msg(asked_has(&a, "\"changed\":[\"branch\"]"), "%s", a.text);
	asked_fini(&a);
	desk_ask(&desk, &a, "policy.apply", POLICY);
	ck_assert_msg(asked_has(&a, "\"changed\":[]"), "%s", a.text);
	asked_fini(&a);
}
END_TEST

START_TEST(dry_run_publishes_nothing)
{
	struct asked a;
	int fd;

	fd = make_file("image", 5000, 3);
	desk_ask_fds(&desk, &a, "image.publish",
	    "{\"image\":\"x\",\"version\":\"1\",\"names\":[\"f\"],"
	    "\"files\":[0],\"labels\":{},\"owner\":\"me\",\"dry_run\":true}",
	    &fd, 1);
	ck_assert_msg(asked_has(&a, "\"dry_run\":true"), "%s", a.text);
	asked_fini(&a);
	(void)close(fd);
	desk_ask(&desk, &a, "image.ls", "{}");
	ck_assert_int_eq(asked_has(&a, "\"images\":[]"), 1);
	asked_fini(&a);
}
END_TEST

START_TEST(digest_that_differs_publishes_nothing)
{
	char text[512], digest[DIGEST_TEXT_SIZE];
	struct digest right;
	struct asked a;
	int fd, i;

	world_blob(5000, 3, &right);
	for (i = 0; i < 2; i++) {
		right.bytes[0] ^= 1;
		digest_text(&right, digest);
		(void)snprintf(text, sizeof(text),
		    "{\"image\":\"x\",\"version\":\"1\",\"names\":[\"f\"],"
		    "\"files\":[0],\"sha256\":[\"%s\"],\"labels\":{},"
		    "\"owner\":null,\"dry_run\":false}",
		    digest);
		fd = make_file("image", 5000, 3);
		desk_ask_fds(&desk, &a, "image.publish", text, &fd, 1);
		if (i == 0)
			ck_assert_int_eq(a.answer.failure.code, PH_EDIGEST);
		else
			ck_assert_int_eq(a.answer.kind, CONTROL_RESULT);
		asked_fini(&a);
		(void)close(fd);
	}
}
END_TEST

START_TEST(wrong_files_are_refused)
{
	static const char *const wrong[] = {
		/* No such descriptor. */
		"{\"image\":\"x\",\"version\":\"1\",\"names\":[\"f\"],"
		"\"files\":[1],\"labels\":{},\"owner\":null,"
		"\"dry_run\":false}",
		/* More names than files. */
		"{\"image\":\"x\",\"version\":\"1\",\"names\":[\"f\",\"g\"],"
		"\"files\":[0],\"labels\":{},\"owner\":null,"
		"\"dry_run\":false}",
		"{\"image\":\"x\",\"version\":\"1\",\"names\":[],"
		"\"files\":[],\"labels\":{},\"owner\":null,"
		"\"dry_run\":false}",
	};
	struct asked a;
	size_t i;
	int fd;

	fd = make_file("image", 100, 1);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		desk_ask_fds(&desk, &a, "image.publish", wrong[i], &fd, 1);
		ck_assert_msg(a.answer.kind == CONTROL_ERROR &&
			a.answer.failure.code == PH_EUSAGE,
		    "%s", a.text);
		asked_fini(&a);
	}
	(void)close(fd);
	/* An empty file, and one that cannot be read. */
	fd = open("empty", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	desk_ask_fds(&desk, &a, "image.publish", PUBLISH, &fd, 1);
	ck_assert_int_eq(a.answer.failure.code, PH_EFILE);
	asked_fini(&a);
	(void)close(fd);
	fd = open("empty", O_WRONLY | O_CLOEXEC);
	desk_ask_fds(&desk, &a, "image.publish", PUBLISH, &fd, 1);
	ck_assert_int_eq(a.answer.failure.code, PH_EFILE);
	asked_fini(&a);
	(void)close(fd);
}
END_TEST

START_TEST(client_that_leaves_in_mid_publish_publishes_nothing)
{
	struct asked a;
	int pipes[2], i;

	ck_assert_int_eq(pipe2(pipes, O_CLOEXEC), 0);
	desk_connect(&desk, &a);
	asked_request(&a, "image.publish", PUBLISH, pipes, 1);
	(void)close(pipes[0]);
	ck_assert_int_eq(write(pipes[1], "half", 4), 4);
	for (i = 0; i < 500 && a.nprogress == 0; i++) {
		desk_turn(&desk, 10);
		asked_take(&a);
	}
	ck_assert_uint_gt(a.nprogress, 0);
	/* Others are served meanwhile, also with files. */
	desk_expect(&desk, "repo.ls", "{}", PH_OK);
	desk_expect(&desk, "verify", "{}", PH_OK);
	asked_fini(&a);
	desk_wait_clients(&desk, 0);
	/* It ends though the pipe never does. */
	worker_drain(desk.engine.workers);
	ck_assert_int_eq(write(pipes[1], "x", 1), -1);
	(void)close(pipes[1]);
	desk_ask(&desk, &a, "image.ls", "{}");
	ck_assert_int_eq(asked_has(&a, "\"images\":[]"), 1);
	asked_fini(&a);
	publish(&a, 1000, 1);
	ck_assert_int_eq(a.answer.kind, CONTROL_RESULT);
	asked_fini(&a);
}
END_TEST

START_TEST(pipe_is_published)
{
	struct asked a;
	int pipes[2];

	ck_assert_int_eq(pipe2(pipes, O_CLOEXEC), 0);
	ck_assert_int_eq(write(pipes[1], "all of it", 9), 9);
	(void)close(pipes[1]);
	desk_ask_fds(&desk, &a, "image.publish", PUBLISH, pipes, 1);
	(void)close(pipes[0]);
	ck_assert_int_eq(asked_has(&a, "\"size\":9,"), 1);
	asked_fini(&a);
}
END_TEST

START_TEST(verify_finds_what_was_changed)
{
	char path[1200];
	struct digest blob;
	char hex[DIGEST_HEX_SIZE];
	struct asked a;

	publish(&a, 300000, 1);
	asked_fini(&a);
	desk_ask(&desk, &a, "verify", "{}");
	ck_assert_int_eq(asked_has(&a, "\"ok\":true"), 1);
	asked_fini(&a);
	desk_expect(&desk, "verify", "{\"image\":\"none\"}", PH_EUNKNOWN);
	desk_expect(&desk, "verify", "{\"version\":\"9\"}", PH_EUSAGE);
	world_blob(300000, 1, &blob);
	digest_hex(&blob, hex);
	world_path(&world.primary, "store/blobs/", path);
	(void)strcat(path, hex);
	world_shell("chmod u+w %s; printf X | dd of=%s bs=1 seek=1000 "
		    "conv=notrunc status=none",
	    path);
	desk_ask(&desk, &a, "verify",
	    "{\"image\":\"winxp\",\"version\":\"9\"}");
	ck_assert_msg(a.answer.kind == CONTROL_ERROR &&
		a.answer.failure.code == PH_EDIGEST,
	    "%s", a.text);
	ck_assert_int_eq(a.answer.exit_status, 6);
	ck_assert_uint_eq(a.answer.parts.count, 1);
	ck_assert_int_eq(asked_has(&a, "publish the version again"), 1);
	asked_fini(&a);
}
END_TEST

START_TEST(waiting_for_a_version_tells_what_it_sees)
{
	struct asked a;
	int i;

	add_branch(&a);
	asked_fini(&a);
	desk_expect(&desk, "where",
	    "{\"image\":\"winxp\",\"version\":\"9\",\"wait\":true}",
	    PH_EUNKNOWN);
	publish(&a, 1000, 1);
	asked_fini(&a);
	/* Nobody may have it: there is nothing to wait for. */
	desk_expect(&desk, "where",
	    "{\"image\":\"winxp\",\"version\":\"9\",\"wait\":true}", PH_OK);
	desk_expect(&desk, "policy.apply", POLICY, PH_OK);
	desk_connect(&desk, &a);
	asked_request(&a, "where",
	    "{\"image\":\"winxp\",\"version\":\"9\",\"wait\":true}", NULL, 0);
	for (i = 0; i < 500 && a.nprogress == 0; i++) {
		desk_turn(&desk, 10);
		asked_take(&a);
	}
	ck_assert_uint_eq(a.nprogress, 1);
	desk_turn(&desk, 1300);
	asked_take(&a);
	/* No change, no news. */
	ck_assert_uint_eq(a.nprogress, 1);
	desk_expect(&desk, "repo.set", "{\"name\":\"branch\",\"removed\":true}",
	    PH_OK);
	asked_wait(&desk, &a);
	ck_assert_int_eq(a.answer.kind, CONTROL_RESULT);
	asked_fini(&a);
}
END_TEST

START_TEST(one_who_waits_may_leave)
{
	struct asked a;

	add_branch(&a);
	asked_fini(&a);
	desk_expect(&desk, "policy.apply", POLICY, PH_OK);
	publish(&a, 1000, 1);
	asked_fini(&a);
	desk_connect(&desk, &a);
	asked_request(&a, "where", "{\"image\":\"winxp\",\"wait\":true}", NULL,
	    0);
	desk_wait_clients(&desk, 1);
	desk_turn(&desk, 100);
	asked_fini(&a);
	desk_wait_clients(&desk, 0);
}
END_TEST

START_TEST(doctor_walks_a_primary)
{
	struct asked a;

	add_branch(&a);
	asked_fini(&a);
	desk_ask(&desk, &a, "doctor", "{}");
	ck_assert_msg(asked_has(&a, "\"step\":\"store\",\"ok\":true"), "%s",
	    a.text);
	ck_assert_msg(asked_has(&a, "\"step\":\"keys\",\"ok\":true"), "%s",
	    a.text);
	ck_assert_msg(asked_has(&a, "\"step\":\"authorized-keys\",\"ok\":true"),
	    "%s", a.text);
	ck_assert_msg(asked_has(&a, "\"step\":\"address\",\"ok\":false"), "%s",
	    a.text);
	/* init did not make the configuration of an sshd here. */
	ck_assert_msg(asked_has(&a, "\"step\":\"sshd\",\"ok\":null"), "%s",
	    a.text);
	asked_fini(&a);
	desk_ask(&desk, &a, "doctor", "{\"repository\":\"branch\"}");
	ck_assert_msg(asked_has(&a, "\"step\":\"record\",\"ok\":true"), "%s",
	    a.text);
	ck_assert_msg(asked_has(&a, "\"step\":\"contact\",\"ok\":false"), "%s",
	    a.text);
	asked_fini(&a);
	desk_expect(&desk, "doctor", "{\"repository\":\"none\"}", PH_EUNKNOWN);
}
END_TEST

/* The doctor's answer about a repository must have a text in it. */
static void
expect_doctor(const char *name, const char *part)
{
	char arguments[200];
	struct asked a;

	(void)snprintf(arguments, sizeof(arguments), "{\"repository\":\"%s\"}",
	    name);
	desk_ask(&desk, &a, "doctor", arguments);
	ck_assert_msg(asked_has(&a, part), "%s", a.text);
	asked_fini(&a);
}

START_TEST(doctor_says_why_a_repository_is_not_let_in)
{
	struct asked a;

	desk_expect(&desk, "repo.add",
	    "{\"name\":\"later\",\"reasons\":[\"coverage\"]}", PH_OK);
	expect_doctor("later",
	    "\"step\":\"record\",\"ok\":false,\"detail\":\"the key of later "
	    "is not known\"");
	expect_doctor("later", "\"step\":\"authorized-keys\",\"ok\":null");
	expect_doctor("later", "\"step\":\"contact\",\"ok\":null");
	add_branch(&a);
	asked_fini(&a);
	desk_expect(&desk, "repo.set", "{\"name\":\"branch\",\"paused\":true}",
	    PH_OK);
	expect_doctor("branch", "\"code\":\"paused\"");
	desk_expect(&desk, "repo.set", "{\"name\":\"branch\",\"removed\":true}",
	    PH_OK);
	expect_doctor("branch", "\"code\":\"removed\"");
}
END_TEST

/* Two days behind the world's time. */
static int64_t
behind(void *cookie)
{
	(void)cookie;
	return world.now - 2 * 86400;
}

/* Whether status tells of receipts that come before they are dated. */
static int
tells_ahead(void)
{
	struct asked a;
	int tells;

	desk_ask(&desk, &a, "status", "{}");
	tells = asked_has(&a, "the last receipt of ahead is dated ");
	asked_fini(&a);
	return tells;
}

START_TEST(a_clock_there_that_is_ahead_is_told)
{
	struct repository *site;
	struct clock clock;

	site = world_site(&world, "ahead");
	exchange_contact(site);
	ck_assert_int_eq(tells_ahead(), 0);
	expect_doctor("ahead", "\"step\":\"receipt\",\"ok\":true");
	clock = world.clock;
	clock.wall = behind;
	world.primary.config.clock = &clock;
	desk_end(&desk);
	world_reopen(&world.primary);
	desk_begin(&desk, &world.primary, 0, 0);
	world.now += 86400 + 3600;
	exchange_contact(site);
	expect_doctor("ahead", "\"step\":\"receipt\",\"ok\":false");
	expect_doctor("ahead", "at ahead: set the clock");
	ck_assert_int_eq(tells_ahead(), 1);
	world.primary.config.clock = &world.clock;
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	diag_set_level(DIAG_ERROR);
	(void)signal(SIGPIPE, SIG_IGN);
	s = suite_create("request");
	tc = tcase_create("request");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, repositories_are_added_changed_and_removed);
	tcase_add_test(tc, wrong_records_are_refused);
	tcase_add_test(tc, repository_without_a_key_is_warned_of);
	tcase_add_test(tc, policy_is_applied_and_shown);
	tcase_add_test(tc, publishing_says_who_receives_it_and_lists_show_it);
	tcase_add_test(tc, policy_says_whose_grant_changed);
	tcase_add_test(tc, dry_run_publishes_nothing);
	tcase_add_test(tc, digest_that_differs_publishes_nothing);
	tcase_add_test(tc, wrong_files_are_refused);
	tcase_add_test(tc, client_that_leaves_in_mid_publish_publishes_nothing);
	tcase_add_test(tc, pipe_is_published);
	tcase_add_test(tc, verify_finds_what_was_changed);
	tcase_add_test(tc, waiting_for_a_version_tells_what_it_sees);
	tcase_add_test(tc, one_who_waits_may_leave);
	tcase_add_test(tc, doctor_walks_a_primary);
	tcase_add_test(tc, doctor_says_why_a_repository_is_not_let_in);
	tcase_add_test(tc, a_clock_there_that_is_ahead_is_told);
	suite_add_tcase(s, tc);
	return check_run(s);
}
