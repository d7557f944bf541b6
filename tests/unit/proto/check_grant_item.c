/*
 * Lines of the lists of grants.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/grant_item.h"
#include "proto/line_fields.h"
#include "tests/unit/check_main.h"
#include "tests/unit/proto/golden.h"

#define DIGEST                                                                 \
	"sha256:"                                                              \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

START_TEST(round_trip)
{
	struct grant_item in, out;
	struct buffer line;

	memset(&in, 0, sizeof(in));
	in.state = (enum grant_state)_i;
	in.manifest = golden_digest("manifest");
	memset(in.image, 'i', PH_NAME_MAX);
	memset(in.version, '1', PH_VERSION_MAX);
	buffer_init(&line, PH_LIST_LINE_MAX - 1);
	ck_assert_int_eq(grant_item_encode(&in, &line), PH_OK);
	ck_assert_int_eq(grant_item_decode(buffer_text(&line), line.len, &out),
	    PH_OK);
	ck_assert_mem_eq(&in, &out, sizeof(in));
	buffer_fini(&line);
}
END_TEST

START_TEST(example)
{
	static const char line[] = "embargo " DIGEST " winxp 1.0-rc1";
	struct grant_item item;

	ck_assert_int_eq(grant_item_decode(line, strlen(line), &item), PH_OK);
	ck_assert_int_eq(item.state, GRANT_EMBARGO);
	ck_assert_uint_eq(item.manifest.bytes[1], 0x23);
	ck_assert_str_eq(item.image, "winxp");
	ck_assert_str_eq(item.version, "1.0-rc1");
}
END_TEST

static const char *const wrong[] = {
	"",
	"allow",
	"allow " DIGEST " winxp",
	"allow " DIGEST " winxp ",
	"allow " DIGEST " winxp 1 2",
	"allow  " DIGEST " winxp 1",
	" allow " DIGEST " winxp 1",
	"allow " DIGEST " winxp 1 ",
	"Allow " DIGEST " winxp 1",
	"allowx " DIGEST " winxp 1",
	"allowallowallowallow " DIGEST " winxp 1",
	"allow " DIGEST "0 winxp 1",
	"allow sha256:00 winxp 1",
	"allow " DIGEST " -winxp 1",
	"allow " DIGEST " winxp -1",
	"allow " DIGEST " win/xp 1",
	"allow " DIGEST
	" winxp 1111111111222222222233333333334444444444555555555566666666667777",
};

START_TEST(refused)
{
	struct grant_item item;

	ck_assert_int_eq(grant_item_decode(wrong[_i], strlen(wrong[_i]), &item),
	    PH_EMESSAGE);
}
END_TEST

static const struct {
	const char *list;
	int result;
} lists[] = {
	{ "", PH_OK },
	{ "allow " DIGEST " a 1\nallow " DIGEST " a 2\n"
	  "allow " DIGEST " b 1\nretire " DIGEST " c 1\n",
	    PH_OK },
	{ "allow " DIGEST " a 1\nallow " DIGEST " a 1.0\n"
	  "allow " DIGEST " a-1 1\nallow " DIGEST " a1 1\n",
	    PH_OK },
	{ "allow " DIGEST " a 1\nretire " DIGEST " a 1\n", PH_EMESSAGE },
	{ "allow " DIGEST " a 1\nallow " DIGEST " b 1\n"
	  "embargo " DIGEST " a 2\nretire " DIGEST " b 1\n",
	    PH_EMESSAGE },
	/* Only the case differs. */
	{ "allow " DIGEST " A 1\nallow " DIGEST " a 2\n", PH_EMESSAGE },
	{ "allow " DIGEST " A 1\nallow " DIGEST " a 1\n", PH_EMESSAGE },
	{ "allow " DIGEST " a rc1\nretire " DIGEST " a RC1\n", PH_EMESSAGE },
	{ "allow " DIGEST " A 3\nallow " DIGEST " a-b 1\n"
	  "retire " DIGEST " a 1\n",
	    PH_EMESSAGE },
	/* One line is wrong. */
	{ "allow " DIGEST " a 1\nretired " DIGEST " b 1\n", PH_EMESSAGE },
};

START_TEST(whole)
{
	struct lineset *s;

	ck_assert_int_eq(lineset_decode(lists[_i].list, strlen(lists[_i].list),
			     &s),
	    PH_OK);
	ck_assert_int_eq(grant_item_check_list(s), lists[_i].result);
	lineset_free(s);
}
END_TEST

