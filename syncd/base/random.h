#ifndef SYNCD_BASE_RANDOM_H
#define SYNCD_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/*
 * Randomness is passed in, so that a network of repositories can be run
 * again from one seed.  May be called on any thread.
 */

struct random {
	void (*fill)(void *cookie, void *out, size_t len);
	void *cookie;
};

/* The kernel's randomness (getrandom); aborts if the kernel refuses. */
struct random random_system(void);

/* Fill out with len random bytes. */
void random_fill(const struct random *r, void *out, size_t len);

/* A number below bound (bound >= 1), each equally likely. */
uint64_t random_below(const struct random *r, uint64_t bound);

#endif
