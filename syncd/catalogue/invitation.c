/*
 * Authorized keys and join files.
 */
#include <string.h>

#include "proto/errors.h"
#include "proto/join.h"
#include "syncd/catalogue/authority.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/registry.h"

#include "syncd/catalogue/invitation.h"

#define KEYS_MAX (64u << 20)

struct keys {
	struct catalogue *c;
	struct buffer text;
};

/* The line of one repository. */
static int
on_repository(void *cookie, const struct registration *record)
{
	char socket[LAYOUT_PATH_SIZE], hex[DIGEST_HEX_SIZE];
	char fingerprint[KEY_FINGERPRINT_SIZE], line[KEY_LINE_SIZE];
	struct keys *keys;

	keys = cookie;
	if (!record->has_key || record->removed)
		return PH_OK;
	layout_path(keys->c->config.layout, LAYOUT_GATE_SOCKET, socket);
	digest_hex(&record->id, hex);
	key_fingerprint(&record->key, fingerprint);
	key_line(&record->key, line);
	return buffer_putf(&keys->text,
	    "restrict,command=\"%s --socket %s %s %s\" %s %s\n",
	    keys->c->config.gate_path, socket, hex, fingerprint, line,
	    record->name);
}

/* 1 when the file says that already: to write it again would need room. */
static int
is_written(struct catalogue *c, const struct buffer *text)
{
	struct buffer now;
	int same;

	buffer_init(&now, KEYS_MAX);
	same =
	    file_read_whole(c->config.files, c->state_dir,
		layout_name(LAYOUT_AUTHORIZED_KEYS), KEYS_MAX, &now) == PH_OK &&
	    now.len == text->len &&
	    (now.len == 0 || memcmp(now.data, text->data, now.len) == 0);
	buffer_fini(&now);
	return same;
}

int
invitation_write_keys(struct catalogue *c)
{
	struct keys keys;
	int r;

	if (c->config.gate_path == NULL)
		return PH_OK;
	keys.c = c;
	buffer_init(&keys.text, KEYS_MAX);
	r = registry_each(c, on_repository, &keys);
	if (r == PH_OK && !is_written(c, &keys.text))
		r = file_replace(c->config.files, c->state_dir,
		    layout_name(LAYOUT_AUTHORIZED_KEYS), keys.text.data,
		    keys.text.len, 0644);
	buffer_fini(&keys.text);
	return r;
}

static int
on_trust(void *cookie, const struct document *d)
{
	return join_add_trust(cookie, d);
}

/* Fill in a join file; the chain of trust from its beginning. */
static int
compose(struct catalogue *c, const struct registration *record,
    struct join *out)
{
	const struct configuration *conf;

	conf = c->config.configuration;
	(void)strcpy(out->name, record->name);
	out->repository = record->id;
	out->primary = c->id;
	address_encode(&conf->advertise_address, out->address);
	out->host_key = conf->advertise_host_key;
	out->time = clock_wall(c->config.clock);
	return authority_each_above(c, 0, on_trust, out);
}

int
invitation_make(struct catalogue *c, const char *name, struct buffer *out,
    struct failure *f)
{
	struct registration record;
	struct document d;
	struct buffer bytes;
	struct join join;
	int r;

	f->code = PH_OK;
	r = registry_get(c, name, &record);
	if (r == PH_EUNKNOWN) {
		r = failure_set(f, r, "there is no repository %.200s", name);
		failure_next(f, "add it with \"syncctl repo add\"");
		return r;
	}
	if (r == PH_OK && record.removed)
		return failure_set(f, PH_EREMOVED,
		    "the repository %s was removed", record.name);
	if (!c->config.configuration->has_advertise) {
		r = failure_set(f, PH_ECONFIG,
		    "the configuration does not say how this primary is "
		    "reached");
		failure_next(f,
		    "set \"advertise\" (address and host_key) and "
		    "reload syncd");
		return r;
	}
	join_init(&join);
	document_init(&d);
	buffer_init(&bytes, PH_DOCUMENT_MAX);
	if (r == PH_OK)
		r = compose(c, &record, &join);
	if (r == PH_OK)
		r = join_encode(&join, &bytes);
	if (r == PH_OK)
		r = document_set(&d, bytes.data, bytes.len);
	if (r == PH_OK)
		r = document_sign(&d, DOCUMENT_JOIN, c->key);
	if (r == PH_OK) {
		document_encode_file(&d, out);
		r = buffer_error(out);
	}
	buffer_fini(&bytes);
	document_fini(&d);
	join_fini(&join);
	return failure_default(f, r, "the invitation of %s", name);
}
