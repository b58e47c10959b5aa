/* SPDX-License-Identifier: MIT */
/* test_package_ops.c - unit tests of what package managers' logs tell */
#include "config.h"

#include "etcsnap/package_ops.h"

#include "packages/ops_priv.h"

#include "package_ops_unit.h"

#define DPKG_LOG "var/log/dpkg.log"
#define APT_LOG "var/log/apt/history.log"
#define PACMAN_LOG "var/log/pacman.log"
#define APK_LOG "var/log/apk.log"

/* A line of dpkg.log at a second of 2026-05-01. */
#define AT(second, text) "2026-05-01 12:00:" second " " text "\n"

static char dir[64];

static void dir_setup(void)
{
	es_unit_enter_dir(dir);
	set_zone("UTC");
}

static void dir_teardown(void)
{
	es_unit_leave_dir(dir);
}

/* --- versions --- */

/* The newer one second. */
static const struct {
	const char *manager;
	const char *older;
	const char *newer;
} versions[] = {
	{ "dpkg", "1", "2" },
	{ "dpkg", "1:9.2p1-2", "1:9.2p1-3" },
	{ "dpkg", "9", "10" },
	{ "dpkg", "2", "1:1" },
	{ "dpkg", "1.0~rc1", "1.0" },
	{ "dpkg", "1.0~~", "1.0~" },
	{ "dpkg", "1.0-1", "1.0-1+deb12u1" },
	{ "dpkg", "1.0a", "1.0+" },
	{ "dpkg", "1.0-9", "1.0.1-1" },
	{ "dpkg", "1.2-3-4", "1.2-3-5" },
	{ "dpkg", "0.9999999999999999999999", "0.10000000000000000000000" },
	{ "dpkg", "1", "1-1" },
	{ "rpm", "1.2-3", "1.2-10" },
	{ "rpm", "2-1", "1:1-1" },
	{ "rpm", "1.0~rc1-1", "1.0-1" },
	{ "rpm", "1.0-1", "1.0^git1-1" },
	{ "rpm", "1.0^git1-1", "1.0.1-1" },
	{ "rpm", "1.a-1", "1.1-1" },
	{ "rpm", "1.0-1", "1.0a-1" },
	{ "rpm", "1.ab-1", "1.abc-1" },
	{ "rpm", "1_2-1", "1.3-1" },
	{ "pacman", "5.1-1", "5.2-1" },
	{ "pacman", "5.2-1", "5.2-1.1" },
	{ "pacman", "9-1", "1:1-1" },
	{ "apk", "1.2.4-r2", "1.2.4-r10" },
	{ "apk", "1.2_alpha1-r0", "1.2_beta-r0" },
	{ "apk", "1.2_rc1-r0", "1.2-r0" },
	{ "apk", "1.2_pre2-r0", "1.2_rc1-r0" },
	{ "apk", "1.2-r0", "1.2_p1-r0" },
	{ "apk", "1.2_git20260101-r0", "1.2_p1-r0" },
	{ "apk", "1.2-r0", "1.2a-r0" },
	{ "apk", "1.2-r0", "1.2.1-r0" },
	{ "apk", "9-r0", "10-r0" },
};

static int compare(const char *manager, const char *a, const char *b)
{
	return ops_version_compare(manager, a, b);
}

START_TEST(version_order)
{
	const char *m = versions[_i].manager;
	const char *a = versions[_i].older, *b = versions[_i].newer;

	ck_assert_int_lt(compare(m, a, b), 0);
	ck_assert_int_gt(compare(m, b, a), 0);
	ck_assert_int_eq(compare(m, a, a), 0);
	ck_assert_int_eq(compare(m, b, b), 0);
}
END_TEST

static const struct {
	const char *manager;
	const char *a;
	const char *b;
} same_versions[] = {
	{ "dpkg", "1.0", "0:1.0" },   { "dpkg", "1.01", "1.1" },
	{ "dpkg", "1.0", "1.0-0" },   { "dpkg", "", "" },
	{ "rpm", "1.01-1", "1.1-1" }, { "rpm", "1_2-1", "1.2-1" },
	{ "rpm", "1.-1", "1-1" },     { "apk", "1.01-r0", "1.1-r0" },
};

START_TEST(version_same)
{
	const char *m = same_versions[_i].manager;

	ck_assert_int_eq(compare(m, same_versions[_i].a, same_versions[_i].b),
			 0);
	ck_assert_int_eq(compare(m, same_versions[_i].b, same_versions[_i].a),
			 0);
}
END_TEST

