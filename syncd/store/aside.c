/*
 * A thread beside its owner, and a ring of pieces between them.
 */
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "proto/errors.h"

#include "syncd/store/aside.h"

#define NPIECES 6u

/* Less than this is not worth another thread. */
#define PIECE_MIN (128u << 10)

struct piece {
	uint64_t len;
	int zeros;
	uint8_t *buffer; /* Allocated when it is first asked for. */
};

/*
 * Invariants:
 *  1. Pieces first to first + count - 1 (modulo NPIECES) wait or are worked
 *     on; they belong to the thread, the others to the owner.
 *  2. Once there is a thread, only the thread works.
 */
struct aside {
	aside_work *work;
	void *cookie;
	int threaded;
	int alone; /* There is no thread to be had. */
	pthread_t thread;
	pthread_mutex_t mutex; /* Guards the rest, once there is a thread. */
	pthread_cond_t changed;
	unsigned int first;
	unsigned int count;
	int result;
	int leaving;
	struct piece pieces[NPIECES];
};

/* Work on a piece. */
static int
work_on(struct aside *a, const struct piece *p)
{
	return a->work(a->cookie, p->zeros ? NULL : p->buffer, p->len);
}

/* Wait for pieces and work on them. */
static void *
run(void *arg)
{
	struct aside *a = arg;
	int r;

	(void)pthread_mutex_lock(&a->mutex);
	for (;;) {
		while (a->count == 0 && !a->leaving)
			(void)pthread_cond_wait(&a->changed, &a->mutex);
		if (a->count == 0)
			break;
		r = a->result;
		if (r == PH_OK) {
			(void)pthread_mutex_unlock(&a->mutex);
			r = work_on(a, &a->pieces[a->first]);
			(void)pthread_mutex_lock(&a->mutex);
			a->result = r;
		}
		a->first = (a->first + 1) % NPIECES;
		a->count--;
		(void)pthread_cond_broadcast(&a->changed);
	}
	(void)pthread_mutex_unlock(&a->mutex);
	return NULL;
}

struct aside *
aside_new(aside_work *work, void *cookie)
{
	struct aside *a;

	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return NULL;
	a->work = work;
	a->cookie = cookie;
	(void)pthread_mutex_init(&a->mutex, NULL);
	(void)pthread_cond_init(&a->changed, NULL);
	a->pieces[0].buffer = malloc(ASIDE_BUFFER_SIZE);
	if (a->pieces[0].buffer == NULL) {
		aside_free(a);
		return NULL;
	}
	return a;
}

/* The piece that is the owner's, once there is one. */
static struct piece *
free_piece(struct aside *a)
{
	unsigned int at;

	(void)pthread_mutex_lock(&a->mutex);
	while (a->count == NPIECES)
		(void)pthread_cond_wait(&a->changed, &a->mutex);
	at = (a->first + a->count) % NPIECES;
	(void)pthread_mutex_unlock(&a->mutex);
	return &a->pieces[at];
}

uint8_t *
aside_buffer(struct aside *a)
{
	struct piece *p;

	p = free_piece(a);
	if (p->buffer == NULL)
		p->buffer = malloc(ASIDE_BUFFER_SIZE);
	if (p->buffer != NULL)
		return p->buffer;
	/* No memory for another one: take the first when all is done. */
	(void)!aside_wait(a);
	(void)pthread_mutex_lock(&a->mutex);
	a->first = 0;
	(void)pthread_mutex_unlock(&a->mutex);
	return a->pieces[0].buffer;
}

/* Start the thread, unless that was tried before. */
static void
start(struct aside *a)
{
	sigset_t all, before;

	if (a->threaded || a->alone)
		return;
	/* Signals are for the thread of the loop. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	a->threaded = pthread_create(&a->thread, NULL, run, a) == 0;
	a->alone = !a->threaded;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Hand over a piece, or work on it here. */
static int
put(struct aside *a, struct piece *p)
{
	int r;

	if (p->len >= PIECE_MIN)
		start(a);
	if (!a->threaded) {
		if (a->result == PH_OK)
			a->result = work_on(a, p);
		return a->result;
	}
	(void)pthread_mutex_lock(&a->mutex);
	a->count++;
	r = a->result;
	(void)pthread_cond_broadcast(&a->changed);
	(void)pthread_mutex_unlock(&a->mutex);
	return r;
}

int
aside_put(struct aside *a, size_t len)
{
	struct piece *p;

	assert(len <= ASIDE_BUFFER_SIZE);
	p = free_piece(a);
	assert(p->buffer != NULL);
	p->len = len;
	p->zeros = 0;
	return put(a, p);
}

int
aside_put_zeros(struct aside *a, uint64_t len)
{
	struct piece *p;

	p = free_piece(a);
	p->len = len;
	p->zeros = 1;
	return put(a, p);
}

int
aside_wait(struct aside *a)
{
	int r;

	(void)pthread_mutex_lock(&a->mutex);
	while (a->count > 0)
		(void)pthread_cond_wait(&a->changed, &a->mutex);
	r = a->result;
	(void)pthread_mutex_unlock(&a->mutex);
	return r;
}

void
aside_free(struct aside *a)
{
	unsigned int i;

	if (a == NULL)
		return;
	if (a->threaded) {
		(void)pthread_mutex_lock(&a->mutex);
		a->leaving = 1;
		(void)pthread_cond_broadcast(&a->changed);
		(void)pthread_mutex_unlock(&a->mutex);
		(void)pthread_join(a->thread, NULL);
	}
	(void)pthread_cond_destroy(&a->changed);
	(void)pthread_mutex_destroy(&a->mutex);
	for (i = 0; i < NPIECES; i++)
		free(a->pieces[i].buffer);
	free(a);
}
