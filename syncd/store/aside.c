/*
 * A thread beside its owner.
 */
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "proto/errors.h"

#include "syncd/store/aside.h"

struct aside {
	pthread_t thread;
	pthread_mutex_t mutex; /* Guards the rest. */
	pthread_cond_t changed;
	aside_work *work; /* NULL: nothing to do. */
	void *cookie;
	int result;
	int leaving;
};

/* Wait for work, do it, and again. */
static void *
run(void *arg)
{
	struct aside *a = arg;
	int r;

	(void)pthread_mutex_lock(&a->mutex);
	for (;;) {
		while (a->work == NULL && !a->leaving)
			(void)pthread_cond_wait(&a->changed, &a->mutex);
		if (a->work == NULL)
			break;
		(void)pthread_mutex_unlock(&a->mutex);
		r = a->work(a->cookie);
		(void)pthread_mutex_lock(&a->mutex);
		a->result = r;
		a->work = NULL;
		(void)pthread_cond_broadcast(&a->changed);
	}
	(void)pthread_mutex_unlock(&a->mutex);
	return NULL;
}

struct aside *
aside_new(void)
{
	struct aside *a;
	sigset_t all, before;
	int r;

	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return NULL;
	(void)pthread_mutex_init(&a->mutex, NULL);
	(void)pthread_cond_init(&a->changed, NULL);
	/* Signals are for the thread of the loop. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&a->thread, NULL, run, a);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		return a;
	(void)pthread_cond_destroy(&a->changed);
	(void)pthread_mutex_destroy(&a->mutex);
	free(a);
	return NULL;
}

void
aside_start(struct aside *a, aside_work *work, void *cookie)
{
	(void)pthread_mutex_lock(&a->mutex);
	assert(a->work == NULL);
	a->work = work;
	a->cookie = cookie;
	(void)pthread_cond_broadcast(&a->changed);
	(void)pthread_mutex_unlock(&a->mutex);
}

int
aside_wait(struct aside *a)
{
	int r;

	(void)pthread_mutex_lock(&a->mutex);
	while (a->work != NULL)
		(void)pthread_cond_wait(&a->changed, &a->mutex);
	r = a->result;
	(void)pthread_mutex_unlock(&a->mutex);
	return r;
}

void
aside_free(struct aside *a)
{
	if (a == NULL)
		return;
	(void)pthread_mutex_lock(&a->mutex);
	assert(a->work == NULL);
	a->leaving = 1;
	(void)pthread_cond_broadcast(&a->changed);
	(void)pthread_mutex_unlock(&a->mutex);
	(void)pthread_join(a->thread, NULL);
	(void)pthread_cond_destroy(&a->changed);
	(void)pthread_mutex_destroy(&a->mutex);
	free(a);
}
