/*
 * Text for people.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/json_writer.h"
#include "proto/text.h"
#include "syncd/config/units.h"

#include "syncctl/output.h"

/* The longest line that output_put() makes; the rest is cut. */
#define LINE_SIZE 8192u

/* Milliseconds from which a duration needs no fraction. */
#define FRACTION_BELOW_MS 9950u

/* The bytes of the character at text; 0 when it is not for people. */
static size_t
character_size(const char *text)
{
	char copy[5];
	size_t n;

	memset(copy, 0, sizeof(copy));
	for (n = 0; n < sizeof(copy) - 1 && text[n] != '\0'; n++) {
		copy[n] = text[n];
		if (text_valid(copy, sizeof(copy) - 1))
			return n + 1;
	}
	return 0;
}

void
output_clean(const char *text, char *out, size_t size)
{
	size_t len, n;

	len = 0;
	while (*text != '\0') {
		n = character_size(text);
		if (len + (n == 0 ? 1 : n) >= size)
			break;
		if (n == 0) {
			out[len++] = '?';
			text++;
			continue;
		}
		memcpy(out + len, text, n);
		len += n;
		text += n;
	}
	out[len] = '\0';
}

/* Put text up to its line feeds, which the format has, and these. */
static void
put_lines(struct buffer *out, char *text)
{
	char clean[LINE_SIZE];
	char *end;

	while ((end = strchr(text, '\n')) != NULL) {
		*end = '\0';
		output_clean(text, clean, sizeof(clean));
		(void)buffer_put_text(out, clean);
		(void)buffer_put_u8(out, '\n');
		text = end + 1;
	}
	output_clean(text, clean, sizeof(clean));
	(void)buffer_put_text(out, clean);
}

void
output_put(struct buffer *out, const char *fmt, ...)
{
	char text[LINE_SIZE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put_lines(out, text);
}

void
output_failure(struct buffer *out, const char *indent, const struct failure *f)
{
	output_put(out, "%s%s\n", indent, f->what);
	if (f->where[0] != '\0')
		output_put(out, "%s  at %s\n", indent, f->where);
	if (f->next[0] != '\0')
		output_put(out, "%s  next: %s\n", indent, f->next);
}

const char *
output_time(const char *text)
{
	return text == NULL || text[0] == '\0' ? "never" : text;
}

const char *
output_plural(uint64_t n, const char *singular, char out[OUTPUT_TERM_SIZE])
{
	(void)snprintf(out, OUTPUT_TERM_SIZE, "%" PRIu64 " %s%s", n, singular,
	    n == 1 ? "" : "s");
	return out;
}

void
output_duration(uint64_t milliseconds, char out[OUTPUT_TERM_SIZE])
{
	char text[UNITS_TEXT_SIZE];
	uint64_t tenths;

	if (milliseconds < FRACTION_BELOW_MS) {
		tenths = (milliseconds + 50) / 100;
		(void)snprintf(out, OUTPUT_TERM_SIZE,
		    "%" PRIu64 ".%" PRIu64 " s", tenths / 10, tenths % 10);
		return;
	}
	units_duration_text((int64_t)((milliseconds + 500) / 1000), text);
	(void)snprintf(out, OUTPUT_TERM_SIZE, "%s", text);
}

const char *
output_shell(const char *text, char *out, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789./_-+,:@%";
	size_t n;

	if (text[0] != '\0' && text[strspn(text, plain)] == '\0') {
		(void)snprintf(out, size, "%s", text);
		return out;
	}
	n = 0;
	if (n + 1 < size)
		out[n++] = '\'';
	for (; *text != '\0' && n + 6 < size; text++) {
		if (*text == '\'') {
			memcpy(out + n, "'\\''", 4);
			n += 4;
		} else {
			out[n++] = *text;
		}
	}
	if (n + 1 < size)
		out[n++] = '\'';
	out[n] = '\0';
	return out;
}

void
output_json_seconds(struct json_writer *w, const char *name,
    uint64_t milliseconds)
{
	/* Our own JSON has no fractions; what scripts read may. */
	json_put_u64(w, name, milliseconds / 1000);
	if (w->error == PH_OK)
		(void)buffer_putf(w->out, ".%03u",
		    (unsigned int)(milliseconds % 1000));
}
