/* SPDX-License-Identifier: MIT */
/* lanes.c - how many threads walk: where the storage is waited for, more */
#include "config.h"

#include "collect/collect_priv.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/*
 * With everything in memory more lanes than processors only get in each
 * other's way. With nothing in memory most of a lane's time is spent waiting,
 * and a disk that does not turn serves many at once nearly as fast as one. So
 * there are few lanes to begin with, and a lane that finds itself waiting
 * starts another one.
 *
 * A wait is a voluntary context switch for a block that this thread has read:
 * what is in memory makes none, and a machine that is busy with other things,
 * where all takes longer, makes no more of them. Switches alone also come
 * from lanes that wait for each other, blocks alone from reading ahead.
 *
 * On a disk that turns, more lanes make it seek more. But virtual disks, too,
 * often say that they turn; only such a disk as also takes its time is
 * believed.
 */

/* Threads to begin with on what says that it turns. */
#define FIRST_SPINNING 2

/* Nanoseconds that a wait for a disk that turns takes at least, on average. */
#define SEEK 2000000

/* A lane is judged after so many units, as waiting if it had as many waits. */
#define WINDOW (8 * ES_LANE_DIRECTORY)
#define WAITS 6
#define WAITS_STILL 1

/* Of those that getrusage(2) counts make a block of most file systems. */
#define SECTORS 8

/* ----------------------------------------------------------------- storage */

static int first_byte(const char *path)
{
	ES_CLEANUP(es_closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
	char c;

	return fd >= 0 && read(fd, &c, 1) == 1 ? c : -1;
}

/*
 * Whether a device is a disk that turns. Of a partition the disk it is part
 * of tells; device-mapper and md tell for those they are made of; what is not
 * on one block device (btrfs, ZFS, network) says nothing.
 */
bool es_lanes_spins(const char *sys, uint64_t dev)
{
	char path[4096];
	int said = -1;

	for (int i = 0; i < 2 && said < 0; i++) {
		int n = snprintf(path, sizeof(path),
				 "%s/%u:%u/%squeue/rotational", sys,
				 major((dev_t)dev), minor((dev_t)dev),
				 i ? "../" : "");

		if (n > 0 && (size_t)n < sizeof(path))
			said = first_byte(path);
	}
	return said == '1';
}

unsigned int es_collect_lanes(void)
{
	cpu_set_t set;
	int n;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 2;
	n = CPU_COUNT(&set);
	return n < 2 ? 2 : n > 8 ? 8 : (unsigned int)n;
}

/* ------------------------------------------------------------------ adding */

/* Return: whether it runs. */
static bool start_lane(struct es_walk *walk, unsigned int lane, bool waits)
{
	struct es_walker *w = &walk->walkers[lane];
	struct es_error err = ES_ERROR_INIT;
	sigset_t all;
	sigset_t old;

	if (es_walker_init(w, walk, lane, &err) < 0)
		return false;
	w->waits = waits;
	/* signals are the calling thread's business */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	w->has_thread = pthread_create(&w->thread, NULL, es_walker_run, w) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return w->has_thread;
}

/*
 * Start one more lane. What stands in the way of it (memory, a limit on
 * threads) is no error: those that run do it as well.
 */
static void add_lane(struct es_walk *walk, bool waits)
{
	unsigned int lane = atomic_load(&walk->lanes);

	if (lane < walk->most && start_lane(walk, lane, waits))
		atomic_store(&walk->lanes, ++lane);
	else
		atomic_store(&walk->enough, true);
	if (lane == walk->most)
		atomic_store(&walk->enough, true);
}

/* How many lanes to start with. */
static unsigned int first_lanes(const struct es_walk *walk)
{
	unsigned int lanes = walk->options->lanes;

	if (walk->options->lanes_max && lanes > FIRST_SPINNING &&
	    es_lanes_spins(ES_LANES_SYS, walk->root_dev))
		return FIRST_SPINNING;
	return lanes;
}

/*
 * Run lane 0 here and the others beside. A lane is only ever started by one
 * of a lower number, so whoever ends them in order misses none.
 */
void es_lanes_run(struct es_walk *walk)
{
	const unsigned int first = first_lanes(walk);

	pthread_mutex_lock(&walk->adding);
	while (atomic_load(&walk->lanes) < first && !atomic_load(&walk->enough))
		add_lane(walk, false);
	pthread_mutex_unlock(&walk->adding);
	es_walker_run(&walk->walkers[0]);
	for (unsigned int i = 1; i < atomic_load(&walk->lanes); i++)
		pthread_join(walk->walkers[i].thread, NULL);
}

/* ----------------------------------------------------------------- judging */

static uint64_t time_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Judge from now on: what was waited for until now was not the storage. */
void es_lane_begin(struct es_walker *w)
{
	struct rusage now = { .ru_nvcsw = 0 };

	getrusage(RUSAGE_THREAD, &now);
	w->looked = 0;
	w->then = (struct es_lane_use){
		.switches = (uint64_t)now.ru_nvcsw,
		.blocks = (uint64_t)now.ru_inblock / SECTORS,
		.ns = time_now(),
	};
}

/* Whether a lane that waited so often in so many ns wants another beside it. */
static bool wants_more(const struct es_walker *w, uint64_t waits, uint64_t ns,
		       bool spins)
{
	const struct es_walk *walk = w->walk;

	if (!w->waits)
		return atomic_load(&walk->lanes) < walk->options->lanes;
	return !spins || ns / waits < SEEK;
}

void es_lane_count(struct es_walker *w, unsigned int units, bool spins)
{
	const struct es_lane_use was = w->then;
	struct es_walk *walk = w->walk;
	uint64_t switches;
	uint64_t blocks;
	uint64_t waits;

	w->looked += units;
	if (w->looked < WINDOW)
		return;
	es_lane_begin(w);
	switches = w->then.switches - was.switches;
	blocks = w->then.blocks - was.blocks;
	waits = switches < blocks ? switches : blocks;
	/* asking ahead saves waits: a few show that it still is of use */
	w->waits = waits >= (w->waits ? WAITS_STILL : WAITS);
	if (atomic_load(&walk->enough) ||
	    !wants_more(w, waits, w->then.ns - was.ns, spins) ||
	    pthread_mutex_trylock(&walk->adding) != 0)
		return;
	add_lane(walk, w->waits);
	pthread_mutex_unlock(&walk->adding);
}
