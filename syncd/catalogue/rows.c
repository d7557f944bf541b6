/*
 * Keys and values of the index.  Image and version cannot contain a NUL, so
 * that a NUL between them keeps all versions of an image together and those
 * of "a" apart from those of "ab".
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/reader.h"
#include "syncd/index/cursor.h"

#include "syncd/catalogue/rows.h"

/* A digest, an image, a version, and what is between. */
#define ROW_KEY_SIZE (DIGEST_SIZE + ROWS_KEY_SIZE + DIGEST_SIZE)

struct key {
	uint8_t bytes[ROW_KEY_SIZE];
	size_t len;
};

static void
key_init(struct key *k)
{
	k->len = 0;
}

static void
key_digest(struct key *k, const struct digest *d)
{
	assert(k->len + DIGEST_SIZE <= sizeof(k->bytes));
	memcpy(k->bytes + k->len, d->bytes, DIGEST_SIZE);
	k->len += DIGEST_SIZE;
}

/* A name with its NUL. */
static void
key_name(struct key *k, const char *name)
{
	size_t n;

	n = strlen(name) + 1;
	assert(k->len + n <= sizeof(k->bytes));
	memcpy(k->bytes + k->len, name, n);
	k->len += n;
}

static void
key_item(struct key *k, const char *image, const char *version)
{
	key_init(k);
	key_name(k, image);
	key_name(k, version);
}

static void
key_held(struct key *k, const struct digest *id, const char *image,
    const char *version)
{
	key_init(k);
	key_digest(k, id);
	key_name(k, image);
	key_name(k, version);
}

static void
key_holder(struct key *k, const char *image, const char *version,
    const struct digest *id)
{
	key_item(k, image, version);
	key_digest(k, id);
}

/* Put a holding's line under a key. */
static int
put_line(struct index_txn *txn, enum index_table table, const struct key *k,
    const struct holding *h)
{
	struct buffer line;
	int r;

	buffer_init(&line, PH_LIST_LINE_MAX);
	r = holding_encode(h, &line);
	if (r == PH_OK)
		r = index_put(txn, table, k->bytes, k->len, line.data,
		    line.len);
	buffer_fini(&line);
	return r;
}

/* A line in the index that does not decode: it is to be made anew. */
static int
decode_line(const struct index_bytes *value, struct holding *out)
{
	if (holding_decode((const char *)value->data, value->len, out) != PH_OK)
		return PH_EDIGEST;
	return PH_OK;
}

static int
get_line(struct index_txn *txn, enum index_table table, const struct key *k,
    struct holding *out)
{
	struct index_bytes value;
	int r;

	r = index_get(txn, table, k->bytes, k->len, &value);
	return r == PH_OK ? decode_line(&value, out) : r;
}

static int
delete_key(struct index_txn *txn, enum index_table table, const struct key *k)
{
	int r;

	r = index_delete(txn, table, k->bytes, k->len);
	return r == PH_EABSENT ? PH_OK : r;
}

/* What a walk over holdings hands through index_each(). */
struct walk {
	rows_holding *each;
	void *cookie;
};

static int
on_line(void *cookie, const struct index_bytes *key,
    const struct index_bytes *value)
{
	struct walk *walk;
	struct holding h;
	int r;

	(void)key;
	walk = cookie;
	r = decode_line(value, &h);
	return r == PH_OK ? walk->each(walk->cookie, &h) : r;
}

int
rows_item_get(struct index_txn *txn, const char *image, const char *version,
    struct holding *out)
{
	struct key k;

	key_item(&k, image, version);
	return get_line(txn, INDEX_ITEMS, &k, out);
}

int
rows_item_put(struct index_txn *txn, const struct holding *h)
{
	struct key k;

	key_item(&k, h->image, h->version);
	return put_line(txn, INDEX_ITEMS, &k, h);
}

int
rows_item_delete(struct index_txn *txn, const char *image, const char *version)
{
	struct key k;

	key_item(&k, image, version);
	return delete_key(txn, INDEX_ITEMS, &k);
}

