/* SPDX-License-Identifier: MIT */
/* parent.c - start the process that sends, hear it out, end it in time */
#include "config.h"

#include "deliver/transport_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What the child keeps of our environment: proxies, what the resolver and the
 * loader go by, and what a build for tests wants. */
static const char *const kept[] = {
	"ALL_PROXY",	"ASAN_OPTIONS",	 "HTTPS_PROXY", "LD_LIBRARY_PATH",
	"LOCALDOMAIN",	"LSAN_OPTIONS",	 "NO_PROXY",	"RES_OPTIONS",
	"TSAN_OPTIONS", "UBSAN_OPTIONS", "all_proxy",	"http_proxy",
	"https_proxy",	"no_proxy",
};

#define KEPT (sizeof(kept) / sizeof(*kept))

/* Milliseconds that an ended child gets to be gone */
#define BURY_TIME 1000

/* Room for those, the locale and the end */
#define ENVIRONMENT (KEPT + 2)

extern char **environ;

static bool is_kept(const char *line)
{
	for (size_t i = 0; i < KEPT; i++) {
		size_t len = strlen(kept[i]);

		if (strncmp(line, kept[i], len) == 0 && line[len] == '=')
			return true;
	}
	return false;
}

static void make_environment(const char *env[ENVIRONMENT])
{
	size_t n = 0;

	env[n++] = "LC_ALL=C.UTF-8";
	for (char **line = environ; line && *line; line++) {
		if (n < ENVIRONMENT - 1 && is_kept(*line))
			env[n++] = *line;
	}
	env[n] = NULL;
}

/* Puts the three descriptors into their places; none is among those yet. */
static int place(int request, int answer, int null)
{
	return dup2(request, ES_CHILD_REQUEST) < 0 ||
			       dup2(answer, ES_CHILD_ANSWER) < 0 ||
			       dup2(null, 2) < 0
		       ? -1
		       : 0;
}

__attribute__((noreturn)) static void be_child(const char *program,
					       const int fds[3], pid_t parent,
					       const char *const *env)
{
	static char name[] = "etcsnap-send";
	char *argv[] = { name, NULL };
	char *envp[ENVIRONMENT];

	/* Should the parent die now, nobody waits for an answer. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || place(fds[0], fds[1], fds[2]) < 0)
		_exit(126);
	es_process_shed(NULL, 0);
	es_process_signals();
	signal(SIGPIPE, SIG_IGN);
	memcpy(envp, env, sizeof(envp));
	execve(program, argv, envp);
	_exit(127);
}

int es_child_start(struct es_child *out, const char *program, int request,
		   struct es_error *err)
{
	ES_CLEANUP(es_closep) int null = -1;
	ES_CLEANUP(es_closep) int high = fcntl(request, F_DUPFD_CLOEXEC, 3);
	ES_CLEANUP(es_closep) int from = -1;
	ES_CLEANUP(es_closep) int to = -1;
	const char *env[ENVIRONMENT] = { NULL };
	pid_t self = getpid();
	int ends[2];

	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (es_process_lift(&null, 2) < 0 || high < 0 ||
	    pipe2(ends, O_CLOEXEC) < 0)
		return es_fail_errno(err, "cannot make a pipe");
	from = ends[0];
	to = ends[1];
	if (es_process_lift(&from, 2) < 0 || es_process_lift(&to, 2) < 0)
		return es_fail_errno(err, "cannot make a pipe");
	make_environment(env);
	out->pid = fork();
	if (out->pid < 0)
		return es_fail_errno(err, "cannot make a process");
	if (out->pid == 0)
		be_child(program, (const int[]){ high, to, null }, self, env);
	out->answer = es_steal_fd(&from);
	return 0;
}

/* Return: 1 when something was read, 0 at the end, -1 when there is no point
 * in going on. */
static int read_some(int fd, struct es_buf *answer)
{
	char data[16384];
	ssize_t n = read(fd, data, sizeof(data));

	if (n < 0)
		return errno == EINTR ? 1 : -1;
	if (n == 0)
		return 0;
	return es_buf_add(answer, data, (size_t)n) < 0 ? -1 : 1;
}

/* Return: 0 when it was heard to its end, else a negative errno. */
static int listen_to(int fd, struct es_buf *answer, int64_t until)
{
	struct pollfd p = { fd, POLLIN, 0 };

	for (;;) {
		int64_t left = until - es_clock_ms();
		int r;

		if (left <= 0)
			return -ETIMEDOUT;
		r = poll(&p, 1, left < 60000 ? (int)left : 60000);
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r <= 0)
			continue;
		r = read_some(fd, answer);
		if (r <= 0)
			return r < 0 ? -EBADMSG : 0;
	}
}

/* One that has closed its pipe has nothing left to do; it gets a moment. */
static int bury(pid_t pid, bool kill_now)
{
	int status = 0;

	for (int i = 0; !kill_now && i < BURY_TIME; i++) {
		pid_t done = waitpid(pid, &status, WNOHANG);

		if (done == pid || (done < 0 && errno != EINTR))
			return status;
		poll(NULL, 0, 1);
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

int es_child_finish(struct es_child *c, struct es_buf *answer,
		    unsigned int seconds)
{
	int r = listen_to(c->answer, answer,
			  es_clock_ms() + (int64_t)seconds * 1000);
	int status = bury(c->pid, r != 0);

	close(c->answer);
	return r == -ETIMEDOUT ? r : status;
}
