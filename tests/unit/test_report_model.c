/* SPDX-License-Identifier: MIT */
/* test_report_model.c - why a change is there, how much it matters, folding */
#include "config.h"

#include "unit.h"

#include "model_unit.h"

/* Text of run/packages; owned. */
static char *packages_text(struct es_package_op *ops, size_t n_ops,
			   struct es_package_seen *seen, size_t n_seen)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);
	struct es_package_ops all = { ops, n_ops, seen, n_seen, "" };

	ck_assert_int_eq(es_package_ops_text(&all, &out), 0);
	return strdup(es_buf_str(&out));
}

static struct es_package_op op(enum es_package_op_kind kind, const char *name,
			       const char *old, const char *new)
{
	return (struct es_package_op){ kind,	   name,	  "amd64",
				       old,	   new,		  "dpkg",
				       NOW - 1800, "apt upgrade", "anna" };
}

/* A verdict on a file whose recorded content is a text; NULL: it is gone. */
static struct es_package_seen seen(const char *path, const char *package,
				   enum es_package_verdict verdict,
				   const char *content)
{
	struct es_package_seen s = { .path = path,
				     .len = strlen(path),
				     .package = package,
				     .version = "2",
				     .verdict = verdict,
				     .kind = ES_PACKAGE_MD5 };

	memset(s.want, 0xab, sizeof(s.want));
	if (content)
		es_sha256(s.recorded, content, strlen(content));
	return s;
}

#define BIN(m)                                        \
	{                                             \
		.class = ES_CLASS_DIGEST, .mode = (m) \
	}

/* An upgrade with one file replaced, and one that was edited beside it. */
static struct es_doc *upgrade(struct es_report_input *how)
{
	struct es_package_op ops[] = {
		op(ES_PACKAGE_OP_INSTALL, "jq", "", "1.6"),
		op(ES_PACKAGE_OP_UPGRADE, "ssh", "1", "2"),
	};
	struct es_package_seen verdicts[] = {
		seen("/etc/jq.conf", "jq", ES_PACKAGE_CONF_NEW, "jq\n"),
		seen("/etc/other.conf", "other", ES_PACKAGE_CONF_CHANGED,
		     "2\n"),
		seen("/etc/ssh.conf", "ssh", ES_PACKAGE_CONF_KEPT, "mine 2\n"),
		seen("/usr/bin/a", "ssh", ES_PACKAGE_MATCH, "a2"),
		seen("/usr/bin/b", "ssh", ES_PACKAGE_DIFFERS, "evil"),
		seen("/usr/bin/chmod", "ssh", ES_PACKAGE_MATCH, "c2"),
		seen("/usr/bin/gone", "ssh", ES_PACKAGE_GONE, NULL),
		seen("/usr/bin/stale", "ssh", ES_PACKAGE_MATCH, "other"),
		seen("/usr/bin/su", "ssh", ES_PACKAGE_MATCH, "su"),
		seen("/usr/share/data", "ssh", ES_PACKAGE_DIFFERS, "d2"),
		seen("/srv/www/page", "ssh", ES_PACKAGE_DIFFERS, "p2"),
	};
	ES_CLEANUP(es_freep)
	char *text = packages_text(ops, 2, verdicts, es_lengthof(verdicts));
	struct es_oid old = es_unit_tree(
		&repo, ITEMS({ "/etc/other.conf", "1\n" },
			     { "/etc/ssh.conf", "mine\n" },
			     { "/srv/www/page", "p1", DIGEST },
			     { "/usr/bin/a", "a1", DIGEST },
			     { "/usr/bin/b", "b1", DIGEST },
			     { "/usr/bin/chmod", "c1", BIN(0755) },
			     { "/usr/bin/gone", "g1", DIGEST },
			     { "/usr/bin/stale", "s1", DIGEST },
			     { "/usr/bin/su", "su", DIGEST },
			     { "/usr/share/data", "d1", DIGEST },
			     { "system/packages", "ssh amd64 1 dpkg\n" }));
	struct es_oid new = es_unit_tree(
		&repo,
		ITEMS({ "/etc/jq.conf", "jq\n" }, { "/etc/other.conf", "2\n" },
		      { "/etc/ssh.conf", "mine 2\n" },
		      { "/etc/ssh.conf.dpkg-dist", "theirs\n" },
		      { "/srv/www/page", "p2", { .class = ES_CLASS_DIGEST } },
		      { "/usr/bin/a", "a2", DIGEST },
		      { "/usr/bin/b", "evil", DIGEST },
		      { "/usr/bin/chmod", "c2", BIN(0777) },
		      { "/usr/bin/stale", "s2", DIGEST },
		      { "/usr/bin/su", "su", BIN(04755) },
		      { "/usr/share/data", "d2", { .class = ES_CLASS_DIGEST } },
		      { "run/packages", text },
		      { "system/packages",
			"jq amd64 1.6 dpkg\nssh amd64 2 dpkg\n" }));

