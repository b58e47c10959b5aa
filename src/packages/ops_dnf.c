/* SPDX-License-Identifier: MIT */
/* ops_dnf.c - what the databases of dnf 4 and dnf 5 tell of transactions */
#include "config.h"

#include "packages/ops_sqlite_priv.h"

#include "etcsnap/ids.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * A transaction has a row for each package that came and one for each that
 * went. The queries put first what was removed for good, then what came, and
 * last what was replaced by that, so that the last can be given to the second.
 *
 * Numbers of actions of dnf 4: 1 install, 2 downgrade, 3 downgraded, 4
 * obsolete, 5 obsoleted, 6 upgrade, 7 upgraded, 8 remove, 9 reinstall, 10
 * reinstalled. Of dnf 5: 1 install, 2 upgrade, 3 downgrade, 4 reinstall, 5
 * remove, 6 replaced.
 */
enum part {
	PART_REMOVED,
	PART_CAME,
	PART_REPLACED,
};

/* Of both: who, when and what; then the packages of the window. */
#define TIME "COALESCE(t.dt_end, t.dt_begin)"
#define HEAD "SELECT t.id, " TIME ", t.user_id, "
#define EVR ", r.epoch, r.version, r.release, "
#define TABLES                                                 \
	" FROM trans t JOIN trans_item i ON i.trans_id = t.id" \
	" JOIN rpm r ON r.item_id = i.item_id "
#define WINDOW " WHERE " TIME " > ?1 AND " TIME " <= ?2 AND "
#define ORDER " ORDER BY t.id, part, i.id"

#define DNF_4                                                 \
	HEAD "t.cmdline, CASE WHEN i.action IN (5, 8) THEN 0" \
	     " WHEN i.action IN (3, 7, 10) THEN 2"            \
	     " ELSE 1 END AS part, i.action = 9, r.name" EVR  \
	     "r.arch" TABLES WINDOW "i.action BETWEEN 1 AND 10"

#define PART_5                                           \
	", CASE i.action_id WHEN 5 THEN 0 WHEN 6 THEN 2" \
	" ELSE 1 END AS part, i.action_id = 4, "
#define DONE_5 WINDOW "i.action_id BETWEEN 1 AND 6 AND i.state_id = 2" ORDER

/* The first that the database understands is taken. */
static const char *const queries[] = {
	DNF_4 " AND i.state = 1" ORDER,
	DNF_4 " AND i.done = 1" ORDER,
	HEAD "t.description" PART_5 "n.name" EVR "a.name" TABLES
	     "JOIN pkg_names n ON n.id = r.name_id"
	     " JOIN archs a ON a.id = r.arch_id" DONE_5,
	HEAD "t.description" PART_5 "r.name" EVR "r.arch" TABLES DONE_5,
	HEAD "t.cmdline" PART_5 "r.name" EVR "r.arch" TABLES DONE_5,
};

static const char *const databases[] = {
	"usr/lib/sysimage/libdnf5/transaction_history.sqlite",
	"var/lib/dnf/history.sqlite",
};

/**
 * struct reading - rows of a database
 * @ids:   names of users
 * @trans: number of the transaction
 * @first: its first step
 */
struct reading {
	struct es_ids *ids;
	int64_t trans;
	size_t first;
};

static const char *column(struct ops_reader *r, const struct ops_row *row,
			  int at, size_t most)
{
	const char *text = ops_row_text(row, at);
	size_t len = strlen(text);

	return ops_text(r->ops, text, len > most ? most : len);
}

static const char *user_name(struct ops_reader *r, const struct reading *g,
			     int64_t uid)
{
	const char *name = NULL;

	/* All ones: nobody logged in, as in a timer's run. */
	if (uid >= 0 && uid < UINT32_MAX)
		name = es_ids_user(g->ids, (uint32_t)uid);
	return name ? ops_text(r->ops, name, strlen(name)) : "";
}

static const char *version(struct ops_reader *r, const struct ops_row *row)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf b = ES_BUF_INIT(3 * OPS_WORD_MAX);
	int64_t epoch = ops_row_number(row, 7);

	if (epoch > 0)
		es_buf_addf(&b, "%lld:", (long long)epoch);
	es_buf_addf(&b, "%.*s-%.*s", OPS_WORD_MAX, ops_row_text(row, 8),
		    OPS_WORD_MAX, ops_row_text(row, 9));
	return b.failed ? NULL : ops_text(r->ops, b.data, b.len);
}

static int take_row(struct ops_reader *r, const struct ops_row *row,
		    void *payload)
{
	struct reading *g = payload;
	int64_t part = ops_row_number(row, 4);
	const char *evr = version(r, row);
	struct es_package_op op = {
		.kind = part == PART_REMOVED	 ? ES_PACKAGE_OP_REMOVE
			: ops_row_number(row, 5) ? ES_PACKAGE_OP_REINSTALL
						 : ES_PACKAGE_OP_UPGRADE,
		.name = column(r, row, 6, OPS_WORD_MAX),
		.arch = column(r, row, 10, OPS_WORD_MAX),
		.old = part == PART_CAME ? "" : evr,
		.new = part == PART_CAME ? evr : "",
		.manager = "rpm",
		.when = ops_row_number(row, 1),
		.command = column(r, row, 3, OPS_COMMAND_MAX),
		.user = user_name(r, g, ops_row_number(row, 2)),
	};

	if (!op.name || !op.arch || !evr || !op.command || !op.user)
		return -ENOMEM;
	if (ops_row_number(row, 0) != g->trans) {
		g->trans = ops_row_number(row, 0);
		g->first = r->steps.n;
	}
	if (!*op.name)
		return 0;
	return part == PART_REPLACED ? ops_was(r, g->first, &op)
				     : ops_step(&r->steps, &op);
}

int ops_dnf_history(struct ops_reader *r)
{
	ES_CLEANUP(es_ids_freep) struct es_ids *ids = NULL;
	struct es_error ignored = ES_ERROR_INIT;
	struct reading g = { .trans = INT64_MIN };
	int there = 0;

	for (size_t i = 0; i < sizeof(databases) / sizeof(databases[0]); i++) {
		if (!ops_sqlite_changed(r, databases[i]))
			continue;
		if (!ids && es_ids_new(&ids, r->slash, &ignored) < 0)
			return -ENOMEM;
		g.ids = ids;
		int rc = ops_sqlite_each(r, databases[i], queries,
					 sizeof(queries) / sizeof(queries[0]),
					 take_row, &g);
		if (rc < 0)
			return rc;
		there |= rc;
	}
	return there;
}
