/* SPDX-License-Identifier: MIT */
/* test_packages_others.c - unit tests of what pacman, apk and rpm keep */
#include "config.h"

#include "etcsnap/packages.h"

#include "packages_unit.h"

#define LOCAL "var/lib/pacman/local/"
#define APK "lib/apk/db/installed"
#define MD5_A "0123456789abcdef0123456789abcdef"
#define SHA_A                              \
	"0123456789abcdef0123456789abcdef" \
	"0123456789abcdef0123456789abcdef"

static char dir[64];

static void dir_setup(void)
{
	es_unit_enter_dir(dir);
}

static void dir_teardown(void)
{
	es_unit_leave_dir(dir);
}

/* --- pacman --- */

static void put_zipped(const char *path, const char *text)
{
	const char *const argv[] = { "sh", "-c", "gzip -nc text >\"$0\"", path,
				     NULL };
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);

	put("text", text);
	ck_assert_int_eq(es_unit_run(&b, argv, NULL), 0);
}

static void make_pacman(void)
{
	put(LOCAL "ALPM_DB_VERSION", "9\n");
	put(LOCAL "bash-5.2-1/desc",
	    "%NAME%\nbash\n\n%VERSION%\n5.2-1\n\n%BASE%\nbash\n\n"
	    "%DESC%\nThe shell\n\n%ARCH%\nx86_64\n\n%DEPENDS%\nglibc\n\n");
	put(LOCAL "bash-5.2-1/files",
	    "%FILES%\netc/\netc/bash.bashrc\netc/skel/\netc/skel/.bashrc\n"
	    "usr/\nusr/bin/\nusr/bin/bash\nusr/bin/sh\nusr/with blank\n\n"
	    "%BACKUP%\netc/bash.bashrc\t" MD5_A "\netc/skel/.bashrc\t(null)\n");
	put(LOCAL "glibc-2.38-1/desc",
	    "%NAME%\nglibc\n\n%VERSION%\n2.38-1\n\n%ARCH%\nx86_64\n");
	put(LOCAL "glibc-2.38-1/files", "%FILES%\nusr/\nusr/lib/\n"
					"usr/lib/libc.so.6\n");
}

START_TEST(pacman_packages)
{
	struct es_packages *p;

	make_pacman();
	put(LOCAL "empty-1/desc", "");
	put(LOCAL "nameless-1/desc", "%VERSION%\n1\n");
	put(LOCAL "descless-1/files", "%FILES%\nusr/x\n");
	p = open_here();
	ck_assert_uint_eq(es_packages_count(p), 2);
	const struct es_package *k = es_packages_at(p, 0);
	ck_assert_str_eq(k->name, "bash");
	ck_assert_str_eq(k->version, "5.2-1");
	ck_assert_str_eq(k->arch, "x86_64");
	ck_assert_str_eq(k->manager, "pacman");
	ck_assert_str_eq(k->status, "installed");
	ck_assert_str_eq(es_packages_at(p, 1)->name, "glibc");
	ck_assert_uint_eq(count_files(p), 11);
	es_packages_free(p);
}
END_TEST

