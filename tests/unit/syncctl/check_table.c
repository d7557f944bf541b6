/*
 * Tables: columns line up by characters, not bytes.
 */
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/buffer.h"
#include "proto/errors.h"
#include "syncctl/table.h"

START_TEST(columns_line_up)
{
	static const char *const headers[] = { "NAME", ">SIZE", "STATE", NULL };
	struct buffer out;
	struct table *t;

	buffer_init(&out, 4096);
	t = table_new(headers);
	ck_assert_uint_eq(table_rows(t), 0);
	table_text(t, "\xc3\xa4\xc3\xb6\xc3\xbc-repo");
	table_size(t, 4096);
	table_text(t, NULL);
	table_put(t, "%d", 5);
	table_size(t, 7);
	table_text(t, "a\nb");
	ck_assert_uint_eq(table_rows(t), 2);
	ck_assert_int_eq(table_print(t, &out), PH_OK);
	ck_assert_str_eq(buffer_text(&out),
	    "NAME         SIZE  STATE\n"
	    "\xc3\xa4\xc3\xb6\xc3\xbc-repo  4.0 KiB  -\n"
	    "5             7 B  a?b\n");
	table_free(t);
	buffer_fini(&out);
}
END_TEST

START_TEST(no_memory_is_said_at_the_end)
{
	static const char *const headers[] = { "A", NULL };
	struct buffer out;
	struct table *t;

	buffer_init(&out, 2);
	table_put(NULL, "x");
	ck_assert_int_eq(table_print(NULL, &out), PH_ENOMEM);
	t = table_new(headers);
	table_text(t, "long");
	ck_assert_int_eq(table_print(t, &out), PH_ENOMEM);
	table_free(t);
	table_free(NULL);
	buffer_fini(&out);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("table");
	tests = tcase_create("table");
	tcase_add_test(tests, columns_line_up);
	tcase_add_test(tests, no_memory_is_said_at_the_end);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
