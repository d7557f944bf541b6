/*
 * The file that init writes: it reads back as what was meant, whatever the
 * values, and never as something that syncd refuses.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/check_main.h"
#include "tests/unit/tempdir.h"

#include "proto/buffer.h"
#include "proto/errors.h"
#include "syncd/config/configuration.h"
#include "syncd/config/configuration_writer.h"

#define KEY                                                                    \
	"ssh-ed25519 "                                                         \
	"AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3BURa"

static struct buffer text;
static struct failure failure;

static void
begin(void)
{
	buffer_init(&text, 1u << 16);
	memset(&failure, 0, sizeof(failure));
}

static void
end(void)
{
	buffer_fini(&text);
}

/* A valid configuration of nothing but what must be said. */
static struct configuration
short_one(enum configuration_role role)
{
	struct configuration c;

	configuration_init(&c, role);
	(void)strcpy(c.name, "berlin");
	(void)strcpy(c.state_dir, "/var/lib/packhorse");
	(void)strcpy(c.store_dir, "/srv/images");
	return c;
}

/* A valid configuration that says all. */
static struct configuration
long_one(enum configuration_role role)
{
	struct configuration c;

	c = short_one(role);
	(void)strcpy(c.operator_group, "packhorse-operator");
	c.log_level = CONFIGURATION_LOG_WARNING;
	c.sync_interval_s = 5400;
	c.rate = 12345;
	c.delta_cache = UINT64_C(3000000000);
	if (role == CONFIGURATION_PRIMARY) {
		c.lifetime_s = 31 * 86400;
		c.has_advertise = 1;
		ck_assert_int_eq(address_decode("ssh://link@[::1]:22",
				     &c.advertise_address),
		    PH_OK);
		ck_assert_int_eq(key_from_line(KEY, KEY_LINE_EXACT,
				     &c.advertise_host_key),
		    PH_OK);
	} else {
		c.has_upstream = 1;
		ck_assert_int_eq(address_decode("ssh://link@b.example:65535",
				     &c.upstream_address),
		    PH_OK);
		ck_assert_int_eq(key_from_line(KEY, KEY_LINE_EXACT,
				     &c.upstream_host_key),
		    PH_OK);
		digest_of("x", 1, &c.upstream_id);
	}
	return c;
}

/* What is written reads back the same. */
static void
assert_round_trip(const struct configuration *c)
{
	struct configuration back;
	int r;

	buffer_reset(&text);
	ck_assert_int_eq(configuration_encode(c, &text), PH_OK);
	r = configuration_parse("c", text.data, text.len, &back, &failure);
	ck_assert_msg(r == PH_OK, "%s: %s\n%s", failure.where, failure.what,
	    buffer_text(&text));
	ck_assert_str_eq(back.name, c->name);
	ck_assert_int_eq(back.role, c->role);
	ck_assert_str_eq(back.state_dir, c->state_dir);
	ck_assert_str_eq(back.store_dir, c->store_dir);
	ck_assert_str_eq(back.operator_group, c->operator_group);
	ck_assert_int_eq(back.log_level, c->log_level);
	ck_assert_int_eq(back.sync_interval_s, c->sync_interval_s);
	ck_assert_int_eq(back.lifetime_s, c->lifetime_s);
	ck_assert_uint_eq(back.rate, c->rate);
	ck_assert_uint_eq(back.delta_cache, c->delta_cache);
	ck_assert_int_eq(back.has_upstream, c->has_upstream);
	ck_assert_int_eq(back.has_advertise, c->has_advertise);
	ck_assert_str_eq(back.upstream_address.host, c->upstream_address.host);
	ck_assert_uint_eq(back.upstream_address.port, c->upstream_address.port);
	ck_assert_mem_eq(back.upstream_host_key.bytes,
	    c->upstream_host_key.bytes, KEY_SIZE);
	ck_assert_mem_eq(back.upstream_id.bytes, c->upstream_id.bytes,
	    DIGEST_SIZE);
	ck_assert_str_eq(back.advertise_address.user,
	    c->advertise_address.user);
	ck_assert_mem_eq(back.advertise_host_key.bytes,
	    c->advertise_host_key.bytes, KEY_SIZE);
}

START_TEST(what_is_written_reads_back)
{
	struct configuration c;

	c = short_one(_i == 0 ? CONFIGURATION_PRIMARY : CONFIGURATION_SITE);
	assert_round_trip(&c);
	memset(&c.upstream_id, 0, sizeof(c.upstream_id));
	assert_round_trip(&c);
	c = long_one(_i == 0 ? CONFIGURATION_PRIMARY : CONFIGURATION_SITE);
	assert_round_trip(&c);
}
END_TEST

START_TEST(odd_paths_and_names_read_back)
{
	static const char *const paths[] = { "/a b", "/a: b", "/a #b",
		"/\"quoted\"", "/back\\slash", "/end:", "/end ", "/{x}",
		"/m\xc3\xbcnchen", "/a, b", "/'", "/%x" };
	static const char *const names[] = { "true", "123", "1.10", "null",
		"no", "0x1" };
	struct configuration c;
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		c = short_one(CONFIGURATION_SITE);
		(void)strcpy(c.store_dir, paths[i]);
		assert_round_trip(&c);
	}
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		c = short_one(CONFIGURATION_SITE);
		(void)strcpy(c.name, names[i]);
		assert_round_trip(&c);
	}
}
END_TEST

