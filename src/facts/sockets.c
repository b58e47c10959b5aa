/* SPDX-License-Identifier: MIT */
/* sockets.c - sockets that wait for somebody, by sock_diag(7) or /proc/net */
#include "config.h"

#include "facts/sockets_priv.h"

#include "etcsnap/cleanup.h"
#include "etcsnap/fileio.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>

/* What is asked for: a protocol of a family, and its file in /proc/net. */
struct kind {
	const char *name;
	uint8_t protocol;
	uint8_t family;
	uint8_t state; /* TCP_CLOSE: without a peer */
};

static const struct kind kinds[] = {
	{ "tcp", IPPROTO_TCP, AF_INET, TCP_LISTEN },
	{ "tcp6", IPPROTO_TCP, AF_INET6, TCP_LISTEN },
	{ "udp", IPPROTO_UDP, AF_INET, TCP_CLOSE },
	{ "udp6", IPPROTO_UDP, AF_INET6, TCP_CLOSE },
	{ "raw", IPPROTO_RAW, AF_INET, TCP_CLOSE },
	{ "raw6", IPPROTO_RAW, AF_INET6, TCP_CLOSE },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static struct es_socket *add_socket(struct es_sockets *s,
				    const struct kind *kind)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 32;
		struct es_socket *more =
			reallocarray(s->items, cap, sizeof(*more));

		if (!more)
			return NULL;
		s->items = more;
		s->cap = cap;
	}
	struct es_socket *new = &s->items[s->n++];
	*new = (struct es_socket){
		.protocol = kind->protocol,
		.family = kind->family,
	};
	return new;
}

/* What a dump of sockets fills. */
struct filling {
	struct es_sockets *sockets;
	const struct kind *kind;
};

static int read_message(void *payload, const char *body, size_t len)
{
	const struct filling *f = payload;
	struct inet_diag_msg m;

	if (!es_body_copy(&m, sizeof(m), body, len))
		return -EBADMSG;
	if (m.idiag_family != f->kind->family ||
	    m.idiag_state != f->kind->state)
		return 0;
	struct es_socket *new = add_socket(f->sockets, f->kind);
	if (!new)
		return -ENOMEM;
	/* The protocol of a raw socket is in host order. */
	new->port = f->kind->protocol == IPPROTO_RAW ? m.id.idiag_sport
						     : ntohs(m.id.idiag_sport);
	new->uid = m.idiag_uid;
	new->index = m.id.idiag_if;
	new->inode = m.idiag_inode;
	memcpy(new->address, m.id.idiag_src, sizeof(new->address));
	return 0;
}

static int ask(struct es_sockets *out, const struct kind *kind)
{
	const struct inet_diag_req_v2 want = {
		.sdiag_family = kind->family,
		.sdiag_protocol = kind->protocol,
		.idiag_states = 1U << kind->state,
	};
	struct filling filling = { .sockets = out, .kind = kind };
	const struct es_dump dump = {
		.protocol = NETLINK_SOCK_DIAG,
		.type = SOCK_DIAG_BY_FAMILY,
		.body = &want,
		.len = sizeof(want),
		.each = read_message,
		.payload = &filling,
	};

	return es_netlink_dump(&dump);
}

static bool parse_hex(uint32_t *out, const char *s, size_t n)
{
	uint32_t value = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t digit;

		if (s[i] >= '0' && s[i] <= '9')
			digit = (uint32_t)(s[i] - '0');
		else if (s[i] >= 'A' && s[i] <= 'F')
			digit = (uint32_t)(s[i] - 'A') + 10;
		else
			return false;
		value = value << 4 | digit;
	}
	*out = value;
	return true;
}

/* Address and port: words of four bytes in the order of this machine. */
static bool parse_address(struct es_socket *out, const struct es_field *f)
{
	size_t digits = out->family == AF_INET ? 8 : 32;
	uint32_t word;

	if (f->len != digits + 5 || f->at[digits] != ':')
		return false;
	for (size_t i = 0; i < digits / 8; i++) {
		if (!parse_hex(&word, f->at + 8 * i, 8))
			return false;
		memcpy(out->address + 4 * i, &word, 4);
	}
	if (!parse_hex(&word, f->at + digits + 1, 4))
		return false;
	out->port = (uint16_t)word;
	return true;
}

/*
 * Number, local and remote address, state, queues, timer, retransmissions,
 * uid, timeout, inode. Source: proc(5), /proc/net/tcp.
 */
static int read_line(struct es_sockets *out, const struct kind *kind,
		     const char *line, size_t len)
{
	struct es_field f[10];
	uint32_t state;

	if (es_fact_fields(f, 10, line, len, ' ') < 10 || f[3].len != 2 ||
	    !parse_hex(&state, f[3].at, 2) || state != kind->state)
		return 0;
	struct es_socket *new = add_socket(out, kind);
	if (!new)
		return -ENOMEM;
	new->uid = (uint32_t)es_fact_number(f[7].at);
	new->inode = es_fact_number(f[9].at);
	if (!parse_address(new, &f[1]))
		out->n--;
	return 0;
}

static int read_file(struct es_sockets *out, const struct es_fact_source *src,
		     const struct kind *kind)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_FACT_MAX);
	ES_CLEANUP(es_closep)
	int net =
		es_open_in_root(src->proc, "self/net", O_RDONLY | O_DIRECTORY);
	int rc = net < 0 ? -errno : es_fact_read(&b, net, kind->name);
	const char *line;
	size_t len;

	/* Without IPv6 its files are not there. */
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	const char *p = es_buf_str(&b);
	const char *end = p + b.len;
	while (rc == 0 && (line = es_fact_next(&p, end, &len)))
		rc = read_line(out, kind, line, len);
	return rc;
}

int es_sockets_read(struct es_sockets *out, const struct es_fact_source *src,
		    const char *name)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return read_file(out, src, &kinds[i]);
	return -EINVAL;
}

int es_sockets_load(struct es_sockets *out, const struct es_fact_source *src)
{
	ES_CLEANUP(es_sockets_dispose) struct es_sockets s = { 0 };

	for (size_t i = 0; i < N_KINDS; i++) {
		size_t n = s.n;
		int rc = ask(&s, &kinds[i]);

		/* Not in this kernel, or forbidden: read all of the file. */
		if (rc < 0 && rc != -ENOMEM) {
			s.n = n;
			rc = read_file(&s, src, &kinds[i]);
		}
		if (rc < 0)
			return rc;
	}
	es_sockets_sort(&s);
	*out = s;
	s = (struct es_sockets){ 0 };
	return 0;
}

void es_sockets_dispose(struct es_sockets *sockets)
{
	for (size_t i = 0; i < sockets->n; i++)
		free(sockets->items[i].program);
	free(sockets->items);
	*sockets = (struct es_sockets){ 0 };
}

static int compare_inodes(const void *a, const void *b)
{
	const struct es_socket *x = a, *y = b;

	return (x->inode > y->inode) - (x->inode < y->inode);
}

void es_sockets_sort(struct es_sockets *sockets)
{
	if (sockets->n > 0)
		qsort(sockets->items, sockets->n, sizeof(*sockets->items),
		      compare_inodes);
}

struct es_socket *es_sockets_find(const struct es_sockets *sockets,
				  uint64_t inode)
{
	const struct es_socket key = { .inode = inode };

	if (sockets->n == 0)
		return NULL;
	return bsearch(&key, sockets->items, sockets->n,
		       sizeof(*sockets->items), compare_inodes);
}
