/* SPDX-License-Identifier: MIT */
/* status_prometheus.c - etcsnap status as metrics for Prometheus */
#include "config.h"

#include "cmd/status.h"
#include "etcsnap/clock.h"
#include "etcsnap/quote.h"
#include "etcsnap/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What the metrics are made of. */
struct metrics {
	struct es_buf *out;
	struct es_session *session;
	const struct es_commit *tip;
	const struct es_doc *facts;
	struct es_buf summary; /* text run/summary of the tip */
};

static void family(struct metrics *m, const char *name, const char *help)
{
	es_buf_addf(m->out, "# HELP etcsnap_%s %s\n# TYPE etcsnap_%s gauge\n",
		    name, help, name);
}

static void sample(struct metrics *m, const char *name, const char *help,
		   int64_t value)
{
	family(m, name, help);
	es_buf_addf(m->out, "etcsnap_%s %" PRId64 "\n", name, value);
}

/* In a label's value '\', '"' and a line feed have a backslash in front. */
static void label(struct metrics *m, const char *name, const char *value)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf line = ES_BUF_INIT(1 << 20);

	es_quote_term(&line, value ? value : "", value ? strlen(value) : 0);
	es_buf_addf(m->out, "%s=\"", name);
	for (size_t i = 0; i < line.len; i++) {
		if (line.data[i] == '\\' || line.data[i] == '"')
			es_buf_addc(m->out, '\\');
		es_buf_addc(m->out, line.data[i]);
	}
	es_buf_addc(m->out, '"');
}

/* --- the last run --------------------------------------------------------- */

static int read_summary(struct metrics *m, struct es_error *err)
{
	static const char path[] = "run/summary";
	struct es_oid oid;
	int rc =
		es_tree_lookup(&oid, NULL, m->session->store,
			       es_commit_tree(m->tip), path, strlen(path), err);

	if (rc <= 0)
		return rc;
	return es_store_get(m->session->store, &oid, ES_KIND_BLOB, &m->summary,
			    err);
}

/* The value of "KEY = VALUE", up to the end of the text; NULL without. */
static const char *summary_value(const struct metrics *m, const char *key)
{
	const size_t len = strlen(key);
	const char *at = es_buf_str(&m->summary);

	while (at && *at) {
		if (strncmp(at, key, len) == 0 &&
		    strncmp(at + len, " = ", 3) == 0)
			return at + len + 3;
		at = strchr(at, '\n');
		at += at != NULL;
	}
	return NULL;
}

static bool summary_time(int64_t *out, const struct metrics *m, const char *key)
{
	const char *value = summary_value(m, key);
	struct es_error unread = ES_ERROR_INIT;
	char text[64] = "";
	size_t len;

	if (!value)
		return false;
	len = strcspn(value, "\n");
	if (len >= sizeof(text))
		return false;
	memcpy(text, value, len);
	return es_clock_parse(out, text, es_clock_now().tv_sec, &unread) == 0;
}

/* The subject has them: "2 changed, 1 added on HOST: …". */
static void add_changes(struct metrics *m)
{
	static const char *const kinds[] = { "changed", "added",     "removed",
					     "renamed", "retyped",   "touched",
					     "watched", "unwatched", NULL };
	int64_t counts[sizeof(kinds) / sizeof(*kinds)] = { 0 };
	const char *at = es_commit_subject(m->tip);

	while (*at >= '0' && *at <= '9') {
		char *end;
		const long long n = strtoll(at, &end, 10);
		size_t len;

		at = end + (*end == ' ');
		len = strcspn(at, ", ");
		for (size_t i = 0; kinds[i]; i++)
			if (strlen(kinds[i]) == len &&
			    strncmp(kinds[i], at, len) == 0)
				counts[i] = n;
		at += len;
		at += strspn(at, ", ");
	}
	family(m, "last_commit_changes", "Changes of the newest commit.");
	for (size_t i = 0; kinds[i]; i++)
		es_buf_addf(m->out,
			    "etcsnap_last_commit_changes{kind=\"%s\"} %" PRId64
			    "\n",
			    kinds[i], counts[i]);
}

static void add_run(struct metrics *m)
{
	const int64_t last = es_store_last_run(m->session->store);
	const char *items = es_commit_trailer(m->tip, "Items", 0);
	const char *unread = summary_value(m, "unread");
	int64_t from, to;

	if (last)
		sample(m, "last_run_timestamp_seconds",
		       "When the last run ended well.", last);
	sample(m, "last_commit_timestamp_seconds",
	       "When the newest commit was made.", es_commit_time(m->tip));
	if (summary_time(&from, m, "started") && summary_time(&to, m, "ended"))
		sample(m, "last_commit_duration_seconds",
		       "How long the run took that made the newest commit.",
		       to > from ? to - from : 0);
	if (items)
		sample(m, "items", "Paths that are watched.",
		       strtoll(items, NULL, 10));
	add_changes(m);
	if (unread)
		sample(m, "unread_paths",
		       "Paths that could not be read when the newest commit "
		       "was made.",
		       strtoll(unread, NULL, 10));
}

