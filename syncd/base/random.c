/*
 * The kernel's randomness.  It is asked each time: a buffer of our own would
 * be one more secret to wipe and to share after a fork.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/types.h>

#include "syncd/base/random.h"

/* getrandom() gives at most this many bytes at once without interruption. */
#define CHUNK_SIZE 256u

/* Nothing that asks for randomness can go on without it. */
static void
system_fill(void *cookie, void *out, size_t len)
{
	uint8_t *p;
	ssize_t n;

	(void)cookie;
	p = out;
	while (len > 0) {
		n = getrandom(p, len < CHUNK_SIZE ? len : CHUNK_SIZE, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			abort();
		p += n;
		len -= (size_t)n;
	}
}

struct random
random_system(void)
{
	struct random r = {
		.fill = system_fill,
		.cookie = NULL,
	};

	return r;
}

void
random_fill(const struct random *r, void *out, size_t len)
{
	r->fill(r->cookie, out, len);
}

uint64_t
random_below(const struct random *r, uint64_t bound)
{
	uint64_t value, skip;

	assert(bound >= 1);
	/* 2^64 mod bound numbers are left over; refuse that many. */
	skip = (UINT64_MAX - bound + 1) % bound;
	do {
		random_fill(r, &value, sizeof(value));
	} while (value < skip);
	return value % bound;
}
