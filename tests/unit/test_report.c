/* SPDX-License-Identifier: MIT */
/* test_report.c - what a person reads of a set of changes */
#include "config.h"

#include "unit.h"

#include "report_unit.h"

#include <errno.h>

#define BERLIN "/usr/share/zoneinfo/Europe/Berlin"
#define BUENOS "/usr/share/zoneinfo/America/Argentina/Buenos_Aires"

static struct es_oid old_run(void)
{
	return es_unit_tree(
		&repo,
		ITEMS({ "/etc", NULL, DIR },
		      { "/etc/cron.d/old-job", "# run\n0 3 * * * root old\n" },
		      { "/etc/dev",
			NULL,
			{ .type = ES_TYPE_CHAR,
			  .mode = 0600,
			  .rdev_major = 1,
			  .rdev_minor = 3 } },
		      { "/etc/fstab", "LABEL=a / ext4\n" },
		      { "/etc/link", BERLIN, LINK },
		      { "/etc/moved.conf", "some content\n" },
		      { "/etc/old.key", "k", SECRET },
		      { "/etc/resolv.conf", "nameserver 1.1.1.1\n" },
		      { "/etc/shadow", "root:x\n", SECRET },
		      { "/etc/sshd_config", "Port 22\nPermitRootLogin no\n" },
		      { "/etc/touched1", "1" }, { "/etc/touched2", "2" },
		      { "/usr/bin/old", "gone\n", DIGEST },
		      { "/usr/bin/ping",
			"elf\n",
			{ .class = ES_CLASS_DIGEST,
			  .mode = 0755,
			  .xattr = "security.capability=0sAQA=\nuser.b=\"1\"\n",
			  .xattr_len = 38 } },
		      { "/usr/bin/sudo",
			"elf\n",
			{ .class = ES_CLASS_DIGEST, .mode = 04755 } },
		      { "system/os", "Debian 12.1\n" }));
}

static struct es_oid new_run(void)
{
	return es_unit_tree(
		&repo,
		ITEMS({ "/etc", NULL, DIR },
		      { "/etc/cron.d/new-job",
			"0 4 * * * root new",
			{ .uid = 33, .gid = 77 } },
		      { "/etc/dev",
			NULL,
			{ .type = ES_TYPE_CHAR,
			  .mode = 0600,
			  .rdev_major = 1,
			  .rdev_minor = 5 } },
		      { "/etc/fstab",
			"LABEL=a / ext4",
			{ .mtime_sec = 1700000200 } },
		      { "/etc/link", BUENOS, LINK },
		      { "/etc/moved-here.conf",
			"some content\n",
			{ .mode = 0600 } },
		      { "/etc/new.key", "kk", SECRET },
		      { "/etc/newdir", NULL, DIR },
		      { "/etc/newlink", "../x", LINK },
		      { "/etc/resolv.conf", "/run/resolv.conf", LINK },
		      { "/etc/shadow",
			"root:y\n",
			{ .class = ES_CLASS_SECRET, .mode = 0644 } },
		      { "/etc/sshd_config",
			"Port 22\nPermitRootLogin yes\n",
			{ .mode = 0600, .uid = 33, .nlink = 2 } },
		      { "/etc/touched1", "1", { .mtime_nsec = 5 } },
		      { "/etc/touched2", "2", { .mtime_sec = 1800000000 } },
		      { "/etc/unread", "x\n", { .unread = EACCES } },
		      { "/usr/bin/ping",
			"elf\n",
			{ .class = ES_CLASS_DIGEST,
			  .mode = 0755,
			  .xattr = "security.capability=0sAQB=\nuser.c=\"1\"\n",
			  .xattr_len = 38 } },
		      { "/usr/bin/sudo",
			"elf2\n",
			{ .class = ES_CLASS_DIGEST,
			  .mode = 04755,
			  .unread = EIO } },
		      { "run/errors", "EACCES /etc/a\\nb\nTORN /var/log/x\n" },
		      { "system/os", "Debian 12.2\n" }));
}

