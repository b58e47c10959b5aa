/* SPDX-License-Identifier: MIT */
/* channel.c - what the configuration says of the channels */
#include "config.h"

#include "deliver/events_priv.h"
#include "deliver/send_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/keep.h"
#include "etcsnap/quote.h"
#include "etcsnap/words.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef ETCSNAP_LOCALSTATEDIR
#define ETCSNAP_LOCALSTATEDIR "/var"
#endif
#define SENDMAIL "/usr/sbin/sendmail"

static const char *const types[] = {
	[CHANNEL_MAIL] = "mail",     [CHANNEL_WEBHOOK] = "webhook",
	[CHANNEL_SYSLOG] = "syslog", [CHANNEL_JOURNAL] = "journal",
	[CHANNEL_FILE] = "file",     [CHANNEL_EXEC] = "exec",
};

const char *es_channel_type_name(enum channel_type type)
{
	return types[type];
}

/* --- values --------------------------------------------------------------- */

/* Whether a section itself has a key. */
static bool is_said(const struct es_conf *conf, enum es_conf_id id,
		    const char *name)
{
	return conf && name && es_conf_is_set_in(conf, id, name);
}

const struct es_conf_value *es_channel_values(const struct channel *c,
					      enum es_conf_id id, size_t *n)
{
	if (!is_said(c->conf, id, c->built_in ? NULL : c->name) &&
	    is_said(c->preset, id, c->service))
		return es_conf_values(c->preset, id, c->service, n);
	return es_conf_values(c->conf, id, c->name, n);
}

const struct es_conf_value *es_channel_own_values(const struct channel *c,
						  enum es_conf_id id, size_t *n)
{
	*n = 0;
	if (!is_said(c->conf, id, c->built_in ? NULL : c->name))
		return NULL;
	return es_conf_values(c->conf, id, c->name, n);
}

const struct es_conf_value *
es_channel_preset_values(const struct channel *c, enum es_conf_id id, size_t *n)
{
	*n = 0;
	if (!is_said(c->preset, id, c->service))
		return NULL;
	return es_conf_values(c->preset, id, c->service, n);
}

static void set_all(struct es_doc *set, const struct es_conf_value *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *value = strchr(v[i].text, '=');
		char name[64];

		if (!value || value - v[i].text >= (ptrdiff_t)sizeof(name))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(value - v[i].text),
			 v[i].text);
		es_doc_str(set, name, value + 1);
	}
}

void es_channel_set(struct es_doc *ctx, const struct channel *c)
{
	struct es_doc *set = es_doc_object(ctx, "set");
	size_t n;
	const struct es_conf_value *v =
		es_channel_preset_values(c, ES_CONF_CHANNEL_SET, &n);

	set_all(set, v, n);
	v = es_channel_own_values(c, ES_CONF_CHANNEL_SET, &n);
	set_all(set, v, n);
}

const char *es_channel_text(const struct channel *c, enum es_conf_id id)
{
	size_t n;
	const struct es_conf_value *v = es_channel_values(c, id, &n);

	return n ? v[n - 1].text : "";
}

const char *es_channel_url(const struct channel *c)
{
	size_t url, file;

	es_channel_own_values(c, ES_CONF_CHANNEL_URL, &url);
	es_channel_own_values(c, ES_CONF_CHANNEL_URL_FILE, &file);
	return file && !url ? "" : es_channel_text(c, ES_CONF_CHANNEL_URL);
}

bool es_channel_is_program(const struct channel *c)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf url = ES_BUF_INIT(1 << 16);
	struct es_error why = ES_ERROR_INIT;
	int rc = 1;

	if (c->type != CHANNEL_MAIL)
		return c->type == CHANNEL_EXEC;
	es_buf_adds(&url, es_channel_url(c));
	if (url.len == 0)
		rc = es_channel_secret(&url, c, ES_CONF_CHANNEL_URL_FILE, "url",
				       &why);
	/* what cannot be read is told by whoever sends */
	const bool program =
		rc == 0 || strncmp(es_buf_str(&url),
				   "sendmail:", strlen("sendmail:")) == 0;
	if (url.data)
		explicit_bzero(url.data, url.len);
	return program;
}

int64_t es_channel_number(const struct channel *c, enum es_conf_id id)
{
	if (!is_said(c->conf, id, c->built_in ? NULL : c->name) &&
	    is_said(c->preset, id, c->service))
		return es_conf_number_of(c->preset, id, c->service);
	return es_conf_number_of(c->conf, id, c->name);
}

int es_channel_wrong(struct es_error *err, const struct channel *c,
		     enum es_conf_id id)
{
	size_t n;
	const struct es_conf_value *v = es_channel_values(c, id, &n);

