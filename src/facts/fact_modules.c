/* SPDX-License-Identifier: MIT */
/* fact_modules.c - loaded kernel modules, and which of them taint it */
#include "config.h"

#include "facts/facts_priv.h"

#include "etcsnap/cleanup.h"

#include <errno.h>

/*
 * Loaded by the kernel when somebody merely looks at sockets, as ss(8) and
 * system/listening do.
 */
static const char *const by_looking[] = {
	"af_packet_diag", "inet_diag",	 "mptcp_diag", "netlink_diag",
	"raw_diag",	  "sctp_diag",	 "smc_diag",   "tcp_diag",
	"tipc_diag",	  "udp_diag",	 "unix_diag",  "vsock_diag",
	"xsk_diag",	  "packet_diag",
};

/* Source: Documentation/admin-guide/tainted-kernels.rst, by letter. */
static const struct {
	char letter;
	const char *word;
} flags[] = {
	{ 'P', "proprietary" }, { 'F', "forced" },	 { 'C', "staging" },
	{ 'O', "out-of-tree" }, { 'E', "unsigned" },	 { 'K', "live-patch" },
	{ 'N', "test" },	{ 'X', "distribution" },
};

static bool is_by_looking(const struct es_field *name)
{
	for (size_t i = 0; i < sizeof(by_looking) / sizeof(by_looking[0]); i++)
		if (es_field_is(name, by_looking[i]))
			return true;
	return false;
}

/* Name, size, users, used by, state, address, and flags as "(OE)". */
static void put_module(struct es_buf *out, const char *line, size_t len)
{
	struct es_field f[7];
	size_t n = es_fact_fields(f, 7, line, len, ' ');

	if (n < 5 || is_by_looking(&f[0]))
		return;
	es_fact_word(out, f[0].at, f[0].len);
	for (size_t i = 0; n >= 7 && i < sizeof(flags) / sizeof(flags[0]); i++)
		if (memchr(f[6].at, flags[i].letter, f[6].len))
			es_buf_addf(out, " %s", flags[i].word);
	es_buf_addc(out, '\n');
}

int es_fact_modules(const struct es_fact_source *src, struct es_buf *out)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_FACT_MAX);
	int rc = es_fact_read(&b, src->proc, "modules");
	const char *line;
	size_t len;

	/* A kernel without modules has no such file. */
	if (rc < 0)
		return rc == -ENOENT ? ES_FACT_NONE : rc;
	const char *p = es_buf_str(&b);
	const char *end = p + b.len;
	while ((line = es_fact_next(&p, end, &len)))
		put_module(out, line, len);
	return out->failed;
}