START_TEST(defaults_are_shown_behind_a_mark)
{
	struct configuration c;

	c = short_one(CONFIGURATION_PRIMARY);
	ck_assert_int_eq(configuration_encode(&c, &text), PH_OK);
	ck_assert_ptr_nonnull(
	    strstr(buffer_text(&text), "\n#sync_interval: 5m\n"));
	ck_assert_ptr_nonnull(
	    strstr(buffer_text(&text), "\n#delta_cache: 20GiB\n"));
	ck_assert_ptr_nonnull(strstr(buffer_text(&text), "\n#lifetime: 90d\n"));
	c = long_one(CONFIGURATION_PRIMARY);
	buffer_reset(&text);
	ck_assert_int_eq(configuration_encode(&c, &text), PH_OK);
	ck_assert_ptr_nonnull(
	    strstr(buffer_text(&text), "\nsync_interval: 90m\n"));
	ck_assert_ptr_nonnull(strstr(buffer_text(&text), "\nrate: 12345B/s\n"));
	ck_assert_ptr_nonnull(
	    strstr(buffer_text(&text), "\n  address: ssh://link@[::1]:22\n"));
}
END_TEST

START_TEST(every_default_may_be_unmarked)
{
	struct configuration c, back;
	char *p;

	c = short_one(CONFIGURATION_PRIMARY);
	ck_assert_int_eq(configuration_encode(&c, &text), PH_OK);
	for (p = (char *)text.data; p < (char *)text.data + text.len - 1; p++) {
		if (p[0] == '#' && p[1] != ' ')
			p[0] = ' ';
	}
	/* A key may not be indented: shift those lines. */
	for (p = (char *)text.data; p < (char *)text.data + text.len - 1;) {
		if (p[0] == '\n' && p[1] == ' ') {
			memmove(p + 1, p + 2,
			    (size_t)((char *)text.data + text.len - p - 2));
			text.len--;
		} else {
			p++;
		}
	}
	ck_assert_msg(configuration_parse("c", text.data, text.len, &back,
			  &failure) == PH_OK,
	    "%s: %s", failure.where, failure.what);
	ck_assert_int_eq(back.sync_interval_s, c.sync_interval_s);
	ck_assert_uint_eq(back.rate, 1000000);
	ck_assert_str_eq(back.operator_group, "packhorse-operator");
}
END_TEST

START_TEST(a_small_buffer_says_so)
{
	struct configuration c;
	struct buffer small;

	c = long_one(CONFIGURATION_SITE);
	buffer_init(&small, 100);
	ck_assert_int_eq(configuration_encode(&c, &small), PH_ELIMIT);
	buffer_fini(&small);
}
END_TEST

START_TEST(a_file_is_created_once)
{
	struct configuration c, back;
	struct stat st;

	(void)tempdir_begin();
	c = long_one(CONFIGURATION_SITE);
	ck_assert_int_eq(configuration_create("c.yaml", &c, &failure), PH_OK);
	ck_assert_int_eq(stat("c.yaml", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0644);
	ck_assert_int_eq(configuration_read("c.yaml", &back, &failure), PH_OK);
	ck_assert_str_eq(back.name, "berlin");
	(void)strcpy(c.name, "other");
	ck_assert_int_eq(configuration_create("c.yaml", &c, &failure),
	    PH_EEXISTS);
	ck_assert_str_eq(failure.what, "c.yaml exists already");
	ck_assert_int_eq(configuration_read("c.yaml", &back, &failure), PH_OK);
	ck_assert_str_eq(back.name, "berlin");
	ck_assert_int_eq(configuration_create("none/c.yaml", &c, &failure),
	    PH_EABSENT);
	tempdir_end();
}
END_TEST

START_TEST(what_is_not_valid_is_not_written)
{
	struct configuration c;
	struct stat st;

	(void)tempdir_begin();
	c = short_one(CONFIGURATION_SITE);
	(void)strcpy(c.name, "a b\"");
	ck_assert_int_eq(configuration_create("c.yaml", &c, &failure),
	    PH_ECONFIG);
	ck_assert_ptr_nonnull(strstr(failure.what, "\"name\" must be"));
	ck_assert_int_eq(stat("c.yaml", &st), -1);
	c = short_one(CONFIGURATION_SITE);
	(void)strcpy(c.store_dir, "/a\nb");
	ck_assert_int_eq(configuration_create("c.yaml", &c, &failure),
	    PH_ECONFIG);
	ck_assert_int_eq(stat("c.yaml", &st), -1);
	tempdir_end();
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("configuration_writer");
	tests = tcase_create("configuration_writer");
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_loop_test(tests, what_is_written_reads_back, 0, 2);
	tcase_add_test(tests, odd_paths_and_names_read_back);
	tcase_add_test(tests, defaults_are_shown_behind_a_mark);
	tcase_add_test(tests, every_default_may_be_unmarked);
	tcase_add_test(tests, a_small_buffer_says_so);
	tcase_add_test(tests, a_file_is_created_once);
	tcase_add_test(tests, what_is_not_valid_is_not_written);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
