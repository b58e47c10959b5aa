/* SPDX-License-Identifier: MIT */
/* cmd_config.c - etcsnap config: check, show, explain, rotate-key */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/commands.h"
#include "etcsnap/deliver.h"
#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"
#include "etcsnap/sight.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

static const struct es_opt config_opts[] = {
	{ 0, "format", "FORM", "text, json or csv (show)" },
	{ 0, "json", NULL, "the same as --format json" },
	{ 'm', "message", "TEXT", "say why the key is replaced (rotate-key)" },
	{ 'w', "wait", "SECONDS", "wait so long for another run (rotate-key)" },
};

enum column {
	COL_SECTION,
	COL_KEY,
	COL_VALUE,
	COL_ORIGIN,
	COLUMNS,
};

static const struct es_column columns[COLUMNS] = {
	[COL_SECTION] = { "section", "SECTION", false, false },
	[COL_KEY] = { "key", "KEY", false, false },
	[COL_VALUE] = { "value", "VALUE", false, true },
	[COL_ORIGIN] = { "origin", "ORIGIN", false, false },
};

static void add_row(struct es_writer *w, const char *section, const char *name,
		    const char *key, const struct es_conf_value *v)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);

	es_buf_addf(&b, "%s%s%s", section, name ? " " : "", name ? name : "");
	es_writer_row(w);
	es_writer_str(w, COL_SECTION, es_buf_str(&b));
	es_writer_str(w, COL_KEY, key);
	es_writer_str(w, COL_VALUE, v->text);
	es_buf_reset(&b);
	es_buf_adds(&b, v->file);
	if (v->line)
		es_buf_addf(&b, ":%u", v->line);
	es_writer_str(w, COL_ORIGIN, es_buf_str(&b));
}

static void add_values(struct es_writer *w, const struct es_conf *conf,
		       enum es_conf_id id, const char *name)
{
	const struct es_conf_key *key = es_conf_table(id);
	const struct es_conf_value *v;
	size_t n;

	v = es_conf_values(conf, id, name, &n);
	for (size_t i = 0; i < n; i++)
		add_row(w, key->section, name, key->key, &v[i]);
}

/* Patterns in force: where they are the shipped ones no file names them. */
static void add_patterns(struct es_writer *w, const struct es_rules *rules,
			 enum es_rule_kind kind, bool shipped_only)
{
	size_t n = es_rules_count(rules, kind);

	for (unsigned int i = 1; i <= n; i++) {
		struct es_rule_origin o;

		es_rules_origin(rules, kind, i, &o);
		struct es_conf_value v = { o.pattern, o.file, o.line };

		if (kind != ES_RULE_RULE)
			add_row(w, "files", NULL, o.rule, &v);
		else if (!shipped_only || strcmp(o.file, "shipped") == 0)
			add_row(w, "rule", o.rule, "match", &v);
	}
}

/* All keys of one [SECTION NAME]. */
static void add_named(struct es_writer *w, const struct es_conf *conf,
		      const char *section, const char *name)
{
	for (int i = 0; i < ES_CONF_COUNT; i++) {
		enum es_conf_id id = (enum es_conf_id)i;

		if (strcmp(es_conf_table(id)->section, section) == 0)
			add_values(w, conf, id, name);
	}
}

/* Named sections stand together, in the order of the files. */
static void add_sections(struct es_writer *w, const struct es_conf *conf)
{
	const char *last = "";
	const char *const *names;
	size_t n;

	for (int i = 0; i < ES_CONF_COUNT; i++) {
		const struct es_conf_key *key =
			es_conf_table((enum es_conf_id)i);

		if (!key->named || strcmp(key->section, last) == 0)
			continue;
		last = key->section;
		names = es_conf_names(conf, last, &n);
		for (size_t j = 0; j < n; j++)
			add_named(w, conf, last, names[j]);
	}
}

