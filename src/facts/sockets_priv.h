/* SPDX-License-Identifier: MIT */
/* sockets_priv.h - sockets that wait for somebody, and whose they are */
#ifndef ETCSNAP_SOCKETS_PRIV_H
#define ETCSNAP_SOCKETS_PRIV_H

#include "facts/facts_priv.h"
#include "facts/netlink_priv.h"

/* A socket that listens, or a datagram socket without a peer. */
struct es_socket {
	uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_RAW */
	uint8_t family;	  /* AF_INET, AF_INET6 */
	uint16_t port;	  /* host order; the protocol of a raw socket */
	uint32_t uid;
	uint32_t index; /* interface that it is bound to, 0 = any */
	uint64_t inode;
	unsigned char address[16];
	char *program; /* owned; NULL = nobody that we see has it open */
};

struct es_sockets {
	struct es_socket *items; /* sorted by inode */
	size_t n;
	size_t cap;
	bool complete; /* every process could be looked at for owners */
};

/* Ask the kernel; es_sockets_dispose(). */
int es_sockets_load(struct es_sockets *out, const struct es_fact_source *src);
void es_sockets_dispose(struct es_sockets *sockets);

/* Append those of a file like /proc/net/tcp; @name also says which kind. */
int es_sockets_read(struct es_sockets *out, const struct es_fact_source *src,
		    const char *name);

/* Sort by inode; needed before the two below. */
void es_sockets_sort(struct es_sockets *sockets);
struct es_socket *es_sockets_find(const struct es_sockets *sockets,
				  uint64_t inode);

/* Find out which processes have them open. */
int es_sockets_owners(struct es_sockets *sockets,
		      const struct es_fact_source *src);

/* Lines for all that stay. */
int es_sockets_put(struct es_buf *out, const struct es_sockets *sockets,
		   const struct es_links *links,
		   const struct es_fact_source *src);

#endif
