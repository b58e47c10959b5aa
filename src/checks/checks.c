/* SPDX-License-Identifier: MIT */
/* checks.c - the checks of a run: which are on, what they are shown */
#include "config.h"

#include "checks/checks_priv.h"

#include "etcsnap/digest.h"
#include "etcsnap/listing.h"
#include "etcsnap/quote.h"
#include "etcsnap/typo.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* Raised when a check finds something else in what is unchanged. */
#define FORMAT 1

static const struct es_check *find_check(const char *name)
{
	size_t n;
	const struct es_check *const *table = es_check_table(&n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(table[i]->name, name))
			return table[i];
	return NULL;
}

static int unknown_check(const char *name, struct es_error *err)
{
	const char *names[ES_CHECKS_MAX];
	size_t n;
	const struct es_check *const *table = es_check_table(&n);

	for (size_t i = 0; i < n; i++)
		names[i] = table[i]->name;

	const char *near = es_typo_nearest(name, names, n);

	if (near)
		return es_fail_config(err,
				      "[check %s]: there is no such check; did "
				      "you mean [check %s]?",
				      name, near);
	return es_fail_config(err,
			      "[check %s]: there is no such check; "
			      "etcsnap.conf(5) names them all",
			      name);
}

int es_checks_conf(const struct es_conf *conf, struct es_error *err)
{
	size_t n, values;
	const char *const *names = es_conf_names(conf, "check", &n);

	for (size_t i = 0; i < n; i++) {
		if (!find_check(names[i]))
			return unknown_check(names[i], err);
		es_conf_values(conf, ES_CONF_CHECK_LIST, names[i], &values);
		if (values && strcmp(names[i], "checksum-lists") != 0)
			return es_fail_config(err,
					      "[check %s] takes no list; only "
					      "[check checksum-lists] does",
					      names[i]);
	}
	return 0;
}

size_t es_checks_count(void)
{
	size_t n;

	es_check_table(&n);
	return n;
}

const char *es_checks_name(size_t index)
{
	size_t n;

	return es_check_table(&n)[index]->name;
}

enum es_severity es_checks_severity(const struct es_conf *conf,
				    const char *name)
{
	const struct es_check *check = find_check(name);
	size_t n;
	const struct es_conf_value *v =
		es_conf_values(conf, ES_CONF_CHECK_SEVERITY, name, &n);

	if (n)
		return es_severity_parse(v[n - 1].text);
	return check ? check->severity : ES_SEVERITY_NONE;
}

static uint64_t mix(uint64_t sum, const void *data, size_t len)
{
	return es_hash64(data, len, sum);
}

/* What the findings of unchanged directories depend on. */
static uint64_t make_stamp(struct es_checks *c)
{
	uint64_t sum = mix(FORMAT, PACKAGE_VERSION, strlen(PACKAGE_VERSION));
	uint64_t ids = es_ids_hash(c->options.ids);
	bool packages = false;

	for (size_t i = 0; i < c->n; i++) {
		const struct es_findings *f = &c->findings[i];

		sum = mix(sum, f->check->name, strlen(f->check->name) + 1);
		sum = mix(sum, &f->on, sizeof(f->on));
		sum = mix(sum, &f->depends, sizeof(f->depends));
		packages |= f->on && f->check->packages;
	}
	sum = mix(sum, &ids, sizeof(ids));
	if (packages) {
		uint64_t stamp = es_packages_stamp(c->options.packages);

		sum = mix(sum, &stamp, sizeof(stamp));
	}
	return sum ? sum : 1;
}

static int begin_check(struct es_checks *c, const struct es_check *check,
		       struct es_error *err)
{
	struct es_findings *f = &c->findings[c->n++];

	f->checks = c;
	f->check = check;
	f->lines.max = ES_FINDINGS_MAX;
	f->old.max = ES_FINDINGS_MAX;
	f->on = es_conf_number_of(c->options.conf, ES_CONF_CHECK_ENABLED,
				  check->name) != 0;
	if (!f->on)
		return 0;
	if (check->remembers && es_findings_load(f, err) < 0)
		return err->code;
	return check->begin ? check->begin(f, err) : 0;
}

int es_checks_new(struct es_checks **out,
		  const struct es_checks_options *options, struct es_error *err)
{
	size_t n;
	const struct es_check *const *table = es_check_table(&n);

	if (es_checks_conf(options->conf, err) < 0)
		return err->code;
	ES_CLEANUP(es_checks_freep) struct es_checks *c = calloc(1, sizeof(*c));
	if (!c)
		return es_fail_oom(err);
	c->options = *options;
	pthread_mutex_init(&c->lock, NULL);
	c->homes.paths.max = c->homes.group.max = ES_BUF_MAX;
	c->root_is_slash = options->root[strspn(options->root, "/")] == '\0';
	c->root_fd = open(options->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->root_fd < 0)
		return es_fail_errno(err, "cannot open the root '%s'",
				     ES_Q(options->root));
	c->fed = es_strmap_new();
	c->gone = es_strmap_new();
	if (!c->fed || !c->gone)
		return es_fail_oom(err);
	for (size_t i = 0; i < n; i++)
		if (begin_check(c, table[i], err) < 0)
			return err->code;
	c->stamp = make_stamp(c);
	c->same_stamp = c->stamp == options->stamp;
	c->fresh = options->full || !c->same_stamp;
	*out = es_steal_ptr(&c);
	return 0;
}

void es_checks_free(struct es_checks *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++) {
		struct es_findings *f = &c->findings[i];

		if (f->payload && f->check->end)
			f->check->end(f);
		es_buf_dispose(&f->lines);
		es_buf_dispose(&f->old);
		es_strmap_free(f->known);
		es_strmap_free(f->unread);
	}
	es_homes_dispose(&c->homes);
	es_strmap_free(c->fed);
	es_strmap_free(c->gone);
	es_closep(&c->root_fd);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