/* Where it is in the end, whatever the default says to an ordinary user. */
static void add_repo(struct es_writer *w, const struct es_session *s)
{
	const enum es_conf_id id = ES_CONF_REPOSITORY_PATH;
	const struct es_conf_key *key = es_conf_table(id);
	size_t n;
	struct es_conf_value v = *es_conf_values(s->conf, id, NULL, &n);

	v.text = s->repo_path;
	add_row(w, key->section, NULL, key->key, &v);
}

static void add_key(struct es_writer *w, const struct es_session *s,
		    enum es_conf_id id)
{
	if (id == ES_CONF_FILES_INCLUDE)
		add_patterns(w, s->rules, ES_RULE_INCLUDE, false);
	else if (id == ES_CONF_FILES_EXCLUDE)
		add_patterns(w, s->rules, ES_RULE_EXCLUDE, false);
	else if (id == ES_CONF_REPOSITORY_PATH)
		add_repo(w, s);
	else if (!es_conf_table(id)->named)
		add_values(w, s->conf, id, NULL);
}

static int config_show(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(es_writer_freep) struct es_writer *w = NULL;
	const struct es_conf *conf = call->session->conf;
	enum es_format format;

	if (es_opt_format(&format, &call->args, err) < 0)
		return err->code;
	es_pager_start(call);
	if (es_writer_new(&w, format, stdout, columns, COLUMNS, err) < 0)
		return err->code;
	for (int i = 0; i < ES_CONF_COUNT; i++)
		add_key(w, call->session, (enum es_conf_id)i);
	add_patterns(w, call->session->rules, ES_RULE_RULE, true);
	add_sections(w, conf);
	return es_writer_finish(w, err);
}

static void add_origin(struct es_buf *b, const struct es_rules *rules,
		       enum es_rule_kind kind, unsigned int index)
{
	struct es_rule_origin o;

	if (index == 0) {
		es_buf_adds(b, "no pattern\n");
		return;
	}
	es_rules_origin(rules, kind, index, &o);
	es_quote_term(b, o.pattern, strlen(o.pattern));
	if (kind == ES_RULE_RULE)
		es_buf_addf(b, "  [rule %s]", o.rule);
	es_buf_addf(b, "  (%s", ES_Q(o.file));
	if (o.line)
		es_buf_addf(b, ":%u", o.line);
	es_buf_adds(b, ")\n");
}

static void add_verdict(struct es_buf *b, const struct es_decision *d,
			enum es_type type)
{
	static const char *const words[] = {
		[ES_CLASS_NONE] = "attributes only",
		[ES_CLASS_MIRROR] = "content and attributes",
		[ES_CLASS_DIGEST] = "SHA-256 of the content, and attributes",
		[ES_CLASS_SECRET] = ("keyed digest of the content, and "
				     "attributes; the content itself never"),
	};

	const enum es_class class =
		d->record & ES_RECORD_CONTENT ? d->class : ES_CLASS_NONE;

	if (d->watch == ES_WATCH_PASS)
		es_buf_adds(b, "not watched; leads to watched paths\n");
	else if (d->watch == ES_WATCH_NO)
		es_buf_adds(b, "not watched\n");
	else if (type == ES_TYPE_FILE || type == ES_TYPE_NONE)
		es_buf_addf(b, "watched: %s%s\n", words[class],
			    d->masks && class == ES_CLASS_MIRROR
				    ? ", secret values masked"
				    : "");
	else
		es_buf_adds(b, "watched: attributes\n");
}

/* What holds for one key; class and masks are told by the verdict. */
static void add_value(struct es_buf *b, const struct es_decision *d,
		      enum es_rule_key key)
{
	const bool values[ES_RULE_KEYS] = {
		[ES_RULE_PARANOID] = d->paranoid,
		[ES_RULE_NOINODE] = d->noinode,
		[ES_RULE_NOTIME] = d->notime,
		[ES_RULE_GROWING] = d->growing,
	};

