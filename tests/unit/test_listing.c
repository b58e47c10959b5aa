/* SPDX-License-Identifier: MIT */
/* test_listing.c - unit tests of packed listings */
#include "config.h"

#include "etcsnap/listing.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

static struct es_entry self_entry(void)
{
	return (struct es_entry){
		.name = "ignored",
		.name_len = 7,
		.watch = ES_WATCH_YES,
		.type = ES_TYPE_DIR,
		.has = ES_HAS_STAT | ES_HAS_MOUNT,
		.mode = 01755,
		.uid = 3,
		.gid = 4,
		.nlink = 5,
		.ino = UINT64_MAX,
		.size = 4096,
		.decision = 0xdeadbeef,
		.mtime_sec = -5,
		.mtime_nsec = 999999999,
		.ctime_sec = INT64_MAX,
		.ctime_nsec = 1,
		.xattr = "user.a=\"b\"\n",
		.xattr_len = 11,
	};
}

static struct es_entry file_entry(const char *name)
{
	struct es_entry e = self_entry();

	e.name = name;
	e.name_len = strlen(name);
	e.type = ES_TYPE_FILE;
	e.class = ES_CLASS_MIRROR;
	e.has = ES_HAS_STAT | ES_HAS_SHA256 | ES_HAS_BLOB;
	e.xattr = NULL;
	e.xattr_len = 0;
	memset(e.digest, 0xab, sizeof(e.digest));
	memset(e.oid, 0xcd, sizeof(e.oid));
	return e;
}

static void assert_bytes(const char *a, size_t a_len, const char *b,
			 size_t b_len)
{
	ck_assert_uint_eq(a_len, b_len);
	if (a_len)
		ck_assert_mem_eq(a, b, a_len);
}

/* All that a record with a fixed part keeps. */
static void assert_same(const struct es_entry *a, const struct es_entry *b)
{
	assert_bytes(a->target, a->target_len, b->target, b->target_len);
	assert_bytes(a->xattr, a->xattr_len, b->xattr, b->xattr_len);
	ck_assert_int_eq(a->watch, b->watch);
	ck_assert_int_eq(a->type, b->type);
	ck_assert_int_eq(a->class, b->class);
	ck_assert_uint_eq(a->has, b->has);
	ck_assert_uint_eq(a->unread, b->unread);
	ck_assert_uint_eq(a->mode, b->mode);
	ck_assert_uint_eq(a->uid, b->uid);
	ck_assert_uint_eq(a->gid, b->gid);
	ck_assert_uint_eq(a->nlink, b->nlink);
	ck_assert_uint_eq(a->decision, b->decision);
	ck_assert_uint_eq(a->rdev_major, b->rdev_major);
	ck_assert_uint_eq(a->rdev_minor, b->rdev_minor);
	ck_assert_uint_eq(a->size, b->size);
	ck_assert_uint_eq(a->ino, b->ino);
	ck_assert_int_eq(a->mtime_sec, b->mtime_sec);
	ck_assert_int_eq(a->ctime_sec, b->ctime_sec);
	ck_assert_uint_eq(a->mtime_nsec, b->mtime_nsec);
	ck_assert_uint_eq(a->ctime_nsec, b->ctime_nsec);
	if (a->has & (ES_HAS_SHA256 | ES_HAS_HMAC))
		ck_assert_mem_eq(a->digest, b->digest, sizeof(a->digest));
	if (a->has & ES_HAS_BLOB)
		ck_assert_mem_eq(a->oid, b->oid, sizeof(a->oid));
}

static void finish(struct es_listing_writer *w)
{
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_listing_end(w, &err), 0);
}

START_TEST(self_comes_first_and_whole)
{
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_entry self = self_entry(), e;
	struct es_listing_reader r;

	self.watch = (enum es_watch)_i;
	es_listing_begin(&w, &self);
	finish(&w);
	ck_assert_uint_eq(w.count, 1);
	ck_assert_int_eq(es_listing_open(&r, w.buf.data, w.buf.len), 0);
	ck_assert_int_eq(es_listing_next(&r, &e), 1);
	ck_assert_uint_eq(e.name_len, 1);
	ck_assert_int_eq(e.name[0], '.');
	assert_same(&self, &e);
	ck_assert_int_eq(es_listing_next(&r, &e), 0);
	ck_assert_int_eq(es_listing_next(&r, &e), 0);
	es_listing_dispose(&w);
}
END_TEST

static struct es_entry random_entry(uint64_t *seed, const char *bytes)
{
	struct es_entry e = file_entry("");