	return es_unit_two(&old, &new, how);
}

/* What is said of each path of the upgrade, and how much it matters. */
static const struct {
	const char *path;
	const char *why;
	const char *severity;
	const char *text;
	bool folded;
} upgraded[] = {
	{ "/etc/jq.conf", "package", "info", "as jq 1.6 has it", true },
	{ "/etc/other.conf", "conffile", "notice",
	  "configuration file of other, changed here", false },
	{ "/etc/ssh.conf", "conffile", "notice",
	  "configuration file of ssh, kept as changed here; the package's is "
	  "/etc/ssh.conf.dpkg-dist",
	  false },
	{ "/etc/ssh.conf.dpkg-dist", "package", "info",
	  "left beside the configuration file by ssh 2", true },
	{ "/srv/www/page", "package-differs", "warning",
	  "is not as ssh 2 has it", false },
	{ "/usr/bin/a", "package", "info", "as ssh 2 has it", true },
	{ "/usr/bin/b", "package-differs", "critical", "is not as ssh 2 has it",
	  false },
	{ "/usr/bin/chmod", "", "warning", "", false },
	{ "/usr/bin/gone", "package", "info", "went with ssh 1", true },
	{ "/usr/bin/stale", "", "warning", "", false },
	{ "/usr/bin/su", "", "critical", "", false },
	{ "/usr/share/data", "package-differs", "critical",
	  "is not as ssh 2 has it", false },
	{ "system/packages", "package", "info",
	  "as the package managers' logs tell", true },
};

START_TEST(model_upgrade)
{
	struct es_report_input how = { 0 };
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = upgrade(&how);
	const char *path = upgraded[_i].path;

	ck_assert_str_eq(es_unit_why(doc, path, "kind"), upgraded[_i].why);
	ck_assert_str_eq(es_unit_why(doc, path, "text"), upgraded[_i].text);
	ck_assert_str_eq(es_unit_word(doc, path, "severity"),
			 upgraded[_i].severity);
	ck_assert_int_eq(es_unit_folded(doc, path) >= 0, upgraded[_i].folded);
}
END_TEST

START_TEST(model_upgrade_groups)
{
	struct es_report_input how = { 0 };
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = upgrade(&how);
	const struct es_doc *groups = es_doc_get(doc, "groups");
	const struct es_doc *ssh, *b;

	es_unit_check_json(doc);
	ck_assert_uint_eq(es_doc_len(groups), 3);
	ck_assert_str_eq(es_doc_get_str(es_doc_at(groups, 0), "title"),
			 "jq 1.6 installed: 1 file, matches the package");
	ssh = es_doc_at(groups, 1);
	ck_assert_str_eq(es_doc_get_str(ssh, "title"),
			 "ssh 1 -> 2: 3 files, 2 match the package, 1 without "
			 "checksum; 3 more differ");
	ck_assert_int_eq(es_doc_get_number(ssh, "conffiles", -1), 2);
	ck_assert_str_eq(es_doc_get_str(ssh, "severity"), "info");
	ck_assert_str_eq(es_doc_get_str(doc, "severity"), "critical");
	ck_assert_int_eq(es_unit_number(doc, "counts", "folded"), 5);
	ck_assert_int_eq(es_unit_number(doc, "counts", "packages"), 2);
	b = es_unit_change_of(doc, "/usr/bin/b");
	ck_assert_str_eq(es_doc_get_str(es_doc_get(b, "package"), "want"),
			 "md5:abababababababababababababababab");
	ck_assert_str_eq(
		es_doc_get_str(es_doc_at(es_doc_get(doc, "packages"), 1),
			       "command"),
		"apt upgrade");
}
END_TEST

