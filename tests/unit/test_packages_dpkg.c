/* SPDX-License-Identifier: MIT */
/* test_packages_dpkg.c - unit tests of dpkg's database, also this machine's */
#include "config.h"

#include "etcsnap/packages.h"

#include "packages_unit.h"

#define DPKG "var/lib/dpkg/"
#define STATUS DPKG "status"
#define INFO DPKG "info/"
#define OK "Status: install ok installed\n"
#define MD5_A "0123456789abcdef0123456789abcdef"
#define MD5_B "fedcba9876543210fedcba9876543210"
#define MD5_C "00000000000000000000000000000000"

static char dir[64];

static void dir_setup(void)
{
	es_unit_enter_dir(dir);
}

static void dir_teardown(void)
{
	es_unit_leave_dir(dir);
}

/* A status file, and "name version arch status" of its packages. */
static const struct {
	const char *text;
	const char *packages;
} statuses[] = {
	{ "", "" },
	{ "\n\n\n", "" },
	{ "Package: a\n" OK "Version: 1:2-3\nArchitecture: all\n",
	  "a 1:2-3 all installed\n" },
	{ "Package: a\n" OK "\nPackage: b\nStatus: hold ok half-configured\n",
	  "a   installed\nb   half-configured\n" },
	{ "Package: b\n" OK "\n\n\nPackage: a\n" OK,
	  "a   installed\nb   installed\n" },
	{ "package:a\nSTATUS:\tinstall  ok  installed\t\nVersion:   1  \n",
	  "a 1  installed\n" },
	{ "Package: a\r\nStatus: install ok installed\r\nVersion: 1\r\n\r\n",
	  "a 1  installed\n" },
	/* Not installed, or nothing said. */
	{ "Package: a\nStatus: purge ok not-installed\n", "" },
	{ "Package: a\nVersion: 1\n", "" },
	{ "Package: a\nStatus: deinstall ok config-files\n",
	  "a   config-files\n" },
	{ "Package: a\nStatus: install reinstreq half-installed\n",
	  "a   half-installed\n" },
	/* Continuation lines are not fields. */
	{ "Package: a\n" OK "Description: x\n Package: b\n\tVersion: 9\n",
	  "a   installed\n" },
	/* Names that would be another directory, or hidden. */
	{ "Package: ../a\n" OK "\nPackage: /etc\n" OK "\nPackage: ..\n" OK,
	  "" },
	{ "Package: \n" OK "\nPackage: .x\n" OK "\nPackage:\n" OK, "" },
	{ "Package\n" OK "\n: a\n" OK "\nPackages: a\n" OK, "" },
	{ "Package: \x1b[31ma\n" OK, "\x1b[31ma   installed\n" },
	/* The last word on a package counts. */
	{ "Package: a\n" OK "Version: 1\n\nPackage: a\n" OK "Version: 2\n",
	  "a 2  installed\n" },
	{ "Package: a\n" OK "Architecture: i386\n\n"
	  "Package: a\n" OK "Architecture: amd64\n",
	  "a  amd64 installed\na  i386 installed\n" },
};

static void list_packages(struct es_buf *out, const struct es_packages *p)
{
	es_buf_reset(out);
	for (size_t i = 0; i < es_packages_count(p); i++) {
		const struct es_package *k = es_packages_at(p, i);

		ck_assert_str_eq(k->manager, "dpkg");
		es_buf_addf(out, "%s %s %s %s\n", k->name, k->version, k->arch,
			    k->status);
	}
}

START_TEST(status_files)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	struct es_packages *p;

	put(STATUS, statuses[_i].text);
	p = open_here();
	list_packages(&b, p);
	ck_assert_str_eq(es_buf_str(&b), statuses[_i].packages);
	count_files(p);
	es_packages_free(p);
}
END_TEST

