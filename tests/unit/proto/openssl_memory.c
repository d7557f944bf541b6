/*
 * An allocator for OpenSSL that can run out.
 */
#include <stdlib.h>

#include <openssl/crypto.h>

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

static void *
limited_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return size == 0 || is_out() ? NULL : malloc(size);
}

static void *
limited_realloc(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return is_out() ? NULL : realloc(p, size);
}

static void
limited_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

void
openssl_memory_init(void)
{
	if (CRYPTO_set_mem_functions(limited_malloc, limited_realloc,
		limited_free) != 1)
		abort();
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
