/* SPDX-License-Identifier: MIT */
/* test_manifest.c - unit tests of .mtree and .xattr as they are written */
#include "config.h"

#include "etcsnap/manifest.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

#include "entries.h"
#include "run.h"

START_TEST(every_type_has_its_line)
{
	static const char want[] =
		"#mtree\n"
		". type=dir mode=1755 uid=4294967294 gid=0\n"
		"#+ mount=1\n"
		"./a type=file mode=0644 uid=1 gid=2 size=3 nlink=1"
		" time=1700000000.000000005 sha256digest=" ES_UNIT_HEX "\n"
		"./b\\040\\012 type=file mode=0644 uid=1 gid=2 size=3 nlink=1"
		" time=1700000000.000000005\n"
		"#+ hmac=" ES_UNIT_HEX " masked=1\n"
		"./c type=dir\n"
		"./d type=link mode=0777 uid=1 gid=2"
		" time=1700000000.000000005 link=a\\040b\n"
		"./e type=char mode=0644 uid=1 gid=2"
		" time=1700000000.000000005 device=native,1,3\n"
		"./f type=fifo mode=0644 uid=1 gid=2"
		" time=-2.500000000\n"
		"./g type=socket\n"
		"#+ unread=EACCES\n"
		"./h\n"
		"#+ unread=TORN\n";
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	struct es_entry e[] = {
		es_unit_make_self(ES_WATCH_YES),
		es_unit_make_file("a", ES_CLASS_MIRROR,
				  ES_HAS_SHA256 | ES_HAS_BLOB),
		es_unit_make_file("b \n", ES_CLASS_MIRROR,
				  ES_HAS_HMAC | ES_HAS_BLOB | ES_HAS_MASKED),
		es_unit_make_child("c", ES_TYPE_DIR),
		es_unit_make_child("d", ES_TYPE_LINK),
		es_unit_make_child("e", ES_TYPE_CHAR),
		es_unit_make_child("f", ES_TYPE_FIFO),
		es_unit_make_child("g", ES_TYPE_SOCKET),
		es_unit_make_child("h", ES_TYPE_NONE),
		es_unit_make_child("not watched", ES_TYPE_FILE),
		es_unit_make_child("passed", ES_TYPE_DIR),
	};

	e[0].has |= ES_HAS_MOUNT;
	e[3].has |= ES_HAS_MOUNT;
	e[3].unread = EIO;
	e[4].target = "a b";
	e[4].target_len = 3;
	e[4].mode = 0777;
	e[5].rdev_major = 1;
	e[5].rdev_minor = 3;
	e[6].mtime_sec = -2;
	e[6].mtime_nsec = 500000000;
	e[7].has = 0;
	e[7].unread = EACCES;
	e[8].has = 0;
	e[8].unread = ES_UNREAD_TORN;
	e[9].watch = ES_WATCH_NO;
	e[10].watch = ES_WATCH_PASS;
	es_unit_write_text(&out, e, es_lengthof(e));
	ck_assert_str_eq(es_buf_str(&out), want);
}
END_TEST

START_TEST(a_mere_way_says_little)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	struct es_entry e[] = {
		es_unit_make_self(ES_WATCH_PASS),
		es_unit_make_child("way", ES_TYPE_DIR),
		es_unit_make_child("x", ES_TYPE_FILE),
	};

	e[1].watch = ES_WATCH_PASS;
	e[2].watch = ES_WATCH_NO;
	es_unit_write_text(&out, e, 3);
	ck_assert_str_eq(es_buf_str(&out), "");
	e[0].unread = EACCES;
	es_unit_write_text(&out, e, 3);
	ck_assert_str_eq(es_buf_str(&out),
			 "#mtree\n. type=dir\n#+ unread=EACCES\n");
	e[0].unread = 0;
	e[0].has |= ES_HAS_MOUNT;
	e[1].watch = ES_WATCH_YES;
	es_buf_reset(&out);
	es_unit_write_text(&out, e, 3);
	ck_assert_str_eq(es_buf_str(&out),
			 "#mtree\n. type=dir\n#+ mount=1\n./way type=dir\n");
}
END_TEST

