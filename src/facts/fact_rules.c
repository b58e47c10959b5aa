/* SPDX-License-Identifier: MIT */
/* fact_rules.c - which routing table is asked when, as ip-rule(8) says it */
#include "config.h"

#include "facts/facts_priv.h"
#include "facts/netlink_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>

/* What a dump of rules needs. */
struct rules {
	struct es_buf *out;
	int family;
};

static void put_prefix(const struct rules *r, const char *word,
		       const struct es_attr *address, unsigned int bits)
{
	size_t want = r->family == AF_INET ? 4 : 16;

	es_buf_adds(r->out, word);
	if (!address->data || address->len != want) {
		es_buf_adds(r->out, "all");
		return;
	}
	es_address_put(r->out, r->family, address->data);
	if (bits != want * 8)
		es_buf_addf(r->out, "/%u", bits);
}

/* Two numbers of two bytes: a range of ports. */
static void put_ports(const struct rules *r, const char *word,
		      const struct es_attr *a)
{
	struct fib_rule_port_range range;

	if (!es_body_copy(&range, sizeof(range), a->data, a->len))
		return;
	es_buf_addf(r->out, " %s %u", word, (unsigned int)range.start);
	if (range.end != range.start)
		es_buf_addf(r->out, "-%u", (unsigned int)range.end);
}

static void put_selectors(const struct rules *r,
			  const struct fib_rule_hdr *head,
			  const struct es_attr *part)
{
	char name[IF_NAMESIZE];
	struct fib_rule_uid_range uids;

	if (part[FRA_FWMARK].data || part[FRA_FWMASK].data) {
		uint32_t mask = es_attr_u32(&part[FRA_FWMASK], UINT32_MAX);

		es_buf_addf(r->out, " fwmark 0x%" PRIx32,
			    es_attr_u32(&part[FRA_FWMARK], 0));
		if (mask != UINT32_MAX)
			es_buf_addf(r->out, "/0x%" PRIx32, mask);
	}
	if (head->tos)
		es_buf_addf(r->out, " tos 0x%02x", (unsigned int)head->tos);
	for (int i = 0; i < 2; i++) {
		es_attr_string(name, sizeof(name),
			       &part[i == 0 ? FRA_IIFNAME : FRA_OIFNAME]);
		if (!name[0])
			continue;
		es_buf_adds(r->out, i == 0 ? " iif " : " oif ");
		es_fact_word(r->out, name, strlen(name));
	}
	if (es_body_copy(&uids, sizeof(uids), part[FRA_UID_RANGE].data,
			 part[FRA_UID_RANGE].len))
		es_buf_addf(r->out, " uidrange %" PRIu32 "-%" PRIu32,
			    uids.start, uids.end);
	if (part[FRA_IP_PROTO].len >= 1)
		es_buf_addf(r->out, " ipproto %u",
			    (unsigned int)(unsigned char)part[FRA_IP_PROTO]
				    .data[0]);
	put_ports(r, "sport", &part[FRA_SPORT_RANGE]);
	put_ports(r, "dport", &part[FRA_DPORT_RANGE]);
}

static void put_action(const struct rules *r, const struct fib_rule_hdr *head,
		       const struct es_attr *part)
{
	static const char *const tables[] = { "default", "main", "local" };
	uint32_t table = es_attr_u32(&part[FRA_TABLE], head->table);

	if (part[FRA_L3MDEV].len >= 1 && part[FRA_L3MDEV].data[0])
		es_buf_adds(r->out, " lookup [l3mdev-table]");
	else if (head->action == FR_ACT_TO_TBL && table >= RT_TABLE_DEFAULT &&
		 table <= RT_TABLE_LOCAL)
		es_buf_addf(r->out, " lookup %s",
			    tables[table - RT_TABLE_DEFAULT]);
	else if (head->action == FR_ACT_TO_TBL)
		es_buf_addf(r->out, " lookup %" PRIu32, table);
	else if (head->action == FR_ACT_GOTO)
		es_buf_addf(r->out, " goto %" PRIu32,
			    es_attr_u32(&part[FRA_GOTO], 0));
	else if (head->action == FR_ACT_BLACKHOLE)
		es_buf_adds(r->out, " blackhole");
	else if (head->action == FR_ACT_UNREACHABLE)
		es_buf_adds(r->out, " unreachable");
	else if (head->action == FR_ACT_PROHIBIT)
		es_buf_adds(r->out, " prohibit");
	else
		es_buf_addf(r->out, " action %u", (unsigned int)head->action);
	/* Minus one: nothing is suppressed. */
	uint32_t least = es_attr_u32(&part[FRA_SUPPRESS_PREFIXLEN], UINT32_MAX);
	if (least != UINT32_MAX)
		es_buf_addf(r->out, " suppress_prefixlength %" PRIu32, least);
}

static int read_rule(void *payload, const char *body, size_t len)
{
	const struct rules *r = payload;
	struct es_attr part[FRA_MAX + 1];
	struct fib_rule_hdr head;

	if (!es_body_copy(&head, sizeof(head), body, len))
		return -EBADMSG;
	if (head.family != r->family)
		return 0;
	es_attr_parse(part, FRA_MAX + 1, body + sizeof(head),
		      len - sizeof(head));
	es_buf_addf(r->out, "%s %" PRIu32 ":",
		    r->family == AF_INET ? "rule" : "rule6",
		    es_attr_u32(&part[FRA_PRIORITY], 0));
	if (head.flags & FIB_RULE_INVERT)
		es_buf_adds(r->out, " not");
	put_prefix(r, " from ", &part[FRA_SRC], head.src_len);
	if (part[FRA_DST].data)
		put_prefix(r, " to ", &part[FRA_DST], head.dst_len);
	put_selectors(r, &head, part);
	put_action(r, &head, part);
	return es_buf_addc(r->out, '\n');
}

int es_fact_routing_rules(struct es_buf *out)
{
	static const unsigned char families[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < sizeof(families); i++) {
		const struct fib_rule_hdr want = { .family = families[i] };
		struct rules rules = { .out = out, .family = families[i] };
		const struct es_dump dump = {
			.protocol = NETLINK_ROUTE,
			.type = RTM_GETRULE,
			.body = &want,
			.len = sizeof(want),
			.each = read_rule,
			.payload = &rules,
		};
		int rc = es_netlink_dump(&dump);

		/* A kernel may be built without rules, or without IPv6. */
		if (rc < 0 && rc != -EOPNOTSUPP && rc != -EAFNOSUPPORT)
			return rc;
	}
	return 0;
}