START_TEST(long_lines)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 24);
	struct es_packages *p;

	es_buf_adds(&b, "Package: a\n" OK "Version: ");
	for (size_t i = 0; i < 1 << 20; i++)
		es_buf_addc(&b, '9');
	es_buf_adds(&b, "\n\nPackage: ");
	for (size_t i = 0; i < 1 << 20; i++)
		es_buf_addc(&b, 'x');
	es_buf_adds(&b, "\n" OK "\nPackage: z\n" OK "X");
	put_bytes(STATUS, b.data, b.len);
	p = open_here();
	/* A name that no file name could hold is none. */
	ck_assert_uint_eq(es_packages_count(p), 2);
	ck_assert_uint_eq(strlen(es_packages_at(p, 0)->version), 1 << 20);
	ck_assert_str_eq(es_packages_at(p, 1)->name, "z");
	es_packages_free(p);
}
END_TEST

START_TEST(a_nul_ends_a_word)
{
	static const char text[] =
		"Package: a\nVersion: 1\0002\n" OK "\nPackage: b\0c\n" OK;
	struct es_packages *p;

	put_bytes(STATUS, text, sizeof(text) - 1);
	p = open_here();
	ck_assert_uint_eq(es_packages_count(p), 1);
	ck_assert_str_eq(es_packages_at(p, 0)->version, "1");
	es_packages_free(p);
}
END_TEST

START_TEST(pending_updates)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	struct es_packages *p;

	put(STATUS, "Package: a\n" OK "Version: 1\n\n"
		    "Package: b\n" OK "Version: 1\n");
	put(DPKG "updates/0000", "Package: a\nVersion: 2\n"
				 "Status: install ok half-configured\n");
	put(DPKG "updates/0001", "Package: a\nVersion: 3\n" OK);
	put(DPKG "updates/0002", "Package: b\n"
				 "Status: deinstall ok not-installed\n");
	put(DPKG "updates/0003", "Package: c\nVersion: 1\n" OK);
	put(DPKG "updates/tmp.i", "Package: d\nVersion: 1\n" OK);
	p = open_here();
	list_packages(&b, p);
	ck_assert_str_eq(b.data, "a 3  installed\nc 1  installed\n");
	es_packages_free(p);
}
END_TEST

/* Images without a shell or dpkg: one status file a package. */
START_TEST(status_d)
{
	char hex[65];
	struct es_package_file file;
	struct es_packages *p;

	put(DPKG "status.d/base", "Package: base-files\nVersion: 12\n"
				  "Architecture: amd64\n");
	put(DPKG "status.d/base.md5sums",
	    MD5_A "  usr/share/base\n" MD5_B "  ./etc/dotted\n");
	put(DPKG "status.d/tz", "Package: tzdata\nVersion: 2024a\n");
	p = open_here();
	ck_assert_uint_eq(es_packages_count(p), 2);
	ck_assert_str_eq(es_packages_at(p, 0)->status, "installed");
	ck_assert_str_eq(owner_name(p, "/usr/share/base", &file), "base-files");
	ck_assert_str_eq(hex_of(&file, hex), MD5_A);
	ck_assert_str_eq(owner_name(p, "/etc/dotted", &file), "base-files");
	ck_assert_str_eq(hex_of(&file, hex), MD5_B);
	ck_assert_uint_eq(count_files(p), 2);
	es_packages_free(p);
}
END_TEST

