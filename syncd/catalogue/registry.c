/*
 * Records of repositories.  The log has the whole record at each change;
 * the index has the last one, and who goes by which id and key.
 */
#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "proto/charter.h"
#include "proto/errors.h"
#include "proto/name.h"
#include "proto/text.h"
#include "syncd/catalogue/charters.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/invitation.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/index/cursor.h"

#include "syncd/catalogue/registry.h"

#define RECORD_MAX 8192u

/* Names that differ only in case are one. */
static void
fold(const char *name, char out[PH_NAME_MAX + 1])
{
	size_t i;

	for (i = 0; name[i] != '\0' && i < PH_NAME_MAX; i++)
		out[i] = (char)tolower((unsigned char)name[i]);
	out[i] = '\0';
}

/* Decode the row of a record. */
static int
decode_record(const struct index_bytes *value, struct registration *out)
{
	struct json_object o;
	struct json *tree;
	int r;

	r = json_parse(value->data, value->len, RECORD_MAX, &tree);
	if (r != PH_OK)
		return PH_EDIGEST;
	json_root(tree, &o);
	registration_decode(&o, out);
	r = json_error(tree) == PH_OK ? PH_OK : PH_EDIGEST;
	json_free(tree);
	return r;
}

static int
get_record(struct index_txn *txn, const void *folded, size_t len,
    struct registration *out)
{
	struct index_bytes value;
	int r;

	r = index_get(txn, INDEX_REPOSITORIES, folded, len, &value);
	if (r == PH_EABSENT)
		return PH_EUNKNOWN;
	return r == PH_OK ? decode_record(&value, out) : r;
}

/* The record of the name that a row of another table leads to. */
static int
get_through(struct catalogue *c, enum index_table table,
    const struct digest *key, struct registration *out)
{
	struct index_bytes folded;
	struct index_txn *txn;
	int r;

	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = index_get(txn, table, key->bytes, DIGEST_SIZE, &folded);
	if (r == PH_EABSENT)
		r = PH_EUNKNOWN;
	if (r == PH_OK)
		r = get_record(txn, folded.data, folded.len, out);
	index_abort(txn);
	return r;
}

int
registry_get(struct catalogue *c, const char *name, struct registration *out)
{
	char folded[PH_NAME_MAX + 1];
	struct index_txn *txn;
	int r;

	if (!name_valid(name))
		return PH_EUNKNOWN;
	fold(name, folded);
	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = get_record(txn, folded, strlen(folded), out);
	index_abort(txn);
	return r;
}

int
registry_get_id(struct catalogue *c, const struct digest *id,
    struct registration *out)
{
	return get_through(c, INDEX_NAMES, id, out);
}

int
registry_get_key(struct catalogue *c, const struct digest *key_id,
    struct registration *out)
{
	return get_through(c, INDEX_KEYS, key_id, out);
}

int
registry_each(struct catalogue *c, registry_entry *each, void *cookie)
{
	struct index_bytes key, value;
	struct index_cursor *cursor;
	char last[PH_NAME_MAX + 2];
	struct registration record;
	struct index_txn *txn;
	size_t last_len;
	int r;

	/*
	 * One transaction for each record: the callee may write, and nobody
	 * may begin to write while holding a reading transaction.
	 */
	last_len = 0;
	for (;;) {
		r = index_begin(c->index, INDEX_READ, &txn);
		if (r != PH_OK)
			return r;
		r = index_cursor_open(txn, INDEX_REPOSITORIES, NULL, 0,
		    &cursor);
		if (r == PH_OK) {
			if (last_len > 0)
				index_cursor_seek(cursor, last, last_len);
			r = index_cursor_next(cursor, &key, &value);
			if (r == PH_OK && key.len >= sizeof(last) - 1)
				r = PH_EDIGEST;
			if (r == PH_OK) {
				memcpy(last, key.data, key.len);
				/* The next key is behind this one. */
				last[key.len] = '\0';
				last_len = key.len + 1;
				r = decode_record(&value, &record);
			}
			index_cursor_close(cursor);
		}
		index_abort(txn);
		if (r == PH_EABSENT)
			return PH_OK;
		if (r == PH_OK)
			r = each(cookie, &record);
		if (r != PH_OK)
			return r;
	}
}

