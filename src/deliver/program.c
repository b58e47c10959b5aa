/* SPDX-License-Identifier: MIT */
/* program.c - run one program, outside of the sandbox and inside a deadline */
#include "config.h"

#include "deliver/program_priv.h"
#include "etcsnap/clock.h"
#include "etcsnap/fileio.h"
#include "etcsnap/process.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

/* Milliseconds between SIGTERM and SIGKILL */
#define GRACE 2000

/* Milliseconds between two looks at whether it has ended */
#define LOOK 20

#define GROUPS 256

/* Whom to become */
struct identity {
	bool change;
	uid_t uid;
	gid_t gid;
	gid_t groups[GROUPS];
	int n;
};

/* A running program */
struct running {
	pid_t pid;
	int fds[2]; /* its output and error, -1 when closed */
	int input;
	int64_t until;
	bool told; /* SIGTERM was sent */
};

int es_program_check(const char *path, struct es_error *err)
{
	if (!path || path[0] != '/')
		return es_fail_config(err,
				      "'%s' is no absolute path of a "
				      "program",
				      ES_Q(path));
	return 0;
}

static int find_identity(struct identity *out, const char *user,
			 struct es_error *err)
{
	const struct passwd *pw;

	*out = (struct identity){ .n = GROUPS };
	if (!user)
		return 0;
	pw = getpwnam(user);
	if (!pw)
		return es_fail_config(err, "there is no user '%s'", ES_Q(user));
	if (geteuid() == pw->pw_uid && getuid() == pw->pw_uid)
		return 0;
	out->change = true;
	out->uid = pw->pw_uid;
	out->gid = pw->pw_gid;
	if (getgrouplist(user, pw->pw_gid, out->groups, &out->n) < 0)
		return es_fail_config(err,
				      "the user '%s' is in too many "
				      "groups",
				      ES_Q(user));
	return 0;
}

/* --- the program's side, after the fork ----------------------------------- */

static void complain(const char *what)
{
	const char *why = strerrordesc_np(errno);

	es_write_all(2, what, strlen(what));
	if (why)
		es_write_all(2, why, strlen(why));
}

static int become(const struct identity *id)
{
	if (!id->change)
		return 0;
	if (setgroups((size_t)id->n, id->groups) < 0 ||
	    setresgid(id->gid, id->gid, id->gid) < 0 ||
	    setresuid(id->uid, id->uid, id->uid) < 0)
		return -1;
	return 0;
}

__attribute__((noreturn)) static void be_program(const struct es_program *p,
						 const struct identity *id,
						 const int fds[3], pid_t parent)
{
	struct rlimit no_core = { 0, 0 };
	char *const *argv;
	char *const *envp;

	setsid();
	if (dup2(fds[0], 0) < 0 || dup2(fds[1], 1) < 0 || dup2(fds[2], 2) < 0)
		_exit(126);
	es_process_shed(NULL, 0);
	setrlimit(RLIMIT_CORE, &no_core);
	umask(077);
	if (become(id) < 0) {
		complain("cannot become its user: ");
		_exit(126);
	}
	if (chdir("/") < 0)
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	es_process_signals();
	/* execve(2) writes to neither. */
	memcpy(&argv, &p->argv, sizeof(argv));
	memcpy(&envp, &p->envp, sizeof(envp));
	execve(argv[0], argv, envp);
	complain("cannot execute it: ");
	_exit(errno == ENOENT ? 127 : 126);
}

/* --- our side ------------------------------------------------------------- */

static int make_input(const struct es_program *p, struct es_error *err)
{
	ES_CLEANUP(es_closep)
	int fd = memfd_create("etcsnap-input", MFD_CLOEXEC);
	int r;

	if (es_process_lift(&fd, 2) < 0)
		return es_fail_errno(err, "cannot make a file in memory");
	r = es_write_all(fd, p->input, p->len);
	if (r < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return es_fail(err, r < 0 ? r : -EIO,
			       "cannot write a file in memory");
	/* Nobody changes it any more, not even the program. */
	fchmod(fd, 0444);
	return es_steal_fd(&fd);
}

static int make_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	return es_process_lift(&ends[0], 2) < 0 ||
			       es_process_lift(&ends[1], 2) < 0
		       ? -1
		       : 0;
}

