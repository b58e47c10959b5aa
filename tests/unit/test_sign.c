/* SPDX-License-Identifier: MIT */
/* test_sign.c - unit tests of SSH signatures, made and checked */
#include "config.h"

#include "etcsnap/sign.h"

#include "store_unit.h"

#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>

#define DATA "tree 1\n\nmessage\n"

static char dir[64];
static int has_keygen;

static void setup(void)
{
	es_unit_enter_dir(dir);
	has_keygen = es_unit_has("ssh-keygen");
}

static void teardown(void)
{
	es_unit_leave_dir(dir);
}

static struct es_signer *signer(const char *key, bool required)
{
	const struct es_signer_options o = { .key = key, .required = required };
	struct es_signer *s = NULL;

	ok(es_signer_new(&s, &o, &err));
	return s;
}

/* A key "k", its signature over DATA, and a list that allows @principal. */
static void make(struct es_buf *sig, const char *list)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf line = ES_BUF_INIT(65536);
	ES_CLEANUP(es_signer_freep) struct es_signer *s = signer("k", true);

	ok(es_sign_make_key("k", "etcsnap@test", &err));
	ok(es_signer_sign(s, sig, DATA, strlen(DATA), &err));
	if (!list)
		return;
	es_buf_addf(&line, "%s ", list);
	ok(es_sign_public_key(&line, "k", &err));
	es_buf_addc(&line, '\n');
	es_unit_spill("allowed", line.data, line.len);
}

static int verdict(const char *revoked, const char *data,
		   const struct es_buf *sig, int64_t when, struct es_buf *who)
{
	ES_CLEANUP(es_sign_trust_freep) struct es_sign_trust *t = NULL;
	const struct es_signed s = { .data = data,
				     .data_len = strlen(data),
				     .signature = es_buf_str(sig),
				     .signature_len = sig->len,
				     .when = when };
	struct es_error e = ES_ERROR_INIT;
	const char *allowed = access("allowed", F_OK) == 0 ? "allowed" : NULL;
	int first, again;

	ok(es_sign_trust_new(&t, allowed, revoked, &err));
	first = es_sign_verify(t, &s, who, &e);
	ck_assert_msg(first >= 0, "%s", e.msg);
	/* from what it remembers it says the same */
	again = es_sign_verify(t, &s, who, &e);
	ck_assert_int_eq(first, again);
	return first;
}

START_TEST(key_is_made_once)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf a = ES_BUF_INIT(65536);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(65536);
	struct es_error e = ES_ERROR_INIT;
	struct stat st;

	if (!has_keygen)
		return;
	ck_assert_int_eq(es_sign_make_key("k", "me", &e), 1);
	ck_assert_int_eq(stat("k", &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ok(es_sign_public_key(&a, "k", &err));
	ck_assert_int_eq(es_sign_make_key("k", "me", &e), 0);
	ok(es_sign_public_key(&b, "k.pub", &err));
	ck_assert_str_eq(a.data, b.data);
	ck_assert_int_eq(strncmp(a.data, "ssh-ed25519 AAAA", 16), 0);
	/* without the public file it is made from the private one */
	ck_assert_int_eq(unlink("k.pub"), 0);
	es_buf_reset(&b);
	ok(es_sign_public_key(&b, "k", &err));
	ck_assert_str_eq(a.data, b.data);
	ck_assert_int_lt(es_sign_make_key("none/k", "me", &e), 0);
	ck_assert_ptr_nonnull(strstr(e.msg, "cannot make the key"));
}
END_TEST

START_TEST(junk_is_no_public_key)
{
	static const char *const junk[] = {
		"",    "\n",	     "ssh-ed25519",
		"a b", "-----BEGIN", "Ssh AAAAAAAAAAAAAA"
	};
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(65536);
	struct es_error e = ES_ERROR_INIT;

	if (!has_keygen)
		return;
	for (size_t i = 0; i < es_lengthof(junk); i++) {
		es_unit_spill("j.pub", junk[i], strlen(junk[i]));
		ck_assert_int_eq(es_sign_public_key(&out, "j.pub", &e),
				 -EINVAL);
		ck_assert_uint_eq(out.len, 0);
	}
}
END_TEST

START_TEST(signature_is_good)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf sig = ES_BUF_INIT(65536);
	ES_CLEANUP(es_buf_dispose) struct es_buf who = ES_BUF_INIT(65536);

	if (!has_keygen)
		return;
	make(&sig, "web1 namespaces=\"git\"");
	ck_assert_int_eq(verdict(NULL, DATA, &sig, 1780000000, &who),
			 ES_SIGN_GOOD);
	ck_assert_str_eq(who.data, "web1");
	ck_assert_int_eq(verdict(NULL, DATA "x", &sig, 1780000000, &who),
			 ES_SIGN_BAD);
}
END_TEST

