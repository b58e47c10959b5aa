/* SPDX-License-Identifier: MIT */
/* rpm.c - packages that rpm knows, and their files, by librpm */
#include "config.h"

#include "packages/ops_priv.h"

#ifdef HAVE_RPM

#include "etcsnap/quote.h"

#include <rpm/header.h>
#include <rpm/rpmdb.h>
#include <rpm/rpmfiles.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmlog.h>
#include <rpm/rpmmacro.h>
#include <rpm/rpmpgp.h>
#include <rpm/rpmts.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

/*
 * librpm's configuration is never read: it would be that of the machine and
 * of the user's home, and macros run commands. What it has to know, which is
 * where the database is and of which kind, is told to it here.
 *
 * SQLite cannot read a database with a write-ahead log without making its two
 * helper files, as any query of rpm does: where they are missing on a
 * read-only file system, opening fails.
 */
static const struct {
	const char *dir;
	const char *file;
	const char *backend;
} databases[] = {
	{ "usr/lib/sysimage/rpm", "rpmdb.sqlite", "sqlite" },
	{ "usr/lib/sysimage/rpm", "Packages.db", "ndb" },
	{ "usr/lib/sysimage/rpm", "Packages", "bdb_ro" },
	{ "var/lib/rpm", "rpmdb.sqlite", "sqlite" },
	{ "var/lib/rpm", "Packages.db", "ndb" },
	{ "var/lib/rpm", "Packages", "bdb_ro" },
};

#define N_DATABASES (sizeof(databases) / sizeof(databases[0]))

/**
 * struct rpm - an open database
 * @ts:  librpm's handle, NULL when there is no database
 * @dir: descriptor of its directory
 * @msg: the first complaint of librpm
 */
struct rpm {
	rpmts ts;
	int dir;
	char msg[256];
};

/* Nothing of librpm's words goes to standard error. */
static int on_log(rpmlogRec rec, rpmlogCallbackData data)
{
	struct rpm *r = data;
	const char *text = rpmlogRecMessage(rec);

	if (rpmlogRecPriority(rec) <= RPMLOG_ERR && text && r->msg[0] == '\0')
		snprintf(r->msg, sizeof(r->msg), "%.*s",
			 (int)strcspn(text, "\n"), text);
	return 0;
}

static void rpm_close(struct rpm *r)
{
	if (r->dir < 0)
		return;
	if (r->ts) {
		rpmtsCloseDB(r->ts);
		rpmtsFree(r->ts);
		rpmPopMacro(NULL, "_dbpath");
		rpmPopMacro(NULL, "_db_backend");
	}
	rpmlogSetCallback(NULL, NULL);
	close(r->dir);
}

/* Which database there is; N_DATABASES for none. */
static size_t find_database(struct es_packages *p)
{
	char path[64];

	for (size_t i = 0; i < N_DATABASES; i++) {
		snprintf(path, sizeof(path), "%s/%s", databases[i].dir,
			 databases[i].file);
		ES_CLEANUP(es_closep) int fd = pkg_open(p, path, O_PATH);
		struct stat st;

		if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
			return i;
	}
	return N_DATABASES;
}

/* The log of SQLite counts only while something is in it. */
static void stamp(struct es_packages *p, size_t which)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", databases[which].dir,
		 databases[which].file);
	pkg_stamp(p, path);
	snprintf(path, sizeof(path), "%s/%s-wal", databases[which].dir,
		 databases[which].file);
	ES_CLEANUP(es_closep) int fd = pkg_open(p, path, O_PATH);
	struct stat st;
	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0)
		pkg_stamp(p, path);
}

/*
 * librpm leaks its handle when SQLite refuses the file, so what cannot be a
 * database is refused here. The other kinds are read by librpm itself.
 */
static bool may_be_database(const struct es_packages *p, size_t which)
{
	static const char magic[16] = "SQLite format 3";
	char path[64], start[sizeof(magic)];

	if (strcmp(databases[which].backend, "sqlite") != 0)
		return true;
	snprintf(path, sizeof(path), "%s/%s", databases[which].dir,
		 databases[which].file);
	ES_CLEANUP(es_closep) int fd = pkg_open(p, path, 0);
	return fd >= 0 && read(fd, start, sizeof(start)) == sizeof(start) &&
	       memcmp(start, magic, sizeof(magic)) == 0;
}

/*
 * The directory is named by its descriptor: so no symlink leads out of the
 * root, and no byte of its path can be a macro. Returns 1, 0 for no
 * database, or a negative errno.
 */
