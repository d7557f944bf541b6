/*
 * Publishing.  The order of steps is the catalogue's one sequence: content
 * staged and hashed; sealed, mapped, recorded, moved into blobs/; manifest
 * fsynced; log entry; shown; indexed; then grants.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/blockmap.h"
#include "proto/errors.h"
#include "proto/name.h"
#include "proto/version.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/display.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/intake.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/publish_entry.h"
#include "syncd/catalogue/rows.h"
#include "syncd/store/blob.h"
#include "syncd/store/ingest.h"
#include "syncd/store/staging.h"

#include "syncd/catalogue/publication.h"

/* The file, its map and its record, and its name in published/. */
#define FILE_INODES 4u

/* Names of a file and its map in the publication's directory. */
#define STAGED_NAME_SIZE 32u

struct staged_file {
	char name[PH_FILE_NAME_MAX + 1];
	struct ingest_result result;
	int ingested;
};

struct publication {
	struct catalogue *c;
	char image[PH_NAME_MAX + 1];
	char version[PH_VERSION_MAX + 1];
	struct labels labels;
	char *owner;
	int dry_run;
	int dir; /* staging/publish-TAG; -1 in a dry run. */
	char tag[DISPLAY_TAG_SIZE];
	struct staged_file *files;
	size_t nfiles;
	struct space_hold *hold; /* NULL in a dry run. */
	char actor[PH_TEXT_MAX + 1];
};

static void
staged_name(size_t i, const char *ending, char out[STAGED_NAME_SIZE])
{
	(void)snprintf(out, STAGED_NAME_SIZE, "%zu%s", i, ending);
}

/* Names that are not valid, or clash with one another. */
static int
check_names(const struct publication_spec *spec, struct failure *f)
{
	size_t i, k;
	int r;

	if (!name_valid(spec->image) || !version_valid(spec->version)) {
		r = failure_set(f, PH_ENAME,
		    "\"%.140s@%.80s\" is not a name and version of an image",
		    spec->image, spec->version);
		failure_next(f,
		    "use A-Z a-z 0-9 . _ + - in both, beginning "
		    "with a letter or digit");
		return r;
	}
	if (spec->nfiles == 0 || spec->nfiles > PH_FILES_MAX)
		return failure_set(f, PH_EUSAGE,
		    "a version has 1 to %u files, not %zu", PH_FILES_MAX,
		    spec->nfiles);
	for (i = 0; i < spec->nfiles; i++) {
		if (!name_file_valid(spec->names[i])) {
			r = failure_set(f, PH_ENAME,
			    "\"%.250s\" is not a name for a file of an image",
			    spec->names[i]);
			failure_next(f,
			    "name it with NAME=FILE: no slash, no "
			    "control characters, no leading dot");
			return r;
		}
		for (k = 0; k < i; k++) {
			if (!name_equal_folded(spec->names[i], spec->names[k]))
				continue;
			r = failure_set(f, PH_ETAKEN,
			    "two files are named %s and %s", spec->names[k],
			    spec->names[i]);
			failure_next(f, "name them apart with NAME=FILE");
			return r;
		}
	}
	return PH_OK;
}

/* A version of the image: refuse one that differs from it only in case. */
struct clash {
	const char *version;
	struct failure *f;
};

static int
on_version(void *cookie, const struct holding *h)
{
	struct clash *clash;

	clash = cookie;
	if (!name_equal_folded(h->version, clash->version) ||
	    strcmp(h->version, clash->version) == 0)
		return PH_OK;
	(void)failure_set(clash->f, PH_ETAKEN,
	    "%s has already a version %s: %s differs only in case", h->image,
	    h->version, clash->version);
	return PH_ETAKEN;
}

/* Refuse an image or version that differs from a known one only in case. */
static int
check_case(struct catalogue *c, const char *image, const char *version,
    struct failure *f)
{
	char known[PH_NAME_MAX + 1];
	struct clash clash = { version, f };
	struct index_txn *txn;
	int r;

	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = rows_name_get(txn, image, known);
	if (r == PH_OK && strcmp(known, image) != 0)
		r = failure_set(f, PH_ETAKEN,
		    "there is already an image %s: %s differs only in case",
		    known, image);
	if (r == PH_OK)
		r = rows_item_each(txn, image, on_version, &clash);
	index_abort(txn);
	if (r == PH_ETAKEN)
		failure_next(f, "use the same case, or another name");
	return r == PH_EABSENT ? PH_OK : r;
}