static const struct {
	const char *list;
	const char *revoked;
	int64_t when;
	enum es_sign_verdict want;
} lists[] = {
	{ NULL, NULL, 1780000000, ES_SIGN_UNKNOWN },
	{ "a namespaces=\"file\"", NULL, 1780000000, ES_SIGN_REFUSED },
	{ "a valid-before=\"20260101\"", NULL, 1700000000, ES_SIGN_GOOD },
	{ "a valid-before=\"20260101\"", NULL, 1780000000, ES_SIGN_UNKNOWN },
	{ "a valid-after=\"20260101\"", NULL, 1700000000, ES_SIGN_UNKNOWN },
	{ "a valid-after=\"20260101\"", NULL, 1780000000, ES_SIGN_GOOD },
	{ "a,b,c", NULL, 1780000000, ES_SIGN_GOOD },
	{ "a", "k.pub", 1780000000, ES_SIGN_REFUSED },
	{ "a", "other.pub", 1780000000, ES_SIGN_GOOD },
};

START_TEST(list_decides)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf sig = ES_BUF_INIT(65536);
	ES_CLEANUP(es_buf_dispose) struct es_buf who = ES_BUF_INIT(65536);

	if (!has_keygen)
		return;
	setenv("TZ", "UTC", 1);
	ok(es_sign_make_key("other", "somebody else", &err));
	make(&sig, lists[_i].list);
	ck_assert_int_eq(verdict(lists[_i].revoked, DATA, &sig, lists[_i].when,
				 &who),
			 (int)lists[_i].want);
}
END_TEST

START_TEST(every_flip_is_bad)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf sig = ES_BUF_INIT(65536);
	ES_CLEANUP(es_buf_dispose) struct es_buf who = ES_BUF_INIT(65536);
	size_t good = 0;

	if (!has_keygen)
		return;
	make(&sig, "a");
	for (size_t at = 35; at < sig.len - 30; at += 17) {
		const char was = sig.data[at];

		sig.data[at] = was == 'A' ? 'B' : 'A';
		/* the newlines of the armor are nobody's */
		if (was != '\n' &&
		    verdict(NULL, DATA, &sig, 1780000000, &who) == ES_SIGN_GOOD)
			good++;
		sig.data[at] = was;
	}
	ck_assert_uint_eq(good, 0);
}
END_TEST

static const char *const no_signatures[] = {
	"",
	"\n",
	"-----BEGIN SSH SIGNATURE-----\n",
	"-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n",
	("-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAf////8=\n"
	 "-----END SSH SIGNATURE-----\n"),
	"-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n",
};

START_TEST(junk_is_bad)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf sig = ES_BUF_INIT(65536);
	ES_CLEANUP(es_buf_dispose) struct es_buf who = ES_BUF_INIT(65536);

	if (!has_keygen)
		return;
	make(&sig, "a");
	es_buf_reset(&sig);
	es_buf_adds(&sig, no_signatures[_i]);
	ck_assert_int_eq(verdict(NULL, DATA, &sig, 1780000000, &who),
			 ES_SIGN_BAD);
}
END_TEST

START_TEST(failure_is_told_or_refused)
{
	ES_CLEANUP(es_signer_freep)
	struct es_signer *strict = signer("k", true);
	ES_CLEANUP(es_signer_freep) struct es_signer *lax = signer("k", false);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(65536);
	struct es_error e = ES_ERROR_INIT;

	if (!has_keygen)
		return;
	ck_assert_ptr_null(es_signer_problem(NULL));
	ck_assert_int_lt(es_signer_sign(strict, &out, "x", 1, &e), 0);
	ck_assert_ptr_nonnull(strstr(e.msg, "nothing was written"));
	e = (struct es_error)ES_ERROR_INIT;
	ck_assert_int_eq(es_signer_sign(lax, &out, "x", 1, &e), 0);
	ck_assert_int_eq(e.code, 0);
	ck_assert_uint_eq(out.len, 0);
	ck_assert_ptr_nonnull(strstr(es_signer_problem(lax), "cannot sign"));
	/* once it works there is no problem left */
	ok(es_sign_make_key("k", "me", &err));
	ck_assert_int_eq(es_signer_sign(lax, &out, "x", 1, &e), 1);
	ck_assert_ptr_null(es_signer_problem(lax));
	ck_assert_int_eq(es_signer_sign(strict, &out, "x", 1, &e), 1);
}
END_TEST

struct crowd {
	struct es_sign_trust *t;
	struct es_signed s;
	int good;
};

