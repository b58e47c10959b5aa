/* SPDX-License-Identifier: MIT */
/* test_state_report.c - how a made-up machine is doing */
#include "config.h"

#include "unit.h"

#include "etcsnap/clock.h"
#include "etcsnap/fileio.h"
#include "etcsnap/state_report.h"
#include "etcsnap/value.h"
#include "runs.h"
#include "state_report/state_report_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <utime.h>

/* 2023-11-20 12:00 UTC */
#define NOW ((int64_t)1700481600)
#define DAY 86400
#define GIB ((int64_t)1 << 30)

static struct es_conf *conf;

/* A file of the machine, made with its directories. */
static void put(const char *path, const char *text)
{
	ES_CLEANUP(es_freep) char *dir = strdup(path);
	struct es_error err = ES_ERROR_INIT;

	*strrchr(dir, '/') = '\0';
	ck_assert_msg(es_mkdirs(dir, 0755, &err) == 0, "%s", err.msg);
	ck_assert_msg(es_write_file(path, text, strlen(text), 0644, &err) == 0,
		      "%s", err.msg);
}

static void configure(const char *text)
{
	struct es_error err = ES_ERROR_INIT;

	es_conf_free(conf);
	conf = NULL;
	ck_assert_msg(es_conf_parse(&conf, text, strlen(text), "test", &err) ==
			      0,
		      "%s", err.msg);
}

static void setup(void)
{
	es_unit_runs_setup();
	setenv("TZ", "UTC", 1);
	tzset();
	configure("[state]\ndisk_full = 0\nrun_age = 0\n");
	put("m/etc/os-release", "NAME=x\nPRETTY_NAME=\"Debian 12\"\n");
	put("m/proc/sys/kernel/osrelease", "6.1.0\n");
	put("m/proc/sys/kernel/random/boot_id", "boot-1\n");
	put("m/proc/uptime", "86400.17 1000.00\n");
	put("m/proc/stat", "cpu  1 2\ncpu0 1 2\ncpu1 1 2\nintr 1\n");
	put("m/proc/loadavg", "0.50 1.05 2.40 1/200 999\n");
	put("m/proc/meminfo", "MemTotal: 1000 kB\nMemFree: 1 kB\n"
			      "MemAvailable: 250 kB\nSwapTotal: 100 kB\n"
			      "SwapFree: 40 kB\n");
}

static void teardown(void)
{
	es_conf_free(conf);
	conf = NULL;
	es_unit_runs_teardown();
}

static const struct es_state_input plain = {
	.host = "web1",
	.root = "m",
	.trend = "trend",
	.now = NOW,
};

static struct es_doc *look(const struct es_state_input *in)
{
	struct es_state_input mine = *in;
	struct es_error err = ES_ERROR_INIT;
	struct es_doc *doc = NULL;

	mine.conf = conf;
	ck_assert_msg(es_state_report_new(&doc, &mine, &err) == 0, "%s",
		      err.msg);
	return doc;
}

static void remember(const struct es_doc *doc, int64_t now)
{
	struct es_state_input in = plain;
	struct es_error err = ES_ERROR_INIT;

	in.now = now;
	ck_assert_msg(es_state_report_remember(&in, doc, &err) == 0, "%s",
		      err.msg);
}

/* Texts of all alerts, a line each. */
static void alerts(struct es_buf *out, const struct es_doc *doc)
{
	const struct es_doc *list = es_doc_get(doc, "alerts"), *a;

	for (size_t i = 0; (a = es_doc_at(list, i)) != NULL; i++)
		es_buf_addf(out, "%s %s: %s\n", es_doc_get_str(a, "severity"),
			    es_doc_get_str(a, "what"),
			    es_doc_get_str(a, "text"));
}

static void expect_alerts(const struct es_doc *doc, const char *want)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 16);

	alerts(&out, doc);
	ck_assert_str_eq(es_buf_str(&out), want);
	ck_assert_int_eq(es_state_report_is_fine(doc), !*want);
}

