/* SPDX-License-Identifier: MIT */
/* test_stored_name.c - unit tests of stored names, with git as the judge */
#include "config.h"

#include "etcsnap/stored_name.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

#include "run.h"

#define ZWNJ "\xe2\x80\x8c"
#define BOM "\xef\xbb\xbf"

/* What git refuses or reads as its own, and what it becomes. */
static const struct {
	const char *name;
	const char *stored;
} escaped[] = {
	{ ".git", "%2Egit" },
	{ ".GIT", "%2EGIT" },
	{ ".Git", "%2EGit" },
	{ ".git ", "%2Egit " },
	{ ".git.", "%2Egit." },
	{ ".git. . .", "%2Egit. . ." },
	{ ".git::$INDEX_ALLOCATION", "%2Egit::$INDEX_ALLOCATION" },
	{ ".git:x", "%2Egit:x" },
	{ ".git\\x", "%2Egit%5Cx" },
	{ "git~1", "%67it~1" },
	{ "GIT~1", "%47IT~1" },
	{ "git~1.", "%67it~1." },
	{ "git~1\\config", "%67it~1%5Cconfig" },
	{ ".g" ZWNJ "it", "%2Eg" ZWNJ "it" },
	{ ZWNJ ".git", "%E2\x80\x8c.git" },
	{ BOM ".GiT" BOM, "%EF\xbb\xbf.GiT" BOM },
	{ ".git\xe2\x81\xaf", "%2Egit\xe2\x81\xaf" },
	{ ".git\xff", "%2Egit\xff" },
	{ ".git\xc0\xaf", "%2Egit\xc0\xaf" },
	{ ".git\xef\xbf\xbe", "%2Egit\xef\xbf\xbe" },
	{ ".gitmodules", "%2Egitmodules" },
	{ ".GitModules ", "%2EGitModules " },
	{ ".gitm" ZWNJ "odules", "%2Egitm" ZWNJ "odules" },
	{ "gitmod~1", "%67itmod~1" },
	{ "GITMOD~4", "%47ITMOD~4" },
	{ "gi7eba~1", "%67i7eba~1" },
	{ "GI7EB~12", "%47I7EB~12" },
	{ "g~123456", "%67~123456" },
	{ "~1000000", "%7E1000000" },
	{ "gi7d29~9", "%67i7d29~9" },
	{ "gi250a~1.", "%67i250a~1." },
	{ "maba30~1", "%6Daba30~1" },
	{ "mailma~2", "%6Dailma~2" },
	{ ".gitattributes", "%2Egitattributes" },
	{ ".gitignore", "%2Egitignore" },
	{ ".mailmap", "%2Emailmap" },
	{ ".MAILMAP:a", "%2EMAILMAP:a" },
	{ "a\\.git", "%61%5C.git" },
	{ "a\\b\\.GIT\\c", "%61%5Cb%5C.GIT%5Cc" },
	{ "\\.git", "%5C.git" },
	{ "\\git~1", "%5Cgit~1" },
	{ "a\\.gitmodules", "%61%5C.gitmodules" },
	{ "a\\gitmod~1", "%61%5Cgitmod~1" },
	{ "a%b\\.git", "%61%25b%5C.git" },
	{ ".mtree", "%2Emtree" },
	{ ".MTREE", "%2EMTREE" },
	{ ".xattr", "%2Exattr" },
	{ "%", "%25" },
	{ "%2egit", "%252egit" },
	{ "%41%", "%2541%25" },
	{ "%\\", "%25%5C" },
};

