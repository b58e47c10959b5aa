/* SPDX-License-Identifier: MIT */
/* test_entry.c - unit tests of entries: words and comparison */
#include "config.h"

#include "etcsnap/entry.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

static const struct {
	mode_t mode;
	enum es_type type;
	const char *word;
} types[] = {
	{ S_IFREG | 0644, ES_TYPE_FILE, "file" },
	{ S_IFDIR | 01777, ES_TYPE_DIR, "dir" },
	{ S_IFLNK | 0777, ES_TYPE_LINK, "link" },
	{ S_IFCHR, ES_TYPE_CHAR, "char" },
	{ S_IFBLK, ES_TYPE_BLOCK, "block" },
	{ S_IFIFO, ES_TYPE_FIFO, "fifo" },
	{ S_IFSOCK, ES_TYPE_SOCKET, "socket" },
	{ 0, ES_TYPE_NONE, "none" },
};

START_TEST(types_and_their_words)
{
	const char *word = types[_i].word;

	ck_assert_int_eq(es_type_from_mode(types[_i].mode), types[_i].type);
	ck_assert_str_eq(es_type_name(types[_i].type), word);
	ck_assert_int_eq(es_type_parse(word, strlen(word)), types[_i].type);
	ck_assert_int_eq(es_type_parse(word, strlen(word) - 1), ES_TYPE_NONE);
}
END_TEST

START_TEST(words_of_nothing)
{
	ck_assert_int_eq(es_type_parse("files", 5), ES_TYPE_NONE);
	ck_assert_int_eq(es_type_parse("", 0), ES_TYPE_NONE);
	ck_assert_str_eq(es_type_name((enum es_type)77), "none");
	ck_assert_str_eq(es_type_text(ES_TYPE_DIR), "directory");
	ck_assert_str_eq(es_type_text(ES_TYPE_FIFO), "named pipe");
	ck_assert_str_eq(es_type_text(ES_TYPE_SOCKET), "socket");
	ck_assert_str_eq(es_type_text((enum es_type)77), "unknown");
	ck_assert_int_eq(es_class_parse("Mirror"), ES_CLASS_NONE);
	ck_assert_str_eq(es_class_name((enum es_class)77), "none");
	ck_assert_str_eq(es_attr_name(ES_ATTR_COUNT), "");
}
END_TEST

START_TEST(classes_and_their_words)
{
	static const char *const class_words[] = { "none", "mirror", "digest",
						   "secret" };

	for (int i = ES_CLASS_NONE; i <= ES_CLASS_SECRET; i++) {
		ck_assert_str_eq(es_class_name((enum es_class)i),
				 class_words[i]);
		ck_assert_int_eq(es_class_parse(class_words[i]), i);
	}
}
END_TEST

START_TEST(reasons_and_their_words)
{
	static const struct {
		unsigned int number;
		const char *word;
	} reasons[] = {
		{ EACCES, "EACCES" },
		{ EIO, "EIO" },
		{ ESTALE, "ESTALE" },
		{ ENOENT, "ENOENT" },
		{ EUCLEAN, "EUCLEAN" },
		{ ES_UNREAD_TORN, "TORN" },
		{ ES_UNREAD_UNMOUNTED, "UNMOUNTED" },
	};

	for (size_t i = 0; i < es_lengthof(reasons); i++) {
		const char *word = reasons[i].word;

		ck_assert_str_eq(es_unread_name(reasons[i].number), word);
		ck_assert_uint_eq(es_unread_parse(word, strlen(word)),
				  reasons[i].number);
	}
	ck_assert_str_eq(es_unread_name(99999), "EIO");
	ck_assert_uint_eq(es_unread_parse("EACCE", 5), EIO);
	ck_assert_uint_eq(es_unread_parse("", 0), EIO);
}
END_TEST

/* Every reason that has a word of its own keeps it on the way to a file. */
START_TEST(reasons_survive_a_round_trip)
{
	for (unsigned int n = 1; n < 5000; n++) {
		const char *word = es_unread_name(n);
		unsigned int back = es_unread_parse(word, strlen(word));

		ck_assert(back == n || back == EIO);
		ck_assert_str_eq(es_unread_name(back), word);
	}
}
END_TEST

static const struct {
	const char *a;
	size_t a_len;
	const char *b;
	size_t b_len;
	int order;
} orders[] = {
	{ "a", 1, "b", 1, -1 },	  { "a", 1, "a", 1, 0 },
	{ "a", 1, "ab", 2, -1 },  { "", 0, "a", 1, -1 },
	{ "", 0, "", 0, 0 },	  { NULL, 0, "", 0, 0 },
	{ "\xff", 1, "a", 1, 1 }, { "a.b", 3, "a/b", 3, -1 },
	{ "B", 1, "a", 1, -1 },	  { "a\0b", 3, "a\0c", 3, -1 },
	{ "a-", 2, "a", 1, 1 },
};

