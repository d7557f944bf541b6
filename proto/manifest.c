/*
 * Manifests.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/body.h"
#include "proto/errors.h"
#include "proto/json_terms.h"
#include "proto/key.h"
#include "proto/name.h"

#include "proto/manifest.h"

void
manifest_init(struct manifest *m)
{
	memset(m, 0, sizeof(*m));
}

void
manifest_fini(struct manifest *m)
{
	free(m->files);
	labels_fini(&m->labels);
	free(m->owner);
	manifest_init(m);
}

/* Whether a file has that name but for its case. */
static int
clashes(const struct manifest *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->nfiles; i++) {
		if (name_equal_folded(m->files[i].name, name))
			return 1;
	}
	return 0;
}

int
manifest_add_file(struct manifest *m, const struct manifest_file *file)
{
	struct manifest_file *files;
	size_t i;

	if (!name_file_valid(file->name))
		return PH_ENAME;
	if (m->nfiles == PH_FILES_MAX)
		return PH_ELIMIT;
	if (clashes(m, file->name))
		return PH_ETAKEN;
	files = realloc(m->files, (m->nfiles + 1) * sizeof(*files));
	if (files == NULL)
		return PH_ENOMEM;
	for (i = m->nfiles; i > 0; i--) {
		if (strcmp(files[i - 1].name, file->name) < 0)
			break;
		files[i] = files[i - 1];
	}
	files[i] = *file;
	m->files = files;
	m->nfiles++;
	return PH_OK;
}

const struct manifest_file *
manifest_file(const struct manifest *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->nfiles; i++) {
		if (strcmp(m->files[i].name, name) == 0)
			return &m->files[i];
	}
	return NULL;
}

int
manifest_same_files(const struct manifest *a, const struct manifest *b)
{
	const struct manifest_file *f, *g;
	size_t i;

	if (a->nfiles != b->nfiles)
		return 0;
	for (i = 0; i < a->nfiles; i++) {
		f = &a->files[i];
		g = &b->files[i];
		if (strcmp(f->name, g->name) != 0 || f->size != g->size ||
		    digest_compare(&f->digest, &g->digest) != 0)
			return 0;
	}
	return 1;
}

uint64_t
manifest_size(const struct manifest *m)
{
	uint64_t sum;
	size_t i;

	sum = 0;
	for (i = 0; i < m->nfiles; i++)
		sum += m->files[i].size;
	return sum;
}

/* Decode only to see whether it can be. */
static int
check(const void *bytes, size_t len)
{
	struct manifest m;
	int r;

	manifest_init(&m);
	r = manifest_decode(bytes, len, &m);
	manifest_fini(&m);
	return r;
}

/* Put one file. */
static void
encode_file(const struct manifest_file *f, struct json_writer *w)
{
	json_open_object(w, NULL);
	json_put_string(w, "name", f->name);
	json_put_u64(w, "size", f->size);
	json_put_digest(w, "digest", &f->digest);
	json_put_digest(w, "map", &f->map);
	json_close_object(w);
}

int
manifest_encode(const struct manifest *m, struct buffer *out)
{
	struct json_writer w;
	char fingerprint[KEY_FINGERPRINT_SIZE];
	size_t i, start;

	start = out->len;
	body_begin(&w, DOCUMENT_MANIFEST, out);
	json_put_string(&w, "image", m->image);
	json_put_string(&w, "version", m->version);
	json_put_u64(&w, "revision", m->revision);
	json_put_time(&w, "time", m->time);
	json_open_array(&w, "files");
	for (i = 0; i < m->nfiles; i++)
		encode_file(&m->files[i], &w);
	json_close_array(&w);
	labels_encode(&m->labels, &w, "labels");
	json_put_string_or_null(&w, "owner", m->owner);
	key_id_fingerprint(&m->key, fingerprint);
	json_put_string(&w, "key", fingerprint);
	return body_end(&w, start, check);
}

/* Get one file, which must come after those that out has. */
static void
decode_file(struct json_object *o, struct manifest *out)
{
	struct manifest_file *f;
	const char *name;
	int ok;

	f = &out->files[out->nfiles];
	json_get_string(o, "name", &name, NULL);
	ok = name_file_valid(name) && !clashes(out, name) &&
	    (out->nfiles == 0 || strcmp(f[-1].name, name) < 0);
	json_check(o, "name", ok);
	if (ok)
		memcpy(f->name, name, strlen(name) + 1);
	json_get_u64(o, "size", 1, &f->size);
	json_check(o, "size", f->size <= PH_BLOB_SIZE_MAX);
	json_get_digest(o, "digest", &f->digest);
	json_get_digest(o, "map", &f->map);
	json_object_end(o);
	out->nfiles++;
}

/* Get the files. */
static void
decode_files(struct json_object *o, struct manifest *out)
{
	struct json_object element;
	struct json_array array;
	size_t i;

	json_get_array(o, "files", 1, PH_FILES_MAX, &array);
	if (array.count == 0)
		return;
	out->files = calloc(array.count, sizeof(*out->files));
	if (out->files == NULL) {
		json_set_error(o->tree, PH_ENOMEM);
		return;
	}
	for (i = 0; i < array.count; i++) {
		json_array_object(&array, i, &element);
		decode_file(&element, out);
	}
}

int
manifest_decode(const void *bytes, size_t len, struct manifest *out)
{
	struct json_object o;
	struct json *tree;
	const char *fingerprint;
	int r;

	r = body_open(DOCUMENT_MANIFEST, bytes, len, &tree, &o);
	if (r != PH_OK)
		return r;
	json_get_name(&o, "image", out->image);
	json_get_version(&o, "version", out->version);
	json_get_u64(&o, "revision", 1, &out->revision);
	json_get_time(&o, "time", &out->time);
	decode_files(&o, out);
	labels_decode(&o, "labels", &out->labels);
	json_get_text_copy(&o, "owner", &out->owner);
	json_get_string(&o, "key", &fingerprint, NULL);
	json_check(&o, "key",
	    key_id_from_fingerprint(fingerprint, &out->key) == PH_OK);
	r = body_close(tree, &o);
	if (r != PH_OK)
		manifest_fini(out);
	return r;
}
