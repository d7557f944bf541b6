/*
 * Changes to the members of the examples, found by walking over their text,
 * which has no white space.
 */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "proto/errors.h"

#include "tests/unit/proto/golden.h"

#define MEMBERS_MAX 256u

/* A member of any object, as places in the text. */
struct member {
	size_t begin; /* The quote of its name. */
	size_t value;
	size_t end; /* Behind the value. */
	int free;   /* Its object takes any member: labels, extra. */
};

struct walk {
	const char *text;
	size_t at;
	struct member members[MEMBERS_MAX];
	size_t count;
};

/* Move behind a string. */
static void
walk_string(struct walk *w)
{
	ck_assert_int_eq(w->text[w->at], '"');
	for (w->at++; w->text[w->at] != '"'; w->at++) {
		if (w->text[w->at] == '\\')
			w->at++;
	}
	w->at++;
}

static void walk_value(struct walk *w, int is_free);

/* Move behind one member and note it. */
static void
walk_member(struct walk *w, int is_free)
{
	struct member m;
	size_t len;
	int below;

	m.begin = w->at;
	walk_string(w);
	len = w->at - m.begin;
	below = (len == 8 && memcmp(w->text + m.begin, "\"labels\"", 8) == 0) ||
	    (len == 7 && memcmp(w->text + m.begin, "\"extra\"", 7) == 0);
	w->at++;
	m.value = w->at;
	walk_value(w, below);
	m.end = w->at;
	m.free = is_free;
	ck_assert_uint_lt(w->count, MEMBERS_MAX);
	w->members[w->count++] = m;
}

/* Move behind a value. */
static void
walk_value(struct walk *w, int is_free)
{
	char close;

	if (w->text[w->at] == '"') {
		walk_string(w);
		return;
	}
	if (w->text[w->at] != '{' && w->text[w->at] != '[') {
		w->at += strcspn(w->text + w->at, ",]}");
		return;
	}
	close = w->text[w->at] == '{' ? '}' : ']';
	w->at++;
	while (w->text[w->at] != close) {
		if (w->text[w->at] == ',')
			w->at++;
		if (close == '}')
			walk_member(w, is_free);
		else
			walk_value(w, is_free);
	}
	w->at++;
}

/* The text with bytes begin to end replaced, and what decoding it gives. */
static int
decode_replaced(enum document_kind kind, const char *text, size_t begin,
    size_t end, const char *by, size_t len)
{
	struct buffer changed;
	int r;

	buffer_init(&changed, PH_DOCUMENT_MAX);
	buffer_put(&changed, text, begin);
	buffer_put(&changed, by, len);
	buffer_put_text(&changed, text + end);
	ck_assert_int_eq(buffer_error(&changed), PH_OK);
	r = golden_decode(kind, changed.data, changed.len);
	buffer_fini(&changed);
	return r;
}

/* Delete, double, add a member. */
static void
check_presence(enum document_kind kind, const char *text,
    const struct member *m)
{
	char twice[PH_DOCUMENT_MAX / 8];
	size_t begin, end;
	int n;

	n = snprintf(twice, sizeof(twice), "%.*s,%.*s",
	    (int)(m->end - m->begin), text + m->begin, (int)(m->end - m->begin),
	    text + m->begin);
	ck_assert_int_lt(n, (int)sizeof(twice));
	ck_assert_msg(decode_replaced(kind, text, m->begin, m->end, twice,
			  (size_t)n) == PH_EDOCUMENT,
	    "twice: %s", text + m->begin);
	if (m->free)
		return;
	begin = m->begin - (text[m->begin - 1] == ',');
	end = m->end + (begin == m->begin && text[m->end] == ',');
	ck_assert_msg(decode_replaced(kind, text, begin, end, "", 0) ==
		PH_EDOCUMENT,
	    "missing: %s", text + m->begin);
	ck_assert_msg(decode_replaced(kind, text, m->end, m->end,
			  ",\"unknown\":0", 12) == PH_EDOCUMENT,
	    "unknown after: %s", text + m->begin);
}

