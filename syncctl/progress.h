#ifndef SYNCCTL_PROGRESS_H
#define SYNCCTL_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

/*
 * One line on a terminal that says how far something is: bytes, rate, time
 * left, what is reused.  It never goes backwards.  Where standard error is
 * no terminal, nothing is shown.
 */

#define PROGRESS_TEXT_SIZE 256u

/* Over so many samples, this far apart, a rate is told. */
#define PROGRESS_SAMPLES 16u
#define PROGRESS_SAMPLE_MS 500

/* How far it is. */
struct progress_point {
	const char *what;  /* What is worked on; NULL: not said. */
	uint64_t done;     /* Bytes, of total. */
	uint64_t total;    /* 0: not known. */
	int is_transfer;   /* The two below mean something. */
	uint64_t received; /* Bytes that came over the link. */
	uint64_t reused;   /* Bytes of done that needed no transfer. */
	const char *note;  /* Told instead of rates; NULL: nothing. */
};

struct progress {
	int terminal; /* Descriptor; -1: there is none. */
	int shown;    /* A line stands there. */
	int64_t shown_ms;
	uint64_t done;        /* The most that was told. */
	unsigned int percent; /* The same. */

	/* The last samples, oldest first. */
	size_t nsamples;
	int64_t sample_ms[PROGRESS_SAMPLES];
	uint64_t sample_done[PROGRESS_SAMPLES];
	uint64_t sample_moved[PROGRESS_SAMPLES];
};

/* Begin, on standard error. */
void progress_init(struct progress *p);

/* Show a point; not more often than eyes can follow. */
void progress_show(struct progress *p, const struct progress_point *point);

/* Take the line away. */
void progress_end(struct progress *p);

/*
 * The text for a point at a time of any clock that does not go backwards;
 * for progress_show() and tests.
 */
void progress_text(struct progress *p, const struct progress_point *point,
    int64_t now_ms, char out[PROGRESS_TEXT_SIZE]);

#endif
