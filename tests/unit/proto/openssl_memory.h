#ifndef TESTS_UNIT_PROTO_OPENSSL_MEMORY_H
#define TESTS_UNIT_PROTO_OPENSSL_MEMORY_H

#include <stddef.h>

/*
 * Memory that OpenSSL gets only in part, so that tests see every failure of
 * it to allocate.  For one thread.
 */

/*
 * What stands between OpenSSL and malloc; a test hands the three over with
 * CRYPTO_set_mem_functions before OpenSSL takes any memory.
 */
void *openssl_memory_malloc(size_t size, const char *file, int line);
void *openssl_memory_realloc(void *p, size_t size, const char *file, int line);
void openssl_memory_free(void *p, const char *file, int line);

/* Of the following allocations, fail the nth and all after it. */
void openssl_memory_limit(long n);

/* Fail none. */
void openssl_memory_unlimit(void);

#endif
