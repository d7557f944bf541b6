/*
 * The configuration: what is read can be written and reads back the same.
 */
#include <assert.h>
#include <string.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "syncd/config/configuration.h"
#include "syncd/config/configuration_writer.h"

#include "tests/fuzz/target.h"

/* Write a configuration and read it again. */
static void
look_at(const struct configuration *c)
{
	struct failure f = { .code = PH_OK };
	struct configuration again;
	struct buffer first, second;

	buffer_init(&first, 1u << 16);
	buffer_init(&second, 1u << 16);
	assert(configuration_encode(c, &first) == PH_OK);
	assert(configuration_parse("f", first.data, first.len, &again, &f) ==
	    PH_OK);
	assert(configuration_encode(&again, &second) == PH_OK);
	assert(first.len == second.len);
	assert(memcmp(first.data, second.data, first.len) == 0);
	assert(strcmp(again.store_dir, c->store_dir) == 0);
	assert(strcmp(again.name, c->name) == 0);
	assert(again.rate == c->rate && again.delta_cache == c->delta_cache);
	buffer_fini(&first);
	buffer_fini(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct failure f = { .code = PH_OK };
	struct configuration c;

	if (configuration_parse("f", data, size, &c, &f) == PH_OK)
		look_at(&c);
	else
		assert(f.code == PH_ECONFIG && f.where[0] == 'f');
	return 0;
}
