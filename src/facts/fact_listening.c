/* SPDX-License-Identifier: MIT */
/* fact_listening.c - sockets that wait for somebody, with their programs */
#include "config.h"

#include "facts/sockets_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>

/*
 * A port that the kernel chose is another one each time. In the range from
 * which it chooses (ip_local_port_range) no number can be told from a chosen
 * one, unless it is set apart by ip_local_reserved_ports. So such a port is
 * recorded as "ephemeral", and left out where it comes and goes by itself:
 * - UDP of a program, as every question to a name server opens one;
 * - TCP on the loopback interface: helpers of programs that people run.
 * What stays is a program that takes connections from outside, and sockets
 * of the kernel itself (WireGuard, NFS).
 *
 * Left out, too: forwardings of SSH logins, raw sockets of ping(8) and its
 * kind, and what is bound to an interface of a container.
 */

/* Some set the range to nearly all ports; below this one a port has a name. */
#define EPHEMERAL_LEAST 32768

/* Displays that sshd forwards. Source: sshd_config(5), X11DisplayOffset. */
#define X11_FIRST 6010
#define X11_LAST 6109

/* Which ports the kernel gives out by itself. */
struct ports {
	uint64_t first;
	uint64_t last;
	char reserved[4096]; /* "8080,9100-9120" */
};

static void load_ports(struct ports *out, int proc)
{
	char line[64];
	int n = es_fact_line(line, sizeof(line), proc,
			     "sys/net/ipv4/ip_local_port_range");

	out->first = EPHEMERAL_LEAST;
	out->last = 60999;
	if (n > 0) {
		uint64_t first = es_fact_number(line);

		if (first > out->first)
			out->first = first;
		out->last = es_fact_number(
			line + strcspn(line, "\t ") +
			strspn(line + strcspn(line, "\t "), "\t "));
	}
	if (es_fact_line(out->reserved, sizeof(out->reserved), proc,
			 "sys/net/ipv4/ip_local_reserved_ports") < 0)
		out->reserved[0] = '\0';
}

static bool is_ephemeral(const struct ports *ports, const struct es_socket *s)
{
	if (s->protocol == IPPROTO_RAW || s->port < ports->first ||
	    s->port > ports->last)
		return false;
	for (const char *p = ports->reserved; *p;) {
		size_t n = strcspn(p, ",");
		const char *dash = memchr(p, '-', n);
		uint64_t first = es_fact_number(p);
		uint64_t last = dash ? es_fact_number(dash + 1) : first;

		if (s->port >= first && s->port <= last)
			return false;
		p += n + (p[n] == ',');
	}
	return true;
}

static bool is_loopback(const struct es_socket *s)
{
	static const unsigned char one[16] = { [15] = 1 };

	return s->family == AF_INET ? s->address[0] == 127
				    : memcmp(s->address, one, 16) == 0;
}

static bool is_link_local(const struct es_socket *s)
{
	return s->family == AF_INET6 && s->address[0] == 0xfe &&
	       (s->address[1] & 0xc0) == 0x80;
}

/* Name of the program when it is the system's own, else "". */
static const char *system_program(const struct es_socket *s)
{
	static const char *const dirs[] = { "/usr/", "/bin/", "/sbin/",
					    "/lib/" };
	const char *slash = s->program ? strrchr(s->program, '/') : NULL;

	for (size_t i = 0; slash && i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (strncmp(s->program, dirs[i], strlen(dirs[i])) == 0)
			return slash + 1;
	return "";
}

static bool is_forwarding(const struct es_socket *s)
{
	const char *name = system_program(s);

	if (strcmp(name, "sshd-session") == 0)
		return true;
	return strcmp(name, "sshd") == 0 &&
	       (s->uid != 0 || (is_loopback(s) && s->port >= X11_FIRST &&
				s->port <= X11_LAST));
}

static bool is_ping(const struct es_socket *s)
{
	static const char *const names[] = { "ping",	   "ping6",
					     "fping",	   "fping6",
					     "mtr-packet", "traceroute",
					     "arping" };
	const char *name = system_program(s);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (s->protocol == IPPROTO_RAW && strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool is_transient(const struct es_sockets *all,
			 const struct es_socket *s,
			 const struct es_links *links, bool ephemeral)
{
	if (s->index && !es_links_lasting(links, s->index))
		return true;
	if (ephemeral && s->protocol == IPPROTO_UDP)
		return s->program || !all->complete;
	if (ephemeral && is_loopback(s))
		return true;
	return is_forwarding(s) || is_ping(s);
}

static void put_address(struct es_buf *out, const struct es_socket *s,
			const struct es_links *links)
{
	unsigned char address[16];

	memcpy(address, s->address, sizeof(address));
	/* The rest is made from the hardware's, or by lot. */
	if (is_link_local(s))
		memset(address + 8, 0, 8);
	if (s->family == AF_INET6)
		es_buf_addc(out, '[');
	es_address_put(out, s->family, address);
	if (s->family == AF_INET6)
		es_buf_addc(out, ']');
	if (s->index) {
		es_buf_addc(out, '%');
		es_links_name(out, links, s->index);
	}
}

int es_sockets_put(struct es_buf *out, const struct es_sockets *sockets,
		   const struct es_links *links,
		   const struct es_fact_source *src)
{
	struct ports ports;

	load_ports(&ports, src->proc);
	for (size_t i = 0; i < sockets->n; i++) {
		const struct es_socket *s = &sockets->items[i];
		bool ephemeral = is_ephemeral(&ports, s);

		if (is_transient(sockets, s, links, ephemeral))
			continue;
		es_buf_adds(out, s->protocol == IPPROTO_TCP   ? "tcp "
				 : s->protocol == IPPROTO_UDP ? "udp "
							      : "raw ");
		put_address(out, s, links);
		if (ephemeral)
			es_buf_adds(out, ":ephemeral");
		else
			es_buf_addf(out, ":%u", (unsigned int)s->port);
		es_buf_addf(out, " uid=%" PRIu32 " ", s->uid);
		es_fact_word(out, s->program ? s->program : "",
			     s->program ? strlen(s->program) : 0);
		es_buf_addc(out, '\n');
	}
	return out->failed;
}

/*
 * A socket that nobody has open may have been closed since it was listed.
 * One that is still there was there all the time: it is the kernel's own.
 */
static int drop_closed(struct es_sockets *sockets,
		       const struct es_fact_source *src)
{
	ES_CLEANUP(es_sockets_dispose) struct es_sockets now = { 0 };
	size_t kept = 0, unknown = 0;

	for (size_t i = 0; i < sockets->n; i++)
		unknown += !sockets->items[i].program;
	if (unknown == 0)
		return 0;
	int rc = es_sockets_load(&now, src);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < sockets->n; i++) {
		const struct es_socket *s = &sockets->items[i];

		if (s->program || es_sockets_find(&now, s->inode))
			sockets->items[kept++] = *s;
	}
	sockets->n = kept;
	return 0;
}

int es_fact_listening(const struct es_fact_source *src, struct es_buf *out)
{
	ES_CLEANUP(es_links_dispose) struct es_links links = { NULL, 0 };
	ES_CLEANUP(es_sockets_dispose) struct es_sockets sockets = { 0 };
	int rc = es_links_load(&links);

	if (rc == 0)
		rc = es_sockets_load(&sockets, src);
	if (rc == 0)
		rc = es_sockets_owners(&sockets, src);
	if (rc == 0)
		rc = drop_closed(&sockets, src);
	return rc < 0 ? rc : es_sockets_put(out, &sockets, &links, src);
}
