#ifndef TESTS_UNIT_SYNCD_LINK_DIALLED_H
#define TESTS_UNIT_SYNCD_LINK_DIALLED_H

#include "syncd/base/clock.h"
#include "syncd/base/loop.h"
#include "syncd/base/worker.h"
#include "syncd/link/link_ssh.h"
#include "tests/unit/syncd/link/link_watch.h"
#include "tests/unit/syncd/link/sshd.h"

/*
 * A link through SSH with all that it needs: a loop, a worker, a server.
 */

struct dialled {
	struct clock clock;
	struct loop *loop;
	struct worker_pool *pool;
	struct sshd sshd;
	struct link_ssh_config config; /* Of the next dial. */
	struct link_watch w;           /* The link, once dialled. */
};

/* A loop and a directory (tempdir.h), no server yet. */
void dialled_begin(struct dialled *d);

/* The end of the link, the server and all else. */
void dialled_end(struct dialled *d);

/*
 * Start a server with this forced command and these lines of configuration,
 * and fill in a config that suits it.
 */
void dialled_serve(struct dialled *d, const char *command,
    const char *sshd_config);

/* Dial. */
void dialled_dial(struct dialled *d);

/* Dial, and wait for success. */
void dialled_open(struct dialled *d);

#endif
