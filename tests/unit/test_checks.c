/* SPDX-License-Identifier: MIT */
/* test_checks.c - unit tests of checks that read files of the system */
#include "config.h"

#include "checks_unit.h"

static char work[64];
static struct es_unit_checks unit;

static void enter(void)
{
	es_unit_enter_dir(work);
	ck_assert_int_eq(chmod(work, 0755), 0);
	es_unit_checks_begin(&unit);
	es_unit_put_users();
}

static void leave(void)
{
	es_unit_checks_end(&unit);
	es_unit_leave_dir(work);
}

/* A file of the root, and the findings it makes: "" for none. */
struct one_file {
	const char *path;
	const char *text;
	const char *want;
};

static void assert_found(const char *check, const struct one_file *c)
{
	es_unit_put(c->path, c->text, 0644);
	es_unit_checks_run(&unit);
	ck_assert_str_eq(es_unit_checks_text(&unit, check), c->want);
	ck_assert_int_eq(unlink(c->path), 0);
	if (strncmp(c->path, "etc/passwd", 10) == 0 ||
	    strncmp(c->path, "etc/group", 9) == 0)
		return;
	es_unit_checks_run(&unit);
	ck_assert_str_eq(es_unit_checks_text(&unit, check), "");
}

#define OPEN " lets everyone write new files\n"

static const struct one_file umasks[] = {
	{ "etc/profile", "umask 022\n", "" },
	{ "etc/profile", "umask 002\n", "" },
	{ "etc/profile", "umask 0077\n", "" },
	{ "etc/profile", "umask 000\n", "/etc/profile umask 000" OPEN },
	{ "etc/profile", "umask 0\numask 0\n", "/etc/profile umask 0" OPEN },
	{ "etc/profile", "if x; then umask 020; fi",
	  "/etc/profile umask "
	  "020" OPEN },
	{ "etc/profile", "umask 005 # fine\n", "/etc/profile umask 005" OPEN },
	{ "etc/profile", "# umask 000\n", "" },
	{ "etc/profile", "umask; echo 000\n", "" },
	{ "etc/profile", "umask $MASK\n", "" },
	{ "etc/profile", "umask -S 000\n", "/etc/profile umask 000" OPEN },
	{ "etc/profile", "umask u=rwx,g=rx,o=\n", "" },
	{ "etc/profile", "umask u=rwx,g=rwx,o=rwx\n",
	  "/etc/profile umask u=rwx,g=rwx,o=rwx" OPEN },
	{ "etc/profile", "umask a+w\n", "/etc/profile umask a+w" OPEN },
	{ "etc/profile", "umask \"000\"\n", "/etc/profile umask 000" OPEN },
	{ "etc/login.defs", "UMASK\t000\n", "/etc/login.defs umask 000" OPEN },
	{ "etc/login.defs", "UMASK 022\n", "" },
	{ "etc/profile.d/x y.sh", "umask 0",
	  "/etc/profile.d/x\\040y.sh umask 0" OPEN },
	{ "etc/skel/.bashrc", "umask 000", "/etc/skel/.bashrc umask 000" OPEN },
	{ "home/anna/.bashrc", "umask 000",
	  "/home/anna/.bashrc umask 000" OPEN },
	{ "home/bob/.cshrc", "umask 0", "/home/bob/.cshrc umask 0" OPEN },
	{ "home/eve/.bashrc", "umask 000", "" },
	{ "home/anna/notes", "umask 000", "" },
};

START_TEST(unsafe_umasks)
{
	assert_found("shell-umask", &umasks[_i]);
}
END_TEST

#define EMPTY_ENTRY " PATH has an empty entry, which is the current directory\n"
#define RELATIVE " PATH has the relative entry "

