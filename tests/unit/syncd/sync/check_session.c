/*
 * Sessions between a primary and a site, over a link that the test hands
 * over: who dialled makes no difference.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/errors.h"
#include "syncd/store/space.h"
#include "syncd/transfer/receive.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/store/free_space.h"
#include "tests/unit/syncd/sync/network.h"
#include "tests/unit/tempdir.h"

static struct loop *loop;
static struct worker_pool *workers;
static struct node primary;
static struct node site;

static void
setup(void)
{
	(void)tempdir_begin();
	loop = loop_new();
	workers = worker_pool_new(loop, 2);
	ck_assert_ptr_nonnull(workers);
	node_init_primary(&primary, loop, workers, "primary");
	node_init_site(&site, loop, workers, &primary, "site", "branch-01");
}

static void
teardown(void)
{
	node_fini(&site);
	node_fini(&primary);
	worker_pool_free(workers);
	loop_free(loop);
	tempdir_end();
}

/* A file of size bytes that a seed decides, with some zeros in it. */
static void
make_file(const char *path, size_t size, unsigned int seed)
{
	FILE *file;
	size_t i;

	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	for (i = 0; i < size; i++) {
		seed = seed * 1103515245u + 12345u;
		(void)fputc(i / 65536 % 4 == 3 ? 0 : (int)(seed >> 16) & 255,
		    file);
	}
	(void)fclose(file);
}

/* 1 when two files hold the same. */
static int
same(const char *a, const char *b)
{
	char command[1024];

	(void)snprintf(command, sizeof(command), "cmp -s %s %s", a, b);
	return system(command) == 0;
}

static const char allow_all[] = "version: 1\n"
				"allow:\n"
				"  - to: [branch-01]\n"
				"    images: {name: \"*\"}\n";

static void
contact_ok(struct run *run)
{
	network_contact(&primary, &site, run);
	if (run->outcome != RUN_DONE)
		ck_abort_msg("%s: %s", run_outcome_name(run->outcome),
		    run->failure.what);
}

START_TEST(nothing_granted_is_fine)
{
	struct run run;

	run_init(&run);
	node_add(&primary, &site, "branch-01");
	contact_ok(&run);
	ck_assert_int_eq(run.nothing_granted, 1);
	run_fini(&run);
}
END_TEST

START_TEST(a_version_arrives)
{
	struct run run;

	run_init(&run);
	make_file("v1", 1000000, 1);
	node_add(&primary, &site, "branch-01");
	node_apply(&primary, allow_all);
	node_publish(&primary, "winxp", "9", "v1");
	contact_ok(&run);
	ck_assert_uint_eq(run.ncompleted, 1);
	ck_assert(same("v1", "site/store/published/winxp/9/disk.img"));
	run_fini(&run);
	contact_ok(&run);
	ck_assert_uint_eq(run.ncompleted, 0);
	run_fini(&run);
}
END_TEST

START_TEST(receipts_wait_for_each_other)
{
	char version[8];
	struct run run;
	FILE *p;
	int n, i;

	run_init(&run);
	make_file("v1", 300000, 1);
	node_add(&primary, &site, "branch-01");
	node_apply(&primary, allow_all);
	for (i = 0; i < 12; i++) {
		(void)snprintf(version, sizeof(version), "%d", i);
		make_file("v", 300000, (uint32_t)i + 1);
		node_publish(&primary, "winxp", version, "v");
	}
	contact_ok(&run);
	ck_assert_uint_eq(run.ncompleted, 12);
	run_fini(&run);
	/* One with the grant, one at the end; and not one for each version. */
	p = popen("ls primary/state/documents/receipts | grep -c 'json$'", "r");
	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(fscanf(p, "%d", &n), 1);
	(void)pclose(p);
	ck_assert_int_ge(n, 1);
	ck_assert_int_le(n, 4);
}
END_TEST

