/* SPDX-License-Identifier: MIT */
/* key.c - the secret key: load it, make it, replace it */
#include "config.h"

#include "cycle/key_priv.h"

#include "etcsnap/buf.h"
#include "etcsnap/digest.h"
#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Hexadecimal digits and a newline */
#define TEXT_LEN (ES_KEY_LEN * 2 + 1)

static int open_key(const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, st) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* Return: 0, or -EINVAL when this is no key. */
static int read_key(uint8_t out[ES_KEY_LEN], int fd)
{
	char raw[TEXT_LEN + 1];
	ssize_t n = read(fd, raw, sizeof(raw));
	int bad = n < ES_KEY_LEN * 2 || es_unhex(out, raw, ES_KEY_LEN) < 0;

	explicit_bzero(raw, sizeof(raw));
	return bad ? -EINVAL : 0;
}

int es_key_load(struct es_session *s, struct es_error *err)
{
	struct stat st;
	ES_CLEANUP(es_closep) int fd = open_key(s->key_path, &st);

	if (fd < 0 && errno == ENOENT)
		return es_fail(err, -ENOENT,
			       "the secret key %s is missing; put it back from "
			       "a backup, or start over with 'etcsnap init "
			       "--reset'",
			       ES_Q(s->key_path));
	if (fd < 0)
		return es_fail_errno(err, "cannot open the secret key %s",
				     ES_Q(s->key_path));
	if (!S_ISREG(st.st_mode))
		return es_fail(err, -EINVAL,
			       "the secret key %s is no regular file",
			       ES_Q(s->key_path));
	if (st.st_mode & 077)
		return es_fail(err, -EPERM,
			       "the secret key %s is readable by others; "
			       "check who saw it, then 'chmod 600' it and "
			       "'etcsnap config rotate-key'",
			       ES_Q(s->key_path));
	if (read_key(s->key, fd) < 0)
		return es_fail(err, -EINVAL,
			       "the secret key %s is damaged; put it back from "
			       "a backup, or start over with 'etcsnap init "
			       "--reset'",
			       ES_Q(s->key_path));
	s->has_key = true;
	return 0;
}

/* A new key in a new file, durable. Return: 0 or a negative errno; -EEXIST
 * without an error. */
static int write_key(const char *path, struct es_error *err)
{
	uint8_t raw[ES_KEY_LEN];
	char text[TEXT_LEN + 1];
	ES_CLEANUP(es_closep)
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int rc = 0;

	if (fd < 0 && errno == EEXIST)
		return -EEXIST;
	if (fd < 0)
		return es_fail_errno(err, "cannot create the secret key %s",
				     ES_Q(path));
	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw)) {
		rc = es_fail_errno(err, "cannot get random bytes");
	} else {
		es_hex(text, raw, sizeof(raw));
		text[ES_KEY_LEN * 2] = '\n';
		rc = es_write_all(fd, text, TEXT_LEN);
		if (rc == 0 && fsync(fd) < 0)
			rc = -errno;
		if (rc < 0)
			es_fail(err, rc, "cannot write the secret key %s: %s",
				ES_Q(path), strerror(-rc));
	}
	explicit_bzero(raw, sizeof(raw));
	explicit_bzero(text, sizeof(text));
	if (rc < 0)
		unlink(path);
	return rc;
}

/* A key is made once; one that is there is never replaced here. */
int es_key_make(const struct es_session *s, struct es_error *err)
{
	int rc = write_key(s->key_path, err);

	if (rc == -EEXIST)
		return 0;
	return rc < 0 ? rc : 1;
}

int es_key_number(uint64_t *out, const uint8_t key[ES_KEY_LEN],
		  struct es_error *err)
{
	static const char what[] = "etcsnap key id";
	ES_CLEANUP(es_digest_freep) struct es_digest *d = NULL;
	uint8_t mac[ES_SHA256_LEN];

	if (es_digest_new(&d, ES_DIGEST_HMAC, key, err) < 0)
		return err->code;
	es_digest_begin(d);
	es_digest_update(d, what, sizeof(what) - 1);
	es_digest_end(d, mac);
	*out = es_hash64(mac, sizeof(mac), 0);
	return 0;
}

/* ------------------------------------------------------------ replacing */

static int new_path(struct es_buf *out, const struct es_session *s,
		    struct es_error *err)
{
	es_buf_adds(out, s->key_path);
	es_buf_adds(out, ES_KEY_NEW);
	return es_buf_check(out, err);
}

/* Names of files are durable when their directory is. */
static int sync_dir(const struct es_session *s, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf dir = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_closep) int fd = -1;

	es_path_dirname(&dir, s->key_path);
	if (es_buf_check(&dir, err) < 0)
		return err->code;
	fd = open(dir.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return es_fail_errno(err, "cannot write the directory %s",
				     ES_Q(dir.data));
	return 0;
}

int es_key_pending(uint8_t out[ES_KEY_LEN], const struct es_session *s,
		   struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 16);
	struct stat st;

	if (new_path(&path, s, err) < 0)
		return err->code;
	ES_CLEANUP(es_closep) int fd = open_key(path.data, &st);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return es_fail_errno(err, "cannot open the secret key %s",
				     ES_Q(path.data));
	return S_ISREG(st.st_mode) && !(st.st_mode & 077) &&
	       read_key(out, fd) == 0;
}

int es_key_renew(struct es_session *s, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 16);
	uint8_t key[ES_KEY_LEN];
	int rc = new_path(&path, s, err);

	if (rc < 0)
		return rc;
	/* one that is there still is of no commit: see es_key_pending() */
	unlink(path.data);
	rc = write_key(path.data, err);
	if (rc == -EEXIST)
		rc = es_fail(err, rc, "%s is there already", ES_Q(path.data));
	if (rc == 0)
		rc = sync_dir(s, err);
	if (rc == 0)
		rc = es_key_pending(key, s, err);
	if (rc > 0) {
		memcpy(s->key, key, sizeof(key));
		explicit_bzero(key, sizeof(key));
		return 0;
	}
	es_key_drop(s);
	return rc < 0 ? rc
		      : es_fail(err, -EIO, "%s cannot be read back",
				ES_Q(path.data));
}

int es_key_settle(struct es_session *s, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 16);

	if (new_path(&path, s, err) < 0)
		return err->code;
	if (rename(path.data, s->key_path) < 0)
		return es_fail_errno(err, "cannot rename %s to %s",
				     ES_Q(path.data), ES_Q(s->key_path));
	if (sync_dir(s, err) < 0)
		return err->code;
	return es_key_load(s, err);
}

void es_key_drop(struct es_session *s)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 16);
	struct es_error err = ES_ERROR_INIT;

	/* nearly always there is none, and nothing is asked to be written */
	if (new_path(&path, s, &err) == 0 && access(path.data, F_OK) == 0)
		unlink(path.data);
}
