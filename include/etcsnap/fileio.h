/* SPDX-License-Identifier: MIT */
/* fileio.h - whole files: read, replace atomically, lock */
#ifndef ETCSNAP_FILEIO_H
#define ETCSNAP_FILEIO_H

#include <sys/types.h>

#include "etcsnap/buf.h"
#include "etcsnap/error.h"

/**
 * es_open_in_root - open what is below a directory that no link leads out of
 * @root:  descriptor of the directory, which may be an image that somebody else
 *         made
 * @path:  below it, with or without a '/' at its beginning
 * @flags: of open(2); O_CLOEXEC is added, and unless there is O_PATH O_NOCTTY
 *         and O_NONBLOCK, so that nothing in the image can hold us up
 *
 * Links are followed as a program below the root would see them; those of
 * /proc that lead to open files are not.
 *
 * Return: a descriptor, or -1 with errno set (no es_error: the caller knows the
 * name).
 */
int es_open_in_root(int root, const char *path, int flags);

/**
 * es_read_file - read a whole small file
 * @b:    appended to; its ceiling is the limit
 * @dirfd: directory that @path is relative to, or AT_FDCWD
 * @path: file
 * @err:  filled on failure
 *
 * Return: 0, -ENOENT and other errnos of open(2), -EFBIG over the ceiling,
 * -EISDIR for a directory.
 */
int es_read_file(struct es_buf *b, int dirfd, const char *path,
		 struct es_error *err);

/**
 * es_read_fd - read an open file to its end
 * @b:  appended to; its ceiling is the limit
 * @fd: descriptor, read from where it stands
 *
 * Return: 0 or a negative errno, -EFBIG over the ceiling, -EISDIR for a
 * directory (no es_error: the caller knows the name); then nothing was
 * appended.
 */
int es_read_fd(struct es_buf *b, int fd);

/**
 * es_write_file - replace a file so that a reader sees the old or the new
 * @path: file; a temporary one beside it is written, fsynced and renamed
 * @data: content
 * @len:  its bytes
 * @mode: permissions of the new file
 * @err:  filled on failure; the old file stays
 *
 * Return: 0 or a negative errno.
 */
int es_write_file(const char *path, const void *data, size_t len, mode_t mode,
		  struct es_error *err);

/**
 * es_write_all - write(2) until all is written
 * @fd:   descriptor
 * @data: bytes
 * @len:  their number
 *
 * Return: 0 or a negative errno (no es_error: the caller knows the name).
 */
int es_write_all(int fd, const void *data, size_t len);

/**
 * es_mkdirs - make a directory and its missing parents
 * @path: directory
 * @mode: of those that are made
 * @err:  filled on failure
 *
 * Return: 0 (also when it exists) or a negative errno.
 */
int es_mkdirs(const char *path, mode_t mode, struct es_error *err);

/**
 * es_lock_file - take an exclusive lock on a file, waiting if told
 * @out:  descriptor that holds the lock; closing it gives the lock back
 * @path: file, made if missing (mode 0600)
 * @wait: seconds to wait for another holder, 0 = do not wait
 * @err:  filled on failure; fault LOCKED when the time ran out
 *
 * Return: 0, -EBUSY, or a negative errno.
 * Locking: takes flock(2) LOCK_EX on @path.
 */
int es_lock_file(int *out, const char *path, unsigned int wait,
		 struct es_error *err);

/**
 * es_path_dirname - the directory part of a path
 * @b:    appended to: "/a/b" -> "/a", "/a" -> "/", "a" -> "."
 * @path: NUL-terminated, no trailing slash
 *
 * Return: 0 or the buffer's sticky failure.
 */
int es_path_dirname(struct es_buf *b, const char *path);

/**
 * es_path_absolute - absolute form without ".", ".." and double slashes
 * @b:    appended to; textual only, symlinks are not looked at
 * @path: relative to the working directory, or absolute
 * @err:  filled on failure
 *
 * Return: 0 or a negative errno (getcwd(3), memory).
 */
int es_path_absolute(struct es_buf *b, const char *path, struct es_error *err);

#endif
