/* SPDX-License-Identifier: MIT */
/* test_audit.c - unit tests of reading every byte of a repository */
#include "config.h"

#include "etcsnap/audit.h"

#include "store/git_delta_priv.h"
#include "store/loose_priv.h"
#include "store_unit.h"

#include "etcsnap/fileio.h"
#include "etcsnap/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

/* What setup() puts. */
#define OBJECTS (4 + 4 + 5 + 4)

static char dir[64];
static struct es_store *st;

/* What was found, one line each. */
static struct es_buf said = ES_BUF_INIT(ES_BUF_MAX);

static void found(void *payload, const struct es_audit_finding *f)
{
	(void)payload;
	es_buf_addf(&said, "%s%s %s: %s\n", f->harmless ? "note " : "", f->kind,
		    f->name, f->problem);
}

static const struct es_audit_io io = { .found = found };

static struct es_oid put_run(struct es_lane *lane, const struct es_oid *parent,
			     int n)
{
	struct es_tree_builder *b = es_tree_builder_new();
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 20);
	struct es_oid tree, commit;

	ck_assert_ptr_nonnull(b);
	for (int f = 0; f < 5; f++) {
		char name[8];

		es_buf_reset(&text);
		for (int i = 0; i < 100; i++)
			es_buf_addf(&text, "line %d of %d\n", i,
				    f == n % 5 ? n + 100 : f);
		snprintf(name, sizeof(name), "f%d", f);

		const struct es_oid blob = put_text(lane, text.data);

		ck_assert_int_eq(es_tree_builder_add(b, name, strlen(name),
						     ES_MODE_FILE, &blob),
				 0);
	}
	ok(es_tree_builder_write(&tree, b, lane, &err));
	es_tree_builder_free(b);
	commit = put_commit(lane, &tree, parent, "run\n\nHost: x\n", 1000 + n);
	ok(es_store_install(st, &err));
	return commit;
}

static void setup(void)
{
	ES_CLEANUP(es_lane_freep) struct es_lane *lane = NULL;
	struct es_oid tip = { { 0 } };

	es_unit_enter_dir(dir);
	es_buf_reset(&said);
	ok(es_store_init(REPO, "/", &err));
	ok(es_store_open(&st, REPO, &err));
	ok(es_store_lock(st, 1, &err));
	ok(es_lane_new(&lane, st, &err));
	for (int i = 0; i < 4; i++) {
		const struct es_oid old = tip;

		tip = put_run(lane, i ? &old : NULL, i);
		ok(es_store_move(st, "main", &tip, &old, &err));
	}
}

static void teardown(void)
{
	es_store_free(st);
	es_buf_dispose(&said);
	es_unit_leave_dir(dir);
}

static struct es_audit *audit(unsigned int threads)
{
	struct es_audit *a = NULL;

	es_buf_reset(&said);
	ok(es_audit_new(&a, st, threads, &io, &err));
	return a;
}

/* ------------------------------------------------------------- differences */

