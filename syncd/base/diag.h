#ifndef SYNCD_BASE_DIAG_H
#define SYNCD_BASE_DIAG_H

#include "proto/attributes.h"
#include "proto/failure.h"

/*
 * What the daemon says to whoever runs it: one line each on standard error,
 * "<level> " first where standard error is the journal (JOURNAL_STREAM), a
 * time first where it is not.  A line never contains control characters:
 * bytes of peers are shown as \xNN.  Only the place that decides what to do
 * about a failure logs it.  Any thread.
 *
 * Who reads standard error may stop reading it.  So a thread of its own
 * writes, from a queue; what finds no room there is dropped, and how much
 * that was is said as soon as there is room again.
 */

enum diag_level {
	DIAG_ERROR,   /* Someone must act. */
	DIAG_WARNING, /* Something is not as it should be; we go on. */
	DIAG_NOTICE,  /* Started, stopped, published, contacted. */
	DIAG_INFO,
	DIAG_DEBUG,
};

/* How much waits to be written, in bytes. */
#define DIAG_QUEUE_SIZE (256u << 10)

/*
 * From here on nobody who says something waits for standard error.  Before,
 * and where there is no thread to be had, each line is written at once.
 * Not twice.
 */
void diag_start(void);

/*
 * Let what was said be written, for at most timeout_ms; from here on each
 * line is written at once, or, when that time was too short, dropped.
 * Without diag_start() nothing is to be done.
 */
void diag_stop(int timeout_ms);

/* Show this level and the more important ones; at start DIAG_NOTICE. */
void diag_set_level(enum diag_level level);

/* Say what fmt (printf style, without a newline) makes. */
void diag(enum diag_level level, const char *fmt, ...) ATTR_PRINTF(2, 3);

/* What, where and next of a failure in one line, led by fmt. */
void diag_failure(enum diag_level level, const struct failure *f,
    const char *fmt, ...) ATTR_PRINTF(3, 4);

#endif
