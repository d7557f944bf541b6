#ifndef SYNCD_POLICY_POLICY_H
#define SYNCD_POLICY_POLICY_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/failure.h"
#include "proto/selector.h"

/*
 * The operator's allow-list, read from YAML into rules.  What the rules
 * decide is syncd/policy/evaluate.h; who the repositories are is not known
 * here.  A policy does not change once it is read, and any thread may use
 * it.
 */

enum policy_versions {
	POLICY_VERSIONS_ALL,
	POLICY_VERSIONS_EXACT,  /* One of names. */
	POLICY_VERSIONS_RANGE,  /* from and to inclusive; either NULL: open. */
	POLICY_VERSIONS_NEWEST, /* The newest count. */
};

struct policy_rule {
	int deny;
	unsigned int line; /* Of the rule in the file. */
	unsigned int column;
	char **to; /* Names of repositories, groups resolved, sorted. */
	size_t nto;
	struct selector images;
	enum policy_versions versions;
	char **names;
	size_t nnames;
	char *from;
	char *until;
	unsigned int count;
};

struct policy {
	char *file;                /* As given, for messages. */
	struct policy_rule *rules; /* In the order of the file. */
	size_t nrules;
	char **repositories; /* Every one that a rule names, sorted. */
	size_t nrepositories;
};

/* Numbers that bound a policy file. */
#define POLICY_RULES_MAX 100000u
#define POLICY_TARGETS_MAX 1000000u /* In all rules, groups resolved. */

/*
 * Read a policy; file is its name for messages.  One without rules is refused
 * (a file that was emptied must not withdraw everything).  PH_OK and *out,
 * which the caller frees; or PH_EPOLICY (PH_ENOMEM) with f filled in: what is
 * wrong at which line and column, and what would be right.
 */
int policy_read(const char *text, size_t len, const char *file,
    struct policy **out, struct failure *f) ATTR_CHECK;

/* NULL is allowed. */
void policy_free(struct policy *policy);

/* 1 when the rule speaks of the repository of that name. */
int policy_rule_names(const struct policy_rule *rule, const char *repository);

#endif
