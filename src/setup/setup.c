/* SPDX-License-Identifier: MIT */
/* setup.c - what is to be in place, against what is: steps, and doing them */
#include "config.h"

#include "setup/setup_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Most bytes of a file that is put in place. */
#define CONTENT_MAX ((size_t)1 << 20)

/* Seconds for which another setup is waited for. */
#define WAIT 10

/* --- items ---------------------------------------------------------------- */

struct setup_item *es_setup_add(struct es_setup *s, enum es_setup_kind kind,
				const char *what, const char *name,
				struct es_error *err)
{
	struct setup_item *more =
		reallocarray(s->items, s->n + 1, sizeof(*more));
	struct setup_item *it;

	if (!more) {
		es_fail_oom(err);
		return NULL;
	}
	s->items = more;
	it = &more[s->n];
	*it = (struct setup_item){
		.step = { .kind = kind, .why = "" },
		.content = ES_BUF_INIT(CONTENT_MAX),
		.mode = 0644,
	};
	it->step.what = strdup(what);
	it->step.name = strdup(name);
	s->n++;
	if (it->step.what && it->step.name)
		return it;
	es_fail_oom(err);
	return NULL;
}

struct setup_item *es_setup_find(struct es_setup *s, enum es_setup_kind kind,
				 const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].wanted && s->items[i].step.kind == kind &&
		    strcmp(s->items[i].step.name, name) == 0)
			return &s->items[i];
	return NULL;
}

void es_setup_digest(setup_digest out, const struct es_buf *content)
{
	uint8_t raw[ES_SHA256_LEN];

	es_sha256(raw, es_buf_str(content), content->len);
	es_hex(out, raw, sizeof(raw));
}

int es_setup_path(struct es_buf *out, const struct es_setup *s,
		  const char *path, struct es_error *err)
{
	es_buf_addf(out, "%s%s", s->options->root, path);
	return es_buf_check(out, err);
}

/* --- the plan ------------------------------------------------------------- */

static int judge(struct es_setup *s, struct setup_item *it,
		 struct es_error *err)
{
	switch (it->step.kind) {
	case ES_SETUP_DIR:
		return es_setup_dir_judge(s, it, err);
	case ES_SETUP_FILE:
		return es_setup_file_judge(s, it, err);
	case ES_SETUP_UNIT:
	default:
		return es_setup_unit_judge(s, it, err);
	}
}

/* Directories before what is in them when made, after it when undone. */
static int order(const struct setup_item *it)
{
	if (it->wanted)
		return it->step.kind == ES_SETUP_DIR ? 0 : 1;
	return it->step.kind == ES_SETUP_DIR ? 3 : 2;
}

static int compare(const void *a, const void *b)
{
	const struct setup_item *x = a;
	const struct setup_item *y = b;
	const int names = strcmp(x->step.name, y->step.name);

	if (order(x) != order(y))
		return order(x) - order(y);
	return order(x) == 3 ? -names : names;
}

/*
 * Directories that are missing are wanted, too; those that the record has and
 * something wanted lies in stay.
 */
static int want_parents(struct es_setup *s, const char *path,
			struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf dir = ES_BUF_INIT(4096);
	ES_CLEANUP(es_buf_dispose) struct es_buf real = ES_BUF_INIT(8192);
	struct setup_item *it;

	es_path_dirname(&dir, path);
	if (strcmp(es_buf_str(&dir), "/") == 0 ||
	    es_setup_find(s, ES_SETUP_DIR, es_buf_str(&dir)))
		return 0;
	if (es_setup_path(&real, s, es_buf_str(&dir), err) < 0)
		return err->code;
	if (want_parents(s, es_buf_str(&dir), err) < 0)
		return err->code;
	it = es_setup_add(s, ES_SETUP_DIR, "directory", es_buf_str(&dir), err);
	if (!it)
		return err->code;
	it->wanted = true;
	it->mode = 0755;
	return 0;
}

static int make_plan(struct es_setup *s, struct es_error *err)
{
	if (!s->options->remove && es_setup_want(s, err) < 0)
		return err->code;
	const size_t wanted = s->n;
	for (size_t i = 0; i < wanted; i++) {
		const struct es_setup_step *step = &s->items[i].step;
		ES_CLEANUP(es_freep) char *name = strdup(step->name);

		if (!name)
			return es_fail_oom(err);
		if (step->kind == ES_SETUP_FILE &&
		    want_parents(s, name, err) < 0)
			return err->code;
	}
	if (es_setup_record_items(s, err) < 0)
		return err->code;
	for (size_t i = 0; i < s->n; i++)
		if (judge(s, &s->items[i], err) < 0)
			return err->code;
	if (s->n > 0)
		qsort(s->items, s->n, sizeof(*s->items), compare);
	return es_setup_settle(s, err);
}