/* What needs no transfer is told, too: in one contact, and in the next. */
START_TEST(content_that_is_here_is_told)
{
	const struct run_image *image;
	struct run run;
	size_t i;

	run_init(&run);
	make_file("v1", 500000, 1);
	node_add(&primary, &site, "branch-01");
	node_apply(&primary, allow_all);
	node_publish(&primary, "winxp", "9", "v1");
	node_publish(&primary, "winxp-same", "9", "v1");
	contact_ok(&run);
	ck_assert_uint_eq(run.ncompleted, 2);
	ck_assert_uint_eq(run.nimages, 2);
	ck_assert_uint_gt(run.images[0].cost.wire_bytes, 0);
	run_fini(&run);
	node_publish(&primary, "again", "1", "v1");
	node_publish(&primary, "again", "2", "v1");
	contact_ok(&run);
	ck_assert_uint_eq(run.ncompleted, 2);
	ck_assert_uint_eq(run.nimages, 2);
	for (i = 0; i < 2; i++) {
		image = &run.images[i];
		ck_assert_str_eq(image->image, "again");
		ck_assert_str_eq(image->file, "disk.img");
		ck_assert_int_eq(image->full, 1);
		ck_assert_int_eq(image->done, 1);
		ck_assert_uint_eq(image->size, 500000);
		ck_assert_uint_eq(image->logical_bytes, 500000);
		ck_assert_uint_eq(image->cost.wire_bytes, 0);
		ck_assert_uint_eq(image->cost.reused_bytes, 500000);
	}
	run_fini(&run);
}
END_TEST

START_TEST(an_update_is_a_delta)
{
	struct run run;
	FILE *file;

	run_init(&run);
	make_file("v1", 2000000, 1);
	make_file("v2", 2000000, 1);
	file = fopen("v2", "r+");
	ck_assert_ptr_nonnull(file);
	(void)fseek(file, 700001, SEEK_SET);
	(void)fputs("something else stands here now", file);
	(void)fclose(file);
	node_add(&primary, &site, "branch-01");
	node_apply(&primary, allow_all);
	node_publish(&primary, "winxp", "9", "v1");
	contact_ok(&run);
	run_fini(&run);
	node_publish(&primary, "winxp", "10", "v2");
	contact_ok(&run);
	ck_assert_uint_eq(run.nimages, 1);
	ck_assert_int_eq(run.images[0].full, 0);
	ck_assert_str_eq(run.images[0].base, "9");
	ck_assert_uint_lt(run.images[0].cost.wire_bytes, 20000);
	ck_assert(same("v2", "site/store/published/winxp/10/disk.img"));
	run_fini(&run);
}
END_TEST

START_TEST(what_is_denied_is_removed)
{
	struct run run;

	run_init(&run);
	make_file("v1", 500000, 1);
	node_add(&primary, &site, "branch-01");
	node_apply(&primary, allow_all);
	node_publish(&primary, "winxp", "9", "v1");
	node_publish(&primary, "payroll", "1", "v1");
	contact_ok(&run);
	ck_assert_int_eq(access("site/store/published/payroll/1", F_OK), 0);
	run_fini(&run);
	node_apply(&primary,
	    "version: 1\n"
	    "allow:\n"
	    "  - to: [branch-01]\n"
	    "    images: {name: \"*\"}\n"
	    "deny:\n"
	    "  - to: [branch-01]\n"
	    "    images: {name: \"payroll\"}\n");
	contact_ok(&run);
	ck_assert_uint_eq(run.nwithdrawn, 1);
	ck_assert_int_ne(access("site/store/published/payroll", F_OK), 0);
	/* The same content under a name that is granted stays. */
	ck_assert(same("v1", "site/store/published/winxp/9/disk.img"));
	run_fini(&run);
}
END_TEST

