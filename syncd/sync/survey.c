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
#include "syncd/catalogue/quiet.h"
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
	run_fini(&s->found);
	free(s->manifests);
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

/* What a blob adds to what is needed. */
struct share {
	struct digest blob;
	uint64_t size;
};

/* Looking for what is needed. */
struct search {
	struct catalogue *c;
	struct survey *s;
	struct share *shares;
	size_t nshares;
	size_t room;
};

/* Count a blob; that it was counted before shows when all are here. */
static int
add_share(struct search *search, const struct need *need)
{
	struct share *shares;
	size_t room;

	if (search->nshares == search->room) {
		room = search->room == 0 ? 64 : 2 * search->room;
		shares = realloc(search->shares, room * sizeof(*shares));
		if (shares == NULL)
			return PH_ENOMEM;
		search->shares = shares;
		search->room = room;
	}
	search->shares[search->nshares].blob = need->blob;
	search->shares[search->nshares++].size = need->size;
	return PH_OK;
}

/* A blob that is needed, unless it was refused or told already. */
static int
on_need(void *cookie, const struct need *need)
{
	struct search *search;
	struct survey *s;
	size_t i;
	int r;

	search = cookie;
	s = search->s;
	if (survey_refused_has(&s->refused, &need->blob))
		return PH_OK;
	r = add_share(search, need);
	if (r != PH_OK || s->nneeds == SURVEY_NEEDS_MAX)
		return r;
	for (i = 0; i < s->nneeds; i++) {
		if (digest_compare(&s->needs[i].blob, &need->blob) == 0)
			return PH_OK;
	}
	s->needs[s->nneeds] = *need;
	return needs_find_bases(search->c, &s->needs[s->nneeds++]);
}

static int
compare_shares(const void *a, const void *b)
{
	const struct share *x, *y;

	x = a;
	y = b;
	return digest_compare(&x->blob, &y->blob);
}

/* Sum up what is needed, each blob once. */
static uint64_t
sum_shares(struct search *search)
{
	const struct share *share;
	uint64_t sum;
	size_t i;

	if (search->nshares == 0)
		return 0;
	qsort(search->shares, search->nshares, sizeof(*search->shares),
	    compare_shares);
	sum = 0;
	for (i = 0; i < search->nshares; i++) {
		share = &search->shares[i];
		if (i == 0 || compare_shares(share - 1, share) != 0)
			sum += share->size;
	}
	return sum;
}

/* The first blobs that are needed, and what all of them come to. */
static int
find_needs(struct catalogue *c, struct survey *s)
{
	struct search search;
	int r;

	memset(&search, 0, sizeof(search));
	search.c = c;
	search.s = s;
	s->needs = calloc(SURVEY_NEEDS_MAX, sizeof(*s->needs));
	if (s->needs == NULL)
		return PH_ENOMEM;
	r = needs_each(c, on_need, &search);
	s->needed_bytes = sum_shares(&search);
	free(search.shares);
	return r;
}

/* What is to be received, where receiving is allowed. */
static int
find_missing(struct catalogue *c, struct survey *s)
{
	int r;

	s->manifests = calloc(SURVEY_MANIFESTS_MAX, sizeof(*s->manifests));
	if (s->manifests == NULL)
		return PH_ENOMEM;
	r = needs_manifests(c, is_refused, s, s->manifests,
	    SURVEY_MANIFESTS_MAX, &s->nmanifests);
	if (r == PH_OK && s->nmanifests == 0)
		r = find_needs(c, s);
	return r;
}

/* Whether something may be received; and whether there is anything granted. */
static int
check_allowed(struct catalogue *c, struct survey *s)
{
	struct grant grant;
	int allowed;

	allowed = mandate_check(c);
	s->nothing_granted = allowed == PH_EABSENT ||
	    (mandate_grant(c, &grant) == PH_OK && grant.items == 0);
	if (catalogue_check_store(c, &s->failure) != PH_OK)
		allowed = PH_ESTORE;
	return allowed;
}

/* 1 when a survey that looked at everything has found nothing to do. */
static int
is_idle(const struct survey *s)
{
	return s->nwithdrawn == 0 && s->ncompleted == 0 && s->nretired == 0 &&
	    s->nmanifests == 0 && s->nneeds == 0 && s->refused.count == 0 &&
	    s->receipt && !s->statement.due;
}

/* A version needed nothing that is not here. */
static int
on_whole(void *cookie, const struct manifest *m)
{
	return run_note_whole(cookie, m);
}