/* What an older version had, and files that bear other names now. */
static struct es_doc *outdated(struct es_report_input *how, size_t n_ops)
{
	struct es_package_op ops[] = {
		op(ES_PACKAGE_OP_UPGRADE, "z", "1", "2"),
	};
	struct es_package_seen verdicts[] = {
		seen("/usr/bin/moved", "z", ES_PACKAGE_MATCH, "moved\n"),
		seen("/usr/bin/there", "z", ES_PACKAGE_DIFFERS, NULL),
		seen("/usr/lib/z.2", "z", ES_PACKAGE_MATCH, "library\n"),
	};
	ES_CLEANUP(es_freep)
	char *text = packages_text(ops, n_ops, verdicts, es_lengthof(verdicts));
	struct es_oid old = es_unit_tree(
		&repo, ITEMS({ "/etc/z.conf", "z\n" },
			     { "/usr/bin/there", "moved\n", DIGEST },
			     { "/usr/bin/z-old", "program\n", DIGEST },
			     { "/usr/lib/old", "old\n", DIGEST },
			     { "/usr/lib/z.1", "library\n", DIGEST },
			     { "/usr/local/lib/mine", "mine\n", DIGEST }));
	struct es_oid new = es_unit_tree(
		&repo, ITEMS({ "/usr/bin/moved", "moved\n", DIGEST },
			     { "/usr/lib/z.2", "library\n", DIGEST },
			     { "run/packages", text }));

	return es_unit_two(&old, &new, how);
}

static const struct {
	const char *path;
	const char *why;
	bool folded;
} outdated_paths[] = {
	{ "/etc/z.conf", "", false },
	{ "/usr/bin/moved", "rename", false },
	{ "/usr/bin/z-old", "outdated", false },
	{ "/usr/lib/old", "outdated", true },
	{ "/usr/lib/z.2", "package", true },
	{ "/usr/local/lib/mine", "", false },
};

START_TEST(model_outdated)
{
	struct es_report_input how = { 0 };
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = outdated(&how, 1);
	const char *path = outdated_paths[_i].path;

	ck_assert_str_eq(es_unit_why(doc, path, "kind"),
			 outdated_paths[_i].why);
	ck_assert_int_eq(es_unit_folded(doc, path) >= 0,
			 outdated_paths[_i].folded);
	ck_assert_str_eq(es_unit_title(doc, "outdated"),
			 "1 path removed that no package has any more");
}
END_TEST

/* Where no package changed, what went is somebody's doing. */
START_TEST(model_not_outdated)
{
	struct es_report_input how = { 0 };
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = outdated(&how, 0);

	ck_assert_ptr_null(es_unit_group(doc, "outdated"));
	ck_assert_str_eq(es_unit_why(doc, "/usr/lib/old", "kind"), "");
}
END_TEST

/* A list of packages that says more than the logs do is not folded. */
START_TEST(model_packages_unexplained)
{
	struct es_package_op ops[] = {
		op(ES_PACKAGE_OP_UPGRADE, "ssh", "1", "2"),
	};
	ES_CLEANUP(es_freep) char *text = packages_text(ops, 1, NULL, 0);
	struct es_oid old = es_unit_tree(
		&repo, ITEMS({ "system/packages", "ssh amd64 1 dpkg\n" }));
	struct es_oid new = es_unit_tree(
		&repo, ITEMS({ "run/packages", text },
			     { "system/packages",
			       "rootkit amd64 1 dpkg\nssh amd64 2 dpkg\n" }));
	struct es_report_input how = { 0 };
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_two(&old, &new, &how);

	ck_assert_int_eq(es_unit_folded(doc, "system/packages"), -1);
	ck_assert_str_eq(es_unit_word(doc, "system/packages", "severity"),
			 "notice");
}
END_TEST

/* Damaged texts tell nothing, and cost nobody the report. */
START_TEST(model_damaged_run)
{
	struct es_oid old = es_unit_tree(&repo, ITEMS({ "/etc/a", "1" }));
	struct es_oid new = es_unit_tree(
		&repo, ITEMS({ "/etc/a", "2" },
			     { "run/logins", "session once upon a time\n" },
			     { "run/packages", "op upgrade\nseen\n" }));
	struct es_report_input how = { 0 };
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_two(&old, &new, &how);

	ck_assert_uint_eq(es_doc_len(es_doc_get(doc, "packages")), 0);
	ck_assert(es_doc_get_bool(es_doc_get(doc, "logins"), "missing"));
}
END_TEST

