/* SPDX-License-Identifier: MIT */
/* pace.c - read no more bytes a second than one is told to */
#include "config.h"

#include "collect/collect_priv.h"

/* What was not read may be made up for, so many nanoseconds of it. */
#define BURST 100000000u

#define SECOND 1000000000u

/* The longest sleep from which a lane does not look around. */
#define NAP 100000000u

/*
 * A token bucket by the time at which all that was taken is paid for: each
 * byte moves that on. Return: nanoseconds from @now until then.
 */
uint64_t es_pace_take(struct es_pace *p, uint64_t bytes, uint64_t now)
{
	uint64_t paid = atomic_load(&p->paid);
	uint64_t cost;
	uint64_t next;

	if (p->rate == 0)
		return 0;
	/* in two steps, lest the product be too large */
	cost = bytes / p->rate * SECOND;
	cost += (uint64_t)((double)(bytes % p->rate) * SECOND /
			   (double)p->rate);
	do {
		next = paid;
		if (now > BURST && next < now - BURST)
			next = now - BURST;
		next += cost;
	} while (!atomic_compare_exchange_weak(&p->paid, &paid, next));
	return next > now ? next - now : 0;
}

/* So many bytes were read: sleep until they are paid for. */
void es_walker_pace(struct es_walker *w, uint64_t bytes)
{
	struct es_walk *walk = w->walk;
	struct timespec now;
	uint64_t wait;

	if (walk->pace.rate == 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	wait = es_pace_take(&walk->pace, bytes,
			    (uint64_t)now.tv_sec * SECOND +
				    (uint64_t)now.tv_nsec);
	while (wait > 0 && !es_walk_stopped(walk)) {
		uint64_t ns = wait < NAP ? wait : NAP;
		struct timespec nap = { .tv_nsec = (long)ns };

		nanosleep(&nap, NULL);
		wait -= ns;
		es_walker_progress(w);
	}
	/* this was no waiting for the storage */
	es_lane_begin(w);
}