static const struct one_file paths[] = {
	{ "etc/profile", "PATH=/usr/bin:/bin\nexport PATH\n", "" },
	{ "etc/profile", "PATH=$PATH:/sbin:~/bin:$HOME/bin:`x`/y\n", "" },
	{ "etc/profile", "PATH=\"${PATH:+$PATH:}/usr/games\"\n", "" },
	{ "etc/profile", "PATH=$(a b:c):/bin\n", "" },
	{ "etc/profile", "PATH=\n", "" },
	{ "etc/profile", "# PATH=.\nLDPATH=.\n", "" },
	{ "etc/profile", "PATH=$PATH:\n", "/etc/profile" EMPTY_ENTRY },
	{ "etc/profile", "PATH=:/bin\n", "/etc/profile" EMPTY_ENTRY },
	{ "etc/profile", "PATH=/a::/b\n", "/etc/profile" EMPTY_ENTRY },
	{ "etc/profile", "export PATH=.:/bin\n",
	  "/etc/profile" RELATIVE ".\n" },
	{ "etc/profile", "PATH='/bin:bin:x y'\n",
	  "/etc/profile" RELATIVE "bin\n/etc/profile" RELATIVE "x y\n" },
	{ "etc/profile", "PATH=\"a\033b:/b\"\n",
	  "/etc/profile" RELATIVE "a\\x1bb\n" },
	{ "etc/profile", "PATH+=:/opt/bin\n", "" },
	{ "etc/profile", "x=1; PATH=/bin:/open; y=2\n",
	  "/etc/profile PATH has /open, which everyone can write\n" },
	{ "etc/environment", "PATH=\"/bin:/sbin:.\"\n",
	  "/etc/environment" RELATIVE ".\n" },
	{ "etc/login.defs", "ENV_PATH PATH=/bin:/usr/bin:\n",
	  "/etc/login.defs" EMPTY_ENTRY },
	{ "etc/csh.cshrc", "set path = (/bin . /usr/bin)\n",
	  "/etc/csh.cshrc" RELATIVE ".\n" },
	{ "etc/csh.cshrc", "setenv PATH /bin:.\n",
	  "/etc/csh.cshrc" RELATIVE ".\n" },
	{ "etc/profile", "export PATH=/usr/local/bin:\\\n/usr/bin:\\\n/bin\n",
	  "" },
	{ "etc/profile", "PATH=\"/usr/bin:\\\n.:/bin\"\n",
	  "/etc/profile" RELATIVE ".\n" },
	{ "etc/profile", "# a comment \\\nPATH=.\nx=1 # one \\\nPATH=b\n",
	  "/etc/profile" RELATIVE ".\n/etc/profile" RELATIVE "b\n" },
	{ "etc/zshrc", "path+=(tools)\n", "/etc/zshrc" RELATIVE "tools\n" },
	{ "etc/zshrc", "path=($path /opt/x)\n", "" },
	{ "home/anna/.profile", "PATH=$HOME/open:$PATH\n",
	  "/home/anna/.profile PATH has /home/anna/open, which everyone can "
	  "write\n" },
	{ "home/anna/.profile", "PATH=${HOME}/none:~/none:$PATH\n", "" },
};

START_TEST(unsafe_paths)
{
	ck_assert_int_eq(mkdir("open", 0755), 0);
	ck_assert_int_eq(chmod("open", 0777), 0);
	es_unit_put("home/anna/open/x", "", 0644);
	ck_assert_int_eq(chmod("home/anna/open", 0777), 0);
	assert_found("shell-path", &paths[_i]);
}
END_TEST

/* A link in a home must not make the program read what lies elsewhere. */
START_TEST(links_of_users_lead_nowhere)
{
	es_unit_put("etc/secret", "umask 000\n", 0600);
	es_unit_put("home/anna/dot/bashrc", "umask 001\n", 0600);
	ck_assert_int_eq(symlink("../../etc/secret", "home/anna/.profile"), 0);
	ck_assert_int_eq(symlink("dot/bashrc", "home/anna/.bashrc"), 0);
	ck_assert_int_eq(mkfifo("home/anna/.zshrc", 0600), 0);
	es_unit_checks_run(&unit);
	ck_assert_str_eq(es_unit_checks_text(&unit, "shell-umask"),
			 "/home/anna/.bashrc umask 001" OPEN);
}
END_TEST

#define HASH "$6$abcdefgh$0123456789012345678901234567890123456789"

