/* SPDX-License-Identifier: MIT */
/* fact_routes.c - routes that somebody set, in the words of ip-route(8) */
#include "config.h"

#include "facts/facts_priv.h"
#include "facts/netlink_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/rtnetlink.h>

/* What a dump of routes needs. */
struct routes {
	const struct es_links *links;
	struct es_buf *out;
	int family;
};

/* Routes that a running daemon learned change with the network outside. */
static const char *protocol_name(unsigned char protocol)
{
	switch (protocol) {
	case RTPROT_UNSPEC:
		return "unspec";
	case RTPROT_KERNEL:
		return "kernel";
	case RTPROT_BOOT:
		return ""; /* ip-route(8) without a word of its origin */
	case RTPROT_STATIC:
		return "static";
	case RTPROT_RA:
		return "ra";
	case RTPROT_DHCP:
		return "dhcp";
	default:
		return NULL;
	}
}

static const char *type_name(unsigned char type)
{
	switch (type) {
	case RTN_UNICAST:
		return "";
	case RTN_BLACKHOLE:
		return "blackhole ";
	case RTN_UNREACHABLE:
		return "unreachable ";
	case RTN_PROHIBIT:
		return "prohibit ";
	case RTN_THROW:
		return "throw ";
	case RTN_LOCAL:
		return "local ";
	default:
		return NULL;
	}
}

/* "via ADDRESS", also of the other family. */
static void put_gateway(struct es_buf *out, int family,
			const struct es_attr *gateway,
			const struct es_attr *via)
{
	size_t want = family == AF_INET ? 4 : 16;

	if (gateway->data && gateway->len == want) {
		es_buf_adds(out, " via ");
		es_address_put(out, family, gateway->data);
	} else if (via->data && via->len >= 2 + 16) {
		es_buf_adds(out, " via inet6 ");
		es_address_put(out, AF_INET6, via->data + 2);
	}
}

/* The ways of a route that has several. */
static void put_hops(const struct routes *r, const struct es_attr *hops)
{
	const char *p = hops->data;
	size_t left = hops->len;
	struct es_attr part[RTA_MAX + 1];
	struct rtnexthop hop;

	while (es_body_copy(&hop, sizeof(hop), p, left) &&
	       hop.rtnh_len >= sizeof(hop) && hop.rtnh_len <= left) {
		es_attr_parse(part, RTA_MAX + 1, p + sizeof(hop),
			      hop.rtnh_len - sizeof(hop));
		es_buf_adds(r->out, " nexthop");
		put_gateway(r->out, r->family, &part[RTA_GATEWAY],
			    &part[RTA_VIA]);
		es_buf_adds(r->out, " dev ");
		es_links_name(r->out, r->links, (uint32_t)hop.rtnh_ifindex);
		es_buf_addf(r->out, " weight %u",
			    (unsigned int)hop.rtnh_hops + 1);
		size_t step = ((size_t)hop.rtnh_len + 3) & ~(size_t)3;
		if (step >= left)
			return;
		p += step;
		left -= step;
	}
}

/* Whether a way of the route leads over an interface that comes and goes. */
static bool is_transient(const struct routes *r, const struct es_attr *part)
{
	const struct es_attr *hops = &part[RTA_MULTIPATH];
	struct rtnexthop hop;

	if (part[RTA_OIF].data &&
	    !es_links_lasting(r->links, es_attr_u32(&part[RTA_OIF], 0)))
		return true;
	return es_body_copy(&hop, sizeof(hop), hops->data, hops->len) &&
	       !es_links_lasting(r->links, (uint32_t)hop.rtnh_ifindex);
}

