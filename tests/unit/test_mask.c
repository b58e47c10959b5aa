/* SPDX-License-Identifier: MIT */
/* test_mask.c - unit tests of hidden values, and of the shipped masks */
#include "config.h"

#include "etcsnap/mask.h"

#include "config/mask_words_priv.h"
#include "config/rules_priv.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

static const uint8_t key[ES_KEY_LEN] = { 7 };

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

/* Masks @text with each value shown as "<masked>" without its digest. */
static int apply(const struct es_mask_set *set, struct es_buf *out,
		 const char *text, size_t len)
{
	ES_CLEANUP(es_digest_freep) struct es_digest *hmac = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;
	int n;

	ck_assert_int_eq(es_digest_new(&hmac, ES_DIGEST_HMAC, key, &err), 0);
	n = es_mask_apply(set, &b, text, len, hmac);
	for (size_t i = 0; n > 0 && i < b.len; i++) {
		es_buf_addc(out, b.data[i]);
		if (i >= 7 && !memcmp(b.data + i - 7, "<masked:", 8)) {
			es_buf_truncate(out, out->len - 1);
			i += 8;
		}
	}
	return n;
}

static const struct {
	const char *regex[3];
	const char *text;
	const char *want; /* NULL: nothing masked */
	int n;
} cases[] = {
	{ { "p=(\\w+)" },
	  "p=a\nq=b\np=c\n",
	  "p=<masked>\nq=b\np=<masked>\n",
	  2 },
	{ { "^p=(.*)$" }, "p=a\nxp=b\n", "p=<masked>\nxp=b\n", 1 },
	{ { "p=(\\w*)" }, "p=\np=\n", NULL, 0 },
	{ { "(x*)" }, "axxb", "a<masked>b", 1 },
	{ { "(z)" }, "", NULL, 0 },
	{ { "a=(\\w+)|b=(\\w+)" }, "b=1 a=2", "b=<masked> a=<masked>", 2 },
	{ { "k(?:=(\\d+))?" }, "k k=5", "<masked> k=<masked>", 2 },
	{ { "x(abc)", "b(cd)" }, "xabcde", "x<masked>e", 1 },
	{ { "x(ab)", "b(cd)" }, "xabcde", "x<masked><masked>e", 2 },
	{ { "x(abcd)", "(b)" }, "xabcd", "x<masked>", 1 },
	{ { "(b)", "(a)" }, "ab", "<masked><masked>", 2 },
	{ { "p=(.+)" }, "p=<masked:0123abcd>\n", NULL, 0 },
	{ { "p=(.+)" }, "p=<masked:0123abcX>\n", "p=<masked>\n", 1 },
	{ { "p=(.+)" }, "p=<masked:0123abcd>x\n", "p=<masked>\n", 1 },
	{ { "p=(.+)" }, "p=\xff\xc3\x28\n", "p=<masked>\n", 1 },
	{ { "^door (\\S+)$" },
	  "door ab\r\ndoor cd\n",
	  "door <masked>\r\ndoor <masked>\n",
	  2 },
	{ { "^p=(.*)$" }, "p=a\r\np=b", "p=<masked>\r\np=<masked>", 2 },
	/* The mark of UTF-8 is no part of the first line. */
	{ { "^p=(.*)$" },
	  "\xef\xbb\xbfp=a\np=b\n",
	  "\xef\xbb\xbfp=<masked>\np=<masked>\n",
	  2 },
	{ { "(?#with pass)^pass=(.*)$" },
	  "\xef\xbb\xbfpass=a\n",
	  "\xef\xbb\xbfpass=<masked>\n",
	  1 },
	{ { "^p=(.*)$" }, "\xef\xbb\xbf", NULL, 0 },
	/* Words: in either case, line by line; useless ones are ignored. */
	{ { "(?#with pw)p=(.*)" }, "p=a\n", "p=<masked>\n", 1 },
	{ { "(?#with )p=(.*)" }, "p=a\n", "p=<masked>\n", 1 },
	{ { "(?#with p= pass)p=(.*)" }, "p=a\n", "p=<masked>\n", 1 },
	{ { "(?#with PASS  xyz)^.*=(.*)" },
	  "pAss=a\nq=b\r\nXYZ=c",
	  "pAss=<masked>\nq=b\r\nXYZ=<masked>",
	  2 },
	{ { "(?#with pass)s=(.*)$", "^q=(b)" },
	  "\n\npass=a\nq=b",
	  "\n\npass=<masked>\nq=<masked>",
	  2 },
	{ { "\\Kp(?=(.))" }, "pq", "p<masked>", 1 },
};

