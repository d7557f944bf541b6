/*
 * Reservations of space.
 */
#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"

#include "syncd/store/space.h"

#define AMOUNT_SIZE 32u

/*
 * Invariant: bytes and inodes of a space are the sums over its holds of what
 * is reserved and not yet spent.
 */
struct space {
	space_probe *probe;
	void *cookie;
	uint64_t margin;
	pthread_mutex_t mutex; /* Guards the rest, and the holds. */
	uint64_t bytes;
	uint64_t inodes;
	unsigned int nholds;
};

struct space_hold {
	struct space *space;
	char *what;
	uint64_t bytes;
	uint64_t inodes;
};

struct space *
space_new(space_probe *probe, void *cookie, uint64_t margin)
{
	struct space *space;
	uint64_t bytes, inodes;

	space = calloc(1, sizeof(*space));
	if (space == NULL)
		return NULL;
	space->probe = probe;
	space->cookie = cookie;
	space->margin = margin;
	if (margin == 0) {
		space->margin = SPACE_MARGIN_DEFAULT;
		if (probe(cookie, &bytes, &inodes) == PH_OK &&
		    bytes / 100 * SPACE_MARGIN_PERCENT > space->margin)
			space->margin = bytes / 100 * SPACE_MARGIN_PERCENT;
	}
	(void)pthread_mutex_init(&space->mutex, NULL);
	return space;
}

void
space_free(struct space *space)
{
	if (space == NULL)
		return;
	assert(space->nholds == 0);
	(void)pthread_mutex_destroy(&space->mutex);
	free(space);
}

/* a - b, or 0. */
static uint64_t
less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* What can be promised; the mutex is held. */
static int
left(struct space *space, uint64_t *bytes, uint64_t *inodes)
{
	int r;

	r = space->probe(space->cookie, bytes, inodes);
	if (r != PH_OK)
		return r;
	*bytes = less(less(*bytes, space->margin), space->bytes);
	if (*inodes != UINT64_MAX)
		*inodes =
		    less(less(*inodes, SPACE_MARGIN_INODES), space->inodes);
	return PH_OK;
}

/* Write a number of bytes as people read it: 1.5GiB. */
static void
put_amount(uint64_t bytes, char out[AMOUNT_SIZE])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB",
		"PiB", "EiB" };
	uint64_t tenths;
	size_t i;

	if (bytes < 1024) {
		(void)snprintf(out, AMOUNT_SIZE, "%" PRIu64 "B", bytes);
		return;
	}
	/* Rounded up: a shortfall that is made good must be enough. */
	for (i = 1; bytes >= 1024 * UINT64_C(1024); i++)
		bytes = bytes / 1024 + (bytes % 1024 != 0);
	tenths = (bytes * 10 + 1023) / 1024;
	(void)snprintf(out, AMOUNT_SIZE, "%" PRIu64 ".%" PRIu64 "%s",
	    tenths / 10, tenths % 10, units[i]);
}

/* Say that there are not enough bytes. */
static int
refuse_bytes(const char *what, uint64_t need, uint64_t free_bytes,
    uint64_t margin, struct failure *f)
{
	char needed[AMOUNT_SIZE], found[AMOUNT_SIZE], missing[AMOUNT_SIZE];
	char kept[AMOUNT_SIZE];

	put_amount(need, needed);
	put_amount(free_bytes, found);
	put_amount(need - free_bytes, missing);
	put_amount(margin, kept);
	(void)failure_set(f, PH_ENOSPC,
	    "%s needs %s, %s is free beside what is reserved and a margin of "
	    "%s: %s short",
	    what, needed, found, kept, missing);
	failure_next(f, "free or add %s on the file system of the store",
	    missing);
	return PH_ENOSPC;
}

