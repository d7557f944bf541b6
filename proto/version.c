/*
 * Natural order.  A text is a list of runs, of digits and of others by
 * turns; runs have a total order, and the texts have the order of lists that
 * follows from it.
 */
#include <string.h>

#include "proto/limits.h"
#include "proto/name.h"

#include "proto/version.h"

#define DIGITS "0123456789"

int
version_valid(const char *text)
{
	return name_valid(text) && strlen(text) <= PH_VERSION_MAX;
}

/* Two numbers without leading zeros: the longer is the greater. */
static int
compare_numbers(const char *a, size_t na, const char *b, size_t nb)
{
	if (na != nb)
		return na < nb ? -1 : 1;
	return memcmp(a, b, na);
}

/* Two runs of digits: as numbers, then by their leading zeros. */
static int
compare_digits(const char *a, size_t na, const char *b, size_t nb)
{
	size_t za, zb;
	int order;

	za = strspn(a, "0");
	zb = strspn(b, "0");
	order = compare_numbers(a + za, na - za, b + zb, nb - zb);
	if (order != 0 || za == zb)
		return order;
	return za < zb ? -1 : 1;
}

/* Two runs of other characters, as bytes: a beginning is before the whole. */
static int
compare_others(const char *a, size_t na, const char *b, size_t nb)
{
	int order;

	order = memcmp(a, b, na < nb ? na : nb);
	if (order != 0 || na == nb)
		return order;
	return na < nb ? -1 : 1;
}

int
version_compare(const char *a, const char *b)
{
	size_t na, nb;
	int order;

	for (;;) {
		if (*a == '\0' || *b == '\0')
			return (*a != '\0') - (*b != '\0');
		na = strspn(a, DIGITS);
		nb = strspn(b, DIGITS);
		if ((na > 0) != (nb > 0))
			return na > 0 ? -1 : 1;
		if (na > 0) {
			order = compare_digits(a, na, b, nb);
		} else {
			na = strcspn(a, DIGITS);
			nb = strcspn(b, DIGITS);
			order = compare_others(a, na, b, nb);
		}
		if (order != 0)
			return order;
		a += na;
		b += nb;
	}
}
