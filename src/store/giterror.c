/* SPDX-License-Identifier: MIT */
/* giterror.c - libgit2's errors as ours */
#include "config.h"

#include "store/git_priv.h"

#include "etcsnap/quote.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

static const struct {
	int git;
	int code;
} codes[] = {
	{ GIT_ENOTFOUND, -ENOENT },  { GIT_EEXISTS, -EEXIST },
	{ GIT_EAMBIGUOUS, -EINVAL }, { GIT_EINVALIDSPEC, -EINVAL },
	{ GIT_ELOCKED, -EBUSY },     { GIT_EMODIFIED, -EAGAIN },
	{ GIT_EOWNER, -EPERM },	     { GIT_EINVALID, -EINVAL },
	{ GIT_EMISMATCH, -EIO },     { GIT_EUNBORNBRANCH, -ENOENT },
};

/*
 * An error of the operating system arrives as -1 with its text; the number
 * is only left in errno, which the way out of libgit2 does not disturb for
 * those that a caller acts on.
 */
static int os_errno(int saved)
{
	switch (saved) {
	case ENOSPC:
	case EDQUOT:
	case EROFS:
	case EACCES:
	case EPERM:
	case EMFILE:
	case ENFILE:
		return -saved;
	default:
		return -EIO;
	}
}

static int code_of(int rc, int saved)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].git == rc)
			return codes[i].code;
	/* libgit2 1.5 answers NULL when a callback failed silently. */
	const git_error *e = git_error_last();
	if (e && e->klass == GIT_ERROR_NOMEMORY)
		return -ENOMEM;
	if (e && e->klass == GIT_ERROR_OS)
		return os_errno(saved);
	return -EIO;
}

int es_git_errno(int rc)
{
	return code_of(rc, errno);
}

int es_fail_git(struct es_error *err, int rc, const char *fmt, ...)
{
	const int code = code_of(rc, errno);
	const git_error *e = git_error_last();
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (!e || !e->message)
		return es_fail(err, code, "%s: libgit2 error %d", what, rc);
	return es_fail(err, code, "%s: %s", what, ES_Q(e->message));
}
