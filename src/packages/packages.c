/* SPDX-License-Identifier: MIT */
/* packages.c - the packages of one root, and whose a path is */
#include "config.h"

#include "packages/packages_priv.h"

#include "etcsnap/digest.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>

/* Bytes of a file to read at once for its checksum. */
#define CHECK_STEP ((size_t)128 << 10)

/* Files of a package that are looked up alone before all of them are. */
#define ASKED_MAX 8

static const struct manager *const managers[] = {
	&pkg_dpkg,
#ifdef HAVE_RPM
	&pkg_rpm,
#endif
	&pkg_pacman,
	&pkg_apk,
};

#define N_MANAGERS (sizeof(managers) / sizeof(managers[0]))

static int by_name(const void *a, const void *b)
{
	const struct package *x = a, *y = b;
	int order = strcmp(x->pub.name, y->pub.name);

	if (order == 0)
		order = strcmp(x->pub.arch, y->pub.arch);
	if (order == 0)
		order = strcmp(x->pub.manager, y->pub.manager);
	if (order == 0)
		order = x->order < y->order ? -1 : 1;
	return order;
}

static bool is_same(const struct package *a, const struct package *b)
{
	return a->manager == b->manager &&
	       strcmp(a->pub.name, b->pub.name) == 0 &&
	       strcmp(a->pub.arch, b->pub.arch) == 0;
}

/* Later words on a package replace earlier ones; then it may be none. */
static void settle(struct es_packages *p)
{
	size_t n = 0;

	if (p->n > 1)
		qsort(p->list, p->n, sizeof(*p->list), by_name);
	for (size_t i = 0; i < p->n; i++) {
		const struct package *k = &p->list[i];

		if (k->removed ||
		    (k->manager->unique && i + 1 < p->n && is_same(k, k + 1)))
			continue;
		p->list[n++] = *k;
	}
	p->n = n;
}

int es_packages_open(struct es_packages **out, const char *root,
		     struct es_error *err)
{
	ES_CLEANUP(es_packages_freep)
	struct es_packages *p = calloc(1, sizeof(*p));

	if (!p)
		return es_fail_oom(err);
	p->infos = -1;
	p->root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	pkg_index_init(&p->index, p->root);
	if (p->root < 0)
		return es_fail_errno(err, "cannot open '%s'", ES_Q(root));
	for (size_t i = 0; i < N_MANAGERS; i++)
		if (managers[i]->open(p, err) < 0)
			return err->code;
	if (p->n >= PKG_NONE)
		return es_fail(err, -EFBIG, "too many packages");
	settle(p);
	p->opened = true;
	*out = es_steal_ptr(&p);
	return 0;
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void es_packages_free(struct es_packages *p)
{
	if (!p)
		return;
	pkg_index_dispose(&p->index);
	pkg_texts_free(&p->texts);
	close_fd(p->root);
	close_fd(p->infos);
	free(p->list);
	free(p);
}

uint64_t es_packages_stamp(const struct es_packages *p)
{
	return p->stamp;
}

size_t es_packages_count(const struct es_packages *p)
{
	return p->n;
}

const struct es_package *es_packages_at(const struct es_packages *p,
					size_t index)
{
	return &p->list[index].pub;
}

/* A failure leaves an empty index: the next question tries again. */
static int load(struct es_packages *p, struct es_error *err)
{
	if (p->loaded)
		return 0;
	for (size_t i = 0; p->n > 0 && i < N_MANAGERS; i++) {
		if (managers[i]->files(p, err) < 0) {
			pkg_index_dispose(&p->index);
			return err->code;
		}
	}
	p->loaded = true;
	return 0;
}

static int load_sums(struct es_packages *p, uint32_t package,
		     struct es_error *err)
{
	struct package *k = &p->list[package];