/* Give it values of other types. */
static void
check_types(enum document_kind kind, const char *text, const struct member *m)
{
	static const char *const values[] = { "\"\"", "-1", "1.0", "true", "{}",
		"[]", "{\"unknown\":0}", "[[]]", "[{}]", "[null]",
		"\"\\u0000\"", "9007199254740992", "1e2", "\"x\\ny\"" };
	size_t i;

	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		/* An empty label, and what is right because it is so. */
		if ((m->free && i == 0) ||
		    (strcmp(values[i], "true") == 0 &&
			strncmp(text + m->value, "false", 5) == 0) ||
		    (text[m->value] == '{' && text[m->value + 1] == '}' &&
			values[i][0] == '{') ||
		    (text[m->value] == '[' && strcmp(values[i], "[]") == 0) ||
		    (text[m->value] == '{' && strcmp(values[i], "{}") == 0 &&
			strncmp(text + m->begin, "\"labels\"", 8) == 0))
			continue;
		ck_assert_msg(decode_replaced(kind, text, m->value, m->end,
				  values[i], strlen(values[i])) == PH_EDOCUMENT,
		    "%s for: %s", values[i], text + m->begin);
	}
}

/* The example as a C string, in an initialised buffer. */
static const char *
example(enum document_kind kind, struct buffer *out)
{
	struct document d;

	golden_document(kind, &d);
	ck_assert_int_eq(buffer_put(out, d.bytes, d.len), PH_OK);
	document_fini(&d);
	return buffer_text(out);
}

void
golden_check_members(enum document_kind kind)
{
	struct buffer buffer;
	struct walk w;
	size_t i, len;

	buffer_init(&buffer, PH_DOCUMENT_MAX);
	memset(&w, 0, sizeof(w));
	w.text = example(kind, &buffer);
	len = buffer.len;
	ck_assert_int_eq(golden_decode(kind, w.text, len), PH_OK);
	walk_value(&w, 0);
	ck_assert_uint_eq(w.at + 1, len);
	ck_assert_uint_gt(w.count, 7);
	for (i = 0; i < w.count; i++) {
		check_presence(kind, w.text, &w.members[i]);
		check_types(kind, w.text, &w.members[i]);
	}
	/* All but the newline is needed. */
	for (i = 0; i + 1 < len; i++)
		ck_assert_int_eq(golden_decode(kind, w.text, i), PH_EDOCUMENT);
	buffer_fini(&buffer);
}

/* Move "extra" from the end to the beginning, with white space. */
static void
check_extra_first(enum document_kind kind, const char *text, size_t len)
{
	static const char begin[] = " {\t\"extra\" : { } ,\r\n";
	struct buffer changed;

	buffer_init(&changed, PH_DOCUMENT_MAX);
	buffer_put_text(&changed, begin);
	buffer_put(&changed, text + 1, len - 1 - strlen(",\"extra\":{}}\n"));
	buffer_put_text(&changed, "}");
	ck_assert_int_eq(golden_decode(kind, changed.data, changed.len), PH_OK);
	buffer_fini(&changed);
}

void
golden_check_lenience(enum document_kind kind)
{
	static const char extra[] =
	    "{\"later\":{\"a\":[1,null,true,\"x\"]},\"b\":{}}";
	struct buffer buffer;
	const char *text;
	size_t at, end;

	buffer_init(&buffer, PH_DOCUMENT_MAX);
	text = example(kind, &buffer);
	end = buffer.len;
	at = end - strlen("{}}\n");
	ck_assert_int_eq(decode_replaced(kind, text, at, at + 2, extra,
			     strlen(extra)),
	    PH_OK);
	check_extra_first(kind, text, end);
	ck_assert_int_eq(decode_replaced(kind, text, end - 1, end, " \n\n", 3),
	    PH_OK);
	ck_assert_int_eq(decode_replaced(kind, text, 0, 1, "\n { ", 4), PH_OK);
	ck_assert_int_eq(decode_replaced(kind, text, end - 1, end, "\n{}", 3),
	    PH_EDOCUMENT);
	ck_assert_int_eq(golden_decode_changed(kind, "\"schema\":1",
			     "\"schema\":2"),
	    PH_EDOCUMENT);
	ck_assert_int_eq(golden_decode_changed(kind, "\"kind\":\"",
			     "\"kind\":\"x"),
	    PH_EDOCUMENT);
	buffer_fini(&buffer);
}