bool es_checks_fresh(const struct es_checks *c)
{
	return c->fresh;
}

uint64_t es_checks_stamp(const struct es_checks *c)
{
	return c->stamp;
}

/* A directory that is being shown to the checks. */
struct feed {
	struct es_checks *c;
	struct es_buf path; /* the directory's, then an entry's */
	size_t dir_len;
	bool was_listed;
	bool is_watched; /* not only led through */
};

/* Whether a listing's entry tells all of a watched object. */
static bool is_shown(const struct es_entry *e, bool is_self)
{
	return e->watch == ES_WATCH_YES && (e->has & ES_HAS_STAT) &&
	       (is_self || e->type != ES_TYPE_DIR);
}

static int show(struct feed *feed, const struct es_entry *now,
		const struct es_entry *was, bool is_self, struct es_error *err)
{
	const struct es_entry *any = now ? now : was;
	struct es_seen seen = { .was_listed = feed->was_listed };

	seen.now = now && is_shown(now, is_self) ? now : NULL;
	seen.was = was && is_shown(was, is_self) ? was : NULL;
	/* What is there and watched no longer is not gone. */
	if (!seen.now && (now || !seen.was))
		return 0;
	es_buf_truncate(&feed->path, feed->dir_len);
	es_buf_addc(&feed->path, '/');
	if (!is_self)
		es_buf_add(&feed->path, any->name, any->name_len);
	if (es_buf_check(&feed->path, err) < 0)
		return err->code;
	seen.path = feed->path.data;
	seen.len = feed->path.len;
	for (size_t i = 0; i < feed->c->n; i++) {
		struct es_findings *f = &feed->c->findings[i];

		if (f->on && f->check->entry &&
		    f->check->entry(f, &seen, err) < 0)
			return err->code;
	}
	return 0;
}

/* The next entry of a listing; a broken one ends. */
static bool next(struct es_listing_reader *r, struct es_entry *e)
{
	return r->pos && es_listing_next(r, e) == 1;
}

/* Both listings side by side, by name. */
static int show_all(struct feed *feed, struct es_listing_reader *now,
		    struct es_listing_reader *was, struct es_error *err)
{
	struct es_entry a, b;
	bool has_a = next(now, &a), has_b = next(was, &b);

	feed->is_watched = has_a && a.watch == ES_WATCH_YES;
	if (has_a && show(feed, &a, has_b ? &b : NULL, true, err) < 0)
		return err->code;
	has_a = next(now, &a);
	has_b = next(was, &b);
	while (has_a || has_b) {
		int order = !has_a ? 1 : -1;

		if (has_a && has_b)
			order = es_entry_name_cmp(a.name, a.name_len, b.name,
						  b.name_len);
		if (show(feed, order <= 0 ? &a : NULL, order >= 0 ? &b : NULL,
			 false, err) < 0)
			return err->code;
		if (order <= 0)
			has_a = next(now, &a);
		if (order >= 0)
			has_b = next(was, &b);
	}
	return 0;
}

static int feed_dir(struct es_checks *c, struct feed *feed,
		    struct es_listing_reader *now,
		    struct es_listing_reader *was, struct es_error *err)
{
	if (show_all(feed, now, was, err) < 0)
		return err->code;
	es_buf_truncate(&feed->path, feed->dir_len);
	if (es_strmap_put(c->fed, es_buf_str(&feed->path), feed->dir_len,
			  feed->is_watched ? (void *)c : (void *)c->fed) < 0)
		return es_fail_oom(err);
	for (size_t i = 0; i < c->n; i++) {
		struct es_findings *f = &c->findings[i];

		if (f->on && f->check->dir &&
		    f->check->dir(f, es_buf_str(&feed->path), feed->dir_len,
				  err) < 0)
			return err->code;
	}
	return 0;
}

int es_checks_dir(struct es_checks *c, const char *path, size_t len,
		  const char *listing, size_t listing_len, const char *old,
		  size_t old_len, struct es_error *err)
{
	struct feed feed = { .c = c, .dir_len = len };
	struct es_listing_reader now = { 0 }, was = { 0 };
	int rc;

	feed.path = (struct es_buf)ES_BUF_INIT(ES_BUF_MAX);
	es_buf_add(&feed.path, path, len);
	if (es_buf_check(&feed.path, err) < 0)
		return err->code;
	/* Who made them has told already when they are broken. */
	if (es_listing_open(&now, listing, listing_len) < 0)
		now.pos = NULL;
	if (old && es_listing_open(&was, old, old_len) == 0)
		feed.was_listed = true;
	else
		was.pos = NULL;
	pthread_mutex_lock(&c->lock);
	rc = feed_dir(c, &feed, &now, &was, err);
	pthread_mutex_unlock(&c->lock);
	es_buf_dispose(&feed.path);
	return rc;
}

int es_checks_gone(struct es_checks *c, const char *path, size_t len,
		   struct es_error *err)
{
	int rc;

	pthread_mutex_lock(&c->lock);
	rc = es_strmap_put(c->gone, path, len, c);
	pthread_mutex_unlock(&c->lock);
	return rc < 0 ? es_fail_oom(err) : 0;
}

int es_checks_run(struct es_checks *c, struct es_texts *out,
		  struct es_error *err)
{
	for (size_t i = 0; i < c->n; i++) {
		struct es_findings *f = &c->findings[i];

		if (!f->on)
			continue;
		if (f->check->run && f->check->run(f, err) < 0)
			return err->code;
		if (es_findings_finish(f, out, err) < 0)
			return err->code;
	}
	return 0;
}
