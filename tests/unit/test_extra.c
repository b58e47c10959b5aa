/* SPDX-License-Identifier: MIT */
/* test_extra.c - unit tests of what few objects have, and of its words */
#include "config.h"

#include "unit.h"

#include "entries.h"

#include "etcsnap/entry.h"
#include "etcsnap/manifest.h"

#include <errno.h>
#include <linux/fs.h>
#include <string.h>

#define BIT(attr) (1u << (attr))

/* Every value of an extra, each another one. */
static const struct es_extra whole = {
	.has = ES_EXTRA_CTIME | ES_EXTRA_INODE | ES_EXTRA_SPARSE,
	.without = ES_RECORD_MODE | ES_RECORD_ACL,
	.flags = FS_IMMUTABLE_FL | FS_NOATIME_FL,
	.ctime_sec = -5,
	.ctime_nsec = 999999999,
	.ino = UINT64_MAX,
};

START_TEST(nothing_to_say_is_nothing)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf room = ES_BUF_INIT(1 << 20);
	const struct es_extra none = { .ino = 5 };

	ck_assert_ptr_null(es_extra_make(&room, &none, NULL, 0));
	ck_assert_ptr_null(es_extra_make(&room, &none, "x", 0));
	ck_assert_int_eq(room.failed, 0);
	ck_assert_ptr_nonnull(es_extra_make(&room, &none, "x", 1));
	ck_assert_ptr_nonnull(es_extra_make(&room, &whole, NULL, 0));
}
END_TEST

START_TEST(no_room_is_told)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf room = ES_BUF_INIT(8);

	ck_assert_ptr_null(es_extra_make(&room, &whole, NULL, 0));
	ck_assert_int_eq(room.failed, -EFBIG);
}
END_TEST

/* What differs of two extras, and the attribute that tells it. */
static const struct {
	struct es_extra a;
	struct es_extra b;
	const char *link;
	unsigned int attrs;
} pairs[] = {
	{ { .has = 0 }, { .has = ES_EXTRA_SEEN, .seen_size = 9 }, NULL, 0 },
	{ { .has = ES_EXTRA_CTIME, .ctime_sec = 1 },
	  { .has = ES_EXTRA_CTIME, .ctime_sec = 2 },
	  NULL,
	  BIT(ES_ATTR_CTIME) },
	{ { .has = ES_EXTRA_CTIME, .ctime_nsec = 1 },
	  { .has = ES_EXTRA_CTIME, .ctime_nsec = 2 },
	  NULL,
	  BIT(ES_ATTR_CTIME) },
	{ { .has = ES_EXTRA_INODE, .ino = 1 },
	  { .has = ES_EXTRA_INODE, .ino = 2 },
	  NULL,
	  BIT(ES_ATTR_INODE) },
	/* what only one has says that the rules changed */
	{ { .has = 0 },
	  { .has = ES_EXTRA_CTIME, .ctime_sec = 2 },
	  NULL,
	  BIT(ES_ATTR_RECORD) },
	{ { .has = ES_EXTRA_INODE, .ino = 3 },
	  { .has = 0 },
	  NULL,
	  BIT(ES_ATTR_RECORD) },
	{ { .has = 0 }, { .has = 0 }, "first", BIT(ES_ATTR_HARDLINK) },
	{ { .has = 0 },
	  { .without = ES_RECORD_LINKS },
	  "first",
	  BIT(ES_ATTR_RECORD) },
	{ { .has = 0 },
	  { .without = ES_RECORD_FLAGS, .flags = 0x10 },
	  NULL,
	  BIT(ES_ATTR_RECORD) },
};

START_TEST(extras_compare)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf one = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf two = ES_BUF_INIT(1 << 20);
	struct es_entry a =
		es_unit_make_file("f", ES_CLASS_DIGEST, ES_HAS_SHA256);
	struct es_entry b = a;
	size_t len = pairs[_i].link ? strlen(pairs[_i].link) : 0;

	a.extra = es_extra_make(&one, &pairs[_i].a, NULL, 0);
	b.extra = es_extra_make(&two, &pairs[_i].b, pairs[_i].link, len);
	ck_assert_uint_eq(es_entry_compare(&a, &b), pairs[_i].attrs);
	ck_assert_uint_eq(es_entry_compare(&b, &a), pairs[_i].attrs);
	ck_assert_uint_eq(es_entry_compare(&b, &b), 0);
}
END_TEST

