#ifndef SYNCD_CATALOGUE_REPEATS_H
#define SYNCD_CATALOGUE_REPEATS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "syncd/catalogue/catalogue.h"

/*
 * What others can cause as often as they like is told in a log once an hour,
 * with the number of times that it was not told.  The counts are rows of the
 * index alone: lost with it, they begin anew.  Lane only.
 */

#define REPEATS_INTERVAL_S 3600

/* A count that is as old as this is given up, with what was not told. */
#define REPEATS_KEPT_S (24 * 3600)

/* The longest key: two digests and a code. */
#define REPEATS_KEY_MAX 65u

/*
 * It happened again.  *due 0: it was counted.  *due 1: it is to be told now;
 * *repeats says how often it was only counted since it was told, and
 * repeats_told() is called when the entry stands.  Keys of different things
 * differ in length.
 */
int repeats_count(struct catalogue *c, const void *key, size_t len, int *due,
    uint64_t *repeats) ATTR_CHECK;
int repeats_told(struct catalogue *c, const void *key, size_t len) ATTR_CHECK;

/* Remove counts that are too old; once an interval, however often called. */
int repeats_prune(struct catalogue *c) ATTR_CHECK;

#endif
