/* SPDX-License-Identifier: MIT */
/* ops_list.c - what two lists of packages tell that no log does */
#include "config.h"

#include "packages/ops_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Logs tell most, and are believed. But rpm's database has only the time of
 * today's version, the history of libzypp names no version that was replaced,
 * and apk may keep no log at all: there the list of the run before has what
 * was there. dpkg and pacman always keep one: where it is gone while packages
 * changed, that is no day's work, and shall not look like it.
 */

/** struct listed - a package of a list; its words are terminated */
struct listed {
	const char *manager;
	const char *name;
	const char *arch;
	const char *version;
};

/** struct list - sorted packages of those managers that are asked */
struct list {
	struct listed *all;
	size_t n;
};

static int by_name(const struct listed *a, const struct listed *b)
{
	int order = strcmp(a->name, b->name);

	if (order == 0)
		order = strcmp(a->arch, b->arch);
	return order ? order : strcmp(a->manager, b->manager);
}

static int by_version(const void *a, const void *b)
{
	const struct listed *x = a, *y = b;
	int order = by_name(x, y);

	return order ? order : strcmp(x->version, y->version);
}

/* Whether logs leave something open of a manager's packages. */
static bool is_open(const struct es_package_ops *ops, const char *manager)
{
	return strcmp(manager, "rpm") == 0 ||
	       (strcmp(manager, "apk") == 0 &&
		ops_has_word(ops->missing, manager, strlen(manager)));
}

static void sort(struct list *l)
{
	if (l->n > 1)
		qsort(l->all, l->n, sizeof(*l->all), by_version);
}

/*
 * "NAME ARCH VERSION MANAGER" of system/packages; half way states have a word
 * more. Cuts up @text. A name with an escape in it is no package's.
 */
static int read_list(struct list *out, const struct es_package_ops *ops,
		     struct pkg_line text)
{
	struct pkg_line line, word;
	size_t lines = 1;

	for (size_t i = 0; i < text.len; i++)
		lines += text.at[i] == '\n';
	out->all = calloc(lines, sizeof(*out->all));
	if (!out->all)
		return -ENOMEM;
	while (pkg_line(&line, &text)) {
		struct listed *p = &out->all[out->n];
		const char **const words[] = { &p->name, &p->arch, &p->version,
					       &p->manager };
		size_t n = 0;

		if (memchr(line.at, '\\', line.len) ||
		    memchr(line.at, '\0', line.len))
			continue;
		for (; n < 4 && ops_word(&word, &line); n++) {
			*words[n] = ops_is(&word, "-") ? "" : word.at;
			/* A blank, a newline, or the NUL that ends the text. */
			word.at[word.len] = '\0';
			line.at += line.len > 0;
			line.len -= line.len > 0;
		}
		out->n += n == 4 && is_open(ops, p->manager);
	}
	sort(out);
	return 0;
}

static int list_packages(struct list *out, const struct es_package_ops *ops,
			 const struct es_packages *now)
{
	size_t n = es_packages_count(now);

	out->all = calloc(n + 1, sizeof(*out->all));
	if (!out->all)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct es_package *p = es_packages_at(now, i);

		if (is_open(ops, p->manager))
			out->all[out->n++] =
				(struct listed){ p->manager, p->name, p->arch,
						 p->version };
	}
	sort(out);
	return 0;
}

/* Take out what both have. */
static void drop_same(struct list *a, struct list *b)
{
	size_t i = 0, k = 0, a_n = 0, b_n = 0;

	while (i < a->n || k < b->n) {
		int order = i == a->n	? 1
			    : k == b->n ? -1
					: by_version(&a->all[i], &b->all[k]);

		if (order < 0)
			a->all[a_n++] = a->all[i++];
		else if (order > 0)
			b->all[b_n++] = b->all[k++];
		else
			i++, k++;
	}
	a->n = a_n;
	b->n = b_n;
}

