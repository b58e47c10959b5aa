/* SPDX-License-Identifier: MIT */
/* ops_judge.c - changed files against the packages that own them */
#include "config.h"

#include "packages/ops_judge_priv.h"

#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/**
 * struct beside - a name that a manager gives to a second version of a
 * configuration file
 * @manager: which
 * @suffix:  of the name
 * @theirs:  it is the package's version, not the administrator's
 */
struct beside {
	const char *manager;
	const char *suffix;
	bool theirs;
};

static const struct beside besides[] = {
	{ "dpkg", ".dpkg-dist", true },	 { "dpkg", ".dpkg-new", true },
	{ "dpkg", ".ucf-dist", true },	 { "dpkg", ".ucf-new", true },
	{ "dpkg", ".dpkg-old", false },	 { "dpkg", ".ucf-old", false },
	{ "rpm", ".rpmnew", true },	 { "rpm", ".rpmsave", false },
	{ "rpm", ".rpmorig", false },	 { "pacman", ".pacnew", true },
	{ "pacman", ".pacsave", false }, { "pacman", ".pacorig", false },
	{ "apk", ".apk-new", true },
};

#define N_BESIDES (sizeof(besides) / sizeof(besides[0]))

/* Directories in which each package has one of its own name. */
static const char *const named_dirs[] = {
	"/usr/share/doc/",
	"/usr/share/licenses/",
	"/usr/share/lintian/overrides/",
	"/usr/share/bug/",
};

static const uint8_t none[32];

static bool is_there(const struct judge *j, const char *path, size_t len,
		     const char *suffix)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	es_buf_add(&b, path, len);
	if (es_buf_adds(&b, suffix) < 0)
		return false;
	ES_CLEANUP(es_closep)
	int fd = es_open_in_root(j->root, b.data, O_PATH | O_NOFOLLOW);
	return fd >= 0;
}

static bool has_beside(const struct judge *j, const struct judged *t,
		       bool theirs)
{
	const char *manager = t->file.package->manager;

	for (size_t i = 0; i < N_BESIDES; i++)
		if (besides[i].theirs == theirs &&
		    strcmp(besides[i].manager, manager) == 0 &&
		    is_there(j, t->asked->path, t->asked->len,
			     besides[i].suffix))
			return true;
	return false;
}

/* @result: 1 the content is the package's, 0 it is not, below 0 unknown. */
static enum es_package_verdict verdict_of(const struct judge *j,
					  const struct judged *t, int result)
{
	if (t->beside)
		return result == 1 ? ES_PACKAGE_MATCH : NO_VERDICT;
	if (!t->file.conffile) {
		if (result < 0)
			return ES_PACKAGE_UNKNOWN;
		return result ? ES_PACKAGE_MATCH : ES_PACKAGE_DIFFERS;
	}
	if (result == 1)
		return has_beside(j, t, false) ? ES_PACKAGE_CONF_SAVED
					       : ES_PACKAGE_CONF_NEW;
	if (has_beside(j, t, true))
		return ES_PACKAGE_CONF_KEPT;
	return result < 0 ? ES_PACKAGE_UNKNOWN : ES_PACKAGE_CONF_CHANGED;
}

