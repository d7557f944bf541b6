#ifndef TESTS_UNIT_PROTO_OPENSSL_MEMORY_H
#define TESTS_UNIT_PROTO_OPENSSL_MEMORY_H

/*
 * Memory that OpenSSL gets only in part, so that tests see every failure of
 * it to allocate.  For one thread.
 */

/* Stand between OpenSSL and malloc; before OpenSSL takes any memory. */
void openssl_memory_init(void);

/* Of the following allocations, fail the nth and all after it. */
void openssl_memory_limit(long n);

/* Fail none. */
void openssl_memory_unlimit(void);

#endif
