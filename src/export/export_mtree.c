/* SPDX-License-Identifier: MIT */
/* export_mtree.c - one mtree(5) file of the whole tree, with full paths */
#include "config.h"

#include "etcsnap/manifest.h"

#include "export/export_priv.h"

static int begin(struct export_job *job, struct es_error *err)
{
	return export_put(job, "#mtree\n", 7, err);
}

/* mtree(8) wants every parent, so directories that only lead come too. */
static int item(struct export_job *job, const struct export_item *i,
		struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf line = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf link = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf room = ES_BUF_INIT(ES_BUF_MAX);
	struct es_entry e = i->e;

	/* its words are of a whole tree here, not of a directory */
	if (export_hardlink(&link, i))
		e.extra = es_extra_make(&room, e.extra, link.data + 1,
					link.len - 1);
	es_manifest_add(&line, i->path + 1, i->len - 1, &e, i->uname, i->gname);
	if (es_buf_check(&link, err) < 0 || es_buf_check(&room, err) < 0 ||
	    es_buf_check(&line, err) < 0)
		return err->code;
	return export_put(job, line.data, line.len, err);
}

static int end(struct export_job *job, struct es_error *err)
{
	(void)job;
	(void)err;
	return 0;
}

static void dispose(struct export_job *job)
{
	(void)job;
}

const struct export_ops export_mtree_ops = {
	.begin = begin,
	.item = item,
	.end = end,
	.dispose = dispose,
};
