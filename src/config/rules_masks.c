/* SPDX-License-Identifier: MIT */
/* rules_masks.c - expressions that find secret values in ordinary text */
#include "config.h"

#include "config/rules_priv.h"

/*
 * The first group of each is hidden. They are made to leave alone what gives
 * nothing away: comments, empty values, yes and no, references such as $VAR,
 * ${VAR}, $(command), {{ template }}, and the passwd: line of nsswitch.conf.
 * Each is bound to one line and bounded in length where it repeats, so that
 * hostile text cannot make it slow.
 */

/* Names of secrets; more may stand before them (smtp_password) */
#define WORD                                                           \
	"(?:pass(?:word|wort|wd|phrase|code)|pwd"                      \
	"|(?<![a-z])pass|(?:db|smtp|ldap|auth|user|root|admin)pass"    \
	"|secret|token|psk|bindpw|rootpw|userpw|(?-i:AccessKey)"       \
	"|access[_-]key|(?:api|auth|secret|private|pre_?shared|shared" \
	"|signing|encryption|account|storage|session|license|admin"    \
	"|master)[_-]?key|secret[_-]?access[_-]?key"                   \
	"|secret[_-]?key[_-]?base)\\d{0,2}"

/* What may follow a value: a closing quote, a separator, a comment */
#define QUOTE "[\"']?"
#define END QUOTE "[ \\t]*[,;)]?[ \\t\\r]*(?:[ \\t]#[^\\n]*)?$"

/* What is no secret where a value could stand; two are what openssl.cnf is
 * shipped with, word for word */
#define NOT_SECRET                                                             \
	"(?!#(?:[ \\t]|$)|" QUOTE "(?:\\$\\{|\\$\\(|\\$(?:[\\w:]+|[@*#?])" END \
	"|`|\\{\\{|<%|%\\(|<masked:|%[A-Za-z_]\\w*%"                           \
	"|(?:yes|no|true|false|on|off|none|null|nil|ask|prompt|auto"           \
	"|always|never|required|optional|enabled?|disabled?|x|\\*+|0|1)?" END  \
	"|(?:![\\w-]{1,32}[ \\t]+)?[|>][+-]?\\d?[ \\t\\r]*$"                   \
	"|(?-i:A challenge password|pass:insta)" END                           \
	"|(?-i:[A-Z][A-Z0-9_]{0,64}_(?:PASSWORD|SECRET|TOKEN"                  \
	"|(?:PRIVATE)?KEY))" END                                               \
	"|(?:files|compat|db|nis|nisplus|sss|systemd|ldap|winbind|cache"       \
	"|hesiod)(?:[ \\t]|$)))"

/* A key that names a file or a token of hardware, not the key itself */
#define NOT_PATH                                                    \
	"(?!" QUOTE "(?:file:|pkcs11:|\\$\\w+/"                     \
	"|[\\w./@-]{1,128}\\.(?:key|pem|crt|p12|pfx|jks)" END       \
	"|/(?:etc|usr|var|run|opt|srv|home|root|mnt|dev|tmp|boot)/" \
	"[\\w./@-]*" END "))"

/* The rest of a quoted string. A quote is in it by a \, twice, or as shells
 * have it: '\'' and '"'"'. */
#define TO_DOUBLE "((?:[^\"\\\\\\n]|\\\\.|\"\")++)\""
#define TO_SINGLE "((?:[^'\\n]|'\\\\''|'\"'\"'|'')++)'"

/* Behind a string that is the whole value */
#define WHOLE "(?![\\w\\\\])"

/* A quoted string, else all to the end of the line */
#define VALUE                                        \
	"(?|\"" TO_DOUBLE WHOLE "|'" TO_SINGLE WHOLE \
	"|([^\\s\"'](?:[^\\n]*[^\\s,;])?)|([\"'][^\\n]*[^\\s,;]))"

/* Behind a quote that opens: a program goes on otherwise after one that
 * closes ("password=", x) */
#define OPENS "(?=[^\\s\"'])(?![,;)+.&]{1,2}(?:\\s|$))"

