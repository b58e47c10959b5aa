/* SPDX-License-Identifier: MIT */
/* setting.c - values in a repository's own configuration file */
#include "config.h"

#include "store/store_priv.h"

#include "etcsnap/quote.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int open_file(git_config **out, const char *path, struct es_error *err)
{
	ES_CLEANUP(es_freep) char *file = NULL;

	if (asprintf(&file, "%s/config", path) < 0) {
		file = NULL;
		return es_fail_oom(err);
	}
	const int rc = git_config_open_ondisk(out, file);
	return rc < 0 ? es_fail_git(err, rc, "cannot read '%s'", ES_Q(file))
		      : 0;
}

int es_store_setting(struct es_buf *out, const struct es_store *st,
		     const char *key, struct es_error *err)
{
	git_config *config = NULL;
	git_buf value = GIT_BUF_INIT;
	int rc = open_file(&config, st->path, err);

	if (rc < 0)
		return rc;
	rc = git_config_get_string_buf(&value, config, key);
	if (rc == 0)
		es_buf_add(out, value.ptr, value.size);
	git_buf_dispose(&value);
	git_config_free(config);
	if (rc == GIT_ENOTFOUND)
		return 0;
	if (rc < 0)
		return es_fail_git(err, rc, "cannot read %s of repository '%s'",
				   key, ES_Q(st->path));
	return es_buf_check(out, err) < 0 ? err->code : 1;
}

int es_store_configure(const char *path, const char *key, const char *value,
		       struct es_error *err)
{
	git_config *config = NULL;
	int rc = es_git_begin();

	if (rc < 0)
		es_fail_git(err, rc, "cannot set up libgit2");
	else
		rc = open_file(&config, path, err);
	if (rc == 0) {
		rc = git_config_set_string(config, key, value);
		if (rc < 0)
			rc = es_fail_git(err, rc,
					 "cannot set %s of repository '%s'",
					 key, ES_Q(path));
	}
	git_config_free(config);
	es_git_end();
	return rc < 0 ? err->code : 0;
}
