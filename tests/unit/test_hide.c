/* SPDX-License-Identifier: MIT */
/* test_hide.c - unit tests of hiding in any encoding, and of false masks */
#include "config.h"

#include "etcsnap/hide.h"

#include "config/rules_priv.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

static const uint8_t key[ES_KEY_LEN] = { 9 };

static struct es_mask_set *make(const char *const *regexes, size_t n)
{
	struct es_mask_set *set = NULL;
	struct es_error err = ES_ERROR_INIT;
	int rc = es_mask_set_new(&set, regexes, n, &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	return set;
}

static struct es_mask_set *make_shipped(void)
{
	size_t n = 0;

	while (es_shipped_mask[n])
		n++;
	return make(es_shipped_mask, n);
}

typedef int (*hide_fn)(const struct es_mask_set *masks, struct es_buf *out,
		       const char *data, size_t len, struct es_digest *hmac);

static int call(hide_fn fn, const struct es_mask_set *masks, struct es_buf *out,
		const char *data, size_t len)
{
	ES_CLEANUP(es_digest_freep) struct es_digest *hmac = NULL;
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_digest_new(&hmac, ES_DIGEST_HMAC, key, &err), 0);
	return fn(masks, out, data, len, hmac);
}

/* A content, and what becomes of it. */
#define C(text) text, sizeof(text) - 1

static const struct {
	const char *data;
	size_t len;
	int want;
} forms[] = {
	{ C(""), 0 },
	{ C("user = web\n"), 0 },
	{ C("password = abc\n"), 1 },
	{ C("\xef\xbb\xbfpassword = abc\n"), 1 },
	/* UTF-16 with its mark, both ways round */
	{ C("\xff\xfe"
	    "p\0s\0k\0=\0a\0b\0\n\0"),
	  -EACCES },
	{ C("\xfe\xff"
	    "\0p\0s\0k\0=\0a\0b\0\n"),
	  -EACCES },
	{ C("\xff\xfe"
	    "u\0s\0e\0r\0=\0a\0b\0\n\0"),
	  0 },
	/* without one it is a binary */
	{ C("p\0s\0k\0=\0a\0b\0\n\0"), -EACCES },
	{ C("\0p\0s\0k\0=\0a\0b\0\n"), -EACCES },
	{ C("p\0\0\0s\0\0\0k\0\0\0=\0\0\0a\0\0\0"), -EACCES },
	{ C("u\0s\0e\0r\0=\0a\0b\0\n\0"), 0 },
	{ C("HOME=/\0PASSWORD=abc\0LANG=C\0"), -EACCES },
	{ C("HOME=/\0LANG=C\0"), 0 },
	{ C("\0\1\2password=abc\n"), 0 },
	{ C("\0\1\2\npassword=abc\n"), -EACCES },
	/* a code page: masks see bytes, and then letters */
	{ C("gr\xf6\xdf"
	    "er\npassword = abc\n"),
	  1 },
	{ C("gr\xf6\xdf"
	    "er\npassword = \xe4\xf6\n"),
	  1 },
	{ C("schl\xfcssel = abc\n"), -EACCES },
	{ C("schl\xc3\xbcssel = abc\n"), 1 },
	{ C("\x81 nothing known\nschl\xfcssel = abc\n"), -EACCES },
	{ C("gr\xf6\xdf"
	    "er\nuser = abc\n"),
	  0 },
};

START_TEST(values)
{
	const char *regexes[] = { "^(?i)(?:password|psk) ?= ?(.+)$",
				  "^schl\xc3\xbcssel = (.+)$" };
	ES_CLEANUP(es_mask_set_freep)
	struct es_mask_set *set = make(regexes, es_lengthof(regexes));
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	int got = call(es_hide_values, set, &b, forms[_i].data, forms[_i].len);

	ck_assert_int_eq(got, forms[_i].want);
	if (got > 0) {
		ck_assert_ptr_nonnull(strstr(es_buf_str(&b), "<masked:"));
		ck_assert_ptr_null(memmem(b.data, b.len, "abc", 3));
	}
	ck_assert_int_eq(call(es_hide_values, NULL, &b, forms[_i].data,
			      forms[_i].len),
			 0);
}
END_TEST

/* A text is never missing: what is secret leaves one mark. */
START_TEST(texts)
{
	const char *regexes[] = { "^(?i)(?:password|psk) ?= ?(.+)$",
				  "^schl\xc3\xbcssel = (.+)$" };
	ES_CLEANUP(es_mask_set_freep)
	struct es_mask_set *set = make(regexes, es_lengthof(regexes));
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	int got = call(es_hide_text, set, &b, forms[_i].data, forms[_i].len);

	ck_assert_int_eq(got, forms[_i].want == 0 ? 0 : 1);
	if (forms[_i].want == -EACCES) {
		ck_assert_uint_eq(b.len, strlen("<masked:01234567>\n"));
		ck_assert_int_eq(strncmp(b.data, "<masked:", 8), 0);
	}
}
END_TEST

/* Put together here, so that no key stands in the sources. */
#define BEGIN(what) "-----BEGIN " what "-----\n"

