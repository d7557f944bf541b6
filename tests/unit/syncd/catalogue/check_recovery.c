/*
 * Killed at every file call that changes something: after the next start it was either not done or
 * done, and what was begun is completed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/holdings.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/reception.h"
#include "syncd/catalogue/withdrawal.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/catalogue/exchange.h"
#include "tests/unit/syncd/catalogue/invariants.h"

#define SIZE 5000u

#define ALLOW_ALL                                                              \
	"version: 1\nallow:\n  - to: [lab]\n    images: {name: \"*\"}\n"

/* Exit status of a child that came to the end of its work. */
#define FINISHED 7

static struct world world;
static struct repository *lab;

static void
setup(void)
{
	world_begin(&world);
	lab = world_site(&world, "lab");
	(void)world_apply(&world, ALLOW_ALL);
}

static void
teardown(void)
{
	world_end(&world);
}

/* File calls of which the k-th one that changes something does not return. */
static struct file_ops deadly;
static const struct file_ops *real;
static unsigned int left;

static void
count_down(void)
{
	if (left > 0 && --left == 0)
		_exit(0);
}

static int
deadly_open(void *cookie, int dir, const char *path, int flags, mode_t mode)
{
	if (flags & O_CREAT)
		count_down();
	return real->open(cookie, dir, path, flags, mode);
}

static ssize_t
deadly_pwrite(void *cookie, int fd, const void *buf, size_t len, off_t at)
{
	/* Half of it arrives. */
	if (left == 1 && len > 1)
		(void)!real->pwrite(cookie, fd, buf, len / 2, at);
	count_down();
	return real->pwrite(cookie, fd, buf, len, at);
}

static int
deadly_fsync(void *cookie, int fd)
{
	count_down();
	return real->fsync(cookie, fd);
}

static int
deadly_rename(void *cookie, int fromdir, const char *from, int todir,
    const char *to)
{
	count_down();
	return real->rename(cookie, fromdir, from, todir, to);
}

static int
deadly_link(void *cookie, int fromdir, const char *from, int todir,
    const char *to)
{
	count_down();
	return real->link(cookie, fromdir, from, todir, to);
}

static int
deadly_unlink(void *cookie, int dir, const char *path, int flags)
{
	count_down();
	return real->unlink(cookie, dir, path, flags);
}

static int
deadly_mkdir(void *cookie, int dir, const char *path, mode_t mode)
{
	count_down();
	return real->mkdir(cookie, dir, path, mode);
}

static void
arm(struct repository *r, unsigned int k)
{
	real = r->files.ops;
	deadly = *real;
	deadly.open = deadly_open;
	deadly.pwrite = deadly_pwrite;
	deadly.fsync = deadly_fsync;
	deadly.rename = deadly_rename;
	deadly.link = deadly_link;
	deadly.unlink = deadly_unlink;
	deadly.mkdir = deadly_mkdir;
	left = k;
	r->files.ops = &deadly;
}

/* What a child does until it is killed. */
typedef void work(unsigned int round);

/*
 * Let a child open both repositories and work, and kill it in the k-th file
 * call of one of them.  1 when it came to its end.
 */
static int
run_and_kill(struct repository *victim, unsigned int k, work *job)
{
	pid_t child;
	int status;

	world_close(&world.primary);
	world_close(lab);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		world_open(&world.primary);
		world_open(lab);
		arm(victim, k);
		job(k);
		_exit(FINISHED);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) &&
		(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == FINISHED),
	    "status %d at call %u", status, k);
	world.seed += k;
	world_open(&world.primary);
	world_open(lab);
	invariants_check_granted(&world.primary);
	invariants_check_granted(lab);
	return WEXITSTATUS(status) == FINISHED;
}

static void
version_of(unsigned int round, char out[16])
{
	(void)snprintf(out, 16, "%u", round);
}

static void
publish(unsigned int round)
{
	char version[16];

	version_of(round, version);
	world_publish(&world, "winxp", version, SIZE, round, NULL);
}

/* 1 when the primary has a version. */
static int
is_published(unsigned int round)
{
	struct digest digest;
	struct manifest m;
	char version[16];
	int r;

	version_of(round, version);
	manifest_init(&m);
	r = holdings_version(world.primary.c, "winxp", version, &digest, &m);
	manifest_fini(&m);
	ck_assert(r == PH_OK || r == PH_EABSENT);
	return r == PH_OK;
}

/* 1 when the grant of the site lists a version. */
static int
is_granted(unsigned int round)
{
	struct grant grant;
	struct lineset *list;
	char needle[32];
	const char *text;
	size_t len;
	int found;

	ck_assert_int_eq(grants_get(world.primary.c, &lab->id, &grant, NULL),
	    PH_OK);
	ck_assert_int_eq(grants_list(world.primary.c, &grant.list, &list),
	    PH_OK);
	text = lineset_text(list, &len);
	(void)snprintf(needle, sizeof(needle), " winxp %u\n", round);
	found = memmem(text, len, needle, strlen(needle)) != NULL;
	lineset_free(list);
	return found;
}

