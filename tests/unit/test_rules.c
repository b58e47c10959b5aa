/* SPDX-License-Identifier: MIT */
/* test_rules.c - unit tests of what is watched and how it is recorded */
#include "config.h"

#include "etcsnap/rules.h"

#include "config/rules_priv.h"

#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

static const char homes[] = "/root\0/home/me";

static struct es_rules *make(const char *text)
{
	ES_CLEANUP(es_conf_freep) struct es_conf *conf = NULL;
	struct es_error err = ES_ERROR_INIT;
	struct es_rules *rules = NULL;
	int rc = es_conf_parse(&conf, text, strlen(text), "t.conf", &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	rc = es_rules_new(&rules, conf, homes, sizeof(homes), &err);
	ck_assert_msg(rc == 0, "%s", err.msg);
	return rules;
}

static struct es_decision decide(const struct es_rules *rules, const char *path,
				 enum es_type type)
{
	ES_CLEANUP(es_glob_scratch_freep)
	struct es_glob_scratch *s = es_glob_scratch_new();
	struct es_decision d;

	es_rules_decide(rules, s, path, strlen(path), type, &d);
	return d;
}

static enum es_watch watch(const struct es_rules *rules, const char *path)
{
	return decide(rules, path, ES_TYPE_FILE).watch;
}

static enum es_class class_of(const struct es_rules *rules, const char *path)
{
	return decide(rules, path, ES_TYPE_FILE).class;
}

static const struct {
	const char *path;
	enum es_watch watch;
} shipped_watch[] = {
	{ "/etc/ssh/sshd_config", ES_WATCH_YES },
	{ "/etc/nsswitch.conf", ES_WATCH_YES },
	{ "/etc/a/b/c/d", ES_WATCH_YES },
	{ "/etc/shadow", ES_WATCH_YES },
	{ "/etc/mtab", ES_WATCH_NO },
	{ "/etc/ld.so.cache", ES_WATCH_NO },
	{ "/etc/.pwd.lock", ES_WATCH_NO },
	{ "/etc/.git/objects/aa/bb", ES_WATCH_NO },
	{ "/etc/.gitignore", ES_WATCH_YES },
	{ "/etc/sub/.git/config", ES_WATCH_YES },
	{ "/etc/ssh/sshd_config.dpkg-dist", ES_WATCH_NO },
	{ "/etc/fstab.rpmnew", ES_WATCH_NO },
	{ "/etc/hosts~", ES_WATCH_NO },
	{ "/etc/.hosts.swp", ES_WATCH_NO },
	{ "/etc/machine-id", ES_WATCH_YES },
	{ "/etc/cups/subscriptions.conf.O", ES_WATCH_NO },
	{ "/etc/service/x/log/supervise/status", ES_WATCH_NO },
	{ "/boot/vmlinuz-6.1", ES_WATCH_YES },
	{ "/boot/grub/grub.cfg", ES_WATCH_YES },
	{ "/boot/grub/grubenv", ES_WATCH_NO },
	{ "/usr/bin/ls", ES_WATCH_YES },
	{ "/usr/bin/ls.old", ES_WATCH_YES }, /* no hiding place */
	{ "/usr/lib/x/__pycache__/y.pyc", ES_WATCH_NO },
	{ "/usr/lib/modules/6.1/modules.dep", ES_WATCH_YES },
	{ "/usr/share/doc/x", ES_WATCH_NO },
	{ "/lib", ES_WATCH_YES },
	{ "/libx", ES_WATCH_NO },
	{ "/var/spool/cron/crontabs/root", ES_WATCH_YES },
	{ "/var/log/syslog", ES_WATCH_NO },
	{ "/opt/app/bin/x", ES_WATCH_YES },
	{ "/opt/app/logs/x", ES_WATCH_NO },
	{ "/root/.bashrc", ES_WATCH_YES },
	{ "/root/.ssh/authorized_keys", ES_WATCH_YES },
	{ "/root/.cache/x", ES_WATCH_NO },
	{ "/root/.bash_history", ES_WATCH_NO },
	{ "/home/me/.config/systemd/user/x.service", ES_WATCH_YES },
	{ "/home/you/.bashrc", ES_WATCH_NO },
	{ "/home/me/Documents/x", ES_WATCH_NO },
	{ "/tmp/x", ES_WATCH_NO },
};

START_TEST(shipped_lists)
{
	ES_CLEANUP(es_rules_freep) struct es_rules *rules = make("");

	for (size_t i = 0; i < es_lengthof(shipped_watch); i++)
		ck_assert_msg(watch(rules, shipped_watch[i].path) ==
				      shipped_watch[i].watch,
			      "%s", shipped_watch[i].path);
}
END_TEST

/* Every path on a line of its own, by what must become of its content. */
static const char *const secrets[] = {
	"/etc/shadow",
	"/etc/shadow-",
	"/etc/shadow~",
	"/etc/shadow.bak",
	"/etc/shadow.dpkg-old",
	"/etc/shadow.rpmsave",
	"/etc/.shadow.swp",
	"/etc/gshadow",
	"/etc/gshadow-",
	"/etc/security/opasswd",
	"/etc/security/opasswd.old",
	"/etc/ssh/ssh_host_rsa_key",
	"/etc/ssh/ssh_host_ed25519_key.bak",
	"/etc/ssl/private/snakeoil.key",
	"/etc/ssl/private/a/b",
	"/etc/pki/tls/private/localhost.key",
	"/etc/pki/CA/private/cakey.pem",
	"/etc/nginx/tls/site.key",
	"/etc/letsencrypt/archive/a.org/privkey1.pem",
	"/etc/letsencrypt/live/a.org/privkey.pem",
	"/etc/krb5.keytab",
	"/etc/wireguard/wg0.conf",
	"/etc/NetworkManager/system-connections/x.nmconnection",
	"/etc/wpa_supplicant/wpa_supplicant.conf",
	"/etc/wpa_supplicant/wpa_supplicant-wlan0.conf",
	"/etc/wpa_supplicant.conf",
	"/etc/netctl/home",
	"/etc/ipsec.secrets",
	"/etc/strongswan/ipsec.secrets",
	"/etc/ppp/chap-secrets",
	"/etc/ppp/pap-secrets",
	"/etc/samba/private/secrets.tdb",
	"/etc/samba/secrets.tdb",
	"/etc/sssd/sssd.conf",
	"/etc/sssd/conf.d/x.conf",
	"/etc/bind/rndc.key",
	"/etc/rndc.key",
	"/etc/mysql/debian.cnf",
	"/etc/exim4/passwd.client",
	"/etc/postfix/sasl_passwd",
	"/etc/postfix/sasl_passwd.db",
	"/etc/postfix/sasl/sasl_passwd",
	"/etc/fetchmailrc",
	"/etc/cryptsetup-keys.d/root.key",
	"/etc/luks-keys/x",
	"/etc/apache2/.htpasswd",
	"/etc/nginx/htpasswd.users",
	"/etc/docker/key.json",
	"/etc/kubernetes/admin.conf",
	"/etc/kubernetes/pki/ca.key",
	"/etc/munge/munge.key",
	"/etc/apt/auth.conf",
	"/etc/apt/auth.conf.d/x.conf",
	"/etc/openvpn/client/login.auth",
	"/etc/openvpn/auth.txt",
	"/etc/credstore/x",
	"/boot/grub2/user.cfg",
	"/opt/app/.env",
	"/usr/local/etc/app/tls.key",
	"/root/.netrc",
	"/root/.pgpass",
	"/home/me/.my.cnf",
	"/root/.aws/credentials",
	"/root/.docker/config.json",
	"/root/.kube/config",
	"/home/me/.config/gcloud/credentials.db",
	"/root/.azure/x",
	"/home/me/.gnupg/private-keys-v1.d/x.key",
	"/root/.gnupg/secring.gpg",
	"/root/.ssh/id_rsa",
	"/root/.ssh/id_ed25519.bak",
	"/home/me/.ssh/work",
	"/root/.bash_history",
	"/home/me/.zsh_history",
	"/home/me/.local/share/fish/fish_history",
	"/root/.git-credentials",
	"/root/.cargo/credentials.toml",
	"/var/lib/postgresql/.my.cnf",
	"/etc/.my.cnf.swp",
	"/etc/snapshots/.pgpass~",
};

static const char *const mirrored[] = {
	"/etc/passwd",
	"/etc/passwd-",
	"/etc/ssh/sshd_config",
	"/etc/ssh/ssh_host_rsa_key.pub",
	"/etc/ssl/certs/x.pem",
	"/etc/letsencrypt/live/a.org/fullchain.pem",
	"/etc/machine-id",
	"/etc/ssl/openssl.cnf",
	"/etc/apt/trusted.gpg.d/x.key",
	"/etc/apt/sources.list",
	"/etc/netctl/examples/wpa",
	"/etc/security/limits.conf",
	"/etc/sudoers",
	"/etc/postfix/main.cf",
	"/etc/NetworkManager/NetworkManager.conf",
	"/etc/crypttab",
	"/etc/bind/named.conf",
	"/etc/samba/smb.conf",
	"/root/.bashrc",
	"/root/.ssh/id_rsa.pub",
	"/root/.ssh/config",
	"/root/.ssh/authorized_keys",
	"/home/me/.ssh/known_hosts",
	"/usr/local/bin/backup.sh",
	"/var/spool/cron/crontabs/root",
	"/etc/openvpn/server.conf",
	"/etc/docker/daemon.json",
};

static const char *const digested[] = {
	"/usr/bin/ls",	"/boot/vmlinuz", "/bin/sh",	   "/lib/x",
	"/usr/lib64/x", "/opt/x/y",	 "/usr/libexec/a",
};

START_TEST(shipped_classes)
{
	ES_CLEANUP(es_rules_freep) struct es_rules *rules = make("");

	for (size_t i = 0; i < es_lengthof(secrets); i++)
		ck_assert_msg(class_of(rules, secrets[i]) == ES_CLASS_SECRET,
			      "%s", secrets[i]);
	for (size_t i = 0; i < es_lengthof(mirrored); i++)
		ck_assert_msg(class_of(rules, mirrored[i]) == ES_CLASS_MIRROR,
			      "%s", mirrored[i]);
	for (size_t i = 0; i < es_lengthof(digested); i++)
		ck_assert_msg(class_of(rules, digested[i]) == ES_CLASS_DIGEST,
			      "%s", digested[i]);
}
END_TEST

START_TEST(passing_through)
{
	ES_CLEANUP(es_rules_freep) struct es_rules *rules = make("");

	ck_assert_int_eq(decide(rules, "", ES_TYPE_DIR).watch, ES_WATCH_PASS);
	ck_assert_int_eq(decide(rules, "/", ES_TYPE_DIR).watch, ES_WATCH_PASS);
	ck_assert_int_eq(decide(rules, "/home", ES_TYPE_DIR).watch,
			 ES_WATCH_PASS);
	ck_assert_int_eq(decide(rules, "/home", ES_TYPE_LINK).watch,
			 ES_WATCH_NO);
	ck_assert_int_eq(decide(rules, "/home/me", ES_TYPE_DIR).watch,
			 ES_WATCH_PASS);
	ck_assert_int_eq(decide(rules, "/home/me/.config", ES_TYPE_DIR).watch,
			 ES_WATCH_PASS);
	ck_assert_int_eq(decide(rules, "/home/me/.cache", ES_TYPE_DIR).watch,
			 ES_WATCH_NO);
	ck_assert_int_eq(decide(rules, "/home/you", ES_TYPE_DIR).watch,
			 ES_WATCH_NO);
	ck_assert_int_eq(decide(rules, "/proc", ES_TYPE_DIR).watch,
			 ES_WATCH_NO);
	ck_assert_int_eq(decide(rules, "/etc/x", ES_TYPE_DIR).watch,
			 ES_WATCH_YES);
}
END_TEST

/* When the shipped lists hold: text, /etc/x, /srv/x, /etc/mtab. */
static const struct {
	const char *text;
	bool etc, srv, mtab;
} lists[] = {
	{ "", true, false, false },
	{ "[files]\ninclude=/srv\n", false, true, false },
	{ "[files]\ndefaults=yes\ninclude=/srv\n", true, true, false },
	{ "[files]\ndefaults=no\n", false, false, false },
	{ "[files]\ndefaults=no\ninclude=/etc\n", true, false, true },
	{ "[files]\nexclude=/etc/x\n", false, false, false },
	{ "[files]\nexclude=\n", true, false, true },
	{ "[files]\ndefaults=yes\ninclude=\n", false, false, false },
	{ "[files]\ninclude=/srv\ninclude=\n", false, false, false },
	{ "[files]\ninclude=/srv\nexclude=/srv/x\n", false, false, false },
	{ "[files]\ninclude=/srv\nexclude=/srv\ninclude=/srv/x\n", false, false,
	  false },
};

START_TEST(which_lists_hold)
{
	ES_CLEANUP(es_rules_freep)
	struct es_rules *rules = make(lists[_i].text);

	ck_assert_int_eq(watch(rules, "/etc/x") == ES_WATCH_YES, lists[_i].etc);
	ck_assert_int_eq(watch(rules, "/srv/x") == ES_WATCH_YES, lists[_i].srv);
	ck_assert_int_eq(watch(rules, "/etc/mtab") == ES_WATCH_YES,
			 lists[_i].mtab);
}
END_TEST

START_TEST(last_rule_wins)
{
	ES_CLEANUP(es_rules_freep)
	struct es_rules *rules =
		make("[files]\ndefaults = yes\n"
		     "[rule one]\nmatch=/etc/a\nmatch=/etc/shadow\n"
		     "class=mirror\n"
		     "[rule two]\nmatch=/etc/a/b\nclass=digest\n"
		     "[rule masks]\nmatch=/etc/a\nmask=k=(.*)\n"
		     "[rule three]\nmatch=/etc/a/b/c\nclass=secret\n"
		     "[rule one]\nmatch=/etc/a/b/c/d\n"
		     "[rule none]\nmatch=/etc/a/nomask\nmask=\n");
	struct es_decision d;
	struct es_rule_origin o;

	ck_assert_int_eq(class_of(rules, "/etc/a/x"), ES_CLASS_MIRROR);
	ck_assert_int_eq(class_of(rules, "/etc/a/b/x"), ES_CLASS_DIGEST);
	ck_assert_int_eq(class_of(rules, "/etc/a/b/c/x"), ES_CLASS_SECRET);
	/* A rule keeps its first place; the deeper path is no argument. */
	ck_assert_int_eq(class_of(rules, "/etc/a/b/c/d"), ES_CLASS_SECRET);
	/* The administrator may open a shipped secret. */
	ck_assert_int_eq(class_of(rules, "/etc/shadow"), ES_CLASS_MIRROR);
	ck_assert_int_eq(class_of(rules, "/etc/gshadow"), ES_CLASS_SECRET);

	d = decide(rules, "/etc/a/b/x", ES_TYPE_FILE);
	es_rules_origin(rules, ES_RULE_RULE, d.rule[ES_RULE_CLASS], &o);
	ck_assert_str_eq(o.rule, "two");
	ck_assert_str_eq(o.pattern, "/etc/a/b");
	ck_assert_str_eq(o.file, "t.conf");
	ck_assert_uint_eq(o.line, 8);
	es_rules_origin(rules, ES_RULE_RULE, d.rule[ES_RULE_MASK], &o);
	ck_assert_str_eq(o.rule, "masks");
	ck_assert_ptr_nonnull(d.masks);
	es_rules_origin(rules, ES_RULE_INCLUDE, d.include, &o);
	ck_assert_str_eq(o.pattern, "/etc");
	ck_assert_str_eq(o.rule, "include");
	ck_assert_str_eq(o.file, "shipped");
	ck_assert_uint_eq(o.line, 0);
	d = decide(rules, "/etc/mtab", ES_TYPE_FILE);
	es_rules_origin(rules, ES_RULE_EXCLUDE, d.exclude, &o);
	ck_assert_str_eq(o.rule, "exclude");
	ck_assert_ptr_nonnull(strstr(o.pattern, "mtab"));
	d = decide(rules, "/etc/a/nomask", ES_TYPE_FILE);
	ck_assert_ptr_null(d.masks);
	es_rules_origin(rules, ES_RULE_RULE, d.rule[ES_RULE_MASK], &o);
	ck_assert_str_eq(o.rule, "none");
	d = decide(rules, "/etc/hosts", ES_TYPE_FILE);
	ck_assert_uint_eq(d.rule[ES_RULE_CLASS], 0);
	es_rules_origin(rules, ES_RULE_RULE, d.rule[ES_RULE_MASK], &o);
	ck_assert_str_eq(o.rule, "shipped-mask");
}
END_TEST

START_TEST(taken_names)
{
	static const char text[] = "\n[rule shipped-x]\nmatch=/x\n";
	ES_CLEANUP(es_conf_freep) struct es_conf *conf = NULL;
	struct es_rules *rules = NULL;
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(
		es_conf_parse(&conf, text, strlen(text), "t.conf", &err), 0);
	ck_assert_int_eq(es_rules_new(&rules, conf, "", 0, &err), -EINVAL);
	ck_assert_ptr_eq(strstr(err.msg, "t.conf:2: [rule shipped-x]"),
			 err.msg);
}
END_TEST

/* What es_rules_text() writes reads back to the same text. */
static const char *const texts[] = {
	"",
	"[files]\ndefaults=no\n",
	"[files]\ninclude=~/x\nhome=/b\nhome=/a\nhome=/b\nhome=/c d\n",
	"[files]\ninclude=/a b{,c}\\*\nexclude=/**/[!x]\nmax_size=3K\n"
	"mirror_binary_max=0\n",
	"[rule b]\nmatch=/x\n[rule a]\nmatch=/y\nmatch=/z\nclass=secret\n"
	"mask=a = (.*) ; b # c\nmask=^(x)\n[rule c]\nmatch=/x\nmask=\n",
	"[record mine]\nattributes=mode owner\nattributes=+inode\n"
	"[rule a]\nmatch=/etc\nseverity=critical\ntags=a b\ntags=c\n"
	"record=mine -owner\nignore_lines=^# [0-9]\nignore_lines=x;y #\n"
	"max_size=2K\nparanoid=yes\nnoinode=yes\nnotime=yes\ngrowing=yes\n"
	"[rule b]\nmatch=/etc\ntags=\nrecord=none\nignore_lines=\n"
	"paranoid=no\nnoinode=off\nnotime=false\ngrowing=no\nmax_size=0\n",
};

START_TEST(round_trip)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf a = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_rules_freep) struct es_rules *rules = make(texts[_i]);
	ES_CLEANUP(es_rules_freep) struct es_rules *again = NULL;
	struct es_error err = ES_ERROR_INIT;
	int rc;

	ck_assert_int_eq(es_rules_text(rules, &a), 0);
	rc = es_rules_parse(&again, a.data, a.len, &err);
	ck_assert_msg(rc == 0, "%s", err.msg);
	ck_assert_int_eq(es_rules_text(again, &b), 0);
	ck_assert_str_eq(a.data, b.data);
	ck_assert_uint_eq(es_rules_hash(rules), es_rules_hash(again));
	ck_assert_uint_eq(es_rules_max_size(rules), es_rules_max_size(again));
	ck_assert_uint_eq(es_rules_binary_max(rules),
			  es_rules_binary_max(again));
	for (size_t i = 0; i < es_lengthof(secrets); i++) {
		struct es_decision d = decide(rules, secrets[i], ES_TYPE_FILE);
		struct es_decision e = decide(again, secrets[i], ES_TYPE_FILE);

		ck_assert_uint_eq(d.fingerprint, e.fingerprint);
		ck_assert_int_eq(d.watch, e.watch);
		ck_assert_int_eq(d.class, e.class);
		for (int k = 0; k < ES_RULE_KEYS; k++)
			ck_assert_uint_eq(d.rule[k], e.rule[k]);
		ck_assert_uint_eq(d.record, e.record);
		ck_assert_uint_eq(d.max_size, e.max_size);
		ck_assert_int_eq(d.severity, e.severity);
		ck_assert_str_eq(d.tags, e.tags);
		ck_assert_uint_eq(d.exclude, e.exclude);
	}
}
END_TEST

