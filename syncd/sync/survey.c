/*
 * Surveys.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/grant_item.h"
#include "proto/holding.h"
#include "syncd/catalogue/mandate.h"
#include "syncd/catalogue/reception.h"
#include "syncd/catalogue/withdrawal.h"

#include "syncd/sync/survey.h"

/* Refusals that are remembered; a peer cannot make us hold more. */
#define REFUSED_MAX 65536u

void
survey_refused_fini(struct survey_refused *refused)
{
	free(refused->items);
	memset(refused, 0, sizeof(*refused));
}

int
survey_refused_add(struct survey_refused *refused, const struct digest *digest)
{
	struct digest *items;

	if (survey_refused_has(refused, digest))
		return PH_OK;
	if (refused->count == REFUSED_MAX)
		return PH_ELIMIT;
	items = realloc(refused->items, (refused->count + 1) * sizeof(*items));
	if (items == NULL)
		return PH_ENOMEM;
	refused->items = items;
	refused->items[refused->count++] = *digest;
	return PH_OK;
}

int
survey_refused_copy(const struct survey_refused *refused,
    struct survey_refused *out)
{
	if (refused->count == 0)
		return PH_OK;
	out->items = malloc(refused->count * sizeof(*out->items));
	if (out->items == NULL)
		return PH_ENOMEM;
	memcpy(out->items, refused->items,
	    refused->count * sizeof(*out->items));
	out->count = refused->count;
	return PH_OK;
}

int
survey_refused_has(const struct survey_refused *refused,
    const struct digest *digest)
{
	size_t i;

	for (i = 0; i < refused->count; i++) {
		if (digest_compare(&refused->items[i], digest) == 0)
			return 1;
	}
	return 0;
}

void
survey_init(struct survey *s)
{
	memset(s, 0, sizeof(*s));
	statement_init(&s->statement);
}

void
survey_fini(struct survey *s)
{
	free(s->needs);
	survey_refused_fini(&s->refused);
	statement_fini(&s->statement);
	survey_init(s);
}

/* 1 for what the provider said that it does not have for us. */
static int
is_refused(void *cookie, const struct digest *manifest)
{
	struct survey *s;

	s = cookie;
	return survey_refused_has(&s->refused, manifest);
}

/* A blob that is needed, unless it was refused or told already. */
static int
on_need(void *cookie, const struct need *need)
{
	struct need *needs;
	struct survey *s;
	size_t i;

	s = cookie;
	if (s->nneeds == SURVEY_NEEDS_MAX ||
	    survey_refused_has(&s->refused, &need->blob))
		return PH_OK;
	for (i = 0; i < s->nneeds; i++) {
		if (digest_compare(&s->needs[i].blob, &need->blob) == 0)
			return PH_OK;
	}
	needs = realloc(s->needs, (s->nneeds + 1) * sizeof(*needs));
	if (needs == NULL)
		return PH_ENOMEM;
	s->needs = needs;
	s->needs[s->nneeds++] = *need;
	return PH_OK;
}

/* What is to be received, where receiving is allowed. */
static int
find_missing(struct catalogue *c, struct survey *s)
{
	int r;

	r = needs_manifests(c, is_refused, s, s->manifests,
	    SURVEY_MANIFESTS_MAX, &s->nmanifests);
	if (r == PH_OK && s->nmanifests == 0)
		r = needs_each(c, on_need, s);
	return r;
}

/* 1 when the list in force is empty, or there is none. */
static int
is_list_empty(struct catalogue *c)
{
	struct lineset *list;
	int empty;

	if (mandate_list(c, &list) != PH_OK)
		return 0;
	empty = lineset_count(list) == 0;
	lineset_free(list);
	return empty;
}

