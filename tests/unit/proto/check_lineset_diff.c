/*
 * Differences of sets: random sets, and what must not be applied.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/lineset_diff.h"
#include "tests/unit/check_main.h"

/* A set of a text that is one. */
static struct lineset *
set_of(const char *text)
{
	struct lineset *s;

	ck_assert_int_eq(lineset_decode(text, strlen(text), &s), PH_OK);
	return s;
}

/* All differences as one text, in a buffer to be initialised. */
static const char *
diff(const struct lineset *from, const struct lineset *to, struct buffer *out)
{
	struct lineset_diff d;

	buffer_init(out, 1 << 24);
	lineset_diff_init(&d, from, to);
	while (lineset_diff_next(&d, PH_LISTDIFF_MAX, out) == 1)
		;
	ck_assert_int_eq(buffer_error(out), PH_OK);
	return buffer_text(out);
}

static const struct {
	const char *from;
	const char *to;
	const char *differences;
} cases[] = {
	{ "", "", "" },
	{ "a\nb\n", "a\nb\n", "" },
	{ "", "a\nb\n", "+a\n+b\n" },
	{ "a\nb\n", "", "-a\n-b\n" },
	{ "a\nb\nc\n", "a\nc\n", "-b\n" },
	{ "a\nc\n", "a\nb\nc\n", "+b\n" },
	{ "b\nd\n", "a\nc\ne\n", "+a\n-b\n+c\n-d\n+e\n" },
	{ "a\n", "aa\n", "-a\n+aa\n" },
	{ "allow x\n", "retire x\n", "-allow x\n+retire x\n" },
};

START_TEST(texts)
{
	struct lineset *from, *result, *to;
	struct lineset_patch *p;
	struct buffer text;

	from = set_of(cases[_i].from);
	to = set_of(cases[_i].to);
	ck_assert_str_eq(diff(from, to, &text), cases[_i].differences);
	ck_assert_uint_eq(lineset_diff_frames(from, to, PH_LISTDIFF_MAX),
	    text.len > 0);
	p = lineset_patch_new(from);
	ck_assert_int_eq(lineset_patch_apply(p, text.data, text.len), PH_OK);
	ck_assert_int_eq(lineset_patch_finish(p, &result), PH_OK);
	ck_assert_int_eq(strncmp(lineset_text(result, NULL), cases[_i].to,
			     strlen(cases[_i].to)),
	    0);
	ck_assert_uint_eq(lineset_count(result), lineset_count(to));
	lineset_patch_free(p);
	lineset_free(result);
	lineset_free(from);
	lineset_free(to);
	buffer_fini(&text);
}
END_TEST

/* To be applied to "b", "d", "f". */
static const struct {
	const char *frame;
	const char *next; /* Frame. */
	int result;
} patches[] = {
	{ "", "", PH_OK },
	{ "-b\n", "-d\n", PH_OK },
	{ "+a\n-b\n+c\n", "+e\n-f\n+g\n", PH_OK },
	/* Not there, or there already. */
	{ "-a\n", "", PH_EMESSAGE },
	{ "-c\n", "", PH_EMESSAGE },
	{ "-g\n", "", PH_EMESSAGE },
	{ "-bb\n", "", PH_EMESSAGE },
	{ "+b\n", "", PH_EMESSAGE },
	{ "+f\n", "", PH_EMESSAGE },
	/* Twice, or out of order. */
	{ "-b\n-b\n", "", PH_EMESSAGE },
	{ "-b\n+b\n", "", PH_EMESSAGE },
	{ "+a\n-a\n", "", PH_EMESSAGE },
	{ "-d\n-b\n", "", PH_EMESSAGE },
	{ "-d\n", "-b\n", PH_EMESSAGE },
	{ "+c\n", "+c\n", PH_EMESSAGE },
	/* Not such lines. */
	{ "-b", "", PH_EMESSAGE },
	{ "\n", "", PH_EMESSAGE },
	{ "-\n", "", PH_EMESSAGE },
	{ "+\n", "", PH_EMESSAGE },
	{ "b\n", "", PH_EMESSAGE },
	{ " b\n", "", PH_EMESSAGE },
	{ "-b\n\n", "", PH_EMESSAGE },
	{ "-b\n", "\n", PH_EMESSAGE },
	{ "+\xc3\xa4\n", "", PH_EMESSAGE },
	{ "+g\r\n", "", PH_EMESSAGE },
	/* A line is whole in its frame. */
	{ "-", "b\n", PH_EMESSAGE },
};

START_TEST(applied)
{
	struct lineset *from, *result;
	struct lineset_patch *p;

	from = set_of("b\nd\nf\n");
	p = lineset_patch_new(from);
	result = NULL;
	(void)!lineset_patch_apply(p, patches[_i].frame,
	    strlen(patches[_i].frame));
	(void)!lineset_patch_apply(p, patches[_i].next,
	    strlen(patches[_i].next));
	ck_assert_int_eq(lineset_patch_finish(p, &result), patches[_i].result);
	lineset_patch_free(p);
	lineset_free(result);
	lineset_free(from);
}
END_TEST

