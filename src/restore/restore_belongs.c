/* SPDX-License-Identifier: MIT */
/* restore_belongs.c - packages and services that restored files belong to */
#include "config.h"

#include "restore/restore_plan_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/packages.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * A path belongs to the package that lists it, or for which ucf(1) keeps it.
 * Of others, such as keys that a package makes when it is installed, only this
 * can be said: which packages have files beside it. Where one of those has
 * services it is that one, else the only one there is.
 */

/* Most packages beside a file that say anything. */
#define BESIDE_MAX 4

/**
 * struct owner - a package that paths of the plan belong to
 * @next:     the one before
 * @package:  it
 * @services: names of its services, with ", " between them
 */
struct owner {
	struct owner *next;
	const struct es_package *package;
	struct es_buf services;
};

/** struct beside - packages that have files in a directory */
struct beside {
	struct beside *next;
	const struct es_package *packages[BESIDE_MAX];
	size_t n;
};

/**
 * struct search - what is being found out
 * @p:      plan
 * @owners: packages, by "NAME:ARCH:MANAGER"
 * @dirs:   struct beside by directory, of paths that no package lists
 * @all:    every struct owner
 * @near:   every struct beside
 * @ucf:    text of ucf's registry: "PACKAGE PATH" lines
 */
struct search {
	struct es_restore_plan *p;
	struct es_strmap *owners;
	struct es_strmap *dirs;
	struct owner *all;
	struct beside *near;
	struct es_buf ucf;
};

static void search_dispose(struct search *s)
{
	while (s->all) {
		struct owner *next = s->all->next;

		es_buf_dispose(&s->all->services);
		free(s->all);
		s->all = next;
	}
	while (s->near) {
		struct beside *next = s->near->next;

		free(s->near);
		s->near = next;
	}
	es_strmap_free(s->owners);
	es_strmap_free(s->dirs);
	es_buf_dispose(&s->ucf);
}

/* The record of a package, made when it is new. NULL: no memory. */
static struct owner *owner_of(struct search *s, const struct es_package *k)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf key = ES_BUF_INIT(65536);
	struct owner *o;

	es_buf_addf(&key, "%s:%s:%s", k->name, k->arch, k->manager);
	if (key.failed)
		return NULL;
	o = es_strmap_get(s->owners, key.data, key.len);
	if (o)
		return o;
	o = calloc(1, sizeof(*o));
	if (!o)
		return NULL;
	o->next = s->all;
	o->package = k;
	o->services = (struct es_buf)ES_BUF_INIT(65536);
	s->all = o;
	return es_strmap_put(s->owners, key.data, key.len, o) < 0 ? NULL : o;
}

/* ----------------------------------------------------------------- services */

static bool is_service(const char *dir, const char *name)
{
	const char *end = strrchr(name, '.');

	if (name[0] == '.')
		return false;
	if (strcmp(dir, "/etc/init.d") == 0)
		return strcmp(name, "README") != 0;
	return end && strcmp(end, ".service") == 0;
}

/* A script that starts what a unit of the same name starts is no other. */
static bool is_told(const struct owner *o, const char *name)
{
	size_t len = strlen(name);
	const char *at = es_buf_str(&o->services);

	while ((at = strstr(at, name)) != NULL) {
		bool begins = at == o->services.data || at[-1] == ' ';

		if (begins && (at[len] == '\0' || at[len] == ',' ||
			       strncmp(at + len, ".service", 8) == 0))
			return true;
		at += len;
	}
	return false;
}

static int add_service(struct search *s, const char *dir, const char *name,
		       struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(65536);
	struct es_package_file f;
	struct owner *o;
	int rc;

	es_buf_addf(&path, "%s/%s", dir, name);
	if (path.failed)
		return es_fail_oom(err);
	rc = es_packages_owner(s->p->packages, path.data, path.len, &f, err);
	if (rc <= 0)
		return rc;
	o = owner_of(s, f.package);
	if (!o)
		return es_fail_oom(err);
	if (!is_told(o, name))
		es_buf_addf(&o->services, "%s%s", o->services.len ? ", " : "",
			    name);
	return 0;
}

