/*
 * repo add and repo set: what the operator says of a repository.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/charter.h"
#include "proto/errors.h"
#include "syncctl/input.h"
#include "syncctl/output.h"
#include "syncctl/repository.h"
#include "syncd/config/units.h"

#include "syncctl/commands.h"

/* What was said, read and found to be good. */
struct sayings {
	int has_key;
	struct key_public key;
	int has_clients;
	uint64_t clients;
	int has_rate;
	uint64_t rate; /* Bytes per second; 0: no limit. */
};

/* A number of --clients. */
static int
take_clients(const char *text, struct sayings *s, struct failure *f)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
	    n > (UINT64_C(1) << 53) - 1)
		return failure_set(f, PH_EUSAGE,
		    "--clients is a number, not %.100s", text);
	s->clients = n;
	s->has_clients = 1;
	return PH_OK;
}

/* A rate of --rate; "none" takes the limit away. */
static int
take_rate(const char *text, struct sayings *s, struct failure *f)
{
	s->has_rate = 1;
	s->rate = 0;
	if (strcmp(text, "none") == 0 ||
	    units_rate_from_text(text, &s->rate) == PH_OK)
		return PH_OK;
	return failure_set(f, PH_EUSAGE,
	    "--rate is " UNITS_RATE_FORM ", or none, not %.100s", text);
}

/* Each --reason is one of those there are. */
static int
check_reasons(const struct arguments *a, struct failure *f)
{
	enum charter_reason reason;
	const char *text;
	size_t i;

	for (i = 0; i < arguments_count(a, "--reason"); i++) {
		text = arguments_item(a, "--reason", i);
		if (charter_reason_from_name(text, &reason) == PH_OK)
			continue;
		(void)failure_set(f, PH_EUSAGE, "there is no reason \"%.100s\"",
		    text);
		failure_next(f,
		    "say coverage, separation, isolated-network, "
		    "low-bandwidth, capacity or fault-tolerance");
		return PH_EUSAGE;
	}
	return PH_OK;
}

/* Read all. */
static int
take(const struct arguments *a, struct sayings *s, struct failure *f)
{
	int r;

	memset(s, 0, sizeof(*s));
	r = input_repository(arguments_word(a, 0), f);
	if (r == PH_OK)
		r = check_reasons(a, f);
	if (r == PH_OK && arguments_has(a, "--key")) {
		r = input_key(arguments_get(a, "--key"), &s->key, f);
		s->has_key = 1;
	}
	if (r == PH_OK)
		r = input_text("--contact", arguments_get(a, "--contact"), f);
	if (r == PH_OK && arguments_has(a, "--clients"))
		r = take_clients(arguments_get(a, "--clients"), s, f);
	if (r == PH_OK && arguments_has(a, "--rate"))
		r = take_rate(arguments_get(a, "--rate"), s, f);
	return r;
}

/* What was said, as arguments; the rest is left out. */
static void
put(const struct invocation *in, struct json_writer *w, void *cookie)
{
	const struct arguments *a;
	const struct sayings *s;
	char line[KEY_LINE_SIZE];
	size_t i;

	s = cookie;
	a = in->arguments;
	json_put_string(w, "name", arguments_word(a, 0));
	if (s->has_key) {
		key_line(&s->key, line);
		json_put_string(w, "key", line);
	}
	if (arguments_has(a, "--reason")) {
		json_open_array(w, "reasons");
		for (i = 0; i < arguments_count(a, "--reason"); i++)
			json_put_string(w, NULL,
			    arguments_item(a, "--reason", i));
		json_close_array(w);
	}
	if (arguments_has(a, "--contact"))
		json_put_string(w, "contact", arguments_get(a, "--contact"));
	if (s->has_clients)
		json_put_u64(w, "clients", s->clients);
	if (s->has_rate)
		json_put_u64(w, "rate", s->rate);
}

/* The record, warnings where there are, and what comes next. */
static int
show_add(struct invocation *in, struct json_object *result, void *cookie)
{
	struct repository record;
	struct json_object o;
	struct json_array list;
	const char *text;
	size_t i;

	(void)cookie;
	json_get_object(result, "repository", &o);
	repository_get(&o, &record);
	repository_put(&record, in->out);
	json_get_array(result, "warnings", 0, SIZE_MAX, &list);
	for (i = 0; i < list.count; i++) {
		json_array_string(&list, i, &text, NULL);
		output_put(in->out, "warning: %s\n", text);
	}
	if (record.key == NULL)
		output_put(in->out,
		    "\nNext: syncctl repo invite %s > %s.join\n"
		    "and bring that file to the site, by a way you trust:\n"
		    "  syncctl init site --join %s.join --state-dir DIR "
		    "--store-dir DIR\n",
		    record.name, record.name, record.name);
	return PH_OK;
}