/* A version of the kind that people make up. */
static void make_version(char out[16], uint64_t *state)
{
	static const char *const parts[] = { "0",  "1", "9", "10", "01", ".",
					     "~",  "+", "a", "rc", "b2", ".0",
					     "~1", "z", "A", "7" };
	size_t n = 1 + es_unit_random(state) % 5;

	snprintf(out, 16, "%d", (int)(es_unit_random(state) % 3));
	for (size_t i = 0; i < n; i++)
		strncat(out, parts[es_unit_random(state) % 16],
			15 - strlen(out));
}

static int sign(int n)
{
	return n < 0 ? -1 : n > 0;
}

/* dpkg and rpm agree. Each asks for all pairs in one go. */
START_TEST(version_tools)
{
	static const char *const dpkg[] = {
		"sh", "-c",
		"while read a b; do if dpkg --compare-versions $a lt $b; then "
		"echo -1; elif dpkg --compare-versions $a gt $b; then echo 1; "
		"else echo 0; fi; done",
		NULL
	};
	static const char *const rpm[] = {
		"rpm", "--eval",
		"%{lua:for l in io.lines('pairs') do "
		"a, b = l:match('(%S+) (%S+)') "
		"print(rpm.vercmp(a, b) .. '\\n') end}",
		NULL
	};
	ES_CLEANUP(es_buf_dispose) struct es_buf in = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	const char *manager = _i ? "rpm" : "dpkg";
	const char *at, *line;
	uint64_t state = 88172645463325252;
	char a[16], b[16];
	int n = 0;

	if (lacks(manager))
		return;
	for (int i = 0; i < (_i ? 2000 : 100); i++) {
		make_version(a, &state);
		make_version(b, &state);
		es_buf_addf(&in, "%s %s\n", a, b);
	}
	es_unit_spill("pairs", in.data, in.len);
	ck_assert_int_eq(es_unit_run(&out, _i ? rpm : dpkg, "pairs"), 0);
	at = es_buf_str(&out);
	for (line = in.data; *line; line = strchr(line, '\n') + 1) {
		at += strspn(at, "\n");
		ck_assert_int_eq(sscanf(line, "%15s %15s", a, b), 2);
		ck_assert_msg(sign(compare(manager, a, b)) ==
				      (int)strtol(at, NULL, 10),
			      "%s %s: %d", a, b, compare(manager, a, b));
		at = strchr(at, '\n');
		ck_assert_ptr_nonnull(at);
		n++;
	}
	ck_assert_int_eq(n, _i ? 2000 : 100);
}
END_TEST

/* --- dpkg --- */

#define UPGRADED(name, old, new)                         \
	AT("01", "upgrade " name " " old " " new)        \
	AT("01", "status half-configured " name " " old) \
	AT("01", "status unpacked " name " " old)        \
	AT("02", "status half-installed " name " " old)  \
	AT("02", "status unpacked " name " " new)        \
	AT("03", "configure " name " " new " <none>")    \
	AT("03", "status half-configured " name " " new) \
	AT("04", "status installed " name " " new)

#define INSTALLED(name, new)                            \
	AT("05", "install " name " <none> " new)        \
	AT("05", "status half-installed " name " " new) \
	AT("06", "status unpacked " name " " new)       \
	AT("06", "configure " name " " new " <none>")   \
	AT("07", "status installed " name " " new)

#define REMOVED(name, old)                               \
	AT("10", "remove " name " " old " <none>")       \
	AT("10", "status half-configured " name " " old) \
	AT("11", "status half-installed " name " " old)  \
	AT("11", "status config-files " name " " old)

#define PURGED(name, old)                             \
	AT("12", "purge " name " " old " <none>")     \
	AT("12", "status config-files " name " " old) \
	AT("13", "status not-installed " name " <none>")