START_TEST(homes_of_the_text)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_rules_freep)
	struct es_rules *without = make("[files]\ninclude=/x\nhome=/a\n");
	ES_CLEANUP(es_rules_freep)
	struct es_rules *with =
		make("[files]\ninclude=~/x\nhome=/b\nhome=/a/\nhome=/b\n");

	es_rules_text(with, &b);
	ck_assert_ptr_nonnull(strstr(b.data, "home = /a/\nhome = /b\n"));
	ck_assert_ptr_null(strstr(b.data, "/root"));
	ck_assert_int_eq(watch(with, "/a/x"), ES_WATCH_YES);
	ck_assert_int_eq(watch(with, "/root/x"), ES_WATCH_NO);
	/* The shipped secrets name homes, so the text does even here. */
	es_buf_reset(&b);
	es_rules_text(without, &b);
	ck_assert_ptr_nonnull(strstr(b.data, "home = /a\n"));
}
END_TEST

START_TEST(odd_homes)
{
	static const char odd[] = "/a\nb\0rel\0/c \0/ok\0/ok\0";
	ES_CLEANUP(es_conf_freep) struct es_conf *conf = NULL;
	ES_CLEANUP(es_rules_freep) struct es_rules *rules = NULL;
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_conf_parse(&conf, "", 0, "t", &err), 0);
	ck_assert_int_eq(es_rules_new(&rules, conf, odd, sizeof(odd) - 1, &err),
			 0);
	ck_assert_uint_eq(rules->homes_len, 4);
	ck_assert_str_eq(rules->homes, "/ok");
}
END_TEST

