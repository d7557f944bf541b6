/*
 * Quantities with units, in integers throughout: a rounded size or rate
 * would not read back as what it was.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "proto/errors.h"

#include "syncd/config/units.h"

/* A unit: its name and how many of the smallest it is. */
struct unit {
	const char *name;
	uint64_t factor;
};

/* The greatest first; those of people are every other one. */
static const struct unit sizes[] = {
	{ "PiB", UINT64_C(1) << 50 },
	{ "PB", UINT64_C(1000000000000000) },
	{ "TiB", UINT64_C(1) << 40 },
	{ "TB", UINT64_C(1000000000000) },
	{ "GiB", UINT64_C(1) << 30 },
	{ "GB", UINT64_C(1000000000) },
	{ "MiB", UINT64_C(1) << 20 },
	{ "MB", UINT64_C(1000000) },
	{ "KiB", UINT64_C(1) << 10 },
	{ "kB", UINT64_C(1000) },
	{ "B", 1 },
	{ NULL, 0 },
};

static const struct unit binary_sizes[] = {
	{ "PiB", UINT64_C(1) << 50 },
	{ "TiB", UINT64_C(1) << 40 },
	{ "GiB", UINT64_C(1) << 30 },
	{ "MiB", UINT64_C(1) << 20 },
	{ "KiB", UINT64_C(1) << 10 },
	{ "B", 1 },
	{ NULL, 0 },
};

static const struct unit bit_rates[] = {
	{ "Tbit/s", UINT64_C(1000000000000) },
	{ "Gbit/s", UINT64_C(1000000000) },
	{ "Mbit/s", UINT64_C(1000000) },
	{ "kbit/s", UINT64_C(1000) },
	{ "bit/s", 1 },
	{ NULL, 0 },
};

static const struct unit durations[] = {
	{ "w", 7 * 86400 },
	{ "d", 86400 },
	{ "h", 3600 },
	{ "m", 60 },
	{ "s", 1 },
	{ NULL, 0 },
};

/* What is printed: weeks are not. */
static const struct unit *const written_durations = &durations[1];

/* A decimal number of a text: thousandths are in parts. */
struct number {
	uint64_t whole;
	uint64_t parts;
};

/* Read digits, NULL when there is none; beyond 2^63-1 all is 2^63. */
static const char *
read_digits(const char *p, uint64_t *value)
{
	uint64_t digit;

	if (*p < '0' || *p > '9')
		return NULL;
	*value = 0;
	for (; *p >= '0' && *p <= '9'; p++) {
		digit = (uint64_t)(*p - '0');
		if (*value > (INT64_MAX - digit) / 10)
			*value = (uint64_t)INT64_MAX + 1;
		else
			*value = *value * 10 + digit;
	}
	return p;
}

/* Read digits and at most three behind a point. */
static const char *
read_number(const char *p, struct number *n)
{
	unsigned int scale;

	n->parts = 0;
	p = read_digits(p, &n->whole);
	if (p == NULL || *p != '.')
		return p;
	p++;
	for (scale = 100; scale > 0 && *p >= '0' && *p <= '9'; scale /= 10)
		n->parts += (uint64_t)(*p++ - '0') * scale;
	return scale == 100 ? NULL : p;
}

/* The unit of exactly this name, or NULL. */
static const struct unit *
find_unit(const struct unit *units, const char *name, size_t len)
{
	for (; units->name != NULL; units++) {
		if (strlen(units->name) == len &&
		    memcmp(units->name, name, len) == 0)
			return units;
	}
	return NULL;
}

/* A number, perhaps a space, and a unit, which is len bytes at the end. */
static int
read_quantity(const char *text, size_t len, const struct unit *units,
    uint64_t *out)
{
	const struct unit *unit;
	const char *p;
	struct number n;

	p = read_number(text, &n);
	if (p == NULL)
		return PH_EUSAGE;
	if (*p == ' ')
		p++;
	if (p > text + len)
		return PH_EUSAGE;
	unit = find_unit(units, p, (size_t)(text + len - p));
	if (unit == NULL)
		return PH_EUSAGE;
	if (n.whole > INT64_MAX / unit->factor)
		return PH_ELIMIT;
	/* 999 thousandths of 2^50 do not overflow. */
	n.parts = n.parts * unit->factor / 1000;
	if (n.parts > INT64_MAX - n.whole * unit->factor)
		return PH_ELIMIT;
	*out = n.whole * unit->factor + n.parts;
	return PH_OK;
}

int
units_size_from_text(const char *text, uint64_t *bytes)
{
	return read_quantity(text, strlen(text), sizes, bytes);
}

int
units_rate_from_text(const char *text, uint64_t *bytes_per_second)
{
	uint64_t value;
	size_t len;
	int r;

	len = strlen(text);
	r = read_quantity(text, len, bit_rates, &value);
	if (r == PH_OK) {
		value /= 8;
	} else if (r == PH_EUSAGE && len >= 2 &&
	    strcmp(text + len - 2, "/s") == 0) {
		r = read_quantity(text, len - 2, sizes, &value);
	}
	if (r != PH_OK)
		return r;
	if (value == 0)
		return PH_EUSAGE;
	*bytes_per_second = value;
	return PH_OK;
}

