/* SPDX-License-Identifier: MIT */
/* ops.c - operations on packages: strings, net effect, hiding, merging */
#include "config.h"

#include "packages/ops_priv.h"

#include "etcsnap/hide.h"

#include <errno.h>
#include <string.h>

/* Between two steps: there and back so far, which is no operation. */
#define NOTHING ES_PACKAGE_OPS

const char *es_package_op_name(enum es_package_op_kind kind)
{
	static const char *const names[ES_PACKAGE_OPS] = {
		[ES_PACKAGE_OP_INSTALL] = "install",
		[ES_PACKAGE_OP_UPGRADE] = "upgrade",
		[ES_PACKAGE_OP_DOWNGRADE] = "downgrade",
		[ES_PACKAGE_OP_REINSTALL] = "reinstall",
		[ES_PACKAGE_OP_REMOVE] = "remove",
		[ES_PACKAGE_OP_PURGE] = "purge",
	};

	return kind < ES_PACKAGE_OPS ? names[kind] : "";
}

const char *es_package_verdict_name(enum es_package_verdict verdict)
{
	static const char *const names[ES_PACKAGE_VERDICTS] = {
		[ES_PACKAGE_UNKNOWN] = "unknown",
		[ES_PACKAGE_MATCH] = "match",
		[ES_PACKAGE_DIFFERS] = "differs",
		[ES_PACKAGE_CONF_NEW] = "conffile-new",
		[ES_PACKAGE_CONF_KEPT] = "conffile-kept",
		[ES_PACKAGE_CONF_CHANGED] = "conffile-changed",
		[ES_PACKAGE_CONF_SAVED] = "conffile-saved",
		[ES_PACKAGE_GONE] = "gone",
	};

	return verdict < ES_PACKAGE_VERDICTS ? names[verdict] : "";
}

struct ops *ops_new(void)
{
	struct ops *o = calloc(1, sizeof(*o));

	if (o)
		o->pub.missing = "";
	return o;
}

struct ops *ops_of(struct es_package_ops *pub)
{
	/* It stands first. */
	return (struct ops *)pub;
}

void es_package_ops_free(struct es_package_ops *ops)
{
	if (!ops)
		return;
	struct ops *o = ops_of(ops);
	pkg_texts_free(&o->texts);
	free(o->pub.ops);
	free(o->pub.seen);
	free(o);
}

const char *ops_text(struct ops *o, const char *data, size_t len)
{
	return len == 0 ? "" : pkg_text_keep(&o->texts, data, len);
}

const char *ops_line(struct ops *o, const struct pkg_line *text)
{
	return ops_text(o, text->at,
			text->len > 0 ? strnlen(text->at, text->len) : 0);
}

