/* SPDX-License-Identifier: MIT */
/* netlink.c - one question to the kernel by netlink, and all its answers */
#include "config.h"

#include "facts/netlink_priv.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* The kernel fills no more than this at once, bytes. */
#define PIECE ((size_t)64 << 10)

/* How often an answer that changed while it was given is asked for again. */
#define TRIES 3

/* Round up to where the next header or attribute begins. */
static size_t align4(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static int send_request(int fd, const struct es_dump *dump)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	char request[256] = { 0 };
	struct nlmsghdr header = {
		.nlmsg_len = (uint32_t)(sizeof(header) + dump->len),
		.nlmsg_type = dump->type,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		.nlmsg_seq = 1,
	};

	if (sizeof(header) + dump->len > sizeof(request))
		return -EINVAL;
	memcpy(request, &header, sizeof(header));
	memcpy(request + sizeof(header), dump->body, dump->len);
	if (sendto(fd, request, sizeof(header) + dump->len, 0,
		   (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	return 0;
}

/* One datagram of the kernel, appended; other senders are nobody. */
static int receive(int fd, struct es_buf *b)
{
	for (;;) {
		struct sockaddr_nl from = { 0 };
		socklen_t from_len = sizeof(from);
		char *room = es_buf_reserve(b, PIECE);

		if (!room)
			return b->failed;
		ssize_t n = recvfrom(fd, room, PIECE, MSG_TRUNC,
				     (struct sockaddr *)&from, &from_len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if ((size_t)n > PIECE)
			return -EMSGSIZE;
		if (from.nl_pid != 0)
			continue;
		b->len += (size_t)n;
		return 0;
	}
}

static int error_of(const char *body, size_t len)
{
	int error;

	return es_body_copy(&error, sizeof(error), body, len) ? error
							      : -EBADMSG;
}

/*
 * Look through the messages from *at on. Returns 1 at the end of the dump, 0
 * when more is to come; a message that says "interrupted" sets the flag.
 */
static int walk(struct es_buf *b, size_t *at, const struct es_dump *call,
		bool *interrupted)
{
	struct nlmsghdr h;
	int rc;

	while (es_body_copy(&h, sizeof(h), b->data + *at, b->len - *at)) {
		const char *body = b->data + *at + sizeof(h);

		if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > b->len - *at)
			return -EBADMSG;
		size_t len = h.nlmsg_len - sizeof(h);
		if (h.nlmsg_flags & NLM_F_DUMP_INTR)
			*interrupted = true;
		if (h.nlmsg_type == NLMSG_ERROR || h.nlmsg_type == NLMSG_DONE) {
			rc = error_of(body, len);
			return rc < 0 ? rc : 1;
		}
		if (call && h.nlmsg_type >= NLMSG_MIN_TYPE) {
			rc = call->each(call->payload, body, len);
			if (rc < 0)
				return rc;
		}
		size_t step = align4(h.nlmsg_len);
		*at = step < b->len - *at ? *at + step : b->len;
	}
	return 0;
}

static int ask(int fd, struct es_buf *b, const struct es_dump *dump,
	       bool *interrupted)
{
	int rc = send_request(fd, dump);
	size_t at = 0;

	while (rc == 0) {
		rc = receive(fd, b);
		if (rc == 0)
			rc = walk(b, &at, NULL, interrupted);
	}
	return rc < 0 ? rc : 0;
}

int es_netlink_dump(const struct es_dump *dump)
{
	ES_CLEANUP(es_closep)
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, dump->protocol);
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_BUF_MAX);
	/* The kernel answers at once, or something is wrong with it. */
	const struct timeval patience = { .tv_sec = 5 };
	bool interrupted = true;
	size_t at = 0;
	int rc = 0;

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			 sizeof(patience));
	for (int i = 0; i < TRIES && rc == 0 && interrupted; i++) {
		es_buf_reset(&b);
		interrupted = false;
		rc = ask(fd, &b, dump, &interrupted);
	}
	if (rc == 0)
		rc = walk(&b, &at, dump, &interrupted);
	return rc < 0 ? rc : 0;
}

void es_attr_parse(struct es_attr *table, size_t n, const char *data,
		   size_t len)
{
	struct nlattr a;

	memset(table, 0, n * sizeof(*table));
	while (es_body_copy(&a, sizeof(a), data, len)) {
		size_t type = a.nla_type & (uint16_t)NLA_TYPE_MASK;

		if (a.nla_len < sizeof(a) || a.nla_len > len)
			return;
		if (type < n) {
			table[type].data = data + sizeof(a);
			table[type].len = a.nla_len - sizeof(a);
		}
		size_t step = align4(a.nla_len);
		if (step >= len)
			return;
		data += step;
		len -= step;
	}
}

uint32_t es_attr_u32(const struct es_attr *a, uint32_t otherwise)
{
	uint32_t value;

	return es_body_copy(&value, sizeof(value), a->data, a->len) ? value
								    : otherwise;
}

uint16_t es_attr_u16(const struct es_attr *a, uint16_t otherwise)
{
	uint16_t value;

	return es_body_copy(&value, sizeof(value), a->data, a->len) ? value
								    : otherwise;
}

void es_attr_string(char *out, size_t room, const struct es_attr *a)
{
	size_t n = a->data ? strnlen(a->data, a->len) : 0;

	if (n > room - 1)
		n = room - 1;
	if (n > 0)
		memcpy(out, a->data, n);
	out[n] = '\0';
}

bool es_body_copy(void *out, size_t size, const char *body, size_t len)
{
	if (!body || len < size)
		return false;
	memcpy(out, body, size);
	return true;
}
