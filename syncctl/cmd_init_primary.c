/*
 * init primary: keys apart from each other, the first trust document, and
 * the instance of sshd through which sites come.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proto/errors.h"
#include "proto/trust.h"
#include "syncctl/init.h"
#include "syncctl/output.h"
#include "syncctl/sshd_config.h"
#include "syncd/config/smallfile.h"

#include "syncctl/commands.h"

#define HOST_DEFAULT "127.0.0.1"

/* The keys of a primary, by the role that each has. */
static const struct {
	enum trust_role role;
	enum layout_item item;
	const char *use;
} keys[TRUST_NROLES] = {
	{ TRUST_AUTHORITY, LAYOUT_KEY_AUTHORITY,
	    "says which keys count; move it away" },
	{ TRUST_POLICY, LAYOUT_KEY_POLICY, "says what repositories may hold" },
	{ TRUST_PUBLISHER, LAYOUT_KEY_PUBLISHER, "signs what is published" },
	{ TRUST_PRIMARY, LAYOUT_KEY_PRIMARY,
	    "speaks for this primary; stays here" },
};

/* All that is made. */
struct primary {
	struct init init;
	struct sshd_account account;
	struct key_private *keys[TRUST_NROLES]; /* As in the table. */
	struct key_private *host_key;
	struct digest id;
	char address[ADDRESS_SIZE];
};

/* The port of --sshd-port. */
static int
take_port(const struct arguments *arguments, uint16_t *out, struct failure *f)
{
	const char *text;
	char *end;
	long port;

	*out = SSHD_CONFIG_PORT;
	text = arguments_get(arguments, "--sshd-port");
	if (text == NULL)
		return PH_OK;
	port = strtol(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || port < 1 ||
	    port > 65535)
		return failure_set(f, PH_EUSAGE,
		    "--sshd-port is a number from 1 to 65535, not %.100s",
		    text);
	*out = (uint16_t)port;
	return PH_OK;
}

/* Under which address sites reach us. */
static int
take_address(const struct invocation *in, struct primary *p, struct failure *f)
{
	const char *host;
	char text[ADDRESS_SIZE];
	uint16_t port;
	int n, r;

	r = take_port(in->arguments, &port, f);
	if (r == PH_OK)
		r = sshd_account_find(&p->account, f);
	if (r != PH_OK)
		return r;
	host = arguments_get(in->arguments, "--sshd-host");
	if (host == NULL)
		host = HOST_DEFAULT;
	n = snprintf(text, sizeof(text),
	    strchr(host, ':') == NULL ? "ssh://%s@%s:%u" : "ssh://%s@[%s]:%u",
	    p->account.name, host, (unsigned int)port);
	if (n < 0 || (size_t)n >= sizeof(text) ||
	    address_decode(text, &p->init.conf.advertise_address) != PH_OK)
		return failure_set(f, PH_EUSAGE,
		    "--sshd-host is a host name or an IP address, not %.200s",
		    host);
	memcpy(p->address, text, sizeof(p->address));
	p->init.conf.has_advertise = 1;
	return PH_OK;
}

/* New keys, not on the disk yet. */
static int
make_keys(struct primary *p, struct failure *f)
{
	size_t i;
	int r;

	r = init_key_new(&p->host_key, f);
	for (i = 0; r == PH_OK && i < TRUST_NROLES; i++)
		r = init_key_new(&p->keys[i], f);
	if (r != PH_OK)
		return r;
	p->init.conf.advertise_host_key = *key_private_public(p->host_key);
	for (i = 0; i < TRUST_NROLES; i++) {
		if (keys[i].role == TRUST_PRIMARY)
			key_id(key_private_public(p->keys[i]), &p->id);
	}
	return PH_OK;
}

/* Write them. */
static int
put_keys(const struct primary *p, struct failure *f)
{
	size_t i;
	int r;

	r = init_key_put(&p->init, LAYOUT_SSHD_HOST_KEY, "sshd", p->host_key,
	    f);
	for (i = 0; r == PH_OK && i < TRUST_NROLES; i++)
		r = init_key_put(&p->init, keys[i].item,
		    trust_role_name(keys[i].role), p->keys[i], f);
	return r;
}