START_TEST(state_system_values)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = look(&plain);
	const struct es_doc *s = es_doc_get(doc, "system");
	const struct es_doc *m = es_doc_get(doc, "memory");

	ck_assert_str_eq(es_doc_get_str(doc, "kind"), "state");
	ck_assert_int_eq(es_doc_get_number(doc, "schema", 0), 1);
	ck_assert_str_eq(es_doc_get_str(s, "os"), "Debian 12");
	ck_assert_str_eq(es_doc_get_str(s, "kernel"), "6.1.0");
	ck_assert_int_eq(es_doc_get_number(s, "uptime", 0), DAY);
	ck_assert_int_eq(es_doc_get_number(s, "cpus", 0), 2);
	ck_assert_int_eq(es_doc_get_number(s, "load1", 0), 50);
	ck_assert_int_eq(es_doc_get_number(s, "load5", 0), 105);
	ck_assert_int_eq(es_doc_get_number(s, "load15", 0), 240);
	ck_assert_int_eq(es_doc_get_number(s, "load_percent", 0), 120);
	ck_assert_int_eq(es_doc_get_number(m, "percent", 0), 75);
	ck_assert_int_eq(es_doc_get_number(m, "swap_free", 0), 40960);
	ck_assert_int_eq(es_doc_get_number(doc, "since_epoch", 0), NOW - DAY);
	expect_alerts(doc, "");
}
END_TEST

/* Nothing of it is there: nothing is said, and nothing is wrong. */
START_TEST(state_empty)
{
	struct es_state_input in = plain;

	ck_assert_int_eq(mkdir("void", 0755), 0);
	in.root = "void";
	in.trend = NULL;
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = look(&in);
	const struct es_doc *u = es_doc_get(doc, "updates");

	expect_alerts(doc, "");
	ck_assert(!es_doc_get_bool(u, "known"));
	ck_assert_str_eq(es_doc_get_str(u, "why"), "no packages are known");
	ck_assert_uint_eq(es_doc_len(es_doc_get(doc, "notes")), 1);
	ck_assert(es_doc_get_bool(es_doc_get(doc, "logins"), "missing"));
}
END_TEST

/* A limit, and what it makes of the machine above. */
static const struct {
	const char *conf;
	const char *want;
} limits[] = {
	{ "load = 1\n", "warning load: load is 2.40 on 2 processors\n" },
	{ "load = 2\n", "" },
	{ "memory = 75\n", "warning memory: 75% of memory is used\n" },
	{ "memory = 76\n", "" },
	{ "memory = 0\n", "" },
};

START_TEST(state_limits)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);

	es_buf_addf(&b, "[state]\ndisk_full = 0\nrun_age = 0\n%s",
		    limits[_i].conf);
	configure(es_buf_str(&b));
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = look(&plain);

	expect_alerts(doc, limits[_i].want);
}
END_TEST

START_TEST(state_reboot)
{
	put("m/run/reboot-required", "");
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = look(&plain);

	expect_alerts(doc, "notice reboot: a restart of the machine is asked "
			   "for\n");
}
END_TEST

/* --- arrays --------------------------------------------------------------- */

static const struct {
	const char *mdstat;
	const char *want;
} arrays[] = {
	{ "Personalities : [raid1]\nmd0 : active raid1 sdb1[1] sda1[0]\n"
	  "      1046528 blocks super 1.2 [2/2] [UU]\n      \n"
	  "unused devices: <none>\n",
	  "" },
	{ "md0 : active raid1 sdb1[1](F) sda1[0]\n"
	  "      1046528 blocks super 1.2 [2/1] [U_]\n",
	  "critical raid: md0 is degraded: 1 of 2 disks\n" },
	{ "md1 : active raid5 sdd1[4] sdc1[2] sdb1[1] sda1[0]\n"
	  "      3139584 blocks super 1.2 level 5, 512k chunk, algorithm 2 "
	  "[4/3] [UUU_]\n"
	  "      [==>..]  recovery = 12.6% (1/8) finish=127.5min "
	  "speed=33440K/sec\n",
	  "critical raid: md1 is degraded: 3 of 4 disks, recovery = 12.6% "
	  "(1/8) finish=127.5min speed=33440K/sec\n" },
	{ "md2 : inactive sdb1[1](S)\n      1046528 blocks super 1.2\n",
	  "critical raid: md2 is inactive\n" },
	/* a check by night is no fault */
	{ "md0 : active (auto-read-only) raid1 sdb1[1] sda1[0]\n"
	  "      1046528 blocks super 1.2 [2/2] [UU]\n"
	  "      [>....]  check =  2.0% (1/8) finish=1.0min speed=1K/sec\n",
	  "" },
	{ "md", "" },
	{ "md0 : ", "critical raid: md0 is \n" },
	{ "", "" },
};

