/* SPDX-License-Identifier: MIT */
/* check_unknown_owner.c - watched objects of users or groups that are not */
#include "config.h"

#include "checks/check_table_priv.h"

static int entry(struct es_findings *f, const struct es_seen *seen,
		 struct es_error *err)
{
	struct es_ids *ids = f->checks->options.ids;
	const struct es_entry *e = seen->now;

	(void)err;
	if (!e)
		return 0;
	if (!es_ids_user(ids, e->uid))
		es_finding(f, seen->path, seen->len, "user %u is unknown",
			   e->uid);
	if (!es_ids_group(ids, e->gid))
		es_finding(f, seen->path, seen->len, "group %u is unknown",
			   e->gid);
	return 0;
}

const struct es_check es_check_unknown_owner = {
	.name = "unknown-owner",
	.severity = ES_SEVERITY_NOTICE,
	.entry = entry,
};