static const struct {
	const char *log;
	const char *ops;
} dpkg_logs[] = {
	{ "", "" },
	{ "\n\n \n", "" },
	{ AT("00", "startup archives unpack"), "" },
	{ UPGRADED("a:amd64", "1", "2"), "upgrade a amd64 1 2\n" },
	{ UPGRADED("a:amd64", "2", "1"), "downgrade a amd64 2 1\n" },
	{ UPGRADED("a:amd64", "1.0~rc1", "1.0"),
	  "upgrade a amd64 1.0~rc1 1.0\n" },
	{ INSTALLED("a:all", "1"), "install a all - 1\n" },
	{ INSTALLED("a", "1"), "install a - - 1\n" },
	{ REMOVED("a:all", "1"), "remove a all 1 -\n" },
	{ REMOVED("a:all", "1") PURGED("a:all", "1"), "purge a all 1 -\n" },
	{ PURGED("a:all", "1"), "purge a all 1 -\n" },
	{ AT("10", "remove a:all 1 <none>")
		  AT("11", "status config-files a:all 1")
			  AT("11", "status not-installed a:all <none>"),
	  "remove a all 1 -\n" },
	{ AT("10", "disappear a:all 1 <none>")
		  AT("11", "status not-installed a:all <none>"),
	  "remove a all 1 -\n" },
	/* What several steps come to. */
	{ UPGRADED("a:all", "1", "2") UPGRADED("a:all", "2", "3"),
	  "upgrade a all 1 3\n" },
	{ UPGRADED("a:all", "1", "2") UPGRADED("a:all", "2", "1"), "" },
	{ INSTALLED("a:all", "1") REMOVED("a:all", "1"), "" },
	{ INSTALLED("a:all", "1") REMOVED("a:all", "1") PURGED("a:all", "1"),
	  "" },
	{ REMOVED("a:all", "1") INSTALLED("a:all", "2"),
	  "upgrade a all 1 2\n" },
	{ INSTALLED("a:all", "1") UPGRADED("a:all", "1", "2"),
	  "install a all - 2\n" },
	/* Sorted, architectures apart. */
	{ INSTALLED("b:all", "1") INSTALLED("a:i386", "2")
		  INSTALLED("a:amd64", "2"),
	  "install a amd64 - 2\ninstall a i386 - 2\ninstall b all - 1\n" },
	/* Another architecture from this version on. */
	{ AT("01", "upgrade a:amd64 1 2") AT("02", "status unpacked a:all 2")
		  AT("03", "status installed a:all 2"),
	  "upgrade a all 1 2\n" },
	/* What was aborted. */
	{ AT("01", "upgrade a:all 1 2")
		  AT("01", "status half-configured a:all 1")
			  AT("01", "status unpacked a:all 1")
				  AT("02", "status half-installed a:all 1")
					  AT("03", "status unpacked a:all 1")
						  AT("04", "status installed "
							   "a:all 1"),
	  "" },
	{ AT("01", "upgrade a:all 1 1")
		  AT("01", "status half-configured a:all 1")
			  AT("02", "status half-installed a:all 1")
				  AT("03", "status unpacked a:all 1")
					  AT("04", "status installed a:all 1"),
	  "" },
	{ AT("01", "install a:all <none> 1")
		  AT("02", "status half-installed a:all 1")
			  AT("03", "status not-installed a:all <none>"),
	  "" },
	{ AT("01", "remove a:all 1 <none>")
		  AT("02", "status half-configured a:all 1")
			  AT("03", "status installed a:all 1"),
	  "" },
	{ AT("01", "purge a:all 1 <none>")
		  AT("02", "status config-files a:all 1"),
	  "" },
	/* Unpacked, and its scripts failed: its files are there. */
	{ AT("01", "upgrade a:all 1 2") AT("02", "status unpacked a:all 2")
		  AT("03", "status half-configured a:all 2"),
	  "upgrade a all 1 2\n" },
	/* The same version again. */
	{ UPGRADED("a:all", "1", "1"), "reinstall a all 1 1\n" },
	{ UPGRADED("a:all", "1", "1") UPGRADED("a:all", "1", "2"),
	  "upgrade a all 1 2\n" },
	/* Triggers are no operation. */
	{ AT("01", "trigproc libc-bin:amd64 2.36 <none>")
		  AT("02", "status half-configured libc-bin:amd64 2.36")
			  AT("03", "status installed libc-bin:amd64 2.36"),
	  "" },
	/* Configuration of what was removed is no old version. */
	{ AT("01", "install a:all 1 2") AT("02", "status unpacked a:all 2"),
	  "install a all - 2\n" },
	/* Torn, or none of dpkg's. */
	{ AT("01", "upgrade a:all 1 2") "2026-05-01 12:00:02 status unpa", "" },
	{ AT("01", "upgrade a:all 1 2")
		  AT("02", "status unpacked a:all 2") "2026-05-01 12:0",
	  "upgrade a all 1 2\n" },
	{ "rubbish\n2026-13-01 12:00:00 install a <none> 1\n"
	  "2026-05-01 25:00:00 install a <none> 1\n"
	  "2026-05-01 12:00 \n2026-05-01 12:00:00\n"
	  "2026-05-01 12:00:00 install\n2026-05-01 12:00:00 install a\n"
	  "2026-05-01 12:00:00 status\n2026-05-01 12:00:00 status installed\n"
	  "2026-05-01 12:00:00 status installed a\n"
	  "2026-05-01 12:00:00 install :all <none> 1\n"
	  "2026-05-01 12:00:00 status unpacked :all 1\n",
	  "" },
	/* Days that are not asked for. */
	{ "2026-04-01 12:00:00 install old:all <none> 1\n"
	  "2026-04-01 12:00:01 status installed old:all 1\n"
	  "2026-04-30 23:59:58 install b:all <none> 1\n"
	  "2026-04-30 23:59:59 status installed b:all 1\n"
	  "2026-05-02 00:00:00 install c:all <none> 1\n"
	  "2026-05-02 00:00:00 status installed c:all 1\n"
	  "2026-05-02 00:00:01 install d:all <none> 1\n"
	  "2026-05-02 00:00:01 status installed d:all 1\n",
	  "install c all - 1\n" },
	/* Begun before the window, done in it; and the other way round. */
	{ "2026-04-30 23:59:59 upgrade a:all 1 2\n" AT(
		  "00", "status unpacked a:all 2"),
	  "upgrade a all 1 2\n" },
	{ "2026-05-02 00:00:00 upgrade a:all 1 2\n"
	  "2026-05-02 00:00:01 status unpacked a:all 2\n",
	  "" },
	/* Triggers of the day after what was done before. */
	{ "2026-04-30 23:00:00 upgrade a:all 1 2\n"
	  "2026-04-30 23:00:00 status unpacked a:all 2\n"
	  "2026-04-30 23:00:00 status installed a:all 2\n" AT(
		  "01", "status triggers-pending a:all 2")
		  AT("02", "status installed a:all 2"),
	  "" },
	{ AT("01", "install \x1b[31m\xff<b>:all <none> 1%s%n")
		  AT("02", "status installed \x1b[31m\xff<b>:all 1%s%n"),
	  "install \x1b[31m\xff<b> all - 1%s%n\n" },
};