static int rpm_start(struct rpm *r, struct es_packages *p, struct es_error *err)
{
	size_t which = find_database(p);
	char path[64];

	*r = (struct rpm){ .dir = -1 };
	if (which == N_DATABASES)
		return 0;
	if (!may_be_database(p, which))
		return es_fail(err, -EIO,
			       "the rpm database '%s/%s' is no database",
			       databases[which].dir, databases[which].file);
	r->dir = pkg_open(p, databases[which].dir, O_DIRECTORY);
	if (r->dir < 0)
		return es_fail_errno(err, "cannot open the rpm database");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", r->dir);
	rpmlogSetCallback(on_log, r);
	rpmPushMacro(NULL, "_dbpath", NULL, path, RMIL_CMDLINE);
	rpmPushMacro(NULL, "_db_backend", NULL, databases[which].backend,
		     RMIL_CMDLINE);
	r->ts = rpmtsCreate();
	/* What is installed was verified then; the digests cost much time. */
	rpmtsSetVSFlags(r->ts, RPMVSF_MASK_NODIGESTS |
				       RPMVSF_MASK_NOSIGNATURES |
				       RPMVSF_NOHDRCHK);
	if (rpmtsOpenDB(r->ts, O_RDONLY) != 0) {
		es_fail(err, -EIO, "cannot open the rpm database: %s",
			ES_Q(r->msg));
		rpm_close(r);
		return err->code;
	}
	stamp(p, which);
	return 1;
}

/* Returns a copy in @p's texts of a string that is malloc'ed or NULL. */
static const char *take(struct es_packages *p, char *text)
{
	ES_CLEANUP(es_freep) char *owned = text;

	return owned ? pkg_keep(p, owned, strlen(owned)) : "";
}

static int add_header(struct es_packages *p, Header h)
{
	const char *name = headerGetString(h, RPMTAG_NAME);
	struct package made = {
		.manager = &pkg_rpm,
		.at = headerGetInstance(h),
	};
	struct es_package *pub = &made.pub;

	if (!name || name[0] == '\0')
		return 0;
	pub->manager = pkg_rpm.name;
	pub->status = "installed";
	pub->name = pkg_keep(p, name, strlen(name));
	pub->version = take(p, headerGetAsString(h, RPMTAG_EVR));
	pub->arch = take(p, headerGetAsString(h, RPMTAG_ARCH));
	if (!pub->name || !pub->version || !pub->arch)
		return -ENOMEM;
	return pkg_add(p, &made);
}

static int rpm_open(struct es_packages *p, struct es_error *err)
{
	struct rpm r;
	Header h;
	int rc = rpm_start(&r, p, err);

	if (rc <= 0)
		return rc;
	rc = 0;
	rpmdbMatchIterator mi =
		rpmtsInitIterator(r.ts, RPMDBI_PACKAGES, NULL, 0);
	while (rc == 0 && (h = rpmdbNextIterator(mi)))
		rc = add_header(p, h);
	rpmdbFreeIterator(mi);
	rpm_close(&r);
	return rc < 0 ? es_fail_oom(err) : 0;
}

static int take_digest(struct es_packages *p, uint32_t file, rpmfiles files,
		       int at)
{
	enum es_package_digest kind;
	int algo = 0;
	size_t len = 0;
	const unsigned char *raw = rpmfilesFDigest(files, at, &algo, &len);

	switch (algo) {
	case PGPHASHALGO_MD5:
		kind = ES_PACKAGE_MD5;
		break;
	case PGPHASHALGO_SHA1:
		kind = ES_PACKAGE_SHA1;
		break;
	case PGPHASHALGO_SHA256:
		kind = ES_PACKAGE_SHA256;
		break;
	default:
		return 0;
	}
	if (!raw || len != pkg_digest_len(kind))
		return 0;
	return pkg_digest(&p->index, file, kind, raw);
}

static int take_file(struct es_packages *p, uint32_t package, rpmfiles files,
		     int at)
{
	ES_CLEANUP(es_freep) char *path = rpmfilesFN(files, at);
	rpmfileState state = rpmfilesFState(files, at);
	rpmfileAttrs flags = rpmfilesFFlags(files, at);
	uint32_t file;

	/* Left out at installation, or another package's by now. */
	if (!path ||
	    (state != RPMFILE_STATE_MISSING && !RPMFILE_IS_INSTALLED(state)))
		return 0;
	int rc = pkg_own(&file, p, package, path, strlen(path));
	if (rc < 0 || file == PKG_NONE)
		return rc;
	if (flags & RPMFILE_CONFIG)
		p->index.files[file].conffile = true;
	/* A ghost is the package's, but nothing was shipped. */
	if ((flags & RPMFILE_GHOST) || !S_ISREG(rpmfilesFMode(files, at)))
		return 0;
	return take_digest(p, file, files, at);
}