	err->fault = ES_FAULT_CONFIG;
	if (n && v[n - 1].line)
		return es_wrap(err, "%s:%u: channel '%s'", v[n - 1].file,
			       v[n - 1].line, c->name);
	return es_wrap(err, "channel '%s'", c->name);
}

/* A word out of a few; the number of it, or -EINVAL. */
static int word_of(const struct channel *c, enum es_conf_id id,
		   const char *const *words, int n, struct es_error *err)
{
	const char *text = es_channel_text(c, id);
	ES_CLEANUP(es_buf_dispose) struct es_buf all = ES_BUF_INIT(1024);

	for (int i = 0; i < n; i++) {
		if (strcmp(text, words[i]) == 0)
			return i;
		es_buf_addf(&all, "%s%s",
			    i == 0	? ""
			    : i < n - 1 ? ", "
					: " or ",
			    words[i]);
	}
	if (*text)
		es_fail_config(err, "%s = '%s' is none of %s",
			       es_conf_table(id)->key, ES_Q(text),
			       es_buf_str(&all));
	else
		es_fail_config(err, "%s is missing; it is %s",
			       es_conf_table(id)->key, es_buf_str(&all));
	return es_channel_wrong(err, c, id);
}

/* --- reading -------------------------------------------------------------- */

static int load_preset(struct channel *c, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(256);

	c->service = es_channel_text(c, ES_CONF_CHANNEL_SERVICE);
	if (!*c->service) {
		c->service = NULL;
		return 0;
	}
	es_buf_addf(&name, "channels/%s.conf", c->service);
	if (es_buf_check(&name, err) < 0)
		return err->code;
	if (es_templates_source(&text, name.data, err) < 0) {
		if (err->code == -ENOENT)
			es_fail_config(err,
				       "there is no service '%s'; "
				       "etcsnap-channels(5) lists them",
				       ES_Q(c->service));
		return es_channel_wrong(err, c, ES_CONF_CHANNEL_SERVICE);
	}
	return es_conf_parse(&c->preset, text.data, text.len, name.data, err);
}

static int load_when(struct channel *c, struct es_error *err)
{
	size_t n;
	const struct es_conf_value *v =
		es_channel_values(c, ES_CONF_CHANNEL_WHEN, &n);

	c->when.each_run = n == 0;
	for (size_t i = 0; i < n; i++)
		if (es_schedule_add(&c->when, v[i].text, err) < 0)
			return es_channel_wrong(err, c, ES_CONF_CHANNEL_WHEN);
	v = es_channel_values(c, ES_CONF_CHANNEL_QUIET, &n);
	/* where nothing waits, all is urgent */
	c->hold_off = es_channel_number(c, ES_CONF_CHANNEL_HOLD_OFF);
	if (!c->when.each_run || n || c->hold_off)
		c->urgent = es_severity_parse(
			es_channel_text(c, ES_CONF_CHANNEL_URGENT));
	c->quiet = calloc(n + 1, sizeof(*c->quiet));
	if (!c->quiet)
		return es_fail_oom(err);
	for (; c->n_quiet < n; c->n_quiet++)
		if (es_quiet_parse(&c->quiet[c->n_quiet], v[c->n_quiet].text,
				   err) < 0)
			return es_channel_wrong(err, c, ES_CONF_CHANNEL_QUIET);
	return 0;
}

static int add_word(const char ***list, size_t *n, const char *word)
{
	const char **more = reallocarray(*list, *n + 1, sizeof(*more));

	if (!more)
		return -ENOMEM;
	more[(*n)++] = word;
	*list = more;
	return 0;
}

/* Tags are words with blanks between them; each owns a copy. */
static int load_filter(struct channel *c, struct es_error *err)
{
	const char **paths = NULL, **tags = NULL;
	size_t n;
	const struct es_conf_value *v =
		es_channel_values(c, ES_CONF_CHANNEL_PATHS, &n);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = add_word(&paths, &c->filter.n_paths, v[i].text);
	v = es_channel_values(c, ES_CONF_CHANNEL_TAGS, &n);
	for (size_t i = 0; rc == 0 && i < n; i++)
		for (const char *at = v[i].text + strspn(v[i].text, " \t");
		     rc == 0 && *at;) {
			size_t len = strcspn(at, " \t");
			char *tag = strndup(at, len);

			rc = tag ? add_word(&tags, &c->filter.n_tags, tag)
				 : -ENOMEM;
			at += len;
			at += strspn(at, " \t");
		}
	c->filter.paths = paths;
	c->filter.tags = tags;
	c->filter.min = es_severity_parse(
		es_channel_text(c, ES_CONF_CHANNEL_MIN_SEVERITY));
	return rc < 0 ? es_fail_oom(err) : 0;
}

