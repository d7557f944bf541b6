/*
 * Looking at this machine.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
	else
		doctor_bad(d, "configuration", &f);
}

/* Its file system is local, its mode right, and it can be written. */
static void
look_state(const struct control_context *context, struct doctor *d)
{
	const char *dir = context->layout->state_dir;
	struct failure f;

	if (probe_local(dir, &f) != PH_OK ||
	    probe_mode(dir, layout_mode(LAYOUT_STATE), &f) != PH_OK ||
	    probe_writable(dir, &f) != PH_OK)
		doctor_bad(d, "state", &f);
	else
		doctor_good(d, "state", "%s is local and can be written", dir);
}

/* It is not before a moment that we know to have been. */
static void
look_clock(const struct control_context *context, struct doctor *d)
{
	const struct engine *engine = context->engine;
	char now[RFC3339_SIZE], then[RFC3339_SIZE];
	const struct trust *trust;
	struct failure f;
	int64_t time;

	time = clock_wall(engine->clock);
	trust = authority_trust(engine->catalogue);
	time_text(time, now);
	if (trust == NULL || time >= trust->time) {
		doctor_good(d, "clock", "%s", now);
		return;
	}
	time_text(trust->time, then);
	(void)failure_set(&f, PH_EEXPIRED,
	    "it is %s here, before the trust document of %s", now, then);
	failure_next(&f, "set the clock of this machine");
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

/* The private keys that a primary needs at its daily work. */
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
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		layout_path(context->layout, keys[i].item, path);
		key = NULL;
		if (keypair_read(path, &key, &f) != PH_OK) {
			failure_next(&f,
			    "without this key syncd cannot %s: bring it back",
			    keys[i].use);
			doctor_bad(d, "keys", &f);
			return;
		}
		key_private_free(key);
	}
	doctor_good(d, "keys", "primary, publisher and policy");
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
	    "set \"advertise\" (address and host_key) and reload syncd");
	doctor_bad(d, "address", &f);
}

/* Whether sshd lets in those it should: one, or all. */
static void
look_authorized(const struct control_context *context,
    const struct snapshot_records *records, const char *name, struct doctor *d)
{
	char path[LAYOUT_PATH_SIZE], line[KEY_LINE_SIZE];
	const struct registration *record;
	struct buffer file;
	struct failure f;
	const char *text;
	size_t i, n;

	buffer_init(&file, KEYS_MAX);
	layout_path(context->layout, LAYOUT_AUTHORIZED_KEYS, path);
	n = 0;
	if (smallfile_read(path, KEYS_MAX, &file, NULL, &f) != PH_OK ||
	    (text = buffer_text(&file)) == NULL) {
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
		if (strstr(text, line) != NULL)
			continue;
		(void)failure_set(&f, PH_EKEY, "%.300s has no line for %s",
		    path, record->name);
		failure_next(&f, "restart syncd, which writes this file");
		doctor_bad(d, "authorized-keys", &f);
		goto out;
	}
	doctor_good(d, "authorized-keys", "%zu keys in %s", n, path);
out:
	buffer_fini(&file);
}

/* Its record lets it in. */
static void
look_record(const struct registration *record, struct doctor *d)
{
	struct failure f;

	if (!record->has_key) {
		(void)failure_set(&f, PH_EKEY, "the key of %s is not known",
		    record->name);
		failure_next(&f,
		    "\"syncctl key show\" prints it at the repository; give "
		    "it with \"syncctl repo set %s --key LINE\"",
		    record->name);
	} else if (record->removed) {
		(void)failure_set(&f, PH_EREMOVED, "%s was removed",
		    record->name);
		failure_next(&f, "add it again under another name");
	} else if (record->paused) {
		(void)failure_set(&f, PH_EPAUSED, "%s is paused", record->name);
		failure_next(&f, "\"syncctl repo resume %s\"", record->name);
	} else {
		doctor_good(d, "record", "%s", record->name);
		return;
	}
	doctor_bad(d, "record", &f);
}

/* What is granted to it, and when it last said what it holds. */
static void
look_dealings(struct catalogue *c, const struct registration *record,
    struct doctor *d)
{
	char time[RFC3339_SIZE];
	struct report report;
	struct grant grant;
	struct failure f;
	int code;

	code = grants_get(c, &record->id, &grant, NULL);
	if (code == PH_OK) {
		doctor_good(d, "grant",
		    "generation %" PRIu64 ", %" PRIu64 " versions",
		    grant.order.generation, grant.items);
	} else {
		(void)failure_set(&f, code, "%s has no grant", record->name);
		failure_next(&f, "apply a policy that names it");
		doctor_bad(d, "grant", &f);
	}
	code = reports_get(c, &record->id, &report);
	if (code != PH_OK) {
		doctor_none(d, "receipt", "%s never said what it holds",
		    record->name);
		return;
	}
	time_text(report.received, time);
	doctor_good(d, "receipt", "number %" PRIu64 " of %s", report.number,
	    time);
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
	if (code == PH_OK) {
		look_authorized(context, &records,
		    name == NULL ? NULL : record.name, d);
		if (name != NULL)
			look_record(&record, d);
		if (name != NULL && record.has_key)
			look_dealings(c, &record, d);
	} else {
		(void)failure_set(&f, code, "the records: %s",
		    error_sentence(code));
		doctor_bad(d, "record", &f);
	}
	snapshot_records_fini(&records);
}

void
doctor_grant(const struct control_context *context, struct doctor *d)
{
	struct catalogue *c = context->engine->catalogue;
	char time[RFC3339_SIZE];
	struct grant grant;
	struct failure f;
	int code;

	code = mandate_check(c);
	if (code == PH_OK)
		code = mandate_grant(c, &grant);
	if (code == PH_EABSENT) {
		(void)failure_set(&f, code, "no grant has come here yet");
		failure_next(&f,
		    "at the primary: is this repository added, and is a "
		    "policy applied?  Here: \"syncctl sync\"");
	} else if (code == PH_EEXPIRED) {
		(void)failure_set(&f, code, "the grant has expired");
		failure_next(&f, "reach the primary, which renews it");
	} else if (code != PH_OK) {
		(void)failure_set(&f, code, "%s", error_sentence(code));
		failure_next(&f, "ask at the primary");
	}
	if (code != PH_OK) {
		doctor_bad(d, "grant", &f);
		return;
	}
	if (grant.expires != 0)
		time_text(grant.expires, time);
	else
		(void)snprintf(time, sizeof(time), "never");
	doctor_good(d, "grant",
	    "generation %" PRIu64 ", %" PRIu64 " versions, expires %s",
	    grant.order.generation, grant.items, time);
}
