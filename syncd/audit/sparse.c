/*
 * The sparse memory of a log.
 */
#include <assert.h>
#include <string.h>

#include "syncd/audit/sparse.h"

void
sparse_init(struct sparse *s)
{
	memset(s, 0, sizeof(*s));
	merkle_init(&s->tail);
	merkle_init(&s->all);
}

/* Make each two runs one. */
static void
merge(struct sparse *s)
{
	size_t i;

	assert(s->nruns % 2 == 0);
	for (i = 0; i < s->nruns / 2; i++) {
		s->runs[i].offset = s->runs[2 * i].offset;
		merkle_node(&s->runs[2 * i].root, &s->runs[2 * i + 1].root,
		    &s->runs[i].root);
	}
	s->nruns /= 2;
	s->shift++;
}

void
sparse_append(struct sparse *s, const struct digest *leaf, uint64_t offset,
    uint64_t end)
{
	struct sparse_run *run;

	if (s->tail.size == 0)
		s->tail_offset = offset;
	merkle_append(&s->all, leaf);
	merkle_append(&s->tail, leaf);
	if (s->tail.size < UINT64_C(1) << s->shift)
		return;
	run = &s->runs[s->nruns++];
	run->offset = s->tail_offset;
	merkle_root(&s->tail, &run->root);
	merkle_init(&s->tail);
	s->tail_offset = end;
	if (s->nruns == SPARSE_MAX)
		merge(s);
}

uint64_t
sparse_size(const struct sparse *s)
{
	return s->all.size;
}

void
sparse_find(const struct sparse *s, uint64_t i, uint64_t *index,
    uint64_t *offset)
{
	uint64_t run;

	assert(i <= s->all.size);
	run = i >> s->shift;
	if (run >= s->nruns) {
		*index = (uint64_t)s->nruns << s->shift;
		*offset = s->tail_offset;
		return;
	}
	*index = run << s->shift;
	*offset = s->runs[run].offset;
}

void
sparse_tree(const struct sparse *s, uint64_t first, uint64_t count,
    struct merkle *out, uint64_t *done)
{
	uint64_t run, end;

	assert(first <= s->all.size && count <= s->all.size - first);
	merkle_init(out);
	*done = 0;
	run = first >> s->shift;
	if (run << s->shift != first)
		return;
	end = (first + count) >> s->shift;
	if (end > s->nruns)
		end = s->nruns;
	/* Roots of subtrees of one size combine like leaves. */
	for (; run < end; run++) {
		merkle_append(out, &s->runs[run].root);
		*done += UINT64_C(1) << s->shift;
	}
}
