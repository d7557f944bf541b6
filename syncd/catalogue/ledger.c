/*
 * Append, then apply.  Which function applies an entry of a kind is said by
 * the table that the catalogue was opened with (kinds.h).
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/errors.h"
#include "syncd/audit/entry.h"
#include "syncd/catalogue/rows.h"

#include "syncd/catalogue/ledger.h"

/* The file of a log, without its ending. */
static void
log_file_name(const struct catalogue *c, const struct digest *about,
    char out[DIGEST_HEX_SIZE])
{
	if (!digest_is_zero(about))
		digest_hex(about, out);
	else
		(void)strcpy(out, catalogue_is_primary(c) ? "main" : "local");
}

/* The key of the number that says how far a log is applied. */
static void
applied_key(const struct catalogue *c, const struct digest *about,
    char out[DIGEST_HEX_SIZE + 8])
{
	char name[DIGEST_HEX_SIZE];

	log_file_name(c, about, name);
	(void)snprintf(out, DIGEST_HEX_SIZE + 8, "applied/%s", name);
}

/* Open a log file below log/. */
static int
open_log(struct catalogue *c, const struct digest *about, struct log **out)
{
	char name[DIGEST_HEX_SIZE];
	int dir, r;

	dir = -1;
	log_file_name(c, about, name);
	r = file_open(c->config.files, c->state_dir, layout_name(LAYOUT_LOG),
	    O_RDONLY | O_DIRECTORY, 0, &dir);
	if (r == PH_OK)
		r = log_open(c->config.files, dir, name, 1, out, &c->failure);
	file_abandon(c->config.files, dir);
	return r;
}

int
ledger_log(struct catalogue *c, const struct digest *about, struct log **out)
{
	struct open_log *slot, *oldest;
	struct digest own;
	size_t i;
	int r;

	memset(&own, 0, sizeof(own));
	if (about == NULL || digest_is_zero(about)) {
		r = c->log == NULL ? open_log(c, &own, &c->log) : PH_OK;
		*out = c->log;
		return r;
	}
	c->log_clock++;
	oldest = &c->logs[0];
	for (i = 0; i < OPEN_LOGS_MAX; i++) {
		slot = &c->logs[i];
		if (slot->log != NULL &&
		    digest_compare(&slot->id, about) == 0) {
			slot->used = c->log_clock;
			*out = slot->log;
			return PH_OK;
		}
		if (slot->used < oldest->used)
			oldest = slot;
	}
	log_close(oldest->log);
	memset(oldest, 0, sizeof(*oldest));
	r = open_log(c, about, &oldest->log);
	if (r == PH_OK) {
		oldest->id = *about;
		oldest->used = c->log_clock;
		*out = oldest->log;
	}
	return r;
}

/* Close one log, so that the next use opens and checks it again. */
static void
close_log(struct catalogue *c, const struct digest *about)
{
	size_t i;

	if (digest_is_zero(about)) {
		log_close(c->log);
		c->log = NULL;
		return;
	}
	for (i = 0; i < OPEN_LOGS_MAX; i++) {
		if (c->logs[i].log != NULL &&
		    digest_compare(&c->logs[i].id, about) == 0) {
			log_close(c->logs[i].log);
			memset(&c->logs[i], 0, sizeof(c->logs[i]));
		}
	}
}

void
ledger_close(struct catalogue *c)
{
	size_t i;

	log_close(c->log);
	c->log = NULL;
	for (i = 0; i < OPEN_LOGS_MAX; i++) {
		log_close(c->logs[i].log);
		memset(&c->logs[i], 0, sizeof(c->logs[i]));
	}
}

/* Pass over the members that entry_decode() has read. */
static void
skip_common(struct json_object *o)
{
	const char *text;
	uint64_t seq;

	json_get_u64(o, "seq", 0, &seq);
	json_get_string(o, "time", &text, NULL);
	json_get_string(o, "kind", &text, NULL);
	json_get_string(o, "actor", &text, NULL);
	json_get_string(o, "random", &text, NULL);
}