/* All of a report but its header. */
static const char golden[] =
	"\n"
	"In short\n"
	"  2 paths touched: only times differ\n"
	"    /etc/touched1\n"
	"    /etc/touched2\n"
	"\n"
	"WARNING (6)\n"
	"/etc/cron.d/new-job  added\n"
	"    file 0644 www:77, 18 bytes, modified 2023-11-14 22:13:20\n"
	"    +0 4 * * * root new\n"
	"    \\ no newline at end of file\n"
	"\n"
	"/etc/cron.d/old-job  removed\n"
	"    file 0644 root:root, 25 bytes, modified 2023-11-14 22:13:20\n"
	"    -# run\n"
	"    -0 3 * * * root old\n"
	"\n"
	"/etc/shadow  changed\n"
	"               old                                       | new\n"
	"    mode       0600                                      | 0644\n"
	"    content changed, not shown (secret)\n"
	"\n"
	"/usr/bin/old  removed\n"
	"    file 0755 root:root, 5 bytes, modified 2023-11-14 22:13:20\n"
	"    content sha256:4b9f2c32577beb1ebc8ab2a1e226faaa9176a81cd4eedbaa22f8a0db919972b5\n"
	"\n"
	"/usr/bin/ping  changed\n"
	"    xattr      added: user.c\n"
	"    xattr      removed: user.b\n"
	"    xattr      changed: security.capability\n"
	"\n"
	"/usr/bin/sudo  changed\n"
	"               old                                       | new\n"
	"    size       4                                         | 5\n"
	"    unread     none                                      | Input/output error\n"
	"    content    sha256:6443b78e50315852d3c0eb5522a79d6d17161e21367ecc9481ee5fd6a00b9768\n"
	"             | sha256:209de6a2ed586d324aaab4d203586a735f200254726ff4a1f6abc63989e3f547\n"
	"\n"
	"Notice (11)\n"
	"/etc/dev  changed\n"
	"               old                                       | new\n"
	"    device     1:3                                       | 1:5\n"
	"\n"
	"/etc/fstab  changed\n"
	"    at 2023-11-14 22:16:40\n"
	"               old                                       | new\n"
	"    size       15                                        | 14\n"
	"    mtime      2023-11-14 22:13:20                       | 2023-11-14 22:16:40\n"
	"    @@ -1 +1 @@\n"
	"    -LABEL=a / ext4\n"
	"    +LABEL=a / ext4\n"
	"    \\ no newline at end of file\n"
	"\n"
	"/etc/link  changed\n"
	"               old                                       | new\n"
	"    target     /usr/share/zoneinfo/Europe/Berlin\n"
	"             | /usr/share/zoneinfo/America/Argentina/Buenos_Aires\n"
	"\n"
	"/etc/moved.conf\n"
	"  -> /etc/moved-here.conf  renamed\n"
	"               old                                       | new\n"
	"    mode       0644                                      | 0600\n"
	"\n"
	"/etc/new.key  added\n"
	"    file 0600 root:root, 2 bytes, modified 2023-11-14 22:13:20\n"
	"    content not shown (secret)\n"
	"\n"
	"/etc/newdir  added\n"
	"    directory 0755 root:root\n"
	"\n"
	"/etc/newlink  added\n"
	"    link root:root, modified 2023-11-14 22:13:20\n"
	"    target ../x\n"
	"\n"
	"/etc/old.key  removed\n"
	"    file 0600 root:root, 1 byte, modified 2023-11-14 22:13:20\n"
	"    content not shown (secret)\n"
	"\n"
	"/etc/resolv.conf  of another type\n"
	"               old                                       | new\n"
	"    type       file                                      | link\n"
	"    target     none                                      | /run/resolv.conf\n"
	"    @@ -1 +0,0 @@\n"
	"    -nameserver 1.1.1.1\n"
	"\n"
	"/etc/sshd_config  changed\n"
	"               old                                       | new\n"
	"    mode       0644                                      | 0600\n"
	"    owner      root (0)                                  | www (33)\n"
	"    size       27                                        | 28\n"
	"    links      1                                         | 2\n"
	"    @@ -1,2 +1,2 @@\n"
	"     Port 22\n"
	"    -PermitRootLogin no\n"
	"    +PermitRootLogin yes\n"
	"\n"
	"/etc/unread  added\n"
	"    file 0644 root:root, 2 bytes, modified 2023-11-14 22:13:20\n"
	"    unread Permission denied\n"
	"    +x\n"
	"\n"
	"Commands and system (1)\n"
	"system/os  changed\n"
	"    @@ -1 +1 @@\n"
	"    -Debian 12.1\n"
	"    +Debian 12.2\n"
	"\n"
	"Could not be read; what was known is kept (2)\n"
	"  /etc/a\\nb: Permission denied\n"
	"  /var/log/x: changed under every read\n";

START_TEST(report_text_is_golden)
{
	struct es_oid a = old_run(), b = new_run();
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_report(&a, &b, false);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	es_unit_render(&out, doc, AS(.no_header = true, .whole = true));
	es_unit_same_text(out.data, golden);
	es_unit_check_json(doc);
}
END_TEST

