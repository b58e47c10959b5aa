/* SPDX-License-Identifier: MIT */
/* queue_priv.h - directories that wait for a lane */
#ifndef ETCSNAP_QUEUE_PRIV_H
#define ETCSNAP_QUEUE_PRIV_H

#include "etcsnap/error.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Each lane has a deque. It puts and takes at the back, so that it goes down
 * before it goes aside (few waiting nodes, few descriptors); a lane without
 * work takes from the front of another one's, where the largest subtrees are.
 */

struct es_node;

/* Work of one lane. */
struct es_deque {
	pthread_mutex_t lock;
	struct es_node **items; /* used: head up to tail */
	size_t head;
	size_t tail;
	size_t cap;
	bool slept; /* its lane did: that lane's alone */
} __attribute__((aligned(128)));

/* All lanes' work. */
struct es_queue {
	struct es_deque *deques;
	unsigned int lanes;
	atomic_size_t waiting; /* items in all deques */
	atomic_uint sleepers;  /* lanes that wait on more */
	atomic_bool over;
	pthread_mutex_t lock; /* for more */
	pthread_cond_t more;
};

/* Return: 0, -ENOMEM. */
int es_queue_init(struct es_queue *q, unsigned int lanes);
void es_queue_dispose(struct es_queue *q);

/*
 * Add nodes to a lane's work; the last of @nodes is taken first.
 * Return: 0, or -ENOMEM: none was added.
 */
int es_queue_put(struct es_queue *q, unsigned int lane,
		 struct es_node *const *nodes, size_t n);

/*
 * The next node for a lane: 1, 0 when it is all over, or -ETIMEDOUT after
 * @wait milliseconds without work (0: wait for ever).
 */
int es_queue_take(struct es_queue *q, unsigned int lane, unsigned int wait,
		  struct es_node **out);

/* Whether a lane waited for work since this was asked; only it may ask. */
bool es_queue_slept(struct es_queue *q, unsigned int lane);

/* There will be no more work: wake everybody. */
void es_queue_end(struct es_queue *q);

#endif
