/*
 * The decision.  For each image, from the newest version to the oldest, so
 * that "newest N" can count what it has passed.
 */
#include <string.h>

#include "proto/version.h"

#include "syncd/policy/evaluate.h"

/* The labels of a version without any. */
static const struct labels no_labels;

static const struct labels *
labels_of(const struct policy_version *v)
{
	return v->labels == NULL ? &no_labels : v->labels;
}

/* 1 when the version rule of a rule (other than newest) takes a version. */
static int
version_selected(const struct policy_rule *rule, const char *version)
{
	size_t i;

	switch (rule->versions) {
	case POLICY_VERSIONS_EXACT:
		for (i = 0; i < rule->nnames; i++) {
			if (strcmp(rule->names[i], version) == 0)
				return 1;
		}
		return 0;
	case POLICY_VERSIONS_RANGE:
		if (rule->from != NULL &&
		    version_compare(version, rule->from) < 0)
			return 0;
		return rule->until == NULL ||
		    version_compare(version, rule->until) <= 0;
	case POLICY_VERSIONS_ALL:
	case POLICY_VERSIONS_NEWEST:
		break;
	}
	return 1;
}

/* 1 when the rule is about this repository and selects this version. */
static int
rule_selects(const struct policy_rule *rule, const char *repository,
    const struct policy_version *v)
{
	return selector_matches(&rule->images, v->image, labels_of(v),
		   v->owner) &&
	    version_selected(rule, v->version) &&
	    policy_rule_names(rule, repository);
}

/* Deny what a deny rule selects or the charter does not admit. */
static void
decide_denied(const struct policy *policy, const char *repository,
    const struct charter *charter, const struct policy_version *v,
    struct policy_decision *d)
{
	size_t i;

	d->state = POLICY_RETIRE; /* Here: not denied so far. */
	d->rule = NULL;
	d->ceiling = charter != NULL &&
	    !charter_admits(charter, v->image, labels_of(v), v->owner);
	if (policy == NULL || d->ceiling) {
		d->state = POLICY_DENIED;
		return;
	}
	for (i = 0; i < policy->nrules; i++) {
		if (policy->rules[i].deny &&
		    rule_selects(&policy->rules[i], repository, v)) {
			d->state = POLICY_DENIED;
			d->rule = &policy->rules[i];
			return;
		}
	}
}

/*
 * How many versions that count for a rule of "newest N" are newer than
 * version i of the image whose versions end before end.
 */
static unsigned int
count_newer(const struct policy_rule *rule, const char *repository,
    const struct policy_version *versions,
    const struct policy_decision *decisions, size_t i, size_t end)
{
	unsigned int newer;
	size_t j;

	newer = 0;
	for (j = i + 1; j < end && newer < rule->count; j++) {
		if (decisions[j].state != POLICY_DENIED &&
		    !versions[j].embargoed &&
		    rule_selects(rule, repository, &versions[j]))
			newer++;
	}
	return newer;
}

/* Decide a version that nothing denies. */
static void
decide_allowed(const struct policy *policy, const char *repository,
    const struct policy_version *versions, struct policy_decision *decisions,
    size_t i, size_t end)
{
	const struct policy_rule *rule, *passed;
	const struct policy_version *v;
	size_t k;

	v = &versions[i];
	passed = NULL;
	for (k = 0; k < policy->nrules; k++) {
		rule = &policy->rules[k];
		if (rule->deny || !rule_selects(rule, repository, v))
			continue;
		if (rule->versions == POLICY_VERSIONS_NEWEST &&
		    count_newer(rule, repository, versions, decisions, i,
			end) >= rule->count) {
			passed = passed == NULL ? rule : passed;
			continue;
		}
		decisions[i].state =
		    v->embargoed ? POLICY_EMBARGO : POLICY_ALLOW;
		decisions[i].rule = rule;
		return;
	}
	if (passed != NULL && v->granted && !v->freed) {
		decisions[i].state = POLICY_RETIRE;
		decisions[i].rule = passed;
		return;
	}
	decisions[i].state = POLICY_DENIED;
	decisions[i].rule = passed;
}

void
policy_evaluate(const struct policy *policy, const char *repository,
    const struct charter *charter, const struct policy_version *versions,
    size_t n, struct policy_decision *out)
{
	size_t begin, end, i;

	for (begin = 0; begin < n; begin = end) {
		end = begin;
		while (end < n &&
		    strcmp(versions[end].image, versions[begin].image) == 0) {
			decide_denied(policy, repository, charter,
			    &versions[end], &out[end]);
			end++;
		}
		/*
		 * Oldest first: a decision looks only at newer ones, and of
		 * those only at whether something denies them.
		 */
		for (i = begin; i < end; i++) {
			if (out[i].state != POLICY_DENIED)
				decide_allowed(policy, repository, versions,
				    out, i, end);
		}
	}
}

const char *
policy_state_name(enum policy_state state)
{
	switch (state) {
	case POLICY_ALLOW:
		return "allow";
	case POLICY_EMBARGO:
		return "embargo";
	case POLICY_RETIRE:
		return "retire";
	case POLICY_DENIED:
		break;
	}
	return "denied";
}
