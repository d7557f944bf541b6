#ifndef PROTO_ATTRIBUTES_H
#define PROTO_ATTRIBUTES_H

/*
 * The compiler attributes that Packhorse uses, each behind one macro.
 */

/* Arguments from first on are checked against the printf format fmt. */
#define ATTR_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

/* The caller must look at what the function returns. */
#define ATTR_CHECK __attribute__((warn_unused_result))

/* The function does not return. */
#define ATTR_NORETURN __attribute__((noreturn))

#endif