static int take_header(struct es_packages *p, uint32_t package, rpmts ts)
{
	unsigned int number = (unsigned int)p->list[package].at;
	rpmdbMatchIterator mi =
		rpmtsInitIterator(ts, RPMDBI_PACKAGES, &number, sizeof(number));
	Header h = rpmdbNextIterator(mi);
	const char *name = h ? headerGetString(h, RPMTAG_NAME) : NULL;
	int rc = 0;

	/* The database may be another than the one that was opened. */
	if (name && strcmp(name, p->list[package].pub.name) == 0) {
		rpmfiles files =
			rpmfilesNew(NULL, h, 0,
				    RPMFI_FLAGS_QUERY | RPMFI_NOFILEUSER |
					    RPMFI_NOFILEGROUP |
					    RPMFI_NOFILECAPS |
					    RPMFI_NOFILELINKTOS);
		int n = (int)rpmfilesFC(files);

		for (int i = 0; rc == 0 && i < n; i++)
			rc = take_file(p, package, files, i);
		rpmfilesFree(files);
	}
	rpmdbFreeIterator(mi);
	return rc;
}

static int rpm_files(struct es_packages *p, struct es_error *err)
{
	bool any = false;
	struct rpm r;

	for (size_t i = 0; i < p->n && !any; i++)
		any = p->list[i].manager == &pkg_rpm;
	if (!any)
		return 0;
	int rc = rpm_start(&r, p, err);
	if (rc <= 0)
		return rc;
	rc = 0;
	for (uint32_t i = 0; rc == 0 && i < p->n; i++)
		if (p->list[i].manager == &pkg_rpm)
			rc = take_header(p, i, r.ts);
	rpm_close(&r);
	return rc < 0 ? es_fail(err, rc, "too many files of packages") : 0;
}

const struct manager pkg_rpm = {
	.name = "rpm",
	.open = rpm_open,
	.files = rpm_files,
};

static int tell_time(struct ops_reader *r, struct es_packages *p, Header h,
		     int (*each)(struct ops_reader *r,
				 const struct es_package_op *op))
{
	const char *name = headerGetString(h, RPMTAG_NAME);
	struct es_package_op op = {
		.name = name,
		.arch = take(p, headerGetAsString(h, RPMTAG_ARCH)),
		.old = "",
		.new = take(p, headerGetAsString(h, RPMTAG_EVR)),
		.manager = pkg_rpm.name,
		.when = (int64_t)headerGetNumber(h, RPMTAG_INSTALLTIME),
		.command = "",
		.user = "",
	};

	/* Keys that signatures are checked with are no packages. */
	if (!name || !*name || strcmp(name, "gpg-pubkey") == 0)
		return 0;
	return op.arch && op.new ? each(r, &op) : -ENOMEM;
}

/* Whether the database was written to in the window or after. */
static bool is_news(const struct ops_reader *r, size_t which)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", databases[which].dir,
		 databases[which].file);
	if (ops_changed(r, path))
		return true;
	snprintf(path, sizeof(path), "%s/%s-wal", databases[which].dir,
		 databases[which].file);
	return ops_changed(r, path);
}

int ops_rpm_times(struct ops_reader *r,
		  int (*each)(struct ops_reader *r,
			      const struct es_package_op *op))
{
	struct es_packages p = { .root = r->root, .infos = -1, .opened = true };
	struct es_error ignored = ES_ERROR_INIT;
	size_t which = find_database(&p);
	struct rpm db;
	Header h;
	int rc = 0;

	/* A database that cannot be read is told of where it matters. */
	if (which == N_DATABASES || !is_news(r, which) ||
	    rpm_start(&db, &p, &ignored) <= 0)
		return 0;
	rpmdbMatchIterator mi =
		rpmtsInitIterator(db.ts, RPMDBI_PACKAGES, NULL, 0);
	while (rc == 0 && (h = rpmdbNextIterator(mi)))
		rc = tell_time(r, &p, h, each);
	rpmdbFreeIterator(mi);
	rpm_close(&db);
	pkg_texts_free(&p.texts);
	return rc;
}

#else

int ops_rpm_times(struct ops_reader *r,
		  int (*each)(struct ops_reader *r,
			      const struct es_package_op *op))
{
	(void)r;
	(void)each;
	return 0;
}

#endif