/* The list of the golden vectors. */
START_TEST(vector)
{
	struct lineset_builder *b;
	struct grant_item item;
	struct buffer line;
	struct lineset *s;
	const char *text;
	size_t i, len;

	b = lineset_builder_new();
	buffer_init(&line, PH_LIST_LINE_MAX);
	memset(&item, 0, sizeof(item));
	item.manifest = golden_digest("manifest");
	for (i = 0; i < 4; i++) {
		item.state = (enum grant_state)((i + 2) % GRANT_NSTATES);
		strcpy(item.image, i < 2 ? "winxp" : "debian-12");
		strcpy(item.version, i % 2 ? "10" : "9");
		buffer_reset(&line);
		ck_assert_int_eq(grant_item_encode(&item, &line), PH_OK);
		ck_assert_int_eq(lineset_builder_add(b, buffer_text(&line),
				     line.len),
		    PH_OK);
	}
	ck_assert_int_eq(lineset_builder_finish(b, &s), PH_OK);
	ck_assert_int_eq(grant_item_check_list(s), PH_OK);
	text = lineset_text(s, &len);
	golden_compare("grant.list", text, len);
	lineset_free(s);
	lineset_builder_free(b);
	buffer_fini(&line);
}
END_TEST

START_TEST(names)
{
	enum grant_state state;

	ck_assert_int_eq(grant_state_from_name(grant_state_name(
						   (enum grant_state)_i),
			     &state),
	    PH_OK);
	ck_assert_int_eq(state, _i);
	ck_assert_int_eq(grant_state_from_name("", &state), PH_EUNKNOWN);
}
END_TEST

#define HEX "0000000000000000000000000000000000000000000000000000000000000"

static const char sorted[] = "allow sha256:" HEX "001 a 2\n"
			     "allow sha256:" HEX "004 b 1\n"
			     "embargo sha256:" HEX "002 a 10\n"
			     "embargo sha256:" HEX "005 aa 1\n"
			     "retire sha256:" HEX "003 A 1\n";

START_TEST(found)
{
	static const char *const versions[] = { NULL, "2", "10", "1", "1",
		"1" };
	struct grant_item item;
	struct lineset *list;
	struct digest digest;
	uint8_t i;

	ck_assert_int_eq(lineset_decode(sorted, strlen(sorted), &list), PH_OK);
	memset(&digest, 0, sizeof(digest));
	for (i = 0; i < 7; i++) {
		digest.bytes[DIGEST_SIZE - 1] = i;
		if (i == 0 || i == 6) {
			ck_assert_int_eq(grant_item_find(list, &digest, &item),
			    PH_EABSENT);
			continue;
		}
		ck_assert_int_eq(grant_item_find(list, &digest, &item), PH_OK);
		ck_assert_int_eq(digest_compare(&item.manifest, &digest), 0);
		ck_assert_str_eq(item.version, versions[i]);
	}
	lineset_free(list);
}
END_TEST

START_TEST(ordered)
{
	static const char *const expected[] = { "A 1\n", "a 10\n", "a 2\n",
		"aa 1\n", "b 1\n" };
	struct lineset *list;
	const char *text;
	uint32_t *order;
	size_t i;

	ck_assert_int_eq(lineset_decode(sorted, strlen(sorted), &list), PH_OK);
	ck_assert_int_eq(line_fields_order(list, GRANT_ITEM_FIELDS,
			     LINE_FIELDS_EXACT, &order),
	    PH_OK);
	text = lineset_text(list, NULL);
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(strncmp(text + order[i], expected[i],
				     strlen(expected[i])),
		    0);
	ck_assert_uint_eq(line_fields_seek(list, order, 5, "A", "1"), 0);
	ck_assert_uint_eq(line_fields_seek(list, order, 5, "a", ""), 1);
	ck_assert_uint_eq(line_fields_seek(list, order, 5, "a", "2"), 2);
	ck_assert_uint_eq(line_fields_seek(list, order, 5, "a", "3"), 3);
	ck_assert_uint_eq(line_fields_seek(list, order, 5, "aa", ""), 3);
	ck_assert_uint_eq(line_fields_seek(list, order, 5, "c", ""), 5);
	free(order);
	/* Of lines that are no items. */
	ck_assert_int_eq(line_fields_order(list, GRANT_ITEM_FIELDS + 1,
			     LINE_FIELDS_EXACT, &order),
	    PH_EMESSAGE);
	lineset_free(list);
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	s = suite_create("grant_item");
	tc = tcase_create("grant_item");
	tcase_add_loop_test(tc, round_trip, 0, GRANT_NSTATES);
	tcase_add_test(tc, example);
	tcase_add_loop_test(tc, refused, 0,
	    (int)(sizeof(wrong) / sizeof(wrong[0])));
	tcase_add_loop_test(tc, whole, 0,
	    (int)(sizeof(lists) / sizeof(lists[0])));
	tcase_add_test(tc, vector);
	tcase_add_test(tc, found);
	tcase_add_test(tc, ordered);
	tcase_add_loop_test(tc, names, 0, GRANT_NSTATES);
	suite_add_tcase(s, tc);
	return check_run(s);
}
