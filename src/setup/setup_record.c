/* SPDX-License-Identifier: MIT */
/* setup_record.c - what a setup put in place: the file "setup" of the state */
#include "config.h"

#include "setup/setup_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * { "schema": 1, "timer": "auto", "hooks": true, "mail": "", "smtp": "",
 *   "tested": ["root"], "making": "/var/lib/etcsnap/repo.git",
 *   "items": [{ "kind": "file", "what": "hook of apt", "name": "/etc/…",
 *               "sha256": "…", "was": "" }, …] }
 */
#define SCHEMA 1
#define RECORD_MAX ((size_t)1 << 20)

static const char *const kinds[] = {
	[ES_SETUP_DIR] = "directory",
	[ES_SETUP_FILE] = "file",
	[ES_SETUP_UNIT] = "unit",
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

static const char *const timers[] = {
	[ES_SETUP_TIMER_AUTO] = "auto",
	[ES_SETUP_TIMER_SYSTEMD] = "systemd",
	[ES_SETUP_TIMER_CRON] = "cron",
	[ES_SETUP_TIMER_NONE] = "none",
};

#define TIMERS (sizeof(timers) / sizeof(*timers))

int es_setup_timer_parse(enum es_setup_timer *out, const char *word)
{
	for (size_t i = 0; i < TIMERS; i++)
		if (strcmp(timers[i], word) == 0) {
			*out = (enum es_setup_timer)i;
			return 0;
		}
	return -EINVAL;
}

const char *es_setup_timer_name(enum es_setup_timer timer)
{
	return timers[timer];
}

int es_setup_record_load(struct es_setup *s, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(RECORD_MAX);
	struct es_error why = ES_ERROR_INIT;

	if (es_read_file(&text, AT_FDCWD, s->record, &why) < 0) {
		if (why.code != -ENOENT) {
			*err = why;
			return err->code;
		}
		s->done = es_doc_new();
		return s->done ? 0 : es_fail_oom(err);
	}
	if (es_doc_read(&s->done, s->record, es_buf_str(&text), text.len,
			&why) < 0 ||
	    es_doc_get_number(s->done, "schema", 0) != SCHEMA)
		return es_fail(err, -EINVAL,
			       "the record of what setup did, '%s', cannot be "
			       "understood; undo by hand what it names, and "
			       "delete it",
			       ES_Q(s->record));
	return 0;
}

/* Of an array that may be missing. */
static size_t length(const struct es_doc *array)
{
	return array ? es_doc_len(array) : 0;
}

static int take_row(struct es_setup *s, const struct es_doc *row,
		    struct es_error *err)
{
	const char *kind = es_doc_get_str(row, "kind");
	const char *what = es_doc_get_str(row, "what");
	const char *name = es_doc_get_str(row, "name");
	const char *want = es_doc_get_str(row, "sha256");
	const char *was = es_doc_get_str(row, "was");
	struct setup_item *it;
	size_t k = 0;

	while (k < KINDS && !(kind && strcmp(kinds[k], kind) == 0))
		k++;
	/* none that we wrote */
	if (k == KINDS || !what || !name || !*name || !want || !was)
		return 0;
	it = es_setup_find(s, (enum es_setup_kind)k, name);
	if (!it)
		it = es_setup_add(s, (enum es_setup_kind)k, what, name, err);
	if (!it)
		return err->code;
	it->step.ours = true;
	snprintf(it->want, sizeof(it->want), "%s", want);
	snprintf(it->was, sizeof(it->was), "%s", was);
	return 0;
}

int es_setup_record_items(struct es_setup *s, struct es_error *err)
{
	const struct es_doc *items = es_doc_get(s->done, "items");

	for (size_t i = 0; i < length(items); i++)
		if (es_doc_at(items, i) &&
		    take_row(s, es_doc_at(items, i), err) < 0)
			return err->code;
	return 0;
}

static void put_row(struct es_doc *items, const struct setup_item *it)
{
	struct es_doc *row = es_doc_push(items);

	es_doc_str(row, "kind", kinds[it->step.kind]);
	es_doc_str(row, "what", it->step.what);
	es_doc_str(row, "name", it->step.name);
	es_doc_str(row, "sha256", it->want);
	es_doc_str(row, "was", it->was);
}

static bool is_undone(const struct setup_item *it)
{
	return it->step.act == ES_SETUP_UNDO || it->step.act == ES_SETUP_FORGET;
}

/* Return: number of items. */
static size_t put_all(struct es_setup *s, struct es_doc *doc, bool finished)
{
	const char *making = es_doc_get_str(s->done, "making");
	const struct es_doc *tested = es_doc_get(s->done, "tested");
	struct es_doc *items, *list;
	size_t n = 0;

	es_doc_number(doc, "schema", SCHEMA);
	es_doc_str(doc, "timer", timers[s->choice]);
	es_doc_bool(doc, "hooks", s->hooks);
	es_doc_str(doc, "mail", s->mail);
	es_doc_str(doc, "smtp", s->smtp);
	if (making && !finished)
		es_doc_str(doc, "making", making);
	list = es_doc_array(doc, "tested");
	for (size_t i = 0; i < length(tested); i++) {
		const char *channel = es_doc_at_str(tested, i);

		if (channel)
			es_doc_push_text(list, channel, strlen(channel));
	}
	items = es_doc_array(doc, "items");
	for (size_t i = 0; i < s->n; i++) {
		if (!s->items[i].step.ours ||
		    (finished && is_undone(&s->items[i])))
			continue;
		put_row(items, &s->items[i]);
		n++;
	}
	return n;
}

static int write_record(const struct es_setup *s, const struct es_doc *doc,
			struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(RECORD_MAX);

	if (es_doc_check(doc, err) < 0)
		return err->code;
	es_doc_write(doc, &text, true);
	if (es_buf_check(&text, err) < 0)
		return err->code;
	return es_write_file(s->record, text.data, text.len, 0600, err);
}

int es_setup_record_save(struct es_setup *s, bool finished,
			 struct es_error *err)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();

	if (!doc)
		return es_fail_oom(err);
	if (put_all(s, doc, finished) == 0 && finished && s->options->remove)
		return unlink(s->record) < 0 && errno != ENOENT
			       ? es_fail_errno(err, "cannot remove '%s'",
					       ES_Q(s->record))
			       : 0;
	if (write_record(s, doc, err) < 0)
		return err->code;
	es_doc_free(s->done);
	s->done = es_steal_ptr(&doc);
	return 0;
}

int es_setup_record_making(struct es_setup *s, const char *repo,
			   struct es_error *err)
{
	if (repo)
		es_doc_str(s->done, "making", repo);
	else
		es_doc_remove(s->done, "making");
	return write_record(s, s->done, err);
}

bool es_setup_record_tested(const struct es_setup *s, const char *channel)
{
	const struct es_doc *tested = es_doc_get(s->done, "tested");
	const char *name;

	for (size_t i = 0; i < length(tested); i++) {
		name = es_doc_at_str(tested, i);
		if (name && strcmp(name, channel) == 0)
			return true;
	}
	return false;
}

int es_setup_record_test(struct es_setup *s, const char *channel,
			 struct es_error *err)
{
	struct es_doc *tested = es_doc_edit(s->done, "tested");

	if (!tested)
		tested = es_doc_array(s->done, "tested");
	es_doc_push_text(tested, channel, strlen(channel));
	return write_record(s, s->done, err);
}
