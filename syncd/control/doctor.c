/*
 * Looking at this machine.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/control.h"
#include "proto/errors.h"
#include "proto/rfc3339.h"
#include "syncd/catalogue/authority.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/registry.h"
#include "syncd/catalogue/reports.h"
#include "syncd/config/keypair.h"
#include "syncd/config/operators.h"
#include "syncd/config/probe.h"
#include "syncd/config/smallfile.h"
#include "syncd/config/units.h"
#include "syncd/control/snapshot.h"
#include "syncd/store/space.h"

#include "syncd/control/doctor.h"

/* The file of keys that sshd reads: a line for each repository. */
#define KEYS_MAX (64u << 20)

/* What the key line of every repository begins with. */
#define KEY_WORD "ssh-ed25519 "

/* Clocks that differ by less do no harm; a wrong time zone is more. */
#define CLOCK_TOLERANCE_S 1800

#define COUNT_SIZE 40u /* A number and a word. */
#define PID_MAX 32u

/* One more step. */
static struct doctor_step *
add(struct doctor *d, const char *step, enum doctor_outcome outcome)
{
	struct doctor_step *s;

	assert(d->count < DOCTOR_STEPS_MAX);
	s = &d->steps[d->count++];
	memset(s, 0, sizeof(*s));
	s->step = step;
	s->outcome = outcome;
	return s;
}

void
doctor_good(struct doctor *d, const char *step, const char *detail, ...)
{
	struct doctor_step *s;
	va_list ap;

	s = add(d, step, DOCTOR_GOOD);
	va_start(ap, detail);
	(void)vsnprintf(s->detail, sizeof(s->detail), detail, ap);
	va_end(ap);
}

void
doctor_none(struct doctor *d, const char *step, const char *detail, ...)
{
	struct doctor_step *s;
	va_list ap;

	s = add(d, step, DOCTOR_NONE);
	va_start(ap, detail);
	(void)vsnprintf(s->detail, sizeof(s->detail), detail, ap);
	va_end(ap);
}

void
doctor_bad(struct doctor *d, const char *step, const struct failure *f)
{
	struct doctor_step *s;

	s = add(d, step, DOCTOR_BAD);
	s->code = f->code;
	if (f->where[0] != '\0')
		(void)snprintf(s->detail, sizeof(s->detail), "%.200s: %.300s",
		    f->where, f->what);
	else
		(void)snprintf(s->detail, sizeof(s->detail), "%s", f->what);
	(void)snprintf(s->next, sizeof(s->next), "%s", f->next);
}

void
doctor_put(struct json_writer *w, const char *name, const struct doctor *d)
{
	const struct doctor_step *s;
	size_t i;

	json_open_array(w, name);
	for (i = 0; i < d->count; i++) {
		s = &d->steps[i];
		json_open_object(w, NULL);
		json_put_string(w, "step", s->step);
		if (s->outcome == DOCTOR_NONE)
			json_put_null(w, "ok");
		else
			json_put_bool(w, "ok", s->outcome == DOCTOR_GOOD);
		control_put_text(w, "detail", s->detail);
		control_put_text(w, "next", s->next);
		json_put_string_or_null(w, "code",
		    s->outcome == DOCTOR_BAD ? error_name(s->code) : NULL);
		json_close_object(w);
	}
	json_close_array(w);
}

/* A time for people; that of a broken clock is empty. */
static void
time_text(int64_t time, char out[RFC3339_SIZE])
{
	if (rfc3339_encode(time, out) != PH_OK)
		out[0] = '\0';
}

/* How much is granted: "1 version", "2 versions". */
static const char *
count_text(uint64_t n, char out[COUNT_SIZE])
{
	if (n == 0)
		return "nothing is granted";
	(void)snprintf(out, COUNT_SIZE, "%" PRIu64 " version%s", n,
	    n == 1 ? "" : "s");
	return out;
}

