/*
 * How a dial through SSH fails, and in which words: each cause gives its own
 * code, at its stage, and says what to do.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/check_main.h"

#include "proto/errors.h"
#include "tests/unit/syncd/link/dialled.h"

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

/* Dial in vain: for this reason, at this stage. */
static void
dial_fails(int code, enum link_stage stage)
{
	const struct failure *f;

	dialled_dial(&d);
	(void)link_watch_until(&d.w, LINK_OPEN | LINK_CLOSED);
	f = link_failure(d.w.link);
	ck_assert_msg(f->code == code, "%s: %s", error_name(f->code), f->what);
	ck_assert_str_eq(link_stage_name(link_stage(d.w.link)),
	    link_stage_name(stage));
	ck_assert_str_ne(f->what, "");
	ck_assert_str_ne(f->next, "");
	ck_assert_int_eq(d.w.nopen, 0);
	link_watch_turn(&d.w, 10);
	ck_assert_int_eq(d.w.nclosed, 1);
}

/* The failure's text has this in it. */
static void
says(const char *words)
{
	const char *what;

	what = link_failure(d.w.link)->what;
	ck_assert_msg(strstr(what, words) != NULL, "%s", what);
}

START_TEST(wrong_host_key)
{
	char fingerprint[KEY_FINGERPRINT_SIZE];

	dialled_serve(&d, "cat", "");
	d.config.host_key = *key_private_public(d.sshd.unknown_key);
	dial_fails(PH_EHOSTKEY, LINK_STAGE_HOSTKEY);
	key_fingerprint(&d.sshd.host_key, fingerprint);
	says(fingerprint);
	key_fingerprint(&d.config.host_key, fingerprint);
	says(fingerprint);
}
END_TEST

START_TEST(unknown_client_key)
{
	char fingerprint[KEY_FINGERPRINT_SIZE];

	dialled_serve(&d, "cat", "");
	d.config.key = d.sshd.unknown_key;
	dial_fails(PH_EUSERKEY, LINK_STAGE_AUTH);
	key_fingerprint(key_private_public(d.config.key), fingerprint);
	says(fingerprint);
	says(d.config.user);
}
END_TEST

START_TEST(unknown_user)
{
	dialled_serve(&d, "cat", "");
	d.config.user = "nobody-of-that-name";
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
	dialled_serve(&d, "cat", strange[_i]);
	dial_fails(PH_EALGORITHM, LINK_STAGE_KEX);
}
END_TEST

START_TEST(nobody_listens)
{
	dialled_serve(&d, "cat", "");
	d.config.port = sshd_free_port();
	dial_fails(PH_ECONNECT, LINK_STAGE_CONNECT);
	says("refused");
}
END_TEST

START_TEST(no_such_name)
{
	dialled_serve(&d, "cat", "");
	d.config.host = "no-such-host.invalid";
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

	dialled_serve(&d, "cat", "");
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	len = sizeof(address);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	d.config.port = ntohs(address.sin_port);
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
	d.config.timeout_ms = 500;
	dialled_dial(&d);
	while (link_stage(d.w.link) < LINK_STAGE_KEX)
		loop_turn(d.loop);
	peer = accept(fd, NULL, NULL);
	ck_assert_int_ne(peer, -1);
	ck_assert_int_eq(write(peer, junk[_i].text, strlen(junk[_i].text)),
	    (ssize_t)strlen(junk[_i].text));
	if (junk[_i].closes)
		(void)shutdown(peer, SHUT_WR);
	(void)link_watch_until(&d.w, LINK_CLOSED);
	ck_assert_str_eq(error_name(link_failure(d.w.link)->code),
	    error_name(junk[_i].code));
	says(junk[_i].says);
	ck_assert_int_eq(link_stage(d.w.link), LINK_STAGE_KEX);
	(void)close(peer);
	(void)close(fd);
}
END_TEST

START_TEST(the_deadline_is_for_all)
{
	int64_t start_ms;
	int fd;

	fd = listen_own();
	d.config.timeout_ms = 300;
	start_ms = link_watch_now_ms();
	dial_fails(PH_ETIMEOUT, LINK_STAGE_KEX);
	ck_assert_int_ge(link_watch_now_ms() - start_ms, 299);
	(void)close(fd);
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
	{ "exit 69", PH_EPEERBUSY, 69, "too many peers" },
	{ "echo some words >&2; exit 64", PH_EGATE, 64, "64: some words" },
	{ "/nowhere/syncd-gate", PH_EGATE, 127, "nowhere" },
	{ "kill -9 $$", PH_EGATE, 255, "255" },
};

#define NGATES (sizeof(gates) / sizeof(gates[0]))

START_TEST(a_gate_that_only_ends)
{
	int r;

	dialled_serve(&d, gates[_i].command, "");
	dialled_open(&d);
	r = link_watch_end(&d.w);
	ck_assert_int_eq(r,
	    gates[_i].code == PH_OK ? LINK_END : gates[_i].code);
	if (d.w.nclosed == 0)
		(void)link_watch_until(&d.w, LINK_CLOSED);
	ck_assert_int_eq(link_failure(d.w.link)->code, gates[_i].code);
	ck_assert_int_eq(link_exit_status(d.w.link), gates[_i].status);
	says(gates[_i].says);
	ck_assert_uint_eq(d.w.got, 0);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tc;

	if (!sshd_is_installed()) {
		printf("No /usr/sbin/sshd here: failures of SSH are not "
		       "tested.\n");
		return EXIT_SUCCESS;
	}
	suite = suite_create("syncd/link/refusal");
	tc = tcase_create("refusal");
	tcase_add_checked_fixture(tc, begin, end);
	tcase_add_test(tc, wrong_host_key);
	tcase_add_test(tc, unknown_client_key);
	tcase_add_test(tc, unknown_user);
	tcase_add_loop_test(tc, no_common_algorithm, 0, NSTRANGE);
	tcase_add_test(tc, nobody_listens);
	tcase_add_test(tc, no_such_name);
	tcase_add_loop_test(tc, what_is_no_ssh, 0, NJUNK);
	tcase_add_test(tc, the_deadline_is_for_all);
	tcase_add_loop_test(tc, a_gate_that_only_ends, 0, NGATES);
	suite_add_tcase(suite, tc);
	return check_run(suite);
}
