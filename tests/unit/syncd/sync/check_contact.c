/*
 * What a contact costs that changes nothing, however much is held: messages,
 * round trips and bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "syncd/link/link_fd.h"
#include "syncd/sync/hub.h"
#include "syncd/sync/receiver.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/sync/network.h"
#include "tests/unit/tempdir.h"

/* Versions that are held, of some hundred bytes each. */
#define NVERSIONS 200u

/* The most either way. */
#define BYTES_MAX 1024u

static struct loop *loop;
static struct worker_pool *workers;
static struct node primary, site;

/* One way of a wire that delivers only when both ends wait for it. */
struct way {
	int from;
	int to;
	uint64_t nbytes;
	char story[256]; /* Names of the messages; a new line each trip. */
	struct frame_decoder *decoder;
};

static void
setup(void)
{
	/* Nothing here is about power cuts; many versions are published. */
	if (access("/dev/shm", W_OK) == 0)
		(void)setenv("TMPDIR", "/dev/shm", 0);
	(void)tempdir_begin();
	loop = loop_new();
	workers = worker_pool_new(loop, 2);
	ck_assert_ptr_nonnull(workers);
	node_init_primary(&primary, loop, workers, "primary");
	node_init_site(&site, loop, workers, &primary, "site", "branch-01");
	node_add(&primary, &site, "branch-01");
	node_apply(&primary,
	    "version: 1\n"
	    "allow:\n"
	    "  - {to: [branch-01], images: {name: \"*\"}}\n");
}

static void
teardown(void)
{
	node_fini(&site);
	node_fini(&primary);
	worker_pool_free(workers);
	loop_free(loop);
	tempdir_end();
}

static void
publish(unsigned int i)
{
	char image[32];
	FILE *file;

	file = fopen("file", "w");
	ck_assert_ptr_nonnull(file);
	(void)fprintf(file, "this is image %u\n", i);
	(void)fclose(file);
	(void)snprintf(image, sizeof(image), "image-%u", i);
	node_publish(&primary, image, "1", "file");
}

static void
sync_all(void)
{
	struct run run;

	run_init(&run);
	network_contact(&primary, &site, &run);
	ck_assert_int_eq(run.outcome, RUN_DONE);
	run_fini(&run);
}

/* Turn until both ends wait for the wire. */
static void
settle(void)
{
	unsigned int quiet;

	for (quiet = 0; quiet < 20;) {
		loop_turn(loop);
		(void)usleep(100);
		quiet = worker_pending(workers) > 0 ? 0 : quiet + 1;
	}
}

/* Carry what one end has said since; 1 when that was anything. */
static int
carry(struct way *way)
{
	uint8_t bytes[65536];
	struct reader reader;
	struct frame frame;
	size_t len;
	ssize_t n;

	n = recv(way->from, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n <= 0)
		return 0;
	way->nbytes += (uint64_t)n;
	reader_init(&reader, bytes, (size_t)n);
	while (frame_decoder_feed(way->decoder, &reader, &frame) == 1) {
		len = strlen(way->story);
		(void)snprintf(way->story + len, sizeof(way->story) - len,
		    "%s ", message_name(frame.type));
	}
	len = strlen(way->story);
	(void)snprintf(way->story + len, sizeof(way->story) - len, "\n");
	(void)!send(way->to, bytes, (size_t)n, MSG_NOSIGNAL);
	return 1;
}

static int over;

static void
on_closed(void *cookie, int64_t next_s)
{
	(void)cookie;
	ck_assert_int_gt(next_s, 0);
	over = 1;
}

static void
on_progress(void *cookie)
{
	(void)cookie;
}

static struct link *
make_link(struct node *n, int fd)
{
	return link_fd_new(n->engine.loop, &n->clock, "wire", fd, dup(fd));
}

START_TEST(nothing_changed)
{
	static const struct receiver_events events = {
		.on_closed = on_closed,
		.on_progress = on_progress,
	};
	struct receiver *receiver;
	struct way up, down;
	unsigned int i, ntrips;
	struct hub *hub;
	struct run run;
	int a[2], b[2], moved;

	for (i = 0; i < NVERSIONS; i++)
		publish(i);
	sync_all();
	/* The first one after a change learns when to come again. */
	sync_all();
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
	memset(&up, 0, sizeof(up));
	memset(&down, 0, sizeof(down));
	up.decoder = frame_decoder_new();
	down.decoder = frame_decoder_new();
	up.from = down.to = b[1];
	up.to = down.from = a[1];
	run_init(&run);
	hub = hub_new(&primary.engine);
	hub_accept(hub, make_link(&primary, a[0]), NULL);
	receiver = receiver_new(&site.engine, make_link(&site, b[0]), &run,
	    &events, NULL);
	ck_assert_ptr_nonnull(receiver);
	for (ntrips = 0; !over; ntrips++) {
		settle();
		moved = carry(&up);
		moved += carry(&down);
		ck_assert(moved || over);
	}
	receiver_take_run(receiver, &run);
	ck_assert_int_eq(run.outcome, RUN_DONE);
	ck_assert_str_eq(up.story, "HELLO \nAUTH \nSTATE \nBYE \n");
	ck_assert_str_eq(down.story, "HELLO \nAUTH \nSAME \nBYE \n");
	/* HELLO and AUTH cross; so two there and back, and the farewell. */
	ck_assert_uint_le(ntrips, 7);
	ck_assert_uint_lt(up.nbytes, BYTES_MAX);
	ck_assert_uint_lt(down.nbytes, BYTES_MAX);
	receiver_free(receiver);
	hub_free(hub);
	run_fini(&run);
	frame_decoder_free(up.decoder);
	frame_decoder_free(down.decoder);
	(void)close(a[1]);
	(void)close(b[1]);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tc;

	suite = suite_create("contact");
	tc = tcase_create("contact");
	tcase_set_timeout(tc, 100);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nothing_changed);
	suite_add_tcase(suite, tc);
	return check_run(suite);
}
