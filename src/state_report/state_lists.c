/* SPDX-License-Identifier: MIT */
/* state_lists.c - read an archive's list of packages */
#include "config.h"

#include "state_report/state_report_priv.h"

#include <archive.h>
#include <archive_entry.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A line that goes over two pieces of a file; longer ones are of no use. */
#define LINE_MAX_BYTES (1 << 20)

/* One list being read. */
struct reader {
	struct state_stanza stanza;
	struct es_buf rest; /* the beginning of a line */
	int (*each)(void *payload, struct state_stanza *s);
	void *payload;
};

static void stanza_dispose(struct state_stanza *s)
{
	free(s->name);
	free(s->arch);
	free(s->version);
	*s = (struct state_stanza){ 0 };
}

/* The stanza is at its end. */
static int finish(struct reader *r)
{
	struct state_stanza *s = &r->stanza;
	int rc = 0;

	if (s->name && s->arch && s->version)
		rc = r->each(r->payload, s);
	stanza_dispose(s);
	return rc;
}

static int take_field(char **out, const char *line, size_t len,
		      const char *field)
{
	size_t n = strlen(field);

	if (len < n || memcmp(line, field, n) != 0)
		return 0;
	while (n < len && line[n] == ' ')
		n++;
	while (len > n && (line[len - 1] == '\r' || line[len - 1] == ' '))
		len--;
	free(*out);
	*out = strndup(line + n, len - n);
	return *out ? 0 : -ENOMEM;
}

static int take_line(struct reader *r, const char *line, size_t len)
{
	struct state_stanza *s = &r->stanza;

	if (len == 0)
		return finish(r);
	switch (*line) {
	case 'P':
		return take_field(&s->name, line, len, "Package:");
	case 'V':
		return take_field(&s->version, line, len, "Version:");
	case 'A':
		return take_field(&s->arch, line, len, "Architecture:");
	default:
		return 0;
	}
}

/* Lines of a piece; what has no end yet waits for the next one. */
static int take_piece(struct reader *r, const char *data, size_t len)
{
	const char *end = data + len;
	int rc = 0;

	while (data < end && rc == 0) {
		const char *nl = memchr(data, '\n', (size_t)(end - data));

		if (!nl || r->rest.len)
			es_buf_add(&r->rest, data,
				   (size_t)((nl ? nl : end) - data));
		if (!nl)
			return r->rest.failed == -ENOMEM ? -ENOMEM : 0;
		rc = r->rest.len ? take_line(r, r->rest.data, r->rest.len)
				 : take_line(r, data, (size_t)(nl - data));
		es_buf_reset(&r->rest);
		data = nl + 1;
	}
	return rc;
}

static int read_pieces(struct reader *r, struct archive *a)
{
	struct archive_entry *e;
	const void *data;
	size_t len;
	la_int64_t at;
	int rc = archive_read_next_header(a, &e), mine = 0;

	/* an empty list */
	if (rc == ARCHIVE_EOF)
		return 0;
	while (rc == ARCHIVE_OK && mine == 0) {
		rc = archive_read_data_block(a, &data, &len, &at);
		if (rc == ARCHIVE_OK)
			mine = take_piece(r, data, len);
	}
	if (mine < 0)
		return mine;
	if (rc != ARCHIVE_EOF)
		return -EINVAL;
	if (r->rest.len)
		mine = take_line(r, r->rest.data, r->rest.len);
	return mine < 0 ? mine : finish(r);
}

int state_list_read(int fd, int (*each)(void *payload, struct state_stanza *s),
		    void *payload)
{
	struct archive *a = archive_read_new();
	struct reader r = {
		.rest = ES_BUF_INIT(LINE_MAX_BYTES),
		.each = each,
		.payload = payload,
	};
	int rc = -EINVAL;

	if (!a)
		return -ENOMEM;
	/* each by name: "all" has some that run programs */
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_format_raw(a);
	archive_read_support_format_empty(a);
	if (archive_read_open_fd(a, fd, 1 << 16) == ARCHIVE_OK)
		rc = read_pieces(&r, a);
	archive_read_free(a);
	stanza_dispose(&r.stanza);
	es_buf_dispose(&r.rest);
	return rc;
}