START_TEST(state_arrays)
{
	put("m/proc/mdstat", arrays[_i].mdstat);
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = look(&plain);

	expect_alerts(doc, arrays[_i].want);
}
END_TEST

START_TEST(state_pools)
{
	put("m/proc/spl/kstat/zfs/tank/state", "DEGRADED\n");
	put("m/proc/spl/kstat/zfs/good/state", "ONLINE\n");
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = look(&plain);

	ck_assert_uint_eq(es_doc_len(es_doc_get(doc, "raid")), 2);
	expect_alerts(doc, "critical raid: tank is DEGRADED\n");
}
END_TEST

/* --- networks ------------------------------------------------------------- */

static void put_network(int errors, int dropped)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);

	es_buf_addf(&b,
		    "Inter-|   Receive\n face |bytes packets\n"
		    "    lo: 1 2 0 0 0 0 0 0 1 2 0 0 0 0 0 0\n"
		    "  eth0: 1 2 %d %d 0 0 0 0 1 2 3 4 0 0 0 0\n",
		    errors, dropped);
	put("m/proc/net/dev", es_buf_str(&b));
}

static int64_t net(const struct es_doc *doc, const char *key)
{
	return es_doc_get_number(es_doc_at(es_doc_get(doc, "network"), 1), key,
				 -1);
}

START_TEST(state_networks)
{
	put_network(100, 5);
	ES_CLEANUP(es_doc_freep) struct es_doc *first = look(&plain);

	ck_assert_int_eq(net(first, "rx_errors"), 100);
	ck_assert_int_eq(net(first, "tx_errors"), 3);
	remember(first, NOW);
	put_network(130, 5);
	ES_CLEANUP(es_doc_freep) struct es_doc *second = look(&plain);
	ck_assert_int_eq(net(second, "rx_errors"), 30);
	ck_assert_int_eq(net(second, "rx_dropped"), 0);
	ck_assert_int_eq(net(second, "tx_errors"), 0);
	/* a counter that was reset begins anew */
	put_network(7, 5);
	ES_CLEANUP(es_doc_freep) struct es_doc *third = look(&plain);
	ck_assert_int_eq(net(third, "rx_errors"), 7);
	/* and so do all of another boot */
	put("m/proc/sys/kernel/random/boot_id", "boot-2\n");
	put_network(2000, 5);
	configure("[state]\ndisk_full = 0\nrun_age = 0\n");
	ES_CLEANUP(es_doc_freep) struct es_doc *fourth = look(&plain);
	ck_assert_int_eq(net(fourth, "rx_errors"), 2000);
	expect_alerts(fourth, "warning network: eth0 had 2003 errors\n");
}
END_TEST

/* --- disks ---------------------------------------------------------------- */