START_TEST(pacman_files)
{
	struct es_package_file file;
	struct es_packages *p;
	char hex[65];

	make_pacman();
	put_zipped(LOCAL "bash-5.2-1/mtree",
		   "#mtree\n/set type=file uid=0 gid=0 mode=644\n"
		   "./.PKGINFO time=1.0 size=9 sha256digest=" SHA_A "\n"
		   "./etc time=1.0 mode=755 type=dir\n"
		   "./usr/bin/bash time=1.0 mode=755 size=1 md5digest=" MD5_A
		   " sha256digest=" SHA_A "\n"
		   "./usr/bin/sh time=1.0 mode=777 type=link link=bash\n"
		   "./usr/with\\040blank time=1.0 size=2 md5digest=" MD5_A "\n"
		   "./usr/lib/libc.so.6 sha256digest=" SHA_A "\n"
		   "./etc/bash.bashrc sha256digest=0123\n");
	p = open_here();
	ck_assert_str_eq(owner_name(p, "/usr/bin/bash", &file), "bash");
	ck_assert_int_eq(file.kind, ES_PACKAGE_SHA256);
	ck_assert_str_eq(hex_of(&file, hex), SHA_A);
	ck_assert(!file.conffile);
	ck_assert_str_eq(owner_name(p, "/usr/bin/sh", &file), "bash");
	ck_assert_int_eq(file.kind, ES_PACKAGE_NONE);
	ck_assert_str_eq(owner_name(p, "/usr/with blank", &file), "bash");
	ck_assert_str_eq(hex_of(&file, hex), MD5_A);
	ck_assert_str_eq(owner_name(p, "/etc/bash.bashrc", &file), "bash");
	ck_assert(file.conffile);
	ck_assert_str_eq(hex_of(&file, hex), MD5_A);
	ck_assert_str_eq(owner_name(p, "/etc/skel/.bashrc", &file), "bash");
	ck_assert(file.conffile);
	ck_assert_int_eq(file.kind, ES_PACKAGE_NONE);
	ck_assert_str_eq(owner_name(p, "/usr/bin", &file), "bash");
	/* Another package's file is not for bash to speak of. */
	ck_assert_str_eq(owner_name(p, "/usr/lib/libc.so.6", &file), "glibc");
	ck_assert_int_eq(file.kind, ES_PACKAGE_NONE);
	es_packages_free(p);
}
END_TEST

static const char *const mtrees[] = {
	"",
	"\x1f",
	"\x1f\x8b\x08",
	"#mtree\n./usr/bin/bash sha256digest=" SHA_A "\n",
	"\x78\x9c\xff\xff\xff",
};

START_TEST(pacman_broken_mtree)
{
	struct es_package_file file;
	struct es_packages *p;

	make_pacman();
	put(LOCAL "bash-5.2-1/mtree", mtrees[_i]);
	p = open_here();
	ck_assert_str_eq(owner_name(p, "/usr/bin/bash", &file), "bash");
	ck_assert_int_eq(file.kind, ES_PACKAGE_NONE);
	ck_assert_uint_eq(count_files(p), 11);
	es_packages_free(p);
}
END_TEST

/* What came before the end of a stream that was cut off still counts. */
START_TEST(pacman_cut_mtree)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 24);
	struct es_package_file file;
	struct es_packages *p;
	struct stat st;
	uint64_t state = 1;

	make_pacman();
	es_buf_adds(&b, "./usr/bin/bash sha256digest=" SHA_A "\n");
	for (int i = 0; i < 100000; i++)
		es_buf_addf(&b, "./x%llx size=1\n",
			    (unsigned long long)es_unit_random(&state));
	put_zipped(LOCAL "bash-5.2-1/mtree", b.data);
	ck_assert_int_eq(stat(LOCAL "bash-5.2-1/mtree", &st), 0);
	ck_assert_int_eq(truncate(LOCAL "bash-5.2-1/mtree", st.st_size / 2), 0);
	p = open_here();
	ck_assert_str_eq(owner_name(p, "/usr/bin/bash", &file), "bash");
	ck_assert_int_eq(file.kind, ES_PACKAGE_SHA256);
	es_packages_free(p);
}
END_TEST

/* --- apk --- */

/* "hello\n" */
#define Q1 "Q19XLTlvrpIGYocU+yzgD3LpTyJY8="
#define Q1_HEX "f572d396fae9206628714fb2ce00f72e94f2258f"
#define Q2 "Q2WJG1tSLV3whtD/CxEPvZ0hu0/HFjrzTQgoai6Eb2vgM="
#define Q2_HEX                             \
	"5891b5b522d5df086d0ff0b110fbd9d2" \
	"1bb4fc7163af34d08286a2e846f6be03"

