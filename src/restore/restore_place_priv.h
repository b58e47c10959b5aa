/* SPDX-License-Identifier: MIT */
/* restore_place_priv.h - objects made aside, then put in their place at once */
#ifndef ETCSNAP_RESTORE_RESTORE_PLACE_PRIV_H
#define ETCSNAP_RESTORE_RESTORE_PLACE_PRIV_H

#include "etcsnap/entry.h"
#include "restore/restore_tree_priv.h"

/** RESTORE_NAME_LEN - room for a temporary name, NUL included */
#define RESTORE_NAME_LEN (sizeof(RESTORE_TEMP) + RESTORE_TEMP_HEX)

/**
 * struct restore_place - an object that is being made
 * @dir:  descriptor of the directory it is to be in, borrowed
 * @fd:   its own: real for files and directories, else one that only names it
 * @type: what it is
 * @name: its temporary name; empty while a file has none
 */
struct restore_place {
	int dir;
	int fd;
	enum es_type type;
	char name[RESTORE_NAME_LEN];
};

/** RESTORE_PLACE_INIT - no object yet */
#define RESTORE_PLACE_INIT                         \
	{                                          \
		.dir = -1, .fd = -1, .name = { 0 } \
	}

/**
 * restore_place_make - make an empty object, readable for its owner alone
 * @p:   RESTORE_PLACE_INIT
 * @dir: directory, borrowed
 * @e:   what it is to be: type, target of a link, numbers of a device
 *
 * Where the file system can, a file has no name until restore_place_put(), so
 * that nothing is left of it when the program is killed.
 *
 * Return: 0, -ENOTSUP (sockets), or another negative errno.
 */
int restore_place_make(struct restore_place *p, int dir,
		       const struct es_entry *e);

/**
 * restore_place_link - make another name of a file
 * @p:    RESTORE_PLACE_INIT
 * @dir:  directory, borrowed
 * @from: directory of the file
 * @name: its name there
 *
 * Return: 0 or a negative errno.
 */
int restore_place_link(struct restore_place *p, int dir, int from,
		       const char *name);

/**
 * restore_place_put - give the object its name, in the place of what has it
 * @p:    made; has its name afterwards, and can then only be dropped
 * @name: last component
 * @old:  what has the name now; NULL: nothing has, and what came meanwhile
 *        is not replaced
 *
 * Return: 0, -EEXIST, -ENOTEMPTY (a directory is there that is not empty), or
 * another negative errno; then all is as it was.
 */
int restore_place_put(struct restore_place *p, const char *name,
		      const struct stat *old);

/** restore_place_drop - close it, and remove it if it was not put */
void restore_place_drop(struct restore_place *p);

#endif