START_TEST(applying)
{
	size_t n = 0;
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_mask_set_freep) struct es_mask_set *set = NULL;

	while (cases[_i].regex[n])
		n++;
	set = make(cases[_i].regex, n);
	ck_assert_int_eq(apply(set, &b, cases[_i].text, strlen(cases[_i].text)),
			 cases[_i].n);
	if (cases[_i].want)
		ck_assert_str_eq(es_buf_str(&b), cases[_i].want);
}
END_TEST

START_TEST(form_of_the_mark)
{
	static const char *const regex[] = { "p=(\\w+)" };
	ES_CLEANUP(es_mask_set_freep) struct es_mask_set *set = make(regex, 1);
	ES_CLEANUP(es_digest_freep) struct es_digest *hmac = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf want = ES_BUF_INIT(100);
	struct es_error err = ES_ERROR_INIT;
	uint8_t raw[ES_SHA256_LEN];
	char hex[2 * ES_SHA256_LEN + 1];

	ck_assert_int_eq(es_digest_new(&hmac, ES_DIGEST_HMAC, key, &err), 0);
	es_buf_adds(&b, "left over");
	ck_assert_int_eq(es_mask_apply(set, &b, "p=secret.", 9, hmac), 1);
	es_digest_begin(hmac);
	es_digest_update(hmac, "secret", 6);
	es_digest_end(hmac, raw);
	es_buf_addf(&want, "p=<masked:%.8s>.", es_hex(hex, raw, sizeof(raw)));
	ck_assert_str_eq(b.data, want.data);
}
END_TEST

START_TEST(nul_bytes)
{
	static const char *const regex[] = { "p=([^\\n]+)" };
	static const char text[] = "p=a\0b\nq\0";
	ES_CLEANUP(es_mask_set_freep) struct es_mask_set *set = make(regex, 1);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);

	ck_assert_int_eq(apply(set, &b, text, sizeof(text) - 1), 1);
	ck_assert_uint_eq(b.len, strlen("p=<masked>\nq") + 1);
	ck_assert_mem_eq(b.data, "p=<masked>\nq\0", b.len);
}
END_TEST

static const struct {
	const char *regex;
	const char *says;
} refused[] = {
	{ "", "no group" },
	{ "abc", "no group" },
	{ "(?:abc)", "no group" },
	{ "a(b", "at character 4" },
	{ "a(b)\\", "at character" },
	{ "(*UTF)(a)", "at character" },
	{ "(?=\\Ka)(b)", "at character" },
	{ "(\\C)", "at character" },
};

START_TEST(refusing)
{
	ES_CLEANUP(es_mask_set_freep)
	struct es_mask_set *set = make(&refused[_i].regex, 1);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1000);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_mask_check(refused[_i].regex, &err), -EINVAL);
	ck_assert_int_eq(err.fault, ES_FAULT_CONFIG);
	ck_assert_msg(strstr(err.msg, refused[_i].says) != NULL, "%s", err.msg);
	/* What nobody checked lets no text pass, at any time. */
	ck_assert_int_eq(apply(set, &b, "abc", 3), -EINVAL);
	ck_assert_int_eq(apply(set, &b, "", 0), -EINVAL);
}
END_TEST

/* A broken expression that names its words is in nobody's way without them. */
START_TEST(words_spare_compiling)
{
	static const char *const regex[] = { "(?#with pass)pass=(.*",
					     "q=(.*)" };
	ES_CLEANUP(es_mask_set_freep) struct es_mask_set *set = make(regex, 2);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1000);

	ck_assert_int_eq(apply(set, &b, "q=a\n", 4), 1);
	ck_assert_int_eq(apply(set, &b, "q=a\npass=b\n", 11), -EINVAL);
	ck_assert_int_eq(apply(set, &b, "q=a\n", 4), 1);
}
END_TEST

