/* SPDX-License-Identifier: MIT */
/* packages.h - installed packages and the files they own */
#ifndef ETCSNAP_PACKAGES_H
#define ETCSNAP_PACKAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcsnap/cleanup.h"
#include "etcsnap/error.h"

/*
 * Read from the package managers' own databases below a root, without running
 * them: dpkg (var/lib/dpkg/status, updates, status.d, info/NAME.list,
 * .md5sums, diversions),
 * pacman (var/lib/pacman/local), apk (lib/apk/db/installed), and rpm through
 * librpm where that was there at build time.
 *
 * Opening reads only what tells which packages there are; file lists are
 * loaded by the first question that needs them. Paths are compared as the
 * file system has them today: where /bin is a symlink to usr/bin, a package's
 * /bin/ls is /usr/bin/ls. Symlinks count where they are the first or second
 * part of a path.
 *
 * Checksums of dpkg and pacman are read a package at a time, by the first
 * es_packages_owner() that finds a file of it.
 */

/** struct es_packages - databases of one root; one thread at a time */
struct es_packages;

/**
 * struct es_package - one installed package
 * @name:    NUL-terminated
 * @version: NUL-terminated, in the manager's own notation
 * @arch:    NUL-terminated, "" where the manager has none
 * @manager: "dpkg", "rpm", "pacman" or "apk"
 * @status:  "installed", or the manager's word for a half way state
 *           ("half-configured", "config-files", …)
 */
struct es_package {
	const char *name;
	const char *version;
	const char *arch;
	const char *manager;
	const char *status;
};

/**
 * es_packages_open - find and read the package databases
 * @out:  owned; es_packages_free(); without packages where there are none
 * @root: directory that stands for "/"
 * @err:  filled on failure
 *
 * Return: 0, or a negative errno when a database is there and unreadable.
 */
int es_packages_open(struct es_packages **out, const char *root,
		     struct es_error *err);

/**
 * es_packages_free - free what was read
 * @p: taken; NULL is allowed
 */
void es_packages_free(struct es_packages *p);
ES_DEFINE_CLEANUP(struct es_packages, es_packages_free)

/**
 * es_packages_stamp - number that changes when a database changes
 * @p: packages
 *
 * Return: hash of size, time and inode of the database files that
 * es_packages_open() looked at; 0 where there are none.
 */
uint64_t es_packages_stamp(const struct es_packages *p);

/**
 * es_packages_count - how many packages are known
 * @p: packages
 *
 * Return: their number.
 */
size_t es_packages_count(const struct es_packages *p);

/**
 * es_packages_at - the packages, sorted by name, then architecture
 * @p:     packages
 * @index: 0 to es_packages_count() - 1
 *
 * Return: borrowed until es_packages_free().
 */
const struct es_package *es_packages_at(const struct es_packages *p,
					size_t index);

/**
 * enum es_package_digest - kind of the checksum that a package has for a file
 * @ES_PACKAGE_NONE:   none (directories, links, conffiles without one)
 * @ES_PACKAGE_MD5:    16 bytes
 * @ES_PACKAGE_SHA1:   20 bytes
 * @ES_PACKAGE_SHA256: 32 bytes
 */
enum es_package_digest {
	ES_PACKAGE_NONE,
	ES_PACKAGE_MD5,
	ES_PACKAGE_SHA1,
	ES_PACKAGE_SHA256,
};

/**
 * struct es_package_file - what a package says of a file
 * @package:  its owner, borrowed
 * @conffile: a configuration file that its administrator may change
 * @shared:   other packages have the path as well, as most directories
 * @kind:     kind of @digest
 * @digest:   checksum of the content as it was shipped; of a symlink, for
 *            which only apk has one, that of its target's text
 */
struct es_package_file {
	const struct es_package *package;
	bool conffile;
	bool shared;
	enum es_package_digest kind;
	uint8_t digest[32];
};

/**
 * es_packages_owner - which package owns a path
 * @p:    packages; the first call loads the file lists
 * @path: absolute path within the root, bytes
 * @len:  their number
 * @out:  set when found; a path of several packages (directories) has one
 * @err:  filled on failure
 *
 * Return: 1 found, 0 nobody owns it, negative errno.
 */
int es_packages_owner(struct es_packages *p, const char *path, size_t len,
		      struct es_package_file *out, struct es_error *err);

/**
 * es_packages_check - does a file's content match its package's checksum
 * @file: es_packages_owner()
 * @fd:   the file, open for reading; read from its start
 *
 * Return: 1 it matches, 0 it differs, -ENOTSUP there is no checksum, or
 * another negative errno of reading.
 */
int es_packages_check(const struct es_package_file *file, int fd);

/**
 * es_packages_check_link - is a symlink as its package has it
 * @file: es_packages_owner()
 * @fd:   the symlink itself, open with O_PATH
 *
 * Return: 1 it is, 0 it differs, -ENOTSUP the package's manager has no
 * checksum of symlinks (so that what it has one for is a file), or another
 * negative errno of reading.
 */
int es_packages_check_link(const struct es_package_file *file, int fd);

/**
 * es_packages_each_file - every file that some package owns
 * @p:       packages; the first call loads the file lists
 * @each:    called with each path (NUL-terminated, @len bytes) and what its
 *           package says of it, in no order; a return below 0 ends the loop
 * @payload: handed to @each
 * @err:     filled on failure
 *
 * Return: 0, what @each returned, or a negative errno.
 */
int es_packages_each_file(struct es_packages *p,
			  int (*each)(void *payload, const char *path,
				      size_t len,
				      const struct es_package_file *file),
			  void *payload, struct es_error *err);

#endif
