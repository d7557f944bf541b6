/*
 * The words of failures.  Every `next` names the end at which to do it.
 */
#include <stdio.h>
#include <string.h>

#include "proto/errors.h"

#include "syncd/link/refusal.h"

/* Foreign words are shown up to this length. */
#define SHOWN_SIZE 160u

/*
 * The first line of foreign bytes, with everything that is not printable
 * ASCII as a question mark: it is shown to people and put into JSON.
 */
static void
show(const char *words, char out[SHOWN_SIZE])
{
	size_t i;

	for (i = 0; i < SHOWN_SIZE - 1; i++) {
		if (words[i] == '\0' || words[i] == '\r' || words[i] == '\n')
			break;
		out[i] = words[i] >= ' ' && words[i] <= '~' ? words[i] : '?';
	}
	out[i] = '\0';
}

/* ": words", or nothing where there are none. */
static void
show_behind(const char *words, char out[SHOWN_SIZE + 2])
{
	char shown[SHOWN_SIZE];

	show(words, shown);
	(void)snprintf(out, SHOWN_SIZE + 2, "%s%s",
	    shown[0] == '\0' ? "" : ": ", shown);
}

/* 1 when the far side began as SSH does, or did not begin. */
static int
began_as_ssh(const struct refusal *r)
{
	return r->first[0] == '\0' || strncmp(r->first, "SSH-", 4) == 0;
}

static int
describe_timeout(const struct refusal *r, struct failure *f)
{
	(void)failure_set(f, PH_ETIMEOUT, "%s did not answer within %d s (%s)",
	    r->name, r->seconds, link_stage_name(r->stage));
	switch (r->stage) {
	case LINK_STAGE_RESOLVE:
		failure_next(f,
		    "see that the name server of this machine "
		    "answers");
		break;
	case LINK_STAGE_CONNECT:
		failure_next(f,
		    "see that the network between here and the "
		    "upstream lets this port pass, and that the "
		    "address of the upstream is right here");
		break;
	default:
		failure_next(f,
		    "at the upstream, see that what listens on "
		    "this port is its SSH service, and look at "
		    "the load there");
		break;
	}
	return f->code;
}

/* Something answers, but no key exchange came of it. */
static int
describe_no_ssh(const struct refusal *r, struct failure *f)
{
	char first[SHOWN_SIZE];

	show(r->first, first);
	if (strstr(first, "MaxStartups") != NULL ||
	    strstr(first, "Not allowed at this time") != NULL) {
		(void)failure_set(f, PH_EPEERBUSY,
		    "%s does not take more connections now: %s", r->name,
		    first);
		failure_next(f,
		    "this end tries again by itself; if it stays "
		    "so, raise MaxStartups of the SSH service at "
		    "the upstream");
		return f->code;
	}
	(void)failure_set(f, PH_ECONNECT,
	    "what answers at %s is not an SSH service: it says \"%s\"", r->name,
	    first);
	failure_next(f, "correct the address and port of the upstream here");
	return f->code;
}

/* The connection ended before the channel was open. */
static int
describe_connect(const struct refusal *r, struct failure *f)
{
	char words[SHOWN_SIZE + 2];

	if (!began_as_ssh(r))
		return describe_no_ssh(r, f);
	show_behind(r->words, words);
	(void)failure_set(f, r->code, "the connection to %s ended (%s)%s",
	    r->name, link_stage_name(r->stage), words);
	failure_next(f,
	    "at the upstream, read what its SSH service logged "
	    "about it");
	return f->code;
}

static int
describe_algorithm(const struct refusal *r, struct failure *f)
{
	(void)failure_set(f, PH_EALGORITHM,
	    "%s offers no SSH algorithm that this machine accepts", r->name);
	failure_next(f,
	    "at the upstream, let its SSH service offer "
	    "curve25519-sha256 (KexAlgorithms), an ssh-ed25519 "
	    "host key, aes128-ctr (Ciphers) and hmac-sha2-256 "
	    "(MACs)");
	return f->code;
}

static int
describe_host_key(const struct refusal *r, struct failure *f)
{
	(void)failure_set(f, PH_EHOSTKEY,
	    "the host key of %s is %s, the pinned one is %s", r->name,
	    r->found[0] == '\0' ? "not an Ed25519 key" : r->found, r->pinned);
	failure_next(f,
	    "ask the operator of the upstream for the fingerprint "
	    "of its SSH host key; if it is the new one, pin that "
	    "here; if it is the pinned one, somebody else answers "
	    "on the way: change nothing and find out who");
	return f->code;
}

static int
describe_user_key(const struct refusal *r, struct failure *f)
{
	char words[SHOWN_SIZE + 2];

	show_behind(r->words, words);
	(void)failure_set(f, PH_EUSERKEY,
	    "%s does not let %s in with the key %s%s", r->name, r->user, r->own,
	    words);
	failure_next(f,
	    "at the upstream, see that this repository is "
	    "registered with this key, that the link account is "
	    "%s, and that its SSH service reads the "
	    "authorized_keys that syncd keeps",
	    r->user);
	return f->code;
}

static int
describe_gate(const struct refusal *r, struct failure *f)
{
	char words[SHOWN_SIZE + 2];

	show_behind(r->words, words);
	if (r->exit_status >= 0)
		(void)failure_set(f, PH_EGATE,
		    "the gate at %s ended with status %d%s", r->name,
		    r->exit_status, words);
	else
		(void)failure_set(f, PH_EGATE,
		    "the gate at %s cannot be used%s", r->name, words);
	failure_next(f,
	    "at the upstream, see that the line of this key in "
	    "authorized_keys names syncd-gate where it is "
	    "installed and the socket where syncd listens");
	return f->code;
}

static int
describe_down(const struct refusal *r, struct failure *f)
{
	(void)failure_set(f, PH_EUPSTREAMDOWN, "syncd is not running at %s",
	    r->name);
	failure_next(f,
	    "at the upstream, start syncd; this end tries again "
	    "by itself");
	return f->code;
}

static int
describe_busy(const struct refusal *r, struct failure *f)
{
	(void)failure_set(f, PH_EPEERBUSY,
	    "%s has too many peers at a time and sent this one away", r->name);
	failure_next(f, "this end tries again by itself");
	return f->code;
}

static int
describe_cut(const struct refusal *r, struct failure *f)
{
	char words[SHOWN_SIZE + 2];

	show_behind(r->words, words);
	(void)failure_set(f, PH_ECUT, "the link to %s was cut%s", r->name,
	    words);
	failure_next(f, "this end tries again by itself");
	return f->code;
}

int
refusal_describe(const struct refusal *r, struct failure *f)
{
	switch (r->code) {
	case PH_ETIMEOUT:
		return began_as_ssh(r) ? describe_timeout(r, f) :
					 describe_no_ssh(r, f);
	case PH_ECONNECT:
		return describe_connect(r, f);
	case PH_EALGORITHM:
		return describe_algorithm(r, f);
	case PH_EHOSTKEY:
		return describe_host_key(r, f);
	case PH_EUSERKEY:
		return describe_user_key(r, f);
	case PH_EGATE:
		return describe_gate(r, f);
	case PH_EUPSTREAMDOWN:
		return describe_down(r, f);
	case PH_EPEERBUSY:
		return describe_busy(r, f);
	case PH_ECUT:
		return describe_cut(r, f);
	default:
		return failure_set(f, r->code, "%s: %s", r->name,
		    error_sentence(r->code));
	}
}