START_TEST(state_disk_values)
{
	put("m/proc/1/mountinfo",
	    "1 0 8:1 / / rw,noatime - ext4 /dev/sda1 rw\n"
	    "2 1 0:5 / /proc rw - proc proc rw\n"
	    "3 1 8:1 /x /bind rw - ext4 /dev/sda1 rw\n"
	    "4 1 8:2 / /with\\040blank ro - ext4 /dev/sda2 ro\n"
	    "5 1 7:0 / /snap ro - squashfs /dev/loop0 ro\n"
	    "6 1 0:9 / /nfs rw - nfs4 server:/x rw\n"
	    "7 1 8:3 / /missing rw - ext4 /dev/sda3 rw\n"
	    "broken line\n");
	ck_assert_int_eq(mkdir("m/with blank", 0755), 0);
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = look(&plain);
	const struct es_doc *list = es_doc_get(doc, "disks");
	const struct es_doc *d = es_doc_at(list, 0);

	ck_assert_uint_eq(es_doc_len(list), 2);
	ck_assert_str_eq(es_doc_get_str(d, "mount"), "/");
	ck_assert_str_eq(es_doc_get_str(d, "device"), "/dev/sda1");
	ck_assert_int_gt(es_doc_get_number(d, "size", 0), 0);
	ck_assert_str_eq(es_doc_get_str(es_doc_at(list, 1), "mount"),
			 "/with blank");
	ck_assert(es_doc_get_bool(es_doc_at(list, 1), "read_only"));
	remember(doc, NOW);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);
	struct es_error err = ES_ERROR_INIT;
	ck_assert_int_eq(es_read_file(&b, AT_FDCWD, "trend", &err), 0);
	ck_assert_ptr_nonnull(
		strstr(b.data, "disk 2023-11-20 /with\\040blank "));
}
END_TEST

/* Used GiB of the days before, oldest first, on a disk of 100 GiB; then what
 * is foretold: GiB a day, and days. */
static const struct {
	int64_t used[6];
	size_t n;
	int64_t per_day;
	int64_t left;
} trends[] = {
	{ { 50 }, 1, 0, -1 },
	{ { 50, 50 }, 2, 0, -1 },
	{ { 50, 51, 52, 53 }, 4, 1, 47 },
	{ { 53, 52, 51, 50 }, 4, -1, -1 },
	{ { 40, 50, 60, 70, 80, 90 }, 6, 10, 1 },
	{ { 10, 100 }, 2, 90, 0 },
};

START_TEST(state_trends)
{
	ES_CLEANUP(trend_dispose) struct trend t = { 0 };
	size_t n = trends[_i].n;
	char day[TREND_DAY_LEN], today[TREND_DAY_LEN];
	int64_t used = trends[_i].used[n - 1] * GIB;
	struct trend_forecast f;

	trend_day(today, NOW);
	for (size_t i = 0; i + 1 < n; i++) {
		trend_day(day, NOW - (int64_t)(n - 1 - i) * DAY);
		ck_assert_int_eq(trend_put_disk(&t, "/", day, 100 * GIB,
						trends[_i].used[i] * GIB),
				 0);
		/* other disks and sizes play no part */
		trend_put_disk(&t, "/x", day, 100 * GIB, (int64_t)i);
	}
	trend_put_disk(&t, "/", "2023-10-30", 50 * GIB, 1);
	f = trend_forecast(&t, "/", today, 100 * GIB, used, 100 * GIB - used);
	ck_assert_uint_eq(f.days, n);
	ck_assert_int_eq(f.per_day / GIB, trends[_i].per_day);
	ck_assert_int_eq(f.left, trends[_i].left);
}
END_TEST

/* What was written is read back; what is old or too much is left out. */
START_TEST(state_trend_file)
{
	static const uint64_t counts[TREND_COUNTS] = { 1, 2, 3, 4 };
	ES_CLEANUP(trend_dispose) struct trend t = { .report = 17 };
	ES_CLEANUP(trend_dispose) struct trend back = { 0 };
	struct es_error err = ES_ERROR_INIT;
	char day[TREND_DAY_LEN], name[32];

	for (int i = 0; i < TREND_DAYS + 50; i++) {
		trend_day(day, NOW - i * (int64_t)DAY);
		ck_assert_int_eq(trend_put_disk(&t, "/a b\n\xff", day, 100, i),
				 0);
	}
	for (int i = 0; i < TREND_DISKS + 9; i++) {
		snprintf(name, sizeof(name), "/disk%d", i);
		trend_put_disk(&t, name, "2023-11-19", 1, 1);
	}
	trend_put_net(&t, "eth 0", counts);
	snprintf(t.boot, sizeof(t.boot), "boot");
	trend_trim(&t, "2023-11-20");
	ck_assert_uint_eq(t.n_disks, TREND_DAYS - 1 + TREND_DISKS);
	ck_assert_int_eq(trend_write(&t, "file", &err), 0);
	ck_assert_int_eq(trend_read(&back, "file"), 0);
	ck_assert_uint_eq(back.n_disks, t.n_disks);
	ck_assert_int_eq(back.report, 17);
	ck_assert_str_eq(back.boot, "boot");
	ck_assert_uint_eq(trend_net(&back, "eth 0")->counts[TX_DROPPED], 4);
	ck_assert_str_eq(back.disks[0].mount, "/a b\n\xff");
	ck_assert_str_eq(back.disks[0].day, "2023-11-20");
}
END_TEST