	e.name = bytes + es_unit_random(seed) % 100;
	e.name_len = 1 + es_unit_random(seed) % 255;
	e.type = (enum es_type)(es_unit_random(seed) % 8);
	if (e.type == ES_TYPE_DIR)
		e.type = ES_TYPE_FIFO;
	e.class = (enum es_class)(es_unit_random(seed) % 4);
	e.has = (unsigned int)(es_unit_random(seed) % 64);
	e.unread = (unsigned int)(es_unit_random(seed) % 4003);
	e.mode = (uint32_t)(es_unit_random(seed) % 010000);
	e.uid = (uint32_t)es_unit_random(seed);
	e.nlink = (uint32_t)es_unit_random(seed);
	e.size = es_unit_random(seed);
	e.mtime_sec = (int64_t)es_unit_random(seed);
	if (e.type == ES_TYPE_CHAR || e.type == ES_TYPE_BLOCK) {
		e.size = 0;
		e.rdev_major = (uint32_t)es_unit_random(seed);
		e.rdev_minor = (uint32_t)es_unit_random(seed);
	}
	if (e.type == ES_TYPE_LINK) {
		e.target = bytes;
		e.target_len = es_unit_random(seed) % 300;
	}
	e.xattr_len = es_unit_random(seed) % 3 ? 0 : 77;
	e.xattr = e.xattr_len ? bytes : NULL;
	return e;
}

START_TEST(everything_comes_back)
{
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_entry self = self_entry(), e;
	struct es_listing_reader r;
	struct es_entry in[500];
	uint64_t seed = 42;
	char bytes[400];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)es_unit_random(&seed);
	es_listing_begin(&w, &self);
	for (size_t i = 0; i < es_lengthof(in); i++) {
		in[i] = random_entry(&seed, bytes);
		es_listing_add(&w, &in[i]);
	}
	finish(&w);
	ck_assert_uint_eq(w.count, es_lengthof(in) + 1);
	ck_assert_int_eq(es_listing_open(&r, w.buf.data, w.buf.len), 0);
	ck_assert_int_eq(es_listing_next(&r, &e), 1);
	for (size_t i = 0; i < es_lengthof(in); i++) {
		ck_assert_int_eq(es_listing_next(&r, &e), 1);
		assert_bytes(in[i].name, in[i].name_len, e.name, e.name_len);
		assert_same(&in[i], &e);
	}
	ck_assert_int_eq(es_listing_next(&r, &e), 0);
	es_listing_dispose(&w);
}
END_TEST

/* Of a subdirectory, and of what is not watched, only the head is kept. */
START_TEST(short_records_are_head_and_name)
{
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_entry self = self_entry(), in = file_entry("abc"), e;
	struct es_listing_reader r;
	size_t before;

	es_listing_begin(&w, &self);
	before = w.buf.len;
	in.watch = _i ? ES_WATCH_YES : ES_WATCH_NO;
	in.type = _i ? ES_TYPE_DIR : ES_TYPE_FILE;
	in.has |= ES_HAS_MOUNT;
	in.unread = EACCES;
	es_listing_add(&w, &in);
	ck_assert_uint_eq(w.buf.len - before, 8 + 3);
	finish(&w);
	ck_assert_int_eq(es_listing_open(&r, w.buf.data, w.buf.len), 0);
	ck_assert_int_eq(es_listing_next(&r, &e), 1);
	ck_assert_int_eq(es_listing_next(&r, &e), 1);
	ck_assert_int_eq(e.watch, in.watch);
	ck_assert_int_eq(e.type, in.type);
	ck_assert_int_eq(e.class, in.class);
	ck_assert_uint_eq(e.has, ES_HAS_MOUNT);
	ck_assert_uint_eq(e.unread, EACCES);
	ck_assert_uint_eq(e.ino, 0);
	ck_assert_uint_eq(e.mode, 0);
	assert_bytes(e.name, e.name_len, "abc", 3);
	es_listing_dispose(&w);
}
END_TEST

START_TEST(a_mirrored_file_takes_116_bytes)
{
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_entry self = self_entry(), in = file_entry("name");
	size_t before;

	es_listing_begin(&w, &self);
	before = w.buf.len;
	es_listing_add(&w, &in);
	ck_assert_uint_le(w.buf.len - before, 116 + 4);
	es_listing_dispose(&w);
}
END_TEST

/* What no digest was said to be is not kept, nor left over from before. */
START_TEST(absent_digests_read_as_zero)
{
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_entry self = self_entry(), in = file_entry("a"), e;
	const uint8_t zero[ES_SHA256_LEN] = { 0 };
	struct es_listing_reader r;

	in.has = ES_HAS_STAT;
	es_listing_begin(&w, &self);
	es_listing_add(&w, &in);
	finish(&w);
	memset(&e, 0xff, sizeof(e));
	ck_assert_int_eq(es_listing_open(&r, w.buf.data, w.buf.len), 0);
	ck_assert_int_eq(es_listing_next(&r, &e), 1);
	ck_assert_int_eq(es_listing_next(&r, &e), 1);
	ck_assert_mem_eq(e.digest, zero, sizeof(e.digest));
	ck_assert_mem_eq(e.oid, zero, sizeof(e.oid));
	es_listing_dispose(&w);
}
END_TEST

