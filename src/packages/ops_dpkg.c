/* SPDX-License-Identifier: MIT */
/* ops_dpkg.c - what dpkg.log tells */
#include "config.h"

#include "packages/ops_priv.h"

#include "etcsnap/strmap.h"

#include <errno.h>
#include <string.h>

/*
 * A line that says what is begun ("upgrade bash:amd64 5.1 5.2") is followed
 * by the states that the package goes through ("status unpacked bash:amd64
 * 5.2"). Only a state with the new version, or without any, says that it was
 * done: an upgrade whose scripts failed ends in the old version's states.
 */

/**
 * struct pending - what was begun on a package
 * @op:         old and new version, and the time of the last state of it
 * @next:       of another architecture's package with the same name
 * @same:       the new version is the old one
 * @configured: a line said that it is being configured
 * @done:       a state within the window said that it was done
 * @live:       neither ended nor aborted
 */
struct pending {
	struct es_package_op op;
	struct pending *next;
	bool same;
	bool configured;
	bool done;
	bool live;
};

/**
 * struct reading - a pass over the logs
 * @by_name: struct pending of names
 * @clock:   of the lines
 */
struct reading {
	struct es_strmap *by_name;
	struct ops_clock clock;
};

/** struct line - a line of the log, in words */
struct line {
	int64_t when;
	struct pkg_line name;
	struct pkg_line arch;
	struct pkg_line old;
	struct pkg_line new;
};

static void cut_arch(struct line *l)
{
	char *colon = memrchr(l->name.at, ':', l->name.len);

	l->arch = (struct pkg_line){ l->name.at, 0 };
	if (!colon)
		return;
	size_t len = (size_t)(colon - l->name.at);
	l->arch = (struct pkg_line){ colon + 1, l->name.len - len - 1 };
	l->name.len = len;
}

static bool is_sane(const struct pkg_line *text)
{
	return text->len <= OPS_WORD_MAX && !memchr(text->at, '\0', text->len);
}

static void drop_none(struct pkg_line *version)
{
	if (ops_is(version, "<none>"))
		version->len = 0;
}

/* NAME[:ARCH] VERSION [VERSION] */
static bool take_words(struct line *l, struct pkg_line *rest)
{
	if (!ops_word(&l->name, rest) || !ops_word(&l->old, rest))
		return false;
	if (!ops_word(&l->new, rest))
		l->new = (struct pkg_line){ rest->at, 0 };
	drop_none(&l->old);
	drop_none(&l->new);
	cut_arch(l);
	return l->name.len > 0 && is_sane(&l->name) && is_sane(&l->arch) &&
	       is_sane(&l->old) && is_sane(&l->new);
}

static bool is_text(const char *text, const struct pkg_line *line)
{
	return ops_is(line, text);
}

/* @version: also one of another architecture that is to be of this version. */
static struct pending *find(const struct reading *g, const struct line *l,
			    const struct pkg_line *version)
{
	struct pending *first =
		es_strmap_get(g->by_name, l->name.at, l->name.len);
	struct pending *p = first;

	while (p && !is_text(p->op.arch, &l->arch))
		p = p->next;
	if (p || !version || version->len == 0)
		return p;
	for (p = first; p; p = p->next)
		if (p->live && is_text(p->op.new, version))
			return p;
	return NULL;
}

/* What was done becomes a step. */
static int end_pending(struct ops_reader *r, struct pending *p)
{
	bool done = p->done;

	p->done = false;
	p->live = false;
	if (!done)
		return 0;
	ops_apt_tell(r->apt, &p->op);
	return ops_step(&r->steps, &p->op);
}

static struct pending *make(struct ops_reader *r, struct reading *g,
			    const struct line *l)
{
	struct pending *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->op = (struct es_package_op){
		.name = ops_line(r->ops, &l->name),
		.arch = ops_line(r->ops, &l->arch),
		.manager = "dpkg",
		.command = "",
		.user = "",
	};
	p->next = es_strmap_get(g->by_name, l->name.at, l->name.len);
	if (!p->op.name || !p->op.arch ||
	    es_strmap_put(g->by_name, l->name.at, l->name.len, p) < 0) {
		free(p);
		return NULL;
	}
	return p;
}

static int begin(struct ops_reader *r, struct reading *g, const struct line *l,
		 enum es_package_op_kind kind)
{
	struct pending *p = find(g, l, NULL);
	int rc = p ? end_pending(r, p) : 0;