START_TEST(keys)
{
	static const char key_text[] = "x\n" BEGIN("PRIVATE "
						   "KEY") "AAAA\n";
	static const char other[] = BEGIN("PUBLIC "
					  "KEY") "AAAA\n";
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(1 << 20);

	ck_assert_int_eq(es_hide_has_key(key_text, strlen(key_text)), 1);
	ck_assert_int_eq(es_hide_has_key(other, strlen(other)), 0);
	ck_assert_int_eq(
		call(es_hide_text, NULL, &out, key_text, strlen(key_text)), 1);
	ck_assert_ptr_null(strstr(es_buf_str(&out), "AAAA"));
	/* two bytes a letter, first without the mark of UTF-16 */
	for (const char *p = key_text; *p; p++)
		es_buf_add(&b, (char[]){ *p, '\0' }, 2);
	ck_assert_int_eq(es_hide_has_key(b.data, b.len), 1);
	es_buf_reset(&b);
	es_buf_adds(&b, "\xff\xfe");
	for (const char *p = key_text; *p; p++)
		es_buf_add(&b, (char[]){ *p, '\0' }, 2);
	ck_assert_int_eq(es_hide_has_key(b.data, b.len), 1);
	/* between NULs */
	es_buf_reset(&b);
	es_buf_add(&b, "A=1\0KEY=\0", 9);
	es_buf_adds(&b, BEGIN("PRIVATE "
			      "KEY"));
	ck_assert_int_eq(es_hide_has_key(b.data, b.len), 1);
	ck_assert_int_eq(es_hide_has_key("a\0b", 3), 0);
}
END_TEST

START_TEST(all)
{
	ES_CLEANUP(es_digest_freep) struct es_digest *hmac = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf a = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_digest_new(&hmac, ES_DIGEST_HMAC, key, &err), 0);
	ck_assert_int_eq(es_hide_all(&a, "one", 3, hmac), 0);
	ck_assert_int_eq(es_hide_all(&b, "two", 3, hmac), 0);
	ck_assert_str_ne(es_buf_str(&a), es_buf_str(&b));
	ck_assert_int_eq(es_hide_all(&b, "one", 3, hmac), 0);
	ck_assert_str_eq(es_buf_str(&a), es_buf_str(&b));
}
END_TEST

/* A block ends where lines are indented less. */
START_TEST(blocks)
{
	ES_CLEANUP(es_mask_set_freep) struct es_mask_set *set = make_shipped();
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	static const char text[] = "x:\n  token: |\n    one\n      two\n"
				   "  user: web\nmonkey: |\n  three\n";

	ck_assert_int_eq(call(es_hide_values, set, &b, text, strlen(text)), 1);
	ck_assert_ptr_nonnull(strstr(es_buf_str(&b), "token: |\n<masked:"));
	ck_assert_ptr_nonnull(strstr(es_buf_str(&b), ">\n  user: web\n"));
	ck_assert_ptr_nonnull(strstr(es_buf_str(&b), "monkey: |\n  three\n"));
}
END_TEST

/* Lines that real systems have below /etc, and that hide nothing. */
static const char *const plain[] = {
	"passwd:         files systemd",
	"passwd: files sss systemd",
	"passwd_compat: nis",
	"shadow:         files",
	"netgroup:       nis",
	"# Change the root password before you go on",
	"# password = secret",
	"// password: secret",
	"# The password is asked for at boot time.",
	"challengePassword		= A challenge password",
	"challengePassword_min		= 4",
	"challengePassword_max		= 20",
	"secret = pass:insta # can be used for both client and server side",
	"# input_password = secret",
	"password        [success=1 default=ignore]      pam_unix.so obscure",
	"password        requisite                       pam_deny.so",
	"@include common-password",
	"PasswordAuthentication yes",
	"#PermitEmptyPasswords no",
	"KbdInteractiveAuthentication no",
	"PASS_MIN_DAYS	0",
	"PASS_WARN_AGE	7",
	"ENCRYPT_METHOD YESCRYPT",
	"Defaults        passwd_tries=3, timestamp_timeout=5",
	"%sudo   ALL=(ALL:ALL) ALL",
	"user ALL=(ALL) NOPASSWD: /usr/bin/apt",
	"auth sufficient pam_rootok.so",
	"SHADOW_PASSWORDS=yes",
	"pam_password md5",
	"ssl_certificate_key /etc/ssl/private/web.key;",
	"    ssl_certificate     /etc/ssl/certs/web.pem;",
	"auth_basic_user_file /etc/nginx/.htpasswd;",
	"AuthUserFile /etc/apache2/passwords",
	"SSLCertificateKeyFile /etc/ssl/private/web.key",
	"proxy_pass http://127.0.0.1:8080/;",
	"fastcgi_pass unix:/run/php/php-fpm.sock;",
	"proxy_pass_header Server;",
	"smtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd",
	"smtpd_tls_key_file=/etc/ssl/private/ssl-cert-snakeoil.key",
	"tls_key = /etc/ssl/private/x.key",
	"AUTH_SERVER_PASSWORDS = CONFDIR/passwd.client",
	"token = ${TOKEN}",
	"password: !vault |",
	"key_buffer_size = 16M",
	"sort_key = name",
	"key: value",
	"KEYMAP=de-latin1",
	"XKBMODEL=\"pc105\"",
	"accesskey=\"n\"",
	"SUBSYSTEM==\"usb\", ATTR{idVendor}==\"1050\", TAG+=\"uaccess\"",
	"root:x:0:0:root:/root:/bin/bash",
	"daemon:*:19000:0:99999:7:::",
	"systemd-network:!*:19000::::::",
	"sudo:x:27:alice",
	"alice:100000:65536",
	"lp0:acm:usb-printer-1",
	"text/plain:text-editor:less",
	"http://user@host/path",
	"deb http://deb.debian.org/debian bookworm main",
	"server 0.debian.pool.ntp.org iburst",
	"curl -u \"$USER:$PASS\" https://host/",
	"curl --user-agent x:y https://host/",
	"curl -sS https://host/ -o /tmp/x",
	"mysqldump --all-databases --single-transaction",
	"mysql -p db",
	"mysqldump -p\"$PASSWORD\" db",
	"sshpass -e ssh host",
	"{ \"tokens\": 5, \"keys\": [] }",
	"{password: ${DB_PASSWORD}, port: 1}",
	"{ user: web, token: null }",
	"Enter your login and password here, please",
	"your machine login and your password differ",
	"os-release HOME_URL https://www.debian.org/",
	"os-release VERSION_ID 12",
	"certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t",
	"0c4e8b1f1d6e0a3b2c9d8e7f6a5b4c3d",
	"d41d8cd98f00b204e9800998ecf8427e  usr/share/doc/x/copyright",
	"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852",
	"uuid = 6ba7b810-9dad-11d1-80b4-00c04fd430c8",
};

