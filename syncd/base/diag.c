/*
 * One line, one write: lines of several threads do not mix, and a line that
 * cannot be written is lost rather than waited for.
 */
#include <stdarg.h>
#include <stdatomic.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/errors.h"
#include "proto/rfc3339.h"
#include "proto/text.h"
#include "syncd/base/clock.h"

#include "syncd/base/diag.h"

/* A whole failure with its lead fits; what is longer is cut. */
#define MESSAGE_SIZE 2048u

/* Each byte as \xNN, with the level or time before and the newline. */
#define LINE_SIZE (4 * MESSAGE_SIZE + 64)

static atomic_int shown = DIAG_NOTICE;
static pthread_once_t journal_once = PTHREAD_ONCE_INIT;
static int journal; /* 1 when standard error is the journal. */

/* JOURNAL_STREAM holds device and inode of the journal's socket. */
static void
find_journal(void)
{
	const char *value;
	struct stat st;
	uintmax_t dev, inode;

	value = getenv("JOURNAL_STREAM");
	if (value == NULL || fstat(STDERR_FILENO, &st) != 0)
		return;
	if (sscanf(value, "%ju:%ju", &dev, &inode) != 2)
		return;
	journal = dev == (uintmax_t)st.st_dev && inode == (uintmax_t)st.st_ino;
}

/* The bytes of the valid character that text begins with, else 0. */
static size_t
character_length(const char *text)
{
	char c[5];
	size_t n;

	for (n = 1; n < sizeof(c) && text[n - 1] != '\0'; n++) {
		memcpy(c, text, n);
		c[n] = '\0';
		if (text_valid(c, n))
			return n;
	}
	return 0;
}

/* Copy text with all that is no character of a text as \xNN. */
static size_t
escape(const char *text, char *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t len, n;

	len = 0;
	while (*text != '\0') {
		n = character_length(text);
		if (n > 0) {
			memcpy(out + len, text, n);
			len += n;
			text += n;
			continue;
		}
		out[len++] = '\\';
		out[len++] = 'x';
		out[len++] = digits[(uint8_t)*text >> 4];
		out[len++] = digits[(uint8_t)*text & 15];
		text++;
	}
	return len;
}

/* What stands before a line: the level for the journal, or the time. */
static size_t
put_lead(enum diag_level level, char *out, size_t size)
{
	/* As syslog numbers them. */
	static const int priorities[] = { 3, 4, 5, 6, 7 };
	static const char *const names[] = { "error: ", "warning: ", "", "",
		"" };
	struct clock clock;
	char time[RFC3339_SIZE];
	int n;

	if (journal) {
		n = snprintf(out, size, "<%d>", priorities[level]);
	} else {
		clock = clock_system();
		if (rfc3339_encode(clock_wall(&clock), time) != PH_OK)
			time[0] = '\0';
		n = snprintf(out, size, "%s %s", time, names[level]);
	}
	return (size_t)n;
}

/* Write one line. */
static void
put_line(enum diag_level level, const char *message)
{
	char line[LINE_SIZE];
	size_t len;
	ssize_t n;

	(void)pthread_once(&journal_once, find_journal);
	len = put_lead(level, line, sizeof(line));
	len += escape(message, line + len);
	line[len++] = '\n';
	n = write(STDERR_FILENO, line, len);
	(void)n;
}

void
diag_set_level(enum diag_level level)
{
	atomic_store(&shown, (int)level);
}

void
diag(enum diag_level level, const char *fmt, ...)
{
	char message[MESSAGE_SIZE];
	va_list ap;

	if ((int)level > atomic_load(&shown))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	put_line(level, message);
}

void
diag_failure(enum diag_level level, const struct failure *f, const char *fmt,
    ...)
{
	char lead[512], message[MESSAGE_SIZE];
	va_list ap;

	if ((int)level > atomic_load(&shown))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(lead, sizeof(lead), fmt, ap);
	va_end(ap);
	(void)snprintf(message, sizeof(message), "%s: %s%s%s%s%s", lead,
	    f->where, f->where[0] == '\0' ? "" : ": ",
	    f->what[0] == '\0' ? error_sentence(f->code) : f->what,
	    f->next[0] == '\0' ? "" : "; ", f->next);
	put_line(level, message);
}
