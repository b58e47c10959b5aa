/* SPDX-License-Identifier: MIT */
/* stream.c - records for a log collector, by UDP, TCP or TLS */
#include "config.h"

#include "deliver/easy_priv.h"

#include "etcsnap/clock.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Milliseconds between two looks at what the other side has not yet had */
#define LOOK 20

/* Scheme, usual port, and by what libcurl is to be asked for a connection */
static const struct place {
	const char *scheme;
	const char *port;
	const char *curl;
} places[] = {
	{ "udp", "514", NULL },
	{ "tcp", "601", "http" },
	{ "tls", "6514", "https" },
};

struct stream {
	struct es_easy easy;
	const struct es_net_job *job;
	const struct es_stream_request *rq;
	struct es_transport_result *r;
	const struct place *place;
	char *host; /* with brackets round an IPv6 address */
	char *port;
	int64_t until; /* milliseconds */
};

/* Return: 0, or -1 when the time is over. */
static int wait_for(struct stream *s, int fd, short events)
{
	struct pollfd p = { fd, events, 0 };
	int64_t stall = (int64_t)es_request_limits(s->job).stall * 1000;
	int64_t left = s->until - es_clock_ms();
	int r;

	left = left < stall ? left : stall;
	r = left > 0 ? poll(&p, 1, (int)left) : 0;
	if (r > 0 || (r < 0 && errno == EINTR))
		return 0;
	es_result_sayf(s->r, "no end within the time limit");
	return -1;
}

static int parse_url(struct stream *s)
{
	CURLU *u = curl_url();
	char *scheme = NULL;
	int r = -1;

	if (!u || curl_url_set(u, CURLUPART_URL, s->rq->url,
			       CURLU_NON_SUPPORT_SCHEME))
		goto out;
	curl_url_get(u, CURLUPART_SCHEME, &scheme, 0);
	curl_url_get(u, CURLUPART_HOST, &s->host, 0);
	curl_url_get(u, CURLUPART_PORT, &s->port, 0);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (scheme && strcasecmp(scheme, places[i].scheme) == 0)
			s->place = &places[i];
	}
	r = s->place && s->host ? 0 : -1;
out:
	curl_free(scheme);
	curl_url_cleanup(u);
	return r;
}

static const char *port_of(const struct stream *s)
{
	return s->port ? s->port : s->place->port;
}

/* --- UDP ------------------------------------------------------------------ */

/* Return: a connected socket or -1; the first address that takes one. */
static int open_udp(struct stream *s)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM,
				  .ai_flags = AI_ADDRCONFIG };
	struct addrinfo *list = NULL;
	char host[256];
	size_t len = strlen(s->host);
	int fd = -1;
	int r;

	if (s->host[0] == '[' && len > 2)
		snprintf(host, sizeof(host), "%.*s", (int)len - 2, s->host + 1);
	else
		snprintf(host, sizeof(host), "%s", s->host);
	r = getaddrinfo(host, port_of(s), &hints, &list);
	if (r != 0) {
		es_result_sayf(s->r, "the name of the host is not known: %s",
			       gai_strerror(r));
		return -1;
	}
	for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (fd < 0 || connect(fd, a->ai_addr, a->ai_addrlen) == 0)
			continue;
		close(fd);
		fd = -1;
	}
	freeaddrinfo(list);
	if (fd < 0)
		es_result_sayf(s->r, "no way to the host");
	return fd;
}

static int send_datagram(struct stream *s, int fd, size_t i)
{
	const struct es_stream_record *record = &s->rq->records[i];

	while (send(fd, record->data, record->len, 0) < 0) {
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN || errno == ENOBUFS) {
			if (wait_for(s, fd, POLLOUT) < 0)
				return -1;
			continue;
		}
		if (errno == EMSGSIZE)
			s->r->outcome = ES_REFUSED;
		es_result_sayf(s->r, "record %zu of %zu bytes was not sent: %s",
			       i + 1, record->len, strerror(errno));
		return -1;
	}
	return 0;
}

/* The last word of the other side's kernel: nobody listens there. */
static int ask_refused(struct stream *s, int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };
	char byte;

	poll(&p, 1, LOOK);
	if (recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == ECONNREFUSED) {
		es_result_sayf(s->r, "nobody listens there");
		return -1;
	}
	return 0;
}

static int send_udp(struct stream *s)
{
	ES_CLEANUP(es_closep) int fd = open_udp(s);

	if (fd < 0)
		return -1;
	for (size_t i = 0; i < s->rq->n_records; i++) {
		if (send_datagram(s, fd, i) < 0)
			return -1;
	}
	return ask_refused(s, fd);
}