	switch (key) {
	case ES_RULE_SEVERITY:
		es_buf_addf(b, "%s: ", es_severity_name(d->severity));
		break;
	case ES_RULE_TAGS:
		es_buf_addf(b, "%s: ", *d->tags ? d->tags : "none");
		break;
	case ES_RULE_RECORD:
		es_record_text(b, d->record, ' ');
		es_buf_adds(b, d->record ? ": " : "nothing: ");
		break;
	case ES_RULE_MAX_SIZE:
		es_buf_addf(b, "%llu: ", (unsigned long long)d->max_size);
		break;
	case ES_RULE_PARANOID:
	case ES_RULE_NOINODE:
	case ES_RULE_NOTIME:
	case ES_RULE_GROWING:
		es_buf_adds(b, values[key] ? "yes: " : "no: ");
		break;
	case ES_RULE_CLASS:
	case ES_RULE_MASK:
	case ES_RULE_IGNORE_LINES:
	case ES_RULE_KEYS:
	default:
		break;
	}
}

/* Which rule decided each key; of most keys none has anything to say. */
static void add_keys(struct es_buf *b, const struct es_rules *rules,
		     const struct es_decision *d)
{
	for (int i = 0; i < ES_RULE_KEYS; i++) {
		enum es_rule_key key = (enum es_rule_key)i;

		if (!d->rule[i] && key != ES_RULE_CLASS && key != ES_RULE_MASK)
			continue;
		es_buf_addf(b, "%-12s ", es_rule_key_name(key));
		add_value(b, d, key);
		add_origin(b, rules, ES_RULE_RULE, d->rule[i]);
	}
}

static int config_explain(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf live = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_glob_scratch_freep)
	struct es_glob_scratch *scratch = es_glob_scratch_new();
	const struct es_session *s = call->session;
	enum es_type type = ES_TYPE_NONE;
	struct es_decision d;
	struct stat st;

	if (!scratch)
		return es_fail_oom(err);
	if (call->args.n_operands != 2)
		return es_fail_config(err, "config explain takes one PATH");
	if (es_path_absolute(&path, call->args.operands[1], err) < 0)
		return err->code;
	if (strcmp(path.data, "/") == 0)
		es_buf_truncate(&path, 0);
	es_buf_addf(&live, "%s%s", strcmp(s->root, "/") ? s->root : "",
		    path.len ? path.data : "/");
	if (es_buf_check(&live, err) < 0)
		return err->code;
	if (lstat(live.data, &st) == 0)
		type = es_type_from_mode(st.st_mode);
	es_rules_decide(s->rules, scratch, es_buf_str(&path), path.len, type,
			&d);
	es_quote_term(&b, path.len ? path.data : "/", path.len ? path.len : 1);
	es_buf_addf(&b, ": %s\n",
		    type == ES_TYPE_NONE ? "not there now"
					 : es_type_text(type));
	add_verdict(&b, &d, type);
	es_buf_addf(&b, "%-12s ", "include");
	add_origin(&b, s->rules, ES_RULE_INCLUDE, d.include);
	es_buf_addf(&b, "%-12s ", "exclude");
	add_origin(&b, s->rules, ES_RULE_EXCLUDE, d.exclude);
	add_keys(&b, s->rules, &d);
	if (es_buf_check(&b, err) < 0)
		return err->code;
	fputs(es_buf_str(&b), stdout);
	return ES_EXIT_DONE;
}

/* Runs by another user see what that one may see. */
static int tell_sight(const struct es_session *s, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	int n = es_sight_tell(&b, s, err);

	if (n <= 0)
		return n;
	puts("what runs by this user do not see:");
	for (const char *line = b.data; *line;) {
		const int len = (int)strcspn(line, "\n");

		printf("  %.*s\n", len, line);
		line += len + 1;
	}
	return 0;
}

