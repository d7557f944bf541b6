/*
 * The examples of documents.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "proto/errors.h"

#include "tests/unit/proto/golden.h"

#define FILE_MAX (1u << 20)

struct key_private *
golden_key_private(enum golden_key key)
{
	struct key_private *private;
	uint8_t seed[KEY_SIZE];

	memset(seed, 0x11 * (1 + (int)key), sizeof(seed));
	ck_assert_int_eq(key_private_new(seed, &private), PH_OK);
	return private;
}

void
golden_key(enum golden_key key, struct key_public *out)
{
	struct key_private *private;

	private = golden_key_private(key);
	*out = *key_private_public(private);
	key_private_free(private);
}

void
golden_key_id(enum golden_key key, struct digest *out)
{
	struct key_public public;

	golden_key(key, &public);
	key_id(&public, out);
}

struct digest
golden_digest(const char *text)
{
	struct digest d;

	digest_of(text, strlen(text), &d);
	return d;
}

/* The digest of a file that check_grant_item and check_holding compare. */
static void
digest_file(const char *name, struct digest *out)
{
	struct buffer file;

	buffer_init(&file, FILE_MAX);
	golden_read(name, &file);
	digest_of(file.data, file.len, out);
	buffer_fini(&file);
}

/* Give one of the keys a role. */
static void
add_role(struct trust *t, enum trust_role role, enum golden_key key)
{
	struct key_public public;

	golden_key(key, &public);
	ck_assert_int_eq(trust_role_add(t, role, &public), PH_OK);
}

void
golden_trust(struct trust *out)
{
	trust_init(out);
	out->epoch = 1;
	out->time = GOLDEN_TIME;
	golden_key_id(GOLDEN_PRIMARY, &out->primary);
	add_role(out, TRUST_AUTHORITY, GOLDEN_AUTHORITY);
	add_role(out, TRUST_PUBLISHER, GOLDEN_PUBLISHER);
	add_role(out, TRUST_POLICY, GOLDEN_POLICY);
	add_role(out, TRUST_PRIMARY, GOLDEN_PRIMARY);
}

void
golden_trust2(struct trust *out)
{
	struct key_public old;

	golden_trust(out);
	out->epoch = 2;
	out->time = GOLDEN_TIME + 3600;
	golden_key(GOLDEN_AUTHORITY, &old);
	add_role(out, TRUST_AUTHORITY, GOLDEN_AUTHORITY2);
	ck_assert_int_eq(trust_role_remove(out, TRUST_AUTHORITY, &old), PH_OK);
	add_role(out, TRUST_PUBLISHER, GOLDEN_POLICY);
}

void
golden_charter(struct charter *out)
{
	struct selector s;

	charter_init(out);
	golden_key_id(GOLDEN_REPOSITORY, &out->repository);
	strcpy(out->name, "site-a");
	out->order = (struct order){ 2, 7 };
	out->time = GOLDEN_TIME;
	golden_key(GOLDEN_REPOSITORY, &out->key);
	golden_key_id(GOLDEN_PRIMARY, &out->upstreams[0].id);
	strcpy(out->upstreams[0].address,
	    "ssh://packhorse-link@primary.example.org:2222");
	golden_key(GOLDEN_HOST, &out->upstreams[0].host_key);
	out->upstreams[1] = out->upstreams[0];
	strcpy(out->upstreams[1].address,
	    "ssh://packhorse-link@[2001:db8::1]:22");
	out->nupstreams = 2;
	out->reasons = CHARTER_SEPARATION | CHARTER_LOW_BANDWIDTH;
	selector_init(&s);
	strcpy(s.name, "win*");
	ck_assert_int_eq(labels_set(&s.labels, "os", "windows"), PH_OK);
	s.owner = strdup("Operations");
	ck_assert_int_eq(selectors_add(&out->may_hold, &s), PH_OK);
	selector_fini(&s);
	ck_assert_int_eq(labels_set(&s.labels, "class", "secret"), PH_OK);
	ck_assert_int_eq(selectors_add(&out->never, &s), PH_OK);
	selector_fini(&s);
}

void
golden_manifest(struct manifest *out)
{
	struct manifest_file f;

	manifest_init(out);
	strcpy(out->image, "winxp");
	strcpy(out->version, "10");
	out->revision = 1;
	out->time = GOLDEN_TIME;
	memset(&f, 0, sizeof(f));
	strcpy(f.name, "winxp.img");
	f.size = UINT64_C(5368709120);
	f.digest = golden_digest("image");
	f.map = golden_digest("map of image");
	ck_assert_int_eq(manifest_add_file(out, &f), PH_OK);
	strcpy(f.name, "Größe \"x\".txt");
	f.size = 1;
	f.digest = golden_digest("index");
	f.map = golden_digest("map of index");
	ck_assert_int_eq(manifest_add_file(out, &f), PH_OK);
	ck_assert_int_eq(labels_set(&out->labels, "os", "windows"), PH_OK);
	ck_assert_int_eq(labels_set(&out->labels, "class", ""), PH_OK);
	out->owner = strdup("Operations");
	golden_key_id(GOLDEN_PUBLISHER, &out->key);
}

