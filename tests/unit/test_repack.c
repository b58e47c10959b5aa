/* SPDX-License-Identifier: MIT */
/* test_repack.c - unit tests of cutting history away, judged by git */
#include "config.h"

#include "etcsnap/repack.h"

#include "etcsnap/fileio.h"
#include "etcsnap/tree.h"
#include "store/repack_priv.h"
#include "store_unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define PACKS REPO "/objects/pack"
#define LINES 200
#define DAY INT64_C(86400)
/* Long before any file of the test was made. */
#define NOW INT64_C(1500000000)

static char dir[64];
static struct es_store *st;
static struct es_lane *lane;
static struct es_oid commits[64]; /* the oldest first */
static size_t n_commits;

static void reopen(void)
{
	es_lane_free(lane);
	es_store_free(st);
	ok(es_store_open(&st, REPO, &err));
	ok(es_store_lock(st, 10, &err));
	ok(es_lane_new(&lane, st, &err));
}

static void setup(void)
{
	es_unit_enter_dir(dir);
	ok(es_store_init(REPO, "/", &err));
	st = NULL;
	lane = NULL;
	n_commits = 0;
	reopen();
}

static void teardown(void)
{
	es_lane_free(lane);
	es_store_free(st);
	es_unit_leave_dir(dir);
}

static int count(const char *end)
{
	DIR *d = opendir(PACKS);
	int n = 0;

	ck_assert_ptr_nonnull(d);
	for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
		const size_t len = strlen(e->d_name);

		n += len > strlen(end) &&
		     strcmp(e->d_name + len - strlen(end), end) == 0;
	}
	closedir(d);
	return n;
}

/* A text of many lines, of which @version changes one. */
static struct es_oid put_version(int file, int version)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	uint64_t state = (uint64_t)file + 1;

	for (int i = 0; i < LINES; i++)
		es_buf_addf(&b, "%d: %llx\n", i,
			    (unsigned long long)es_unit_random(&state));
	es_buf_addf(&b, "version %d\n", version);
	return put_text(lane, es_buf_str(&b));
}

/* A commit on main of one directory with two files, in a pack of its own. */
static void run_with(int a, int b)
{
	const struct es_oid none = { { 0 } };
	const struct es_oid *from = n_commits ? &commits[n_commits - 1] : &none;
	struct es_tree_builder *t = es_tree_builder_new();
	struct es_oid oid = put_version(1, a);
	struct es_oid sub;

	es_tree_builder_add(t, "a", 1, ES_MODE_FILE, &oid);
	oid = put_version(2, b);
	es_tree_builder_add(t, "b", 1, ES_MODE_FILE, &oid);
	ok(es_tree_builder_write(&sub, t, lane, &err));
	es_tree_builder_add(t, "files", 5, ES_MODE_TREE, &sub);
	ok(es_tree_builder_write(&sub, t, lane, &err));
	es_tree_builder_free(t);
	commits[n_commits] = put_commit(lane, &sub, n_commits ? from : NULL,
					"run", 1400000000 + (int)n_commits);
	ok(es_store_install(st, &err));
	ok(es_store_move(st, "main", &commits[n_commits], from, &err));
	n_commits++;
}

static void runs(int n)
{
	for (int i = 0; i < n; i++)
		run_with((int)n_commits, (int)n_commits / 3);
}

static void consolidate(void)
{
	ok(es_store_consolidate(st, &err));
}

/* Keep the newest @keep commits of main, and @also (or NULL). */
static struct es_repack_totals repack(size_t keep, const struct es_oid *also,
				      int64_t now, bool dry)
{
	struct es_repack_totals t = { 0 };
	struct es_error why = ES_ERROR_INIT;
	struct es_repack *r = NULL;
	uint64_t bytes;
	int last = 0;

	ok(es_repack_new(&r, st, &err));
	if (also)
		last = es_repack_reach(r, also, false, &bytes, &why);
	for (size_t i = 0; i < keep && last >= 0; i++)
		last = es_repack_reach(r, &commits[n_commits - 1 - i], false,
				       &bytes, &why);
	ck_assert_msg(last >= 0, "%s", why.msg);
	ok(es_repack_run(r, last, now, dry, &t, &err));
	es_repack_free(r);
	return t;
}

