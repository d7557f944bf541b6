/*
 * The policy in force: its text lies in documents/ under its digest, which
 * stands in the main log.
 */
#include <stdio.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/json_terms.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/documents.h"
#include "syncd/catalogue/grants.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/registry.h"
#include "syncd/catalogue/versions.h"

#include "syncd/catalogue/policies.h"

/* The row of the policy in force: the JSON of its log entry's members. */
#define POLICY_ROW "policy"
#define POLICY_ROW_MAX 16384u
#define POLICY_TEXT_MAX (1u << 20)

struct policy_row {
	struct digest digest;
	char file[PH_TEXT_MAX + 1];
	char actor[PH_TEXT_MAX + 1];
	int64_t time;
};

static int
get_row(struct catalogue *c, struct policy_row *out)
{
	struct index_bytes value;
	struct json_object o;
	struct index_txn *txn;
	const char *text;
	struct json *tree;
	int r;

	memset(out, 0, sizeof(*out));
	r = index_begin(c->index, INDEX_READ, &txn);
	if (r != PH_OK)
		return r;
	r = index_get(txn, INDEX_META, POLICY_ROW, strlen(POLICY_ROW), &value);
	if (r == PH_OK) {
		r = json_parse(value.data, value.len, POLICY_ROW_MAX, &tree);
		if (r == PH_OK) {
			json_root(tree, &o);
			json_get_digest(&o, "policy", &out->digest);
			json_get_string(&o, "file", &text, NULL);
			(void)snprintf(out->file, sizeof(out->file), "%s",
			    text);
			json_get_string(&o, "actor", &text, NULL);
			(void)snprintf(out->actor, sizeof(out->actor), "%s",
			    text);
			json_get_time(&o, "time", &out->time);
			json_object_end(&o);
			r = json_error(tree) == PH_OK ? PH_OK : PH_EDIGEST;
			json_free(tree);
		}
	}
	index_abort(txn);
	return r;
}

int
policies_apply(struct catalogue *c, const struct ledger_event *e)
{
	struct json_writer w;
	struct buffer row;
	struct digest digest;
	const char *file, *actor;
	int r;

	grants_touch(c, NULL);
	json_get_digest(e->o, "policy", &digest);
	json_get_string(e->o, "file", &file, NULL);
	json_get_string(e->o, "by", &actor, NULL);
	if (json_error(e->o->tree) != PH_OK)
		return PH_ELOG;
	buffer_init(&row, POLICY_ROW_MAX);
	json_writer_init(&w, &row);
	json_open_object(&w, NULL);
	json_put_digest(&w, "policy", &digest);
	json_put_string(&w, "file", file);
	json_put_string(&w, "actor", actor);
	json_put_time(&w, "time", e->time);
	json_close_object(&w);
	r = json_writer_end(&w);
	if (r == PH_OK)
		r = index_put(e->txn, INDEX_META, POLICY_ROW,
		    strlen(POLICY_ROW), row.data, row.len);
	buffer_fini(&row);
	return r;
}

/* Warn of repositories that a policy names and nobody added. */
static int
warn_repositories(struct catalogue *c, const struct policy *policy,
    policies_warning *warn, void *cookie)
{
	struct registration record;
	char text[512];
	size_t i;
	int r;

	for (i = 0; i < policy->nrepositories; i++) {
		r = registry_get(c, policy->repositories[i], &record);
		if (r == PH_EUNKNOWN)
			(void)snprintf(text, sizeof(text),
			    "there is no repository %s (yet); add it with "
			    "\"syncctl repo add %s\"",
			    policy->repositories[i], policy->repositories[i]);
		else if (r == PH_OK && record.removed)
			(void)snprintf(text, sizeof(text),
			    "the repository %s was removed",
			    policy->repositories[i]);
		else if (r == PH_OK)
			continue;
		else
			return r;
		warn(cookie, text);
	}
	return PH_OK;
}

/* Warn of rules whose pattern matches no published image. */
static int
warn_patterns(struct catalogue *c, const struct policy *policy,
    policies_warning *warn, void *cookie)
{
	const struct version_entry *v;
	const struct policy_rule *rule;
	struct versions versions;
	char text[512];
	size_t i, k;
	int found, r;

	versions_init(&versions);
	r = versions_load(c, NULL, &versions);
	if (r != PH_OK)
		return r;
	for (i = 0; i < policy->nrules; i++) {
		rule = &policy->rules[i];
		found = 0;
		for (k = 0; k < versions.count && !found; k++) {
			v = &versions.items[k];
			found = selector_matches(&rule->images, v->image,
			    &v->labels, v->owner);
		}
		if (found)
			continue;
		(void)snprintf(text, sizeof(text),
		    "%s:%u:%u: no published image matches \"%s\"", policy->file,
		    rule->line, rule->column, rule->images.name);
		warn(cookie, text);
	}
	versions_fini(&versions);
	return PH_OK;
}