static int load_content(struct channel *c, struct es_error *err)
{
	static const char *const contents[] = { "full", "names", "counts" };
	int i;

	/* what goes to others' machines tells less, unless it is asked to */
	if (!*es_channel_text(c, ES_CONF_CHANNEL_CONTENT)) {
		c->content = c->type == CHANNEL_WEBHOOK
				     ? ES_REPORT_CONTENT_NAMES
				     : ES_REPORT_CONTENT_FULL;
		return 0;
	}
	i = word_of(c, ES_CONF_CHANNEL_CONTENT, contents, 3, err);
	if (i < 0)
		return i;
	c->content = i == 0   ? ES_REPORT_CONTENT_FULL
		     : i == 1 ? ES_REPORT_CONTENT_NAMES
			      : ES_REPORT_CONTENT_COUNTS;
	return 0;
}

/* What a service names with an empty value must be set by the channel. */
static int check_set(const struct channel *c, struct es_error *err)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_doc_new();
	const struct es_doc *set;
	size_t n;
	const struct es_conf_value *v =
		es_channel_preset_values(c, ES_CONF_CHANNEL_SET, &n);

	if (!doc)
		return es_fail_oom(err);
	es_channel_set(doc, c);
	set = es_doc_get(doc, "set");
	for (size_t i = 0; set && i < n; i++) {
		char name[64];
		const char *value;

		snprintf(name, sizeof(name), "%.*s",
			 (int)strcspn(v[i].text, "="), v[i].text);
		value = es_doc_get_str(set, name);
		if (value && *value)
			continue;
		es_fail_config(err, "the service '%s' needs 'set = %s=...'",
			       c->service, name);
		return es_channel_wrong(err, c, ES_CONF_CHANNEL_SERVICE);
	}
	return es_doc_check(doc, err);
}

/* What a channel of a type cannot be without. */
static int check_needs(const struct channel *c, struct es_error *err)
{
	size_t n;

	if (c->type == CHANNEL_WEBHOOK && check_set(c, err) < 0)
		return err->code;
	if (c->type == CHANNEL_WEBHOOK &&
	    !*es_channel_text(c, ES_CONF_CHANNEL_TEMPLATE)) {
		es_fail_config(err, "a webhook needs a line service = NAME "
				    "or template = FILE");
		return es_channel_wrong(err, c, ES_CONF_CHANNEL_TYPE);
	}
	if (c->type == CHANNEL_EXEC &&
	    !*es_channel_text(c, ES_CONF_CHANNEL_RUN)) {
		es_fail_config(err, "a channel of type exec needs a line: "
				    "run = COMMAND");
		return es_channel_wrong(err, c, ES_CONF_CHANNEL_TYPE);
	}
	es_channel_values(c, ES_CONF_CHANNEL_TO, &n);
	if (c->type == CHANNEL_MAIL && n == 0 && !c->built_in) {
		es_fail_config(err, "a channel of type mail needs a line: "
				    "to = ADDRESS");
		return es_channel_wrong(err, c, ES_CONF_CHANNEL_TYPE);
	}
	return 0;
}

static int check_words(const struct channel *c, struct es_error *err)
{
	static const char *const pers[] = { "report", "change", "group" };
	static const char *const signs[] = { "pgp", "smime" };
	static const char *const formats[] = { "rfc5424", "cef", "ecs" };
	ES_CLEANUP(es_buf_dispose) struct es_buf words = ES_BUF_INIT(1 << 16);
	struct es_keep keep;
	size_t n;

	if (word_of(c, ES_CONF_CHANNEL_ONE_PER, pers, 3, err) < 0 ||
	    word_of(c, ES_CONF_CHANNEL_SIGN_TYPE, signs, 2, err) < 0 ||
	    word_of(c, ES_CONF_CHANNEL_FORMAT, formats, 3, err) < 0)
		return err->code;
	if (es_event_facility(es_channel_text(c, ES_CONF_CHANNEL_FACILITY)) <
	    0) {
		es_fail_config(
			err, "facility = '%s' is none of syslog's",
			ES_Q(es_channel_text(c, ES_CONF_CHANNEL_FACILITY)));
		return es_channel_wrong(err, c, ES_CONF_CHANNEL_FACILITY);
	}
	if (es_keep_parse(&keep, es_channel_text(c, ES_CONF_CHANNEL_KEEP),
			  err) < 0)
		return es_channel_wrong(err, c, ES_CONF_CHANNEL_KEEP);
	if (c->type == CHANNEL_EXEC &&
	    es_words_split(&words, &n, es_channel_text(c, ES_CONF_CHANNEL_RUN),
			   err) < 0)
		return es_channel_wrong(err, c, ES_CONF_CHANNEL_RUN);
	return 0;
}