static void *one_of_many(void *payload)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf who = ES_BUF_INIT(65536);
	struct crowd *c = payload;
	struct es_error e = ES_ERROR_INIT;

	for (int i = 0; i < 5; i++)
		if (es_sign_verify(c->t, &c->s, &who, &e) == ES_SIGN_GOOD)
			__atomic_add_fetch(&c->good, 1, __ATOMIC_RELAXED);
	return NULL;
}

START_TEST(threads_may_ask)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf sig = ES_BUF_INIT(65536);
	ES_CLEANUP(es_sign_trust_freep) struct es_sign_trust *t = NULL;
	pthread_t threads[4];

	if (!has_keygen)
		return;
	make(&sig, "a");
	ok(es_sign_trust_new(&t, "allowed", NULL, &err));

	struct crowd c = {
		t, { DATA, strlen(DATA), sig.data, sig.len, 1780000000 }, 0
	};

	for (size_t i = 0; i < es_lengthof(threads); i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, one_of_many, &c), 0);
	for (size_t i = 0; i < es_lengthof(threads); i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(c.good, 20);
}
END_TEST

START_TEST(lists_that_are_gone_are_an_error)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf who = ES_BUF_INIT(65536);
	ES_CLEANUP(es_sign_trust_freep) struct es_sign_trust *t = NULL;
	const struct es_signed s = { "x", 1, "", 0, 0 };

	ok(es_sign_trust_new(&t, "nowhere", NULL, &err));
	fails(-ENOENT, "cannot read nowhere",
	      es_sign_verify(t, &s, &who, &err));
}
END_TEST

START_TEST(commit_is_signed_as_git_does_it)
{
	ES_CLEANUP(es_store_freep) struct es_store *st = NULL;
	ES_CLEANUP(es_lane_freep) struct es_lane *lane = NULL;
	ES_CLEANUP(es_buf_dispose) struct es_buf sig = ES_BUF_INIT(65536);
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_signer_freep) struct es_signer *s = signer("k", true);
	ES_CLEANUP(es_commit_freep) struct es_commit *c = NULL;
	const struct es_signature who = { "S", "s@x", 1780000000, 120 };
	struct es_commit_draft d = { .author = who,
				     .committer = who,
				     .message = "subject\n\nHost: x\n" };
	const struct es_oid none = { { 0 } };
	struct es_oid id;
	char hex[ES_OID_HEX + 1];

	if (!has_keygen)
		return;
	make(&sig, "a");
	ok(es_store_init(REPO, "/", &err));
	ok(es_store_open(&st, REPO, &err));
	ok(es_store_lock(st, 1, &err));
	ok(es_lane_new(&lane, st, &err));
	ok(es_lane_put(&d.tree, lane, ES_KIND_TREE, "", 0, &err));
	d.signer = s;
	ok(es_commit_write(&id, lane, &d, &err));
	ok(es_store_install(st, &err));
	ok(es_store_move(st, "main", &id, &none, &err));
	ok(es_commit_read(&c, st, &id, &err));
	ck_assert_str_eq(es_commit_message(c), "subject\n\nHost: x\n");
	ck_assert_str_eq(es_commit_trailer(c, "Host", 0), "x");
	ck_assert_int_eq(git(NULL, &out, "fsck", "--strict", "--full"), 0);
	ok(es_store_configure(REPO, "gpg.format", "ssh", &err));
	ok(es_store_configure(REPO, "gpg.ssh.allowedSignersFile", "allowed",
			      &err));
	es_oid_text(hex, &id);
	ck_assert_msg(git(NULL, &out, "verify-commit", hex) == 0, "%s",
		      es_buf_str(&out));
	ck_assert_ptr_nonnull(strstr(out.data, "Good \"git\" signature"));
	es_buf_reset(&out);
	ck_assert_int_eq(es_store_setting(&out, st, "gpg.format",
					  &(struct es_error)ES_ERROR_INIT),
			 1);
	ck_assert_str_eq(out.data, "ssh");
	ck_assert_int_eq(es_store_setting(&out, st, "gpg.program",
					  &(struct es_error)ES_ERROR_INIT),
			 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sign");
	TCase *t = tcase_create("sign");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, key_is_made_once);
	tcase_add_test(t, junk_is_no_public_key);
	tcase_add_test(t, signature_is_good);
	tcase_add_loop_test(t, list_decides, 0, es_lengthof(lists));
	tcase_add_test(t, every_flip_is_bad);
	tcase_add_loop_test(t, junk_is_bad, 0, es_lengthof(no_signatures));
	tcase_add_test(t, failure_is_told_or_refused);
	tcase_add_test(t, threads_may_ask);
	tcase_add_test(t, lists_that_are_gone_are_an_error);
	tcase_add_test(t, commit_is_signed_as_git_does_it);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return es_unit_main(s);
}
