/*
 * Differences of sets, made and applied by merging, so that they need one
 * pass over each set and no memory but that of the result.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/limits.h"

#include "proto/lineset_diff.h"

/* One difference; borrowed from one of the sets. */
struct difference {
	char sign; /* '-' or '+'. */
	const char *line;
	size_t len; /* Without a line feed. */
};

void
lineset_diff_init(struct lineset_diff *d, const struct lineset *from,
    const struct lineset *to)
{
	memset(d, 0, sizeof(*d));
	d->from = from;
	d->to = to;
}

/* Move to the next difference, without stepping over it; 0 at the end. */
static int
peek(struct lineset_diff *d, struct difference *out)
{
	const char *a, *b;
	size_t alen, blen;
	int order;

	for (;;) {
		a = d->i < lineset_count(d->from) ?
		    lineset_line(d->from, d->i, &alen) :
		    NULL;
		b = d->j < lineset_count(d->to) ?
		    lineset_line(d->to, d->j, &blen) :
		    NULL;
		if (a == NULL && b == NULL)
			return 0;
		if (a == NULL || b == NULL)
			order = a == NULL ? 1 : -1;
		else
			order = lineset_compare(a, alen, b, blen);
		if (order != 0)
			break;
		d->i++;
		d->j++;
	}
	out->sign = order < 0 ? '-' : '+';
	out->line = order < 0 ? a : b;
	out->len = order < 0 ? alen : blen;
	return 1;
}

/* Step over the difference that peek() found. */
static void
step(struct lineset_diff *d, const struct difference *difference)
{
	if (difference->sign == '-')
		d->i++;
	else
		d->j++;
}

int
lineset_diff_next(struct lineset_diff *d, size_t max, struct buffer *out)
{
	struct difference difference;
	size_t size, total;

	assert(max > PH_LIST_LINE_MAX);
	total = 0;
	while (peek(d, &difference)) {
		size = difference.len + 2;
		if (size > max - total)
			break;
		buffer_put_u8(out, (uint8_t)difference.sign);
		buffer_put(out, difference.line, difference.len);
		buffer_put_u8(out, '\n');
		step(d, &difference);
		total += size;
	}
	if (buffer_error(out) != PH_OK)
		return buffer_error(out);
	return total > 0;
}

size_t
lineset_diff_frames(const struct lineset *from, const struct lineset *to,
    size_t max)
{
	struct lineset_diff d;
	struct difference difference;
	size_t nframes, size, total;

	assert(max > PH_LIST_LINE_MAX);
	lineset_diff_init(&d, from, to);
	nframes = 0;
	total = 0;
	while (peek(&d, &difference)) {
		size = difference.len + 2;
		if (nframes == 0 || size > max - total) {
			nframes++;
			total = 0;
		}
		step(&d, &difference);
		total += size;
	}
	return nframes;
}

struct lineset_patch {
	const struct lineset *from;
	size_t next;       /* The first line of from not yet looked at. */
	struct buffer out; /* The result up to there. */
	char last[PH_LIST_LINE_MAX]; /* The last line that was applied. */
	size_t last_len;
	int error;
};

struct lineset_patch *
lineset_patch_new(const struct lineset *from)
{
	struct lineset_patch *p;

	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->from = from;
	buffer_init(&p->out, PH_LIST_SIZE_MAX);
	return p;
}

/* Keep the lines of from that are before the given one. */
static void
keep_before(struct lineset_patch *p, const char *line, size_t len)
{
	const char *kept;
	size_t keptlen;

	while (p->next < lineset_count(p->from)) {
		kept = lineset_line(p->from, p->next, &keptlen);
		if (lineset_compare(kept, keptlen, line, len) >= 0)
			break;
		/* With its line feed, which stands behind it. */
		buffer_put(&p->out, kept, keptlen + 1);
		p->next++;
	}
}

/* Apply one difference. */
static int
apply(struct lineset_patch *p, char sign, const char *line, size_t len)
{
	const char *other;
	size_t otherlen;
	int there;

	if (len == 0 || len + 1 > PH_LIST_LINE_MAX ||
	    (sign != '-' && sign != '+'))
		return PH_EMESSAGE;
	if (p->last_len > 0 &&
	    lineset_compare(p->last, p->last_len, line, len) >= 0)
		return PH_EMESSAGE;
	memcpy(p->last, line, len);
	p->last_len = len;
	keep_before(p, line, len);
	there = 0;
	if (p->next < lineset_count(p->from)) {
		other = lineset_line(p->from, p->next, &otherlen);
		there = lineset_compare(other, otherlen, line, len) == 0;
	}
	if (there != (sign == '-'))
		return PH_EMESSAGE;
	if (sign == '-') {
		p->next++;
	} else {
		buffer_put(&p->out, line, len);
		buffer_put_u8(&p->out, '\n');
	}
	return buffer_error(&p->out);
}

int
lineset_patch_apply(struct lineset_patch *p, const void *text, size_t len)
{
	const char *end, *line;

	line = text;
	while (len > 0 && p->error == PH_OK) {
		end = memchr(line, '\n', len);
		if (end == NULL || end == line)
			p->error = PH_EMESSAGE;
		else
			p->error = apply(p, line[0], line + 1,
			    (size_t)(end - line - 1));
		if (p->error == PH_OK) {
			len -= (size_t)(end + 1 - line);
			line = end + 1;
		}
	}
	return p->error;
}

/* Keep the lines of from that are after all differences. */
static int
keep_rest(struct lineset_patch *p)
{
	const char *end, *rest;
	size_t len;

	if (p->next == lineset_count(p->from))
		return PH_OK;
	end = lineset_text(p->from, &len) + len;
	rest = lineset_line(p->from, p->next, &len);
	return buffer_put(&p->out, rest, (size_t)(end - rest));
}

int
lineset_patch_finish(struct lineset_patch *p, struct lineset **out)
{
	uint8_t *text;
	size_t len;
	int r;

	if (p->error == PH_OK)
		p->error = keep_rest(p);
	if (p->error != PH_OK)
		return p->error;
	text = buffer_take(&p->out, &len);
	/* Lines that came were not yet checked for foreign characters. */
	r = lineset_decode_take(&text, len, out);
	free(text);
	return r;
}

void
lineset_patch_free(struct lineset_patch *p)
{
	if (p == NULL)
		return;
	buffer_fini(&p->out);
	free(p);
}
