/*
 * Links through SSH, to a real OpenSSH server: much data both ways and
 * through key exchanges, ends, cuts, rates, and the whole way through
 * syncd-gate to the listener and back.  How dials fail is in
 * check_refusal.c.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/check_main.h"

#include "proto/errors.h"
#include "syncd/link/gate_listener.h"
#include "tests/unit/syncd/link/dialled.h"
#include "tests/unit/syncd/link/gate_program.h"

#define MIB (UINT64_C(1) << 20)

static struct dialled d;

static void
begin(void)
{
	dialled_begin(&d);
}

static void
end(void)
{
	dialled_end(&d);
}

START_TEST(bytes_both_ways)
{
	char buf[16], name[64];
	uint64_t received, sent;

	dialled_serve(&d, "cat", "");
	dialled_dial(&d);
	ck_assert_int_eq(link_stage(d.w.link), LINK_STAGE_RESOLVE);
	(void)snprintf(name, sizeof(name), "127.0.0.1:%u", d.sshd.port);
	ck_assert_str_eq(link_name(d.w.link), name);
	ck_assert_int_eq(link_watch_until(&d.w, LINK_OPEN), LINK_OPEN);
	link_watch_write(&d.w, "hello", 5);
	link_watch_read(&d.w, buf, 5);
	ck_assert_mem_eq(buf, "hello", 5);
	link_counters(d.w.link, &received, &sent);
	ck_assert_uint_gt(received, 500);
	ck_assert_uint_gt(sent, 500);
	ck_assert_int_eq(link_exit_status(d.w.link), -1);
	link_finish(d.w.link);
	ck_assert_int_eq(link_watch_end(&d.w), LINK_END);
	if (d.w.nclosed == 0)
		(void)link_watch_until(&d.w, LINK_CLOSED);
	ck_assert_int_eq(link_failure(d.w.link)->code, PH_OK);
	ck_assert_int_eq(link_exit_status(d.w.link), 0);
	ck_assert_int_eq(d.w.nopen, 1);
	ck_assert_int_eq(d.w.nclosed, 1);
}
END_TEST

START_TEST(finished_before_it_is_open)
{
	dialled_serve(&d, "cat", "");
	dialled_dial(&d);
	link_finish(d.w.link);
	ck_assert_int_eq(link_watch_end(&d.w), LINK_END);
	if (d.w.nclosed == 0)
		(void)link_watch_until(&d.w, LINK_CLOSED);
	ck_assert_int_eq(link_failure(d.w.link)->code, PH_OK);
}
END_TEST

START_TEST(a_name_is_resolved)
{
	dialled_serve(&d, "cat", "ListenAddress 127.0.0.1");
	d.config.host = "localhost";
	dialled_open(&d);
}
END_TEST

START_TEST(the_other_cipher)
{
	char buf[16];

	dialled_serve(&d, "cat", "Ciphers aes256-ctr");
	dialled_open(&d);
	link_watch_write(&d.w, "hello", 5);
	link_watch_read(&d.w, buf, 5);
}
END_TEST

START_TEST(freed_while_dialling)
{
	int i;

	dialled_serve(&d, "cat", "");
	/* A bit further each time, to the end and beyond. */
	for (i = 0; i < 60; i++) {
		dialled_dial(&d);
		link_watch_turn(&d.w, i);
		link_free(d.w.link);
		d.w.link = NULL;
		loop_turn(d.loop);
	}
}
END_TEST

START_TEST(freed_at_each_stage)
{
	enum link_stage stage;

	dialled_serve(&d, "cat", "");
	for (stage = LINK_STAGE_RESOLVE; stage <= LINK_STAGE_OPEN; stage++) {
		dialled_dial(&d);
		while (link_stage(d.w.link) < stage)
			loop_turn(d.loop);
		ck_assert_int_eq(link_failure(d.w.link)->code, PH_OK);
		link_free(d.w.link);
		d.w.link = NULL;
	}
}
END_TEST

