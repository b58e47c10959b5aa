/* SPDX-License-Identifier: MIT */
/* check_checksum_lists.c - files that differ from lists of checksums */
#include "config.h"

#include "checks/check_table_priv.h"

#include "etcsnap/digest.h"
#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/*
 * Where the walk has the SHA-256 of a watched file that changed, it is
 * compared; other files are read in full runs and where settings or lists
 * changed.
 */

/* A line of a list. */
struct item {
	char *path;
	size_t len;
	size_t dir_len;
	const char *list; /* borrowed from the configuration */
	uint8_t digest[ES_SHA256_LEN];
	bool done;	   /* compared, or found missing */
	struct item *next; /* another of the same directory */
};

struct lists {
	struct item *all;
	size_t n;
	size_t cap;
	struct es_strmap *dirs; /* directory -> its first item */
};

static void end(struct es_findings *f)
{
	struct lists *l = f->payload;

	for (size_t i = 0; i < l->n; i++)
		free(l->all[i].path);
	free(l->all);
	es_strmap_free(l->dirs);
	free(l);
}

/* "\n", "\\" and "\r" of a line that begins with a backslash */
static void unescape(struct es_buf *out, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = p[i];

		if (c == '\\' && i + 1 < len) {
			c = p[++i];
			c = c == 'n' ? '\n' : c == 'r' ? '\r' : c;
		}
		es_buf_addc(out, c);
	}
}

/* The parts of a line, "HEX  NAME", "HEX *NAME" or "SHA256 (NAME) = HEX". */
static bool split_line(const char **hex, const char **name, size_t *name_len,
		       const char *line, size_t len)
{
	static const char tag[] = "SHA256 (";
	size_t digits = 2 * (size_t)ES_SHA256_LEN, n = sizeof(tag) - 1;

	if (len > n + 4 + digits && !memcmp(line, tag, n) &&
	    !memcmp(line + len - digits - 4, ") = ", 4)) {
		*hex = line + len - digits;
		*name = line + n;
		*name_len = len - n - 4 - digits;
		return true;
	}
	if (len <= digits + 2 || line[digits] != ' ' ||
	    (line[digits + 1] != ' ' && line[digits + 1] != '*'))
		return false;
	*hex = line;
	*name = line + digits + 2;
	*name_len = len - digits - 2;
	return true;
}

static int add_item(struct lists *l, const struct item *item)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 64;
		struct item *more = reallocarray(l->all, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		l->all = more;
		l->cap = cap;
	}
	l->all[l->n++] = *item;
	return 0;
}

/* Returns 1, 0 for a line that is none, or negative. */
static int read_line(struct lists *l, const char *list, const char *line,
		     size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf whole = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;
	struct item item = { .list = list };
	bool escaped = len && line[0] == '\\';
	const char *hex, *name;
	size_t name_len;

	if (!split_line(&hex, &name, &name_len, line + escaped,
			len - escaped) ||
	    es_unhex(item.digest, hex, sizeof(item.digest)) < 0 ||
	    memchr(name, '\0', name_len))
		return 0;
	if (name[0] != '/') {
		es_path_dirname(&path, list);
		es_buf_addc(&path, '/');
	}
	if (escaped)
		unescape(&path, name, name_len);
	else
		es_buf_add(&path, name, name_len);
	if (es_path_absolute(&whole, es_buf_str(&path), &err) < 0)
		return err.code == -ENOMEM ? -ENOMEM : 0;
	item.path = strndup(whole.data, whole.len);
	if (!item.path)
		return -ENOMEM;
	item.len = item.dir_len = whole.len;
	while (item.dir_len > 1 && item.path[item.dir_len - 1] != '/')
		item.dir_len--;
	item.dir_len--;
	if (add_item(l, &item) == 0)
		return 1;
	free(item.path);
	return -ENOMEM;
}

static int read_list(struct es_findings *f, const char *list)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	int rc = es_inside_read(f->checks, list, &b, NULL);
	const char *pos = es_buf_str(&b), *stop = pos + b.len, *line;
	bool broken = false;
	size_t len;

	f->depends = es_hash64(pos, b.len, f->depends);
	if (es_is_absent(rc)) {
		es_finding(f, list, strlen(list), "the list is not there");
		return 0;
	}
	/* Unknown which lines are its own: all stay. */
	if (rc < 0)
		return rc == -ENOMEM ? rc : es_findings_unread(f, "/", 1);
	while (es_lines_next(&pos, stop, &line, &len)) {
		if (len && line[len - 1] == '\r')
			len--;
		if (len == 0 || line[0] == '#')
			continue;
		rc = read_line(f->payload, list, line, len);
		if (rc < 0)
			return rc;
		broken |= rc == 0;
	}
	if (broken)
		es_finding(f, list, strlen(list),
			   "has lines that are no SHA-256 of a file");
	return 0;
}

