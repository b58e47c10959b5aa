/* SPDX-License-Identifier: MIT */
/* setup_file.c - files and directories of a setup */
#include "config.h"

#include "setup/setup_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a larger file we know that it is not ours. */
#define LOOK_MAX ((size_t)1 << 20)

/* Names of files that es_write_file() was killed over. */
#define TEMPORARY ".etcsnap-"
#define TEMPORARY_LEN 15

/* --- what is there -------------------------------------------------------- */

/*
 * Digest of what is there, "" for nothing. Return: 1, 0 when it is no file of
 * a size that ours could have, or a negative errno.
 */
static int look(setup_digest out, struct es_setup *s, const char *name,
		struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(8192);
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(LOOK_MAX);
	struct stat st;

	out[0] = '\0';
	if (es_setup_path(&path, s, name, err) < 0)
		return err->code;
	if (lstat(path.data, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? 1
			       : es_fail_errno(err, "cannot stat '%s'",
					       ES_Q(path.data));
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)LOOK_MAX)
		return 0;
	if (es_read_file(&text, AT_FDCWD, path.data, err) < 0)
		return err->code;
	es_setup_digest(out, &text);
	return 1;
}

/* Whether it is what we put there, now or before. */
static bool is_ours(const struct setup_item *it, const setup_digest is)
{
	return it->step.ours &&
	       (strcmp(is, it->want) == 0 || strcmp(is, it->was) == 0);
}

static void judge_wanted(struct setup_item *it, bool file,
			 const setup_digest is, bool force)
{
	setup_digest want;

	es_setup_digest(want, &it->content);
	const bool same = file && strcmp(is, want) == 0;
	const bool ours = file && is_ours(it, is);

	if (same) {
		it->step.act = ES_SETUP_KEEP;
	} else if (file && !*is) {
		it->step.act = ES_SETUP_MAKE;
	} else if (ours || (force && file)) {
		/* killed before it is written, the old one is ours still */
		memcpy(it->was, is, sizeof(it->was));
		it->step.act = ES_SETUP_MAKE;
	} else if (it->step.ours) {
		/* it is no matter but for what is to be other than before */
		it->step.act = strcmp(want, it->want) == 0 ? ES_SETUP_KEEP
							   : ES_SETUP_REFUSE;
		it->step.why = "somebody changed it, so it stays as it is; "
			       "--force overwrites it";
		return;
	} else {
		it->step.act = ES_SETUP_REFUSE;
		it->step.why = file ? "a file that is not ours is there; "
				      "--force overwrites it"
				    : "something that is no file is there";
		return;
	}
	memcpy(it->want, want, sizeof(want));
	it->step.ours |= it->step.act == ES_SETUP_MAKE;
}

int es_setup_file_judge(struct es_setup *s, struct setup_item *it,
			struct es_error *err)
{
	setup_digest is;
	int file = look(is, s, it->step.name, err);

	if (file < 0)
		return file;
	if (it->wanted) {
		judge_wanted(it, file, is, s->options->force);
	} else if (file && !*is) {
		it->step.act = ES_SETUP_FORGET;
		it->step.why = "it is gone already";
	} else if (!file || (!is_ours(it, is) && !s->options->force)) {
		it->step.act = ES_SETUP_FORGET;
		it->step.why = "somebody changed it, so it stays";
	} else {
		it->step.act = ES_SETUP_UNDO;
	}
	return 0;
}

int es_setup_dir_judge(struct es_setup *s, struct setup_item *it,
		       struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(8192);
	struct stat st;

	if (es_setup_path(&path, s, it->step.name, err) < 0)
		return err->code;
	const bool there = stat(path.data, &st) == 0;
	if (!it->wanted)
		it->step.act = ES_SETUP_UNDO;
	else
		it->step.act = there ? ES_SETUP_KEEP : ES_SETUP_MAKE;
	it->step.ours |= it->step.act == ES_SETUP_MAKE;
	return 0;
}

/* --- doing it ------------------------------------------------------------- */

void es_setup_sweep(const char *path)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(8192);
	ES_CLEANUP(es_closedirp) DIR *dir = NULL;
	const struct dirent *e;

	es_path_dirname(&name, path);
	dir = opendir(es_buf_str(&name));
	while (dir && (e = readdir(dir)))
		if (strncmp(e->d_name, TEMPORARY, strlen(TEMPORARY)) == 0 &&
		    strlen(e->d_name) == TEMPORARY_LEN)
			unlinkat(dirfd(dir), e->d_name, 0);
}

int es_setup_file_do(struct es_setup *s, struct setup_item *it,
		     struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(8192);

	if (es_setup_path(&path, s, it->step.name, err) < 0)
		return err->code;
	if (it->step.act == ES_SETUP_MAKE)
		return es_write_file(path.data, es_buf_str(&it->content),
				     it->content.len, it->mode, err);
	if (unlink(path.data) < 0 && errno != ENOENT && errno != ENOTDIR)
		return es_fail_errno(err, "cannot remove '%s'",
				     ES_Q(path.data));
	return 0;
}

int es_setup_dir_do(struct es_setup *s, struct setup_item *it,
		    struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(8192);

	if (es_setup_path(&path, s, it->step.name, err) < 0)
		return err->code;
	if (it->step.act == ES_SETUP_MAKE) {
		if (mkdir(path.data, it->mode) < 0 && errno != EEXIST)
			return es_fail_errno(err, "cannot make '%s'",
					     ES_Q(path.data));
		/* the umask of a command is a narrow one */
		return chmod(path.data, it->mode) < 0
			       ? es_fail_errno(err, "cannot chmod '%s'",
					       ES_Q(path.data))
			       : 0;
	}
	if (rmdir(path.data) < 0 && errno != ENOENT && errno != ENOTDIR &&
	    errno != ENOTEMPTY && errno != EEXIST)
		return es_fail_errno(err, "cannot remove '%s'",
				     ES_Q(path.data));
	return 0;
}
