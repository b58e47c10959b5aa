/* SPDX-License-Identifier: MIT */
/* completion_names.c - values of arguments: revisions, paths, channels, … */
#include "config.h"

#include "cmd/completion.h"
#include "etcsnap/clock.h"
#include "etcsnap/listing.h"
#include "etcsnap/quote.h"
#include "etcsnap/repack.h"
#include "etcsnap/template.h"
#include "etcsnap/tree.h"

#include <string.h>

/* Runs that are offered by their ids. */
#define RUNS_MAX 20

/* --- offers --------------------------------------------------------------- */

void es_offer(struct es_completion *c, const char *text, size_t len,
	      const char *about)
{
	const char *typed = c->word + c->lead;
	size_t n = strlen(typed);
	size_t skip = c->skip < c->lead ? c->skip : c->lead;

	/* fish takes what stands behind a tab for a description; in
	 * double quotes bash puts in "$(…)" so that it would be run */
	if (len < n || memcmp(text, typed, n) != 0 ||
	    (c->shell == ES_SHELL_FISH && memchr(text, '\t', len)) ||
	    (c->quoted && (memchr(text, '$', len) || memchr(text, '`', len))))
		return;
	/* breaks in what is typed now cut the offer too */
	es_buf_add(c->out, c->word + skip, c->lead - skip);
	skip = c->skip - skip;
	es_buf_add(c->out, text + skip, len - skip);
	if (c->shell == ES_SHELL_ZSH)
		es_buf_addc(c->out, '\0');
	else if (c->shell == ES_SHELL_FISH)
		es_buf_addc(c->out, '\t');
	if (c->shell != ES_SHELL_BASH && about)
		es_quote_term(c->out, about, strlen(about));
	es_buf_addc(c->out, '\0');
}

static void offer(struct es_completion *c, const char *text)
{
	es_offer(c, text, strlen(text), NULL);
}

static void offer_list(struct es_completion *c, const char *const *list,
		       size_t n)
{
	for (size_t i = 0; i < n; i++)
		offer(c, list[i]);
}

/* --- what the configuration names ----------------------------------------- */

/* With what can be opened; each that asks needs the same. */
static struct es_session *open_session(struct es_completion *c,
				       unsigned int needs)
{
	struct es_error ignored = ES_ERROR_INIT;

	if (!c->session &&
	    es_session_new(&c->session, &c->where, needs, &ignored) < 0)
		c->session = NULL;
	return c->session;
}

static void offer_channels(struct es_completion *c)
{
	const struct es_session *s = open_session(c, 0);
	const char *const *names;
	size_t n;

	if (!s)
		return;
	names = es_conf_names(s->conf, "channel", &n);
	offer_list(c, names, n);
}

static void offer_tags(struct es_completion *c)
{
	const struct es_session *s = open_session(c, 0);
	const char *const *names;
	size_t n;

	if (!s)
		return;
	names = es_conf_names(s->conf, "rule", &n);
	for (size_t i = 0; i < n; i++) {
		const struct es_conf_value *v;
		size_t n_values;

		v = es_conf_values(s->conf, ES_CONF_RULE_TAGS, names[i],
				   &n_values);
		for (size_t k = 0; k < n_values; k++) {
			const char *p = v[k].text + strspn(v[k].text, " ,");

			while (*p) {
				size_t len = strcspn(p, " ,");

				es_offer(c, p, len, names[i]);
				p += len;
				p += strspn(p, " ,");
			}
		}
	}
}

/* --- what the repository has ---------------------------------------------- */

static int offer_ref(void *payload, const char *name, const struct es_oid *oid,
		     struct es_error *err)
{
	static const char *const kinds[] = { "refs/heads/", "refs/tags/" };

	(void)oid;
	(void)err;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strncmp(name, kinds[i], strlen(kinds[i])) == 0)
			offer(payload, name + strlen(kinds[i]));
	return 0;
}

