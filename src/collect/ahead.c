/* SPDX-License-Identifier: MIT */
/* ahead.c - where the disk is waited for, ask for many files at once */
#include "config.h"

#include "collect/collect_priv.h"

#include <dirent.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * A lane that reads one file after the other has one request in flight. So
 * before it reads files of a directory it opens many of them, in the order of
 * their inodes, which is about that on the disk, and asks for their content;
 * the disk answers in whatever order suits it. To read them in the order of
 * their inodes, without asking, gains next to nothing.
 *
 * All this only saves waiting: with everything in memory it is a loss, so
 * only a lane that was found waiting does it.
 */

/* One of the files at hand. */
struct wanted {
	uint64_t ino;
	struct es_name *name;
};

static int wanted_cmp(const void *a, const void *b)
{
	const struct wanted *wa = a;
	const struct wanted *wb = b;

	return wa->ino < wb->ino ? -1 : wa->ino > wb->ino;
}

/* Whether the rules want the content of a file of the directory at hand. */
static bool is_watched(struct es_walker *w, const struct es_node *n,
		       const char *name, size_t len)
{
	size_t dir_len = w->path.len;
	struct es_decision decision;

	es_buf_addc(&w->path, '/');
	es_buf_add(&w->path, name, len);
	if (w->path.failed)
		return false;
	es_rules_child(w->walk->options->rules, w->scratch, &n->decision,
		       w->path.data, w->path.len, ES_TYPE_FILE, &decision);
	es_buf_truncate(&w->path, dir_len);
	return decision.watch == ES_WATCH_YES &&
	       (decision.record & ES_RECORD_CONTENT);
}

static void ask(const struct es_walker *w, const struct es_node *n,
		struct es_name *name)
{
	ES_CLEANUP(es_closep)
	int fd = es_content_open(n->fd, w->dents.data + name->at,
				 O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return;
	name->fresh = es_cached_none(fd);
	posix_fadvise(fd, 0, (off_t)ES_AHEAD_BYTES, POSIX_FADV_WILLNEED);
}

/* Whether to ask: where a limit is set, nobody is to be pressed. */
static bool is_worth_it(const struct es_walker *w, const struct es_node *n)
{
	const struct es_walk *walk = w->walk;

	return w->waits && walk->pace.rate == 0 && n->has_decision &&
	       n->reach == ES_REACH_ALL && (!n->has_old || walk->options->full);
}

/*
 * Before the name at @from is looked at: ask for the content of the files
 * among the next names. Return: the name before which to come again.
 */
size_t es_ahead_ask(struct es_walker *w, const struct es_node *n, size_t from)
{
	struct wanted all[ES_AHEAD];
	size_t end = from + ES_AHEAD;
	size_t count = 0;

	if (end > w->n_names)
		end = w->n_names;
	if (!is_worth_it(w, n))
		return end;
	for (size_t i = from; i < end; i++) {
		struct es_name *name = &w->names[i];

		if (name->type != DT_REG ||
		    !is_watched(w, n, w->dents.data + name->at, name->len))
			continue;
		all[count].name = name;
		all[count++].ino = es_name_ino(w, name);
	}
	if (count < 2)
		return end;
	qsort(all, count, sizeof(*all), wanted_cmp);
	for (size_t i = 0; i < count; i++)
		ask(w, n, all[i].name);
	return end;
}