/* The default severity of a changed file, by its path. */
static const struct {
	const char *path;
	const char *severity;
} places[] = {
	{ "/bin/ls", "warning" },
	{ "/boot/vmlinuz", "warning" },
	{ "/etc/cron.d/job", "warning" },
	{ "/etc/cron.dx", "notice" },
	{ "/etc/group", "warning" },
	{ "/etc/group-", "notice" },
	{ "/etc/hosts", "notice" },
	{ "/etc/ld.so.preload", "warning" },
	{ "/etc/pam.d/su", "warning" },
	{ "/etc/passwd", "warning" },
	{ "/etc/shadow", "warning" },
	{ "/etc/ssh/ssh_config", "notice" },
	{ "/etc/ssh/sshd_config", "warning" },
	{ "/etc/sudoers.d/x", "warning" },
	{ "/home/a/.ssh/authorized_keys", "warning" },
	{ "/home/a/.ssh/config", "notice" },
	{ "/home/a/authorized_keys", "notice" },
	{ "/usr/lib/x86/libc.so.6", "warning" },
	{ "/usr/local/bin/x", "notice" },
	{ "/usr/share/x", "notice" },
	{ "/var/spool/cron/root", "warning" },
};

static struct es_doc *touch_place(const char *path, const char *conf_text,
				  struct es_entry was, struct es_entry is)
{
	ES_CLEANUP(es_rules_freep)
	struct es_rules *rules = conf_text ? es_unit_rules(conf_text) : NULL;
	struct es_oid old = es_unit_tree(&repo, ITEMS({ path, "1\n", was }));
	struct es_oid new = es_unit_tree(&repo, ITEMS({ path, "2\n", is }));
	struct es_report_input how = { .patch = { .rules = rules } };

	return es_unit_two(&old, &new, &how);
}

START_TEST(model_severity)
{
	struct es_entry e = { .mode = 0755 };
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = touch_place(places[_i].path, NULL, e, e);

	ck_assert_str_eq(es_unit_word(doc, places[_i].path, "severity"),
			 places[_i].severity);
	ck_assert_str_eq(es_doc_get_str(doc, "severity"), places[_i].severity);
}
END_TEST

/* What makes a file privileged, and what it was before. */
static const struct {
	uint32_t was;
	uint32_t is;
	const char *xattr;
	const char *severity;
} modes[] = {
	{ 0755, 04755, NULL, "critical" },
	{ 0755, 02755, NULL, "critical" },
	{ 02755, 06755, NULL, "critical" },
	{ 04755, 04755, NULL, "notice" },
	{ 04755, 0755, NULL, "notice" },
	{ 0755, 01755, NULL, "notice" },
	{ 0755, 0755, "security.capability=0sAQA=\n", "critical" },
	{ 0755, 0755, "user.note=\"security.capabilit\"\n", "notice" },
};

START_TEST(model_privileges)
{
	struct es_entry was = { .mode = modes[_i].was };
	struct es_entry is = { .mode = modes[_i].is };

	if (modes[_i].xattr) {
		is.xattr = modes[_i].xattr;
		is.xattr_len = strlen(is.xattr);
	}
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = touch_place("/opt/x", NULL, was, is);
	ck_assert_str_eq(es_unit_word(doc, "/opt/x", "severity"),
			 modes[_i].severity);
}
END_TEST

#define RULES                                                              \
	WATCH("/etc")                                                      \
	"[rule low]\nmatch = /etc\nseverity = info\ntags = pci web\n"      \
	"[rule high]\nmatch = /etc/app\nseverity = critical\ntags = app\n" \
	"[rule secret]\nmatch = /etc/app/key\nclass = secret\n"

START_TEST(model_rules)
{
	ES_CLEANUP(es_rules_freep)
	struct es_rules *rules = es_unit_rules(RULES);
	struct es_oid old = es_unit_tree(&repo, ITEMS({ "/etc/app/a", "1" },
						      { "/etc/app/key", "1" },
						      { "/etc/passwd", "1" }));
	struct es_oid new = es_unit_tree(&repo, ITEMS({ "/etc/app/a", "2" },
						      { "/etc/app/key", "2" },
						      { "/etc/passwd", "2" }));
	struct es_report_input how = { .patch = { .rules = rules } };
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_two(&old, &new, &how);
	const struct es_doc *c = es_unit_change_of(doc, "/etc/passwd");
	const struct es_doc *rule = es_doc_get(c, "rule");

	ck_assert_str_eq(es_unit_word(doc, "/etc/app/a", "severity"),
			 "critical");
	ck_assert_str_eq(es_doc_get_str(c, "severity"), "info");
	ck_assert_str_eq(es_doc_get_str(rule, "name"), "low");
	ck_assert_str_eq(es_doc_get_str(rule, "pattern"), "/etc");
	ck_assert_str_eq(es_doc_get_str(rule, "file"), "test");
	ck_assert_uint_eq(es_doc_len(es_doc_get(c, "tags")), 2);
	ck_assert_str_eq(es_doc_at_str(es_doc_get(c, "tags"), 1), "web");
}
END_TEST

