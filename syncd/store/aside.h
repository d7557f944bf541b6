#ifndef SYNCD_STORE_ASIDE_H
#define SYNCD_STORE_ASIDE_H

#include "proto/attributes.h"

/*
 * One thread that does a part of somebody's work beside him: hashing is the
 * slowest thing we do with content, and it is done twice over the same bytes.
 */

struct aside;

/* Returns PH_OK or why it failed. */
typedef int aside_work(void *cookie);

/* A thread that waits for work; NULL where there is none to be had. */
struct aside *aside_new(void);

/* Run work(cookie) beside the caller.  Nothing may be running. */
void aside_start(struct aside *a, aside_work *work, void *cookie);

/* Wait until it is done, and return what it returned. */
int aside_wait(struct aside *a) ATTR_CHECK;

/* Nothing may be running.  NULL is allowed. */
void aside_free(struct aside *a);

#endif