/* A file that makes no sense is as none, and lines of it likewise. */
static const struct {
	const char *text;
	size_t disks;
	int64_t report;
} broken[] = {
	{ "", 0, 0 },
	{ "etcsnap-trend 2\nreport 5\ndisk 2023-11-19 / 1 1\n", 0, 0 },
	{ "etcsnap-trend 1\nreport 5\ndisk 2023-11-19 / 1 1\n", 1, 5 },
	{ "etcsnap-trend 1\nreport -5\ndisk 2023-11-19 / 1 1\n", 1, 0 },
	{ "etcsnap-trend 1\nreport x\ndisk today / 1 1\n", 0, 0 },
	{ "etcsnap-trend 1\ndisk 2023-11-19 / 1\ndisk 2023-11-19 /\\9 1 1\n", 0,
	  0 },
	{ "etcsnap-trend 1\ndisk 2023-11-19 / 99999999999999999999 1\n", 0, 0 },
	{ "etcsnap-trend 1\nnet eth0 1 2 3\nnet\ndisk\n", 0, 0 },
	{ "etcsnap-trend 1\ndisk 2023-11-19 / 1 1 1\n", 0, 0 },
};

START_TEST(state_trend_broken)
{
	ES_CLEANUP(trend_dispose) struct trend t = { 0 };

	put("x/file", broken[_i].text);
	ck_assert_int_eq(trend_read(&t, "x/file"), 0);
	ck_assert_uint_eq(t.n_disks, broken[_i].disks);
	ck_assert_int_eq(t.report, broken[_i].report);
	ck_assert_uint_eq(t.n_nets, 0);
}
END_TEST

/* --- processes ------------------------------------------------------------ */

START_TEST(state_process_names)
{
	char path[64];
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);
	int64_t ticks = sysconf(_SC_CLK_TCK), page = sysconf(_SC_PAGESIZE);

	for (int i = 1; i <= 8; i++) {
		es_buf_reset(&b);
		es_buf_addf(&b,
			    "%d (a) b (%d\033) S 1 1 1 0 -1 0 0 0 0 0 %lld "
			    "%lld 0 0 20 0 1 0 5 1000 %d 18 0\n",
			    i, i, (long long)(i * ticks), (long long)ticks,
			    100 - i);
		snprintf(path, sizeof(path), "m/proc/%d/stat", i);
		put(path, es_buf_str(&b));
	}
	put("m/proc/9/stat", "9 (torn");
	put("m/proc/self/stat", "no number");
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = look(&plain);
	const struct es_doc *p = es_doc_get(doc, "processes");
	const struct es_doc *cpu = es_doc_get(p, "cpu");
	const struct es_doc *memory = es_doc_get(p, "memory");

	ck_assert_int_eq(es_doc_get_number(p, "count", 0), 8);
	ck_assert_uint_eq(es_doc_len(cpu), 5);
	for (int i = 0; i < 5; i++) {
		const struct es_doc *c = es_doc_at(cpu, (size_t)i);
		const struct es_doc *m = es_doc_at(memory, (size_t)i);

		ck_assert_int_eq(es_doc_get_number(c, "pid", 0), 8 - i);
		ck_assert_int_eq(es_doc_get_number(c, "cpu", 0), 9 - i);
		ck_assert_int_eq(es_doc_get_number(m, "pid", 0), i + 1);
		ck_assert_int_eq(es_doc_get_number(m, "memory", 0),
				 (99 - i) * page);
	}
	es_buf_reset(&b);
	es_doc_get_bytes(es_doc_at(cpu, 0), "name", &b);
	ck_assert_str_eq(es_buf_str(&b), "a) b (8\033");
}
END_TEST