START_TEST(lists_by_architecture)
{
	struct es_packages *p;

	put(STATUS,
	    "Package: libx\nArchitecture: amd64\nMulti-Arch: same\n" OK "\n"
	    "Package: libx\nArchitecture: i386\nMulti-Arch: same\n" OK "\n"
	    "Package: y\nArchitecture: amd64\n" OK "\n"
	    "Package: z\nArchitecture: ../..\n" OK);
	put(INFO "libx:amd64.list", "/usr/lib/amd64/libx\n/usr/share/x\n");
	put(INFO "libx:i386.list", "/usr/lib/i386/libx\n/usr/share/x\n");
	put(INFO "libx:i386.md5sums", MD5_A "  usr/lib/i386/libx\n");
	/* Where it has been the other way in older versions of dpkg. */
	put(INFO "y:amd64.list", "/usr/y\n");
	put(INFO "z.list", "/usr/z\n");
	p = open_here();
	struct es_package_file file;
	char hex[65];
	ck_assert_str_eq(owner_name(p, "/usr/lib/i386/libx", &file), "libx");
	ck_assert_str_eq(file.package->arch, "i386");
	ck_assert_str_eq(hex_of(&file, hex), MD5_A);
	ck_assert_str_eq(owner_name(p, "/usr/lib/amd64/libx", &file), "libx");
	ck_assert_str_eq(file.package->arch, "amd64");
	ck_assert_str_eq(hex_of(&file, hex), "");
	ck_assert_str_eq(owner_name(p, "/usr/share/x", &file), "libx");
	ck_assert_str_eq(file.package->arch, "amd64");
	ck_assert_str_eq(owner_name(p, "/usr/y", NULL), "y");
	ck_assert_str_eq(owner_name(p, "/usr/z", NULL), "z");
	es_packages_free(p);
}
END_TEST

/* A line of md5sums, and what is known of /usr/f after it. */
static const struct {
	const char *line;
	const char *hex;
} sums[] = {
	{ MD5_A "  usr/f\n", MD5_A },
	{ MD5_A "  usr/f", MD5_A },
	{ MD5_A " *usr/f\n", MD5_A },
	{ MD5_A "  ./usr/f\n", MD5_A },
	{ "0123456789ABCDEF0123456789ABCDEF  usr/f\n", MD5_A },
	{ MD5_A, "" },
	{ MD5_A " ", "" },
	{ MD5_A "  ", "" },
	{ "0123456789abcdef0123456789abcde  usr/f\n", "" },
	{ "0123456789abcdef0123456789abcdeg  usr/f\n", "" },
	{ "usr/f\n", "" },
	{ MD5_A "  usr/other\n", "" },
	{ "garbage\n" MD5_A "  usr/f\n", MD5_A },
};

START_TEST(checksums)
{
	struct es_package_file file;
	struct es_packages *p;
	char hex[65];

	put(STATUS, "Package: a\n" OK);
	put(INFO "a.list", "/usr\n/usr/f\n");
	put(INFO "a.md5sums", sums[_i].line);
	p = open_here();
	ck_assert_str_eq(owner_name(p, "/usr/f", &file), "a");
	ck_assert_str_eq(hex_of(&file, hex), sums[_i].hex);
	ck_assert(!file.conffile);
	ck_assert_uint_eq(count_files(p), 2);
	es_packages_free(p);
}
END_TEST

