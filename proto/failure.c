/*
 * Filling in failures.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/failure.h"

int
failure_set(struct failure *f, int code, const char *what, ...)
{
	va_list ap;

	f->code = code;
	f->where[0] = '\0';
	f->next[0] = '\0';
	va_start(ap, what);
	(void)vsnprintf(f->what, sizeof(f->what), what, ap);
	va_end(ap);
	return code;
}

void
failure_where(struct failure *f, const char *where, ...)
{
	va_list ap;

	va_start(ap, where);
	(void)vsnprintf(f->where, sizeof(f->where), where, ap);
	va_end(ap);
}

void
failure_next(struct failure *f, const char *next, ...)
{
	va_list ap;

	va_start(ap, next);
	(void)vsnprintf(f->next, sizeof(f->next), next, ap);
	va_end(ap);
}

int
failure_default(struct failure *f, int code, const char *what, ...)
{
	va_list ap;
	size_t n;

	if (code == PH_OK || f->code == code)
		return code;
	f->code = code;
	f->where[0] = '\0';
	f->next[0] = '\0';
	va_start(ap, what);
	(void)vsnprintf(f->what, sizeof(f->what), what, ap);
	va_end(ap);
	n = strlen(f->what);
	(void)snprintf(f->what + n, sizeof(f->what) - n, ": %s",
	    error_sentence(code));
	return code;
}
