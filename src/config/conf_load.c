/* SPDX-License-Identifier: MIT */
/* conf_load.c - which configuration files are read, and in what order */
#include "config.h"

#include "config/conf_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Bytes of a whole file; far above any real one */
#define FILE_MAX ((size_t)16 << 20)

/* Reads one file. A missing one is an error only where it was named. */
static int read_file(struct es_conf *conf, const char *path, bool must_exist,
		     struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(FILE_MAX);
	struct es_error why = ES_ERROR_INIT;
	int rc = es_read_file(&b, AT_FDCWD, path, &why);

	if (rc == -ENOENT && !must_exist)
		return 0;
	if (rc < 0) {
		*err = why;
		err->fault = ES_FAULT_CONFIG;
		return es_wrap(err, "configuration");
	}
	return es_conf_read(conf, es_buf_str(&b), b.len, path, err);
}

static bool is_drop_in(const char *dir, const char *name)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(8192);
	size_t len = strlen(name);
	struct stat st;

	if (name[0] == '.' || len < 6 || strcmp(name + len - 5, ".conf"))
		return false;
	es_buf_addf(&path, "%s/%s", dir, name);
	/* What cannot be examined is left in, so that reading it tells why. */
	return stat(es_buf_str(&path), &st) < 0 || S_ISREG(st.st_mode);
}

static int by_bytes(const void *a, const void *b)
{
	const char *const *left = a;
	const char *const *right = b;

	return strcmp(*left, *right);
}

/* Collects the names of a directory's drop-ins into a pool. */
static int list_drop_ins(struct es_pool *names, const char *dir,
			 struct es_error *err)
{
	ES_CLEANUP(es_closedirp) DIR *d = opendir(dir);

	if (!d && errno == ENOENT)
		return 0;
	if (!d) {
		es_fail_errno(err, "configuration: cannot open '%s'",
			      ES_Q(dir));
		err->fault = ES_FAULT_CONFIG;
		return err->code;
	}
	for (;;) {
		errno = 0;

		const struct dirent *e = readdir(d);

		if (!e && errno)
			return es_fail_errno(err,
					     "configuration: cannot read '%s'",
					     ES_Q(dir));
		if (!e)
			break;
		if (!is_drop_in(dir, e->d_name))
			continue;
		if (!es_pool_add(names, e->d_name, strlen(e->d_name)))
			return es_fail_oom(err);
	}
	if (names->n)
		qsort(names->v, names->n, sizeof(*names->v), by_bytes);
	return 0;
}

static int read_drop_ins(struct es_conf *conf, const char *dir,
			 struct es_error *err)
{
	ES_CLEANUP(es_pool_dispose) struct es_pool names = { 0 };
	int rc = list_drop_ins(&names, dir, err);

	for (size_t i = 0; rc == 0 && i < names.n; i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf path = ES_BUF_INIT(8192);

		es_buf_addf(&path, "%s/%s", dir, names.v[i]);
		rc = es_buf_check(&path, err);
		if (rc == 0)
			rc = read_file(conf, es_buf_str(&path), true, err);
	}
	return rc;
}

int es_conf_load_tree(struct es_conf **out, const char *main,
		      struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf dir = ES_BUF_INIT(8192);
	ES_CLEANUP(es_conf_freep) struct es_conf *conf = es_conf_new();

	if (!conf)
		return es_fail_oom(err);
	es_path_dirname(&dir, main);
	es_buf_adds(&dir, "/conf.d");
	if (es_buf_check(&dir, err) < 0)
		return err->code;
	if (read_file(conf, main, false, err) < 0 ||
	    read_drop_ins(conf, es_buf_str(&dir), err) < 0 ||
	    es_conf_check_all(conf, err) < 0)
		return err->code;
	*out = es_steal_ptr(&conf);
	return 0;
}

int es_conf_load(struct es_conf **out, const char *file, struct es_error *err)
{
	if (!file)
		return es_conf_load_tree(out, es_conf_path(), err);

	ES_CLEANUP(es_conf_freep) struct es_conf *conf = es_conf_new();

	if (!conf)
		return es_fail_oom(err);
	if (read_file(conf, file, true, err) < 0 ||
	    es_conf_check_all(conf, err) < 0)
		return err->code;
	*out = es_steal_ptr(&conf);
	return 0;
}
