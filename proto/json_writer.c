/*
 * JSON without white space.  The escapes are the short ones of RFC 8259
 * where there are some and \u00XX for other control characters; everything
 * else stands as UTF-8.
 */
#include <assert.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/rfc3339.h"

#include "proto/json_writer.h"

/* As in json.c: the largest integer that every reader holds exactly. */
#define INTEGER_MAX ((INT64_C(1) << 53) - 1)

void
json_writer_init(struct json_writer *w, struct buffer *out)
{
	memset(w, 0, sizeof(*w));
	w->out = out;
}

void
json_writer_fail(struct json_writer *w, int error)
{
	if (w->error == PH_OK)
		w->error = error;
}

int
json_writer_end(struct json_writer *w)
{
	assert(w->depth == 0);
	json_writer_fail(w, buffer_error(w->out));
	return w->error;
}

/* The length of the UTF-8 character at s; 0 when it is not one. */
static size_t
character_length(const uint8_t *s, size_t len)
{
	uint32_t c, least;
	size_t i, n;

	if (s[0] < 0x80)
		return 1;
	n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	least = n == 4 ? 0x10000 : n == 3 ? 0x800 : 0x80;
	if (s[0] < 0xc2 || s[0] > 0xf4 || n > len)
		return 0;
	c = s[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fu);
	}
	if (c < least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return n;
}

/* The letter of a short escape, or 0. */
static char
short_escape(uint8_t c)
{
	switch (c) {
	case '"':
	case '\\':
		return (char)c;
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	default:
		return 0;
	}
}

/* Put a string with its quotes. */
static void
put_quoted(struct json_writer *w, const char *text, size_t len)
{
	const uint8_t *s;
	size_t i, n;
	char letter;

	s = (const uint8_t *)text;
	buffer_put_u8(w->out, '"');
	for (i = 0; i < len; i += n) {
		n = character_length(s + i, len - i);
		letter = n == 1 ? short_escape(s[i]) : 0;
		if (n == 0 || s[i] == '\0') {
			json_writer_fail(w, PH_EJSON);
			return;
		}
		if (letter != 0)
			buffer_putf(w->out, "\\%c", letter);
		else if (s[i] < 0x20)
			buffer_putf(w->out, "\\u%04x", s[i]);
		else
			buffer_put(w->out, s + i, n);
	}
	buffer_put_u8(w->out, '"');
}

/* What stands before a value: a comma, its name. */
static void
put_name(struct json_writer *w, const char *name)
{
	if (w->comma)
		buffer_put_u8(w->out, ',');
	w->comma = 1;
	if (name == NULL)
		return;
	put_quoted(w, name, strlen(name));
	buffer_put_u8(w->out, ':');
}

/* Open an object or array with that bracket. */
static void
open_with(struct json_writer *w, const char *name, char bracket)
{
	put_name(w, name);
	buffer_put_u8(w->out, (uint8_t)bracket);
	w->comma = 0;
	w->depth++;
}

/* Close one with that bracket. */
static void
close_with(struct json_writer *w, char bracket)
{
	assert(w->depth > 0);
	w->depth--;
	buffer_put_u8(w->out, (uint8_t)bracket);
	w->comma = 1;
}

void
json_open_object(struct json_writer *w, const char *name)
{
	open_with(w, name, '{');
}

void
json_close_object(struct json_writer *w)
{
	close_with(w, '}');
}

void
json_open_array(struct json_writer *w, const char *name)
{
	open_with(w, name, '[');
}

void
json_close_array(struct json_writer *w)
{
	close_with(w, ']');
}

void
json_put_string_bytes(struct json_writer *w, const char *name,
    const char *value, size_t len)
{
	put_name(w, name);
	put_quoted(w, value, len);
}

void
json_put_string(struct json_writer *w, const char *name, const char *value)
{
	json_put_string_bytes(w, name, value, strlen(value));
}

void
json_put_string_or_null(struct json_writer *w, const char *name,
    const char *value)
{
	if (value == NULL || value[0] == '\0')
		json_put_null(w, name);
	else
		json_put_string(w, name, value);
}

void
json_put_int(struct json_writer *w, const char *name, int64_t value)
{
	if (value < -INTEGER_MAX || value > INTEGER_MAX)
		json_writer_fail(w, PH_EJSON);
	put_name(w, name);
	buffer_putf(w->out, "%lld", (long long)value);
}

void
json_put_u64(struct json_writer *w, const char *name, uint64_t value)
{
	if (value > INTEGER_MAX)
		json_writer_fail(w, PH_EJSON);
	put_name(w, name);
	buffer_putf(w->out, "%llu", (unsigned long long)value);
}

void
json_put_bool(struct json_writer *w, const char *name, int value)
{
	put_name(w, name);
	buffer_put_text(w->out, value ? "true" : "false");
}

void
json_put_null(struct json_writer *w, const char *name)
{
	put_name(w, name);
	buffer_put_text(w->out, "null");
}

void
json_put_digest(struct json_writer *w, const char *name,
    const struct digest *value)
{
	char text[DIGEST_TEXT_SIZE];

	digest_text(value, text);
	json_put_string(w, name, text);
}

void
json_put_digest_or_null(struct json_writer *w, const char *name,
    const struct digest *value)
{
	if (digest_is_zero(value))
		json_put_null(w, name);
	else
		json_put_digest(w, name, value);
}

void
json_put_id(struct json_writer *w, const char *name, const struct digest *value)
{
	char text[DIGEST_HEX_SIZE];

	digest_hex(value, text);
	json_put_string(w, name, text);
}

void
json_put_id_or_null(struct json_writer *w, const char *name,
    const struct digest *value)
{
	if (digest_is_zero(value))
		json_put_null(w, name);
	else
		json_put_id(w, name, value);
}

void
json_put_hex(struct json_writer *w, const char *name, const uint8_t *value,
    size_t len)
{
	size_t i;

	put_name(w, name);
	buffer_put_u8(w->out, '"');
	for (i = 0; i < len; i++)
		buffer_putf(w->out, "%02x", value[i]);
	buffer_put_u8(w->out, '"');
}

void
json_put_time(struct json_writer *w, const char *name, int64_t value)
{
	char text[RFC3339_SIZE];

	if (rfc3339_encode(value, text) != PH_OK)
		json_writer_fail(w, PH_EJSON);
	json_put_string(w, name, text);
}

void
json_put_time_or_null(struct json_writer *w, const char *name, int64_t value)
{
	if (value == 0)
		json_put_null(w, name);
	else
		json_put_time(w, name, value);
}

void
json_put_order(struct json_writer *w, const struct order *value)
{
	json_put_u64(w, "epoch", value->epoch);
	json_put_u64(w, "generation", value->generation);
}
