/*
 * Checksums of values.
 */
#include <string.h>

#include "syncd/index/seal.h"

void
seal_of(struct digester *d, const char *table, const void *key, size_t key_len,
    const void *value, size_t value_len, uint8_t out[SEAL_SIZE])
{
	struct digest digest;
	uint8_t lengths[2];

	/* The NUL and the length keep the three parts apart. */
	lengths[0] = (uint8_t)(key_len >> 8);
	lengths[1] = (uint8_t)key_len;
	digester_add(d, table, strlen(table) + 1);
	digester_add(d, lengths, sizeof(lengths));
	digester_add(d, key, key_len);
	digester_add(d, value, value_len);
	digester_finish(d, &digest);
	memcpy(out, digest.bytes, SEAL_SIZE);
}

int
seal_holds(struct digester *d, const char *table, const void *key,
    size_t key_len, const void *sealed, size_t len)
{
	const uint8_t *bytes;
	uint8_t seal[SEAL_SIZE];

	if (len < SEAL_SIZE)
		return 0;
	bytes = sealed;
	len -= SEAL_SIZE;
	seal_of(d, table, key, key_len, bytes, len, seal);
	return memcmp(seal, bytes + len, SEAL_SIZE) == 0;
}