static void check_sound(int commits_left)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	ck_assert_int_eq(git(NULL, &b, "fsck", "--strict", "--full",
			     "--no-dangling"),
			 0);
	ck_assert_msg(b.len == 0, "%s", es_buf_str(&b));
	es_buf_reset(&b);
	ck_assert_int_eq(git(NULL, &b, "rev-list", "--count", "main"), 0);
	ck_assert_int_eq((int)strtol(es_buf_str(&b), NULL, 10), commits_left);
	ck_assert_int_eq(git(NULL, NULL, "rev-list", "--objects", "--all"), 0);
}

static bool is_there(const struct es_oid *oid)
{
	char hex[ES_OID_HEX + 1];

	return git(NULL, NULL, "cat-file", "-e", es_oid_text(hex, oid)) == 0;
}

/* ------------------------------------------------------------------ cutting */

START_TEST(nothing_to_do)
{
	struct es_repack_totals t;
	int64_t last;
	bool due;

	runs(5);
	t = repack(5, NULL, NOW, false);
	ck_assert_uint_eq(t.dropped, 0);
	ck_assert_uint_eq(t.freed, 0);
	ck_assert_uint_eq(t.replaced, 0);
	ck_assert_uint_eq(t.before, t.after);
	ck_assert(!t.moved);
	ck_assert_int_eq(count(".pack"), 5);
	ck_assert_int_lt(access(REPO "/shallow", F_OK), 0);
	check_sound(5);
	ok(es_repack_last(&last, &due, st, NOW, &err));
	ck_assert_int_eq(last, NOW);
	ck_assert(!due);
}
END_TEST

START_TEST(history_is_cut)
{
	struct es_repack_totals t, dry;

	runs(10);
	dry = repack(4, NULL, NOW, true);
	ck_assert_int_eq(count(".pack"), 10);
	ck_assert_int_lt(access(REPO "/shallow", F_OK), 0);
	t = repack(4, NULL, NOW, false);
	ck_assert_uint_eq(t.dropped, dry.dropped);
	ck_assert_uint_eq(t.freed, dry.freed);
	ck_assert_uint_eq(t.objects, dry.objects);
	ck_assert_uint_eq(t.before, dry.before);
	ck_assert(t.moved && dry.moved);
	/* six runs with 4 objects each, of b every third is needed still */
	ck_assert_uint_eq(t.dropped, 6 * 4 + 2);
	ck_assert_uint_gt(t.waiting, 0);
	check_sound(4);
	/* what was cut can be read for a day */
	ck_assert(is_there(&commits[5]));
	t = repack(4, NULL, NOW + DAY - 1, false);
	ck_assert_uint_eq(t.removed, 0);
	ck_assert(is_there(&commits[5]));
	t = repack(4, NULL, NOW + DAY, false);
	ck_assert_uint_gt(t.removed, 0);
	ck_assert_uint_eq(t.waiting, 0);
	ck_assert(!is_there(&commits[5]));
	check_sound(4);
}
END_TEST

/* Versions are differences to versions that go. */
START_TEST(differences_are_made_anew)
{
	uint64_t whole, waiting;
	struct es_repack_totals t;

	runs(40);
	consolidate();
	ok(es_repack_size(&whole, &waiting, st, &err));
	t = repack(5, &commits[12], NOW, false);
	check_sound(5);
	repack(5, &commits[12], NOW + DAY, false);
	check_sound(5);
	ck_assert(is_there(&commits[12]));
	ck_assert(!is_there(&commits[11]));
	ck_assert(!is_there(&commits[13]));
	ck_assert_uint_lt(t.after, whole);
	/* five versions of a file are not five times the file */
	ck_assert_uint_lt(t.after, 3 * 2 * LINES * 20);
	reopen();
	check_sound(5);
}
END_TEST

