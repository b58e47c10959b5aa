/* SPDX-License-Identifier: MIT */
/* check_authorized_keys.c - files by which others could get in as a user */
#include "config.h"

#include "checks/check_table_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* What is asked of a file in a home. */
static const struct {
	const char *name;
	bool is_trust;	/* lets other hosts in without a password */
	bool is_secret; /* nobody else may read it */
} files[] = {
	{ ".ssh/", false, false },
	{ ".ssh/authorized_keys", false, false },
	{ ".ssh/authorized_keys2", false, false },
	{ ".rhosts", true, false },
	{ ".shosts", true, false },
	{ ".k5login", false, false },
	{ ".netrc", false, true },
	{ ".forward", false, false },
};

#define TRUST "exists: hosts and users named there need no password"

static void tell_modes(struct es_findings *f, const struct es_home *home,
		       const struct stat *st, const char *path, bool is_secret)
{
	if (st->st_uid != 0 && !es_home_has_uid(home, st->st_uid)) {
		ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(512);

		es_user_text(f, &b, st->st_uid);
		es_finding(f, path, strlen(path), "%s owns it", es_buf_str(&b));
	}
	if (st->st_mode & S_IWOTH)
		es_finding(f, path, strlen(path), "everyone can write it");
	else if (st->st_mode & S_IWGRP)
		es_finding(f, path, strlen(path), "its group can write it");
	if (is_secret && (st->st_mode & (S_IRGRP | S_IROTH)))
		es_finding(f, path, strlen(path),
			   "others can read the passwords in it");
}

/* A path of a home that cannot be opened: not there, or a link to nowhere. */
static int absent(struct es_findings *f, const struct es_home *home,
		  const char *name, const char *path, int rc)
{
	struct stat st;

	if (rc == -EACCES || rc == -EIO || rc == -ESTALE)
		return es_findings_unread(f, path, strlen(path));
	if (rc != -ENOENT && rc != -ELOOP)
		return 0;

	ES_CLEANUP(es_closep)
	int fd = es_beneath_open(home->fd, name, O_PATH | O_NOFOLLOW);

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISLNK(st.st_mode))
		es_finding(f, path, strlen(path), "is a link to nowhere");
	return 0;
}

static int check_file(struct es_findings *f, const struct es_home *home,
		      size_t i, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(64);
	struct stat st;

	es_buf_addf(&path, "%s/%s", home->path, files[i].name);
	es_buf_adds(&name, files[i].name);
	if (es_buf_check(&path, err) < 0 || es_buf_check(&name, err) < 0)
		return err->code;
	if (name.data[name.len - 1] == '/')
		es_buf_truncate(&name, name.len - 1);

	/* Only looked at, so a link may lead anywhere below the root. */
	int rc = es_inside_stat(f->checks, path.data, &st);

	if (rc < 0)
		return absent(f, home, name.data, path.data, rc) < 0
			       ? es_fail_oom(err)
			       : 0;
	if (files[i].is_trust)
		es_finding(f, path.data, path.len, TRUST);
	tell_modes(f, home, &st, path.data, files[i].is_secret);
	return 0;
}

static int each(struct es_findings *f, const struct es_home *home,
		struct es_error *err)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (check_file(f, home, i, err) < 0)
			return err->code;
	return 0;
}

static int run(struct es_findings *f, struct es_error *err)
{
	static const char *const trusting[] = {
		"/etc/hosts.equiv",
		"/etc/shosts.equiv",
		"/etc/ssh/shosts.equiv",
	};
	struct stat st;

	for (size_t i = 0; i < sizeof(trusting) / sizeof(trusting[0]); i++)
		if (es_inside_stat(f->checks, trusting[i], &st) == 0 &&
		    S_ISREG(st.st_mode) && st.st_size > 0)
			es_finding(f, trusting[i], strlen(trusting[i]), TRUST);
	return es_homes_each(f, each, err);
}

const struct es_check es_check_authorized_keys = {
	.name = "authorized-keys",
	.severity = ES_SEVERITY_WARNING,
	.run = run,
};
