#ifndef SYNCCTL_SSHD_CONFIG_H
#define SYNCCTL_SSHD_CONFIG_H

#include "proto/address.h"
#include "proto/attributes.h"
#include "proto/failure.h"
#include "syncd/config/layout.h"

struct buffer;

/*
 * The configuration of the instance of OpenSSH's sshd through which sites
 * reach a primary: one port, one host key, one account, and nothing but the
 * commands of authorized_keys.  The system's own sshd is not touched.
 */

#define SSHD_CONFIG_PORT 2222

/* The account that it is for, where a system has it. */
#define SSHD_CONFIG_ACCOUNT "packhorse-link"

/* Who runs sshd, and for whom. */
struct sshd_account {
	char name[ADDRESS_USER_MAX + 1];
	int is_root;     /* It is root. */
	int run_by_root; /* Only root can run sshd for it. */
	char shell[256]; /* A shell that runs no commands; or empty. */
};

/*
 * The account that sites log in with: packhorse-link where it exists, else
 * the user that asks.  PH_OK, or PH_ECONFIG for a name that an address
 * cannot carry.
 */
int sshd_account_find(struct sshd_account *out, struct failure *f) ATTR_CHECK;

/* Put the text of sshd_config, for an address.  PH_OK, PH_ENOMEM. */
int sshd_config_encode(const struct layout *layout,
    const struct sshd_account *account, const struct address *address,
    struct buffer *out) ATTR_CHECK;

#endif
