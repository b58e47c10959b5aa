/* SPDX-License-Identifier: MIT */
/* git_priv.h - libgit2 as this folder sees it: versions, ids, errors */
#ifndef ETCSNAP_STORE_GIT_PRIV_H
#define ETCSNAP_STORE_GIT_PRIV_H

#include "etcsnap/error.h"
#include "etcsnap/store.h"

#include <git2.h>

#include <string.h>

/* From libgit2 1.9; older ones only have the three numbers. */
#ifndef LIBGIT2_VERSION_CHECK
#define LIBGIT2_VERSION_CHECK(major, minor, revision)          \
	(LIBGIT2_VER_MAJOR * 10000 + LIBGIT2_VER_MINOR * 100 + \
		 LIBGIT2_VER_REVISION >=                       \
	 (major)*10000 + (minor)*100 + (revision))
#endif

#if !LIBGIT2_VERSION_CHECK(1, 5, 0)
#error "libgit2 1.5 or newer is needed"
#endif

/* git_from_oid - our id as libgit2's */
static inline git_oid git_from_oid(const struct es_oid *oid)
{
	git_oid out;

	memset(&out, 0, sizeof(out));
	memcpy(out.id, oid->id, ES_OID_LEN);
	return out;
}

/* oid_from_git - libgit2's id as ours */
static inline void oid_from_git(struct es_oid *out, const git_oid *oid)
{
	memcpy(out->id, oid->id, ES_OID_LEN);
}

/**
 * es_fail_git - fill an error from what libgit2 says
 * @err: to fill
 * @rc:  what the call returned, negative
 * @fmt: printf format of what failed, without the reason
 *
 * Return: the errno-style number that @rc and the cause stand for.
 */
int es_fail_git(struct es_error *err, int rc, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** es_git_errno - Return: the errno-style number for a libgit2 code */
int es_git_errno(int rc);

#endif