	if (k->summed || !k->manager->sums)
		return 0;
	int rc = k->manager->sums(p, package, err);
	k->summed = rc == 0;
	return rc;
}

/*
 * The first few questions about a package are answered one by one: a change
 * of one file of a large package should not cost all of its checksums.
 */
static int load_sum(struct es_packages *p, uint32_t file, const char *path,
		    size_t len, struct es_error *err)
{
	ES_CLEANUP(es_freep) char *copy = NULL;
	const struct file *f = &p->index.files[file];
	struct package *k = &p->list[f->package];

	if (f->kind != ES_PACKAGE_NONE || k->summed)
		return 0;
	if (k->manager->sum && k->asked < ASKED_MAX) {
		k->asked++;
		copy = strndup(path, len);
		if (!copy)
			return es_fail_oom(err);
		struct pkg_line line = { copy, len };
		int rc = k->manager->sum(p, file, &line, err);
		if (rc != 0)
			return rc;
	}
	return load_sums(p, f->package, err);
}

static void fill(struct es_package_file *out, const struct es_packages *p,
		 const struct file *f)
{
	*out = (struct es_package_file){
		.package = &p->list[f->package].pub,
		.conffile = f->conffile,
		.shared = f->shared,
		.kind = (enum es_package_digest)f->kind,
	};
	if (f->kind != ES_PACKAGE_NONE)
		memcpy(out->digest, p->index.digests.data + f->digest,
		       pkg_digest_len(out->kind));
}

int es_packages_owner(struct es_packages *p, const char *path, size_t len,
		      struct es_package_file *out, struct es_error *err)
{
	if (load(p, err) < 0)
		return err->code;
	uint32_t file = pkg_find(&p->index, path, len);
	if (file == PKG_NONE)
		return 0;
	const struct file *f = &p->index.files[file];
	if (f->package == PKG_NONE)
		return 0;
	if (load_sum(p, file, path, len, err) < 0)
		return err->code;
	fill(out, p, f);
	return 1;
}

int es_packages_each_file(struct es_packages *p,
			  int (*each)(void *payload, const char *path,
				      size_t len,
				      const struct es_package_file *file),
			  void *payload, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(ES_BUF_MAX);
	struct es_package_file file;

	if (load(p, err) < 0)
		return err->code;
	for (size_t i = 0; i < p->n; i++)
		if (load_sums(p, (uint32_t)i, err) < 0)
			return err->code;
	for (size_t i = 0; i < p->index.n_files; i++) {
		const struct file *f = &p->index.files[i];
		const struct dir *d = &p->index.dirs[f->dir];

		if (f->package == PKG_NONE)
			continue;
		es_buf_truncate(&path, 0);
		es_buf_add(&path, p->index.names.data + d->name, d->len);
		es_buf_addc(&path, '/');
		es_buf_adds(&path, p->index.names.data + f->name);
		if (es_buf_check(&path, err) < 0)
			return err->code;
		fill(&file, p, f);
		int rc = each(payload, path.data, path.len, &file);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int feed(struct es_digest *d, int fd)
{
	ES_CLEANUP(es_freep) char *room = malloc(CHECK_STEP);
	off_t at = 0;

	if (!room)
		return -ENOMEM;
	for (;;) {
		ssize_t n = pread(fd, room, CHECK_STEP, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		es_digest_update(d, room, (size_t)n);
		at += n;
	}
}

/* What a package's kinds of checksum are called by those who compute them. */
static const enum es_digest_kind kinds[] = {
	[ES_PACKAGE_MD5] = ES_DIGEST_MD5,
	[ES_PACKAGE_SHA1] = ES_DIGEST_SHA1,
	[ES_PACKAGE_SHA256] = ES_DIGEST_SHA256,
};

static int is_digest(const struct es_package_file *file, struct es_digest *d)
{
	uint8_t is[ES_SHA256_LEN];

	es_digest_end(d, is);
	return memcmp(is, file->digest, pkg_digest_len(file->kind)) == 0;
}

int es_packages_check(const struct es_package_file *file, int fd)
{
	ES_CLEANUP(es_digest_freep) struct es_digest *d = NULL;
	struct es_error err = ES_ERROR_INIT;

	if (file->kind == ES_PACKAGE_NONE)
		return -ENOTSUP;
	int rc = es_digest_new(&d, kinds[file->kind], NULL, &err);
	if (rc < 0)
		return rc;
	es_digest_begin(d);
	rc = feed(d, fd);
	return rc < 0 ? rc : is_digest(file, d);
}

int es_packages_check_link(const struct es_package_file *file, int fd)
{
	ES_CLEANUP(es_digest_freep) struct es_digest *d = NULL;
	struct es_error err = ES_ERROR_INIT;
	char target[PATH_MAX];

	/* Only apk has a checksum of a symlink: that of its target's text. */
	if (file->kind == ES_PACKAGE_NONE ||
	    strcmp(file->package->manager, "apk") != 0)
		return -ENOTSUP;
	ssize_t n = readlinkat(fd, "", target, sizeof(target));
	if (n < 0)
		return -errno;
	int rc = es_digest_new(&d, kinds[file->kind], NULL, &err);
	if (rc < 0)
		return rc;
	es_digest_begin(d);
	es_digest_update(d, target, (size_t)n);
	return is_digest(file, d);
}
