/* SPDX-License-Identifier: MIT */
/* events_local.c - records for a socket of this machine */
#include "config.h"

#include "deliver/events_priv.h"

#include "etcsnap/clock.h"
#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static int failed(struct local *l, int number)
{
	l->failure = number;
	return -1;
}

/* A collector that does not read must not hold us for ever. */
static void set_patience(int fd, unsigned int seconds)
{
	struct timeval t = { .tv_sec = seconds ? (time_t)seconds : 1 };

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
}

int es_local_open(struct local *l, const char *path, unsigned int seconds)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	static const int types[] = { SOCK_DGRAM, SOCK_STREAM };

	*l = (struct local){ .fd = -1 };
	l->until = es_clock_now().tv_sec + seconds;
	if (strlen(path) >= sizeof(sa.sun_path))
		return failed(l, ENAMETOOLONG);
	memcpy(sa.sun_path, path, strlen(path));
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		int fd = socket(AF_UNIX, types[i] | SOCK_CLOEXEC, 0);

		if (fd < 0)
			return failed(l, errno);
		set_patience(fd, seconds);
		if (connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) ==
		    0) {
			l->fd = fd;
			l->stream = types[i] == SOCK_STREAM;
			l->failure = 0;
			return 0;
		}
		failed(l, errno);
		close(fd);
		/* a datagram socket says so of one that is a stream */
		if (l->failure != EPROTOTYPE)
			break;
	}
	return -1;
}

/* The journal takes what is long as a file that cannot change any more. */
static int send_file(struct local *l, const char *data, size_t len)
{
	const int seals =
		F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	ES_CLEANUP(es_closep)
	int fd = memfd_create("etcsnap-event", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct msghdr message = {
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	if (fd < 0 || es_write_all(fd, data, len) < 0 ||
	    fcntl(fd, F_ADD_SEALS, seals) < 0)
		return failed(l, errno);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(int));
	if (sendmsg(l->fd, &message, MSG_NOSIGNAL) < 0)
		return failed(l, errno);
	l->sent++;
	return 0;
}

static int send_stream(struct local *l, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(l->fd, data, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return failed(l, errno);
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

int es_local_send(struct local *l, const char *data, size_t len, bool file)
{
	ssize_t n;

	if (es_clock_now().tv_sec > l->until)
		return failed(l, ETIMEDOUT);
	if (l->stream) {
		if (send_stream(l, data, len) < 0 ||
		    send_stream(l, "\n", 1) < 0)
			return -1;
		l->sent++;
		return 0;
	}
	do {
		n = send(l->fd, data, len, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && file && (errno == EMSGSIZE || errno == ENOBUFS))
		return send_file(l, data, len);
	if (n < 0)
		return failed(l, errno);
	l->sent++;
	return 0;
}

void es_local_close(struct local *l)
{
	if (l->fd >= 0)
		close(l->fd);
	l->fd = -1;
}

/*
 * A record that the kernel took is in the collector's queue. Of a message that
 * went in part the same is sent again, so that it can be told apart.
 */
int es_local_judge(struct es_transport_result *out, const struct local *l,
		   const char *path, struct es_error *err)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(4096);
	enum es_transport_outcome outcome = ES_RETRY;

	if (l->failure == 0) {
		es_buf_addf(&text, "%zu events were sent", l->sent);
		return es_send_result(out, ES_SENT, es_buf_str(&text), err);
	}
	if (l->sent)
		outcome = ES_UNSURE;
	else if (l->failure == EACCES || l->failure == EPERM ||
		 l->failure == ENAMETOOLONG || l->failure == ENOTSOCK)
		outcome = ES_DENIED;
	es_buf_addf(&text, "%s: %s", ES_Q(path),
		    l->failure == EAGAIN ? "the collector does not read"
					 : strerror(l->failure));
	return es_send_result(out, outcome, es_buf_str(&text), err);
}
