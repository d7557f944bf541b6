#ifndef PROTO_NAME_H
#define PROTO_NAME_H

#include "proto/attributes.h"

/*
 * The names of repositories, images, groups, label keys and files, as
 * docs/formats.md §1 has them.  Whether a name is taken is for others to
 * know.  All functions may be called in any thread.
 */

/*
 * 1 when text is 1 to PH_NAME_MAX characters of A-Z a-z 0-9 . _ + - and the
 * first is a letter or digit; else 0.
 */
int name_valid(const char *text) ATTR_CHECK;

/*
 * 1 when text can be the name of a file of a version: one path component of
 * 1 to PH_FILE_NAME_MAX bytes, valid text, no '/', no '\', no leading dot;
 * else 0.
 */
int name_file_valid(const char *text) ATTR_CHECK;

/*
 * 1 when the two differ in nothing but the case of ASCII letters (or in
 * nothing at all): such names clash.  Else 0.
 */
int name_equal_folded(const char *a, const char *b) ATTR_CHECK;

#endif