int ops_step(struct ops_steps *steps, const struct es_package_op *op)
{
	if (steps->n == steps->cap) {
		size_t cap = steps->cap ? 2 * steps->cap : 64;
		struct ops_step *more =
			reallocarray(steps->all, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		steps->all = more;
		steps->cap = cap;
	}
	steps->all[steps->n] = (struct ops_step){ *op, steps->n };
	steps->n++;
	return 0;
}

void ops_steps_dispose(struct ops_steps *steps)
{
	free(steps->all);
	*steps = (struct ops_steps){ 0 };
}

static int order_of(const struct es_package_op *a,
		    const struct es_package_op *b)
{
	int order = strcmp(a->name, b->name);

	if (order == 0)
		order = strcmp(a->arch, b->arch);
	return order ? order : strcmp(a->manager, b->manager);
}

static int by_package(const void *a, const void *b)
{
	const struct ops_step *x = a, *y = b;
	int order = order_of(&x->op, &y->op);

	if (order == 0)
		order = x->order < y->order ? -1 : x->order > y->order;
	return order;
}

/* @kind is the last step's, @again: a version was put over itself. */
static enum es_package_op_kind kind_of(const struct es_package_op *op,
				       enum es_package_op_kind kind, bool again)
{
	if (!*op->new) {
		if (!*op->old)
			return NOTHING;
		return kind == ES_PACKAGE_OP_PURGE ? kind
						   : ES_PACKAGE_OP_REMOVE;
	}
	if (!*op->old)
		return ES_PACKAGE_OP_INSTALL;
	int order = ops_version_compare(op->manager, op->old, op->new);
	/* Two notations of a version may mean the same. */
	if (order == 0)
		order = strcmp(op->old, op->new) == 0 ? 0 : -1;
	if (order == 0)
		return again ? ES_PACKAGE_OP_REINSTALL : NOTHING;
	return order < 0 ? ES_PACKAGE_OP_UPGRADE : ES_PACKAGE_OP_DOWNGRADE;
}

static void join(struct es_package_op *op, const struct es_package_op *next)
{
	bool again = op->kind == ES_PACKAGE_OP_REINSTALL ||
		     next->kind == ES_PACKAGE_OP_REINSTALL;

	op->new = next->new;
	op->when = next->when > op->when ? next->when : op->when;
	if (*next->command || *next->user) {
		op->command = next->command;
		op->user = next->user;
	}
	op->kind = kind_of(op, next->kind, again);
}

int ops_net(struct ops *o, struct ops_steps *steps)
{
	size_t n = 0;

	if (steps->n > 1)
		qsort(steps->all, steps->n, sizeof(*steps->all), by_package);
	struct es_package_op *ops = calloc(steps->n + 1, sizeof(*ops));
	if (!ops)
		return -ENOMEM;
	for (size_t i = 0; i < steps->n;) {
		struct es_package_op op = steps->all[i++].op;

		op.kind = kind_of(&op, op.kind,
				  op.kind == ES_PACKAGE_OP_REINSTALL);
		while (i < steps->n && order_of(&op, &steps->all[i].op) == 0)
			join(&op, &steps->all[i++].op);
		if (op.kind != NOTHING)
			ops[n++] = op;
	}
	free(o->pub.ops);
	o->pub.ops = ops;
	o->pub.n_ops = n;
	return 0;
}

int ops_seen(struct ops *o, const struct es_package_seen *seen)
{
	if (o->pub.n_seen == o->cap) {
		size_t cap = o->cap ? 2 * o->cap : 64;
		struct es_package_seen *more =
			reallocarray(o->pub.seen, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		o->pub.seen = more;
		o->cap = cap;
	}
	o->pub.seen[o->pub.n_seen++] = *seen;
	return 0;
}

int ops_by_path(const void *a, const void *b)
{
	const struct es_package_seen *x = a, *y = b;

	/* Paths have no NUL, so this is the order of bytes. */
	return strcmp(x->path, y->path);
}

int ops_join_seen(struct ops *o, const struct es_package_seen *seen, size_t n)
{
	struct es_package_ops *pub = &o->pub;
	size_t cap = pub->n_seen + n;
	size_t at = 0, i = 0, k = 0;

	if (n == 0)
		return 0;
	struct es_package_seen *all = calloc(cap, sizeof(*all));
	if (!all)
		return -ENOMEM;
	while (i < pub->n_seen && k < n) {
		int order = ops_by_path(&pub->seen[i], &seen[k]);

		all[at++] = order < 0 ? pub->seen[i] : seen[k];
		i += order <= 0;
		k += order >= 0;
	}
	for (; i < pub->n_seen; i++)
		all[at++] = pub->seen[i];
	for (; k < n; k++)
		all[at++] = seen[k];
	free(pub->seen);
	pub->seen = all;
	pub->n_seen = at;
	o->cap = cap;
	return 0;
}

bool ops_has_word(const char *text, const char *word, size_t len)
{
	while (*text) {
		size_t n = strcspn(text, " ");

		if (n == len && memcmp(text, word, len) == 0)
			return true;
		text += n + (text[n] == ' ');
	}
	return false;
}

int ops_missing(struct ops *o, const char *manager)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	if (ops_has_word(o->pub.missing, manager, strlen(manager)))
		return 0;
	es_buf_adds(&b, o->pub.missing);
	if (b.len > 0)
		es_buf_addc(&b, ' ');
	if (es_buf_adds(&b, manager) < 0)
		return -ENOMEM;
	const char *text = ops_text(o, b.data, b.len);
	if (!text)
		return -ENOMEM;
	o->pub.missing = text;
	return 0;
}

/* --- hiding --- */

/* What may be kept of a text. Returns false without memory. */
static bool hide(struct ops *o, const struct es_mask_set *masks,
		 struct es_digest *hmac, const char **text)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf kept = ES_BUF_INIT(ES_BUF_MAX);
	int n = es_hide_line(masks, &kept, *text, hmac);

	if (n > 0)
		*text = ops_text(o, es_buf_str(&kept), kept.len);
	return n >= 0 && *text;
}