int
units_duration_from_text(const char *text, int64_t *seconds)
{
	const struct unit *unit, *least;
	const char *p;
	uint64_t n, sum;

	sum = 0;
	least = NULL;
	for (p = text; *p != '\0' || least == NULL; p++) {
		p = read_digits(p, &n);
		if (p == NULL)
			return PH_EUSAGE;
		if (*p == ' ' && least == NULL && strlen(p) == 2)
			p++;
		unit = find_unit(durations, p, 1);
		/* Each unit once, the greater first. */
		if (unit == NULL || (least != NULL && unit <= least))
			return PH_EUSAGE;
		if (n > (INT64_MAX - sum) / unit->factor)
			return PH_ELIMIT;
		sum += n * unit->factor;
		least = unit;
	}
	*seconds = (int64_t)sum;
	return PH_OK;
}

/*
 * For people: one decimal below 10 but for the smallest unit, else none; the
 * next greater unit where rounding reaches it.
 */
static void
write_quantity(uint64_t value, const struct unit *units,
    char out[UNITS_TEXT_SIZE])
{
	const struct unit *unit;
	uint64_t whole, rest, tenths;

	unit = units;
	while (unit->factor > 1 && value < unit->factor &&
	    unit->factor - value > unit[1].factor / 2)
		unit++;
	whole = value / unit->factor;
	rest = value % unit->factor;
	tenths = whole * 10 + (rest * 10 + unit->factor / 2) / unit->factor;
	if (unit->factor > 1 && tenths < 100)
		(void)snprintf(out, UNITS_TEXT_SIZE,
		    "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10,
		    unit->name);
	else
		(void)snprintf(out, UNITS_TEXT_SIZE, "%" PRIu64 " %s",
		    whole + (rest > 0 && rest >= unit->factor - rest),
		    unit->name);
}

void
units_size_text(uint64_t bytes, char out[UNITS_TEXT_SIZE])
{
	write_quantity(bytes, binary_sizes, out);
}

/* Bits of bytes, as far as 64 bits of them go. */
static uint64_t
bits_of(uint64_t bytes)
{
	return bytes > UINT64_MAX / 8 ? UINT64_MAX : bytes * 8;
}

void
units_rate_text(uint64_t bytes_per_second, char out[UNITS_TEXT_SIZE])
{
	write_quantity(bits_of(bytes_per_second), bit_rates, out);
}

void
units_duration_text(int64_t seconds, char out[UNITS_TEXT_SIZE])
{
	static const struct unit names[] = {
		{ "d", 86400 },
		{ "h", 3600 },
		{ "min", 60 },
		{ "s", 1 },
		{ NULL, 0 },
	};
	const struct unit *unit;
	uint64_t value, rest;

	value = seconds < 0 ? 0 : (uint64_t)seconds;
	unit = names;
	while (unit->factor > 1 && value < unit->factor)
		unit++;
	rest = unit->factor > 1 ? value % unit->factor / unit[1].factor : 0;
	if (rest > 0)
		(void)snprintf(out, UNITS_TEXT_SIZE,
		    "%" PRIu64 " %s %" PRIu64 " %s", value / unit->factor,
		    unit->name, rest, unit[1].name);
	else
		(void)snprintf(out, UNITS_TEXT_SIZE, "%" PRIu64 " %s",
		    value / unit->factor, unit->name);
}

/* The greatest unit of which value is a whole number; 0 is of the smallest. */
static const struct unit *
exact_unit(uint64_t value, const struct unit *units)
{
	while (units->factor > 1 && (value == 0 || value % units->factor != 0))
		units++;
	return units;
}

void
units_size_exact(uint64_t bytes, char out[UNITS_TEXT_SIZE])
{
	const struct unit *unit;

	unit = exact_unit(bytes, sizes);
	(void)snprintf(out, UNITS_TEXT_SIZE, "%" PRIu64 "%s",
	    bytes / unit->factor, unit->name);
}

void
units_rate_exact(uint64_t bytes_per_second, char out[UNITS_TEXT_SIZE])
{
	const struct unit *unit;
	uint64_t bits;

	bits = bits_of(bytes_per_second);
	unit = exact_unit(bits, bit_rates);
	/* Of bits, only whole thousands read well. */
	if (unit->factor > 1 && bits / 8 == bytes_per_second) {
		(void)snprintf(out, UNITS_TEXT_SIZE, "%" PRIu64 "%s",
		    bits / unit->factor, unit->name);
		return;
	}
	unit = exact_unit(bytes_per_second, sizes);
	(void)snprintf(out, UNITS_TEXT_SIZE, "%" PRIu64 "%s/s",
	    bytes_per_second / unit->factor, unit->name);
}

void
units_duration_exact(int64_t seconds, char out[UNITS_TEXT_SIZE])
{
	const struct unit *unit;
	uint64_t value;

	value = seconds < 0 ? 0 : (uint64_t)seconds;
	unit = exact_unit(value, written_durations);
	(void)snprintf(out, UNITS_TEXT_SIZE, "%" PRIu64 "%s",
	    value / unit->factor, unit->name);
}