START_TEST(words_of_standard_error)
{
	char buf[16];

	dialled_serve(&d, "echo some words >&2; cat", "");
	dialled_open(&d);
	link_watch_write(&d.w, "hello", 5);
	link_watch_read(&d.w, buf, 5);
	link_want(d.w.link, LINK_READABLE);
	while (link_ssh_words(d.w.link)[0] == '\0') {
		(void)link_watch_until(&d.w, LINK_READABLE);
		ck_assert_int_eq(link_watch_drain(&d.w), PH_OK);
	}
	ck_assert_str_eq(link_ssh_words(d.w.link), "some words\n");
}
END_TEST

START_TEST(much_standard_error_stalls_nothing)
{
	/* More than the window holds, and all before the first byte. */
	dialled_serve(&d, "head -c 8000000 /dev/zero >&2; echo done", "");
	dialled_open(&d);
	ck_assert_int_eq(link_watch_end(&d.w), LINK_END);
	ck_assert_uint_eq(d.w.got, 5);
}
END_TEST

START_TEST(a_gate_that_ends_after_some_bytes)
{
	char buf[16];

	dialled_serve(&d, "echo hello; exit 75", "");
	dialled_open(&d);
	link_watch_read(&d.w, buf, 6);
	ck_assert_int_eq(link_watch_end(&d.w), LINK_END);
	if (d.w.nclosed == 0)
		(void)link_watch_until(&d.w, LINK_CLOSED);
	ck_assert_int_eq(link_failure(d.w.link)->code, PH_EUPSTREAMDOWN);
}
END_TEST

START_TEST(finished_after_the_far_side)
{
	char buf[16];

	/* It has closed its output, and waits for our end. */
	dialled_serve(&d, "echo hello; exec >&- 2>&-; cat >/dev/null", "");
	dialled_open(&d);
	link_watch_read(&d.w, buf, 6);
	ck_assert_int_eq(link_watch_end(&d.w), LINK_END);
	link_watch_turn(&d.w, 50);
	ck_assert_int_eq(d.w.nclosed, 0);
	link_watch_write(&d.w, "there", 5);
	link_finish(d.w.link);
	(void)link_watch_until(&d.w, LINK_CLOSED);
	ck_assert_int_eq(link_failure(d.w.link)->code, PH_OK);
	ck_assert_int_eq(link_exit_status(d.w.link), 0);
}
END_TEST

START_TEST(what_was_sent_before_the_end_arrives)
{
	dialled_serve(&d, "head -c 3000000 /dev/zero", "");
	dialled_open(&d);
	link_watch_turn(&d.w, 300);
	ck_assert_int_eq(link_watch_end(&d.w), LINK_END);
	ck_assert_uint_eq(d.w.got, 3000000);
}
END_TEST

/* Fill out with the bytes of the stream that echo() sends, from offset on. */
static void
fill(uint8_t *out, size_t len, uint64_t offset)
{
	size_t i;

	for (i = 0; i < len; i++)
		out[i] =
		    (uint8_t)((offset + i) * UINT64_C(0x9e3779b97f4a7c15) >>
			56);
}

/* Send and receive total bytes at once, and check all that comes back. */
static void
echo(uint64_t total)
{
	static uint8_t out[65536], in[65536], want[65536];
	uint64_t sent, got;
	size_t n, len;
	int r;

	sent = got = 0;
	link_want(d.w.link, LINK_READABLE | LINK_WRITABLE);
	while (got < total) {
		(void)link_watch_until(&d.w, LINK_READABLE | LINK_WRITABLE);
		len = sizeof(out);
		if (total - sent < len)
			len = (size_t)(total - sent);
		fill(out, len, sent);
		ck_assert_int_eq(link_write(d.w.link, out, len, &n), PH_OK);
		sent += n;
		r = link_read(d.w.link, in, sizeof(in), &n);
		ck_assert_msg(r == PH_OK, "%s", link_failure(d.w.link)->what);
		fill(want, n, got);
		ck_assert(memcmp(in, want, n) == 0);
		got += n;
		if (sent == total)
			link_want(d.w.link, LINK_READABLE);
	}
	link_want(d.w.link, 0);
}

START_TEST(much_both_ways)
{
	dialled_serve(&d, "cat", "");
	dialled_open(&d);
	echo(64 * MIB);
}
END_TEST

