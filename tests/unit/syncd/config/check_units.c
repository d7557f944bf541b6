/*
 * Quantities: read with their unit and never without, printed for people,
 * and written so that they read back the same.
 */
#include <inttypes.h>
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/errors.h"
#include "syncd/config/units.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static const struct {
	const char *text;
	uint64_t value;
} sizes[] = {
	{ "0B", 0 },
	{ "512B", 512 },
	{ "1kB", 1000 },
	{ "1KiB", 1024 },
	{ "10MiB", 10485760 },
	{ "10MB", 10000000 },
	{ "83 MiB", 87031808 },
	{ "4.0 GiB", UINT64_C(4294967296) },
	{ "1.5 GiB", UINT64_C(1610612736) },
	{ "0.125KiB", 128 },
	{ "1.999kB", 1999 },
	{ "20GB", UINT64_C(20000000000) },
	{ "2TB", UINT64_C(2000000000000) },
	{ "2TiB", UINT64_C(2199023255552) },
	{ "1PB", UINT64_C(1000000000000000) },
	{ "1PiB", UINT64_C(1125899906842624) },
	{ "8191.999PiB", UINT64_C(9223370910954868965) },
	{ "9223372036854775807B", INT64_MAX },
};

START_TEST(sizes_are_read)
{
	uint64_t value = 7;

	ck_assert_int_eq(units_size_from_text(sizes[_i].text, &value), PH_OK);
	ck_assert_uint_eq(value, sizes[_i].value);
}
END_TEST

static const struct {
	const char *text;
	int code;
} bad_sizes[] = {
	{ "", PH_EUSAGE },
	{ "0", PH_EUSAGE },
	{ "10", PH_EUSAGE },
	{ "MiB", PH_EUSAGE },
	{ " 10MiB", PH_EUSAGE },
	{ "10MiB ", PH_EUSAGE },
	{ "10  MiB", PH_EUSAGE },
	{ "10 ", PH_EUSAGE },
	{ "10\tMiB", PH_EUSAGE },
	{ "10mib", PH_EUSAGE },
	{ "10M", PH_EUSAGE },
	{ "10Mi", PH_EUSAGE },
	{ "10KB", PH_EUSAGE },
	{ "10MiBx", PH_EUSAGE },
	{ "-1B", PH_EUSAGE },
	{ "+1B", PH_EUSAGE },
	{ "1.B", PH_EUSAGE },
	{ ".5KiB", PH_EUSAGE },
	{ "1.2345GiB", PH_EUSAGE },
	{ "1,5GiB", PH_EUSAGE },
	{ "1e3B", PH_EUSAGE },
	{ "0x10B", PH_EUSAGE },
	{ "10MiB/s", PH_EUSAGE },
	{ "8192PiB", PH_ELIMIT },
	{ "9223372036854775808B", PH_ELIMIT },
	{ "99999999999999999999999999999999B", PH_ELIMIT },
	{ "18446744073709551616B", PH_ELIMIT },
};

START_TEST(bad_sizes_are_refused)
{
	uint64_t value = 7;

	ck_assert_int_eq(units_size_from_text(bad_sizes[_i].text, &value),
	    bad_sizes[_i].code);
	ck_assert_uint_eq(value, 7);
}
END_TEST