/* Near misses, which must be stored as they are. */
static const char *const plain[] = {
	"passwd",
	"git",
	".gi",
	".gitx",
	"..git",
	".git2",
	"git~2",
	"git~11",
	".gitmodule",
	".gitmodulesx",
	"gitmod~5",
	"gitmo~1",
	"gi7eba~0",
	"gi7eba~x",
	"gi7ebb~1",
	"g~12345",
	"mtree",
	"xattr",
	".mtree2",
	".x",
	"a%41",
	"a\\b",
	"a.git",
	"git\\x",
	".git\xc3\xa9",
	"caf\xc3\xa9",
	"\xff\xfe",
	"a\nb",
	" ",
	"\\",
	"...",
	"~",
	".gitconfig",
	".gitignore~",
	"a\\.gitconfig",
	".gitkeep",
	" .git",
	ZWNJ,
	"\xe2\x80\x8cgit",
	"mailmap",
};

static void assert_both_ways(const char *name, size_t len, const char *stored,
			     size_t stored_len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	es_buf_addc(&b, '>');
	ck_assert_int_eq(es_stored_name_encode(&b, name, len), 0);
	ck_assert_uint_eq(b.len, stored_len + 1);
	ck_assert_mem_eq(b.data + 1, stored, stored_len);
	es_buf_truncate(&b, 1);
	ck_assert_int_eq(es_stored_name_decode(&b, stored, stored_len), 0);
	ck_assert_uint_eq(b.len, len + 1);
	ck_assert_mem_eq(b.data + 1, name, len);
	ck_assert_int_eq(b.data[0], '>');
}

START_TEST(kept_names_are_escaped)
{
	const char *name = escaped[_i].name;
	const char *stored = escaped[_i].stored;
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	assert_both_ways(name, strlen(name), stored, strlen(stored));
	/* Nobody may smuggle in what we would have escaped. */
	if (name[0] != '%')
		ck_assert_int_eq(es_stored_name_decode(&b, name, strlen(name)),
				 -EINVAL);
}
END_TEST

START_TEST(other_names_keep_their_bytes)
{
	assert_both_ways(plain[_i], strlen(plain[_i]), plain[_i],
			 strlen(plain[_i]));
}
END_TEST

static const struct {
	const char *stored;
	size_t len;
} broken[] = {
	{ "", 0 },	    { ".", 1 },	       { "..", 2 },
	{ "a/b", 3 },	    { "a\0b", 3 },     { "%", 1 },
	{ "%2", 2 },	    { "%2G", 3 },      { "%2Egit%", 8 },
	{ "%2Egit%4", 9 },  { "%2egit", 6 },   { "%41", 3 },
	{ "%2Ehidden", 9 }, { "%2E", 3 },      { "%2E%2E", 6 },
	{ "%2F", 3 },	    { "%2E%67it", 8 }, { "%00", 3 },
	{ "%25%", 4 },	    { "%25a\\", 5 },   { "%2E.", 4 },
	{ "%2Egit\\x", 8 }, { "%61%5Cb", 7 },  { "%2Egit%2Fx", 10 },
};

START_TEST(broken_escapes_are_refused)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	es_buf_adds(&b, "kept");
	ck_assert_int_eq(es_stored_name_decode(&b, broken[_i].stored,
					       broken[_i].len),
			 -EINVAL);
	ck_assert_str_eq(es_buf_str(&b), "kept");
}
END_TEST

static const struct {
	const char *path;
	const char *stored;
} paths[] = {
	{ "/", "" },
	{ "/etc/.git", "etc/%2Egit" },
	{ "/etc/.git/config", "etc/%2Egit/config" },
	{ "/%", "%25" },
	{ "/a/.mtree/b\\.git/c", "a/%2Emtree/%62%5C.git/c" },
	{ "/etc/ssh/sshd_config", "etc/ssh/sshd_config" },
};

START_TEST(paths_go_by_component)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	const char *path = paths[_i].path;
	const char *stored = paths[_i].stored;

	ck_assert_int_eq(es_stored_path_encode(&b, path, strlen(path)), 0);
	ck_assert_str_eq(es_buf_str(&b), stored);
	es_buf_reset(&b);
	ck_assert_int_eq(es_stored_path_decode(&b, stored, strlen(stored)), 0);
	ck_assert_str_eq(es_buf_str(&b), path);
}
END_TEST