void
golden_grant(struct grant *out)
{
	grant_init(out);
	golden_key_id(GOLDEN_REPOSITORY, &out->repository);
	out->order = (struct order){ 2, 9 };
	out->time = GOLDEN_TIME;
	out->expires = GOLDEN_TIME + 90 * 86400;
	out->items = 4;
	digest_file("grant.list", &out->list);
}

void
golden_receipt(struct receipt *out)
{
	receipt_init(out);
	golden_key_id(GOLDEN_REPOSITORY, &out->repository);
	out->number = 5;
	out->previous = golden_digest("receipt 4");
	memset(out->incarnation, 0xab, sizeof(out->incarnation));
	out->time = GOLDEN_TIME;
	out->grant = (struct order){ 2, 9 };
	digest_file("receipt.set", &out->set);
	out->set_count = 6;
	out->free_bytes = UINT64_C(1099511627776);
	out->never = golden_digest("never");
	out->medium = strdup("weekly-17");
	out->log_size = 123;
	out->log_root = golden_digest("root");
	out->commitments[0] = golden_digest("commitment 1");
	out->commitments[1] = golden_digest("commitment 2");
	out->ncommitments = 2;
}

void
golden_checkpoint(struct checkpoint *out)
{
	checkpoint_init(out);
	golden_key_id(GOLDEN_PRIMARY, &out->owner);
	strcpy(out->log, "main");
	out->size = 4711;
	out->root = golden_digest("root");
	out->time = GOLDEN_TIME;
}

void
golden_join(struct join *out)
{
	struct document d;

	join_init(out);
	strcpy(out->name, "site-a");
	golden_key_id(GOLDEN_REPOSITORY, &out->repository);
	golden_key_id(GOLDEN_PRIMARY, &out->primary);
	strcpy(out->address, "ssh://packhorse-link@primary.example.org:2222");
	golden_key(GOLDEN_HOST, &out->host_key);
	golden_document(DOCUMENT_TRUST, &d);
	ck_assert_int_eq(join_add_trust(out, &d), PH_OK);
	document_fini(&d);
	golden_document_trust2(&d);
	ck_assert_int_eq(join_add_trust(out, &d), PH_OK);
	document_fini(&d);
	out->time = GOLDEN_TIME;
}

/* Put the bytes of an example. */
static void
encode(enum document_kind kind, struct buffer *out)
{
	union {
		struct trust trust;
		struct charter charter;
		struct manifest manifest;
		struct grant grant;
		struct receipt receipt;
		struct checkpoint checkpoint;
		struct join join;
	} u;
	int r;

	switch (kind) {
	case DOCUMENT_TRUST:
		golden_trust(&u.trust);
		r = trust_encode(&u.trust, out);
		break;
	case DOCUMENT_CHARTER:
		golden_charter(&u.charter);
		r = charter_encode(&u.charter, out);
		charter_fini(&u.charter);
		break;
	case DOCUMENT_MANIFEST:
		golden_manifest(&u.manifest);
		r = manifest_encode(&u.manifest, out);
		manifest_fini(&u.manifest);
		break;
	case DOCUMENT_GRANT:
		golden_grant(&u.grant);
		r = grant_encode(&u.grant, out);
		break;
	case DOCUMENT_RECEIPT:
		golden_receipt(&u.receipt);
		r = receipt_encode(&u.receipt, out);
		receipt_fini(&u.receipt);
		break;
	case DOCUMENT_CHECKPOINT:
		golden_checkpoint(&u.checkpoint);
		r = checkpoint_encode(&u.checkpoint, out);
		break;
	default:
		golden_join(&u.join);
		r = join_encode(&u.join, out);
		join_fini(&u.join);
		break;
	}
	ck_assert_int_eq(r, PH_OK);
}

int
golden_decode(enum document_kind kind, const void *bytes, size_t len)
{
	union {
		struct trust trust;
		struct charter charter;
		struct manifest manifest;
		struct grant grant;
		struct receipt receipt;
		struct checkpoint checkpoint;
		struct join join;
	} u;
	int r;

	memset(&u, 0, sizeof(u));
	switch (kind) {
	case DOCUMENT_TRUST:
		return trust_decode(bytes, len, &u.trust);
	case DOCUMENT_CHARTER:
		r = charter_decode(bytes, len, &u.charter);
		charter_fini(&u.charter);
		return r;
	case DOCUMENT_MANIFEST:
		r = manifest_decode(bytes, len, &u.manifest);
		manifest_fini(&u.manifest);
		return r;
	case DOCUMENT_GRANT:
		return grant_decode(bytes, len, &u.grant);
	case DOCUMENT_RECEIPT:
		r = receipt_decode(bytes, len, &u.receipt);
		receipt_fini(&u.receipt);
		return r;
	case DOCUMENT_CHECKPOINT:
		return checkpoint_decode(bytes, len, &u.checkpoint);
	default:
		r = join_decode(bytes, len, &u.join);
		join_fini(&u.join);
		return r;
	}
}