/* What a filter lets through of three changes. */
static const struct {
	enum es_severity min;
	const char *tag;
	const char *path;
	size_t left;
} filters[] = {
	{ ES_SEVERITY_NONE, NULL, NULL, 3 },
	{ ES_SEVERITY_INFO, NULL, NULL, 3 },
	{ ES_SEVERITY_NOTICE, NULL, NULL, 2 },
	{ ES_SEVERITY_CRITICAL, NULL, NULL, 2 },
	{ ES_SEVERITY_NONE, "web", NULL, 1 },
	{ ES_SEVERITY_NONE, "app", NULL, 2 },
	{ ES_SEVERITY_NONE, "ap", NULL, 0 },
	{ ES_SEVERITY_NONE, NULL, "/etc/app", 2 },
	{ ES_SEVERITY_NONE, NULL, "/etc/ap", 0 },
	{ ES_SEVERITY_NOTICE, "web", "/etc/app", 0 },
};

START_TEST(model_filter)
{
	ES_CLEANUP(es_rules_freep)
	struct es_rules *rules = es_unit_rules(RULES);
	struct es_oid old = es_unit_tree(&repo, ITEMS({ "/etc/app/a", "1" },
						      { "/etc/app/b", "1" },
						      { "/etc/x", "1" }));
	struct es_oid new = es_unit_tree(&repo, ITEMS({ "/etc/app/a", "2" },
						      { "/etc/app/b", "2" },
						      { "/etc/x", "2" }));
	struct es_report_input how = {
		.patch = { .rules = rules },
		.filter = { .min = filters[_i].min,
			    .tags = &filters[_i].tag,
			    .n_tags = filters[_i].tag != NULL,
			    .paths = &filters[_i].path,
			    .n_paths = filters[_i].path != NULL },
	};
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_two(&old, &new, &how);

	ck_assert_uint_eq(es_doc_len(es_doc_get(doc, "changes")),
			  filters[_i].left);
	ck_assert_int_eq(es_unit_number(doc, "counts", "total"),
			 (int64_t)filters[_i].left);
	ck_assert_int_eq(es_doc_get_number(doc, "filtered", -1),
			 3 - (int64_t)filters[_i].left);
}
END_TEST

/* What was moved from where it mattered more. */
static const struct {
	const char *from;
	const char *to;
	const char *severity;
	const char *rule;
	const char *tags[4];
} moves[] = {
	{ "/opt/a", "/opt/b", "notice", NULL, { NULL } },
	{ "/etc/app/a", "/opt/a", "critical", "high", { "app" } },
	{ "/etc/app/a", "/etc/a", "critical", "high", { "pci", "web", "app" } },
	{ "/etc/a", "/etc/app/a", "critical", "high", { "app", "pci", "web" } },
	{ "/etc/app/a", "/etc/app/b", "critical", "high", { "app" } },
	{ "/etc/a", "/opt/a", "notice", NULL, { "pci", "web" } },
	{ "/var/spool/cron/a", "/opt/a", "warning", NULL, { NULL } },
	{ "/opt/a", "/var/spool/cron/a", "warning", NULL, { NULL } },
	{ "/var/spool/cron/a", "/etc/a", "warning", NULL, { "pci", "web" } },
};

