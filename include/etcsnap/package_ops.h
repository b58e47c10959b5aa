/* SPDX-License-Identifier: MIT */
/* package_ops.h - what package managers did in a window of time */
#ifndef ETCSNAP_PACKAGE_OPS_H
#define ETCSNAP_PACKAGE_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "etcsnap/buf.h"
#include "etcsnap/doc.h"
#include "etcsnap/error.h"
#include "etcsnap/mask.h"
#include "etcsnap/packages.h"

/*
 * Read from the logs and databases of the package managers: dpkg.log and apt's
 * history.log (rotated ones too), the histories of dnf and libzypp, rpm's
 * install times, pacman.log and apk.log; where these leave something open, from
 * the lists of packages of two runs. What is found goes,
 * with a verdict on each changed file that a package owns, into run/packages
 * as text (etcsnap-format(5)); a report reads it back from there, since the
 * databases will have moved on.
 */

/**
 * enum es_package_op_kind - what was done to a package
 * @ES_PACKAGE_OP_INSTALL:   was not there
 * @ES_PACKAGE_OP_UPGRADE:   to a newer version
 * @ES_PACKAGE_OP_DOWNGRADE: to an older one
 * @ES_PACKAGE_OP_REINSTALL: the same version again
 * @ES_PACKAGE_OP_REMOVE:    removed, configuration files kept
 * @ES_PACKAGE_OP_PURGE:     removed with all
 * @ES_PACKAGE_OPS:          how many there are
 */
enum es_package_op_kind {
	ES_PACKAGE_OP_INSTALL,
	ES_PACKAGE_OP_UPGRADE,
	ES_PACKAGE_OP_DOWNGRADE,
	ES_PACKAGE_OP_REINSTALL,
	ES_PACKAGE_OP_REMOVE,
	ES_PACKAGE_OP_PURGE,
	ES_PACKAGE_OPS,
};

/**
 * es_package_op_name - word for an operation
 * @kind: operation
 *
 * Return: static "install", "upgrade", "downgrade", "reinstall", "remove" or
 * "purge"; "" for what is none.
 */
const char *es_package_op_name(enum es_package_op_kind kind);

/**
 * struct es_package_op - one package, one net operation within the window
 * @kind:    what was done in all (install then remove is nothing)
 * @name:    package
 * @arch:    architecture, "" where the manager has none
 * @old:     version before, "" for an installation
 * @new:     version after, "" for a removal
 * @manager: "dpkg", "rpm", "pacman", "apk"
 * @when:    seconds since 1970-01-01 UTC of its last step
 * @command: command line that asked for it, "" when unknown
 * @user:    who asked for it, "" when unknown
 */
struct es_package_op {
	enum es_package_op_kind kind;
	const char *name;
	const char *arch;
	const char *old;
	const char *new;
	const char *manager;
	int64_t when;
	const char *command;
	const char *user;
};

/**
 * es_package_op_doc - an operation as documents have it (etcsnap-report(5))
 * @obj: its object, borrowed; failures are told by es_doc_check()
 * @op:  operation
 */
void es_package_op_doc(struct es_doc *obj, const struct es_package_op *op);

/**
 * enum es_package_verdict - a file against the package that owns it
 * @ES_PACKAGE_UNKNOWN:  the package has no checksum for it
 * @ES_PACKAGE_MATCH:    content is as the package has it
 * @ES_PACKAGE_DIFFERS:  it is not
 * @ES_PACKAGE_CONF_NEW: a configuration file, as the package has it
 * @ES_PACKAGE_CONF_KEPT: a configuration file that the administrator changed;
 *                       the package's stands beside it (.dpkg-dist,
 *                       .dpkg-new, .rpmnew, .pacnew, .apk-new)
 * @ES_PACKAGE_CONF_CHANGED: a configuration file that differs from the
 *                       package's, none of which stands beside it
 * @ES_PACKAGE_CONF_SAVED: a configuration file, as the package has it; the
 *                       administrator's stands beside it (.dpkg-old, .rpmsave,
 *                       .rpmorig, .pacsave)
 * @ES_PACKAGE_GONE:     a removed path that a removed or upgraded package had
 * @ES_PACKAGE_VERDICTS: how many there are
 */
