/* SPDX-License-Identifier: MIT */
/* owners.c - which programs have sockets open, by /proc/PID/fd */
#include "config.h"

#include "facts/sockets_priv.h"

#include "etcsnap/cleanup.h"
#include "etcsnap/fileio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>

/* What the kernel appends to the name of a program that was replaced. */
#define DELETED " (deleted)"

/*
 * The path of the program that a process runs, or, where that may not be
 * read, the name that the process has; it chooses that itself. That a file
 * was replaced under a running program is not told here.
 */
static char *program_of(int process)
{
	char text[PATH_MAX];
	int n = es_fact_link(text, sizeof(text), process, "exe");
	size_t cut = strlen(DELETED);

	if (n > 0) {
		size_t len = (size_t)n;

		if (len > cut && strcmp(text + len - cut, DELETED) == 0)
			text[len - cut] = '\0';
		return strdup(text);
	}
	n = es_fact_line(text, sizeof(text), process, "comm");
	return strdup(n > 0 ? text : "?");
}

/* Whether an error means that we may not look, rather than that it is gone. */
static bool is_forbidden(int error)
{
	return error == EACCES || error == EPERM;
}

/*
 * Number in "socket:[NUMBER]" by *inode, 0 for anything else. Returns false
 * where nothing of the process may be seen.
 */
static bool socket_of(uint64_t *inode, int fds, const char *name)
{
	static const char prefix[] = "socket:[";
	char text[64];
	int n = es_fact_link(text, sizeof(text), fds, name);

	*inode = 0;
	if (n < 0)
		return !is_forbidden(-n);
	if (strncmp(text, prefix, sizeof(prefix) - 1) == 0)
		*inode = es_fact_number(text + sizeof(prefix) - 1);
	return true;
}

/*
 * All sockets of one inode are one socket; a kind of kernel sockets has no
 * inode. Returns how many were given their program, or -ENOMEM.
 */
static int give_owner(struct es_sockets *s, uint64_t inode, int process)
{
	struct es_socket *found = inode ? es_sockets_find(s, inode) : NULL;

	if (!found || found->program)
		return 0;
	found->program = program_of(process);
	return found->program ? 1 : -ENOMEM;
}

/* Look at the descriptors of one process. */
static int look_at(struct es_sockets *s, int proc, const char *pid)
{
	ES_CLEANUP(es_closep)
	int process = openat(proc, pid, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ES_CLEANUP(es_closep)
	int fds = process < 0 ? -1
			      : openat(process, "fd",
				       O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int n = 0, rc = 0;

	if (fds < 0) {
		/* A process that has ended meanwhile is none. */
		if (is_forbidden(errno))
			s->complete = false;
		return 0;
	}
	ES_CLEANUP(es_closedirp) DIR *d = fdopendir(fds);
	if (!d)
		return -errno;
	int at = es_steal_fd(&fds);
	for (const struct dirent *e; rc >= 0 && (e = readdir(d));) {
		if (e->d_name[0] == '.')
			continue;
		uint64_t inode;
		if (!socket_of(&inode, at, e->d_name)) {
			s->complete = false;
			break;
		}
		rc = give_owner(s, inode, process);
		n += rc > 0;
	}
	return rc < 0 ? rc : n;
}

/*
 * The process with the lowest number is the owner: a master, not one of its
 * workers; systemd, not a service that it hands its socket to. The kernel
 * lists processes by their numbers.
 */
int es_sockets_owners(struct es_sockets *sockets,
		      const struct es_fact_source *src)
{
	ES_CLEANUP(es_closep)
	int fd = es_open_in_root(src->proc, ".", O_RDONLY | O_DIRECTORY);
	size_t missing = 0;

	sockets->complete = true;
	for (size_t i = 0; i < sockets->n; i++)
		missing += sockets->items[i].inode != 0;
	if (missing == 0)
		return 0;
	if (fd < 0)
		return -errno;
	ES_CLEANUP(es_closedirp) DIR *d = fdopendir(fd);
	if (!d)
		return -errno;
	int proc = es_steal_fd(&fd);
	for (const struct dirent *e; missing > 0 && (e = readdir(d));) {
		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		int n = look_at(sockets, proc, e->d_name);
		if (n == -ENOMEM)
			return n;
		if (n < 0)
			sockets->complete = false;
		else
			missing -= (size_t)n;
	}
	return 0;
}
