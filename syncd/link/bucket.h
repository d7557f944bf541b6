#ifndef SYNCD_LINK_BUCKET_H
#define SYNCD_LINK_BUCKET_H

#include <stddef.h>
#include <stdint.h>

/*
 * A token bucket: how many bytes may pass now, so that a rate is kept.  It
 * begins empty and holds at most a tenth of a second, so that over any ten
 * seconds it is never more than one per cent too much.  Time is passed in;
 * the bucket waits for nothing itself.
 *
 * The struct is embedded by its user; its members are the bucket's own.
 */

/* What bucket_ready() answers where no rate is set. */
#define BUCKET_UNLIMITED SIZE_MAX

struct bucket {
	uint64_t rate;   /* Bytes per second; 0: no limit. */
	uint64_t tokens; /* Thousandths of a byte. */
	int64_t last_ms; /* When tokens was right. */
};

/* A bucket without a limit. */
void bucket_init(struct bucket *b);

/*
 * From now_ms on, bytes_per_second; 0 is no limit.  What had been saved up
 * stays, up to what the new rate allows.
 */
void bucket_set_rate(struct bucket *b, uint64_t bytes_per_second,
    int64_t now_ms);

/*
 * The number of bytes that may pass now.  0 until enough for a sensible
 * piece (a hundredth of a second) has come together, so that a slow link is
 * not served byte by byte.
 */
size_t bucket_ready(struct bucket *b, int64_t now_ms);

/* n bytes passed; n is at most what bucket_ready() said. */
void bucket_take(struct bucket *b, size_t n);

/* Milliseconds from now_ms until bucket_ready() is not 0; 0 when it is. */
int64_t bucket_wait_ms(struct bucket *b, int64_t now_ms);

#endif