static int find_services(struct search *s, struct es_error *err)
{
	static const char *const dirs[] = {
		"/usr/lib/systemd/system",
		"/lib/systemd/system",
		"/etc/init.d",
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		int fd =
			restore_tree_dir(&s->p->live, dirs[i], strlen(dirs[i]));
		int copy = fd < 0 ? -1
				  : openat(fd, ".",
					   O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		ES_CLEANUP(es_closedirp)
		DIR *d = copy < 0 ? NULL : fdopendir(copy);

		if (!d) {
			es_closep(&copy);
			continue;
		}
		for (const struct dirent *e = readdir(d); rc >= 0 && e;
		     e = readdir(d))
			if (is_service(dirs[i], e->d_name))
				rc = add_service(s, dirs[i], e->d_name, err);
	}
	return rc;
}

/* ------------------------------------------------------------------- owners */

/* The package that ucf keeps a file for: "PACKAGE PATH" is its line. */
static const struct es_package *find_ucf(const struct search *s,
					 const char *path)
{
	const char *line = es_buf_str(&s->ucf);
	size_t want = strlen(path);

	while (*line) {
		size_t len = strcspn(line, "\n");
		size_t name = strcspn(line, " \t\n");
		size_t gap = strspn(line + name, " \t");

		if (len == name + gap + want &&
		    memcmp(line + name + gap, path, want) == 0)
			break;
		line += len + (line[len] == '\n');
	}
	for (size_t i = 0; *line && i < es_packages_count(s->p->packages);
	     i++) {
		const struct es_package *k = es_packages_at(s->p->packages, i);

		if (strncmp(line, k->name, strlen(k->name)) == 0 &&
		    strchr(" \t", line[strlen(k->name)]))
			return k;
	}
	return NULL;
}

static int find_owner(struct search *s, struct item *it, struct es_error *err)
{
	struct es_package_file f = { .package = NULL };
	size_t dir = restore_dir_len(it->pub.path, it->pub.len);
	struct beside *b;
	int rc = es_packages_owner(s->p->packages, it->pub.path, it->pub.len,
				   &f, err);

	if (rc < 0)
		return rc;
	if (rc == 0)
		f.package = find_ucf(s, it->pub.path);
	if (f.package) {
		it->pub.package = f.package->name;
		it->pub.manager = f.package->manager;
		it->pub.conffile = f.conffile;
		return owner_of(s, f.package) ? 0 : es_fail_oom(err);
	}
	if (es_strmap_get(s->dirs, it->pub.path, dir))
		return 0;
	b = calloc(1, sizeof(*b));
	if (!b)
		return es_fail_oom(err);
	b->next = s->near;
	s->near = b;
	if (es_strmap_put(s->dirs, it->pub.path, dir, b) < 0)
		return es_fail_oom(err);
	return 0;
}

/* Called for every file of every package. */
static int look_beside(void *payload, const char *path, size_t len,
		       const struct es_package_file *file)
{
	struct search *s = payload;
	struct beside *b =
		es_strmap_get(s->dirs, path, restore_dir_len(path, len));

	if (!b)
		return 0;
	for (size_t i = 0; i < b->n && i < BESIDE_MAX; i++)
		if (b->packages[i] == file->package)
			return 0;
	if (b->n < BESIDE_MAX)
		b->packages[b->n] = file->package;
	b->n++;
	return 0;
}

static const struct es_package *one_beside(struct search *s,
					   const struct beside *b)
{
	const struct es_package *found = NULL;

	for (size_t i = 0; b->n <= BESIDE_MAX && i < b->n; i++) {
		const struct owner *o = owner_of(s, b->packages[i]);

		if (!o || o->services.len == 0)
			continue;
		if (found)
			return NULL;
		found = b->packages[i];
	}
	return found ? found : b->n == 1 ? b->packages[0] : NULL;
}

static int settle(struct search *s, struct item *it)
{
	const size_t dir = restore_dir_len(it->pub.path, it->pub.len);
	const struct beside *b = es_strmap_get(s->dirs, it->pub.path, dir);
	const struct es_package *k = NULL;

	if (!it->pub.package && b) {
		k = one_beside(s, b);
		if (!k)
			return 0;
		it->pub.beside = true;
		it->pub.package = k->name;
		it->pub.manager = k->manager;
	}
	for (const struct owner *o = s->all; it->pub.package && o;
	     o = o->next) {
		if (strcmp(o->package->name, it->pub.package) != 0 ||
		    o->services.len == 0)
			continue;
		it->side = strdup(o->services.data);
		it->pub.services = it->side;
		return it->side ? 0 : -ENOMEM;
	}
	return 0;
}

static bool is_asked(const struct item *it)
{
	return it->pub.action != ES_RESTORE_KEEP;
}

static int search_all(struct search *s, struct es_error *err)
{
	struct es_restore_plan *p = s->p;
	struct es_error why = ES_ERROR_INIT;
	int dir = restore_tree_dir(&p->live, "/var/lib/ucf", 12);
	int rc = 0;

	if (dir >= 0)
		es_read_file(&s->ucf, dir, "registry", &why);
	for (size_t i = 0; rc == 0 && i < p->n; i++)
		if (is_asked(&p->items[i]))
			rc = find_owner(s, &p->items[i], err);
	if (rc == 0 && es_strmap_count(s->dirs) > 0)
		rc = es_packages_each_file(p->packages, look_beside, s, err);
	if (rc == 0)
		rc = find_services(s, err);
	for (size_t i = 0; rc >= 0 && i < p->n; i++)
		if (is_asked(&p->items[i]) && settle(s, &p->items[i]) < 0)
			rc = es_fail_oom(err);
	return rc < 0 ? rc : 0;
}

int restore_belongs(struct es_restore_plan *p, struct es_error *err)
{
	ES_CLEANUP(search_dispose)
	struct search s = {
		.p = p,
		.owners = es_strmap_new(),
		.dirs = es_strmap_new(),
		.ucf = ES_BUF_INIT(1 << 24),
	};
	struct es_error why = ES_ERROR_INIT;

	if (!s.owners || !s.dirs)
		return es_fail_oom(err);
	/* a hint that cannot be had is no reason not to restore */
	if (p->n == 0 ||
	    es_packages_open(&p->packages, p->o.session->root, &why) < 0 ||
	    es_packages_count(p->packages) == 0)
		return 0;
	if (search_all(&s, &why) < 0 && why.code == -ENOMEM)
		return es_fail_oom(err);
	return 0;
}
