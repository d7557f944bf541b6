/*
 * The marker as JSON; integers as docs/formats.md §2 bounds them.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/json.h"
#include "proto/json_terms.h"
#include "proto/json_writer.h"
#include "syncd/config/smallfile.h"

#include "syncd/config/marker.h"

void
marker_init(struct marker *m, const struct digest *repository)
{
	memset(m, 0, sizeof(*m));
	m->repository = *repository;
}

int
marker_encode(const struct marker *m, struct buffer *out)
{
	struct json_writer w;
	int r;

	json_writer_init(&w, out);
	json_open_object(&w, NULL);
	json_put_u64(&w, "schema", 1);
	json_put_id(&w, "repository", &m->repository);
	json_put_u64(&w, "trust_epoch", m->trust_epoch);
	json_open_object(&w, "charter");
	json_put_u64(&w, "epoch", m->charter_epoch);
	json_put_u64(&w, "generation", m->charter_generation);
	json_close_object(&w);
	json_open_object(&w, "grant");
	json_put_u64(&w, "epoch", m->grant_epoch);
	json_put_u64(&w, "generation", m->grant_generation);
	if (m->has_grant_digest)
		json_put_digest(&w, "digest", &m->grant_digest);
	else
		json_put_null(&w, "digest");
	json_close_object(&w);
	json_open_object(&w, "log");
	json_put_u64(&w, "size", m->log_size);
	if (m->log_size > 0)
		json_put_digest(&w, "root", &m->log_root);
	else
		json_put_null(&w, "root");
	json_close_object(&w);
	json_close_object(&w);
	r = json_writer_end(&w);
	return r == PH_OK ? buffer_put_text(out, "\n") : r;
}

/* Take the members out of the object. */
static void
decode(struct json_object *root, struct marker *out)
{
	struct json_object charter, grant, log;
	int64_t schema;

	json_get_int(root, "schema", 1, 1, &schema);
	json_get_id(root, "repository", &out->repository);
	json_get_u64(root, "trust_epoch", 0, &out->trust_epoch);
	json_get_object(root, "charter", &charter);
	json_get_u64(&charter, "epoch", 0, &out->charter_epoch);
	json_get_u64(&charter, "generation", 0, &out->charter_generation);
	json_object_end(&charter);
	json_get_object(root, "grant", &grant);
	json_get_u64(&grant, "epoch", 0, &out->grant_epoch);
	json_get_u64(&grant, "generation", 0, &out->grant_generation);
	json_get_digest_or_null(&grant, "digest", &out->grant_digest);
	json_object_end(&grant);
	/* A store that was made before logs were noted has none. */
	if (json_has(root, "log")) {
		json_get_object(root, "log", &log);
		json_get_u64(&log, "size", 0, &out->log_size);
		json_get_digest_or_null(&log, "root", &out->log_root);
		json_object_end(&log);
	}
	json_object_end(root);
	out->has_grant_digest = !digest_is_zero(&out->grant_digest);
}

int
marker_decode(const void *data, size_t len, struct marker *out,
    struct failure *f)
{
	struct json_object root;
	struct json *tree;
	int r;

	memset(out, 0, sizeof(*out));
	r = json_parse(data, len, MARKER_SIZE_MAX, &tree);
	if (r == PH_OK) {
		json_root(tree, &root);
		decode(&root, out);
		r = json_error(tree);
		json_free(tree);
	}
	if (r == PH_OK)
		return PH_OK;
	memset(out, 0, sizeof(*out));
	if (r == PH_ENOMEM)
		return failure_set(f, r, "out of memory");
	return failure_set(f, PH_ESTORE, "the marker of the store is damaged");
}

/* The path of the marker of a store. */
static int
marker_path(const char *store_dir, char out[PATH_MAX], struct failure *f)
{
	int n;

	n = snprintf(out, PATH_MAX, "%s/%s", store_dir, MARKER_NAME);
	if (n >= PATH_MAX)
		return failure_set(f, PH_ESTORE,
		    "the path of the store is too long");
	return PH_OK;
}

int
marker_read(const char *store_dir, struct marker *out, struct failure *f)
{
	char path[PATH_MAX];
	struct buffer text;
	int r;

	buffer_init(&text, MARKER_SIZE_MAX);
	r = marker_path(store_dir, path, f);
	if (r == PH_OK)
		r = smallfile_read(path, MARKER_SIZE_MAX, &text, NULL, f);
	if (r == PH_EABSENT) {
		(void)failure_set(f, r,
		    "%.300s is not the store of a repository: it has no marker",
		    store_dir);
		failure_next(f,
		    "is the file system of the store mounted? "
		    "a new store is made by syncctl init");
	} else if (r == PH_ELIMIT) {
		r = failure_set(f, PH_ESTORE,
		    "the marker of the store is damaged");
	} else if (r == PH_OK) {
		r = marker_decode(text.data, text.len, out, f);
	}
	if (r != PH_OK)
		failure_where(f, "%.250s", path);
	buffer_fini(&text);
	return r;
}

/* Write the marker by the function. */
static int
put(const char *store_dir, const struct marker *m,
    int (*write)(const char *path, const void *data, size_t len, mode_t mode,
	struct failure *f),
    struct failure *f)
{
	char path[PATH_MAX];
	struct buffer text;
	int r;

	buffer_init(&text, MARKER_SIZE_MAX);
	r = marker_path(store_dir, path, f);
	if (r == PH_OK) {
		r = marker_encode(m, &text);
		if (r != PH_OK)
			(void)failure_set(f, r, "cannot write the marker: %s",
			    error_sentence(r));
	}
	if (r == PH_OK)
		r = write(path, text.data, text.len, 0644, f);
	buffer_fini(&text);
	return r;
}

int
marker_create(const char *store_dir, const struct marker *m, struct failure *f)
{
	int r;

	r = put(store_dir, m, smallfile_create, f);
	if (r == PH_EEXISTS) {
		(void)failure_set(f, r,
		    "%.300s is already the store of a repository", store_dir);
		failure_next(f, "choose another store_dir");
	}
	return r;
}

int
marker_write(const char *store_dir, const struct marker *m, struct failure *f)
{
	return put(store_dir, m, smallfile_replace, f);
}

int
marker_check(const struct marker *m, const char *store_dir,
    const struct digest *repository, struct failure *f)
{
	char theirs[DIGEST_HEX_SIZE], ours[DIGEST_HEX_SIZE];

	if (digest_compare(&m->repository, repository) == 0)
		return PH_OK;
	digest_hex(&m->repository, theirs);
	digest_hex(repository, ours);
	(void)failure_set(f, PH_ESTORE,
	    "%.300s is the store of repository %.12s, not of this one, %.12s",
	    store_dir, theirs, ours);
	failure_next(f, "is the right file system mounted there?");
	return PH_ESTORE;
}