static void offer_runs(struct es_completion *c, struct es_store *st)
{
	ES_CLEANUP(es_history_freep) struct es_history *h = NULL;
	struct es_error ignored = ES_ERROR_INIT;
	struct es_commit *run;
	struct es_oid tip;

	if (es_store_tip(&tip, st, "main", &ignored) <= 0 ||
	    es_history_new(&h, st, &tip, &ignored) < 0)
		return;
	for (int i = 0; i < RUNS_MAX; i++) {
		char id[ES_OID_HEX + 1];
		char about[256];
		char when[ES_TIME_LEN];

		if (es_history_next(h, &run, &ignored) <= 0)
			break;
		es_oid_text(id, es_commit_id(run));
		snprintf(about, sizeof(about), "%.16s %s",
			 es_clock_iso(when, es_commit_time(run)),
			 es_commit_subject(run));
		es_offer(c, id, 7, about);
		es_commit_free(run);
	}
}

static void offer_revisions(struct es_completion *c)
{
	static const char *const times[] = { "HEAD", "@today", "@yesterday",
					     "@1h",  "@1d",    "@7d" };
	const struct es_session *s = open_session(c, ES_NEED_STORE);
	struct es_error ignored = ES_ERROR_INIT;

	if (!s)
		return;
	offer_list(c, times, sizeof(times) / sizeof(*times));
	es_repack_refs(s->store, offer_ref, c, &ignored);
	offer_runs(c, s->store);
}

/* A name in the folder that was typed, as far as its last '/'. */
static void offer_name(struct es_completion *c, size_t folder, const char *name,
		       size_t len, bool is_folder)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);

	es_buf_add(&b, c->word + c->lead, folder);
	es_buf_add(&b, name, len);
	if (is_folder)
		es_buf_addc(&b, '/');
	if (!b.failed)
		es_offer(c, b.data, b.len, NULL);
}

/* What a run recorded in a directory. */
static void offer_entries(struct es_completion *c, const struct es_oid *root,
			  size_t folder)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_error ignored = ES_ERROR_INIT;
	struct es_store *st = c->session->store;
	struct es_listing_reader r;
	struct es_dir_trees trees;
	struct es_entry e;
	size_t len = folder;

	while (len && c->word[c->lead + len - 1] == '/')
		len--;
	if (es_dir_lookup(&trees, st, root, c->word + c->lead, len, &ignored) <
		    0 ||
	    es_dir_read(&w, st, &trees, &ignored) < 0 ||
	    es_listing_open(&r, w.buf.data, w.buf.len) < 0 ||
	    es_listing_next(&r, &e) <= 0)
		return;
	while (es_listing_next(&r, &e) > 0)
		offer_name(c, folder, e.name, e.name_len,
			   e.type == ES_TYPE_DIR);
}

/* What is a text of the run itself: system/packages. */
static void offer_texts(struct es_completion *c, const struct es_oid *root,
			size_t folder, bool whole)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf tree = ES_BUF_INIT(ES_BUF_MAX);
	struct es_error ignored = ES_ERROR_INIT;
	struct es_store *st = c->session->store;
	struct es_oid oid = *root;
	struct es_tree_reader r;
	struct es_tree_entry e;
	unsigned int mode = ES_MODE_TREE;

	if (folder && es_tree_lookup(&oid, &mode, st, root, c->word + c->lead,
				     folder - 1, &ignored) <= 0)
		return;
	if (mode != ES_MODE_TREE ||
	    es_store_get(st, &oid, ES_KIND_TREE, &tree, &ignored) < 0)
		return;
	es_tree_open(&r, &tree);
	while (es_tree_next(&r, &e) > 0) {
		/* paths stand for files/ and meta/; run/ is of one run */
		if (!folder && (memcmp(e.name, "files", 5) == 0 ||
				memcmp(e.name, "meta", 4) == 0 ||
				(!whole && memcmp(e.name, "run", 3) == 0)))
			continue;
		offer_name(c, folder, e.name, e.len, e.mode == ES_MODE_TREE);
	}
}

/* Paths of a run; @whole: also what is told of the run itself. */
static void offer_paths(struct es_completion *c, const char *rev, bool whole)
{
	ES_CLEANUP(es_commit_freep) struct es_commit *run = NULL;
	const struct es_session *s = open_session(c, ES_NEED_STORE);
	const char *typed = c->word + c->lead;
	const char *slash = strrchr(typed, '/');
	size_t folder = slash ? (size_t)(slash - typed) + 1 : 0;
	struct es_error ignored = ES_ERROR_INIT;
	struct es_oid oid;

	if (!s || es_store_revision(&oid, s->store, rev, &ignored) < 0 ||
	    es_commit_read(&run, s->store, &oid, &ignored) < 0)
		return;
	c->kind = ES_OFFER_PATHS;
	if (*typed == '/') {
		offer_entries(c, es_commit_tree(run), folder);
		return;
	}
	offer(c, "/");
	offer_texts(c, es_commit_tree(run), folder, whole);
}