START_TEST(much_through_key_exchanges)
{
	dialled_serve(&d, "cat", "RekeyLimit 1M");
	dialled_open(&d);
	echo(64 * MIB);
}
END_TEST

START_TEST(a_large_window)
{
	dialled_serve(&d, "cat", "");
	d.config.window = 16 * MIB;
	dialled_open(&d);
	echo(16 * MIB);
}
END_TEST

START_TEST(questions_while_busy)
{
	/* The server asks whether we live, and waits for the answer. */
	dialled_serve(&d, "cat",
	    "ClientAliveInterval 1\nClientAliveCountMax 2");
	dialled_open(&d);
	link_set_rate(d.w.link, 400000);
	echo(400000);
	link_set_rate(d.w.link, 0);
	link_want(d.w.link, LINK_READABLE);
	link_watch_turn(&d.w, 2500);
	ck_assert_int_eq(d.w.nclosed, 0);
	echo(1000);
}
END_TEST

START_TEST(freed_while_busy)
{
	static uint8_t data[65536];
	size_t n;
	int i, k;

	dialled_serve(&d, "cat", "RekeyLimit 1M");
	for (i = 0; i < 20; i++) {
		dialled_open(&d);
		link_want(d.w.link, LINK_READABLE | LINK_WRITABLE);
		for (k = 0; k < 100 + 37 * i; k++) {
			loop_turn(d.loop);
			ck_assert_int_eq(link_write(d.w.link, data,
					     sizeof(data), &n),
			    PH_OK);
			ck_assert_int_eq(link_read(d.w.link, data, sizeof(data),
					     &n),
			    PH_OK);
		}
		link_free(d.w.link);
		d.w.link = NULL;
	}
}
END_TEST

START_TEST(the_server_is_killed)
{
	static uint8_t data[65536];
	size_t n;
	int r, i;

	dialled_serve(&d, "cat", "");
	dialled_open(&d);
	link_want(d.w.link, LINK_READABLE | LINK_WRITABLE);
	r = PH_OK;
	for (i = 0; r == PH_OK; i++) {
		loop_turn(d.loop);
		r = link_write(d.w.link, data, sizeof(data), &n);
		if (r == PH_OK)
			r = link_read(d.w.link, data, sizeof(data), &n);
		if (i == 500)
			sshd_kill_connection(&d.sshd, SIGKILL);
	}
	ck_assert_int_eq(r, PH_ECUT);
	ck_assert_int_gt(i, 500);
	if (d.w.nclosed == 0)
		(void)link_watch_until(&d.w, LINK_CLOSED);
	ck_assert_int_eq(link_failure(d.w.link)->code, PH_ECUT);
}
END_TEST

START_TEST(the_server_is_killed_while_we_write)
{
	static uint8_t data[65536];
	size_t n;
	int i;

	dialled_serve(&d, "sleep 100", "");
	dialled_open(&d);
	for (i = 0; i < 500; i++) {
		loop_turn(d.loop);
		ck_assert_int_eq(link_write(d.w.link, data, sizeof(data), &n),
		    PH_OK);
		(void)usleep(500);
	}
	link_want(d.w.link, LINK_WRITABLE);
	link_watch_turn(&d.w, 50);
	/* The far side's window is full: it would have to read. */
	ck_assert_int_eq(d.w.events, 0);
	sshd_kill_connection(&d.sshd, SIGKILL);
	(void)link_watch_until(&d.w, LINK_CLOSED);
	ck_assert_int_eq(link_failure(d.w.link)->code, PH_ECUT);
}
END_TEST

START_TEST(little_is_held_for_one_that_does_not_read)
{
	static uint8_t data[1 << 20];
	uint64_t taken, received, sent;
	size_t n;
	int i;

	dialled_serve(&d, "sleep 100", "");
	dialled_open(&d);
	taken = 0;
	for (i = 0; i < 500; i++) {
		loop_turn(d.loop);
		ck_assert_int_eq(link_write(d.w.link, data, sizeof(data), &n),
		    PH_OK);
		taken += n;
		(void)usleep(500);
	}
	link_counters(d.w.link, &received, &sent);
	/* The window of the far side, and what a link may hold. */
	ck_assert_uint_ge(taken, 2 * MIB);
	ck_assert_uint_le(taken, sent + LINK_PENDING_MAX);
	ck_assert_uint_le(taken, 3 * MIB);
}
END_TEST

