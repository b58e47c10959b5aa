/* SPDX-License-Identifier: MIT */
/* runner_loop.c - the keeper: start, read, end and bury programs */
#include "config.h"

#include "commands/runner_priv.h"

#include "etcsnap/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Milliseconds that a killed process gets to be gone; one that hangs in the
 * kernel is not waited for. */
#define BURY_TIME 1000

/* Bytes of one read */
#define CHUNK 65536

/* What was done to a program; each step follows the last after some time. */
enum phase {
	PHASE_RUNNING,
	PHASE_TERMINATED,
	PHASE_KILLED,
};

/* A place for one running program; free while @pid is 0. */
struct slot {
	size_t job;
	pid_t pid;
	int fds[ES_RUNNER_STREAMS];
	uint64_t discarded;
	int64_t until; /* when the next phase begins, milliseconds */
	enum phase phase;
};

struct keeper {
	struct es_runner *r;
	struct slot slots[ES_RUNNER_PARALLEL];
	size_t next;
	int signals;
	pid_t self;
};

static struct es_outcome *outcome_of(const struct keeper *k,
				     const struct slot *s)
{
	return &k->r->outcomes[s->job];
}

/* The whole group; before the program has one, the program alone. */
static void send_signal(const struct slot *s, int sig)
{
	if (kill(-s->pid, sig) < 0)
		kill(s->pid, sig);
}

static void close_stream(struct slot *s, int stream)
{
	if (s->fds[stream] >= 0)
		close(s->fds[stream]);
	s->fds[stream] = -1;
}

/* Whether the program itself has ended. It is left a zombie, so that its
 * number, which is its group's too, belongs to nobody else yet. */
