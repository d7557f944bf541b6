#ifndef SYNCD_LINK_REFUSAL_H
#define SYNCD_LINK_REFUSAL_H

#include "proto/failure.h"
#include "proto/key.h"
#include "syncd/link/link.h"

/*
 * How the way to an upstream failed, in words for its operators: what
 * happened, and what to do at which end.  It decides nothing but the words.
 */

/* What the link knows of a failure. */
struct refusal {
	int code;
	enum link_stage stage;
	const char *name;  /* Of the link: host and port. */
	const char *user;  /* That we wanted to be. */
	const char *first; /* What the far side said first of all. */
	const char *words; /* What it, or libssh2, said last. */
	int exit_status;   /* Of the gate; -1: not known. */
	int seconds;       /* The deadline. */
	char pinned[KEY_FINGERPRINT_SIZE]; /* Host key that we want. */
	char found[KEY_FINGERPRINT_SIZE];  /* Host key that is there. */
	char own[KEY_FINGERPRINT_SIZE];    /* Our key. */
};

/* Fill in f; the strings may be foreign bytes.  Returns the code. */
int refusal_describe(const struct refusal *r, struct failure *f);

#endif