START_TEST(model_moved)
{
	const char *filter[] = { moves[_i].from, moves[_i].tags[0] };
	ES_CLEANUP(es_rules_freep)
	struct es_rules *rules = es_unit_rules(RULES);
	struct es_oid old = es_unit_tree(&repo, ITEMS({ filter[0], "1" }));
	struct es_oid new = es_unit_tree(&repo, ITEMS({ moves[_i].to, "1" }));
	struct es_report_input how = {
		.patch = { .rules = rules },
		.filter = { .paths = filter,
			    .n_paths = 1,
			    .tags = filter + 1,
			    .n_tags = filter[1] != NULL },
	};
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_two(&old, &new, &how);
	const struct es_doc *c = es_unit_change_of(doc, moves[_i].to);
	size_t n = 0;

	ck_assert_ptr_nonnull(c);
	ck_assert_str_eq(es_doc_get_str(c, "kind"), "renamed");
	ck_assert_str_eq(es_doc_get_str(c, "severity"), moves[_i].severity);
	if (moves[_i].rule)
		ck_assert_str_eq(es_doc_get_str(es_doc_get(c, "rule"), "name"),
				 moves[_i].rule);
	for (; moves[_i].tags[n]; n++)
		ck_assert_str_eq(es_doc_at_str(es_doc_get(c, "tags"), n),
				 moves[_i].tags[n]);
	ck_assert_uint_eq(es_doc_len(es_doc_get(c, "tags")), n);
}
END_TEST

/* The cap keeps what matters most; numbers are of all. */
START_TEST(model_cap)
{
	struct es_oid old = es_unit_tree(&repo, ITEMS({ "/etc", NULL, DIR }));
	struct es_oid new = es_unit_tree(
		&repo, ITEMS({ "/etc", NULL, DIR }, { "/etc/a", "1" },
			     { "/etc/b", "1" }, { "/etc/passwd", "1" },
			     { "/etc/shadow", "1" }));
	struct es_report_input how = { .limits = { .changes = 3 } };
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_two(&old, &new, &how);

	ck_assert_ptr_nonnull(es_unit_change_of(doc, "/etc/a"));
	ck_assert_ptr_null(es_unit_change_of(doc, "/etc/b"));
	ck_assert_ptr_nonnull(es_unit_change_of(doc, "/etc/shadow"));
	ck_assert_int_eq(
		es_doc_get_number(es_unit_change_of(doc, "/etc/shadow"), "id",
				  -1),
		2);
	ck_assert_int_eq(es_unit_number(doc, "limits", "changes_dropped"), 1);
	ck_assert_int_eq(es_unit_number(doc, "counts", "total"), 4);
}
END_TEST

/* A tree with @n files in a directory, which itself may be recorded. */
static struct es_oid many(size_t n, bool dir, bool odd)
{
	struct es_unit_item items[40] = { { "/etc", NULL, DIR } };
	char names[40][32];
	size_t count = 1;

	if (dir)
		items[count++] = (struct es_unit_item){ "/srv", NULL, DIR };
	for (size_t i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "/srv/f%02zu", i);
		items[count++] = (struct es_unit_item){ names[i], names[i] };
	}
	if (odd)
		items[count++] = (struct es_unit_item){ "/srv/root",
							"x",
							{ .mode = 04755 } };
	return es_unit_tree(&repo, items, count);
}

START_TEST(model_directory)
{
	struct es_oid none = many(0, false, false);
	struct es_oid whole = many(25, true, true);
	struct es_report_input how = { 0 };
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_two(&none, &whole, &how);
	const struct es_doc *g = es_unit_group(doc, "directory");

	ck_assert_ptr_nonnull(g);
	ck_assert_str_eq(es_doc_get_str(g, "title"), "/srv: 26 added");
	ck_assert_uint_eq(es_doc_len(es_doc_get(g, "paths")), 20);
	ck_assert_int_eq(es_doc_get_number(g, "more", -1), 6);
	/* what must be seen is not folded away with it */
	ck_assert_int_eq(es_unit_folded(doc, "/srv/root"), -1);
	ck_assert_str_eq(es_unit_word(doc, "/srv/root", "severity"),
			 "critical");
}
END_TEST

START_TEST(model_directory_few)
{
	struct es_oid none = many(0, true, false);
	struct es_oid nine = many(9, true, false);
	struct es_oid ten = many(10, true, false);
	struct es_report_input how = { 0 };
	ES_CLEANUP(es_doc_freep)
	struct es_doc *few = es_unit_two(&nine, &none, &how);
	ES_CLEANUP(es_doc_freep)
	struct es_doc *enough = es_unit_two(&ten, &none, &how);

	ck_assert_ptr_null(es_unit_group(few, "directory"));
	ck_assert_str_eq(es_unit_title(enough, "directory"),
			 "/srv: 10 removed");
}
END_TEST