static void offer_live(struct es_completion *c)
{
	offer_paths(c, "HEAD", false);
}

/* REV:PATH - a revision up to the colon, a path of it behind. */
static void offer_rev_path(struct es_completion *c)
{
	const char *colon = strstr(c->word, ":/");
	size_t len;
	char rev[256];

	if (!colon && c->word[0] != '@')
		colon = strchr(c->word, ':');
	if (!colon) {
		offer_revisions(c);
		return;
	}
	len = (size_t)(colon - c->word);
	if (len >= sizeof(rev))
		return;
	memcpy(rev, c->word, len);
	rev[len] = '\0';
	c->lead = len + 1;
	offer_paths(c, len ? rev : "HEAD", true);
}

/* A..B - one revision, then the other. */
static void offer_range(struct es_completion *c)
{
	const char *dots = strstr(c->word, "..");

	if (dots)
		c->lead = (size_t)(dots - c->word) + 2;
	offer_revisions(c);
}

/* --- words ---------------------------------------------------------------- */

static void offer_times(struct es_completion *c)
{
	static const char *const times[] = { "today", "yesterday", "1h", "1d",
					     "7d" };

	offer_list(c, times, sizeof(times) / sizeof(*times));
}

static void offer_severities(struct es_completion *c)
{
	for (int i = (int)ES_SEVERITY_INFO; i <= (int)ES_SEVERITY_CRITICAL; i++)
		offer(c, es_severity_name((enum es_severity)i));
}

static void offer_triggers(struct es_completion *c)
{
	static const char *const words[] = {
		"manual", "cron",   "timer", "setup",  "apt",  "dpkg",
		"dnf",	  "zypper", "apk",   "pacman", "xbps", "portage",
	};

	offer_list(c, words, sizeof(words) / sizeof(*words));
}

static void offer_files(struct es_completion *c)
{
	c->kind = ES_OFFER_FILES;
}

static void offer_directories(struct es_completion *c)
{
	c->kind = ES_OFFER_DIRECTORIES;
}

/* Names that --format takes: "report", "report.html", "slack". */
static void offer_templates(struct es_completion *c)
{
	const char *name;

	for (size_t i = 0; (name = es_templates_shipped(i)); i++)
		if (!strchr(name, '/'))
			offer(c, name);
}

/*
 * Of words, the help text is the list: "text, json or csv (show)". What is in
 * brackets is said of them, and "a template" is any.
 */
static void offer_help(struct es_completion *c, const char *help)
{
	const char *end = help + strlen(help);

	for (const char *p = help; p < end;) {
		size_t len = strcspn(p, " ,(");

		if (*p == '(')
			p += strcspn(p, ")");
		else if (len == 8 && memcmp(p, "template", len) == 0)
			offer_templates(c);
		else if (len > 2)
			es_offer(c, p, len, NULL);
		p += p + len < end ? len + 1 : len;
	}
}

void es_complete_argument(struct es_completion *c, const char *name,
			  const char *help)
{
	static const struct {
		const char *name;
		void (*offer)(struct es_completion *c);
	} arguments[] = {
		{ "A..B", offer_range },
		{ "DAY", offer_times },
		{ "DIR", offer_directories },
		{ "FILE", offer_files },
		{ "NAME", offer_channels },
		{ "PATH", offer_live },
		{ "PATTERN", offer_live },
		{ "REV", offer_revisions },
		{ "REV:PATH", offer_rev_path },
		{ "REV[:PATH]", offer_rev_path },
		{ "SEVERITY", offer_severities },
		{ "TAG", offer_tags },
		{ "TIME", offer_times },
		{ "TRIGGER", offer_triggers },
	};

	for (size_t i = 0; i < sizeof(arguments) / sizeof(*arguments); i++) {
		if (strcmp(arguments[i].name, name) == 0) {
			arguments[i].offer(c);
			return;
		}
	}
	if (help && (strcmp(name, "FORM") == 0 || strcmp(name, "LEVEL") == 0 ||
		     strcmp(name, "WHEN") == 0))
		offer_help(c, help);
}
