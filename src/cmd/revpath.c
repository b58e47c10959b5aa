/* SPDX-License-Identifier: MIT */
/* revpath.c - revisions and REV:PATH operands */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void es_rev_dispose(struct es_rev *r)
{
	es_commit_free(r->commit);
	r->commit = NULL;
}

/* The colon of "@2026-05-01T12:00:/etc/hosts" is the one before the path. */
static const char *path_colon(const char *text)
{
	const char *p = strstr(text, ":/");

	return p ? p : text[0] == '@' ? NULL : strchr(text, ':');
}

int es_rev_parse(struct es_rev *out, struct es_call *call, const char *text,
		 struct es_error *err)
{
	const char *colon = path_colon(text);
	ES_CLEANUP(es_freep)
	char *rev =
		colon ? strndup(text, (size_t)(colon - text)) : strdup(text);
	struct es_oid oid;

	if (!rev)
		return es_fail_oom(err);
	if (!*text)
		return es_fail_config(
			err, "a revision is empty; HEAD is the last run");
	if (es_store_revision(&oid, call->session->store, *rev ? rev : "HEAD",
			      err) < 0 ||
	    es_commit_read(&out->commit, call->session->store, &oid, err) < 0)
		return err->code;
	out->path = colon ? colon + 1 : NULL;
	return 0;
}

int es_rev_run(struct es_commit **out, struct es_call *call, const char *text,
	       const char *how, struct es_error *err)
{
	ES_CLEANUP(es_rev_dispose) struct es_rev rev = { 0 };

	if (es_rev_parse(&rev, call, text, err) < 0)
		return err->code;
	if (rev.path)
		return es_fail_config(err, "'%s' is a path of a run; %s",
				      ES_Q(text), how);
	*out = es_steal_ptr(&rev.commit);
	return 0;
}

int es_rev_tip(struct es_commit **out, struct es_call *call,
	       struct es_error *err)
{
	struct es_oid oid;
	int rc = es_store_tip(&oid, call->session->store, "main", err);

	if (rc == 0)
		return es_fail(err, -ENOENT,
			       "there is no run yet; take the first with "
			       "'etcsnap commit'");
	if (rc < 0)
		return rc;
	return es_commit_read(out, call->session->store, &oid, err);
}

void es_rev_paths_free(char **paths, size_t n)
{
	if (!paths)
		return;
	for (size_t i = 0; i < n; i++)
		free(paths[i]);
	free(paths);
}

bool es_rev_is_text(const char *path)
{
	return *path != '/';
}

bool es_rev_names_text(const char *operand)
{
	static const char *const parts[] = { "commands", "findings", "system" };
	struct stat st;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		size_t len = strlen(parts[i]);

		if (strncmp(operand, parts[i], len) == 0 &&
		    (operand[len] == '/' || operand[len] == '\0'))
			return lstat(operand, &st) < 0;
	}
	return false;
}

int es_rev_paths(char ***out, size_t *n, char *const *operands, size_t count,
		 struct es_error *err)
{
	char **paths = calloc(count + 1, sizeof(*paths));
	int rc = 0;

	if (!paths)
		return es_fail_oom(err);

	for (size_t i = 0; rc == 0 && i < count; i++) {
		struct es_buf b = ES_BUF_INIT(1 << 20);

		/* from a variable that is not set, most likely */
		if (!*operands[i]) {
			rc = es_fail_config(err,
					    "a path is empty; name one, '.' is "
					    "this directory");
		} else if (es_rev_names_text(operands[i])) {
			es_buf_adds(&b, operands[i]);
			rc = es_buf_check(&b, err);
		} else {
			rc = es_path_absolute(&b, operands[i], err);
		}
		if (rc == 0)
			paths[i] = b.data;
		else
			es_buf_dispose(&b);
	}
	if (rc < 0) {
		es_rev_paths_free(paths, count);
		return rc;
	}
	*out = paths;
	*n = count;
	return 0;
}
