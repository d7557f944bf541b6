/*
 * Repositories for tests of the catalogue, made as init makes them.
 */
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "proto/charter.h"
#include "proto/errors.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/policies.h"
#include "syncd/catalogue/registry.h"
#include "syncd/config/keypair.h"
#include "syncd/config/marker.h"
#include "tests/unit/tempdir.h"

#include "tests/unit/syncd/catalogue/world.h"

#define BEGINNING INT64_C(1790000000)

static int64_t
world_wall(void *cookie)
{
	const struct world *w = cookie;

	return w->now;
}

static int64_t
world_mono(void *cookie)
{
	const struct world *w = cookie;

	return w->now * 1000;
}

/* Steps of a linear congruence; the high byte of each. */
static void
world_fill(void *cookie, void *out, size_t len)
{
	struct world *w = cookie;
	uint8_t *p = out;

	while (len-- > 0) {
		w->seed = w->seed * UINT64_C(6364136223846793005) +
		    1442695040888963407u;
		*p++ = (uint8_t)(w->seed >> 56);
	}
}

void
world_content(uint8_t *out, size_t len, uint64_t seed)
{
	uint64_t x;
	size_t i;

	x = seed * UINT64_C(0x9e3779b97f4a7c15) + 12345;
	for (i = 0; i < len; i++) {
		x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
		out[i] = (uint8_t)(x >> 56) | 1;
	}
}

void
world_blob(size_t len, uint64_t seed, struct digest *out)
{
	uint8_t *bytes;

	bytes = malloc(len);
	ck_assert_ptr_nonnull(bytes);
	world_content(bytes, len, seed);
	digest_of(bytes, len, out);
	free(bytes);
}

void
world_path(const struct repository *r, const char *below, char out[1200])
{
	(void)snprintf(out, 1200, "%s/%s/%s", r->world->dir, r->name, below);
}

void
world_shell(const char *fmt, const char *path)
{
	char command[4096];
	size_t i, n;

	n = 0;
	for (i = 0; fmt[i] != '\0' && n + 1200 < sizeof(command); i++) {
		if (fmt[i] == '%' && fmt[i + 1] == 's') {
			n += (size_t)snprintf(command + n, sizeof(command) - n,
			    "%s", path);
			i++;
		} else
			command[n++] = fmt[i];
	}
	command[n] = '\0';
	ck_assert_msg(system(command) == 0, "%s", command);
}

/* What world_grep() looks for; nftw() has no cookie. */
static struct {
	const uint8_t *bytes;
	size_t len;
	unsigned int found;
} sought;

static int
grep_file(const char *path, const struct stat *st, int what, struct FTW *ftw)
{
	uint8_t *data;
	ssize_t n;
	int fd;

	(void)ftw;
	if (what != FTW_F || st->st_size <= 0)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	data = malloc((size_t)st->st_size);
	ck_assert_ptr_nonnull(data);
	n = read(fd, data, (size_t)st->st_size);
	(void)close(fd);
	if (n > 0 && memmem(data, (size_t)n, sought.bytes, sought.len) != NULL)
		sought.found++;
	free(data);
	return 0;
}

unsigned int
world_grep(const char *path, const void *bytes, size_t len)
{
	sought.bytes = bytes;
	sought.len = len;
	sought.found = 0;
	ck_assert_int_eq(nftw(path, grep_file, 16, FTW_PHYS), 0);
	return sought.found;
}

/* What a killed process wrote is there, synced or not. */
static int
sync_nothing(void *cookie, int fd)
{
	(void)cookie;
	(void)fd;
	return 0;
}

/* The calls of this machine, without the waiting. */
static struct files
quick_files(void)
{
	static struct file_ops ops;
	struct files files;

	files = files_system();
	ops = *files.ops;
	ops.fsync = sync_nothing;
	ops.fdatasync = sync_nothing;
	files.ops = &ops;
	return files;
}

static struct key_private *
make_key(struct world *w)
{
	struct key_private *key;
	uint8_t seed[KEY_SIZE];

	random_fill(&w->random, seed, sizeof(seed));
	ck_assert_int_eq(key_private_new(seed, &key), PH_OK);
	return key;
}

/* Put a key pair where it lies; NULL: its public half only. */
static void
put_key(struct repository *r, enum layout_item item,
    const struct key_private *key, int private)
{
	char path[LAYOUT_PATH_SIZE];
	struct failure f;

	layout_path(&r->layout, item, path);
	ck_assert_int_eq(keypair_create(path, key, 7, "test", &f), PH_OK);
	if (!private)
		ck_assert_int_eq(unlink(path), 0);
}