/* The trust document of epoch 1, signed by its authority. */
static int
put_trust(const struct primary *p, struct failure *f)
{
	struct document d;
	struct buffer bytes;
	struct trust trust;
	size_t i;
	int r;

	trust_init(&trust);
	trust.epoch = 1;
	trust.time = (int64_t)time(NULL);
	trust.primary = p->id;
	document_init(&d);
	buffer_init(&bytes, PH_DOCUMENT_MAX);
	r = PH_OK;
	for (i = 0; r == PH_OK && i < TRUST_NROLES; i++)
		r = trust_role_add(&trust, keys[i].role,
		    key_private_public(p->keys[i]));
	if (r == PH_OK)
		r = trust_encode(&trust, &bytes);
	if (r == PH_OK)
		r = document_set(&d, bytes.data, bytes.len);
	for (i = 0; r == PH_OK && i < TRUST_NROLES; i++) {
		if (keys[i].role == TRUST_AUTHORITY)
			r = document_sign(&d, DOCUMENT_TRUST, p->keys[i]);
	}
	r = failure_default(f, r, "the trust document");
	if (r == PH_OK)
		r = init_trust_put(&p->init, trust.epoch, &d, f);
	buffer_fini(&bytes);
	document_fini(&d);
	return r;
}

/* sshd's configuration, and keys of nobody yet. */
static int
put_sshd(const struct primary *p, struct failure *f)
{
	char path[LAYOUT_PATH_SIZE];
	struct buffer text;
	int r;

	buffer_init(&text, PH_DOCUMENT_MAX);
	r = sshd_config_encode(&p->init.layout, &p->account,
	    &p->init.conf.advertise_address, &text);
	r = failure_default(f, r, "the configuration of sshd");
	layout_path(&p->init.layout, LAYOUT_SSHD_CONFIG, path);
	if (r == PH_OK)
		r = smallfile_create(path, text.data, text.len,
		    layout_mode(LAYOUT_SSHD_CONFIG), f);
	layout_path(&p->init.layout, LAYOUT_AUTHORIZED_KEYS, path);
	if (r == PH_OK)
		r = smallfile_create(path, "", 0,
		    layout_mode(LAYOUT_AUTHORIZED_KEYS), f);
	buffer_fini(&text);
	return r;
}

/* What was made, for people. */
static void
show_made(const struct primary *p, struct buffer *out)
{
	char fingerprint[KEY_FINGERPRINT_SIZE], id[DIGEST_HEX_SIZE];
	char path[LAYOUT_PATH_SIZE];
	size_t i;

	digest_hex(&p->id, id);
	key_fingerprint(key_private_public(p->host_key), fingerprint);
	output_put(out, "The primary %s is made.\n\n", p->init.conf.name);
	output_put(out, "  %-14s %s\n", "id", id);
	output_put(out, "  %-14s %s\n", "configuration", p->init.config);
	init_put_path(&p->init, "state", LAYOUT_STATE, out);
	init_put_path(&p->init, "store", LAYOUT_STORE, out);
	output_put(out, "  %-14s %s\n", "address", p->address);
	output_put(out, "  %-14s %s\n", "host key", fingerprint);
	output_put(out,
	    "\nIts keys, without passphrase and readable by this "
	    "user alone:\n\n");
	for (i = 0; i < TRUST_NROLES; i++) {
		key_fingerprint(key_private_public(p->keys[i]), fingerprint);
		layout_path(&p->init.layout, keys[i].item, path);
		output_put(out, "  %-10s %s  %s\n             %s\n",
		    trust_role_name(keys[i].role), fingerprint, keys[i].use,
		    path);
	}
}

/* What remains to be done about keys and accounts. */
static void
show_notes(const struct primary *p, struct buffer *out)
{
	char path[LAYOUT_PATH_SIZE], word[LAYOUT_PATH_SIZE];

	layout_path(&p->init.layout, LAYOUT_KEY_AUTHORITY, path);
	output_put(out,
	    "\nMove the authority key to a medium that you lock away, and "
	    "leave its .pub:\nit is needed again only to replace keys.\n"
	    "  mv %s MEDIUM\n",
	    output_shell(path, word, sizeof(word)));
	output_put(out,
	    "syncd signs with the policy and publisher keys.  Who takes over "
	    "this machine has\nthem, too; keep a copy of state_dir's keys "
	    "where only you can read it.\n");
	if (strcmp(p->init.conf.advertise_address.host, HOST_DEFAULT) == 0)
		output_put(out,
		    "\nsshd will listen at %s, for sites on this machine.  "
		    "For others, change\n"
		    "ListenAddress in sshd_config and advertise in the "
		    "configuration, or begin anew\nwith --sshd-host HOST.\n",
		    HOST_DEFAULT);
	if (p->account.shell[0] != '\0')
		output_put(out,
		    "\nThe account %s has the shell %s, with which sshd "
		    "starts no gate:\n  usermod --shell /bin/sh %s\n",
		    p->account.name, p->account.shell, p->account.name);
}

