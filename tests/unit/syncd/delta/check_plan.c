/*
 * Plans: each kind of match where it should be found, and what makes no
 * plan.
 */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "syncd/delta/plan.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/delta/memory.h"

#define BLOCK 4096u
#define SIZE (64 * BLOCK)

static uint8_t *base_bytes;
static uint8_t *target;
static size_t target_len;
static uint64_t target_offset;
static struct memory base_memory;
static struct delta_source base;
static struct memory file;
static struct delta_signature *signature;
static struct delta_planner *planner;
static struct delta_plan plan;
static uint64_t state;

/* A planner of the base as it stands. */
static void
prepare(size_t base_len)
{
	base_memory.data = base_bytes;
	base_memory.len = base_len;
	base_memory.left = -1;
	base = memory_source(&base_memory);
	signature = memory_sign(&base, base.size, &file);
	planner = delta_planner_new(&base, signature);
	ck_assert_ptr_nonnull(planner);
}

static void
setup(void)
{
	state = 4711;
	base_bytes = malloc(SIZE);
	target = malloc(2 * SIZE);
	memory_noise(&state, base_bytes, SIZE);
	memcpy(target, base_bytes, SIZE);
	target_len = SIZE;
	target_offset = 0;
	signature = NULL;
	planner = NULL;
	file.data = NULL;
}

static void
teardown(void)
{
	delta_planner_free(planner);
	delta_planner_free(NULL);
	delta_signature_free(signature);
	free(file.data);
	free(base_bytes);
	free(target);
}

/* The plan covers the target, and all it says is true. */
static void
check_plan(void)
{
	const struct segment_op *op;
	const uint8_t *t;
	size_t i, j, sums[4];

	memset(sums, 0, sizeof(sums));
	t = target;
	for (i = 0; i < plan.nops; i++) {
		op = &plan.ops[i];
		ck_assert_uint_gt(op->length, 0);
		ck_assert_uint_le(op->length,
		    (size_t)(target + target_len - t));
		if (op->kind == SEGMENT_COPY) {
			ck_assert_uint_le(op->source, base_memory.len);
			ck_assert_uint_le(op->length,
			    base_memory.len - op->source);
			ck_assert_mem_eq(t, base_bytes + op->source,
			    op->length);
		} else if (op->kind != SEGMENT_LITERAL) {
			ck_assert_int_eq(op->kind == SEGMENT_ZERO,
			    op->value == 0);
			for (j = 0; j < op->length; j++)
				ck_assert_uint_eq(t[j], op->value);
		}
		sums[op->kind] += op->length;
		t += op->length;
	}
	ck_assert_ptr_eq(t, target + target_len);
	ck_assert_uint_eq(plan.nzero, sums[SEGMENT_ZERO]);
	ck_assert_uint_eq(plan.nliteral, sums[SEGMENT_LITERAL]);
	ck_assert_uint_eq(plan.ncopy, sums[SEGMENT_COPY]);
	ck_assert_uint_eq(plan.nfill, sums[SEGMENT_FILL]);
}

static void
make_plan(void)
{
	ck_assert_int_eq(delta_planner_plan(planner, target_offset, target,
			     target_len, &plan),
	    PH_OK);
	check_plan();
}

START_TEST(same)
{
	prepare(SIZE);
	make_plan();
	ck_assert_uint_eq(plan.nops, 1);
	ck_assert_uint_eq(plan.ncopy, SIZE);
	ck_assert_uint_eq(plan.ops[0].source, 0);
}
END_TEST

/* The same, at a place in the middle, on no grid. */
START_TEST(same_inside)
{
	prepare(SIZE);
	target_offset = 12345;
	memmove(target, target + 12345, SIZE - 12345);
	target_len = SIZE - 20000;
	make_plan();
	ck_assert_uint_eq(plan.nops, 1);
	ck_assert_uint_eq(plan.ops[0].source, 12345);
}
END_TEST

START_TEST(constants)
{
	prepare(SIZE);
	memset(target, 0, 10 * BLOCK);
	memset(target + 10 * BLOCK, 0xff, 3 * BLOCK);
	/* Not on the grid, as long as it is worth it. */
	memset(target + 20 * BLOCK + 77, 0, 1000);
	make_plan();
	ck_assert_uint_ge(plan.nzero, 10 * BLOCK + 1000);
	ck_assert_uint_ge(plan.nfill, 3 * BLOCK);
	ck_assert_uint_eq(plan.ops[0].kind, SEGMENT_ZERO);
	ck_assert_uint_eq(plan.ops[1].kind, SEGMENT_FILL);
	ck_assert_uint_eq(plan.ops[1].value, 0xff);
	ck_assert_uint_eq(plan.nliteral, 0);
}
END_TEST

/* Zeros of the base are no source of anything. */
START_TEST(zeros_are_not_copied)
{
	memset(base_bytes, 0, 30 * BLOCK);
	memset(target, 0, SIZE);
	prepare(SIZE);
	make_plan();
	ck_assert_uint_eq(plan.nops, 1);
	ck_assert_uint_eq(plan.nzero, SIZE);
}
END_TEST

START_TEST(moved_blocks)
{
	prepare(SIZE);
	memcpy(target, base_bytes + 32 * BLOCK, 32 * BLOCK);
	memcpy(target + 32 * BLOCK, base_bytes, 32 * BLOCK);
	make_plan();
	ck_assert_uint_eq(plan.nops, 2);
	ck_assert_uint_eq(plan.ops[0].source, 32 * BLOCK);
	ck_assert_uint_eq(plan.ops[1].source, 0);
}
END_TEST