/* Text that makes an expression run away is no text to keep. */
START_TEST(limits)
{
	static const char *const slow[] = { "^(a+)+$" };
	static const char *const plain[] = { "(a)" };
	ES_CLEANUP(es_mask_set_freep) struct es_mask_set *set = make(slow, 1);
	ES_CLEANUP(es_mask_set_freep)
	struct es_mask_set *marks = make(plain, 1);
	ES_CLEANUP(es_digest_freep) struct es_digest *hmac = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1000);
	struct es_error err = ES_ERROR_INIT;
	char text[100];

	memset(text, 'a', sizeof(text));
	text[99] = 'b';
	ck_assert_int_eq(es_digest_new(&hmac, ES_DIGEST_HMAC, key, &err), 0);
	ck_assert_int_eq(es_mask_apply(set, &b, text, sizeof(text), hmac),
			 -E2BIG);
	ck_assert_int_eq(es_mask_apply(marks, &b, text, sizeof(text), hmac),
			 -EFBIG);
}
END_TEST

/* A long run of backtracking is too much for the JIT's own stack, and then
 * done without it. */
START_TEST(deep_but_fine)
{
	static const char *const regex[] = { "^((?:\\w|-)+)x$" };
	ES_CLEANUP(es_mask_set_freep) struct es_mask_set *set = make(regex, 1);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	static char text[60000];

	memset(text, 'w', sizeof(text));
	text[sizeof(text) - 1] = 'x';
	ck_assert_int_eq(apply(set, &b, text, sizeof(text)), 1);
	ck_assert_str_eq(es_buf_str(&b), "<masked>x");
}
END_TEST

