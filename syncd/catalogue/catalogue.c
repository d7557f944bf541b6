/*
 * Opening and closing what the modules of the catalogue share.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "proto/errors.h"
#include "syncd/catalogue/authority.h"
#include "syncd/catalogue/charters.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/display.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/invitation.h"
#include "syncd/catalogue/kinds.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/listing.h"
#include "syncd/catalogue/marks.h"
#include "syncd/catalogue/policies.h"
#include "syncd/catalogue/recovery.h"
#include "syncd/catalogue/repeats.h"
#include "syncd/catalogue/rows.h"
#include "syncd/catalogue/witness.h"
#include "syncd/config/keypair.h"
#include "syncd/config/marker.h"
#include "syncd/config/probe.h"

#include "syncd/catalogue/catalogue.h"

/* Where the incarnation is kept, below state_dir. */
#define INCARNATION_FILE "incarnation"

int
catalogue_is_primary(const struct catalogue *c)
{
	return c->config.configuration->role == CONFIGURATION_PRIMARY;
}

const struct digest *
catalogue_id(const struct catalogue *c)
{
	return &c->id;
}

const struct key_private *
catalogue_key(const struct catalogue *c)
{
	return c->key;
}

struct store *
catalogue_store(struct catalogue *c)
{
	return c->store;
}

struct space *
catalogue_space(struct catalogue *c)
{
	return c->space;
}

void
catalogue_reconfigure(struct catalogue *c,
    const struct configuration *configuration)
{
	c->config.configuration = configuration;
}

int
catalogue_check_store(struct catalogue *c, struct failure *f)
{
	return store_check(c->store, f);
}

/* How much room the state directory has; a space_probe. */
static int
state_room(void *cookie, uint64_t *bytes, uint64_t *inodes)
{
	const struct catalogue *c = cookie;
	struct statvfs vfs;

	if (fstatvfs(c->state_dir, &vfs) != 0)
		return PH_EIO;
	*bytes = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	*inodes = vfs.f_files == 0 ? UINT64_MAX : vfs.f_favail;
	return PH_OK;
}

/* Open the state directory and make sure that nobody else has it open. */
static int
open_state(struct catalogue *c, struct failure *f)
{
	const char *dir;
	int r;

	dir = c->config.layout->state_dir;
	r = probe_local(dir, f);
	if (r != PH_OK)
		return r;
	c->state_dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->state_dir < 0) {
		r = failure_set(f, PH_EABSENT, "%s cannot be opened: %s", dir,
		    strerror(errno));
		failure_next(f, "make it with \"syncctl init\"");
		return r;
	}
	r = file_open(c->config.files, c->state_dir, layout_name(LAYOUT_LOCK),
	    O_RDWR | O_CREAT, 0600, &c->lock);
	if (r != PH_OK) {
		(void)failure_set(f, r, "the lock in %s: %s", dir,
		    strerror(errno));
		failure_next(f,
		    "see that its file system is mounted and can be written");
		return r;
	}
	if (flock(c->lock, LOCK_EX | LOCK_NB) != 0) {
		r = failure_set(f, PH_EBUSY, "another syncd is running on %s",
		    dir);
		failure_next(f, "stop it first; \"syncctl status\" asks it");
		return r;
	}
	return documents_create(c->config.files, c->state_dir);
}

/* Read one key of this machine; one that is absent is NULL. */
static int
read_key(struct catalogue *c, enum layout_item item, int required,
    struct key_private **out, struct failure *f)
{
	char path[LAYOUT_PATH_SIZE];
	int r;

	layout_path(c->config.layout, item, path);
	r = keypair_read(path, out, f);
	if (r == PH_EABSENT && !required) {
		*out = NULL;
		f->code = PH_OK;
		return PH_OK;
	}
	return r;
}

static int
open_keys(struct catalogue *c, struct failure *f)
{
	char path[LAYOUT_PATH_SIZE];
	int r;

	if (!catalogue_is_primary(c))
		r = read_key(c, LAYOUT_KEY_REPOSITORY, 1, &c->key, f);
	else {
		r = read_key(c, LAYOUT_KEY_PRIMARY, 1, &c->key, f);
		if (r == PH_OK)
			r = read_key(c, LAYOUT_KEY_PUBLISHER, 0, &c->publisher,
			    f);
		if (r == PH_OK)
			r = read_key(c, LAYOUT_KEY_POLICY, 0, &c->policy_key,
			    f);
	}
	if (r != PH_OK)
		return r;
	layout_path(c->config.layout, LAYOUT_KEY_AUTHORITY, path);
	return keypair_read_public(path, &c->anchor, f);
}

