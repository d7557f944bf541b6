/*
 * Decide what policies say, for a comparison with another evaluator.
 *
 * Standard input is a sequence of cases.  A case is a line
 *
 *	case REPOSITORY BYTES VERSIONS SELECTORS
 *
 * then BYTES bytes of policy, then VERSIONS lines "IMAGE VERSION FLAGS LABEL"
 * (sorted as evaluate.h wants; FLAGS of e(mbargoed), g(ranted), f(reed) or
 * "-"; LABEL the value of the label "k", or "-"), then SELECTORS lines
 * "may|never PATTERN LABEL" of the charter's ceiling (0: no charter).  For
 * each version a line comes back, "STATE RULE-LINE CEILING"; for a policy
 * that is refused, one line "refused WHERE WHAT".
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/charter.h"
#include "proto/errors.h"
#include "syncd/policy/evaluate.h"

#define VERSIONS_MAX 64u
#define TEXT_MAX 65536u

/* The versions of a case, and what their members point to. */
struct versions {
	struct policy_version items[VERSIONS_MAX];
	struct labels labels[VERSIONS_MAX];
	char images[VERSIONS_MAX][PH_NAME_MAX + 1];
	char versions[VERSIONS_MAX][PH_VERSION_MAX + 1];
	unsigned int count;
};

/* Set the label "k" unless it is "-". */
static void
set_label(struct labels *labels, const char *value)
{
	labels_init(labels);
	if (strcmp(value, "-") != 0 && labels_set(labels, "k", value) != PH_OK)
		errx(1, "label %s", value);
}

static void
read_versions(struct versions *v)
{
	char flags[8], label[64];
	unsigned int i;

	for (i = 0; i < v->count; i++) {
		if (scanf("%127s %63s %7s %63s\n", v->images[i], v->versions[i],
			flags, label) != 4)
			errx(1, "version %u", i);
		set_label(&v->labels[i], label);
		memset(&v->items[i], 0, sizeof(v->items[i]));
		v->items[i].image = v->images[i];
		v->items[i].version = v->versions[i];
		v->items[i].labels = &v->labels[i];
		v->items[i].embargoed = strchr(flags, 'e') != NULL;
		v->items[i].granted = strchr(flags, 'g') != NULL;
		v->items[i].freed = strchr(flags, 'f') != NULL;
	}
}

static void
read_ceiling(struct charter *charter, unsigned int count)
{
	char which[8], pattern[PH_NAME_MAX + 1], label[64];
	struct selector selector;
	unsigned int i;
	int r;

	charter_init(charter);
	for (i = 0; i < count; i++) {
		if (scanf("%7s %127s %63s\n", which, pattern, label) != 3)
			errx(1, "selector %u", i);
		selector_init(&selector);
		(void)strcpy(selector.name, pattern);
		set_label(&selector.labels, label);
		r = selectors_add(strcmp(which, "may") == 0 ?
			&charter->may_hold :
			&charter->never,
		    &selector);
		if (r != PH_OK)
			errx(1, "selector %u: %s", i, error_name(r));
		selector_fini(&selector);
	}
}

static void
decide(const char *text, size_t len, const char *repository,
    const struct charter *charter, const struct versions *v)
{
	struct policy_decision decisions[VERSIONS_MAX];
	struct policy *policy;
	struct failure f;
	unsigned int i;

	if (policy_read(text, len, "p", &policy, &f) != PH_OK) {
		printf("refused %s %s\n", f.where, f.what);
		return;
	}
	policy_evaluate(policy, repository, charter, v->items, v->count,
	    decisions);
	for (i = 0; i < v->count; i++)
		printf("%s %u %d\n", policy_state_name(decisions[i].state),
		    decisions[i].rule == NULL ? 0 : decisions[i].rule->line,
		    decisions[i].ceiling);
	policy_free(policy);
}

int
main(void)
{
	static struct versions v;
	static char text[TEXT_MAX];
	char repository[PH_NAME_MAX + 1];
	struct charter charter;
	unsigned int len, nselectors, i;

	while (scanf("case %127s %u %u %u", repository, &len, &v.count,
		   &nselectors) == 4) {
		if (getchar() != '\n' || len > sizeof(text) ||
		    v.count > VERSIONS_MAX || fread(text, 1, len, stdin) != len)
			errx(1, "case");
		read_versions(&v);
		read_ceiling(&charter, nselectors);
		decide(text, len, repository, nselectors == 0 ? NULL : &charter,
		    &v);
		charter_fini(&charter);
		for (i = 0; i < v.count; i++)
			labels_fini(&v.labels[i]);
	}
	return feof(stdin) ? 0 : 1;
}
