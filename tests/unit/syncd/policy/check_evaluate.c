/*
 * Decisions, as a table: a policy, versions of one image oldest first, and
 * what becomes of each for the repository "lab".
 */
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/charter.h"
#include "proto/errors.h"
#include "syncd/policy/evaluate.h"

#define VERSIONS_MAX 6u

#define RULE(more) "  - {to: [lab], images: {name: img}" more "}\n"
#define ALLOW "version: 1\nallow:\n"

/*
 * A version with its marks: "9" is plain, "9g" granted, "9gf" granted and
 * freed, "9e" embargoed.  out has a letter for each: d(enied), a(llow),
 * e(mbargo), r(etire).
 */
static const struct {
	const char *policy;
	const char *versions[VERSIONS_MAX];
	const char *out;
} cases[] = {
	/* What no rule allows is denied. */
	{ ALLOW "  - {to: [lab], images: {name: other}}\n", { "1" }, "d" },
	{ ALLOW "  - {to: [oslo], images: {name: img}}\n", { "1" }, "d" },
	{ ALLOW "  - {to: [oslo], images: {name: img}}\n", { "1g" }, "d" },
	{ ALLOW RULE(""), { "1", "2" }, "aa" },
	{ ALLOW "  - {to: [lab], images: {name: \"i?g\"}}\n", { "1" }, "a" },
	/* Deny wins, wherever it stands. */
	{ ALLOW RULE("") "deny:\n" RULE(", versions: {exact: [2]}"),
	    { "1", "2", "3" }, "ada" },
	{ "version: 1\ndeny:\n" RULE("") "allow:\n" RULE(""), { "1g" }, "d" },
	{ ALLOW RULE("") "deny:\n  - {to: [oslo], images: {name: img}}\n",
	    { "1" }, "a" },
	/* Ranges in natural order, both ends inclusive. */
	{ ALLOW RULE(", versions: {from: 9, to: 10}"),
	    { "1", "8", "9", "10", "11" }, "ddaad" },
	{ ALLOW RULE(", versions: {from: \"1.9\"}"), { "1.8", "1.9", "1.10" },
	    "daa" },
	{ ALLOW RULE(", versions: {to: 9}"), { "9", "10" }, "ad" },
	{ ALLOW RULE(", versions: {exact: [9, 10]}"), { "1", "9", "10", "11" },
	    "daad" },
	/* The newest. */
	{ ALLOW RULE(", versions: {newest: 1}"), { "9", "10" }, "da" },
	{ ALLOW RULE(", versions: {newest: 2}"), { "8", "9", "10" }, "daa" },
	{ ALLOW RULE(", versions: {newest: 5}"), { "9", "10" }, "aa" },
	/* What they pass over retires, if it was granted and is not freed. */
	{ ALLOW RULE(", versions: {newest: 1}"), { "8", "9g", "10" }, "dra" },
	{ ALLOW RULE(", versions: {newest: 1}"), { "8gf", "9g", "10" }, "dra" },
	{ ALLOW RULE(", versions: {newest: 1}"), { "8", "9", "10gf" }, "dda" },
	/* Embargoed and denied ones do not count. */
	{ ALLOW RULE(", versions: {newest: 1}"), { "9g", "10e" }, "ae" },
	{ ALLOW RULE(", versions: {newest: 1}"), { "8g", "9", "10e" }, "rae" },
	{ ALLOW RULE(", versions: {newest: 1}") "deny:\n" RULE(
	      ", versions: {exact: [10]}"),
	    { "9", "10g" }, "ad" },
	/* Passed over by one rule, allowed by another. */
	{ ALLOW RULE(", versions: {newest: 1}")
		RULE(", versions: {exact: [8]}"),
	    { "8g", "9g", "10" }, "ara" },
	{ ALLOW RULE(", versions: {newest: 1}") RULE(", versions: {newest: 2}"),
	    { "8g", "9g", "10" }, "raa" },
	/* Two rules of newest for other images do not mix. */
	{ ALLOW RULE(
	      ", versions: {newest: 1}") "  - {to: [lab], images: {name: "
					 "\"*\"}, versions: {newest: "
					 "3}}\n",
	    { "7", "8", "9", "10" }, "daaa" },
	/* Embargo. */
	{ ALLOW RULE(""), { "1e", "2" }, "ea" },
	{ ALLOW RULE("") "deny:\n" RULE(""), { "1e" }, "d" },
};

#define NCASES (sizeof(cases) / sizeof(cases[0]))

/* Take a version of a case apart. */
static void
read_version(const char *text, char version[16], struct policy_version *out)
{
	size_t n;

	n = strcspn(text, "egf");
	memset(out, 0, sizeof(*out));
	memcpy(version, text, n);
	version[n] = '\0';
	out->image = "img";
	out->version = version;
	out->embargoed = strchr(text + n, 'e') != NULL;
	out->granted = strchr(text + n, 'g') != NULL;
	out->freed = strchr(text + n, 'f') != NULL;
}

static struct policy *
read_policy(const char *text)
{
	struct policy *policy;
	struct failure f;

	ck_assert_msg(policy_read(text, strlen(text), "p", &policy, &f) ==
		PH_OK,
	    "%s %s", f.where, f.what);
	return policy;
}