START_TEST(a_tag_keeps_its_commit)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	char hex[ES_OID_HEX + 1];
	struct es_oid tag;

	runs(10);
	ck_assert_int_eq(git(NULL, NULL, "-c", "user.name=x", "-c",
			     "user.email=x@y", "tag", "-a", "-m", "why",
			     "approved/one", es_oid_text(hex, &commits[2])),
			 0);
	ck_assert_int_eq(git(NULL, &b, "rev-parse", "approved/one"), 0);
	ck_assert_int_eq(es_unhex(tag.id, es_buf_str(&b), ES_OID_LEN), 0);
	reopen();
	repack(3, &tag, NOW, false);
	repack(3, &tag, NOW + 2 * DAY, false);
	check_sound(3);
	ck_assert(is_there(&commits[2]));
	ck_assert(is_there(&tag));
	ck_assert(!is_there(&commits[1]));
	ck_assert_int_eq(git(NULL, NULL, "archive", "approved/one"), 0);
}
END_TEST

/* Of neighbours that stay both are in the history of the younger. */
START_TEST(neighbours_stay_connected)
{
	runs(6);
	repack(3, &commits[2], NOW, false);
	check_sound(4);
	/* and a boundary that is no longer one goes */
	repack(6, NULL, NOW, false);
	check_sound(6);
	ck_assert_int_lt(access(REPO "/shallow", F_OK), 0);
}
END_TEST

/* A ref of somebody's keeps all its history. */
START_TEST(ancestors_stay)
{
	struct es_repack_totals t;
	struct es_repack *r = NULL;
	uint64_t bytes;
	int last;

	runs(6);
	ok(es_repack_new(&r, st, &err));
	ok(last = es_repack_reach(r, &commits[3], true, &bytes, &err));
	ck_assert_int_eq(last, 1);
	ok(last = es_repack_reach(r, &commits[5], false, &bytes, &err));
	ck_assert_uint_gt(bytes, 0);
	ok(es_repack_run(r, last, NOW, false, &t, &err));
	es_repack_free(r);
	/* the fourth of them is gone */
	check_sound(1);
	for (size_t i = 0; i < 4; i++)
		ck_assert(is_there(&commits[i]));
}
END_TEST

/* ------------------------------------------------------------- what waits */

/* A run finds an object in a pack that waits, and does not write it again. */
START_TEST(what_comes_back_is_rescued)
{
	struct es_oid blob;

	runs(8);
	blob = put_version(1, 0);
	es_store_discard(st);
	repack(2, NULL, NOW, false);
	run_with(0, 0);
	check_sound(3);
	repack(3, NULL, NOW + DAY / 2, false);
	repack(3, NULL, NOW + 3 * DAY, false);
	ck_assert(is_there(&blob));
	check_sound(3);
	repack(3, NULL, NOW + 5 * DAY, false);
	check_sound(3);
}
END_TEST

/* Packs that wait are not joined, lest nothing would ever go. */
START_TEST(what_waits_is_not_joined)
{
	runs(18);
	repack(2, NULL, NOW, false);
	runs(12);
	consolidate();
	repack(14, NULL, NOW + DAY, false);
	check_sound(14);
	ck_assert(!is_there(&commits[3]));
	ck_assert_int_le(count(".pack"), 16);
}
END_TEST

/* Its time is renewed when git would write what is in it. */
START_TEST(what_git_found_waits_longer)
{
	struct timespec times[2] = { { NOW + DAY - 60, 0 },
				     { NOW + DAY - 60, 0 } };
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	char name[200];

	runs(3);
	consolidate();
	repack(1, NULL, NOW, false);
	ok(es_read_file(&b, AT_FDCWD, REPO "/etcsnap-prune", &err));
	ck_assert_ptr_nonnull(strstr(b.data, "doomed "));
	snprintf(name, sizeof(name), PACKS "/%.45s.pack",
		 strstr(b.data, "pack-"));
	ck_assert_int_eq(utimensat(AT_FDCWD, name, times, 0), 0);
	repack(1, NULL, NOW + DAY, false);
	ck_assert_int_eq(access(name, F_OK), 0);
	repack(1, NULL, NOW + 2 * DAY, false);
	ck_assert_int_lt(access(name, F_OK), 0);
	check_sound(1);
}
END_TEST

