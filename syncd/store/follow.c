/*
 * Hashing behind a writer.
 */
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "proto/errors.h"

#include "syncd/store/follow.h"

/* How much is hashed between two looks at whether that is still wanted. */
#define STEP_SIZE (UINT64_C(4) << 20)

/*
 * Invariants: the walk is the thread's from its start until it was joined;
 * reached is at most end.
 */
struct follow {
	struct hash_walk *walk;
	int threaded;
	pthread_t thread;
	pthread_mutex_t mutex; /* Guards the rest. */
	pthread_cond_t changed;
	uint64_t end;     /* So far the file may be read. */
	uint64_t reached; /* So far it was. */
	int result;
	int complete; /* There is no more to come. */
	int leaving;  /* Nobody wants it. */
};

/* Where to walk to next, waiting for it; 0: there is nothing left to do. */
static uint64_t
next_step(struct follow *f)
{
	uint64_t to;

	(void)pthread_mutex_lock(&f->mutex);
	while (f->reached == f->end && !f->complete && !f->leaving)
		(void)pthread_cond_wait(&f->changed, &f->mutex);
	to = f->end - f->reached < STEP_SIZE ? f->end : f->reached + STEP_SIZE;
	if (f->leaving || f->result != PH_OK || to == f->reached)
		to = 0;
	(void)pthread_mutex_unlock(&f->mutex);
	return to;
}

/* Follow until it is complete. */
static void *
run(void *arg)
{
	struct follow *f = arg;
	uint64_t to;
	int r;

	while ((to = next_step(f)) != 0) {
		r = hash_walk_to(f->walk, to);
		(void)pthread_mutex_lock(&f->mutex);
		f->reached = to;
		f->result = r;
		(void)pthread_mutex_unlock(&f->mutex);
	}
	return NULL;
}

/* Start the thread; without one, all is done at the end. */
static void
start(struct follow *f)
{
	sigset_t all, before;

	/* Signals are for the thread of the loop. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	f->threaded = pthread_create(&f->thread, NULL, run, f) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct follow *
follow_new(const struct files *fs, int fd, int map)
{
	struct follow *f;

	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return NULL;
	f->walk = hash_walk_new(fs, fd, map);
	if (f->walk == NULL) {
		free(f);
		return NULL;
	}
	(void)pthread_mutex_init(&f->mutex, NULL);
	(void)pthread_cond_init(&f->changed, NULL);
	start(f);
	return f;
}

int
follow_to(struct follow *f, uint64_t end)
{
	int r;

	(void)pthread_mutex_lock(&f->mutex);
	assert(end >= f->end);
	f->end = end;
	r = f->result;
	(void)pthread_cond_signal(&f->changed);
	(void)pthread_mutex_unlock(&f->mutex);
	return r;
}

/* Set what ends the thread, and wait for that. */
static void
stop(struct follow *f, int *why)
{
	(void)pthread_mutex_lock(&f->mutex);
	*why = 1;
	(void)pthread_cond_signal(&f->changed);
	(void)pthread_mutex_unlock(&f->mutex);
	if (f->threaded)
		(void)pthread_join(f->thread, NULL);
	f->threaded = 0;
}

int
follow_finish(struct follow *f, struct hash_result *out)
{
	stop(f, &f->complete);
	/* What no thread did, for want of one. */
	(void)run(f);
	return f->result == PH_OK ? hash_walk_finish(f->walk, out) : f->result;
}

void
follow_free(struct follow *f)
{
	if (f == NULL)
		return;
	stop(f, &f->leaving);
	(void)pthread_cond_destroy(&f->changed);
	(void)pthread_mutex_destroy(&f->mutex);
	hash_walk_free(f->walk);
	free(f);
}
