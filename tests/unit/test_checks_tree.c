/* SPDX-License-Identifier: MIT */
/* test_checks_tree.c - unit tests of checks that look at watched files */
#include "config.h"

#include "checks_unit.h"

#include <sys/wait.h>

static char work[64];
static struct es_unit_checks unit;

static void enter(void)
{
	es_unit_enter_dir(work);
	ck_assert_int_eq(chmod(work, 0755), 0);
	es_unit_checks_begin(&unit);
	es_unit_put_users();
	ck_assert_int_eq(mkdir("d", 0755), 0);
}

static void leave(void)
{
	es_unit_checks_end(&unit);
	es_unit_leave_dir(work);
}

#define ASSERT_FOUND(check, want) \
	ck_assert_str_eq(es_unit_checks_text(&unit, check), want)

/* The database of dpkg with one package; the sum is that of its file. */
static void put_package(const char *version, const char *sum)
{
	char text[512];

	snprintf(text, sizeof(text),
		 "Package: tool\nStatus: install ok installed\n"
		 "Version: %s\nArchitecture: all\nConffiles:\n"
		 " /etc/tool.conf 00000000000000000000000000000000\n\n",
		 version);
	es_unit_put("var/lib/dpkg/status", text, 0644);
	es_unit_put("var/lib/dpkg/info/tool.list",
		    "/.\n/usr\n/usr/bin\n/usr/bin/tool\n/usr/bin/other\n/etc\n"
		    "/etc/tool.conf\n",
		    0644);
	snprintf(text, sizeof(text),
		 "%s  usr/bin/tool\n"
		 "d41d8cd98f00b204e9800998ecf8427e  usr/bin/other\n",
		 sum);
	es_unit_put("var/lib/dpkg/info/tool.md5sums", text, 0644);
	es_unit_put("usr/bin/other", "", 0755);
	es_unit_put("etc/tool.conf", "changed\n", 0644);
}

/* MD5 of "hello\n" and of "world\n" */
#define MD5_HELLO "b1946ac92492d2347c6235b4d2611184"
#define MD5_WORLD "591785b794601e212b260e25925636fd"

#define ALL_FILE " everyone can write it\n"
#define ALL_DIR " everyone can write, and remove what others have there\n"

START_TEST(world_writable)
{
	es_unit_put("d/open", "", 0666);
	es_unit_put("d/group", "", 0664);
	es_unit_put("d/a b\n", "", 0602);
	ck_assert_int_eq(symlink("open", "d/link"), 0);
	es_unit_put("d/sticky/x", "", 0644);
	ck_assert_int_eq(chmod("d/sticky", 01777), 0);
	es_unit_put("d/bad/x", "", 0644);
	ck_assert_int_eq(chmod("d/bad", 0777), 0);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("world-writable", "/d/a\\040b\\012" ALL_FILE
				       "/d/bad/" ALL_DIR "/d/open" ALL_FILE);
	ck_assert_int_eq(chmod("d/open", 0644), 0);
	ck_assert_int_eq(chmod("d/bad", 0755), 0);
	ck_assert_int_eq(unlink("d/a b\n"), 0);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("world-writable", "");
}
END_TEST

/* Only changed directories are looked at; all other lines stay. */
START_TEST(lines_are_taken_over)
{
	es_unit_put("d/one/x", "", 0666);
	es_unit_put("d/two/sub/y", "", 0666);
	es_unit_put("d/two/z", "", 0666);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("world-writable",
		     "/d/one/x" ALL_FILE "/d/two/sub/y" ALL_FILE
		     "/d/two/z" ALL_FILE);
	es_unit_checks_run(&unit);
	ck_assert_uint_eq(unit.fed, 0);
	ASSERT_FOUND("world-writable",
		     "/d/one/x" ALL_FILE "/d/two/sub/y" ALL_FILE
		     "/d/two/z" ALL_FILE);
	es_unit_put("d/one/w", "", 0666);
	ck_assert_int_eq(chmod("d/one/x", 0644), 0);
	es_unit_checks_run(&unit);
	ck_assert_uint_eq(unit.fed, 1);
	ASSERT_FOUND("world-writable",
		     "/d/one/w" ALL_FILE "/d/two/sub/y" ALL_FILE
		     "/d/two/z" ALL_FILE);
}
END_TEST

