#ifndef PROTO_VERSION_H
#define PROTO_VERSION_H

#include "proto/attributes.h"

/*
 * The version of an image, and the natural order in which versions follow
 * one another (docs/formats.md §1).  Both functions may be called in any
 * thread.
 */

/*
 * 1 when text is 1 to PH_VERSION_MAX characters of A-Z a-z 0-9 . _ + - and
 * the first is a letter or digit; else 0.
 */
int version_valid(const char *text) ATTR_CHECK;

/*
 * Negative, 0 or positive as a is before, the same as or after b.  A total
 * order of all strings: 0 only when they are identical.
 */
int version_compare(const char *a, const char *b) ATTR_CHECK;

#endif
