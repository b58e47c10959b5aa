/* SPDX-License-Identifier: MIT */
/* check_homes.c - home directories that others own or can write */
#include "config.h"

#include "checks/check_table_priv.h"

#include "etcsnap/quote.h"

#include <string.h>

static int each(struct es_findings *f, const struct es_home *home,
		struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf why = ES_BUF_INIT(1024);
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 16);

	es_buf_addf(&path, "%s/", home->path);
	if (es_buf_check(&path, err) < 0)
		return err->code;
	if (es_others_write(f, &why, &home->st, home))
		es_finding(f, path.data, path.len, "home of %s: %s",
			   ES_Q(home->accounts[0].name), es_buf_str(&why));
	return 0;
}

static int run(struct es_findings *f, struct es_error *err)
{
	return es_homes_each(f, each, err);
}

const struct es_check es_check_homes = {
	.name = "homes",
	.severity = ES_SEVERITY_WARNING,
	.run = run,
};