START_TEST(names_sort_by_bytes)
{
	int there = es_entry_name_cmp(orders[_i].a, orders[_i].a_len,
				      orders[_i].b, orders[_i].b_len);
	int back = es_entry_name_cmp(orders[_i].b, orders[_i].b_len,
				     orders[_i].a, orders[_i].a_len);

	ck_assert_int_eq((there > 0) - (there < 0), orders[_i].order);
	ck_assert_int_eq((back > 0) - (back < 0), -orders[_i].order);
}
END_TEST

START_TEST(attributes_have_distinct_names)
{
	for (int i = 0; i < ES_ATTR_COUNT; i++) {
		ck_assert_str_ne(es_attr_name((enum es_attr)i), "");
		for (int k = 0; k < i; k++)
			ck_assert_str_ne(es_attr_name((enum es_attr)i),
					 es_attr_name((enum es_attr)k));
	}
	ck_assert_str_eq(es_attr_name(ES_ATTR_UID), "owner");
	ck_assert_str_eq(es_attr_name(ES_ATTR_NLINK), "links");
	ck_assert_str_eq(es_attr_name(ES_ATTR_MOUNT), "mount");
}
END_TEST

static struct es_entry sample(enum es_type type)
{
	return (struct es_entry){
		.name = "x",
		.name_len = 1,
		.watch = ES_WATCH_YES,
		.type = type,
		.class = type == ES_TYPE_FILE ? ES_CLASS_MIRROR : ES_CLASS_NONE,
		.has = ES_HAS_STAT | (type == ES_TYPE_FILE ? ES_HAS_SHA256 : 0),
		.mode = 0644,
		.uid = 1,
		.gid = 2,
		.nlink = 1,
		.size = 5,
		.mtime_sec = 1700000000,
		.mtime_nsec = 7,
	};
}

#define BIT(attr) (1u << (attr))

/* What few objects have, one that differs from none in one attribute. */
static const struct es_extra extras[ES_ATTR_COUNT] = {
	[ES_ATTR_FLAGS] = { .flags = 0x10 },
	[ES_ATTR_SPARSE] = { .has = ES_EXTRA_SPARSE },
	[ES_ATTR_RECORD] = { .without = ES_RECORD_ACL },
};

/* What is set in one of two equal entries, and what a report says of it. */
static void change(struct es_entry *e, enum es_attr attr)
{
	switch (attr) {
	case ES_ATTR_MODE:
		e->mode = 0600;
		break;
	case ES_ATTR_UID:
		e->uid = 0;
		break;
	case ES_ATTR_GID:
		e->gid = 0;
		break;
	case ES_ATTR_SIZE:
		e->size++;
		break;
	case ES_ATTR_NLINK:
		e->nlink++;
		break;
	case ES_ATTR_MTIME:
		e->mtime_nsec++;
		break;
	case ES_ATTR_TARGET:
		e->target = "there";
		e->target_len = 5;
		break;
	case ES_ATTR_DEVICE:
		e->rdev_minor++;
		break;
	case ES_ATTR_CONTENT:
		e->digest[31] ^= 1;
		break;
	case ES_ATTR_XATTR:
		e->xattr = "user.a=\"b\"\n";
		e->xattr_len = 11;
		break;
	case ES_ATTR_CLASS:
		e->class = ES_CLASS_DIGEST;
		break;
	case ES_ATTR_UNREAD:
		e->unread = EIO;
		break;
	case ES_ATTR_MOUNT:
		e->has |= ES_HAS_MOUNT;
		break;
	case ES_ATTR_FLAGS:
	case ES_ATTR_SPARSE:
	case ES_ATTR_RECORD:
		e->extra = &extras[attr];
		break;
	case ES_ATTR_CTIME:
	case ES_ATTR_INODE:
	case ES_ATTR_HARDLINK:
		/* see test_extra.c */
		break;
	case ES_ATTR_TYPE:
	case ES_ATTR_COUNT:
		ck_abort();
	}
}

/* Bits that mean something for each type. */
static const unsigned int applies[] = {
	[ES_TYPE_FILE] = BIT(ES_ATTR_SIZE) | BIT(ES_ATTR_NLINK) |
			 BIT(ES_ATTR_MTIME) | BIT(ES_ATTR_CONTENT) |
			 BIT(ES_ATTR_CLASS),
	[ES_TYPE_DIR] = BIT(ES_ATTR_MOUNT),
	[ES_TYPE_LINK] = BIT(ES_ATTR_TARGET) | BIT(ES_ATTR_MTIME),
	[ES_TYPE_CHAR] = BIT(ES_ATTR_DEVICE) | BIT(ES_ATTR_MTIME),
	[ES_TYPE_BLOCK] = BIT(ES_ATTR_DEVICE) | BIT(ES_ATTR_MTIME),
	[ES_TYPE_FIFO] = BIT(ES_ATTR_MTIME),
	[ES_TYPE_SOCKET] = BIT(ES_ATTR_MTIME),
};
#define ALWAYS                                                           \
	(BIT(ES_ATTR_MODE) | BIT(ES_ATTR_UID) | BIT(ES_ATTR_GID) |       \
	 BIT(ES_ATTR_XATTR) | BIT(ES_ATTR_UNREAD) | BIT(ES_ATTR_FLAGS) | \
	 BIT(ES_ATTR_SPARSE) | BIT(ES_ATTR_RECORD))