static const struct {
	const char *delta;
	size_t len;
	int rc;
	const char *out;
} deltas[] = {
#define D(text) (text), sizeof(text) - 1
	{ D("\x06\x03\x03"
	    "abc"),
	  0, "abc" },
	{ D("\x06\x06\x90\x06"), 0, "origin" },
	{ D("\x06\x04\x91\x02\x04"), 0, "igin" },
	{ D("\x06\x07\x90\x06\x01!"), 0, "origin!" },
	{ D("\x06\x00"), 0, "" },
	{ D(""), -EIO, NULL },
	{ D("\x06"), -EIO, NULL },
	{ D("\x05\x00"), -EIO, NULL },		   /* another base */
	{ D("\x06\x03\x90\x06"), -EIO, NULL },	   /* more than it says */
	{ D("\x06\x09\x90\x06"), -EIO, NULL },	   /* less */
	{ D("\x06\x06\x91\x01\x06"), -EIO, NULL }, /* beyond the base */
	{ D("\x06\x06\x9f\xff\xff\xff\xff\x06"), -EIO, NULL },
	{ D("\x06\x03\x05"
	    "abc"),
	  -EIO, NULL }, /* ends within what it inserts */
	{ D("\x06\x03\x00"
	    "abc"),
	  -EIO, NULL }, /* reserved */
	{ D("\x06\x03\x90"), -EIO, NULL },
	{ D("\x06\xff\xff\xff\xff\xff\xff\xff\x7f\x90\x06"), -EIO, NULL },
	{ D("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), -EIO, NULL },
#undef D
};

START_TEST(delta_is_applied_or_refused)
{
	char *out = NULL;
	size_t len = 0;

	ck_assert_int_eq(es_git_delta_apply(&out, &len, "origin", 6,
					    deltas[_i].delta, deltas[_i].len),
			 deltas[_i].rc);
	if (deltas[_i].out) {
		ck_assert_uint_eq(len, strlen(deltas[_i].out));
		ck_assert_str_eq(out, deltas[_i].out);
	}
	free(out);
}
END_TEST

START_TEST(delta_of_ours_is_undone)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf a = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose)
	struct es_buf delta = ES_BUF_INIT(ES_BUF_MAX);
	uint64_t seed = 1;
	char *out;
	size_t len;

	for (int i = 0; i < 3000; i++)
		es_buf_addf(&a, "%llu\n",
			    (unsigned long long)es_unit_random(&seed));
	es_buf_add(&b, a.data + 70000 % a.len, a.len - 70000 % a.len);
	es_buf_adds(&b, "something new");
	es_buf_add(&b, a.data, a.len);
	ck_assert_int_eq(es_git_delta(&delta, a.data, a.len, b.data, b.len), 0);
	ck_assert_int_eq(es_git_delta_apply(&out, &len, a.data, a.len,
					    delta.data, delta.len),
			 0);
	ck_assert_uint_eq(len, b.len);
	ck_assert_mem_eq(out, b.data, len);
	free(out);
}
END_TEST

/* ------------------------------------------------------------------- whole */

START_TEST(whole_repository_has_no_findings)
{
	ES_CLEANUP(es_audit_freep)
	struct es_audit *a = audit((unsigned int)_i + 1);
	const struct es_audit_totals *t = es_audit_totals(a);

	ck_assert_str_eq(es_buf_str(&said), "");
	ck_assert_uint_eq(t->packs, 4);
	ck_assert_uint_eq(t->loose, 0);
	ck_assert_uint_eq(t->objects, es_audit_count(a));
	/* four commits, their trees, five files, and what became of four */
	ck_assert_uint_eq(es_audit_count(a), OBJECTS);
	for (size_t i = 0; i < es_audit_count(a); i++) {
		struct es_audit_object *o = es_audit_at(a, i);

		ck_assert(o->good);
		ck_assert_ptr_eq(es_audit_find(a, &o->id), o);
		ck_assert_int_ge(o->kind, ES_KIND_COMMIT);
	}
	ck_assert_ptr_null(es_audit_find(a, &(struct es_oid){ { 0 } }));
}
END_TEST

START_TEST(fingerprint_is_of_the_content)
{
	ES_CLEANUP(es_audit_freep) struct es_audit *a = NULL;
	ES_CLEANUP(es_lane_freep) struct es_lane *lane = NULL;
	uint8_t sum[ES_SHA256_LEN];
	struct es_oid id;

	ok(es_lane_new(&lane, st, &err));
	id = put_text(lane, "content");
	ok(es_store_install(st, &err));
	a = audit(1);
	es_sha256(sum, "content", 7);
	ck_assert_mem_eq(&es_audit_find(a, &id)->sha256, sum, 8);
}
END_TEST

START_TEST(what_git_repacks_is_read)
{
	ES_CLEANUP(es_audit_freep) struct es_audit *a = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	const size_t before = OBJECTS;

	ck_assert_int_eq(git(NULL, &out, "repack", "-adfq", "--depth=50",
			     "--window=50"),
			 0);
	ck_assert_int_eq(git(NULL, &out, "multi-pack-index", "write"), 0);
	es_store_free(st);
	st = NULL;
	ok(es_store_open(&st, REPO, &err));
	a = audit(2);
	ck_assert_str_eq(es_buf_str(&said), "");
	ck_assert_uint_eq(es_audit_totals(a)->packs, 1);
	ck_assert_uint_eq(es_audit_count(a), before);
	/* and all of it unpacked */
	ck_assert_int_eq(run(
				 (const char *const[]){
					 "sh", "-c",
					 "mv " REPO
					 "/objects/pack/*.pack . && rm -f " REPO
					 "/objects/pack/* && cat *.pack | "
					 "git --git-dir " REPO
					 " unpack-objects -q",
					 NULL },
				 NULL, &out),
			 0);
	es_audit_free(es_steal_ptr(&a));
	a = audit(2);
	ck_assert_str_eq(es_buf_str(&said), "");
	ck_assert_uint_eq(es_audit_totals(a)->loose, before);
	ck_assert_uint_eq(es_audit_count(a), before);
}
END_TEST

