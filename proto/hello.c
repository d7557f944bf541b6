/*
 * HELLO.  Its layout is the one thing that all versions share.
 */
#include <assert.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/reader.h"

#include "proto/hello.h"

#define MAGIC "PACKHORS"
#define MAGIC_SIZE 8u

/* What JSON integers carry: epochs stand in documents, too. */
#define EPOCH_MAX ((UINT64_C(1) << 53) - 1)

/* Write len bytes at *to and step over them. */
static void
store(uint8_t **to, const void *data, size_t len)
{
	memcpy(*to, data, len);
	*to += len;
}

/* Write the low n bytes of value, the highest first. */
static void
store_integer(uint8_t **to, uint64_t value, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		(*to)[i] = (uint8_t)(value >> (8 * (n - 1 - i)));
	*to += n;
}

void
hello_encode(const struct hello *h, uint8_t out[HELLO_SIZE])
{
	uint8_t *to;

	to = out;
	store(&to, MAGIC, MAGIC_SIZE);
	store_integer(&to, h->lowest, 2);
	store_integer(&to, h->highest, 2);
	store_integer(&to, (uint64_t)h->side, 1);
	store(&to, h->repository.bytes, DIGEST_SIZE);
	store(&to, h->random, HELLO_RANDOM_SIZE);
	store(&to, h->incarnation, HELLO_INCARNATION_SIZE);
	store_integer(&to, h->trust_epoch, 8);
	assert(to == out + HELLO_SIZE);
}

int
hello_decode(const void *payload, size_t len, struct hello *out)
{
	const uint8_t *magic;
	struct reader r;
	uint8_t side;

	if (len != HELLO_SIZE)
		return PH_EMESSAGE;
	reader_init(&r, payload, len);
	if (reader_borrow(&r, MAGIC_SIZE, &magic) != PH_OK ||
	    reader_get_u16(&r, &out->lowest) != PH_OK ||
	    reader_get_u16(&r, &out->highest) != PH_OK ||
	    reader_get_u8(&r, &side) != PH_OK ||
	    reader_get(&r, out->repository.bytes, DIGEST_SIZE) != PH_OK ||
	    reader_get(&r, out->random, HELLO_RANDOM_SIZE) != PH_OK ||
	    reader_get(&r, out->incarnation, HELLO_INCARNATION_SIZE) != PH_OK ||
	    reader_get_u64(&r, &out->trust_epoch) != PH_OK)
		return PH_EMESSAGE;
	if (memcmp(magic, MAGIC, MAGIC_SIZE) != 0 || out->lowest == 0 ||
	    out->highest < out->lowest || out->trust_epoch > EPOCH_MAX ||
	    (side != SIDE_RECEIVER && side != SIDE_PROVIDER))
		return PH_EMESSAGE;
	out->side = (enum side)side;
	return PH_OK;
}

int
hello_negotiate(const struct hello *ours, const struct hello *theirs,
    uint16_t *version)
{
	uint16_t lowest, highest;

	*version = 0;
	if (ours->side == theirs->side)
		return PH_EIDENTITY;
	lowest = ours->lowest > theirs->lowest ? ours->lowest : theirs->lowest;
	highest =
	    ours->highest < theirs->highest ? ours->highest : theirs->highest;
	if (highest < lowest)
		return PH_EVERSION;
	*version = highest;
	return PH_OK;
}

void
hello_transcript(enum side signer, const uint8_t receiver[HELLO_SIZE],
    const uint8_t provider[HELLO_SIZE], uint8_t out[HELLO_TRANSCRIPT_SIZE])
{
	uint8_t *to;

	to = out;
	store_integer(&to, (uint64_t)signer, 1);
	store(&to, receiver, HELLO_SIZE);
	store(&to, provider, HELLO_SIZE);
	assert(to == out + HELLO_TRANSCRIPT_SIZE);
}
