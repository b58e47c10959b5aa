/* SPDX-License-Identifier: MIT */
/* export.c - the whole state of a run, in one of several forms */
#include "config.h"

#include "export/export_priv.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *word;
	const struct export_ops *ops;
} formats[] = {
	[ES_EXPORT_CSV] = { "csv", &export_listing_ops },
	[ES_EXPORT_JSON] = { "json", &export_listing_ops },
	[ES_EXPORT_MTREE] = { "mtree", &export_mtree_ops },
	[ES_EXPORT_TAR] = { "tar", &export_tar_ops },
};

int es_export_parse(enum es_export_format *out, const char *word)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(word, formats[i].word) != 0)
			continue;
		*out = (enum es_export_format)i;
		return 0;
	}
	return -EINVAL;
}

const char *es_export_left_name(enum es_export_left why)
{
	static const char *const names[] = {
		[ES_LEFT_SECRET] = "secret",	  [ES_LEFT_MASKED] = "masked",
		[ES_LEFT_DIGEST] = "digest only", [ES_LEFT_UNREAD] = "unread",
		[ES_LEFT_SOCKET] = "socket",
	};

	return (unsigned int)why < ES_LEFT_KINDS ? names[why] : "";
}

bool export_hardlink(struct es_buf *out, const struct export_item *i)
{
	const struct es_extra *x = i->e.extra;
	const char *slash = strrchr(i->path, '/');

	es_buf_reset(out);
	if (!x || !x->link_len || !slash)
		return false;
	/* it is a name in the same directory */
	es_buf_add(out, i->path, (size_t)(slash + 1 - i->path));
	es_buf_add(out, es_extra_link(x), x->link_len);
	return !out->failed;
}

int export_put(const struct export_job *job, const void *data, size_t len,
	       struct es_error *err)
{
	if (len && fwrite(data, 1, len, job->out) != len)
		return es_fail_errno(err, "cannot write the export");
	return 0;
}

static int run(struct export_job *job, struct es_error *err)
{
	const struct export_ops *ops = job->ops;

	if (ops->begin(job, err) < 0 || export_walk(job, err) < 0)
		return err->code;
	if (ops->text && export_texts(job, err) < 0)
		return err->code;
	if (ops->end(job, err) < 0)
		return err->code;
	if (fflush(job->out) == EOF)
		return es_fail_errno(err, "cannot write the export");
	return 0;
}

int es_export(FILE *out, struct es_store *st,
	      const struct es_export_options *options, struct es_error *err)
{
	ES_CLEANUP(es_commit_freep) struct es_commit *commit = NULL;
	struct export_job job = {
		.out = out,
		.st = st,
		.options = options,
		.patch = { .rules = options->rules, .key = options->key },
		.ops = formats[options->format].ops,
	};

	if (es_commit_read(&commit, st, &options->commit, err) < 0)
		return err->code;
	job.commit = commit;
	int rc = run(&job, err);
	job.ops->dispose(&job);
	return rc;
}
