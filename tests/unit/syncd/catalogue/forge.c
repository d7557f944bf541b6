/*
 * Forged documents.
 */
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/holdings.h"
#include "syncd/catalogue/rows.h"

#include "tests/unit/syncd/catalogue/forge.h"

struct grant_item
forge_item(enum grant_state state, const char *image, const char *version,
    const struct digest *manifest)
{
	struct grant_item item;

	memset(&item, 0, sizeof(item));
	item.state = state;
	item.manifest = *manifest;
	(void)strcpy(item.image, image);
	(void)strcpy(item.version, version);
	return item;
}

struct lineset *
forge_list(const struct grant_item *items, size_t n)
{
	struct lineset_builder *b;
	struct lineset *list;
	struct buffer line;
	size_t i;

	b = lineset_builder_new();
	ck_assert_ptr_nonnull(b);
	buffer_init(&line, PH_LIST_LINE_MAX);
	for (i = 0; i < n; i++) {
		buffer_reset(&line);
		ck_assert_int_eq(grant_item_encode(&items[i], &line), PH_OK);
		ck_assert_int_eq(lineset_builder_add(b, (const char *)line.data,
				     line.len),
		    PH_OK);
	}
	ck_assert_int_eq(lineset_builder_finish(b, &list), PH_OK);
	lineset_builder_free(b);
	buffer_fini(&line);
	return list;
}

/* Sign encoded bytes. */
static void
seal(struct buffer *bytes, enum document_kind kind,
    const struct key_private *key, struct document *out)
{
	document_init(out);
	ck_assert_int_eq(document_set(out, bytes->data, bytes->len), PH_OK);
	ck_assert_int_eq(document_sign(out, kind, key), PH_OK);
	buffer_fini(bytes);
}

void
forge_sign_grant(const struct grant *grant, const struct key_private *key,
    struct document *out)
{
	struct buffer bytes;

	buffer_init(&bytes, PH_GRANT_HEAD_MAX);
	ck_assert_int_eq(grant_encode(grant, &bytes), PH_OK);
	seal(&bytes, DOCUMENT_GRANT, key, out);
}

void
forge_sign_charter(const struct charter *charter, const struct key_private *key,
    struct document *out)
{
	struct buffer bytes;

	buffer_init(&bytes, PH_DOCUMENT_MAX);
	ck_assert_int_eq(charter_encode(charter, &bytes), PH_OK);
	seal(&bytes, DOCUMENT_CHARTER, key, out);
}

void
forge_sign_manifest(const struct manifest *m, const struct key_private *key,
    struct document *out)
{
	struct buffer bytes;

	buffer_init(&bytes, PH_DOCUMENT_MAX);
	ck_assert_int_eq(manifest_encode(m, &bytes), PH_OK);
	seal(&bytes, DOCUMENT_MANIFEST, key, out);
}

void
forge_grant(const struct repository *site, uint64_t generation,
    const struct lineset *list, const struct key_private *key,
    struct document *out)
{
	struct grant grant;

	grant_init(&grant);
	grant.repository = site->id;
	grant.order.epoch = 1;
	grant.order.generation = generation;
	grant.time = site->world->now;
	grant.items = lineset_count(list);
	lineset_digest(list, &grant.list);
	forge_sign_grant(&grant, key, out);
}

void
forge_relabelled(struct world *w, const struct digest *manifest,
    const char *key, const char *value, struct document *out,
    struct digest *digest)
{
	struct manifest m;

	manifest_init(&m);
	ck_assert_int_eq(holdings_manifest(w->primary.c, manifest, &m), PH_OK);
	m.revision++;
	ck_assert_int_eq(labels_set(&m.labels, key, value), PH_OK);
	forge_sign_manifest(&m, w->publisher, out);
	document_digest(out, digest);
	manifest_fini(&m);
}

void
forge_long_grant(struct catalogue *c, const struct digest *id, size_t nitems)
{
	struct lineset_builder *b;
	struct document_name name;
	struct index_txn *txn;
	struct lineset *list;
	struct document d;
	struct buffer bytes;
	struct grant grant;
	const char *text;
	char line[160];
	size_t i, len;

	b = lineset_builder_new();
	ck_assert_ptr_nonnull(b);
	for (i = 0; i < nitems; i++) {
		(void)snprintf(line, sizeof(line),
		    "allow sha256:%064zx image-%05zu 1", i + 1, i);
		ck_assert_int_eq(lineset_builder_add(b, line, strlen(line)),
		    PH_OK);
	}
	ck_assert_int_eq(lineset_builder_finish(b, &list), PH_OK);
	lineset_builder_free(b);
	text = lineset_text(list, &len);
	ck_assert_int_eq(grants_get(c, id, &grant, NULL), PH_OK);
	grant.order.generation++;
	grant.items = nitems;
	lineset_digest(list, &grant.list);
	name = documents_list_name(&grant.list);
	ck_assert_int_eq(documents_put_text(c->config.files, c->state_dir,
			     &name, text, len),
	    PH_OK);
	lineset_free(list);
	buffer_init(&bytes, PH_GRANT_HEAD_MAX);
	document_init(&d);
	ck_assert_int_eq(grant_encode(&grant, &bytes), PH_OK);
	ck_assert_int_eq(document_set(&d, bytes.data, bytes.len), PH_OK);
	ck_assert_int_eq(document_sign(&d, DOCUMENT_GRANT, c->key), PH_OK);
	buffer_fini(&bytes);
	ck_assert_int_eq(index_begin(c->index, INDEX_WRITE, &txn), PH_OK);
	ck_assert_int_eq(rows_sealed_put(txn, INDEX_GRANTS, id, &d), PH_OK);
	ck_assert_int_eq(index_commit(txn), PH_OK);
	document_fini(&d);
}