START_TEST(conffiles)
{
	struct es_package_file file;
	struct es_packages *p;
	char hex[65];

	put(STATUS, "Package: a\n" OK "Conffiles:\n"
		    " /etc/plain " MD5_A "\n"
		    " /etc/with blank " MD5_B "\n"
		    " /etc/gave-up " MD5_A " obsolete\n"
		    " /etc/moved " MD5_A " obsolete\n"
		    " /etc/new newconffile\n"
		    " /etc/gone " MD5_A " remove-on-upgrade\n"
		    " /etc/short\n"
		    " " MD5_A "\n"
		    "Description: x\n /etc/not " MD5_A "\n\n"
		    "Package: b\n" OK "Conffiles:\n"
		    " /etc/moved " MD5_B "\n");
	put(INFO "a.list", "/etc/plain\n/etc/with blank\n/etc/gave-up\n"
			   "/etc/moved\n/etc/new\n/etc/short\n/etc/not\n");
	put(INFO "a.md5sums", MD5_C "  etc/plain\n");
	put(INFO "b.list", "/etc/moved\n");
	p = open_here();
	ck_assert_str_eq(owner_name(p, "/etc/plain", &file), "a");
	ck_assert(file.conffile);
	ck_assert_str_eq(hex_of(&file, hex), MD5_A);
	ck_assert_str_eq(owner_name(p, "/etc/with blank", &file), "a");
	ck_assert(file.conffile);
	ck_assert_str_eq(hex_of(&file, hex), MD5_B);
	ck_assert_str_eq(owner_name(p, "/etc/gave-up", &file), "a");
	ck_assert(file.conffile);
	ck_assert_str_eq(owner_name(p, "/etc/moved", &file), "b");
	ck_assert(file.conffile);
	ck_assert_str_eq(hex_of(&file, hex), MD5_B);
	ck_assert_str_eq(owner_name(p, "/etc/new", &file), "a");
	ck_assert(file.conffile);
	ck_assert_str_eq(hex_of(&file, hex), "");
	ck_assert_str_eq(owner_name(p, "/etc/not", &file), "a");
	ck_assert(!file.conffile);
	ck_assert_str_eq(owner_name(p, "/etc/gone", &file), "-");
	es_packages_free(p);
}
END_TEST

/* What a removed package left is another's as soon as that one has it. */
START_TEST(left_conffiles)
{
	struct es_package_file file;
	struct es_packages *p;
	char hex[65];

	put(STATUS, "Package: a\nStatus: deinstall ok config-files\n"
		    "Conffiles:\n /etc/both " MD5_A "\n /etc/old " MD5_A "\n\n"
		    "Package: b\n" OK "Conffiles:\n /etc/both " MD5_B "\n");
	put(INFO "a.list", "/etc/both\n/etc/old\n");
	put(INFO "b.list", "/etc/both\n");
	p = open_here();
	ck_assert_str_eq(owner_name(p, "/etc/both", &file), "b");
	ck_assert_str_eq(hex_of(&file, hex), MD5_B);
	ck_assert_str_eq(owner_name(p, "/etc/old", &file), "a");
	ck_assert_str_eq(file.package->status, "config-files");
	es_packages_free(p);
}
END_TEST

START_TEST(diversions)
{
	struct es_package_file file;
	struct es_packages *p;
	char hex[65];

	ck_assert_int_eq(mkdir("usr", 0755), 0);
	ck_assert_int_eq(mkdir("usr/bin", 0755), 0);
	ck_assert_int_eq(symlink("usr/bin", "bin"), 0);
	put(DPKG "diversions", "/bin/sh\n/bin/sh.distrib\ndash\n"
			       "/usr/local\n/usr/local.real\n:\n"
			       "/usr/only\n/usr/only.old\nzzz\n"
			       "not a path\n/x\ndash\n"
			       "/usr/cut\n");
	put(STATUS, "Package: bash\n" OK "\nPackage: dash\n" OK);
	put(INFO "bash.list", "/bin/sh\n/usr/local\n/usr/cut\n/usr/only\n");
	put(INFO "bash.md5sums", MD5_A "  bin/sh\n" MD5_C "  usr/only\n");
	put(INFO "dash.list", "/bin/sh\n");
	put(INFO "dash.md5sums", MD5_B "  bin/sh\n");
	p = open_here();
	ck_assert_str_eq(owner_name(p, "/usr/bin/sh", &file), "dash");
	ck_assert_str_eq(hex_of(&file, hex), MD5_B);
	ck_assert_str_eq(owner_name(p, "/usr/bin/sh.distrib", &file), "bash");
	ck_assert_str_eq(hex_of(&file, hex), MD5_A);
	ck_assert_str_eq(owner_name(p, "/usr/local", NULL), "-");
	ck_assert_str_eq(owner_name(p, "/usr/local.real", NULL), "bash");
	ck_assert_str_eq(owner_name(p, "/usr/cut", NULL), "bash");
	/* Where its own package has no such file, nobody owns the path. */
	ck_assert_str_eq(owner_name(p, "/usr/only", NULL), "-");
	ck_assert_str_eq(owner_name(p, "/usr/only.old", &file), "bash");
	ck_assert_str_eq(hex_of(&file, hex), MD5_C);
	ck_assert_uint_eq(count_files(p), 5);
	es_packages_free(p);
}
END_TEST

