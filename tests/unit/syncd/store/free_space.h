#ifndef TESTS_UNIT_SYNCD_STORE_FREE_SPACE_H
#define TESTS_UNIT_SYNCD_STORE_FREE_SPACE_H

#include <stdint.h>
#include <sys/statvfs.h>

/*
 * What file systems are said to have free, whatever they have.  Little enough
 * at first for the smallest margin.
 */
extern uint64_t free_space_bytes;

/* Instead of the C library's: the linker takes it for that. */
int free_space_statvfs(int fd, struct statvfs *out) __asm__("fstatvfs");

#endif
