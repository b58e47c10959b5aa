/* SPDX-License-Identifier: MIT */
/* test_store.c - unit tests of opening, locking and moving branches */
#include "config.h"

#include "etcsnap/store.h"
#include "etcsnap/tree.h"

#include "store/store_priv.h"
#include "store_unit.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

static char dir[64];
static const struct es_oid none;

static void setup(void)
{
	es_unit_enter_dir(dir);
}

static void teardown(void)
{
	es_unit_leave_dir(dir);
}

static struct es_store *open_new(const char *root)
{
	struct es_store *st;

	ok(es_store_init(REPO, root, &err));
	ok(es_store_open(&st, REPO, &err));
	return st;
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void make_old(const char *path)
{
	const struct timespec times[2] = { { time(NULL) - 90000, 0 },
					   { time(NULL) - 90000, 0 } };

	ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* ------------------------------------------------------------------ init */

START_TEST(init_makes_a_private_repository)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(4096);
	struct es_store *st = open_new("/srv/root");
	struct stat sb;

	ck_assert_int_eq(stat(REPO, &sb), 0);
	ck_assert_uint_eq(sb.st_mode & 07777, 0700);
	ck_assert_str_eq(es_store_root(st), "/srv/root");
	ck_assert_int_eq(es_store_path(st)[0], '/');
	ck_assert_int_eq(git(NULL, &out, "symbolic-ref", "HEAD"), 0);
	ck_assert_str_eq(es_buf_str(&out), "refs/heads/main\n");
	ck_assert_int_eq(git(NULL, &out, "config", "core.sharedRepository"), 0);
	ck_assert_str_eq(es_buf_str(&out), "0600\n");
	ck_assert_int_eq(git(NULL, &out, "config", "core.bare"), 0);
	ck_assert_str_eq(es_buf_str(&out), "true\n");
	ck_assert_int_eq(git(NULL, &out, "config", "gc.auto"), 0);
	ck_assert_str_eq(es_buf_str(&out), "0\n");
	ck_assert_int_eq(git(NULL, NULL, "fsck", "--strict"), 0);
	es_store_free(st);
	es_store_free(NULL);
}
END_TEST

static const char *const roots[] = {
	"/",	      "/a b",	       "/quote\"d", "/back\\slash",
	"/new\nline", "/semi;colon#x", "/trail ",   "/\xff\x80latin",
	"/tab\there", "/'single'",     "/a=b[c]",   "/\x01\x1f",
};

START_TEST(init_keeps_any_root)
{
	struct es_store *st = open_new(roots[_i]);

	ck_assert_str_eq(es_store_root(st), roots[_i]);
	es_store_free(st);
}
END_TEST

START_TEST(init_takes_an_empty_directory)
{
	struct es_store *st;

	ck_assert_int_eq(mkdir(REPO, 0755), 0);
	st = open_new("/");
	struct stat sb;
	ck_assert_int_eq(stat(REPO, &sb), 0);
	ck_assert_uint_eq(sb.st_mode & 07777, 0700);
	es_store_free(st);
}
END_TEST

START_TEST(init_refuses_what_is_there)
{
	ck_assert_int_eq(mkdir("full", 0700), 0);
	write_text("full/file", "x");
	fails(-EEXIST, "not an empty directory",
	      es_store_init("full", "/", &err));
	fails(-EEXIST, "not an empty directory",
	      es_store_init("full/file", "/", &err));
	ck_assert_int_eq(access("full/file", F_OK), 0);
	ok(es_store_init(REPO, "/", &err));
	fails(-EEXIST, "renames it and starts over",
	      es_store_init(REPO, "/", &err));
}
END_TEST

START_TEST(failed_init_leaves_nothing)
{
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(mkdir("there", 0700), 0);
	/* The last directory's name is longer than any file system takes. */
	char path[400] = "there/a/b/";
	memset(path + 10, 'x', 300);
	path[310] = '\0';
	ck_assert_int_lt(es_store_init(path, "/", &err), 0);
	ck_assert_int_eq(rmdir("there"), 0);
}
END_TEST

/* A disk that is full while the repository is made. */
START_TEST(init_on_a_full_disk_leaves_nothing)
{
	const pid_t pid = fork();
	int status;

	if (pid == 0) {
		const struct rlimit limit = { 10, 10 };
		struct es_error err = ES_ERROR_INIT;

		signal(SIGXFSZ, SIG_IGN);
		setrlimit(RLIMIT_FSIZE, &limit);
		_exit(es_store_init("a/b/" REPO, "/", &err) < 0 && err.msg[0]
			      ? 0
			      : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(access("a", F_OK), -1);
}
END_TEST

/* ------------------------------------------------------------------ open */

START_TEST(open_says_what_is_wrong)
{
	struct es_store *st = NULL;

	fails(-ENOENT, "run 'etcsnap init'", es_store_open(&st, REPO, &err));
	write_text("file", "");
	fails(-EINVAL, "not a directory", es_store_open(&st, "file", &err));
	fails(-ENOENT, "run 'etcsnap init'",
	      es_store_open(&st, "file/below", &err));
	ck_assert_int_eq(mkdir("empty", 0700), 0);
	fails(-EINVAL, "not made by etcsnap",
	      es_store_open(&st, "empty", &err));
	ck_assert_int_eq(run((const char *const[]){ "git", "init", "-q",
						    "--bare", "plain.git",
						    NULL },
			     NULL, NULL),
			 0);
	fails(-EINVAL, "not made by etcsnap",
	      es_store_open(&st, "plain.git", &err));
	ck_assert_ptr_null(st);
}
END_TEST

static const struct {
	const char *key;
	const char *value;
	int code;
	const char *text;
} configs[] = {
	{ "etcsnap.format", "2", -ENOTSUP, "format 2" },
	{ "etcsnap.format", "2", -ENOTSUP, "up to 1" },
	{ "etcsnap.format", "99999999999", -ENOTSUP, "upgrade etcsnap" },
	{ "etcsnap.format", "0", -EINVAL, "not made by etcsnap" },
	{ "etcsnap.format", "-1", -EINVAL, "not made by etcsnap" },
	{ "etcsnap.format", "abc", -EINVAL, "not made by etcsnap" },
	{ "etcsnap.root", "relative", -EINVAL, "no absolute etcsnap.root" },
	{ "etcsnap.root", "", -EINVAL, "no absolute etcsnap.root" },
};

START_TEST(open_checks_the_configuration)
{
	struct es_store *st = NULL;

	ok(es_store_init(REPO, "/", &err));
	ck_assert_int_eq(git(NULL, NULL, "config", configs[_i].key,
			     configs[_i].value),
			 0);
	fails(configs[_i].code, configs[_i].text,
	      es_store_open(&st, REPO, &err));
}
END_TEST

static const char *const insides[] = { "objects", "refs", "HEAD" };

START_TEST(open_misses_an_inside)
{
	struct es_store *st = NULL;
	char path[64];

	ok(es_store_init(REPO, "/", &err));
	snprintf(path, sizeof(path), REPO "/%s", insides[_i]);
	ck_assert_int_eq(rename(path, "away"), 0);
	fails(-EINVAL, "cannot open repository",
	      es_store_open(&st, REPO, &err));
}
END_TEST

/* A newer format may go with an extension that libgit2 cannot open. */
START_TEST(newer_format_comes_first)
{
	struct es_store *st = NULL;

	ok(es_store_init(REPO, "/", &err));
	git(NULL, NULL, "config", "core.repositoryformatversion", "1");
	git(NULL, NULL, "config", "extensions.objectformat", "sha256");
	write_text("add", "");
	ck_assert_int_eq(run((const char *const[]){ "git", "config", "-f",
						    REPO "/config",
						    "etcsnap.format", "3",
						    NULL },
			     NULL, NULL),
			 0);
	fails(-ENOTSUP, "format 3", es_store_open(&st, REPO, &err));
}
END_TEST

START_TEST(open_refuses_another_owner)
{
	struct es_store *st = NULL;

	if (geteuid() != 0)
		return;
	ok(es_store_init(REPO, "/", &err));
	ck_assert_int_eq(chown(REPO, 12345, 12345), 0);
	setenv("SUDO_UID", "12345", 1);
	fails(-EPERM, "belongs to user 12345", es_store_open(&st, REPO, &err));
}
END_TEST

/* The caller's configuration must not matter: here it breaks git itself. */
START_TEST(caller_configuration_plays_no_part)
{
	ck_assert_int_eq(mkdir("home", 0700), 0);
	write_text("home/.gitconfig", "[core\nbroken");
	setenv("HOME", "home", 1);
	setenv("XDG_CONFIG_HOME", "home", 1);
	unsetenv("GIT_CONFIG_GLOBAL");
	struct es_store *st = open_new("/");
	es_store_free(st);
}
END_TEST

/* ------------------------------------------------------------------ lock */

START_TEST(one_writer_at_a_time)
{
	struct es_store *a = open_new("/");
	struct es_store *b;

	ok(es_store_open(&b, REPO, &err));
	ok(es_store_lock(a, 0, &err));
	ok(es_store_lock(a, 0, &err));
	struct es_error why = ES_ERROR_INIT;
	ck_assert_int_eq(es_store_lock(b, 0, &why), -EBUSY);
	ck_assert_int_eq(why.fault, ES_FAULT_LOCKED);
	es_store_free(a);
	ok(es_store_lock(b, 0, &err));
	es_store_free(b);
}
END_TEST

START_TEST(writing_needs_the_lock)
{
	struct es_store *st = open_new("/");
	struct es_lane *lane;

	ok(es_lane_new(&lane, st, &err));
	const struct es_oid oid = put_text(lane, "x");
	fails(-ENOLCK, "for reading only", es_store_install(st, &err));
	fails(-ENOLCK, "for reading only",
	      es_store_move(st, "main", &oid, &none, &err));
	es_lane_free(lane);
	es_store_free(st);
}
END_TEST

static const struct {
	const char *path;
	bool old;
	bool gone;
} leftovers[] = {
	{ "refs/heads/main.lock", false, true },
	{ "refs/heads/a/b.lock", false, true },
	{ "refs/etcsnap/delivered/main/ops.lock", false, false },
	{ "refs/tags/boot/x.lock", false, true },
	{ "refs/remotes/origin/main.lock", false, false },
	{ "refs/remotes/origin/main.lock", true, true },
	{ "packed-refs.lock", false, false },
	{ "packed-refs.lock", true, true },
	{ "refs/heads/blocked", true, false },
	{ "objects/pack/tmp_pack_etcsnap_AbCdEf", false, true },
	{ "objects/pack/tmp_idx_etcsnap_AbCdEf", false, true },
	{ "objects/pack/tmp_pack_AbCdEf", false, false },
	{ "objects/pack/tmp_pack_AbCdEf", true, true },
	{ "objects/pack/tmp_idx_AbCdEf", true, true },
	{ "objects/pack/pack_git2_1234", false, false },
	{ "objects/pack/pack_git2_1234", true, true },
	{ "objects/tmp_object_git2_1234", false, false },
	{ "objects/tmp_object_git2_1234", true, true },
	{ "objects/pack/pack-1234.pack", false, false },
	{ "objects/pack/pack-1234.pack", true, true },
	{ "objects/pack/pack-1234.idx", true, false },
	{ "objects/pack/.pack", true, false },
	{ "config", true, false },
	{ "etcsnap.lock", true, false },
};

static void make_dirs(char *path)
{
	for (char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		mkdir(path, 0700);
		*p = '/';
	}
}

START_TEST(lock_clears_what_a_killed_run_left)
{
	struct es_store *st = open_new("/");
	char path[256];

	snprintf(path, sizeof(path), REPO "/%s", leftovers[_i].path);
	make_dirs(path);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	if (leftovers[_i].old)
		make_old(path);
	ok(es_store_lock(st, 0, &err));
	ck_assert_int_eq(access(path, F_OK), leftovers[_i].gone ? -1 : 0);
	es_store_free(st);
}
END_TEST

static size_t files_in(const char *path)
{
	DIR *d = opendir(path);
	size_t n = 0;

	ck_assert_ptr_nonnull(d);
	for (const struct dirent *e = readdir(d); e; e = readdir(d))
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

/* Who holds no lock compares in memory: a full disk is no obstacle. */
START_TEST(reader_writes_nothing)
{
	struct es_store *st = open_new("/");
	struct es_lane *lane;
	struct es_oid oid = { { 0 } };
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 23);
	ES_CLEANUP(es_freep) char *noise = malloc(1 << 22);

	ck_assert_ptr_nonnull(noise);
	ck_assert_int_eq(getrandom(noise, 1 << 22, 0), 1 << 22);
	ok(es_lane_new(&lane, st, &err));
	ok(es_lane_put(&oid, lane, ES_KIND_BLOB, noise, 1 << 22, &err));
	const struct es_oid text = put_text(lane, "x");
	ck_assert_uint_eq(files_in(REPO "/objects/pack"), 0);
	ok(es_store_get(st, &oid, ES_KIND_BLOB, &out, &err));
	ck_assert_uint_eq(out.len, 1 << 22);
	ck_assert_mem_eq(out.data, noise, out.len);
	ok(es_store_get(st, &text, ES_KIND_BLOB, &out, &err));
	ck_assert_str_eq(es_buf_str(&out), "x");
	ok(es_store_lock(st, 0, &err));
	fails(-ENOLCK, "cannot be kept", es_store_install(st, &err));
	es_store_discard(st);
	put_text(lane, "x");
	ok(es_store_install(st, &err));
	ok(es_store_get(st, &text, ES_KIND_BLOB, &out, &err));
	ck_assert_uint_eq(files_in(REPO "/objects/pack"), 2);
	es_lane_free(lane);
	es_store_free(st);
}
END_TEST

/* The pack of a run that is at work is not garbage. */
START_TEST(cleaning_leaves_a_living_pack)
{
	struct es_store *st = open_new("/");
	struct es_lane *lane;
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(4096);

	ok(es_lane_new(&lane, st, &err));
	ok(es_store_lock(st, 0, &err));
	const struct es_oid oid = put_text(lane, "x");
	es_store_clean(st);
	ok(es_store_install(st, &err));
	ok(es_store_get(st, &oid, ES_KIND_BLOB, &out, &err));
	ck_assert_str_eq(es_buf_str(&out), "x");
	es_lane_free(lane);
	es_store_free(st);
}
END_TEST

/* ------------------------------------------------------------------ refs */

START_TEST(branch_moves_by_compare_and_swap)
{
	struct es_store *st = open_new("/");
	struct es_lane *lane;
	struct es_oid tree, tip;

	ok(es_lane_new(&lane, st, &err));
	ok(es_store_lock(st, 0, &err));
	ok(es_lane_put(&tree, lane, ES_KIND_TREE, "", 0, &err));
	const struct es_oid a = put_commit(lane, &tree, NULL, "a", 1000);
	const struct es_oid b = put_commit(lane, &tree, &a, "b", 2000);
	memset(&tip, 1, sizeof(tip));
	ok(es_store_tip(&tip, st, "main", &err));
	ck_assert(es_oid_is_none(&tip));
	fails(-ENOENT, "not installed",
	      es_store_move(st, "main", &a, &none, &err));
	ok(es_store_install(st, &err));
	fails(-EAGAIN, "moved by somebody else",
	      es_store_move(st, "main", &b, &a, &err));
	ok(es_store_move(st, "main", &a, &none, &err));
	fails(-EAGAIN, "moved by somebody else",
	      es_store_move(st, "main", &b, &none, &err));
	fails(-EAGAIN, "moved by somebody else",
	      es_store_move(st, "main", &b, &b, &err));
	ok(es_store_move(st, "main", &b, &a, &err));
	ok(es_store_tip(&tip, st, "main", &err));
	ck_assert(es_oid_equal(&tip, &b));
	/* Another git at work on that very branch. */
	write_text(REPO "/refs/heads/main.lock", "");
	fails(-EBUSY, "locked by another git",
	      es_store_move(st, "main", &a, &b, &err));
	unlink(REPO "/refs/heads/main.lock");
	/* Moved by git: seen at once, also when it packs the branches. */
	ck_assert_int_eq(
		git(NULL, NULL, "update-ref", "refs/heads/main", "main~1"), 0);
	ck_assert_int_eq(git(NULL, NULL, "pack-refs", "--all"), 0);
	fails(-EAGAIN, "moved by somebody else",
	      es_store_move(st, "main", &a, &b, &err));
	ok(es_store_tip(&tip, st, "main", &err));
	ck_assert(es_oid_equal(&tip, &a));
	es_lane_free(lane);
	es_store_free(st);
}
END_TEST

/* Three commits of 1000, 2000 and 3000 seconds on main. */
static struct es_store *open_history(struct es_oid ids[3])
{
	struct es_store *st = open_new("/");
	struct es_lane *lane;
	struct es_oid tree;

	ok(es_lane_new(&lane, st, &err));
	ok(es_store_lock(st, 0, &err));
	ok(es_lane_put(&tree, lane, ES_KIND_TREE, "", 0, &err));
	for (int i = 0; i < 3; i++)
		ids[i] = put_commit(lane, &tree, i ? &ids[i - 1] : NULL, "run",
				    1000000000 + 1000 * i);
	ok(es_store_install(st, &err));
	ok(es_store_move(st, "main", &ids[2], &none, &err));
	ok(es_store_move(st, "daily", &ids[1], &none, &err));
	es_lane_free(lane);
	return st;
}

static const struct {
	const char *text;
	int commit; /* index, or the errno */
	const char *says;
} revisions[] = {
	{ "HEAD", 2, "" },
	{ "@", 2, "" },
	{ "main", 2, "" },
	{ "HEAD~2", 0, "" },
	{ "@~1", 1, "" },
	{ "@^", 1, "" },
	{ "daily", 1, "" },
	{ "refs/heads/daily", 1, "" },
	{ "@1000000000", 0, "" },
	{ "@1000000999", 0, "" },
	{ "@1000001000", 1, "" },
	{ "@1000002500", 2, "" },
	{ "@now", 2, "" },
	{ "@0999999999", -ENOENT, "no run at or before" },
	{ "@nonsense", -EINVAL, "nonsense" },
	{ "HEAD~3", -ENOENT, "there is no run" },
	{ "nothing", -ENOENT, "@yesterday" },
	{ "ffffffffffffffffffffffffffffffffffffffff", -ENOENT,
	  "there is no run" },
	{ "HEAD^{tree}", -EINVAL, "does not name a run" },
	{ "a..b", -EINVAL, "does not name a run" },
	{ "", -EINVAL, "does not name a run" },
	{ "bad\x1b[31mname", -EINVAL, "\\x1b[31m" },
};

START_TEST(revisions_as_people_write_them)
{
	struct es_oid ids[3], found;
	struct es_store *st = open_history(ids);

	setenv("TZ", "UTC", 1);
	if (revisions[_i].commit >= 0) {
		ok(es_store_revision(&found, st, revisions[_i].text, &err));
		ck_assert(es_oid_equal(&found, &ids[revisions[_i].commit]));
	} else {
		struct es_error why = ES_ERROR_INIT;
		const int rc =
			es_store_revision(&found, st, revisions[_i].text, &why);

		ck_assert_msg(rc == revisions[_i].commit, "%d %s", rc, why.msg);
		ck_assert_int_eq(why.fault, ES_FAULT_CONFIG);
		ck_assert_msg(strstr(why.msg, revisions[_i].says), "%s",
			      why.msg);
	}
	es_store_free(st);
}
END_TEST

START_TEST(abbreviated_ids)
{
	struct es_oid ids[3], found;
	struct es_store *st = open_history(ids);
	char hex[ES_OID_HEX + 1];

	for (int i = 0; i < 3; i++) {
		es_oid_text(hex, &ids[i]);
		hex[7] = '\0';
		ok(es_store_revision(&found, st, hex, &err));
		ck_assert(es_oid_equal(&found, &ids[i]));
	}
	es_store_free(st);
}
END_TEST

START_TEST(revision_of_an_empty_repository)
{
	struct es_store *st = open_new("/");
	struct es_oid found;

	fails(-ENOENT, "run 'etcsnap commit'",
	      es_store_revision(&found, st, "HEAD", &err));
	fails(-ENOENT, "run 'etcsnap commit'",
	      es_store_revision(&found, st, "@now", &err));
	es_store_free(st);
}
END_TEST

/* --------------------------------------------------------------- objects */

START_TEST(reading_objects_tells_what_is_wrong)
{
	struct es_store *st = open_new("/");
	struct es_lane *lane;
	ES_CLEANUP(es_buf_dispose) struct es_buf small = ES_BUF_INIT(4);

	ok(es_lane_new(&lane, st, &err));
	ok(es_store_lock(st, 0, &err));
	const struct es_oid oid = put_text(lane, "five!");
	for (int installed = 0; installed < 2; installed++) {
		fails(-EFBIG, "",
		      es_store_get(st, &oid, ES_KIND_BLOB, &small, &err));
		fails(-EINVAL, "not a tree",
		      es_store_get(st, &oid, ES_KIND_TREE, &small, &err));
		fails(-ENOENT, "there is no blob 0000",
		      es_store_get(st, &none, ES_KIND_BLOB, &small, &err));
		ok(es_store_install(st, &err));
	}
	es_lane_free(lane);
	es_store_free(st);
}
END_TEST

/* Objects of another process, which came after we opened. */
START_TEST(reader_sees_what_a_writer_installs)
{
	struct es_store *reader = open_new("/");
	struct es_store *writer;
	struct es_lane *lane;
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(4096);
	char text[32];

	ok(es_store_open(&writer, REPO, &err));
	ok(es_store_lock(writer, 0, &err));
	ok(es_lane_new(&lane, writer, &err));
	for (int i = 0; i < 5; i++) {
		snprintf(text, sizeof(text), "text %d", i);
		const struct es_oid oid = put_text(lane, text);
		fails(-ENOENT, "",
		      es_store_get(reader, &oid, ES_KIND_BLOB, &out, &err));
		ok(es_store_install(writer, &err));
		ok(es_store_get(reader, &oid, ES_KIND_BLOB, &out, &err));
		ck_assert_str_eq(es_buf_str(&out), text);
	}
	es_lane_free(lane);
	es_store_free(writer);
	es_store_free(reader);
}
END_TEST

static const struct {
	const char *a, *b, *diff;
	unsigned int context;
	int rc;
} diffs[] = {
	{ "", "", "", 3, 0 },
	{ "same\n", "same\n", "", 3, 0 },
	{ "a\n", "b\n", "@@ -1 +1 @@\n-a\n+b\n", 3, 1 },
	{ "", "x\ny\n", "@@ -0,0 +1,2 @@\n+x\n+y\n", 3, 1 },
	{ "x\n", "", "@@ -1 +0,0 @@\n-x\n", 3, 1 },
	{ "a\nb\nc\nd\n", "a\nb\nX\nd\n", "@@ -2,3 +2,3 @@ a\n b\n-c\n+X\n d\n",
	  1, 1 },
	{ "a\nb\n", "a\nB\n", "@@ -2 +2 @@ a\n-b\n+B\n", 0, 1 },
	{ "a", "b",
	  "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n"
	  "+b\n\\ No newline at end of file\n",
	  3, 1 },
	{ "a\n", "a", "@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n", 3,
	  1 },
	{ "\xff\xfe\x80\n", "\xff\n", "@@ -1 +1 @@\n-\xff\xfe\x80\n+\xff\n", 3,
	  1 },
	{ "\x01\x02\x03\x04\n", "\x05\n",
	  "@@ -1 +1 @@\n-\x01\x02\x03\x04\n+\x05\n", 3, 1 },
};

START_TEST(diff_of_texts)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(4096);
	struct es_error err = ES_ERROR_INIT;
	struct es_store *st = open_new("/");

	es_buf_adds(&out, "kept ");
	ck_assert_int_eq(es_store_diff(&out, diffs[_i].a, strlen(diffs[_i].a),
				       diffs[_i].b, strlen(diffs[_i].b),
				       diffs[_i].context, &err),
			 diffs[_i].rc);
	ck_assert_str_eq(es_buf_str(&out) + 5, diffs[_i].diff);
	es_store_free(st);
}
END_TEST

START_TEST(diff_refuses_binaries)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(4096);
	struct es_store *st = open_new("/");
	char late[9000];

	memset(late, 'x', sizeof(late));
	late[8500] = '\0';
	fails(-ENOTSUP, "not text",
	      es_store_diff(&out, "a\0b", 3, "a\n", 2, 3, &err));
	fails(-ENOTSUP, "not text",
	      es_store_diff(&out, "a\n", 2, "\0", 1, 3, &err));
	ok(es_store_diff(&out, NULL, 0, "\n", 1, 3, &err));
	/* As git: only the first 8,000 bytes are looked at. */
	es_buf_reset(&out);
	out.max = 20000;
	ok(es_store_diff(&out, "a\n", 2, late, sizeof(late), 3, &err));
	/* Its ceiling counts. */
	es_buf_reset(&out);
	out.max = 10;
	fails(-EFBIG, "",
	      es_store_diff(&out, "aaaaaa\n", 7, "b\n", 2, 3, &err));
	es_store_free(st);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("store");
	TCase *t = tcase_create("store");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, init_makes_a_private_repository);
	tcase_add_loop_test(t, init_keeps_any_root, 0, es_lengthof(roots));
	tcase_add_test(t, init_takes_an_empty_directory);
	tcase_add_test(t, init_refuses_what_is_there);
	tcase_add_test(t, failed_init_leaves_nothing);
	tcase_add_test(t, init_on_a_full_disk_leaves_nothing);
	tcase_add_test(t, open_says_what_is_wrong);
	tcase_add_loop_test(t, open_checks_the_configuration, 0,
			    es_lengthof(configs));
	tcase_add_loop_test(t, open_misses_an_inside, 0, es_lengthof(insides));
	tcase_add_test(t, newer_format_comes_first);
	tcase_add_test(t, open_refuses_another_owner);
	tcase_add_test(t, caller_configuration_plays_no_part);
	tcase_add_test(t, one_writer_at_a_time);
	tcase_add_test(t, writing_needs_the_lock);
	tcase_add_loop_test(t, lock_clears_what_a_killed_run_left, 0,
			    es_lengthof(leftovers));
	tcase_add_test(t, reader_writes_nothing);
	tcase_add_test(t, cleaning_leaves_a_living_pack);
	tcase_add_test(t, branch_moves_by_compare_and_swap);
	tcase_add_loop_test(t, revisions_as_people_write_them, 0,
			    es_lengthof(revisions));
	tcase_add_test(t, abbreviated_ids);
	tcase_add_test(t, revision_of_an_empty_repository);
	tcase_add_test(t, reading_objects_tells_what_is_wrong);
	tcase_add_test(t, reader_sees_what_a_writer_installs);
	tcase_add_loop_test(t, diff_of_texts, 0, es_lengthof(diffs));
	tcase_add_test(t, diff_refuses_binaries);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
