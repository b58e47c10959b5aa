/* SPDX-License-Identifier: MIT */
/* test_packages.c - unit tests of package databases: paths, stamps, digests */
#include "config.h"

#include "etcsnap/packages.h"

#include "packages_unit.h"

#define STATUS "var/lib/dpkg/status"
#define INFO "var/lib/dpkg/info/"
#define STANZA "Package: a\nStatus: install ok installed\nVersion: 1\n\n"

static char dir[64];

static void dir_setup(void)
{
	es_unit_enter_dir(dir);
}

static void dir_teardown(void)
{
	es_unit_leave_dir(dir);
}

START_TEST(no_database)
{
	struct es_packages *p = open_here();

	ck_assert_uint_eq(es_packages_count(p), 0);
	ck_assert_uint_eq(es_packages_stamp(p), 0);
	ck_assert_str_eq(owner_name(p, "/etc/passwd", NULL), "-");
	ck_assert_uint_eq(count_files(p), 0);
	es_packages_free(p);
	es_packages_free(NULL);
}
END_TEST

START_TEST(no_root)
{
	struct es_packages *p = NULL;
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_packages_open(&p, "missing", &err), -ENOENT);
	ck_assert_ptr_null(p);
	ck_assert_ptr_nonnull(strstr(err.msg, "missing"));
}
END_TEST

static uint64_t stamp_here(void)
{
	struct es_packages *p = open_here();
	uint64_t stamp = es_packages_stamp(p);

	/* Questions do not change it. */
	count_files(p);
	ck_assert(es_packages_stamp(p) == stamp);
	es_packages_free(p);
	return stamp;
}

START_TEST(stamp_follows_the_databases)
{
	struct timespec old[] = { { 5, 0 }, { 5, 1 } };
	uint64_t stamps[4];

	put(STATUS, STANZA);
	stamps[0] = stamp_here();
	ck_assert(stamps[0] != 0);
	ck_assert(stamp_here() == stamps[0]);
	ck_assert_int_eq(utimensat(AT_FDCWD, STATUS, old, 0), 0);
	stamps[1] = stamp_here();
	put("lib/apk/db/installed", "P:b\nV:1\n\n");
	stamps[2] = stamp_here();
	put("var/lib/pacman/local/c-1/desc", "%NAME%\nc\n\n%VERSION%\n1\n");
	stamps[3] = stamp_here();
	for (size_t i = 0; i < 4; i++)
		for (size_t j = 0; j < i; j++)
			ck_assert(stamps[i] != stamps[j]);
	/* Files that belong to packages are not the database. */
	put("usr/bin/x", "x");
	ck_assert(stamp_here() == stamps[3]);
}
END_TEST

START_TEST(managers_side_by_side)
{
	struct es_packages *p;

	put(STATUS, "Package: b\nStatus: install ok installed\n"
		    "Architecture: i386\n\n"
		    "Package: b\nStatus: install ok installed\n"
		    "Architecture: amd64\n\n");
	put("lib/apk/db/installed", "P:c\nV:2\nA:x86_64\n\nP:a\nV:1\n");
	put("var/lib/pacman/local/b-1/desc", "%NAME%\nb\n\n%VERSION%\n1\n");
	p = open_here();
	ck_assert_uint_eq(es_packages_count(p), 5);
	ck_assert_str_eq(es_packages_at(p, 0)->name, "a");
	ck_assert_str_eq(es_packages_at(p, 0)->manager, "apk");
	ck_assert_str_eq(es_packages_at(p, 0)->arch, "");
	ck_assert_str_eq(es_packages_at(p, 1)->manager, "pacman");
	ck_assert_str_eq(es_packages_at(p, 2)->arch, "amd64");
	ck_assert_str_eq(es_packages_at(p, 3)->arch, "i386");
	ck_assert_str_eq(es_packages_at(p, 3)->version, "");
	ck_assert_str_eq(es_packages_at(p, 4)->version, "2");
	es_packages_free(p);
}
END_TEST