START_TEST(clock_that_is_put_back)
{
	runs(5);
	repack(2, NULL, NOW + 1000 * DAY, false);
	repack(2, NULL, NOW, false);
	ck_assert(is_there(&commits[0]));
	repack(2, NULL, NOW + DAY, false);
	ck_assert(!is_there(&commits[0]));
	check_sound(2);
}
END_TEST

static const char *const broken_states[] = {
	"",
	"pruned x\n",
	"doomed 1500000000 ../../../../etc/passwd\n",
	"doomed 1500000000 pack-../../x\n",
	"doomed 1500000000\n",
	"doomed -5 pack-0123\n",
	"pruned 1500000000",
	"\n\n\n",
	"doomed 99999999999999999999999 pack-0123\n",
};

START_TEST(broken_state_is_none)
{
	struct es_repack_totals t;
	int64_t last;
	bool due;

	runs(5);
	repack(2, NULL, NOW, false);
	ok(es_write_file(REPO "/etcsnap-prune", broken_states[_i],
			 strlen(broken_states[_i]), 0600, &err));
	ok(es_repack_last(&last, &due, st, NOW, &err));
	ck_assert_int_eq(last, 0);
	t = repack(2, NULL, NOW + 5 * DAY, false);
	ck_assert_uint_eq(t.removed, 0);
	t = repack(2, NULL, NOW + 6 * DAY, false);
	ck_assert_uint_gt(t.removed, 0);
	check_sound(2);
}
END_TEST

/* ------------------------------------------------------------ others' work */

/* Whatever git gc makes of the repository beside us. */
START_TEST(after_git_gc)
{
	struct stat sb;

	runs(12);
	ck_assert_int_eq(git(NULL, NULL, "-c", "gc.writeCommitGraph=true", "-c",
			     "repack.writeBitmaps=true", "-c",
			     "pack.writeReverseIndex=true", "gc", "-q"),
			 0);
	ck_assert_int_eq(git(NULL, NULL, "multi-pack-index", "write"), 0);
	ck_assert_int_eq(git(NULL, NULL, "commit-graph", "write", "--split",
			     "--reachable"),
			 0);
	reopen();
	repack(4, NULL, NOW, false);
	ck_assert_int_lt(stat(REPO "/objects/info/commit-graph", &sb), 0);
	ck_assert_int_lt(stat(REPO "/objects/info/commit-graphs", &sb), 0);
	ck_assert_int_eq(count("multi-pack-index"), 0);
	ck_assert_int_eq(count(".bitmap"), 0);
	check_sound(4);
	repack(4, NULL, NOW + DAY, false);
	check_sound(4);
	ck_assert(!is_there(&commits[7]));
	ck_assert_int_eq(git(NULL, NULL, "gc", "-q", "--prune=now"), 0);
	check_sound(4);
}
END_TEST

START_TEST(loose_objects)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	char name[100];

	runs(6);
	/* all of it loose, as "git unpack-objects" makes it */
	ck_assert_int_eq(
		run(
			(const char *const[]){
				"sh", "-c",
				"cd " REPO
				" && mkdir ../p && mv objects/pack/* ../p "
				"&& for p in ../p/*.pack; do "
				"git unpack-objects -q <$p || exit; done",
				NULL },
			NULL, NULL),
		0);
	ck_assert_int_eq(git(NULL, &b, "rev-parse", "main~4"), 0);
	snprintf(name, sizeof(name), REPO "/objects/%.2s/%.38s", b.data,
		 b.data + 2);
	reopen();
	/* written just now: it may be somebody's who is not done */
	ck_assert_int_eq(utimensat(AT_FDCWD, name,
				   (struct timespec[2]){ { NOW - 5, 0 },
							 { NOW - 5, 0 } },
				   0),
			 0);
	repack(2, NULL, NOW, false);
	check_sound(2);
	ck_assert_int_eq(count(".pack"), 1);
	repack(2, NULL, NOW + DAY, false);
	check_sound(2);
	ck_assert_int_eq(access(name, F_OK), 0);
	repack(2, NULL, NOW + 2 * DAY, false);
	ck_assert_int_lt(access(name, F_OK), 0);
	ck_assert(!is_there(&commits[0]));
	check_sound(2);
}
END_TEST

