/* SPDX-License-Identifier: MIT */
/* pack_install.c - finish a pack, write its index, give both their names */
#include "config.h"

#include "store/pack_priv.h"

#include "etcsnap/digest.h"
#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes read at once for the checksum. */
#define READ_SIZE ((size_t)1 << 18)
/* Finished packs are never written again; only the owner reads them. */
#define PACK_MODE 0400

/*
 * The header's count comes first in the checksum and is known last, so the
 * file is read once more, from the page cache.
 */
static int hash_file(int fd, uint64_t len, struct es_digest *sha)
{
	ES_CLEANUP(es_freep) char *buf = malloc(READ_SIZE);
	uint64_t done = 0;

	if (!buf)
		return -ENOMEM;
	while (done < len) {
		const uint64_t left = len - done;
		const size_t want = left < READ_SIZE ? (size_t)left : READ_SIZE;
		const ssize_t n = pread(fd, buf, want, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		es_digest_update(sha, buf, (size_t)n);
		done += (uint64_t)n;
	}
	return 0;
}

static int write_header(const struct es_pack *p)
{
	const uint32_t n_objects = (uint32_t)p->n;
	const uint8_t header[] = {
		'P',
		'A',
		'C',
		'K',
		0,
		0,
		0,
		2,
		(uint8_t)(n_objects >> 24),
		(uint8_t)(n_objects >> 16),
		(uint8_t)(n_objects >> 8),
		(uint8_t)n_objects,
	};

	const ssize_t n = pwrite(p->fd, header, sizeof(header), 0);
	if (n < 0)
		return -errno;
	return n == (ssize_t)sizeof(header) ? 0 : -EIO;
}

static int seal(struct es_pack *p, struct es_digest *sha,
		uint8_t trailer[ES_SHA1_LEN])
{
	int rc = write_header(p);

	/* Let the disk begin while the processor hashes. */
	(void)sync_file_range(p->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	es_digest_begin(sha);
	if (rc == 0)
		rc = hash_file(p->fd, p->written, sha);
	if (rc < 0)
		return rc;
	es_digest_end(sha, trailer);
	rc = es_write_all(p->fd, trailer, ES_SHA1_LEN);
	if (rc == 0 && fchmod(p->fd, PACK_MODE) < 0)
		rc = -errno;
	if (rc == 0 && fdatasync(p->fd) < 0)
		rc = -errno;
	return rc;
}

/* Make a finished index in a temporary file, whose name goes to *out. */
static int make_index(const struct es_pack *p,
		      const uint8_t trailer[ES_SHA1_LEN], char **out,
		      struct es_error *err)
{
	char *tmp = NULL;

	if (asprintf(&tmp, "%s/" ES_PACK_TMP_IDX "XXXXXX", p->dir) < 0)
		return es_fail_oom(err);
	ES_CLEANUP(es_closep) int fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0) {
		es_fail_errno(err, "cannot make a file in '%s'", ES_Q(p->dir));
		free(tmp);
		return err->code;
	}
	*out = tmp;
	if (es_pack_index_write(p, fd, trailer, err) < 0)
		return es_wrap(err, "cannot write an index in '%s'",
			       ES_Q(p->dir));
	if (fchmod(fd, PACK_MODE) < 0 || fdatasync(fd) < 0)
		return es_fail_errno(err, "cannot write an index in '%s'",
				     ES_Q(p->dir));
	return 0;
}

static int sync_dir(const char *dir)
{
	ES_CLEANUP(es_closep)
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

/* A reader finds a pack by its index, so the index comes last. */
static int rename_both(struct es_pack *p, const char *idx_tmp, const char *pack,
		       const char *idx)
{
	if (rename(p->tmp, pack) < 0)
		return -errno;
	if (rename(idx_tmp, idx) < 0) {
		const int rc = -errno;

		unlink(pack);
		return rc;
	}
	const int rc = sync_dir(p->dir);
	if (rc < 0) {
		unlink(idx);
		unlink(pack);
	}
	return rc;
}

static int name_both(struct es_pack *p, const char *idx_tmp,
		     const uint8_t trailer[ES_SHA1_LEN], struct es_error *err)
{
	ES_CLEANUP(es_freep) char *pack = NULL;
	ES_CLEANUP(es_freep) char *idx = NULL;
	char hex[ES_OID_HEX + 1];

	es_hex(hex, trailer, ES_SHA1_LEN);
	if (asprintf(&pack, "%s/pack-%s.pack", p->dir, hex) < 0)
		pack = NULL;
	if (asprintf(&idx, "%s/pack-%s.idx", p->dir, hex) < 0)
		idx = NULL;
	if (!pack || !idx)
		return es_fail_oom(err);
	snprintf(p->stem, sizeof(p->stem), "pack-%s", hex);
	/* The same bytes are there already: what we have goes as it came. */
	if (access(idx, F_OK) == 0 && access(pack, F_OK) == 0)
		return 0;
	const int rc = rename_both(p, idx_tmp, pack, idx);
	if (rc < 0) {
		errno = -rc;
		return es_fail_errno(err, "cannot install a pack in '%s'",
				     ES_Q(p->dir));
	}
	return 0;
}

static int install_locked(struct es_pack *p, struct es_error *err)
{
	ES_CLEANUP(es_digest_freep) struct es_digest *sha = NULL;
	uint8_t trailer[ES_SHA1_LEN];
	char *idx_tmp = NULL;

	if (es_digest_new(&sha, ES_DIGEST_SHA1, NULL, err) < 0)
		return err->code;
	int rc = es_pack_flush(p);
	if (rc < 0) {
		*err = p->failure;
		return rc;
	}
	rc = seal(p, sha, trailer);
	if (rc < 0) {
		errno = -rc;
		return es_fail_errno(err, "cannot write a pack in '%s'",
				     ES_Q(p->dir));
	}
	rc = make_index(p, trailer, &idx_tmp, err);
	if (rc == 0)
		rc = name_both(p, idx_tmp, trailer, err);
	/* After a rename there is nothing of these names. */
	if (idx_tmp)
		unlink(idx_tmp);
	free(idx_tmp);
	return rc;
}

int es_pack_install(struct es_pack *p, struct es_error *err)
{
	int rc = 0;

	pthread_mutex_lock(&p->lock);
	if (p->failure.code) {
		*err = p->failure;
		rc = err->code;
	} else if (p->n && !p->tmp) {
		rc = es_fail(err, -ENOLCK,
			     "what was put before '%s' was locked cannot be "
			     "kept",
			     ES_Q(p->dir));
	} else if (p->n) {
		rc = install_locked(p, err);
		/* Sealed halfway: adding to it would make nonsense. */
		if (rc < 0)
			p->failure = *err;
		else
			es_pack_reset(p);
		rc = rc < 0 ? rc : 1;
	}
	pthread_mutex_unlock(&p->lock);
	return rc;
}