/* The file is what syncd would start with. */
static void
look_configuration(const struct control_context *context, struct doctor *d)
{
	struct configuration c;
	struct operators operators;
	struct failure f;

	if (configuration_read(context->config_path, &c, &f) == PH_OK &&
	    operators_find(&c, context->config_path, &operators, &f) == PH_OK)
		doctor_good(d, "configuration", "%s", context->config_path);
	else {
		if (f.next[0] == '\0')
			failure_next(&f,
			    "here: bring it back; syncd goes on with what it "
			    "read at its start");
		doctor_bad(d, "configuration", &f);
	}
}

/* Its file system is local, its mode right; it and its index can be written. */
static void
look_state(const struct control_context *context, struct doctor *d)
{
	const char *dir = context->layout->state_dir;
	struct failure f;

	if (probe_local(dir, &f) != PH_OK ||
	    probe_mode(dir, layout_mode(LAYOUT_STATE), &f) != PH_OK ||
	    probe_writable(dir, &f) != PH_OK ||
	    catalogue_check_index(context->engine->catalogue, &f) != PH_OK)
		doctor_bad(d, "state", &f);
	else
		doctor_good(d, "state", "%s is local and can be written", dir);
}

/* The newest time in a document that is in force here, and of what kind. */
static int64_t
newest_time(struct catalogue *c, const char **kind)
{
	const struct trust *trust;
	struct grant grant;
	int64_t time;

	trust = authority_trust(c);
	time = trust == NULL ? 0 : trust->time;
	*kind = "trust document";
	if (!catalogue_is_primary(c) && mandate_grant(c, &grant) == PH_OK &&
	    grant.time > time) {
		time = grant.time;
		*kind = "grant";
	}
	return time;
}

/* It is not before a moment that we know to have been. */
static void
look_clock(const struct control_context *context, struct doctor *d)
{
	const struct engine *engine = context->engine;
	char now_text[RFC3339_SIZE], text[RFC3339_SIZE];
	const char *kind;
	struct failure f;
	int64_t now, time;

	now = clock_wall(engine->clock);
	time = newest_time(engine->catalogue, &kind);
	time_text(now, now_text);
	if (time - now <= CLOCK_TOLERANCE_S) {
		doctor_good(d, "clock", "%s", now_text);
		return;
	}
	time_text(time, text);
	(void)failure_set(&f, PH_EOLDER,
	    "it is %s here, but the %s in force is of %s", now_text, kind,
	    text);
	failure_next(&f,
	    "set the clock of this machine; if it is right, that of the "
	    "primary is ahead");
	doctor_bad(d, "clock", &f);
}

/* It is there, ours, and there is room. */
static void
look_store(const struct control_context *context, struct doctor *d)
{
	struct catalogue *c = context->engine->catalogue;
	char text[UNITS_TEXT_SIZE];
	uint64_t bytes, inodes;
	struct failure f;
	int code;

	f.code = PH_OK;
	if (catalogue_check_store(c, &f) != PH_OK ||
	    probe_writable(context->layout->store_dir, &f) != PH_OK) {
		doctor_bad(d, "store", &f);
		doctor_none(d, "space", "the store cannot be used");
		return;
	}
	doctor_good(d, "store", "%s has its marker and can be written",
	    context->layout->store_dir);
	code = space_left(catalogue_space(c), &bytes, &inodes);
	if (code == PH_OK && (bytes == 0 || inodes == 0))
		code = PH_ENOSPC;
	if (code != PH_OK) {
		(void)failure_set(&f, code, "the store: %s",
		    error_sentence(code));
		failure_next(&f, "make room on the file system of %.200s",
		    context->layout->store_dir);
		doctor_bad(d, "space", &f);
		return;
	}
	units_size_text(bytes, text);
	doctor_good(d, "space", "%s free", text);
}

void
doctor_machine(const struct control_context *context, struct doctor *d)
{
	look_configuration(context, d);
	look_state(context, d);
	look_clock(context, d);
	look_store(context, d);
}

/*
 * The private keys that a primary needs at its daily work, as far as they
 * were not moved to another machine.
 */
