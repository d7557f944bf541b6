/*
 * One line, one write: lines of several threads do not mix, and a line that
 * cannot be written is lost rather than waited for.
 *
 * The queue is two halves: one is filled while the thread writes the other.
 * After a line was dropped all are, until the thread has written what there
 * was before and said how many: so the gap is where it is told.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
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

#define HALF_SIZE (DIAG_QUEUE_SIZE / 2)

enum writer_state {
	WRITER_NONE,    /* Lines are written at once. */
	WRITER_RUNS,    /* The thread writes them. */
	WRITER_STOPS,   /* It ends when there are no more. */
	WRITER_STOPPED, /* It has. */
	WRITER_STUCK,   /* It was not waited for: lines are dropped. */
};

static struct {
	pthread_mutex_t mutex; /* Guards all below but what is written. */
	pthread_cond_t changed;
	pthread_t thread;
	enum writer_state state;
	char halves[2][HALF_SIZE];
	int filling; /* The half that lines are put into. */
	size_t len;  /* Of it. */
	uint64_t ndropped;
} writer = { .mutex = PTHREAD_MUTEX_INITIALIZER };

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

/* Write one line, however long that takes. */
static void
write_line(const char *line, size_t len)
{
	struct pollfd room = { .fd = STDERR_FILENO, .events = POLLOUT };
	ssize_t n;

	while (len > 0) {
		n = write(STDERR_FILENO, line, len);
		if (n > 0) {
			line += n;
			len -= (size_t)n;
		} else if (n == -1 && errno == EAGAIN) {
			/* Somebody else has made it so. */
			(void)poll(&room, 1, -1);
		} else if (n != -1 || errno != EINTR) {
			return;
		}
	}
}

/* Make a line of a message; its length. */
static size_t
make_line(enum diag_level level, const char *message, char out[LINE_SIZE])
{
	size_t len;

	(void)pthread_once(&journal_once, find_journal);
	len = put_lead(level, out, LINE_SIZE);
	len += escape(message, out + len);
	out[len++] = '\n';
	return len;
}

/* Queue a line, or drop it; with the mutex. */
static void
queue_line(const char *line, size_t len)
{
	if (writer.state == WRITER_STUCK || writer.ndropped > 0 ||
	    len > HALF_SIZE - writer.len) {
		writer.ndropped++;
		return;
	}
	memcpy(writer.halves[writer.filling] + writer.len, line, len);
	writer.len += len;
	(void)pthread_cond_broadcast(&writer.changed);
}

/* Write the half that was filled; the mutex is given up meanwhile. */
static void
write_half(void)
{
	const char *text, *end, *next;

	text = writer.halves[writer.filling];
	end = text + writer.len;
	writer.filling = !writer.filling;
	writer.len = 0;
	(void)pthread_mutex_unlock(&writer.mutex);
	for (; text < end; text = next) {
		next =
		    (const char *)memchr(text, '\n', (size_t)(end - text)) + 1;
		write_line(text, (size_t)(next - text));
	}
	(void)pthread_mutex_lock(&writer.mutex);
}

/* All before it is written: say how many lines are missing here. */
static void
tell_dropped(void)
{
	char line[LINE_SIZE], message[80];

	(void)snprintf(message, sizeof(message),
	    "%" PRIu64 " lines were dropped here: nobody read them in time",
	    writer.ndropped);
	writer.ndropped = 0;
	queue_line(line, make_line(DIAG_WARNING, message, line));
}

/* The thread. */
static void *
write_all(void *cookie)
{
	(void)pthread_mutex_lock(&writer.mutex);
	for (;;) {
		if (writer.len > 0)
			write_half();
		else if (writer.ndropped > 0 && writer.state != WRITER_STUCK)
			tell_dropped();
		else if (writer.state == WRITER_RUNS)
			(void)pthread_cond_wait(&writer.changed, &writer.mutex);
		else
			break;
	}
	if (writer.state == WRITER_STOPS)
		writer.state = WRITER_STOPPED;
	(void)pthread_cond_broadcast(&writer.changed);
	(void)pthread_mutex_unlock(&writer.mutex);
	return cookie;
}

/* Have one line written. */
static void
put_line(enum diag_level level, const char *message)
{
	char line[LINE_SIZE];
	size_t len;
	int at_once;

	len = make_line(level, message, line);
	(void)pthread_mutex_lock(&writer.mutex);
	at_once = writer.state == WRITER_NONE;
	if (!at_once)
		queue_line(line, len);
	(void)pthread_mutex_unlock(&writer.mutex);
	if (at_once)
		write_line(line, len);
}

void
diag_start(void)
{
	pthread_condattr_t attributes;
	sigset_t all, old;

	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&writer.changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	writer.state = WRITER_RUNS;
	if (pthread_create(&writer.thread, NULL, write_all, NULL) != 0)
		writer.state = WRITER_NONE;
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void
diag_stop(int timeout_ms)
{
	struct timespec end;
	int r;

	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += timeout_ms / 1000;
	end.tv_nsec += timeout_ms % 1000 * 1000000L;
	end.tv_sec += end.tv_nsec / 1000000000L;
	end.tv_nsec %= 1000000000L;
	(void)pthread_mutex_lock(&writer.mutex);
	if (writer.state == WRITER_RUNS)
		writer.state = WRITER_STOPS;
	r = 0;
	while (writer.state == WRITER_STOPS && r == 0) {
		(void)pthread_cond_broadcast(&writer.changed);
		r = pthread_cond_timedwait(&writer.changed, &writer.mutex,
		    &end);
	}
	if (writer.state == WRITER_STOPS) {
		writer.state = WRITER_STUCK;
		(void)pthread_detach(writer.thread);
	} else if (writer.state == WRITER_STOPPED) {
		(void)pthread_join(writer.thread, NULL);
		writer.state = WRITER_NONE;
	}
	(void)pthread_mutex_unlock(&writer.mutex);
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