START_TEST(dpkg_log)
{
	put(DPKG_LOG, dpkg_logs[_i].log);
	check_ops(read_day(), dpkg_logs[_i].ops);
}
END_TEST

/* Wherever a log was cut off, no operation is made up. */
START_TEST(dpkg_torn)
{
	static const char log[] = UPGRADED("a:all", "1", "2")
		INSTALLED("b:all", "1") REMOVED("c:all", "1");
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);

	for (size_t len = 0; len < sizeof(log); len += 3) {
		put_bytes(DPKG_LOG, log, len);
		struct es_package_ops *ops = read_day();
		list_ops(&b, ops);
		ck_assert(strncmp("upgrade a all 1 2\n", es_buf_str(&b),
				  b.len) == 0 ||
			  strncmp("upgrade a all 1 2\ninstall b all - 1\n"
				  "remove c all 1 -\n",
				  es_buf_str(&b), b.len) == 0);
		es_package_ops_free(ops);
	}
}
END_TEST

START_TEST(dpkg_long_words)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 24);
	ES_CLEANUP(es_freep) char *name = malloc(100001);

	memset(name, 'x', 100000);
	name[100000] = '\0';
	es_buf_addf(&b, AT("01", "install %s:all <none> 1"), name);
	es_buf_addf(&b, AT("01", "status installed %s:all 1"), name);
	es_buf_adds(&b, INSTALLED("a:all", "1"));
	es_buf_addf(&b, AT("08", "install b:all <none> %s"), name);
	es_buf_addf(&b, AT("08", "status installed b:all %s"), name);
	es_buf_add(&b, AT("09", "install c\0:all <none> 1"), 44);
	put_bytes(DPKG_LOG, b.data, b.len);
	check_ops(read_day(), "install a all - 1\n");
}
END_TEST

static void zip(const char *program, const char *path)
{
	const char *const argv[] = { program, "-f", path, NULL };
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);

	ck_assert_int_eq(es_unit_run(&b, argv, NULL), 0);
}

/* The oldest is read first, whatever its name; other names are not read. */
START_TEST(dpkg_rotated)
{
	put(DPKG_LOG ".2", UPGRADED("a:all", "1", "2"));
	set_mtime(DPKG_LOG ".2", DAY_START + 100);
	zip("gzip", DPKG_LOG ".2");
	put(DPKG_LOG ".1", UPGRADED("a:all", "2", "3"));
	set_mtime(DPKG_LOG ".1", DAY_START + 200);
	put(DPKG_LOG, UPGRADED("a:all", "3", "4"));
	set_mtime(DPKG_LOG, DAY_START + 300);
	put(DPKG_LOG ".1.bak", INSTALLED("b:all", "1"));
	put(DPKG_LOG ".old", INSTALLED("c:all", "1"));
	put("var/log/dpkg.logs", INSTALLED("d:all", "1"));
	put(DPKG_LOG "-", INSTALLED("e:all", "1"));
	check_ops(read_day(), "upgrade a all 1 4\n");
	/* What ended before the window is not opened. */
	set_mtime(DPKG_LOG ".2.gz", DAY_START - 1);
	check_ops(read_day(), "upgrade a all 2 4\n");
	/* Without the newest the others count. */
	ck_assert_int_eq(unlink(DPKG_LOG), 0);
	check_ops(read_day(), "upgrade a all 2 3\n");
}
END_TEST

