#ifndef SYNCCTL_INPUT_H
#define SYNCCTL_INPUT_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/failure.h"
#include "proto/key.h"
#include "proto/limits.h"

struct buffer;

/*
 * What operators name on the command line: files, keys, versions.
 */

/*
 * Put the content of a file, or of standard input for "-".  PH_OK, or
 * PH_EFILE (cannot be read, longer than max bytes), PH_ENOMEM.
 */
int input_file(const char *path, size_t max, struct buffer *out,
    struct failure *f) ATTR_CHECK;

/*
 * A public key, given as its line or as a file that has it.  PH_OK,
 * PH_EKEY, PH_EFILE, PH_ENOMEM.
 */
int input_key(const char *text, struct key_public *out,
    struct failure *f) ATTR_CHECK;

/* NAME@VERSION, or NAME alone with version empty. */
struct input_version {
	char image[PH_NAME_MAX + 1];
	char version[PH_VERSION_MAX + 1];
};

/*
 * Read NAME@VERSION or, when the version is not required, NAME.  PH_OK or
 * PH_ENAME.
 */
int input_version(const char *text, int required, struct input_version *out,
    struct failure *f) ATTR_CHECK;

/*
 * PH_OK for text that people will read, given by an option (NULL: it was not
 * given), else PH_EUSAGE.
 */
int input_text(const char *option, const char *text,
    struct failure *f) ATTR_CHECK;

/* PH_OK for the name of a repository, else PH_ENAME. */
int input_repository(const char *text, struct failure *f) ATTR_CHECK;

#endif
