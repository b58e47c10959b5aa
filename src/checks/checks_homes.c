/* SPDX-License-Identifier: MIT */
/* checks_homes.c - home directories with their users, and who else can write */
#include "config.h"

#include "checks/checks_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/fstype.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/*
 * An account's home is checked once however it is spelled and however many
 * accounts have it. A home that a directory service names and that is not
 * here is asked for once a run; one that an automounter would mount, or that
 * lies on another machine, is left alone unless [collect] network says yes.
 */

void es_homes_dispose(struct es_homes *h)
{
	free(h->accounts);
	free(h->absent);
	es_buf_dispose(&h->paths);
	es_buf_dispose(&h->group);
}

static int by_home(const void *a, const void *b)
{
	const struct es_account *left = a, *right = b;
	int order = strcmp(left->home, right->home);

	return order ? order : strcmp(left->name, right->name);
}

/* Puts the one spelling of each home behind the other; "" for no home. */
static int spell_homes(struct es_buf *paths, const struct es_account *all,
		       size_t n, struct es_error *err)
{
	for (size_t i = 0; i < n; i++) {
		if (all[i].home[0] == '/' &&
		    es_path_absolute(paths, all[i].home, err) < 0)
			return err->code;
		es_buf_addc(paths, '\0');
	}
	return es_buf_check(paths, err);
}

int es_homes_load(struct es_checks *c, struct es_error *err)
{
	struct es_homes *h = &c->homes;
	const struct es_account *all = NULL;
	size_t n = 0;

	if (h->loaded)
		return 0;
	if (es_ids_accounts(c->options.ids, &all, &n, err) < 0 ||
	    spell_homes(&h->paths, all, n, err) < 0)
		return err->code;
	h->accounts = calloc(n + 1, sizeof(*h->accounts));
	h->absent = calloc(n + 1, sizeof(*h->absent));
	if (!h->accounts || !h->absent)
		return es_fail_oom(err);

	const char *path = es_buf_str(&h->paths);

	for (size_t i = 0; i < n; i++) {
		h->accounts[i] = all[i];
		h->accounts[i].home = path;
		path += strlen(path) + 1;
	}
	qsort(h->accounts, n, sizeof(*h->accounts), by_home);
	h->n = n;
	/* Without it no group has members. */
	if (es_inside_read(c, "/etc/group", &h->group, NULL) == -ENOMEM)
		return es_fail_oom(err);
	h->loaded = true;
	return 0;
}

/* Opens a home; -ENOENT for one that is to be left alone. */
static int open_home(const struct es_checks *c, struct es_home *home)
{
	ES_CLEANUP(es_closep)
	int fd = es_inside_open(c, home->path, O_PATH | O_DIRECTORY);
	unsigned int skipped = ES_FS_PSEUDO, kind = 0;

	if (fd < 0)
		return fd;
	if (!es_conf_number(c->options.conf, ES_CONF_COLLECT_NETWORK))
		skipped |= ES_FS_NETWORK;
	if (es_fs_of(fd, &kind) != 0 || (kind & skipped))
		return -ENOENT;
	if (fstat(fd, &home->st) < 0)
		return -errno;
	home->fd = es_steal_fd(&fd);
	return 0;
}

static int visit(struct es_findings *f, struct es_home *home, bool *absent,
		 int (*each)(struct es_findings *f, const struct es_home *home,
			     struct es_error *err),
		 struct es_error *err)
{
	int rc = open_home(f->checks, home);

	if (rc < 0) {
		*absent = es_is_absent(rc);
		if (!*absent &&
		    es_findings_unread(f, home->path, strlen(home->path)) < 0)
			return es_fail_oom(err);
		return 0;
	}
	rc = each(f, home, err);
	es_closep(&home->fd);
	return rc;
}

int es_homes_each(struct es_findings *f,
		  int (*each)(struct es_findings *f, const struct es_home *home,
			      struct es_error *err),
		  struct es_error *err)
{
	struct es_homes *h = &f->checks->homes;