START_TEST(model_rest)
{
	ES_CLEANUP(es_freep) char *narrow = es_unit_rules_text(WATCH("/etc"));
	ES_CLEANUP(es_freep)
	char *wide = es_unit_rules_text(WATCH("/etc") "include = /opt\n");
	struct es_oid old = es_unit_tree(
		&repo, ITEMS({ "/etc/old-name", "the very same\n" },
			     { "/etc/t1", "1" }, { "/etc/t2", "2" },
			     { "run/rules", narrow }));
	struct es_oid new = es_unit_tree(
		&repo, ITEMS({ "/etc/new-name", "the very same\n" },
			     { "/etc/t1", "1", { .mtime_sec = NOW - 60 } },
			     { "/etc/t2", "2", { .mtime_sec = NOW - 60 } },
			     { "/opt/a", "a" }, { "run/rules", wide }));
	struct es_report_input how = { 0 };
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_two(&old, &new, &how);
	const struct es_doc *why =
		es_doc_get(es_unit_change_of(doc, "/opt/a"), "explanation");

	es_unit_check_json(doc);
	ck_assert_str_eq(es_unit_title(doc, "watched"),
			 "1 path now watched, since the rules changed");
	ck_assert_str_eq(es_unit_title(doc, "touched"),
			 "2 paths touched: only times differ");
	ck_assert_str_eq(es_doc_get_str(why, "text"), "now watched");
	ck_assert(es_doc_get_bool(why, "watched"));
	ck_assert_str_eq(es_unit_why(doc, "/etc/new-name", "from"),
			 "/etc/old-name");
	ck_assert_str_eq(es_unit_word(doc, "/etc/t1", "when"),
			 "2023-11-20T11:59:00+00:00");
}
END_TEST

#define IGNORE WATCH("/etc") "[rule x]\nmatch = /etc\nignore_lines = ^# at\n"

/* Two runs further apart differ only in what does not count. */
START_TEST(model_ignored)
{
	ES_CLEANUP(es_rules_freep)
	struct es_rules *rules = es_unit_rules(IGNORE);
	struct es_oid old =
		es_unit_tree(&repo, ITEMS({ "/etc/a", "# at 1\nx\n" },
					  { "/etc/b", "# at 1\nx\n" },
					  { "/etc/c", "# at 1\nx\n" }));
	struct es_oid new = es_unit_tree(
		&repo, ITEMS({ "/etc/a", "# at 22\nx\n", { .mtime_sec = NOW } },
			     { "/etc/b", "# at 2\ny\n" },
			     { "/etc/c", "# at 2\nx\n", { .mode = 0600 } }));
	struct es_report_input how = { .patch = { .rules = rules } };
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_two(&old, &new, &how);

	ck_assert_ptr_null(es_unit_change_of(doc, "/etc/a"));
	ck_assert_ptr_nonnull(es_unit_change_of(doc, "/etc/b"));
	ck_assert_ptr_nonnull(es_unit_change_of(doc, "/etc/c"));
	ck_assert_int_eq(es_unit_number(doc, "counts", "total"), 2);
}
END_TEST

#define CHECKS                                                \
	"[check setuid]\nseverity = critical\n[check cron]\n" \
	"severity = info\n"

START_TEST(model_findings)
{
	ES_CLEANUP(es_conf_freep) struct es_conf *conf = NULL;
	struct es_error err = ES_ERROR_INIT;
	struct es_oid old = es_unit_tree(
		&repo, ITEMS({ "findings/cron", "one\ntwo\n" },
			     { "findings/setuid", "/a: setuid\n" }));
	struct es_oid new =
		es_unit_tree(&repo, ITEMS({ "findings/cron", "two\n" },
					  { "findings/setuid",
					    "/a: setuid\n/b\033: setuid\n" }));
	struct es_report_input how = { 0 };

	ck_assert_int_eq(
		es_conf_parse(&conf, CHECKS, strlen(CHECKS), "t", &err), 0);
	how.conf = conf;
	ES_CLEANUP(es_doc_freep)
	struct es_doc *doc = es_unit_two(&old, &new, &how);
	const struct es_doc *findings = es_doc_get(doc, "findings");
	const struct es_doc *opened = es_doc_get(findings, "opened");
	const struct es_doc *closed = es_doc_get(findings, "closed");

	ck_assert_uint_eq(es_doc_len(opened), 1);
	ck_assert_str_eq(es_doc_get_str(es_doc_at(opened, 0), "text"),
			 "/b\033: setuid");
	ck_assert_str_eq(es_doc_get_str(es_doc_at(opened, 0), "severity"),
			 "critical");
	ck_assert_uint_eq(es_doc_len(closed), 1);
	ck_assert_str_eq(es_doc_get_str(es_doc_at(closed, 0), "check"), "cron");
	ck_assert_int_eq(es_doc_get_number(findings, "open", -1), 3);
	ck_assert_str_eq(es_doc_get_str(doc, "severity"), "critical");
}
END_TEST