/* A quoted string within a line, also one within another ("... \"x\""); to the
 * end of the line where it does not end. One of more alternatives. */
#define QUOTED                                                                \
	"\"" OPENS TO_DOUBLE WHOLE "|'" OPENS TO_SINGLE WHOLE "|\\\\\"" OPENS \
	"((?:[^\"\\\\\\n]|\\\\[^\"\\n])++)\\\\"                               \
	"|\\\\?[\"']" OPENS "([^\\n]*[^\\s\"'\\\\])"

/* Lines without any of these are not looked at: see mask.c, "words". */
#define WITH "(?#with pass pwd secret token psk bindpw rootpw userpw key)"

const char *const es_shipped_mask[] = {
	/* key = value, key: value, key => value on a line of its own */
	WITH
	"(?i)^[ \\t]*(?:-[ \\t]+)?(?:(?:export|setenv|set|local|declare"
	"|readonly)[ \\t]+)?[\\w.$\\[\\]\"'/-]{0,64}?" WORD
	"[\"']?\\]?[ \\t]*(?:=>|:=|\\+=|=(?![=~>])|:(?![:=]))[ \\t]*+" NOT_SECRET
		NOT_PATH VALUE,
	/* "key": "value" anywhere in a line, as JSON has it */
	WITH "(?i)\"[\\w.-]{0,64}?" WORD
	     "\"[ \\t]*:[ \\t]*+" NOT_SECRET NOT_PATH
	     "\"((?:[^\"\\\\\\n]|\\\\.)+)\"",
	/* {key: value, key: value} as YAML and JavaScript have it */
	WITH
	"(?i)[{,][ \\t]*[\"']?[\\w.-]{0,64}?" WORD
	"[\"']?[ \\t]*:[ \\t]*+(?!(?:yes|no|true|false|on|off|none|null|nil|[01])"
	"[ \\t]*[,}])" NOT_SECRET NOT_PATH "(?|\"" TO_DOUBLE "|'" TO_SINGLE
	"|([^\\s,}{\\[\"'][^\\n,}]*?))[ \\t]*[,}]",
	/* key: | and then a block of indented lines, as YAML has it. It looks
	 * back for the key, so that a text is searched for colons alone. */
	"(?i):(?=[ \\t]*(?:![\\w-]{1,32}[ \\t]+)?[|>][+-]?\\d?[ \\t]*\\r?\\n)"
	"(?<=password:|password\":|password':|passwd:|passphrase:|passcode:"
	"|secret:|secret\":|secret':|token:|token\":|token':|psk:|pwd:|[-_ ]pass:"
	"|api[-_]key:|auth[-_]key:|private[-_]key:|private[-_]key\":"
	"|secret[-_]key:|access[-_]key:|shared[-_]key:|signing[-_]key:|apikey:|secretkey:|privatekey:)"
	"[^\\n]*+\\n((?>([ \\t]+))\\S[^\\n]*+(?:\\n\\2[^\\n]*+)*+)",
	/* key=value among others: mount options, --options, XML attributes */
	WITH "(?i)(?:(?<=[\\s,;&?\"'(])|--?)[\\w.-]{0,32}?" WORD
	     "=(?!=)" NOT_SECRET NOT_PATH "(?|" QUOTED
	     "|[\"']?([^\\s\"',;&<>)]+))",
	/* the same in quotes as a whole: "key=value" */
	WITH "(?i)(?|(?<=\")[\\w.-]{0,64}?" WORD
	     "=(?!=)" NOT_SECRET NOT_PATH TO_DOUBLE "|(?<=')[\\w.-]{0,64}?" WORD
	     "=(?!=)" NOT_SECRET NOT_PATH TO_SINGLE ")",
	"(?#with --pass --token --secret --api-key)"
	"(?i)\\s--(?:password|passphrase|token|secret|api-key)[ \\t]++"
	"(?![-<\\[|])" NOT_SECRET NOT_PATH "(?|" QUOTED
	"|[\"']?((?:\\\\.|[^\\s\"'])*[^\\s\"',;]))",
	/* A fact of ours, which has lost its sign of equality */
	"(?#with os-release)"
	"(?i)^os-release [\\w-]{0,64}?" WORD "[ \\t]++" NOT_SECRET VALUE,
	/* Programs that take it as a short option */
	"(?#with curl)"
	"\\bcurl\\b[^\\n]{0,400}?[ \\t](?:-[uU]|--(?:proxy-)?user)[ \\t=]*"
	"(?|\"[^:\"'$\\n]{1,64}:(?!\\$)" TO_DOUBLE
	"|'[^:\"'$\\n]{1,64}:(?!\\$)" TO_SINGLE
	"|[\"']?[^\\s:\"'$]{1,64}:(?!\\$)([^\\s\"']+))",
	"(?#with mysql mariadb)"
	"\\b(?:mysql|mariadb)[\\w-]*[ \\t][^\\n]{0,400}?(?<=[ \\t])-p"
	"(?!\\\\?[\"']?\\$)(?|" QUOTED "|([^\\s\"'][^\\s\"']*))",
	"(?#with sshpass)"
	"\\bsshpass[ \\t]+(?:-v[ \\t]+)?-p[ \\t]*(?!\\\\?[\"']?\\$)"
	"(?|" QUOTED "|([^\\s\"'][^\\s\"']*))",
	"(?#with machine default)"
	"\\b(?:machine[ \\t]+\\S{1,255}|default)[ \\t]+login[ \\t]+\\S{1,255}"
	"[ \\t]+(?:account[ \\t]+\\S{1,255}[ \\t]+)?password[ \\t]+(\\S+)",
	/* Directives that take the secret after a blank */
	"(?#with pass masterauth bindpw rootpw wpa- wireless-key adminpw binddnpw"
	" secret psk community)"
	"(?i)^[ \\t]*(?:requirepass|masterauth|bindpw|rootpw|rootbindpw"
	"|wpa-(?:psk|passphrase|wep-key\\d)|wireless-key|adminpw|binddnpw"
	"|secret|password|passphrase|psk|auth-pass|auth_pass|community)"
	"[ \\t]++(?![=:])" NOT_SECRET "(?|\"" TO_DOUBLE "|'" TO_SINGLE
	"|[\"']?([^\\s\"']+)[\"']?);?[ \\t\\r]*$",
	"(?#with rocommunity rwcommunity rouser rwuser trapcommunity)"
	"(?i)^[ \\t]*(?:r[ow](?:community6?|user)|trapcommunity)[ \\t]+(\\S+)",
	"(?#with trapsink trap2sink informsink authcommunity)"
	"(?i)^[ \\t]*(?:trap2?sink|informsink|authcommunity)[ \\t]+\\S+[ \\t]+"
	"(\\S+)",
	"(?#with trapsess)"
	"(?i)^[ \\t]*trapsess[ \\t][^\\n]{0,400}?(?<=[ \\t])(?-i:-[cAX])[ \\t]*"
	"(\\S[^\\n]*)",
	"(?#with com2sec)"
	"(?i)^[ \\t]*com2sec6?[ \\t]+(?:-Cn[ \\t]+\\S+[ \\t]+)?\\S+[ \\t]+"
	"\\S+[ \\t]+(\\S+)",
	"(?#with createuser)"
	"(?i)^[ \\t]*createUser[ \\t]+\\S+[ \\t]+\\S+[ \\t]+(\\S[^\\n]*)",
	"(?#with user)"
	"(?i)^[ \\t]*user[ \\t]+\\S{1,64}[ \\t]+(?:on[ \\t]+)?>(\\S+)",
	"(?#with setcredential=)"
	"^[ \\t]*SetCredential=[^:\\s]{1,255}:([^\\n]+)",
	/* https://user:secret@host/ and the like */
	"(?#with ://)"
	"(?i)\\b[a-z][a-z0-9+.-]{1,30}://[^\\s/:@\"'<>${]{0,64}:"
	"(?!\\$|\\{|<|%(?:[({]|[a-z]?@|\\w{1,64}%@)|\\*+@)"
	"([^\\s/@\"'<>]{1,256})@",
	/* HTTP headers */
	"(?#with authorization)"
	"(?i)\\bauthorization(?:[\"']?[ \\t]*[:=,][ \\t]*[\"']?|[ \\t]+[\"']"
	"|[ \\t]+(?=\\w+\\\\))(?:bearer|basic|token)\\\\?[ \\t]+(?!\\$|\\{|<)"
	"([\\w.~+/=-]{6,})",
	/* PHP: define('DB_PASSWORD', 'value') */
	"(?#with define)"
	"(?i)\\bdefine\\([ \\t]*[\"']\\w{0,64}?(?:pass(?:word|wd)?|secret"
	"|token|_key|_salt)[\"'][ \\t]*,[ \\t]*"
	"(?|\"" TO_DOUBLE "|'((?:[^'\\\\\\n]|\\\\.)+)')",
	/* <password>value</password>, name="password" value="value" */
	WITH "(?i)<[\\w.:-]{0,64}?" WORD
	     "(?:[ \\t][^<>\\n]{0,200})?>" NOT_SECRET "([^<>\\n]+)</",
	"(?#with name=)"
	"(?i)\\bname=[\"'][\\w.-]{0,64}?" WORD
	"[\"'][ \\t]+value=(?|\"([^\"\\n]+)\"|'([^'\\n]+)')",
	/* Hashes of passwords: crypt(3), LDAP, grub, and the old 13 bytes */
	"(?#with $1$ $2$ $2a $2b $2x $2y $5$ $6$ $7$ $y$ $gy $sha1 $md5 $apr1"
	" $argon2 $scrypt $bcrypt $pbkdf2)"
	"(?<![\\w$])(\\$(?:1|2[abxy]?|5|6|7|y|gy|sha1|md5|apr1|argon2(?:i|d"
	"|id)|scrypt|bcrypt|pbkdf2[\\w-]{0,20})\\$[\\w./,=+$-]{13,})",
	"(?#with {ssha {sha {smd5 {md5 {crypt {pbkdf2 {argon2)"
	"(\\{(?:SSHA|SHA|SMD5|MD5|CRYPT|SSHA256|SSHA512|SHA256|SHA512|PBKDF2"
	"[\\w-]{0,20}|ARGON2)\\}[\\w./+=$-]{12,})",
	"(?#with grub.pbkdf2)"
	"\\b(grub\\.pbkdf2\\.[\\w.]{16,})",
	/* passwd, htpasswd, htdigest */
	"^[\\w.@-]{1,64}:(?|([\\w./]{13}):\\d{1,10}:\\d{1,10}:"
	"|(?=[\\w./]{0,12}[A-Z])(?=[\\w./]{0,12}[a-z])([A-Za-z0-9./]{13})"
	"[ \\t\\r]*$|[^:\\n]{1,64}:([0-9a-f]{32})[ \\t\\r]*$)",
	/* A PEM key in base64, but not what is public in such a form:
	 * CERT, PUB, X509, TRUST */
	"(?#with ls0tls1crudjti)"
	"(LS0tLS1CRUdJTi(?!BDRVJU|BQVUJM|BYNTA5|BUUlVT)[A-Za-z0-9+/=]{20,})",
	/* Tokens that can be told by their form */
	"(?#with ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- xox sk_live_ npm_"
	" aiza hvs. hvb. sg. dop_v1_)"
	"\\b(gh[pousr]_\\w{36,255}|github_pat_\\w{22,255}|glpat-[\\w-]{20,64}"
	"|xox[abeoprs]-[\\w-]{10,255}|sk_live_\\w{16,255}|npm_\\w{36,64}"
	"|AIza[\\w-]{35}|hv[sb]\\.[\\w-]{20,255}|SG\\.[\\w-]{16,64}\\."
	"[\\w-]{16,128}|dop_v1_\\w{64})\\b",
	"(?#with hooks.slack)"
	"(?i)\\bhooks\\.slack\\.com/(?:services|workflows)/([\\w/]{8,255})",
	NULL,
};