	if (es_homes_load(f->checks, err) < 0)
		return err->code;
	for (size_t i = 0, n; i < h->n; i += n) {
		struct es_home home = { .path = h->accounts[i].home, .fd = -1 };

		n = 1;
		if (!home.path)
			continue;
		for (; i + n < h->n; n++)
			if (strcmp(h->accounts[i + n].home, home.path) != 0)
				break;
		home.accounts = &h->accounts[i];
		home.n = n;
		if (strlen(home.path) < 2 || h->absent[i])
			continue;
		if (visit(f, &home, &h->absent[i], each, err) < 0)
			return err->code;
	}
	return 0;
}

bool es_home_has_uid(const struct es_home *home, uint32_t uid)
{
	for (size_t i = 0; home && i < home->n; i++)
		if (home->accounts[i].uid == uid)
			return true;
	return false;
}

void es_user_text(struct es_findings *f, struct es_buf *out, uint32_t uid)
{
	const char *name = es_ids_user(f->checks->options.ids, uid);

	if (name)
		es_quote_term(out, name, strlen(name));
	else
		es_buf_addf(out, "user %u", uid);
}

void es_group_text(struct es_findings *f, struct es_buf *out, uint32_t gid)
{
	const char *name = es_ids_group(f->checks->options.ids, gid);

	es_buf_adds(out, "group ");
	if (name)
		es_quote_term(out, name, strlen(name));
	else
		es_buf_addf(out, "%u", gid);
}

static bool is_root_or_of(const struct es_checks *c, const char *name,
			  size_t len, const struct es_home *home)
{
	if (len == 4 && !memcmp(name, "root", 4))
		return true;
	for (size_t i = 0; i < c->homes.n; i++) {
		const struct es_account *a = &c->homes.accounts[i];

		if (strlen(a->name) == len && !memcmp(a->name, name, len))
			return a->uid == 0 || es_home_has_uid(home, a->uid);
	}
	/* Whoever is no account can do nothing. */
	return true;
}

/* Whether a list "a,b,c" of members names others. */
static bool has_other_members(const struct es_checks *c, const char *list,
			      size_t len, const struct es_home *home)
{
	const char *end = list + len;

	while (list < end) {
		const char *comma = memchr(list, ',', (size_t)(end - list));
		const char *stop = comma ? comma : end;

		if (stop > list &&
		    !is_root_or_of(c, list, (size_t)(stop - list), home))
			return true;
		list = stop + 1;
	}
	return false;
}

static bool is_number(const char *text, size_t len, uint32_t number)
{
	char digits[16];
	int n = snprintf(digits, sizeof(digits), "%u", number);

	return n > 0 && (size_t)n == len && !memcmp(digits, text, len);
}

/* Whether others than root and the users of a home are in a group. A group
 * that only a directory service knows may have anybody in it. */
static bool group_has_others(const struct es_checks *c, uint32_t gid,
			     const struct es_home *home)
{
	const char *pos = es_buf_str(&c->homes.group);
	const char *end = pos + c->homes.group.len, *line;
	bool found = false;
	size_t len;

	for (size_t i = 0; i < c->homes.n; i++) {
		const struct es_account *a = &c->homes.accounts[i];

		if (a->gid == gid && a->uid != 0 &&
		    !es_home_has_uid(home, a->uid))
			return true;
	}
	while (es_lines_next(&pos, end, &line, &len)) {
		struct es_fields field;

		es_fields_split(&field, line, len, ':');
		if (field.n < 4 || !is_number(field.at[2], field.len[2], gid))
			continue;
		found = true;
		if (has_other_members(c, field.at[3], field.len[3], home))
			return true;
	}
	return !found;
}

bool es_others_write(struct es_findings *f, struct es_buf *why,
		     const struct stat *st, const struct es_home *home)
{
	size_t before = why->len;

	if (st->st_uid != 0 && !es_home_has_uid(home, st->st_uid)) {
		es_user_text(f, why, st->st_uid);
		es_buf_adds(why, " owns it");
	}
	if (st->st_mode & S_IWOTH) {
		es_buf_adds(why, why->len > before ? ", " : "");
		es_buf_adds(why, "everyone can write it");
	} else if ((st->st_mode & S_IWGRP) && st->st_gid != 0 &&
		   group_has_others(f->checks, st->st_gid, home)) {
		es_buf_adds(why, why->len > before ? ", " : "");
		es_group_text(f, why, st->st_gid);
		es_buf_adds(why, " can write it");
	}
	return why->len > before;
}
