/* SPDX-License-Identifier: MIT */
/* test_manifest_parse.c - unit tests of .mtree and .xattr as they are read */
#include "config.h"

#include "etcsnap/manifest.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

#include "entries.h"

/* What a parse saw, told in one line an entry. */
static int tell(void *payload, struct es_entry *e, const char *uname,
		const char *gname)
{
	struct es_buf *b = payload;

	ck_assert_ptr_nonnull(e->name);
	es_buf_addf(b, "%.*s w%d t%d c%d h%u u%s", (int)e->name_len, e->name,
		    (int)e->watch, (int)e->type, (int)e->class, e->has,
		    e->unread ? es_unread_name(e->unread) : "0");
	if (uname)
		es_buf_addf(b, " %s", uname);
	if (gname)
		es_buf_addf(b, ":%s", gname);
	if (e->target)
		es_buf_addf(b, " -> %.*s", (int)e->target_len, e->target);
	if (e->xattr)
		es_buf_addf(b, " [%.*s]", (int)e->xattr_len, e->xattr);
	es_buf_addc(b, '\n');
	return 0;
}

#define HEAD "#mtree\n. type=dir mode=0755 uid=0 gid=0\n"
#define OWNER " mode=0600 uid=0 gid=0"

static const struct {
	const char *mtree;
	const char *xattr;
	const char *seen;
} readable[] = {
	{ "#mtree\n. type=dir\n", NULL, ". w1 t2 c0 h0 u0\n" },
	{ HEAD, NULL, ". w2 t2 c0 h1 u0\n" },
	{ HEAD, "", ". w2 t2 c0 h1 u0\n" },
	{ HEAD "\n# any remark\n#\n./a type=fifo\n", NULL,
	  ". w2 t2 c0 h1 u0\na w2 t6 c0 h0 u0\n" },
	/* What a later version may record. */
	{ HEAD "#+ mount=1 inode=5 birth=1.5\n./a type=file flags=none\n"
	       "#+ new=x unread=ESTALE\n",
	  NULL, ". w2 t2 c0 h17 u0\na w2 t1 c2 h0 uESTALE\n" },
	{ HEAD "./h\n#+ unread=TORN\n", NULL,
	  ". w2 t2 c0 h1 u0\nh w2 t0 c0 h0 uTORN\n" },
	{ HEAD "./s type=file\n#+ hmac=" ES_UNIT_HEX "\n#+ masked=1\n", NULL,
	  ". w2 t2 c0 h1 u0\ns w2 t1 c3 h36 u0\n" },
	{ HEAD "./a type=dir\n./b type=link link=x\\040y\n", NULL,
	  ". w2 t2 c0 h1 u0\na w2 t2 c0 h0 u0\nb w2 t3 c0 h0 u0 -> x y\n" },
	{ "#mtree\n. type=dir uid=1 uname=a\\040b gid=2 gname=g mode=0\n", NULL,
	  ". w2 t2 c0 h1 u0 a b:g\n" },
	{ HEAD "./a\\134 type=fifo\n./b type=fifo\n",
	  "# file: .\nuser.a=\"x\"\n\n\n# file: a\\134\nuser.b=0sAA==\n"
	  "user.c=\"\"\n",
	  ". w2 t2 c0 h1 u0 [user.a=\"x\"\n]\n"
	  "a\\ w2 t6 c0 h0 u0 [user.b=0sAA==\nuser.c=\"\"\n]\n"
	  "b w2 t6 c0 h0 u0\n" },
	{ HEAD "./a type=fifo  \t" OWNER " time=-5.500000000 \n", NULL,
	  ". w2 t2 c0 h1 u0\na w2 t6 c0 h1 u0\n" },
	{ HEAD "#+\n", NULL, ". w2 t2 c0 h1 u0\n" },
	{ HEAD "./a type=file\n#+ unread=EMARTIAN\n", NULL,
	  ". w2 t2 c0 h1 u0\na w2 t1 c2 h0 uEIO\n" },
	/* The order is that of the names, not of their escapes. */
	{ HEAD "./\\001 type=fifo\n./\\055 type=fifo\n./. type=fifo\n", NULL,
	  NULL },
	{ HEAD "./\\001 type=fifo\n./\\055 type=fifo\n./.a type=fifo\n", NULL,
	  ". w2 t2 c0 h1 u0\n\001 w2 t6 c0 h0 u0\n- w2 t6 c0 h0 u0\n"
	  ".a w2 t6 c0 h0 u0\n" },
};