static const struct one_file accounts[] = {
	{ "etc/passwd", "root:x:0:0::/root:/bin/sh\n", "" },
	{ "etc/passwd", "root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/:/bin/sh\n",
	  "/etc/passwd toor has user number 0, as root\n" },
	{ "etc/passwd", "root:x:0:0::/root:/bin/sh\na::5:5::/:/bin/sh\n",
	  "/etc/passwd a has no password\n" },
	{ "etc/passwd", "a:x:5:5::/:/s\nb:x:5:5::/:/s\n",
	  "/etc/passwd user number 5 is that of a, b\n" },
	{ "etc/passwd", "a:x:5:5::/:/s\na:x:6:5::/:/s\n",
	  "/etc/passwd user name a is that of a, a\n" },
	{ "etc/passwd", "a:" HASH ":5:5::/:/s\n",
	  "/etc/passwd the password hash of a stands where all can read it\n" },
	{ "etc/passwd", "+::::::\n-@x::::::\n#a::0:0\n\n", "" },
	{ "etc/shadow", "root:*:1::::::\nanna::1::::::\n",
	  "/etc/shadow anna has no password\n" },
	{ "etc/shadow", "root:" HASH ":1::::::\nbob:!:1::::::\n", "" },
	{ "etc/group", "a:x:5:\nb:x:5:\n",
	  "/etc/group group number 5 is that of a, b\n" },
	{ "etc/group", "a:x:5:\na:x:6:\n",
	  "/etc/group group name a is that of a, a\n" },
	{ "etc/group", "a:x:0:\nb:x:0:\n",
	  "/etc/group group number 0 is that of a, b\n" },
};

START_TEST(accounts_in_files)
{
	const struct one_file *c = &accounts[_i];

	assert_found("accounts", c);
	ck_assert_ptr_null(strstr(c->want, HASH));
}
END_TEST

#define FREE " may run everything without a password\n"

static const struct one_file sudo[] = {
	{ "etc/sudoers",
	  "root ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) ALL\n"
	  "Defaults env_reset\n@includedir /etc/sudoers.d\n",
	  "" },
	{ "etc/sudoers", "bob ALL=(ALL) NOPASSWD: ALL\n",
	  "/etc/sudoers bob" FREE },
	{ "etc/sudoers", "bob ALL = NOPASSWD:ALL # why\n",
	  "/etc/sudoers bob" FREE },
	{ "etc/sudoers", "# bob ALL=(ALL) NOPASSWD: ALL\n", "" },
	{ "etc/sudoers", "bob ALL=(ALL) NOPASSWD: /bin/ls, /bin/cat\n", "" },
	{ "etc/sudoers", "bob ALL=(ALL) NOPASSWD: /bin/ls, PASSWD: ALL\n", "" },
	{ "etc/sudoers", "bob ALL=(ALL) NOPASSWD: /bin/ls, \\\n ALL\n",
	  "/etc/sudoers bob" FREE },
	{ "etc/sudoers", "bob ALL=(ALL) NOEXEC: NOPASSWD: ALL\n",
	  "/etc/sudoers bob" FREE },
	{ "etc/sudoers", "bob ALL=(ALL) CWD=* NOPASSWD: ALL\n",
	  "/etc/sudoers bob" FREE },
	{ "etc/sudoers",
	  "bob ALL=(ALL) TIMEOUT = 5m CWD=/a\\ b NOEXEC: NOPASSWD: ALL\n",
	  "/etc/sudoers bob" FREE },
	{ "etc/sudoers", "bob ALL=CWD=/ALL NOPASSWD: /bin/ls, CHROOT=/ x\n",
	  "" },
	{ "etc/sudoers", "# why \\\nbob ALL=NOPASSWD: ALL\n",
	  "/etc/sudoers bob" FREE },
	{ "etc/sudoers", "#1000 ALL=NOPASSWD: \\\n ALL\n",
	  "/etc/sudoers #1000" FREE },
	{ "etc/sudoers", "bob web=NOPASSWD: /bin/ls : db=NOPASSWD: ALL\n",
	  "/etc/sudoers bob" FREE },
	{ "etc/sudoers", "bob web=NOPASSWD: /bin/ls : db=ALL\n", "" },
	{ "etc/sudoers", "anna, bob,%wheel ALL=NOPASSWD:ALL\n",
	  "/etc/sudoers anna, bob,%wheel" FREE },
	{ "etc/sudoers", "\"%domain users\" ALL=NOPASSWD: ALL\n",
	  "/etc/sudoers \"%domain users\"" FREE },
	{ "etc/sudoers", "#1000 ALL=NOPASSWD: ALL\n",
	  "/etc/sudoers #1000" FREE },
	{ "etc/sudoers",
	  "Cmnd_Alias SOME=/bin/ls, ANY : ANY = ALL\n"
	  "bob ALL=NOPASSWD: SOME\n",
	  "/etc/sudoers bob" FREE },
	{ "etc/sudoers",
	  "User_Alias ADMINS = anna, bob\n"
	  "ADMINS ALL=NOPASSWD: ALL\n",
	  "/etc/sudoers ADMINS" FREE },
	{ "etc/sudoers", "Defaults:bob !authenticate\n",
	  "/etc/sudoers Defaults:bob !authenticate: no password is asked\n" },
	{ "etc/sudoers", "Defaults env_reset, !authenticate\n",
	  "/etc/sudoers Defaults !authenticate: no password is asked\n" },
	{ "etc/sudoers", "ALL ALL=(ALL) ALL\n",
	  "/etc/sudoers everyone may run everything\n" },
	{ "etc/sudoers", "@include more\n", "/etc/more bob" FREE },
	{ "etc/sudoers", "#include /etc/more\n", "/etc/more bob" FREE },
	{ "etc/sudoers", "#includedir /etc/more.d\n",
	  "/etc/more.d/x bob" FREE },
	{ "etc/sudoers", " \t@includedir /etc/more.d\n",
	  "/etc/more.d/x bob" FREE },
	{ "etc/sudoers", " #include /etc/more\n", "" },
	{ "etc/sudoers", "@include sudoers\n", "" },
};

