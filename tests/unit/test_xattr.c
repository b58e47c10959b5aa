/* SPDX-License-Identifier: MIT */
/* test_xattr.c - unit tests of extended attributes, getfattr(1) beside them */
#include "config.h"

#include "collect/xattr_priv.h"

#include "unit.h"

#include "run.h"

#include <errno.h>
#include <string.h>
#include <sys/xattr.h>

#define LITERAL(s) (s), sizeof(s) - 1

static char top[64];

static void setup(void)
{
	es_unit_enter_dir(top);
}

static void teardown(void)
{
	es_unit_leave_dir(top);
}

static const struct {
	const char *name;
	const char *value;
	size_t len;
	const char *line;
} encoded[] = {
	{ "user.a", LITERAL(""), "user.a=\"\"" },
	{ "user.a", LITERAL("plain text"), "user.a=\"plain text\"" },
	{ "user.a", LITERAL("a\"b\\c"), "user.a=\"a\\\"b\\\\c\"" },
	{ "user.a", LITERAL("text\0"), "user.a=\"text\"" },
	{ "user.a", LITERAL("\0"), "user.a=\"\"" },
	{ "user.a", LITERAL("\0\0"), "user.a=0sAAA=" },
	{ "user.a", LITERAL("\x01"), "user.a=0sAQ==" },
	{ "user.a", LITERAL("\x01\x02\x03"), "user.a=0sAQID" },
	{ "user.a", LITERAL("1234567\n"), "user.a=\"1234567\\012\"" },
	{ "user.a", LITERAL("123456\n"), "user.a=0sMTIzNDU2Cg==" },
	{ "user.a", LITERAL("1234567\r"), "user.a=\"1234567\\015\"" },
	{ "user.a",
	  LITERAL("123\0"
		  "4567"),
	  "user.a=\"123\\0004567\"" },
	{ "user.a", LITERAL("1234567\xff"), "user.a=\"1234567\xff\"" },
	{ "user.a", LITERAL("1234567\t"), "user.a=\"1234567\t\"" },
	{ "user.a", LITERAL("1234567\x7f"), "user.a=\"1234567\x7f\"" },
	{ "user.a", LITERAL("123456\xff\xff"), "user.a=0sMTIzNDU2//8=" },
	{ "user.b=c", LITERAL("x"), "user.b\\075c=\"x\"" },
	{ "user.\n\r\\\"", LITERAL("x"), "user.\\012\\015\\134\"=\"x\"" },
	{ "user.\xff \t", LITERAL("x"), "user.\xff \t=\"x\"" },
};

START_TEST(values_are_encoded)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);

	ck_assert_int_eq(es_xattr_encode(&b, encoded[_i].name,
					 encoded[_i].value, encoded[_i].len),
			 0);
	ck_assert_str_eq(es_buf_str(&b), encoded[_i].line);
}
END_TEST

/* Set an attribute; false where the file system does not take it. */
static bool set(const char *path, const char *name, const void *value,
		size_t len)
{
	return lsetxattr(path, name, value, len, 0) == 0;
}

/* What getfattr says, without its heading; false when it is not there. */
static bool ask_getfattr(struct es_buf *out, const char *path)
{
	const char *const argv[] = { "getfattr", "-h", "-d", "-m",
				     "-",	 "--", path, NULL };
	ES_CLEANUP(es_buf_dispose) struct es_buf all = ES_BUF_INIT(1 << 20);
	const char *at;

	if (es_unit_run(&all, argv, NULL) != 0)
		return false;
	es_buf_reset(out);
	at = all.len ? strchr(all.data, '\n') : NULL;
	/* it ends with an empty line */
	if (at)
		es_buf_add(out, at + 1,
			   (size_t)(all.data + all.len - at - 1) - 1);
	return true;
}

static void compare(const char *path)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf want = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf got = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf scrap = ES_BUF_INIT(1 << 20);
	int dir = open(".", O_RDONLY | O_DIRECTORY);
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);

	if (!ask_getfattr(&want, path)) {
		close(dir);
		return;
	}
	ck_assert_int_eq(es_xattr_read(&got, &scrap, dir, path, ES_RECORD_ALL),
			 0);
	ck_assert_str_eq(es_buf_str(&got), es_buf_str(&want));
	ck_assert_uint_eq(got.len, want.len);
	if (fd >= 0) {
		ck_assert_int_eq(es_xattr_read(&got, &scrap, fd, NULL,
					       ES_RECORD_ALL),
				 0);
		ck_assert_str_eq(es_buf_str(&got), es_buf_str(&want));
		close(fd);
	}
	close(dir);
}