int
policies_warn(struct catalogue *c, const struct policy *policy,
    policies_warning *warn, void *cookie)
{
	int r;

	r = warn_repositories(c, policy, warn, cookie);
	if (r == PH_OK)
		r = warn_patterns(c, policy, warn, cookie);
	return r;
}

/* Keep the text and enter it into the log. */
static int
commit_policy(struct catalogue *c, const char *actor, const char *text,
    size_t len, const char *file, int *appended)
{
	struct document_name name;
	struct ledger_entry e;
	struct digest digest;
	int r;

	digest_of(text, len, &digest);
	name = documents_policy_name(&digest);
	r = documents_put_text(c->config.files, c->state_dir, &name, text, len);
	if (r != PH_OK)
		return r;
	r = ledger_begin(c, NULL, "policy", actor, &e);
	if (r != PH_OK) {
		ledger_abort(&e);
		return r;
	}
	json_put_digest(&e.w, "policy", &digest);
	json_put_string(&e.w, "file", file);
	json_put_string(&e.w, "by", actor);
	return ledger_commit(c, &e, appended);
}

int
policies_apply_text(struct catalogue *c, const char *actor, const char *text,
    size_t len, const char *file, policies_warning *warn, void *cookie,
    size_t *nchanged, struct failure *f)
{
	char next[sizeof(f->next)];
	struct policy *policy;
	int appended, r;

	*nchanged = 0;
	appended = 0;
	r = policy_read(text, len, file, &policy, f);
	if (r != PH_OK) {
		(void)strcpy(next, f->next);
		failure_next(f, "%s%sthe policy in force was not changed", next,
		    next[0] == '\0' ? "" : "; ");
		return r;
	}
	r = policies_warn(c, policy, warn, cookie);
	if (r == PH_OK)
		r = commit_policy(c, actor, text, len, file, &appended);
	if (r != PH_OK && !appended) {
		policy_free(policy);
		return failure_default(f, r, "applying %s", file);
	}
	policy_free(c->policy);
	c->policy = policy;
	if (grants_refresh_all(c, nchanged) != PH_OK && r == PH_OK)
		r = grants_check(c, f);
	return failure_default(f, r, "making the grants of %s", file);
}

int
policies_show(struct catalogue *c, struct buffer *text, int64_t *time,
    char actor[PH_TEXT_MAX + 1], struct digest *digest)
{
	struct document_name name;
	struct policy_row row;
	int r;

	r = get_row(c, &row);
	if (r != PH_OK)
		return r;
	name = documents_policy_name(&row.digest);
	r = documents_get_text(c->config.files, c->state_dir, &name,
	    POLICY_TEXT_MAX, text);
	if (r == PH_EABSENT)
		return PH_EDOCUMENT;
	if (time != NULL)
		*time = row.time;
	if (actor != NULL)
		memcpy(actor, row.actor, sizeof(row.actor));
	if (digest != NULL)
		*digest = row.digest;
	return r;
}

int
policies_load(struct catalogue *c, struct failure *f)
{
	struct document_name name;
	struct policy_row row;
	struct digest found;
	struct buffer text;
	int r;

	r = get_row(c, &row);
	if (r == PH_EABSENT)
		return PH_OK;
	if (r != PH_OK)
		return failure_default(f, r, "the policy in force");
	buffer_init(&text, POLICY_TEXT_MAX);
	name = documents_policy_name(&row.digest);
	r = documents_get_text(c->config.files, c->state_dir, &name,
	    POLICY_TEXT_MAX, &text);
	digest_of(text.data, text.len, &found);
	if (r == PH_OK && digest_compare(&found, &row.digest) != 0)
		r = PH_EDIGEST;
	if (r == PH_OK)
		r = policy_read((const char *)text.data, text.len, row.file,
		    &c->policy, f);
	else
		r = failure_set(f, PH_EDOCUMENT,
		    "the stored policy in documents/%s.txt is missing or was "
		    "changed",
		    name.text);
	buffer_fini(&text);
	return r;
}
