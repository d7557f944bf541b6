/*
 * Sets of lines and differences: the input is a set, a line "=" and frames
 * of differences, each ended by a line "=".  A set that differences made
 * gives the same differences again.
 */
#include <assert.h>
#include <string.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/grant_item.h"
#include "proto/holding.h"
#include "proto/lineset.h"
#include "proto/lineset_diff.h"

#include "tests/fuzz/target.h"

/* What stands before the next line "=", and move behind it. */
static const char *
next_part(const char **text, size_t *left, size_t *len)
{
	const char *begin, *end;

	begin = *text;
	end = memmem(begin, *left, "=\n", 2);
	*len = end == NULL ? *left : (size_t)(end - begin);
	*left -= end == NULL ? *left : *len + 2;
	*text = end == NULL ? begin + *len : end + 2;
	return begin;
}

/* The differences say what was applied. */
static void
check_differences(const struct lineset *from, const struct lineset *to,
    const struct buffer *applied)
{
	struct lineset_diff d;
	struct buffer out;

	buffer_init(&out, applied->len);
	lineset_diff_init(&d, from, to);
	while (lineset_diff_next(&d, PH_LIST_LINE_MAX + 1, &out) == 1)
		;
	assert(buffer_error(&out) == PH_OK && out.len == applied->len);
	assert(out.len == 0 || memcmp(out.data, applied->data, out.len) == 0);
	buffer_fini(&out);
}

static void
check_patch(const struct lineset *from, const char *text, size_t left)
{
	struct lineset *result;
	struct lineset_patch *p;
	struct buffer applied;
	const char *frame;
	size_t len;

	result = NULL;
	buffer_init(&applied, left + 1);
	p = lineset_patch_new(from);
	while (p != NULL && left > 0) {
		frame = next_part(&text, &left, &len);
		if (lineset_patch_apply(p, frame, len) != PH_OK)
			break;
		(void)buffer_put(&applied, frame, len);
	}
	if (p != NULL && lineset_patch_finish(p, &result) == PH_OK)
		check_differences(from, result, &applied);
	lineset_patch_free(p);
	lineset_free(result);
	buffer_fini(&applied);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lineset *s;
	const char *set, *text;
	size_t left, len;

	text = (const char *)data;
	left = size;
	set = next_part(&text, &left, &len);
	if (lineset_decode(set, len, &s) != PH_OK)
		return 0;
	(void)!grant_item_check_list(s);
	(void)!holding_check_set(s);
	check_patch(s, text, left);
	lineset_free(s);
	return 0;
}