/* ----------------------------------------------------------------- damaged */

static char paths[64][256];
static size_t n_paths;

static int take_path(const char *path, const struct stat *sb, int kind,
		     struct FTW *at)
{
	(void)at;
	if (kind == FTW_F && sb->st_size > 0 && n_paths < es_lengthof(paths))
		snprintf(paths[n_paths++], sizeof(paths[0]), "%s", path);
	return 0;
}

/* Put a byte into a file; the one that was there. */
static unsigned char poke(const char *path, off_t at, unsigned char byte)
{
	unsigned char was;
	const int fd = (chmod(path, 0600), open(path, O_RDWR));

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pread(fd, &was, 1, at), 1);
	ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
	close(fd);
	return was;
}

START_TEST(every_flip_is_found)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	uint64_t seed = 12345 + (uint64_t)_i;

	if (_i % 2)
		ck_assert_int_eq(git(NULL, &out, "repack", "-adq"), 0);
	n_paths = 0;
	nftw(REPO "/objects", take_path, 16, FTW_PHYS);
	ck_assert_uint_gt(n_paths, 0);
	for (int i = 0; i < 60; i++) {
		const char *path =
			paths[es_unit_random(&seed) % (n_paths ? n_paths : 1)];
		struct stat sb;

		ck_assert_int_eq(stat(path, &sb), 0);

		const off_t at =
			(off_t)(es_unit_random(&seed) % (uint64_t)sb.st_size);
		const unsigned char bit =
			(unsigned char)(1u << es_unit_random(&seed) % 8);
		unsigned char was = poke(path, at, 0);

		poke(path, at, was ^ bit);
		es_audit_free(audit(1 + (unsigned int)i % 3));
		if (!strstr(path, "info/"))
			ck_assert_msg(said.len > 0, "%s at %ld: bit %u", path,
				      (long)at, bit);
		poke(path, at, was);
	}
	es_audit_free(audit(1));
	ck_assert_str_eq(es_buf_str(&said), "");
}
END_TEST

START_TEST(every_length_is_found)
{
	n_paths = 0;
	nftw(REPO "/objects", take_path, 16, FTW_PHYS);
	for (size_t i = 0; i < n_paths; i++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf file = ES_BUF_INIT(1 << 20);

		ok(es_read_file(&file, AT_FDCWD, paths[i], &err));
		for (size_t len = 0; len < file.len; len += 1 + len / 4) {
			ck_assert_int_eq(unlink(paths[i]), 0);
			es_unit_spill(paths[i], file.data, len);
			es_audit_free(audit(1));
			ck_assert_uint_gt(said.len, 0);
		}
		es_unit_spill(paths[i], file.data, file.len);
	}
	es_audit_free(audit(1));
	ck_assert_str_eq(es_buf_str(&said), "");
}
END_TEST

