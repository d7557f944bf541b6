/*
 * Allocations that fail when they are told to.
 */
#include <stdlib.h>

#include <check.h>

#include "proto/errors.h"

#include "tests/unit/proto/allocations.h"

/* Allocations that still succeed; negative: all do. */
static long left = -1;
static int failed;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__wrap_strdup(const char *text);

/* Whether this allocation is the one to fail. */
static int
fails(void)
{
	if (left < 0)
		return 0;
	if (left-- > 0)
		return 0;
	failed = 1;
	return 1;
}

void *
__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *memory, size_t size)
{
	return fails() ? NULL : __real_realloc(memory, size);
}

char *
__wrap_strdup(const char *text)
{
	return fails() ? NULL : __real_strdup(text);
}

void
allocations_fail_each(int (*work)(int argument), int argument)
{
	long n;
	int r;

	for (n = 0;; n++) {
		left = n;
		failed = 0;
		r = work(argument);
		left = -1;
		/* A text that could not be shrunk does no harm. */
		ck_assert_msg(r == PH_OK || (failed && r == PH_ENOMEM),
		    "allocation %ld: %s", n, error_name(r));
		if (!failed)
			break;
	}
	ck_assert_int_gt(n, 0);
}