START_TEST(a_directory_that_is_gone_takes_its_lines)
{
	es_unit_put("d/two/sub/y", "", 0666);
	es_unit_put("d/twofold", "", 0666);
	es_unit_checks_run(&unit);
	ck_assert_int_eq(unlink("d/two/sub/y"), 0);
	ck_assert_int_eq(rmdir("d/two/sub"), 0);
	ck_assert_int_eq(rmdir("d/two"), 0);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("world-writable", "/d/twofold" ALL_FILE);
}
END_TEST

/* A name like a line of its own, or a broken text, changes no other line. */
START_TEST(hostile_lines)
{
	static const char name[] = "d/x everyone\n/etc/passwd can";

	es_unit_put(name, "", 0666);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("world-writable",
		     "/d/x\\040everyone\\012/etc/passwd\\040can" ALL_FILE);
}
END_TEST

static const char *const broken[] = {
	"no path at all\n",   "/d/\\9\\999 x\n", "\n\n\n",
	"/d/gone x",	      " leading\n",	 "/\n",
	"relative/path is\n", "/ root dir\n",
};

START_TEST(broken_old_texts)
{
	es_unit_put("d/open", "", 0666);
	es_unit_checks_run(&unit);
	es_unit_keep(unit.texts, "findings/world-writable", 23, broken[_i],
		     strlen(broken[_i]));
	es_unit_put("d/more", "", 0666);
	es_unit_checks_run(&unit);
	const char *text = es_unit_checks_text(&unit, "world-writable");

	ck_assert_ptr_nonnull(strstr(text, "/d/more" ALL_FILE));
	ck_assert_ptr_nonnull(strstr(text, "/d/open" ALL_FILE));
}
END_TEST

START_TEST(settings_make_all_fresh)
{
	es_unit_put("d/open", "", 0666);
	es_unit_checks_run(&unit);
	snprintf(unit.conf, sizeof(unit.conf),
		 "[check world-writable]\nenabled = no\n");
	es_unit_checks_run(&unit);
	ck_assert_uint_gt(unit.fed, 0);
	ASSERT_FOUND("world-writable", "");
	unit.conf[0] = '\0';
	es_unit_checks_run(&unit);
	ck_assert_uint_gt(unit.fed, 0);
	ASSERT_FOUND("world-writable", "/d/open" ALL_FILE);
	/* How much it matters changes no finding. */
	snprintf(unit.conf, sizeof(unit.conf),
		 "[check world-writable]\nseverity = info\n");
	es_unit_checks_run(&unit);
	ck_assert_uint_eq(unit.fed, 0);
	ASSERT_FOUND("world-writable", "/d/open" ALL_FILE);
}
END_TEST

START_TEST(unknown_owners)
{
	es_unit_put("d/user", "", 0644);
	es_unit_put("d/group", "", 0644);
	es_unit_put("d/known", "", 0644);
	ck_assert_int_eq(chown("d/user", 4711, 0), 0);
	ck_assert_int_eq(chown("d/group", 0, 4712), 0);
	ck_assert_int_eq(chown("d/known", 1000, 1001), 0);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("unknown-owner", "/d/group group 4712 is unknown\n"
				      "/d/user user 4711 is unknown\n");
	/* An account that goes away leaves files behind. */
	es_unit_put("etc/passwd", "root:x:0:0::/root:/bin/sh\n", 0644);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("unknown-owner", "/d/group group 4712 is unknown\n"
				      "/d/known user 1000 is unknown\n"
				      "/d/user user 4711 is unknown\n");
}
END_TEST

#define UNOWNED "; no package owns it\n"

START_TEST(setuid_files)
{
	put_package("1", MD5_HELLO);
	es_unit_put("usr/bin/tool", "hello\n", 04755);
	es_unit_put("usr/bin/mine", "x", 04755);
	es_unit_put("usr/bin/shared", "x", 02755);
	es_unit_put("usr/bin/plain", "x", 0755);
	ck_assert_int_eq(chmod("d", 02775), 0);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("setuid", "/usr/bin/mine setuid root" UNOWNED
			       "/usr/bin/shared setgid group root" UNOWNED);
	ck_assert_int_eq(chmod("usr/bin/mine", 0755), 0);
	ck_assert_int_eq(unlink("usr/bin/shared"), 0);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("setuid", "");
}
END_TEST