/* What to do now. */
static void
show_next(const struct primary *p, struct buffer *out)
{
	char path[LAYOUT_PATH_SIZE], word[LAYOUT_PATH_SIZE];
	char config[LAYOUT_PATH_SIZE];

	layout_path(&p->init.layout, LAYOUT_SSHD_CONFIG, path);
	(void)output_shell(path, word, sizeof(word));
	(void)output_shell(p->init.config, config, sizeof(config));
	output_put(out, "\nNext:\n");
	if (p->account.run_by_root)
		output_put(out,
		    "  mkdir -p /run/sshd && /usr/sbin/sshd -f %s"
		    "     # as root\n",
		    word);
	else
		output_put(out, "  /usr/sbin/sshd -f %s\n", word);
	output_put(out, "  syncd --config %s &\n", config);
	output_put(out, "  export PACKHORSE_CONFIG=%s\n", config);
	output_put(out,
	    "  syncctl repo add NAME --reason REASON   # for each site\n"
	    "  syncctl policy apply FILE               # what it may hold\n"
	    "  syncctl image publish NAME@VERSION FILE\n");
}

/* The same for programs. */
static void
put_json(const struct primary *p, struct json_writer *w)
{
	char line[KEY_LINE_SIZE], path[LAYOUT_PATH_SIZE];
	size_t i;

	json_open_object(w, NULL);
	json_put_string(w, "name", p->init.conf.name);
	json_put_string(w, "role", "primary");
	json_put_id(w, "id", &p->id);
	json_put_string(w, "config", p->init.config);
	json_put_string(w, "state_dir", p->init.conf.state_dir);
	json_put_string(w, "store_dir", p->init.conf.store_dir);
	json_put_string(w, "address", p->address);
	key_line(key_private_public(p->host_key), line);
	json_put_string(w, "host_key", line);
	layout_path(&p->init.layout, LAYOUT_SSHD_CONFIG, path);
	json_put_string(w, "sshd_config", path);
	json_open_object(w, "keys");
	for (i = 0; i < TRUST_NROLES; i++) {
		key_line(key_private_public(p->keys[i]), line);
		json_put_string(w, trust_role_name(keys[i].role), line);
	}
	json_close_object(w);
	json_close_object(w);
}

/* Print what was made. */
static void
show(struct invocation *in, const struct primary *p)
{
	struct json_writer w;

	if (in->json) {
		json_writer_init(&w, in->out);
		put_json(p, &w);
		(void)buffer_put_text(in->out, "\n");
		return;
	}
	show_made(p, in->out);
	show_notes(p, in->out);
	show_next(p, in->out);
}

static int
run(struct invocation *in)
{
	struct primary p;
	struct failure *f;
	size_t i;
	int r;

	memset(&p, 0, sizeof(p));
	f = &in->report->failure;
	r = init_look(in, CONFIGURATION_PRIMARY,
	    arguments_word(in->arguments, 0), &p.init, f);
	if (r == PH_OK)
		r = take_address(in, &p, f);
	if (r == PH_OK)
		r = make_keys(&p, f);
	if (r == PH_OK)
		r = init_directories(&p.init, f);
	if (r == PH_OK)
		r = put_keys(&p, f);
	if (r == PH_OK)
		r = put_trust(&p, f);
	if (r == PH_OK)
		r = put_sshd(&p, f);
	if (r == PH_OK)
		r = init_finish(&p.init, &p.id, 1, f);
	if (r == PH_OK)
		show(in, &p);
	else
		r = init_failed(&p.init, f);
	key_private_free(p.host_key);
	for (i = 0; i < TRUST_NROLES; i++)
		key_private_free(p.keys[i]);
	return r;
}

static const struct argument_option options[] = {
	{ "--state-dir", "DIR", 0 },
	{ "--store-dir", "DIR", 0 },
	{ "--sshd-port", "PORT", 0 },
	{ "--sshd-host", "HOST", 0 },
	ARGUMENTS_EVERYWHERE,
};

const struct command cmd_init_primary = {
	.noun = "init",
	.verb = "primary",
	.usage = "NAME --state-dir DIR --store-dir DIR [--sshd-port PORT] "
		 "[--sshd-host HOST]",
	.summary = "Make a primary: the repository that publishes",
	.help =
	    "Makes state_dir (keys, documents, log, index; on a local disk)\n"
	    "and store_dir (the images), writes the configuration to the path\n"
	    "of --config, and prepares an instance of OpenSSH's sshd of its\n"
	    "own.  Nothing is started, and nothing that exists is touched.\n"
	    "\n"
	    "  --state-dir DIR   empty or not there yet\n"
	    "  --store-dir DIR   the same; a file system with hard links\n"
	    "  --sshd-port PORT  where sites dial (2222)\n"
	    "  --sshd-host HOST  the name or address they dial (127.0.0.1)\n"
	    "\n"
	    "Example:\n"
	    "  syncctl --config /etc/packhorse/packhorse.yaml \\\n"
	    "      init primary centre --state-dir /var/lib/packhorse \\\n"
	    "      --store-dir /srv/packhorse --sshd-host images.example\n",
	.options = options,
	.min = 1,
	.max = 1,
	.run = run,
};