START_TEST(the_old_version_stays_until_the_new_one_is_visible)
{
	struct run run;

	run_init(&run);
	make_file("v1", 500000, 1);
	make_file("v2", 500000, 2);
	node_add(&primary, &site, "branch-01");
	node_apply(&primary,
	    "version: 1\n"
	    "allow:\n"
	    "  - to: [branch-01]\n"
	    "    images: {name: \"*\"}\n"
	    "    versions: {newest: 1}\n");
	node_publish(&primary, "winxp", "9", "v1");
	contact_ok(&run);
	run_fini(&run);
	node_publish(&primary, "winxp", "10", "v2");
	ck_assert(same("v1", "site/store/published/winxp/9/disk.img"));
	contact_ok(&run);
	ck_assert_uint_eq(run.nretired, 1);
	ck_assert(same("v2", "site/store/published/winxp/10/disk.img"));
	ck_assert_int_ne(access("site/store/published/winxp/9", F_OK), 0);
	run_fini(&run);
}
END_TEST

START_TEST(a_lost_index_costs_no_transfer)
{
	struct run run;

	run_init(&run);
	make_file("v1", 500000, 1);
	node_add(&primary, &site, "branch-01");
	node_apply(&primary, allow_all);
	node_publish(&primary, "winxp", "9", "v1");
	contact_ok(&run);
	run_fini(&run);
	node_lose_index(&site);
	node_lose_index(&primary);
	contact_ok(&run);
	ck_assert_uint_eq(run.nimages, 0);
	ck_assert_uint_eq(run.nwithdrawn, 0);
	ck_assert(same("v1", "site/store/published/winxp/9/disk.img"));
	run_fini(&run);
}
END_TEST

/*
 * Bytes that a cut may cost here: of each stream, what came and was not on
 * disk yet.  Beginning anew each time would cost more than twice as much.
 */
#define CUT_COST (RECEIVE_STREAMS * (128u << 10))

START_TEST(a_cut_link_is_continued)
{
	const struct run_image *image;
	unsigned int cuts;
	struct run run;
	uint64_t step;

	run_init(&run);
	make_file("v1", 3000000, 1);
	node_add(&primary, &site, "branch-01");
	node_apply(&primary, allow_all);
	node_publish(&primary, "winxp", "9", "v1");
	cuts = 0;
	/* Odd, so that cuts come everywhere in frames. */
	for (step = 100003;; step += 70001) {
		network_contact_cut(&primary, &site, step, &run);
		if (run.outcome == RUN_DONE)
			break;
		cuts++;
		ck_assert_uint_lt(cuts, 40);
		ck_assert_int_eq(run.outcome, RUN_FAILED);
		ck_assert_int_eq(run_goes_on(&run), run_content(&run) > 0);
		ck_assert_int_ne(access("site/store/published/winxp/9", F_OK),
		    0);
	}
	ck_assert_uint_ge(cuts, 3);
	ck_assert_uint_eq(run.ncontacts, cuts + 1);
	ck_assert_uint_ge(run.nresumed, 2);
	ck_assert_uint_le(run.nresumed, cuts);
	/* Nothing was here before the run, which counts each contact. */
	image = &run.images[0];
	ck_assert_uint_eq(image->resumed_bytes, 0);
	ck_assert_uint_eq(image->cost.wire_bytes, run_content(&run));
	ck_assert_uint_gt(run.wire_received, image->cost.wire_bytes);
	/* A quarter of the file is zeros and does not travel. */
	ck_assert_uint_gt(image->cost.wire_bytes, 2000000);
	ck_assert_uint_lt(image->cost.wire_bytes,
	    2250000 + 100000 + cuts * CUT_COST);
	ck_assert(same("v1", "site/store/published/winxp/9/disk.img"));
	run_fini(&run);
}
END_TEST