/* Apply the body of one entry within a transaction. */
static int
apply_body(struct catalogue *c, const struct digest *about, const void *body,
    size_t len, struct index_txn *txn)
{
	struct ledger_event event;
	struct json_object o;
	struct entry entry;
	const struct ledger_kind *kind;
	struct json *tree;
	int r;

	tree = NULL;
	r = entry_decode(body, len, &entry);
	if (r != PH_OK)
		return r;
	kind = c->find_kind(entry.kind);
	if (kind == NULL) {
		return failure_set(&c->failure, PH_EVERSION,
		    "the log has an entry of the unknown kind \"%s\"",
		    entry.kind);
	}
	r = json_parse(body, len, PH_LOG_ENTRY_MAX, &tree);
	if (r != PH_OK)
		return r;
	json_root(tree, &o);
	skip_common(&o);
	event.about = *about;
	event.seq = entry.seq;
	event.time = entry.time;
	event.kind = entry.kind;
	event.o = &o;
	event.txn = txn;
	r = kind->apply(c, &event);
	if (r == PH_OK && json_error(tree) != PH_OK)
		r = PH_ELOG;
	json_free(tree);
	return r;
}

/* Apply one entry in a transaction of its own. */
static int
apply_in_txn(struct catalogue *c, const struct digest *about, uint64_t seq,
    const void *body, size_t len)
{
	char key[DIGEST_HEX_SIZE + 8];
	struct index_txn *txn;
	int r;

	applied_key(c, about, key);
	r = index_begin(c->index, INDEX_WRITE, &txn);
	if (r != PH_OK)
		return r;
	r = apply_body(c, about, body, len, txn);
	if (r == PH_OK)
		r = rows_number_put(txn, key, seq + 1);
	if (r != PH_OK) {
		index_abort(txn);
		return r;
	}
	return index_commit(txn);
}

/* Apply one entry, or say which one it is that cannot be applied. */
static int
apply_one(struct catalogue *c, const struct digest *about, uint64_t seq,
    const void *body, size_t len)
{
	char name[DIGEST_HEX_SIZE];
	int r;

	c->failure.code = PH_OK;
	r = apply_in_txn(c, about, seq, body, len);
	if (r == PH_OK || c->failure.code == r)
		return r;
	log_file_name(c, about, name);
	(void)failure_set(&c->failure, r,
	    "entry %" PRIu64 " of the log %s cannot be applied: %s", seq, name,
	    error_sentence(r));
	failure_next(&c->failure,
	    r == PH_ENOSPC ?
		"free room on the file systems of state_dir and store_dir" :
		"see that state_dir and store_dir are sound and can be "
		"written; nothing is lost");
	return r;
}

/* How far a log is applied. */
static int
get_applied(struct catalogue *c, const struct digest *about, uint64_t *out)
{
	char key[DIGEST_HEX_SIZE + 8];
	struct index_txn *txn;
	int r;

	*out = 0;
	applied_key(c, about, key);
	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = rows_number_get(txn, key, out);
	index_abort(txn);
	return r == PH_EABSENT ? PH_OK : r;
}

int
ledger_rewind(struct catalogue *c, struct index_txn *txn,
    const struct digest *about)
{
	char key[DIGEST_HEX_SIZE + 8];

	applied_key(c, about, key);
	return rows_number_put(txn, key, 0);
}

/* Apply what a log has beyond what was applied. */
static int
catch_up(struct catalogue *c, const struct digest *about,
    unsigned int *napplied)
{
	struct buffer body;
	struct log *log;
	uint64_t applied;
	int r;

	buffer_init(&body, PH_LOG_ENTRY_MAX);
	r = ledger_log(c, about, &log);
	if (r == PH_OK)
		r = get_applied(c, about, &applied);
	if (r == PH_OK && applied > log_size(log)) {
		/* The index knows of entries that are gone. */
		r = failure_set(&c->failure, PH_ELOG,
		    "a log is shorter than it was");
		failure_next(&c->failure,
		    "if state_dir was restored from a backup, remove its "
		    "index/ and start again");
	}
	while (r == PH_OK && applied < log_size(log)) {
		buffer_reset(&body);
		r = log_read(log, applied, &body);
		if (r == PH_OK)
			r = apply_one(c, about, applied, body.data, body.len);
		applied++;
		if (r == PH_OK && napplied != NULL)
			(*napplied)++;
	}
	buffer_fini(&body);
	return r;
}