enum es_package_verdict {
	ES_PACKAGE_UNKNOWN,
	ES_PACKAGE_MATCH,
	ES_PACKAGE_DIFFERS,
	ES_PACKAGE_CONF_NEW,
	ES_PACKAGE_CONF_KEPT,
	ES_PACKAGE_CONF_CHANGED,
	ES_PACKAGE_CONF_SAVED,
	ES_PACKAGE_GONE,
	ES_PACKAGE_VERDICTS,
};

/**
 * es_package_verdict_name - word for a verdict
 * @verdict: verdict
 *
 * Return: static "unknown", "match", "differs", "conffile-new",
 * "conffile-kept", "conffile-changed", "conffile-saved", "gone".
 */
const char *es_package_verdict_name(enum es_package_verdict verdict);

/**
 * struct es_package_seen - what is said of one path
 * @path:    absolute path, raw bytes, NUL-terminated
 * @len:     their number
 * @package: name of the owner
 * @version: its version when this was written
 * @verdict: verdict
 * @kind:    kind of @want, NONE when there is none
 * @want:    the package's own checksum
 * @recorded: digest of the entry that the verdict is about, as the manifest
 *           has it (SHA-256 or HMAC, 32 bytes); all zero where it has none.
 *           A verdict holds only for an entry with the same one
 */
struct es_package_seen {
	const char *path;
	size_t len;
	const char *package;
	const char *version;
	enum es_package_verdict verdict;
	enum es_package_digest kind;
	uint8_t want[32];
	uint8_t recorded[32];
};

/**
 * struct es_package_ops - operations and verdicts; es_package_ops_free()
 * @ops:    sorted by name, then architecture
 * @n_ops:  their number
 * @seen:   sorted by path bytes
 * @n_seen: their number
 * @missing: managers, with blanks between, whose packages changed in the
 *          window but whose log is not there: apk keeps none before version
 *          3. "" when nothing is unknown
 *
 * Made by es_package_ops_read() or es_package_ops_parse() only: there is more
 * behind it. An empty one is es_package_ops_parse() of 0 bytes.
 */
struct es_package_ops {
	struct es_package_op *ops;
	size_t n_ops;
	struct es_package_seen *seen;
	size_t n_seen;
	const char *missing;
};

/**
 * es_package_ops_read - what was done in a window, from the logs of a root
 * @out:  owned; without verdicts
 * @root: directory that stands for "/"
 * @from: start of the window, seconds since 1970-01-01 UTC, not included
 *        unless there is @told
 * @to:   its end, included
 * @told: what runs at @from recorded, the last one NULL; or NULL. Logs tell
 *        seconds, and more may have been done in the same one after those
 *        runs: what is not in @told then counts
 * @err:  filled on failure
 *
 * A log that is missing, torn or unreadable gives what it can. Logs whose last
 * change is not within the window are not opened.
 *
 * Return: 0 or -ENOMEM.
 */
int es_package_ops_read(struct es_package_ops **out, const char *root,
			int64_t from, int64_t to,
			struct es_package_ops *const *told,
			struct es_error *err);

/**
 * es_package_ops_compare - add what lists of packages tell that no log does
 * @ops:    what logs tell, which is believed
 * @before: system/packages of the run before, etcsnap-format(5); cut up
 * @now:    packages of the same root
 * @when:   given to what is found by its lists alone, seconds since 1970-01-01
 *          UTC
 * @err:    filled on failure
 *
 * Only for packages of rpm, of which there may be no history, and of apk where
 * es_package_ops.missing names it. Others always keep a log: a package whose
 * version changed, and none says so, stays without an operation, since it is
 * no day's work of a package manager.
 *
 * Return: 0 or -ENOMEM.
 */
int es_package_ops_compare(struct es_package_ops *ops, struct es_buf *before,
			   const struct es_packages *now, int64_t when,
			   struct es_error *err);

