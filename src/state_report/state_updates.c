/* SPDX-License-Identifier: MIT */
/* state_updates.c - packages that could be newer, by apt's own lists */
#include "config.h"

#include "state_report/state_report_priv.h"

#include "etcsnap/package_ops.h"
#include "etcsnap/strmap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/*
 * The lists that "apt-get update" fetched, compared with what is installed:
 * no program is run and nothing is asked of the network, so that this is as
 * true as the lists are fresh, which is told. Archives that apt takes nothing
 * from by itself (NotAutomatic, such as backports) are left out; packages on
 * hold and pins are not looked at.
 */
#define LISTS "var/lib/apt/lists"
/* Pending packages that are named. */
#define NAMED_MAX 200

/* An installed package and the newest version that a list has of it. */
struct installed {
	const struct es_package *package;
	char *newest; /* owned, NULL: nothing newer */
	bool security;
};

struct updates {
	const struct state_job *job;
	struct es_packages *packages;
	struct installed *items;
	size_t n;
	struct es_strmap *map; /* of struct installed, by "name arch" */
	char **releases;       /* names of files of archives to leave out */
	size_t n_releases;
	size_t lists;
	bool security;	/* the list at hand is of security updates */
	bool broken;	/* a list could not be read */
	time_t fetched; /* when the newest list came */
};

static void updates_dispose(struct updates *u)
{
	for (size_t i = 0; i < u->n; i++)
		free(u->items[i].newest);
	free(u->items);
	es_strmap_free(u->map);
	for (size_t i = 0; i < u->n_releases; i++)
		free(u->releases[i]);
	free(u->releases);
	es_packages_free(u->packages);
}

static int set_key(struct es_buf *key, const char *name, const char *arch)
{
	es_buf_reset(key);
	es_buf_addf(key, "%s %s", name, arch);
	return key->failed;
}

static int add_installed(struct updates *u)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf key = ES_BUF_INIT(1 << 16);
	size_t n = es_packages_count(u->packages);

	u->map = es_strmap_new();
	u->items = calloc(n + 1, sizeof(*u->items));
	if (!u->map || !u->items)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct es_package *p = es_packages_at(u->packages, i);
		struct installed *in = &u->items[u->n];

		if (strcmp(p->manager, "dpkg") != 0 ||
		    strcmp(p->status, "installed") != 0)
			continue;
		in->package = p;
		u->n++;
		if (set_key(&key, p->name, p->arch) < 0 ||
		    es_strmap_put(u->map, key.data, key.len, in) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* --- lists ---------------------------------------------------------------- */

static bool ends_in(const char *name, const char *end)
{
	size_t n = strlen(name), len = strlen(end);

	return n > len && strcmp(name + n - len, end) == 0;
}

/* An architecture of the list and "all" may stand for each other. */
static struct installed *find(const struct updates *u,
			      const struct state_stanza *s)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf key = ES_BUF_INIT(1 << 16);
	struct installed *in = NULL;

	if (set_key(&key, s->name, s->arch) == 0)
		in = es_strmap_get(u->map, key.data, key.len);
	if (!in && set_key(&key, s->name, "all") == 0)
		in = es_strmap_get(u->map, key.data, key.len);
	return in;
}

static bool is_newer(const char *version, const char *than)
{
	return es_package_version_compare("dpkg", version, than) > 0;
}

/* A version of a package that an archive has. */
static int offer(void *payload, struct state_stanza *s)
{
	struct updates *u = payload;
	struct installed *in = find(u, s);

	if (!in || !is_newer(s->version, in->package->version))
		return 0;
	in->security |= u->security;
	if (in->newest && !is_newer(s->version, in->newest))
		return 0;
	free(in->newest);
	in->newest = s->version;
	s->version = NULL;
	return 0;
}

/* --- archives ------------------------------------------------------------- */

static FILE *open_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (fd >= 0 && !f)
		close(fd);
	return f;
}

/* "deb.example_debian_dists_stable_" of such a file's name. */
static size_t archive_len(const char *name)
{
	if (ends_in(name, "_InRelease"))
		return strlen(name) - strlen("InRelease");
	if (ends_in(name, "_Release"))
		return strlen(name) - strlen("Release");
	return 0;
}

/* Keep the names of archives that nothing is taken from by itself. */
static int judge_archive(struct updates *u, int dir, const char *name)
{
	ES_CLEANUP(es_fclosep) FILE *f = open_file(dir, name);
	ES_CLEANUP(es_freep) char *line = NULL;
	bool left_out = false;
	size_t room = 0;
	char **grown;

	while (f && getline(&line, &room, f) > 0 && *line != ' ')
		left_out |= strncasecmp(line, "NotAutomatic: yes", 17) == 0;
	if (!left_out)
		return 0;
	grown = reallocarray(u->releases, u->n_releases + 1, sizeof(char *));
	if (!grown)
		return -ENOMEM;
	u->releases = grown;
	grown[u->n_releases] = strndup(name, archive_len(name));
	return grown[u->n_releases++] ? 0 : -ENOMEM;
}