START_TEST(nothing_to_hide)
{
	ES_CLEANUP(es_mask_set_freep) struct es_mask_set *set = make_shipped();
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	int n = call(es_hide_values, set, &b, plain[_i], strlen(plain[_i]));

	ck_assert_msg(n == 0, "%s became %s", plain[_i], es_buf_str(&b));
}
END_TEST

/* What a shipped mask hides that is not told by a line "key = value". */
static const struct {
	const char *text;
	const char *secret;
} odd[] = {
	{ "{user: web, password: SecretOne, port: 1}", "SecretOne" },
	{ "{'user': 'web', 'password': 'SecretOne'}", "SecretOne" },
	{ "{ token: \"Secret, One\" }", "Secret, One" },
	{ "curl -s -u web:SecretOne https://host/", "SecretOne" },
	{ "curl --proxy-user web:SecretOne https://host/", "SecretOne" },
	{ "mysqldump -uroot -pSecretOne db", "SecretOne" },
	{ "mariadb-dump -h x -p'SecretOne' db", "SecretOne" },
	{ "sshpass -p SecretOne ssh host", "SecretOne" },
	{ "sshpass -pSecretOne ssh host", "SecretOne" },
	{ "machine x.y login web password SecretOne", "SecretOne" },
	{ "default login web account a password SecretOne", "SecretOne" },
	{ "web:aBcDeFgHiJk/.", "aBcDeFgHiJk/." },
	{ "web:the realm:0123456789abcdef0123456789abcdef",
	  "0123456789abcdef0123456789abcdef" },
	{ "client-key-data: LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQ==",
	  "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQ==" },
	{ "os-release BUG_REPORT_TOKEN SecretOne", "SecretOne" },
	{ "password: |\n  SecretOne\n  SecretTwo\nuser: web", "SecretOne" },
	{ "password: |\n  SecretOne\n  SecretTwo\nuser: web", "SecretTwo" },
	{ "a:\n  db_token: !x >-\r\n    SecretOne\r\n  b: c", "SecretOne" },
	{ "\"private-key\": |2\n\tSecretOne", "SecretOne" },
	{ "challengePassword = A challenge password 2", "password 2" },
	{ "secret = pass:instant", "pass:instant" },
};

START_TEST(odd_places)
{
	ES_CLEANUP(es_mask_set_freep) struct es_mask_set *set = make_shipped();
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	int n = call(es_hide_values, set, &b, odd[_i].text,
		     strlen(odd[_i].text));

	ck_assert_msg(n >= 1, "nothing is hidden of %s", odd[_i].text);
	ck_assert_ptr_null(strstr(es_buf_str(&b), odd[_i].secret));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hide");
	TCase *t = tcase_create("any form");

	tcase_add_loop_test(t, values, 0, (int)es_lengthof(forms));
	tcase_add_loop_test(t, texts, 0, (int)es_lengthof(forms));
	tcase_add_test(t, keys);
	tcase_add_test(t, all);
	suite_add_tcase(s, t);
	t = tcase_create("shipped");
	tcase_add_loop_test(t, nothing_to_hide, 0, (int)es_lengthof(plain));
	tcase_add_test(t, blocks);
	tcase_add_loop_test(t, odd_places, 0, (int)es_lengthof(odd));
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