void
golden_sign(struct document *d, enum document_kind kind,
    const struct buffer *bytes, enum golden_key key)
{
	struct key_private *private;

	document_init(d);
	private = golden_key_private(key);
	ck_assert_int_eq(document_set(d, bytes->data, bytes->len), PH_OK);
	ck_assert_int_eq(document_sign(d, kind, private), PH_OK);
	key_private_free(private);
}

void
golden_document(enum document_kind kind, struct document *out)
{
	static const enum golden_key signers[DOCUMENT_NKINDS] = {
		[DOCUMENT_TRUST] = GOLDEN_AUTHORITY,
		[DOCUMENT_CHARTER] = GOLDEN_POLICY,
		[DOCUMENT_MANIFEST] = GOLDEN_PUBLISHER,
		[DOCUMENT_GRANT] = GOLDEN_PRIMARY,
		[DOCUMENT_RECEIPT] = GOLDEN_REPOSITORY,
		[DOCUMENT_CHECKPOINT] = GOLDEN_PRIMARY,
		[DOCUMENT_JOIN] = GOLDEN_PRIMARY,
	};
	struct buffer bytes;

	buffer_init(&bytes, PH_DOCUMENT_MAX);
	encode(kind, &bytes);
	golden_sign(out, kind, &bytes, signers[kind]);
	buffer_fini(&bytes);
}

void
golden_document_trust2(struct document *out)
{
	struct key_private *old;
	struct buffer bytes;
	struct trust t;

	buffer_init(&bytes, PH_DOCUMENT_MAX);
	golden_trust2(&t);
	ck_assert_int_eq(trust_encode(&t, &bytes), PH_OK);
	golden_sign(out, DOCUMENT_TRUST, &bytes, GOLDEN_AUTHORITY2);
	old = golden_key_private(GOLDEN_AUTHORITY);
	ck_assert_int_eq(document_sign(out, DOCUMENT_TRUST, old), PH_OK);
	key_private_free(old);
	buffer_fini(&bytes);
}

void
golden_path(const char *name, char *out, size_t size)
{
	static const char here[] = __FILE__;
	const char *tests;

	/* The tree is where this file was compiled. */
	tests = strstr(here, "tests/unit/proto/");
	ck_assert_ptr_nonnull(tests);
	(void)snprintf(out, size, "%.*stests/vectors/documents/%s",
	    (int)(tests - here), here, name);
}

void
golden_read(const char *name, struct buffer *out)
{
	char path[4096], chunk[4096];
	size_t n;
	FILE *f;

	golden_path(name, path, sizeof(path));
	f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "%s: cannot be opened", path);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		ck_assert_int_eq(buffer_put(out, chunk, n), PH_OK);
	ck_assert_int_eq(fclose(f), 0);
}

/* Write a vector anew. */
static void
write_vector(const char *name, const void *data, size_t len)
{
	char path[4096];
	FILE *f;

	golden_path(name, path, sizeof(path));
	f = fopen(path, "wb");
	ck_assert_msg(f != NULL, "%s: cannot be written", path);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

void
golden_compare(const char *name, const void *data, size_t len)
{
	struct buffer file;

	if (getenv("PACKHORSE_WRITE_VECTORS") != NULL)
		write_vector(name, data, len);
	buffer_init(&file, FILE_MAX);
	golden_read(name, &file);
	ck_assert_msg(file.len == len && memcmp(file.data, data, len) == 0,
	    "%s: not what was made:\n%.*s", name, (int)len, (const char *)data);
	buffer_fini(&file);
}

void
golden_compare_document(const char *name, const struct document *d)
{
	struct buffer text;
	char file[64];

	(void)snprintf(file, sizeof(file), "%s.json", name);
	golden_compare(file, d->bytes, d->len);
	(void)snprintf(file, sizeof(file), "%s.json.sig", name);
	buffer_init(&text, FILE_MAX);
	document_encode_signatures(d, &text);
	ck_assert_int_eq(buffer_error(&text), PH_OK);
	golden_compare(file, text.data, text.len);
	buffer_fini(&text);
}

int
golden_decode_changed(enum document_kind kind, const char *from, const char *to)
{
	struct document d;
	struct buffer changed;
	size_t at;
	uint8_t *found;
	int r;

	golden_document(kind, &d);
	found = memmem(d.bytes, d.len, from, strlen(from));
	ck_assert_msg(found != NULL, "%s: no %s", document_kind_name(kind),
	    from);
	at = (size_t)(found - d.bytes);
	buffer_init(&changed, 2 * FILE_MAX);
	buffer_put(&changed, d.bytes, at);
	buffer_put_text(&changed, to);
	buffer_put(&changed, found + strlen(from), d.len - at - strlen(from));
	ck_assert_int_eq(buffer_error(&changed), PH_OK);
	r = golden_decode(kind, changed.data, changed.len);
	buffer_fini(&changed);
	document_fini(&d);
	return r;
}