START_TEST(raw_records_copy_a_listing)
{
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_listing_writer copy = ES_LISTING_WRITER_INIT;
	struct es_entry self = self_entry(), a = file_entry("a");
	struct es_entry b = file_entry("b"), e;
	struct es_listing_reader r;

	b.type = ES_TYPE_DIR;
	es_listing_begin(&w, &self);
	es_listing_add(&w, &a);
	es_listing_add(&w, &b);
	finish(&w);
	ck_assert_int_eq(es_listing_open(&r, w.buf.data, w.buf.len), 0);
	ck_assert_int_eq(es_listing_next(&r, &e), 1);
	es_listing_begin(&copy, &e);
	while (es_listing_next(&r, &e) > 0)
		es_listing_add_raw(&copy, r.rec, r.rec_len);
	finish(&copy);
	ck_assert_uint_eq(copy.count, 3);
	assert_bytes(copy.buf.data, copy.buf.len, w.buf.data, w.buf.len);
	es_listing_dispose(&w);
	es_listing_dispose(&copy);
}
END_TEST

/* Every cut and every flipped bit is noticed when the listing is opened. */
START_TEST(damage_is_noticed)
{
	struct es_listing_writer w = ES_LISTING_WRITER_INIT;
	struct es_entry self = self_entry(), in = file_entry("name");
	struct es_listing_reader r;

	es_listing_begin(&w, &self);
	es_listing_add(&w, &in);
	finish(&w);
	for (size_t len = 0; len < w.buf.len; len++)
		ck_assert_int_eq(es_listing_open(&r, w.buf.data, len), -EILSEQ);
	for (size_t bit = 0; bit < w.buf.len * 8; bit++) {
		w.buf.data[bit / 8] ^= (char)(1 << bit % 8);
		ck_assert_int_eq(es_listing_open(&r, w.buf.data, w.buf.len),
				 -EILSEQ);
		w.buf.data[bit / 8] ^= (char)(1 << bit % 8);
	}
	ck_assert_int_eq(es_listing_open(&r, w.buf.data, w.buf.len), 0);
	es_listing_dispose(&w);
}
END_TEST

/* A record that promises more than there is, under a right checksum. */
START_TEST(short_reads_stay_inside)
{
	struct es_entry self = self_entry(), in = file_entry("name"), e;

	in.type = ES_TYPE_LINK;
	in.target = "target";
	in.target_len = 6;
	in.xattr = "user.a=\"b\"\n";
	in.xattr_len = 11;
	for (size_t cut = 1; cut < 8 + 56 + 52 + 10 + 15 + 4; cut++) {
		struct es_listing_writer w = ES_LISTING_WRITER_INIT;
		struct es_listing_reader r;
		char *copy;

		es_listing_begin(&w, &self);
		es_listing_add(&w, &in);
		es_buf_truncate(&w.buf, w.buf.len - cut);
		finish(&w);
		/* Exactly as long, so that a sanitizer sees a step beyond. */
		copy = malloc(w.buf.len);
		ck_assert_ptr_nonnull(copy);
		memcpy(copy, w.buf.data, w.buf.len);
		ck_assert_int_eq(es_listing_open(&r, copy, w.buf.len), 0);
		ck_assert_int_eq(es_listing_next(&r, &e), 1);
		ck_assert_int_eq(es_listing_next(&r, &e), -EILSEQ);
		free(copy);
		es_listing_dispose(&w);
	}
}
END_TEST

START_TEST(a_writer_that_failed_says_so)
{
	struct es_listing_writer w = { ES_BUF_INIT(200), 0 };
	struct es_entry self = self_entry(), in = file_entry("a");
	struct es_error err = ES_ERROR_INIT;

	es_listing_begin(&w, &self);
	es_listing_add(&w, &in);
	ck_assert_int_eq(es_listing_end(&w, &err), -EFBIG);
	ck_assert_int_eq(err.code, -EFBIG);
	in.name_len = 0;
	es_listing_begin(&w, &self);
	es_listing_add(&w, &in);
	ck_assert_int_lt(es_listing_end(&w, &err), 0);
	es_listing_begin(&w, &self);
	ck_assert_int_eq(es_listing_end(&w, &err), 0);
	es_listing_dispose(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("listing");
	TCase *t = tcase_create("listing");

	suite_add_tcase(s, t);
	tcase_add_loop_test(t, self_comes_first_and_whole, ES_WATCH_NO,
			    ES_WATCH_YES + 1);
	tcase_add_test(t, everything_comes_back);
	tcase_add_loop_test(t, short_records_are_head_and_name, 0, 2);
	tcase_add_test(t, a_mirrored_file_takes_116_bytes);
	tcase_add_test(t, absent_digests_read_as_zero);
	tcase_add_test(t, raw_records_copy_a_listing);
	tcase_add_test(t, damage_is_noticed);
	tcase_add_test(t, short_reads_stay_inside);
	tcase_add_test(t, a_writer_that_failed_says_so);
	return es_unit_main(s);
}