START_TEST(killed_while_publishing)
{
	unsigned int k;
	int finished;

	k = 0;
	do {
		k++;
		finished = run_and_kill(&world.primary, k, publish);
		ck_assert_int_eq(is_published(k), is_granted(k));
		if (!is_published(k))
			publish(k);
		ck_assert(is_published(k));
	} while (!finished);
	ck_assert_uint_gt(k, 20);
	exchange_contact(lab);
	invariants_check_rebuild(lab);
	invariants_check_rebuild(&world.primary);
}
END_TEST

/* A contact up to the end of reception. */
static void
receive(unsigned int round)
{
	size_t n;

	(void)round;
	(void)exchange_documents(lab);
	ck_assert_int_eq(withdraw_denied(lab->c, &n), PH_OK);
	ck_assert_int_eq(reception_settle(lab->c, &n), PH_OK);
	(void)exchange_manifests(lab);
	(void)exchange_content(lab);
	(void)exchange_receipt(lab);
}

START_TEST(killed_while_receiving)
{
	unsigned int k;
	int finished;

	k = 0;
	do {
		k++;
		publish(k);
		finished = run_and_kill(lab, k, receive);
		exchange_contact(lab);
		invariants_check_granted(lab);
		ck_assert_uint_eq(exchange_content(lab), 0);
	} while (!finished);
	ck_assert_uint_gt(k, 30);
	invariants_check_rebuild(lab);
	invariants_check_rebuild(&world.primary);
}
END_TEST

static void
narrow(unsigned int round)
{
	size_t n;

	(void)round;
	(void)exchange_documents(lab);
	ck_assert_int_eq(withdraw_denied(lab->c, &n), PH_OK);
}

START_TEST(killed_while_withdrawing)
{
	char policy[400], version[16];
	uint8_t bytes[SIZE];
	unsigned int k;
	int finished;
	size_t n;

	world_publish(&world, "open", "1", SIZE, 100000, NULL);
	k = 0;
	do {
		k++;
		publish(k);
		exchange_contact(lab);
		version_of(k, version);
		(void)snprintf(policy, sizeof(policy),
		    ALLOW_ALL "deny:\n  - to: [lab]\n    images: "
			      "{name: winxp}\n    versions: {to: \"%s\"}\n",
		    version);
		(void)world_apply(&world, policy);
		finished = run_and_kill(lab, k, narrow);
		(void)exchange_documents(lab);
		ck_assert_int_eq(withdraw_denied(lab->c, &n), PH_OK);
		world_content(bytes, SIZE, k);
		ck_assert_uint_eq(world_grep("lab", bytes + SIZE / 2, 64), 0);
		exchange_contact(lab);
	} while (!finished);
	ck_assert_uint_gt(k, 20);
	invariants_check_rebuild(lab);
	invariants_check_rebuild(&world.primary);
}
END_TEST

START_TEST(index_lost)
{
	struct holdings_head head;
	struct holdings_row row;

	publish(1);
	publish(2);
	exchange_contact(lab);
	world_close(lab);
	world_close(&world.primary);
	world_shell("rm -rf lab/state/index primary/state/index%s", "");
	world_open(&world.primary);
	world_open(lab);
	ck_assert_int_eq(holdings_one(lab->c, NULL, "winxp", "2", &head, &row),
	    PH_OK);
	ck_assert_str_eq(row.state, "visible");
	/* Nothing is to be moved, and nothing is new. */
	ck_assert(!exchange_documents(lab));
	ck_assert_uint_eq(exchange_manifests(lab), 0);
	ck_assert_uint_eq(exchange_content(lab), 0);
	ck_assert(!exchange_receipt(lab));
}
END_TEST

START_TEST(index_damaged)
{
	publish(1);
	exchange_contact(lab);
	world_close(lab);
	world_shell("dd if=/dev/urandom of=lab/state/index/data.mdb bs=1000 "
		    "count=9 seek=3 conv=notrunc 2>/dev/null%s",
	    "");
	world_open(lab);
	invariants_check_granted(lab);
	ck_assert(!exchange_documents(lab));
}
END_TEST

START_TEST(content_lost_comes_again)
{
	char path[300], hex[DIGEST_HEX_SIZE];
	struct digest blob;

	publish(1);
	publish(2);
	exchange_contact(lab);
	world_close(lab);
	world.now += 60;
	world_blob(SIZE, 1, &blob);
	digest_hex(&blob, hex);
	(void)snprintf(path, sizeof(path), "lab/store/blobs/%s", hex);
	ck_assert_int_eq(unlink(path), 0);
	world_open(lab);
	invariants_check_granted(lab);
	ck_assert_int_ne(access("lab/store/published/winxp/1", F_OK), 0);
	exchange_contact(lab);
	ck_assert_int_eq(access("lab/store/published/winxp/1", F_OK), 0);
	invariants_check_rebuild(lab);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("recovery");
	t = tcase_create("recovery");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, killed_while_publishing);
	tcase_add_test(t, killed_while_receiving);
	tcase_add_test(t, killed_while_withdrawing);
	tcase_add_test(t, index_lost);
	tcase_add_test(t, index_damaged);
	tcase_add_test(t, content_lost_comes_again);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