/* Directories, marker and configuration of a repository. */
static void
make_repository(struct world *w, struct repository *r, const char *name,
    enum configuration_role role, struct key_private *key)
{
	char state[600], store[600], dir[600];
	struct marker marker;
	struct failure f;

	memset(r, 0, sizeof(*r));
	r->world = w;
	(void)snprintf(r->name, sizeof(r->name), "%s", name);
	(void)snprintf(dir, sizeof(dir), "%s/%s", w->dir, name);
	(void)snprintf(state, sizeof(state), "%s/%s/state", w->dir, name);
	(void)snprintf(store, sizeof(store), "%s/%s/store", w->dir, name);
	ck_assert_int_eq(mkdir(dir, 0755), 0);
	ck_assert_int_eq(layout_init(&r->layout, state, store, &f), PH_OK);
	ck_assert_msg(layout_create_state(&r->layout, &f) == PH_OK, "%s",
	    f.what);
	ck_assert_msg(layout_create_store(&r->layout, &f) == PH_OK, "%s",
	    f.what);
	configuration_init(&r->configuration, role);
	(void)strcpy(r->configuration.name, r->name);
	(void)strcpy(r->configuration.state_dir, state);
	(void)strcpy(r->configuration.store_dir, store);
	r->key = key;
	key_id(key_private_public(key), &r->id);
	marker_init(&marker, &r->id);
	ck_assert_int_eq(marker_create(store, &marker, &f), PH_OK);
	r->files = quick_files();
	r->config.configuration = &r->configuration;
	r->config.layout = &r->layout;
	r->config.files = &r->files;
	r->config.clock = &w->clock;
	r->config.random = &w->random;
}

