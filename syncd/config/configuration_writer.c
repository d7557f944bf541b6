/*
 * Writing a configuration file as a person would.
 */
#include <ctype.h>
#include <string.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "syncd/config/configuration.h"
#include "syncd/config/smallfile.h"
#include "syncd/config/units.h"
#include "syncd/config/yaml.h"

#include "syncd/config/configuration_writer.h"

/* 1 when YAML means the text by the text itself, whoever reads it. */
static int
is_plain(const char *text)
{
	static const char marks[] = "._/+-@:=[] ";
	const char *p;

	if (!isalnum((unsigned char)text[0]) && text[0] != '/')
		return 0;
	for (p = text; *p != '\0'; p++) {
		if (!isalnum((unsigned char)*p) && strchr(marks, *p) == NULL)
			return 0;
		if (*p == ':' && (p[1] == ' ' || p[1] == '\0'))
			return 0;
	}
	return p[-1] != ' ';
}

/* A key and its text, with quotes where they are needed. */
static void
put_text(struct buffer *out, const char *key, const char *text)
{
	const char *p;

	(void)buffer_putf(out, "%s: ", key);
	if (is_plain(text)) {
		(void)buffer_putf(out, "%s\n", text);
		return;
	}
	(void)buffer_put_u8(out, '"');
	for (p = text; *p != '\0'; p++) {
		if (iscntrl((unsigned char)*p)) {
			(void)buffer_putf(out, "\\x%02x", (uint8_t)*p);
			continue;
		}
		if (*p == '"' || *p == '\\')
			(void)buffer_put_u8(out, '\\');
		(void)buffer_put_u8(out, (uint8_t)*p);
	}
	(void)buffer_put_text(out, "\"\n");
}

/* A key and its value, behind a '#' where it is the default. */
static void
put_value(struct buffer *out, const char *key, const char *value,
    int is_default)
{
	(void)buffer_putf(out, "%s%s: %s\n", is_default ? "#" : "", key, value);
}

/* A key and a duration. */
static void
put_duration(struct buffer *out, const char *key, int64_t seconds,
    int is_default)
{
	char value[UNITS_TEXT_SIZE];

	units_duration_exact(seconds, value);
	put_value(out, key, value, is_default);
}

/* A comment, with an empty line before it. */
static void
put_comment(struct buffer *out, const char *text)
{
	(void)buffer_putf(out, "\n# %s\n", text);
}

/* Who and where. */
static void
put_head(struct buffer *out, const struct configuration *c)
{
	(void)buffer_put_text(out,
	    "# The configuration of one Packhorse repository; "
	    "\"syncctl doctor\" checks it.\n"
	    "# Sizes, rates and durations carry units: 20GiB, 8Mbit/s, 15m.\n"
	    "# A key behind a # is not set: it shows the default or an example.\n\n"
	    "version: 1\n");
	put_comment(out, "As the primary and its policy know it.");
	put_text(out, "name", c->name);
	put_comment(out,
	    "primary: publishes images.  "
	    "site: receives those granted to it.");
	put_text(out, "role", configuration_role_text(c->role));
	put_comment(out,
	    "Keys, documents, log, index and sockets; "
	    "on a disk of this machine.");
	put_text(out, "state_dir", c->state_dir);
	put_comment(out, "The images; on any file system that has hard links.");
	put_text(out, "store_dir", c->store_dir);
}

/* How and how much. */
static void
put_limits(struct buffer *out, const struct configuration *c)
{
	char value[UNITS_TEXT_SIZE];

	put_comment(out,
	    c->role == CONFIGURATION_SITE ?
		"How often to ask the upstream for news." :
		"How often sites are told to ask for news.");
	put_duration(out, "sync_interval", c->sync_interval_s,
	    c->sync_interval_s == CONFIGURATION_SYNC_INTERVAL_S);
	put_comment(out,
	    "Send and receive no faster than this; "
	    "by default there is no limit.");
	units_rate_exact(c->rate, value);
	put_value(out, "rate", c->rate == 0 ? "8Mbit/s" : value, c->rate == 0);
	put_comment(out,
	    "Room for differences between versions that are kept "
	    "for the next repository.");
	units_size_exact(c->delta_cache, value);
	put_value(out, "delta_cache", value,
	    c->delta_cache == CONFIGURATION_DELTA_CACHE);
	if (c->role == CONFIGURATION_PRIMARY) {
		put_comment(out,
		    "After this without contact a grant expires "
		    "and its site receives no more.");
		put_duration(out, "lifetime", c->lifetime_s,
		    c->lifetime_s == CONFIGURATION_LIFETIME_S);
	}
	put_comment(out, "error, warning, notice, info or debug.");
	put_value(out, "log_level", configuration_log_level_text(c->log_level),
	    c->log_level == CONFIGURATION_LOG_NOTICE);
}

/* An address and a host key, one level in. */
static void
put_address(struct buffer *out, const struct address *address,
    const struct key_public *host_key)
{
	char text[ADDRESS_SIZE], line[KEY_LINE_SIZE];

	address_encode(address, text);
	key_line(host_key, line);
	put_text(out, "  address", text);
	put_text(out, "  host_key", line);
}

/* Who else: operators, the upstream, those who are invited. */
static void
put_others(struct buffer *out, const struct configuration *c)
{
	char id[DIGEST_HEX_SIZE];

	put_comment(out,
	    "The group whose members may use syncctl; "
	    "by default only the user of syncd may.");
	if (c->operator_group[0] == '\0')
		put_value(out, "operator_group", "packhorse-operator", 1);
	else
		put_text(out, "operator_group", c->operator_group);
	if (c->has_upstream) {
		put_comment(out,
		    "Whom to ask for images: its address, its SSH host key, "
		    "and its id where known.");
		(void)buffer_put_text(out, "upstream:\n");
		put_address(out, &c->upstream_address, &c->upstream_host_key);
		digest_hex(&c->upstream_id, id);
		if (!digest_is_zero(&c->upstream_id))
			put_text(out, "  id", id);
	}
	if (c->has_advertise) {
		put_comment(out,
		    "How sites reach this primary, "
		    "as invitations say.");
		(void)buffer_put_text(out, "advertise:\n");
		put_address(out, &c->advertise_address, &c->advertise_host_key);
	}
}

int
configuration_encode(const struct configuration *c, struct buffer *out)
{
	put_head(out, c);
	put_limits(out, c);
	put_others(out, c);
	return buffer_error(out);
}

int
configuration_create(const char *path, const struct configuration *c,
    struct failure *f)
{
	struct configuration again;
	struct buffer text;
	int r;

	buffer_init(&text, YAML_SIZE_MAX);
	r = configuration_encode(c, &text);
	if (r != PH_OK)
		(void)failure_set(f, r, "cannot write %.300s: %s", path,
		    error_sentence(r));
	/* A file that syncd refuses must not come from here. */
	if (r == PH_OK)
		r = configuration_parse(path, text.data, text.len, &again, f);
	if (r == PH_OK)
		r = smallfile_create(path, text.data, text.len, 0644, f);
	buffer_fini(&text);
	return r;
}
