/*
 * Walking LMDB's trees without LMDB.
 *
 * The file is an array of pages.  Pages 0 and 1 are the two metas; the one
 * with the higher transaction id counts.  It names the roots of two trees:
 * the free list, and the main tree, in whose leaves stand the roots of the
 * named ones.  Every page may be used once.  Numbers are those of this
 * machine: an index from another one fails the magic.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/errors.h"

#include "syncd/index/inspect.h"

#define MAGIC 0xBEEFC0DEu
#define VERSION 1u

/* Flags of pages, databases and nodes. */
#define PAGE_BRANCH 0x01u
#define PAGE_LEAF 0x02u
#define PAGE_OVERFLOW 0x04u
#define PAGE_META 0x08u
#define TREE_INTEGERKEY 0x08u
#define NODE_BIGDATA 0x01u
#define NODE_SUBDATA 0x02u

#define PAGE_SIZE_MIN 512u
#define PAGE_SIZE_MAX 32768u
#define PAGE_HEADER 16u
#define NODE_HEADER 8u
#define KEY_MAX 511u
#define DEPTH_MAX 32u
#define NO_PAGE UINT64_MAX

/* Where things stand in a page. */
#define AT_FLAGS 10u
#define AT_LOWER 12u
#define AT_UPPER 14u
#define AT_NPAGES 12u

/* Where things stand in a meta, behind the page's header. */
#define META_TREES 24u
#define META_LAST_PAGE 120u
#define META_TXNID 128u
#define META_SIZE 136u

/* The record of a tree. */
struct tree {
	uint32_t page_size; /* Only in that of the free list. */
	uint16_t flags;
	uint16_t depth;
	uint64_t nentries;
	uint64_t root;
};
#define TREE_SIZE 48u

struct meta {
	struct tree free;
	struct tree main;
	uint64_t last_page;
	uint64_t txnid;
};

/* A key and, in a leaf, what belongs to it. */
struct node {
	uint64_t child; /* In a branch. */
	unsigned int flags;
	const uint8_t *key;
	size_t key_len;
	const uint8_t *data; /* In a leaf, within the page. */
	size_t len;          /* Of the value, wherever it stands. */
};

struct inspection;

/* What is done with a leaf's entry. */
typedef int on_entry(struct inspection *in, const struct node *n);

/* The walk through one tree. */
struct walk {
	const uint8_t *name; /* NULL: the free list or the main tree. */
	size_t name_len;
	int integer_keys;
	on_entry *entry;
	uint16_t depth;
	uint64_t nentries;
};

struct inspection {
	const struct files *fs;
	int fd;
	size_t value_max;
	inspect_entry *each;
	void *cookie;
	size_t page_size;
	uint64_t npages;
	uint8_t *used;  /* A bit for each page. */
	uint8_t *pages; /* One for each level of two trees. */
	uint8_t *value; /* A value that has pages of its own. */
	struct walk *walk;
};

static uint16_t
get16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t
get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t
get64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static void
get_tree(const uint8_t *p, struct tree *out)
{
	out->page_size = get32(p);
	out->flags = get16(p + 4);
	out->depth = get16(p + 6);
	out->nentries = get64(p + 32);
	out->root = get64(p + 40);
}

/* Read exactly len bytes; what is short is damaged. */
static int
read_exactly(struct inspection *in, uint64_t offset, void *buf, size_t len)
{
	size_t n;
	int r;

	r = file_read_at(in->fs, in->fd, offset, buf, len, &n);
	if (r != PH_OK)
		return r;
	return n == len ? PH_OK : PH_EDIGEST;
}

/* Claim count pages from first on for one use. */
static int
claim(struct inspection *in, uint64_t first, uint64_t count)
{
	uint64_t i;

	if (first < 2 || first >= in->npages || count > in->npages - first)
		return PH_EDIGEST;
	for (i = first; i < first + count; i++) {
		if (in->used[i / 8] & 1u << i % 8)
			return PH_EDIGEST;
		in->used[i / 8] |= (uint8_t)(1u << i % 8);
	}
	return PH_OK;
}

/* Order two keys of the present tree. */
static int
compare(const struct walk *w, const uint8_t *a, size_t a_len, const uint8_t *b,
    size_t b_len)
{
	uint64_t x, y;
	int r;

	if (w->integer_keys) {
		x = get64(a);
		y = get64(b);
		return (x > y) - (x < y);
	}
	r = memcmp(a, b, a_len < b_len ? a_len : b_len);
	return r != 0 ? r : (a_len > b_len) - (a_len < b_len);
}