START_TEST(little_arrives_for_one_that_does_not_read)
{
	uint64_t received, sent;

	dialled_serve(&d, "head -c 100000000 /dev/zero", "");
	dialled_open(&d);
	link_watch_turn(&d.w, 500);
	link_counters(d.w.link, &received, &sent);
	ck_assert_uint_le(received, 100000);
	ck_assert_int_eq(link_watch_end(&d.w), LINK_END);
	ck_assert_uint_eq(d.w.got, 100000000);
}
END_TEST

START_TEST(the_rate_is_kept)
{
	static uint8_t data[65536];
	uint64_t in0, out0, in1, out1, want;
	int64_t start_ms, elapsed_ms;
	size_t n;

	dialled_serve(&d, "head -c 100000000 /dev/zero & cat >/dev/null", "");
	dialled_open(&d);
	/* A shell may take its time to start. */
	link_watch_read(&d.w, data, 1);
	link_counters(d.w.link, &in0, &out0);
	link_set_rate(d.w.link, 500000);
	link_want(d.w.link, LINK_READABLE | LINK_WRITABLE);
	start_ms = link_watch_now_ms();
	do {
		(void)link_watch_until(&d.w, LINK_READABLE | LINK_WRITABLE);
		ck_assert_int_eq(link_write(d.w.link, data, sizeof(data), &n),
		    PH_OK);
		ck_assert_int_eq(link_read(d.w.link, data, sizeof(data), &n),
		    PH_OK);
		elapsed_ms = link_watch_now_ms() - start_ms;
	} while (elapsed_ms < 3000);
	link_counters(d.w.link, &in1, &out1);
	want = (uint64_t)(500 * elapsed_ms);
	/* A machine that is busy with others may keep us from reaching it. */
	ck_assert_uint_le(out1 - out0, want + want / 20);
	ck_assert_uint_ge(out1 - out0, want - want / 8);
	ck_assert_uint_le(in1 - in0, want + want / 20);
	ck_assert_uint_ge(in1 - in0, want - want / 8);
}
END_TEST

/* The far end, behind the gate. */
static struct link_watch far;
static int narrived;

static void
on_gate(void *cookie, struct link *link, const char *id_hex,
    const char *fingerprint)
{
	(void)cookie;
	ck_assert_str_eq(id_hex, GATE_PROGRAM_ID);
	ck_assert_str_eq(fingerprint, GATE_PROGRAM_FINGERPRINT);
	narrived++;
	link_watch_start(&far, d.loop, link);
}

/* A server whose forced command is the gate, and a syncd behind it. */
static struct gate_listener *
serve_gate(void)
{
	struct gate_listener_config listen_config;
	struct gate_listener *listener;
	struct failure f;
	char path[400], command[1024];
	uid_t uid;

	ck_assert_ptr_nonnull(getcwd(path, sizeof(path) - 16));
	(void)strcat(path, "/gate.sock");
	uid = getuid();
	narrived = 0;
	memset(&listen_config, 0, sizeof(listen_config));
	listen_config.path = path;
	listen_config.uids = &uid;
	listen_config.nuids = 1;
	ck_assert_int_eq(gate_listener_open(d.loop, &d.clock, &listen_config,
			     &listener, &f, on_gate, NULL),
	    PH_OK);
	(void)snprintf(command, sizeof(command), "%s --socket %s %s %s",
	    gate_program_path(), path, GATE_PROGRAM_ID,
	    GATE_PROGRAM_FINGERPRINT);
	dialled_serve(&d, command, "");
	return listener;
}