/* Whatever else an entry claims, a secret's plain digest is not written. */
START_TEST(no_digest_of_a_secret)
{
	static const struct {
		enum es_class class;
		unsigned int has;
		const char *comment;
	} secrets[] = {
		{ ES_CLASS_SECRET, ES_HAS_SHA256, NULL },
		{ ES_CLASS_SECRET, ES_HAS_HMAC, "#+ hmac=" ES_UNIT_HEX "\n" },
		{ ES_CLASS_SECRET, ES_HAS_SHA256 | ES_HAS_HMAC, "#+ hmac=" },
		{ ES_CLASS_MIRROR, ES_HAS_SHA256 | ES_HAS_HMAC, "#+ hmac=" },
		{ ES_CLASS_MIRROR, ES_HAS_SHA256 | ES_HAS_MASKED,
		  "#+ masked=1\n" },
		{ ES_CLASS_NONE, ES_HAS_SHA256, NULL },
	};
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	struct es_entry e[] = { es_unit_make_self(ES_WATCH_YES),
				es_unit_make_file("k", secrets[_i].class,
						  secrets[_i].has) };

	es_unit_write_text(&out, e, 2);
	ck_assert_ptr_null(strstr(es_buf_str(&out), "sha256"));
	if (secrets[_i].comment)
		ck_assert_ptr_nonnull(
			strstr(es_buf_str(&out), secrets[_i].comment));
	else
		ck_assert_ptr_null(strstr(es_buf_str(&out), "#+"));
}
END_TEST

START_TEST(owners_have_names)
{
	ES_CLEANUP(es_ids_freep) struct es_ids *ids = NULL;
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	struct es_entry self = es_unit_make_self(ES_WATCH_YES);
	struct es_error err = ES_ERROR_INIT;
	char dir[64], root[64];

	es_unit_enter_dir(dir);
	ck_assert_ptr_nonnull(getcwd(root, sizeof(root)));
	ck_assert_int_eq(mkdir("etc", 0700), 0);
	es_unit_spill("etc/passwd", "dom\\a user:x:7:7::/:/bin/sh\n", 28);
	es_unit_spill("etc/group", "wheel:x:8:\n", 11);
	ck_assert_int_eq(es_ids_new(&ids, root, &err), 0);
	self.uid = 7;
	self.gid = 8;
	es_unit_pack(&w, &self, 1);
	ck_assert_int_eq(
		es_manifest_write(&out, w.buf.data, w.buf.len, ids, &err), 0);
	ck_assert_str_eq(es_buf_str(&out),
			 "#mtree\n. type=dir mode=1755 uid=7 "
			 "uname=dom\\134a\\040user gid=8 gname=wheel\n");
	es_unit_leave_dir(dir);
}
END_TEST

START_TEST(trouble_is_told)
{
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_buf out = ES_BUF_INIT(20);
	struct es_entry e[] = { es_unit_make_self(ES_WATCH_YES),
				es_unit_make_child("a", ES_TYPE_FIFO) };
	struct es_error err = ES_ERROR_INIT;

	e[0].xattr = "user.long=\"value of many bytes\"\n";
	e[0].xattr_len = strlen(e[0].xattr);
	es_unit_pack(&w, e, 2);
	ck_assert_int_eq(es_manifest_write(&out, w.buf.data, w.buf.len, NULL,
					   &err),
			 -EFBIG);
	es_buf_reset(&out);
	ck_assert_int_eq(es_manifest_write_xattr(&out, w.buf.data, w.buf.len,
						 &err),
			 -EFBIG);
	es_buf_reset(&out);
	ck_assert_int_eq(es_manifest_write(&out, w.buf.data, w.buf.len - 1,
					   NULL, &err),
			 -EILSEQ);
	ck_assert_int_eq(es_manifest_write_xattr(&out, w.buf.data,
						 w.buf.len - 1, &err),
			 -EILSEQ);
	ck_assert_int_eq(err.code, -EILSEQ);
	es_listing_dispose(&w);
	es_buf_dispose(&out);
}
END_TEST

