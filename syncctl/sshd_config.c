/*
 * The text of sshd_config, each choice with its reason.
 */
#include <arpa/inet.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "proto/buffer.h"
#include "proto/errors.h"

#include "syncctl/sshd_config.h"

static const char head[] =
    "# sshd for the sites of a Packhorse primary, and for nothing else.\n"
    "# syncd keeps AuthorizedKeysFile current: one forced command for each\n"
    "# repository.  Log in by other means through the system's own sshd.\n"
    "\n";

/* What does not depend on the machine. */
static const char body[] =
    "\n"
    "# The key file belongs to the user of syncd, not to the account.\n"
    "StrictModes no\n"
    "\n"
    "PubkeyAuthentication yes\n"
    "AuthenticationMethods publickey\n"
    "PasswordAuthentication no\n"
    "KbdInteractiveAuthentication no\n"
    "HostbasedAuthentication no\n"
    "MaxAuthTries 3\n"
    "LoginGraceTime 30\n"
    "\n"
    "# What syncd's SSH library speaks; it prefers GCM where it can.\n"
    "HostKeyAlgorithms ssh-ed25519\n"
    "PubkeyAcceptedAlgorithms ssh-ed25519\n"
    "KexAlgorithms curve25519-sha256,curve25519-sha256@libssh.org\n"
    "Ciphers aes128-gcm@openssh.com,aes256-gcm@openssh.com,"
    "aes128-ctr,aes256-ctr\n"
    "MACs hmac-sha2-256,hmac-sha2-256-etm@openssh.com\n"
    "Compression no\n"
    "\n"
    "# Many sites may dial at once after an outage.\n"
    "MaxStartups 100:30:500\n"
    "MaxSessions 2\n"
    "\n"
    "# Nothing but the gate.\n"
    "DisableForwarding yes\n"
    "PermitTTY no\n"
    "PermitUserRC no\n"
    "PermitUserEnvironment no\n"
    "PermitTunnel no\n"
    "PrintMotd no\n"
    "PrintLastLog no\n"
    "\n"
    "# A site that vanished is noticed within three minutes.\n"
    "ClientAliveInterval 60\n"
    "ClientAliveCountMax 3\n"
    "UseDNS no\n"
    "LogLevel VERBOSE\n";

/* 1 for a shell that runs no commands. */
static int
runs_nothing(const char *shell)
{
	const char *name;

	name = strrchr(shell, '/');
	name = name == NULL ? shell : name + 1;
	return strcmp(name, "nologin") == 0 || strcmp(name, "false") == 0;
}

int
sshd_account_find(struct sshd_account *out, struct failure *f)
{
	const struct passwd *pw;
	struct address address;
	char text[ADDRESS_SIZE];
	int n;

	memset(out, 0, sizeof(*out));
	pw = getpwnam(SSHD_CONFIG_ACCOUNT);
	if (pw == NULL)
		pw = getpwuid(geteuid());
	if (pw == NULL)
		return failure_set(f, PH_ECONFIG,
		    "this user has no name, so sites could not log in as it");
	n = snprintf(text, sizeof(text), "ssh://%s@localhost:1", pw->pw_name);
	if (n < 0 || (size_t)n >= sizeof(text) ||
	    address_decode(text, &address) != PH_OK)
		return failure_set(f, PH_ECONFIG,
		    "the user name \"%.100s\" cannot stand in an address",
		    pw->pw_name);
	memcpy(out->name, address.user, sizeof(out->name));
	out->is_root = pw->pw_uid == 0;
	out->run_by_root = geteuid() == 0 || pw->pw_uid != geteuid();
	if (runs_nothing(pw->pw_shell))
		(void)snprintf(out->shell, sizeof(out->shell), "%s",
		    pw->pw_shell);
	return PH_OK;
}

/* A key and a path, in quotes. */
static void
put_path(struct buffer *out, const char *key, const struct layout *layout,
    enum layout_item item)
{
	char path[LAYOUT_PATH_SIZE];

	layout_path(layout, item, path);
	(void)buffer_putf(out, "%s \"%s\"\n", key, path);
}

/*
 * Where to listen: at an address that is a number, or everywhere when it is
 * a name, which may well be that of another interface or of a router.
 */
static void
put_listen(struct buffer *out, const char *host)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, host, &v4) == 1 ||
	    inet_pton(AF_INET6, host, &v6) == 1 ||
	    strcmp(host, "localhost") == 0)
		(void)buffer_putf(out, "ListenAddress %s\n", host);
	else
		(void)buffer_put_text(out,
		    "ListenAddress 0.0.0.0\nListenAddress ::\n");
}

int
sshd_config_encode(const struct layout *layout,
    const struct sshd_account *account, const struct address *address,
    struct buffer *out)
{
	(void)buffer_put_text(out, head);
	(void)buffer_putf(out, "Port %u\n", (unsigned int)address->port);
	put_listen(out, address->host);
	put_path(out, "HostKey", layout, LAYOUT_SSHD_HOST_KEY);
	put_path(out, "PidFile", layout, LAYOUT_SSHD_PID);
	(void)buffer_put_text(out, "\n# One account.\n");
	(void)buffer_putf(out, "AllowUsers %s\n", account->name);
	put_path(out, "AuthorizedKeysFile", layout, LAYOUT_AUTHORIZED_KEYS);
	(void)buffer_putf(out, "PermitRootLogin %s\n",
	    account->is_root ? "forced-commands-only" : "no");
	if (account->run_by_root)
		(void)buffer_put_text(out,
		    "# So that an account with a locked password may use "
		    "its key.\n"
		    "UsePAM yes\n");
	else
		(void)buffer_put_text(out, "UsePAM no\n");
	(void)buffer_put_text(out, body);
	return buffer_error(out);
}