/* What the shipped masks hide, and what stays. */
static const struct {
	const char *text;
	const char *want;
} hidden[] = {
	{ "password = hunter2", "password = <masked>" },
	{ "  Password=hun ter2  ", "  Password=<masked>  " },
	{ "password: \"hunter 2\"", "password: \"<masked>\"" },
	{ "db_password='hunter2'", "db_password='<masked>'" },
	{ "db_password='hunter2", "db_password=<masked>" },
	{ "export DB_PASSWORD=hunter2", "export DB_PASSWORD=<masked>" },
	{ "spring.datasource.password=x1", "spring.datasource.password="
					   "<masked>" },
	{ "smtp-passphrase: abc", "smtp-passphrase: <masked>" },
	{ "passwd=hunter2", "passwd=<masked>" },
	{ "wpa_passphrase=abcdefgh", "wpa_passphrase=<masked>" },
	{ "\tpsk=\"my wifi\"", "\tpsk=\"<masked>\"" },
	{ "secret: s3", "secret: <masked>" },
	{ "- secret: s3", "- secret: <masked>" },
	{ "client_secret = s3", "client_secret = <masked>" },
	{ "api_key=abc123", "api_key=<masked>" },
	{ "apiKey: abc123", "apiKey: <masked>" },
	{ "api-key = \"abc123\"", "api-key = \"<masked>\"" },
	{ "access_token: abc", "access_token: <masked>" },
	{ "aws_secret_access_key = wJalr/XU+bP", "aws_secret_access_key = "
						 "<masked>" },
	{ "PrivateKey = /AoK+4a/bb2Kb8xvqoE=", "PrivateKey = <masked>" },
	{ "PresharedKey=AoK4abb2Kb8xvqoE=", "PresharedKey=<masked>" },
	{ "{ \"user\": \"a\", \"password\": \"b\\\"c\", \"x\": 1 }",
	  "{ \"user\": \"a\", \"password\": \"<masked>\", \"x\": 1 }" },
	{ "\"authToken\" : \"abc\",", "\"authToken\" : \"<masked>\"," },
	{ "'password' => 'abc',", "'password' => '<masked>'," },
	{ "$cfg['password'] = 'abc';", "$cfg['password'] = '<masked>';" },
	{ "define('DB_PASSWORD', 'abc');",
	  "define('DB_PASSWORD', '<masked>');" },
	{ "Cleartext-Password := \"abc\"",
	  "Cleartext-Password := \"<masked>\"" },
	{ "//srv/x /mnt cifs user=a,password=b,ro 0 0",
	  "//srv/x /mnt cifs user=a,password=<masked>,ro 0 0" },
	{ "ExecStart=/x --token=abc --v", "ExecStart=/x --token=<masked> "
					  "--v" },
	{ "* * * * * x --password abc", "* * * * * x --password <masked>" },
	{ "<user name=\"a\" password=\"b\"/>",
	  "<user name=\"a\" password=\"<masked>\"/>" },
	{ "<password>abc</password>", "<password><masked></password>" },
	{ "<property name=\"db.password\" value=\"x\"/>",
	  "<property name=\"db.password\" value=\"<masked>\"/>" },
	{ "requirepass foobared", "requirepass <masked>" },
	{ "bindpw geheim", "bindpw <masked>" },
	{ "    wpa-psk \"abc\"", "    wpa-psk \"<masked>\"" },
	{ "rocommunity geheim localhost", "rocommunity <masked> localhost" },
	{ "com2sec local localhost geheim", "com2sec local localhost "
					    "<masked>" },
	{ "createUser me SHA \"abc\" AES", "createUser me SHA <masked>" },
	{ "SetCredential=pw:geheim", "SetCredential=pw:<masked>" },
	{ "proxy = http://me:geheim@proxy:3128/",
	  "proxy = http://me:<masked>@proxy:3128/" },
	{ "postgresql://:geheim@db/x", "postgresql://:<masked>@db/x" },
	{ "Authorization: Bearer abc.def-1", "Authorization: Bearer "
					     "<masked>" },
	{ "root:$6$salt$abcdefghijklmn:1:", "root:<masked>:1:" },
	{ "a:$2y$10$abcdefghijklmnopqrstuv", "a:<masked>" },
	{ "userPassword: {SSHA}abcdefghijklmnop", "userPassword: <masked>" },
	{ "x {SSHA}abcdefghijklmnop", "x <masked>" },
	{ "passwd: $6$salt$abcdefghijklmn", "passwd: <masked>" },
	{ "password_pbkdf2 root grub.pbkdf2.sha512.10000.ABCDEF0123456789",
	  "password_pbkdf2 root <masked>" },
	{ "old:abcdefghijklm:1:2:x:/:/bin/sh", "old:<masked>:1:2:x:/:"
					       "/bin/sh" },
	{ "x ghp_abcdefghijklmnopqrstuvwxyz0123456789 y", "x <masked> y" },
	{ "https://hooks.slack.com/services/T0/B0/abcdef",
	  "https://hooks.slack.com/services/<masked>" },
	/* To the quote that the value, or the key with it, opened with */
	{ "Environment=\"DB_PASSWORD=ab,c&d e\" \"X=1\"",
	  "Environment=\"DB_PASSWORD=<masked>\" \"X=1\"" },
	{ "docker run -e 'MYSQL_PASSWORD=a;b' img",
	  "docker run -e 'MYSQL_PASSWORD=<masked>' img" },
	{ "foo --password='a,b c' --token \"d e\" -x",
	  "foo --password='<masked>' --token \"<masked>\" -x" },
	{ "foo --password='&a' --secret=\")b c\" x",
	  "foo --password='<masked>' --secret=\"<masked>\" x" },
	{ "foo --password a,b\\ c; x", "foo --password <masked>; x" },
	{ "foo --password='a b", "foo --password='<masked>" },
	{ "sh -c \"foo --password=\\\"a b\\\" -x\"",
	  "sh -c \"foo --password=\\\"<masked>\\\" -x\"" },
	{ "sh -c \"foo --password='a b' -x\"",
	  "sh -c \"foo --password='<masked>' -x\"" },
	{ "x --password='a'\\''b c' y", "x --password='<masked>' y" },
	{ "x --password='a'\"'\"'b c' y", "x --password='<masked>' y" },
	{ "PASS='ab'\\''c d'", "PASS='<masked>'" },
	{ "PASS='ab'cd", "PASS=<masked>" },
	{ "$pass = 'it\\'s mine';", "$pass = <masked>;" },
	{ "password: 'ab''s c'", "password: '<masked>'" },
	{ "{ user: a, password: 'b''c d' }", "{ user: a, password: "
					     "'<masked>' }" },
	{ "sshpass -p 'a b' ssh x", "sshpass -p '<masked>' ssh x" },
	{ "sshpass -p ab ssh x", "sshpass -p <masked> ssh x" },
	{ "mysqldump -u a -p'b c' x", "mysqldump -u a -p'<masked>' x" },
	{ "mysql -pab x", "mysql -p<masked> x" },
	{ "curl -u 'me:a b' x", "curl -u 'me:<masked>' x" },
	{ "curl -u \"me:a'b c\" x", "curl -u \"me:<masked>\" x" },
	{ "curl -u me:ab x", "curl -u me:<masked> x" },
	{ "requirepass \"ab c d\"", "requirepass \"<masked>\"" },
	{ "define('DB_PASSWORD', \"it's\");",
	  "define('DB_PASSWORD', \"<masked>\");" },
	{ "<p name=\"db.password\" value=\"it's\"/>",
	  "<p name=\"db.password\" value=\"<masked>\"/>" },
	{ "url = postgres://app:%40dmin1@db/x",
	  "url = postgres://app:<masked>@db/x" },
	{ "http://me:*x@host/", "http://me:<masked>@host/" },
	{ "proxy_set_header Authorization \"Basic dXNlcjpwYXNz\";",
	  "proxy_set_header Authorization \"Basic <masked>\";" },
	{ "RequestHeader set Authorization 'Basic dXNlcjpwYXNz'",
	  "RequestHeader set Authorization 'Basic <masked>'" },
	{ "http-request set-header Authorization Basic\\ dXNlcjpwYXNz",
	  "http-request set-header Authorization Basic\\ <masked>" },
	{ "setHeader(\"Authorization\", \"Bearer abcdef\")",
	  "setHeader(\"Authorization\", \"Bearer <masked>\")" },
	{ "trapcommunity geheim", "trapcommunity <masked>" },
	{ "trapsink localhost geheim 162", "trapsink localhost <masked> 162" },
	{ "authCommunity log,net geheim", "authCommunity log,net <masked>" },
	{ "trapsess -v 2c -c geheim host", "trapsess -v 2c -c <masked>" },
	{ "  secret_key_base: 0123456789abcdef",
	  "  secret_key_base: <masked>" },
};