/* --- updates -------------------------------------------------------------- */

#define LISTS "m/var/lib/apt/lists/"

static void put_packages(void)
{
	put("m/var/lib/dpkg/status",
	    "Package: nano\nStatus: install ok installed\nVersion: 1.0-1\n"
	    "Architecture: amd64\n\n"
	    "Package: base\nStatus: install ok installed\nVersion: 2:1.0\n"
	    "Architecture: all\n\n"
	    "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n"
	    "Architecture: amd64\n\n");
}

START_TEST(state_update_lists)
{
	put_packages();
	put(LISTS "deb.example_dists_stable_main_binary-amd64_Packages",
	    "Package: nano\nArchitecture: amd64\nVersion: 1.0-2\n"
	    "Description: x\n more\n\n"
	    "Package: base\nVersion: 2:1.0\nArchitecture: all\n\n"
	    "Package: gone\nVersion: 9\nArchitecture: amd64\n");
	put(LISTS "sec.example_dists_stable-security_main_binary-amd64_"
		  "Packages",
	    "Package: nano\nArchitecture: amd64\nVersion: 1.0-1+deb1\n\n"
	    "Package: base\nArchitecture: all\nVersion: 3:0.1\n");
	/* nothing is taken from there by itself */
	put(LISTS "deb.example_dists_backports_InRelease",
	    "Origin: x\nNotAutomatic: yes\nMD5Sum:\n 0 0 x\n");
	put(LISTS "deb.example_dists_backports_main_binary-amd64_Packages",
	    "Package: nano\nArchitecture: amd64\nVersion: 9.9\n");
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = look(&plain);
	const struct es_doc *u = es_doc_get(doc, "updates");
	const struct es_doc *list = es_doc_get(u, "packages");
	const struct es_doc *base = es_doc_at(list, 0);
	const struct es_doc *nano = es_doc_at(list, 1);

	ck_assert(es_doc_get_bool(u, "known"));
	ck_assert_int_eq(es_doc_get_number(u, "pending", 0), 2);
	ck_assert_int_eq(es_doc_get_number(u, "security", 0), 2);
	ck_assert_str_eq(es_doc_get_str(base, "name"), "base");
	ck_assert_str_eq(es_doc_get_str(base, "new"), "3:0.1");
	ck_assert_str_eq(es_doc_get_str(nano, "old"), "1.0-1");
	ck_assert_str_eq(es_doc_get_str(nano, "new"), "1.0-2");
	expect_alerts(doc, "warning updates: 2 security updates pending\n");
}
END_TEST

/* When it is not known, that is said. */
START_TEST(state_update_unknown)
{
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = NULL;
	struct es_error err = ES_ERROR_INIT;

	put_packages();
	doc = look(&plain);
	ck_assert(!es_doc_get_bool(es_doc_get(doc, "updates"), "known"));
	put("m/var/lib/update-notifier/updates-available",
	    "\n12 updates can be applied immediately.\n"
	    "3 of these updates are standard security updates.\n");
	es_doc_free(doc);
	doc = look(&plain);
	const struct es_doc *u = es_doc_get(doc, "updates");
	ck_assert_int_eq(es_doc_get_number(u, "pending", 0), 12);
	ck_assert_int_eq(es_doc_get_number(u, "security", 0), 3);
	/* the head of a gzip file, and nothing of it */
	put(LISTS "lock", "");
	ck_assert_int_eq(
		es_write_file(LISTS "a_dists_b_main_binary-amd64_Packages.gz",
			      "\x1f\x8b\x08\0\0\0\0\0\0\x03garbage", 17, 0644,
			      &err),
		0);
	es_doc_free(doc);
	doc = look(&plain);
	u = es_doc_get(doc, "updates");
	ck_assert(!es_doc_get_bool(u, "known"));
	ck_assert_str_eq(es_doc_get_str(u, "why"),
			 "a list of apt cannot be read");
}
END_TEST

/* --- the repository ------------------------------------------------------- */