/* Make sure that nobody else has the store open, whatever his state. */
static int
lock_store(struct catalogue *c, struct failure *f)
{
	char holder[LAYOUT_PATH_SIZE + 64];

	(void)snprintf(holder, sizeof(holder), "process %ld, state_dir %s",
	    (long)getpid(), c->config.layout->state_dir);
	return store_lock(c->store, holder, f);
}

/* The store is there, is ours, and can be written. */
static int
open_store(struct catalogue *c, struct failure *f)
{
	const char *dir;
	struct marker marker;
	int r;

	dir = c->config.layout->store_dir;
	r = marker_read(dir, &marker, f);
	if (r == PH_EABSENT) {
		r = failure_set(f, PH_ESTORE,
		    "%s is not a store: it has no marker (.packhorse)", dir);
		failure_next(f,
		    "is it mounted?  A new store is made with "
		    "\"syncctl init\"");
		return r;
	}
	if (r != PH_OK)
		return r;
	c->id = marker.repository;
	r = store_open(c->config.files, dir, &c->store, f);
	if (r == PH_OK)
		r = store_check(c->store, f);
	if (r == PH_OK)
		r = lock_store(c, f);
	if (r != PH_OK)
		return r;
	c->space = space_new(store_free_space, c->store, 0);
	return c->space == NULL ? PH_ENOMEM : PH_OK;
}

/*
 * That the store belongs to this state: its id is that of our key, or (after
 * a key was replaced) the one that our charters are about.
 */
static int
check_owner(struct catalogue *c, struct failure *f)
{
	struct digest id;
	int r;

	key_id(key_private_public(c->key), &id);
	if (digest_compare(&id, &c->id) == 0)
		return PH_OK;
	r = failure_set(f, PH_ESTORE,
	    "the store %s belongs to another repository",
	    c->config.layout->store_dir);
	failure_next(f, "name the right store_dir in the configuration");
	return r;
}

/* One name in documents/trust: the lowest epoch is where the chain begins. */
static int
on_trust_name(void *cookie, const char *name)
{
	uint64_t epoch, *lowest;

	lowest = cookie;
	if (sscanf(name, "%" SCNu64, &epoch) == 1 && epoch > 0 &&
	    (*lowest == 0 || epoch < *lowest))
		*lowest = epoch;
	return PH_OK;
}

/* The chain of trust documents, from the pinned key on. */
static int
open_trust(struct catalogue *c, struct failure *f)
{
	struct document_name name;
	struct trust next;
	struct document d;
	uint64_t epoch;
	int r;

	trust_init(&c->trust);
	epoch = 0;
	r = documents_each(c->config.files, c->state_dir, "trust",
	    on_trust_name, &epoch);
	if (r != PH_OK)
		return failure_default(f, r, "reading documents/trust");
	for (;; epoch++) {
		document_init(&d);
		name = documents_trust_name(epoch);
		r = documents_get(c->config.files, c->state_dir, &name, &d);
		if (r == PH_OK)
			r = trust_accept(c->trusted ? &c->trust : NULL,
			    c->trusted ? NULL : &c->anchor, &d, &next);
		document_fini(&d);
		if (r != PH_OK)
			break;
		c->trust = next;
		c->trusted = 1;
	}
	if (r != PH_EABSENT) {
		failure_set(f, r,
		    "the trust document of epoch %" PRIu64
		    " in documents/trust was changed or is not of this chain",
		    epoch);
		failure_next(f,
		    "restore it from a backup or from another "
		    "repository");
		return r;
	}
	if (catalogue_is_primary(c) && !c->trusted) {
		r = failure_set(f, PH_EDOCUMENT,
		    "there is no trust document in documents/trust");
		failure_next(f, "restore it from a backup");
		return r;
	}
	return PH_OK;
}