/* As the list has it, and as it is on disk. */
static const struct {
	const char *listed;
	const char *real;
} aliases[] = {
	{ "/bin/ls", "/usr/bin/ls" },
	{ "/lib/x/y/z", "/usr/lib/x/y/z" },
	{ "/lib64/ld.so", "/usr/lib/ld.so" },
	{ "/var/run/x/pid", "/run/x/pid" },
	{ "/var/lock/l", "/run/lock/l" },
	{ "/abs/file", "/usr/bin/file" },
	{ "/up/file2", "/usr/file2" },
	{ "/usr/bin/plain", "/usr/bin/plain" },
	{ "/loop/x", "/loop/x" },
	{ "/dangling/x", "/nowhere/x" },
	{ "/", "/" },
};

static void make_links(void)
{
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_mkdirs("usr/bin", 0755, &err), 0);
	ck_assert_int_eq(es_mkdirs("usr/lib", 0755, &err), 0);
	ck_assert_int_eq(es_mkdirs("run/lock", 0755, &err), 0);
	ck_assert_int_eq(es_mkdirs("var", 0755, &err), 0);
	ck_assert_int_eq(symlink("usr/bin", "bin"), 0);
	ck_assert_int_eq(symlink("usr/lib", "lib"), 0);
	ck_assert_int_eq(symlink("usr/lib64", "lib64"), 0);
	ck_assert_int_eq(symlink("lib", "usr/lib64"), 0);
	ck_assert_int_eq(symlink("../run", "var/run"), 0);
	ck_assert_int_eq(symlink("/run/lock", "var/lock"), 0);
	ck_assert_int_eq(symlink("/bin", "abs"), 0);
	ck_assert_int_eq(symlink("../../usr/bin/..", "up"), 0);
	ck_assert_int_eq(symlink("loop2", "loop"), 0);
	ck_assert_int_eq(symlink("loop", "loop2"), 0);
	ck_assert_int_eq(symlink("nowhere", "dangling"), 0);
}

START_TEST(symlinks_of_directories)
{
	struct es_packages *p;

	make_links();
	put(STATUS, STANZA);
	put(INFO "a.list", "/.\n/bin/ls\n/lib/x/y/z\n/lib64/ld.so\n"
			   "/var/run/x/pid\n/var/lock/l\n/abs/file\n"
			   "/up/file2\n/usr/bin/plain\n/loop/x\n"
			   "/dangling/x\n/bin\n");
	p = open_here();
	ck_assert_str_eq(owner_name(p, aliases[_i].real, NULL), "a");
	/* Asked for by the other name, it is the same file. */
	ck_assert_str_eq(owner_name(p, aliases[_i].listed, NULL), "a");
	ck_assert_str_eq(owner_name(p, "/bin", NULL), "a");
	/* A directory that no list names, below one that is a symlink. */
	ck_assert_str_eq(owner_name(p, "/bin/plain", NULL), "a");
	ck_assert_str_eq(owner_name(p, "/usr/bin/none", NULL), "-");
	ck_assert_str_eq(owner_name(p, "/usr/none/none", NULL), "-");
	ck_assert_uint_eq(count_files(p), 12);
	es_packages_free(p);
}
END_TEST

/* One file under two names of its directory is one file. */
START_TEST(two_names_one_file)
{
	struct es_packages *p;

	make_links();
	put(STATUS, STANZA "Package: b\nStatus: install ok installed\n");
	put(INFO "a.list", "/bin/x\n");
	put(INFO "b.list", "/usr/bin/x\n/usr/bin/y\n");
	p = open_here();
	ck_assert_uint_eq(count_files(p), 2);
	ck_assert_str_eq(owner_name(p, "/usr/bin/x", NULL), "a");
	ck_assert_str_eq(owner_name(p, "/bin/y", NULL), "b");
	es_packages_free(p);
}
END_TEST

static const char *const no_paths[] = {
	"",	   "relative", "/etc/./x", "/etc/../x", "/etc//x",
	"//etc/x", "/etc/.",   "/etc/..",  "/..",	"\x01\xff",
};

START_TEST(odd_paths_are_nobodys)
{
	struct es_packages *p;
	char list[256];

	snprintf(list, sizeof(list), "%s\n/etc/good\n%s\n/etc/sub/",
		 no_paths[_i], no_paths[_i]);
	put(STATUS, STANZA);
	put(INFO "a.list", list);
	p = open_here();
	ck_assert_str_eq(owner_name(p, no_paths[_i], NULL), "-");
	ck_assert_str_eq(owner_name(p, "/etc/good", NULL), "a");
	ck_assert_str_eq(owner_name(p, "/etc/sub", NULL), "a");
	ck_assert_uint_eq(count_files(p), 2);
	es_packages_free(p);
}
END_TEST