START_TEST(what_format_1_holds_is_read)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	struct es_error err = ES_ERROR_INIT;
	const char *xattr = readable[_i].xattr;
	int rc = es_manifest_parse(readable[_i].mtree,
				   strlen(readable[_i].mtree), xattr,
				   xattr ? strlen(xattr) : 0, tell, &b, &err);

	if (!readable[_i].seen) {
		ck_assert_int_eq(rc, -EINVAL);
		return;
	}
	ck_assert_msg(rc == 0, "%s", err.msg);
	ck_assert_str_eq(es_buf_str(&b), readable[_i].seen);
}
END_TEST

static const struct {
	const char *mtree;
	const char *xattr;
	const char *message;
} garbage[] = {
	{ "", NULL, "begin" },
	{ "#mtree", NULL, "line 1" },
	{ "#mtree v2.0\n. type=dir\n", NULL, "begin" },
	{ "#mtree\n", NULL, "line 1" },
	{ "#mtree\n\n#\n", NULL, "line 3" },
	{ "#mtree\n#+ mount=1\n. type=dir\n", NULL, "line 2" },
	{ "#mtree\n./a type=dir\n", NULL, "line 2" },
	{ "#mtree\n. type=file\n", NULL, "line 2" },
	{ "#mtree\n.\n", NULL, "line 2" },
	{ "#mtree\n. type=dir", NULL, "line 2" },
	{ HEAD "a type=fifo\n", NULL, "line 3" },
	{ HEAD ". type=dir\n", NULL, "line 3" },
	{ HEAD "./ type=fifo\n", NULL, "line 3" },
	{ HEAD "./.. type=fifo\n", NULL, "line 3" },
	{ HEAD "./. type=fifo\n", NULL, "line 3" },
	{ HEAD "./a/b type=fifo\n", NULL, "line 3" },
	{ HEAD "./a\\057b type=fifo\n", NULL, "line 3" },
	{ HEAD "./a\\000b type=fifo\n", NULL, "line 3" },
	{ HEAD "./\\9 type=fifo\n", NULL, "line 3" },
	{ HEAD "   \n", NULL, "line 3" },
	{ HEAD "/set type=file\n", NULL, "line 3" },
	{ HEAD "./b type=fifo\n./a type=fifo\n", NULL, "line 4" },
	{ HEAD "./a type=fifo\n./a type=fifo\n", NULL, "line 4" },
	{ HEAD "./a type=fifo\n./\\141 type=fifo\n", NULL, "line 4" },
	{ HEAD "./a type=fifo\\\n mode=0644\n", NULL, "line 3" },
	{ HEAD "./a type=fifo type=fifo\n", NULL, "second value of type" },
	{ HEAD "./a type=door\n", NULL, "type" },
	{ HEAD "./a type=none\n", NULL, "type" },
	{ HEAD "./a type=\n", NULL, "type" },
	{ HEAD "./a type\n", NULL, "keyword" },
	{ HEAD "./a type=fifo hmac=" ES_UNIT_HEX "\n", NULL, "keyword" },
	{ HEAD "./a type=fifo md5=1\n", NULL, "keyword" },
	{ HEAD "./a type=fifo mode=0600\n", NULL, "mode, uid and gid" },
	{ HEAD "./a type=fifo uid=5\n", NULL, "mode, uid and gid" },
	{ HEAD "./a type=fifo mode=10000 uid=0 gid=0\n", NULL, "mode" },
	{ HEAD "./a type=fifo mode=0698 uid=0 gid=0\n", NULL, "mode" },
	{ HEAD "./a type=fifo mode=0600 uid=4294967296 gid=0\n", NULL, "uid" },
	{ HEAD "./a type=fifo mode=0600 uid=-1 gid=0\n", NULL, "uid" },
	{ HEAD "./a type=fifo mode=0600 uid= gid=0\n", NULL, "uid" },
	{ HEAD "./a type=fifo" OWNER " uname=\n", NULL, "uname" },
	{ HEAD "./a type=fifo" OWNER " gname=a\\000\n", NULL, "gname" },
	{ HEAD "./a type=fifo size=1\n", NULL, "size" },
	{ HEAD "./a type=file size=18446744073709551616\n", NULL, "size" },
	{ HEAD "./a type=file size=0x10\n", NULL, "size" },
	{ HEAD "./a type=fifo time=1\n", NULL, "time" },
	{ HEAD "./a type=fifo time=1.5\n", NULL, "time" },
	{ HEAD "./a type=fifo time=1.0000000000\n", NULL, "time" },
	{ HEAD "./a type=fifo time=--1.000000000\n", NULL, "time" },
	{ HEAD "./a type=fifo time=9223372036854775808.000000000\n", NULL,
	  "time" },
	{ HEAD "./a type=dir time=1.000000000\n", NULL, "line 3" },
	{ HEAD "./a type=file link=x\n", NULL, "link" },
	{ HEAD "./a type=link link=\n", NULL, "link" },
	{ HEAD "./a type=file device=native,1,2\n", NULL, "device" },
	{ HEAD "./a type=char device=linux,1,2\n", NULL, "device" },
	{ HEAD "./a type=char device=native,1\n", NULL, "device" },
	{ HEAD "./a type=char device=native,1,2,3\n", NULL, "device" },
	{ HEAD "./a type=file sha256digest=ab\n", NULL, "sha256digest" },
	{ HEAD "./a type=file sha256digest=" ES_UNIT_HEX "ab\n", NULL,
	  "sha256" },
	{ HEAD "./a type=fifo sha256digest=" ES_UNIT_HEX "\n", NULL, "line 3" },
	{ HEAD "./a type=file\n#+ hmac=x" ES_UNIT_HEX "\n", NULL, "line 4" },
	{ HEAD "./a type=file sha256digest=" ES_UNIT_HEX
	       "\n#+ hmac=" ES_UNIT_HEX "\n",
	  NULL, "line 4" },
	{ HEAD "./a type=file sha256digest=" ES_UNIT_HEX "\n#+ masked=1\n",
	  NULL, "line 4" },
	{ HEAD "./a type=fifo\n#+ hmac=" ES_UNIT_HEX "\n", NULL, "line 3" },
	{ HEAD "./a type=file\n#+ mount=1\n", NULL, "line 3" },
	{ HEAD "#+ mount=2\n", NULL, "mount" },
	{ HEAD "#+ unread=\n", NULL, "unread" },
	{ HEAD "#+ unread=EIO unread=EIO\n", NULL, "second" },
	{ HEAD "#+x\n", NULL, "line 3" },
	{ HEAD "#+ word\n", NULL, "line 3" },
	{ HEAD "#+ =word\n", NULL, "line 3" },
	{ HEAD, "user.a=\"x\"\n", ".xattr line 1" },
	{ HEAD, "# file: \nuser.a=\"x\"\n", ".xattr line 1" },
	{ HEAD, "# file: a\\1\nuser.a=\"x\"\n", ".xattr line 1" },
	{ HEAD, "# file: a\\000\nuser.a=\"x\"\n", ".xattr line 1" },
	{ HEAD, "# file: a\\777\nuser.a=\"x\"\n", ".xattr line 1" },
	{ HEAD, "# file: .\nuser.a=\"x\"", ".xattr line 2" },
	{ HEAD, "# file: .\nuser.a\n", ".xattr line 2" },
	{ HEAD, "# file: .\n=x\n", ".xattr line 2" },
	{ HEAD, "# file: .\nuser.a=\"x\"\n# file: b\n", ".xattr line 3" },
	{ HEAD, "# file: ghost\nuser.a=\"x\"\n", "no entry" },
	{ HEAD "./a type=fifo\n./b type=fifo\n",
	  "# file: b\nuser.a=\"x\"\n\n# file: a\nuser.a=\"x\"\n", "no entry" },
};

