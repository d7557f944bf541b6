/*
 * The token bucket.  Tokens are thousandths of a byte, so that a rate in
 * bytes per second times milliseconds is tokens without any rounding.
 */
#include <assert.h>

#include "syncd/link/bucket.h"

/* A rate above this (1 TiB/s) is none; below it no sum overflows. */
#define RATE_MAX (UINT64_C(1) << 40)

/* What the bucket holds, in milliseconds of the rate. */
#define HOLD_MS 100

/* A piece worth passing, likewise, and the most one need wait for. */
#define PIECE_MS 10
#define PIECE_MAX 16384u

/* A byte in tokens. */
#define BYTE UINT64_C(1000)

void
bucket_init(struct bucket *b)
{
	b->rate = 0;
	b->tokens = 0;
	b->last_ms = 0;
}

/*
 * The most tokens it holds.  The two bytes are for what is left of a byte
 * and for the next one, or rates of some bytes per second would lose them.
 */
static uint64_t
capacity(const struct bucket *b)
{
	return b->rate * HOLD_MS + 2 * BYTE;
}

/* The tokens of a piece: at least a byte, at most what the bucket holds. */
static uint64_t
piece(const struct bucket *b)
{
	uint64_t nbytes;

	nbytes = b->rate * PIECE_MS / 1000;
	if (nbytes < 1)
		nbytes = 1;
	if (nbytes > PIECE_MAX)
		nbytes = PIECE_MAX;
	return nbytes * BYTE;
}

/* Add what came in since last_ms. */
static void
refill(struct bucket *b, int64_t now_ms)
{
	uint64_t elapsed_ms, full;

	if (now_ms <= b->last_ms)
		return;
	elapsed_ms = (uint64_t)(now_ms - b->last_ms);
	b->last_ms = now_ms;
	full = capacity(b);
	/* That fills any bucket; and so the product cannot overflow. */
	if (elapsed_ms >= 10000)
		b->tokens = full;
	else
		b->tokens += b->rate * elapsed_ms;
	if (b->tokens > full)
		b->tokens = full;
}

void
bucket_set_rate(struct bucket *b, uint64_t bytes_per_second, int64_t now_ms)
{
	if (b->rate == 0)
		b->tokens = 0;
	else
		refill(b, now_ms);
	b->last_ms = now_ms;
	b->rate = bytes_per_second >= RATE_MAX ? 0 : bytes_per_second;
	if (b->tokens > capacity(b))
		b->tokens = capacity(b);
}

size_t
bucket_ready(struct bucket *b, int64_t now_ms)
{
	if (b->rate == 0)
		return BUCKET_UNLIMITED;
	refill(b, now_ms);
	if (b->tokens < piece(b))
		return 0;
	return (size_t)(b->tokens / BYTE);
}

void
bucket_take(struct bucket *b, size_t n)
{
	if (b->rate == 0)
		return;
	assert(n <= b->tokens / BYTE);
	b->tokens -= n * BYTE;
}

int64_t
bucket_wait_ms(struct bucket *b, int64_t now_ms)
{
	uint64_t lacking;

	if (b->rate == 0)
		return 0;
	refill(b, now_ms);
	if (b->tokens >= piece(b))
		return 0;
	lacking = piece(b) - b->tokens;
	return (int64_t)((lacking + b->rate - 1) / b->rate);
}
