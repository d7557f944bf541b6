/*
 * A link through SSH with all that it needs.
 */
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

#include "tests/unit/syncd/link/dialled.h"

void
dialled_begin(struct dialled *d)
{
	memset(d, 0, sizeof(*d));
	d->clock = clock_system();
	d->loop = loop_new();
	d->pool = worker_pool_new(d->loop, 1);
	ck_assert_ptr_nonnull(d->pool);
	(void)tempdir_begin();
}

void
dialled_end(struct dialled *d)
{
	link_free(d->w.link);
	sshd_stop(&d->sshd);
	worker_pool_free(d->pool);
	loop_free(d->loop);
	tempdir_end();
}

void
dialled_serve(struct dialled *d, const char *command, const char *sshd_config)
{
	sshd_start(&d->sshd, command, sshd_config);
	d->config.host = "127.0.0.1";
	d->config.port = d->sshd.port;
	d->config.user = d->sshd.user;
	d->config.host_key = d->sshd.host_key;
	d->config.key = d->sshd.client_key;
}

void
dialled_dial(struct dialled *d)
{
	link_watch_start(&d->w, d->loop,
	    link_ssh_dial(d->loop, d->pool, &d->clock, &d->config));
}

void
dialled_open(struct dialled *d)
{
	dialled_dial(d);
	ck_assert_int_eq(link_watch_until(&d->w, LINK_OPEN | LINK_CLOSED),
	    LINK_OPEN);
	ck_assert_int_eq(link_stage(d->w.link), LINK_STAGE_OPEN);
}