START_TEST(paths_that_no_kernel_takes)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 22);
	struct es_packages *p;

	es_buf_adds(&b, "/nul\n/n");
	es_buf_addc(&b, '\0');
	es_buf_adds(&b, "/x\n/x\n");
	es_buf_adds(&b, "/long");
	for (size_t i = 0; i < 1 << 20; i++)
		es_buf_addc(&b, 'x');
	es_buf_adds(&b, "\n");
	for (size_t i = 0; i < 1 << 19; i++)
		es_buf_adds(&b, "/d");
	es_buf_adds(&b, "\n/last");
	put(STATUS, STANZA);
	put_bytes(INFO "a.list", b.data, b.len);
	p = open_here();
	ck_assert_uint_eq(count_files(p), 3);
	ck_assert_str_eq(owner_name(p, "/last", NULL), "a");
	es_packages_free(p);
}
END_TEST

static int stop_at_two(void *payload, const char *path, size_t len,
		       const struct es_package_file *file)
{
	(void)path;
	(void)len;
	(void)file;
	return ++*(int *)payload == 2 ? -ECANCELED : 1;
}

START_TEST(each_file_can_be_ended)
{
	struct es_error err = ES_ERROR_INIT;
	struct es_packages *p;
	int n = 0;

	put(STATUS, STANZA);
	put(INFO "a.list", "/x\n/y\n/z\n");
	p = open_here();
	ck_assert_int_eq(es_packages_each_file(p, stop_at_two, &n, &err),
			 -ECANCELED);
	ck_assert_int_eq(n, 2);
	es_packages_free(p);
}
END_TEST

/* More files than the first tables have room for. */
START_TEST(many_files)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 24);
	struct es_packages *p;
	char path[64];

	for (int i = 0; i < 60000; i++)
		es_buf_addf(&b, "/usr/share/d%d/f%d\n", i / 7, i);
	put(STATUS, STANZA);
	put_bytes(INFO "a.list", b.data, b.len);
	p = open_here();
	ck_assert_uint_eq(count_files(p), 60000);
	for (int i = 0; i < 60000; i++) {
		snprintf(path, sizeof(path), "/usr/share/d%d/f%d", i / 7, i);
		ck_assert_str_eq(owner_name(p, path, NULL), "a");
		snprintf(path, sizeof(path), "/usr/share/d%d/f%d", i / 7 + 1,
			 i);
		ck_assert_str_eq(owner_name(p, path, NULL), "-");
	}
	es_packages_free(p);
}
END_TEST

/* Digests of "hello\n" by md5sum, sha1sum and sha256sum. */
static const struct {
	enum es_package_digest kind;
	const char *hex;
	size_t len;
} hellos[] = {
	{ ES_PACKAGE_MD5, "b1946ac92492d2347c6235b4d2611184", 16 },
	{ ES_PACKAGE_SHA1, "f572d396fae9206628714fb2ce00f72e94f2258f", 20 },
	{ ES_PACKAGE_SHA256,
	  "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
	  32 },
};

START_TEST(check_compares_contents)
{
	struct es_package_file file = { .kind = hellos[_i].kind };
	char room[16];
	int fd;

	ck_assert_int_eq(es_unhex(file.digest, hellos[_i].hex, hellos[_i].len),
			 0);
	put("same", "hello\n");
	put("other", "hello?");
	put("empty", "");
	fd = open("same", O_RDONLY);
	ck_assert_int_eq(es_packages_check(&file, fd), 1);
	/* From the start, wherever it stands. */
	ck_assert_int_eq(read(fd, room, 3), 3);
	ck_assert_int_eq(es_packages_check(&file, fd), 1);
	file.digest[hellos[_i].len - 1] ^= 1;
	ck_assert_int_eq(es_packages_check(&file, fd), 0);
	file.digest[hellos[_i].len - 1] ^= 1;
	close(fd);
	fd = open("other", O_RDONLY);
	ck_assert_int_eq(es_packages_check(&file, fd), 0);
	close(fd);
	fd = open("empty", O_RDONLY);
	ck_assert_int_eq(es_packages_check(&file, fd), 0);
	close(fd);
	fd = open(".", O_RDONLY);
	ck_assert_int_eq(es_packages_check(&file, fd), -EISDIR);
	close(fd);
	ck_assert_int_eq(es_packages_check(&file, fd), -EBADF);
}
END_TEST

