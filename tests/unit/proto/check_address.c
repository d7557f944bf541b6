/*
 * Addresses: those that are, and those that are not.
 */
#include <string.h>

#include "proto/address.h"
#include "proto/errors.h"
#include "tests/unit/check_main.h"

/* 64 characters. */
#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X61 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X32 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct {
	const char *text;
	const char *user;
	const char *host;
	unsigned int port;
} addresses[] = {
	{ "ssh://packhorse-link@primary.example.org:2222", "packhorse-link",
	    "primary.example.org", 2222 },
	{ "ssh://_u.1@192.0.2.7:1", "_u.1", "192.0.2.7", 1 },
	{ "ssh://u@[2001:db8::1]:65535", "u", "2001:db8::1", 65535 },
	{ "ssh://u@[::ffff:192.0.2.7]:22", "u", "::ffff:192.0.2.7", 22 },
	{ "ssh://" X32 "@" X64 X64 X64 X61 ":65535", X32, X64 X64 X64 X61,
	    65535 },
};

START_TEST(accepted)
{
	struct address a;
	char text[ADDRESS_SIZE];

	ck_assert_int_eq(address_decode(addresses[_i].text, &a), PH_OK);
	ck_assert_int_eq(address_valid(addresses[_i].text), 1);
	ck_assert_str_eq(a.user, addresses[_i].user);
	ck_assert_str_eq(a.host, addresses[_i].host);
	ck_assert_uint_eq(a.port, addresses[_i].port);
	address_encode(&a, text);
	ck_assert_str_eq(text, addresses[_i].text);
}
END_TEST

static const char *const refused[] = {
	"",
	"ssh://",
	"u@h:22",
	"SSH://u@h:22",
	"ssh://h:22",
	"ssh://@h:22",
	"ssh://u@:22",
	"ssh://u@h",
	"ssh://u@h:",
	"ssh://u@h:0",
	"ssh://u@h:022",
	"ssh://u@h:65536",
	"ssh://u@h:100000",
	"ssh://u@h:18446744073709551638",
	"ssh://u@h:22/",
	"ssh://u@h:22 ",
	"ssh://u@h:+22",
	"ssh://u@h:2x",
	" ssh://u@h:22",
	"ssh://u:p@h:22",
	"ssh://-oProxyCommand=x@h:22",
	"ssh://u@-oProxyCommand:22",
	"ssh://.u@h:22",
	"ssh://u@.h:22",
	"ssh://u@h o:22",
	"ssh://u@h;o:22",
	"ssh://u$@h:22",
	"ssh://u@2001:db8::1:22",
	"ssh://u@[2001:db8::1:22",
	"ssh://u@[2001:db8::1]22",
	"ssh://u@[2001:db8::1]",
	"ssh://u@[fe80::1%eth0]:22",
	"ssh://u@[h]:22",
	"ssh://u@[]:22",
	"ssh://" X32 "x@h:22",
	"ssh://u@" X64 X64 X64 X61 "x:22",
	"ssh://u@[" X64 X64 X64 X64 "]:22",
};

START_TEST(not_accepted)
{
	struct address a;

	ck_assert_int_eq(address_decode(refused[_i], &a), PH_ENAME);
	ck_assert_int_eq(address_valid(refused[_i]), 0);
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	s = suite_create("address");
	tc = tcase_create("address");
	tcase_add_loop_test(tc, accepted, 0,
	    (int)(sizeof(addresses) / sizeof(addresses[0])));
	tcase_add_loop_test(tc, not_accepted, 0,
	    (int)(sizeof(refused) / sizeof(refused[0])));
	suite_add_tcase(s, tc);
	return check_run(s);
}