/* ------------------------------------------------------------ both ways */

/* Entries that a parse is compared with, in order. */
struct expected {
	const struct es_entry *entries;
	size_t at;
	size_t n;
};

static int compare_one(void *payload, struct es_entry *e, const char *uname,
		       const char *gname)
{
	struct expected *x = payload;
	const struct es_entry *want = &x->entries[x->at++];
	struct es_entry seen = *e;

	ck_assert_uint_le(x->at, x->n);
	ck_assert_ptr_null(uname);
	ck_assert_ptr_null(gname);
	ck_assert_uint_eq(e->name_len, want->name_len);
	ck_assert_mem_eq(e->name, want->name, want->name_len);
	/* The blob says that it is a mirror; the manifest does not. */
	if (want->class == ES_CLASS_MIRROR)
		seen.class = ES_CLASS_MIRROR;
	ck_assert_uint_eq(es_entry_compare(&seen, want), 0);
	if (want->type == ES_TYPE_DIR && x->at > 1)
		return 0;
	ck_assert_uint_eq(e->has, want->has & ~(unsigned int)ES_HAS_BLOB);
	return 0;
}

/* Names of two or three bytes, each value of the first byte in its turn. */
static void make_names(char (*names)[4], size_t n, uint64_t *seed)
{
	for (size_t i = 0; i < n; i++) {
		char *name = names[i];

		name[0] = (char)(i + 1 + (i + 1 >= '/'));
		name[1] = (char)(1 + es_unit_random(seed) % 255);
		if (name[1] == '/' || name[1] == '.')
			name[1] = '\\';
		name[2] = i % 3 ? '\0' : 'z';
		name[3] = '\0';
	}
}

static struct es_entry random_child(const char *name, uint64_t *seed)
{
	static const struct {
		enum es_class class;
		unsigned int has;
	} kinds[] = {
		{ ES_CLASS_MIRROR, ES_HAS_SHA256 | ES_HAS_BLOB },
		{ ES_CLASS_DIGEST, ES_HAS_SHA256 },
		{ ES_CLASS_SECRET, ES_HAS_HMAC },
		{ ES_CLASS_MIRROR, ES_HAS_HMAC | ES_HAS_BLOB | ES_HAS_MASKED },
	};
	struct es_entry e = es_unit_make_child(
		name, (enum es_type)(1 + es_unit_random(seed) % 7));

	e.mode = (uint32_t)(es_unit_random(seed) % 010000);
	e.uid = (uint32_t)es_unit_random(seed);
	e.gid = (uint32_t)es_unit_random(seed);
	e.mtime_sec = (int64_t)es_unit_random(seed);
	e.mtime_nsec = (uint32_t)(es_unit_random(seed) % 1000000000);
	e.unread = es_unit_random(seed) % 4 ? 0 : ESTALE;
	if (e.type == ES_TYPE_FILE) {
		size_t k = es_unit_random(seed) % es_lengthof(kinds);

		e.class = kinds[k].class;
		e.has |= kinds[k].has;
		e.size = es_unit_random(seed);
		e.nlink = (uint32_t)es_unit_random(seed);
		for (size_t i = 0; i < sizeof(e.digest); i++)
			e.digest[i] = (uint8_t)es_unit_random(seed);
	}
	if (e.type == ES_TYPE_LINK) {
		e.target = name;
		e.target_len = e.name_len;
	}
	if (e.type == ES_TYPE_CHAR || e.type == ES_TYPE_BLOCK) {
		e.rdev_major = (uint32_t)es_unit_random(seed);
		e.rdev_minor = (uint32_t)es_unit_random(seed);
	}
	if (e.type != ES_TYPE_DIR && es_unit_random(seed) % 2) {
		e.xattr = "security.capability=0sAAAAAg==\nuser.x=\"\\\\\"\n";
		e.xattr_len = strlen(e.xattr);
	}
	if (e.type == ES_TYPE_DIR)
		e.unread = 0;
	return e;
}

