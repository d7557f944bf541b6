#ifndef SYNCD_CONFIG_KEYPAIR_H
#define SYNCD_CONFIG_KEYPAIR_H

#include <stdint.h>

#include "proto/attributes.h"
#include "proto/failure.h"
#include "proto/key.h"

/*
 * A key on disk as ssh-keygen leaves it: the private key in PATH, closed to
 * everyone else, and its key line in PATH.pub.  The text in the files is
 * proto/keyfile's; a key under a passphrase is used through ssh-agent and
 * never opened here.
 */

/*
 * Create PATH (mode 0600) and PATH.pub (0644), durably, the public one last.
 * check is 32 random bits, comment stands in both files.  PH_OK; PH_EEXISTS
 * when PATH exists (it is left as it is); PH_ENOSPC, PH_EPERM, PH_EABSENT
 * (no such directory), PH_EIO, PH_EKEY (a comment that is not allowed),
 * PH_ENOMEM.
 */
int keypair_create(const char *path, const struct key_private *key,
    uint32_t check, const char *comment, struct failure *f) ATTR_CHECK;

/*
 * Read the private key in PATH; the caller frees *out.  PH_OK; PH_EABSENT;
 * PH_EPERM when others may read the file or it is not ours; PH_EKEY when it
 * is not such a key, or under a passphrase; PH_EIO, PH_ENOMEM.
 */
int keypair_read(const char *path, struct key_private **out,
    struct failure *f) ATTR_CHECK;

/*
 * Read the public key of the pair at PATH from PATH.pub: all there is of a
 * key that ssh-agent holds.  PH_OK, PH_EABSENT, PH_EKEY, PH_EPERM, PH_EIO.
 */
int keypair_read_public(const char *path, struct key_public *out,
    struct failure *f) ATTR_CHECK;

#endif
