/* SPDX-License-Identifier: MIT */
/* explain.c - why a change is there: packages, rules, renames, flapping */
#include "config.h"

#include "report/model_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What package managers leave beside a configuration file. */
static const struct {
	const char *suffix;
	const char *manager;
	enum es_package_verdict verdict; /* of the file itself */
} twins[] = {
	{ ".dpkg-dist", "dpkg", ES_PACKAGE_CONF_KEPT },
	{ ".dpkg-new", "dpkg", ES_PACKAGE_CONF_KEPT },
	{ ".ucf-dist", "dpkg", ES_PACKAGE_CONF_KEPT },
	{ ".rpmnew", "rpm", ES_PACKAGE_CONF_KEPT },
	{ ".pacnew", "pacman", ES_PACKAGE_CONF_KEPT },
	{ ".apk-new", "apk", ES_PACKAGE_CONF_KEPT },
	{ ".dpkg-old", "dpkg", ES_PACKAGE_CONF_SAVED },
	{ ".ucf-old", "dpkg", ES_PACKAGE_CONF_SAVED },
	{ ".rpmsave", "rpm", ES_PACKAGE_CONF_SAVED },
	{ ".rpmorig", "rpm", ES_PACKAGE_CONF_SAVED },
	{ ".pacsave", "pacman", ES_PACKAGE_CONF_SAVED },
};

#define TWINS (sizeof(twins) / sizeof(*twins))

const char *report_beside(const char *path, size_t len)
{
	for (size_t i = 0; i < TWINS; i++) {
		size_t wide = strlen(twins[i].suffix);

		if (len > wide &&
		    memcmp(path + len - wide, twins[i].suffix, wide) == 0)
			return twins[i].suffix;
	}
	return NULL;
}

static int by_path(const void *key, const void *item)
{
	const struct es_package_seen *k = key;
	const struct es_package_seen *seen = item;

	return es_entry_name_cmp(k->path, k->len, seen->path, seen->len);
}

static const struct es_package_seen *find_seen(const struct es_package_ops *ops,
					       const char *path, size_t len)
{
	const struct es_package_seen key = { .path = path, .len = len };

	if (!ops || ops->n_seen == 0)
		return NULL;
	return bsearch(&key, ops->seen, ops->n_seen, sizeof(*ops->seen),
		       by_path);
}