static bool is_recorded(const struct routes *r, const struct rtmsg *head,
			const struct es_attr *part, uint32_t table)
{
	const struct es_attr *dst = &part[RTA_DST];

	/* The local table repeats the addresses. */
	if (head->rtm_family != r->family || table == RT_TABLE_LOCAL ||
	    head->rtm_flags & RTM_F_CLONED || !type_name(head->rtm_type) ||
	    !protocol_name(head->rtm_protocol) || is_transient(r, part))
		return false;
	/* What the kernel makes for each address in a table of its own. */
	if (head->rtm_type != RTN_UNICAST &&
	    head->rtm_protocol == RTPROT_KERNEL)
		return false;
	/* fe80::/64 comes with the carrier. */
	return !(r->family == AF_INET6 && head->rtm_protocol == RTPROT_KERNEL &&
		 dst->len == 16 && (unsigned char)dst->data[0] == 0xfe &&
		 ((unsigned char)dst->data[1] & 0xc0) == 0x80);
}

static void put_prefix(struct es_buf *out, int family,
		       const struct es_attr *address, unsigned int bits)
{
	size_t want = family == AF_INET ? 4 : 16;

	if (!address->data || address->len != want) {
		es_buf_adds(out, bits == 0 ? "default" : "?");
		return;
	}
	es_address_put(out, family, address->data);
	if (bits != want * 8)
		es_buf_addf(out, "/%u", bits);
}

static void put_route(const struct routes *r, const struct rtmsg *head,
		      const struct es_attr *part, uint32_t table)
{
	struct es_buf *out = r->out;
	const char *protocol = protocol_name(head->rtm_protocol);

	es_buf_adds(out, r->family == AF_INET ? "route " : "route6 ");
	es_buf_adds(out, type_name(head->rtm_type));
	put_prefix(out, r->family, &part[RTA_DST], head->rtm_dst_len);
	if (part[RTA_SRC].data) {
		es_buf_adds(out, " from ");
		put_prefix(out, r->family, &part[RTA_SRC], head->rtm_src_len);
	}
	if (head->rtm_tos)
		es_buf_addf(out, " tos 0x%02x", (unsigned int)head->rtm_tos);
	put_gateway(out, r->family, &part[RTA_GATEWAY], &part[RTA_VIA]);
	if (part[RTA_OIF].data) {
		es_buf_adds(out, " dev ");
		es_links_name(out, r->links, es_attr_u32(&part[RTA_OIF], 0));
	}
	if (table != RT_TABLE_MAIN)
		es_buf_addf(out, " table %" PRIu32, table);
	if (protocol && protocol[0])
		es_buf_addf(out, " proto %s", protocol);
	if (part[RTA_PREFSRC].len == (r->family == AF_INET ? 4 : 16)) {
		es_buf_adds(out, " src ");
		es_address_put(out, r->family, part[RTA_PREFSRC].data);
	}
	if (part[RTA_PRIORITY].data)
		es_buf_addf(out, " metric %" PRIu32,
			    es_attr_u32(&part[RTA_PRIORITY], 0));
	if (head->rtm_flags & RTNH_F_ONLINK)
		es_buf_adds(out, " onlink");
	put_hops(r, &part[RTA_MULTIPATH]);
	es_buf_addc(out, '\n');
}

static int read_route(void *payload, const char *body, size_t len)
{
	const struct routes *r = payload;
	struct es_attr part[RTA_MAX + 1];
	struct rtmsg head;

	if (!es_body_copy(&head, sizeof(head), body, len))
		return -EBADMSG;
	es_attr_parse(part, RTA_MAX + 1, body + sizeof(head),
		      len - sizeof(head));
	uint32_t table = es_attr_u32(&part[RTA_TABLE], head.rtm_table);
	if (is_recorded(r, &head, part, table))
		put_route(r, &head, part, table);
	return r->out->failed;
}

int es_fact_routes(const struct es_links *links, struct es_buf *out)
{
	static const unsigned char families[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < sizeof(families); i++) {
		const struct rtmsg want = { .rtm_family = families[i] };
		struct routes routes = {
			.links = links,
			.out = out,
			.family = families[i],
		};
		const struct es_dump dump = {
			.protocol = NETLINK_ROUTE,
			.type = RTM_GETROUTE,
			.body = &want,
			.len = sizeof(want),
			.each = read_route,
			.payload = &routes,
		};
		int rc = es_netlink_dump(&dump);

		/* A kernel may be built without IPv6. */
		if (rc < 0 && rc != -EOPNOTSUPP)
			return rc;
	}
	return 0;
}
