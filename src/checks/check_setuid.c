/* SPDX-License-Identifier: MIT */
/* check_setuid.c - files with privileges that no package gave them */
#include "config.h"

#include "checks/check_table_priv.h"

#include <string.h>

/*
 * That a file of a package became privileged can be told only by the run that
 * sees it; later ones know it from the line. It is told where the content
 * stayed, or where no package was changed since, so that an upgrade which
 * ships a program with set-user-ID is none.
 */

/* Begin and end of the line about a file that its package owns. */
#define GAINED "which it was not as package "

static bool has_capability(const struct es_entry *e)
{
	static const char key[] = "security.capability=";
	const char *p = e->xattr, *end = p ? p + e->xattr_len : NULL;
	const char *line;
	size_t len;

	while (p && es_lines_next(&p, end, &line, &len))
		if (len >= sizeof(key) - 1 &&
		    !memcmp(line, key, sizeof(key) - 1))
			return true;
	return false;
}

static bool is_privileged(const struct es_entry *e)
{
	return e->type == ES_TYPE_FILE &&
	       ((e->mode & (S_ISUID | S_ISGID)) || has_capability(e));
}

static bool same_content(const struct es_entry *a, const struct es_entry *b)
{
	unsigned int kind = ES_HAS_SHA256 | ES_HAS_HMAC;

	return a->size == b->size && (a->has & kind) &&
	       (a->has & kind) == (b->has & kind) &&
	       !memcmp(a->digest, b->digest, sizeof(a->digest));
}

static bool was_gained(struct es_findings *f, const struct es_seen *seen)
{
	size_t len;
	const char *known = es_findings_known(f, seen->path, seen->len, &len);

	if (known && memmem(known, len, GAINED, sizeof(GAINED) - 1))
		return true;
	if (seen->was && is_privileged(seen->was))
		return false;
	if (seen->was && same_content(seen->now, seen->was))
		return true;
	return seen->was_listed && f->checks->same_stamp;
}

/* "setuid root, setgid group mail, capabilities" */
static void describe(struct es_findings *f, const struct es_entry *e,
		     struct es_buf *out)
{
	if (e->mode & S_ISUID) {
		es_buf_adds(out, "setuid ");
		es_user_text(f, out, e->uid);
	}
	if (e->mode & S_ISGID) {
		es_buf_adds(out, out->len ? ", setgid " : "setgid ");
		es_group_text(f, out, e->gid);
	}
	if (has_capability(e))
		es_buf_adds(out, out->len ? ", capabilities" : "capabilities");
}

static int entry(struct es_findings *f, const struct es_seen *seen,
		 struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf what = ES_BUF_INIT(1024);
	struct es_package_file file = { 0 };

	if (!seen->now || !is_privileged(seen->now))
		return 0;
	int owned = es_packages_owner(f->checks->options.packages, seen->path,
				      seen->len, &file, err);
	if (owned < 0)
		return owned;
	if (owned && !was_gained(f, seen))
		return 0;
	describe(f, seen->now, &what);
	if (!owned)
		es_finding(f, seen->path, seen->len, "%s; no package owns it",
			   es_buf_str(&what));
	else
		es_finding(f, seen->path, seen->len, "%s, " GAINED "%s left it",
			   es_buf_str(&what), file.package->name);
	return 0;
}

const struct es_check es_check_setuid = {
	.name = "setuid",
	.severity = ES_SEVERITY_CRITICAL,
	.packages = true,
	.remembers = true,
	.entry = entry,
};