/* The fingerprint changes with what decides, and with nothing else. */
START_TEST(fingerprints)
{
	ES_CLEANUP(es_rules_freep) struct es_rules *base = make("");
	ES_CLEANUP(es_rules_freep)
	struct es_rules *size = make("[files]\nmax_size=2M\n");
	ES_CLEANUP(es_rules_freep)
	struct es_rules *mask = make("[rule m]\nmatch=/etc/hosts\nmask=(x)\n");
	ES_CLEANUP(es_rules_freep)
	struct es_rules *more =
		make("[rule m]\nmatch=/nowhere\nmask=(x)\nclass=digest\n"
		     "[rule n]\nmatch=/etc/hosts\nclass=mirror\n");
	uint32_t hosts = decide(base, "/etc/hosts", ES_TYPE_FILE).fingerprint;
	uint32_t ls = decide(base, "/usr/bin/ls", ES_TYPE_FILE).fingerprint;

	ck_assert_uint_ne(hosts, ls);
	ck_assert_uint_ne(hosts,
			  decide(size, "/etc/hosts", ES_TYPE_FILE).fingerprint);
	ck_assert_uint_eq(
		ls, decide(size, "/usr/bin/ls", ES_TYPE_FILE).fingerprint);
	ck_assert_uint_ne(hosts,
			  decide(mask, "/etc/hosts", ES_TYPE_FILE).fingerprint);
	ck_assert_uint_eq(hosts,
			  decide(more, "/etc/hosts", ES_TYPE_FILE).fingerprint);
	ck_assert_uint_ne(es_rules_hash(base), es_rules_hash(more));
}
END_TEST

