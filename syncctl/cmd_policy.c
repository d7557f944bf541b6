/*
 * policy check, apply and show.
 */
#include <string.h>

#include "proto/errors.h"
#include "syncctl/input.h"
#include "syncctl/output.h"
#include "syncd/config/yaml.h"
#include "syncd/policy/policy.h"

#include "syncctl/commands.h"

/* A policy file, read and found to be good. */
struct policy_text {
	const char *file;
	struct buffer text;
	struct policy *policy;
};

/* Read it. */
static int
read_policy(struct invocation *in, struct policy_text *p)
{
	struct failure *f;
	int r;

	f = &in->report->failure;
	p->file = arguments_word(in->arguments, 0);
	buffer_init(&p->text, YAML_SIZE_MAX);
	p->policy = NULL;
	r = input_file(p->file, YAML_SIZE_MAX, &p->text, f);
	if (strcmp(p->file, "-") == 0)
		p->file = "standard input";
	if (r == PH_OK)
		r = policy_read((const char *)p->text.data, p->text.len,
		    p->file, &p->policy, f);
	return r;
}

/* Free what it holds. */
static void
policy_text_fini(struct policy_text *p)
{
	policy_free(p->policy);
	buffer_fini(&p->text);
}

/* What a good policy says, for people. */
static void
show_good(const struct policy_text *p, struct buffer *out)
{
	const struct policy *policy;
	char rules[OUTPUT_TERM_SIZE];
	size_t i;

	policy = p->policy;
	output_put(out, "%s is a policy of %s", p->file,
	    output_plural(policy->nrules, "rule", rules));
	if (policy->nrepositories == 0) {
		output_put(out, ": nobody may hold anything\n");
		return;
	}
	output_put(out, " for ");
	for (i = 0; i < policy->nrepositories; i++)
		output_put(out, "%s%s", i == 0 ? "" : ", ",
		    policy->repositories[i]);
	output_put(out, "\n");
}

/* The same for programs. */
static void
show_good_json(const struct policy_text *p, struct buffer *out)
{
	struct json_writer w;
	size_t i;

	json_writer_init(&w, out);
	json_open_object(&w, NULL);
	json_put_string(&w, "file", p->file);
	json_put_u64(&w, "rules", p->policy->nrules);
	json_open_array(&w, "repositories");
	for (i = 0; i < p->policy->nrepositories; i++)
		json_put_string(&w, NULL, p->policy->repositories[i]);
	json_close_array(&w);
	json_close_object(&w);
	(void)buffer_put_text(out, "\n");
}

static int
run_check(struct invocation *in)
{
	struct policy_text p;
	int r;

	r = read_policy(in, &p);
	if (r == PH_OK && in->json)
		show_good_json(&p, in->out);
	else if (r == PH_OK)
		show_good(&p, in->out);
	policy_text_fini(&p);
	return r;
}

/* The file goes to syncd as text. */
static void
put_apply(const struct invocation *in, struct json_writer *w, void *cookie)
{
	const struct policy_text *p;

	(void)in;
	p = cookie;
	json_put_string(w, "file", p->file);
	json_put_string_bytes(w, "text", (const char *)p->text.data,
	    p->text.len);
}

/* Whose grants have changed. */
static int
show_apply(struct invocation *in, struct json_object *result, void *cookie)
{
	const struct policy_text *p;
	struct json_array list;
	const char *text;
	size_t i;

	p = cookie;
	json_get_array(result, "changed", 0, SIZE_MAX, &list);
	output_put(in->out, "%s is in force.\n", p->file);
	for (i = 0; i < list.count; i++) {
		json_array_string(&list, i, &text, NULL);
		output_put(in->out, "%s %s", i == 0 ? "New grants for" : ",",
		    text);
	}
	output_put(in->out, "%s",
	    list.count == 0 ? "No repository's grant changes." : "");
	output_put(in->out, "\n");
	json_get_array(result, "warnings", 0, SIZE_MAX, &list);
	for (i = 0; i < list.count; i++) {
		json_array_string(&list, i, &text, NULL);
		output_put(in->out, "warning: %s\n", text);
	}
	return PH_OK;
}

