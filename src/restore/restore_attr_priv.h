/* SPDX-License-Identifier: MIT */
/* restore_attr_priv.h - owner, mode, xattrs, times and flags of an object */
#ifndef ETCSNAP_RESTORE_RESTORE_ATTR_PRIV_H
#define ETCSNAP_RESTORE_RESTORE_ATTR_PRIV_H

#include "etcsnap/buf.h"
#include "etcsnap/entry.h"

#include <stdbool.h>
#include <sys/stat.h>

/** RESTORE_FIXED - file flags that forbid to replace, remove or rename */
#define RESTORE_FIXED (FS_IMMUTABLE_FL | FS_APPEND_FL)

/**
 * struct restore_object - an object that is there
 * @fd:   its descriptor
 * @real: it was opened; else @fd only names it
 * @dir:  descriptor of its directory, borrowed
 * @name: its name there, borrowed
 * @st:   what it was when it was opened
 */
struct restore_object {
	int fd;
	bool real;
	int dir;
	const char *name;
	struct stat st;
};

/** RESTORE_OBJECT_INIT - no object */
#define RESTORE_OBJECT_INIT \
	{                   \
		.fd = -1    \
	}

/**
 * restore_object_open - open an object without following it
 * @o:    RESTORE_OBJECT_INIT
 * @dir:  directory, borrowed
 * @name: name in it, borrowed
 *
 * Files and directories are really opened where that is allowed; devices and
 * pipes never, since that alone does something.
 *
 * Return: 0 or a negative errno.
 */
int restore_object_open(struct restore_object *o, int dir, const char *name);

/** restore_object_close - close it */
void restore_object_close(struct restore_object *o);

/**
 * struct restore_wish - what an object is to have
 * @then:  what was recorded
 * @old:   the object in whose place it comes, for what was not recorded; NULL
 * @times: also its modification time
 * @loose: an owner that cannot be set is no reason to stop, but set-id bits
 *         and capabilities are then left out
 * @less:  bits that its mode is not to have
 */
struct restore_wish {
	const struct es_entry *then;
	const struct restore_object *old;
	bool times;
	bool loose;
	mode_t less;
};

/**
 * restore_attr_set - give an object its attributes, but for file flags
 * @o:    object
 * @wish: which
 * @said: appended to: what could not be set, "mode: Operation not permitted"
 *
 * Return: bits of enum es_record that could not be set.
 */
unsigned int restore_attr_set(const struct restore_object *o,
			      const struct restore_wish *wish,
			      struct es_buf *said);

/**
 * restore_attr_flags - give an object its file flags, as the last thing
 * @fd:   real descriptor of the object
 * @wish: which; without recorded ones those of the old object
 * @old:  flags of the old object
 * @said: as restore_attr_set()
 *
 * Return: as restore_attr_set().
 */
unsigned int restore_attr_flags(int fd, const struct restore_wish *wish,
				uint32_t old, struct es_buf *said);

/** restore_flags_get - Return: file flags, 0 where there are none */
uint32_t restore_flags_get(const struct restore_object *o);

/** restore_flags_set - Return: 0 or a negative errno */
int restore_flags_set(const struct restore_object *o, uint32_t flags);

#endif