int
ledger_check_room(struct catalogue *c, const char *kind, struct failure *f)
{
	const struct ledger_kind *k;
	uint64_t bytes, inodes, needed;
	int r;

	k = c->find_kind(kind);
	if (k == NULL || k->reserve == 0)
		return PH_OK;
	r = c->state_room(c, &bytes, &inodes);
	needed = k->reserve / LEDGER_BYTES_PER_INODE;
	if (r != PH_OK || (bytes >= k->reserve && inodes >= needed))
		return r;
	r = failure_set(f, PH_ENOSPC,
	    "the file system of state_dir has %" PRIu64 " KiB and %" PRIu64
	    " inodes left; %" PRIu64 " MiB and %" PRIu64
	    " are kept for withdrawals and what operators order",
	    bytes >> 10, inodes, k->reserve >> 20, needed);
	failure_next(f, "free room there");
	return r;
}

int
ledger_begin(struct catalogue *c, const struct digest *about, const char *kind,
    const char *actor, struct ledger_entry *e)
{
	int r;

	memset(e, 0, sizeof(*e));
	buffer_init(&e->body, PH_LOG_ENTRY_MAX);
	if (about != NULL)
		e->about = *about;
	r = ledger_check_room(c, kind, &c->failure);
	if (r == PH_OK)
		r = catch_up(c, &e->about, NULL);
	if (r == PH_OK)
		r = ledger_log(c, &e->about, &e->log);
	if (r == PH_OK)
		entry_begin(&e->w, &e->body, log_size(e->log),
		    clock_wall(c->config.clock), kind, actor, c->config.random);
	return r;
}

int
ledger_commit(struct catalogue *c, struct ledger_entry *e, int *appended)
{
	uint64_t seq;
	int r;

	if (appended != NULL)
		*appended = 0;
	seq = log_size(e->log);
	r = entry_end(&e->w);
	if (r == PH_OK)
		r = log_append(e->log, e->body.data, e->body.len);
	if (r == PH_OK) {
		if (appended != NULL)
			*appended = 1;
		r = apply_one(c, &e->about, seq, e->body.data, e->body.len);
	} else if (r == PH_EIO) {
		/* Whether it was added is known when it is opened again. */
		close_log(c, &e->about);
	}
	if (r != PH_OK)
		c->behind = 1;
	buffer_fini(&e->body);
	return r;
}

void
ledger_abort(struct ledger_entry *e)
{
	buffer_fini(&e->body);
}

/* What ledger_replay() hands through file_list(). */
struct replay {
	struct catalogue *c;
	unsigned int napplied;
};

/* One file of log/: the log about a repository, if it is named like one. */
static int
on_log_file(void *cookie, const char *name)
{
	char hex[DIGEST_HEX_SIZE];
	struct digest about;
	struct replay *replay;
	size_t len;

	replay = cookie;
	len = strlen(name);
	if (len != sizeof(hex) - 1 + 4 || strcmp(name + len - 4, ".log") != 0)
		return PH_OK;
	memcpy(hex, name, sizeof(hex) - 1);
	hex[sizeof(hex) - 1] = '\0';
	if (digest_from_hex(hex, &about) != PH_OK)
		return PH_OK;
	return catch_up(replay->c, &about, &replay->napplied);
}

int
ledger_replay(struct catalogue *c, unsigned int *napplied)
{
	struct replay replay;
	struct digest own;
	int r;

	replay.c = c;
	replay.napplied = 0;
	memset(&own, 0, sizeof(own));
	r = catch_up(c, &own, &replay.napplied);
	/* Repositories first: what is about them refers to them. */
	if (r == PH_OK)
		r = file_list(c->config.files, c->state_dir,
		    layout_name(LAYOUT_LOG), on_log_file, &replay);
	*napplied = replay.napplied;
	if (r == PH_OK)
		c->behind = 0;
	return r;
}

int
ledger_settle(struct catalogue *c)
{
	unsigned int napplied;

	return c->behind ? ledger_replay(c, &napplied) : PH_OK;
}