int
registry_apply(struct catalogue *c, const struct ledger_event *e)
{
	char folded[PH_NAME_MAX + 1];
	struct registration record;
	struct json_object o;
	struct json_writer w;
	struct buffer bytes;
	struct digest key;
	const char *action;
	int r;

	(void)c;
	json_get_string(e->o, "action", &action, NULL);
	json_get_object(e->o, "record", &o);
	registration_decode(&o, &record);
	if (json_error(e->o->tree) != PH_OK)
		return PH_ELOG;
	buffer_init(&bytes, RECORD_MAX);
	json_writer_init(&w, &bytes);
	registration_encode(&record, &w, NULL);
	r = json_writer_end(&w);
	fold(record.name, folded);
	if (r == PH_OK)
		r = index_put(e->txn, INDEX_REPOSITORIES, folded,
		    strlen(folded), bytes.data, bytes.len);
	if (r == PH_OK && record.has_key)
		r = index_put(e->txn, INDEX_NAMES, record.id.bytes, DIGEST_SIZE,
		    folded, strlen(folded));
	if (r == PH_OK && record.has_key) {
		key_id(&record.key, &key);
		r = index_put(e->txn, INDEX_KEYS, key.bytes, DIGEST_SIZE,
		    folded, strlen(folded));
	}
	buffer_fini(&bytes);
	return r;
}

/* Refuse what could be written into the log and not read from it again. */
static int
check_words(const struct registration *record, struct failure *f)
{
	int r;

	r = PH_OK;
	if (record->reasons == 0 || record->reasons >= 1u << CHARTER_NREASONS) {
		r = failure_set(f, PH_EUSAGE,
		    "a repository has a reason to exist, at least one");
		failure_next(f,
		    "coverage, separation, isolated-network, low-bandwidth, "
		    "capacity or fault-tolerance");
	} else if (record->contact[0] != '\0' &&
	    !text_valid(record->contact, PH_TEXT_MAX)) {
		r = failure_set(f, PH_EUSAGE,
		    "the contact is not a line of text");
		failure_next(f, "leave control characters out");
	}
	return r;
}

/* Enter a record into the log, and from there into the index. */
static int
commit_record(struct catalogue *c, const char *actor, const char *action,
    const struct registration *record)
{
	struct ledger_entry e;
	int r;

	r = ledger_begin(c, NULL, "repository", actor, &e);
	if (r != PH_OK) {
		ledger_abort(&e);
		return r;
	}
	json_put_string(&e.w, "action", action);
	registration_encode(record, &e.w, "record");
	return ledger_commit(c, &e, NULL);
}

/* 1 for a key of this primary itself, or of its sshd. */
static int
is_own_key(const struct catalogue *c, const struct key_public *key)
{
	const struct configuration *conf = c->config.configuration;
	struct digest id;

	key_id(key, &id);
	return digest_compare(&id, &c->id) == 0 ||
	    trust_role_has(&c->trust, TRUST_PRIMARY, key) ||
	    trust_role_has(&c->trust, TRUST_PUBLISHER, key) ||
	    trust_role_has(&c->trust, TRUST_POLICY, key) ||
	    trust_role_has(&c->trust, TRUST_AUTHORITY, key) ||
	    (conf->has_advertise && key_equal(&conf->advertise_host_key, key));
}

/* Refuse a key that any repository, or the primary itself, goes by. */
static int
check_key_free(struct catalogue *c, const struct key_public *key,
    struct failure *f)
{
	struct registration other;
	struct digest id;
	int r;

	key_id(key, &id);
	if (is_own_key(c, key)) {
		r = failure_set(f, PH_ETAKEN,
		    "the key is one of this primary's own");
		failure_next(f,
		    "give the key that \"syncctl key show "
		    "repository\" prints at the new repository");
		return r;
	}
	r = registry_get_key(c, &id, &other);
	if (r == PH_EUNKNOWN)
		return PH_OK;
	if (r != PH_OK)
		return r;
	r = failure_set(f, PH_ETAKEN, "the key is in use by %s%s",
	    other.removed ? "the removed repository " : "", other.name);
	failure_next(f,
	    "every repository has a key of its own: make a new "
	    "one with \"syncctl init site\" there");
	return r;
}

/* Bind a repository to its first key. */
static void
bind_key(struct registration *record, const struct key_public *key)
{
	record->has_key = 1;
	record->key = *key;
	key_id(key, &record->id);
}

/* What follows a change: charter, grant, and who may log in. */
static int
issue(struct catalogue *c, const char *actor, const struct registration *record)
{
	int due, r;

	due = r = PH_OK;
	if (record->has_key)
		r = charters_issue(c, actor, record);
	/* It may come before its grant is made. */
	if (r == PH_OK && record->has_key && !record->removed)
		due = grants_refresh_one(c, record);
	if (r == PH_OK)
		r = invitation_write_keys(c);
	return r == PH_OK ? due : r;
}