/* Every tree that git would not write, though its id is right. */
static const struct {
	const char *tree;
	size_t len;
	const char *problem;
} trees[] = {
#define E(mode, name) mode " " name "\0ABCDEFGHIJKLMNOPQRST"
#define T(text) (text), sizeof(text) - 1
	{ T(E("100644", "a") E("100644", "b")), NULL },
	{ T(E("40000", "a") E("100644", "a.b")), "out of order" },
	{ T(E("100644", "b") E("100644", "a")), "out of order" },
	{ T(E("100644", "a") E("100644", "a")), "out of order" },
	{ T(E("160000", "a")), "strange mode" },
	{ T(E("100600", "a")), "strange mode" },
	{ T(E("040000", "a")), "is no tree" },
	{ T(E("100644", "..")), "strange name" },
	{ T(E("40000", ".git")), "strange name" },
	{ T(E("40000", ".GIT")), "strange name" },
	{ T(E("100644", "a/b")), "is no tree" },
	{ T(E("100644", "")), "is no tree" },
	{ T("100644 a\0short"), "is no tree" },
	{ T("100644"), "is no tree" },
	{ T("100644 a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	  "points to nothing" },
#undef E
#undef T
};

START_TEST(bad_trees_are_found)
{
	ES_CLEANUP(es_lane_freep) struct es_lane *lane = NULL;
	ES_CLEANUP(es_audit_freep) struct es_audit *a = NULL;
	struct es_oid id[es_lengthof(trees)];
	char hex[ES_OID_HEX + 1];

	ok(es_lane_new(&lane, st, &err));
	for (size_t i = 0; i < es_lengthof(trees); i++)
		ok(es_lane_put(&id[i], lane, ES_KIND_TREE, trees[i].tree,
			       trees[i].len, &err));
	ok(es_store_install(st, &err));
	a = audit(1);
	for (size_t i = 0; i < es_lengthof(trees); i++) {
		const char *line =
			strstr(es_buf_str(&said), es_oid_text(hex, &id[i]));
		const char *want = trees[i].problem;
		const char *at = line && want ? strstr(line, want) : NULL;

		ck_assert(es_audit_find(a, &id[i])->good == !want);
		ck_assert_msg(!line == !want, "%zu", i);
		ck_assert_msg(!want || (at && at < strchr(line, '\n')),
			      "%zu: %s", i, line ? line : "nothing");
	}
}
END_TEST

/* ------------------------------------------------------------ loose objects */

START_TEST(damaged_loose_objects_do_no_harm)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf file = ES_BUF_INIT(1 << 20);
	char path[128];
	uint64_t seed = 99;
	struct es_oid id;

	es_unit_spill("text", "some text", 9);
	ck_assert_int_eq(git(NULL, &out, "hash-object", "-w", "text"), 0);
	ck_assert_int_eq(es_unhex(id.id, out.data, ES_OID_LEN), 0);
	snprintf(path, sizeof(path), REPO "/objects/%.2s/%.38s", out.data,
		 out.data + 2);
	ok(es_read_file(&file, AT_FDCWD, path, &err));
	ok(es_store_get(st, &id, ES_KIND_BLOB, &out, &err));
	ck_assert_str_eq(out.data, "some text");
	for (size_t i = 0; i < 2000; i++) {
		const size_t at = es_unit_random(&seed) % file.len;
		const char was = file.data[at];
		struct es_error e = ES_ERROR_INIT;

		file.data[at] = (char)es_unit_random(&seed);
		unlink(path);
		es_unit_spill(path, file.data, file.len);
		/* what is read is what was written, or an error */
		if (es_store_get(st, &id, ES_KIND_BLOB, &out, &e) == 0)
			ck_assert_str_eq(out.data, "some text");
		file.data[at] = was;
	}
}
END_TEST

/* ---------------------------------------------------- references, boundary */

static const struct {
	const char *file;
	const char *text;
	const char *problem; /* NULL: none */
} refs[] = {
	{ "refs/heads/x", "", "is empty" },
	{ "refs/heads/x", "1234567890123456789012345678901234567890\n", NULL },
	{ "refs/heads/x", "1234567890123456789012345678901234567890",
	  "no object id" },
	{ "refs/heads/x", "123456789012345678901234567890123456789g\n",
	  "no object id" },
	{ "refs/heads/x", "ref: refs/heads/main\n", NULL },
	{ "refs/heads/x", "ref: refs/heads/none\n", NULL },
	{ "refs/heads/x", "ref: refs/heads/x\n", "does not lead" },
	{ "refs/heads/x", "ref: ../main\n", "what is no reference" },
	{ "refs/x..y", "1234567890123456789012345678901234567890\n",
	  "no name of a reference" },
	{ "refs/heads/x.lock", "", "is left of" },
	{ "HEAD", "ref: refs/heads/main\n", NULL },
	{ "HEAD", "ref: refs/heads/main", NULL },
	{ "HEAD", "ref: refs/heads/", "HEAD" },
	{ "HEAD", "ref: main\n", "HEAD" },
	{ "HEAD", "", "HEAD" },
	{ "packed-refs", "", NULL },
	{ "packed-refs",
	  "# pack-refs with: peeled fully-peeled sorted \n"
	  "1234567890123456789012345678901234567890 refs/tags/a\n"
	  "^1234567890123456789012345678901234567891\n"
	  "1234567890123456789012345678901234567890 refs/tags/b\n",
	  NULL },
	{ "packed-refs",
	  "1234567890123456789012345678901234567890 refs/tags/b\n"
	  "1234567890123456789012345678901234567890 refs/tags/a\n",
	  NULL },
	{ "packed-refs",
	  "# pack-refs with: sorted \n"
	  "1234567890123456789012345678901234567890 refs/tags/b\n"
	  "1234567890123456789012345678901234567890 refs/tags/a\n",
	  "out of order" },
	{ "packed-refs", "# pack-refs with: sortet\n", "broken line" },
	{ "packed-refs", "# pack-ref with: sorted\n", "broken line" },
	{ "packed-refs", "^1234567890123456789012345678901234567891\n",
	  "broken line" },
	{ "packed-refs", "junk\n", "broken line" },
	{ "packed-refs", "1234567890123456789012345678901234567890 refs/tags/b",
	  "ends within" },
	{ "packed-refs", "1234567890123456789012345678901234567890 heads/b\n",
	  "broken line" },
	{ "shallow", "1234567890123456789012345678901234567890\n", NULL },
	{ "shallow", "", NULL },
	{ "shallow", "junk\n", "broken line" },
	{ "shallow", "1234567890123456789012345678901234567890junk\n",
	  "broken line" },
};

static int count_ref(void *payload, const struct es_audit_ref *ref)
{
	int *n = payload;

	ck_assert_int_eq(strncmp(ref->name, "refs/", 5), 0);
	(*n)++;
	return 0;
}

static void read_refs(size_t i)
{
	ES_CLEANUP(es_freep) struct es_oid *ids = NULL;
	char path[256];
	size_t n;
	int many = 0;

	snprintf(path, sizeof(path), REPO "/%s", refs[i].file);
	es_unit_spill(path, refs[i].text, strlen(refs[i].text));
	es_buf_reset(&said);
	ok(es_audit_refs(st, &io, count_ref, &many, &err));
	ok(es_audit_boundary(&ids, &n, st, &io, &err));
	ck_assert_int_ge(many, 1);
	if (refs[i].problem)
		ck_assert_msg(strstr(es_buf_str(&said), refs[i].problem),
			      "%zu: %s", i, es_buf_str(&said));
	else
		ck_assert_msg(said.len == 0, "%zu: %s", i, es_buf_str(&said));
	if (strcmp(refs[i].file, "HEAD") == 0)
		es_unit_spill(path, "ref: refs/heads/main\n", 21);
	else
		ck_assert_int_eq(unlink(path), 0);
}

/* One repository for all: making one takes longer than reading it. */
START_TEST(references_are_read_strictly)
{
	for (size_t i = 0; i < es_lengthof(refs); i++)
		read_refs(i);
}
END_TEST

START_TEST(stamp_tells_of_changes)
{
	const uint64_t before = es_audit_stamp(st);

	ck_assert_uint_eq(es_audit_stamp(st), before);
	es_unit_spill(REPO "/shallow", "x", 1);
	ck_assert_uint_ne(es_audit_stamp(st), before);
	ck_assert_int_eq(unlink(REPO "/shallow"), 0);
	ck_assert_uint_eq(es_audit_stamp(st), before);
}
END_TEST

START_TEST(damaged_index_of_all_packs_is_refused)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	static const char name[] = REPO "/objects/pack/multi-pack-index";
	struct es_store *other = NULL;
	unsigned char was;

	ck_assert_int_eq(git(NULL, &out, "multi-pack-index", "write"), 0);
	ok(es_store_open(&other, REPO, &err));
	es_store_free(es_steal_ptr(&other));
	was = poke(name, 100, 0);
	poke(name, 100, (unsigned char)~was);
	fails(-EIO, "remove it, nothing depends on it",
	      es_store_open(&other, REPO, &err));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("audit");
	TCase *t = tcase_create("audit");
	TCase *d = tcase_create("deltas");

	tcase_add_loop_test(d, delta_is_applied_or_refused, 0,
			    es_lengthof(deltas));
	tcase_add_test(d, delta_of_ours_is_undone);
	suite_add_tcase(s, d);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, whole_repository_has_no_findings, 0, 3);
	tcase_add_test(t, fingerprint_is_of_the_content);
	tcase_add_test(t, what_git_repacks_is_read);
	tcase_add_loop_test(t, every_flip_is_found, 0, 4);
	tcase_add_test(t, every_length_is_found);
	tcase_add_test(t, bad_trees_are_found);
	tcase_add_test(t, damaged_loose_objects_do_no_harm);
	tcase_add_test(t, references_are_read_strictly);
	tcase_add_test(t, stamp_tells_of_changes);
	tcase_add_test(t, damaged_index_of_all_packs_is_refused);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