START_TEST(a_damaged_base_costs_a_fallback)
{
	struct run run;
	FILE *file;

	run_init(&run);
	make_file("v1", 2000000, 1);
	make_file("v2", 2000000, 1);
	file = fopen("v2", "r+");
	ck_assert_ptr_nonnull(file);
	(void)fputs("changed", file);
	(void)fclose(file);
	node_add(&primary, &site, "branch-01");
	node_apply(&primary, allow_all);
	node_publish(&primary, "winxp", "9", "v1");
	contact_ok(&run);
	run_fini(&run);
	/* One bit of the site's blob, with its size and time as they were. */
	ck_assert_int_eq(
	    system("f=$(ls -S site/store/blobs/* | head -n 1); "
		   "touch -r $f stamp; chmod u+w $f; "
		   "printf x | dd of=$f bs=1 seek=600000 conv=notrunc "
		   "2>/dev/null; touch -r stamp $f; chmod a-w $f"),
	    0);
	node_publish(&primary, "winxp", "10", "v2");
	contact_ok(&run);
	ck_assert_uint_eq(run.images[0].cost.fallbacks, 1);
	ck_assert(same("v2", "site/store/published/winxp/10/disk.img"));
	run_fini(&run);
}
END_TEST

/* Two files, and so much free for what a transfer reserves. */
static void
contact_with_room(uint64_t room, struct run *run)
{
	run_init(run);
	make_file("a", 1000000, 1);
	make_file("b", 1000000, 2);
	node_add(&primary, &site, "branch-01");
	node_apply(&primary, allow_all);
	node_publish(&primary, "a", "1", "a");
	node_publish(&primary, "b", "1", "b");
	free_space_bytes = SPACE_MARGIN_DEFAULT + room;
	network_contact(&primary, &site, run);
}

/* What one transfer has reserved, another can have after it. */
START_TEST(with_room_for_one_they_come_one_by_one)
{
	struct run run;

	contact_with_room(UINT64_C(8) << 20, &run);
	if (run.outcome != RUN_DONE)
		ck_abort_msg("%s", run.failure.what);
	ck_assert_uint_eq(run.ncompleted, 2);
	run_fini(&run);
}
END_TEST

START_TEST(without_room_nothing_comes)
{
	struct run run;

	contact_with_room(UINT64_C(1) << 20, &run);
	ck_assert_int_eq(run.outcome, RUN_PARTIAL);
	ck_assert_int_eq(run.failure.code, PH_ENOSPC);
	ck_assert_uint_eq(run.ncompleted, 0);
	ck_assert_uint_eq(run.ncontacts, 1);
	run_fini(&run);
}
END_TEST

START_TEST(a_stranger_gets_nothing)
{
	struct run run;

	run_init(&run);
	make_file("v1", 500000, 1);
	node_apply(&primary, allow_all);
	node_publish(&primary, "winxp", "9", "v1");
	network_contact(&primary, &site, &run);
	ck_assert_int_eq(run.outcome, RUN_FAILED);
	ck_assert_msg(run.failure.code == PH_EIDENTITY, "%s", run.failure.what);
	ck_assert_uint_lt(run.wire_received, 2000);
	run_fini(&run);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tc;

	suite = suite_create("session");
	tc = tcase_create("session");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nothing_granted_is_fine);
	tcase_add_test(tc, a_version_arrives);
	tcase_add_test(tc, receipts_wait_for_each_other);
	tcase_add_test(tc, content_that_is_here_is_told);
	tcase_add_test(tc, an_update_is_a_delta);
	tcase_add_test(tc, what_is_denied_is_removed);
	tcase_add_test(tc, the_old_version_stays_until_the_new_one_is_visible);
	tcase_add_test(tc, a_lost_index_costs_no_transfer);
	tcase_add_test(tc, a_cut_link_is_continued);
	tcase_add_test(tc, a_damaged_base_costs_a_fallback);
	tcase_add_test(tc, with_room_for_one_they_come_one_by_one);
	tcase_add_test(tc, without_room_nothing_comes);
	tcase_add_test(tc, a_stranger_gets_nothing);
	suite_add_tcase(suite, tc);
	return check_run(suite);
}