static const struct {
	const char *text;
	int code;
	uint64_t value; /* Bytes per second. */
} rates[] = {
	{ "8Mbit/s", PH_OK, 1000000 },
	{ "500kbit/s", PH_OK, 62500 },
	{ "500 kbit/s", PH_OK, 62500 },
	{ "1Gbit/s", PH_OK, 125000000 },
	{ "1.5Gbit/s", PH_OK, 187500000 },
	{ "1Tbit/s", PH_OK, UINT64_C(125000000000) },
	{ "9bit/s", PH_OK, 1 },
	{ "10MiB/s", PH_OK, 10485760 },
	{ "1B/s", PH_OK, 1 },
	{ "7bit/s", PH_EUSAGE, 7 },
	{ "0bit/s", PH_EUSAGE, 7 },
	{ "0B/s", PH_EUSAGE, 7 },
	{ "8Mbit", PH_EUSAGE, 7 },
	{ "8Mbps", PH_EUSAGE, 7 },
	{ "8mbit/s", PH_EUSAGE, 7 },
	{ "8Mibit/s", PH_EUSAGE, 7 },
	{ "8", PH_EUSAGE, 7 },
	{ "/s", PH_EUSAGE, 7 },
	{ "5/s", PH_EUSAGE, 7 },
	{ "10MiB", PH_EUSAGE, 7 },
	{ "10MiB/m", PH_EUSAGE, 7 },
	{ "10MiB /s", PH_EUSAGE, 7 },
	{ "", PH_EUSAGE, 7 },
	{ "9223373Tbit/s", PH_ELIMIT, 7 },
	{ "8192PiB/s", PH_ELIMIT, 7 },
};

START_TEST(rates_are_read)
{
	uint64_t value = 7;

	ck_assert_int_eq(units_rate_from_text(rates[_i].text, &value),
	    rates[_i].code);
	ck_assert_uint_eq(value, rates[_i].value);
}
END_TEST

static const struct {
	const char *text;
	int code;
	int64_t value;
} durations[] = {
	{ "0s", PH_OK, 0 },
	{ "90s", PH_OK, 90 },
	{ "90 s", PH_OK, 90 },
	{ "15m", PH_OK, 900 },
	{ "24h", PH_OK, 86400 },
	{ "7d", PH_OK, 604800 },
	{ "2w", PH_OK, 1209600 },
	{ "1h30m", PH_OK, 5400 },
	{ "1d2h3m4s", PH_OK, 93784 },
	{ "9223372036854775807s", PH_OK, INT64_MAX },
	{ "", PH_EUSAGE, 7 },
	{ "5", PH_EUSAGE, 7 },
	{ "s", PH_EUSAGE, 7 },
	{ "5min", PH_EUSAGE, 7 },
	{ "5 m 3s", PH_EUSAGE, 7 },
	{ "5m 3s", PH_EUSAGE, 7 },
	{ "3s5m", PH_EUSAGE, 7 },
	{ "5m5m", PH_EUSAGE, 7 },
	{ "5m5", PH_EUSAGE, 7 },
	{ "1.5h", PH_EUSAGE, 7 },
	{ "-5m", PH_EUSAGE, 7 },
	{ "5M", PH_EUSAGE, 7 },
	{ "5 ", PH_EUSAGE, 7 },
	{ "5s ", PH_EUSAGE, 7 },
	{ "9223372036854775808s", PH_ELIMIT, 7 },
	{ "106751991167301d", PH_ELIMIT, 7 },
	{ "106751991167300d99999999999h", PH_ELIMIT, 7 },
};

START_TEST(durations_are_read)
{
	int64_t value = 7;

	ck_assert_int_eq(units_duration_from_text(durations[_i].text, &value),
	    durations[_i].code);
	ck_assert_int_eq(value, durations[_i].value);
}
END_TEST

static const struct {
	uint64_t value;
	const char *people;
	const char *exact;
} written_sizes[] = {
	{ 0, "0 B", "0B" },
	{ 1, "1 B", "1B" },
	{ 999, "999 B", "999B" },
	{ 1000, "1000 B", "1kB" },
	{ 1023, "1023 B", "1023B" },
	{ 1024, "1.0 KiB", "1KiB" },
	{ 1536, "1.5 KiB", "1536B" },
	{ 10188, "9.9 KiB", "10188B" },
	{ 10189, "10 KiB", "10189B" },
	{ 10752, "11 KiB", "10752B" },
	{ 1048575, "1.0 MiB", "1048575B" },
	{ 1048063, "1023 KiB", "1048063B" },
	{ 1048064, "1.0 MiB", "1048064B" },
	{ 87031808, "83 MiB", "83MiB" },
	{ UINT64_C(4294967296), "4.0 GiB", "4GiB" },
	{ UINT64_C(21474836480), "20 GiB", "20GiB" },
	{ UINT64_C(20000000000), "19 GiB", "20GB" },
	{ UINT64_MAX, "16384 PiB", "18446744073709551615B" },
};

