/* SPDX-License-Identifier: MIT */
/* check_unowned_files.c - watched files in /usr that no package owns */
#include "config.h"

#include "checks/check_table_priv.h"

#include <fnmatch.h>
#include <string.h>

/*
 * What packages' own scripts make there: caches and indexes, written anew by
 * triggers at every upgrade. Globs in which a star may stand for slashes.
 * Source: what "cruft" like searches find on plain installations; depmod(8),
 * update-alternatives(1), localedef(1), gdk-pixbuf-query-loaders(1).
 */
static const char *const made[] = {
	"*.cache",
	"*.pyc",
	"*/__pycache__/*",
	"/usr/lib/modules/*/modules.*",
	"/usr/lib/locale/*",
	"/usr/lib/jvm/*.jsa",
	"/usr/lib/ghc/*/package.cache*",
	"/usr/lib/udev/hwdb.bin",
	"/usr/lib/sysimage/*",
	"/usr/lib/fontconfig/cache/*",
	"/usr/share/glib-2.0/schemas/gschemas.compiled",
	"/usr/share/info/dir*",
	"/usr/share/mime/*",
	"/usr/share/fonts/*/fonts.*",
};

static bool is_made(const struct es_seen *seen)
{
	static const char alternatives[] = "/etc/alternatives/";
	const struct es_entry *e = seen->now;
	size_t len = sizeof(alternatives) - 1;

	if (e->type == ES_TYPE_LINK && e->target_len > len &&
	    !memcmp(e->target, alternatives, len))
		return true;
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		if (fnmatch(made[i], seen->path, 0) == 0)
			return true;
	return false;
}

static bool is_below(const struct es_seen *seen, const char *dir)
{
	size_t len = strlen(dir);

	return seen->len > len && !memcmp(seen->path, dir, len);
}

static int entry(struct es_findings *f, const struct es_seen *seen,
		 struct es_error *err)
{
	struct es_packages *packages = f->checks->options.packages;
	struct es_package_file file;

	if (!seen->now || (seen->now->type != ES_TYPE_FILE &&
			   seen->now->type != ES_TYPE_LINK))
		return 0;
	if (!is_below(seen, "/usr/") || is_below(seen, "/usr/local/") ||
	    es_packages_count(packages) == 0)
		return 0;

	int owned =
		es_packages_owner(packages, seen->path, seen->len, &file, err);

	if (owned == 0 && !is_made(seen))
		es_finding(f, seen->path, seen->len, "no package owns it");
	return owned < 0 ? owned : 0;
}

const struct es_check es_check_unowned_files = {
	.name = "unowned-files",
	.severity = ES_SEVERITY_NOTICE,
	.packages = true,
	.entry = entry,
};
