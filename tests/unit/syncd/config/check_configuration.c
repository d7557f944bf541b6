/*
 * The configuration: good files are read with their defaults, and each bad
 * value is refused at its line and column with what would be right.
 */
#include <stdio.h>
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

#include "proto/errors.h"
#include "syncd/config/configuration.h"

#define KEY                                                                    \
	"ssh-ed25519 "                                                         \
	"AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3BURa"
#define ID "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

#define HEAD                                                                   \
	"version: 1\n"                                                         \
	"name: berlin\n"                                                       \
	"role: site\n"                                                         \
	"state_dir: /var/lib/packhorse\n"                                      \
	"store_dir: /srv/images\n"

#define PRIMARY                                                                \
	"version: 1\n"                                                         \
	"name: centre\n"                                                       \
	"role: primary\n"                                                      \
	"state_dir: /var/lib/packhorse\n"                                      \
	"store_dir: /srv/images\n"

static struct configuration configuration;
static struct failure failure;

static int
parse(const char *text)
{
	memset(&failure, 0, sizeof(failure));
	return configuration_parse("c.yaml", text, strlen(text), &configuration,
	    &failure);
}

START_TEST(the_shortest_file_has_defaults)
{
	ck_assert_int_eq(parse(HEAD), PH_OK);
	ck_assert_str_eq(configuration.name, "berlin");
	ck_assert_int_eq(configuration.role, CONFIGURATION_SITE);
	ck_assert_str_eq(configuration.state_dir, "/var/lib/packhorse");
	ck_assert_str_eq(configuration.store_dir, "/srv/images");
	ck_assert_str_eq(configuration.operator_group, "");
	ck_assert_int_eq(configuration.log_level, CONFIGURATION_LOG_NOTICE);
	ck_assert_int_eq(configuration.sync_interval_s, 300);
	ck_assert_int_eq(configuration.lifetime_s, 90 * 86400);
	ck_assert_uint_eq(configuration.rate, 0);
	ck_assert_uint_eq(configuration.delta_cache, UINT64_C(20) << 30);
	ck_assert_int_eq(configuration.has_upstream, 0);
	ck_assert_int_eq(configuration.has_advertise, 0);
}
END_TEST

START_TEST(a_site_may_say_all_of_its_keys)
{
	char line[KEY_LINE_SIZE], id[DIGEST_HEX_SIZE];

	ck_assert_int_eq(parse(HEAD "sync_interval: 90s\n"
				    "rate: 8Mbit/s\n"
				    "log_level: debug\n"
				    "delta_cache: 0B\n"
				    "operator_group: packhorse-operator\n"
				    "upstream:\n"
				    "  address: ssh://link@[2001:db8::1]:2222\n"
				    "  host_key: " KEY " the host\n"
				    "  id: " ID "\n"),
	    PH_OK);
	ck_assert_int_eq(configuration.sync_interval_s, 90);
	ck_assert_uint_eq(configuration.rate, 1000000);
	ck_assert_int_eq(configuration.log_level, CONFIGURATION_LOG_DEBUG);
	ck_assert_uint_eq(configuration.delta_cache, 0);
	ck_assert_str_eq(configuration.operator_group, "packhorse-operator");
	ck_assert_int_eq(configuration.has_upstream, 1);
	ck_assert_str_eq(configuration.upstream_address.user, "link");
	ck_assert_str_eq(configuration.upstream_address.host, "2001:db8::1");
	ck_assert_uint_eq(configuration.upstream_address.port, 2222);
	key_line(&configuration.upstream_host_key, line);
	ck_assert_str_eq(line, KEY);
	digest_hex(&configuration.upstream_id, id);
	ck_assert_str_eq(id, ID);
}
END_TEST

START_TEST(a_primary_may_say_all_of_its_keys)
{
	ck_assert_int_eq(parse(
			     PRIMARY "lifetime: 30d\n"
				     "advertise:\n"
				     "  address: ssh://link@images.example:22\n"
				     "  host_key: " KEY "\n"),
	    PH_OK);
	ck_assert_int_eq(configuration.role, CONFIGURATION_PRIMARY);
	ck_assert_int_eq(configuration.lifetime_s, 30 * 86400);
	ck_assert_int_eq(configuration.has_advertise, 1);
	ck_assert_str_eq(configuration.advertise_address.host,
	    "images.example");
}
END_TEST