#define GAINED                                                              \
	"/usr/bin/tool setuid root, which it was not as package tool left " \
	"it\n"

START_TEST(setuid_that_a_package_did_not_ship)
{
	put_package("1", MD5_HELLO);
	es_unit_put("usr/bin/tool", "hello\n", 0755);
	es_unit_checks_run(&unit);
	ck_assert_int_eq(chmod("usr/bin/tool", 04755), 0);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("setuid", GAINED);
	/* It stays, also through runs that look at everything. */
	es_unit_checks_run(&unit);
	ASSERT_FOUND("setuid", GAINED);
	es_unit_put("usr/bin/aaa", "", 0755);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("setuid", GAINED);
	unit.full = true;
	es_unit_checks_run(&unit);
	ASSERT_FOUND("setuid", GAINED);
	put_package("2", MD5_HELLO);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("setuid", GAINED);
	ck_assert_int_eq(chmod("usr/bin/tool", 0755), 0);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("setuid", "");
	/* An upgrade that ships it so is none. */
	put_package("3", MD5_WORLD);
	es_unit_put("usr/bin/tool", "world\n", 04755);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("setuid", "");
}
END_TEST

START_TEST(unowned_files)
{
	put_package("1", MD5_HELLO);
	es_unit_put("usr/bin/tool", "hello\n", 0755);
	es_unit_put("usr/bin/mine", "x", 0755);
	es_unit_put("usr/local/bin/mine", "x", 0755);
	es_unit_put("usr/lib/x/__pycache__/y.pyc", "x", 0644);
	es_unit_put("usr/lib/x/loaders.cache", "x", 0644);
	es_unit_put("opt/mine", "x", 0755);
	ck_assert_int_eq(symlink("/etc/alternatives/a", "usr/bin/a"), 0);
	ck_assert_int_eq(symlink("tool", "usr/bin/link"), 0);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("unowned-files", "/usr/bin/link no package owns it\n"
				      "/usr/bin/mine no package owns it\n");
	ck_assert_int_eq(unlink("usr/bin/mine"), 0);
	ck_assert_int_eq(unlink("usr/bin/link"), 0);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("unowned-files", "");
}
END_TEST

START_TEST(no_packages_own_nothing)
{
	es_unit_put("usr/bin/mine", "x", 0755);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("unowned-files", "");
	ASSERT_FOUND("package-files", "");
}
END_TEST

#define DIFFERS "/usr/bin/tool differs from package tool\n"

START_TEST(package_files)
{
	put_package("1", MD5_HELLO);
	es_unit_put("usr/bin/tool", "wrong\n", 0755);
	/* Nothing is compared in the first run, */
	es_unit_checks_run(&unit);
	ASSERT_FOUND("package-files", "");
	es_unit_put("usr/bin/new", "", 0755);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("package-files", "");
	/* all is in a full one, */
	unit.full = true;
	es_unit_checks_run(&unit);
	ASSERT_FOUND("package-files", DIFFERS);
	/* and then what changed. */
	unit.full = false;
	es_unit_checks_run(&unit);
	ASSERT_FOUND("package-files", DIFFERS);
	es_unit_put("usr/bin/newer", "", 0755);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("package-files", DIFFERS);
	es_unit_put("usr/bin/tool", "hello\n", 0755);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("package-files", "");
	es_unit_put("usr/bin/tool", "hallo\n", 0755);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("package-files", DIFFERS);
	/* A package that has it so is what was wanted. */
	put_package("2", MD5_WORLD);
	es_unit_put("usr/bin/tool", "world\n", 0755);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("package-files", "");
}
END_TEST

START_TEST(package_files_known_before_the_state_was_lost)
{
	put_package("1", MD5_HELLO);
	es_unit_put("usr/bin/tool", "wrong\n", 0755);
	unit.full = true;
	es_unit_checks_run(&unit);
	ASSERT_FOUND("package-files", DIFFERS);
	unit.full = false;
	unit.stamp = 0;
	unit.walk.no_rows = true;
	es_unit_checks_run(&unit);
	ASSERT_FOUND("package-files", DIFFERS);
}
END_TEST

