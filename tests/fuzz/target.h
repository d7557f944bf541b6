#ifndef TESTS_FUZZ_TARGET_H
#define TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

/*
 * What a fuzz target tests/fuzz/fuzz_X.c defines.  Its corpus, one input a
 * file, is tests/fuzz/corpus/X/.  libFuzzer calls it in a build with
 * PH_FUZZ, tests/fuzz/driver.c in any other.
 */

/*
 * Decode the size bytes at data, which are gone when it returns.  Returns 0.
 * A fault aborts: through a sanitizer, or an assert of what must hold for
 * every input (what was decoded encodes to the same bytes).
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