int
rows_item_each(struct index_txn *txn, const char *image, rows_holding *each,
    void *cookie)
{
	struct walk walk;
	struct key k;

	walk.each = each;
	walk.cookie = cookie;
	key_init(&k);
	if (image != NULL)
		key_name(&k, image);
	return index_each(txn, INDEX_ITEMS, k.bytes, k.len, on_line, &walk);
}

int
rows_held_put(struct index_txn *txn, const struct digest *id,
    const struct holding *h)
{
	struct key k;
	int r;

	key_held(&k, id, h->image, h->version);
	r = put_line(txn, INDEX_HOLDINGS, &k, h);
	if (r == PH_OK) {
		key_holder(&k, h->image, h->version, id);
		r = put_line(txn, INDEX_HOLDERS, &k, h);
	}
	return r;
}

int
rows_held_get(struct index_txn *txn, const struct digest *id, const char *image,
    const char *version, struct holding *out)
{
	struct key k;

	key_held(&k, id, image, version);
	return get_line(txn, INDEX_HOLDINGS, &k, out);
}

int
rows_held_delete(struct index_txn *txn, const struct digest *id,
    const char *image, const char *version)
{
	struct key k;
	int r;

	key_held(&k, id, image, version);
	r = delete_key(txn, INDEX_HOLDINGS, &k);
	if (r == PH_OK) {
		key_holder(&k, image, version, id);
		r = delete_key(txn, INDEX_HOLDERS, &k);
	}
	return r;
}

int
rows_held_each(struct index_txn *txn, const struct digest *id,
    rows_holding *each, void *cookie)
{
	struct walk walk;

	walk.each = each;
	walk.cookie = cookie;
	return index_each(txn, INDEX_HOLDINGS, id->bytes, DIGEST_SIZE, on_line,
	    &walk);
}

/* Decode a sealed document from the index. */
static int
get_sealed(struct index_txn *txn, enum index_table table,
    const struct digest *key, struct document *d)
{
	struct index_bytes value;
	int r;

	r = index_get(txn, table, key->bytes, DIGEST_SIZE, &value);
	if (r == PH_OK)
		r = document_decode_sealed(value.data, value.len,
		    PH_DOCUMENT_MAX, d);
	return r;
}

static int
put_sealed(struct index_txn *txn, enum index_table table,
    const struct digest *key, const struct document *d)
{
	struct buffer sealed;
	int r;

	r = document_seal(d, &sealed);
	if (r == PH_OK)
		r = index_put(txn, table, key->bytes, DIGEST_SIZE, sealed.data,
		    sealed.len);
	buffer_fini(&sealed);
	return r;
}

int
rows_manifest_get(struct index_txn *txn, const struct digest *digest,
    struct document *d, struct manifest *m)
{
	struct document own;
	int r;

	document_init(&own);
	r = get_sealed(txn, INDEX_MANIFESTS, digest, &own);
	if (r == PH_OK && m != NULL)
		r = manifest_decode(own.bytes, own.len, m);
	if (r == PH_OK && d != NULL) {
		*d = own;
		document_init(&own);
	}
	document_fini(&own);
	return r;
}

int
rows_manifest_put(struct index_txn *txn, const struct digest *digest,
    const struct document *d)
{
	return put_sealed(txn, INDEX_MANIFESTS, digest, d);
}

int
rows_sealed_get(struct index_txn *txn, enum index_table table,
    const struct digest *id, struct document *d)
{
	return get_sealed(txn, table, id, d);
}

int
rows_sealed_put(struct index_txn *txn, enum index_table table,
    const struct digest *id, const struct document *d)
{
	return put_sealed(txn, table, id, d);
}

int
rows_reference_put(struct index_txn *txn, const struct digest *blob,
    const char *image, const char *version)
{
	struct key k;

	key_held(&k, blob, image, version);
	return index_put(txn, INDEX_REFERENCES, k.bytes, k.len, "", 0);
}

int
rows_reference_delete(struct index_txn *txn, const struct digest *blob,
    const char *image, const char *version)
{
	struct key k;

	key_held(&k, blob, image, version);
	return delete_key(txn, INDEX_REFERENCES, &k);
}

