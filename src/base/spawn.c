/* SPDX-License-Identifier: MIT */
/* spawn.c - run one program to its end: input, output, deadline */
#include "config.h"

#include "etcsnap/spawn.h"

#include "etcsnap/clock.h"
#include "etcsnap/fileio.h"
#include "etcsnap/process.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
/* Most variables that a program gets, passed and given. */
#define PASS_MAX 16
/* Descriptor of @file in the program. */
#define FILE_FD 3
/* Most bytes that a message quotes of what a program said. */
#define REASON_MAX ((size_t)300)
/* How often to look whether it has ended, milliseconds. */
#define TICK 50

enum {
	FD_IN,
	FD_FILE,
	FD_OUT,	 /* our end of its standard output */
	FD_ERR,	 /* and of its standard error */
	FD_OUT_, /* its ends */
	FD_ERR_,
	FDS,
};

struct child {
	const struct es_spawn *spawn;
	int fd[FDS];
	pid_t pid;
	int64_t until; /* milliseconds of the monotonic clock */
	bool exited;
	int status;
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void child_dispose(struct child *c)
{
	for (int i = 0; i < FDS; i++)
		close_fd(&c->fd[i]);
}

/* --------------------------------------------------------------- before it */

static int open_memory(int *fd, const void *data, size_t len)
{
	int rc;

	*fd = memfd_create("etcsnap-input", MFD_CLOEXEC);
	rc = es_process_lift(fd, FILE_FD);
	if (rc == 0)
		rc = es_write_all(*fd, data, len);
	if (rc == 0 && lseek(*fd, 0, SEEK_SET) < 0)
		rc = -errno;
	return rc;
}

static int open_pipe(int *ours, int *theirs)
{
	int fds[2];
	int rc;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	*ours = fds[0];
	*theirs = fds[1];
	rc = es_process_lift(ours, FILE_FD);
	if (rc == 0)
		rc = es_process_lift(theirs, FILE_FD);
	if (rc == 0 && fcntl(*ours, F_SETFL, O_NONBLOCK) < 0)
		rc = -errno;
	return rc;
}

static int open_all(struct child *c)
{
	const struct es_spawn *s = c->spawn;
	int rc;

	if (s->input) {
		rc = open_memory(&c->fd[FD_IN], s->input, s->input_len);
	} else {
		c->fd[FD_IN] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		rc = es_process_lift(&c->fd[FD_IN], FILE_FD);
	}
	if (rc == 0 && s->file)
		rc = open_memory(&c->fd[FD_FILE], s->file, s->file_len);
	if (rc == 0)
		rc = open_pipe(&c->fd[FD_OUT], &c->fd[FD_OUT_]);
	if (rc == 0)
		rc = open_pipe(&c->fd[FD_ERR], &c->fd[FD_ERR_]);
	return rc;
}

/* The first executable file of a name in a list of absolute directories. */
static bool look_in(struct es_buf *out, const char *dirs, const char *name)
{
	while (dirs && *dirs) {
		size_t len = strcspn(dirs, ":");

		es_buf_reset(out);
		if (dirs[0] == '/') {
			es_buf_add(out, dirs, len);
			es_buf_addf(out, "/%s", name);
			if (access(es_buf_str(out), X_OK) == 0)
				return true;
		}
		dirs += len + (dirs[len] == ':');
	}
	return false;
}

static bool find_program(struct es_buf *out, const char *name)
{
	if (!strchr(name, '/'))
		return look_in(out, PATH, name) ||
		       look_in(out, getenv("PATH"), name);
	es_buf_adds(out, name);
	return access(name, X_OK) == 0;
}

static int add_file_actions(posix_spawn_file_actions_t *a,
			    const struct child *c)
{
	int rc = posix_spawn_file_actions_adddup2(a, c->fd[FD_IN], 0);

	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(a, c->fd[FD_OUT_], 1);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(a, c->fd[FD_ERR_], 2);
	if (rc == 0 && c->fd[FD_FILE] >= 0)
		rc = posix_spawn_file_actions_adddup2(a, c->fd[FD_FILE],
						      FILE_FD);
#if defined(__GLIBC_PREREQ)
#if __GLIBC_PREREQ(2, 34)
	/* our own close by themselves; these are what we inherited */
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(
			a, FILE_FD + (c->fd[FD_FILE] >= 0));
#endif
#endif
	return rc;
}

static int set_attributes(posix_spawnattr_t *a, const struct child *c)
{
	short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
	sigset_t set;
	int rc;

	if (!c->spawn->ask)
		flags |= POSIX_SPAWN_SETSID;
	sigfillset(&set);
	rc = posix_spawnattr_setsigdefault(a, &set);
	sigemptyset(&set);
	if (rc == 0)
		rc = posix_spawnattr_setsigmask(a, &set);
	if (rc == 0)
		rc = posix_spawnattr_setflags(a, flags);
	return rc;
}

/* "NAME=VALUE" of all that it gets; to be freed. */
static int make_environment(char *env[PASS_MAX + 3], const struct es_spawn *s)
{
	const char *const *pass = s->pass;
	const char *const *more = s->env;
	size_t n = 0;

	env[n++] = strdup("PATH=" PATH);
	env[n++] = strdup("LC_ALL=C");
	for (; pass && *pass && n < PASS_MAX + 2; pass++) {
		const char *value = getenv(*pass);

		if (value && asprintf(&env[n], "%s=%s", *pass, value) < 0)
			env[n] = NULL;
		else if (value)
			n++;
	}
	for (; more && *more && n < PASS_MAX + 2; more++)
		if ((env[n] = strdup(*more)) != NULL)
			n++;
	return env[0] && env[1] ? 0 : -ENOMEM;
}

static int spawn(struct child *c, const char *path)
{
	char *env[PASS_MAX + 3] = { NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int rc = make_environment(env, c->spawn);

	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	if (rc == 0)
		rc = -add_file_actions(&actions, c);
	if (rc == 0)
		rc = -set_attributes(&attributes, c);
	/* it only reads the arguments, whatever its declaration says */
	if (rc == 0)
		rc = -posix_spawn(&c->pid, path, &actions, &attributes,
				  (char *const *)(uintptr_t)c->spawn->argv,
				  env);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	for (size_t i = 0; env[i]; i++)
		free(env[i]);
	return rc;
}

/* ---------------------------------------------------------------- while it */

/* What does not fit is read and forgotten; the buffer remembers. */
static void take(int *fd, struct es_buf *to)
{
	char room[16384];
	ssize_t n;

	while ((n = read(*fd, room, sizeof(room))) > 0)
		if (to)
			es_buf_add(to, room, (size_t)n);
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_fd(fd);
}

static void take_both(struct child *c)
{
	if (c->fd[FD_OUT] >= 0)
		take(&c->fd[FD_OUT], c->spawn->out);
	if (c->fd[FD_ERR] >= 0)
		take(&c->fd[FD_ERR], c->spawn->complaint);
}

static int reap(struct child *c, int flags)
{
	pid_t pid;

	do
		pid = waitpid(c->pid, &c->status, flags);
	while (pid < 0 && errno == EINTR);
	if (pid < 0)
		return -errno;
	c->exited = pid == c->pid;
	return 0;
}

static int end_it(struct child *c)
{
	kill(c->spawn->ask ? c->pid : -c->pid, SIGKILL);
	kill(c->pid, SIGKILL);
	reap(c, 0);
	return -ETIMEDOUT;
}

/* Until it has ended, whoever else may still hold its outputs. */
static int attend(struct child *c)
{
	int rc = 0;

	while (!c->exited && rc == 0) {
		struct pollfd fds[2] = { { c->fd[FD_OUT], POLLIN, 0 },
					 { c->fd[FD_ERR], POLLIN, 0 } };
		const bool silent = c->fd[FD_OUT] < 0 && c->fd[FD_ERR] < 0;
		const int64_t left = c->until - es_clock_ms();

		if (left <= 0)
			return end_it(c);
		if (poll(fds, 2,
			 silent	       ? 1
			 : left < TICK ? (int)left
				       : TICK) > 0)
			take_both(c);
		rc = reap(c, WNOHANG);
	}
	take_both(c);
	return rc;
}

static int fail_run(const struct child *c, int rc, struct es_error *err)
{
	const char *name = c->spawn->argv[0];

	if (rc == -ETIMEDOUT)
		return es_fail(err, rc, "%s did not end within %u seconds",
			       ES_Q(name), c->spawn->seconds);
	errno = -rc;
	return es_fail_errno(err, "cannot run %s", ES_Q(name));
}

int es_spawn_run(const struct es_spawn *s, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf path = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(child_dispose)
	struct child c = { .spawn = s, .fd = { -1, -1, -1, -1, -1, -1 } };
	int rc;

	if (!find_program(&path, s->argv[0]))
		return es_fail(err, -ENOENT, "%s is not installed",
			       ES_Q(s->argv[0]));
	rc = open_all(&c);
	if (rc == 0)
		rc = spawn(&c, es_buf_str(&path));
	if (rc < 0)
		return fail_run(&c, rc, err);
	close_fd(&c.fd[FD_OUT_]);
	close_fd(&c.fd[FD_ERR_]);
	c.until = es_clock_ms() + (int64_t)s->seconds * 1000;
	rc = attend(&c);
	if (rc < 0)
		return fail_run(&c, rc, err);
	if (!WIFEXITED(c.status))
		return es_fail(err, -EINTR, "%s was ended by signal %d",
			       ES_Q(s->argv[0]), WTERMSIG(c.status));
	if (s->out && s->out->failed)
		return es_fail(err, s->out->failed, "%s said too much",
			       ES_Q(s->argv[0]));
	return WEXITSTATUS(c.status);
}

/* The line at @text without blanks and full stops around; its bytes. */
static size_t trim(const char **text, size_t len)
{
	while (len && strchr("\r \t.", (*text)[len - 1]))
		len--;
	while (len && strchr("\r \t", **text)) {
		(*text)++;
		len--;
	}
	return len;
}

int es_spawn_reason(struct es_buf *out, const struct es_buf *text)
{
	const char *at = es_buf_str(text);
	size_t left = REASON_MAX;

	while (*at && left > 0) {
		const size_t line = strcspn(at, "\n");
		const char *begin = at;
		size_t len = trim(&begin, line);

		/* frames around a warning say nothing */
		if (len > 0 && *begin != '@') {
			if (left < REASON_MAX)
				es_buf_adds(out, ", ");
			if (len > left)
				len = left;
			es_quote_term(out, begin, len);
			left -= len;
		}
		at += line + (at[line] == '\n');
	}
	return out->failed;
}
