/*
 * Keys in all their forms.  What is taken is written the same again.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/key.h"
#include "proto/keyfile.h"

#include "tests/fuzz/target.h"

static void
check_line(const char *line)
{
	struct key_public key;
	char again[KEY_LINE_SIZE];
	struct digest id;

	if (key_from_line(line, KEY_LINE_EXACT, &key) == PH_OK) {
		key_line(&key, again);
		assert(strcmp(line, again) == 0);
	}
	if (key_from_line(line, KEY_LINE_COMMENT, &key) == PH_OK)
		key_line(&key, again);
	if (key_id_from_fingerprint(line, &id) == PH_OK)
		key_id_fingerprint(&id, again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct key_public public;
	struct key_private *key;
	char *text;
	int sealed;

	text = strndup(bytes, size);
	check_line(text);
	free(text);
	assert(key_from_blob(data, size, &public) != PH_OK || size == 51);
	if (keyfile_decode(bytes, size, &key) == PH_OK) {
		assert(keyfile_inspect(bytes, size, &public, &sealed) == 0);
		assert(!sealed && key_equal(key_private_public(key), &public));
		key_private_free(key);
	}
	return 0;
}