START_TEST(kept_packs_stay)
{
	struct es_repack_totals t;
	DIR *d;

	runs(3);
	d = opendir(PACKS);
	for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
		const size_t len = strlen(e->d_name);
		char name[300];

		if (len < 5 || strcmp(e->d_name + len - 5, ".pack") != 0)
			continue;
		snprintf(name, sizeof(name), PACKS "/%.*s.keep", (int)len - 5,
			 e->d_name);
		ok(es_write_file(name, "", 0, 0600, &err));
	}
	closedir(d);
	runs(3);
	t = repack(1, NULL, NOW, false);
	ck_assert_uint_gt(t.dropped, 0);
	repack(1, NULL, NOW + DAY, false);
	check_sound(1);
	ck_assert(is_there(&commits[2]));
	ck_assert(!is_there(&commits[3]));
	ck_assert_int_eq(count(".keep"), 3);
}
END_TEST

START_TEST(alternates_are_refused)
{
	struct es_repack *r = NULL;

	runs(2);
	ok(es_write_file(REPO "/objects/info/alternates", "/nowhere\n", 9, 0600,
			 &err));
	fails(-ENOTSUP, "alternates", es_repack_new(&r, st, &err));
	ok(es_write_file(REPO "/objects/info/alternates", "", 0, 0600, &err));
	ok(es_repack_new(&r, st, &err));
	es_repack_free(r);
}
END_TEST

START_TEST(reflogs_lose_what_goes)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);

	ck_assert_int_eq(
		git(NULL, NULL, "config", "core.logAllRefUpdates", "true"), 0);
	reopen();
	runs(6);
	ck_assert_int_eq(git(NULL, &b, "reflog", "main"), 0);
	ck_assert_ptr_nonnull(strstr(es_buf_str(&b), "main@{5}"));
	repack(2, NULL, NOW, false);
	repack(2, NULL, NOW + DAY, false);
	check_sound(2);
	es_buf_reset(&b);
	ck_assert_int_eq(git(NULL, &b, "reflog", "main"), 0);
	ck_assert_ptr_nonnull(strstr(es_buf_str(&b), "main@{0}"));
	ck_assert_ptr_null(strstr(es_buf_str(&b), "main@{1}"));
}
END_TEST

START_TEST(something_is_missing)
{
	const struct es_oid nowhere = { { 1, 2, 3 } };
	struct es_repack *r = NULL;
	uint64_t bytes;

	runs(3);
	ok(es_repack_new(&r, st, &err));
	fails(-ENOENT, "is missing",
	      es_repack_reach(r, &nowhere, false, &bytes, &err));
	es_repack_free(r);
}
END_TEST

START_TEST(needs_the_lock)
{
	struct es_repack *r = NULL;
	struct es_store *other = NULL;

	runs(1);
	ok(es_store_open(&other, REPO, &err));
	fails(-ENOLCK, "reading only", es_repack_new(&r, other, &err));
	fails(-ENOLCK, "reading only", es_repack_nothing(other, NOW, &err));
	es_store_free(other);
}
END_TEST

/* What does not fit leaves all as it was. */
START_TEST(no_room)
{
	struct rlimit was, little = { 500, 500 };
	struct es_repack *r = NULL;
	struct es_repack_totals t;
	struct es_error why = ES_ERROR_INIT;
	uint64_t bytes;
	int last = 0;

	runs(8);
	ok(es_repack_new(&r, st, &err));
	for (size_t i = 0; i < 4; i++)
		last = es_repack_reach(r, &commits[n_commits - 1 - i], false,
				       &bytes, &why);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	little.rlim_max = was.rlim_max;
	setrlimit(RLIMIT_FSIZE, &little);
	last = es_repack_run(r, last, NOW, false, &t, &why);
	setrlimit(RLIMIT_FSIZE, &was);
	ck_assert_int_eq(last, -EFBIG);
	ck_assert_ptr_nonnull(strstr(why.msg, "cannot write what stays"));
	es_repack_free(r);
	ck_assert_int_lt(access(REPO "/shallow", F_OK), 0);
	ck_assert_int_eq(count(".pack"), 8);
	check_sound(8);
	repack(4, NULL, NOW, false);
	check_sound(4);
}
END_TEST

