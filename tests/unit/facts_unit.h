/* SPDX-License-Identifier: MIT */
/* facts_unit.h - a made-up root, /proc and /sys for the tests of facts */
#ifndef ETCSNAP_TESTS_FACTS_UNIT_H
#define ETCSNAP_TESTS_FACTS_UNIT_H

#include "facts/facts_priv.h"

#include "etcsnap/cleanup.h"
#include "etcsnap/fileio.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

/** struct facts_unit - the directory of a test, its current one */
struct facts_unit {
	char path[64];
	struct es_facts_options options;
	struct es_fact_source src;
};

static struct facts_unit unit;

/** unit_parents - make the directories that a path needs */
static void unit_parents(const char *path)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf dir = ES_BUF_INIT(4096);
	struct es_error err = ES_ERROR_INIT;

	es_path_dirname(&dir, path);
	ck_assert_int_eq(es_mkdirs(es_buf_str(&dir), 0755, &err), 0);
}

/** unit_put_bytes - write a file, "root/etc/passwd" or "proc/modules" */
static void unit_put_bytes(const char *path, const char *text, size_t len)
{
	unit_parents(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(es_write_all(fd, text, len), 0);
	close(fd);
}

static inline void unit_put(const char *path, const char *text)
{
	unit_put_bytes(path, text, strlen(text));
}

/** unit_link - make a symbolic link */
static inline void unit_link(const char *target, const char *path)
{
	unit_parents(path);
	ck_assert_int_eq(symlink(target, path), 0);
}

static void unit_enter(void)
{
	es_unit_enter_dir(unit.path);
	ck_assert_int_eq(mkdir("root", 0755), 0);
	ck_assert_int_eq(mkdir("proc", 0755), 0);
	ck_assert_int_eq(mkdir("sys", 0755), 0);
	unit.options = (struct es_facts_options){ .root = "root" };
	unit.src.options = &unit.options;
	unit.src.root = open("root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	unit.src.proc = open("proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	unit.src.sys = open("sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void unit_leave(void)
{
	close(unit.src.root);
	close(unit.src.proc);
	close(unit.src.sys);
	es_unit_leave_dir(unit.path);
}

/** unit_fact - what a fact says, sorted; ends the test unless it returns @rc */
static inline void unit_fact(es_fact_fn fact, int rc, const char *want)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_FACT_MAX);

	ck_assert_int_eq(fact(&unit.src, &b), rc);
	ck_assert_int_eq(es_fact_sort(&b), 0);
	ck_assert_str_eq(es_buf_str(&b), want);
}

#endif
