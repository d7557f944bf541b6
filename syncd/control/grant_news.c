/*
 * A list that the lane fills and the loop empties.
 */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "proto/errors.h"
#include "syncd/base/diag.h"
#include "syncd/catalogue/grants.h"

#include "syncd/control/grant_news.h"

/* One repository whose grant changed. */
struct item {
	STAILQ_ENTRY(item) next;
	struct digest id;
};

STAILQ_HEAD(items, item);

struct grant_news {
	const struct control_context *context;
	pthread_mutex_t mutex;
	struct items items; /* Under the mutex. */
};

/* Take all that is there. */
static void
take(struct grant_news *n, struct items *out)
{
	STAILQ_INIT(out);
	(void)pthread_mutex_lock(&n->mutex);
	STAILQ_CONCAT(out, &n->items);
	(void)pthread_mutex_unlock(&n->mutex);
}

/* Loop: there is news. */
static void
on_news(void *cookie)
{
	struct grant_news *n = cookie;
	struct items items;
	struct item *item;

	take(n, &items);
	while ((item = STAILQ_FIRST(&items)) != NULL) {
		STAILQ_REMOVE_HEAD(&items, next);
		if (n->context->hub != NULL)
			hub_changed(n->context->hub, &item->id);
		free(item);
	}
}

/* Lane: a grant changed. */
static void
on_changed(void *cookie, const struct digest *id)
{
	struct grant_news *n = cookie;
	struct item *item;
	int first;

	item = calloc(1, sizeof(*item));
	if (item == NULL) {
		diag(DIAG_WARNING, "no memory to tell of a changed grant");
		return;
	}
	item->id = *id;
	(void)pthread_mutex_lock(&n->mutex);
	first = STAILQ_EMPTY(&n->items);
	STAILQ_INSERT_TAIL(&n->items, item, next);
	(void)pthread_mutex_unlock(&n->mutex);
	/* Whoever put the first one has told the loop. */
	if (first && loop_post(n->context->engine->loop, on_news, n) != PH_OK)
		diag(DIAG_WARNING, "no memory to tell of a changed grant");
}

struct grant_news *
grant_news_new(const struct control_context *context)
{
	struct grant_news *n;
	int error;

	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return NULL;
	n->context = context;
	STAILQ_INIT(&n->items);
	error = pthread_mutex_init(&n->mutex, NULL);
	assert(error == 0);
	grants_set_listener(context->engine->catalogue, on_changed, n);
	return n;
}

void
grant_news_free(struct grant_news *n)
{
	struct items items;
	struct item *item;

	if (n == NULL)
		return;
	grants_set_listener(n->context->engine->catalogue, NULL, NULL);
	take(n, &items);
	while ((item = STAILQ_FIRST(&items)) != NULL) {
		STAILQ_REMOVE_HEAD(&items, next);
		free(item);
	}
	(void)pthread_mutex_destroy(&n->mutex);
	free(n);
}