START_TEST(child_is_decide)
{
	ES_CLEANUP(es_rules_freep) struct es_rules *rules = make("");
	ES_CLEANUP(es_glob_scratch_freep)
	struct es_glob_scratch *s = es_glob_scratch_new();
	struct es_decision root, etc, ssl, key, whole;

	es_rules_root(rules, s, &root);
	es_rules_child(rules, s, &root, "/etc", 4, ES_TYPE_DIR, &etc);
	es_rules_child(rules, s, &etc, "/etc/ssl", 8, ES_TYPE_DIR, &ssl);
	es_rules_child(rules, s, &ssl, "/etc/ssl/x.key", 14, ES_TYPE_FILE,
		       &key);
	es_rules_decide(rules, s, "/etc/ssl/x.key", 14, ES_TYPE_FILE, &whole);
	ck_assert_int_eq(key.class, ES_CLASS_SECRET);
	ck_assert_int_eq(key.class, whole.class);
	ck_assert_uint_eq(key.rule[ES_RULE_CLASS], whole.rule[ES_RULE_CLASS]);
	ck_assert_uint_eq(key.include, whole.include);
	ck_assert_uint_eq(key.fingerprint, whole.fingerprint);
	es_rules_decide(rules, s, "//etc//ssl/x.key/", 17, ES_TYPE_FILE,
			&whole);
	ck_assert_uint_eq(key.rule[ES_RULE_CLASS], whole.rule[ES_RULE_CLASS]);
}
END_TEST

