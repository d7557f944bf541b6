/*
 * Arrays that grow.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "syncd/catalogue/registry.h"

#include "syncd/control/snapshot.h"

/* Room for one more element of an array; 0 without memory. */
static int
make_room(void **items, size_t count, size_t *size, size_t item_size)
{
	size_t more;
	void *grown;

	if (count < *size)
		return 1;
	more = *size == 0 ? 64 : *size * 2;
	grown = reallocarray(*items, more, item_size);
	if (grown == NULL)
		return 0;
	*items = grown;
	*size = more;
	return 1;
}

/* One record of the walk. */
static int
on_record(void *cookie, const struct registration *r)
{
	struct snapshot_records *s = cookie;
	void *items = s->items;

	if (!make_room(&items, s->count, &s->size, sizeof(*r)))
		return PH_ENOMEM;
	s->items = items;
	s->items[s->count++] = *r;
	return PH_OK;
}

int
snapshot_records(struct catalogue *c, struct snapshot_records *out)
{
	return registry_each(c, on_record, out);
}

void
snapshot_records_fini(struct snapshot_records *s)
{
	free(s->items);
	memset(s, 0, sizeof(*s));
}

/* One row of the walk. */
static int
on_row(void *cookie, const struct holdings_row *row)
{
	struct snapshot_holdings *s = cookie;
	void *items = s->items;

	if (!make_room(&items, s->count, &s->size, sizeof(*row)))
		return PH_ENOMEM;
	s->items = items;
	s->items[s->count++] = *row;
	return PH_OK;
}

int
snapshot_holdings(struct catalogue *c, const struct registration *record,
    struct snapshot_holdings *out)
{
	return holdings_of(c, record, &out->head, on_row, out);
}

void
snapshot_holdings_fini(struct snapshot_holdings *s)
{
	free(s->items);
	memset(s, 0, sizeof(*s));
}