START_TEST(sudoers_rules)
{
	es_unit_put("etc/more", "bob ALL=NOPASSWD: ALL\n", 0440);
	es_unit_put("etc/more.d/x", "bob ALL=NOPASSWD: ALL\n", 0440);
	es_unit_put("etc/more.d/x.bak", "anna ALL=NOPASSWD: ALL\n", 0440);
	es_unit_put("etc/more.d/x~", "anna ALL=NOPASSWD: ALL\n", 0440);
	assert_found("sudoers", &sudo[_i]);
}
END_TEST

START_TEST(sudoers_that_others_can_write)
{
	es_unit_put("etc/sudoers", "@includedir /etc/sudoers.d\n", 0446);
	es_unit_put("etc/sudoers.d/a", "", 0440);
	es_unit_put("etc/sudoers.d/b", "", 0460);
	es_unit_put("etc/sudoers.d/c", "", 0460);
	ck_assert_int_eq(chown("etc/sudoers.d/a", 1001, 0), 0);
	ck_assert_int_eq(chown("etc/sudoers.d/b", 0, 50), 0);
	ck_assert_int_eq(chown("etc/sudoers.d/c", 0, 51), 0);
	es_unit_checks_run(&unit);
	ck_assert_str_eq(es_unit_checks_text(&unit, "sudoers"),
			 "/etc/sudoers everyone can write it\n"
			 "/etc/sudoers.d/a bob owns it\n"
			 "/etc/sudoers.d/b group staff can write it\n");
}
END_TEST

/* A path of a root with owner and mode; a link when it has a target. */
struct object {
	const char *path;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	const char *target;
	const char *text;
};

static void plant(const struct object *o)
{
	if (o->target)
		ck_assert_int_eq(symlink(o->target, o->path), 0);
	else if (o->path[strlen(o->path) - 1] == '/')
		ck_assert(mkdir(o->path, o->mode) == 0 || errno == EEXIST);
	else
		es_unit_put(o->path, o->text ? o->text : "", o->mode);
	ck_assert_int_eq(lchown(o->path, o->uid, o->gid), 0);
	if (!o->target)
		ck_assert_int_eq(chmod(o->path, o->mode), 0);
}