START_TEST(slashes_at_the_end_of_directories_go)
{
	ck_assert_int_eq(parse("version: 1\nname: a\nrole: site\n"
			       "state_dir: /s///\nstore_dir: /\n"),
	    PH_OK);
	ck_assert_str_eq(configuration.state_dir, "/s");
	ck_assert_str_eq(configuration.store_dir, "/");
}
END_TEST

/* 95 bytes, one more than leaves room for a socket's name. */
#define LONG_PATH                                                              \
	"/23456789012345678901234567890123456789012345678"                     \
	"90123456789012345678901234567890123456789012345"

/* Bad files: where, and what is said. */
static const struct {
	const char *text;
	const char *where;
	const char *what;
} bad[] = {
	{ "", "1:1", "the file is empty" },
	{ "[version, 1]\n", "1:1",
	    "this must be a map of keys and values, not a list" },
	{ "name: berlin\nrole: site\n", "1:1", "\"version\" is missing" },
	{ "version: 2\n", "1:10", "\"version\" must be 1, not 2" },
	{ "version: \"1\"\n", "1:10", "\"version\" must be 1, not \"1\"" },
	{ "version: 1\nname: b\n", "1:1", "\"role\" is missing" },
	{ "version: 1\nname: b\nrole: relay\n", "3:7",
	    "\"role\" must be primary or site, not relay" },
	{ "version: 1\nrole: [site]\n", "2:7",
	    "\"role\" must be a single value, not a list" },
	{ "version: 1\nrole: site\n", "1:1", "\"name\" is missing" },
	{ "version: 1\nrole: site\nname: a b\n", "3:7",
	    "\"name\" must be a name of letters, digits and . _ + -, at most "
	    "127, the first a letter or digit, not a b" },
	{ "version: 1\nrole: site\nname: b\n", "1:1",
	    "\"state_dir\" is missing" },
	{ "version: 1\nrole: site\nname: b\nstate_dir: var\n", "4:12",
	    "\"state_dir\" must be an absolute path without . and .., "
	    "not var" },
	{ "version: 1\nrole: site\nname: b\nstate_dir: /a/../b\n", "4:12",
	    "\"state_dir\" must be an absolute path without . and .., "
	    "not /a/../b" },
	{ "version: 1\nrole: site\nname: b\nstate_dir: /a\n", "1:1",
	    "\"store_dir\" is missing" },
	{ "version: 1\nrole: site\nname: b\nstate_dir: /a\n"
	  "store_dir: /a/.\n",
	    "5:12",
	    "\"store_dir\" must be an absolute path without . and .., "
	    "not /a/." },
	{ "version: 1\nrole: site\nname: b\nstate_dir: /a\nstore_dir: /a/\n",
	    "5:12", "\"store_dir\" must not be state_dir" },
	{ "version: 1\nrole: site\nname: b\nstate_dir: " LONG_PATH "\n"
	  "store_dir: /a\n",
	    "4:12",
	    "the path of state_dir is longer than 94 bytes, and the address "
	    "of a socket in it would not fit" },
	{ HEAD "sync_interval: 5\n", "6:16",
	    "\"sync_interval\" must be a duration with its unit, such as 90s, "
	    "15m or 7d, not 5" },
	{ HEAD "sync_interval: 0s\n", "6:16",
	    "\"sync_interval\" must be from 1s to 30d, not 0s" },
	{ HEAD "sync_interval: 31d\n", "6:16",
	    "\"sync_interval\" must be from 1s to 30d, not 31d" },
	{ HEAD "sync_interval:\n", "6:15",
	    "\"sync_interval\" must be a single value; it has no value" },
	{ HEAD "rate: 8\n", "6:7",
	    "\"rate\" must be a rate with its unit, such as 500kbit/s or "
	    "10MiB/s, not 8" },
	{ HEAD "rate: 0bit/s\n", "6:7",
	    "\"rate\" must be a rate with its unit, such as 500kbit/s or "
	    "10MiB/s, not 0bit/s" },
	{ HEAD "log_level: chatty\n", "6:12",
	    "\"log_level\" must be error, warning, notice, info or debug, "
	    "not chatty" },
	{ HEAD "delta_cache: 20\n", "6:14",
	    "\"delta_cache\" must be a size with its unit, such as 500MB or "
	    "20GiB, not 20" },
	{ HEAD "lifetime: 90d\n", "6:11",
	    "\"lifetime\" is for a primary, and this is a site" },
	{ PRIMARY "lifetime: 10m\n", "6:11",
	    "\"lifetime\" must be from 1h to 3650d, not 10m" },
	{ HEAD "operator_group: a:b\n", "6:17",
	    "\"operator_group\" must be the name of a group, not a:b" },
	{ HEAD "operator_group: -x\n", "6:17",
	    "\"operator_group\" must be the name of a group, not -x" },
	{ HEAD "operator_group: a23456789012345678901234567890123\n", "6:17",
	    "\"operator_group\" must be the name of a group, "
	    "not a23456789012345678901234567890123" },
	{ HEAD "upstream: ssh://x\n", "6:11",
	    "\"upstream\" must be a map of keys and values, not ssh://x" },
	{ HEAD "upstream:\n  host_key: " KEY "\n", "7:3",
	    "\"address\" is missing" },
	{ HEAD "upstream:\n  address: ssh://images.example\n", "7:12",
	    "\"address\" must be an address such as "
	    "ssh://packhorse-link@images.example:22, "
	    "not ssh://images.example" },
	{ HEAD "upstream:\n  address: ssh://a@b:22\n", "7:3",
	    "\"host_key\" is missing" },
	{ HEAD "upstream:\n  address: ssh://a@b:22\n  host_key: ssh-rsa AAA\n",
	    "8:13",
	    "\"host_key\" must be the line of an Ed25519 key: "
	    "ssh-ed25519 AAAA…, not ssh-rsa AAA" },
	{ HEAD "upstream:\n  address: ssh://a@b:22\n  host_key: " KEY "\n"
	       "  id: 00FF\n",
	    "9:7",
	    "\"id\" must be the id of the primary: 64 hexadecimal digits in "
	    "lower case, not 00FF" },
	{ HEAD "upstream:\n  address: ssh://a@b:22\n  host_key: " KEY "\n"
	       "  id: 00000000000000000000000000000000"
	       "00000000000000000000000000000000\n",
	    "9:7",
	    "\"id\" must be the id of the primary: 64 hexadecimal digits in "
	    "lower case, not 00000000000000000000000000000000"
	    "00000000000000000000000000000000" },
	{ HEAD "upstream:\n  address: ssh://a@b:22\n  host_key: " KEY "\n"
	       "  id: " ID "\n  port: 22\n",
	    "10:3", "there is no key \"port\" here" },
	{ PRIMARY "upstream:\n  address: ssh://a@b:22\n", "7:3",
	    "a primary has no \"upstream\"" },
	{ HEAD "advertise:\n  address: ssh://a@b:22\n", "7:3",
	    "\"advertise\" is for a primary, and this is a site" },
	{ PRIMARY "advertise:\n  address: http://a@b:22\n", "7:12",
	    "\"address\" must be an address such as "
	    "ssh://packhorse-link@images.example:22, not http://a@b:22" },
	{ PRIMARY "advertise:\n  address: ssh://a@b:22\n", "7:3",
	    "\"host_key\" is missing" },
	{ PRIMARY "advertise:\n  address: ssh://a@b:22\n  host_key: " KEY "\n"
		  "  id: " ID "\n",
	    "9:3", "there is no key \"id\" here" },
	{ HEAD "colour: red\n", "6:1", "there is no key \"colour\" here" },
	{ HEAD "name: b\n", "6:1", "the key \"name\" stands here twice" },
};

