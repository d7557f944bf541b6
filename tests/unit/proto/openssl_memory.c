/*
 * An allocator for OpenSSL that can run out.
 */
#include <stdlib.h>

#include "tests/unit/proto/openssl_memory.h"

/* The allocation that fails, counted down to 1; 0: none. */
static long nth;

/* Whether this allocation fails. */
static int
is_out(void)
{
	if (nth > 1)
		nth--;
	else if (nth == 1)
		return 1;
	return 0;
}

void *
openssl_memory_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return size == 0 || is_out() ? NULL : malloc(size);
}

void *
openssl_memory_realloc(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return is_out() ? NULL : realloc(p, size);
}

void
openssl_memory_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

void
openssl_memory_limit(long n)
{
	nth = n;
}

void
openssl_memory_unlimit(void)
{
	nth = 0;
}