static void
look_keys(const struct control_context *context, struct doctor *d)
{
	static const struct {
		enum layout_item item;
		const char *use;
	} keys[] = {
		{ LAYOUT_KEY_PUBLISHER, "publish" },
		{ LAYOUT_KEY_POLICY, "add or change repositories" },
	};
	char path[LAYOUT_PATH_SIZE];
	struct key_private *key;
	struct failure f;
	size_t i, nmissing;

	nmissing = 0;
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		layout_path(context->layout, keys[i].item, path);
		if (access(path, F_OK) != 0) {
			doctor_none(d, "keys",
			    "%s is elsewhere: syncd cannot %s without it", path,
			    keys[i].use);
			nmissing++;
			continue;
		}
		key = NULL;
		if (keypair_read(path, &key, &f) != PH_OK) {
			failure_next(&f,
			    "here: bring this key back; without it syncd "
			    "cannot %s",
			    keys[i].use);
			doctor_bad(d, "keys", &f);
			return;
		}
		key_private_free(key);
	}
	if (nmissing == 0)
		doctor_good(d, "keys", "publisher and policy are here");
}

/* Where repositories dial. */
static void
look_address(const struct configuration *conf, struct doctor *d)
{
	char address[ADDRESS_SIZE];
	struct failure f;

	if (conf->has_advertise) {
		address_encode(&conf->advertise_address, address);
		doctor_good(d, "address", "%s", address);
		return;
	}
	(void)failure_set(&f, PH_ECONFIG,
	    "the configuration does not say how this primary is reached");
	failure_next(&f,
	    "here: set \"advertise\" (address and host_key) in it and send "
	    "syncd SIGHUP; invitations need it");
	doctor_bad(d, "address", &f);
}

/* Compare two key lines, each perhaps with more behind it. */
static int
compare_lines(const void *a, const void *b)
{
	return strncmp(*(const char *const *)a, *(const char *const *)b,
	    KEY_LINE_SIZE - 1);
}

/* Where each key of a text begins, in the order of the keys. */
static int
find_keys(const char *text, const char ***out, size_t *nout)
{
	const char **keys, *at;
	size_t n;

	n = 0;
	for (at = text; (at = strstr(at, KEY_WORD)) != NULL; at++)
		n++;
	keys = calloc(n + 1, sizeof(*keys));
	if (keys == NULL)
		return PH_ENOMEM;
	n = 0;
	for (at = text; (at = strstr(at, KEY_WORD)) != NULL; at++)
		keys[n++] = at;
	qsort(keys, n, sizeof(*keys), compare_lines);
	*out = keys;
	*nout = n;
	return PH_OK;
}

/* Read a file of keys and find them; text holds it, where they point to. */
static int
read_keys(const char *path, struct buffer *text, const char ***out,
    size_t *nout, struct failure *f)
{
	int r;

	r = smallfile_read(path, KEYS_MAX, text, NULL, f);
	if (r != PH_OK)
		return r;
	if (buffer_text(text) == NULL)
		return failure_set(f, PH_ENOMEM, "out of memory");
	r = find_keys(buffer_text(text), out, nout);
	return failure_default(f, r, "%s", path);
}

/* Whether sshd lets in those it should: one, or all. */
static void
look_authorized(const struct control_context *context,
    const struct snapshot_records *records, const char *name, struct doctor *d)
{
	char path[LAYOUT_PATH_SIZE], line[KEY_LINE_SIZE];
	const char **keys, *wanted = line;
	const struct registration *record;
	struct buffer file;
	struct failure f;
	size_t i, n, nkeys;

	buffer_init(&file, KEYS_MAX);
	layout_path(context->layout, LAYOUT_AUTHORIZED_KEYS, path);
	n = nkeys = 0;
	keys = NULL;
	if (read_keys(path, &file, &keys, &nkeys, &f) != PH_OK) {
		doctor_bad(d, "authorized-keys", &f);
		goto out;
	}
	for (i = 0; i < records->count; i++) {
		record = &records->items[i];
		if (!record->has_key || record->removed ||
		    (name != NULL && strcmp(name, record->name) != 0))
			continue;
		key_line(&record->key, line);
		n++;
		if (bsearch(&wanted, keys, nkeys, sizeof(*keys),
			compare_lines) != NULL)
			continue;
		(void)failure_set(&f, PH_EKEY, "%.300s has no line for %s",
		    path, record->name);
		failure_next(&f, "restart syncd, which writes this file");
		doctor_bad(d, "authorized-keys", &f);
		goto out;
	}
	if (n == 0)
		doctor_none(d, "authorized-keys",
		    "no repository has a key yet");
	else
		doctor_good(d, "authorized-keys", "%zu %s in %s", n,
		    n == 1 ? "key" : "keys", path);
out:
	free(keys);
	buffer_fini(&file);
}

