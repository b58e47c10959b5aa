/* SPDX-License-Identifier: MIT */
/* diff.c - unified diff of two texts, by libgit2's xdiff */
#include "config.h"

#include "store/git_priv.h"

#include <errno.h>
#include <string.h>

/* Where git looks for a NUL byte to tell a binary file from text. */
#define BINARY_LOOK ((size_t)8000)

static bool is_binary(const char *data, size_t len)
{
	return len && memchr(data, '\0', len < BINARY_LOOK ? len : BINARY_LOOK);
}

static int add_line(struct es_buf *out, git_patch *patch, size_t hunk,
		    size_t line)
{
	const git_diff_line *l;
	const int rc = git_patch_get_line_in_hunk(&l, patch, hunk, line);

	if (rc < 0)
		return rc;
	/* The other origins are "\ No newline …", which has its own prefix. */
	if (l->origin == GIT_DIFF_LINE_CONTEXT ||
	    l->origin == GIT_DIFF_LINE_ADDITION ||
	    l->origin == GIT_DIFF_LINE_DELETION)
		es_buf_addc(out, l->origin);
	es_buf_add(out, l->content, l->content_len);
	return 0;
}

static int add_hunk(struct es_buf *out, git_patch *patch, size_t hunk)
{
	const git_diff_hunk *h;
	size_t lines;
	int rc = git_patch_get_hunk(&h, &lines, patch, hunk);

	if (rc < 0)
		return rc;
	es_buf_add(out, h->header, h->header_len);
	for (size_t i = 0; rc == 0 && i < lines && !out->failed; i++)
		rc = add_line(out, patch, hunk, i);
	return rc;
}

static int add_patch(struct es_buf *out, git_patch *patch, struct es_error *err)
{
	const size_t n = git_patch_num_hunks(patch);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n && !out->failed; i++)
		rc = add_hunk(out, patch, i);
	if (rc < 0)
		return es_fail_git(err, rc, "cannot compare two texts");
	return es_buf_check(out, err) < 0 ? err->code : 1;
}

int es_store_diff(struct es_buf *out, const char *a, size_t a_len,
		  const char *b, size_t b_len, unsigned int context,
		  struct es_error *err)
{
	git_diff_options options;
	git_patch *patch = NULL;

	if (a_len == b_len && (!a_len || memcmp(a, b, a_len) == 0))
		return 0;
	if (is_binary(a, a_len) || is_binary(b, b_len))
		return es_fail(err, -ENOTSUP, "the content is not text");
	int rc = git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	if (rc < 0)
		return es_fail_git(err, rc, "cannot compare two texts");
	options.context_lines = context;
	/* Our judgement above holds: libgit2's own guesses by other means. */
	options.flags = GIT_DIFF_FORCE_TEXT | GIT_DIFF_INDENT_HEURISTIC;
	rc = git_patch_from_buffers(&patch, a_len ? a : "", a_len, "a",
				    b_len ? b : "", b_len, "b", &options);
	if (rc < 0)
		return es_fail_git(err, rc, "cannot compare two texts");
	rc = add_patch(out, patch, err);
	git_patch_free(patch);
	return rc;
}