#define MISSING "/usr/bin/tool is missing, package tool has it\n"

START_TEST(package_files_that_are_missing)
{
	put_package("1", MD5_HELLO);
	es_unit_put("usr/bin/tool", "hello\n", 0755);
	es_unit_checks_run(&unit);
	ck_assert_int_eq(unlink("usr/bin/tool"), 0);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("package-files", MISSING);
	es_unit_put("usr/bin/new", "", 0755);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("package-files", MISSING);
	unit.full = true;
	es_unit_checks_run(&unit);
	ASSERT_FOUND("package-files", MISSING);
	unit.full = false;
	es_unit_put("usr/bin/tool", "hello\n", 0755);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("package-files", "");
}
END_TEST

#define NO_FILE " is no regular file as in package tool\n"

START_TEST(package_files_replaced_by_others)
{
	put_package("1", MD5_HELLO);
	es_unit_put("usr/bin/tool", "hello\n", 0755);
	es_unit_checks_run(&unit);
	ck_assert_int_eq(unlink("usr/bin/tool"), 0);
	ck_assert_int_eq(symlink("/opt/tool", "usr/bin/tool"), 0);
	ck_assert_int_eq(unlink("usr/bin/other"), 0);
	ck_assert_int_eq(mkdir("usr/bin/other", 0755), 0);
	for (int i = 0; i < 3; i++) {
		es_unit_checks_run(&unit);
		ASSERT_FOUND("package-files",
			     "/usr/bin/other/" NO_FILE "/usr/bin/tool" NO_FILE);
		unit.full = i == 1;
	}
	/* A link is as good as what it leads to. */
	unit.full = false;
	es_unit_put("opt/tool", "wrong\n", 0755);
	ck_assert_int_eq(rmdir("usr/bin/other"), 0);
	ck_assert_int_eq(mkfifo("usr/bin/other", 0600), 0);
	ck_assert_int_eq(unlink("usr/bin/tool"), 0);
	ck_assert_int_eq(symlink("../../opt/tool", "usr/bin/tool"), 0);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("package-files", "/usr/bin/other" NO_FILE DIFFERS);
	es_unit_put("opt/tool", "hello\n", 0755);
	unit.full = true;
	es_unit_checks_run(&unit);
	ASSERT_FOUND("package-files", "/usr/bin/other" NO_FILE);
}
END_TEST

/* The checksum is that of the text "hello", as the link has it. */
START_TEST(package_files_that_are_links)
{
	es_unit_put("lib/apk/db/installed",
		    "P:tool\nV:1\nF:usr/bin\nR:tool\n"
		    "Z:Q1qvTGHdzF6KLavt4PO0gs2a6pQ00=\n\n",
		    0644);
	es_unit_put("usr/bin/hello", "wrong\n", 0755);
	es_unit_put("usr/bin/world", "wrong\n", 0755);
	ck_assert_int_eq(symlink("hello", "usr/bin/tool"), 0);
	unit.full = true;
	es_unit_checks_run(&unit);
	ASSERT_FOUND("package-files", "");
	ck_assert_int_eq(unlink("usr/bin/tool"), 0);
	ck_assert_int_eq(symlink("world", "usr/bin/tool"), 0);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("package-files", DIFFERS);
}
END_TEST

START_TEST(package_files_whose_directory_is_missing)
{
	put_package("1", MD5_HELLO);
	es_unit_put("var/lib/dpkg/info/tool.list",
		    "/usr\n/usr/bin\n/usr/bin/tool\n/usr/bin/other\n"
		    "/usr/lib/tool/x\n/usr/share/tool/x\n",
		    0644);
	es_unit_put("var/lib/dpkg/info/tool.md5sums",
		    MD5_HELLO "  usr/lib/tool/x\n" MD5_HELLO
			      "  usr/share/tool/x\n",
		    0644);
	es_unit_put("usr/lib/y", "", 0644);
	es_unit_walk_rules(&unit.walk, "[files]\ninclude = /usr/lib\n");
	unit.full = true;
	es_unit_checks_run(&unit);
	ASSERT_FOUND("package-files",
		     "/usr/lib/tool/x is missing, package tool has it\n");
	unit.full = false;
	es_unit_put("usr/lib/z", "", 0644);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("package-files",
		     "/usr/lib/tool/x is missing, package tool has it\n");
}
END_TEST