START_TEST(check_without_checksum)
{
	struct es_package_file file = { .kind = ES_PACKAGE_NONE };

	put("x", "x");
	int fd = open("x", O_RDONLY);
	ck_assert_int_eq(es_packages_check(&file, fd), -ENOTSUP);
	close(fd);
}
END_TEST

/* Longer than what is read at once. */
START_TEST(check_reads_to_the_end)
{
	struct es_package_file file = { .kind = ES_PACKAGE_SHA256 };
	size_t len = 1000000;
	char *data = malloc(len);

	ck_assert_ptr_nonnull(data);
	memset(data, 'a', len);
	es_sha256(file.digest, data, len);
	put_bytes("long", data, len);
	int fd = open("long", O_RDWR);
	ck_assert_int_eq(es_packages_check(&file, fd), 1);
	ck_assert_int_eq(pwrite(fd, "b", 1, (off_t)len - 1), 1);
	ck_assert_int_eq(es_packages_check(&file, fd), 0);
	close(fd);
	free(data);
}
END_TEST

/* Databases that lie elsewhere are not those of the root. */
START_TEST(symlinks_do_not_lead_out)
{
	struct es_error err = ES_ERROR_INIT;
	struct es_packages *p = NULL;

	put("outside/status", STANZA);
	ck_assert_int_eq(es_mkdirs("root/var/lib", 0755, &err), 0);
	ck_assert_int_eq(symlink("../../../outside", "root/var/lib/dpkg"), 0);
	ck_assert_int_eq(es_packages_open(&p, "root", &err), 0);
	ck_assert_uint_eq(es_packages_count(p), 0);
	es_packages_free(p);
	/* Within the root they are followed. */
	put("root/outside/status", STANZA);
	ck_assert_int_eq(es_packages_open(&p, "root", &err), 0);
	ck_assert_uint_eq(es_packages_count(p), 1);
	es_packages_free(p);
}
END_TEST

static const char *const fifo_paths[] = { STATUS, "lib/apk/db/installed",
					  "var/lib/pacman/local/a-1/desc" };

START_TEST(no_regular_file)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);
	struct es_error err = ES_ERROR_INIT;
	struct es_packages *p = NULL;

	es_path_dirname(&b, fifo_paths[_i]);
	ck_assert_int_eq(es_mkdirs(b.data, 0755, &err), 0);
	ck_assert_int_eq(mkfifo(fifo_paths[_i], 0600), 0);
	ck_assert_int_eq(es_packages_open(&p, ".", &err), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, fifo_paths[_i]));
	ck_assert_int_eq(unlink(fifo_paths[_i]), 0);
	ck_assert_int_eq(mkdir(fifo_paths[_i], 0700), 0);
	ck_assert_int_eq(es_packages_open(&p, ".", &err), -EINVAL);
	ck_assert_ptr_null(p);
}
END_TEST

START_TEST(a_list_that_is_a_fifo)
{
	struct es_package_file file;
	struct es_error err = ES_ERROR_INIT;
	struct es_packages *p;

	put(STATUS, STANZA);
	put(INFO "b.list", "");
	ck_assert_int_eq(mkfifo(INFO "a.list", 0600), 0);
	p = open_here();
	ck_assert_int_eq(es_packages_owner(p, "/x", 2, &file, &err), -EINVAL);
	/* Mended, the next question is answered. */
	ck_assert_int_eq(unlink(INFO "a.list"), 0);
	put(INFO "a.list", "/x\n");
	ck_assert_str_eq(owner_name(p, "/x", NULL), "a");
	es_packages_free(p);
}
END_TEST

static void mutate(char *data, size_t len, uint64_t *state)
{
	static const char likely[] = "\n\n\n: /\0\t\\%QFRZ\xff";

	for (int i = 0; i < 8 && len > 0; i++) {
		uint64_t r = es_unit_random(state);

		data[r % len] = likely[(r >> 32) % sizeof(likely)];
	}
}

