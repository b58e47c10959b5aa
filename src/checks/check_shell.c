/* SPDX-License-Identifier: MIT */
/* check_shell.c - lines of the start files of shells, for two checks */
#include "config.h"

#include "checks/checks_priv.h"

#include <errno.h>
#include <string.h>

static const char *const system_files[] = {
	"/etc/profile",	     "/etc/bash.bashrc",  "/etc/bashrc",
	"/etc/csh.cshrc",    "/etc/csh.login",	  "/etc/environment",
	"/etc/ksh.kshrc",    "/etc/login.defs",	  "/etc/zlogin",
	"/etc/zprofile",     "/etc/zshenv",	  "/etc/zshrc",
	"/etc/zsh/zlogin",   "/etc/zsh/zprofile", "/etc/zsh/zshenv",
	"/etc/zsh/zshrc",    "/etc/skel/.bashrc", "/etc/skel/.bash_profile",
	"/etc/skel/.cshrc",  "/etc/skel/.login",  "/etc/skel/.profile",
	"/etc/skel/.zshenv", "/etc/skel/.zshrc",  "/etc/skel/.zprofile",
};

static const char *const home_files[] = {
	".profile",	 ".bash_profile", ".bash_login", ".bashrc",
	".bash_aliases", ".cshrc",	  ".kshrc",	 ".login",
	".tcshrc",	 ".xprofile",	  ".xsession",	 ".xsessionrc",
	".zlogin",	 ".zprofile",	  ".zshenv",	 ".zshrc",
};

typedef void (*line_fn)(struct es_findings *f, const char *path,
			const char *home, struct es_words *line);

static void each_line(struct es_findings *f, const char *path, const char *home,
		      const struct es_buf *text, line_fn each)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf line = ES_BUF_INIT(ES_SMALL_MAX);
	const char *pos = es_buf_str(text), *end = pos + text->len;

	while (es_lines_next_whole(&pos, end, &line)) {
		struct es_words words = { .pos = es_buf_str(&line) };

		words.end = words.pos + line.len;

		each(f, path, home, &words);
	}
}

/* What es_inside_each() hands on is a path alone. */
struct scan {
	line_fn each;
	struct es_buf text;
	void *before;
};

static int scan_file(struct es_findings *f, const char *path,
		     struct es_error *err)
{
	struct scan *scan = f->payload;
	int rc = es_inside_read(f->checks, path, &scan->text, NULL);

	if (rc == 0)
		each_line(f, path, NULL, &scan->text, scan->each);
	else if (!es_is_absent(rc) &&
		 es_findings_unread(f, path, strlen(path)) < 0)
		return es_fail_oom(err);
	return 0;
}

static int scan_home(struct es_findings *f, const struct es_home *home,
		     struct es_error *err)
{
	struct scan *scan = f->payload;
	struct stat st;

	for (size_t i = 0; i < sizeof(home_files) / sizeof(home_files[0]);
	     i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf path = ES_BUF_INIT(1 << 16);
		int rc = es_beneath_read(home->fd, home_files[i], &scan->text,
					 &st);

		/* A link out of the home is not followed. */
		if (es_is_absent(rc) || rc == -EXDEV)
			continue;
		es_buf_addf(&path, "%s/%s", home->path, home_files[i]);
		if (es_buf_check(&path, err) < 0)
			return err->code;
		if (rc == 0)
			each_line(f, path.data, home->path, &scan->text,
				  scan->each);
		else if (es_findings_unread(f, path.data, path.len) < 0)
			return es_fail_oom(err);
	}
	return 0;
}

static int scan_all(struct es_findings *f, struct es_error *err)
{
	for (size_t i = 0; i < sizeof(system_files) / sizeof(system_files[0]);
	     i++)
		if (scan_file(f, system_files[i], err) < 0)
			return err->code;
	if (es_inside_each(f, "/etc/profile.d", scan_file, err) < 0)
		return err->code;
	return es_homes_each(f, scan_home, err);
}

int es_shell_each_line(struct es_findings *f, line_fn each,
		       struct es_error *err)
{
	struct scan scan = { .each = each, .before = f->payload };

	scan.text = (struct es_buf)ES_BUF_INIT(ES_SMALL_MAX);
	f->payload = &scan;
	int rc = scan_all(f, err);
	f->payload = scan.before;
	es_buf_dispose(&scan.text);
	return rc;
}