static int add(struct judge *j, const struct judged *t)
{
	if (j->n == j->cap) {
		size_t cap = j->cap ? 2 * j->cap : 64;
		struct judged *more = reallocarray(j->all, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		j->all = more;
		j->cap = cap;
	}
	j->all[j->n++] = *t;
	return 0;
}

/* What is said of a path that the manager believes to be there. */
static enum es_package_verdict missing_verdict(const struct judge *j,
					       const struct judged *t)
{
	if (strcmp(t->file.package->status, "config-files") == 0)
		return ES_PACKAGE_GONE;
	if (t->file.conffile)
		return verdict_of(j, t, 0);
	/* It may have been a directory. */
	return t->file.kind == ES_PACKAGE_NONE ? ES_PACKAGE_UNKNOWN
					       : ES_PACKAGE_DIFFERS;
}

static int add_owned(struct judge *j, struct judged *t)
{
	const struct es_package_asked *asked = t->asked;

	t->verdict = NO_VERDICT;
	if (asked->removed) {
		t->verdict = missing_verdict(j, t);
	} else if (t->file.kind == ES_PACKAGE_NONE) {
		t->verdict = verdict_of(j, t, -ENOTSUP);
	} else if (t->file.kind == ES_PACKAGE_SHA256 &&
		   memcmp(asked->recorded, none, sizeof(none)) != 0) {
		bool same = memcmp(asked->recorded, t->file.digest,
				   sizeof(asked->recorded)) == 0;

		if (same || asked->plain)
			t->verdict = verdict_of(j, t, same);
	}
	t->unread = t->verdict == NO_VERDICT;
	j->n_unread += t->unread;
	return add(j, t);
}

/* Whose configuration file's other version a path is, when that is new. */
static int add_beside(struct judge *j, struct judged *t, struct es_error *err)
{
	const struct es_package_asked *asked = t->asked;

	for (size_t i = 0; i < N_BESIDES; i++) {
		size_t len = strlen(besides[i].suffix);

		if (!besides[i].theirs || asked->len <= len ||
		    strcmp(asked->path + asked->len - len, besides[i].suffix))
			continue;
		int rc = es_packages_owner(j->packages, asked->path,
					   asked->len - len, &t->file, err);
		if (rc <= 0 || !t->file.conffile ||
		    t->file.kind == ES_PACKAGE_NONE)
			return rc < 0 ? rc : 0;
		t->beside = true;
		return add_owned(j, t) < 0 ? es_fail_oom(err) : 0;
	}
	return 0;
}

static const struct es_package_op *find_op(const struct es_package_ops *ops,
					   const char *name, size_t len)
{
	size_t low = 0, high = ops->n_ops;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const char *is = ops->ops[mid].name;
		int order = strncmp(is, name, len);

		if (order == 0 && is[len] == '\0')
			return &ops->ops[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* The operation on the package that has a path in a directory of its name. */
static const struct es_package_op *op_of_name(const struct judge *j,
					      const char *path)
{
	for (size_t i = 0; i < sizeof(named_dirs) / sizeof(named_dirs[0]);
	     i++) {
		size_t len = strlen(named_dirs[i]);
		const char *name = path + len;

		if (strncmp(path, named_dirs[i], len) == 0)
			return find_op(&j->ops->pub, name, strcspn(name, "/"));
	}
	return NULL;
}

/*
 * The operation on the package that alone has the directory that a path was
 * below. In directories of its own a package leaves nothing behind, while of
 * /etc and /usr/local it is the administrator who takes things away.
 *
 * Return: 1 and @op may be set, or a negative errno.
 */
static int op_of_directory(const struct es_package_op **op, struct judge *j,
			   const struct es_package_asked *asked,
			   struct es_error *err)
{
	struct es_package_file file;
	size_t len = asked->len;
	int rc = 0;

	*op = NULL;
	if (strncmp(asked->path, "/usr/", 5) != 0 ||
	    strncmp(asked->path, "/usr/local/", 11) == 0)
		return 1;
	while (rc == 0) {
		while (len > 0 && asked->path[len - 1] != '/')
			len--;
		if (len <= 1)
			return 1;
		rc = es_packages_owner(j->packages, asked->path, --len, &file,
				       err);
	}
	if (rc > 0 && !file.shared)
		*op = find_op(&j->ops->pub, file.package->name,
			      strlen(file.package->name));
	return rc;
}

/* A path that nobody knows any more. */
static int add_gone(struct judge *j, const struct es_package_asked *asked,
		    struct es_error *err)
{
	const struct es_package_op *op = op_of_name(j, asked->path);

	if (!op && op_of_directory(&op, j, asked, err) < 0)
		return err->code;
	if (!op || op->kind == ES_PACKAGE_OP_INSTALL)
		return 0;

	struct es_package_seen seen = {
		.path = asked->path,
		.len = asked->len,
		.package = op->name,
		.version = *op->new ? op->new : op->old,
		.verdict = ES_PACKAGE_GONE,
	};

	return judge_tell(j, &seen, asked) < 0 ? es_fail_oom(err) : 0;
}

static int consider(struct judge *j, const struct es_package_asked *asked,
		    struct es_error *err)
{
	struct judged t = { .asked = asked };
	int rc = es_packages_owner(j->packages, asked->path, asked->len,
				   &t.file, err);

	if (rc < 0)
		return rc;
	if (rc == 0 && asked->removed)
		return add_gone(j, asked, err);
	if (rc == 0)
		return add_beside(j, &t, err);
	return add_owned(j, &t) < 0 ? es_fail_oom(err) : 0;
}

int judge_tell(struct judge *j, const struct es_package_seen *seen,
	       const struct es_package_asked *asked)
{
	struct es_package_seen kept = *seen;

	if (j->n_seen == j->seen_cap) {
		size_t cap = j->seen_cap ? 2 * j->seen_cap : 64;
		struct es_package_seen *more =
			reallocarray(j->seen, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		j->seen = more;
		j->seen_cap = cap;
	}
	kept.path = ops_text(j->ops, seen->path, seen->len);
	kept.package = ops_text(j->ops, seen->package, strlen(seen->package));
	kept.version = ops_text(j->ops, seen->version, strlen(seen->version));
	memcpy(kept.recorded, asked->recorded, sizeof(kept.recorded));
	if (!kept.path || !kept.package || !kept.version)
		return -ENOMEM;
	j->seen[j->n_seen++] = kept;
	return 0;
}

/* Every file was compared by now. */
static int tell(struct judge *j, const struct judged *t)
{
	struct es_package_seen seen = {
		.path = t->asked->path,
		.len = t->asked->len,
		.package = t->file.package->name,
		.version = t->file.package->version,
		.verdict = t->unread ? verdict_of(j, t, t->result) : t->verdict,
		.kind = t->file.kind,
	};

	if (seen.verdict == NO_VERDICT)
		return 0;
	memcpy(seen.want, t->file.digest, sizeof(seen.want));
	return judge_tell(j, &seen, t->asked);
}

static int judge_all(struct judge *j, const struct es_package_asked *asked,
		     size_t n, struct es_error *err)
{
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		if (consider(j, &asked[i], err) < 0)
			return err->code;
	judge_read(j);
	for (size_t i = 0; i < j->n && rc == 0; i++)
		rc = tell(j, &j->all[i]);
	if (rc == 0 && j->n_seen > 1)
		qsort(j->seen, j->n_seen, sizeof(*j->seen), ops_by_path);
	if (rc == 0)
		rc = ops_join_seen(j->ops, j->seen, j->n_seen);
	return rc < 0 ? es_fail_oom(err) : 0;
}

int es_package_ops_judge(struct es_package_ops *ops, struct es_packages *p,
			 const char *root, const struct es_package_asked *asked,
			 size_t n, struct es_error *err)
{
	struct judge j = { .ops = ops_of(ops), .packages = p };

	if (n == 0)
		return 0;
	ES_CLEANUP(es_closep)
	int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return es_fail_errno(err, "cannot open '%s'", ES_Q(root));
	j.root = fd;
	int rc = judge_all(&j, asked, n, err);
	free(j.all);
	free(j.seen);
	return rc;
}