/* Every database broken in some way at once: no crash, no error. */
START_TEST(broken_databases)
{
	static const char status[] =
		"Package: a\nStatus: install ok installed\nVersion: 1\n"
		"Multi-Arch: same\nArchitecture: all\nConffiles:\n"
		" /etc/a b1946ac92492d2347c6235b4d2611184 obsolete\n\n";
	static const char sums[] = "b1946ac92492d2347c6235b4d2611184  usr/a\n";
	static const char apk[] =
		"P:b\nV:1\nF:usr\nR:b\nZ:Q19XLTlvrpIGYocU+yzgD3LpTyJY8=\n\n";
	static const char desc[] = "%NAME%\nc\n\n%VERSION%\n1\n";
	static const char files[] =
		"%FILES%\nusr/\nusr/c\n\n%BACKUP%\nusr/c\tabc\n";
	static const struct {
		const char *path;
		const char *text;
		size_t len;
	} all[] = {
		{ STATUS, status, sizeof(status) - 1 },
		{ INFO "a.list", "/usr\n/usr/a\n/etc/a\n", 19 },
		{ INFO "a.md5sums", sums, sizeof(sums) - 1 },
		{ "var/lib/dpkg/diversions", "/a\n/b\nc\n", 8 },
		{ "lib/apk/db/installed", apk, sizeof(apk) - 1 },
		{ "var/lib/pacman/local/c-1/desc", desc, sizeof(desc) - 1 },
		{ "var/lib/pacman/local/c-1/files", files, sizeof(files) - 1 },
		{ "var/lib/pacman/local/c-1/mtree", "\x1f\x8b\x08garbage", 10 },
	};
	uint64_t state = 12345;

	for (int round = 0; round < 300; round++) {
		for (size_t i = 0; i < es_lengthof(all); i++) {
			char copy[512];
			size_t len = all[i].len;

			memcpy(copy, all[i].text, len);
			if (round > 0)
				mutate(copy, len, &state);
			if (round % 3 == 1)
				len = es_unit_random(&state) % (len + 1);
			put_bytes(all[i].path, copy, len);
		}
		struct es_packages *p = open_here();
		size_t n = count_files(p);
		if (round == 0)
			ck_assert_uint_eq(n, 5);
		owner_name(p, "/usr/a", NULL);
		es_packages_free(p);
	}
}
END_TEST

START_TEST(random_bytes)
{
	static const char *const paths[] = {
		STATUS,
		INFO "a.list",
		INFO "a.md5sums",
		"var/lib/dpkg/diversions",
		"lib/apk/db/installed",
		"var/lib/pacman/local/c-1/desc",
		"var/lib/pacman/local/c-1/files",
		"var/lib/pacman/local/c-1/mtree",
	};
	uint64_t state = 777;
	char data[4096];

	for (int round = 0; round < 50; round++) {
		for (size_t i = 0; i < es_lengthof(paths); i++) {
			for (size_t j = 0; j < sizeof(data); j++)
				data[j] = (char)es_unit_random(&state);
			put_bytes(paths[i], data, sizeof(data));
		}
		struct es_packages *p = open_here();
		count_files(p);
		es_packages_free(p);
	}
}
END_TEST

static Suite *packages_suite(void)
{
	Suite *s = suite_create("packages");
	TCase *tc = tcase_create("core");

	tcase_add_checked_fixture(tc, dir_setup, dir_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, no_database);
	tcase_add_test(tc, no_root);
	tcase_add_test(tc, stamp_follows_the_databases);
	tcase_add_test(tc, managers_side_by_side);
	tcase_add_loop_test(tc, symlinks_of_directories, 0,
			    es_lengthof(aliases));
	tcase_add_test(tc, two_names_one_file);
	tcase_add_loop_test(tc, odd_paths_are_nobodys, 0,
			    es_lengthof(no_paths));
	tcase_add_test(tc, paths_that_no_kernel_takes);
	tcase_add_test(tc, each_file_can_be_ended);
	tcase_add_test(tc, many_files);
	tcase_add_loop_test(tc, check_compares_contents, 0,
			    es_lengthof(hellos));
	tcase_add_test(tc, check_without_checksum);
	tcase_add_test(tc, check_reads_to_the_end);
	tcase_add_test(tc, symlinks_do_not_lead_out);
	tcase_add_loop_test(tc, no_regular_file, 0, es_lengthof(fifo_paths));
	tcase_add_test(tc, a_list_that_is_a_fifo);
	tcase_add_test(tc, broken_databases);
	tcase_add_test(tc, random_bytes);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return es_unit_main(packages_suite());
}
