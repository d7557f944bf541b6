/*
 * Asking the policy about one version, for every repository.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/registry.h"
#include "syncd/catalogue/versions.h"

#include "syncd/catalogue/recipients.h"

/* What walking over all repositories needs at hand. */
struct search {
	struct catalogue *c;
	const struct versions *versions;
	const struct version_entry *entry;
	struct recipients *out;
};

/* Add a repository that is not denied. */
static int
add(struct search *search, const char *name, const struct policy_decision *d)
{
	struct recipient *all, *one;
	struct recipients *out;

	out = search->out;
	all = realloc(out->items, (out->count + 1) * sizeof(*all));
	if (all == NULL)
		return PH_ENOMEM;
	out->items = all;
	one = &all[out->count++];
	memset(one, 0, sizeof(*one));
	(void)strcpy(one->name, name);
	one->state = d->state;
	(void)snprintf(one->rule, sizeof(one->rule), "%s:%u:%u",
	    search->c->policy->file, d->rule->line, d->rule->column);
	return PH_OK;
}

static int
on_repository(void *cookie, const struct registration *record)
{
	struct policy_decision *decisions;
	const struct policy_decision *d;
	struct search *search;
	int r;

	search = cookie;
	if (record->removed)
		return PH_OK;
	r = grants_decide(search->c, search->c->policy, record,
	    search->versions, &decisions);
	if (r != PH_OK)
		return r;
	d = &decisions[search->entry - search->versions->items];
	if (d->state != POLICY_DENIED)
		r = add(search, record->name, d);
	free(decisions);
	return r;
}

int
recipients_find(struct catalogue *c, const struct manifest *m,
    const struct digest *digest, struct recipients *out)
{
	struct search search;
	struct versions versions;
	int r;

	versions_init(&versions);
	/* Versions of other images have no part in it. */
	r = versions_load(c, m->image, &versions);
	if (r == PH_OK) {
		r = versions_add(&versions, m, digest);
		if (r == PH_EEXISTS)
			r = PH_OK;
	}
	if (r == PH_OK) {
		search.c = c;
		search.versions = &versions;
		search.entry = versions_find(&versions, m->image, m->version);
		search.out = out;
		r = registry_each(c, on_repository, &search);
	}
	versions_fini(&versions);
	return r;
}

void
recipients_fini(struct recipients *r)
{
	free(r->items);
	r->items = NULL;
	r->count = 0;
}
