/*
 * The tables behind the list of errors.
 */
#include <stddef.h>
#include <string.h>

#include "proto/errors.h"

/* clang-format off */
static const struct {
	int code;
	int exit_status;
	const char *name;
	const char *sentence;
} errors[] = {
	{PH_OK, 0, "ok", "done"},
#define PH_ERROR_ROW(code, value, name, exit, sentence)                       \
	{code, exit, name, sentence},
	PH_ERRORS(PH_ERROR_ROW)
#undef PH_ERROR_ROW
};
/* clang-format on */

#define NERRORS (sizeof(errors) / sizeof(errors[0]))

/* The row of a code; that of PH_EINTERNAL for one that is not in the list. */
static size_t
error_row(int code)
{
	size_t i;

	for (i = 0; i < NERRORS; i++) {
		if (errors[i].code == code)
			return i;
	}
	return 1;
}

const char *
error_name(int code)
{
	return errors[error_row(code)].name;
}

const char *
error_sentence(int code)
{
	return errors[error_row(code)].sentence;
}

int
error_exit_status(int code)
{
	return errors[error_row(code)].exit_status;
}

int
error_from_name(const char *name)
{
	size_t i;

	/* The first row is success: no peer may name that as its failure. */
	for (i = 1; i < NERRORS; i++) {
		if (strcmp(errors[i].name, name) == 0)
			return errors[i].code;
	}
	return PH_EINTERNAL;
}