static int open_record(struct es_setup *s, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf dir = ES_BUF_INIT(4096);

	if (es_setup_path(&dir, s, SETUP_STATE_DIR, err) < 0)
		return err->code;
	if (asprintf(&s->record, "%s/setup", dir.data) < 0 ||
	    asprintf(&s->lock_path, "%s/setup.lock", dir.data) < 0)
		return es_fail_oom(err);
	if (s->options->dry)
		return es_setup_record_load(s, err);
	if (es_mkdirs(dir.data, 0700, err) < 0)
		return err->code;
	return es_lock_file(&s->lock, s->lock_path, WAIT, err) < 0
		       ? es_wrap(err, "another setup is at work")
		       : es_setup_record_load(s, err);
}

int es_setup_new(struct es_setup **out, const struct es_setup_options *options,
		 struct es_error *err)
{
	ES_CLEANUP(es_setup_freep) struct es_setup *s = calloc(1, sizeof(*s));

	if (!s)
		return es_fail_oom(err);
	s->options = options;
	s->lock = -1;
	if (open_record(s, err) < 0 || es_setup_choose(s, err) < 0 ||
	    make_plan(s, err) < 0)
		return err->code;
	*out = es_steal_ptr(&s);
	return 0;
}

void es_setup_free(struct es_setup *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++) {
		free(s->items[i].step.what);
		free(s->items[i].step.name);
		es_buf_dispose(&s->items[i].content);
	}
	free(s->items);
	es_doc_free(s->done);
	/* who waits for it looks whether it is still the same file */
	if (s->lock >= 0)
		unlink(s->lock_path);
	es_closep(&s->lock);
	free(s->mail);
	free(s->smtp);
	free(s->record);
	free(s->lock_path);
	free(s);
}

const struct es_setup_step *es_setup_step(const struct es_setup *s, size_t i)
{
	return i < s->n ? &s->items[i].step : NULL;
}

enum es_setup_timer es_setup_timer(const struct es_setup *s)
{
	return s->timer;
}

bool es_setup_hooks(const struct es_setup *s)
{
	return s->hooks;
}

const char *es_setup_mail(const struct es_setup *s)
{
	return s->mail;
}

static bool is_deed(enum es_setup_act act)
{
	return act == ES_SETUP_MAKE || act == ES_SETUP_UNDO;
}

bool es_setup_in_place(const struct es_setup *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].step.act != ES_SETUP_KEEP ||
		    *s->items[i].step.why)
			return false;
	return true;
}

bool es_setup_changes(const struct es_setup *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (is_deed(s->items[i].step.act))
			return true;
	return false;
}

/* --- doing it ------------------------------------------------------------- */

static int act(struct es_setup *s, struct setup_item *it, struct es_error *err)
{
	switch (it->step.kind) {
	case ES_SETUP_DIR:
		return es_setup_dir_do(s, it, err);
	case ES_SETUP_FILE:
		return es_setup_file_do(s, it, err);
	case ES_SETUP_UNIT:
	default:
		return es_setup_unit_do(s, it, err);
	}
}

static void sweep(const struct es_setup *s, const char *name)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(8192);
	struct es_error why = ES_ERROR_INIT;

	if (es_setup_path(&path, s, name, &why) == 0)
		es_setup_sweep(path.data);
}

int es_setup_apply(struct es_setup *s,
		   void (*tell)(void *payload, const struct es_setup_step *step,
				const char *why),
		   void *payload, struct es_error *err)
{
	int failed = 0;

	if (es_setup_clean(s, err) < 0 ||
	    es_setup_record_save(s, false, err) < 0)
		return err->code;
	for (size_t i = 0; i < s->n; i++) {
		struct setup_item *it = &s->items[i];
		struct es_error why = ES_ERROR_INIT;

		if (it->step.act == ES_SETUP_REFUSE)
			failed++;
		if (it->step.kind == ES_SETUP_FILE && it->step.ours)
			sweep(s, it->step.name);
		if (is_deed(it->step.act) && act(s, it, &why) < 0) {
			failed++;
			it->step.ours = true;
			tell(payload, &it->step, why.msg);
		} else if (it->step.act != ES_SETUP_KEEP || *it->step.why) {
			tell(payload, &it->step, NULL);
		}
	}
	return es_setup_record_save(s, true, err) < 0 ? err->code : failed;
}
