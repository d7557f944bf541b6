#ifndef PROTO_TEXT_H
#define PROTO_TEXT_H

#include <stddef.h>

#include "proto/attributes.h"

/*
 * Text that people read: UTF-8 without control characters, so that nothing
 * that came from elsewhere can move a cursor or forge a line.
 */

/*
 * 1 when text is well-formed UTF-8 (no overlong forms, no surrogates, at
 * most U+10FFFF) of at most max bytes without U+0000-U+001F and
 * U+007F-U+009F; else 0.  The empty text is valid.  Any thread.
 */
int text_valid(const char *text, size_t max) ATTR_CHECK;

#endif