static const char apk_text[] =
	"C:Q1p78yvTLG094tHE1+dToJGbmYzQE=\nP:musl\nV:1.2.4-r2\nA:x86_64\n"
	"S:1\nI:2\nT:the C library\nF:lib\nR:ld-musl-x86_64.so.1\na:0:0:755\n"
	"Z:" Q1 "\nR:libc.so\na:0:0:777\nZ:" Q2 "\n\n"
	"P:busybox\nV:1.36.1-r5\nA:x86_64\nF:bin\nR:busybox\nZ:" Q1 "\n"
	"F:etc\nM:0:0:755\nR:securetty\nZ:" Q1 "\nF:etc/init.d\nR:x\n"
	"F:etc/apk\nR:world\nF:etc/network/if-up.d\nR:dad\nF:etcetera\nR:z\n"
	"F:\nR:toplevel\n\n"
	"P:cut\nf:fs\nV:1";

START_TEST(apk_packages)
{
	struct es_packages *p;

	put(APK, apk_text);
	p = open_here();
	ck_assert_uint_eq(es_packages_count(p), 3);
	const struct es_package *k = es_packages_at(p, 2);
	ck_assert_str_eq(k->name, "musl");
	ck_assert_str_eq(k->version, "1.2.4-r2");
	ck_assert_str_eq(k->arch, "x86_64");
	ck_assert_str_eq(k->manager, "apk");
	ck_assert_str_eq(k->status, "installed");
	ck_assert_str_eq(es_packages_at(p, 1)->status, "broken");
	ck_assert_str_eq(es_packages_at(p, 1)->version, "1");
	es_packages_free(p);
}
END_TEST

/* A path, its owner and digest, and whether it is a conffile. */
static const struct {
	const char *path;
	const char *owner;
	const char *hex;
	bool conffile;
} apk_paths[] = {
	{ "/lib", "musl", "", false },
	{ "/lib/ld-musl-x86_64.so.1", "musl", Q1_HEX, false },
	{ "/lib/libc.so", "musl", Q2_HEX, false },
	{ "/bin/busybox", "busybox", Q1_HEX, false },
	{ "/etc/securetty", "busybox", Q1_HEX, true },
	{ "/etc/init.d/x", "busybox", "", false },
	{ "/etc/apk/world", "busybox", "", false },
	{ "/etc/network/if-up.d/dad", "busybox", "", true },
	{ "/etcetera/z", "busybox", "", false },
	{ "/toplevel", "busybox", "", false },
	{ "/", "busybox", "", false },
	{ "/lib/none", "-", "", false },
};

START_TEST(apk_files)
{
	struct es_package_file file = { .kind = ES_PACKAGE_NONE };
	struct es_packages *p;
	char hex[65];

	/* Also where /lib is a symlink, as in newer images. */
	put(_i % 2 ? "usr/" APK : APK, apk_text);
	p = open_here();
	ck_assert_str_eq(owner_name(p, apk_paths[_i].path, &file),
			 apk_paths[_i].owner);
	ck_assert_str_eq(hex_of(&file, hex), apk_paths[_i].hex);
	ck_assert_int_eq(file.conffile, apk_paths[_i].conffile);
	ck_assert_uint_eq(count_files(p), 17);
	es_packages_free(p);
}
END_TEST

static const char *const apk_digests[] = {
	"Q1",
	"Q",
	"",
	"Q1!!!!",
	"Q1AAAA",
	"X1f572d396fae9206628714fb2ce00f72e94f2258f",
	"Q2"
	"9XLTlvrpIGYocU+yzgD3LpTyJY8=",
	Q1 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
};