START_TEST(state_repository)
{
	struct es_state_input in = plain;
	struct es_error err = ES_ERROR_INIT;
	static const struct es_oid none;
	struct es_oid tree;

	in.st = repo.st;
	configure("[state]\ndisk_full = 0\nrun_age = 2h\nfull_age = 1d\n"
		  "findings = critical\n");
	ck_assert_int_eq(es_store_lock(repo.st, 0, &err), 0);
	tree = es_unit_tree(&repo,
			    ITEMS({ "/etc/a", "x" },
				  { "findings/setuid", "/bin/x\n/bin/y\n" },
				  { "findings/unknown-owner", "/etc/z\n" }));
	ES_CLEANUP(es_commit_freep)
	struct es_commit *c = es_unit_commit(&repo, &tree, NULL, NOW - 7200);
	ck_assert_msg(es_store_install(repo.st, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(es_store_move(repo.st, "main", es_commit_id(c), &none,
				       &err),
			 0);
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = look(&in);
	const struct es_doc *f = es_doc_get(doc, "findings");
	const struct es_doc *r = es_doc_get(doc, "runs");

	ck_assert_int_eq(es_doc_get_number(f, "open", 0), 3);
	ck_assert_int_eq(es_doc_get_number(r, "changed_age", 0), 7200);
	expect_alerts(doc, "critical finding: 2 findings of setuid\n"
			   "warning run: the last run is not known\n"
			   "warning run: the last full run is not known\n");
	ck_assert_int_eq(es_store_mark_run(repo.st, &err), 0);
	ck_assert_int_eq(es_store_mark_full(repo.st, &err), 0);
	in.now = es_store_last_full(repo.st) + 2 * DAY;
	ES_CLEANUP(es_doc_freep) struct es_doc *later = look(&in);
	expect_alerts(later, "critical finding: 2 findings of setuid\n"
			     "warning run: the last run was 2 days ago\n"
			     "warning run: the last full run was 2 days ago\n");
	configure("[state]\ndisk_full = 0\nrun_age = 0\nfindings = info\n");
	ES_CLEANUP(es_doc_freep) struct es_doc *all = look(&in);
	ck_assert_uint_eq(es_doc_len(es_doc_get(all, "alerts")), 2);
}
END_TEST

START_TEST(state_channels)
{
	static const char text[] =
		"{\"channels\":[{\"name\":\"ops\",\"backlog\":3,"
		"\"attempts\":2,\"last_error\":\"no route\"},"
		"{\"name\":\"ok\",\"backlog\":0,\"attempts\":0},"
		"{\"name\":\"bad\",\"backlog\":1,\"refused\":true}]}";
	ES_CLEANUP(es_doc_freep) struct es_doc *channels = NULL;
	struct es_state_input in = plain;
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(
		es_doc_read(&channels, "test", text, strlen(text), &err), 0);
	in.channels = channels;
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = look(&in);

	expect_alerts(doc, "warning channel: channel ops fails, 3 runs not "
			   "told: no route\n"
			   "warning channel: channel bad is refused, 1 run "
			   "not told\n");
}
END_TEST

START_TEST(state_commands_run)
{
	struct es_state_input in = plain;

	configure("[state]\ndisk_full = 0\nrun_age = 0\n"
		  "[command good]\nrun = printf 'a\\nb\\n'\nshell = yes\n"
		  "volatile = yes\n"
		  "[command bad]\nrun = echo no >&2; exit 3\nshell = yes\n"
		  "volatile = yes\n"
		  "[command recorded]\nrun = echo never\nshell = yes\n");
	in.commands = true;
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = look(&in);
	const struct es_doc *list = es_doc_get(doc, "commands");
	const struct es_doc *good = es_doc_at(list, 1);

	ck_assert_uint_eq(es_doc_len(list), 2);
	ck_assert_str_eq(es_doc_get_str(good, "name"), "good");
	ck_assert_str_eq(es_doc_at_str(es_doc_get(good, "stdout"), 1), "b");
	ck_assert(!es_doc_get_bool(good, "failed"));
	expect_alerts(doc, "warning command: command bad: exit 3\n");
}
END_TEST

/* --- forms ---------------------------------------------------------------- */

/* Every byte that others chose is quoted, and no line is too long. */
static void check_text(const struct es_buf *b)
{
	size_t columns = 0;

	for (const char *p = es_buf_str(b); *p; p++) {
		ck_assert(*p == '\n' || (unsigned char)*p >= ' ');
		/* characters of several bytes count once */
		columns += ((unsigned char)*p & 0xc0) != 0x80;
		if (*p == '\n')
			columns = 0;
		ck_assert_uint_le(columns, 100);
	}
}

START_TEST(state_forms)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_templates_freep) struct es_templates *set = NULL;
	struct es_error err = ES_ERROR_INIT;
	struct es_state_input in = plain;

	in.host = "web\033[31m<b>";
	put("m/proc/mdstat", "md<i>\033 : active raid1 sdb1[1](F) sda1[0]\n"
			     "      1 blocks super 1.2 [2/1] [U_]\n");
	put_network(5, 0);
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = look(&in);

	ck_assert_int_eq(es_templates_new(&set, NULL, &err), 0);
	ck_assert_msg(es_state_report_render(&b, set, "state.txt", doc, false,
					     &err) == 0,
		      "%s", err.msg);
	check_text(&b);
	ck_assert_ptr_nonnull(strstr(b.data, "Somebody should look now."));
	ck_assert_ptr_nonnull(strstr(b.data, "Out of order\n  CRITICAL"));
	ck_assert_ptr_nonnull(
		strstr(b.data, "0.50, 1.05, 2.40 on 2 processors"));
	es_buf_reset(&b);
	ck_assert_int_eq(es_state_report_render(&b, set, "state.txt", doc, true,
						&err),
			 0);
	ck_assert_ptr_nonnull(strstr(b.data, "\033[1;31mweb"));
	ck_assert_ptr_null(strstr(b.data, "\033[31m"));
	es_buf_reset(&b);
	ck_assert_int_eq(es_state_report_render(&b, set, "state.html", doc,
						true, &err),
			 0);
	ck_assert_ptr_null(strstr(b.data, "<i>"));
	ck_assert_ptr_null(strchr(b.data, '\033'));
	ck_assert_ptr_nonnull(strstr(b.data, "md&lt;i&gt;"));
	ck_assert_ptr_null(strstr(b.data, "{{"));
}
END_TEST

