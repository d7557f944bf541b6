/*
 * JSON taken apart by each getter.  What is taken as text is written again
 * and reads back as the same.
 */
#include <assert.h>
#include <string.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/json.h"
#include "proto/json_writer.h"

#include "tests/fuzz/target.h"

#define SIZE_LIMIT 65536u

/* Write a string, read it, compare. */
static void
check_string(const char *text, size_t len)
{
	struct json_object o;
	struct json_writer w;
	struct buffer out;
	struct json *tree;
	const char *again;
	size_t n;

	buffer_init(&out, 8 * SIZE_LIMIT);
	json_writer_init(&w, &out);
	json_open_object(&w, NULL);
	json_put_string_bytes(&w, "s", text, len);
	json_close_object(&w);
	assert(json_writer_end(&w) == PH_OK);
	assert(json_parse(out.data, out.len, out.len, &tree) == PH_OK);
	json_root(tree, &o);
	json_get_string(&o, "s", &again, &n);
	json_object_end(&o);
	assert(json_error(tree) == PH_OK);
	assert(n == len && memcmp(again, text, len) == 0);
	json_free(tree);
	buffer_fini(&out);
}

/* Ask for members of every type; what fails is remembered, once. */
static void
take_apart(struct json *tree)
{
	struct json_object inner, o;
	struct json_array a;
	struct json_walk walk;
	const char *name, *text;
	uint64_t number;
	size_t i, len;

	json_root(tree, &o);
	json_get_string(&o, "s", &text, &len);
	check_string(text, len);
	json_get_u64(&o, "n", 0, &number);
	assert(number < UINT64_C(1) << 53);
	json_get_array(&o, "a", 0, 64, &a);
	for (i = 0; i < a.count; i++) {
		json_array_object(&a, i, &inner);
		json_get_u64(&inner, "n", 0, &number);
		json_object_end(&inner);
	}
	json_get_walk(&o, "w", 64, &walk);
	while (json_walk_string(&walk, &name, &text, &len))
		check_string(name, strlen(name));
	json_skip_object(&o, "x");
	json_object_end(&o);
	assert(json_error(tree) == PH_OK || json_error(tree) == PH_EJSON);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json *tree;

	if (json_parse(data, size, SIZE_LIMIT, &tree) != PH_OK)
		return 0;
	take_apart(tree);
	json_free(tree);
	return 0;
}