static bool is_left_out(const struct updates *u, const char *name)
{
	for (size_t i = 0; i < u->n_releases; i++)
		if (strncmp(name, u->releases[i], strlen(u->releases[i])) == 0)
			return true;
	return false;
}

/* Lists are kept as they were fetched, or as apt was told to keep them. */
static bool is_list(const char *name)
{
	static const char *const ends[] = {
		"_Packages",	  "_Packages.lz4", "_Packages.xz",
		"_Packages.gz",	  "_Packages.zst", "_Packages.bz2",
		"_Packages.lzma",
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (ends_in(name, ends[i]))
			return true;
	return false;
}

static int take_list(struct updates *u, int dir, const char *name)
{
	ES_CLEANUP(es_closep) int fd = -1;
	struct stat st;
	int rc;

	if (!is_list(name) || is_left_out(u, name))
		return 0;
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0)
		return 0;
	u->security = strstr(name, "security") != NULL;
	rc = state_list_read(fd, offer, u);
	if (rc == -ENOMEM)
		return rc;
	u->broken |= rc < 0;
	u->lists++;
	if (st.st_mtime > u->fetched)
		u->fetched = st.st_mtime;
	return 0;
}

static int take_archive(struct updates *u, int dir, const char *name)
{
	return archive_len(name) ? judge_archive(u, dir, name) : 0;
}

/* Every file of the folder of lists. */
static int each_file(struct updates *u,
		     int (*take)(struct updates *u, int dir, const char *name))
{
	ES_CLEANUP(es_closedirp) DIR *dir = NULL;
	struct dirent *d;
	int fd =
		openat(u->job->root, LISTS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return 0;
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while (rc == 0 && (d = readdir(dir)) != NULL)
		rc = take(u, dirfd(dir), d->d_name);
	return rc;
}

/* --- telling -------------------------------------------------------------- */

static void set_unknown(struct es_doc *obj, const char *why)
{
	es_doc_bool(obj, "known", false);
	es_doc_str(obj, "why", why);
}

static void set_pending(struct es_doc *obj, const struct updates *u)
{
	struct es_doc *list = es_doc_array(obj, "packages");
	int64_t pending = 0, security = 0;

	for (size_t i = 0; i < u->n; i++) {
		const struct installed *in = &u->items[i];
		struct es_doc *item;

		if (!in->newest)
			continue;
		security += in->security;
		if (pending++ >= NAMED_MAX)
			continue;
		item = es_doc_push(list);
		es_doc_text(item, "name", in->package->name,
			    strlen(in->package->name));
		es_doc_text(item, "old", in->package->version,
			    strlen(in->package->version));
		es_doc_str(item, "new", in->newest);
		es_doc_bool(item, "security", in->security);
	}
	es_doc_bool(obj, "known", true);
	es_doc_str(obj, "source", "apt");
	es_doc_number(obj, "age", u->job->in->now - (int64_t)u->fetched);
	es_doc_number(obj, "pending", pending);
	es_doc_number(obj, "security", security);
}

/* "12 updates can be applied immediately.", as update-notifier(8) left it. */
static bool set_notified(struct es_doc *obj, const struct state_job *job)
{
	static const char path[] = "var/lib/update-notifier/updates-available";
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);
	struct stat st;
	const char *at;

	if (!state_read(&b, job, path) || fstatat(job->root, path, &st, 0) < 0)
		return false;
	at = es_buf_str(&b) + strspn(es_buf_str(&b), " \n");
	if (*at < '0' || *at > '9')
		return false;
	es_doc_bool(obj, "known", true);
	es_doc_str(obj, "source", "update-notifier");
	es_doc_number(obj, "age", job->in->now - (int64_t)st.st_mtime);
	es_doc_number(obj, "pending", strtol(at, NULL, 10));
	at = strchr(at, '\n');
	for (; at && (*at < '0' || *at > '9') && *at; at++)
		;
	es_doc_number(obj, "security",
		      at && strstr(at, "security") ? strtol(at, NULL, 10) : 0);
	return true;
}

static int take_lists(struct updates *u)
{
	int rc = add_installed(u);

	if (rc == 0 && u->n)
		rc = each_file(u, take_archive);
	if (rc == 0 && u->n)
		rc = each_file(u, take_list);
	return rc;
}

int state_updates(struct state_job *job)
{
	ES_CLEANUP(updates_dispose) struct updates u = { .job = job };
	struct es_doc *obj = es_doc_object(job->doc, "updates");
	struct es_error why = ES_ERROR_INIT;
	int rc = es_packages_open(&u.packages, job->in->root, &why);

	if (rc == -ENOMEM)
		return rc;
	if (rc < 0) {
		set_unknown(obj, why.msg);
		return 0;
	}
	if (take_lists(&u) < 0)
		return -ENOMEM;
	if (u.broken)
		set_unknown(obj, "a list of apt cannot be read");
	else if (u.lists)
		set_pending(obj, &u);
	else if (set_notified(obj, job))
		return 0;
	else if (u.n)
		set_unknown(obj, "apt has no lists; 'apt-get update' was not "
				 "run");
	else if (es_packages_count(u.packages))
		set_unknown(obj, "only apt's lists are understood");
	else
		set_unknown(obj, "no packages are known");
	return 0;
}