/* Say that there are not enough inodes. */
static int
refuse_inodes(const char *what, uint64_t need, uint64_t free_inodes,
    struct failure *f)
{
	(void)failure_set(f, PH_ENOSPC,
	    "%s needs %" PRIu64 " inodes, %" PRIu64 " are free: %" PRIu64
	    " short",
	    what, need, free_inodes, need - free_inodes);
	failure_next(f, "remove files on the file system of the store");
	return PH_ENOSPC;
}

/* Reserve for a hold, when there is room; the mutex is held. */
static int
reserve(struct space_hold *hold, uint64_t bytes, uint64_t inodes,
    struct failure *f)
{
	struct space *space;
	uint64_t free_bytes, free_inodes;
	int r;

	space = hold->space;
	r = left(space, &free_bytes, &free_inodes);
	if (r != PH_OK)
		return failure_set(f, r,
		    "how much space is free cannot be found out: %s",
		    error_sentence(r));
	if (bytes > free_bytes)
		return refuse_bytes(hold->what, bytes, free_bytes,
		    space->margin, f);
	if (inodes > free_inodes)
		return refuse_inodes(hold->what, inodes, free_inodes, f);
	space->bytes += bytes;
	space->inodes += inodes;
	hold->bytes += bytes;
	hold->inodes += inodes;
	return PH_OK;
}

int
space_reserve(struct space *space, const char *what, uint64_t bytes,
    uint64_t inodes, struct space_hold **out, struct failure *f)
{
	struct space_hold *hold;
	int r;

	hold = calloc(1, sizeof(*hold));
	if (hold == NULL)
		return failure_set(f, PH_ENOMEM, "out of memory");
	hold->what = strdup(what);
	if (hold->what == NULL) {
		free(hold);
		return failure_set(f, PH_ENOMEM, "out of memory");
	}
	hold->space = space;
	(void)pthread_mutex_lock(&space->mutex);
	space->nholds++;
	r = reserve(hold, bytes, inodes, f);
	(void)pthread_mutex_unlock(&space->mutex);
	if (r == PH_OK)
		*out = hold;
	else
		space_release(hold);
	return r;
}

int
space_extend(struct space_hold *hold, uint64_t bytes, uint64_t inodes,
    struct failure *f)
{
	int r;

	(void)pthread_mutex_lock(&hold->space->mutex);
	r = reserve(hold, bytes, inodes, f);
	(void)pthread_mutex_unlock(&hold->space->mutex);
	return r;
}

/* Take from a hold; the mutex is held. */
static void
spend(struct space_hold *hold, uint64_t bytes, uint64_t inodes)
{
	if (bytes > hold->bytes)
		bytes = hold->bytes;
	if (inodes > hold->inodes)
		inodes = hold->inodes;
	hold->bytes -= bytes;
	hold->inodes -= inodes;
	hold->space->bytes -= bytes;
	hold->space->inodes -= inodes;
}

void
space_spend(struct space_hold *hold, uint64_t bytes, uint64_t inodes)
{
	(void)pthread_mutex_lock(&hold->space->mutex);
	spend(hold, bytes, inodes);
	(void)pthread_mutex_unlock(&hold->space->mutex);
}

void
space_release(struct space_hold *hold)
{
	if (hold == NULL)
		return;
	(void)pthread_mutex_lock(&hold->space->mutex);
	spend(hold, UINT64_MAX, UINT64_MAX);
	hold->space->nholds--;
	(void)pthread_mutex_unlock(&hold->space->mutex);
	free(hold->what);
	free(hold);
}

int
space_left(struct space *space, uint64_t *bytes, uint64_t *inodes)
{
	int r;

	(void)pthread_mutex_lock(&space->mutex);
	r = left(space, bytes, inodes);
	(void)pthread_mutex_unlock(&space->mutex);
	return r;
}

uint64_t
space_promised(struct space *space)
{
	uint64_t bytes;

	(void)pthread_mutex_lock(&space->mutex);
	bytes = space->bytes;
	(void)pthread_mutex_unlock(&space->mutex);
	return bytes;
}
