#ifndef PROTO_FAILURE_H
#define PROTO_FAILURE_H

#include "proto/attributes.h"

/*
 * A failure as a person sees it: what happened, where, and what to do next.
 * The code alone is enough inside the program; this is filled in at the
 * place that knows the file, line, name or peer, and printed once, by the
 * program.  It is plain data with no memory of its own.
 */

struct failure {
	int code;        /* PH_OK, or why it failed. */
	char what[512];  /* "version 9 of winxp exists with other content" */
	char where[256]; /* "policy.yaml:12:5"; may be empty. */
	char next[512];  /* "publish it under a new version"; may be empty. */
};

/*
 * Fill in f with code and what (printf style); where and next become empty.
 * An earlier failure in f is overwritten.  Returns code, so that a function
 * can return failure_set(...).
 */
int failure_set(struct failure *f, int code, const char *what, ...)
    ATTR_PRINTF(3, 4);

/* Say where it happened (printf style). */
void failure_where(struct failure *f, const char *where, ...) ATTR_PRINTF(2, 3);

/* Say what to do next (printf style). */
void failure_next(struct failure *f, const char *next, ...) ATTR_PRINTF(2, 3);

/*
 * For a callee that returned code without words of its own: when f holds no
 * failure of that code, fill in its sentence, led by what (printf style).
 * Returns code.
 */
int failure_default(struct failure *f, int code, const char *what, ...)
    ATTR_PRINTF(3, 4);

#endif