int es_package_ops_hide(struct es_package_ops *ops,
			const struct es_mask_set *masks, struct es_digest *hmac,
			struct es_error *err)
{
	struct es_package_op was = { .command = "", .user = "" }, is = was;

	for (size_t i = 0; i < ops->n_ops; i++) {
		struct es_package_op *op = &ops->ops[i];

		/* one command mostly is that of many */
		if (op->command != was.command || op->user != was.user) {
			was = is = *op;
			if (!hide(ops_of(ops), masks, hmac, &is.command) ||
			    !hide(ops_of(ops), masks, hmac, &is.user))
				return es_fail_oom(err);
		}
		op->command = is.command;
		op->user = is.user;
	}
	return 0;
}

/* --- merging --- */

/* Returns false without memory. */
static bool copy(struct ops *o, const char **text)
{
	*text = ops_text(o, *text, strlen(*text));
	return *text != NULL;
}

static int merge_ops(struct ops *into, const struct es_package_ops *next)
{
	struct ops_steps steps = { 0 };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < into->pub.n_ops; i++)
		rc = ops_step(&steps, &into->pub.ops[i]);
	for (size_t i = 0; rc == 0 && i < next->n_ops; i++) {
		struct es_package_op op = next->ops[i];

		if (!copy(into, &op.name) || !copy(into, &op.arch) ||
		    !copy(into, &op.old) || !copy(into, &op.new) ||
		    !copy(into, &op.manager) || !copy(into, &op.command) ||
		    !copy(into, &op.user))
			rc = -ENOMEM;
		else
			rc = ops_step(&steps, &op);
	}
	if (rc == 0)
		rc = ops_net(into, &steps);
	ops_steps_dispose(&steps);
	return rc;
}

static int merge_seen(struct ops *into, const struct es_package_ops *next)
{
	ES_CLEANUP(es_freep)
	struct es_package_seen *seen = calloc(next->n_seen + 1, sizeof(*seen));

	if (!seen)
		return -ENOMEM;
	for (size_t i = 0; i < next->n_seen; i++) {
		seen[i] = next->seen[i];
		if (!copy(into, &seen[i].path) ||
		    !copy(into, &seen[i].package) ||
		    !copy(into, &seen[i].version))
			return -ENOMEM;
	}
	return ops_join_seen(into, seen, next->n_seen);
}

int es_package_ops_merge(struct es_package_ops *into,
			 const struct es_package_ops *next,
			 struct es_error *err)
{
	struct ops *o = ops_of(into);
	const char *word = next->missing;
	char name[32];
	int rc = merge_ops(o, next);

	if (rc == 0)
		rc = merge_seen(o, next);
	while (rc == 0 && *word) {
		size_t len = strcspn(word, " ");

		snprintf(name, sizeof(name), "%.*s", (int)len, word);
		rc = ops_missing(o, name);
		word += len + (word[len] == ' ');
	}
	return rc < 0 ? es_fail_oom(err) : 0;
}