/* Our sshd runs, unless its configuration was taken away for another. */
static void
look_sshd(const struct control_context *context, struct doctor *d)
{
	char config[LAYOUT_PATH_SIZE], path[LAYOUT_PATH_SIZE];
	struct buffer file;
	struct failure f;
	const char *text;
	long pid;

	layout_path(context->layout, LAYOUT_SSHD_CONFIG, config);
	layout_path(context->layout, LAYOUT_SSHD_PID, path);
	if (access(config, F_OK) != 0) {
		doctor_none(d, "sshd", "%s is not there: another sshd is used",
		    config);
		return;
	}
	buffer_init(&file, PID_MAX);
	pid = 0;
	if (smallfile_read(path, PID_MAX, &file, NULL, &f) == PH_OK &&
	    (text = buffer_text(&file)) != NULL)
		pid = strtol(text, NULL, 10);
	buffer_fini(&file);
	/* It may be root's. */
	if (pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM)) {
		doctor_good(d, "sshd", "process %ld", pid);
		return;
	}
	(void)failure_set(&f, PH_ECONNECT,
	    "the sshd through which repositories come does not run");
	failure_next(&f, "start it: /usr/sbin/sshd -f %.400s", config);
	doctor_bad(d, "sshd", &f);
}

/* Its record lets it in. */
static int
look_record(const struct registration *record, struct doctor *d)
{
	struct failure f;

	if (record->removed) {
		(void)failure_set(&f, PH_EREMOVED,
		    "%s was removed: its key is refused", record->name);
		failure_next(&f,
		    "to have it back, add it under another name, with a new "
		    "key");
	} else if (!record->has_key) {
		(void)failure_set(&f, PH_EKEY, "the key of %s is not known",
		    record->name);
		failure_next(&f,
		    "at %s: \"syncctl key show\" prints it; here: \"syncctl "
		    "repo set %s --key LINE\"",
		    record->name, record->name);
	} else if (record->paused) {
		(void)failure_set(&f, PH_EPAUSED, "%s is paused", record->name);
		failure_next(&f, "here: \"syncctl repo resume %s\"",
		    record->name);
	} else {
		doctor_good(d, "record", "%s has a key and is let in",
		    record->name);
		return 1;
	}
	doctor_bad(d, "record", &f);
	return 0;
}

/* A clock there that is ahead makes receipts that come before they are. */
static void
look_receipt(const struct registration *record, const struct report *report,
    struct doctor *d)
{
	char there[RFC3339_SIZE], time[RFC3339_SIZE];
	struct failure f;

	time_text(report->received, time);
	if (report->time - report->received <= CLOCK_TOLERANCE_S) {
		doctor_good(d, "receipt", "number %" PRIu64 " of %s",
		    report->number, time);
		return;
	}
	time_text(report->time, there);
	(void)failure_set(&f, PH_EOLDER,
	    "receipt %" PRIu64 " came at %s and says that it is of %s",
	    report->number, time, there);
	failure_next(&f, "at %s: set the clock; if it is right, set ours",
	    record->name);
	doctor_bad(d, "receipt", &f);
}