/* Put a document into a directory of documents/, as init does. */
static void
put_document(struct repository *r, const struct document_name *name,
    const struct document *d)
{
	int dir;

	dir = open(r->layout.state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(dir, 0);
	ck_assert_int_eq(documents_create(&r->files, dir), PH_OK);
	ck_assert_int_eq(documents_put(&r->files, dir, name, d), PH_OK);
	(void)close(dir);
}

static void
sign_trust(struct world *w, const struct trust *trust, struct document *out)
{
	struct buffer bytes;

	buffer_init(&bytes, PH_DOCUMENT_MAX);
	ck_assert_int_eq(trust_encode(trust, &bytes), PH_OK);
	document_init(out);
	ck_assert_int_eq(document_set(out, bytes.data, bytes.len), PH_OK);
	ck_assert_int_eq(document_sign(out, DOCUMENT_TRUST, w->authority),
	    PH_OK);
	buffer_fini(&bytes);
}

void
world_next_trust(struct world *w, const struct trust *trust,
    struct document *out)
{
	struct trust next;

	next = *trust;
	next.epoch++;
	next.time = w->now;
	sign_trust(w, &next, out);
}

/* The first trust document. */
static void
make_trust(struct world *w, struct document *out)
{
	struct trust trust;

	trust_init(&trust);
	trust.epoch = 1;
	trust.time = w->now;
	trust.primary = w->primary.id;
	ck_assert_int_eq(trust_role_add(&trust, TRUST_AUTHORITY,
			     key_private_public(w->authority)),
	    PH_OK);
	ck_assert_int_eq(trust_role_add(&trust, TRUST_PUBLISHER,
			     key_private_public(w->publisher)),
	    PH_OK);
	ck_assert_int_eq(trust_role_add(&trust, TRUST_POLICY,
			     key_private_public(w->policy)),
	    PH_OK);
	ck_assert_int_eq(trust_role_add(&trust, TRUST_PRIMARY,
			     key_private_public(w->primary.key)),
	    PH_OK);
	sign_trust(w, &trust, out);
}

void
world_begin(struct world *w)
{
	struct document_name name;
	struct document trust;

	memset(w, 0, sizeof(*w));
	/* The index syncs by itself; in memory nobody waits for it. */
	if (access("/dev/shm", W_OK) == 0)
		(void)setenv("TMPDIR", "/dev/shm", 0);
	w->dir = tempdir_begin();
	w->now = BEGINNING;
	w->seed = 1;
	w->clock.wall = world_wall;
	w->clock.mono_ms = world_mono;
	w->clock.cookie = w;
	w->random.fill = world_fill;
	w->random.cookie = w;
	w->authority = make_key(w);
	w->publisher = make_key(w);
	w->policy = make_key(w);
	make_repository(w, &w->primary, "primary", CONFIGURATION_PRIMARY,
	    make_key(w));
	w->primary.config.gate_path = "/usr/sbin/syncd-gate";
	put_key(&w->primary, LAYOUT_KEY_AUTHORITY, w->authority, 0);
	put_key(&w->primary, LAYOUT_KEY_PUBLISHER, w->publisher, 1);
	put_key(&w->primary, LAYOUT_KEY_POLICY, w->policy, 1);
	put_key(&w->primary, LAYOUT_KEY_PRIMARY, w->primary.key, 1);
	make_trust(w, &trust);
	name = documents_trust_name(1);
	put_document(&w->primary, &name, &trust);
	document_fini(&trust);
	world_open(&w->primary);
}

void
world_registration(const struct repository *r, struct registration *out)
{
	memset(out, 0, sizeof(*out));
	(void)strcpy(out->name, r->name);
	out->has_key = 1;
	out->key = *key_private_public(r->key);
	out->reasons = CHARTER_COVERAGE;
}

struct repository *
world_site(struct world *w, const char *name)
{
	struct registration registration;
	struct document_name trust_name;
	struct document trust;
	struct repository *r;
	struct failure f;

	ck_assert_uint_lt(w->nsites, WORLD_SITES_MAX);
	r = &w->sites[w->nsites++];
	make_repository(w, r, name, CONFIGURATION_SITE, make_key(w));
	put_key(r, LAYOUT_KEY_AUTHORITY, w->authority, 0);
	put_key(r, LAYOUT_KEY_REPOSITORY, r->key, 1);
	make_trust(w, &trust);
	trust_name = documents_trust_name(1);
	put_document(r, &trust_name, &trust);
	document_fini(&trust);
	world_registration(r, &registration);
	ck_assert_msg(registry_add(w->primary.c, WORLD_ACTOR, &registration,
			  &f) == PH_OK,
	    "%s", f.what);
	world_open(r);
	return r;
}

int
world_try_open(struct repository *r, struct failure *f)
{
	ck_assert_ptr_null(r->c);
	return catalogue_open(&r->config, &r->c, f);
}

void
world_open(struct repository *r)
{
	struct failure f;
	int code;

	code = world_try_open(r, &f);
	ck_assert_msg(code == PH_OK, "%s: %s: %s", r->name, error_name(code),
	    f.what);
}

void
world_close(struct repository *r)
{
	catalogue_close(r->c);
	r->c = NULL;
}

void
world_reopen(struct repository *r)
{
	world_close(r);
	world_open(r);
}

void
world_end(struct world *w)
{
	size_t i;

	for (i = 0; i < w->nsites; i++) {
		world_close(&w->sites[i]);
		key_private_free(w->sites[i].key);
	}
	world_close(&w->primary);
	key_private_free(w->primary.key);
	key_private_free(w->authority);
	key_private_free(w->publisher);
	key_private_free(w->policy);
	tempdir_end();
}

static void
on_warning(void *cookie, const char *text)
{
	(void)cookie;
	(void)text;
}

size_t
world_apply(struct world *w, const char *text)
{
	struct failure f;
	size_t nchanged;
	int r;

	r = policies_apply_text(w->primary.c, WORLD_ACTOR, text, strlen(text),
	    "policy.yaml", on_warning, NULL, &nchanged, &f);
	ck_assert_msg(r == PH_OK, "%s %s", f.what, f.where);
	return nchanged;
}

struct publication *
world_publish_begin(struct world *w, const char *image, const char *version,
    size_t len, uint64_t seed)
{
	static const char *const names[] = { "disk.img" };
	struct publication_spec spec;
	struct publication *p;
	struct labels labels;
	struct failure f;
	uint8_t *bytes;
	int fd, r;

	bytes = malloc(len);
	ck_assert_ptr_nonnull(bytes);
	world_content(bytes, len, seed);
	fd = open("source", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
	free(bytes);
	labels_init(&labels);
	memset(&spec, 0, sizeof(spec));
	spec.image = image;
	spec.version = version;
	spec.labels = &labels;
	spec.names = names;
	spec.nfiles = 1;
	r = publication_begin(w->primary.c, &spec, &p, &f);
	ck_assert_msg(r == PH_OK, "%s", f.what);
	r = publication_ingest(p, 0, fd, NULL, NULL, &f);
	ck_assert_msg(r == PH_OK, "%s", f.what);
	(void)close(fd);
	return p;
}

void
world_publish(struct world *w, const char *image, const char *version,
    size_t len, uint64_t seed, struct digest *manifest)
{
	struct publication_result result;
	struct publication *p;
	struct failure f;
	int r;

	p = world_publish_begin(w, image, version, len, seed);
	publication_result_init(&result);
	r = publication_commit(p, &result, &f);
	ck_assert_msg(r == PH_OK, "%s: %s", error_name(r), f.what);
	if (manifest != NULL)
		*manifest = result.manifest;
	publication_result_fini(&result);
	publication_free(p);
}
