/* SPDX-License-Identifier: MIT */
/* loose.c - the loose objects of a repository, which only others make */
#include "config.h"

#include "store/repack_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int add(struct es_loose_list *l, const struct es_loose *item,
	       struct es_error *err)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 64;
		struct es_loose *more =
			reallocarray(l->items, cap, sizeof(*more));

		if (!more)
			return es_fail_oom(err);
		l->items = more;
		l->cap = cap;
	}
	l->items[l->n++] = *item;
	return 0;
}

/* All of one directory, "objects/4f". */
static int list_one(struct es_loose_list *l, int objects, const char *name,
		    const struct es_prune_state *state, struct es_error *err)
{
	int fd = openat(objects, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	ES_CLEANUP(es_closedirp) DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d) {
		es_closep(&fd);
		return errno == ENOENT
			       ? 0
			       : es_fail_errno(err, "cannot list objects/%s",
					       name);
	}
	for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
		char hex[ES_OID_HEX + 1];
		struct es_loose item = { .size = 0 };
		struct stat sb;

		if (strlen(e->d_name) != ES_OID_HEX - 2)
			continue;
		memcpy(hex, name, 2);
		memcpy(hex + 2, e->d_name, ES_OID_HEX - 1);
		if (es_unhex(item.id.id, hex, ES_OID_LEN) < 0 ||
		    fstatat(fd, e->d_name, &sb, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(sb.st_mode))
			continue;
		item.mtime = sb.st_mtime;
		item.size = (uint64_t)sb.st_size;
		item.doomed = es_prune_state_find(state, hex) != NULL;
		if (add(l, &item, err) < 0)
			return err->code;
	}
	return 0;
}

int es_loose_list_load(struct es_loose_list *l, int objects,
		       const struct es_prune_state *state, struct es_error *err)
{
	char name[3];

	for (unsigned int i = 0; i < 256; i++) {
		snprintf(name, sizeof(name), "%02x", i);
		if (list_one(l, objects, name, state, err) < 0)
			return err->code;
	}
	return 0;
}

void es_loose_list_remove(int objects, const struct es_oid *id)
{
	char hex[ES_OID_HEX + 1];
	char name[ES_OID_HEX + 2];

	es_oid_text(hex, id);
	snprintf(name, sizeof(name), "%.2s/%s", hex, hex + 2);
	unlinkat(objects, name, 0);
	name[2] = '\0';
	/* empty now, perhaps */
	unlinkat(objects, name, AT_REMOVEDIR);
}
