/*
 * Looking at target and base side by side.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/limits.h"

#include "syncd/delta/view.h"

/* Bytes first compared at an edge; most edges end at once. */
#define EDGE_FIRST 64u

#define NWINDOWS (PH_SEGMENT_SIZE_MAX / DELTA_WINDOW_SIZE)

int
delta_view_init(struct delta_view *v, const struct delta_source *base)
{
	size_t i;
	int failed;

	memset(v, 0, sizeof(*v));
	v->base = base;
	if (base == NULL)
		return PH_OK;
	v->loaded = calloc(NWINDOWS, 1);
	failed = v->loaded == NULL;
	for (i = 0; i < DELTA_NFAR; i++) {
		v->far[i].bytes = malloc(DELTA_FAR_SIZE);
		failed |= v->far[i].bytes == NULL;
	}
	if (failed) {
		delta_view_fini(v);
		return PH_ENOMEM;
	}
	return PH_OK;
}

void
delta_view_fini(struct delta_view *v)
{
	size_t i;

	free(v->near);
	free(v->loaded);
	for (i = 0; i < DELTA_NFAR; i++)
		free(v->far[i].bytes);
	memset(v, 0, sizeof(*v));
}

void
delta_view_set(struct delta_view *v, uint64_t offset, const uint8_t *target,
    size_t len)
{
	assert(len <= PH_SEGMENT_SIZE_MAX);
	v->offset = offset;
	v->target = target;
	v->len = len;
	if (v->loaded != NULL)
		memset(v->loaded, 0, NWINDOWS);
}

/* Read one window of near bytes, as far as segment and base go. */
static int
load_window(struct delta_view *v, size_t window)
{
	uint64_t begin, n;
	size_t position;

	position = window * DELTA_WINDOW_SIZE;
	begin = v->offset + position;
	n = v->len - position;
	if (n > DELTA_WINDOW_SIZE)
		n = DELTA_WINDOW_SIZE;
	if (n > v->base->size - begin)
		n = v->base->size - begin;
	v->loaded[window] = 1;
	if (delta_source_read_sparse(v->base, begin, v->near + position,
		(size_t)n) != PH_OK)
		return PH_EBASE;
	return PH_OK;
}

/* Room for the near bytes of a segment, made when first wanted. */
static int
make_room(struct delta_view *v)
{
	if (v->near_size >= v->len)
		return PH_OK;
	free(v->near);
	v->near_size = 0;
	v->near = malloc(v->len);
	if (v->near == NULL)
		return PH_ENOMEM;
	v->near_size = v->len;
	return PH_OK;
}

int
delta_view_near(struct delta_view *v, size_t position, size_t n,
    const uint8_t **bytes)
{
	size_t window;
	int r;

	assert(n > 0 && n <= v->len && position <= v->len - n);
	*bytes = NULL;
	if (v->base == NULL || v->offset + position + n > v->base->size)
		return PH_OK;
	r = make_room(v);
	if (r != PH_OK)
		return r;
	for (window = position / DELTA_WINDOW_SIZE;
	     window <= (position + n - 1) / DELTA_WINDOW_SIZE; window++) {
		if (v->loaded[window])
			continue;
		r = load_window(v, window);
		if (r != PH_OK)
			return r;
	}
	*bytes = v->near + position;
	return PH_OK;
}

/* The piece that holds the n bytes at source, or NULL; else *oldest. */
static struct delta_far *
find_far(struct delta_view *v, uint64_t source, size_t n,
    struct delta_far **oldest)
{
	struct delta_far *f;
	size_t i;

	*oldest = &v->far[0];
	for (i = 0; i < DELTA_NFAR; i++) {
		f = &v->far[i];
		if (source >= f->begin && source + n <= f->end)
			return f;
		/* One that goes on here is replaced by what follows it. */
		if (f->end == source && f->end > 0) {
			*oldest = f;
			return NULL;
		}
		if (f->used < (*oldest)->used)
			*oldest = f;
	}
	return NULL;
}

int
delta_view_far(struct delta_view *v, uint64_t source, size_t n,
    const uint8_t **bytes)
{
	struct delta_far *f, *oldest;
	uint64_t wanted;

	assert(n <= DELTA_FAR_SIZE && source <= v->base->size &&
	    n <= v->base->size - source);
	f = find_far(v, source, n, &oldest);
	if (f == NULL) {
		f = oldest;
		/* Who reads on reads more. */
		wanted = f->end == source && source > 0 ? DELTA_FAR_SIZE : n;
		if (wanted > v->base->size - source)
			wanted = v->base->size - source;
		f->begin = f->end = 0;
		if (delta_source_read(v->base, source, f->bytes,
			(size_t)wanted) != PH_OK)
			return PH_EBASE;
		f->begin = source;
		f->end = source + wanted;
	}
	f->used = ++v->tick;
	*bytes = f->bytes + (source - f->begin);
	return PH_OK;
}

/* Eight bytes as they stand. */
static uint64_t
load(const uint8_t *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

size_t
delta_equal_forward(const uint8_t *a, const uint8_t *b, size_t n)
{
	size_t i;

	for (i = 0; n - i >= 8 && load(a + i) == load(b + i); i += 8)
		continue;
	while (i < n && a[i] == b[i])
		i++;
	return i;
}

size_t
delta_equal_backward(const uint8_t *a, const uint8_t *b, size_t n)
{
	size_t i;

	for (i = 0; n - i >= 8 && load(a - i - 8) == load(b - i - 8); i += 8)
		continue;
	while (i < n && *(a - i - 1) == *(b - i - 1))
		i++;
	return i;
}

int
delta_view_forward(struct delta_view *v, size_t position, size_t n,
    uint64_t source, size_t *found)
{
	const uint8_t *bytes;
	size_t piece, equal;
	int r;

	*found = 0;
	if (n > v->base->size - source)
		n = (size_t)(v->base->size - source);
	for (piece = EDGE_FIRST; *found < n; piece = DELTA_FAR_SIZE) {
		if (piece > n - *found)
			piece = n - *found;
		r = delta_view_far(v, source + *found, piece, &bytes);
		if (r != PH_OK)
			return r;
		equal = delta_equal_forward(v->target + position + *found,
		    bytes, piece);
		*found += equal;
		if (equal < piece)
			break;
	}
	return PH_OK;
}

int
delta_view_backward(struct delta_view *v, size_t position, size_t n,
    uint64_t source, size_t *found)
{
	const uint8_t *bytes;
	size_t piece, equal;
	int r;

	*found = 0;
	if (n > source)
		n = (size_t)source;
	for (piece = EDGE_FIRST; *found < n; piece = DELTA_FAR_SIZE) {
		if (piece > n - *found)
			piece = n - *found;
		r = delta_view_far(v, source - *found - piece, piece, &bytes);
		if (r != PH_OK)
			return r;
		equal = delta_equal_backward(v->target + position - *found,
		    bytes + piece, piece);
		*found += equal;
		if (equal < piece)
			break;
	}
	return PH_OK;
}
