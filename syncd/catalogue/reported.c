/*
 * Files of receipts.  They are written before the entry that names them and
 * dropped after the one that supersedes them.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/reports.h"

#include "syncd/catalogue/reported.h"

int
reported_put(struct catalogue *c, const struct digest *id, uint64_t number,
    const struct document *receipt, const void *changes, size_t len,
    const struct lineset *set)
{
	struct document_name name;
	const char *text;
	size_t n;
	int r;

	text = lineset_text(set, &n);
	name = documents_set_name(id, number);
	r = documents_put_text(c->config.files, c->state_dir, &name, text, n);
	name = documents_receipt_name(id, number);
	if (r == PH_OK)
		r = documents_put_text(c->config.files, c->state_dir, &name,
		    changes, len);
	return r == PH_OK ?
	    documents_put(c->config.files, c->state_dir, &name, receipt) :
	    r;
}

int
reported_set(struct catalogue *c, const struct digest *id, uint64_t number,
    const struct digest *digest, struct lineset **out)
{
	struct document_name name;
	struct buffer text;
	struct digest found;
	uint8_t *bytes;
	size_t len;
	int r;

	buffer_init(&text, PH_LIST_SIZE_MAX);
	name = documents_set_name(id, number);
	r = documents_get_text(c->config.files, c->state_dir, &name,
	    PH_LIST_SIZE_MAX, &text);
	if (r == PH_OK) {
		digest_of(text.data, text.len, &found);
		if (digest_compare(&found, digest) != 0)
			r = PH_EDIGEST;
	}
	if (r == PH_OK) {
		bytes = buffer_take(&text, &len);
		r = lineset_decode_take(&bytes, len, out);
		free(bytes);
	}
	buffer_fini(&text);
	return r;
}

int
reported_drop(struct catalogue *c, const struct digest *id, uint64_t number)
{
	struct document_name name;
	int r;

	name = documents_set_name(id, number - 1);
	r = documents_remove(c->config.files, c->state_dir, &name);
	if (r != PH_OK || number <= REPORTED_KEPT)
		return r;
	name = documents_receipt_name(id, number - REPORTED_KEPT);
	return documents_remove(c->config.files, c->state_dir, &name);
}

/* What walking over a directory needs at hand. */
struct sweep {
	struct catalogue *c;
	uint64_t kept; /* How many of the newest. */
	struct document_name (*name)(const struct digest *id, uint64_t number);
};

/* One file, by its name: ID-NUMBER. */
static int
on_file(void *cookie, const char *text)
{
	struct document_name name;
	char hex[DIGEST_HEX_SIZE];
	struct report last;
	struct sweep *sweep;
	struct digest id;
	uint64_t number;
	int r;

	sweep = cookie;
	if (strlen(text) <= sizeof(hex) || text[sizeof(hex) - 1] != '-' ||
	    sscanf(text + sizeof(hex), "%" SCNu64, &number) != 1)
		return PH_OK;
	memcpy(hex, text, sizeof(hex) - 1);
	hex[sizeof(hex) - 1] = '\0';
	if (digest_from_hex(hex, &id) != PH_OK)
		return PH_OK;
	r = reports_get(sweep->c, &id, &last);
	if (r == PH_EABSENT)
		last.number = 0;
	else if (r != PH_OK)
		return r;
	/* One whose entry was never written is not there, either. */
	if (number <= last.number && last.number - number < sweep->kept)
		return PH_OK;
	name = sweep->name(&id, number);
	return documents_remove(sweep->c->config.files, sweep->c->state_dir,
	    &name);
}

int
reported_sweep(struct catalogue *c)
{
	struct sweep sweep;
	int r;

	sweep.c = c;
	sweep.kept = 1;
	sweep.name = documents_set_name;
	r = documents_each(c->config.files, c->state_dir, "sets", on_file,
	    &sweep);
	sweep.kept = REPORTED_KEPT;
	sweep.name = documents_receipt_name;
	return r == PH_OK ? documents_each(c->config.files, c->state_dir,
				"receipts", on_file, &sweep) :
			    r;
}