#define SHA_HELLO \
	"5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"

static void put_list(const char *more)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 SHA_HELLO "  /d/a\n" SHA_HELLO " *../d/b\n"
			   "SHA256 (/d/c) = " SHA_HELLO "\n"
			   "\\" SHA_HELLO "  /d/n\\nl\n# why\n\n%s",
		 more);
	es_unit_put("lists/sums", text, 0644);
	es_unit_put("d/a", "hello\n", 0644);
	es_unit_put("d/b", "hello\n", 0644);
	es_unit_put("d/c", "hello\n", 0600);
	es_unit_put("d/n\nl", "hello\n", 0644);
	snprintf(unit.conf, sizeof(unit.conf),
		 "[check checksum-lists]\nlist = /lists/sums\n");
}

#define IN_LIST(path) path " differs from its checksum in /lists/sums\n"

START_TEST(checksum_lists)
{
	put_list("");
	es_unit_checks_run(&unit);
	ASSERT_FOUND("checksum-lists", "");
	es_unit_put("d/b", "hallo\n", 0644);
	es_unit_put("d/n\nl", "x", 0644);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("checksum-lists", IN_LIST("/d/b") IN_LIST("/d/n\\012l"));
	es_unit_checks_run(&unit);
	ck_assert_uint_eq(unit.fed, 0);
	ASSERT_FOUND("checksum-lists", IN_LIST("/d/b") IN_LIST("/d/n\\012l"));
	ck_assert_int_eq(unlink("d/b"), 0);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("checksum-lists",
		     "/d/b is not there, though in /lists/sums\n" IN_LIST(
			     "/d/n\\012l"));
	put_list("no such line\n");
	es_unit_checks_run(&unit);
	ASSERT_FOUND("checksum-lists",
		     "/lists/sums has lines that are no SHA-256 of a file\n");
	ck_assert_int_eq(unlink("lists/sums"), 0);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("checksum-lists", "/lists/sums the list is not there\n");
}
END_TEST

/* What is not watched, or secret, is read where nothing is known of it. */
START_TEST(checksum_lists_of_unwatched_files)
{
	es_unit_walk_rules(&unit.walk,
			   "[files]\ninclude = /d/**\nexclude = /d/b\n"
			   "[rule s]\nmatch = /d/c\nclass = secret\n");
	put_list(SHA_HELLO "  /far/x\n");
	es_unit_put("far/x", "hello\n", 0644);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("checksum-lists", "");
	es_unit_put("d/b", "x", 0644);
	es_unit_put("d/c", "x", 0644);
	es_unit_put("far/x", "x", 0644);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("checksum-lists", IN_LIST("/d/b") IN_LIST("/d/c"));
	unit.full = true;
	es_unit_checks_run(&unit);
	ASSERT_FOUND("checksum-lists",
		     IN_LIST("/d/b") IN_LIST("/d/c") IN_LIST("/far/x"));
}
END_TEST

/* A program that sleeps while its file is removed. */
START_TEST(deleted_binaries)
{
	char path[128], want[256];
	int status;

	snprintf(path, sizeof(path), "%s/sleeper", work);
	snprintf(want, sizeof(want),
		 "%s runs as root, its file was deleted or replaced\n", path);
	char command[256];

	snprintf(command, sizeof(command), "/bin/cp /bin/sleep %s", path);
	pid_t cp = fork();
	if (cp == 0) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(1);
	}
	ck_assert_int_eq(waitpid(cp, &status, 0), cp);
	ck_assert_int_eq(status, 0);
	pid_t pid = fork();
	if (pid == 0) {
		execl(path, "sleeper", "60", (char *)NULL);
		_exit(1);
	}
	es_unit_settle();
	unit.live = true;
	es_unit_checks_run(&unit);
	const char *text = es_unit_checks_text(&unit, "deleted-binaries");

	ck_assert_ptr_null(strstr(text, want));
	ck_assert_int_eq(unlink(path), 0);
	es_unit_checks_run(&unit);
	text = es_unit_checks_text(&unit, "deleted-binaries");
	ck_assert_msg(strstr(text, want) != NULL, "%s", text);
	unit.live = false;
	es_unit_checks_run(&unit);
	ASSERT_FOUND("deleted-binaries", "");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}
