/* SPDX-License-Identifier: MIT */
/* links.c - the network interfaces, and which of them come and go */
#include "config.h"

#include "facts/netlink_priv.h"

#include "facts/facts_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* What a dump of links fills. */
struct filling {
	struct es_links *links;
	size_t cap;
};

static void read_info(struct es_link *link, const struct es_attr *info)
{
	struct es_attr part[IFLA_INFO_MAX + 1];
	struct es_attr data[IFLA_VLAN_MAX + 1];

	es_attr_parse(part, IFLA_INFO_MAX + 1, info->data, info->len);
	es_attr_string(link->kind, sizeof(link->kind), &part[IFLA_INFO_KIND]);
	if (strcmp(link->kind, "vlan") == 0) {
		es_attr_parse(data, IFLA_VLAN_MAX + 1,
			      part[IFLA_INFO_DATA].data,
			      part[IFLA_INFO_DATA].len);
		link->vlan = es_attr_u16(&data[IFLA_VLAN_ID], 0);
	}
}

static int add_link(void *payload, const char *body, size_t len)
{
	struct filling *f = payload;
	struct es_attr part[IFLA_MAX + 1];
	struct ifinfomsg head;

	if (!es_body_copy(&head, sizeof(head), body, len))
		return -EBADMSG;
	if (f->links->n == f->cap) {
		size_t cap = f->cap ? 2 * f->cap : 16;
		struct es_link *more =
			reallocarray(f->links->items, cap, sizeof(*more));

		if (!more)
			return -ENOMEM;
		f->links->items = more;
		f->cap = cap;
	}
	struct es_link *link = &f->links->items[f->links->n++];
	*link = (struct es_link){
		.index = (uint32_t)head.ifi_index,
		.flags = head.ifi_flags,
		.type = head.ifi_type,
	};
	es_attr_parse(part, IFLA_MAX + 1, body + sizeof(head),
		      len - sizeof(head));
	es_attr_string(link->name, sizeof(link->name), &part[IFLA_IFNAME]);
	link->mtu = es_attr_u32(&part[IFLA_MTU], 0);
	link->master = es_attr_u32(&part[IFLA_MASTER], 0);
	/* In another namespace the number means another interface. */
	if (!part[IFLA_LINK_NETNSID].data)
		link->lower = es_attr_u32(&part[IFLA_LINK], 0);
	if (part[IFLA_ADDRESS].data &&
	    part[IFLA_ADDRESS].len <= sizeof(link->mac)) {
		link->mac_len = (uint8_t)part[IFLA_ADDRESS].len;
		memcpy(link->mac, part[IFLA_ADDRESS].data, link->mac_len);
	}
	read_info(link, &part[IFLA_LINKINFO]);
	return 0;
}

/* An interface by which a default route leaves stays, whatever it is. */
static int keep_default(void *payload, const char *body, size_t len)
{
	struct es_links *links = payload;
	struct es_attr part[RTA_MAX + 1];
	struct rtmsg head;

	if (!es_body_copy(&head, sizeof(head), body, len))
		return -EBADMSG;
	if (head.rtm_dst_len != 0 || head.rtm_type != RTN_UNICAST)
		return 0;
	es_attr_parse(part, RTA_MAX + 1, body + sizeof(head),
		      len - sizeof(head));
	uint32_t index = es_attr_u32(&part[RTA_OIF], 0);
	for (size_t i = 0; i < links->n; i++)
		if (links->items[i].index == index)
			links->items[i].transient = false;
	return 0;
}

/*
 * A veth pair is made for each container that starts. Inside of a container
 * one end is the interface to the world: there the default route shows it.
 */
static int find_transient(struct es_links *links)
{
	static const unsigned char families[] = { AF_INET, AF_INET6 };
	size_t n = 0;

	for (size_t i = 0; i < links->n; i++) {
		if (strcmp(links->items[i].kind, "veth") == 0) {
			links->items[i].transient = true;
			n++;
		}
	}
	for (size_t i = 0; n > 0 && i < sizeof(families); i++) {
		const struct rtmsg want = { .rtm_family = families[i] };
		const struct es_dump dump = {
			.protocol = NETLINK_ROUTE,
			.type = RTM_GETROUTE,
			.body = &want,
			.len = sizeof(want),
			.each = keep_default,
			.payload = links,
		};
		int rc = es_netlink_dump(&dump);

		if (rc < 0 && rc != -EOPNOTSUPP)
			return rc;
	}
	return 0;
}

int es_links_load(struct es_links *out)
{
	const struct ifinfomsg want = { .ifi_family = AF_UNSPEC };
	ES_CLEANUP(es_links_dispose) struct es_links links = { NULL, 0 };
	struct filling filling = { .links = &links };
	const struct es_dump dump = {
		.protocol = NETLINK_ROUTE,
		.type = RTM_GETLINK,
		.body = &want,
		.len = sizeof(want),
		.each = add_link,
		.payload = &filling,
	};
	int rc = es_netlink_dump(&dump);

	if (rc == 0)
		rc = find_transient(&links);
	if (rc < 0)
		return rc;
	*out = links;
	links.items = NULL;
	return 0;
}

void es_links_dispose(struct es_links *links)
{
	free(links->items);
	links->items = NULL;
	links->n = 0;
}

const struct es_link *es_links_find(const struct es_links *links,
				    uint32_t index)
{
	for (size_t i = 0; i < links->n; i++)
		if (links->items[i].index == index)
			return &links->items[i];
	return NULL;
}

bool es_links_lasting(const struct es_links *links, uint32_t index)
{
	const struct es_link *link = es_links_find(links, index);

	return link && !link->transient;
}

int es_links_name(struct es_buf *out, const struct es_links *links,
		  uint32_t index)
{
	const struct es_link *link = es_links_find(links, index);

	if (!link)
		return es_buf_addf(out, "if%" PRIu32, index);
	return es_fact_word(out, link->name, strlen(link->name));
}

int es_address_put(struct es_buf *out, int family, const void *raw)
{
	char text[INET6_ADDRSTRLEN];

	if (!inet_ntop(family, raw, text, sizeof(text)))
		return es_buf_addc(out, '?');
	return es_buf_adds(out, text);
}