START_TEST(report_header_names_both_runs)
{
	struct es_oid a = old_run(), b = new_run();
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_report(&a, &b, false);
	ES_CLEANUP(es_doc_freep)
	struct es_doc *live = es_unit_report(&a, &b, true);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf want = ES_BUF_INIT(1 << 20);
	const char *old = es_doc_get_str(es_doc_get(doc, "old"), "commit");
	const char *new = es_doc_get_str(es_doc_get(doc, "new"), "commit");

	es_unit_render(&out, doc, AS(.whole = true));
	es_buf_addf(
		&want,
		"web1: WARNING: /etc/cron.d/new-job: added; 17 more\n"
		"Look at it today. 3 removed, 5 added, 1 of another type, 8 "
		"changed, 1 renamed, 2 touched\n"
		"  from  %.7s  2023-11-14 22:13:20 +0000  cron by etcsnap\n"
		"  to    %.7s  2023-11-14 23:13:20 +0000  cron by etcsnap\n%s",
		old, new, golden);
	es_unit_same_text(out.data, want.data);
	ck_assert(!es_doc_get_bool(es_doc_get(doc, "new"), "live"));
	es_unit_render(&out, live, AS(.whole = true));
	ck_assert_ptr_nonnull(strstr(out.data,
				     "\n  to    live     2023-11-15 00:13:20 "
				     "+0000\n\nIn short"));
	ck_assert(es_doc_get_bool(es_doc_get(live, "new"), "live"));
	es_unit_check_json(live);
}
END_TEST

START_TEST(report_without_patches)
{
	struct es_oid a = old_run(), b = new_run();
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_report(&a, &b, false);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	es_unit_render(&out, doc, AS(.no_header = true, .no_patch = true));
	ck_assert_ptr_null(strstr(out.data, "@@"));
	ck_assert_ptr_null(strstr(out.data, "PermitRootLogin"));
	ck_assert_ptr_null(strstr(out.data, "\n\n  "));
	ck_assert_ptr_nonnull(strstr(out.data, "sshd_config"));
	ck_assert_ptr_nonnull(strstr(out.data, "not shown (secret)"));
}
END_TEST

/* Colours come and go, the text stays; nothing but colours is an escape. */
START_TEST(report_colours_are_all_that_differs)
{
	struct es_oid a = old_run(), b = new_run();
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_report(&a, &b, false);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf bare = ES_BUF_INIT(1 << 20);

	es_unit_render(&out, doc,
		       AS(.no_header = true, .color = true, .whole = true));
	ck_assert_ptr_nonnull(
		strstr(out.data, "    \033[31m-PermitRootLogin \033[1;7mno"));
	ck_assert_ptr_nonnull(
		strstr(out.data, "\033[1;7myes\033[m\033[32m\033[m\n"));
	ck_assert_ptr_nonnull(
		strstr(out.data, "    \033[36m@@ -1,2 +1,2 @@\033[m\n"));
	for (const char *s = out.data; *s; s++) {
		if (*s == '\033')
			s = strchr(s, 'm');
		else
			es_buf_addc(&bare, *s);
	}
	es_unit_same_text(bare.data, golden);
}
END_TEST

START_TEST(report_of_no_changes)
{
	struct es_oid a = es_unit_tree(&repo, ITEMS({ "/a", "1" }));
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_report(&a, &a, false);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	es_unit_render(&out, doc, AS(.no_header = true, .whole = true));
	ck_assert_str_eq(out.data, "no changes\n");
	es_unit_render(&out, doc, AS(.whole = true));
	ck_assert_int_eq(strncmp(out.data, "web1: no changes\n  from", 23), 0);
	es_unit_check_json(doc);
}
END_TEST

START_TEST(report_of_a_first_run)
{
	struct es_oid none = { 0 };
	struct es_oid a =
		es_unit_tree(&repo, ITEMS({ "/a", "1" }, { "/b", "2" }));
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_report(&none, &a, false);
	ES_CLEANUP(es_doc_freep)
	struct es_doc *live = es_unit_report(&none, &a, true);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	/* The commit says 1234; the live system is counted. */
	es_unit_render(&out, doc, AS(.whole = true));
	ck_assert_int_eq(strncmp(out.data,
				 "web1: first run: 1,234 entries watched\n",
				 39),
			 0);
	es_unit_render(&out, live, AS(.whole = true));
	ck_assert_str_eq(out.data, "web1: first run: 2 entries watched\n"
				   "  run   live     2023-11-15 00:13:20 "
				   "+0000\n");
	ck_assert(es_doc_get_bool(doc, "first"));
	ck_assert_uint_eq(es_doc_len(es_doc_get(doc, "changes")), 0);
	es_unit_check_json(doc);
	es_unit_check_json(live);
}
END_TEST

#define TIMES10(x) x x x x x x x x x x