static int load(struct channel *c, struct es_error *err)
{
	int type;

	if (load_preset(c, err) < 0)
		return err->code;
	if (!c->built_in) {
		type = word_of(c, ES_CONF_CHANNEL_TYPE, types,
			       sizeof(types) / sizeof(*types), err);
		if (type < 0)
			return type;
		c->type = (enum channel_type)type;
	}
	if (load_when(c, err) < 0 || load_filter(c, err) < 0 ||
	    load_content(c, err) < 0 || check_needs(c, err) < 0 ||
	    check_words(c, err) < 0)
		return err->code;
	if (es_report_level_parse(&c->level,
				  es_channel_text(c, ES_CONF_CHANNEL_LEVEL),
				  err) < 0)
		return es_channel_wrong(err, c, ES_CONF_CHANNEL_LEVEL);
	c->skip_empty = es_channel_number(c, ES_CONF_CHANNEL_SKIP_EMPTY) != 0;
	return 0;
}

/*
 * Without any channel the machine's own repository has two: reports are kept
 * as files, and root gets mail where there is a mailer. One elsewhere (--repo,
 * tests, images) has none that nobody asked for.
 */
static size_t built_in(struct channel list[2], const struct es_session *s)
{
	size_t n = 0;

	if (strcmp(s->repo_path,
		   ETCSNAP_LOCALSTATEDIR "/lib/etcsnap/repo.git") != 0 &&
	    !strstr(s->repo_path, "/etcsnap/repo.git"))
		return 0;
	list[n++] = (struct channel){ .name = "file", .type = CHANNEL_FILE };
	if (geteuid() == 0 && access(SENDMAIL, X_OK) == 0)
		list[n++] = (struct channel){ .name = "root",
					      .type = CHANNEL_MAIL };
	return n;
}

/* Reports of two channels in one folder would write over each other. */
static int check_folder(const struct channels *all, size_t i,
			const struct es_session *s, struct es_error *err)
{
	const struct channel *c = &all->list[i];
	ES_CLEANUP(es_buf_dispose) struct es_buf dir = ES_BUF_INIT(1 << 16);

	if (c->type != CHANNEL_FILE || !es_channel_is_here(c, s->host))
		return 0;
	if (es_send_folder(&dir, s, c, err) < 0)
		return err->code;
	for (size_t k = 0; k < i; k++) {
		const struct channel *o = &all->list[k];
		ES_CLEANUP(es_buf_dispose)
		struct es_buf other = ES_BUF_INIT(1 << 16);

		if (o->type != CHANNEL_FILE || !es_channel_is_here(o, s->host))
			continue;
		if (es_send_folder(&other, s, o, err) < 0)
			return err->code;
		if (strcmp(dir.data, other.data) != 0)
			continue;
		es_fail_config(err,
			       "channels '%s' and '%s' write into the same "
			       "folder; give each a dir",
			       o->name, c->name);
		return es_channel_wrong(err, c, ES_CONF_CHANNEL_TYPE);
	}
	return 0;
}

int es_channels_load(struct channels *out, struct es_session *s,
		     struct es_error *err)
{
	size_t n;
	const char *const *names = es_conf_names(s->conf, "channel", &n);

	*out = (struct channels){ 0 };
	out->list = calloc(n + 2, sizeof(*out->list));
	if (!out->list)
		return es_fail_oom(err);
	if (n == 0)
		out->n = built_in(out->list, s);
	for (size_t i = 0; i < out->n; i++)
		out->list[i].built_in = true;
	for (; out->n < n; out->n++)
		out->list[out->n].name = names[out->n];
	for (size_t i = 0; i < out->n; i++) {
		out->list[i].conf = s->conf;
		if (load(&out->list[i], err) < 0 ||
		    check_folder(out, i, s, err) < 0) {
			es_channels_dispose(out);
			return err->code;
		}
	}
	return 0;
}

void es_channels_dispose(struct channels *c)
{
	for (size_t i = 0; i < c->n; i++) {
		struct channel *ch = &c->list[i];

		for (size_t t = 0; ch->filter.tags && t < ch->filter.n_tags;
		     t++)
			free((void *)(uintptr_t)ch->filter.tags[t]);
		free((void *)(uintptr_t)ch->filter.tags);
		free((void *)(uintptr_t)ch->filter.paths);
		es_schedule_dispose(&ch->when);
		es_conf_free(ch->preset);
		free(ch->quiet);
	}
	free(c->list);
	*c = (struct channels){ 0 };
}

bool es_channel_is_here(const struct channel *c, const char *host)
{
	size_t n;
	const struct es_conf_value *v =
		es_channel_values(c, ES_CONF_CHANNEL_HOSTS, &n);

	for (size_t i = 0; i < n; i++)
		if (fnmatch(v[i].text, host, 0) == 0)
			return true;
	return n == 0;
}