/* The memory of a publication. */
static struct publication *
publication_new(struct catalogue *c, const struct publication_spec *spec)
{
	struct publication *p;
	size_t i;

	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return NULL;
	p->c = c;
	p->dir = -1;
	labels_init(&p->labels);
	(void)strcpy(p->image, spec->image);
	(void)strcpy(p->version, spec->version);
	p->dry_run = spec->dry_run;
	(void)snprintf(p->actor, sizeof(p->actor), "%s",
	    spec->actor == NULL ? "syncd" : spec->actor);
	p->files = calloc(spec->nfiles, sizeof(*p->files));
	if (p->files == NULL || labels_copy(spec->labels, &p->labels) != PH_OK)
		goto fail;
	if (spec->owner != NULL && (p->owner = strdup(spec->owner)) == NULL)
		goto fail;
	for (i = 0; i < spec->nfiles; i++)
		(void)strcpy(p->files[i].name, spec->names[i]);
	p->nfiles = spec->nfiles;
	return p;
fail:
	publication_free(p);
	return NULL;
}

/* A place for the files, and room for them, maps, records and names. */
static int
open_staging(struct publication *p, const struct publication_spec *spec,
    struct failure *f)
{
	char what[PH_NAME_MAX + PH_VERSION_MAX + 2];
	int r;

	(void)snprintf(what, sizeof(what), "%s@%s", p->image, p->version);
	r = space_reserve(p->c->space, what,
	    spec->stored + spec->size / BLOCKMAP_SHARE,
	    p->nfiles * FILE_INODES + 1, &p->hold, f);
	if (r != PH_OK)
		return r;
	display_tag(p->c, p->tag);
	return staging_open_publication(p->c->store, p->tag, &p->dir);
}

int
publication_begin(struct catalogue *c, const struct publication_spec *spec,
    struct publication **out, struct failure *f)
{
	struct publication *p;
	int r;

	f->code = PH_OK;
	if (c->publisher == NULL) {
		r = failure_set(f, PH_EKEY,
		    "the publisher key is not on this machine");
		failure_next(f,
		    "put it back to keys/publisher and start syncd again");
		return r;
	}
	r = check_names(spec, f);
	if (r == PH_OK)
		r = catalogue_check_store(c, f);
	if (r == PH_OK)
		r = ledger_check_room(c, "publish", f);
	/* What could not be shown before goes first. */
	if (r == PH_OK)
		r = display_retry_owed(c);
	if (r == PH_OK)
		r = check_case(c, spec->image, spec->version, f);
	if (r != PH_OK)
		return failure_default(f, r, "publishing %s@%s", spec->image,
		    spec->version);
	p = publication_new(c, spec);
	if (p == NULL)
		return failure_default(f, PH_ENOMEM, "publishing %s@%s",
		    spec->image, spec->version);
	r = p->dry_run ? PH_OK : open_staging(p, spec, f);
	if (r != PH_OK) {
		publication_free(p);
		if (f->code == PH_OK)
			r = store_blame(c->store, r, f);
		return failure_default(f, r, "publishing %s@%s", spec->image,
		    spec->version);
	}
	*out = p;
	return PH_OK;
}

int
publication_ingest(struct publication *p, size_t i, int fd,
    const struct digest *expected, const struct progress *progress,
    struct failure *f)
{
	char file[STAGED_NAME_SIZE], map[STAGED_NAME_SIZE];
	char found[DIGEST_TEXT_SIZE];
	struct ingest_config config;
	struct staged_file *staged;
	int r;

	staged = &p->files[i];
	staged_name(i, "", file);
	staged_name(i, ".map", map);
	memset(&config, 0, sizeof(config));
	config.files = store_files(p->c->store);
	config.source = fd;
	config.name = staged->name;
	config.dir = p->dir;
	if (!p->dry_run) {
		config.file = file;
		config.map = map;
	}
	r = intake_file(p->c->space, p->hold, &config, progress,
	    &staged->result, f);
	if (r != PH_OK)
		return r;
	if (expected != NULL &&
	    digest_compare(&staged->result.digest, expected) != 0) {
		digest_text(&staged->result.digest, found);
		r = failure_set(f, PH_EDIGEST, "%s has the digest %s",
		    staged->name, found);
		failure_next(f,
		    "it is not the file that was meant; nothing "
		    "was published");
		return r;
	}
	staged->ingested = 1;
	if (!p->dry_run)
		space_spend(p->hold, staged->result.stored, 1);
	return PH_OK;
}

