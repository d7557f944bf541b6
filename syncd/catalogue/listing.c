/*
 * Lists that are kept, the one used last in front.  An item is found by
 * bisection: by its manifest in the text itself, whose lines are in that
 * order; by image and version in an order of four bytes a line; a blob among
 * the digests of all files that are listed.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/line_fields.h"
#include "proto/manifest.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/rows.h"

#include "syncd/catalogue/listing.h"

/*
 * What lists that are kept may take beside the one in use: peers that have
 * the same list share it, and some hundred lists of 1,000 items fit.
 */
#define LISTINGS_SIZE_MAX (16u << 20)

struct listing {
	struct listing *next;
	struct digest digest;
	struct lineset *lines;
	uint32_t *order; /* By image and version (line_fields.h); NULL:
			    nobody has asked for it. */
	struct digest *blobs;
	size_t nblobs;
	size_t blobs_size; /* Allocated, in blobs. */
	int has_blobs;
};

struct listings {
	struct listing *first;
};

static void
free_listing(struct listing *l)
{
	if (l == NULL)
		return;
	lineset_free(l->lines);
	free(l->order);
	free(l->blobs);
	free(l);
}

void
listings_free(struct listings *all)
{
	struct listing *l;

	if (all == NULL)
		return;
	while ((l = all->first) != NULL) {
		all->first = l->next;
		free_listing(l);
	}
	free(all);
}

/* Bytes that a listing takes, about. */
static size_t
size_of(const struct listing *l)
{
	size_t len;

	(void)lineset_text(l->lines, &len);
	return sizeof(*l) + len +
	    lineset_count(l->lines) * 2 * sizeof(*l->order) +
	    l->blobs_size * sizeof(*l->blobs);
}

/* Free what is beyond the size, but never the one in front. */
static void
trim(struct listings *all)
{
	struct listing *l, *last;
	size_t total;

	total = 0;
	for (last = all->first; last != NULL; last = last->next) {
		while ((l = last->next) != NULL &&
		    total + size_of(l) > LISTINGS_SIZE_MAX) {
			last->next = l->next;
			free_listing(l);
		}
		total += l == NULL ? 0 : size_of(l);
	}
}

/* Load a list. */
static int
load(struct catalogue *c, const struct digest *list, struct listing **out)
{
	struct listing *l;
	int r;

	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return PH_ENOMEM;
	l->digest = *list;
	r = grants_list(c, list, &l->lines);
	if (r != PH_OK) {
		free_listing(l);
		return r;
	}
	*out = l;
	return PH_OK;
}

/* Take one out of those that are kept; NULL when it is not among them. */
static struct listing *
take(struct catalogue *c, const struct digest *list)
{
	struct listing **p, *l;

	if (c->listings == NULL)
		return NULL;
	p = &c->listings->first;
	while (*p != NULL && digest_compare(&(*p)->digest, list) != 0)
		p = &(*p)->next;
	l = *p;
	if (l != NULL)
		*p = l->next;
	return l;
}

/* Put one in front.  PH_OK, or PH_ENOMEM, and it is freed. */
static int
keep(struct catalogue *c, struct listing *l)
{
	if (c->listings == NULL)
		c->listings = calloc(1, sizeof(*c->listings));
	if (c->listings == NULL) {
		free_listing(l);
		return PH_ENOMEM;
	}
	l->next = c->listings->first;
	c->listings->first = l;
	trim(c->listings);
	return PH_OK;
}

/* The listing of a list, in front of the others. */
static int
find(struct catalogue *c, const struct digest *list, struct listing **out)
{
	int r;

	*out = take(c, list);
	r = *out == NULL ? load(c, list, out) : PH_OK;
	return r == PH_OK ? keep(c, *out) : r;
}

int
listing_lines(struct catalogue *c, const struct digest *list,
    const struct lineset **out)
{
	struct listing *l;
	int r;

	r = find(c, list, &l);
	if (r == PH_OK)
		*out = l->lines;
	return r;
}

int
listing_get(struct catalogue *c, const struct digest *list,
    struct listing **out)
{
	int r;

