/*
 * Links through SSH, to a real OpenSSH server: the ways that a dial can go
 * and fail, much data both ways through key exchanges, cuts, rates, and the
 * whole way through syncd-gate to the listener and back.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

#include "proto/errors.h"
#include "syncd/base/clock.h"
#include "syncd/base/worker.h"
#include "syncd/link/gate_listener.h"
#include "syncd/link/link_ssh.h"
#include "tests/unit/syncd/link/gate_program.h"
#include "tests/unit/syncd/link/link_watch.h"
#include "tests/unit/syncd/link/sshd.h"

#define MIB (UINT64_C(1) << 20)

static struct loop *loop;
static struct worker_pool *pool;
static struct clock sysclock;
static struct sshd sshd;
static struct link_ssh_config config;
static struct link_watch w;

/* The far end, behind the gate. */
static struct link_watch far;
static int narrived;

static void
begin(void)
{
	memset(&config, 0, sizeof(config));
	narrived = 0;
	sysclock = clock_system();
	loop = loop_new();
	pool = worker_pool_new(loop, 1);
	ck_assert_ptr_nonnull(pool);
	(void)tempdir_begin();
}

static void
end(void)
{
	link_free(w.link);
	w.link = NULL;
	sshd_stop(&sshd);
	worker_pool_free(pool);
	loop_free(loop);
	tempdir_end();
}

/* A server whose forced command this is, and a config that suits it. */
static void
serve(const char *command, const char *sshd_config)
{
	sshd_start(&sshd, command, sshd_config);
	config.host = "127.0.0.1";
	config.port = sshd.port;
	config.user = sshd.user;
	config.host_key = sshd.host_key;
	config.key = sshd.client_key;
}

static void
dial(void)
{
	link_watch_start(&w, loop,
	    link_ssh_dial(loop, pool, &sysclock, &config));
}

/* Dial with success. */
static void
dial_open(void)
{
	dial();
	ck_assert_int_eq(link_watch_until(&w, LINK_OPEN | LINK_CLOSED),
	    LINK_OPEN);
	ck_assert_int_eq(link_stage(w.link), LINK_STAGE_OPEN);
}

/* Dial in vain: for this reason, at this stage. */
static void
dial_fails(int code, enum link_stage stage)
{
	const struct failure *f;

	dial();
	(void)link_watch_until(&w, LINK_OPEN | LINK_CLOSED);
	f = link_failure(w.link);
	ck_assert_msg(f->code == code, "%s: %s", error_name(f->code), f->what);
	ck_assert_str_eq(link_stage_name(link_stage(w.link)),
	    link_stage_name(stage));
	ck_assert_str_ne(f->what, "");
	ck_assert_str_ne(f->next, "");
	ck_assert_int_eq(w.nopen, 0);
	link_watch_turn(&w, 10);
	ck_assert_int_eq(w.nclosed, 1);
}

/* The failure's text has this in it. */
static void
says(const char *words)
{
	const char *what;

	what = link_failure(w.link)->what;
	ck_assert_msg(strstr(what, words) != NULL, "%s", what);
}

START_TEST(bytes_both_ways)
{
	char buf[16], name[64];
	uint64_t received, sent;

	serve("cat", "");
	dial();
	ck_assert_int_eq(link_stage(w.link), LINK_STAGE_RESOLVE);
	(void)snprintf(name, sizeof(name), "127.0.0.1:%u", sshd.port);
	ck_assert_str_eq(link_name(w.link), name);
	ck_assert_int_eq(link_watch_until(&w, LINK_OPEN), LINK_OPEN);
	link_watch_write(&w, "hello", 5);
	link_watch_read(&w, buf, 5);
	ck_assert_mem_eq(buf, "hello", 5);
	link_counters(w.link, &received, &sent);
	ck_assert_uint_gt(received, 500);
	ck_assert_uint_gt(sent, 500);
	ck_assert_int_eq(link_exit_status(w.link), -1);
	link_finish(w.link);
	ck_assert_int_eq(link_watch_end(&w), LINK_END);
	if (w.nclosed == 0)
		(void)link_watch_until(&w, LINK_CLOSED);
	ck_assert_int_eq(link_failure(w.link)->code, PH_OK);
	ck_assert_int_eq(link_exit_status(w.link), 0);
	ck_assert_int_eq(w.nopen, 1);
	ck_assert_int_eq(w.nclosed, 1);
}
END_TEST