/* The window begins with the last report, but for a clock that was ahead. */
START_TEST(state_window)
{
	struct es_state_input in = plain;
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = look(&plain);

	remember(doc, NOW - 1000);
	ES_CLEANUP(es_doc_freep) struct es_doc *second = look(&plain);
	ck_assert_int_eq(es_doc_get_number(second, "since_epoch", 0),
			 NOW - 1000);
	in.since = NOW - 50;
	ES_CLEANUP(es_doc_freep) struct es_doc *third = look(&in);
	ck_assert_int_eq(es_doc_get_number(third, "since_epoch", 0), NOW - 50);
	remember(doc, NOW + 1000);
	ES_CLEANUP(es_doc_freep) struct es_doc *fourth = look(&plain);
	ck_assert_int_eq(es_doc_get_number(fourth, "since_epoch", 0),
			 NOW - DAY);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("state_report");
	TCase *t = tcase_create("state_report");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, state_system_values);
	tcase_add_test(t, state_empty);
	tcase_add_loop_test(t, state_limits, 0, es_lengthof(limits));
	tcase_add_test(t, state_reboot);
	tcase_add_loop_test(t, state_arrays, 0, es_lengthof(arrays));
	tcase_add_test(t, state_pools);
	tcase_add_test(t, state_networks);
	tcase_add_test(t, state_disk_values);
	tcase_add_loop_test(t, state_trends, 0, es_lengthof(trends));
	tcase_add_test(t, state_trend_file);
	tcase_add_loop_test(t, state_trend_broken, 0, es_lengthof(broken));
	tcase_add_test(t, state_process_names);
	tcase_add_test(t, state_update_lists);
	tcase_add_test(t, state_update_unknown);
	tcase_add_test(t, state_repository);
	tcase_add_test(t, state_channels);
	tcase_add_test(t, state_commands_run);
	tcase_add_test(t, state_forms);
	tcase_add_test(t, state_window);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