	r = find(c, list, out);
	if (r == PH_OK && (*out)->order == NULL)
		r = line_fields_order((*out)->lines, GRANT_ITEM_FIELDS,
		    LINE_FIELDS_EXACT, &(*out)->order);
	return r;
}

void
listing_keep(struct catalogue *c, struct lineset **list)
{
	struct listing *l;

	l = calloc(1, sizeof(*l));
	if (l == NULL) {
		lineset_free(*list);
	} else {
		l->lines = *list;
		lineset_digest(*list, &l->digest);
		free_listing(take(c, &l->digest));
		(void)keep(c, l);
	}
	*list = NULL;
}

int
listing_manifest(const struct listing *l, const struct digest *manifest,
    struct grant_item *out)
{
	return grant_item_find(l->lines, manifest, out);
}

/* The place of the first item that is not before an image and a version. */
static size_t
seek(const struct listing *l, const char *image, const char *version)
{
	return line_fields_seek(l->lines, l->order, lineset_count(l->lines),
	    image, version);
}

size_t
listing_seek(const struct listing *l, const char *image)
{
	return seek(l, image, "");
}

int
listing_at(const struct listing *l, size_t place, struct grant_item *out)
{
	const char *end, *line, *text;

	if (place == lineset_count(l->lines))
		return PH_EABSENT;
	text = lineset_text(l->lines, NULL);
	line = text + l->order[place];
	end = strchr(line, '\n');
	while (line > text && line[-1] != '\n')
		line--;
	return grant_item_decode(line, (size_t)(end - line), out);
}

int
listing_item(const struct listing *l, const char *image, const char *version,
    struct grant_item *out)
{
	int r;

	r = listing_at(l, seek(l, image, version), out);
	if (r == PH_OK &&
	    (strcmp(out->image, image) != 0 ||
		strcmp(out->version, version) != 0))
		r = PH_EABSENT;
	return r;
}

/* Add the blobs of one manifest. */
static int
add_blobs(struct listing *l, const struct manifest *m)
{
	struct digest *blobs;
	size_t i, size;

	if (l->nblobs + m->nfiles > l->blobs_size) {
		size = 2 * l->blobs_size + m->nfiles + 16;
		blobs = realloc(l->blobs, size * sizeof(*blobs));
		if (blobs == NULL)
			return PH_ENOMEM;
		l->blobs = blobs;
		l->blobs_size = size;
	}
	for (i = 0; i < m->nfiles; i++)
		l->blobs[l->nblobs++] = m->files[i].digest;
	return PH_OK;
}

static int
compare_blobs(const void *a, const void *b)
{
	return digest_compare(a, b);
}

/* Read which blobs the listed manifests name. */
static int
load_blobs(struct catalogue *c, struct listing *l)
{
	struct grant_item item;
	struct index_txn *txn;
	struct manifest m;
	size_t i;
	int r;

	l->nblobs = 0;
	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	for (i = 0; r == PH_OK && i < lineset_count(l->lines); i++) {
		manifest_init(&m);
		r = listing_at(l, i, &item);
		if (r == PH_OK)
			r = rows_manifest_get(txn, &item.manifest, NULL, &m);
		if (r == PH_OK)
			r = add_blobs(l, &m);
		else if (r == PH_EABSENT)
			r = PH_OK;
		manifest_fini(&m);
	}
	index_abort(txn);
	if (r != PH_OK)
		return r;
	if (l->nblobs > 0)
		qsort(l->blobs, l->nblobs, sizeof(*l->blobs), compare_blobs);
	l->has_blobs = 1;
	return PH_OK;
}

int
listing_names_blob(struct catalogue *c, struct listing *l,
    const struct digest *blob)
{
	int r;

	r = l->has_blobs ? PH_OK : load_blobs(c, l);
	if (r != PH_OK)
		return r;
	return l->nblobs > 0 &&
		bsearch(blob, l->blobs, l->nblobs, sizeof(*l->blobs),
		    compare_blobs) != NULL ?
	    PH_OK :
	    PH_EABSENT;
}