	if (!p)
		p = make(r, g, l);
	if (!p || rc < 0)
		return -ENOMEM;
	p->live = true;
	p->configured = false;
	p->op.kind = kind;
	p->op.command = "";
	p->op.user = "";
	p->op.new = ops_line(r->ops, &l->new);
	/* Of what was removed only the configuration was there. */
	p->op.old =
		kind == ES_PACKAGE_OP_INSTALL ? "" : ops_line(r->ops, &l->old);
	if (!p->op.old || !p->op.new)
		return -ENOMEM;
	p->same = *p->op.new &&strcmp(p->op.old, p->op.new) == 0;
	if (p->same)
		p->op.kind = ES_PACKAGE_OP_REINSTALL;
	return 0;
}

/* Whether a state says that what was begun is done, or that it never will. */
static bool is_done(struct pending *p, const struct pkg_line *state,
		    const struct pkg_line *version)
{
	bool is_out = ops_is(state, "not-installed");
	bool is_left = is_out || ops_is(state, "config-files");

	if (p->op.kind == ES_PACKAGE_OP_PURGE)
		return is_out;
	if (p->op.kind == ES_PACKAGE_OP_REMOVE) {
		p->live = !ops_is(state, "installed");
		return is_left;
	}
	if (is_left || ops_is(state, "half-installed")) {
		p->live = !is_left;
		return false;
	}
	if (!is_text(p->op.new, version)) {
		p->live = !ops_is(state, "installed");
		return false;
	}
	/* The states of a version that stays say nothing before the last. */
	return !p->same || (p->configured && ops_is(state, "installed"));
}

static int take_status(struct ops_reader *r, const struct reading *g,
		       const struct pkg_line *state, const struct line *l)
{
	struct pending *p = find(g, l, &l->old);

	if (!p || !p->live || !is_done(p, state, &l->old))
		return 0;
	if (!is_text(p->op.arch, &l->arch) && l->arch.len > 0) {
		p->op.arch = ops_line(r->ops, &l->arch);
		if (!p->op.arch)
			return -ENOMEM;
	}
	if (ops_within(r, l->when)) {
		p->done = true;
		p->op.when = l->when;
	}
	/* States that follow are of triggers: no part of this any more. */
	if (ops_is(state, "installed") || ops_is(state, "not-installed"))
		p->live = false;
	return 0;
}

static int take_line(struct ops_reader *r, struct reading *g,
		     struct pkg_line *rest)
{
	static const struct {
		const char *word;
		enum es_package_op_kind kind;
	} begins[] = {
		{ "install", ES_PACKAGE_OP_INSTALL },
		{ "upgrade", ES_PACKAGE_OP_UPGRADE },
		{ "remove", ES_PACKAGE_OP_REMOVE },
		{ "disappear", ES_PACKAGE_OP_REMOVE },
		{ "purge", ES_PACKAGE_OP_PURGE },
	};
	struct pkg_line word, state;
	struct line l;

	if (ops_clock_skips(&g->clock, rest))
		return 0;
	size_t len = ops_clock_local(&l.when, &g->clock, r, rest);
	if (len == 0)
		return 0;
	rest->at += len;
	rest->len -= len;
	if (!ops_word(&word, rest))
		return 0;
	if (ops_is(&word, "status"))
		return ops_word(&state, rest) && take_words(&l, rest)
			       ? take_status(r, g, &state, &l)
			       : 0;
	if (!take_words(&l, rest))
		return 0;
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (ops_is(&word, begins[i].word))
			return begin(r, g, &l, begins[i].kind);
	if (ops_is(&word, "configure")) {
		struct pending *p = find(g, &l, &l.old);

		if (p)
			p->configured = true;
	}
	return 0;
}

static int take_log(struct ops_reader *r, struct es_buf *text, void *payload)
{
	struct pkg_line rest = pkg_whole(text);
	struct pkg_line line;
	int rc = 0;

	while (rc == 0 && pkg_line(&line, &rest))
		rc = take_line(r, payload, &line);
	return rc;
}

static int end_all(struct ops_reader *r, const struct reading *g)
{
	const char *key;
	size_t pos = 0, len;
	void *value;
	int rc = 0;

	while (es_strmap_each(g->by_name, &pos, &key, &len, &value)) {
		struct pending *p = value;

		while (p) {
			struct pending *next = p->next;

			if (rc == 0)
				rc = end_pending(r, p);
			free(p);
			p = next;
		}
	}
	return rc;
}

int ops_dpkg(struct ops_reader *r)
{
	struct reading g = { .by_name = es_strmap_new() };

	if (!g.by_name)
		return -ENOMEM;
	ops_clock_init(&g.clock, r);
	int there = ops_apt_read(r);
	if (there == 0)
		there = ops_log_each(r, "var/log", "dpkg.log", take_log, &g);
	int rc = end_all(r, &g);
	es_strmap_free(g.by_name);
	if (there < 0 || rc < 0)
		return -ENOMEM;
	if (there == 0 && ops_changed(r, "var/lib/dpkg/status"))
		return ops_missing(r->ops, "dpkg");
	return 0;
}