START_TEST(apk_broken_digests)
{
	struct es_package_file file;
	struct es_packages *p;
	char text[256];

	snprintf(text, sizeof(text),
		 "P:a\nV:1\nZ:" Q1 "\nF:x\nZ:" Q1 "\nR:y\nZ:%s\n",
		 apk_digests[_i]);
	put(APK, text);
	p = open_here();
	ck_assert_str_eq(owner_name(p, "/x/y", &file), "a");
	ck_assert_int_eq(file.kind, ES_PACKAGE_NONE);
	ck_assert_str_eq(owner_name(p, "/x", &file), "a");
	ck_assert_int_eq(file.kind, ES_PACKAGE_NONE);
	es_packages_free(p);
}
END_TEST

/* The database is another when its files are asked for. */
START_TEST(apk_changes_meanwhile)
{
	struct es_packages *p;

	put(APK, apk_text);
	p = open_here();
	put(APK, "P:other\nV:1\nF:x\nR:y\n");
	ck_assert_str_eq(owner_name(p, "/x/y", NULL), "-");
	es_packages_free(p);
}
END_TEST

/* --- rpm --- */

#ifdef HAVE_RPM

static const char spec[] =
	"Name: tiny\nVersion: 1.2\nRelease: 3\nEpoch: 4\nSummary: x\n"
	"License: MIT\nBuildArch: noarch\n%description\nx\n%install\n"
	"mkdir -p %{buildroot}/etc %{buildroot}/usr/bin %{buildroot}/var\n"
	"echo hello >%{buildroot}/usr/bin/tiny\n"
	"echo hello >%{buildroot}/etc/tiny.conf\n"
	"ln -s tiny %{buildroot}/usr/bin/link\n"
	"touch %{buildroot}/var/ghost\n"
	"%files\n%config(noreplace) /etc/tiny.conf\n/usr/bin/tiny\n"
	"/usr/bin/link\n%ghost /var/ghost\n%dir /usr/bin\n";

/* rpm's own files go where HOME is. */
static const char script[] =
	"HOME=$PWD; export HOME\n"
	"rpmbuild -bb --quiet --define \"_topdir $PWD/top\" tiny.spec &&\n"
	"rpm --root \"$PWD/root\" --dbpath /var/lib/rpm --initdb &&\n"
	"rpm --root \"$PWD/root\" --dbpath /var/lib/rpm -i --nodeps "
	"--ignoreos --ignorearch top/RPMS/noarch/tiny-*.rpm\n";

static bool make_rpm(void)
{
	static const char *const argv[] = { "sh", "make.sh", NULL };
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);

	if (lacks("rpmbuild") || lacks("rpm"))
		return false;
	if (geteuid() != 0) {
		printf("# skipped: rpm --root needs root\n");
		fflush(stdout);
		return false;
	}
	put("tiny.spec", spec);
	put("make.sh", script);
	ck_assert_int_eq(mkdir("root", 0755), 0);
	int rc = es_unit_run(&b, argv, NULL);
	ck_assert_msg(rc == 0, "%s", es_buf_str(&b));
	return true;
}