/* Where a package stands first in a list, or the list's number of packages. */
static size_t find(const struct list *l, const struct listed *key)
{
	size_t low = 0, high = l->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (by_name(key, &l->all[middle]) <= 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low < l->n && by_name(key, &l->all[low]) == 0 ? low : l->n;
}

static const char *version_in(const struct list *l, const struct listed *key)
{
	size_t at = find(l, key);

	return at < l->n ? l->all[at].version : "";
}

static struct listed key_of(const struct es_package_op *op)
{
	return (struct listed){ op->manager, op->name, op->arch, op->new };
}

/* What an installation put something in the place of. */
static int learn_old(struct ops *o, struct es_package_op *op,
		     const struct list *gone, bool again)
{
	struct listed key = key_of(op);
	const char *old = again ? op->new : version_in(gone, &key);

	if (again)
		op->kind = ES_PACKAGE_OP_REINSTALL;
	op->old = ops_text(o, old, strlen(old));
	return op->old ? 0 : -ENOMEM;
}

static int add(struct ops *o, struct ops_steps *steps, const struct listed *p,
	       const char *old, const char *new, int64_t when)
{
	struct es_package_op op = {
		.kind = *new ? ES_PACKAGE_OP_INSTALL : ES_PACKAGE_OP_REMOVE,
		.name = ops_text(o, p->name, strlen(p->name)),
		.arch = ops_text(o, p->arch, strlen(p->arch)),
		.old = ops_text(o, old, strlen(old)),
		.new = ops_text(o, new, strlen(new)),
		.manager = ops_text(o, p->manager, strlen(p->manager)),
		.when = when,
		.command = "",
		.user = "",
	};

	if (!op.name || !op.arch || !op.old || !op.new || !op.manager)
		return -ENOMEM;
	return ops_step(steps, &op);
}

static int key_by_name(const void *key, const void *op)
{
	struct listed of = key_of(op);

	return by_name(key, &of);
}

/* Of packages that no operation names: those of @list, less those of @done. */
static int add_unnamed(struct ops *o, struct ops_steps *steps,
		       const struct list *list, const struct list *done,
		       const struct list *gone, const struct list *come,
		       int64_t when)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < list->n; i++) {
		const struct listed *p = &list->all[i];
		bool named = (i > 0 && by_name(p - 1, p) == 0) ||
			     (done && find(done, p) < done->n) ||
			     (o->pub.n_ops > 0 &&
			      bsearch(p, o->pub.ops, o->pub.n_ops,
				      sizeof(*o->pub.ops), key_by_name));

		if (!named)
			rc = add(o, steps, p, version_in(gone, p),
				 version_in(come, p), when);
	}
	return rc;
}

static int compare(struct ops *o, struct list *before, struct list *after,
		   int64_t when)
{
	struct ops_steps steps = { 0 };
	ES_CLEANUP(es_freep) bool *again = calloc(o->pub.n_ops + 1, 1);
	int rc = again ? 0 : -ENOMEM;

	for (size_t i = 0; rc == 0 && i < o->pub.n_ops; i++) {
		struct listed key = key_of(&o->pub.ops[i]);

		again[i] = before->n > 0 &&
			   bsearch(&key, before->all, before->n,
				   sizeof(*before->all), by_version);
	}
	drop_same(before, after);
	for (size_t i = 0; rc == 0 && i < o->pub.n_ops; i++) {
		struct es_package_op *op = &o->pub.ops[i];

		if (!*op->old && is_open(&o->pub, op->manager))
			rc = learn_old(o, op, before, again[i]);
		if (rc == 0)
			rc = ops_step(&steps, op);
	}
	if (rc == 0)
		rc = add_unnamed(o, &steps, after, NULL, before, after, when);
	if (rc == 0)
		rc = add_unnamed(o, &steps, before, after, before, after, when);
	if (rc == 0)
		rc = ops_net(o, &steps);
	ops_steps_dispose(&steps);
	return rc;
}

int es_package_ops_compare(struct es_package_ops *ops, struct es_buf *before,
			   const struct es_packages *now, int64_t when,
			   struct es_error *err)
{
	struct list old = { 0 }, new = { 0 };
	int rc = read_list(&old, ops, pkg_whole(before));

	if (rc == 0)
		rc = list_packages(&new, ops, now);
	if (rc == 0)
		rc = compare(ops_of(ops), &old, &new, when);
	free(old.all);
	free(new.all);
	return rc < 0 ? es_fail_oom(err) : 0;
}
