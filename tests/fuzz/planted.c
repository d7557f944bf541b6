/*
 * A target with a planted fault, which the driver must find: proof that a
 * fuzz test that passes has run something.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/target.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Right in the corpus, wrong in some of its mutations. */
	if (size < 4 || memcmp(data, "PHX", 3) != 0)
		return 0;
	if (data[3] != '1')
		abort();
	return 0;
}
