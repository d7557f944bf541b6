/*
 * Signatures, armoured one after the other and as bare blobs.  What was
 * armoured comes back; what verifies is what its signer would have written.
 */
#include <assert.h>
#include <string.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/reader.h"
#include "proto/sshsig.h"

#include "tests/fuzz/target.h"

/* What the signatures of the corpus are for. */
#define SPACE "packhorse-test"
#define MESSAGE "packhorse\n"

static void
check_blob(const uint8_t *blob, size_t len)
{
	struct key_public signer;
	struct buffer again;

	if (sshsig_verify(blob, len, SPACE, MESSAGE, strlen(MESSAGE),
		&signer) != PH_OK)
		return;
	buffer_init(&again, SSHSIG_BLOB_MAX);
	assert(sshsig_encode(&signer, SPACE, blob + len - KEY_SIGNATURE_SIZE,
		   &again) == PH_OK);
	/* The names of both hashes are of the same length. */
	assert(again.len == len);
	buffer_fini(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer blob;
	struct reader r;

	check_blob(data, size);
	buffer_init(&blob, SSHSIG_BLOB_MAX);
	for (reader_init(&r, data, size); sshsig_dearmour(&r, &blob) == PH_OK;
	     buffer_reset(&blob))
		check_blob(blob.data, blob.len);
	buffer_fini(&blob);
	return 0;
}