/* Take apart node i of a page, whose header was checked. */
static int
get_node(struct inspection *in, const uint8_t *page, unsigned int i,
    struct node *out)
{
	const uint8_t *p;
	size_t at, room;
	int branch;

	at = get16(page + PAGE_HEADER + 2 * i);
	if (at < get16(page + AT_UPPER) || at % 2 != 0 ||
	    at > in->page_size - NODE_HEADER)
		return PH_EDIGEST;
	p = page + at;
	room = in->page_size - at - NODE_HEADER;
	branch = get16(page + AT_FLAGS) == PAGE_BRANCH;
	out->flags = get16(p + 4);
	out->key = p + NODE_HEADER;
	out->key_len = get16(p + 6);
	if (out->key_len > KEY_MAX || out->key_len > room)
		return PH_EDIGEST;
	/* The first key of a branch is not there: it is less than any. */
	if (out->key_len == 0 && !(branch && i == 0))
		return PH_EDIGEST;
	if (in->walk->integer_keys && out->key_len != 8 && out->key_len != 0)
		return PH_EDIGEST;
	out->data = out->key + out->key_len;
	out->child = get32(p) | (uint64_t)out->flags << 32;
	out->len = get32(p);
	if (branch)
		return PH_OK;
	room -= out->key_len;
	if ((out->flags & NODE_BIGDATA) ? room < 8 : room < out->len)
		return PH_EDIGEST;
	return PH_OK;
}

/* The bytes that a node takes in its page. */
static size_t
node_size(const uint8_t *page, const struct node *n)
{
	size_t size;

	size = NODE_HEADER + n->key_len;
	if (get16(page + AT_FLAGS) == PAGE_LEAF)
		size += (n->flags & NODE_BIGDATA) ? 8 : n->len;
	return size + size % 2;
}

/* Check the header of a tree's page, its nodes and their order. */
static int
check_page(struct inspection *in, const uint8_t *page, uint64_t number,
    unsigned int *count)
{
	struct node n, before;
	size_t lower, upper, sum;
	unsigned int i, flags;
	int r;

	flags = get16(page + AT_FLAGS);
	lower = get16(page + AT_LOWER);
	upper = get16(page + AT_UPPER);
	if (get64(page) != number ||
	    (flags != PAGE_BRANCH && flags != PAGE_LEAF) ||
	    lower < PAGE_HEADER || lower % 2 != 0 || lower > upper ||
	    upper > in->page_size)
		return PH_EDIGEST;
	*count = (unsigned int)(lower - PAGE_HEADER) / 2;
	if (*count < (flags == PAGE_BRANCH ? 2u : 1u))
		return PH_EDIGEST;
	sum = 0;
	memset(&before, 0, sizeof(before));
	for (i = 0; i < *count; i++) {
		r = get_node(in, page, i, &n);
		if (r != PH_OK)
			return r;
		if (i > (flags == PAGE_BRANCH ? 1u : 0u) &&
		    compare(in->walk, before.key, before.key_len, n.key,
			n.key_len) >= 0)
			return PH_EDIGEST;
		before = n;
		sum += node_size(page, &n);
	}
	return sum == in->page_size - upper ? PH_OK : PH_EDIGEST;
}

/* The value of a leaf's node: within the page, or read from its own pages. */
static int
get_value(struct inspection *in, const struct node *n, const uint8_t **value)
{
	uint8_t header[PAGE_HEADER];
	uint64_t first, npages;
	int r;

	*value = n->data;
	if (!(n->flags & NODE_BIGDATA))
		return PH_OK;
	if (n->len > in->value_max)
		return PH_EDIGEST;
	first = get64(n->data);
	if (first < 2 || first >= in->npages)
		return PH_EDIGEST;
	r = read_exactly(in, first * in->page_size, header, sizeof(header));
	if (r != PH_OK)
		return r;
	npages = get32(header + AT_NPAGES);
	if (get64(header) != first ||
	    get16(header + AT_FLAGS) != PAGE_OVERFLOW ||
	    npages < (PAGE_HEADER - 1 + n->len) / in->page_size + 1)
		return PH_EDIGEST;
	r = claim(in, first, npages);
	if (r != PH_OK)
		return r;
	free(in->value);
	in->value = malloc(n->len + 1);
	if (in->value == NULL)
		return PH_ENOMEM;
	*value = in->value;
	return read_exactly(in, first * in->page_size + PAGE_HEADER, in->value,
	    n->len);
}