/* What a rule leaves out of one side says nothing of the other. */
static const struct {
	uint32_t without;
	unsigned int attrs;
} left_out[] = {
	{ ES_RECORD_MODE, BIT(ES_ATTR_MODE) },
	{ ES_RECORD_OWNER, BIT(ES_ATTR_UID) },
	{ ES_RECORD_GROUP, BIT(ES_ATTR_GID) },
	{ ES_RECORD_SIZE, BIT(ES_ATTR_SIZE) },
	{ ES_RECORD_LINKS, BIT(ES_ATTR_NLINK) },
	{ ES_RECORD_MTIME, BIT(ES_ATTR_MTIME) },
	{ ES_RECORD_CONTENT, BIT(ES_ATTR_CONTENT) },
	{ ES_RECORD_XATTR, BIT(ES_ATTR_XATTR) },
	{ ES_RECORD_SELINUX, BIT(ES_ATTR_XATTR) },
};

START_TEST(left_out_of_one)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf room = ES_BUF_INIT(1 << 20);
	const struct es_extra x = { .without = left_out[_i].without };
	struct es_entry a =
		es_unit_make_file("f", ES_CLASS_DIGEST, ES_HAS_SHA256);
	struct es_entry b = a;
	unsigned int all;

	b.mode ^= 1;
	b.uid++;
	b.gid++;
	b.size++;
	b.nlink++;
	b.mtime_sec++;
	b.digest[0] ^= 1;
	b.xattr = "user.a=\"b\"\n";
	b.xattr_len = strlen(b.xattr);
	all = es_entry_compare(&a, &b);
	ck_assert_uint_eq(all & left_out[_i].attrs, left_out[_i].attrs);
	b.extra = es_extra_make(&room, &x, NULL, 0);
	ck_assert_uint_eq(es_entry_compare(&a, &b),
			  (all & ~left_out[_i].attrs) | BIT(ES_ATTR_RECORD));
	a.extra = b.extra;
	if (!(left_out[_i].attrs & BIT(ES_ATTR_XATTR)))
		ck_assert_uint_eq(es_entry_compare(&a, &b),
				  all & ~left_out[_i].attrs);
}
END_TEST

/* ------------------------------------------------------------ texts */

/* What is written of an entry, besides the line of its directory. */
static const struct {
	uint32_t without;
	unsigned int has;
	uint32_t flags;
	const char *link;
	const char *text;
} written[] = {
	{ 0, 0, FS_EXTENT_FL | FS_INDEX_FL, NULL,
	  "./f type=file mode=0644 uid=1 gid=2 size=3 nlink=1 "
	  "time=1700000000.000000005 sha256digest=" ES_UNIT_HEX "\n" },
	{ 0, 0, FS_IMMUTABLE_FL | FS_APPEND_FL | FS_EXTENT_FL, NULL,
	  "./f type=file mode=0644 uid=1 gid=2 size=3 nlink=1 "
	  "time=1700000000.000000005 sha256digest=" ES_UNIT_HEX
	  " flags=sappnd,schg\n" },
	{ 0, ES_EXTRA_SPARSE | ES_EXTRA_CTIME | ES_EXTRA_INODE, 0, "a b\n",
	  "./f type=file mode=0644 uid=1 gid=2 size=3 nlink=1 "
	  "time=1700000000.000000005 sha256digest=" ES_UNIT_HEX
	  "\n#+ ctime=-7.000000008 inode=9 sparse=1 "
	  "hardlink=./a\\040b\\012\n" },
	{ ES_RECORD_MODE | ES_RECORD_GROUP | ES_RECORD_SIZE | ES_RECORD_LINKS |
		  ES_RECORD_MTIME,
	  0, 0, NULL,
	  "./f type=file uid=1 sha256digest=" ES_UNIT_HEX
	  "\n#+ without=mode,group,size,links,mtime\n" },
	{ ES_RECORD_OWNER, 0, 0, NULL,
	  "./f type=file mode=0644 gid=2 size=3 nlink=1 "
	  "time=1700000000.000000005 sha256digest=" ES_UNIT_HEX
	  "\n#+ without=owner\n" },
};