START_TEST(getfattr_agrees)
{
	uint64_t seed = 20 + (uint64_t)_i;
	char name[64];
	char value[300];

	close(creat("f", 0644));
	compare("f");
	for (size_t i = 0; i < es_lengthof(encoded); i++) {
		snprintf(name, sizeof(name), "user.%zu%s", i, encoded[i].name);
		set("f", name, encoded[i].value, encoded[i].len);
	}
	compare("f");
	for (int i = 0; i < 20; i++) {
		size_t len = es_unit_random(&seed) % 60;
		size_t odd = 1 + es_unit_random(&seed) % 12;

		/* about one byte in @odd is any, the others are printable */
		for (size_t k = 0; k < len; k++)
			value[k] = (char)(es_unit_random(&seed) % odd
						  ? ' ' + (int)(es_unit_random(
									&seed) %
								95)
						  : (int)es_unit_random(&seed));
		snprintf(name, sizeof(name), "user.r%d", i);
		set("f", name, value, len);
	}
	compare("f");
}
END_TEST

/* Objects that cannot be opened, and attributes that are not the user's. */
START_TEST(all_kinds_of_objects)
{
	/* version 2, user, uid 65534 may read, group, mask, other */
	static const char acl[] = "\2\0\0\0"
				  "\1\0\6\0\xff\xff\xff\xff"
				  "\2\0\4\0\xfe\xff\0\0"
				  "\4\0\4\0\xff\xff\xff\xff"
				  "\20\0\4\0\xff\xff\xff\xff"
				  "\40\0\4\0\xff\xff\xff\xff";
	static const char cap[] = "\1\0\0\2"
				  "\0\40\0\0"
				  "\0\0\0\0"
				  "\0\0\0\0"
				  "\0\0\0\0";

	close(creat("f", 0644));
	mkdir("d", 0755);
	ck_assert_int_eq(symlink("nowhere", "l"), 0);
	ck_assert_int_eq(mkfifo("p", 0600), 0);
	set("f", "system.posix_acl_access", acl, sizeof(acl) - 1);
	set("f", "security.capability", cap, sizeof(cap) - 1);
	set("d", "system.posix_acl_default", acl, sizeof(acl) - 1);
	set("d", "user.d", "x", 1);
	set("l", "trusted.link", "of the link itself", 18);
	set("p", "trusted.pipe", "x", 1);
	compare("f");
	compare("d");
	compare("l");
	compare("p");
}
END_TEST

START_TEST(long_values_and_many)
{
	static char value[60000];
	char name[256];

	memset(value, 'v', sizeof(value));
	close(creat("f", 0644));
	/* ext4 has a block for all, others more */
	for (size_t len = 1000; len <= sizeof(value); len *= 2)
		set("f", "user.long", value, len);
	compare("f");
	removexattr("f", "user.long");
	for (int i = 0; i < 40; i++) {
		memset(name, 'n', sizeof(name));
		snprintf(name, sizeof(name), "user.%03d", i);
		name[strlen(name)] = 'n';
		name[60] = '\0';
		set("f", name, "1", 1);
	}
	compare("f");
}
END_TEST

START_TEST(nothing_there)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf got = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf scrap = ES_BUF_INIT(1 << 20);

	es_buf_adds(&got, "from before");
	/* it is gone: nothing is known, and nothing to tell */
	ck_assert_int_eq(es_xattr_read(&got, &scrap, AT_FDCWD, "none",
				       ES_RECORD_ALL),
			 0);
	ck_assert_uint_eq(got.len, 0);
	ck_assert_int_eq(es_xattr_read(&got, &scrap, -1, NULL, ES_RECORD_ALL),
			 EBADF);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("xattr");
	TCase *t = tcase_create("xattr");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, values_are_encoded, 0, es_lengthof(encoded));
	tcase_add_loop_test(t, getfattr_agrees, 0, 10);
	tcase_add_test(t, all_kinds_of_objects);
	tcase_add_test(t, long_values_and_many);
	tcase_add_test(t, nothing_there);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