static const char *const shown[] = {
	"passwd:         files systemd",
	"shadow: files",
	"passwd: compat",
	"# password = hunter2",
	"; password = hunter2",
	"  #password: x",
	"password =",
	"password = \"\"",
	"password: ''",
	"password: # none yet",
	"password = ${DB_PASSWORD}",
	"password=\"$DB_PASSWORD\"",
	"PASSWORD=$1",
	"password=$(cat /run/x)",
	"password=`cat /run/x`",
	"password: {{ vault_password }}",
	"password: <%= @x %>",
	"password = %(x)s",
	"secret = yes",
	"token: null",
	"PasswordAuthentication no",
	"PermitEmptyPasswords no",
	"password requisite pam_pwquality.so retry=3",
	"password\t[success=1 default=ignore]\tpam_unix.so yescrypt",
	"passwd_tries=3",
	"password_file = /etc/x",
	"ssl_private_key = /etc/ssl/private/x.key",
	"tls_privatekey = CONFDIR/exim.key",
	"private_key = $dir/private/cakey.pem# The private key",
	"dkim_private_key = DKIM_PRIVATE_KEY",
	"bypass = abc",
	"compass: north",
	"root:x:0:0:root:/root:/bin/bash",
	"root:*:19000:0:99999:7:::",
	"PASS_MAX_DAYS 99999",
	"http://host:8080/path@x",
	"http://user@host/",
	"http://$user:$pass@host/",
	"http://me:%s@host/",
	"http://me:%(pass)s@host/",
	"http://me:%DB_PASS%@host/",
	"http://me:***@host/",
	"the authorization basic scheme is",
	"print(\"--password=\", x)",
	"cmd = \"x --password \" + p + \" y\"",
	"mysql -u a -p\"$PASS\" x",
	"sshpass -p '$PASS' ssh x",
	"trapsink localhost",
	"git@github.com:a/b",
	"rewrite ^/(.*)$ /x?$1 last;",
	"if [ \"$token\" = abc ]; then",
	"<a accesskey=\"n\">",
	"public-key: abcdef",
	"keyboard = de",
};

START_TEST(shipped_hide)
{
	ES_CLEANUP(es_mask_set_freep) struct es_mask_set *set = make_shipped();
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf want = ES_BUF_INIT(1 << 20);

	/* In a line of its own among others, and at both ends. */
	es_buf_addf(&text, "%s\nx = 1\r\n%s", hidden[_i].text, hidden[_i].text);
	es_buf_addf(&want, "%s\nx = 1\r\n%s", hidden[_i].want, hidden[_i].want);
	ck_assert_int_gt(apply(set, &b, text.data, text.len), 0);
	ck_assert_str_eq(b.data, want.data);
}
END_TEST