START_TEST(finished_before_it_is_open)
{
	serve("cat", "");
	dial();
	link_finish(w.link);
	ck_assert_int_eq(link_watch_end(&w), LINK_END);
	if (w.nclosed == 0)
		(void)link_watch_until(&w, LINK_CLOSED);
	ck_assert_int_eq(link_failure(w.link)->code, PH_OK);
}
END_TEST

START_TEST(a_name_is_resolved)
{
	serve("cat", "ListenAddress 127.0.0.1");
	config.host = "localhost";
	dial_open();
}
END_TEST

START_TEST(wrong_host_key)
{
	char fingerprint[KEY_FINGERPRINT_SIZE];

	serve("cat", "");
	config.host_key = *key_private_public(sshd.unknown_key);
	dial_fails(PH_EHOSTKEY, LINK_STAGE_HOSTKEY);
	key_fingerprint(&sshd.host_key, fingerprint);
	says(fingerprint);
	key_fingerprint(&config.host_key, fingerprint);
	says(fingerprint);
}
END_TEST

START_TEST(unknown_client_key)
{
	char fingerprint[KEY_FINGERPRINT_SIZE];

	serve("cat", "");
	config.key = sshd.unknown_key;
	dial_fails(PH_EUSERKEY, LINK_STAGE_AUTH);
	key_fingerprint(key_private_public(config.key), fingerprint);
	says(fingerprint);
	says(config.user);
}
END_TEST

START_TEST(unknown_user)
{
	serve("cat", "");
	config.user = "nobody-of-that-name";
	dial_fails(PH_EUSERKEY, LINK_STAGE_AUTH);
}
END_TEST

static const char *const strange[] = {
	"Ciphers chacha20-poly1305@openssh.com",
	"Ciphers aes128-ctr\nMACs umac-64@openssh.com",
	"KexAlgorithms diffie-hellman-group14-sha256",
};

#define NSTRANGE (sizeof(strange) / sizeof(strange[0]))

START_TEST(no_common_algorithm)
{
	serve("cat", strange[_i]);
	dial_fails(PH_EALGORITHM, LINK_STAGE_KEX);
}
END_TEST

START_TEST(the_other_cipher)
{
	char buf[16];

	serve("cat", "Ciphers aes256-ctr");
	dial_open();
	link_watch_write(&w, "hello", 5);
	link_watch_read(&w, buf, 5);
}
END_TEST

START_TEST(nobody_listens)
{
	serve("cat", "");
	config.port = sshd_free_port();
	dial_fails(PH_ECONNECT, LINK_STAGE_CONNECT);
	says("refused");
}
END_TEST

START_TEST(no_such_name)
{
	serve("cat", "");
	config.host = "no-such-host.invalid";
	dial_fails(PH_ERESOLVE, LINK_STAGE_RESOLVE);
	says("no-such-host.invalid");
}
END_TEST

/* A server of our own, that says something to whoever comes. */
static int
listen_own(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len;
	int fd;

	serve("cat", "");
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	len = sizeof(address);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	config.port = ntohs(address.sin_port);
	return fd;
}

/* What it says; whether it closes then; what becomes of the dial. */
static const struct {
	const char *text;
	int closes;
	int code;
	const char *says;
} junk[] = {
	{ "220 mail.example.org ESMTP\r\n", 0, PH_ECONNECT, "220 mail" },
	{ "220 mail.example.org ESMTP\r\n", 1, PH_ECONNECT, "220 mail" },
	{ "\x01\x02\x03\xff no text at all\xc3", 1, PH_ECONNECT, "???? no" },
	{ "Exceeded MaxStartups\r\n", 1, PH_EPEERBUSY, "MaxStartups" },
	{ "", 1, PH_ECONNECT, "closed the connection" },
	{ "", 0, PH_ETIMEOUT, "did not answer" },
	{ "SSH-2.0-Silent\r\n", 0, PH_ETIMEOUT, "did not answer" },
	{ "SSH-2.0-Short\r\n", 1, PH_ECONNECT, "closed the connection" },
	{ "SSH-2.0-Junk\r\n\x7f\xff\xff\xff\x7f\xff\xff\xff\xff", 0,
	    PH_ECONNECT, "" },
	{ "SSH-1.99-Old\r\n", 1, PH_ECONNECT, "" },
};