static const char *const packers[][2] = {
	{ "gzip", ".gz" },
	{ "xz", ".xz" },
	{ "bzip2", ".bz2" },
};

START_TEST(dpkg_packed)
{
	const char *program = packers[_i][0];
	char path[64];

	if (lacks(program))
		return;
	put(DPKG_LOG "-20260502", UPGRADED("a:all", "1", "2"));
	zip(program, DPKG_LOG "-20260502");
	snprintf(path, sizeof(path), DPKG_LOG "-20260502%s", packers[_i][1]);
	ck_assert_int_eq(access(path, F_OK), 0);
	check_ops(read_day(), "upgrade a all 1 2\n");
}
END_TEST

/* What came before the end of a stream that was cut off still counts. */
START_TEST(dpkg_cut_gzip)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 24);
	uint64_t state = 1;
	struct stat st;

	es_buf_adds(&b, UPGRADED("a:all", "1", "2"));
	for (int i = 0; i < 100000; i++)
		es_buf_addf(&b, AT("09", "status installed x%llx:all 1"),
			    (unsigned long long)es_unit_random(&state));
	put_bytes(DPKG_LOG ".1", b.data, b.len);
	zip("gzip", DPKG_LOG ".1");
	ck_assert_int_eq(stat(DPKG_LOG ".1.gz", &st), 0);
	ck_assert_int_eq(truncate(DPKG_LOG ".1.gz", st.st_size / 2), 0);
	check_ops(read_day(), "upgrade a all 1 2\n");
	put(DPKG_LOG ".1.gz", "no gzip at all");
	check_ops(read_day(), "");
	put(DPKG_LOG ".1.gz", "");
	check_ops(read_day(), "");
}
END_TEST

/* Logs that are no files, or lead elsewhere. */
START_TEST(dpkg_odd_files)
{
	put("elsewhere", UPGRADED("a:all", "1", "2"));
	put("var/log/x", "");
	ck_assert_int_eq(symlink("../../elsewhere", DPKG_LOG), 0);
	ck_assert_int_eq(mkfifo(DPKG_LOG ".1", 0600), 0);
	ck_assert_int_eq(mkdir(DPKG_LOG ".2.gz", 0700), 0);
	check_ops(read_day(), "");
}
END_TEST

/* A manager that did something, and nobody knows what. */
START_TEST(missing_logs)
{
	put("var/lib/dpkg/status", "");
	put("lib/apk/db/installed", "");
	put("var/lib/pacman/local/x", "");
	struct es_package_ops *ops = read_day();
	ck_assert_str_eq(ops->missing, "dpkg pacman apk");
	es_package_ops_free(ops);
	/* Nothing was done since. */
	ops = read_window(INT64_C(4000000000), INT64_C(4000000001));
	ck_assert_str_eq(ops->missing, "");
	es_package_ops_free(ops);
	put(DPKG_LOG, "");
	put(PACMAN_LOG, "");
	put(APK_LOG, "");
	ops = read_day();
	ck_assert_str_eq(ops->missing, "");
	es_package_ops_free(ops);
}
END_TEST

/* Windows without anything in them, and beyond time. */
static const int64_t windows[][2] = {
	{ DAY_END, DAY_START },	      { DAY_START, DAY_START },
	{ INT64_MAX, INT64_MIN },     { INT64_MAX - 1, INT64_MAX },
	{ INT64_MIN, INT64_MIN + 1 },
};

START_TEST(odd_windows)
{
	put(DPKG_LOG, INSTALLED("a:all", "1"));
	check_ops(read_window(windows[_i][0], windows[_i][1]), "");
}
END_TEST

START_TEST(all_of_time)
{
	struct es_package_ops *ops = NULL;
	struct es_error err = ES_ERROR_INIT;

	put(DPKG_LOG, INSTALLED("a:all", "1"));
	check_ops(read_window(INT64_MIN, INT64_MAX), "install a all - 1\n");
	ck_assert_int_eq(es_package_ops_read(&ops, "nowhere", 0, 1, NULL, &err),
			 0);
	check_ops(ops, "");
}
END_TEST

/* --- local time --- */

