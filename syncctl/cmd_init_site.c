/*
 * init site: a repository that receives.  Its trust begins with a join file
 * or with the key of an authority, brought by a way that the operator
 * trusts.
 */
#include <stdio.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/join.h"
#include "syncctl/init.h"
#include "syncctl/input.h"
#include "syncctl/output.h"
#include "syncd/config/keypair.h"
#include "syncd/config/smallfile.h"

#include "syncctl/commands.h"

/* A join file for people: a document, its signatures, text between. */
#define JOIN_FILE_MAX (2u * PH_DOCUMENT_MAX)

/* All that is made. */
struct site {
	struct init init;
	struct key_private *key;
	struct digest id;
	struct key_public authority;
	int has_join;
	struct join join;
	uint64_t trust_epoch; /* Newest of the join file. */
};

/* Read and believe the join file. */
static int
read_join(const char *path, struct site *s, struct failure *f)
{
	struct document d;
	struct buffer text;
	struct trust newest, anchor;
	int r;

	document_init(&d);
	buffer_init(&text, JOIN_FILE_MAX);
	r = input_file(path, JOIN_FILE_MAX - 1, &text, f);
	if (r != PH_OK)
		goto out;
	r = document_decode_file((const char *)text.data, text.len, &d);
	if (r == PH_OK)
		r = join_accept(&d, &s->join, &newest);
	if (r == PH_OK)
		r = trust_accept_anchor(&s->join.trust[0], &anchor);
	if (r == PH_OK)
		r = trust_verify(&anchor, TRUST_AUTHORITY, &s->join.trust[0],
		    DOCUMENT_TRUST, &s->authority);
	if (r == PH_OK) {
		s->has_join = 1;
		s->trust_epoch = newest.epoch;
		goto out;
	}
	(void)failure_set(f, r, "the join file cannot be believed: %s",
	    error_sentence(r));
	failure_where(f, "%.200s", path);
	failure_next(f,
	    "bring it again, unchanged, as \"syncctl repo invite\" printed it");
out:
	buffer_fini(&text);
	document_fini(&d);
	return r;
}

/* That the words go together. */
static int
check_words(const struct invocation *in, struct failure *f)
{
	const struct arguments *a;
	int join;

	a = in->arguments;
	join = arguments_has(a, "--join");
	if (join == arguments_has(a, "--authority-key"))
		return failure_set(f, PH_EUSAGE,
		    "give either --join FILE or --authority-key KEY");
	if (join &&
	    (arguments_has(a, "--upstream") ||
		arguments_has(a, "--upstream-host-key")))
		return failure_set(f, PH_EUSAGE,
		    "the join file says what the upstream is");
	if (arguments_has(a, "--upstream") !=
	    arguments_has(a, "--upstream-host-key"))
		return failure_set(f, PH_EUSAGE,
		    "--upstream and --upstream-host-key go together");
	if (!join && arguments_nwords(a) == 0)
		return failure_set(f, PH_EUSAGE,
		    "without a join file, the name must be given");
	return PH_OK;
}

/* Whom to believe, and the name. */
static int
take_trust(const struct invocation *in, struct site *s, const char **name,
    struct failure *f)
{
	const struct arguments *a;
	int r;

	a = in->arguments;
	*name = arguments_word(a, 0);
	if (!arguments_has(a, "--join"))
		return input_key(arguments_get(a, "--authority-key"),
		    &s->authority, f);
	r = read_join(arguments_get(a, "--join"), s, f);
	if (r != PH_OK)
		return r;
	if (*name == NULL)
		*name = s->join.name;
	if (strcmp(*name, s->join.name) == 0)
		return PH_OK;
	(void)failure_set(f, PH_ENAME,
	    "the join file is for %s, not for %.100s", s->join.name, *name);
	failure_next(f, "leave the name out, or bring the right file");
	return PH_ENAME;
}

/* Whom to dial. */
static int
take_upstream(const struct invocation *in, struct site *s, struct failure *f)
{
	struct configuration *conf;
	const char *address;

	conf = &s->init.conf;
	if (s->has_join) {
		conf->has_upstream = 1;
		conf->upstream_host_key = s->join.host_key;
		conf->upstream_id = s->join.primary;
		return address_decode(s->join.address, &conf->upstream_address);
	}
	address = arguments_get(in->arguments, "--upstream");
	if (address == NULL)
		return PH_OK;
	if (address_decode(address, &conf->upstream_address) != PH_OK)
		return failure_set(f, PH_EUSAGE,
		    "--upstream is an address such as "
		    "ssh://packhorse-link@images.example:2222, not %.200s",
		    address);
	conf->has_upstream = 1;
	return input_key(arguments_get(in->arguments, "--upstream-host-key"),
	    &conf->upstream_host_key, f);
}

