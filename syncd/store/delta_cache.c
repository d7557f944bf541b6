/*
 * The delta cache.  What is in use stands in a list; everything else is
 * asked of the directory, so nothing can disagree with it.  To walk over it
 * for each pair would take longer and longer: how large it can be at most,
 * by what it was at the last walk and what came since, says when to look.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>

#include "proto/errors.h"

#include "syncd/store/delta_cache.h"

#define DATA_SUFFIX ".data"
#define INDEX_SUFFIX ".index"
#define NO_BASE "none"

/* A pair that somebody uses. */
struct use {
	TAILQ_ENTRY(use) link;
	struct delta_file *file;
	uint64_t counted; /* Bytes of it that stand in at_most. */
	unsigned int nusers;
};

TAILQ_HEAD(use_list, use);

struct delta_cache {
	const struct store *s;
	struct use_list uses;
	uint64_t at_most; /* Bytes, but for what grew in uses. */
	int walked;       /* 0: at_most is not known yet. */
};

struct delta_cache *
delta_cache_new(const struct store *s)
{
	struct delta_cache *cache;

	cache = calloc(1, sizeof(*cache));
	if (cache == NULL)
		return NULL;
	cache->s = s;
	TAILQ_INIT(&cache->uses);
	return cache;
}

void
delta_cache_free(struct delta_cache *cache)
{
	if (cache == NULL)
		return;
	assert(TAILQ_EMPTY(&cache->uses));
	free(cache);
}

/* The use of a pair, or NULL. */
static struct use *
find(struct delta_cache *cache, const struct digest *target,
    const struct digest *base)
{
	const struct delta_file_id *id;
	struct use *use;

	TAILQ_FOREACH(use, &cache->uses, link) {
		id = delta_file_id(use->file);
		if (digest_compare(&id->target, target) == 0 &&
		    digest_compare(&id->base, base) == 0)
			return use;
	}
	return NULL;
}

/* Open a pair that nobody uses yet. */
static int
begin_use(struct delta_cache *cache, const struct delta_file_id *id, int create,
    struct use **out)
{
	struct use *use;
	int r;

	use = calloc(1, sizeof(*use));
	if (use == NULL)
		return PH_ENOMEM;
	r = delta_file_open(cache->s, id, create, &use->file);
	if (r == PH_OK) {
		/* A new one has a header that was not there before. */
		if (delta_file_nrows(use->file) > 0)
			use->counted = delta_file_size(use->file);
		r = delta_file_touch(use->file);
	}
	if (r != PH_OK) {
		delta_file_close(use->file);
		free(use);
		return r;
	}
	TAILQ_INSERT_TAIL(&cache->uses, use, link);
	*out = use;
	return PH_OK;
}

/* Count what has grown in a use. */
static void
count_use(struct delta_cache *cache, struct use *use)
{
	uint64_t size;

	size = delta_file_size(use->file);
	if (size > use->counted)
		cache->at_most += size - use->counted;
	use->counted = size;
}

/* Whether an open pair is about the same files. */
static int
same(const struct delta_file_id *a, const struct delta_file_id *b)
{
	return a->target_size == b->target_size &&
	    a->base_size == b->base_size && a->segment_size == b->segment_size;
}

int
delta_cache_use(struct delta_cache *cache, const struct delta_file_id *id,
    int create, struct delta_file **out)
{
	struct use *use;
	int r;

	use = find(cache, &id->target, &id->base);
	if (use != NULL && !same(delta_file_id(use->file), id))
		return PH_EBUSY;
	if (use == NULL) {
		r = begin_use(cache, id, create, &use);
		if (r != PH_OK)
			return r;
	}
	use->nusers++;
	*out = use->file;
	return PH_OK;
}

void
delta_cache_release(struct delta_cache *cache, struct delta_file *d)
{
	struct use *use;

	if (d == NULL)
		return;
	TAILQ_FOREACH(use, &cache->uses, link) {
		if (use->file == d)
			break;
	}
	assert(use != NULL);
	if (--use->nusers > 0)
		return;
	count_use(cache, use);
	TAILQ_REMOVE(&cache->uses, use, link);
	delta_file_close(use->file);
	free(use);
}

/* All pairs, as they are found. */
struct listing {
	struct delta_cache *cache;
	struct digest target;
	int dir; /* Of the target. */
	struct delta_cache_pair *pairs;
	size_t npairs;
	size_t size;
};

/*
 * The base in the name of one of a pair's files, and which of them it is:
 * 1, or 0 for another name.
 */
static int
parse_name(const char *name, struct digest *base, int *index)
{
	char hex[DIGEST_HEX_SIZE];
	const char *dot;

	dot = strchr(name, '.');
	if (dot == NULL || dot - name >= (long)sizeof(hex))
		return 0;
	*index = strcmp(dot, INDEX_SUFFIX) == 0;
	if (!*index && strcmp(dot, DATA_SUFFIX) != 0)
		return 0;
	memcpy(hex, name, (size_t)(dot - name));
	hex[dot - name] = '\0';
	memset(base, 0, sizeof(*base));
	return strcmp(hex, NO_BASE) == 0 || digest_from_hex(hex, base) == PH_OK;
}

/* The pair that a file belongs to: its other file may have been there. */
static int
get_pair(struct listing *l, const struct digest *base,
    struct delta_cache_pair **out)
{
	struct delta_cache_pair *p;
	size_t i, size;