/* Look at everything. */
static int
look(struct catalogue *c, struct survey *s, int *allowed)
{
	int r;

	r = PH_OK;
	if (s->changed)
		r = withdraw_denied(c, &s->nwithdrawn);
	if (r == PH_OK)
		r = reception_settle(c, &s->ncompleted, on_whole, &s->found);
	if (r != PH_OK)
		return r;
	*allowed = check_allowed(c, s);
	if (*allowed == PH_OK)
		r = find_missing(c, s);
	if (r == PH_OK)
		r = withdraw_retired(c, &s->nretired);
	/* A store that is away cannot be spoken of. */
	if (r == PH_OK && s->receipt && *allowed != PH_ESTORE)
		r = statement_make(c, s->whole, &s->statement);
	if (r == PH_OK && *allowed == PH_OK && is_idle(s))
		quiet_note(c);
	return r;
}

void
survey_run(struct catalogue *c, struct survey *s)
{
	int allowed, r;

	r = allowed = PH_OK;
	if (!s->whole && quiet_holds(c))
		allowed = check_allowed(c, s);
	else
		r = look(c, s, &allowed);
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

/* A version, in an array in which it is looked for. */
struct named {
	char image[PH_NAME_MAX + 1];
	char version[PH_VERSION_MAX + 1];
};

static int
compare_named(const void *pa, const void *pb)
{
	const struct named *a, *b;
	int order;

	a = pa;
	b = pb;
	order = strcmp(a->image, b->image);
	return order != 0 ? order : strcmp(a->version, b->version);
}

/* All versions of a list, sorted; freed by the caller. */
static int
name_items(const struct lineset *list, struct named **out)
{
	struct grant_item item;
	const char *line;
	size_t i, len;
	int r;

	*out = calloc(lineset_count(list) + 1, sizeof(**out));
	r = *out == NULL ? PH_ENOMEM : PH_OK;
	for (i = 0; r == PH_OK && i < lineset_count(list); i++) {
		line = lineset_line(list, i, &len);
		r = grant_item_decode(line, len, &item);
		if (r != PH_OK)
			break;
		(void)strcpy((*out)[i].image, item.image);
		(void)strcpy((*out)[i].version, item.version);
	}
	if (r == PH_OK)
		qsort(*out, lineset_count(list), sizeof(**out), compare_named);
	return r;
}

/* The versions of a set that are all here, sorted; *n of them. */
static int
name_held(const struct lineset *set, struct named **out, size_t *n)
{
	struct holding h;
	const char *line;
	size_t i, len;
	int r;

	*n = 0;
	*out = calloc(lineset_count(set) + 1, sizeof(**out));
	r = *out == NULL ? PH_ENOMEM : PH_OK;
	for (i = 0; r == PH_OK && i < lineset_count(set); i++) {
		line = lineset_line(set, i, &len);
		r = holding_decode(line, len, &h);
		if (r != PH_OK || h.state == HOLDING_WITHDRAWN ||
		    h.state == HOLDING_PARTIAL)
			continue;
		(void)strcpy((*out)[*n].image, h.image);
		(void)strcpy((*out)[(*n)++].version, h.version);
	}
	if (r == PH_OK)
		qsort(*out, *n, sizeof(**out), compare_named);
	return r;
}

/* 1 when a version is among them. */
static int
is_named(const struct named *named, size_t n, const char *image,
    const char *version)
{
	struct named key;

	(void)strcpy(key.image, image);
	(void)strcpy(key.version, version);
	return n > 0 &&
	    bsearch(&key, named, n, sizeof(*named), compare_named) != NULL;
}

int
survey_compare(struct catalogue *c, const struct lineset *list, struct run *run)
{
	struct named *granted, *held;
	struct grant_item item;
	struct lineset *set;
	struct holding h;
	const char *line;
	size_t i, len, nheld;
	int r;

	granted = held = NULL;
	r = statement_set(c, &set);
	if (r != PH_OK)
		return r;
	r = name_items(list, &granted);
	if (r == PH_OK)
		r = name_held(set, &held, &nheld);
	for (i = 0; r == PH_OK && i < lineset_count(set); i++) {
		line = lineset_line(set, i, &len);
		r = holding_decode(line, len, &h);
		if (r == PH_OK && h.state != HOLDING_WITHDRAWN &&
		    !is_named(granted, lineset_count(list), h.image, h.version))
			r = add_line(&run->would_withdraw,
			    &run->nwould_withdraw, h.image, h.version);
	}
	for (i = 0; r == PH_OK && i < lineset_count(list); i++) {
		line = lineset_line(list, i, &len);
		r = grant_item_decode(line, len, &item);
		if (r == PH_OK && item.state != GRANT_RETIRE &&
		    !is_named(held, nheld, item.image, item.version))
			r = add_line(&run->would_receive, &run->nwould_receive,
			    item.image, item.version);
	}
	run->nothing_granted = lineset_count(list) == 0;
	free(held);
	free(granted);
	lineset_free(set);
	return r;
}