START_TEST(table)
{
	struct policy_version versions[VERSIONS_MAX];
	struct policy_decision decisions[VERSIONS_MAX];
	char names[VERSIONS_MAX][16];
	struct policy *policy;
	size_t n;

	policy = read_policy(cases[_i].policy);
	for (n = 0; n < VERSIONS_MAX && cases[_i].versions[n] != NULL; n++)
		read_version(cases[_i].versions[n], names[n], &versions[n]);
	ck_assert_uint_eq(n, strlen(cases[_i].out));
	policy_evaluate(policy, "lab", NULL, versions, n, decisions);
	while (n-- > 0)
		ck_assert_msg(policy_state_name(decisions[n].state)[0] ==
			cases[_i].out[n],
		    "case %d: %s is %s", _i, cases[_i].versions[n],
		    policy_state_name(decisions[n].state));
	policy_free(policy);
}
END_TEST

START_TEST(decisions_name_their_rule)
{
	struct policy_version v;
	struct policy_decision d;
	struct policy *policy;
	char name[16];

	policy = read_policy(ALLOW RULE(", versions: {newest: 1}")
		RULE("") "deny:\n" RULE(", versions: {exact: [3]}"));
	read_version("1", name, &v);
	policy_evaluate(policy, "lab", NULL, &v, 1, &d);
	ck_assert_ptr_eq(d.rule, &policy->rules[0]);
	read_version("3", name, &v);
	policy_evaluate(policy, "lab", NULL, &v, 1, &d);
	ck_assert_ptr_eq(d.rule, &policy->rules[2]);
	ck_assert_int_eq(d.state, POLICY_DENIED);
	ck_assert_int_eq(d.ceiling, 0);
	policy_evaluate(policy, "oslo", NULL, &v, 1, &d);
	ck_assert_ptr_null(d.rule);
	policy_free(policy);
	policy_evaluate(NULL, "lab", NULL, &v, 1, &d);
	ck_assert_int_eq(d.state, POLICY_DENIED);
	ck_assert_ptr_null(d.rule);
}
END_TEST

START_TEST(charter_is_a_ceiling)
{
	struct policy_version versions[3];
	struct policy_decision d[3];
	struct selector selector;
	struct charter charter;
	struct labels secret;
	struct policy *policy;
	char names[3][16];
	size_t i;

	policy = read_policy(ALLOW RULE(", versions: {newest: 1}"));
	for (i = 0; i < 3; i++)
		read_version(&"1\0002\0003"[2 * i], names[i], &versions[i]);
	labels_init(&secret);
	ck_assert_int_eq(labels_set(&secret, "secrecy", "high"), PH_OK);
	versions[2].labels = &secret;
	charter_init(&charter);
	/* Nothing may be held. */
	policy_evaluate(policy, "lab", &charter, versions, 3, d);
	ck_assert_int_eq(d[2].state, POLICY_DENIED);
	ck_assert_int_eq(d[2].ceiling, 1);
	/* All may, but for the secret one, which then does not count. */
	selector_init(&selector);
	ck_assert_int_eq(selectors_add(&charter.may_hold, &selector), PH_OK);
	ck_assert_int_eq(labels_copy(&secret, &selector.labels), PH_OK);
	ck_assert_int_eq(selectors_add(&charter.never, &selector), PH_OK);
	policy_evaluate(policy, "lab", &charter, versions, 3, d);
	ck_assert_int_eq(d[0].state, POLICY_DENIED);
	ck_assert_int_eq(d[0].ceiling, 0);
	ck_assert_int_eq(d[1].state, POLICY_ALLOW);
	ck_assert_int_eq(d[2].state, POLICY_DENIED);
	ck_assert_int_eq(d[2].ceiling, 1);
	selector_fini(&selector);
	labels_fini(&secret);
	charter_fini(&charter);
	policy_free(policy);
}
END_TEST

START_TEST(images_are_apart)
{
	struct policy_version versions[4];
	struct policy_decision d[4];
	struct policy *policy;
	char names[4][16];
	size_t i;

	policy = read_policy(ALLOW "  - {to: [lab], images: {name: \"*\"}, "
				   "versions: {newest: 1}}\n");
	for (i = 0; i < 4; i++) {
		read_version(i % 2 == 0 ? "9g" : "10", names[i], &versions[i]);
		versions[i].image = i < 2 ? "a" : "ab";
	}
	policy_evaluate(policy, "lab", NULL, versions, 4, d);
	ck_assert_int_eq(d[0].state, POLICY_RETIRE);
	ck_assert_int_eq(d[1].state, POLICY_ALLOW);
	ck_assert_int_eq(d[2].state, POLICY_RETIRE);
	ck_assert_int_eq(d[3].state, POLICY_ALLOW);
	policy_evaluate(policy, "lab", NULL, versions, 0, d);
	policy_free(policy);
}
END_TEST

static Suite *
suite(void)
{
	Suite *s;
	TCase *t;

	s = suite_create("evaluate");
	t = tcase_create("evaluate");
	tcase_add_loop_test(t, table, 0, (int)NCASES);
	tcase_add_test(t, decisions_name_their_rule);
	tcase_add_test(t, charter_is_a_ceiling);
	tcase_add_test(t, images_are_apart);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return check_run(suite());
}
