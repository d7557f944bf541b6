#ifndef SYNCD_CONFIG_UNITS_H
#define SYNCD_CONFIG_UNITS_H

#include <stdint.h>

#include "proto/attributes.h"

/*
 * Sizes, rates, durations and percentages as people write and read them,
 * always with a unit.  Any thread.
 *
 * The _from_text functions return PH_OK, PH_EUSAGE when text is anything
 * else (*out is untouched), or PH_ELIMIT when the value is beyond 2^63-1.
 * The UNITS_…_FORM texts say in a message what would be right.
 */

#define UNITS_TEXT_SIZE 48u

#define UNITS_SIZE_FORM "a size with its unit, such as 500MB or 20GiB"
#define UNITS_RATE_FORM "a rate with its unit, such as 500kbit/s or 10MiB/s"
#define UNITS_DURATION_FORM "a duration with its unit, such as 90s, 15m or 7d"
#define UNITS_PERCENT_FORM "a percentage from 0% to 100%"

/*
 * "10MiB", "83 MiB", "4.5 GiB", "20GB", "512B": units B, kB MB GB TB PB of
 * 1000 and KiB MiB GiB TiB PiB of 1024.
 */
int units_size_from_text(const char *text, uint64_t *bytes) ATTR_CHECK;

/* "8Mbit/s", "500 kbit/s", "1.5Gbit/s", or a size and "/s"; at least 1. */
int units_rate_from_text(const char *text,
    uint64_t *bytes_per_second) ATTR_CHECK;

/* "90s", "15m", "24h", "7d", "2w", or several, greatest first: "1h30m". */
int units_duration_from_text(const char *text, int64_t *seconds) ATTR_CHECK;

/* For people: "512 B", "83 MiB", "4.0 GiB". */
void units_size_text(uint64_t bytes, char out[UNITS_TEXT_SIZE]);

/* For people: "8.0 Mbit/s", "500 kbit/s". */
void units_rate_text(uint64_t bytes_per_second, char out[UNITS_TEXT_SIZE]);

/* For people: "12 s", "3 min 12 s", "4 h 10 min", "7 d 3 h". */
void units_duration_text(int64_t seconds, char out[UNITS_TEXT_SIZE]);

/*
 * For files: what reads back as exactly the same: "20GiB", "62500B/s" or
 * "500kbit/s", "90d".
 */
void units_size_exact(uint64_t bytes, char out[UNITS_TEXT_SIZE]);
void units_rate_exact(uint64_t bytes_per_second, char out[UNITS_TEXT_SIZE]);
void units_duration_exact(int64_t seconds, char out[UNITS_TEXT_SIZE]);

#endif