#define NJUNK (sizeof(junk) / sizeof(junk[0]))

START_TEST(what_is_no_ssh)
{
	int fd, peer;

	fd = listen_own();
	config.timeout_ms = 500;
	dial();
	while (link_stage(w.link) < LINK_STAGE_KEX)
		loop_turn(loop);
	peer = accept(fd, NULL, NULL);
	ck_assert_int_ne(peer, -1);
	ck_assert_int_eq(write(peer, junk[_i].text, strlen(junk[_i].text)),
	    (ssize_t)strlen(junk[_i].text));
	if (junk[_i].closes)
		(void)shutdown(peer, SHUT_WR);
	(void)link_watch_until(&w, LINK_CLOSED);
	ck_assert_str_eq(error_name(link_failure(w.link)->code),
	    error_name(junk[_i].code));
	says(junk[_i].says);
	ck_assert_int_eq(link_stage(w.link), LINK_STAGE_KEX);
	(void)close(peer);
	(void)close(fd);
}
END_TEST

START_TEST(the_deadline_is_for_all)
{
	int64_t start_ms;
	int fd;

	fd = listen_own();
	config.timeout_ms = 300;
	start_ms = link_watch_now_ms();
	dial_fails(PH_ETIMEOUT, LINK_STAGE_KEX);
	ck_assert_int_ge(link_watch_now_ms() - start_ms, 299);
	(void)close(fd);
}
END_TEST

START_TEST(freed_while_dialling)
{
	int i;

	serve("cat", "");
	/* A bit further each time, to the end and beyond. */
	for (i = 0; i < 60; i++) {
		dial();
		w.events = 0;
		while (w.ncalls == 0 && i > 0 && w.events < i) {
			loop_turn(loop);
			w.events++;
			(void)usleep(1000);
		}
		link_free(w.link);
		w.link = NULL;
		loop_turn(loop);
	}
}
END_TEST

START_TEST(freed_at_each_stage)
{
	enum link_stage stage;

	serve("cat", "");
	for (stage = LINK_STAGE_RESOLVE; stage <= LINK_STAGE_OPEN; stage++) {
		dial();
		while (link_stage(w.link) < stage)
			loop_turn(loop);
		ck_assert_int_eq(link_failure(w.link)->code, PH_OK);
		link_free(w.link);
		w.link = NULL;
	}
}
END_TEST

START_TEST(words_of_standard_error)
{
	char buf[16];

	serve("echo some words >&2; cat", "");
	dial_open();
	link_watch_write(&w, "hello", 5);
	link_watch_read(&w, buf, 5);
	link_want(w.link, LINK_READABLE);
	while (link_ssh_words(w.link)[0] == '\0') {
		(void)link_watch_until(&w, LINK_READABLE);
		ck_assert_int_eq(link_watch_drain(&w), PH_OK);
	}
	ck_assert_str_eq(link_ssh_words(w.link), "some words\n");
}
END_TEST

START_TEST(much_standard_error_stalls_nothing)
{
	/* More than the window holds, and all before the first byte. */
	serve("head -c 8000000 /dev/zero >&2; echo done", "");
	dial_open();
	ck_assert_int_eq(link_watch_end(&w), LINK_END);
	ck_assert_uint_eq(w.got, 5);
}
END_TEST

/* How the gate at the far end ends, and what we make of it. */
static const struct {
	const char *command;
	int code;
	int status;
	const char *says;
} gates[] = {
	{ "exit 0", PH_OK, 0, "" },
	{ "echo packhorse: not here >&2; exit 75", PH_EUPSTREAMDOWN, 75,
	    "syncd is not running" },
	{ "exit 75", PH_EUPSTREAMDOWN, 75, "syncd is not running" },
	{ "echo some words >&2; exit 64", PH_EGATE, 64, "64: some words" },
	{ "/nowhere/syncd-gate", PH_EGATE, 127, "nowhere" },
	{ "kill -9 $$", PH_EGATE, 255, "255" },
};