static void *decide_all(void *arg)
{
	const struct es_rules *rules = arg;
	size_t wrong = 0;

	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < es_lengthof(secrets); i++)
			wrong += class_of(rules, secrets[i]) != ES_CLASS_SECRET;
	}
	return wrong ? arg : NULL;
}

START_TEST(threads)
{
	ES_CLEANUP(es_rules_freep) struct es_rules *rules = make("");
	pthread_t ids[4];
	void *bad;

	for (size_t i = 0; i < es_lengthof(ids); i++)
		ck_assert_int_eq(
			pthread_create(&ids[i], NULL, decide_all, rules), 0);
	for (size_t i = 0; i < es_lengthof(ids); i++) {
		ck_assert_int_eq(pthread_join(ids[i], &bad), 0);
		ck_assert_ptr_null(bad);
	}
}
END_TEST

START_TEST(bad_recorded_text)
{
	static const char *const bad[] = {
		"junk",
		"[files]\ninclude = x\n",
		"[rule a]\nclass = secret\n",
	};

	for (size_t i = 0; i < es_lengthof(bad); i++) {
		struct es_rules *rules = NULL;
		struct es_error err = ES_ERROR_INIT;

		ck_assert_int_eq(es_rules_parse(&rules, bad[i], strlen(bad[i]),
						&err),
				 -EINVAL);
		ck_assert_ptr_nonnull(strstr(err.msg, "run/rules:"));
		ck_assert_ptr_null(rules);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("rules");
	TCase *t = tcase_create("rules");

	tcase_add_test(t, shipped_lists);
	tcase_add_test(t, shipped_classes);
	tcase_add_test(t, passing_through);
	tcase_add_loop_test(t, which_lists_hold, 0, (int)es_lengthof(lists));
	tcase_add_test(t, last_rule_wins);
	tcase_add_test(t, taken_names);
	tcase_add_loop_test(t, round_trip, 0, (int)es_lengthof(texts));
	tcase_add_test(t, homes_of_the_text);
	tcase_add_test(t, odd_homes);
	tcase_add_test(t, fingerprints);
	tcase_add_test(t, child_is_decide);
	tcase_add_test(t, threads);
	tcase_add_test(t, bad_recorded_text);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