static const struct object home_faults[] = {
	{ "home/", 0755, 0, 0, NULL, NULL },
	{ "home/anna/", 0777, 1000, 1000, NULL, NULL },
	{ "home/bob/", 0755, 1000, 1001, NULL, NULL },
	{ "root/", 0770, 0, 50, NULL, NULL },
};

static const struct object home_twins[] = {
	{ "home/anna/", 0775, 1000, 1000, NULL, NULL },
	{ "home/bob/", 0755, 1001, 1001, NULL, NULL },
	{ "root/", 0770, 0, 51, NULL, NULL },
};

START_TEST(homes_of_others)
{
	for (size_t i = 0; i < es_lengthof(home_faults); i++)
		plant(&home_faults[i]);
	es_unit_checks_run(&unit);
	ck_assert_str_eq(es_unit_checks_text(&unit, "homes"),
			 "/home/anna/ home of anna: everyone can write it\n"
			 "/home/bob/ home of bob: anna owns it\n"
			 "/root/ home of root: group staff can write it\n");
	for (size_t i = 0; i < es_lengthof(home_twins); i++)
		plant(&home_twins[i]);
	es_unit_checks_run(&unit);
	ck_assert_str_eq(es_unit_checks_text(&unit, "homes"), "");
}
END_TEST

static const struct object key_faults[] = {
	{ "home/", 0755, 0, 0, NULL, NULL },
	{ "home/anna/", 0755, 1000, 1000, NULL, NULL },
	{ "home/anna/.ssh/", 0775, 1000, 1000, NULL, NULL },
	{ "home/anna/.ssh/authorized_keys", 0, 1000, 1000, "gone", NULL },
	{ "home/anna/.netrc", 0644, 1000, 1000, NULL, "password geheim" },
	{ "home/anna/.rhosts", 0600, 1000, 1000, NULL, "" },
	{ "home/bob/", 0755, 1001, 1001, NULL, NULL },
	{ "home/bob/.ssh/", 0700, 1001, 1001, NULL, NULL },
	{ "home/bob/.ssh/authorized_keys", 0666, 1000, 1001, NULL, "key" },
	{ "home/bob/.forward", 0660, 1001, 1001, NULL, "" },
	{ "etc/hosts.equiv", 0644, 0, 0, NULL, "host" },
};

static const char key_findings[] =
	"/etc/hosts.equiv exists: hosts and users named there need no "
	"password\n"
	"/home/anna/.netrc others can read the passwords in it\n"
	"/home/anna/.rhosts exists: hosts and users named there need no "
	"password\n"
	"/home/anna/.ssh/ its group can write it\n"
	"/home/anna/.ssh/authorized_keys is a link to nowhere\n"
	"/home/bob/.forward its group can write it\n"
	"/home/bob/.ssh/authorized_keys anna owns it\n"
	"/home/bob/.ssh/authorized_keys everyone can write it\n";

START_TEST(keys_of_users)
{
	for (size_t i = 0; i < es_lengthof(key_faults); i++)
		plant(&key_faults[i]);
	es_unit_checks_run(&unit);
	ck_assert_str_eq(es_unit_checks_text(&unit, "authorized-keys"),
			 key_findings);
	/* The clean twin: every fault mended. */
	es_unit_put("home/anna/.ssh/gone", "", 0600);
	ck_assert_int_eq(chown("home/anna/.ssh/gone", 1000, 1000), 0);
	ck_assert_int_eq(chmod("home/anna/.ssh", 0700), 0);
	ck_assert_int_eq(chmod("home/anna/.netrc", 0600), 0);
	ck_assert_int_eq(unlink("home/anna/.rhosts"), 0);
	ck_assert_int_eq(chown("home/bob/.ssh/authorized_keys", 1001, 0), 0);
	ck_assert_int_eq(chmod("home/bob/.ssh/authorized_keys", 0644), 0);
	ck_assert_int_eq(chmod("home/bob/.forward", 0644), 0);
	ck_assert_int_eq(truncate("etc/hosts.equiv", 0), 0);
	es_unit_checks_run(&unit);
	ck_assert_str_eq(es_unit_checks_text(&unit, "authorized-keys"), "");
}
END_TEST