/* The key of the repository: a new one, or one that was made before. */
static int
take_key(const struct invocation *in, struct site *s, struct failure *f)
{
	const char *path;
	int r;

	path = arguments_get(in->arguments, "--key");
	if (path != NULL)
		r = keypair_read(path, &s->key, f);
	else
		r = init_key_new(&s->key, f);
	if (r != PH_OK)
		return r;
	key_id(key_private_public(s->key), &s->id);
	if (!s->has_join || digest_is_zero(&s->join.repository) ||
	    digest_compare(&s->id, &s->join.repository) == 0)
		return PH_OK;
	(void)failure_set(f, PH_ETAKEN,
	    "the primary knows %s already, by another key than %s",
	    s->join.name, path == NULL ? "a new one" : "this");
	failure_next(f,
	    "give the key that it knows with --key FILE; if that is lost, the "
	    "site must be added there anew, under another name");
	return PH_ETAKEN;
}

/* Pin the authority, and keep what the join file brought. */
static int
put_trust(const struct site *s, struct failure *f)
{
	char line[KEY_LINE_SIZE], path[LAYOUT_PATH_SIZE];
	char text[KEY_LINE_SIZE + 16], file[LAYOUT_PATH_SIZE + 8];
	struct trust trust;
	size_t i;
	int n, r;

	layout_path(&s->init.layout, LAYOUT_KEY_AUTHORITY, path);
	(void)snprintf(file, sizeof(file), "%s.pub", path);
	key_line(&s->authority, line);
	n = snprintf(text, sizeof(text), "%s authority\n", line);
	r = smallfile_create(file, text, (size_t)n, 0644, f);
	for (i = 0; r == PH_OK && i < s->join.ntrust; i++) {
		/* join_accept() has verified them all. */
		r = trust_decode(s->join.trust[i].bytes, s->join.trust[i].len,
		    &trust);
		r = failure_default(f, r, "the trust document");
		if (r == PH_OK)
			r = init_trust_put(&s->init, trust.epoch,
			    &s->join.trust[i], f);
	}
	return r;
}

/* The command that makes the key known at the primary. */
static void
put_command(const struct site *s, char *out, size_t size)
{
	char line[KEY_LINE_SIZE];

	key_line(key_private_public(s->key), line);
	if (s->has_join && digest_is_zero(&s->join.repository))
		(void)snprintf(out, size, "syncctl repo set %s --key '%s'",
		    s->init.conf.name, line);
	else if (s->has_join)
		out[0] = '\0';
	else
		(void)snprintf(out, size,
		    "syncctl repo add %s --key '%s' --reason REASON",
		    s->init.conf.name, line);
}

/* What was made, for people. */
static void
show_made(const struct site *s, struct buffer *out)
{
	char fingerprint[KEY_FINGERPRINT_SIZE], id[DIGEST_HEX_SIZE];
	char address[ADDRESS_SIZE];

	digest_hex(&s->id, id);
	output_put(out, "The site %s is made.\n\n", s->init.conf.name);
	output_put(out, "  %-14s %s\n", "id", id);
	output_put(out, "  %-14s %s\n", "configuration", s->init.config);
	init_put_path(&s->init, "state", LAYOUT_STATE, out);
	init_put_path(&s->init, "store", LAYOUT_STORE, out);
	if (s->init.conf.has_upstream)
		address_encode(&s->init.conf.upstream_address, address);
	output_put(out, "  %-14s %s\n", "upstream",
	    s->init.conf.has_upstream ?
		address :
		"none: fed by media, or dialled by its primary");
	key_fingerprint(&s->authority, fingerprint);
	output_put(out, "  %-14s %s\n", "authority", fingerprint);
	output_put(out,
	    "\nAll trust of this site hangs on that authority: compare it "
	    "with what\n\"syncctl key show authority\" says at the "
	    "primary.\n");
}

/* Its key, and what to do with it. */
static void
show_next(const struct site *s, struct buffer *out)
{
	char command[KEY_LINE_SIZE + PH_NAME_MAX + 64];
	char config[LAYOUT_PATH_SIZE], line[KEY_LINE_SIZE];

	(void)output_shell(s->init.config, config, sizeof(config));
	output_put(out, "\nStart it with:\n  syncd --config %s &\n", config);
	key_line(key_private_public(s->key), line);
	output_put(out, "\nThe key of this site:\n  %s %s\n", line,
	    s->init.conf.name);
	put_command(s, command, sizeof(command));
	if (command[0] == '\0')
		output_put(out, "\nThe primary knows it already.\n");
	else
		output_put(out, "\nRun at the primary:\n  %s\n", command);
}