END_TEST

/* All findings as one text. */
static void all_findings(struct es_buf *out)
{
	es_buf_reset(out);
	for (size_t i = 0; i < es_checks_count(); i++)
		es_buf_addf(out, "%s:\n%s", es_checks_name(i),
			    es_unit_checks_text(&unit, es_checks_name(i)));
}

START_TEST(fifty_runs_find_the_same)
{
	struct es_buf first = ES_BUF_INIT(1 << 20);
	struct es_buf later = ES_BUF_INIT(1 << 20);

	put_package("1", MD5_HELLO);
	put_list("");
	es_unit_put("usr/bin/tool", "wrong\n", 0777);
	es_unit_put("usr/bin/mine", "", 04755);
	es_unit_put("etc/profile", "umask 0\nPATH=.:bin:\n", 0644);
	es_unit_put("etc/sudoers", "bob ALL=NOPASSWD: ALL\n", 0440);
	es_unit_put("d/a", "wrong", 0666);
	ck_assert_int_eq(symlink("nowhere", "etc/link"), 0);
	unit.full = true;
	es_unit_checks_run(&unit);
	unit.full = false;
	all_findings(&first);
	for (int i = 0; i < 50; i++) {
		/* Some of them look at everything again. */
		if (i % 10 == 9)
			unit.stamp = 1;
		es_unit_checks_run(&unit);
		all_findings(&later);
		ck_assert_str_eq(first.data, later.data);
	}
	ck_assert_uint_gt(first.len, 300);
	es_buf_dispose(&first);
	es_buf_dispose(&later);
}
END_TEST

/* What cannot be read keeps its lines. */
START_TEST(unreadable_files_keep_their_lines)
{
	es_unit_put("etc/shadow", "anna::1::::::\n", 0644);
	ck_assert_int_eq(chmod(".", 0755), 0);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("accounts", "/etc/shadow anna has no password\n");
	ck_assert_int_eq(chmod("etc/shadow", 0), 0);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("accounts", "/etc/shadow anna has no password\n");
	ck_assert_int_eq(chmod("etc/shadow", 0644), 0);
	es_unit_put("etc/shadow", "anna:!:1::::::\n", 0644);
	es_unit_checks_run(&unit);
	ASSERT_FOUND("accounts", "");
}
END_TEST

static void add_basic(TCase *tc)
{
	tcase_add_test(tc, world_writable);
	tcase_add_test(tc, lines_are_taken_over);
	tcase_add_test(tc, a_directory_that_is_gone_takes_its_lines);
	tcase_add_test(tc, hostile_lines);
	tcase_add_loop_test(tc, broken_old_texts, 0, es_lengthof(broken));
	tcase_add_test(tc, settings_make_all_fresh);
	tcase_add_test(tc, unowned_files);
	tcase_add_test(tc, no_packages_own_nothing);
	tcase_add_test(tc, package_files);
	tcase_add_test(tc, package_files_known_before_the_state_was_lost);
	tcase_add_test(tc, package_files_that_are_missing);
	tcase_add_test(tc, package_files_replaced_by_others);
	tcase_add_test(tc, package_files_that_are_links);
	tcase_add_test(tc, package_files_whose_directory_is_missing);
	tcase_add_test(tc, checksum_lists);
	tcase_add_test(tc, checksum_lists_of_unwatched_files);
	tcase_add_test(tc, fifty_runs_find_the_same);
}

int main(void)
{
	Suite *s = suite_create("checks_tree");
	TCase *tc = tcase_create("checks_tree");

	tcase_add_checked_fixture(tc, enter, leave);
	tcase_set_timeout(tc, 30);
	add_basic(tc);
	if (geteuid() == 0) {
		tcase_add_test(tc, unknown_owners);
		tcase_add_test(tc, setuid_files);
		tcase_add_test(tc, setuid_that_a_package_did_not_ship);
		tcase_add_test(tc, deleted_binaries);
	} else {
		tcase_add_test(tc, unreadable_files_keep_their_lines);
	}
	suite_add_tcase(s, tc);
	return es_unit_main(s);
}
