/*
 * key show: public keys of this repository, without a daemon.
 */
#include <string.h>

#include "proto/errors.h"
#include "syncctl/output.h"
#include "syncd/config/configuration.h"
#include "syncd/config/keypair.h"
#include "syncd/config/layout.h"

#include "syncctl/commands.h"

/* The keys by name; "repository" is the primary's own key at a primary. */
static const struct {
	const char *name;
	enum layout_item at_primary;
	int at_site;
	enum layout_item site_item;
} names[] = {
	{ "repository", LAYOUT_KEY_PRIMARY, 1, LAYOUT_KEY_REPOSITORY },
	{ "authority", LAYOUT_KEY_AUTHORITY, 1, LAYOUT_KEY_AUTHORITY },
	{ "policy", LAYOUT_KEY_POLICY, 0, LAYOUT_KEY_POLICY },
	{ "publisher", LAYOUT_KEY_PUBLISHER, 0, LAYOUT_KEY_PUBLISHER },
	{ "primary", LAYOUT_KEY_PRIMARY, 0, LAYOUT_KEY_PRIMARY },
	{ "host", LAYOUT_SSHD_HOST_KEY, 0, LAYOUT_SSHD_HOST_KEY },
};

#define NNAMES (sizeof(names) / sizeof(names[0]))

/* Which file has the key. */
static int
find(const char *name, const struct configuration *conf, enum layout_item *out,
    struct failure *f)
{
	size_t i;

	for (i = 0; i < NNAMES && strcmp(names[i].name, name) != 0; i++)
		continue;
	if (i == NNAMES)
		return failure_set(f, PH_EUSAGE,
		    "there is no key \"%.100s\": say repository, authority, "
		    "policy, publisher, primary or host",
		    name);
	if (conf->role == CONFIGURATION_PRIMARY) {
		*out = names[i].at_primary;
		return PH_OK;
	}
	if (names[i].at_site) {
		*out = names[i].site_item;
		return PH_OK;
	}
	(void)failure_set(f, PH_ENOTHERE, "a site has no %s key", name);
	failure_next(f, "ask at the primary");
	return PH_ENOTHERE;
}

/* Print the key. */
static void
show(struct invocation *in, const char *name, const struct configuration *conf,
    const struct key_public *key)
{
	char fingerprint[KEY_FINGERPRINT_SIZE], line[KEY_LINE_SIZE];
	struct json_writer w;
	struct digest id;

	key_line(key, line);
	if (!in->json) {
		output_put(in->out, "%s %s%s%s\n", line, conf->name,
		    strcmp(name, "repository") == 0 ? "" : " ",
		    strcmp(name, "repository") == 0 ? "" : name);
		return;
	}
	key_fingerprint(key, fingerprint);
	key_id(key, &id);
	json_writer_init(&w, in->out);
	json_open_object(&w, NULL);
	json_put_string(&w, "repository", conf->name);
	json_put_string(&w, "name", name);
	json_put_string(&w, "key", line);
	json_put_string(&w, "fingerprint", fingerprint);
	json_put_id(&w, "id", &id);
	json_close_object(&w);
	(void)buffer_put_text(in->out, "\n");
}

static int
run(struct invocation *in)
{
	struct configuration conf;
	char path[LAYOUT_PATH_SIZE];
	struct key_public key;
	struct layout layout;
	enum layout_item item;
	struct failure *f;
	const char *name;
	int r;

	f = &in->report->failure;
	item = LAYOUT_KEY_REPOSITORY;
	name = arguments_word(in->arguments, 0);
	if (name == NULL)
		name = "repository";
	r = command_configuration(in, &conf, &layout);
	if (r == PH_OK)
		r = find(name, &conf, &item, f);
	if (r != PH_OK)
		return r;
	layout_path(&layout, item, path);
	r = keypair_read_public(path, &key, f);
	if (r == PH_OK)
		show(in, name, &conf, &key);
	return r;
}

static const struct argument_option options[] = { ARGUMENTS_EVERYWHERE };

const struct command cmd_key_show = {
	.noun = "key",
	.verb = "show",
	.usage = "[repository|authority|policy|publisher|primary|host]",
	.summary = "Print a public key of this repository",
	.help =
	    "Prints the key as one line, as ssh-keygen and sshd take it.\n"
	    "Works with syncd running or not.\n"
	    "\n"
	    "  repository  by which this repository is known (the default)\n"
	    "  authority   on which its trust hangs\n"
	    "  policy, publisher, primary, host\n"
	    "              at a primary: who says what may be held, who\n"
	    "              signs what is published, who speaks for the\n"
	    "              primary, and the host key of its sshd\n"
	    "\n"
	    "Examples:\n"
	    "  syncctl key show\n"
	    "  syncctl key show authority | ssh-keygen -l -f -\n",
	.options = options,
	.min = 0,
	.max = 1,
	.run = run,
};
