/* SPDX-License-Identifier: MIT */
/* ids.c - user and group names, and home directories, of one root */
#include "config.h"

#include "etcsnap/ids.h"

#include "etcsnap/digest.h"
#include "etcsnap/fileio.h"
#include "etcsnap/strmap.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pthread.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Ceiling of a user database in bytes; half a million accounts fit. */
#define DATABASE_MAX ((size_t)64 << 20)

/* First and last size of the room that getpwuid_r() gets, bytes. */
#define ANSWER_MIN ((size_t)1024)
#define ANSWER_MAX ((size_t)4 << 20)

struct es_ids {
	char *root;
	bool system;		     /* root is "/": ask the C library */
	pthread_mutex_t lock;	     /* over the two caches and getpwent() */
	struct es_strmap *users;     /* uid as four bytes -> name, owned */
	struct es_strmap *groups;    /* gid as four bytes -> name, owned */
	struct es_account *accounts; /* all of passwd; strings owned */
	size_t n_accounts;
	size_t cap_accounts;
	bool listed; /* accounts are complete */
};

/* Cached for a number without a name: it shall be asked for only once. */
static char nameless[] = "";

static int open_inside(const char *root, const char *path)
{
	ES_CLEANUP(es_closep)
	int dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return dir < 0 ? -1 : es_open_in_root(dir, path, O_RDONLY);
}

/* A database that is missing, unreadable or no file at all is an empty one. */
static int read_database(struct es_buf *b, const char *root, const char *path)
{
	ES_CLEANUP(es_closep) int fd = open_inside(root, path);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	return es_read_fd(b, fd) == -ENOMEM ? -ENOMEM : 0;
}

/**
 * struct line - the fields of a line of passwd(5) or group(5), not terminated
 * @at:  where each begins
 * @len: their lengths in bytes
 * @n:   how many there are
 */
struct line {
	const char *at[7];
	size_t len[7];
	size_t n;
};

/* The next line that is an entry. Returns what follows, NULL at the end. */
static const char *next_line(struct line *out, const char *p, const char *end)
{
	while (p < end) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));
		const char *line = p;

		if (!stop)
			stop = end;
		p = stop < end ? stop + 1 : end;
		/* NIS markers and comments are no accounts. */
		if (line == stop || strchr("+-#", *line))
			continue;
		out->n = 0;
		while (out->n < 7) {
			const char *colon =
				memchr(line, ':', (size_t)(stop - line));

			out->at[out->n] = line;
			out->len[out->n] =
				(size_t)((colon ? colon : stop) - line);
			out->n++;
			if (!colon)
				break;
			line = colon + 1;
		}
		return p;
	}
	return NULL;
}

static bool parse_id(uint32_t *out, const char *s, size_t len)
{
	uint64_t value = 0;

	if (len == 0 || len > 10)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(s[i] - '0');
	}
	if (value > UINT32_MAX)
		return false;
	*out = (uint32_t)value;
	return true;
}

/* Returns the value now in the map (owned by it), NULL without memory. */
static char *remember(struct es_strmap *names, uint32_t id, const char *name,
		      size_t len)
{
	ES_CLEANUP(es_freep) char *copy = NULL;

	if (name) {
		copy = strndup(name, len);
		if (!copy)
			return NULL;
	}
	char *value = copy ? copy : nameless;
	if (es_strmap_put(names, (const char *)&id, sizeof(id), value) < 0)
		return NULL;
	copy = NULL;
	return value;
}

/* Fill a cache from the text of passwd or group; the first of a number. */
static int load_names(struct es_strmap *names, const char *root,
		      const char *path)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(DATABASE_MAX);
	struct line line;
	uint32_t id;

	if (read_database(&b, root, path) < 0)
		return -ENOMEM;
	const char *p = es_buf_str(&b);
	const char *end = p + b.len;
	while ((p = next_line(&line, p, end))) {
		if (line.n < 3 || line.len[0] == 0 ||
		    !parse_id(&id, line.at[2], line.len[2]) ||
		    es_strmap_get(names, (const char *)&id, sizeof(id)))
			continue;
		if (!remember(names, id, line.at[0], line.len[0]))
			return -ENOMEM;
	}
	return 0;
}

int es_ids_new(struct es_ids **out, const char *root, struct es_error *err)
{
	ES_CLEANUP(es_ids_freep) struct es_ids *ids = calloc(1, sizeof(*ids));

	if (!ids)
		return es_fail_oom(err);
	/* Cannot fail with default attributes on Linux. */
	pthread_mutex_init(&ids->lock, NULL);
	ids->root = strdup(root);
	ids->users = es_strmap_new();
	ids->groups = es_strmap_new();
	if (!ids->root || !ids->users || !ids->groups)
		return es_fail_oom(err);
	ids->system = root[0] == '/' && root[strspn(root, "/")] == '\0';
	if (!ids->system && (load_names(ids->users, root, "etc/passwd") < 0 ||
			     load_names(ids->groups, root, "etc/group") < 0))
		return es_fail_oom(err);
	*out = es_steal_ptr(&ids);
	return 0;
}

