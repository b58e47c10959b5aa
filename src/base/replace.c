/* SPDX-License-Identifier: MIT */
/* replace.c - write a file piece by piece, seen by others only when whole */
#include "config.h"

#include "etcsnap/replace.h"

#include "etcsnap/buf.h"
#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Make the rename itself durable. Its failure is not reported: the new
 * content is in place by then, and "failed" would be the wrong answer.
 */
static void sync_dir_of(const char *path)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf dir = ES_BUF_INIT(ES_BUF_MAX);

	if (es_path_dirname(&dir, path) < 0)
		return;
	ES_CLEANUP(es_closep)
	int fd = open(dir.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		(void)fsync(fd);
}

/* "-o /dev/null" must not make a file of a device; rename(2) would. */
static int refuse_special(const char *path, struct es_error *err)
{
	struct stat st;

	if (stat(path, &st) < 0 || S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		return 0;
	return es_fail(err, -EINVAL,
		       "'%s' is no regular file; send standard output there",
		       ES_Q(path));
}

static struct es_replace take(struct es_replace *r)
{
	const struct es_replace taken = *r;

	memset(r, 0, sizeof(*r));
	return taken;
}

int es_replace_begin(struct es_replace *r, const char *path, mode_t mode,
		     struct es_error *err)
{
	ES_CLEANUP(es_replace_dispose) struct es_replace n = { 0 };
	ES_CLEANUP(es_buf_dispose) struct es_buf dir = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf tmp = ES_BUF_INIT(ES_BUF_MAX);

	if (refuse_special(path, err) < 0)
		return err->code;
	es_path_dirname(&dir, path);
	/* Not after the name of the file, which may be as long as allowed. */
	es_buf_addf(&tmp, "%s/.etcsnap-XXXXXX", es_buf_str(&dir));
	if (es_buf_check(&dir, err) < 0 || es_buf_check(&tmp, err) < 0)
		return err->code;
	n.path = strdup(path);
	if (!n.path)
		return es_fail_oom(err);
	ES_CLEANUP(es_closep) int fd = mkostemp(tmp.data, O_CLOEXEC);
	if (fd < 0)
		return es_fail_errno(err, "cannot make a file in '%s'",
				     ES_Q(dir.data));
	n.temp = es_steal_ptr(&tmp.data);
	if (fchmod(fd, mode) < 0)
		return es_fail_errno(err, "cannot write '%s'", ES_Q(path));
	n.file = fdopen(fd, "w");
	if (!n.file)
		return es_fail_oom(err);
	(void)es_steal_fd(&fd);
	*r = take(&n);
	return 0;
}

/* Returns 0 or a negative errno; close is checked, as NFS reports there. */
static int finish_stream(FILE *file)
{
	int rc = 0;

	if (fflush(file) == EOF || (!ferror(file) && fsync(fileno(file)) < 0))
		rc = -errno;
	else if (ferror(file))
		rc = -EIO;
	if (fclose(file) == EOF && rc == 0)
		rc = -errno;
	return rc;
}

int es_replace_commit(struct es_replace *r, struct es_error *err)
{
	int rc = finish_stream(es_steal_ptr(&r->file));

	if (rc == 0 && rename(r->temp, r->path) < 0)
		rc = -errno;
	if (rc < 0) {
		errno = -rc;
		return es_fail_errno(err, "cannot write '%s'", ES_Q(r->path));
	}
	free(es_steal_ptr(&r->temp));
	sync_dir_of(r->path);
	return 0;
}

void es_replace_dispose(struct es_replace *r)
{
	if (r->file)
		fclose(r->file);
	if (r->temp)
		unlink(r->temp);
	free(r->temp);
	free(r->path);
	*r = (struct es_replace){ 0 };
}