static const struct object cron_objects[] = {
	{ "opt/", 0755, 0, 0, NULL, NULL },
	{ "opt/good", 0755, 0, 0, NULL, "" },
	{ "opt/bob", 0755, 1001, 0, NULL, "" },
	{ "opt/open.py", 0666, 0, 0, NULL, "" },
	{ "opt/log", 0644, 1001, 0, NULL, "" },
	{ "opt/data", 0644, 1001, 0, NULL, "" },
	{ "home/", 0755, 0, 0, NULL, NULL },
	{ "home/bob/", 0755, 1001, 1001, NULL, NULL },
	{ "home/bob/run", 0755, 0, 0, NULL, "" },
	{ "etc/cron.d/x", 0644, 0, 0, NULL,
	  "PATH=/bin:/sbin\nSHELL = /opt/bob\n# 1 * * * * root /opt/bob\n"
	  "17 *\t* * *\troot cd / && [ -x /opt/good ] || /opt/bob >/opt/log\n"
	  "@daily root python3 -u /opt/open.py /opt/data\n"
	  "1 1 1 1 1 bob /opt/bob\n"
	  "2 2 2 2 2 root echo hi % /opt/bob\n"
	  "3 3 3 3 3 root /home/bob/run\n"
	  "4 4 4 4 4 nobody-such /opt/bob\n" },
	{ "etc/cron.daily/open", 0757, 0, 0, NULL, "" },
	{ "etc/cron.daily/good", 0755, 0, 0, NULL, "" },
	{ "var/", 0755, 0, 0, NULL, NULL },
	{ "var/spool/cron/crontabs/bob", 0600, 1001, 0, NULL,
	  "1 1 1 1 1 /opt/bob; /opt/good\n" },
	{ "var/spool/cron/crontabs/root", 0600, 0, 0, NULL,
	  "1 1 1 1 1 /opt/bob\n" },
	{ "var/spool/cron/crontabs/anna", 0620, 1000, 50, NULL, "" },
	{ "etc/anacrontab", 0644, 0, 0, NULL, "1 5 job nice /opt/bob\n" },
};

static const char cron_findings[] =
	"/etc/anacrontab root runs /opt/bob: bob owns it\n"
	"/etc/cron.d/x root runs /home/bob/run: bob owns it (/home/bob/)\n"
	"/etc/cron.d/x root runs /opt/bob: bob owns it\n"
	"/etc/cron.d/x root runs /opt/open.py: everyone can write it\n"
	"/etc/cron.daily/open everyone can write it\n"
	"/var/spool/cron/crontabs/anna group staff can write it\n"
	"/var/spool/cron/crontabs/root root runs /opt/bob: bob owns it\n";

START_TEST(cron_files)
{
	for (size_t i = 0; i < es_lengthof(cron_objects); i++)
		plant(&cron_objects[i]);
	es_unit_checks_run(&unit);
	ck_assert_str_eq(es_unit_checks_text(&unit, "cron"), cron_findings);
	ck_assert_int_eq(chown("opt/bob", 0, 0), 0);
	ck_assert_int_eq(chmod("opt/open.py", 0644), 0);
	ck_assert_int_eq(chown("home/bob", 0, 0), 0);
	ck_assert_int_eq(chmod("etc/cron.daily/open", 0755), 0);
	ck_assert_int_eq(chmod("var/spool/cron/crontabs/anna", 0600), 0);
	es_unit_checks_run(&unit);
	ck_assert_str_eq(es_unit_checks_text(&unit, "cron"), "");
}
END_TEST

static const struct object links[] = {
	{ "etc/x/good", 0, 0, 0, "/etc/passwd", NULL },
	{ "etc/x/near", 0, 0, 0, "../passwd", NULL },
	{ "etc/x/bad", 0, 0, 0, "../nothing", NULL },
	{ "etc/x/far", 0, 0, 0, "/opt/no thing", NULL },
	{ "etc/x/loop", 0, 0, 0, "loop", NULL },
	{ "etc/x/run", 0, 0, 0, "/run/some/thing", NULL },
	{ "etc/x/null", 0, 0, 0, "/dev/nothing", NULL },
	{ "etc/x/chain", 0, 0, 0, "run", NULL },
	{ "opt/bad", 0, 0, 0, "nothing", NULL },
};