/* Zone, local time of a log's lines, and the moments that are meant. */
static const struct {
	const char *zone;
	const char *times[3];
	int64_t from;
	int64_t to;
	int64_t when[3];
} zones[] = {
	{ "UTC", { "2026-05-01 00:00:01" }, 0, INT64_MAX, { DAY_START + 1 } },
	{ "Europe/Berlin",
	  { "2026-05-01 02:00:01" },
	  0,
	  INT64_MAX,
	  { DAY_START + 1 } },
	{ "Asia/Kolkata",
	  { "2026-05-01 05:30:01" },
	  0,
	  INT64_MAX,
	  { DAY_START + 1 } },
	{ "America/St_Johns",
	  { "2026-01-01 00:00:00" },
	  0,
	  INT64_MAX,
	  { 1767238200 } },
	/* 02:30 comes twice on 2026-10-25: in order, the first is meant. */
	{ "Europe/Berlin",
	  { "2026-10-25 02:30:00" },
	  0,
	  INT64_MAX,
	  { 1792888200 } },
	{ "Europe/Berlin",
	  { "2026-10-25 02:30:00", "2026-10-25 02:10:00" },
	  0,
	  INT64_MAX,
	  { 1792888200, 1792890600 } },
	{ "Europe/Berlin",
	  { "2026-10-25 02:30:00", "2026-10-25 02:30:01",
	    "2026-10-25 02:00:00" },
	  0,
	  INT64_MAX,
	  { 1792888200, 1792888201, 1792890000 } },
	{ "Europe/Berlin",
	  { "2026-10-25 01:59:59", "2026-10-25 03:00:00",
	    "2026-10-25 03:00:01" },
	  0,
	  INT64_MAX,
	  { 1792886399, 1792893600, 1792893601 } },
	/* The window tells which it is where the order does not. */
	{ "Europe/Berlin",
	  { "2026-10-25 02:30:00" },
	  1792891000,
	  INT64_MAX,
	  { 1792891800 } },
	/* 02:30 did not come on 2026-03-29. */
	{ "Europe/Berlin",
	  { "2026-03-29 02:30:00" },
	  0,
	  INT64_MAX,
	  { 1774747800 } },
	/* Half an hour back. */
	{ "Australia/Lord_Howe",
	  { "2026-04-05 01:45:00", "2026-04-05 01:35:00" },
	  0,
	  INT64_MAX,
	  { 1775313900, 1775315100 } },
};

START_TEST(local_times)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);
	size_t n = 0;

	set_zone(zones[_i].zone);
	for (; n < 3 && zones[_i].times[n]; n++) {
		es_buf_addf(&b, "%s install x%zu:all <none> 1\n",
			    zones[_i].times[n], n);
		es_buf_addf(&b, "%s status installed x%zu:all 1\n",
			    zones[_i].times[n], n);
	}
	put(DPKG_LOG, b.data);
	struct es_package_ops *ops = read_window(zones[_i].from, zones[_i].to);
	ck_assert_uint_eq(ops->n_ops, n);
	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(ops->ops[i].when, zones[_i].when[i]);
	es_package_ops_free(ops);
}
END_TEST

/* --- apt --- */

/* A history, and the user and command of a package installed at 12:00:07. */
static const struct {
	const char *log;
	const char *user;
	const char *command;
} histories[] = {
	{ "", "", "" },
	{ "\nStart-Date: 2026-05-01  12:00:00\nCommandline: apt install a\n"
	  "Requested-By: anna (1000)\nInstall: a:all (1), b:all (2)\n"
	  "End-Date: 2026-05-01  12:00:09\n",
	  "anna", "apt install a" },
	{ "Start-Date: 2026-05-01  12:00:00\nCommandline: apt-get -y upgrade\n"
	  "Install: a:all (1)\nEnd-Date: 2026-05-01  12:00:07\n",
	  "", "apt-get -y upgrade" },
	/* Stopped. */
	{ "Start-Date: 2026-05-01  12:00:00\nCommandline: apt install a\n", "",
	  "apt install a" },
	/* Over before, or begun after. */
	{ "Start-Date: 2026-05-01  12:00:00\nCommandline: apt install b\n"
	  "End-Date: 2026-05-01  12:00:06\n\n"
	  "Start-Date: 2026-05-01  12:00:08\nCommandline: apt install c\n"
	  "End-Date: 2026-05-01  12:00:09\n",
	  "", "" },
	/* Two in one second: the one that lists it. */
	{ "Start-Date: 2026-05-01  12:00:06\nCommandline: one\n"
	  "Install: aa:all (1), a:all (1)\nEnd-Date: 2026-05-01  12:00:07\n\n"
	  "Start-Date: 2026-05-01  12:00:07\nCommandline: two\n"
	  "Install: aa:all (1), ba:all (2)\nEnd-Date: 2026-05-01  12:00:07\n",
	  "", "one" },
	/* Without a line end, other fields, no date. */
	{ "Start-Date: yesterday\nCommandline: one\n\n"
	  "Start-Date: 2026-05-01  12:00:00\nError: x\n"
	  "Requested-By:  von (und) zu (7)  \nCommandline:  two\x1b[0m ",
	  "von (und) zu", "two\x1b[0m " },
	{ "Commandline: one\nStart-Date: 2026-05-01  12:00:00\n"
	  "Start-Date: 2026-05-01  12:00:01\nCommandline: two\n",
	  "", "two" },
};