static int walk_tree(struct inspection *in, const struct tree *t,
    struct walk *w);

/* An entry of the free list: pages that nothing else may use. */
static int
on_free(struct inspection *in, const struct node *n)
{
	const uint8_t *value;
	uint64_t i, count;
	int r;

	if (n->flags & ~NODE_BIGDATA)
		return PH_EDIGEST;
	r = get_value(in, n, &value);
	if (r != PH_OK)
		return r;
	if (n->len < 8 || n->len % 8 != 0)
		return PH_EDIGEST;
	count = get64(value);
	if (count > n->len / 8 - 1)
		return PH_EDIGEST;
	/* Highest first; LMDB merges lists without sorting them again. */
	for (i = 1; i <= count; i++) {
		if (i > 1 && get64(value + 8 * i) >= get64(value + 8 * (i - 1)))
			return PH_EDIGEST;
		r = claim(in, get64(value + 8 * i), 1);
		if (r != PH_OK)
			return r;
	}
	return PH_OK;
}

/* An entry of a named table. */
static int
on_row(struct inspection *in, const struct node *n)
{
	const struct walk *w;
	const uint8_t *value;
	int r;

	w = in->walk;
	if (n->flags & ~NODE_BIGDATA)
		return PH_EDIGEST;
	r = get_value(in, n, &value);
	if (r != PH_OK)
		return r;
	return in->each(in->cookie, (const char *)w->name, w->name_len, n->key,
	    n->key_len, value, n->len);
}

/* An entry of the main tree: a named table. */
static int
on_table(struct inspection *in, const struct node *n)
{
	struct tree t;
	struct walk w;
	struct walk *above;
	int r;

	if (n->flags != NODE_SUBDATA || n->len != TREE_SIZE)
		return PH_EDIGEST;
	get_tree(n->data, &t);
	if (t.flags != 0)
		return PH_EDIGEST;
	memset(&w, 0, sizeof(w));
	w.name = n->key;
	w.name_len = n->key_len;
	w.entry = on_row;
	above = in->walk;
	r = walk_tree(in, &t, &w);
	in->walk = above;
	return r;
}

/*
 * Whether a page's keys lie between those that its parent has: not before
 * low, and before high (either NULL: no bound).
 */
static int
within(struct inspection *in, const uint8_t *page, unsigned int count,
    const struct node *low, const struct node *high)
{
	struct node first, last;
	unsigned int begin;

	begin = get16(page + AT_FLAGS) == PAGE_BRANCH ? 1 : 0;
	if (get_node(in, page, begin, &first) != PH_OK ||
	    get_node(in, page, count - 1, &last) != PH_OK)
		return 0;
	if (low != NULL &&
	    compare(in->walk, first.key, first.key_len, low->key,
		low->key_len) < 0)
		return 0;
	return high == NULL ||
	    compare(in->walk, last.key, last.key_len, high->key,
		high->key_len) < 0;
}

/* Walk through a page at some level (1: the root) and what is below it. */
static int
walk_page(struct inspection *in, uint64_t number, uint16_t level,
    const struct node *low, const struct node *high)
{
	struct node n, next;
	struct walk *w;
	uint8_t *page;
	unsigned int i, count;
	int r, leaf;

	w = in->walk;
	/* The main tree stays where it is while a named one is walked. */
	page = in->pages +
	    (level - 1 + (w->name != NULL ? DEPTH_MAX : 0)) * in->page_size;
	r = claim(in, number, 1);
	if (r == PH_OK)
		r = read_exactly(in, number * in->page_size, page,
		    in->page_size);
	if (r == PH_OK)
		r = check_page(in, page, number, &count);
	if (r != PH_OK)
		return r;
	leaf = get16(page + AT_FLAGS) == PAGE_LEAF;
	if (leaf != (level == w->depth) || !within(in, page, count, low, high))
		return PH_EDIGEST;
	for (i = 0; i < count && r == PH_OK; i++) {
		r = get_node(in, page, i, &n);
		assert(r == PH_OK);
		if (leaf) {
			w->nentries++;
			r = w->entry(in, &n);
			continue;
		}
		if (i + 1 < count)
			r = get_node(in, page, i + 1, &next);
		assert(r == PH_OK);
		r = walk_page(in, n.child, level + 1, i == 0 ? low : &n,
		    i + 1 < count ? &next : high);
	}
	return r;
}

