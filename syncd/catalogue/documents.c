/*
 * Files of documents.  The signatures are written before the bytes, so that
 * a document never stands without them; both by file_replace(), so that
 * neither is ever there by half.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "syncd/config/layout.h"

#include "syncd/catalogue/documents.h"

/* documents/, a name and the longest ending. */
#define PATH_SIZE (DOCUMENTS_NAME_SIZE + 32u)

/* Eight armoured signatures of the largest size that is read. */
#define SIGNATURES_TEXT_MAX (32u << 10)

static const char *const directories[] = { "trust", "charters", "grants",
	"lists", "manifests", "receipts", "sets", "checkpoints", "policies" };

#define NDIRECTORIES (sizeof(directories) / sizeof(directories[0]))

struct document_name
documents_trust_name(uint64_t epoch)
{
	struct document_name name;

	(void)snprintf(name.text, sizeof(name.text), "trust/%" PRIu64, epoch);
	return name;
}

/* DIR/ID-EPOCH-GENERATION */
static struct document_name
ordered_name(const char *dir, const struct digest *id,
    const struct order *order)
{
	struct document_name name;
	char hex[DIGEST_HEX_SIZE];

	digest_hex(id, hex);
	(void)snprintf(name.text, sizeof(name.text),
	    "%s/%s-%" PRIu64 "-%" PRIu64, dir, hex, order->epoch,
	    order->generation);
	return name;
}

/* DIR/DIGEST */
static struct document_name
digest_name(const char *dir, const struct digest *d)
{
	struct document_name name;
	char hex[DIGEST_HEX_SIZE];

	digest_hex(d, hex);
	(void)snprintf(name.text, sizeof(name.text), "%s/%s", dir, hex);
	return name;
}

struct document_name
documents_charter_name(const struct digest *id, const struct order *order)
{
	return ordered_name("charters", id, order);
}

struct document_name
documents_grant_name(const struct digest *id, const struct order *order)
{
	return ordered_name("grants", id, order);
}

struct document_name
documents_list_name(const struct digest *list)
{
	return digest_name("lists", list);
}

struct document_name
documents_manifest_name(const struct digest *manifest)
{
	return digest_name("manifests", manifest);
}

/* DIR/ID-NUMBER */
static struct document_name
numbered_name(const char *dir, const struct digest *id, uint64_t number)
{
	struct document_name name;
	char hex[DIGEST_HEX_SIZE];

	digest_hex(id, hex);
	(void)snprintf(name.text, sizeof(name.text), "%s/%s-%" PRIu64, dir, hex,
	    number);
	return name;
}

struct document_name
documents_receipt_name(const struct digest *id, uint64_t number)
{
	return numbered_name("receipts", id, number);
}

struct document_name
documents_set_name(const struct digest *id, uint64_t number)
{
	return numbered_name("sets", id, number);
}

struct document_name
documents_checkpoint_name(const struct digest *id)
{
	return digest_name("checkpoints", id);
}

struct document_name
documents_policy_name(const struct digest *policy)
{
	return digest_name("policies", policy);
}

/* The path below the state directory. */
static void
path_of(const struct document_name *name, const char *ending,
    char out[PATH_SIZE])
{
	(void)snprintf(out, PATH_SIZE, "%s/%s%s", layout_name(LAYOUT_DOCUMENTS),
	    name->text, ending);
}

int
documents_create(const struct files *fs, int state_dir)
{
	char path[PATH_SIZE];
	size_t i;
	int r;

	for (i = 0; i < NDIRECTORIES; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s",
		    layout_name(LAYOUT_DOCUMENTS), directories[i]);
		r = file_mkdir(fs, state_dir, path, 0700);
		if (r != PH_OK && r != PH_EEXISTS)
			return r;
	}
	return file_sync_dir(fs, state_dir, layout_name(LAYOUT_DOCUMENTS));
}

int
documents_put(const struct files *fs, int state_dir,
    const struct document_name *name, const struct document *d)
{
	struct buffer signatures;
	char path[PATH_SIZE];
	int r;

	buffer_init(&signatures, SIGNATURES_TEXT_MAX);
	document_encode_signatures(d, &signatures);
	r = buffer_error(&signatures);
	if (r == PH_OK) {
		path_of(name, ".json.sig", path);
		r = file_replace(fs, state_dir, path, signatures.data,
		    signatures.len, 0600);
	}
	if (r == PH_OK) {
		path_of(name, ".json", path);
		r = file_replace(fs, state_dir, path, d->bytes, d->len, 0600);
	}
	buffer_fini(&signatures);
	return r;
}

