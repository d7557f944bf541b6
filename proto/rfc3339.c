/*
 * The Gregorian calendar by whole cycles: days are counted from the first of
 * March of year 0, so that the leap day is the last of its year (after
 * Howard Hinnant, "chrono-compatible low-level date algorithms").
 */
#include <assert.h>
#include <stdio.h>

#include "proto/errors.h"

#include "proto/rfc3339.h"

#define DAY 86400                  /* Seconds. */
#define CYCLE_DAYS 146097          /* Of 400 years. */
#define EPOCH_DAYS INT64_C(719468) /* 0000-03-01 to 1970-01-01. */

struct date {
	int year, month, day;
};

/* Days from 1970-01-01. */
static int64_t
days_from_date(const struct date *d)
{
	int64_t year;
	int month;

	year = d->month > 2 ? d->year : d->year - 1;
	month = (d->month + 9) % 12; /* March is 0. */
	return year * 365 + year / 4 - year / 100 + year / 400 +
	    (153 * month + 2) / 5 + d->day - 1 - EPOCH_DAYS;
}

/* The date that is so many days (0 or more) after 1970-01-01. */
static void
date_from_days(int64_t days, struct date *out)
{
	int day, month, year;

	days += EPOCH_DAYS;
	day = (int)(days % CYCLE_DAYS);
	/* Of the cycle: take the leap days out, then count years of 365. */
	year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	day -= 365 * year + year / 4 - year / 100;
	month = (5 * day + 2) / 153;
	out->day = day - (153 * month + 2) / 5 + 1;
	out->month = month < 10 ? month + 3 : month - 9;
	out->year = year + (int)(days / CYCLE_DAYS) * 400;
	if (out->month <= 2)
		out->year++;
}

int
rfc3339_encode(int64_t seconds, char out[RFC3339_SIZE])
{
	struct date d;
	int n, rest;

	out[0] = '\0';
	if (seconds < 0 || seconds > RFC3339_SECONDS_MAX)
		return PH_ELIMIT;
	date_from_days(seconds / DAY, &d);
	rest = (int)(seconds % DAY);
	n = snprintf(out, RFC3339_SIZE, "%04d-%02d-%02dT%02d:%02d:%02dZ",
	    d.year, d.month, d.day, rest / 3600, rest / 60 % 60, rest % 60);
	assert(n == RFC3339_SIZE - 1);
	return PH_OK;
}

/* Whether text has a digit where the template has a 0, and else its text. */
static int
has_form(const char *text, const char *form)
{
	size_t i;

	for (i = 0; form[i] != '\0'; i++) {
		if (form[i] == '0') {
			if (text[i] < '0' || text[i] > '9')
				return 0;
		} else if (text[i] != form[i]) {
			return 0;
		}
	}
	return text[i] == '\0';
}

/* The number of n digits at text. */
static int
number(const char *text, size_t n)
{
	size_t i;
	int value;

	value = 0;
	for (i = 0; i < n; i++)
		value = value * 10 + (text[i] - '0');
	return value;
}

/* How many days a month of a year has. */
static int
days_of_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };

	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		return 29;
	return days[month - 1];
}

int
rfc3339_decode(const char *text, int64_t *seconds)
{
	struct date d;
	int hour, minute, second;

	if (!has_form(text, "0000-00-00T00:00:00Z"))
		return PH_EMESSAGE;
	d.year = number(text, 4);
	d.month = number(text + 5, 2);
	d.day = number(text + 8, 2);
	hour = number(text + 11, 2);
	minute = number(text + 14, 2);
	second = number(text + 17, 2);
	if (d.year < 1970 || d.month < 1 || d.month > 12 || d.day < 1 ||
	    d.day > days_of_month(d.year, d.month) || hour > 23 ||
	    minute > 59 || second > 59)
		return PH_EMESSAGE;
	*seconds =
	    days_from_date(&d) * DAY + hour * 3600 + minute * 60 + second;
	return PH_OK;
}
