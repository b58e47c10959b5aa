/* SPDX-License-Identifier: MIT */
/* run.h - unit tests ask another program whether it agrees */
#ifndef ETCSNAP_TESTS_RUN_H
#define ETCSNAP_TESTS_RUN_H

#include <fcntl.h>
#include <sys/wait.h>

#include "etcsnap/buf.h"

/** es_unit_exec - the child's part of es_unit_run() */
static inline void es_unit_exec(const char *const *argv, const char *input,
				int out)
{
	int in = open(input ? input : "/dev/null", O_RDONLY);
	char *args[64] = { NULL };

	for (size_t i = 0; argv[i] && i + 1 < es_lengthof(args); i++)
		args[i] = strdup(argv[i]);
	if (in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(126);
	/* No setting of the user's, no translated messages. */
	setenv("LC_ALL", "C", 1);
	setenv("TZ", "UTC", 1);
	setenv("HOME", "/nonexistent", 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	unsetenv("GIT_DIR");
	execvp(args[0], args);
	_exit(127);
}

/**
 * es_unit_run - run a program and take what it says
 * @out:   its standard output and error, reset first
 * @argv:  its arguments, the last one NULL; found by PATH
 * @input: file that is its standard input, or NULL
 *
 * Return: its exit status, -1 when it was killed or is not installed.
 */
static inline int es_unit_run(struct es_buf *out, const char *const *argv,
			      const char *input)
{
	char room[4096];
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	es_buf_reset(out);
	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		es_unit_exec(argv, input, fds[1]);
	close(fds[1]);
	while ((n = read(fds[0], room, sizeof(room))) > 0)
		es_buf_add(out, room, (size_t)n);
	close(fds[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) == 127)
		return -1;
	return WEXITSTATUS(status);
}

/** es_unit_spill - write bytes to a file of the working directory */
static inline void es_unit_spill(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

/** es_unit_has - whether a program is installed */
static inline int es_unit_has(const char *program)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf out = ES_BUF_INIT(ES_BUF_MAX);
	const char *const argv[] = { "sh", "-c", "command -v \"$0\"", program,
				     NULL };

	return es_unit_run(&out, argv, NULL) == 0;
}

#endif
