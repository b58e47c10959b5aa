/* SPDX-License-Identifier: MIT */
/* replace.h - write a file piece by piece, seen by others only when whole */
#ifndef ETCSNAP_REPLACE_H
#define ETCSNAP_REPLACE_H

#include <stdio.h>
#include <sys/types.h>

#include "etcsnap/error.h"

/*
 * For outputs that are too big for es_write_file().
 *
 *	ES_CLEANUP(es_replace_dispose) struct es_replace r = { 0 };
 *	es_replace_begin(&r, path, 0600, err);
 *	fputs(..., r.file);
 *	es_replace_commit(&r, err);
 */

/**
 * struct es_replace - a file that is being written beside the one it replaces
 * @file: stream to write to; NULL before the begin and after the end
 * @path: the file to be, owned
 * @temp: the name that it has until then, owned
 */
struct es_replace {
	FILE *file;
	char *path;
	char *temp;
};

/**
 * es_replace_begin - make the temporary file
 * @r:    all zero; set on success; es_replace_dispose()
 * @path: file to be made or replaced; a symbolic link is replaced itself
 * @mode: permissions of the new file
 * @err:  filled on failure
 *
 * Return: 0, -EINVAL (a device, a FIFO or a socket stands there), or another
 * negative errno.
 */
int es_replace_begin(struct es_replace *r, const char *path, mode_t mode,
		     struct es_error *err);

/**
 * es_replace_commit - fsync what was written and put it in its place
 * @r:   begun; its stream is closed in any case
 * @err: filled on failure; the old file stays then
 *
 * Return: 0, or a negative errno, also when an earlier write to the stream had
 * failed.
 * Blocking: disk.
 */
int es_replace_commit(struct es_replace *r, struct es_error *err);

/**
 * es_replace_dispose - end; without a commit nothing is left behind
 * @r: begun, committed, or all zero; then all zero
 */
void es_replace_dispose(struct es_replace *r);

#endif