void
survey_run(struct catalogue *c, struct survey *s)
{
	int allowed, r;

	r = PH_OK;
	if (s->changed)
		r = withdraw_denied(c, &s->nwithdrawn);
	if (r == PH_OK)
		r = reception_settle(c, &s->ncompleted);
	allowed = PH_OK;
	if (r == PH_OK) {
		allowed = mandate_check(c);
		s->nothing_granted = allowed == PH_EABSENT || is_list_empty(c);
	}
	if (r == PH_OK && catalogue_check_store(c, &s->failure) != PH_OK)
		allowed = PH_ESTORE;
	if (r == PH_OK && allowed == PH_OK)
		r = find_missing(c, s);
	if (r == PH_OK)
		r = withdraw_retired(c, &s->nretired);
	/* A store that is away cannot be spoken of. */
	if (r == PH_OK && s->receipt && allowed != PH_ESTORE)
		r = statement_make(c, s->whole, &s->statement);
	if (r == PH_OK && allowed != PH_OK && allowed != PH_EABSENT)
		r = allowed;
	s->code = r;
	if (r == PH_EEXPIRED) {
		(void)failure_set(&s->failure, r,
		    "the grant of this repository is expired");
		failure_next(&s->failure,
		    "nothing new is received; what is here is served on.  It "
		    "is renewed by the next contact with the primary");
	} else
		(void)failure_default(&s->failure, r, "surveying the store");
}

/* Add "IMAGE@VERSION" to a list of lines. */
static int
add_line(char ***lines, size_t *n, const char *image, const char *version)
{
	char **all;
	size_t len;

	all = realloc(*lines, (*n + 1) * sizeof(*all));
	if (all == NULL)
		return PH_ENOMEM;
	*lines = all;
	len = strlen(image) + strlen(version) + 2;
	all[*n] = malloc(len);
	if (all[*n] == NULL)
		return PH_ENOMEM;
	(void)snprintf(all[*n], len, "%s@%s", image, version);
	(*n)++;
	return PH_OK;
}

/* Whether a list has a version; PH_EABSENT when not. */
static int
find_item(const struct lineset *list, const char *image, const char *version,
    struct grant_item *out)
{
	const char *line;
	size_t i, len;

	for (i = 0; i < lineset_count(list); i++) {
		line = lineset_line(list, i, &len);
		if (grant_item_decode(line, len, out) == PH_OK &&
		    strcmp(out->image, image) == 0 &&
		    strcmp(out->version, version) == 0)
			return PH_OK;
	}
	return PH_EABSENT;
}

/* Whether a set has a version that is all here; PH_EABSENT when not. */
static int
find_held(const struct lineset *set, const char *image, const char *version)
{
	struct holding h;
	const char *line;
	size_t i, len;

	for (i = 0; i < lineset_count(set); i++) {
		line = lineset_line(set, i, &len);
		if (holding_decode(line, len, &h) == PH_OK &&
		    h.state != HOLDING_WITHDRAWN &&
		    h.state != HOLDING_PARTIAL && strcmp(h.image, image) == 0 &&
		    strcmp(h.version, version) == 0)
			return PH_OK;
	}
	return PH_EABSENT;
}

int
survey_compare(struct catalogue *c, const struct lineset *list, struct run *run)
{
	struct grant_item item;
	struct lineset *set;
	struct holding h;
	const char *line;
	size_t i, len;
	int r;

	r = statement_set(c, &set);
	if (r != PH_OK)
		return r;
	for (i = 0; r == PH_OK && i < lineset_count(set); i++) {
		line = lineset_line(set, i, &len);
		r = holding_decode(line, len, &h);
		if (r == PH_OK && h.state != HOLDING_WITHDRAWN &&
		    find_item(list, h.image, h.version, &item) != PH_OK)
			r = add_line(&run->would_withdraw,
			    &run->nwould_withdraw, h.image, h.version);
	}
	for (i = 0; r == PH_OK && i < lineset_count(list); i++) {
		line = lineset_line(list, i, &len);
		r = grant_item_decode(line, len, &item);
		if (r == PH_OK && item.state != GRANT_RETIRE &&
		    find_held(set, item.image, item.version) != PH_OK)
			r = add_line(&run->would_receive, &run->nwould_receive,
			    item.image, item.version);
	}
	run->nothing_granted = lineset_count(list) == 0;
	lineset_free(set);
	return r;
}