/* Refuse what is no name, or that of another repository or the primary. */
static int
check_name_free(struct catalogue *c, const char *name, struct failure *f)
{
	struct registration other;
	int r;

	if (!name_valid(name)) {
		r = failure_set(f, PH_ENAME,
		    "\"%.200s\" is not a name for a repository", name);
		failure_next(f,
		    "use 1 to 127 of A-Z a-z 0-9 . _ + -, "
		    "beginning with a letter or digit");
		return r;
	}
	if (name_equal_folded(name, c->config.configuration->name)) {
		r = failure_set(f, PH_ETAKEN, "%s is this primary's own name",
		    c->config.configuration->name);
		failure_next(f, "choose another name");
		return r;
	}
	r = registry_get(c, name, &other);
	if (r == PH_OK) {
		r = failure_set(f, PH_ETAKEN, "there is %s repository %s",
		    other.removed ? "a removed" : "already a", other.name);
		failure_next(f, "choose another name%s",
		    other.removed ? "; names are never used twice" :
				    ", or change it with \"syncctl repo set\"");
		return r;
	}
	return r == PH_EUNKNOWN ? PH_OK : r;
}

int
registry_add(struct catalogue *c, const char *actor,
    const struct registration *spec, struct failure *f)
{
	struct registration record;
	int r;

	f->code = PH_OK;
	r = check_name_free(c, spec->name, f);
	if (r != PH_OK)
		return r;
	record = *spec;
	memset(&record.id, 0, sizeof(record.id));
	record.paused = 0;
	record.removed = 0;
	record.added = clock_wall(c->config.clock);
	if (spec->has_key) {
		r = check_key_free(c, &spec->key, f);
		if (r != PH_OK)
			return r;
		bind_key(&record, &spec->key);
	}
	r = check_words(&record, f);
	if (r == PH_OK)
		r = commit_record(c, actor, "add", &record);
	if (r == PH_OK)
		r = issue(c, actor, &record);
	return failure_default(f, r, "adding %s", spec->name);
}

/* The word for a change in the log. */
static const char *
action_of(unsigned int members, const struct registration *spec)
{
	if (members & REGISTRY_REMOVED)
		return "remove";
	if (members & REGISTRY_PAUSED)
		return spec->paused ? "pause" : "resume";
	return "set";
}

int
registry_set(struct catalogue *c, const char *actor,
    const struct registration *spec, unsigned int members, struct failure *f)
{
	struct registration record;
	int r;

	f->code = PH_OK;
	r = registry_get(c, spec->name, &record);
	if (r == PH_EUNKNOWN) {
		r = failure_set(f, r, "there is no repository %s", spec->name);
		failure_next(f, "\"syncctl repo ls\" lists them");
		return r;
	}
	if (r == PH_OK && record.removed) {
		r = failure_set(f, PH_EREMOVED, "the repository %s was removed",
		    record.name);
		failure_next(f,
		    "add it again under another name, with a "
		    "new key");
	}
	if (r != PH_OK)
		return r;
	if (members & REGISTRY_KEY && record.has_key &&
	    !key_equal(&record.key, &spec->key)) {
		r = failure_set(f, PH_ETAKEN, "%s has another key",
		    record.name);
		failure_next(f,
		    "a repository keeps its key; remove it and "
		    "add the new one under another name");
		return r;
	}
	if (members & REGISTRY_KEY && !record.has_key) {
		r = check_key_free(c, &spec->key, f);
		if (r != PH_OK)
			return r;
		bind_key(&record, &spec->key);
	}
	if (members & REGISTRY_REASONS)
		record.reasons = spec->reasons;
	if (members & REGISTRY_CONTACT)
		memcpy(record.contact, spec->contact, sizeof(record.contact));
	if (members & REGISTRY_CLIENTS)
		record.clients = spec->clients;
	if (members & REGISTRY_RATE)
		record.rate = spec->rate;
	if (members & REGISTRY_PAUSED)
		record.paused = spec->paused;
	if (members & REGISTRY_REMOVED)
		record.removed = 1;
	r = check_words(&record, f);
	if (r == PH_OK)
		r = commit_record(c, actor, action_of(members, spec), &record);
	/* The charter says key, reasons and whether it is revoked. */
	if (r == PH_OK &&
	    members & (REGISTRY_KEY | REGISTRY_REASONS | REGISTRY_REMOVED))
		r = issue(c, actor, &record);
	return failure_default(f, r, "changing %s", spec->name);
}