int
documents_get(const struct files *fs, int state_dir,
    const struct document_name *name, struct document *d)
{
	struct buffer bytes, signatures;
	char path[PATH_SIZE];
	int r;

	buffer_init(&bytes, PH_DOCUMENT_MAX);
	buffer_init(&signatures, SIGNATURES_TEXT_MAX);
	path_of(name, ".json", path);
	r = file_read_whole(fs, state_dir, path, PH_DOCUMENT_MAX, &bytes);
	if (r == PH_OK) {
		path_of(name, ".json.sig", path);
		r = file_read_whole(fs, state_dir, path, SIGNATURES_TEXT_MAX,
		    &signatures);
		/* Its bytes are there: this is damage, not absence. */
		if (r == PH_EABSENT)
			r = PH_EDOCUMENT;
	}
	if (r == PH_OK)
		r = document_set(d, bytes.data, bytes.len);
	if (r == PH_OK)
		r = document_decode_signatures(d, (const char *)signatures.data,
		    signatures.len);
	if (r != PH_OK)
		document_fini(d);
	buffer_fini(&signatures);
	buffer_fini(&bytes);
	return r;
}

int
documents_put_text(const struct files *fs, int state_dir,
    const struct document_name *name, const void *text, size_t len)
{
	char path[PATH_SIZE];

	path_of(name, ".txt", path);
	return file_replace(fs, state_dir, path, text, len, 0600);
}

int
documents_get_text(const struct files *fs, int state_dir,
    const struct document_name *name, size_t max, struct buffer *out)
{
	char path[PATH_SIZE];

	path_of(name, ".txt", path);
	return file_read_whole(fs, state_dir, path, max, out);
}

int
documents_remove(const struct files *fs, int state_dir,
    const struct document_name *name)
{
	static const char *const endings[] = { ".json", ".json.sig", ".txt" };
	char path[PATH_SIZE];
	size_t i;
	int r;

	for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		path_of(name, endings[i], path);
		r = file_unlink(fs, state_dir, path);
		if (r != PH_OK && r != PH_EABSENT)
			return r;
	}
	return PH_OK;
}

/* What documents_each() hands through file_list(). */
struct each {
	file_entry *entry;
	void *cookie;
};

/* Hand on what is a document or text; the rest is not ours to judge. */
static int
on_entry(void *cookie, const char *name)
{
	static const char *const endings[] = { ".json", ".txt" };
	char bare[DOCUMENTS_NAME_SIZE];
	struct each *each;
	size_t i, len, n;

	each = cookie;
	len = strlen(name);
	for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		n = strlen(endings[i]);
		if (len > n && len < sizeof(bare) &&
		    strcmp(name + len - n, endings[i]) == 0) {
			memcpy(bare, name, len - n);
			bare[len - n] = '\0';
			return each->entry(each->cookie, bare);
		}
	}
	return PH_OK;
}

int
documents_each(const struct files *fs, int state_dir, const char *dir,
    file_entry *entry, void *cookie)
{
	char path[PATH_SIZE];
	struct each each;

	each.entry = entry;
	each.cookie = cookie;
	(void)snprintf(path, sizeof(path), "%s/%s",
	    layout_name(LAYOUT_DOCUMENTS), dir);
	return file_list(fs, state_dir, path, on_entry, &each);
}

/* A directory of documents that is cleaned. */
struct cleaning {
	const struct files *fs;
	int state_dir;
	const char *dir;
};

/* What file_replace() writes before it has the name of a document. */
static int
on_unfinished(void *cookie, const char *name)
{
	static const char ending[] = ".new";
	const struct cleaning *cleaning = cookie;
	char path[PATH_SIZE];
	size_t len;

	len = strlen(name);
	if (name[0] != '.' || len < sizeof(ending) ||
	    strcmp(name + len - (sizeof(ending) - 1), ending) != 0)
		return PH_OK;
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", cleaning->dir,
		name) >= sizeof(path))
		return PH_OK;
	return file_unlink(cleaning->fs, cleaning->state_dir, path);
}

int
documents_clean(const struct files *fs, int state_dir)
{
	char path[PATH_SIZE];
	struct cleaning cleaning = { fs, state_dir, path };
	size_t i;
	int r;

	r = PH_OK;
	for (i = 0; r == PH_OK && i < NDIRECTORIES; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s",
		    layout_name(LAYOUT_DOCUMENTS), directories[i]);
		r = file_list(fs, state_dir, path, on_unfinished, &cleaning);
	}
	return r;
}