START_TEST(long_line)
{
	struct lineset *from, *result;
	struct lineset_patch *p;
	char line[PH_LIST_LINE_MAX + 3];

	/* The sign does not count. */
	memset(line, 'x', sizeof(line));
	line[0] = '+';
	line[PH_LIST_LINE_MAX] = '\n';
	line[PH_LIST_LINE_MAX + 1] = '\n';
	from = set_of("");
	p = lineset_patch_new(from);
	ck_assert_int_eq(lineset_patch_apply(p, line, PH_LIST_LINE_MAX + 1),
	    PH_OK);
	ck_assert_int_eq(lineset_patch_finish(p, &result), PH_OK);
	lineset_free(result);
	lineset_patch_free(p);
	p = lineset_patch_new(from);
	line[PH_LIST_LINE_MAX] = 'x';
	ck_assert_int_eq(lineset_patch_apply(p, line, PH_LIST_LINE_MAX + 2),
	    PH_EMESSAGE);
	lineset_patch_free(p);
	lineset_patch_free(NULL);
	lineset_free(from);
}
END_TEST

/* A small generator; the loop index is its seed. */
static uint32_t
next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

/* A random set: each of some lines is in it by chance. */
static struct lineset *
random_set(uint64_t *state, unsigned int share)
{
	struct lineset_builder *b;
	struct lineset *s;
	char line[300];
	unsigned int i, n;
	size_t len;

	b = lineset_builder_new();
	n = next_random(state) % 400;
	for (i = 0; i < n; i++) {
		if (next_random(state) % 100 >= share)
			continue;
		(void)snprintf(line, sizeof(line), "%u%.*s", i * 7919 % 1000,
		    (int)(i * 31 % 250),
		    "............................................"
		    "............................................"
		    "............................................"
		    "............................................"
		    "............................................"
		    "............................................");
		len = strlen(line);
		ck_assert_int_eq(lineset_builder_add(b, line, len), PH_OK);
	}
	ck_assert_int_eq(lineset_builder_finish(b, &s), PH_OK);
	lineset_builder_free(b);
	return s;
}

/* Send the differences in frames of at most max bytes, and apply them. */
static struct lineset *
transport(const struct lineset *from, const struct lineset *to, size_t max)
{
	struct lineset_diff d;
	struct lineset_patch *p;
	struct lineset *result;
	struct buffer frame;
	size_t nframes;

	buffer_init(&frame, max);
	p = lineset_patch_new(from);
	lineset_diff_init(&d, from, to);
	for (nframes = 0; lineset_diff_next(&d, max, &frame) == 1; nframes++) {
		ck_assert_uint_gt(frame.len, 0);
		ck_assert_int_eq(frame.data[frame.len - 1], '\n');
		ck_assert_int_eq(lineset_patch_apply(p, frame.data, frame.len),
		    PH_OK);
		buffer_reset(&frame);
	}
	ck_assert_int_eq(buffer_error(&frame), PH_OK);
	ck_assert_uint_eq(nframes, lineset_diff_frames(from, to, max));
	ck_assert_int_eq(lineset_patch_finish(p, &result), PH_OK);
	lineset_patch_free(p);
	buffer_fini(&frame);
	return result;
}

/* What is transported is what was there, whatever the frames. */
static void
check_random_sets(uint64_t state)
{
	struct lineset *from, *result, *to;
	struct digest a, b;
	size_t max;

	from = random_set(&state, next_random(&state) % 101);
	to = random_set(&state, next_random(&state) % 101);
	max = PH_LIST_LINE_MAX + 1 + next_random(&state) % 3000;
	result = transport(from, to, max);
	lineset_digest(to, &a);
	lineset_digest(result, &b);
	ck_assert_int_eq(digest_compare(&a, &b), 0);
	lineset_free(result);
	lineset_free(from);
	lineset_free(to);
}

START_TEST(random_sets)
{
	uint64_t seed;

	for (seed = 0; seed < 50; seed++)
		check_random_sets(seed * 8 + (uint64_t)_i);
}
END_TEST

START_TEST(full)
{
	struct lineset_diff d;
	struct lineset *from, *to;
	struct buffer small;

	from = set_of("");
	to = set_of("a\nb\n");
	buffer_init(&small, 4);
	lineset_diff_init(&d, from, to);
	ck_assert_int_eq(lineset_diff_next(&d, PH_LISTDIFF_MAX, &small),
	    PH_ELIMIT);
	buffer_fini(&small);
	lineset_free(from);
	lineset_free(to);
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	s = suite_create("lineset_diff");
	tc = tcase_create("lineset_diff");
	tcase_add_loop_test(tc, texts, 0,
	    (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_loop_test(tc, applied, 0,
	    (int)(sizeof(patches) / sizeof(patches[0])));
	tcase_add_test(tc, long_line);
	tcase_add_loop_test(tc, random_sets, 0, 8);
	tcase_add_test(tc, full);
	suite_add_tcase(s, tc);
	return check_run(s);
}