START_TEST(one_change_is_one_bit)
{
	enum es_type type = (enum es_type)_i;

	for (int attr = ES_ATTR_MODE; attr < ES_ATTR_COUNT; attr++) {
		struct es_entry a = sample(type), b = sample(type);
		unsigned int want = BIT(attr) & (applies[type] | ALWAYS);

		change(&b, (enum es_attr)attr);
		ck_assert_uint_eq(es_entry_compare(&a, &b), want);
		ck_assert_uint_eq(es_entry_compare(&b, &a), want);
		ck_assert_uint_eq(es_entry_compare(&b, &b), 0);
	}
}
END_TEST

START_TEST(what_only_the_state_has_is_no_change)
{
	struct es_entry a = sample(ES_TYPE_FILE), b = a;

	b.ino = 9;
	b.ctime_sec = 9;
	b.ctime_nsec = 9;
	b.decision = 9;
	b.oid[0] = 9;
	ck_assert_uint_eq(es_entry_compare(&a, &b), 0);
}
END_TEST

START_TEST(digests_of_different_kinds_are_not_compared)
{
	struct es_entry a = sample(ES_TYPE_FILE), b = a;

	b.digest[0] = 1;
	b.has = ES_HAS_STAT | ES_HAS_HMAC;
	ck_assert_uint_eq(es_entry_compare(&a, &b), 0);
	a.has = b.has;
	ck_assert_uint_eq(es_entry_compare(&a, &b), BIT(ES_ATTR_CONTENT));
	b.has = ES_HAS_STAT;
	ck_assert_uint_eq(es_entry_compare(&a, &b), 0);
}
END_TEST

/* A file that was never read has no class that could have changed. */
START_TEST(a_class_without_content_is_not_compared)
{
	struct es_entry a = sample(ES_TYPE_FILE), b = a;

	a.has = b.has = ES_HAS_STAT;
	b.class = ES_CLASS_DIGEST;
	ck_assert_uint_eq(es_entry_compare(&a, &b), 0);
	a.has = ES_HAS_STAT | ES_HAS_BLOB;
	b.has = ES_HAS_STAT | ES_HAS_SHA256;
	ck_assert_uint_eq(es_entry_compare(&a, &b), BIT(ES_ATTR_CLASS));
	b.class = ES_CLASS_NONE;
	ck_assert_uint_eq(es_entry_compare(&a, &b), 0);
}
END_TEST

START_TEST(a_mere_way_has_no_owner)
{
	struct es_entry a = sample(ES_TYPE_DIR), b = a;

	b.uid = 77;
	b.mode = 0;
	b.xattr = "x";
	b.xattr_len = 1;
	ck_assert_uint_eq(es_entry_compare(&a, &b), BIT(ES_ATTR_UID) |
							    BIT(ES_ATTR_MODE) |
							    BIT(ES_ATTR_XATTR));
	b.watch = ES_WATCH_PASS;
	ck_assert_uint_eq(es_entry_compare(&a, &b), 0);
	b.watch = ES_WATCH_YES;
	b.has = 0;
	ck_assert_uint_eq(es_entry_compare(&a, &b), BIT(ES_ATTR_XATTR));
}
END_TEST

START_TEST(another_type_says_what_both_have)
{
	struct es_entry a = sample(ES_TYPE_FILE), b = sample(ES_TYPE_LINK);

	b.target = "t";
	b.target_len = 1;
	b.size = 1;
	b.mode = 0777;
	b.mtime_sec++;
	ck_assert_uint_eq(es_entry_compare(&a, &b), BIT(ES_ATTR_TYPE) |
							    BIT(ES_ATTR_MODE) |
							    BIT(ES_ATTR_MTIME));
	b = sample(ES_TYPE_DIR);
	b.mtime_sec++;
	b.size++;
	b.nlink++;
	ck_assert_uint_eq(es_entry_compare(&a, &b), BIT(ES_ATTR_TYPE));
	ck_assert_uint_eq(es_entry_compare(&b, &a), BIT(ES_ATTR_TYPE));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("entry");
	TCase *t = tcase_create("entry");

	suite_add_tcase(s, t);
	tcase_add_loop_test(t, types_and_their_words, 0,
			    (int)es_lengthof(types));
	tcase_add_test(t, words_of_nothing);
	tcase_add_test(t, classes_and_their_words);
	tcase_add_test(t, reasons_and_their_words);
	tcase_add_test(t, reasons_survive_a_round_trip);
	tcase_add_loop_test(t, names_sort_by_bytes, 0,
			    (int)es_lengthof(orders));
	tcase_add_test(t, attributes_have_distinct_names);
	tcase_add_loop_test(t, one_change_is_one_bit, ES_TYPE_FILE,
			    ES_TYPE_SOCKET + 1);
	tcase_add_test(t, what_only_the_state_has_is_no_change);
	tcase_add_test(t, digests_of_different_kinds_are_not_compared);
	tcase_add_test(t, a_class_without_content_is_not_compared);
	tcase_add_test(t, a_mere_way_has_no_owner);
	tcase_add_test(t, another_type_says_what_both_have);
	return es_unit_main(s);
}