/* Operations are sorted by name; of two architectures the first will do. */
static const struct es_package_op *find_op(const struct es_package_ops *ops,
					   const char *name)
{
	size_t low = 0, high = ops ? ops->n_ops : 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(ops->ops[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (!ops || low == ops->n_ops || strcmp(ops->ops[low].name, name) != 0)
		return NULL;
	return &ops->ops[low];
}

/* A verdict is about one content: that of the newer run, or none does hold. */
static bool holds(const struct es_package_seen *seen, const struct es_change *c)
{
	static const uint8_t none[ES_SHA256_LEN];

	if (!c->new)
		return seen->verdict == ES_PACKAGE_GONE;
	if (seen->verdict == ES_PACKAGE_GONE)
		return false;
	if (!(c->new->has &(ES_HAS_SHA256 | ES_HAS_HMAC)))
		return memcmp(seen->recorded, none, sizeof(none)) == 0;
	return memcmp(seen->recorded, c->new->digest, sizeof(none)) == 0;
}

static bool is_conffile(enum es_package_verdict verdict)
{
	return verdict >= ES_PACKAGE_CONF_NEW &&
	       verdict <= ES_PACKAGE_CONF_SAVED;
}

/*
 * Content as the package has it says nothing of who may write it: owner, mode
 * and the like must be as they were, or the object be new.
 */
static bool is_plain(const struct report_note *n)
{
	const unsigned int told = 1u << ES_ATTR_TYPE | 1u << ES_ATTR_MODE |
				  1u << ES_ATTR_UID | 1u << ES_ATTR_GID |
				  1u << ES_ATTR_XATTR | 1u << ES_ATTR_FLAGS |
				  1u << ES_ATTR_UNREAD | 1u << ES_ATTR_MOUNT;

	return !(n->change->attrs & told);
}

static void explain_owned(struct report_note *n)
{
	const struct es_entry *e =
		n->change->new ? n->change->new : n->change->old;

	switch (n->seen->verdict) {
	case ES_PACKAGE_MATCH:
	case ES_PACKAGE_GONE:
		if (n->op && is_plain(n))
			n->why = WHY_PACKAGE;
		break;
	case ES_PACKAGE_CONF_NEW:
		n->why = n->op && is_plain(n) ? WHY_PACKAGE : WHY_CONFFILE;
		break;
	case ES_PACKAGE_DIFFERS:
		n->why = WHY_DIFFERS;
		break;
	case ES_PACKAGE_CONF_KEPT:
	case ES_PACKAGE_CONF_CHANGED:
	case ES_PACKAGE_CONF_SAVED:
		n->why = WHY_CONFFILE;
		break;
	case ES_PACKAGE_UNKNOWN:
		/* directories and links have no checksum */
		if (n->op && e->type != ES_TYPE_FILE && is_plain(n))
			n->why = WHY_PACKAGE;
		break;
	case ES_PACKAGE_VERDICTS:
	default:
		break;
	}
}

/* Suffix of the file that stands beside a configuration file. */
static const char *find_beside(const struct report_note *n)
{
	for (size_t i = 0; i < TWINS; i++)
		if (n->op && twins[i].verdict == n->seen->verdict &&
		    strcmp(twins[i].manager, n->op->manager) == 0)
			return twins[i].suffix;
	return NULL;
}

/* The package's own version of a configuration file, or the saved one. */
static void explain_twin(const struct report_job *job, struct report_note *n)
{
	const struct es_change *c = n->change;
	const char *suffix = report_beside(c->path, c->len);
	const struct es_package_seen *seen;

	if (!suffix || !c->new)
		return;
	seen = find_seen(job->ops, c->path, c->len - strlen(suffix));
	if (!seen || !is_conffile(seen->verdict))
		return;
	n->op = find_op(job->ops, seen->package);
	if (n->op && n->op->kind != ES_PACKAGE_OP_REMOVE) {
		n->beside = suffix;
		n->why = WHY_PACKAGE;
	}
}

static void explain_package(const struct report_job *job, struct report_note *n)
{
	const struct es_change *c = n->change;
	const struct es_package_seen *seen =
		find_seen(job->ops, c->path, c->len);

	if (!seen || !holds(seen, c)) {
		explain_twin(job, n);
		return;
	}
	n->seen = seen;
	n->op = find_op(job->ops, seen->package);
	explain_owned(n);
	if (n->why == WHY_CONFFILE)
		n->beside = find_beside(n);
}

/*
 * A package's file of another name than before is the package's, unless some
 * package misses the name before: then somebody moved it.
 */
static void explain_renamed(const struct report_job *job, struct report_note *n)
{
	const struct es_change *c = n->change;
	const struct es_package_seen *was =
		find_seen(job->ops, c->from, strlen(c->from));

	explain_package(job, n);
	if (n->why == WHY_PACKAGE && (!was || was->verdict == ES_PACKAGE_GONE))
		return;
	if (n->why != WHY_DIFFERS)
		n->why = WHY_RENAME;
}

/*
 * What went from where packages have their files, and is of none of today's:
 * managers forget which files the version had that they replaced.
 */
static bool is_outdated(const struct report_job *job,
			const struct report_note *n)
{
	const struct es_change *c = n->change;

	return n->part == PART_FILES && c->kind == ES_CHANGE_REMOVED &&
	       !n->seen && job->ops && job->ops->n_ops > 0 &&
	       (strncmp(c->path, "/usr/", 5) == 0 ||
		strncmp(c->path, "/lib", 4) == 0) &&
	       strncmp(c->path, "/usr/local/", 11) != 0;
}

/* Whether every line of the list of packages that differs is an operation. */
static bool is_known_package(const struct report_job *job, const char *line,
			     size_t len)
{
	char name[256];
	size_t word = 0;

	while (word < len && line[word] != ' ')
		word++;
	if (word == 0 || word >= sizeof(name))
		return false;
	memcpy(name, line, word);
	name[word] = '\0';
	return find_op(job->ops, name) != NULL;
}

static bool are_known_packages(const struct report_job *job,
			       const struct es_change *c)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf patch = ES_BUF_INIT(1 << 22);
	struct es_patch_options options = job->in->patch;
	struct es_error err = ES_ERROR_INIT;

	if (!job->ops || job->ops->n_ops == 0)
		return false;
	options.context = 0;
	options.charsets = NULL;
	if (es_delta_patch(&patch, job->in->st, c, &options, &err) !=
	    ES_PATCH_TEXT)
		return false;
	for (const char *at = es_buf_str(&patch); *at;) {
		size_t len = strcspn(at, "\n");

		if ((*at == '+' || *at == '-') &&
		    !is_known_package(job, at + 1, len - 1))
			return false;
		at += len + (at[len] == '\n');
	}
	return true;
}

static void explain_kind(struct report_note *n)
{
	switch (n->change->kind) {
	case ES_CHANGE_WATCHED:
	case ES_CHANGE_UNWATCHED:
		n->why = WHY_RULES;
		break;
	case ES_CHANGE_RENAMED:
		n->why = WHY_RENAME;
		break;
	case ES_CHANGE_ADDED:
	case ES_CHANGE_REMOVED:
	case ES_CHANGE_CHANGED:
	case ES_CHANGE_TOUCHED:
	case ES_CHANGE_RETYPED:
	case ES_CHANGE_KINDS:
	default:
		break;
	}
}

void report_explain(struct report_job *job)
{
	const unsigned int often = report_flap_times(job->in);

	for (size_t i = 0; i < job->n; i++) {
		struct report_note *n = &job->notes[i];

		explain_kind(n);
		if (n->why == WHY_NOTHING && n->part == PART_FILES)
			explain_package(job, n);
		else if (n->why == WHY_RENAME && n->part == PART_FILES)
			explain_renamed(job, n);
		if (n->part == PART_SYSTEM &&
		    strcmp(n->change->path, "system/packages") == 0 &&
		    n->change->kind == ES_CHANGE_CHANGED &&
		    are_known_packages(job, n->change))
			n->why = WHY_PACKAGE;
		if (n->why == WHY_NOTHING && n->times > often)
			n->why = WHY_FLAPPING;
		if (n->why == WHY_NOTHING && is_outdated(job, n))
			n->why = WHY_OUTDATED;
	}
}