static int begin(struct es_findings *f, struct es_error *err)
{
	struct lists *l = calloc(1, sizeof(*l));
	const struct es_conf_value *lists;
	size_t n;

	if (!l)
		return es_fail_oom(err);
	f->payload = l;
	l->dirs = es_strmap_new();
	if (!l->dirs)
		return es_fail_oom(err);
	lists = es_conf_values(f->checks->options.conf, ES_CONF_CHECK_LIST,
			       f->check->name, &n);
	for (size_t i = 0; i < n; i++) {
		f->depends = es_hash64(lists[i].text, strlen(lists[i].text),
				       f->depends);
		if (read_list(f, lists[i].text) < 0)
			return es_fail_oom(err);
	}
	/* Now that they move no more. */
	for (size_t i = 0; i < l->n; i++) {
		struct item *item = &l->all[i];

		item->next = es_strmap_get(l->dirs, item->path, item->dir_len);
		if (es_strmap_put(l->dirs, item->path, item->dir_len, item) < 0)
			return es_fail_oom(err);
	}
	return 0;
}

static void tell(struct es_findings *f, const struct item *item,
		 const char *what)
{
	es_finding(f, item->path, item->len, "%s %s", what, ES_Q(item->list));
}

#define DIFFERS "differs from its checksum in"

static int entry(struct es_findings *f, const struct es_seen *seen,
		 struct es_error *err)
{
	struct lists *l = f->payload;
	const struct es_entry *e = seen->now;
	size_t dir_len = seen->len;

	(void)err;
	if (!e || !(e->has & ES_HAS_SHA256) || l->n == 0)
		return 0;
	while (seen->path[dir_len - 1] != '/')
		dir_len--;
	struct item *item = es_strmap_get(l->dirs, seen->path, dir_len - 1);
	for (; item; item = item->next) {
		if (item->len != seen->len ||
		    memcmp(item->path, seen->path, seen->len) != 0)
			continue;
		item->done = true;
		if (memcmp(item->digest, e->digest, sizeof(e->digest)) != 0)
			tell(f, item, DIFFERS);
	}
	return 0;
}

/* A SHA-256 of what is there now; negative when it cannot be read. */
static int hash_file(const struct es_checks *c, const char *path,
		     uint8_t out[ES_SHA256_LEN])
{
	ES_CLEANUP(es_digest_freep) struct es_digest *d = NULL;
	ES_CLEANUP(es_closep)
	int fd = es_inside_open(c, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct es_error err = ES_ERROR_INIT;
	struct stat st;
	char block[1 << 15];
	ssize_t n;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOENT;
	if (es_digest_new(&d, ES_DIGEST_SHA256, NULL, &err) < 0)
		return err.code;
	es_digest_begin(d);
	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		es_digest_update(d, block, (size_t)n);
	}
	es_digest_end(d, out);
	return 0;
}

static int verify(struct es_findings *f, struct item *item)
{
	uint8_t digest[ES_SHA256_LEN];
	int rc = hash_file(f->checks, item->path, digest);

	item->done = true;
	if (es_is_absent(rc))
		tell(f, item, "is not there, though in");
	else if (rc < 0)
		return rc == -ENOMEM
			       ? rc
			       : es_findings_unread(f, item->path, item->len);
	else if (memcmp(item->digest, digest, sizeof(digest)) != 0)
		tell(f, item, DIFFERS);
	return 0;
}

/* What the walk saw and has no plain digest of, or did not find. */
static int dir(struct es_findings *f, const char *path, size_t len,
	       struct es_error *err)
{
	const struct lists *l = f->payload;
	struct item *item = es_strmap_get(l->dirs, path, len);

	for (; item; item = item->next)
		if (!item->done && verify(f, item) < 0)
			return es_fail_oom(err);
	return 0;
}

static int run(struct es_findings *f, struct es_error *err)
{
	struct lists *l = f->payload;

	for (size_t i = 0; i < l->n; i++) {
		struct item *item = &l->all[i];

		if (item->done ||
		    (!f->checks->fresh &&
		     !es_checks_is_gone(f->checks, item->path, item->dir_len)))
			continue;
		if (verify(f, item) < 0)
			return es_fail_oom(err);
	}
	return 0;
}

const struct es_check es_check_checksum_lists = {
	.name = "checksum-lists",
	.severity = ES_SEVERITY_CRITICAL,
	.begin = begin,
	.entry = entry,
	.dir = dir,
	.run = run,
	.end = end,
};