START_TEST(upstream_may_leave_its_id_to_the_trust_documents)
{
	ck_assert_int_eq(parse(HEAD "upstream:\n  address: ssh://a@b:22\n"
				    "  host_key: " KEY "\n"),
	    PH_OK);
	ck_assert_int_eq(configuration.has_upstream, 1);
	ck_assert_int_eq(digest_is_zero(&configuration.upstream_id), 1);
}
END_TEST

START_TEST(bad_values_are_refused_where_they_stand)
{
	char where[40];

	ck_assert_int_eq(parse(bad[_i].text), PH_ECONFIG);
	ck_assert_int_eq(failure.code, PH_ECONFIG);
	ck_assert_str_eq(failure.what, bad[_i].what);
	(void)snprintf(where, sizeof(where), "c.yaml:%s", bad[_i].where);
	ck_assert_str_eq(failure.where, where);
}
END_TEST

START_TEST(a_path_that_is_too_long_is_refused)
{
	char text[1400];
	size_t n;

	n = (size_t)snprintf(text, sizeof(text),
	    "version: 1\nrole: site\nname: b\nstate_dir: /s\nstore_dir: /");
	memset(text + n, 'x', 1023);
	text[n + 1022] = '\0';
	ck_assert_int_eq(parse(text), PH_OK);
	ck_assert_uint_eq(strlen(configuration.store_dir), 1023);
	text[n + 1022] = 'x';
	text[n + 1023] = '\0';
	ck_assert_int_eq(parse(text), PH_ECONFIG);
	ck_assert_str_eq(failure.what,
	    "\"store_dir\" is longer than 1023 bytes");
	ck_assert_str_eq(failure.where, "c.yaml:5:12");
}
END_TEST