#define NGATES (sizeof(gates) / sizeof(gates[0]))

START_TEST(a_gate_that_only_ends)
{
	int r;

	serve(gates[_i].command, "");
	dial_open();
	r = link_watch_end(&w);
	ck_assert_int_eq(r,
	    gates[_i].code == PH_OK ? LINK_END : gates[_i].code);
	if (w.nclosed == 0)
		(void)link_watch_until(&w, LINK_CLOSED);
	ck_assert_int_eq(link_failure(w.link)->code, gates[_i].code);
	ck_assert_int_eq(link_exit_status(w.link), gates[_i].status);
	says(gates[_i].says);
	ck_assert_uint_eq(w.got, 0);
}
END_TEST

START_TEST(a_gate_that_ends_after_some_bytes)
{
	char buf[16];

	serve("echo hello; exit 75", "");
	dial_open();
	link_watch_read(&w, buf, 6);
	ck_assert_int_eq(link_watch_end(&w), LINK_END);
	if (w.nclosed == 0)
		(void)link_watch_until(&w, LINK_CLOSED);
	ck_assert_int_eq(link_failure(w.link)->code, PH_EUPSTREAMDOWN);
}
END_TEST

START_TEST(what_was_sent_before_the_end_arrives)
{
	serve("head -c 3000000 /dev/zero", "");
	dial_open();
	link_watch_turn(&w, 300);
	ck_assert_int_eq(link_watch_end(&w), LINK_END);
	ck_assert_uint_eq(w.got, 3000000);
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
	link_want(w.link, LINK_READABLE | LINK_WRITABLE);
	while (got < total) {
		(void)link_watch_until(&w, LINK_READABLE | LINK_WRITABLE);
		len = sizeof(out);
		if (total - sent < len)
			len = (size_t)(total - sent);
		fill(out, len, sent);
		ck_assert_int_eq(link_write(w.link, out, len, &n), PH_OK);
		sent += n;
		r = link_read(w.link, in, sizeof(in), &n);
		ck_assert_msg(r == PH_OK, "%s", link_failure(w.link)->what);
		fill(want, n, got);
		ck_assert(memcmp(in, want, n) == 0);
		got += n;
		if (sent == total)
			link_want(w.link, LINK_READABLE);
	}
	link_want(w.link, 0);
}

START_TEST(much_both_ways)
{
	serve("cat", "");
	dial_open();
	echo(64 * MIB);
}
END_TEST

START_TEST(much_through_key_exchanges)
{
	serve("cat", "RekeyLimit 1M");
	dial_open();
	echo(64 * MIB);
}
END_TEST

START_TEST(a_large_window)
{
	serve("cat", "");
	config.window = 16 * MIB;
	dial_open();
	echo(16 * MIB);
}
END_TEST

START_TEST(questions_while_busy)
{
	/* The server asks whether we live, and waits for the answer. */
	serve("cat", "ClientAliveInterval 1\nClientAliveCountMax 2");
	dial_open();
	link_set_rate(w.link, 200000);
	echo(400000);
	link_set_rate(w.link, 0);
	link_want(w.link, LINK_READABLE);
	link_watch_turn(&w, 4000);
	ck_assert_int_eq(w.nclosed, 0);
	echo(1000);
}
END_TEST

START_TEST(freed_while_busy)
{
	static uint8_t data[65536];
	size_t n;
	int i, k;

	serve("cat", "RekeyLimit 1M");
	for (i = 0; i < 20; i++) {
		dial_open();
		link_want(w.link, LINK_READABLE | LINK_WRITABLE);
		for (k = 0; k < 100 + 37 * i; k++) {
			loop_turn(loop);
			ck_assert_int_eq(link_write(w.link, data, sizeof(data),
					     &n),
			    PH_OK);
			ck_assert_int_eq(link_read(w.link, data, sizeof(data),
					     &n),
			    PH_OK);
		}
		link_free(w.link);
		w.link = NULL;
	}
}
END_TEST