uint64_t
publication_size(const struct publication *p)
{
	uint64_t size;
	size_t i;

	size = 0;
	for (i = 0; i < p->nfiles; i++)
		size += p->files[i].ingested ? p->files[i].result.size : 0;
	return size;
}

size_t
publication_nfiles(const struct publication *p)
{
	return p->nfiles;
}

const struct digest *
publication_blob(const struct publication *p, size_t i)
{
	return &p->files[i].result.digest;
}

void
publication_result_init(struct publication_result *r)
{
	memset(r, 0, sizeof(*r));
}

void
publication_result_fini(struct publication_result *r)
{
	recipients_fini(&r->recipients);
	publication_result_init(r);
}

/* The manifest of what was taken in. */
static int
compose(struct publication *p, struct manifest *m)
{
	struct manifest_file file;
	size_t i;
	int r;

	(void)strcpy(m->image, p->image);
	(void)strcpy(m->version, p->version);
	m->revision = 1;
	m->time = clock_wall(p->c->config.clock);
	key_id(key_private_public(p->c->publisher), &m->key);
	r = labels_copy(&p->labels, &m->labels);
	if (r == PH_OK && p->owner != NULL &&
	    (m->owner = strdup(p->owner)) == NULL)
		r = PH_ENOMEM;
	for (i = 0; r == PH_OK && i < p->nfiles; i++) {
		memset(&file, 0, sizeof(file));
		(void)strcpy(file.name, p->files[i].name);
		file.size = p->files[i].result.size;
		file.digest = p->files[i].result.digest;
		file.map = p->files[i].result.map_root;
		r = manifest_add_file(m, &file);
	}
	return r;
}