/* The same for programs. */
static void
put_json(const struct site *s, struct json_writer *w)
{
	char command[KEY_LINE_SIZE + PH_NAME_MAX + 64];
	char address[ADDRESS_SIZE], line[KEY_LINE_SIZE];

	if (s->init.conf.has_upstream)
		address_encode(&s->init.conf.upstream_address, address);
	put_command(s, command, sizeof(command));
	json_open_object(w, NULL);
	json_put_string(w, "name", s->init.conf.name);
	json_put_string(w, "role", "site");
	json_put_id(w, "id", &s->id);
	json_put_string(w, "config", s->init.config);
	json_put_string(w, "state_dir", s->init.conf.state_dir);
	json_put_string(w, "store_dir", s->init.conf.store_dir);
	json_put_string_or_null(w, "upstream",
	    s->init.conf.has_upstream ? address : NULL);
	key_line(&s->authority, line);
	json_put_string(w, "authority", line);
	key_line(key_private_public(s->key), line);
	json_put_string(w, "key", line);
	json_put_string_or_null(w, "next", command);
	json_close_object(w);
}

/* Print what was made. */
static void
show(struct invocation *in, const struct site *s)
{
	struct json_writer w;

	if (in->json) {
		json_writer_init(&w, in->out);
		put_json(s, &w);
		(void)buffer_put_text(in->out, "\n");
		return;
	}
	show_made(s, in->out);
	show_next(s, in->out);
}

/* Make it. */
static int
make(struct site *s, struct failure *f)
{
	int r;

	r = init_directories(&s->init, f);
	if (r == PH_OK)
		r = init_key_put(&s->init, LAYOUT_KEY_REPOSITORY, "", s->key,
		    f);
	if (r == PH_OK)
		r = put_trust(s, f);
	if (r == PH_OK)
		r = init_finish(&s->init, &s->id, s->trust_epoch, f);
	return r;
}

static int
run(struct invocation *in)
{
	struct failure *f;
	const char *name;
	struct site s;
	int r;

	memset(&s, 0, sizeof(s));
	join_init(&s.join);
	f = &in->report->failure;
	r = check_words(in, f);
	if (r == PH_OK)
		r = take_trust(in, &s, &name, f);
	if (r == PH_OK)
		r = init_look(in, CONFIGURATION_SITE, name, &s.init, f);
	if (r == PH_OK)
		r = take_upstream(in, &s, f);
	if (r == PH_OK)
		r = take_key(in, &s, f);
	if (r == PH_OK)
		r = make(&s, f);
	if (r == PH_OK)
		show(in, &s);
	else
		r = init_failed(&s.init, f);
	key_private_free(s.key);
	join_fini(&s.join);
	return r;
}

static const struct argument_option options[] = {
	{ "--state-dir", "DIR", 0 },
	{ "--store-dir", "DIR", 0 },
	{ "--join", "FILE", 0 },
	{ "--authority-key", "KEY", 0 },
	{ "--upstream", "ADDRESS", 0 },
	{ "--upstream-host-key", "KEY", 0 },
	{ "--key", "FILE", 0 },
	ARGUMENTS_EVERYWHERE,
};

const struct command cmd_init_site = {
	.noun = "init",
	.verb = "site",
	.usage = "[NAME] --state-dir DIR --store-dir DIR (--join FILE | "
		 "--authority-key KEY [--upstream ADDRESS "
		 "--upstream-host-key KEY]) [--key FILE]",
	.summary = "Make a site: a repository that receives",
	.help =
	    "Makes state_dir and store_dir, a key for the site, and the\n"
	    "configuration at the path of --config.  Ends with the site's key\n"
	    "line and the command that makes it known at the primary.\n"
	    "\n"
	    "  --state-dir DIR          empty or not there yet; a local disk\n"
	    "  --store-dir DIR          the same; any file system with hard\n"
	    "                           links\n"
	    "  --join FILE              what \"syncctl repo invite NAME\"\n"
	    "                           printed at the primary (-: standard\n"
	    "                           input); bring it by a way you trust\n"
	    "  --authority-key KEY      instead: the line of the authority's\n"
	    "                           key, or a file that has it\n"
	    "  --upstream ADDRESS       ssh://USER@HOST:PORT; without it the\n"
	    "                           site is fed by media, or dialled\n"
	    "  --upstream-host-key KEY  line of the SSH host key there\n"
	    "  --key FILE               use this private key (Ed25519, no\n"
	    "                           passphrase) instead of a new one\n"
	    "\n"
	    "Example:\n"
	    "  syncctl init site --join branch-01.join \\\n"
	    "      --state-dir /var/lib/packhorse --store-dir /srv/packhorse\n",
	.options = options,
	.min = 0,
	.max = 1,
	.run = run,
};