static void add_findings(struct metrics *m)
{
	const struct es_doc *list = es_doc_get(m->facts, "findings");
	const struct es_doc *f;

	family(m, "findings_open", "Open findings of a check.");
	for (size_t i = 0; list && (f = es_doc_at(list, i)) != NULL; i++) {
		es_buf_adds(m->out, "etcsnap_findings_open{");
		label(m, "check", es_doc_get_str(f, "check"));
		es_buf_addc(m->out, ',');
		label(m, "severity", es_doc_get_str(f, "severity"));
		es_buf_addf(m->out, "} %" PRId64 "\n",
			    es_doc_get_number(f, "open", 0));
	}
}

/* --- channels ------------------------------------------------------------- */

static int64_t channel_number(const struct es_doc *c, const char *key)
{
	return es_doc_get_number(c, key, 0);
}

static int64_t channel_flag(const struct es_doc *c, const char *key)
{
	return es_doc_get_bool(c, key);
}

/* A time, or -1. */
static int64_t channel_time(const struct es_doc *c, const char *key)
{
	const char *text = es_doc_get_str(c, key);
	struct es_error unread = ES_ERROR_INIT;
	int64_t when;

	if (!text ||
	    es_clock_parse(&when, text, es_clock_now().tv_sec, &unread) < 0)
		return -1;
	return when;
}

static void add_channels(struct metrics *m)
{
	static const struct {
		const char *name;
		const char *help;
		const char *key;
		int64_t (*value)(const struct es_doc *c, const char *key);
	} families[] = {
		{ "channel_backlog_runs", "Runs that a channel was not told.",
		  "backlog", channel_number },
		{ "channel_oldest_timestamp_seconds",
		  "When the oldest run was that a channel was not told.",
		  "oldest", channel_time },
		{ "channel_attempts",
		  "Deliveries that failed since the last that did not.",
		  "attempts", channel_number },
		{ "channel_refused",
		  "1 where the other side refuses and a person must act.",
		  "refused", channel_flag },
		{ "channel_last_success_timestamp_seconds",
		  "When the other side last took a message.", "last_success",
		  channel_time },
	};
	const struct es_doc *list = es_doc_get(m->facts, "channels");
	const struct es_doc *c;

	for (size_t k = 0; k < sizeof(families) / sizeof(*families); k++) {
		family(m, families[k].name, families[k].help);
		for (size_t i = 0; list && (c = es_doc_at(list, i)); i++) {
			int64_t v = families[k].value(c, families[k].key);

			if (v < 0)
				continue;
			es_buf_addf(m->out, "etcsnap_%s{", families[k].name);
			label(m, "channel", es_doc_get_str(c, "name"));
			es_buf_addc(m->out, ',');
			label(m, "type", es_doc_get_str(c, "type"));
			es_buf_addf(m->out, "} %" PRId64 "\n", v);
		}
	}
}

/* --- repository ----------------------------------------------------------- */

static void add_repository(struct metrics *m)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(1 << 16);
	int64_t bytes = 0, packs = 0;
	const struct dirent *d;
	struct stat st;
	DIR *dir;

	es_buf_addf(&name, "%s/objects/pack", es_store_path(m->session->store));
	dir = opendir(es_buf_str(&name));
	if (!dir)
		return;
	while ((d = readdir(dir)) != NULL) {
		size_t len = strlen(d->d_name);

		if (d->d_name[0] == '.' ||
		    fstatat(dirfd(dir), d->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		bytes += st.st_size;
		packs += len > 5 && strcmp(d->d_name + len - 5, ".pack") == 0;
	}
	closedir(dir);
	sample(m, "repository_bytes", "Size of packs with their indexes.",
	       bytes);
	sample(m, "repository_packs", "Packs of the repository.", packs);
}

int es_status_prometheus(struct es_buf *out, struct es_session *s,
			 const struct es_commit *tip, struct es_error *err)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *facts = es_doc_new();
	struct metrics m = {
		.out = out,
		.session = s,
		.tip = tip,
		.facts = facts,
		.summary = ES_BUF_INIT(1 << 20),
	};
	int rc;

	if (!facts)
		return es_fail_oom(err);
	rc = es_status_facts(facts, s, tip, err);
	if (rc >= 0)
		rc = read_summary(&m, err);
	if (rc >= 0) {
		family(&m, "info", "The program, always 1.");
		es_buf_adds(out, "etcsnap_info{version=\"" PACKAGE_VERSION
				 "\"} 1\n");
		add_run(&m);
		add_findings(&m);
		add_channels(&m);
		add_repository(&m);
		rc = es_buf_check(out, err);
	}
	es_buf_dispose(&m.summary);
	return rc < 0 ? rc : 0;
}