/* No byte of these may be left at a level. */
static const struct {
	enum es_report_content level;
	const char *gone;
	const char *stays;
} limits[] = {
	{ ES_REPORT_CONTENT_FULL, "nothing of the kind", "evil" },
	{ ES_REPORT_CONTENT_NAMES, "apt upgrade", "/usr/bin/b" },
	{ ES_REPORT_CONTENT_NAMES, "theirs", "/etc/ssh.conf.dpkg-dist" },
	{ ES_REPORT_CONTENT_NAMES, "abababab", "openssh" },
	{ ES_REPORT_CONTENT_NAMES, "sha256:", "web1" },
	{ ES_REPORT_CONTENT_COUNTS, "/usr", "web1" },
	{ ES_REPORT_CONTENT_COUNTS, "ssh", "\"critical\"" },
	{ ES_REPORT_CONTENT_COUNTS, "anna", "\"commit\"" },
	{ ES_REPORT_CONTENT_COUNTS, "a run on", "\"total\"" },
};

START_TEST(model_limit)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 24);
	struct es_report_input how = { 0 };
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = upgrade(&how);

	es_report_limit(doc, limits[_i].level);
	/* once for each level */
	if (_i > 0 && limits[_i].level != limits[_i - 1].level)
		es_unit_check_json(doc);
	es_doc_write(doc, &text, true);
	ck_assert_ptr_null(strstr(es_buf_str(&text), limits[_i].gone));
	if (strcmp(limits[_i].stays, "evil") != 0 &&
	    strcmp(limits[_i].stays, "openssh") != 0)
		ck_assert_ptr_nonnull(
			strstr(es_buf_str(&text), limits[_i].stays));
}
END_TEST

START_TEST(model_url)
{
	struct es_oid tree = es_unit_tree(&repo, ITEMS({ "/etc/a", "1" }));
	struct es_oid more = es_unit_tree(&repo, ITEMS({ "/etc/a", "2" }));
	ES_CLEANUP(es_commit_freep)
	struct es_commit *a = es_unit_run_at(&tree, NULL, NOW - HOUR, "r", "");
	ES_CLEANUP(es_commit_freep)
	struct es_commit *b = es_unit_run_at(&more, a, NOW, "r", "");
	struct es_report_input how = {
		.url = "https://git.example/%h/%H?a=100%%&%x%",
	};
	ES_CLEANUP(es_doc_freep) struct es_doc *doc = es_unit_model(a, b, &how);
	char hex[ES_OID_HEX + 1], want[200];

	es_oid_text(hex, es_commit_id(b));
	snprintf(want, sizeof(want),
		 "https://git.example/web1/%s?a=100%%&%%x%%", hex);
	ck_assert_str_eq(es_doc_get_str(doc, "url"), want);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("report_model");
	TCase *tc = tcase_create("report_model");

	tcase_add_checked_fixture(tc, es_unit_report_setup,
				  es_unit_runs_teardown);
	tcase_add_loop_test(tc, model_upgrade, 0, es_lengthof(upgraded));
	tcase_add_test(tc, model_upgrade_groups);
	tcase_add_loop_test(tc, model_outdated, 0, es_lengthof(outdated_paths));
	tcase_add_test(tc, model_not_outdated);
	tcase_add_test(tc, model_packages_unexplained);
	tcase_add_test(tc, model_damaged_run);
	tcase_add_loop_test(tc, model_severity, 0, es_lengthof(places));
	tcase_add_loop_test(tc, model_privileges, 0, es_lengthof(modes));
	tcase_add_test(tc, model_rules);
	tcase_add_loop_test(tc, model_filter, 0, es_lengthof(filters));
	tcase_add_loop_test(tc, model_moved, 0, es_lengthof(moves));
	tcase_add_test(tc, model_cap);
	tcase_add_test(tc, model_directory);
	tcase_add_test(tc, model_directory_few);
	tcase_add_test(tc, model_rest);
	tcase_add_test(tc, model_ignored);
	tcase_add_test(tc, model_findings);
	tcase_add_loop_test(tc, model_limit, 0, es_lengthof(limits));
	tcase_add_test(tc, model_url);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return es_unit_main(make_suite());
}