/* Without signature only the same place is looked at. */
START_TEST(without_signature)
{
	prepare(SIZE);
	delta_planner_free(planner);
	planner = delta_planner_new(&base, NULL);
	memcpy(target, base_bytes + 32 * BLOCK, 32 * BLOCK);
	make_plan();
	ck_assert_uint_eq(plan.ncopy, 32 * BLOCK);
	ck_assert_uint_eq(plan.nliteral, 32 * BLOCK);
}
END_TEST

START_TEST(inserted_byte)
{
	prepare(SIZE);
	target[0] = (uint8_t)(base_bytes[0] + 1);
	memcpy(target + 1, base_bytes, SIZE);
	target_len = SIZE + 1;
	make_plan();
	ck_assert_uint_eq(plan.nliteral, 1);
	ck_assert_uint_eq(plan.nops, 2);
}
END_TEST

/* Bytes changed in a page that stayed, and in one that moved. */
START_TEST(changed_page)
{
	prepare(SIZE);
	target[5 * BLOCK + 100] ^= 1;
	target[5 * BLOCK + 2000] ^= 1;
	make_plan();
	ck_assert_uint_eq(plan.nliteral, 2);
	memcpy(target, base_bytes + 40 * BLOCK, 8 * BLOCK);
	target[3 * BLOCK + 1000] ^= 1;
	target[4 * BLOCK + 3000] ^= 1;
	make_plan();
	ck_assert_uint_eq(plan.nliteral, 2);
}
END_TEST

/* A piece from no grid, and no multiple of anything, to none. */
START_TEST(unaligned_piece)
{
	prepare(SIZE);
	memory_noise(&state, target, SIZE);
	memcpy(target + 50001, base_bytes + 100003, 33333);
	make_plan();
	ck_assert_uint_eq(plan.nops, 3);
	ck_assert_uint_eq(plan.ops[1].source, 100003);
	ck_assert_uint_eq(plan.ncopy, 33333);
}
END_TEST

START_TEST(nothing_alike)
{
	prepare(SIZE);
	memory_noise(&state, target, SIZE);
	make_plan();
	ck_assert_uint_eq(plan.nops, 1);
	ck_assert_uint_eq(plan.nliteral, SIZE);
}
END_TEST

/* A base that ends inside the segment, and one that is a byte long. */
START_TEST(short_base)
{
	prepare(10 * BLOCK + 50);
	make_plan();
	ck_assert_uint_eq(plan.ncopy, 10 * BLOCK + 50);
	teardown();
	setup();
	prepare(1);
	make_plan();
	ck_assert_uint_eq(plan.ncopy, 0);
	teardown();
	setup();
	prepare(100);
	target_offset = 3 * BLOCK;
	make_plan();
	ck_assert_uint_eq(plan.ncopy, 0);
}
END_TEST

START_TEST(one_byte)
{
	prepare(SIZE);
	target_len = 1;
	target[0] = 0;
	make_plan();
	ck_assert_uint_eq(plan.nzero, 1);
	target[0] = 1;
	make_plan();
	ck_assert_uint_eq(plan.nfill, 1);
}
END_TEST

START_TEST(plain)
{
	prepare(SIZE);
	memset(target + 10 * BLOCK, 0, BLOCK + 10);
	ck_assert_int_eq(delta_planner_plan_plain(planner, 0, target, SIZE,
			     &plan),
	    PH_OK);
	check_plan();
	ck_assert_uint_eq(plan.ncopy, 0);
	ck_assert_uint_eq(plan.nops, 3);
	ck_assert_uint_eq(plan.nzero, BLOCK + 10);
	/* The base is not forgotten. */
	make_plan();
	ck_assert_uint_gt(plan.ncopy, 0);
}
END_TEST

START_TEST(without_base)
{
	planner = delta_planner_new(NULL, NULL);
	make_plan();
	ck_assert_uint_eq(plan.nliteral, SIZE);
}
END_TEST

/* Wherever reading the base fails first. */
START_TEST(base_fails)
{
	int left, r;

	prepare(SIZE);
	memcpy(target + 100, base_bytes + 32 * BLOCK, 10 * BLOCK);
	memcpy(target + 20 * BLOCK, base_bytes + 50 * BLOCK, 10 * BLOCK);
	target[25 * BLOCK + 9] ^= 1;
	for (left = 0;; left++) {
		base_memory.left = left;
		r = delta_planner_plan(planner, 0, target, SIZE, &plan);
		if (r == PH_OK)
			break;
		ck_assert_int_eq(r, PH_EBASE);
	}
	ck_assert_int_gt(left, 3);
	check_plan();
}
END_TEST

/* A signature of other bytes: what it says is compared, not believed. */
START_TEST(wrong_signature)
{
	prepare(SIZE);
	memory_noise(&state, base_bytes, SIZE);
	make_plan();
	ck_assert_uint_eq(plan.nliteral, SIZE);
}
END_TEST

int
main(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("plan");
	t = tcase_create("plan");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, same);
	tcase_add_test(t, same_inside);
	tcase_add_test(t, constants);
	tcase_add_test(t, zeros_are_not_copied);
	tcase_add_test(t, moved_blocks);
	tcase_add_test(t, without_signature);
	tcase_add_test(t, inserted_byte);
	tcase_add_test(t, changed_page);
	tcase_add_test(t, unaligned_piece);
	tcase_add_test(t, nothing_alike);
	tcase_add_test(t, short_base);
	tcase_add_test(t, one_byte);
	tcase_add_test(t, plain);
	tcase_add_test(t, without_base);
	tcase_add_test(t, base_fails);
	tcase_add_test(t, wrong_signature);
	suite_add_tcase(s, t);
	return check_run(s);
}