START_TEST(the_server_is_killed)
{
	static uint8_t data[65536];
	size_t n;
	int r, i;

	serve("cat", "");
	dial_open();
	link_want(w.link, LINK_READABLE | LINK_WRITABLE);
	r = PH_OK;
	for (i = 0; r == PH_OK; i++) {
		loop_turn(loop);
		r = link_write(w.link, data, sizeof(data), &n);
		if (r == PH_OK)
			r = link_read(w.link, data, sizeof(data), &n);
		if (i == 500)
			sshd_kill_connection(&sshd, SIGKILL);
	}
	ck_assert_int_eq(r, PH_ECUT);
	ck_assert_int_gt(i, 500);
	if (w.nclosed == 0)
		(void)link_watch_until(&w, LINK_CLOSED);
	ck_assert_int_eq(link_failure(w.link)->code, PH_ECUT);
}
END_TEST

START_TEST(the_server_is_killed_while_we_write)
{
	static uint8_t data[65536];
	size_t n;
	int i;

	serve("sleep 100", "");
	dial_open();
	for (i = 0; i < 500; i++) {
		loop_turn(loop);
		ck_assert_int_eq(link_write(w.link, data, sizeof(data), &n),
		    PH_OK);
		(void)usleep(500);
	}
	link_want(w.link, LINK_WRITABLE);
	link_watch_turn(&w, 50);
	/* The far side's window is full: it would have to read. */
	ck_assert_int_eq(w.events, 0);
	sshd_kill_connection(&sshd, SIGKILL);
	(void)link_watch_until(&w, LINK_CLOSED);
	ck_assert_int_eq(link_failure(w.link)->code, PH_ECUT);
}
END_TEST

START_TEST(little_is_held_for_one_that_does_not_read)
{
	static uint8_t data[1 << 20];
	uint64_t taken, received, sent;
	size_t n;
	int i;

	serve("sleep 100", "");
	dial_open();
	taken = 0;
	for (i = 0; i < 500; i++) {
		loop_turn(loop);
		ck_assert_int_eq(link_write(w.link, data, sizeof(data), &n),
		    PH_OK);
		taken += n;
		(void)usleep(500);
	}
	link_counters(w.link, &received, &sent);
	/* The window of the far side, and what a link may hold. */
	ck_assert_uint_ge(taken, 2 * MIB);
	ck_assert_uint_le(taken, sent + LINK_PENDING_MAX);
	ck_assert_uint_le(taken, 3 * MIB);
}
END_TEST

START_TEST(little_arrives_for_one_that_does_not_read)
{
	uint64_t received, sent;

	serve("head -c 100000000 /dev/zero", "");
	dial_open();
	link_watch_turn(&w, 500);
	link_counters(w.link, &received, &sent);
	ck_assert_uint_le(received, 100000);
	ck_assert_int_eq(link_watch_end(&w), LINK_END);
	ck_assert_uint_eq(w.got, 100000000);
}
END_TEST

START_TEST(the_rate_is_kept)
{
	static uint8_t data[65536];
	uint64_t in0, out0, in1, out1, want;
	int64_t start_ms, elapsed_ms;
	size_t n;

	serve("cat", "");
	dial_open();
	link_counters(w.link, &in0, &out0);
	link_set_rate(w.link, 500000);
	link_want(w.link, LINK_READABLE | LINK_WRITABLE);
	start_ms = link_watch_now_ms();
	do {
		(void)link_watch_until(&w, LINK_READABLE | LINK_WRITABLE);
		ck_assert_int_eq(link_write(w.link, data, sizeof(data), &n),
		    PH_OK);
		ck_assert_int_eq(link_read(w.link, data, sizeof(data), &n),
		    PH_OK);
		elapsed_ms = link_watch_now_ms() - start_ms;
	} while (elapsed_ms < 3000);
	link_counters(w.link, &in1, &out1);
	want = (uint64_t)(500 * elapsed_ms);
	ck_assert_uint_le(out1 - out0, want + want / 20);
	ck_assert_uint_ge(out1 - out0, want - want / 20);
	/* What comes back is what went, a bit later. */
	ck_assert_uint_le(in1 - in0, want + want / 20);
	ck_assert_uint_ge(in1 - in0, want - want / 8);
}
END_TEST