/* --- this machine's own database --- */

static int by_line(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Cuts the text into lines, and sorts them. Returns their number. */
static size_t sort_lines(char **lines, size_t room, char *text)
{
	size_t n = 0;

	for (char *end; (end = strchr(text, '\n')); text = end + 1) {
		*end = '\0';
		ck_assert_uint_lt(n, room);
		lines[n++] = text;
	}
	qsort(lines, n, sizeof(*lines), by_line);
	return n;
}

#define LINES_MAX 20000

static struct es_packages *open_machine(void)
{
	struct es_packages *p = NULL;
	struct es_error err = ES_ERROR_INIT;
	int rc = es_packages_open(&p, "/", &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	return p;
}

START_TEST(as_dpkg_query_says)
{
	static const char *const argv[] = {
		"dpkg-query", "-W", "-f",
		"${Package} ${Version} ${Architecture} ${db:Status-Status}\n",
		NULL
	};
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf own = ES_BUF_INIT(ES_BUF_MAX);
	static char *theirs[LINES_MAX], *ours[LINES_MAX];

	if (lacks("dpkg-query"))
		return;
	ck_assert_int_eq(es_unit_run(&b, argv, NULL), 0);
	struct es_packages *p = open_machine();
	for (size_t i = 0; i < es_packages_count(p); i++) {
		const struct es_package *k = es_packages_at(p, i);

		if (strcmp(k->manager, "dpkg") == 0)
			es_buf_addf(&own, "%s %s %s %s\n", k->name, k->version,
				    k->arch, k->status);
	}
	size_t n = sort_lines(theirs, LINES_MAX, b.data);
	ck_assert_uint_eq(sort_lines(ours, LINES_MAX, own.data), n);
	ck_assert_uint_gt(n, 0);
	for (size_t i = 0; i < n; i++)
		ck_assert_str_eq(ours[i], theirs[i]);
	es_packages_free(p);
}
END_TEST

/* Every line of dpkg -L of every package has an owner. */
START_TEST(as_dpkg_lists)
{
	static const char *const argv[] = {
		"sh", "-c",
		"dpkg-query -L $(dpkg-query -W -f "
		"'${db:Status-Abbrev}|${binary:Package}\\n' | "
		"sed -n 's/^ii *|//p')",
		NULL
	};
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	size_t lines = 0;

	if (lacks("dpkg-query"))
		return;
	ck_assert_int_eq(es_unit_run(&b, argv, NULL), 0);
	struct es_packages *p = open_machine();
	for (char *at = b.data, *end; (end = strchr(at, '\n')); at = end + 1) {
		*end = '\0';
		/* Moved away: the next line says by whom and where to. */
		bool diverted = strncmp(end + 1, "diverted by ", 12) == 0 ||
				strncmp(end + 1, "locally diverted", 16) == 0;
		if (at[0] == '/' && !diverted && strcmp(at, "/.") != 0)
			ck_assert_msg(strcmp(owner_name(p, at, NULL), "-") != 0,
				      "nobody owns %s", at);
		lines++;
	}
	ck_assert_uint_gt(lines, count_files(p) / 2);
	es_packages_free(p);
}
END_TEST

/* dpkg -S names the same owner, maybe among others. */
START_TEST(as_dpkg_searches)
{
	static const char *const paths[] = {
		"/usr/bin/dpkg",
		"/etc/bash.bashrc",
		"/usr/share/doc/dpkg",
		"/usr/share/doc/coreutils/copyright",
		"/usr",
		"/usr/lib/os-release",
		"/nonexistent",
		"/etc/passwd",
	};
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);

	if (lacks("dpkg-query"))
		return;
	struct es_packages *p = open_machine();
	for (size_t i = 0; i < es_lengthof(paths); i++) {
		const char *const argv[] = { "dpkg-query", "-S", paths[i],
					     NULL };
		const char *name = owner_name(p, paths[i], NULL);
		int rc = es_unit_run(&b, argv, NULL);

		ck_assert_msg((rc == 0) == (strcmp(name, "-") != 0),
			      "%s: %s, but dpkg: %s", paths[i], name, b.data);
		if (rc == 0)
			ck_assert_msg(strstr(b.data, name) != NULL,
				      "%s: %s, but dpkg: %s", paths[i], name,
				      b.data);
	}
	es_packages_free(p);
}
END_TEST

struct tally {
	const char *package;
	size_t right;
	size_t wrong;
};

static int tally_file(void *payload, const char *path, size_t len,
		      const struct es_package_file *file)
{
	struct tally *t = payload;

	(void)len;
	if (strcmp(file->package->name, t->package) != 0 || file->conffile ||
	    file->kind == ES_PACKAGE_NONE)
		return 0;
	ES_CLEANUP(es_closep)
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && es_packages_check(file, fd) == 1)
		t->right++;
	else
		t->wrong++;
	return 0;
}

