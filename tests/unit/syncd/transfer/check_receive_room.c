/*
 * What receiving a blob reserves, and when.
 */
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/transfer/supplier.h"

/* What landing_open() reserves beside the blob. */
#define OVERHEAD (PH_ENCODING_SIZE_MAX - PH_SEGMENT_SIZE_MAX)
#define EXTRA (UINT64_C(4) * (PH_SEGMENT_SIZE + OVERHEAD))

static struct supplier s;

static void
setup(void)
{
	supplier_begin(&s, 0);
}

static void
teardown(void)
{
	supplier_end(&s);
}

START_TEST(no_room)
{
	struct failure f;
	int code;

	s.free = EXTRA - 1;
	supplier_offer(&s);
	ck_assert_int_eq(supplier_is_over(&s, &code), 1);
	ck_assert_int_eq(code, PH_ENOSPC);
	ck_assert_int_eq(receive_finished(s.receive, &code, &f), 1);
	ck_assert_ptr_nonnull(strstr(f.what, "disk 2 needs"));
	ck_assert_ptr_nonnull(strstr(f.what, "short"));
}
END_TEST

/* The data of the blob does not fit: nothing of it is asked for. */
START_TEST(no_room_for_data)
{
	struct frame frame;
	struct failure f;
	int code;

	s.free = EXTRA + SUPPLIER_SIZE - 1;
	supplier_offer(&s);
	supplier_announce(&s, 0);
	ck_assert_int_eq(supplier_is_over(&s, &code), 1);
	ck_assert_int_eq(code, PH_ENOSPC);
	ck_assert_int_eq(receive_finished(s.receive, &code, &f), 1);
	ck_assert_ptr_nonnull(strstr(f.what, "disk 2 needs"));
	ck_assert_int_eq(supplier_next(&s, &frame), 0);
}
END_TEST

/* As much as is data is reserved, and no more. */
START_TEST(room_for_data)
{
	s.data = SUPPLIER_SIZE / 2;
	supplier_offer(&s);
	supplier_announce(&s, 0);
	supplier_settle(&s);
	ck_assert_uint_ge(space_promised(s.space), EXTRA + SUPPLIER_SIZE / 2);
	ck_assert_uint_lt(space_promised(s.space),
	    EXTRA + SUPPLIER_SIZE / 2 + SUPPLIER_SIZE / 1000);
	/* More comes than was said: it is reserved before it is written. */
	ck_assert_int_eq(supplier_serve(&s), PH_OK);
	supplier_check_target(&s);
	supplier_stop(&s);
	supplier_settle(&s);
	ck_assert_uint_eq(space_promised(s.space), 0);
}
END_TEST

/* A small blob needs little room. */
START_TEST(room_for_little)
{
	int code;

	s.config.size = 1000;
	s.free = UINT64_C(3) << 19;
	supplier_offer(&s);
	ck_assert_int_eq(supplier_is_over(&s, &code), 0);
	ck_assert_uint_eq(space_promised(s.space), 1000 + OVERHEAD);
}
END_TEST

#if PH_SEGMENT_SIZE < PH_SEGMENT_SIZE_MAX
/* Encodings larger than usual: room for them is reserved before they come. */
START_TEST(no_room_for_encodings)
{
	struct supplier_encoding large[SUPPLIER_SEGMENTS];
	struct message_plan plan;
	struct frame frame;
	struct failure f;
	int code;

	memcpy(large, supplier_content.delta, sizeof(large));
	large[2].row.len = PH_SEGMENT_SIZE + OVERHEAD + (64u << 10);
	s.free = EXTRA + SUPPLIER_SIZE + (128u << 10);
	supplier_offer(&s);
	supplier_settle(&s);
	ck_assert_int_eq(supplier_next(&s, &frame), 1);
	plan = supplier_plan(1);
	ck_assert_int_eq(supplier_give_plan(&s, &plan), PH_OK);
	ck_assert_int_eq(supplier_give_rows(&s, large, 0, 2, 0), PH_OK);
	ck_assert_int_eq(supplier_is_over(&s, &code), 0);
	ck_assert_int_eq(supplier_give_rows(&s, large, 2, 1, 0), PH_OK);
	ck_assert_int_eq(supplier_is_over(&s, &code), 1);
	ck_assert_int_eq(code, PH_ENOSPC);
	ck_assert_int_eq(receive_finished(s.receive, &code, &f), 1);
	ck_assert_ptr_nonnull(strstr(f.what, "disk 2 needs 256.0KiB"));
}
END_TEST
#endif

/* More comes than was said, and there is no room for it. */
START_TEST(no_room_for_more)
{
	struct failure f;
	uint64_t parts;
	uint32_t i;
	int code;

	s.data = 0;
	s.free = EXTRA + PH_SEGMENT_SIZE / 2;
	supplier_offer(&s);
	supplier_announce(&s, 0);
	ck_assert_int_eq(supplier_serve(&s), PH_ENOSPC);
	ck_assert_int_eq(receive_finished(s.receive, &code, &f), 1);
	ck_assert_ptr_nonnull(strstr(f.what, "short"));
	parts = 0;
	for (i = 0; i < SUPPLIER_SEGMENTS; i++)
		parts += supplier_part(&s, i);
	ck_assert_uint_ge(parts, PH_SEGMENT_SIZE);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	suite = suite_create("receive room");
	tcase = tcase_create("receive room");
	tcase_add_unchecked_fixture(tcase, supplier_make_content,
	    supplier_free_content);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, no_room);
	tcase_add_test(tcase, no_room_for_data);
	tcase_add_test(tcase, room_for_data);
	tcase_add_test(tcase, room_for_little);
#if PH_SEGMENT_SIZE < PH_SEGMENT_SIZE_MAX
	tcase_add_test(tcase, no_room_for_encodings);
#endif
	tcase_add_test(tcase, no_room_for_more);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