static int
show_set(struct invocation *in, struct json_object *result, void *cookie)
{
	struct repository record;
	struct json_object o;

	(void)cookie;
	json_get_object(result, "repository", &o);
	repository_get(&o, &record);
	repository_put(&record, in->out);
	return PH_OK;
}

static int
run_add(struct invocation *in)
{
	static const struct command_request request = {
		.verb = "repo.add",
		.put = put,
		.show = show_add,
	};
	struct sayings s;
	struct failure *f;
	int r;

	f = &in->report->failure;
	r = take(in->arguments, &s, f);
	if (r != PH_OK)
		return r;
	if (!arguments_has(in->arguments, "--reason")) {
		(void)failure_set(f, PH_EUSAGE,
		    "a repository has at least one --reason");
		failure_next(f,
		    "say coverage, separation, isolated-network, "
		    "low-bandwidth, capacity or fault-tolerance");
		return PH_EUSAGE;
	}
	return command_ask(in, &request, &s);
}

static int
run_set(struct invocation *in)
{
	static const struct command_request request = {
		.verb = "repo.set",
		.put = put,
		.show = show_set,
	};
	const struct arguments *a;
	struct sayings s;
	int r;

	a = in->arguments;
	r = take(a, &s, &in->report->failure);
	if (r == PH_OK && !s.has_key && !s.has_clients && !s.has_rate &&
	    !arguments_has(a, "--reason") && !arguments_has(a, "--contact"))
		r = failure_set(&in->report->failure, PH_EUSAGE,
		    "nothing was given to set");
	return r == PH_OK ? command_ask(in, &request, &s) : r;
}

static const struct argument_option options[] = {
	{ "--key", "KEY", 0 },
	{ "--reason", "REASON", 1 },
	{ "--contact", "TEXT", 0 },
	{ "--clients", "N", 0 },
	{ "--rate", "RATE", 0 },
	ARGUMENTS_EVERYWHERE,
};

#define OPTIONS_HELP                                                           \
	"  --key KEY        its key line, or a file that has it\n"             \
	"  --reason REASON  why it exists, once or several times: coverage,\n" \
	"                   separation, isolated-network, low-bandwidth,\n"    \
	"                   capacity, fault-tolerance\n"                       \
	"  --contact TEXT   whom to call\n"                                    \
	"  --clients N      how many clients it serves\n"                      \
	"  --rate RATE      limit of its link, such as 8Mbit/s; none: no\n"    \
	"                   limit\n"

const struct command cmd_repo_add = {
	.noun = "repo",
	.verb = "add",
	.usage = "NAME [--key KEY] --reason REASON… [--contact TEXT] "
		 "[--clients N] [--rate RATE]",
	.summary = "Make a repository known to this primary",
	.help = "It may hold nothing until a policy allows it.  Its key may\n"
		"follow by \"repo set\": \"init site\" prints it there.\n"
		"\n" OPTIONS_HELP "\n"
		"Examples:\n"
		"  syncctl repo add branch-01 --reason low-bandwidth --rate "
		"8Mbit/s\n"
		"  syncctl repo add lab --key lab.pub --reason separation\n",
	.options = options,
	.min = 1,
	.max = 1,
	.run = run_add,
};

const struct command cmd_repo_set = {
	.noun = "repo",
	.verb = "set",
	.usage = "NAME [--key KEY] [--reason REASON…] [--contact TEXT] "
		 "[--clients N] [--rate RATE]",
	.summary = "Change what is known of a repository",
	.help =
	    "What is not given stays as it is.  A new rate holds at once, also\n"
	    "for a session that is going on.\n"
	    "\n" OPTIONS_HELP "\n"
	    "Example:\n"
	    "  syncctl repo set branch-01 --key 'ssh-ed25519 AAAA… branch-01'\n",
	.options = options,
	.min = 1,
	.max = 1,
	.run = run_set,
};