static bool has_exited(const struct keeper *k, const struct slot *s)
{
	struct es_outcome *o = outcome_of(k, s);
	siginfo_t info = { 0 };

	if (waitid(P_PID, (id_t)s->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return true;
	if (info.si_pid != s->pid)
		return false;
	if (s->phase == PHASE_RUNNING && !o->exited) {
		o->exited = true;
		o->status = info.si_code == CLD_EXITED
				    ? (info.si_status & 0xff) << 8
				    : info.si_status & 0x7f;
	}
	return true;
}

static void end_slot(const struct keeper *k, struct slot *s)
{
	/* What it left behind in its group has nobody to work for. */
	send_signal(s, SIGKILL);
	waitpid(s->pid, NULL, WNOHANG);
	for (int i = 0; i < ES_RUNNER_STREAMS; i++)
		close_stream(s, i);
	s->pid = 0;
	outcome_of(k, s)->done = true;
}

static void kill_slot(struct slot *s)
{
	send_signal(s, SIGKILL);
	s->phase = PHASE_KILLED;
	s->until = es_clock_ms() + BURY_TIME;
}

/* One step nearer to its end. */
static void overdue(const struct keeper *k, struct slot *s, bool exited)
{
	struct es_outcome *o = outcome_of(k, s);

	switch (s->phase) {
	case PHASE_RUNNING:
		o->held = exited;
		o->timed_out = !exited;
		send_signal(s, SIGTERM);
		s->phase = PHASE_TERMINATED;
		s->until = es_clock_ms() + ES_RUNNER_GRACE * 1000;
		break;
	case PHASE_TERMINATED:
		kill_slot(s);
		break;
	case PHASE_KILLED:
		end_slot(k, s);
		break;
	}
}

/* What is to be done for a program that has nothing to read. */
static void check_slot(const struct keeper *k, struct slot *s)
{
	bool exited = has_exited(k, s);
	bool silent = s->fds[0] < 0 && s->fds[1] < 0;

	if (exited && (silent || s->phase == PHASE_KILLED))
		end_slot(k, s);
	else if (es_clock_ms() >= s->until)
		overdue(k, s, exited);
}

/* Keeps what has room. */
static void keep(const struct keeper *k, struct slot *s, int stream,
		 const char *data, size_t len)
{
	const struct es_job *job = &k->r->jobs[s->job];
	struct es_outcome *o = outcome_of(k, s);
	uint64_t room = job->max_output - o->len[stream];
	uint64_t at = k->r->regions[s->job] +
		      (uint64_t)stream * job->max_output + o->len[stream];
	size_t n = len < room ? len : (size_t)room;

	for (size_t done = 0; done < n && !o->lost;) {
		ssize_t put = pwrite(k->r->output, data + done, n - done,
				     (off_t)(at + done));

		if (put < 0 && errno != EINTR)
			o->lost = errno;
		if (put > 0)
			done += (size_t)put;
	}
	o->len[stream] += n;
	if (n == len)
		return;
	o->cut[stream] = true;
	s->discarded += len - n;
	if (s->phase == PHASE_RUNNING &&
	    s->discarded / ES_RUNNER_FLOOD > job->max_output) {
		o->flooded = true;
		kill_slot(s);
	}
}

static void read_stream(const struct keeper *k, struct slot *s, int stream)
{
	char data[CHUNK];
	ssize_t n = read(s->fds[stream], data, sizeof(data));

	if (n > 0)
		keep(k, s, stream, data, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_stream(s, stream);
}

/* Forks the program. Return: 0 or -1 with errno. */
static int fork_program(struct keeper *k, struct slot *s)
{
	const struct es_job *job = &k->r->jobs[s->job];
	int out[2], err[2];

	if (pipe2(out, O_CLOEXEC) < 0)
		return -1;
	if (pipe2(err, O_CLOEXEC) < 0) {
		close(out[0]);
		close(out[1]);
		return -1;
	}
	s->pid = fork();
	if (s->pid == 0)
		es_runner_exec(job, outcome_of(k, s),
			       (const int[]){ k->r->null, out[1], err[1] },
			       k->self);

	int why = errno;

	close(out[1]);
	close(err[1]);
	s->fds[0] = out[0];
	s->fds[1] = err[0];
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	fcntl(err[0], F_SETFL, O_NONBLOCK);
	errno = why;
	return s->pid < 0 ? -1 : 0;
}

static void start_job(struct keeper *k, struct slot *s)
{
	*s = (struct slot){ .job = k->next++, .fds = { -1, -1 } };
	s->until = es_clock_ms() + k->r->jobs[s->job].timeout * 1000;
	if (fork_program(k, s) == 0)
		return;

	struct es_outcome *o = outcome_of(k, s);

	o->error = errno;
	o->stage = ES_JOB_STARTED;
	o->done = true;
	close_stream(s, 0);
	close_stream(s, 1);
	s->pid = 0;
}

/* Return: how many run. */
static size_t fill_slots(struct keeper *k)
{
	size_t n = 0;

	for (size_t i = 0; i < ES_RUNNER_PARALLEL; i++) {
		struct slot *s = &k->slots[i];

		while (!s->pid && k->next < k->r->n)
			start_job(k, s);
		n += s->pid != 0;
	}
	return n;
}

/* Milliseconds until something is due at the latest */
static int time_left(const struct keeper *k)
{
	int64_t now = es_clock_ms();
	int64_t least = 60000;

	for (size_t i = 0; i < ES_RUNNER_PARALLEL; i++) {
		const struct slot *s = &k->slots[i];

		if (s->pid && s->until - now < least)
			least = s->until - now;
	}
	return least > 0 ? (int)least : 0;
}

/* Waits, and reads what there is. Return: false when the lifeline is cut. */
static bool serve(struct keeper *k)
{
	struct pollfd fds[2 + ES_RUNNER_PARALLEL * ES_RUNNER_STREAMS];
	struct signalfd_siginfo info;
	nfds_t n = 0;

	fds[n++] = (struct pollfd){ k->r->lifeline[0], POLLIN, 0 };
	fds[n++] = (struct pollfd){ k->signals, POLLIN, 0 };
	for (size_t i = 0; i < ES_RUNNER_PARALLEL; i++) {
		struct slot *s = &k->slots[i];

		for (int j = 0; j < ES_RUNNER_STREAMS; j++)
			fds[n++] = (struct pollfd){ s->pid ? s->fds[j] : -1,
						    POLLIN, 0 };
	}
	if (poll(fds, n, time_left(k)) <= 0)
		return true;
	if (fds[0].revents)
		return false;
	if (fds[1].revents) {
		while (read(k->signals, &info, sizeof(info)) > 0)
			;
	}
	for (nfds_t i = 2; i < n; i++) {
		if (fds[i].revents)
			read_stream(k, &k->slots[(i - 2) / ES_RUNNER_STREAMS],
				    (int)((i - 2) % ES_RUNNER_STREAMS));
	}
	return true;
}

/* Kills the processes whose numbers stand in a file of /proc. */
static void kill_listed(int fd)
{
	char text[4096];
	ssize_t n = read(fd, text, sizeof(text));
	pid_t pid = 0;

	/* A number cut at the end comes again with the next round. */
	for (ssize_t i = 0; i < n; i++) {
		if (text[i] >= '0' && text[i] <= '9') {
			pid = pid * 10 + (text[i] - '0');
			continue;
		}
		if (pid > 1)
			kill(pid, SIGKILL);
		pid = 0;
	}
}

/* Ends what programs left running: those have become our children. */
static void kill_strays(void)
{
	for (int rounds = 0; rounds < BURY_TIME / 10; rounds++) {
		pid_t pid;
		int fd;

		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0)
			return;
		fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			return;
		kill_listed(fd);
		close(fd);
		poll(NULL, 0, 10);
	}
}

void es_runner_loop(struct es_runner *r)
{
	struct sigaction fallback = { .sa_handler = SIG_DFL };
	struct keeper k = { .r = r, .self = getpid() };
	bool alive = true;
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	sigaction(SIGCHLD, &fallback, NULL);
	sigemptyset(&all);
	sigaddset(&all, SIGCHLD);
	k.signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	while (alive && fill_slots(&k) > 0) {
		alive = serve(&k);
		for (size_t i = 0; i < ES_RUNNER_PARALLEL; i++) {
			if (k.slots[i].pid)
				check_slot(&k, &k.slots[i]);
		}
	}
	for (size_t i = 0; i < ES_RUNNER_PARALLEL; i++) {
		if (k.slots[i].pid)
			send_signal(&k.slots[i], SIGKILL);
	}
	kill_strays();
	if (k.signals >= 0)
		close(k.signals);
}
