/* SPDX-License-Identifier: MIT */
/* check_world_writable.c - watched files and directories all can write */
#include "config.h"

#include "checks/check_table_priv.h"

static int entry(struct es_findings *f, const struct es_seen *seen,
		 struct es_error *err)
{
	const struct es_entry *e = seen->now;

	(void)err;
	if (!e || !(e->mode & S_IWOTH))
		return 0;
	if (e->type == ES_TYPE_FILE)
		es_finding(f, seen->path, seen->len, "everyone can write it");
	else if (e->type == ES_TYPE_DIR && !(e->mode & S_ISVTX))
		es_finding(f, seen->path, seen->len,
			   "everyone can write, and remove what others have "
			   "there");
	return 0;
}

const struct es_check es_check_world_writable = {
	.name = "world-writable",
	.severity = ES_SEVERITY_WARNING,
	.entry = entry,
};