static void
on_gate(void *cookie, struct link *link, const char *id_hex,
    const char *fingerprint)
{
	(void)cookie;
	ck_assert_str_eq(id_hex, GATE_PROGRAM_ID);
	ck_assert_str_eq(fingerprint, GATE_PROGRAM_FINGERPRINT);
	narrived++;
	link_watch_start(&far, loop, link);
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
	memset(&listen_config, 0, sizeof(listen_config));
	listen_config.path = path;
	listen_config.uids = &uid;
	listen_config.nuids = 1;
	ck_assert_int_eq(gate_listener_open(loop, &sysclock, &listen_config,
			     &listener, &f, on_gate, NULL),
	    PH_OK);
	(void)snprintf(command, sizeof(command), "%s --socket %s %s %s",
	    gate_program_path(), path, GATE_PROGRAM_ID,
	    GATE_PROGRAM_FINGERPRINT);
	serve(command, "");
	return listener;
}

START_TEST(through_the_gate)
{
	struct gate_listener *listener;
	char buf[16];

	listener = serve_gate();
	dial_open();
	while (narrived == 0)
		link_watch_turn(&w, 1);
	link_watch_write(&w, "hello", 5);
	link_watch_read(&far, buf, 5);
	ck_assert_mem_eq(buf, "hello", 5);
	link_watch_write(&far, "there", 5);
	link_watch_read(&w, buf, 5);
	/* Half-closed each way, in turn. */
	link_finish(far.link);
	ck_assert_int_eq(link_watch_end(&w), LINK_END);
	link_watch_write(&w, "still", 5);
	link_watch_read(&far, buf, 5);
	link_finish(w.link);
	ck_assert_int_eq(link_watch_end(&far), LINK_END);
	link_set_exit_status(far.link, 0);
	link_free(far.link);
	if (w.nclosed == 0)
		(void)link_watch_until(&w, LINK_CLOSED);
	ck_assert_int_eq(link_failure(w.link)->code, PH_OK);
	ck_assert_int_eq(link_exit_status(w.link), 0);
	gate_listener_close(listener);
}
END_TEST

START_TEST(the_far_syncd_says_how_it_ended)
{
	struct gate_listener *listener;
	char buf[16];

	listener = serve_gate();
	dial_open();
	while (narrived == 0)
		link_watch_turn(&w, 1);
	link_watch_write(&far, "bye", 3);
	link_set_exit_status(far.link, 4);
	link_free(far.link);
	link_watch_read(&w, buf, 3);
	ck_assert_int_eq(link_watch_end(&w), LINK_END);
	if (w.nclosed == 0)
		(void)link_watch_until(&w, LINK_CLOSED);
	ck_assert_int_eq(link_exit_status(w.link), 4);
	gate_listener_close(listener);
}
END_TEST

START_TEST(the_far_syncd_is_not_there)
{
	gate_listener_close(serve_gate());
	dial_open();
	ck_assert_int_eq(link_watch_end(&w), PH_EUPSTREAMDOWN);
	ck_assert_str_eq(link_ssh_words(w.link),
	    "packhorse: syncd is not running here; try again later\n");
}
END_TEST

START_TEST(we_vanish)
{
	struct gate_listener *listener;

	listener = serve_gate();
	dial_open();
	while (narrived == 0)
		link_watch_turn(&w, 1);
	link_free(w.link);
	w.link = NULL;
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
	tcase_add_test(tc, wrong_host_key);
	tcase_add_test(tc, unknown_client_key);
	tcase_add_test(tc, unknown_user);
	tcase_add_loop_test(tc, no_common_algorithm, 0, NSTRANGE);
	tcase_add_test(tc, the_other_cipher);
	tcase_add_test(tc, nobody_listens);
	tcase_add_test(tc, no_such_name);
	tcase_add_loop_test(tc, what_is_no_ssh, 0, NJUNK);
	tcase_add_test(tc, the_deadline_is_for_all);
	tcase_add_test(tc, freed_while_dialling);
	tcase_add_test(tc, freed_at_each_stage);
	suite_add_tcase(suite, tc);
	tc = tcase_create("gate");
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, words_of_standard_error);
	tcase_add_test(tc, much_standard_error_stalls_nothing);
	tcase_add_loop_test(tc, a_gate_that_only_ends, 0, NGATES);
	tcase_add_test(tc, a_gate_that_ends_after_some_bytes);
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