static int see(void *payload, struct es_entry *e, const char *uname,
	       const char *gname)
{
	struct es_entry *want = payload;

	(void)uname;
	(void)gname;
	if (e->name_len != want->name_len ||
	    memcmp(e->name, want->name, e->name_len) != 0)
		return 0;
	ck_assert_uint_eq(es_entry_compare(e, want), 0);
	ck_assert_uint_eq(e->has, want->has);
	ck_assert_int_eq(e->class, want->class);
	ck_assert_int_eq(e->watch, want->watch);
	want->unread = 1;
	return 0;
}

START_TEST(extras_written_and_read)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf room = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 20);
	const struct es_extra x = {
		.has = written[_i].has,
		.without = written[_i].without,
		.flags = written[_i].flags & es_flags_known(),
		.ctime_sec = -7,
		.ctime_nsec = 8,
		.ino = 9,
	};
	struct es_entry e[2] = {
		es_unit_make_self(ES_WATCH_YES),
		es_unit_make_file("f", ES_CLASS_DIGEST, ES_HAS_SHA256),
	};
	const char *link = written[_i].link;
	struct es_error err = ES_ERROR_INIT;
	struct es_entry want;

	e[1].extra = es_extra_make(&room, &x, link, link ? strlen(link) : 0);
	es_unit_write_text(&text, e, 2);
	ck_assert_str_eq(strstr(es_buf_str(&text), "./f "), written[_i].text);
	want = e[1];
	ck_assert_msg(es_manifest_parse(text.data, text.len, NULL, 0, see,
					&want, &err) == 0,
		      "%s", err.msg);
	ck_assert_uint_eq(want.unread, 1);
}
END_TEST

/* A directory of which nothing but the content counts is watched still. */
START_TEST(directory_without_anything)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf room = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(1 << 20);
	const struct es_extra x = {
		.without = ES_RECORD_DEFAULT & es_record_of(ES_TYPE_DIR),
	};
	struct es_entry self = es_unit_make_self(ES_WATCH_YES);
	struct es_error err = ES_ERROR_INIT;
	struct es_entry want;

	self.extra = es_extra_make(&room, &x, NULL, 0);
	es_unit_write_text(&text, &self, 1);
	ck_assert_str_eq(es_buf_str(&text),
			 "#mtree\n. type=dir\n#+ without=mode,owner,group,acl,"
			 "selinux,xattr,flags\n");
	want = self;
	ck_assert_int_eq(es_manifest_parse(text.data, text.len, NULL, 0, see,
					   &want, &err),
			 0);
	ck_assert_uint_eq(want.unread, 1);
}
END_TEST

#define HEAD "#mtree\n. type=dir mode=0755 uid=0 gid=0\n"

static const struct {
	const char *text;
	const char *message;
} bad[] = {
	{ HEAD "./f type=file mode=0644 uid=1\n", "go together" },
	{ HEAD "./f type=file mode=0644 uid=1\n#+ without=mode\n",
	  "go together" },
	{ HEAD "./f type=file\n#+ ctime=1\n", "bad value of ctime" },
	{ HEAD "./d type=fifo\n#+ sparse=1\n", "not of this type" },
	{ HEAD "./f type=file\n#+ sparse=2\n", "bad value of sparse" },
	{ HEAD "#+ ctime=1.000000000\n", "not of this type" },
	{ HEAD "./f type=link\n#+ hardlink=./a\n", "not of this type" },
	{ HEAD "./f type=file\n#+ hardlink=a\n", "bad value of hardlink" },
	{ HEAD "./f type=file\n#+ hardlink=./\n", "bad value of hardlink" },
	{ HEAD "./f type=file\n#+ hardlink=./a/b\n", "bad value of hardlink" },
	{ HEAD "./f type=file\n#+ hardlink=./a\\000\n",
	  "bad value of hardlink" },
	{ HEAD "./f type=file\n#+ inode=-1\n", "bad value of inode" },
	{ HEAD "./f type=file\n#+ inode=1 inode=1\n", "a second value" },
};

START_TEST(bad_texts)
{
	struct es_entry want = es_unit_make_child("none", ES_TYPE_FIFO);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_manifest_parse(bad[_i].text, strlen(bad[_i].text),
					   NULL, 0, see, &want, &err),
			 -EINVAL);
	ck_assert_msg(strstr(err.msg, bad[_i].message), "%s", err.msg);
}
END_TEST

/* -------------------------------------------------------------- packed */