int
rows_manifest_forget(struct index_txn *txn, const struct digest *digest)
{
	struct manifest m;
	size_t i;
	int r;

	manifest_init(&m);
	r = rows_manifest_get(txn, digest, NULL, &m);
	for (i = 0; r == PH_OK && i < m.nfiles; i++)
		r = rows_reference_delete(txn, &m.files[i].digest, m.image,
		    m.version);
	if (r == PH_OK)
		r = index_delete(txn, INDEX_MANIFESTS, digest->bytes,
		    DIGEST_SIZE);
	manifest_fini(&m);
	return r == PH_EABSENT ? PH_OK : r;
}

struct reference_walk {
	rows_reference *each;
	void *cookie;
};

/* The key is a digest, an image with its NUL, a version with its NUL. */
static int
on_reference(void *cookie, const struct index_bytes *key,
    const struct index_bytes *value)
{
	struct reference_walk *walk;
	const char *image, *version;
	size_t left, n;

	(void)value;
	walk = cookie;
	if (key->len < DIGEST_SIZE + 4)
		return PH_EDIGEST;
	image = (const char *)key->data + DIGEST_SIZE;
	left = key->len - DIGEST_SIZE;
	n = strnlen(image, left);
	if (n + 2 > left || image[left - 1] != '\0')
		return PH_EDIGEST;
	version = image + n + 1;
	return walk->each(walk->cookie, image, version);
}

int
rows_reference_each(struct index_txn *txn, const struct digest *blob,
    rows_reference *each, void *cookie)
{
	struct reference_walk walk;

	walk.each = each;
	walk.cookie = cookie;
	return index_each(txn, INDEX_REFERENCES, blob->bytes, DIGEST_SIZE,
	    on_reference, &walk);
}

static int
stop_at_first(void *cookie, const char *image, const char *version)
{
	(void)cookie;
	(void)image;
	(void)version;
	return PH_EEXISTS;
}

int
rows_reference_any(struct index_txn *txn, const struct digest *blob)
{
	int r;

	r = rows_reference_each(txn, blob, stop_at_first, NULL);
	if (r == PH_EEXISTS)
		return 1;
	return r == PH_OK ? 0 : r;
}

#define NAME_PREFIX "image/"
#define NAME_KEY_SIZE (sizeof(NAME_PREFIX) + PH_NAME_MAX)

/* The key of an image's name: the same in every case.  Its length. */
static size_t
name_key(const char *image, char out[NAME_KEY_SIZE])
{
	size_t i;
	int n;

	n = snprintf(out, NAME_KEY_SIZE, NAME_PREFIX "%s", image);
	for (i = sizeof(NAME_PREFIX) - 1; out[i] != '\0'; i++) {
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] - 'A' + 'a');
	}
	return (size_t)n;
}

int
rows_name_get(struct index_txn *txn, const char *image, char *out)
{
	char key[NAME_KEY_SIZE];
	struct index_bytes value;
	int r;

	r = index_get(txn, INDEX_META, key, name_key(image, key), &value);
	if (r != PH_OK)
		return r;
	if (value.len > PH_NAME_MAX)
		return PH_EDIGEST;
	memcpy(out, value.data, value.len);
	out[value.len] = '\0';
	return PH_OK;
}

int
rows_name_put(struct index_txn *txn, const char *image)
{
	char key[NAME_KEY_SIZE];

	return index_put(txn, INDEX_META, key, name_key(image, key), image,
	    strlen(image));
}

int
rows_number_get(struct index_txn *txn, const char *key, uint64_t *out)
{
	struct index_bytes value;
	struct reader reader;
	int r;

	r = index_get(txn, INDEX_META, key, strlen(key), &value);
	if (r != PH_OK)
		return r;
	reader_init(&reader, value.data, value.len);
	r = reader_get_u64(&reader, out);
	return r == PH_OK ? PH_OK : PH_EDIGEST;
}

int
rows_number_put(struct index_txn *txn, const char *key, uint64_t value)
{
	struct buffer bytes;
	int r;

	buffer_init(&bytes, 8);
	r = buffer_put_u64(&bytes, value);
	if (r == PH_OK)
		r = index_put(txn, INDEX_META, key, strlen(key), bytes.data,
		    bytes.len);
	buffer_fini(&bytes);
	return r;
}
