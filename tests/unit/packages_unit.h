/* SPDX-License-Identifier: MIT */
/* packages_unit.h - what the tests of package databases share */
#ifndef ETCSNAP_TESTS_PACKAGES_UNIT_H
#define ETCSNAP_TESTS_PACKAGES_UNIT_H

#include "etcsnap/buf.h"
#include "etcsnap/digest.h"
#include "etcsnap/fileio.h"
#include "etcsnap/packages.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "unit.h"

#include "run.h"

/** put_bytes - write a file below the working directory, parents included */
static inline void put_bytes(const char *path, const void *data, size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf dir = ES_BUF_INIT(4096);
	struct es_error err = ES_ERROR_INIT;

	ck_assert_int_eq(es_path_dirname(&dir, path), 0);
	ck_assert_int_eq(es_mkdirs(es_buf_str(&dir), 0755, &err), 0);
	es_unit_spill(path, data, len);
}

/** put - the same with a text */
static inline void put(const char *path, const char *text)
{
	put_bytes(path, text, strlen(text));
}

/** open_here - the packages of the working directory */
static inline struct es_packages *open_here(void)
{
	struct es_packages *p = NULL;
	struct es_error err = ES_ERROR_INIT;
	int rc = es_packages_open(&p, ".", &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	return p;
}

/** owner_name - name of a path's owner, "-" for nobody; @out may be NULL */
static inline const char *owner_name(struct es_packages *p, const char *path,
				     struct es_package_file *out)
{
	struct es_package_file file;
	struct es_error err = ES_ERROR_INIT;
	int rc = es_packages_owner(p, path, strlen(path), out ? out : &file,
				   &err);

	ck_assert_msg(rc >= 0, "%s", err.msg);
	if (rc == 0)
		return "-";
	return out ? out->package->name : file.package->name;
}

static inline int count_file(void *payload, const char *path, size_t len,
			     const struct es_package_file *file)
{
	ck_assert_uint_eq(strlen(path), len);
	ck_assert_int_eq(path[0], '/');
	ck_assert_ptr_nonnull(file->package);
	++*(size_t *)payload;
	return 0;
}

/** count_files - how many files there are of all packages */
static inline size_t count_files(struct es_packages *p)
{
	struct es_error err = ES_ERROR_INIT;
	size_t n = 0;
	int rc = es_packages_each_file(p, count_file, &n, &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	return n;
}

/** hex_of - digest of a file as hexadecimal digits, "" for none */
static inline const char *hex_of(const struct es_package_file *file,
				 char out[65])
{
	static const size_t lens[] = { 0, ES_MD5_LEN, ES_SHA1_LEN,
				       ES_SHA256_LEN };

	return es_hex(out, file->digest, lens[file->kind]);
}

/** lacks - whether a test cannot be made; says why */
static inline int lacks(const char *program)
{
	if (es_unit_has(program))
		return 0;
	printf("# skipped: %s is not installed\n", program);
	fflush(stdout);
	return 1;
}

#endif