/* The words that expressions begin with spare work and change nothing. */
START_TEST(shipped_words)
{
	const char *plain[ES_MASK_WORDS_MAX];
	ES_CLEANUP(es_mask_set_freep) struct es_mask_set *set = make_shipped();
	ES_CLEANUP(es_mask_set_freep) struct es_mask_set *all = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf a = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	size_t n = 0;

	for (; es_shipped_mask[n]; n++) {
		ck_assert_uint_lt(n, es_lengthof(plain));
		plain[n] = es_shipped_mask[n];
		if (!strncmp(plain[n], "(?#with ", 8))
			plain[n] = strchr(plain[n], ')') + 1;
	}
	all = make(plain, n);
	for (size_t i = 0; i < es_lengthof(hidden); i++)
		es_buf_addf(&text, "%s\r\n\n\n%s\n", hidden[i].text,
			    shown[i % es_lengthof(shown)]);
	ck_assert_int_ge(apply(set, &a, text.data, text.len),
			 (int)es_lengthof(hidden));
	apply(all, &b, text.data, text.len);
	ck_assert_str_eq(a.data, b.data);
}
END_TEST

START_TEST(shipped_hide_once)
{
	ES_CLEANUP(es_mask_set_freep) struct es_mask_set *set = make_shipped();
	ES_CLEANUP(es_digest_freep) struct es_digest *hmac = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf a = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_digest_new(&hmac, ES_DIGEST_HMAC, key, &err), 0);
	ck_assert_int_gt(es_mask_apply(set, &a, hidden[_i].text,
				       strlen(hidden[_i].text), hmac),
			 0);
	ck_assert_int_eq(es_mask_apply(set, &b, a.data, a.len, hmac), 0);
}
END_TEST

START_TEST(shipped_show)
{
	ES_CLEANUP(es_mask_set_freep) struct es_mask_set *set = make_shipped();
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 20);
	int n;

	es_buf_addf(&text, "%s\nx = 1\n%s", shown[_i], shown[_i]);
	n = apply(set, &b, text.data, text.len);
	ck_assert_msg(n == 0, "%s", es_buf_str(&b));
}
END_TEST

/* Text made to keep the shipped masks busy: each is done or refused soon. */
START_TEST(shipped_are_quick)
{
	static const char *const pieces[] = {
		"password",
		"password=",
		"a:",
		"\"",
		"\"password\":\"",
		"://",
		"a://b:",
		"$6$",
		"<password",
		"=",
		" ",
		"\\",
		"'",
		"name=\"",
		"secret token api_key ",
		"password = \\\\\"",
		":",
		"x.",
		"--password ",
		"<a password x>",
		"token=\"\\",
		"'password=a",
		"password='\\''",
		"--token \"a \"",
		"curl -u 'a:",
		"authorization ",
		"'password=a''",
		"\"password=\"\"a",
		"--password='a''b",
		"curl -u 'a:''b",
		"mysql -p\\\"a",
	};
	ES_CLEANUP(es_mask_set_freep) struct es_mask_set *set = make_shipped();
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 20);

	while (text.len < 100000)
		es_buf_adds(&text, pieces[_i]);
	ck_assert_int_ge(apply(set, &b, text.data, text.len), -E2BIG);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("mask");
	TCase *t = tcase_create("mask");

	tcase_add_loop_test(t, applying, 0, (int)es_lengthof(cases));
	tcase_add_test(t, form_of_the_mark);
	tcase_add_test(t, nul_bytes);
	tcase_add_loop_test(t, refusing, 0, (int)es_lengthof(refused));
	tcase_add_test(t, words_spare_compiling);
	tcase_add_test(t, limits);
	tcase_add_test(t, deep_but_fine);
	suite_add_tcase(s, t);

	t = tcase_create("shipped");
	tcase_add_loop_test(t, shipped_hide, 0, (int)es_lengthof(hidden));
	tcase_add_test(t, shipped_words);
	tcase_add_loop_test(t, shipped_hide_once, 0, (int)es_lengthof(hidden));
	tcase_add_loop_test(t, shipped_show, 0, (int)es_lengthof(shown));
	tcase_add_loop_test(t, shipped_are_quick, 0, 31);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