START_TEST(what_was_written_is_read)
{
	struct es_buf mtree = ES_BUF_INIT(ES_BUF_MAX);
	struct es_buf xattr = ES_BUF_INIT(ES_BUF_MAX);
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_error err = ES_ERROR_INIT;
	struct es_entry in[255];
	struct expected x = { in, 0, es_lengthof(in) };
	uint64_t seed = 1000 + (uint64_t)_i;
	char names[254][4];
	int rc;

	make_names(names, 254, &seed);
	in[0] = es_unit_make_self(ES_WATCH_YES);
	in[0].xattr = "user.self=\"1\"\n";
	in[0].xattr_len = 14;
	for (size_t i = 1; i < es_lengthof(in); i++)
		in[i] = random_child(names[i - 1], &seed);
	es_unit_pack(&w, in, es_lengthof(in));
	es_manifest_write(&mtree, w.buf.data, w.buf.len, NULL, &err);
	es_manifest_write_xattr(&xattr, w.buf.data, w.buf.len, &err);
	rc = es_manifest_parse(mtree.data, mtree.len, xattr.data, xattr.len,
			       compare_one, &x, &err);
	ck_assert_msg(rc == 0, "%s", err.msg);
	ck_assert_uint_eq(x.at, x.n);
	es_buf_dispose(&mtree);
	es_buf_dispose(&xattr);
	es_listing_dispose(&w);
}
END_TEST

/* ------------------------------------------------------------ .xattr */

START_TEST(xattr_text)
{
	static const char want[] = "# file: .\nuser.a=\"b\"\n\n"
				   "# file: a\\012\\134b \xff#=\n"
				   "user.c=0sAA==\nuser.d=\"\"\n\n";
	ES_CLEANUP(es_listing_dispose)
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	struct es_error err = ES_ERROR_INIT;
	struct es_entry e[] = {
		es_unit_make_self(ES_WATCH_YES),
		es_unit_make_child("a\n\\b \xff#=", ES_TYPE_FIFO),
		es_unit_make_child("b", ES_TYPE_FIFO),
		es_unit_make_child("c", ES_TYPE_FIFO),
	};

	e[0].xattr = "user.a=\"b\"\n";
	e[0].xattr_len = 11;
	e[1].xattr = "user.c=0sAA==\nuser.d=\"\"\n";
	e[1].xattr_len = 24;
	e[3].xattr = e[0].xattr;
	e[3].xattr_len = e[0].xattr_len;
	e[3].watch = ES_WATCH_NO;
	es_unit_pack(&w, e, 4);
	ck_assert_int_eq(
		es_manifest_write_xattr(&out, w.buf.data, w.buf.len, &err), 0);
	ck_assert_str_eq(es_buf_str(&out), want);
	/* Only led through: nothing of its own. */
	e[0].watch = ES_WATCH_PASS;
	es_unit_pack(&w, e, 1);
	es_buf_reset(&out);
	es_manifest_write_xattr(&out, w.buf.data, w.buf.len, &err);
	ck_assert_uint_eq(out.len, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("manifest");
	TCase *t = tcase_create("manifest");

	suite_add_tcase(s, t);
	tcase_add_test(t, every_type_has_its_line);
	tcase_add_test(t, a_mere_way_says_little);
	tcase_add_loop_test(t, no_digest_of_a_secret, 0, 6);
	tcase_add_test(t, owners_have_names);
	tcase_add_test(t, trouble_is_told);
	tcase_add_loop_test(t, what_was_written_is_read, 0, 20);
	tcase_add_test(t, xattr_text);
	return es_unit_main(s);
}