/* Walk through a tree from its root. */
static int
walk_tree(struct inspection *in, const struct tree *t, struct walk *w)
{
	int r;

	if (t->root == NO_PAGE)
		return t->depth == 0 && t->nentries == 0 ? PH_OK : PH_EDIGEST;
	if (t->depth == 0 || t->depth > DEPTH_MAX)
		return PH_EDIGEST;
	w->depth = t->depth;
	in->walk = w;
	r = walk_page(in, t->root, 1, NULL, NULL);
	if (r != PH_OK)
		return r;
	return w->nentries == t->nentries ? PH_OK : PH_EDIGEST;
}

/* Read and check one of the two metas. */
static int
get_meta(struct inspection *in, unsigned int number, size_t page_size,
    struct meta *out)
{
	uint8_t page[PAGE_HEADER + META_SIZE];
	const uint8_t *m;
	int r;

	r = read_exactly(in, number * (uint64_t)page_size, page, sizeof(page));
	if (r != PH_OK)
		return r;
	m = page + PAGE_HEADER;
	if (get64(page) != number || get16(page + AT_FLAGS) != PAGE_META ||
	    get32(m) != MAGIC || get32(m + 4) != VERSION)
		return PH_EDIGEST;
	get_tree(m + META_TREES, &out->free);
	get_tree(m + META_TREES + TREE_SIZE, &out->main);
	out->last_page = get64(m + META_LAST_PAGE);
	out->txnid = get64(m + META_TXNID);
	if (out->free.page_size < PAGE_SIZE_MIN ||
	    out->free.page_size > PAGE_SIZE_MAX ||
	    (out->free.page_size & (out->free.page_size - 1)) != 0 ||
	    out->free.flags != TREE_INTEGERKEY || out->main.flags != 0)
		return PH_EDIGEST;
	return PH_OK;
}

/* Find the meta that counts; both must be sound, or LMDB refuses the file. */
static int
choose_meta(struct inspection *in, struct meta *out)
{
	struct meta other;
	struct stat st;
	int r;

	r = get_meta(in, 0, 0, out);
	if (r == PH_OK)
		r = get_meta(in, 1, out->free.page_size, &other);
	if (r != PH_OK)
		return r;
	/*
	 * Transactions write the two in turns: a number that is out of turn
	 * was altered and would bring back an older state.
	 */
	if (other.free.page_size != out->free.page_size ||
	    out->txnid % 2 != 0 ||
	    (out->txnid + 1 != other.txnid && other.txnid + 1 != out->txnid &&
		(out->txnid != 0 || other.txnid != 0)))
		return PH_EDIGEST;
	in->page_size = out->free.page_size;
	if (other.txnid > out->txnid)
		*out = other;
	r = file_stat_fd(in->fs, in->fd, &st);
	if (r != PH_OK)
		return r;
	if (out->last_page < 1 ||
	    out->last_page >= (uint64_t)st.st_size / in->page_size)
		return PH_EDIGEST;
	in->npages = out->last_page + 1;
	return PH_OK;
}

int
inspect_file(const struct files *fs, int fd, size_t value_max,
    inspect_entry *each, void *cookie)
{
	struct inspection in;
	struct meta meta;
	struct walk w;
	int r;

	memset(&in, 0, sizeof(in));
	in.fs = fs;
	in.fd = fd;
	in.value_max = value_max;
	in.each = each;
	in.cookie = cookie;
	r = choose_meta(&in, &meta);
	if (r != PH_OK)
		return r;
	in.used = calloc(1, in.npages / 8 + 1);
	in.pages = malloc(2 * DEPTH_MAX * in.page_size);
	if (in.used == NULL || in.pages == NULL) {
		r = PH_ENOMEM;
		goto out;
	}
	memset(&w, 0, sizeof(w));
	w.integer_keys = 1;
	w.entry = on_free;
	r = walk_tree(&in, &meta.free, &w);
	if (r != PH_OK)
		goto out;
	memset(&w, 0, sizeof(w));
	w.entry = on_table;
	r = walk_tree(&in, &meta.main, &w);
out:
	free(in.used);
	free(in.pages);
	free(in.value);
	return r;
}