/* --- TCP and TLS ---------------------------------------------------------- */

static int connect_curl(struct stream *s)
{
	char url[512];
	bool bad = false;
	CURLcode rc;
	CURL *c;

	snprintf(url, sizeof(url), "%s://%s:%s", s->place->curl, s->host,
		 port_of(s));
	if (es_easy_open(&s->easy, s->job, s->rq->pin, s->place->curl) < 0)
		return -1;
	c = s->easy.curl;
	bad |= curl_easy_setopt(c, CURLOPT_URL, url);
	bad |= curl_easy_setopt(c, CURLOPT_PROXY, "");
	bad |= curl_easy_setopt(c, CURLOPT_CONNECT_ONLY, 1L);
	bad |= curl_easy_setopt(c, CURLOPT_SSL_ENABLE_ALPN, 0L);
	if (bad)
		return -1;
	rc = curl_easy_perform(c);
	if (rc == CURLE_OK)
		return 0;
	es_easy_judge(s->r, &s->easy, rc);
	return -1;
}

static int send_bytes(struct stream *s, int fd, const char *data, size_t len)
{
	while (len) {
		size_t n = 0;
		CURLcode rc = curl_easy_send(s->easy.curl, data, len, &n);

		if (rc == CURLE_AGAIN) {
			if (wait_for(s, fd, POLLOUT) < 0)
				return -1;
			continue;
		}
		if (rc != CURLE_OK) {
			es_easy_judge(s->r, &s->easy, rc);
			return -1;
		}
		data += n;
		len -= n;
	}
	return 0;
}

static int frame(struct es_buf *out, const struct es_stream_request *rq)
{
	for (size_t i = 0; i < rq->n_records; i++) {
		const struct es_stream_record *record = &rq->records[i];

		if (rq->framing == ES_STREAM_OCTETS)
			es_buf_addf(out, "%zu ", record->len);
		es_buf_add(out, record->data, record->len);
		if (rq->framing == ES_STREAM_LINES)
			es_buf_addc(out, '\n');
	}
	return out->failed;
}

/* Until the other side's kernel has acknowledged all, or has hung up. */
static int wait_acknowledged(struct stream *s, int fd)
{
	struct pollfd p = { fd, 0, 0 };
	int left = 0;

	while (ioctl(fd, SIOCOUTQ, &left) == 0 && left > 0) {
		if (es_clock_ms() >= s->until)
			break;
		poll(&p, 1, LOOK);
		if (p.revents & (POLLERR | POLLHUP))
			break;
	}
	if (left > 0) {
		s->r->outcome = ES_UNSURE;
		es_result_sayf(s->r, "%d bytes were not acknowledged", left);
	}
	return left > 0 ? -1 : 0;
}

/* Whether the connection still stands after all was taken. */
static int ask_reset(struct stream *s)
{
	char data[256];
	size_t n = 0;
	CURLcode rc = curl_easy_recv(s->easy.curl, data, sizeof(data), &n);

	if (rc == CURLE_OK || rc == CURLE_AGAIN ||
	    rc == CURLE_UNSUPPORTED_PROTOCOL)
		return 0;
	es_easy_judge(s->r, &s->easy, rc);
	s->r->outcome = ES_UNSURE;
	return -1;
}

static int send_tcp(struct stream *s)
{
	ES_CLEANUP(es_buf_dispose)
	struct es_buf out = ES_BUF_INIT(2 * ES_TRANSPORT_MESSAGE_MAX);
	curl_socket_t fd = CURL_SOCKET_BAD;

	if (connect_curl(s) < 0 || frame(&out, s->rq) < 0 ||
	    curl_easy_getinfo(s->easy.curl, CURLINFO_ACTIVESOCKET, &fd) ||
	    send_bytes(s, fd, out.data, out.len) < 0)
		return -1;
	es_child_whole();
	s->easy.whole = true;
	if (wait_acknowledged(s, fd) < 0)
		return -1;
	return ask_reset(s);
}

void es_stream_send(struct es_transport_result *r, const struct es_net_job *job)
{
	struct stream s = { .job = job, .rq = &job->stream, .r = r };
	int sent;

	s.until = es_clock_ms() + (int64_t)es_request_limits(job).total * 1000;
	if (parse_url(&s) < 0) {
		es_result_sayf(r, "the URL is none");
		sent = -1;
	} else {
		sent = s.place->curl ? send_tcp(&s) : send_udp(&s);
	}
	if (sent == 0) {
		r->outcome = ES_SENT;
		es_result_sayf(r, "%zu records were sent",
			       job->stream.n_records);
	}
	es_easy_dispose(&s.easy);
	curl_free(s.host);
	curl_free(s.port);
}
