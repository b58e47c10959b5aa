/* SPDX-License-Identifier: MIT */
/* queue.c - work stealing among the lanes of a walk */
#include "config.h"

#include "collect/queue_priv.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Looks around before a lane sleeps: work comes every few microseconds. */
#define SPINS 200

int es_queue_init(struct es_queue *q, unsigned int lanes)
{
	pthread_condattr_t attr;

	memset(q, 0, sizeof(*q));
	q->deques = aligned_alloc(_Alignof(struct es_deque),
				  lanes * sizeof(*q->deques));
	if (!q->deques)
		return -ENOMEM;
	memset(q->deques, 0, lanes * sizeof(*q->deques));
	q->lanes = lanes;
	for (unsigned int i = 0; i < lanes; i++)
		pthread_mutex_init(&q->deques[i].lock, NULL);
	pthread_mutex_init(&q->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->more, &attr);
	pthread_condattr_destroy(&attr);
	return 0;
}

void es_queue_dispose(struct es_queue *q)
{
	if (!q->deques)
		return;
	for (unsigned int i = 0; i < q->lanes; i++) {
		pthread_mutex_destroy(&q->deques[i].lock);
		free(q->deques[i].items);
	}
	free(q->deques);
	pthread_cond_destroy(&q->more);
	pthread_mutex_destroy(&q->lock);
	memset(q, 0, sizeof(*q));
}

/* Make room for @n at the back; the caller holds the deque's lock. */
static int deque_reserve(struct es_deque *d, size_t n)
{
	size_t used = d->tail - d->head;
	size_t cap = d->cap ? d->cap : 64;
	struct es_node **items;

	if (n <= d->cap - d->tail)
		return 0;
	/* Moving down is worth it only when much was taken at the front. */
	if (d->head > 0 && used + n <= d->cap / 2) {
		memmove(d->items, d->items + d->head,
			used * sizeof(struct es_node *));
		d->head = 0;
		d->tail = used;
		return 0;
	}
	if (n > SIZE_MAX / 4 - d->tail)
		return -ENOMEM;
	while (cap < d->tail + n)
		cap *= 2;
	items = reallocarray(d->items, cap, sizeof(struct es_node *));
	if (!items)
		return -ENOMEM;
	d->items = items;
	d->cap = cap;
	return 0;
}

int es_queue_put(struct es_queue *q, unsigned int lane,
		 struct es_node *const *nodes, size_t n)
{
	struct es_deque *d = &q->deques[lane];
	int rc;

	if (n == 0)
		return 0;
	pthread_mutex_lock(&d->lock);
	rc = deque_reserve(d, n);
	if (rc == 0) {
		memcpy(d->items + d->tail, nodes, n * sizeof(*nodes));
		d->tail += n;
		atomic_fetch_add(&q->waiting, n);
	}
	pthread_mutex_unlock(&d->lock);
	if (rc < 0)
		return rc;
	/*
	 * A sleeper counts itself before it looks at waiting, and waiting was
	 * raised above: at least one of the two sees the other.
	 */
	if (atomic_load(&q->sleepers) > 0) {
		pthread_mutex_lock(&q->lock);
		pthread_cond_broadcast(&q->more);
		pthread_mutex_unlock(&q->lock);
	}
	return 0;
}

static struct es_node *take_from(struct es_queue *q, unsigned int victim,
				 bool steal)
{
	struct es_deque *d = &q->deques[victim];
	struct es_node *n = NULL;

	pthread_mutex_lock(&d->lock);
	if (d->head < d->tail) {
		n = steal ? d->items[d->head++] : d->items[--d->tail];
		if (d->head == d->tail)
			d->head = d->tail = 0;
		atomic_fetch_sub(&q->waiting, 1);
	}
	pthread_mutex_unlock(&d->lock);
	return n;
}

static struct es_node *take_any(struct es_queue *q, unsigned int lane)
{
	struct es_node *n = take_from(q, lane, false);

	for (unsigned int i = 1; !n && i < q->lanes; i++)
		n = take_from(q, (lane + i) % q->lanes, true);
	return n;
}

static bool is_idle(struct es_queue *q)
{
	return atomic_load(&q->waiting) == 0 && !atomic_load(&q->over);
}

/* Return: 0, or ETIMEDOUT. */
static int sleep_for_more(struct es_queue *q, unsigned int wait)
{
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait / 1000;
	until.tv_nsec += (long)(wait % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&q->lock);
	atomic_fetch_add(&q->sleepers, 1);
	while (rc == 0 && is_idle(q)) {
		if (wait)
			rc = pthread_cond_timedwait(&q->more, &q->lock, &until);
		else
			rc = pthread_cond_wait(&q->more, &q->lock);
	}
	atomic_fetch_sub(&q->sleepers, 1);
	pthread_mutex_unlock(&q->lock);
	return rc;
}

int es_queue_take(struct es_queue *q, unsigned int lane, unsigned int wait,
		  struct es_node **out)
{
	unsigned int spins = 0;

	while (!atomic_load(&q->over)) {
		if (atomic_load(&q->waiting) > 0) {
			*out = take_any(q, lane);
			if (*out)
				return 1;
		} else if (q->lanes > 1 && spins < SPINS) {
			spins++;
			sched_yield();
		} else {
			q->deques[lane].slept = true;
			if (sleep_for_more(q, wait) == ETIMEDOUT)
				return -ETIMEDOUT;
		}
	}
	return 0;
}

bool es_queue_slept(struct es_queue *q, unsigned int lane)
{
	bool slept = q->deques[lane].slept;

	q->deques[lane].slept = false;
	return slept;
}

void es_queue_end(struct es_queue *q)
{
	pthread_mutex_lock(&q->lock);
	atomic_store(&q->over, true);
	pthread_cond_broadcast(&q->more);
	pthread_mutex_unlock(&q->lock);
}
