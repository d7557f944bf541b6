/*
 * Reading a policy from YAML.  Every key that is not known, every value that
 * is not of its kind is refused where it stands; a policy is either read
 * whole or not at all.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/name.h"
#include "proto/pattern.h"
#include "proto/version.h"
#include "syncd/config/yaml.h"

#include "syncd/policy/policy.h"

/* What reading needs at hand. */
struct parse {
	struct policy *policy;
	struct yaml_node *groups; /* NULL: none. */
	size_t ntargets;          /* Names in the "to" of all rules. */
	struct failure *f;
};

/* A growing list of names, sorted and made unique at the end. */
struct names {
	char **items;
	size_t count;
	size_t size;
};

static int
names_add(struct names *names, const char *name)
{
	char **items;
	size_t size;

	if (names->count == names->size) {
		size = names->size == 0 ? 8 : names->size * 2;
		items = realloc(names->items, size * sizeof(*items));
		if (items == NULL)
			return PH_ENOMEM;
		names->items = items;
		names->size = size;
	}
	names->items[names->count] = strdup(name);
	if (names->items[names->count] == NULL)
		return PH_ENOMEM;
	names->count++;
	return PH_OK;
}

static void
names_free(char **items, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		free(items[i]);
	free(items);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sort, and drop what stands twice. */
static void
names_finish(struct names *names)
{
	size_t i, n;

	if (names->count == 0)
		return;
	qsort(names->items, names->count, sizeof(*names->items), compare_names);
	n = 1;
	for (i = 1; i < names->count; i++) {
		if (strcmp(names->items[i], names->items[n - 1]) == 0)
			free(names->items[i]);
		else
			names->items[n++] = names->items[i];
	}
	names->count = n;
}

/* A scalar that is a name; what says of what. */
static int
read_name(const struct yaml_node *n, const char *what, const char **out,
    struct failure *f)
{
	int r;

	r = yaml_as_string(n, out, f);
	if (r == PH_OK && !name_valid(*out)) {
		r = yaml_fail(n, f, "\"%.200s\" is not the name of a %s", *out,
		    what);
		failure_next(f,
		    "use 1 to 127 of A-Z a-z 0-9 . _ + -, "
		    "beginning with a letter or digit");
	}
	return r;
}

/* The members of a group, each the name of a repository. */
static int
read_group(struct parse *p, const char *group, struct yaml_node *members)
{
	const char *name;
	struct yaml_node *item;
	size_t i;
	int r;

	r = yaml_as_kind(members, YAML_SEQUENCE, p->f);
	for (i = 0; r == PH_OK && i < yaml_count(members); i++) {
		item = yaml_item(members, i);
		r = read_name(item, "repository", &name, p->f);
		if (r == PH_OK && yaml_find(p->groups, name) != NULL) {
			r = yaml_fail(item, p->f,
			    "group %s has the group %s as a member", group,
			    name);
			failure_next(p->f, "list its repositories instead");
		}
	}
	return r;
}

static int
read_groups(struct parse *p, struct yaml_node *root)
{
	const struct yaml_node *key;
	const char *name;
	size_t i;
	int r;

	p->groups = NULL;
	r = yaml_get_map(root, "groups", YAML_OPTIONAL, &p->groups, p->f);
	if (r != PH_OK || p->groups == NULL)
		return r;
	for (i = 0; r == PH_OK && i < yaml_count(p->groups); i++) {
		key = yaml_key(p->groups, i);
		r = read_name(key, "group", &name, p->f);
		if (r == PH_OK)
			r = read_group(p, name, yaml_item(p->groups, i));
	}
	return r;
}

/* Add one entry of `to`: a repository, or all members of a group. */
static int
add_target(struct parse *p, const struct yaml_node *entry, const char *name,
    struct names *to)
{
	struct yaml_node *members;
	size_t i, n;
	int r;

	members = p->groups == NULL ? NULL : yaml_find(p->groups, name);
	n = members == NULL ? 1 : yaml_count(members);
	if (n > POLICY_TARGETS_MAX - p->ntargets) {
		r = yaml_fail(entry, p->f,
		    "the rules name more than %u repositories in all",
		    POLICY_TARGETS_MAX);
		failure_next(p->f, "name fewer groups in \"to\"");
		return r;
	}
	p->ntargets += n;
	if (members == NULL)
		return names_add(to, name);
	r = PH_OK;
	for (i = 0; r == PH_OK && i < n; i++)
		r = names_add(to, yaml_text(yaml_item(members, i)));
	return r;
}

static int
read_to(struct parse *p, struct yaml_node *map, struct policy_rule *rule)
{
	struct names to;
	struct yaml_node *list, *entry;
	const char *name;
	size_t i;
	int r;

	memset(&to, 0, sizeof(to));
	list = NULL;
	r = yaml_get_sequence(map, "to", YAML_REQUIRED, &list, p->f);
	if (r == PH_OK && yaml_count(list) == 0) {
		r = yaml_fail(list, p->f, "the rule is for nobody");
		failure_next(p->f, "name repositories or groups in \"to\"");
	}
	for (i = 0; r == PH_OK && i < yaml_count(list); i++) {
		entry = yaml_item(list, i);
		r = read_name(entry, "repository or group", &name, p->f);
		if (r == PH_OK)
			r = add_target(p, entry, name, &to);
	}
	names_finish(&to);
	rule->to = to.items;
	rule->nto = to.count;
	return r;
}

static int
read_images(struct parse *p, struct yaml_node *map, struct policy_rule *rule)
{
	static const char *const known[] = { "name", NULL };
	struct yaml_node *images;
	const char *pattern;
	int r;

	images = NULL;
	r = yaml_get_map(map, "images", YAML_REQUIRED, &images, p->f);
	if (r != PH_OK)
		return r;
	pattern = NULL;
	r = yaml_map_keys(images, known, p->f);
	if (r == PH_OK)
		r = yaml_get_string(images, "name", YAML_REQUIRED, &pattern,
		    p->f);
	if (r == PH_OK && !pattern_valid(pattern)) {
		r = yaml_fail(yaml_find(images, "name"), p->f,
		    "\"%.200s\" is not a pattern for image names", pattern);
		failure_next(p->f,
		    "use the characters of names, * for any "
		    "run and ? for any one character");
	}
	if (r == PH_OK)
		(void)strcpy(rule->images.name, pattern);
	return r;
}

/* A scalar that is a version, copied. */
static int
read_version(const struct yaml_node *n, char **out, struct failure *f)
{
	const char *text;
	int r;

	r = yaml_as_string(n, &text, f);
	if (r == PH_OK && !version_valid(text)) {
		r = yaml_fail(n, f, "\"%.200s\" is not a version", text);
		failure_next(f,
		    "use 1 to 63 of A-Z a-z 0-9 . _ + -, "
		    "beginning with a letter or digit");
	}
	if (r == PH_OK) {
		*out = strdup(text);
		if (*out == NULL)
			r = PH_ENOMEM;
	}
	return r;
}

static int
read_exact(struct parse *p, struct yaml_node *list, struct policy_rule *rule)
{
	size_t i;
	int r;

	r = yaml_as_kind(list, YAML_SEQUENCE, p->f);
	if (r != PH_OK)
		return r;
	rule->versions = POLICY_VERSIONS_EXACT;
	if (yaml_count(list) == 0)
		return yaml_fail(list, p->f, "no version is listed");
	rule->names = calloc(yaml_count(list), sizeof(*rule->names));
	if (rule->names == NULL)
		return PH_ENOMEM;
	for (i = 0; r == PH_OK && i < yaml_count(list); i++) {
		r = read_version(yaml_item(list, i), &rule->names[i], p->f);
		if (r == PH_OK)
			rule->nnames++;
	}
	return r;
}

static int
read_range(struct parse *p, struct yaml_node *from, struct yaml_node *until,
    struct policy_rule *rule)
{
	int r;

	r = PH_OK;
	rule->versions = POLICY_VERSIONS_RANGE;
	if (from != NULL)
		r = read_version(from, &rule->from, p->f);
	if (r == PH_OK && until != NULL)
		r = read_version(until, &rule->until, p->f);
	if (r == PH_OK && from != NULL && until != NULL &&
	    version_compare(rule->from, rule->until) > 0) {
		r = yaml_fail(from, p->f, "version %s comes after %s",
		    rule->from, rule->until);
		failure_next(p->f, "exchange \"from\" and \"to\"");
	}
	return r;
}

static int
read_versions(struct parse *p, struct yaml_node *map, struct policy_rule *rule)
{
	static const char *const known[] = { "newest", "exact", "from", "to",
		NULL };
	struct yaml_node *versions, *exact, *from, *until, *newest;
	int64_t count;
	int r;

	versions = NULL;
	r = yaml_get_map(map, "versions", YAML_OPTIONAL, &versions, p->f);
	if (r != PH_OK || versions == NULL)
		return r;
	r = yaml_map_keys(versions, known, p->f);
	if (r != PH_OK)
		return r;
	newest = yaml_find(versions, "newest");
	exact = yaml_find(versions, "exact");
	from = yaml_find(versions, "from");
	until = yaml_find(versions, "to");
	if ((newest != NULL) + (exact != NULL) +
		(from != NULL || until != NULL) !=
	    1) {
		r = yaml_fail(versions, p->f,
		    "\"versions\" wants one of newest, exact, or from and to");
		failure_next(p->f,
		    "write several rules, or leave \"versions\" "
		    "out for all");
		return r;
	}
	if (exact != NULL)
		return read_exact(p, exact, rule);
	if (newest == NULL)
		return read_range(p, from, until, rule);
	rule->versions = POLICY_VERSIONS_NEWEST;
	r = yaml_as_int(newest, 1, 1000000, &count, p->f);
	if (r == PH_OK)
		rule->count = (unsigned int)count;
	return r;
}

static int
read_rule(struct parse *p, struct yaml_node *node, int deny,
    struct policy_rule *rule)
{
	static const char *const known[] = { "to", "images", "versions", NULL };
	int r;

	selector_init(&rule->images);
	rule->deny = deny;
	rule->line = yaml_line(node);
	rule->column = yaml_column(node);
	r = yaml_as_kind(node, YAML_MAP, p->f);
	if (r == PH_OK)
		r = yaml_map_keys(node, known, p->f);
	if (r == PH_OK)
		r = read_to(p, node, rule);
	if (r == PH_OK)
		r = read_images(p, node, rule);
	if (r == PH_OK)
		r = read_versions(p, node, rule);
	if (r == PH_OK && deny && rule->versions == POLICY_VERSIONS_NEWEST) {
		r = yaml_fail(node, p->f,
		    "a deny rule cannot be about the newest versions");
		failure_next(p->f,
		    "name the versions with exact, or from "
		    "and to");
	}
	return r;
}

/* All rules below one key, behind those that are there. */
static int
read_rules(struct parse *p, struct yaml_node *root, const char *key, int deny)
{
	struct policy_rule *rules;
	struct yaml_node *list;
	size_t i, n;
	int r;

	list = NULL;
	r = yaml_get_sequence(root, key, YAML_OPTIONAL, &list, p->f);
	if (r != PH_OK || list == NULL || yaml_count(list) == 0)
		return r;
	n = p->policy->nrules + yaml_count(list);
	if (n > POLICY_RULES_MAX)
		return yaml_fail(list, p->f, "more than %u rules",
		    POLICY_RULES_MAX);
	rules = realloc(p->policy->rules, n * sizeof(*rules));
	if (rules == NULL)
		return PH_ENOMEM;
	p->policy->rules = rules;
	memset(&rules[p->policy->nrules], 0, yaml_count(list) * sizeof(*rules));
	for (i = 0; r == PH_OK && i < yaml_count(list); i++) {
		/* Counted first: policy_free() frees a rule read by half. */
		p->policy->nrules++;
		r = read_rule(p, yaml_item(list, i), deny,
		    &rules[p->policy->nrules - 1]);
	}
	return r;
}

/* Collect every repository that a rule names, itself or by a group. */
static int
collect_repositories(struct policy *policy)
{
	struct names all;
	size_t i, j;
	int r;

	memset(&all, 0, sizeof(all));
	r = PH_OK;
	for (i = 0; r == PH_OK && i < policy->nrules; i++) {
		for (j = 0; r == PH_OK && j < policy->rules[i].nto; j++)
			r = names_add(&all, policy->rules[i].to[j]);
	}
	names_finish(&all);
	policy->repositories = all.items;
	policy->nrepositories = all.count;
	return r;
}

static int
read_root(struct parse *p, struct yaml_node *root)
{
	static const char *const known[] = { "version", "groups", "allow",
		"deny", NULL };
	int64_t version;
	int r;

	r = yaml_as_kind(root, YAML_MAP, p->f);
	if (r == PH_OK)
		r = yaml_get_int(root, "version", YAML_REQUIRED, 1, 1, &version,
		    p->f);
	if (r == PH_OK)
		r = yaml_map_keys(root, known, p->f);
	if (r == PH_OK)
		r = read_groups(p, root);
	if (r == PH_OK)
		r = read_rules(p, root, "allow", 0);
	if (r == PH_OK)
		r = read_rules(p, root, "deny", 1);
	if (r == PH_OK && p->policy->nrules == 0) {
		r = yaml_fail(root, p->f,
		    "the policy has no rules: it would withdraw everything");
		failure_next(p->f,
		    "add what is allowed; to allow nothing to a repository, "
		    "add a rule that denies it \"*\", or remove it");
	}
	if (r == PH_OK)
		r = collect_repositories(p->policy);
	return r;
}

int
policy_read(const char *text, size_t len, const char *file, struct policy **out,
    struct failure *f)
{
	struct parse p;
	struct yaml_tree *tree;
	int r;

	tree = NULL;
	memset(&p, 0, sizeof(p));
	p.f = f;
	f->code = PH_OK;
	p.policy = calloc(1, sizeof(*p.policy));
	if (p.policy == NULL || (p.policy->file = strdup(file)) == NULL) {
		r = PH_ENOMEM;
		goto out;
	}
	r = yaml_tree_parse(file, PH_EPOLICY, text, len, &tree, f);
	if (r == PH_OK)
		r = read_root(&p, yaml_tree_root(tree));
out:
	yaml_tree_free(tree);
	if (r == PH_OK) {
		*out = p.policy;
		return PH_OK;
	}
	policy_free(p.policy);
	return failure_default(f, r, "the policy %s cannot be read", file);
}

void
policy_free(struct policy *policy)
{
	struct policy_rule *rule;
	size_t i;

	if (policy == NULL)
		return;
	for (i = 0; i < policy->nrules; i++) {
		rule = &policy->rules[i];
		names_free(rule->to, rule->nto);
		names_free(rule->names, rule->nnames);
		selector_fini(&rule->images);
		free(rule->from);
		free(rule->until);
	}
	free(policy->rules);
	names_free(policy->repositories, policy->nrepositories);
	free(policy->file);
	free(policy);
}

int
policy_rule_names(const struct policy_rule *rule, const char *repository)
{
	return rule->nto > 0 &&
	    bsearch(&repository, rule->to, rule->nto, sizeof(*rule->to),
		compare_names) != NULL;
}