static struct es_packages *open_rpm(void)
{
	struct es_packages *p = NULL;
	struct es_error err = ES_ERROR_INIT;
	int rc = es_packages_open(&p, "root", &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	return p;
}

START_TEST(rpm_database)
{
	struct es_package_file file;
	char hex[65];

	if (!make_rpm())
		return;
	struct es_packages *p = open_rpm();
	ck_assert_uint_eq(es_packages_count(p), 1);
	const struct es_package *k = es_packages_at(p, 0);
	ck_assert_str_eq(k->name, "tiny");
	ck_assert_str_eq(k->version, "4:1.2-3");
	ck_assert_str_eq(k->arch, "noarch");
	ck_assert_str_eq(k->manager, "rpm");
	ck_assert_str_eq(k->status, "installed");
	ck_assert(es_packages_stamp(p) != 0);
	ck_assert_uint_eq(count_files(p), 5);
	ck_assert_str_eq(owner_name(p, "/usr/bin/tiny", &file), "tiny");
	ck_assert_str_eq(hex_of(&file, hex), Q2_HEX);
	ck_assert(!file.conffile);
	int fd = open("root/usr/bin/tiny", O_RDONLY);
	ck_assert_int_eq(es_packages_check(&file, fd), 1);
	close(fd);
	ck_assert_str_eq(owner_name(p, "/etc/tiny.conf", &file), "tiny");
	ck_assert(file.conffile);
	ck_assert_str_eq(owner_name(p, "/usr/bin/link", &file), "tiny");
	ck_assert_int_eq(file.kind, ES_PACKAGE_NONE);
	ck_assert_str_eq(owner_name(p, "/usr/bin", &file), "tiny");
	ck_assert_str_eq(owner_name(p, "/var/ghost", &file), "tiny");
	ck_assert_int_eq(file.kind, ES_PACKAGE_NONE);
	ck_assert_str_eq(owner_name(p, "/etc", NULL), "-");
	es_packages_free(p);
}
END_TEST

/* Neither macros of the user nor words of librpm come in or out. */
START_TEST(rpm_minds_its_own)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	struct es_packages *p;

	if (!make_rpm())
		return;
	put(".rpmmacros", "%_dbpath %(touch was-run)/nowhere\n"
			  "%_rpmlock_path %(touch was-run)\n");
	ck_assert_int_eq(setenv("HOME", dir, 1), 0);
	int out = dup(2);
	int fd = open("words", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(dup2(fd, 2), 2);
	p = open_rpm();
	size_t n = count_files(p);
	es_packages_free(p);
	put("root/var/lib/rpm/rpmdb.sqlite", "garbage");
	struct es_error err = ES_ERROR_INIT;
	int rc = es_packages_open(&p, "root", &err);
	ck_assert_int_eq(dup2(out, 2), 2);
	close(out);
	close(fd);
	ck_assert_uint_eq(n, 5);
	ck_assert_int_eq(rc, -EIO);
	ck_assert_ptr_nonnull(strstr(err.msg, "rpm database"));
	ck_assert_int_eq(es_read_file(&b, AT_FDCWD, "words", &err), 0);
	ck_assert_str_eq(es_buf_str(&b), "");
	ck_assert_int_ne(access("was-run", F_OK), 0);
}
END_TEST

/* The log of SQLite, which reading may leave empty, is no change. */
START_TEST(rpm_stamp_is_steady)
{
	if (!make_rpm())
		return;
	struct es_packages *p = open_rpm();
	uint64_t stamp = es_packages_stamp(p);
	es_packages_free(p);
	unlink("root/var/lib/rpm/rpmdb.sqlite-wal");
	unlink("root/var/lib/rpm/rpmdb.sqlite-shm");
	for (int i = 0; i < 2; i++) {
		p = open_rpm();
		ck_assert(es_packages_stamp(p) == stamp);
		es_packages_free(p);
	}
}
END_TEST

#endif

static Suite *packages_others_suite(void)
{
	Suite *s = suite_create("packages_others");
	TCase *tc = tcase_create("others");

	tcase_add_checked_fixture(tc, dir_setup, dir_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, pacman_packages);
	tcase_add_test(tc, pacman_files);
	tcase_add_loop_test(tc, pacman_broken_mtree, 0, es_lengthof(mtrees));
	tcase_add_test(tc, pacman_cut_mtree);
	tcase_add_test(tc, apk_packages);
	tcase_add_loop_test(tc, apk_files, 0, es_lengthof(apk_paths));
	tcase_add_loop_test(tc, apk_broken_digests, 0,
			    es_lengthof(apk_digests));
	tcase_add_test(tc, apk_changes_meanwhile);
#ifdef HAVE_RPM
	tcase_add_test(tc, rpm_database);
	tcase_add_test(tc, rpm_minds_its_own);
	tcase_add_test(tc, rpm_stamp_is_steady);
#endif
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return es_unit_main(packages_others_suite());
}
