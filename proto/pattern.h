#ifndef PROTO_PATTERN_H
#define PROTO_PATTERN_H

#include "proto/attributes.h"

/*
 * Patterns that select names: '*' stands for any run of characters (also
 * for none) and '?' for exactly one.  Nothing else is special.  Both
 * functions may be called in any thread.
 */

/*
 * 1 when text is 1 to PH_NAME_MAX characters of a name, '*' and '?', and
 * the first can begin a name or is '*' or '?'; else 0.
 */
int pattern_valid(const char *text) ATTR_CHECK;

/*
 * 1 when pattern matches the whole of name, letter case and all; else 0.
 * The time is at worst that of the two lengths multiplied, whatever stars
 * the pattern has.
 */
int pattern_match(const char *pattern, const char *name) ATTR_CHECK;

#endif