START_TEST(odd_paths)
{
	static const char *const refused[] = { "a//b", "/a", "a/",  "a/../b",
					       "a/.",  "..", "a/%", "a/.git" };
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	ck_assert_int_eq(es_stored_path_encode(&b, "", 0), 0);
	ck_assert_uint_eq(b.len, 0);
	es_buf_adds(&b, "files/");
	for (size_t i = 0; i < es_lengthof(refused); i++) {
		ck_assert_int_eq(es_stored_path_decode(&b, refused[i],
						       strlen(refused[i])),
				 -EINVAL);
		ck_assert_str_eq(es_buf_str(&b), "files/");
	}
	ck_assert_int_eq(es_stored_path_encode(&b, "/a/%", 4), 0);
	ck_assert_str_eq(es_buf_str(&b), "files/a/%25");
}
END_TEST

START_TEST(a_full_buffer_is_told)
{
	struct es_buf b = ES_BUF_INIT(5);

	ck_assert_int_eq(es_stored_name_encode(&b, ".git", 4), -EFBIG);
	ck_assert_uint_eq(b.len, 0);
	es_buf_reset(&b);
	ck_assert_int_eq(es_stored_name_decode(&b, "%2Egit", 6), 0);
	ck_assert_int_eq(es_stored_name_decode(&b, "%2Egit", 6), -EFBIG);
	ck_assert_str_eq(b.data, ".git");
	es_buf_dispose(&b);
}
END_TEST

static const char *const pieces[] = {
	".",   ".git", "git",  "GIT",	   "g",	   "i",	      "t",
	"~",   "1",    "~1",   "4",	   "\\",   "\\\\",    " ",
	":",   "%",    "%2E",  "%5C",	   "m",	   "modules", "attributes",
	"mod", "att",  "ign",  "ignore",   ZWNJ,   BOM,	      "mailmap",
	"x",   "\xff", "\xe2", "\xe2\x80", "7eba", "7d29",    "250a",
	"gi",  "ma",   "ba30", ".mtree",   "\n",   "xattr",   "\xc3\xa9",
	"$",   "~12",  ".GI",  "..",	   "#",	   "\xef",
};

/* A name of up to eight pieces; never what no directory holds. */
static size_t nasty_name(uint64_t *seed, char room[128])
{
	size_t len = 0;

	do {
		size_t n = 1 + es_unit_random(seed) % 8;

		for (len = 0; n > 0; n--) {
			const char *piece = pieces[es_unit_random(seed) %
						   es_lengthof(pieces)];

			snprintf(room + len, 128 - len, "%s", piece);
			len += strlen(piece);
		}
	} while (room[0] == '.' && (len == 1 || (len == 2 && room[1] == '.')));
	return len;
}

START_TEST(both_directions_are_one_to_one)
{
	struct es_buf stored = ES_BUF_INIT(ES_BUF_MAX);
	struct es_buf name = ES_BUF_INIT(ES_BUF_MAX);
	uint64_t seed = 7;
	char room[128];

	for (int i = 0; i < 100000; i++) {
		size_t len = nasty_name(&seed, room);

		es_buf_reset(&stored);
		es_buf_reset(&name);
		es_stored_name_encode(&stored, room, len);
		ck_assert_int_eq(es_stored_name_decode(&name, stored.data,
						       stored.len),
				 0);
		ck_assert_uint_eq(name.len, len);
		ck_assert_mem_eq(name.data, room, len);
		/* The same bytes as a stored name: refused, or canonical. */
		es_buf_reset(&stored);
		es_buf_reset(&name);
		if (es_stored_name_decode(&name, room, len) < 0)
			continue;
		es_stored_name_encode(&stored, name.data, name.len);
		ck_assert_uint_eq(stored.len, len);
		ck_assert_mem_eq(stored.data, room, len);
	}
	es_buf_dispose(&stored);
	es_buf_dispose(&name);
}
END_TEST