START_TEST(garbage_is_refused_by_line)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	struct es_error err = ES_ERROR_INIT;
	const char *xattr = garbage[_i].xattr;
	int rc = es_manifest_parse(garbage[_i].mtree, strlen(garbage[_i].mtree),
				   xattr, xattr ? strlen(xattr) : 0, tell, &b,
				   &err);

	ck_assert_msg(rc == -EINVAL, "accepted: %s", garbage[_i].mtree);
	ck_assert_int_eq(err.code, -EINVAL);
	ck_assert_msg(strstr(err.msg, garbage[_i].message), "%s", err.msg);
}
END_TEST

static int stop_at_second(void *payload, struct es_entry *e, const char *uname,
			  const char *gname)
{
	int *calls = payload;

	(void)e;
	(void)uname;
	(void)gname;
	return ++*calls == 2 ? -ECANCELED : 0;
}

START_TEST(the_caller_can_stop)
{
	static const char text[] = HEAD "./a type=fifo\n./b type=fifo\n";
	struct es_error err = ES_ERROR_INIT;
	int calls = 0;

	ck_assert_int_eq(es_manifest_parse(text, strlen(text), NULL, 0,
					   stop_at_second, &calls, &err),
			 -ECANCELED);
	ck_assert_int_eq(calls, 2);
	ck_assert_int_eq(err.code, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("manifest_parse");
	TCase *t = tcase_create("manifest_parse");

	suite_add_tcase(s, t);
	tcase_add_loop_test(t, what_format_1_holds_is_read, 0,
			    (int)es_lengthof(readable));
	tcase_add_loop_test(t, garbage_is_refused_by_line, 0,
			    (int)es_lengthof(garbage));
	tcase_add_test(t, the_caller_can_stop);
	return es_unit_main(s);
}
