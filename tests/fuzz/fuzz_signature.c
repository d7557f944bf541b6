/*
 * Signature files.  The digest at the end is made right first, else nothing
 * behind it would be reached.  What is loaded points into the base only.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/digest.h"
#include "proto/errors.h"
#include "syncd/delta/footer.h"
#include "syncd/delta/scanner.h"
#include "syncd/delta/signature.h"

#include "tests/fuzz/target.h"

/* librsync's tables for more than this would take the time of many inputs. */
#define NSUMS_SCANNED 65536u

static int
read_file(void *cookie, uint64_t offset, void *buf, size_t len)
{
	memcpy(buf, (uint8_t *)cookie + offset, len);
	return PH_OK;
}

static int
on_match(void *cookie, size_t position, size_t length, uint64_t source)
{
	uint64_t *base_size;

	(void)position;
	base_size = cookie;
	assert(source <= *base_size && length <= *base_size - source);
	return PH_OK;
}

/* Ask a loaded signature all that can be asked. */
static void
use(const struct delta_signature *s, uint64_t base_size, const uint8_t *data,
    size_t size)
{
	struct delta_scanner *scanner;
	uint64_t position, end, offset, length;
	int r;

	end = (uint64_t)delta_signature_nblocks(s) *
	    delta_signature_block_size(s);
	for (position = 0; position < end; position += length) {
		offset = delta_signature_locate(s, position, &length);
		assert(length > 0 && offset <= base_size &&
		    length <= base_size - offset);
	}
	if (size >= delta_signature_block_size(s) &&
	    delta_signature_find(s, data, &offset))
		assert(offset <= base_size - delta_signature_block_size(s));
	if (delta_signature_nsums(s) > NSUMS_SCANNED)
		return;
	scanner = delta_scanner_new(s);
	assert(scanner != NULL);
	r = delta_scanner_scan(scanner, data, size, on_match, &base_size);
	assert(r == PH_OK);
	delta_scanner_free(scanner);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct delta_signature *s;
	struct delta_source file;
	struct delta_footer footer;
	struct digest digest;
	uint8_t *copy;

	if (size < DELTA_FOOTER_SIZE + DIGEST_SIZE)
		return 0;
	copy = malloc(size);
	assert(copy != NULL);
	memcpy(copy, data, size);
	digest_of(copy, size - DIGEST_SIZE, &digest);
	memcpy(copy + size - DIGEST_SIZE, digest.bytes, DIGEST_SIZE);
	memset(&file, 0, sizeof(file));
	file.size = size;
	file.read = read_file;
	file.cookie = copy;
	if (delta_footer_decode(copy + size - DIGEST_SIZE - DELTA_FOOTER_SIZE,
		size, &footer) == PH_OK &&
	    delta_signature_load(&file, footer.base_size, &s) == PH_OK) {
		use(s, footer.base_size, copy, size);
		delta_signature_free(s);
	}
	free(copy);
	return 0;
}