/* md5sum -c finds as many files right and wrong. */
START_TEST(as_md5sum_finds)
{
	static const char *const packages[] = { "dpkg", "coreutils", "dash" };
	const char *const argv[] = {
		"sh", "-c",
		"cd / && md5sum -c \"/var/lib/dpkg/info/$0.md5sums\"",
		packages[_i], NULL
	};
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	struct tally t = { .package = packages[_i] };
	struct es_error err = ES_ERROR_INIT;
	size_t right = 0;

	if (lacks("dpkg-query"))
		return;
	struct es_packages *p = open_machine();
	int rc = es_unit_run(&b, argv, NULL);
	ck_assert_int_eq(es_packages_each_file(p, tally_file, &t, &err), 0);
	for (const char *at = es_buf_str(&b); (at = strstr(at, ": OK\n"));
	     at += 5)
		right++;
	ck_assert_msg(t.right == right, "%zu here, md5sum: %s", t.right,
		      es_buf_str(&b));
	ck_assert_int_eq(rc != 0, t.wrong != 0);
	ck_assert_uint_gt(t.right, 0);
	es_packages_free(p);
}
END_TEST

static Suite *packages_dpkg_suite(void)
{
	Suite *s = suite_create("packages_dpkg");
	TCase *tc = tcase_create("made");
	TCase *real = tcase_create("machine");

	tcase_add_checked_fixture(tc, dir_setup, dir_teardown);
	tcase_add_loop_test(tc, status_files, 0, es_lengthof(statuses));
	tcase_add_test(tc, long_lines);
	tcase_add_test(tc, a_nul_ends_a_word);
	tcase_add_test(tc, pending_updates);
	tcase_add_test(tc, status_d);
	tcase_add_test(tc, lists_by_architecture);
	tcase_add_loop_test(tc, checksums, 0, es_lengthof(sums));
	tcase_add_test(tc, conffiles);
	tcase_add_test(tc, left_conffiles);
	tcase_add_test(tc, diversions);
	suite_add_tcase(s, tc);
	tcase_set_timeout(real, 60);
	tcase_add_test(real, as_dpkg_query_says);
	tcase_add_test(real, as_dpkg_lists);
	tcase_add_test(real, as_dpkg_searches);
	tcase_add_loop_test(real, as_md5sum_finds, 0, 3);
	suite_add_tcase(s, real);
	return s;
}

int main(void)
{
	return es_unit_main(packages_dpkg_suite());
}
