#ifndef SYNCD_CONTROL_GRANT_NEWS_H
#define SYNCD_CONTROL_GRANT_NEWS_H

#include "syncd/control/control_context.h"

/*
 * A primary: carries the news that a repository's grant changed from the
 * catalogue's lane to the loop, where its session is told (hub_changed()).
 */

struct grant_news;

/*
 * Listen to the catalogue from now on; context is borrowed.  Before the
 * catalogue's lane has jobs.  NULL without memory.
 */
struct grant_news *grant_news_new(const struct control_context *context);

/* After the lane's last job.  NULL is allowed. */
void grant_news_free(struct grant_news *n);

#endif
