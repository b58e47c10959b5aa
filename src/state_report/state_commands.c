/* SPDX-License-Identifier: MIT */
/* state_commands.c - what the volatile commands say now */
#include "config.h"

#include "state_report/state_report_priv.h"

#include "etcsnap/commands.h"
#include "etcsnap/hide.h"
#include "etcsnap/rules.h"

#include <errno.h>
#include <string.h>

/* Lines of one command, of its output and of its complaints. */
#define LINES_MAX 200

/* "commands/NAME/stdout" */
struct name {
	const char *command;
	size_t len;
	const char *part;
};

static bool split(struct name *n, const char *text)
{
	static const char folder[] = "commands/";
	const char *slash;

	if (strncmp(text, folder, sizeof(folder) - 1) != 0)
		return false;
	n->command = text + sizeof(folder) - 1;
	slash = strchr(n->command, '/');
	if (!slash)
		return false;
	n->len = (size_t)(slash - n->command);
	n->part = slash + 1;
	return true;
}

/* The masks of a run hold for what is only shown, too. */
static int hide(struct es_buf *out, const struct state_job *job,
		const struct es_text *t)
{
	ES_CLEANUP(es_digest_freep) struct es_digest *hmac = NULL;
	const struct es_mask_set *masks;
	struct es_error unseen = ES_ERROR_INIT;
	int n;

	if (es_patch_masks(&masks, &hmac, &job->in->patch, &unseen) < 0)
		return -ENOMEM;
	n = es_hide_text(masks, out, t->data, t->len, hmac);
	if (n < 0)
		return n;
	if (n == 0) {
		es_buf_reset(out);
		es_buf_add(out, t->data, t->len);
	}
	return out->failed;
}

static void set_lines(struct es_doc *obj, const char *key,
		      const struct es_buf *text)
{
	struct es_doc *list = es_doc_array(obj, key);
	const char *at = es_buf_str(text), *end = at + text->len;
	int64_t n = 0;

	for (; at < end; n++) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));

		if (n < LINES_MAX)
			es_doc_push_text(list, at,
					 (size_t)((nl ? nl : end) - at));
		at = nl ? nl + 1 : end;
	}
	if (n > LINES_MAX)
		es_doc_number(obj,
			      strcmp(key, "stdout") == 0 ? "stdout_more"
							 : "stderr_more",
			      n - LINES_MAX);
}

static void set_status(struct es_doc *obj, const struct es_buf *text)
{
	const char *at = es_buf_str(text);
	size_t len = strcspn(at, "\n");

	es_doc_text(obj, "status", at, len);
	es_doc_bool(obj, "failed", len != 6 || strncmp(at, "exit 0", 6) != 0);
}

/* The object of a command; its texts come one behind the other. */
static struct es_doc *object_of(struct es_doc *list, const struct name *n)
{
	size_t count = es_doc_len(list);
	struct es_doc *last = count ? es_doc_edit_at(list, count - 1) : NULL;
	const char *name = last ? es_doc_get_str(last, "name") : NULL;

	if (name && strlen(name) == n->len &&
	    strncmp(name, n->command, n->len) == 0)
		return last;
	last = es_doc_push(list);
	es_doc_text(last, "name", n->command, n->len);
	return last;
}

static int take_text(struct state_job *job, struct es_doc *list,
		     const struct es_text *t)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	struct es_doc *obj;
	struct name n;

	if (!t->data || !split(&n, t->name))
		return 0;
	if (hide(&b, job, t) < 0)
		return -ENOMEM;
	obj = object_of(list, &n);
	if (strcmp(n.part, "status") == 0)
		set_status(obj, &b);
	else
		set_lines(obj, n.part, &b);
	return 0;
}

int state_commands(struct state_job *job, struct es_error *err)
{
	const struct es_commands_options o = {
		.conf = job->in->conf,
		.volatiles = true,
		.now = job->in->now,
	};
	ES_CLEANUP(es_commands_freep) struct es_commands *c = NULL;
	ES_CLEANUP(es_texts_freep) struct es_texts *texts = NULL;
	struct es_doc *list = es_doc_array(job->doc, "commands");

	if (!job->in->commands)
		return 0;
	texts = es_texts_new();
	if (!texts)
		return es_fail_oom(err);
	if (es_commands_start(&c, &o, err) < 0 ||
	    es_commands_finish(c, texts, err) < 0)
		return err->code;
	for (size_t i = 0; i < es_texts_count(texts); i++) {
		struct es_text t;

		es_texts_at(texts, i, &t);
		if (take_text(job, list, &t) < 0)
			return es_fail_oom(err);
	}
	return 0;
}