START_TEST(through_the_gate)
{
	struct gate_listener *listener;
	char buf[16];

	listener = serve_gate();
	dialled_open(&d);
	while (narrived == 0)
		link_watch_turn(&d.w, 1);
	link_watch_write(&d.w, "hello", 5);
	link_watch_read(&far, buf, 5);
	ck_assert_mem_eq(buf, "hello", 5);
	link_watch_write(&far, "there", 5);
	link_watch_read(&d.w, buf, 5);
	/* Half-closed each way, in turn. */
	link_finish(far.link);
	ck_assert_int_eq(link_watch_end(&d.w), LINK_END);
	link_watch_write(&d.w, "still", 5);
	link_watch_read(&far, buf, 5);
	link_finish(d.w.link);
	ck_assert_int_eq(link_watch_end(&far), LINK_END);
	link_set_exit_status(far.link, 0);
	link_free(far.link);
	if (d.w.nclosed == 0)
		(void)link_watch_until(&d.w, LINK_CLOSED);
	ck_assert_int_eq(link_failure(d.w.link)->code, PH_OK);
	ck_assert_int_eq(link_exit_status(d.w.link), 0);
	gate_listener_close(listener);
}
END_TEST

START_TEST(the_far_syncd_says_how_it_ended)
{
	struct gate_listener *listener;
	char buf[16];

	listener = serve_gate();
	dialled_open(&d);
	while (narrived == 0)
		link_watch_turn(&d.w, 1);
	link_watch_write(&far, "bye", 3);
	link_set_exit_status(far.link, 4);
	link_free(far.link);
	link_watch_read(&d.w, buf, 3);
	ck_assert_int_eq(link_watch_end(&d.w), LINK_END);
	if (d.w.nclosed == 0)
		(void)link_watch_until(&d.w, LINK_CLOSED);
	ck_assert_int_eq(link_exit_status(d.w.link), 4);
	gate_listener_close(listener);
}
END_TEST

START_TEST(the_far_syncd_is_not_there)
{
	gate_listener_close(serve_gate());
	dialled_open(&d);
	ck_assert_int_eq(link_watch_end(&d.w), PH_EUPSTREAMDOWN);
	ck_assert_str_eq(link_ssh_words(d.w.link),
	    "packhorse: syncd is not running here; try again later\n");
}
END_TEST

START_TEST(we_vanish)
{
	struct gate_listener *listener;

	listener = serve_gate();
	dialled_open(&d);
	while (narrived == 0)
		link_watch_turn(&d.w, 1);
	link_free(d.w.link);
	d.w.link = NULL;
	ck_assert_int_eq(link_watch_end(&far), LINK_END);
	link_free(far.link);
	gate_listener_close(listener);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tc;

	if (!sshd_is_installed()) {
		printf("No /usr/sbin/sshd here: links through SSH are not "
		       "tested.\n");
		return EXIT_SUCCESS;
	}
	suite = suite_create("syncd/link/link_ssh");
	tc = tcase_create("dial");
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, bytes_both_ways);
	tcase_add_test(tc, finished_before_it_is_open);
	tcase_add_test(tc, a_name_is_resolved);
	tcase_add_test(tc, the_other_cipher);
	tcase_add_test(tc, freed_while_dialling);
	tcase_add_test(tc, freed_at_each_stage);
	suite_add_tcase(suite, tc);
	tc = tcase_create("gate");
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, words_of_standard_error);
	tcase_add_test(tc, much_standard_error_stalls_nothing);
	tcase_add_test(tc, a_gate_that_ends_after_some_bytes);
	tcase_add_test(tc, finished_after_the_far_side);
	tcase_add_test(tc, what_was_sent_before_the_end_arrives);
	tcase_add_test(tc, through_the_gate);
	tcase_add_test(tc, the_far_syncd_says_how_it_ended);
	tcase_add_test(tc, the_far_syncd_is_not_there);
	tcase_add_test(tc, we_vanish);
	suite_add_tcase(suite, tc);
	tc = tcase_create("data");
	tcase_add_checked_fixture(tc, begin, end);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, much_both_ways);
	tcase_add_test(tc, much_through_key_exchanges);
	tcase_add_test(tc, a_large_window);
	tcase_add_test(tc, questions_while_busy);
	tcase_add_test(tc, freed_while_busy);
	tcase_add_test(tc, the_server_is_killed);
	tcase_add_test(tc, the_server_is_killed_while_we_write);
	tcase_add_test(tc, little_is_held_for_one_that_does_not_read);
	tcase_add_test(tc, little_arrives_for_one_that_does_not_read);
	tcase_add_test(tc, the_rate_is_kept);
	suite_add_tcase(suite, tc);
	return check_run(suite);
}
