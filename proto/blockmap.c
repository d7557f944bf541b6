/*
 * Block maps.  Whole blocks are hashed where they stand; only a block that
 * comes in pieces goes through the digester bit by bit.
 */
#include <stdlib.h>

#include "proto/errors.h"
#include "proto/limits.h"

#include "proto/blockmap.h"

struct blockmap {
	struct digester *block;
	struct digester *root;
	size_t fill; /* Bytes of the present block that were added. */
	blockmap_fn *on_hash;
	void *cookie;
};

uint64_t
blockmap_count(uint64_t size)
{
	return size / PH_MAP_BLOCK_SIZE + (size % PH_MAP_BLOCK_SIZE != 0);
}

struct blockmap *
blockmap_new(blockmap_fn *on_hash, void *cookie)
{
	struct blockmap *m;

	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return NULL;
	m->on_hash = on_hash;
	m->cookie = cookie;
	m->block = digester_new();
	m->root = digester_new();
	if (m->block == NULL || m->root == NULL) {
		blockmap_free(m);
		return NULL;
	}
	return m;
}

/* The present block is complete. */
static int
end_block(struct blockmap *m)
{
	struct digest hash;

	digester_finish(m->block, &hash);
	m->fill = 0;
	digester_add(m->root, hash.bytes, DIGEST_SIZE);
	if (m->on_hash == NULL)
		return PH_OK;
	return m->on_hash(m->cookie, &hash);
}

int
blockmap_add(struct blockmap *m, const void *data, size_t len)
{
	const uint8_t *p;
	size_t n;
	int r;

	p = data;
	while (len > 0) {
		n = PH_MAP_BLOCK_SIZE - m->fill;
		if (n > len)
			n = len;
		digester_add(m->block, p, n);
		m->fill += n;
		p += n;
		len -= n;
		if (m->fill < PH_MAP_BLOCK_SIZE)
			break;
		r = end_block(m);
		if (r != PH_OK)
			return r;
	}
	return PH_OK;
}

int
blockmap_finish(struct blockmap *m, struct digest *root)
{
	int r;

	if (m->fill > 0) {
		r = end_block(m);
		if (r != PH_OK)
			return r;
	}
	digester_finish(m->root, root);
	return PH_OK;
}

void
blockmap_free(struct blockmap *m)
{
	if (m == NULL)
		return;
	digester_free(m->block);
	digester_free(m->root);
	free(m);
}