/* The incarnation of this state: made once, and anew when it is restored. */
static int
open_incarnation(struct catalogue *c, struct failure *f)
{
	char hex[2 * PH_INCARNATION_SIZE + 1];
	struct buffer text;
	unsigned int byte;
	size_t i;
	int r;

	buffer_init(&text, sizeof(hex));
	r = file_read_whole(c->config.files, c->state_dir, INCARNATION_FILE,
	    sizeof(hex), &text);
	if (r == PH_EABSENT) {
		random_fill(c->config.random, c->incarnation,
		    sizeof(c->incarnation));
		for (i = 0; i < sizeof(c->incarnation); i++)
			(void)snprintf(hex + 2 * i, 3, "%02x",
			    c->incarnation[i]);
		r = file_replace(c->config.files, c->state_dir,
		    INCARNATION_FILE, hex, sizeof(hex) - 1, 0600);
		buffer_fini(&text);
		return failure_default(f, r, "the incarnation");
	}
	if (r == PH_OK && text.len != sizeof(hex) - 1)
		r = PH_EDOCUMENT;
	for (i = 0; r == PH_OK && i < sizeof(c->incarnation); i++) {
		if (sscanf((const char *)text.data + 2 * i, "%2x", &byte) != 1)
			r = PH_EDOCUMENT;
		c->incarnation[i] = (uint8_t)byte;
	}
	buffer_fini(&text);
	return failure_default(f, r, "the file %s", INCARNATION_FILE);
}

/* Open the index; a damaged one is thrown away. */
static int
open_index(struct catalogue *c, struct failure *f)
{
	char path[LAYOUT_PATH_SIZE];
	struct index_txn *txn;
	uint64_t count;
	int r;

	layout_path(c->config.layout, LAYOUT_INDEX, path);
	r = index_open(c->config.files, path, 0, &c->index, f);
	if (r == PH_EDIGEST) {
		f->code = PH_OK;
		r = index_destroy(c->config.files, path);
		if (r == PH_OK)
			r = index_open(c->config.files, path, 0, &c->index, f);
	}
	if (r == PH_OK)
		r = index_begin(c->index, INDEX_READ, &txn);
	if (r == PH_OK) {
		r = index_count(txn, INDEX_META, &count);
		c->rebuilt = count == 0;
		index_abort(txn);
	}
	return failure_default(f, r, "the index in %s", path);
}

/* Logs, index, and what a crash left undone. */
static int
open_ledger(struct catalogue *c, struct failure *f)
{
	struct log *log;
	int r;

	r = open_index(c, f);
	if (r != PH_OK)
		return r;
	c->failure.code = PH_OK;
	r = ledger_log(c, NULL, &log);
	if (r == PH_OK) {
		c->rebuilt = c->rebuilt && log_size(log) > 0;
		r = witness_check(c);
	}
	if (r == PH_OK)
		r = recovery_run(c, &c->recovered);
	if (r == PH_OK)
		r = index_settle(c->index);
	if (r != PH_OK && c->failure.code == r)
		*f = c->failure;
	return failure_default(f, r, "completing what was begun before");
}

/*
 * What follows from entries (charters, grants, who may log in) is made again
 * where a crash came between.  Grants that cannot be made are due (grants.h).
 */
static int
open_primary(struct catalogue *c, struct failure *f)
{
	int r;

	r = policies_load(c, f);
	if (r == PH_OK)
		r = charters_issue_all(c);
	if (r == PH_OK)
		(void)!grants_refresh_all(c, NULL);
	return r == PH_OK ? invitation_write_keys(c) : r;
}

/* A marker that stayed behind in a crash is brought up to date. */
static int
open_site(struct catalogue *c)
{
	struct marks marks;
	int r;

	r = marks_get(c, &marks, &c->marks_disagreed);
	return r == PH_OK ? marks_raise(c) : r;
}

int
catalogue_open(const struct catalogue_config *config, struct catalogue **out,
    struct failure *f)
{
	struct catalogue *c;
	int r;

	f->code = PH_OK;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return failure_default(f, PH_ENOMEM, "opening the state");
	c->config = *config;
	c->find_kind = kinds_find;
	c->state_room = state_room;
	c->state_dir = c->lock = -1;
	r = open_state(c, f);
	if (r == PH_OK)
		r = open_keys(c, f);
	if (r == PH_OK)
		r = open_store(c, f);
	if (r == PH_OK)
		r = check_owner(c, f);
	if (r == PH_OK)
		r = open_trust(c, f);
	if (r == PH_OK)
		r = open_incarnation(c, f);
	if (r == PH_OK)
		r = open_ledger(c, f);
	if (r == PH_OK)
		r = catalogue_is_primary(c) ? open_primary(c, f) : open_site(c);
	if (r != PH_OK) {
		catalogue_close(c);
		(void)failure_default(f, r, "opening the state");
		if (r == PH_ENOSPC && f->next[0] == '\0')
			failure_next(f,
			    "free room on the file systems of %s "
			    "and %s; nothing is lost",
			    config->layout->state_dir,
			    config->layout->store_dir);
		return r;
	}
	*out = c;
	return PH_OK;
}