START_TEST(apt_history)
{
	put(DPKG_LOG, INSTALLED("a:all", "1"));
	put(APT_LOG, histories[_i].log);
	struct es_package_ops *ops = read_day();
	ck_assert_uint_eq(ops->n_ops, 1);
	ck_assert_str_eq(ops->ops[0].user, histories[_i].user);
	ck_assert_str_eq(ops->ops[0].command, histories[_i].command);
	ck_assert_int_eq(ops->ops[0].when, DAY_START + 12 * 3600 + 7);
	es_package_ops_free(ops);
}
END_TEST

/* --- pacman and apk --- */

#define PAC(text) "[2026-05-01T14:00:00+0200] " text "\n"

static const struct {
	const char *log;
	const char *ops;
} pacman_logs[] = {
	{ PAC("[PACMAN] Running 'pacman -Syu'")
		  PAC("[ALPM] transaction started")
			  PAC("[ALPM] upgraded bash (5.1-1 -> 5.2-1)")
				  PAC("[ALPM] installed c (1:2-3)")
					  PAC("[ALPM] removed d (1-1)")
						  PAC("[ALPM] reinstalled e "
						      "(1-1)"),
	  "upgrade bash - 5.1-1 5.2-1\ninstall c - - 1:2-3\n"
	  "remove d - 1-1 -\nreinstall e - 1-1 1-1\n" },
	{ PAC("[ALPM] downgraded a (2-1 -> 1-1)"), "downgrade a - 2-1 1-1\n" },
	{ PAC("[ALPM] upgraded a (1-1 -> 2-1)")
		  PAC("[ALPM] downgraded a (2-1 -> 1-1)"),
	  "" },
	/* Before 2019 in local time. */
	{ "[2026-05-01 12:00] [ALPM] installed a (1-1)\n",
	  "install a - - 1-1\n" },
	{ "[2026-05-01T00:00:00+0000] [ALPM] installed a (1-1)\n"
	  "[2026-05-01T02:00:00+0200] [ALPM] installed b (1-1)\n"
	  "[2026-05-01T02:00:01+02:00] [ALPM] installed c (1-1)\n"
	  "[2026-04-30T20:00:01-0400] [ALPM] installed d (1-1)\n",
	  "install c - - 1-1\ninstall d - - 1-1\n" },
	{ PAC("[ALPM] installed a") PAC("[ALPM] installed a ()")
		  PAC("[ALPM] installed (1)") PAC("[ALPM] installed a (1")
			  PAC("[ALPM] installed a b (1)")
				  PAC("[ALPM] installed a (1 2)")
					  PAC("[ALPM-SCRIPTLET] installed a "
					      "(1)") PAC("[ALPM] warning: x"),
	  "" },
	{ PAC("[ALPM] installed lib@x+y_z (1-1)"),
	  "install lib@x+y_z - - 1-1\n" },
	{ "[", "" },
	{ "[]\n[2026-05-01T14:00:00+0200]", "" },
	{ "[2026-05-01T14:00:00+0200 [ALPM] installed a (1-1)\n", "" },
};

START_TEST(pacman_log)
{
	put(PACMAN_LOG, pacman_logs[_i].log);
	check_ops(read_day(), pacman_logs[_i].ops);
}
END_TEST

START_TEST(pacman_command)
{
	put(PACMAN_LOG, pacman_logs[0].log);
	struct es_package_ops *ops = read_day();
	ck_assert_uint_eq(ops->n_ops, 4);
	ck_assert_str_eq(ops->ops[0].command, "pacman -Syu");
	ck_assert_str_eq(ops->ops[0].manager, "pacman");
	ck_assert_int_eq(ops->ops[0].when, DAY_START + 12 * 3600);
	es_package_ops_free(ops);
}
END_TEST

/* In the second of a run: before it, and recorded, or after it. */
START_TEST(same_second)
{
	const char *const log = "[2026-05-01T12:00:00+0000] [ALPM] installed a "
				"(1-1)\n"
				"[2026-05-01T12:00:00+0000] [ALPM] upgraded a "
				"(1-1 -> 2-1)\n"
				"[2026-05-01T12:00:00+0000] [ALPM] removed b "
				"(3-1)\n";
	const int64_t noon = DAY_START + 12 * 3600;
	struct es_package_ops *told = parse_text(
		"op install pacman a - - 1-1 2026-05-01T12:00:00Z -\n");
	struct es_package_ops *const all[] = { told, NULL };
	struct es_package_ops *const none[] = { NULL };
	struct es_package_ops *ops = NULL;
	struct es_error err = ES_ERROR_INIT;

	put(PACMAN_LOG, log);
	ck_assert_uint_eq(told->n_ops, 1);
	ck_assert_int_eq(
		es_package_ops_read(&ops, ".", noon, noon + 1, all, &err), 0);
	check_ops(ops, "upgrade a - 1-1 2-1\nremove b - 3-1 -\n");
	ck_assert_int_eq(es_package_ops_read(&ops, ".", noon, noon, none, &err),
			 0);
	check_ops(ops, "install a - - 2-1\nremove b - 3-1 -\n");
	check_ops(read_window(noon, noon + 1), "");
	es_package_ops_free(told);
}
END_TEST

