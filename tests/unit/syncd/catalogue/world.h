#ifndef TESTS_UNIT_SYNCD_CATALOGUE_WORLD_H
#define TESTS_UNIT_SYNCD_CATALOGUE_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "proto/document.h"
#include "proto/key.h"
#include "proto/trust.h"
#include "syncd/catalogue/catalogue.h"
#include "syncd/catalogue/publication.h"
#include "syncd/catalogue/registration.h"

/*
 * A primary and its sites, each with state and store in the directory of the
 * test, a clock that stands still and randomness from a seed.  Files are not
 * synced: nothing here is about power cuts.  Whatever goes wrong here ends
 * the test.
 */

#define WORLD_SITES_MAX 3u
#define WORLD_ACTOR "tester"

struct repository {
	struct world *world;
	char name[32];
	struct configuration configuration;
	struct layout layout;
	struct key_private *key; /* A site's; a primary's role key. */
	struct digest id;
	struct files files;
	struct catalogue_config config;
	struct catalogue *c; /* NULL while it is closed. */
};

struct world {
	const char *dir;
	int64_t now; /* Seconds since 1970; tests move it. */
	uint64_t seed;
	struct clock clock;
	struct random random;
	struct key_private *authority;
	struct key_private *publisher;
	struct key_private *policy;
	struct repository primary;
	struct repository sites[WORLD_SITES_MAX];
	size_t nsites;
};

/* A primary, initialised and open; no sites yet. */
void world_begin(struct world *w);

/* Close all and remove all. */
void world_end(struct world *w);

/* Make, register and open a site; its charter and grant are not there yet. */
struct repository *world_site(struct world *w, const char *name);

/* Close (NULL is fine) and open again; opening must succeed. */
void world_close(struct repository *r);
void world_open(struct repository *r);
void world_reopen(struct repository *r);

/* Open where it may fail; the code. */
int world_try_open(struct repository *r, struct failure *f);

/* What registering a site says of it. */
void world_registration(const struct repository *r, struct registration *out);

/* Apply a policy; the number of changed grants. */
size_t world_apply(struct world *w, const char *text);

/* Deterministic content of a file: len bytes that depend on seed alone. */
void world_content(uint8_t *out, size_t len, uint64_t seed);

/* Begin a publication and take in its file; commit and free are the test's. */
struct publication *world_publish_begin(struct world *w, const char *image,
    const char *version, size_t len, uint64_t seed);

/* Publish a version of one file "disk.img"; its manifest's digest. */
void world_publish(struct world *w, const char *image, const char *version,
    size_t len, uint64_t seed, struct digest *manifest);

/* The digest of that content. */
void world_blob(size_t len, uint64_t seed, struct digest *out);

/* The trust document that comes after the one of the primary, signed. */
void world_next_trust(struct world *w, const struct trust *trust,
    struct document *out);

/* Path of something below a repository's directory: "state/index". */
void world_path(const struct repository *r, const char *below, char out[1200]);

/* Run a shell command that must succeed, with %s for the path. */
void world_shell(const char *fmt, const char *path);

/* How many regular files below a path contain these bytes. */
unsigned int world_grep(const char *path, const void *bytes, size_t len);

#endif