void
catalogue_close(struct catalogue *c)
{
	if (c == NULL)
		return;
	policy_free(c->policy);
	listings_free(c->listings);
	ledger_close(c);
	index_close(c->index);
	space_free(c->space);
	store_close(c->store);
	key_private_free(c->key);
	key_private_free(c->publisher);
	key_private_free(c->policy_key);
	file_abandon(c->config.files, c->lock);
	if (c->state_dir >= 0)
		(void)close(c->state_dir);
	free(c);
}

/* 1 when the private key of a role lies on this machine. */
static int
is_here(const struct catalogue *c, enum layout_item item)
{
	char path[LAYOUT_PATH_SIZE];

	layout_path(c->config.layout, item, path);
	return access(path, F_OK) == 0;
}

/* Where notices go. */
struct notices {
	struct catalogue *c;
	catalogue_line *line;
	void *cookie;
};

/* A version that is recorded and cannot be shown. */
static int
on_owed(void *cookie, const struct holding *h)
{
	struct notices *n = cookie;
	struct failure f;
	char text[sizeof(f.what) + sizeof(f.next) + 2];

	display_explain(n->c, h, &f);
	(void)snprintf(text, sizeof(text), "%s; %s", f.what, f.next);
	n->line(n->cookie, text);
	return PH_OK;
}

int
catalogue_check_index(struct catalogue *c, struct failure *f)
{
	int r;

	r = index_try(c->index);
	if (r == PH_OK)
		return PH_OK;
	(void)failure_set(f, r,
	    r == PH_EDIGEST ? "the index is damaged" :
			      "the index cannot be written: %s",
	    error_sentence(r));
	failure_where(f, "%s", c->config.layout->state_dir);
	failure_next(f, "%s",
	    r == PH_EDIGEST ?
		"start syncd again: it makes the index anew" :
		"see that the disk of state_dir is sound and has room; "
		"nothing is lost, and it is tried again by itself");
	return r;
}

int
catalogue_upkeep(struct catalogue *c)
{
	int r;

	r = display_retry_owed(c);
	if (r == PH_OK && c->marker_behind)
		r = marks_raise(c);
	if (r == PH_OK)
		r = repeats_prune(c);
	/* That they are due still is among the notices. */
	if (catalogue_is_primary(c))
		(void)!grants_refresh_touched(c);
	return r == PH_OK ? witness_upkeep(c) : r;
}

void
catalogue_notices(struct catalogue *c, catalogue_line *line, void *cookie)
{
	struct notices notices = { c, line, cookie };
	struct failure f;
	char text[sizeof(f.what) + sizeof(f.next) + 2];

	if (catalogue_check_index(c, &f) != PH_OK) {
		(void)snprintf(text, sizeof(text), "%s; %s", f.what, f.next);
		line(cookie, text);
	}
	/* One that cannot be read is told by whoever needs it. */
	(void)!display_each_owed(c, on_owed, &notices);
	witness_notices(c, line, cookie);
	if (grants_check(c, &f) != PH_OK) {
		(void)snprintf(text, sizeof(text), "%s; %s", f.what, f.next);
		line(cookie, text);
	}
	if (c->rebuilt)
		line(cookie,
		    "the index was missing or damaged and was made "
		    "anew at start");
	else if (c->recovered > 0) {
		(void)snprintf(text, sizeof(text),
		    "%u steps that were interrupted were completed at start",
		    c->recovered);
		line(cookie, text);
	}
	if (c->marks_disagreed)
		line(cookie,
		    "the three records of the newest grant seen disagreed at "
		    "start (was something restored from a backup?); the "
		    "highest counts");
	if (catalogue_is_primary(c) &&
	    (is_here(c, LAYOUT_KEY_AUTHORITY) ||
		is_here(c, LAYOUT_KEY_POLICY) ||
		is_here(c, LAYOUT_KEY_PUBLISHER)))
		line(cookie,
		    "the authority, policy or publisher key lies on this "
		    "machine: who takes over the primary can widen what "
		    "repositories hold");
}