/**
 * struct es_package_asked - one changed path to be judged
 * @path:     absolute path, raw bytes, NUL-terminated
 * @len:      their number
 * @removed:  it is gone
 * @plain:    @recorded is a SHA-256, not an HMAC: then the file need not be
 *            read where the package has one, too, and what is read is held
 *            against it, so that no verdict is on what came after the run
 * @recorded: as es_package_seen.recorded
 */
struct es_package_asked {
	const char *path;
	size_t len;
	bool removed;
	bool plain;
	uint8_t recorded[32];
};

/**
 * es_package_ops_judge - add verdicts on changed paths
 * @ops:   gets them
 * @p:     today's packages of the same root
 * @root:  directory that stands for "/", opened for files that must be read
 * @asked: paths, sorted by bytes
 * @n:     their number
 * @err:   filled on failure
 *
 * Paths that no package owns get none. A package's new version of a
 * configuration file beside the old one (.dpkg-dist, .rpmnew and so on) counts
 * as the package's, when it has that content. A removed path gets one when a
 * package still says that it is there (DIFFERS, or what is said of
 * configuration files), and GONE when a package of @ops had it: but managers
 * forget the list of files of a version that they replace or purge, so that is
 * told by what is left of removed packages, by directories that bear the name
 * of a package by convention (/usr/share/doc/NAME), and below /usr, but for
 * /usr/local, by the nearest directory that is there still: when one package
 * alone has it, that had the path, too.
 *
 * Costs one pass over the file lists and, where the package's checksum is not
 * the recorded SHA-256, one read of each owned file, by several threads.
 *
 * Return: 0 or a negative errno; a file that cannot be read is UNKNOWN.
 */
int es_package_ops_judge(struct es_package_ops *ops, struct es_packages *p,
			 const char *root, const struct es_package_asked *asked,
			 size_t n, struct es_error *err);

/**
 * es_package_ops_hide - mask what was typed
 * @ops:   commands and users become what may be kept of them
 * @masks: masks, NULL = there are none
 * @hmac:  digest of kind ES_DIGEST_HMAC, this thread's
 * @err:   filled on failure
 *
 * Before es_package_ops_text(): in what that quotes masks find less.
 *
 * Return: 0 or -ENOMEM.
 */
int es_package_ops_hide(struct es_package_ops *ops,
			const struct es_mask_set *masks, struct es_digest *hmac,
			struct es_error *err);

/**
 * es_package_ops_text - as run/packages has it
 * @ops: operations and verdicts
 * @out: appended to; nothing when there are none
 *
 * Return: 0 or the buffer's sticky failure.
 */
int es_package_ops_text(const struct es_package_ops *ops, struct es_buf *out);

/**
 * es_package_ops_parse - read run/packages back
 * @out:  owned; es_package_ops_free()
 * @text: what es_package_ops_text() wrote; lines of kinds that are not known
 *        are passed over
 * @len:  its bytes
 * @err:  filled on failure
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int es_package_ops_parse(struct es_package_ops **out, const char *text,
			 size_t len, struct es_error *err);

/**
 * es_package_ops_merge - join what several runs recorded, oldest first
 * @into: gets the net operation of each package (1 to 2, then 2 to 3 is 1 to
 *        3; there and back is dropped), and the latest verdict on each path
 * @next: of a later run; borrowed, strings are copied
 * @err:  filled on failure
 *
 * Return: 0 or -ENOMEM.
 */
int es_package_ops_merge(struct es_package_ops *into,
			 const struct es_package_ops *next,
			 struct es_error *err);

/**
 * es_package_ops_free - free operations and verdicts
 * @ops: taken; NULL is allowed
 */
void es_package_ops_free(struct es_package_ops *ops);
ES_DEFINE_CLEANUP(struct es_package_ops, es_package_ops_free)

/**
 * es_package_version_compare - which of two versions is the newer
 * @manager: whose notation they are in: "dpkg", "rpm", "pacman", "apk"
 * @a:       a version
 * @b:       another
 *
 * Return: below 0 when @a is older, 0 when both are the same, above 0 when it
 * is newer.
 * Source: deb-version(7), rpm-version(7), vercmp(8), apk-package(5).
 */
int es_package_version_compare(const char *manager, const char *a,
			       const char *b);

#endif