START_TEST(an_unknown_key_is_told_those_that_exist)
{
	/* Also where it stands in place of one that is needed. */
	ck_assert_int_eq(parse("version: 1\nrolle: site\n"), PH_ECONFIG);
	ck_assert_str_eq(failure.what, "there is no key \"rolle\" here");
	ck_assert_str_eq(failure.where, "c.yaml:2:1");
	/* But not in a file of another form, which may have more keys. */
	ck_assert_int_eq(parse("version: 2\nrolle: site\n"), PH_ECONFIG);
	ck_assert_str_eq(failure.where, "c.yaml:1:10");
	ck_assert_int_eq(parse(HEAD "colour: red\n"), PH_ECONFIG);
	ck_assert_str_eq(failure.next,
	    "known keys are: version, name, role, state_dir, store_dir, "
	    "sync_interval, rate, lifetime, log_level, delta_cache, "
	    "operator_group, upstream, advertise");
}
END_TEST

START_TEST(a_file_is_read)
{
	(void)tempdir_begin();
	tempdir_write("c.yaml", HEAD);
	ck_assert_int_eq(configuration_read("c.yaml", &configuration, &failure),
	    PH_OK);
	ck_assert_str_eq(configuration.name, "berlin");
	tempdir_write("c.yaml", HEAD "rate: fast\n");
	ck_assert_int_eq(configuration_read("c.yaml", &configuration, &failure),
	    PH_ECONFIG);
	ck_assert_str_eq(failure.where, "c.yaml:6:7");
	ck_assert_int_eq(configuration_read("none.yaml", &configuration,
			     &failure),
	    PH_EFILE);
	tempdir_end();
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("configuration");
	tests = tcase_create("configuration");
	tcase_add_test(tests, the_shortest_file_has_defaults);
	tcase_add_test(tests, a_site_may_say_all_of_its_keys);
	tcase_add_test(tests, a_primary_may_say_all_of_its_keys);
	tcase_add_test(tests, slashes_at_the_end_of_directories_go);
	tcase_add_test(tests, upstream_may_leave_its_id_to_the_trust_documents);
	tcase_add_loop_test(tests, bad_values_are_refused_where_they_stand, 0,
	    (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(tests, a_path_that_is_too_long_is_refused);
	tcase_add_test(tests, an_unknown_key_is_told_those_that_exist);
	tcase_add_test(tests, a_file_is_read);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
