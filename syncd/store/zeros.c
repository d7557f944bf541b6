/*
 * Finding zeros.
 */
#include <string.h>

#include "syncd/store/zeros.h"

int
zeros_only(const void *data, size_t len)
{
	const uint8_t *p;

	/* Each byte equals the one before it, and the first is zero. */
	p = data;
	return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

size_t
zeros_run(const void *data, size_t len, uint64_t offset, int *zero)
{
	const uint8_t *p;
	size_t run, n;

	p = data;
	*zero = 0;
	for (run = 0; run < len; run += n) {
		n = ZEROS_BLOCK - (size_t)((offset + run) % ZEROS_BLOCK);
		if (n > len - run)
			n = len - run;
		if (run == 0)
			*zero = zeros_only(p, n);
		else if (zeros_only(p + run, n) != *zero)
			break;
	}
	return run;
}