static int config_check(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf notice = ES_BUF_INIT(1 << 20);
	struct es_session *s = call->session;

	/* The session has read and compiled it all, or we would not be here;
	 * only channels are left, and the users of commands, which are this
	 * machine's. */
	if (strcmp(s->root, "/") == 0 && es_commands_check(s->conf, err) < 0)
		return err->code;
	if (es_deliver_check(s, &notice, err) < 0)
		return err->code;
	es_notify_tell(&notice);
	if (call->verbosity < 0)
		return ES_EXIT_DONE;
	puts("the configuration is good");
	return strcmp(s->root, "/") == 0 && tell_sight(s, err) < 0
		       ? err->code
		       : ES_EXIT_DONE;
}

static int rotate_options(struct es_cycle_options *o, struct es_call *call,
			  struct es_error *err)
{
	const char *wait = es_opt_get(&call->args, "wait");
	struct es_conf *conf = call->session->conf;

	if (wait &&
	    es_conf_set(conf, ES_CONF_COLLECT_WAIT, wait, "--wait", err) < 0)
		return err->code;
	o->wait = (unsigned int)es_conf_number(conf, ES_CONF_COLLECT_WAIT);
	o->trigger = "rotate-key";
	return 0;
}

/*
 * What has changed since the last run is recorded first, under the old key:
 * after that nobody could tell a changed password from one that is the same.
 */
static int rotate(struct es_call *call, struct es_session *s,
		  struct es_cycle_options *o, struct es_error *err)
{
	struct es_cycle_result r = { 0 };
	int rc = es_cycle_run(&r, s, o, err);

	if (rc == 0 && r.notice.len > 0)
		fprintf(stderr, "etcsnap: %s\n", es_buf_str(&r.notice));
	es_cycle_dispose(&r);
	if (rc < 0)
		return rc;
	o->rotate = true;
	o->message = es_opt_get(&call->args, "message");
	rc = es_cycle_run(&r, s, o, err);
	if (rc == 0 && r.notice.len > 0)
		fprintf(stderr, "etcsnap: %s\n", es_buf_str(&r.notice));
	if (rc == 0 && call->verbosity >= 0) {
		char id[ES_OID_HEX + 1];

		es_oid_text(id, &r.commit);
		printf("%.7s secret key rotated\n", id);
	}
	if (rc == 0 && r.totals.unread > 0)
		rc = ES_EXIT_PARTIAL;
	es_cycle_dispose(&r);
	return rc;
}

static int config_rotate(struct es_call *call, struct es_error *err)
{
	ES_CLEANUP(es_session_freep) struct es_session *s = NULL;
	struct es_cycle_options o = { .full = false };

	/* other than what only prints: a run goes on when nobody reads */
	signal(SIGPIPE, SIG_IGN);
	if (rotate_options(&o, call, err) < 0 ||
	    es_session_new(&s, &call->where,
			   ES_NEED_RULES | ES_NEED_STORE | ES_NEED_KEY,
			   err) < 0)
		return err->code;
	return rotate(call, s, &o, err);
}

static int config_run(struct es_call *call, struct es_error *err)
{
	const struct es_args *a = &call->args;
	const char *what = a->n_operands ? a->operands[0] : "";

	if (strcmp(what, "explain") == 0)
		return config_explain(call, err);
	if (a->n_operands == 1 && strcmp(what, "show") == 0)
		return config_show(call, err);
	if (a->n_operands == 1 && strcmp(what, "check") == 0)
		return config_check(call, err);
	if (a->n_operands == 1 && strcmp(what, "rotate-key") == 0)
		return config_rotate(call, err);
	return es_fail_config(err, "config takes check, show, explain PATH or "
				   "rotate-key");
}

const struct es_cmd es_cmd_config = {
	.name = "config",
	.args = "check | show | explain FILE | rotate-key",
	.summary = "check, print or explain the configuration; replace the key",
	.needs = ES_NEED_RULES,
	.table = true,
	ES_OPTS(config_opts),
	.run = config_run,
};