START_TEST(links_to_nowhere)
{
	ck_assert_int_eq(mkdir("etc/x", 0755), 0);
	ck_assert_int_eq(mkdir("opt", 0755), 0);
	for (size_t i = 0; i < es_lengthof(links); i++)
		ck_assert_int_eq(symlink(links[i].target, links[i].path), 0);
	es_unit_checks_run(&unit);
	ck_assert_str_eq(es_unit_checks_text(&unit, "broken-symlinks"),
			 "/etc/x/bad leads to /etc/nothing, which is not "
			 "there\n"
			 "/etc/x/far leads to /opt/no thing, which is not "
			 "there\n"
			 "/etc/x/loop leads to /etc/x/loop, which is not "
			 "there\n");
	/* Mended without any change in /etc. */
	es_unit_put("opt/no thing", "", 0644);
	ck_assert_int_eq(unlink("etc/x/bad"), 0);
	ck_assert_int_eq(unlink("etc/x/loop"), 0);
	es_unit_checks_run(&unit);
	ck_assert_str_eq(es_unit_checks_text(&unit, "broken-symlinks"), "");
}
END_TEST

START_TEST(checks_are_switched_off)
{
	es_unit_put("etc/profile", "umask 000\nPATH=.\n", 0644);
	snprintf(unit.conf, sizeof(unit.conf),
		 "[check shell-umask]\nenabled = no\n");
	es_unit_checks_run(&unit);
	ck_assert_str_eq(es_unit_checks_text(&unit, "shell-umask"), "");
	ck_assert_str_ne(es_unit_checks_text(&unit, "shell-path"), "");
}
END_TEST

/* Whatever stands in the files, a run ends well and its text holds. */
START_TEST(random_files_do_no_harm)
{
	static const char *const files[] = {
		"etc/profile", "etc/csh.cshrc", "etc/sudoers",
		"etc/passwd",  "etc/group",	"etc/shadow",
		"etc/crontab", "sums",		"etc/anacrontab",
	};
	static const char *const words[] = {
		"PATH=",
		"path=(",
		"set ",
		"umask ",
		"000",
		":",
		"::",
		"$(",
		"${",
		")",
		"}",
		"\"",
		"'",
		"\\",
		"\n",
		"#",
		"@include",
		" /etc/",
		"@includedir ",
		"ALL",
		"=",
		"NOPASSWD:",
		",",
		"Cmnd_Alias ",
		"Defaults",
		"@daily ",
		"* ",
		"root",
		"%",
		"`",
		"SHA256 (",
		"0",
		"bob",
		"\xff",
		"\x1b[0m",
		" ",
		"\t",
		"(",
		"!authenticate",
		"/bin/sh",
	};
	uint64_t seed = 0x1234567 + (uint64_t)_i;
	struct es_buf b = ES_BUF_INIT(1 << 16);

	snprintf(unit.conf, sizeof(unit.conf),
		 "[check checksum-lists]\nlist = /sums\n");
	for (size_t i = 0; i < es_lengthof(files); i++) {
		es_buf_reset(&b);
		for (uint64_t n = es_unit_random(&seed) % 300; n > 0; n--)
			es_buf_adds(&b, words[es_unit_random(&seed) %
					      es_lengthof(words)]);
		es_unit_put(files[i], es_buf_str(&b), 0644);
	}
	es_buf_dispose(&b);
	es_unit_checks_run(&unit);
	for (size_t i = 0; i < es_checks_count(); i++) {
		const char *text =
			es_unit_checks_text(&unit, es_checks_name(i));

		for (const char *p = text; *p; p++)
			ck_assert(*p == '\n' || (unsigned char)*p >= 0x20);
		ck_assert(!*text || text[0] == '/');
	}
}
END_TEST

static const struct {
	const char *conf;
	const char *why;
} bad_confs[] = {
	{ "[check shell-umsk]\n", "did you mean [check shell-umask]?" },
	{ "[check whatever]\n", "there is no such check" },
	{ "[check cron]\nlist = /x\n", "takes no list" },
};

