/* SPDX-License-Identifier: MIT */
/* netlink_priv.h - asking the kernel by netlink, and its interfaces */
#ifndef ETCSNAP_NETLINK_PRIV_H
#define ETCSNAP_NETLINK_PRIV_H

#include "etcsnap/buf.h"
#include "etcsnap/cleanup.h"

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One request of which the kernel gives all objects. */
struct es_dump {
	int protocol;	  /* NETLINK_ROUTE, NETLINK_SOCK_DIAG */
	uint16_t type;	  /* RTM_GETLINK, … */
	const void *body; /* what follows the header */
	size_t len;
	/* Called with each object: what follows its header. */
	int (*each)(void *payload, const char *body, size_t len);
	void *payload;
};

/*
 * Ask and hand over. A dump that the kernel calls inconsistent is asked for
 * again; @each sees only the last. Returns 0, what @each returned below 0,
 * or a negative errno: -ENOENT where a family is not there.
 */
int es_netlink_dump(const struct es_dump *dump);

/* An attribute; @data is NULL when it was not sent. */
struct es_attr {
	const char *data;
	size_t len;
};

/* Sort attributes into a table by their types; unknown ones are dropped. */
void es_attr_parse(struct es_attr *table, size_t n, const char *data,
		   size_t len);

/* Numbers of an attribute, @otherwise where it is missing or short. */
uint32_t es_attr_u32(const struct es_attr *a, uint32_t otherwise);
uint16_t es_attr_u16(const struct es_attr *a, uint16_t otherwise);

/* Copy a string of an attribute, cut to the room; "" where it is missing. */
void es_attr_string(char *out, size_t room, const struct es_attr *a);

/* Copy a fixed struct from the start of @len bytes; false when too short. */
bool es_body_copy(void *out, size_t size, const char *body, size_t len);

/* A network interface. */
struct es_link {
	uint32_t index;
	uint32_t flags;	 /* IFF_* */
	uint32_t mtu;	 /* bytes */
	uint32_t master; /* index, 0 = none */
	uint32_t lower;	 /* index of what it stands on, 0 = none */
	uint16_t type;	 /* ARPHRD_* */
	uint16_t vlan;	 /* 0 = none */
	bool transient;	 /* a container's: not recorded */
	uint8_t mac_len;
	uint8_t mac[32];
	char name[IF_NAMESIZE];
	char kind[32]; /* "" for hardware */
};

/* All interfaces. */
struct es_links {
	struct es_link *items;
	size_t n;
};

/* Read them; es_links_dispose(). */
int es_links_load(struct es_links *out);
void es_links_dispose(struct es_links *links);

/* One by its index, NULL when there is none. */
const struct es_link *es_links_find(const struct es_links *links,
				    uint32_t index);

/* Whether what stands on this interface is recorded. */
bool es_links_lasting(const struct es_links *links, uint32_t index);

/* Name by index, quoted as one word; "if7" where there is none. */
int es_links_name(struct es_buf *out, const struct es_links *links,
		  uint32_t index);

/* An address of AF_INET or AF_INET6 in its usual form. */
int es_address_put(struct es_buf *out, int family, const void *raw);

/* Routes and rules of both families. */
int es_fact_routes(const struct es_links *links, struct es_buf *out);
int es_fact_routing_rules(struct es_buf *out);

#endif
