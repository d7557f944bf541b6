/*
 * Encodings of segments.  What is accepted covers its target exactly and
 * reads only inside its base.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/segment.h"

#include "tests/fuzz/target.h"

/* A base of any size; it never fails, but when it is read outside. */
static int
read_base(void *cookie, uint64_t offset, void *buf, size_t len)
{
	const struct segment_header *h;

	h = cookie;
	assert(offset <= h->base_size && len <= h->base_size - offset);
	memset(buf, (int)(offset & 0xff), len);
	return PH_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t *target;
	struct segment_decoder *d;
	const struct segment_header *found;
	struct segment_header h;
	struct segment_op op;
	const uint8_t *literal;
	uint64_t total;
	uint32_t nops;
	int r;

	if (target == NULL)
		target = malloc(PH_SEGMENT_SIZE_MAX);
	d = segment_decoder_new();
	assert(target != NULL && d != NULL);
	if (segment_load(d, data, size, &found) == PH_OK) {
		h = *found;
		total = nops = 0;
		while (segment_next(d, &op, &literal) == 1) {
			total += op.length;
			nops++;
			assert((op.kind == SEGMENT_FILL) == (op.value != 0));
		}
		assert(total == h.target_length && nops == h.nops);
		r = segment_apply(d, target, read_base, &h);
		assert(r == PH_OK || r == PH_EDIGEST);
	}
	segment_decoder_free(d);
	return 0;
}