static void free_names(struct es_strmap *names)
{
	const char *key;
	size_t pos = 0, len;
	void *value;

	if (!names)
		return;
	while (es_strmap_each(names, &pos, &key, &len, &value))
		if (value != nameless)
			free(value);
	es_strmap_free(names);
}

/* One question to the C library; *name points into @room or is NULL. */
static int ask_user(const char **name, uint32_t uid, char *room, size_t len)
{
	struct passwd pw, *found = NULL;
	int rc = getpwuid_r(uid, &pw, room, len, &found);

	*name = found ? pw.pw_name : NULL;
	return rc;
}

static int ask_group(const char **name, uint32_t gid, char *room, size_t len)
{
	struct group gr, *found = NULL;
	int rc = getgrgid_r(gid, &gr, room, len, &found);

	*name = found ? gr.gr_name : NULL;
	return rc;
}

typedef int (*ask_fn)(const char **name, uint32_t id, char *room, size_t len);

/*
 * Ask with more and more room: a group of a directory service may come with
 * thousands of members. What fails otherwise counts as no name; asking again
 * for every file would wait for the same timeout each time.
 */
static char *ask(struct es_strmap *names, uint32_t id, ask_fn fn)
{
	for (size_t room = ANSWER_MIN; room <= ANSWER_MAX; room *= 4) {
		ES_CLEANUP(es_freep) char *answer = malloc(room);
		const char *name = NULL;

		if (!answer)
			return NULL;
		if (fn(&name, id, answer, room) != ERANGE)
			return remember(names, id, name,
					name ? strlen(name) : 0);
	}
	return remember(names, id, NULL, 0);
}

static const char *lookup(struct es_ids *ids, struct es_strmap *names,
			  uint32_t id, ask_fn fn)
{
	pthread_mutex_lock(&ids->lock);
	char *name = es_strmap_get(names, (const char *)&id, sizeof(id));
	if (!name && ids->system)
		name = ask(names, id, fn);
	pthread_mutex_unlock(&ids->lock);
	return name == nameless ? NULL : name;
}

const char *es_ids_user(struct es_ids *ids, uint32_t uid)
{
	return lookup(ids, ids->users, uid, ask_user);
}

const char *es_ids_group(struct es_ids *ids, uint32_t gid)
{
	return lookup(ids, ids->groups, gid, ask_group);
}

uint64_t es_ids_hash(struct es_ids *ids)
{
	static const char *const paths[] = { "etc/passwd", "etc/group" };
	uint64_t sum = 0;

	for (size_t i = 0; i < 2; i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf b = ES_BUF_INIT(DATABASE_MAX);

		/* Without memory it is as if missing: the sum changes. */
		(void)read_database(&b, ids->root, paths[i]);
		sum = es_hash64(es_buf_str(&b), b.len, sum);
	}
	return sum;
}

/* Put a home into the set, in the one form that all spellings share. */
static int add_home(struct es_strmap *homes, const char *home, size_t len,
		    struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(DATABASE_MAX);

	if (len == 0 || home[0] != '/' || memchr(home, '\0', len))
		return 0;
	ES_CLEANUP(es_freep) char *copy = strndup(home, len);
	if (!copy)
		return es_fail_oom(err);
	if (es_path_absolute(&b, copy, err) < 0)
		return err->code;
	if (b.len <= 1)
		return 0;
	if (es_strmap_put(homes, b.data, b.len, homes) < 0)
		return es_fail_oom(err);
	return 0;
}

/* Where a descriptor really is. Return: bytes of the path, 0 unknown. */
static size_t real_path(char *out, size_t size, int fd)
{
	char link[32];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, out, size - 1);
	if (n <= 0 || (size_t)n >= size - 1 || out[0] != '/')
		return 0;
	out[n] = '\0';
	return n > 1 ? (size_t)n : 0;
}

/*
 * A home that is reached through a symbolic link is where the link leads: the
 * walk follows none. Looked at without O_DIRECTORY, which would have an
 * automounter mount every home there is.
 */
static int add_real_home(struct es_strmap *homes, int root, const char *home,
			 struct es_error *err)
{
	char top[PATH_MAX], path[PATH_MAX];
	size_t skip = real_path(top, sizeof(top), root);
	ES_CLEANUP(es_closep)
	int fd = es_open_in_root(root, home, O_PATH);
	size_t len = fd < 0 ? 0 : real_path(path, sizeof(path), fd);

	if (len <= skip || memcmp(path, top, skip) != 0 || path[skip] != '/')
		return 0;
	return add_home(homes, path + skip, len - skip, err);
}

