/*
 * YAML: whatever is read is walked to its last node.
 */
#include <assert.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/text.h"
#include "syncd/config/yaml.h"

#include "tests/fuzz/target.h"

/* A node stands somewhere, holds text, and its values can be asked for. */
static void
look_at(struct yaml_node *n, unsigned int depth)
{
	struct failure f = { .code = PH_OK };
	const char *text;
	int64_t number;
	size_t i;
	int yes;

	assert(depth <= YAML_DEPTH_MAX);
	assert(yaml_line(n) > 0 && yaml_column(n) > 0);
	assert(text_valid(yaml_text(n), YAML_SIZE_MAX));
	if (yaml_as_string(n, &text, &f) != PH_OK)
		assert(f.code == PH_EPOLICY && f.where[0] == 'f');
	if (yaml_as_int(n, 0, INT64_MAX, &number, &f) == PH_OK)
		assert(number >= 0);
	if (yaml_as_bool(n, &yes, &f) == PH_OK)
		assert(yes == 0 || yes == 1);
	for (i = 0; i < yaml_count(n); i++) {
		if (yaml_kind(n) == YAML_MAP)
			assert(yaml_kind(yaml_key(n, i)) == YAML_SCALAR);
		look_at(yaml_item(n, i), depth + 1);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure f = { .code = PH_OK };
	struct yaml_tree *tree;

	if (yaml_tree_parse("f", PH_EPOLICY, data, size, &tree, &f) == PH_OK) {
		look_at(yaml_tree_root(tree), 0);
	} else {
		assert(f.code == PH_EPOLICY && tree == NULL);
		assert(f.what[0] != '\0' && strncmp(f.where, "f:", 2) == 0);
	}
	yaml_tree_free(tree);
	return 0;
}
