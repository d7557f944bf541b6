/*
 * Members that hold one of our own terms: a string, and the decoder that
 * the module of the term has.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/name.h"
#include "proto/rfc3339.h"
#include "proto/text.h"
#include "proto/version.h"

#include "proto/json_terms.h"

/* Read a digest with "sha256:"; zeros and 0 when it is none. */
static int
read_digest(const char *text, struct digest *out)
{
	if (digest_from_text(text, out) == PH_OK && !digest_is_zero(out))
		return 1;
	memset(out, 0, sizeof(*out));
	return 0;
}

/* Read an id; zeros and 0 when it is none. */
static int
read_id(const char *text, struct digest *out)
{
	if (digest_from_hex(text, out) == PH_OK && !digest_is_zero(out))
		return 1;
	memset(out, 0, sizeof(*out));
	return 0;
}

void
json_get_digest(struct json_object *o, const char *name, struct digest *out)
{
	const char *text;

	json_get_string(o, name, &text, NULL);
	json_check(o, name, read_digest(text, out));
}

void
json_get_digest_or_null(struct json_object *o, const char *name,
    struct digest *out)
{
	const char *text;

	memset(out, 0, sizeof(*out));
	json_get_string_or_null(o, name, &text, NULL);
	if (text != NULL)
		json_check(o, name, read_digest(text, out));
}

void
json_get_id(struct json_object *o, const char *name, struct digest *out)
{
	const char *text;

	json_get_string(o, name, &text, NULL);
	json_check(o, name, read_id(text, out));
}

void
json_get_id_or_null(struct json_object *o, const char *name, struct digest *out)
{
	const char *text;

	memset(out, 0, sizeof(*out));
	json_get_string_or_null(o, name, &text, NULL);
	if (text != NULL)
		json_check(o, name, read_id(text, out));
}

/* The value of a lower-case hexadecimal digit, or -1. */
static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Read exactly len bytes as hexadecimal digits; zeros and 0 if not. */
static int
read_hex(const char *text, uint8_t *out, size_t len)
{
	size_t i;
	int high, low;

	memset(out, 0, len);
	if (strlen(text) != 2 * len)
		return 0;
	for (i = 0; i < len; i++) {
		high = hex_value(text[2 * i]);
		low = hex_value(text[2 * i + 1]);
		if (high < 0 || low < 0) {
			memset(out, 0, len);
			return 0;
		}
		out[i] = (uint8_t)(high << 4 | low);
	}
	return 1;
}

void
json_get_hex(struct json_object *o, const char *name, uint8_t *out, size_t len)
{
	const char *text;

	json_get_string(o, name, &text, NULL);
	json_check(o, name, read_hex(text, out, len));
}

/* Read a time that is not 0; 0 if it is none. */
static int64_t
read_time(const char *text)
{
	int64_t seconds;

	return rfc3339_decode(text, &seconds) == PH_OK ? seconds : 0;
}

void
json_get_time(struct json_object *o, const char *name, int64_t *out)
{
	const char *text;

	json_get_string(o, name, &text, NULL);
	*out = read_time(text);
	json_check(o, name, *out != 0);
}

void
json_get_time_or_null(struct json_object *o, const char *name, int64_t *out)
{
	const char *text;

	*out = 0;
	json_get_string_or_null(o, name, &text, NULL);
	if (text == NULL)
		return;
	*out = read_time(text);
	json_check(o, name, *out != 0);
}

/* Copy text to out if it is valid, else refuse the member. */
static void
take(struct json_object *o, const char *name, const char *text, int valid,
    char *out)
{
	out[0] = '\0';
	if (valid)
		memcpy(out, text, strlen(text) + 1);
	else
		json_refuse(o, name);
}

void
json_get_name(struct json_object *o, const char *name,
    char out[PH_NAME_MAX + 1])
{
	const char *text;

	json_get_string(o, name, &text, NULL);
	take(o, name, text, name_valid(text), out);
}

void
json_get_version(struct json_object *o, const char *name,
    char out[PH_VERSION_MAX + 1])
{
	const char *text;

	json_get_string(o, name, &text, NULL);
	take(o, name, text, version_valid(text), out);
}

/* Whether it is text and there is some. */
static int
text_ok(const char *text)
{
	return text[0] != '\0' && text_valid(text, PH_TEXT_MAX);
}

void
json_get_text(struct json_object *o, const char *name, const char **out)
{
	json_get_string(o, name, out, NULL);
	if (!text_ok(*out)) {
		json_refuse(o, name);
		*out = "";
	}
}

void
json_get_text_or_null(struct json_object *o, const char *name, const char **out)
{
	json_get_string_or_null(o, name, out, NULL);
	if (*out != NULL && !text_ok(*out)) {
		json_refuse(o, name);
		*out = NULL;
	}
}

void
json_get_text_copy(struct json_object *o, const char *name, char **out)
{
	const char *text;

	free(*out);
	*out = NULL;
	json_get_text_or_null(o, name, &text);
	if (text == NULL)
		return;
	*out = strdup(text);
	if (*out == NULL)
		json_set_error(o->tree, PH_ENOMEM);
}

/* Read a key line without comment; zeros and 0 when it is none. */
static int
read_key(const char *text, struct key_public *out)
{
	memset(out, 0, sizeof(*out));
	return key_from_line(text, KEY_LINE_EXACT, out) == PH_OK;
}

void
json_get_key(struct json_object *o, const char *name, struct key_public *out)
{
	const char *text;

	json_get_string(o, name, &text, NULL);
	json_check(o, name, read_key(text, out));
}

void
json_get_order(struct json_object *o, struct order *out)
{
	json_get_u64(o, "epoch", 1, &out->epoch);
	json_get_u64(o, "generation", 1, &out->generation);
}

void
json_array_digest(struct json_array *a, size_t i, struct digest *out)
{
	const char *text;

	json_array_string(a, i, &text, NULL);
	json_array_check(a, read_digest(text, out));
}

void
json_array_digest_or_null(struct json_array *a, size_t i, struct digest *out)
{
	const char *text;

	memset(out, 0, sizeof(*out));
	json_array_string_or_null(a, i, &text, NULL);
	if (text != NULL)
		json_array_check(a, read_digest(text, out));
}

void
json_array_key(struct json_array *a, size_t i, struct key_public *out)
{
	const char *text;

	json_array_string(a, i, &text, NULL);
	json_array_check(a, read_key(text, out));
}