/* Copies an account; the strings need not be NUL-terminated. */
static int add_account(struct es_ids *ids, const struct es_account *a,
		       size_t name_len, size_t home_len, struct es_error *err)
{
	if (ids->n_accounts == ids->cap_accounts) {
		size_t cap = ids->cap_accounts ? 2 * ids->cap_accounts : 64;
		struct es_account *more = reallocarray(ids->accounts, cap,
						       sizeof(*ids->accounts));

		if (!more)
			return es_fail_oom(err);
		ids->accounts = more;
		ids->cap_accounts = cap;
	}
	char *both = malloc(name_len + home_len + 2);
	if (!both)
		return es_fail_oom(err);
	memcpy(both, a->name, name_len);
	both[name_len] = '\0';
	memcpy(both + name_len + 1, a->home, home_len);
	both[name_len + 1 + home_len] = '\0';
	ids->accounts[ids->n_accounts++] = (struct es_account){
		.name = both,
		.home = both + name_len + 1,
		.uid = a->uid,
		.gid = a->gid,
	};
	return 0;
}

static int accounts_of_system(struct es_ids *ids, struct es_error *err)
{
	const struct passwd *pw;
	int rc = 0;

	setpwent();
	while (rc == 0 && (pw = getpwent())) {
		struct es_account a = {
			.name = pw->pw_name,
			.home = pw->pw_dir ? pw->pw_dir : "",
			.uid = pw->pw_uid,
			.gid = pw->pw_gid,
		};

		rc = add_account(ids, &a, strlen(a.name), strlen(a.home), err);
	}
	endpwent();
	return rc;
}

static int accounts_of_root(struct es_ids *ids, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(DATABASE_MAX);
	struct line line;

	if (read_database(&b, ids->root, "etc/passwd") < 0)
		return es_fail_oom(err);
	const char *p = es_buf_str(&b);
	const char *end = p + b.len;
	while ((p = next_line(&line, p, end))) {
		struct es_account a = { .name = line.at[0] };

		if (line.n < 6 || line.len[0] == 0 ||
		    !parse_id(&a.uid, line.at[2], line.len[2]) ||
		    !parse_id(&a.gid, line.at[3], line.len[3]))
			continue;
		a.home = line.at[5];
		if (memchr(a.name, '\0', line.len[0]) ||
		    memchr(a.home, '\0', line.len[5]))
			continue;
		if (add_account(ids, &a, line.len[0], line.len[5], err) < 0)
			return err->code;
	}
	return 0;
}

static void drop_accounts(struct es_ids *ids)
{
	for (size_t i = 0; i < ids->n_accounts; i++) {
		/* add_account() made it, so it is ours */
		char *both;

		memcpy(&both, &ids->accounts[i].name, sizeof(both));
		free(both);
	}
	ids->n_accounts = 0;
}

void es_ids_free(struct es_ids *ids)
{
	if (!ids)
		return;
	free_names(ids->users);
	free_names(ids->groups);
	drop_accounts(ids);
	free(ids->accounts);
	free(ids->root);
	pthread_mutex_destroy(&ids->lock);
	free(ids);
}

int es_ids_accounts(struct es_ids *ids, const struct es_account **out,
		    size_t *n, struct es_error *err)
{
	int rc = 0;

	pthread_mutex_lock(&ids->lock);
	if (!ids->listed)
		rc = ids->system ? accounts_of_system(ids, err)
				 : accounts_of_root(ids, err);
	if (rc == 0) {
		ids->listed = true;
		*out = ids->accounts;
		*n = ids->n_accounts;
	} else {
		drop_accounts(ids);
	}
	pthread_mutex_unlock(&ids->lock);
	return rc;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Append the keys of the set, sorted, each with its NUL. */
static int append_sorted(struct es_buf *out, const struct es_strmap *set,
			 struct es_error *err)
{
	size_t n = es_strmap_count(set), start = out->len;
	size_t pos = 0, i = 0, len;
	void *value;

	if (n == 0)
		return 0;
	ES_CLEANUP(es_freep) const char **keys = calloc(n, sizeof(*keys));
	if (!keys)
		return es_fail_oom(err);
	while (es_strmap_each(set, &pos, &keys[i], &len, &value))
		if (++i == n)
			break;
	qsort(keys, n, sizeof(*keys), compare_names);
	for (i = 0; i < n; i++)
		es_buf_add(out, keys[i], strlen(keys[i]) + 1);
	if (es_buf_check(out, err) < 0) {
		es_buf_truncate(out, start);
		return err->code;
	}
	return 0;
}

int es_ids_homes(struct es_ids *ids, struct es_buf *out, struct es_error *err)
{
	ES_CLEANUP(es_strmap_freep) struct es_strmap *homes = es_strmap_new();
	const struct es_account *accounts = NULL;
	size_t n = 0;

	if (!homes)
		return es_fail_oom(err);
	if (es_ids_accounts(ids, &accounts, &n, err) < 0)
		return err->code;
	ES_CLEANUP(es_closep)
	int root = open(ids->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < n; i++) {
		const char *home = accounts[i].home;

		if (add_home(homes, home, strlen(home), err) < 0)
			return err->code;
		if (root >= 0 && home[0] == '/' &&
		    add_real_home(homes, root, home, err) < 0)
			return err->code;
	}
	return append_sorted(out, homes, err);
}