/* ---------------------------------------------------------------- numbers */

static int add_bytes(void *sum, const char *name, const struct es_oid *oid,
		     struct es_error *err)
{
	(void)err;
	(void)oid;
	es_buf_addf(sum, "%s ", name);
	return 0;
}

START_TEST(every_reference_is_told)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);

	runs(2);
	ck_assert_int_eq(git(NULL, NULL, "tag", "approved/x", "main~1"), 0);
	ck_assert_int_eq(git(NULL, NULL, "update-ref",
			     "refs/etcsnap/delivered/main/ops", "main"),
			 0);
	ck_assert_int_eq(git(NULL, NULL, "pack-refs", "--all"), 0);
	ck_assert_int_eq(git(NULL, NULL, "branch", "other", "main"), 0);
	reopen();
	ok(es_repack_refs(st, add_bytes, &b, &err));
	for (size_t i = 0; i < 4; i++) {
		static const char *const want[] = {
			"refs/heads/main ", "refs/heads/other ",
			"refs/tags/approved/x ",
			"refs/etcsnap/delivered/main/ops "
		};

		ck_assert_ptr_nonnull(strstr(es_buf_str(&b), want[i]));
	}
	ck_assert_ptr_null(strstr(es_buf_str(&b), "HEAD"));
	ck_assert_int_eq(git(NULL, NULL, "update-ref", "--no-deref", "HEAD",
			     "main~1"),
			 0);
	es_buf_reset(&b);
	ok(es_repack_refs(st, add_bytes, &b, &err));
	ck_assert_ptr_nonnull(strstr(es_buf_str(&b), "HEAD "));
}
END_TEST

START_TEST(bytes_of_ranks_add_up)
{
	struct es_repack *r = NULL;
	uint64_t bytes, sum = 0, all = 0;
	int last = 0;
	struct es_repack_totals t;

	runs(9);
	ok(es_repack_new(&r, st, &err));
	for (size_t i = n_commits; i-- > 0;) {
		ok(last = es_repack_reach(r, &commits[i], false, &bytes, &err));
		ck_assert_uint_gt(bytes, 0);
		all += bytes;
		if (n_commits - i <= 3)
			sum += bytes;
	}
	ck_assert_int_eq(last, 9);
	/* again: nothing new */
	ok(es_repack_reach(r, &commits[4], false, &bytes, &err));
	ck_assert_uint_eq(bytes, 0);
	ok(es_repack_run(r, 3, NOW, true, &t, &err));
	ck_assert_uint_eq(t.freed, all - sum);
	es_repack_free(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("repack");
	TCase *c = tcase_create("cutting");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, nothing_to_do);
	tcase_add_test(c, history_is_cut);
	tcase_add_test(c, differences_are_made_anew);
	tcase_add_test(c, a_tag_keeps_its_commit);
	tcase_add_test(c, neighbours_stay_connected);
	tcase_add_test(c, ancestors_stay);
	suite_add_tcase(s, c);
	c = tcase_create("waiting");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, what_comes_back_is_rescued);
	tcase_add_test(c, what_waits_is_not_joined);
	tcase_add_test(c, what_git_found_waits_longer);
	tcase_add_test(c, clock_that_is_put_back);
	tcase_add_loop_test(c, broken_state_is_none, 0,
			    es_lengthof(broken_states));
	suite_add_tcase(s, c);
	c = tcase_create("others");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, after_git_gc);
	tcase_add_test(c, loose_objects);
	tcase_add_test(c, kept_packs_stay);
	tcase_add_test(c, alternates_are_refused);
	tcase_add_test(c, reflogs_lose_what_goes);
	tcase_add_test(c, something_is_missing);
	tcase_add_test(c, needs_the_lock);
	tcase_add_test(c, no_room);
	suite_add_tcase(s, c);
	c = tcase_create("numbers");
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, every_reference_is_told);
	tcase_add_test(c, bytes_of_ranks_add_up);
	suite_add_tcase(s, c);
	return es_unit_main(s);
}