START_TEST(sizes_are_written)
{
	char text[UNITS_TEXT_SIZE];
	uint64_t back;

	units_size_text(written_sizes[_i].value, text);
	ck_assert_str_eq(text, written_sizes[_i].people);
	units_size_exact(written_sizes[_i].value, text);
	ck_assert_str_eq(text, written_sizes[_i].exact);
	if (written_sizes[_i].value <= INT64_MAX) {
		ck_assert_int_eq(units_size_from_text(text, &back), PH_OK);
		ck_assert_uint_eq(back, written_sizes[_i].value);
	}
}
END_TEST

static const struct {
	uint64_t value;
	const char *people;
	const char *exact;
} written_rates[] = {
	{ 1, "8 bit/s", "1B/s" },
	{ 62500, "500 kbit/s", "500kbit/s" },
	{ 1000000, "8.0 Mbit/s", "8Mbit/s" },
	{ 125000000, "1.0 Gbit/s", "1Gbit/s" },
	{ 10485760, "84 Mbit/s", "10MiB/s" },
	{ UINT64_C(1) << 61, "18446744 Tbit/s", "2048PiB/s" },
};

START_TEST(rates_are_written)
{
	char text[UNITS_TEXT_SIZE];
	uint64_t back;

	units_rate_text(written_rates[_i].value, text);
	ck_assert_str_eq(text, written_rates[_i].people);
	units_rate_exact(written_rates[_i].value, text);
	ck_assert_str_eq(text, written_rates[_i].exact);
	ck_assert_int_eq(units_rate_from_text(text, &back), PH_OK);
	ck_assert_uint_eq(back, written_rates[_i].value);
}
END_TEST

static const struct {
	int64_t value;
	const char *people;
	const char *exact;
} written_durations[] = {
	{ -5, "0 s", "0s" },
	{ 0, "0 s", "0s" },
	{ 12, "12 s", "12s" },
	{ 60, "1 min", "1m" },
	{ 192, "3 min 12 s", "192s" },
	{ 3600, "1 h", "1h" },
	{ 3659, "1 h", "3659s" },
	{ 15000, "4 h 10 min", "250m" },
	{ 86400, "1 d", "1d" },
	{ 615600, "7 d 3 h", "171h" },
	{ 7776000, "90 d", "90d" },
	{ INT64_MAX, "106751991167300 d 15 h", "9223372036854775807s" },
};

START_TEST(durations_are_written)
{
	char text[UNITS_TEXT_SIZE];
	int64_t back;

	units_duration_text(written_durations[_i].value, text);
	ck_assert_str_eq(text, written_durations[_i].people);
	units_duration_exact(written_durations[_i].value, text);
	ck_assert_str_eq(text, written_durations[_i].exact);
	ck_assert_int_eq(units_duration_from_text(text, &back), PH_OK);
	if (written_durations[_i].value >= 0)
		ck_assert_int_eq(back, written_durations[_i].value);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tests;

	suite = suite_create("units");
	tests = tcase_create("units");
	tcase_add_loop_test(tests, sizes_are_read, 0, COUNT(sizes));
	tcase_add_loop_test(tests, bad_sizes_are_refused, 0, COUNT(bad_sizes));
	tcase_add_loop_test(tests, rates_are_read, 0, COUNT(rates));
	tcase_add_loop_test(tests, durations_are_read, 0, COUNT(durations));
	tcase_add_loop_test(tests, sizes_are_written, 0, COUNT(written_sizes));
	tcase_add_loop_test(tests, rates_are_written, 0, COUNT(written_rates));
	tcase_add_loop_test(tests, durations_are_written, 0,
	    COUNT(written_durations));
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