START_TEST(report_cuts_long_files)
{
	struct es_oid a = es_unit_tree(&repo, ITEMS({ "/k", "1" }));
	struct es_oid b = es_unit_tree(
		&repo, ITEMS({ "/k", "1" },
			     { "/n", TIMES10(TIMES10("line\n")) "end\n" }));
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_report(&a, &b, false);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	es_unit_render(&out, doc, AS(.no_header = true));
	ck_assert_ptr_nonnull(
		strstr(out.data, "\n    \xe2\x80\xa6 61 more lines\n"));
	ck_assert_ptr_null(strstr(out.data, "+end"));
}
END_TEST

START_TEST(report_folds_many_touched)
{
	struct es_unit_item was[30], is[30];
	char names[30][16];
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	for (int i = 0; i < 30; i++) {
		snprintf(names[i], sizeof(names[i]), "/f%02d", i);
		was[i] = (struct es_unit_item){ names[i], "x" };
		is[i] = was[i];
		is[i].entry.mtime_sec = 1;
	}
	struct es_oid a = es_unit_tree(&repo, was, 30);
	struct es_oid b = es_unit_tree(&repo, is, 30);
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_report(&a, &b, false);
	es_unit_render(&out, doc, AS(.no_header = true));
	ck_assert_ptr_nonnull(strstr(
		out.data, "  30 paths touched: only times differ: /f00, /f01"));
	ck_assert_ptr_nonnull(strstr(out.data, ", \xe2\x80\xa6\n"));
	ck_assert_ptr_null(strstr(out.data, "/f20"));
	es_unit_render(&out, doc, AS(.whole = true));
	ck_assert_ptr_nonnull(strstr(out.data, "\n    /f29\n"));
}
END_TEST

START_TEST(report_folds_what_other_rules_did)
{
	ES_CLEANUP(es_freep)
	char *narrow = es_unit_rules_text(WATCH("/etc"));
	ES_CLEANUP(es_freep)
	char *wide = es_unit_rules_text(
		WATCH("/etc") "include = /opt\n"
			      "[rule x]\nmatch = /etc/x\nclass = secret\n");
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	struct es_unit_item was[2] = { { "/etc/x", "top secret" },
				       { "run/rules", narrow } };
	struct es_unit_item is[34];
	char names[32][40];

	is[0] = (struct es_unit_item){ "/etc/x", "top secret", SECRET };
	for (int i = 0; i < 32; i++) {
		snprintf(names[i], sizeof(names[i]), "/opt/thing-%02d", i);
		is[i + 1] = (struct es_unit_item){ names[i], "x" };
	}
	is[33] = (struct es_unit_item){ "run/rules", wide };
	struct es_oid a = es_unit_tree(&repo, was, 2);
	struct es_oid b = es_unit_tree(&repo, is, 34);
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_report(&a, &b, false);
	es_unit_render(&out, doc, AS(.no_header = true));
	es_unit_same_text(
		out.data,
		"\nIn short\n"
		"  32 paths now watched, since the rules changed: "
		"/opt/thing-00, /opt/thing-01, /opt/thing-02, "
		"\xe2\x80\xa6\n"
		"\nNotice (1)\n"
		"/etc/x  changed\n"
		"               old                                       | "
		"new\n"
		"    mode       0644                                      | "
		"0600\n"
		"    class      mirror                                    | "
		"secret\n"
		"    content not shown (secret)\n"
		"\nRules are stricter now for 1 of these paths. What was "
		"recorded of them before stays in old commits:\nonly "
		"\"etcsnap init --reset\" and a new remote leave it "
		"behind.\n");
	es_unit_check_json(doc);
	/* Nor does the other way round show it. */
	ES_CLEANUP(es_doc_freep)
	struct es_doc *back = es_unit_report(&b, &a, false);
	es_unit_render(&out, back, AS(.whole = true));
	ck_assert_ptr_null(strstr(out.data, "top"));
	ck_assert_ptr_nonnull(strstr(out.data, "no longer watched"));
	es_unit_check_json(back);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("report");
	TCase *tc = tcase_create("report");

	tcase_add_checked_fixture(tc, es_unit_report_setup,
				  es_unit_runs_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, report_text_is_golden);
	tcase_add_test(tc, report_header_names_both_runs);
	tcase_add_test(tc, report_without_patches);
	tcase_add_test(tc, report_colours_are_all_that_differs);
	tcase_add_test(tc, report_of_no_changes);
	tcase_add_test(tc, report_of_a_first_run);
	tcase_add_test(tc, report_cuts_long_files);
	tcase_add_test(tc, report_folds_many_touched);
	tcase_add_test(tc, report_folds_what_other_rules_did);
	suite_add_tcase(s, tc);
	return es_unit_main(s);
}