/* What is granted to it, and when it last said what it holds. */
static void
look_dealings(struct catalogue *c, const struct registration *record,
    struct doctor *d)
{
	char count[COUNT_SIZE];
	struct report report;
	struct grant grant;
	struct failure f;
	int code;

	code = grants_get(c, &record->id, &grant, NULL);
	if (code == PH_OK) {
		doctor_good(d, "grant", "generation %" PRIu64 ", %s",
		    grant.order.generation, count_text(grant.items, count));
	} else {
		(void)failure_set(&f, code, "%s has no grant", record->name);
		failure_next(&f,
		    "here: apply a policy that names it (\"syncctl policy "
		    "apply FILE\")");
		doctor_bad(d, "grant", &f);
	}
	code = reports_get(c, &record->id, &report);
	if (code != PH_OK) {
		doctor_none(d, "receipt", "%s never said what it holds",
		    record->name);
		return;
	}
	look_receipt(record, &report, d);
}

void
doctor_primary(const struct control_context *context,
    const struct configuration *configuration, const char *name,
    struct doctor *d)
{
	struct catalogue *c = context->engine->catalogue;
	struct snapshot_records records;
	struct registration record;
	struct failure f;
	int code;

	look_keys(context, d);
	look_address(configuration, d);
	memset(&records, 0, sizeof(records));
	code = snapshot_records(c, &records);
	if (code == PH_OK && name != NULL)
		code = registry_get(c, name, &record);
	look_sshd(context, d);
	if (code == PH_OK && name == NULL) {
		look_authorized(context, &records, NULL, d);
	} else if (code == PH_OK) {
		if (look_record(&record, d)) {
			look_authorized(context, &records, record.name, d);
			look_dealings(c, &record, d);
		} else {
			doctor_none(d, "authorized-keys", "not reached");
			doctor_none(d, "grant", "not reached");
			doctor_none(d, "receipt", "not reached");
		}
	} else {
		(void)failure_set(&f, code, "the records: %s",
		    error_sentence(code));
		doctor_bad(d, "record", &f);
	}
	snapshot_records_fini(&records);
}

/* What to do about a grant that is missing or does not count. */
static void
advise_grant(int code, int has_upstream, struct failure *f)
{
	switch (code) {
	case PH_EABSENT:
		(void)failure_set(f, code, "no grant has come here yet");
		failure_next(f,
		    "at the primary: is this repository added, with the key "
		    "that \"syncctl key show\" prints here, and does a policy "
		    "name it?  Then, here: %s",
		    has_upstream ? "\"syncctl sync\"" :
				   "name an upstream in the configuration");
		break;
	case PH_EEXPIRED:
		(void)failure_set(f, code, "the grant has expired");
		failure_next(f, "%s",
		    has_upstream ?
			"here: \"syncctl sync\", by which the primary renews "
			"it; is this clock ahead?" :
			"let the primary renew it; is this clock ahead?");
		break;
	case PH_EREMOVED:
		(void)failure_set(f, code,
		    "this repository was removed at the primary");
		failure_next(f,
		    "at the primary: add it under another name; here: make it "
		    "anew with \"syncctl init site\"");
		break;
	default:
		(void)failure_set(f, code, "%s", error_sentence(code));
		failure_next(f, "see the log of syncd here");
	}
}

void
doctor_grant(const struct control_context *context, int has_upstream,
    struct doctor *d)
{
	struct catalogue *c = context->engine->catalogue;
	char count[COUNT_SIZE], time[RFC3339_SIZE];
	struct grant grant;
	struct failure f;
	int code;

	code = mandate_check(c);
	if (code == PH_OK)
		code = mandate_grant(c, &grant);
	if (code != PH_OK) {
		advise_grant(code, has_upstream, &f);
		doctor_bad(d, "grant", &f);
		return;
	}
	if (grant.expires != 0)
		time_text(grant.expires, time);
	else
		(void)snprintf(time, sizeof(time), "never");
	doctor_good(d, "grant", "generation %" PRIu64 ", %s, expires %s",
	    grant.order.generation, count_text(grant.items, count), time);
}