	for (i = l->npairs; i > 0; i--) {
		p = &l->pairs[i - 1];
		if (digest_compare(&p->target, &l->target) != 0)
			break;
		if (digest_compare(&p->base, base) == 0) {
			*out = p;
			return PH_OK;
		}
	}
	if (l->npairs == l->size) {
		size = l->size == 0 ? 64 : l->size * 2;
		p = reallocarray(l->pairs, size, sizeof(*p));
		if (p == NULL)
			return PH_ENOMEM;
		l->pairs = p;
		l->size = size;
	}
	p = &l->pairs[l->npairs++];
	memset(p, 0, sizeof(*p));
	p->target = l->target;
	p->base = *base;
	p->in_use = find(l->cache, &p->target, &p->base) != NULL;
	*out = p;
	return PH_OK;
}

/* Take one file of a target's directory into account. */
static int
list_file(void *cookie, const char *name)
{
	struct listing *l = cookie;
	struct delta_cache_pair *p;
	struct digest base;
	struct stat st;
	int r, index;

	if (!parse_name(name, &base, &index))
		return PH_OK;
	r = file_stat(store_files(l->cache->s), l->dir, name, &st);
	if (r == PH_OK)
		r = get_pair(l, &base, &p);
	if (r != PH_OK)
		return r == PH_EABSENT ? PH_OK : r;
	p->size += (uint64_t)st.st_size;
	/* Data without an index are of no use, and the first to go. */
	if (index)
		p->used = (int64_t)st.st_mtim.tv_sec * 1000000000 +
		    st.st_mtim.tv_nsec;
	return PH_OK;
}

/* Take one target's directory into account. */
static int
list_target(void *cookie, const char *name)
{
	struct listing *l = cookie;
	const struct files *fs;
	int r;

	if (digest_from_hex(name, &l->target) != PH_OK)
		return PH_OK;
	fs = store_files(l->cache->s);
	r = file_open(fs, store_dir(l->cache->s, STORE_DELTAS), name,
	    O_RDONLY | O_DIRECTORY, 0, &l->dir);
	if (r != PH_OK)
		return r == PH_EABSENT ? PH_OK : r;
	r = file_list(fs, l->dir, ".", list_file, l);
	file_abandon(fs, l->dir);
	return r;
}

/* The least recently used first. */
static int
by_use(const void *a, const void *b)
{
	const struct delta_cache_pair *x = a, *y = b;

	return (x->used > y->used) - (x->used < y->used);
}

/* Find all pairs; the caller frees l->pairs, also after a failure. */
static int
list(struct delta_cache *cache, struct listing *l)
{
	int r;

	memset(l, 0, sizeof(*l));
	l->cache = cache;
	r = file_list(store_files(cache->s), store_dir(cache->s, STORE_DELTAS),
	    ".", list_target, l);
	if (r == PH_OK && l->npairs > 0)
		qsort(l->pairs, l->npairs, sizeof(*l->pairs), by_use);
	return r;
}

int
delta_cache_list(struct delta_cache *cache, delta_cache_entry *each,
    void *cookie)
{
	struct listing l;
	size_t i;
	int r;

	r = list(cache, &l);
	for (i = 0; i < l.npairs && r == PH_OK; i++)
		r = each(cookie, &l.pairs[i]);
	free(l.pairs);
	return r;
}

int
delta_cache_size(struct delta_cache *cache, uint64_t *size)
{
	struct listing l;
	size_t i;
	int r;

	*size = 0;
	r = list(cache, &l);
	for (i = 0; i < l.npairs; i++)
		*size += l.pairs[i].size;
	free(l.pairs);
	return r;
}

/* 1 when the cache is not larger than its budget, for sure. */
static int
is_within(struct delta_cache *cache, uint64_t budget)
{
	struct use *use;

	TAILQ_FOREACH(use, &cache->uses, link)
		count_use(cache, use);
	return cache->walked && cache->at_most <= budget;
}

int
delta_cache_trim(struct delta_cache *cache, uint64_t budget, uint64_t *freed)
{
	const struct delta_cache_pair *p;
	struct listing l;
	uint64_t size, gone;
	size_t i;
	int r;

	if (freed != NULL)
		*freed = 0;
	if (is_within(cache, budget))
		return PH_OK;
	r = list(cache, &l);
	size = 0;
	for (i = 0; i < l.npairs; i++)
		size += l.pairs[i].size;
	gone = 0;
	/* Some more than must, so that not every new pair brings one here. */
	if (size > budget)
		budget -= budget / 16;
	for (i = 0; i < l.npairs && r == PH_OK && size - gone > budget; i++) {
		p = &l.pairs[i];
		if (p->in_use)
			continue;
		r = delta_file_remove(cache->s, &p->target, &p->base);
		if (r == PH_OK)
			gone += p->size;
	}
	free(l.pairs);
	cache->at_most = size - gone;
	cache->walked = r == PH_OK;
	if (freed != NULL)
		*freed = gone;
	return r;
}

int
delta_cache_forget(struct delta_cache *cache, const struct digest *blob)
{
	const struct delta_cache_pair *p;
	struct listing l;
	size_t i;
	int r, busy;

	busy = 0;
	r = list(cache, &l);
	for (i = 0; i < l.npairs && r == PH_OK; i++) {
		p = &l.pairs[i];
		if (digest_compare(&p->target, blob) != 0 &&
		    digest_compare(&p->base, blob) != 0)
			continue;
		if (p->in_use)
			busy = 1;
		else
			r = delta_file_remove(cache->s, &p->target, &p->base);
	}
	free(l.pairs);
	return r == PH_OK && busy ? PH_EBUSY : r;
}
