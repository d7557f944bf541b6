/*
 * Records of blobs: what is read is what would be written.
 */
#include <assert.h>
#include <string.h>

#include "proto/errors.h"
#include "syncd/store/blob_record.h"

#include "tests/fuzz/target.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct blob_record record;
	struct buffer text;

	if (blob_record_decode(data, size, &record) != PH_OK)
		return 0;
	buffer_init(&text, BLOB_RECORD_SIZE_MAX);
	assert(blob_record_encode(&record, &text) == PH_OK);
	assert(text.len == size && memcmp(text.data, data, size) == 0);
	buffer_fini(&text);
	return 0;
}