/* 1 when two owners are the same, none being one. */
static int
same_owner(const char *a, const char *b)
{
	return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

/*
 * Compare with the version of that name, if there is one: PH_EABSENT when
 * not, PH_OK when it is the same, PH_ETAKEN when it is another.
 */
static int
compare_existing(struct publication *p, const struct manifest *m,
    struct digest *digest, struct failure *f)
{
	struct index_txn *txn;
	struct manifest old;
	struct holding h;
	int r;

	manifest_init(&old);
	r = index_begin(p->c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = rows_item_get(txn, m->image, m->version, &h);
	if (r == PH_OK)
		r = rows_manifest_get(txn, &h.manifest, NULL, &old);
	index_abort(txn);
	if (r != PH_OK)
		goto out;
	*digest = h.manifest;
	if (!manifest_same_files(m, &old)) {
		r = failure_set(f, PH_ETAKEN,
		    "%s@%s is published with other content", m->image,
		    m->version);
		failure_next(f, "publish the new content under a new version");
	} else if (!labels_equal(&m->labels, &old.labels) ||
	    !same_owner(m->owner, old.owner)) {
		r = failure_set(f, PH_ETAKEN,
		    "%s@%s is published with other labels or another owner",
		    m->image, m->version);
		failure_next(f, "\"syncctl image show %s@%s\" shows them",
		    m->image, m->version);
	}
out:
	manifest_fini(&old);
	return r;
}

/* Take one staged file into blobs/, unless a sound blob is there. */
static int
adopt_file(struct publication *p, size_t i)
{
	char file[STAGED_NAME_SIZE], map[STAGED_NAME_SIZE];
	const struct ingest_result *result;
	struct blob_record record;
	struct store *store;
	struct blob blob;
	int fd, r;

	store = p->c->store;
	result = &p->files[i].result;
	r = blob_look(store, &result->digest, &blob);
	if (r != PH_OK || blob.state == BLOB_SOUND)
		return r;
	staged_name(i, "", file);
	staged_name(i, ".map", map);
	fd = -1;
	memset(&record, 0, sizeof(record));
	record.map_root = result->map_root;
	record.evidence = HOLDING_HASHED;
	record.time = clock_wall(p->c->config.clock);
	r = file_open(store_files(store), p->dir, file, O_RDONLY, 0, &fd);
	if (r == PH_OK)
		r = blob_seal(store, fd, &record);
	if (r == PH_OK)
		r = blob_put_map(store, &result->digest, p->dir, map);
	if (r == PH_OK)
		r = blob_put_record(store, &result->digest, &record);
	if (r == PH_OK)
		r = blob_move_in(store, &result->digest, p->dir, file);
	file_abandon(store_files(store), fd);
	return r;
}

/* Sign the manifest and keep it. */
static int
sign_manifest(struct catalogue *c, const struct manifest *m, struct document *d,
    struct digest *digest)
{
	struct document_name name;
	struct buffer bytes;
	int r;

	buffer_init(&bytes, PH_DOCUMENT_MAX);
	r = manifest_encode(m, &bytes);
	if (r == PH_OK)
		r = document_set(d, bytes.data, bytes.len);
	if (r == PH_OK)
		r = document_sign(d, DOCUMENT_MANIFEST, c->publisher);
	document_digest(d, digest);
	if (r == PH_OK) {
		name = documents_manifest_name(digest);
		r = documents_put(c->config.files, c->state_dir, &name, d);
	}
	buffer_fini(&bytes);
	return r;
}

/* Content, manifest, entry. */
static int
publish(struct publication *p, const struct manifest *m,
    struct publication_result *out)
{
	struct document d;
	size_t i;
	int r;

	document_init(&d);
	r = PH_OK;
	for (i = 0; r == PH_OK && i < p->nfiles; i++)
		r = adopt_file(p, i);
	if (r == PH_OK)
		r = store_sync(p->c->store, STORE_BLOBS);
	if (r == PH_OK)
		r = sign_manifest(p->c, m, &d, &out->manifest);
	if (r == PH_OK)
		r = publish_entry_commit(p->c, p->actor, m, &out->manifest);
	document_fini(&d);
	return r;
}

/*
 * The version is published already, the same: bring back what was damaged or
 * lost of it.
 */
static int
restore(struct publication *p, const struct manifest *m)
{
	size_t i;
	int r;

	r = PH_OK;
	for (i = 0; r == PH_OK && i < p->nfiles; i++)
		r = adopt_file(p, i);
	if (r == PH_OK)
		r = store_sync(p->c->store, STORE_BLOBS);
	return r == PH_OK ? display_retry(p->c, m->image, m->version) : r;
}

/*
 * The version is recorded.  "Published" is said when clients see it and its
 * sites are told; either comes by itself where it cannot be done now.
 */
static int
announce(struct publication *p, struct failure *f)
{
	int r, shown;

	r = grants_refresh_touched(p->c);
	shown = display_check(p->c, p->image, p->version, f);
	if (shown != PH_OK)
		return shown;
	return r == PH_OK ? r : grants_check(p->c, f);
}

int
publication_commit(struct publication *p, struct publication_result *out,
    struct failure *f)
{
	struct manifest m;
	int r;

	f->code = PH_OK;
	manifest_init(&m);
	r = compose(p, &m);
	out->size = manifest_size(&m);
	/* An entry that stands may have published it. */
	if (r == PH_OK)
		r = ledger_settle(p->c);
	if (r != PH_OK)
		goto out;
	r = compare_existing(p, &m, &out->manifest, f);
	if (r == PH_OK) {
		out->already = 1;
		r = p->dry_run ? PH_OK : restore(p, &m);
	} else if (r == PH_EABSENT)
		r = p->dry_run ? PH_OK : publish(p, &m, out);
	if (r == PH_OK && !p->dry_run)
		r = announce(p, f);
	if (r == PH_OK)
		r = recipients_find(p->c, &m, &out->manifest, &out->recipients);
out:
	manifest_fini(&m);
	if (r != PH_OK && f->code == PH_OK)
		r = store_blame(p->c->store, r, f);
	return failure_default(f, r, "publishing %s@%s", p->image, p->version);
}

void
publication_free(struct publication *p)
{
	if (p == NULL)
		return;
	if (p->dir >= 0) {
		file_abandon(store_files(p->c->store), p->dir);
		/* What cannot be removed now is removed at the next start. */
		(void)!staging_remove_publication(p->c->store, p->tag);
	}
	space_release(p->hold);
	labels_fini(&p->labels);
	free(p->owner);
	free(p->files);
	free(p);
}