START_TEST(extras_packed)
{
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	ES_CLEANUP(es_buf_dispose) struct es_buf room = ES_BUF_INIT(1 << 20);
	struct es_entry e[4] = {
		es_unit_make_self(ES_WATCH_YES),
		es_unit_make_child("a", ES_TYPE_FIFO),
		es_unit_make_file("bb", ES_CLASS_SECRET, ES_HAS_HMAC),
		es_unit_make_child("c", ES_TYPE_FIFO),
	};
	struct es_listing_reader r;
	struct es_entry got;

	e[2].extra = es_extra_make(&room, &whole, "partner", 7);
	e[2].mode = 07777;
	es_unit_pack(&w, e, 4);
	ck_assert_int_eq(es_listing_open(&r, w.buf.data, w.buf.len), 0);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(es_listing_next(&r, &got), 1);
		ck_assert_uint_eq(es_entry_compare(&got, &e[i]), 0);
		ck_assert_uint_eq(got.mode, e[i].mode);
		ck_assert_int_eq(got.extra != NULL, i == 2);
	}
	ck_assert_int_eq(es_listing_next(&r, &got), 0);
}
END_TEST

/* --------------------------------------------------------------- words */

START_TEST(words_of_attributes)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);

	for (unsigned int i = 0; i < ES_RECORD_COUNT; i++) {
		const char *name = es_record_name(1u << i);

		ck_assert_str_ne(name, "");
		ck_assert_uint_eq(es_record_parse(name, strlen(name)), 1u << i);
		ck_assert_uint_eq(es_record_parse(name, strlen(name) - 1), 0);
	}
	ck_assert_str_eq(es_record_name(0), "");
	ck_assert_str_eq(es_record_name(3), "");
	ck_assert_str_eq(es_record_name(1u << ES_RECORD_COUNT), "");
	es_buf_adds(&b, "x");
	es_record_text(&b, ES_RECORD_MODE | ES_RECORD_FLAGS, ';');
	ck_assert_str_eq(es_buf_str(&b), "xmode;flags");
	es_record_text(&b, 0, ';');
	ck_assert_uint_eq(b.len, strlen("xmode;flags"));
}
END_TEST

START_TEST(words_of_flags)
{
	static const char text[] = "schg,later,nodump";
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 20);

	es_flags_text(&b, es_flags_known());
	ck_assert_uint_eq(es_flags_parse(b.data, b.len), es_flags_known());
	ck_assert_uint_eq(es_flags_parse(text, strlen(text)),
			  FS_IMMUTABLE_FL | FS_NODUMP_FL);
	ck_assert_uint_eq(es_flags_parse("none", 4), 0);
	ck_assert_uint_eq(es_flags_parse("", 0), 0);
	es_buf_reset(&b);
	es_flags_text(&b, FS_EXTENT_FL | FS_INLINE_DATA_FL | FS_ENCRYPT_FL);
	ck_assert_str_eq(es_buf_str(&b), "none");
}
END_TEST

/* No directory has times, no link an ACL, only files and directories flags. */
START_TEST(attributes_of_types)
{
	const unsigned int times = ES_RECORD_MTIME | ES_RECORD_CTIME;

	ck_assert_uint_eq(es_record_of(ES_TYPE_FILE), ES_RECORD_ALL);
	ck_assert_uint_eq(es_record_of(ES_TYPE_DIR) & times, 0);
	ck_assert_uint_eq(es_record_of(ES_TYPE_LINK) & ES_RECORD_ACL, 0);
	for (int t = ES_TYPE_LINK; t <= ES_TYPE_SOCKET; t++) {
		unsigned int bits = es_record_of((enum es_type)t);

		ck_assert_uint_eq(bits & ES_RECORD_FLAGS, 0);
		ck_assert_uint_eq(bits & ES_RECORD_SIZE, 0);
		ck_assert_uint_eq(bits & times, times);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("extra");
	TCase *t = tcase_create("core");

	tcase_add_test(t, nothing_to_say_is_nothing);
	tcase_add_test(t, no_room_is_told);
	tcase_add_loop_test(t, extras_compare, 0, es_lengthof(pairs));
	tcase_add_loop_test(t, left_out_of_one, 0, es_lengthof(left_out));
	tcase_add_loop_test(t, extras_written_and_read, 0,
			    es_lengthof(written));
	tcase_add_test(t, directory_without_anything);
	tcase_add_loop_test(t, bad_texts, 0, es_lengthof(bad));
	tcase_add_test(t, extras_packed);
	tcase_add_test(t, words_of_attributes);
	tcase_add_test(t, words_of_flags);
	tcase_add_test(t, attributes_of_types);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