#define APK_RUN "\nRunning `apk add x` at 2026-05-01 12:00:00\napk-tools 3\n"

static const struct {
	const char *log;
	const char *ops;
} apk_logs[] = {
	{ APK_RUN "(1/3) Installing a (1.2-r0)\n"
		  "(2/3) Upgrading b (1.2-r0 -> 1.3-r0)\n"
		  "(3/3) Purging c (1-r0)\nOK: 10 MiB in 3 packages\n",
	  "install a - - 1.2-r0\nupgrade b - 1.2-r0 1.3-r0\n"
	  "purge c - 1-r0 -\n" },
	{ APK_RUN "( 1/10) Downgrading a@edge (2-r0 -> 1-r0)\n"
		  "(10/10) Reinstalling b (1-r0)\n",
	  "downgrade a - 2-r0 1-r0\nreinstall b - 1-r0 1-r0\n" },
	/* What went wrong was not done. */
	{ APK_RUN "(1/2) Installing a (1-r0)\n"
		  "ERROR: a-1-r0: IO ERROR\n(2/2) Installing b (1-r0)\n"
		  "ERROR: b: something else\n1 error; 1 MiB in 1 packages\n",
	  "install b - - 1-r0\n" },
	{ APK_RUN "(1/1) Upgrading a (1-r0 -> 2-r0)\n"
		  "\nRunning `apk fix` at 2026-05-01 12:00:01\n"
		  "ERROR: a-2-r0: of another run\n",
	  "upgrade a - 1-r0 2-r0\n" },
	{ "\nRunning `apk add x` at 2026-04-30 12:00:00\n"
	  "(1/1) Installing a (1-r0)\n",
	  "" },
	{ "\nRunning `apk add ` at no` at 2026-05-01 12:00:00\n"
	  "(1/1) Installing a (1-r0)\n",
	  "install a - - 1-r0\n" },
	{ "Running `apk` at some time\n(1/1) Installing a (1-r0)\n", "" },
	{ "(1/1) Installing a (1-r0)\n", "" },
	{ APK_RUN "(1/1 Installing a (1-r0)\n()\n(1/1)\n(1/1) \n"
		  "(1/1) Installing\n",
	  "" },
};

START_TEST(apk_log)
{
	/* Whatever the local zone is, the log is in UTC. */
	set_zone("Asia/Tokyo");
	put(APK_LOG, apk_logs[_i].log);
	check_ops(read_day(), apk_logs[_i].ops);
}
END_TEST

static Suite *package_ops_suite(void)
{
	Suite *s = suite_create("package_ops");
	TCase *t = tcase_create("logs");

	tcase_add_checked_fixture(t, dir_setup, dir_teardown);
	tcase_add_loop_test(t, version_order, 0, es_lengthof(versions));
	tcase_add_loop_test(t, version_same, 0, es_lengthof(same_versions));
	tcase_add_loop_test(t, version_tools, 0, 2);
	tcase_add_loop_test(t, dpkg_log, 0, es_lengthof(dpkg_logs));
	tcase_add_test(t, dpkg_torn);
	tcase_add_test(t, dpkg_long_words);
	tcase_add_test(t, dpkg_rotated);
	tcase_add_loop_test(t, dpkg_packed, 0, es_lengthof(packers));
	tcase_add_test(t, dpkg_cut_gzip);
	tcase_add_test(t, dpkg_odd_files);
	tcase_add_test(t, missing_logs);
	tcase_add_loop_test(t, odd_windows, 0, es_lengthof(windows));
	tcase_add_test(t, all_of_time);
	tcase_add_loop_test(t, local_times, 0, es_lengthof(zones));
	tcase_add_loop_test(t, apt_history, 0, es_lengthof(histories));
	tcase_add_loop_test(t, pacman_log, 0, es_lengthof(pacman_logs));
	tcase_add_test(t, pacman_command);
	tcase_add_test(t, same_second);
	tcase_add_loop_test(t, apk_log, 0, es_lengthof(apk_logs));
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	return es_unit_main(package_ops_suite());
}