/* ------------------------------------------------------------ git */

static int has_git;
static char dir[64];

static void git_setup(void)
{
	static const char *const init[] = { "git",    "init",  "-q",
					    "--bare", "r.git", NULL };
	static const char *const blob[] = { "git",	   "-C", "r.git",
					    "hash-object", "-w", "--stdin",
					    NULL };
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);

	es_unit_enter_dir(dir);
	has_git = es_unit_has("git");
	if (!has_git)
		return;
	ck_assert_int_eq(es_unit_run(&out, init, NULL), 0);
	/* The id of the empty blob is known to everybody. */
	ck_assert_int_eq(es_unit_run(&out, blob, NULL), 0);
}

static void git_teardown(void)
{
	es_unit_leave_dir(dir);
}

#define EMPTY_BLOB "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"

/* Makes a tree of mktree lines; Return: whether fsck minds. */
static int git_judges(const struct es_buf *lines, struct es_buf *out)
{
	static const char *const mktree[] = { "git",	"-C", "r.git",
					      "mktree", "-z", NULL };
	static const char *const fsck[] = { "git",	     "-C",
					    "r.git",	     "fsck",
					    "--strict",	     "--no-dangling",
					    "--no-progress", NULL };
	int rc;

	es_unit_spill("lines", lines->data, lines->len);
	rc = es_unit_run(out, mktree, "lines");
	ck_assert_msg(rc == 0, "git mktree: %s", es_buf_str(out));
	rc = es_unit_run(out, fsck, NULL);
	return rc || strstr(es_buf_str(out), "error") ||
	       strstr(es_buf_str(out), "warning");
}

static void add_line(struct es_buf *lines, const char *mode, const char *name,
		     size_t len)
{
	es_buf_addf(lines, "%s blob " EMPTY_BLOB "\t", mode);
	es_buf_add(lines, name, len);
	es_buf_addc(lines, '\0');
}

static const char *const modes[] = { "100644", "120000" };

START_TEST(git_accepts_what_is_stored)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf lines = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	const char *mode = modes[_i];
	int bad;

	if (!has_git)
		return;
	for (size_t i = 0; i < es_lengthof(escaped); i++)
		add_line(&lines, mode, escaped[i].stored,
			 strlen(escaped[i].stored));
	for (size_t i = 0; i < es_lengthof(plain); i++)
		add_line(&lines, mode, plain[i], strlen(plain[i]));
	bad = git_judges(&lines, &out);
	ck_assert_msg(!bad, "git fsck: %s", es_buf_str(&out));
}
END_TEST

/* A directory in its place, as the tree of a whole .git would have it. */
START_TEST(git_accepts_stored_directories)
{
	static const char *const empty[] = { "git", "-C", "r.git", "mktree",
					     NULL };
	ES_CLEANUP(es_buf_dispose)
	struct es_buf lines = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf id = ES_BUF_INIT(ES_BUF_MAX);
	int bad;

	if (!has_git)
		return;
	ck_assert_int_eq(es_unit_run(&id, empty, NULL), 0);
	es_buf_truncate(&id, 40);
	for (size_t i = 0; i < es_lengthof(escaped); i++) {
		es_buf_addf(&lines, "040000 tree %s\t%s", es_buf_str(&id),
			    escaped[i].stored);
		es_buf_addc(&lines, '\0');
	}
	bad = git_judges(&lines, &out);
	ck_assert_msg(!bad, "git fsck: %s", es_buf_str(&out));
}
END_TEST

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