static int
run_apply(struct invocation *in)
{
	static const struct command_request request = {
		.verb = "policy.apply",
		.put = put_apply,
		.show = show_apply,
	};
	struct policy_text p;
	int r;

	r = read_policy(in, &p);
	if (r == PH_OK)
		r = command_ask(in, &request, &p);
	policy_text_fini(&p);
	return r;
}

/* The text as it was applied, so that it can be redirected to a file. */
static int
show_policy(struct invocation *in, struct json_object *result, void *cookie)
{
	const char *actor, *text, *time;
	size_t len;

	(void)cookie;
	json_get_string_or_null(result, "text", &text, &len);
	json_get_string_or_null(result, "time", &time, NULL);
	json_get_string_or_null(result, "actor", &actor, NULL);
	if (text == NULL) {
		output_put(in->out,
		    "# no policy was applied: nobody may hold anything\n");
		return PH_OK;
	}
	output_put(in->out, "# applied %s by %s\n", output_time(time),
	    actor == NULL ? "unknown" : actor);
	(void)buffer_put(in->out, text, len);
	return PH_OK;
}

static int
run_show(struct invocation *in)
{
	static const struct command_request request = {
		.verb = "policy.show",
		.show = show_policy,
	};

	return command_ask(in, &request, NULL);
}

static const struct argument_option options[] = { ARGUMENTS_EVERYWHERE };

#define POLICY_EXAMPLE                                                         \
	"  version: 1\n"                                                       \
	"  groups:\n"                                                          \
	"    branches: [branch-01, branch-02]\n"                               \
	"  allow:\n"                                                           \
	"    - to: [branches, lab]\n"                                          \
	"      images: {name: \"winxp*\"}\n"                                   \
	"      versions: {newest: 2}\n"                                        \
	"  deny:\n"                                                            \
	"    - to: [lab]\n"                                                    \
	"      images: {name: \"winxp-payroll\"}\n"

const struct command cmd_policy_check = {
	.noun = "policy",
	.verb = "check",
	.usage = "FILE",
	.summary = "Say whether a policy file is good, without applying it",
	.help =
	    "Reads the file (-: standard input) and prints what it finds, or\n"
	    "the first fault with its line and column.  Needs neither syncd\n"
	    "nor a configuration, so it fits in a hook of git.\n"
	    "\n"
	    "A policy allows; what no rule allows is denied, and deny wins:\n"
	    "\n" POLICY_EXAMPLE,
	.options = options,
	.min = 1,
	.max = 1,
	.run = run_check,
};

const struct command cmd_policy_apply = {
	.noun = "policy",
	.verb = "apply",
	.usage = "FILE",
	.summary = "Put a policy in force",
	.help =
	    "Replaces the policy as a whole.  Every repository whose list\n"
	    "changes gets a new grant; what it no longer lists is removed\n"
	    "there before anything else happens.  A file with a fault changes\n"
	    "nothing.  \"syncctl policy check --help\" shows the form.\n"
	    "\n"
	    "Example:\n"
	    "  syncctl policy check policy.yaml && syncctl policy apply "
	    "policy.yaml\n",
	.options = options,
	.min = 1,
	.max = 1,
	.run = run_apply,
};

const struct command cmd_policy_show = {
	.noun = "policy",
	.verb = "show",
	.usage = "",
	.summary = "Print the policy in force",
	.help =
	    "Prints the text as it was applied, below a line that says when\n"
	    "and by whom.\n"
	    "\n"
	    "Example:\n"
	    "  syncctl policy show > policy.yaml\n",
	.options = options,
	.min = 0,
	.max = 0,
	.run = run_show,
};