static int start(struct running *run, const struct es_program *p,
		 const struct identity *id, struct es_error *err)
{
	ES_CLEANUP(es_closep) int out = -1;
	ES_CLEANUP(es_closep) int said = -1;
	pid_t self = getpid();
	int ends[2];

	if (make_pipe(ends) < 0)
		return es_fail_errno(err, "cannot make a pipe");
	run->fds[0] = ends[0];
	out = ends[1];
	if (make_pipe(ends) < 0)
		return es_fail_errno(err, "cannot make a pipe");
	run->fds[1] = ends[0];
	said = ends[1];
	run->pid = fork();
	if (run->pid < 0)
		return es_fail_errno(err, "cannot make a process");
	if (run->pid == 0)
		be_program(p, id, (const int[]){ run->input, out, said }, self);
	run->until = es_clock_ms() + (int64_t)p->seconds * 1000;
	return 0;
}

/* Keeps what has room, swallows the rest. */
static void read_stream(int *fd, struct es_buf *to)
{
	char data[16384];
	ssize_t n = read(*fd, data, sizeof(data));
	size_t room = to->max - to->len;

	if (n > 0) {
		es_buf_add(to, data, (size_t)n < room ? (size_t)n : room);
	} else if (n == 0 || errno != EINTR) {
		close(*fd);
		*fd = -1;
	}
}

/* Return: whether something was there to be read. */
static bool listen_once(struct running *run, struct es_program_end *out,
			int wait)
{
	struct pollfd p[] = {
		{ run->fds[0], POLLIN, 0 },
		{ run->fds[1], POLLIN, 0 },
	};

	if (poll(p, 2, wait) <= 0)
		return false;
	if (p[0].revents)
		read_stream(&run->fds[0], &out->out);
	if (p[1].revents)
		read_stream(&run->fds[1], &out->said);
	return true;
}

/* It is left a zombie, so that its number, which is its group's too, is
 * nobody else's yet. */
static bool has_ended(pid_t pid)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return errno != EINTR;
	return info.si_pid == pid;
}

static void overdue(struct running *run, struct es_program_end *out)
{
	out->timed_out = true;
	if (kill(-run->pid, run->told ? SIGKILL : SIGTERM) < 0)
		kill(run->pid, run->told ? SIGKILL : SIGTERM);
	run->told = true;
	run->until = es_clock_ms() + GRACE;
}

static void wait_for_end(struct running *run, struct es_program_end *out)
{
	while (!has_ended(run->pid)) {
		listen_once(run, out, LOOK);
		if (es_clock_ms() >= run->until)
			overdue(run, out);
	}
	/* What is in the pipes still; others may keep them open. */
	while (listen_once(run, out, 0) && es_clock_ms() < run->until)
		;
}

static void bury(struct running *run, struct es_program_end *out, bool detaches)
{
	siginfo_t info = { 0 };

	waitid(P_PID, (id_t)run->pid, &info, WEXITED | WNOHANG | WNOWAIT);
	if (!detaches || info.si_code != CLD_EXITED || info.si_status != 0)
		kill(-run->pid, SIGKILL);
	while (waitpid(run->pid, &out->status, 0) < 0 && errno == EINTR)
		;
}

void es_program_end_dispose(struct es_program_end *s)
{
	es_buf_dispose(&s->out);
	es_buf_dispose(&s->said);
}

int es_program_run(struct es_program_end *out, const struct es_program *p,
		   struct es_error *err)
{
	struct running run = { .fds = { -1, -1 }, .input = -1 };
	struct identity id;
	int r;

	if (es_program_check(p->argv[0], err) < 0 ||
	    find_identity(&id, p->user, err) < 0)
		return err->code;
	run.input = make_input(p, err);
	if (run.input < 0)
		return run.input;
	r = start(&run, p, &id, err);
	if (r == 0) {
		wait_for_end(&run, out);
		bury(&run, out, p->detaches);
		out->read_all = lseek(run.input, 0, SEEK_CUR) >= (off_t)p->len;
	}
	es_closep(&run.input);
	es_closep(&run.fds[0]);
	es_closep(&run.fds[1]);
	return r;
}