START_TEST(git_accepts_random_names)
{
	enum {
		COUNT = 5000
	};
	char **names = calloc(COUNT, sizeof(*names));
	struct es_buf lines = ES_BUF_INIT(ES_BUF_MAX);
	struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	uint64_t seed = 99 + (uint64_t)_i;
	char room[128];
	int bad;

	if (!has_git) {
		free(names);
		return;
	}
	ck_assert_ptr_nonnull(names);
	for (size_t i = 0; i < COUNT; i++) {
		size_t len = nasty_name(&seed, room);

		es_buf_reset(&out);
		es_stored_name_encode(&out, room, len);
		names[i] = strdup(es_buf_str(&out));
	}
	qsort(names, COUNT, sizeof(*names), compare_names);
	for (size_t i = 0; i < COUNT; i++)
		if (i == 0 || strcmp(names[i], names[i - 1]) != 0)
			add_line(&lines, modes[_i], names[i], strlen(names[i]));
	bad = git_judges(&lines, &out);
	ck_assert_msg(!bad, "git fsck: %.900s", es_buf_str(&out));
	for (size_t i = 0; i < COUNT; i++)
		free(names[i]);
	free(names);
	es_buf_dispose(&lines);
	es_buf_dispose(&out);
}
END_TEST

/* The judge is awake: unescaped, these are refused or warned of. */
START_TEST(git_minds_the_names_themselves)
{
	static const char *const minded[] = {
		".git",
		".GIT",
		"git~1",
		".git ",
		".git::$x",
		"a\\.git",
		".g\xe2\x80\x8cit",
		".git\xff",
		".git\\x",
		"a\\git~1",
		"\xe2\x80\x8c.git",
		"\\.git",
	};
	ES_CLEANUP(es_buf_dispose)
	struct es_buf lines = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);

	if (!has_git)
		return;
	add_line(&lines, "100644", minded[_i], strlen(minded[_i]));
	ck_assert_msg(git_judges(&lines, &out), "git minds no %s", minded[_i]);
}
END_TEST

START_TEST(git_minds_links_by_these_names)
{
	static const char *const minded[] = {
		".gitmodules",	  "gitmod~1", "gi7eba~1",	"~1000000",
		".gitattributes", "gitatt~4", "gi7d29~1",	".gitignore",
		"gi250a~1",	  ".mailmap", "maba3~12",	".GITmodules.",
		".gitmodules:x",  "mailma~1", "a\\.gitmodules",
	};
	ES_CLEANUP(es_buf_dispose)
	struct es_buf lines = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	es_stored_name_encode(&b, minded[_i], strlen(minded[_i]));
	ck_assert_int_eq(b.data[0], '%');
	if (!has_git)
		return;
	add_line(&lines, "120000", minded[_i], strlen(minded[_i]));
	ck_assert_msg(git_judges(&lines, &out), "git minds no %s", minded[_i]);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("stored_name");
	TCase *t = tcase_create("names");
	TCase *git = tcase_create("git");

	suite_add_tcase(s, t);
	tcase_add_loop_test(t, kept_names_are_escaped, 0,
			    (int)es_lengthof(escaped));
	tcase_add_loop_test(t, other_names_keep_their_bytes, 0,
			    (int)es_lengthof(plain));
	tcase_add_loop_test(t, broken_escapes_are_refused, 0,
			    (int)es_lengthof(broken));
	tcase_add_loop_test(t, paths_go_by_component, 0,
			    (int)es_lengthof(paths));
	tcase_add_test(t, odd_paths);
	tcase_add_test(t, a_full_buffer_is_told);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, both_directions_are_one_to_one);
	suite_add_tcase(s, git);
	tcase_set_timeout(git, 60);
	tcase_add_checked_fixture(git, git_setup, git_teardown);
	tcase_add_loop_test(git, git_accepts_what_is_stored, 0, 2);
	tcase_add_test(git, git_accepts_stored_directories);
	tcase_add_loop_test(git, git_accepts_random_names, 0, 2);
	tcase_add_loop_test(git, git_minds_the_names_themselves, 0, 12);
	tcase_add_loop_test(git, git_minds_links_by_these_names, 0, 15);
	return es_unit_main(s);
}
