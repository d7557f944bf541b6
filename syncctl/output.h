#ifndef SYNCCTL_OUTPUT_H
#define SYNCCTL_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/failure.h"

struct buffer;
struct json_writer;

/*
 * Text for people, put into a buffer that is printed when all of it is known
 * to be good.  What came from elsewhere cannot move a cursor: bytes that are
 * not text become "?".
 */

/* A time, an age, a yes or no, and a NUL. */
#define OUTPUT_TERM_SIZE 64u

/* Copy text as people may see it, cut to size - 1 bytes. */
void output_clean(const char *text, char *out, size_t size);

/* printf, of at most 8 KiB; line feeds end lines. */
void output_put(struct buffer *out, const char *fmt, ...) ATTR_PRINTF(2, 3);

/* Failure in a line, with what to do next in the line below. */
void output_failure(struct buffer *out, const char *indent,
    const struct failure *f);

/* A time that JSON gave as text or null: itself, or "never". */
const char *output_time(const char *text);

/* "1 image", "2 images": a number, singular, or plural by an "s". */
const char *output_plural(uint64_t n, const char *singular,
    char out[OUTPUT_TERM_SIZE]);

/*
 * A duration of milliseconds: "0.4 s" below ten seconds, else as
 * units_duration_text() has it.
 */
void output_duration(uint64_t milliseconds, char out[OUTPUT_TERM_SIZE]);

/*
 * Text as a shell takes it for one word: itself, or within quotes; cut to
 * size - 1 bytes.  Returns out.
 */
const char *output_shell(const char *text, char *out, size_t size);

/* Put milliseconds as the seconds of a JSON member, with three decimals. */
void output_json_seconds(struct json_writer *w, const char *name,
    uint64_t milliseconds);

#endif
