/* SPDX-License-Identifier: MIT */
/* units.c - what systemd starts, by the links that say so */
#include "config.h"

#include "facts/units_priv.h"

#include "etcsnap/cleanup.h"
#include "etcsnap/fileio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

/* Where an administrator's links are. Source: systemd.unit(5). */
static const struct {
	const char *scope;
	const char *path;
} places[] = {
	{ "systemd", "etc/systemd/system" },
	{ "systemd-user", "etc/systemd/user" },
};

/* Directories of links, by the end of their names. */
static const struct {
	const char *suffix;
	const char *relation;
} relations[] = {
	{ ".wants", "wanted-by" },
	{ ".requires", "required-by" },
	{ ".upholds", "upheld-by" },
};

/* A walk through one place. */
struct units {
	const char *scope;
	int dir;
	int (*each)(void *payload, const struct es_unit *unit);
	void *payload;
};

static bool ends_with(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n > m && strcmp(s + n - m, suffix) == 0;
}

static int tell(const struct units *u, const char *name, const char *relation,
		const char *other)
{
	const struct es_unit unit = {
		.scope = u->scope,
		.name = name,
		.relation = relation,
		.other = other,
	};

	return u->each(u->payload, &unit);
}

/* What a directory NAME.wants and the like holds. */
static int read_relation(const struct units *u, const char *name,
			 const char *suffix, const char *relation)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf names = ES_BUF_INIT(16 << 20);
	char other[NAME_MAX + 1];
	int rc = es_fact_list(&names, u->dir, name);

	if (rc < 0)
		return rc == -ENOENT || rc == -ENOTDIR ? 0 : rc;
	snprintf(other, sizeof(other), "%.*s",
		 (int)(strlen(name) - strlen(suffix)), name);
	const char *p = es_buf_str(&names), *end = p + names.len;
	for (; rc == 0 && p < end; p += strlen(p) + 1)
		rc = tell(u, p, relation, other);
	return rc;
}

/*
 * A link or an empty file right in the place: masked, another name of a
 * unit, or a unit that lies elsewhere.
 */
static int read_entry(const struct units *u, const char *name)
{
	char target[PATH_MAX];
	struct stat st;

	if (fstatat(u->dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISREG(st.st_mode) && st.st_size == 0)
		return tell(u, name, "masked", "");
	if (!S_ISLNK(st.st_mode) ||
	    es_fact_link(target, sizeof(target), u->dir, name) <= 0)
		return 0;
	if (strcmp(target, "/dev/null") == 0)
		return tell(u, name, "masked", "");
	const char *slash = strrchr(target, '/');
	const char *last = slash ? slash + 1 : target;
	if (strcmp(last, name) == 0)
		return tell(u, name, "linked", target);
	return tell(u, last, "alias", name);
}

static int read_name(const struct units *u, const char *name)
{
	for (size_t i = 0; i < sizeof(relations) / sizeof(relations[0]); i++)
		if (ends_with(name, relations[i].suffix))
			return read_relation(u, name, relations[i].suffix,
					     relations[i].relation);
	return read_entry(u, name);
}

int es_units_each(const struct es_fact_source *src,
		  int (*each)(void *payload, const struct es_unit *unit),
		  void *payload)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf names = ES_BUF_INIT(16 << 20);
		ES_CLEANUP(es_closep)
		int dir = es_open_in_root(src->root, places[i].path,
					  O_RDONLY | O_DIRECTORY);
		const struct units u = { places[i].scope, dir, each, payload };
		int rc = dir < 0 ? -errno : es_fact_list(&names, dir, ".");

		if (rc == -ENOENT || rc == -ENOTDIR)
			continue;
		const char *p = es_buf_str(&names), *end = p + names.len;
		for (; rc == 0 && p < end; p += strlen(p) + 1)
			rc = read_name(&u, p);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int es_unit_put(struct es_buf *out, const struct es_unit *unit)
{
	es_buf_addf(out, "%s ", unit->scope);
	es_fact_word(out, unit->name, strlen(unit->name));
	es_buf_addf(out, " %s", unit->relation);
	if (unit->other[0]) {
		es_buf_addc(out, ' ');
		es_fact_word(out, unit->other, strlen(unit->other));
	}
	return es_buf_addc(out, '\n');
}

bool es_unit_is_timer(const struct es_unit *unit)
{
	return ends_with(unit->name, ".timer");
}
