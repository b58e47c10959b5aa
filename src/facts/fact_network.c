/* SPDX-License-Identifier: MIT */
/* fact_network.c - interfaces and their addresses, as they are set up */
#include "config.h"

#include "facts/facts_priv.h"
#include "facts/netlink_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

/*
 * Recorded is what somebody set, not what follows from a plugged cable or a
 * clock: no carrier, no lifetimes, no state of an address, no temporary ones
 * (RFC 8981), no link-local ones that were made from the hardware's. Of
 * routes those of routing daemons are left out, see fact_routes.c.
 */

/* Source: include/uapi/linux/netdevice.h, NET_ADDR_*. */
#define MAC_RANDOM '1'
#define MAC_STOLEN '2'

/* A kernel that knows a word less must not change the text. */
static const char *type_name(uint16_t type)
{
	switch (type) {
	case ARPHRD_ETHER:
		return "ether";
	case ARPHRD_LOOPBACK:
		return "loopback";
	case ARPHRD_NONE:
		return "none";
	case ARPHRD_PPP:
		return "ppp";
	case ARPHRD_TUNNEL:
		return "ipip";
	case ARPHRD_TUNNEL6:
		return "tunnel6";
	case ARPHRD_SIT:
		return "sit";
	case ARPHRD_IPGRE:
		return "gre";
	case ARPHRD_INFINIBAND:
		return "infiniband";
	default:
		return NULL;
	}
}

/*
 * An address that the kernel drew by lot differs at each boot, and a bridge
 * that takes its ports' changes with them.
 */
static void put_mac(struct es_buf *out, const struct es_fact_source *src,
		    const struct es_link *link)
{
	char path[64], how[8] = "";

	if (link->mac_len == 0 || link->type == ARPHRD_LOOPBACK)
		return;
	snprintf(path, sizeof(path), "class/net/%s/addr_assign_type",
		 link->name);
	(void)es_fact_line(how, sizeof(how), src->sys, path);
	if (how[0] == MAC_RANDOM || how[0] == MAC_STOLEN) {
		es_buf_addf(out, " mac=%s",
			    how[0] == MAC_RANDOM ? "random" : "inherited");
		return;
	}
	es_buf_adds(out, " mac=");
	for (size_t i = 0; i < link->mac_len; i++)
		es_buf_addf(out, "%s%02x", i > 0 ? ":" : "", link->mac[i]);
}

static void put_link(struct es_buf *out, const struct es_fact_source *src,
		     const struct es_links *links, const struct es_link *link)
{
	const char *type = type_name(link->type);

	es_buf_adds(out, "link ");
	es_fact_word(out, link->name, strlen(link->name));
	es_buf_adds(out, link->flags & IFF_UP ? " up" : " down");
	if (type)
		es_buf_addf(out, " type=%s", type);
	else
		es_buf_addf(out, " type=%u", (unsigned int)link->type);
	if (link->kind[0]) {
		es_buf_adds(out, " kind=");
		es_fact_word(out, link->kind, strlen(link->kind));
	}
	put_mac(out, src, link);
	es_buf_addf(out, " mtu=%" PRIu32, link->mtu);
	if (link->flags & IFF_PROMISC)
		es_buf_adds(out, " promiscuous");
	if (link->flags & IFF_NOARP && link->type == ARPHRD_ETHER)
		es_buf_adds(out, " noarp");
	if (link->master) {
		es_buf_adds(out, " master=");
		es_links_name(out, links, link->master);
	}
	if (link->lower && link->lower != link->index) {
		es_buf_adds(out, " on=");
		es_links_name(out, links, link->lower);
	}
	if (link->vlan)
		es_buf_addf(out, " vlan=%u", (unsigned int)link->vlan);
	es_buf_addc(out, '\n');
}

/* What a dump of addresses needs. */
struct addresses {
	const struct es_links *links;
	struct es_buf *out;
};

/*
 * A link-local address that the kernel or a network manager made follows
 * from the hardware and comes with the carrier; people write short ones.
 */
static bool is_made_up(const struct ifaddrmsg *head, const char *raw)
{
	static const char zero[6];

	return head->ifa_family == AF_INET6 && (unsigned char)raw[0] == 0xfe &&
	       ((unsigned char)raw[1] & 0xc0) == 0x80 &&
	       memcmp(raw + 8, zero, sizeof(zero)) != 0;
}

static void put_address(const struct addresses *a, const struct ifaddrmsg *head,
			const struct es_attr *part)
{
	const struct es_attr *peer = &part[IFA_ADDRESS];
	const struct es_attr *local =
		part[IFA_LOCAL].data ? &part[IFA_LOCAL] : peer;
	const struct es_link *link = es_links_find(a->links, head->ifa_index);
	size_t want = head->ifa_family == AF_INET ? 4 : 16;
	char label[IF_NAMESIZE];

	if (!link || local->len != want || is_made_up(head, local->data))
		return;
	es_buf_adds(a->out, "address ");
	es_fact_word(a->out, link->name, strlen(link->name));
	es_buf_addc(a->out, ' ');
	es_address_put(a->out, head->ifa_family, local->data);
	if (peer->len == want && memcmp(peer->data, local->data, want) != 0) {
		es_buf_adds(a->out, " peer ");
		es_address_put(a->out, head->ifa_family, peer->data);
	}
	es_buf_addf(a->out, "/%u", (unsigned int)head->ifa_prefixlen);
	es_attr_string(label, sizeof(label), &part[IFA_LABEL]);
	if (label[0] && strcmp(label, link->name) != 0) {
		es_buf_adds(a->out, " label ");
		es_fact_word(a->out, label, strlen(label));
	}
	es_buf_addc(a->out, '\n');
}

static int read_address(void *payload, const char *body, size_t len)
{
	const struct addresses *a = payload;
	struct es_attr part[IFA_MAX + 1];
	struct ifaddrmsg head;

	if (!es_body_copy(&head, sizeof(head), body, len))
		return -EBADMSG;
	if (head.ifa_family != AF_INET && head.ifa_family != AF_INET6)
		return 0;
	es_attr_parse(part, IFA_MAX + 1, body + sizeof(head),
		      len - sizeof(head));
	uint32_t flags = es_attr_u32(&part[IFA_FLAGS], head.ifa_flags);
	/* For IPv4 the same bit means "secondary". */
	if ((head.ifa_family == AF_INET6 && flags & IFA_F_TEMPORARY) ||
	    !es_links_lasting(a->links, head.ifa_index))
		return 0;
	put_address(a, &head, part);
	return a->out->failed;
}

int es_fact_network(const struct es_fact_source *src, struct es_buf *out)
{
	const struct ifaddrmsg want = { .ifa_family = AF_UNSPEC };
	ES_CLEANUP(es_links_dispose) struct es_links links = { NULL, 0 };
	struct addresses addresses = { .links = &links, .out = out };
	const struct es_dump dump = {
		.protocol = NETLINK_ROUTE,
		.type = RTM_GETADDR,
		.body = &want,
		.len = sizeof(want),
		.each = read_address,
		.payload = &addresses,
	};
	int rc = es_links_load(&links);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < links.n; i++)
		if (!links.items[i].transient)
			put_link(out, src, &links, &links.items[i]);
	rc = es_netlink_dump(&dump);
	if (rc == 0)
		rc = es_fact_routes(&links, out);
	if (rc == 0)
		rc = es_fact_routing_rules(out);
	return rc < 0 ? rc : out->failed;
}
