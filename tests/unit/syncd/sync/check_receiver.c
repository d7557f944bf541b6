/*
 * A receiver, and a provider that says what ours would not: between the two,
 * a frame is put in front of the first PLAN.
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <check.h>

#include "proto/errors.h"
#include "proto/frame.h"
#include "syncd/link/link_fd.h"
#include "syncd/sync/hub.h"
#include "syncd/sync/receiver.h"
#include "tests/unit/check_main.h"
#include "tests/unit/syncd/sync/network.h"
#include "tests/unit/tempdir.h"

static struct loop *loop;
static struct worker_pool *workers;
static struct node primary, site;
static int over;

static void
setup(void)
{
	FILE *file;

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
	file = fopen("file", "w");
	ck_assert_ptr_nonnull(file);
	(void)fputs("some content", file);
	(void)fclose(file);
	node_publish(&primary, "disk", "1", "file");
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
on_closed(void *cookie, int64_t next_s)
{
	(void)cookie;
	(void)next_s;
	over = 1;
}

static void
on_progress(void *cookie)
{
	(void)cookie;
}

/* Take what came behind what is there. */
static void
take(int fd, struct buffer *in)
{
	uint8_t bytes[65536];
	ssize_t n;

	n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n > 0)
		ck_assert_int_eq(buffer_put(in, bytes, (size_t)n), PH_OK);
}

static void
give(int fd, struct buffer *in, size_t len)
{
	(void)!send(fd, in->data, len, MSG_NOSIGNAL);
	buffer_consume(in, len);
}

/* Whole frames, with the added one in front of the first PLAN. */
static void
give_frames(int fd, struct buffer *in, struct buffer *added)
{
	size_t n;

	while (in->len >= FRAME_HEADER_SIZE) {
		n = frame_size(in->data);
		if (in->len < n)
			return;
		if (in->data[1] == MESSAGE_PLAN && added->len > 0)
			give(fd, added, added->len);
		give(fd, in, n);
	}
}

static struct link *
make_link(struct node *n, int fd)
{
	return link_fd_new(n->engine.loop, &n->clock, "wire", fd, dup(fd));
}

/* What a contact comes to in which the provider says that, too. */
static int
contact_with(enum message_type type, uint32_t transfer, const void *payload,
    size_t len)
{
	static const struct receiver_events events = {
		.on_closed = on_closed,
		.on_progress = on_progress,
	};
	struct buffer up, down, added;
	struct receiver *receiver;
	struct hub *hub;
	struct run run;
	int a[2], b[2], code;

	buffer_init(&up, 1u << 20);
	buffer_init(&down, 1u << 20);
	buffer_init(&added, 1u << 20);
	ck_assert_int_eq(frame_put(&added, type, transfer, payload, len),
	    PH_OK);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
	run_init(&run);
	hub = hub_new(&primary.engine);
	hub_accept(hub, make_link(&primary, a[0]), NULL);
	receiver = receiver_new(&site.engine, make_link(&site, b[0]), &run,
	    &events, NULL);
	ck_assert_ptr_nonnull(receiver);
	while (!over) {
		loop_turn(loop);
		take(b[1], &up);
		give(a[1], &up, up.len);
		take(a[1], &down);
		give_frames(b[1], &down, &added);
		(void)usleep(100);
	}
	ck_assert_uint_eq(added.len, 0);
	receiver_take_run(receiver, &run);
	code = run.failure.code;
	receiver_free(receiver);
	hub_free(hub);
	run_fini(&run);
	buffer_fini(&up);
	buffer_fini(&down);
	buffer_fini(&added);
	(void)close(a[1]);
	(void)close(b[1]);
	return code;
}

START_TEST(a_wait_is_no_harm)
{
	ck_assert_int_eq(contact_with(MESSAGE_WAIT, 1, "{\"done\":0,\"of\":1}",
			     17),
	    PH_OK);
}
END_TEST

START_TEST(a_wait_that_does_not_parse)
{
	ck_assert_int_eq(contact_with(MESSAGE_WAIT, 1, "{", 1), PH_EMESSAGE);
}
END_TEST

START_TEST(an_error_that_does_not_parse)
{
	ck_assert_int_eq(contact_with(MESSAGE_ERROR, 9, "{", 1), PH_EMESSAGE);
}
END_TEST

START_TEST(an_answer_that_nobody_asked_for)
{
	static const uint8_t digest[DIGEST_SIZE] = { 1 };

	ck_assert_int_eq(contact_with(MESSAGE_NONE, 0, digest, sizeof(digest)),
	    PH_ESTATE);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tc;

	suite = suite_create("receiver");
	tc = tcase_create("receiver");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_wait_is_no_harm);
	tcase_add_test(tc, a_wait_that_does_not_parse);
	tcase_add_test(tc, an_error_that_does_not_parse);
	tcase_add_test(tc, an_answer_that_nobody_asked_for);
	suite_add_tcase(suite, tc);
	return check_run(suite);
}