START_TEST(unknown_checks_are_errors)
{
	struct es_error err = ES_ERROR_INIT;

	snprintf(unit.conf, sizeof(unit.conf), "%s", bad_confs[_i].conf);
	ck_assert_int_eq(es_unit_checks_try(&unit, &err), -EINVAL);
	ck_assert_int_eq(err.fault, ES_FAULT_CONFIG);
	ck_assert_ptr_nonnull(strstr(err.msg, bad_confs[_i].why));
}
END_TEST

START_TEST(severities)
{
	struct es_error err = ES_ERROR_INIT;
	static const char text[] = "[check cron]\nseverity = notice\n";
	struct es_conf *conf = NULL;

	ck_assert_int_eq(es_conf_parse(&conf, text, strlen(text), "x", &err),
			 0);
	ck_assert_int_eq(es_checks_severity(conf, "cron"), ES_SEVERITY_NOTICE);
	ck_assert_int_eq(es_checks_severity(conf, "accounts"),
			 ES_SEVERITY_CRITICAL);
	ck_assert_int_eq(es_checks_severity(conf, "none"), ES_SEVERITY_NONE);
	es_conf_free(conf);
}
END_TEST

/* The manual page names every check with its severity, in this order. */
START_TEST(manual_names_all_checks)
{
	const char *srcdir = getenv("srcdir");
	struct es_buf page = ES_BUF_INIT(1 << 20);
	struct es_buf path = ES_BUF_INIT(4096);
	struct es_error err = ES_ERROR_INIT;
	struct es_conf *conf = NULL;
	const char *at;

	es_buf_addf(&path, "%s/src/config/etcsnap.conf.5",
		    srcdir ? srcdir : ".");
	if (!srcdir || access(path.data, R_OK) != 0) {
		es_buf_dispose(&path);
		return;
	}
	ck_assert_int_eq(es_read_file(&page, AT_FDCWD, path.data, &err), 0);
	ck_assert_int_eq(es_conf_parse(&conf, "", 0, "x", &err), 0);
	at = strstr(page.data, ".Sh CHECKS");
	ck_assert_ptr_nonnull(at);
	for (size_t i = 0; i < es_checks_count(); i++) {
		const char *name = es_checks_name(i);
		char item[128];

		snprintf(item, sizeof(item), "\n.It Li %s Pq %s\n", name,
			 es_severity_name(es_checks_severity(conf, name)));
		at = strstr(at, item);
		ck_assert_msg(at != NULL, "the manual has no %s", item);
		ck_assert(i == 0 || strcmp(es_checks_name(i - 1), name) < 0);
	}
	es_conf_free(conf);
	es_buf_dispose(&page);
	es_buf_dispose(&path);
}
END_TEST

static void add_tables(TCase *tc)
{
	tcase_add_loop_test(tc, unsafe_umasks, 0, es_lengthof(umasks));
	tcase_add_loop_test(tc, unsafe_paths, 0, es_lengthof(paths));
	tcase_add_loop_test(tc, accounts_in_files, 0, es_lengthof(accounts));
	tcase_add_loop_test(tc, random_files_do_no_harm, 0, 40);
	tcase_add_loop_test(tc, unknown_checks_are_errors, 0,
			    es_lengthof(bad_confs));
}

int main(void)
{
	Suite *s = suite_create("checks");
	TCase *tc = tcase_create("checks");

	tcase_add_checked_fixture(tc, enter, leave);
	add_tables(tc);
	tcase_add_test(tc, links_of_users_lead_nowhere);
	tcase_add_test(tc, links_to_nowhere);
	tcase_add_test(tc, checks_are_switched_off);
	tcase_add_test(tc, severities);
	tcase_add_test(tc, manual_names_all_checks);
	/* Only root can give files away. */
	if (geteuid() == 0) {
		tcase_add_loop_test(tc, sudoers_rules, 0, es_lengthof(sudo));
		tcase_add_test(tc, sudoers_that_others_can_write);
		tcase_add_test(tc, homes_of_others);
		tcase_add_test(tc, keys_of_users);
		tcase_add_test(tc, cron_files);
	}
	suite_add_tcase(s, tc);
	return es_unit_main(s);
}
