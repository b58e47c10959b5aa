/* SPDX-License-Identifier: MIT */
/* wire.c - requests to the child process as a sequence of items */
#include "config.h"

#include "deliver/wire_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEAD (2 * sizeof(uint32_t))

/* Items of a request that belong to none of its structs; the fields of a
 * struct have their place in its table as their tag. */
enum {
	TAG_KIND = 1000,
	TAG_CA,
	TAG_SIGNATURE,
};

enum field_type {
	FIELD_RAW,     /* as many bytes as the field has */
	FIELD_STRING,  /* with its NUL; NULL is left out */
	FIELD_BYTES,   /* pointer and number of elements */
	FIELD_STRINGS, /* pointer to pointers and their number */
	FIELD_RECORDS, /* of struct es_stream_record */
};

/* A field of a request, as offsets into its struct. */
struct field {
	enum field_type type;
	size_t at;
	size_t size; /* of the field, or of one element */
	size_t at_n; /* its number of elements */
};

#define RAW(type, name)                                                       \
	{                                                                     \
		FIELD_RAW, offsetof(type, name), sizeof(((type *)0)->name), 0 \
	}
#define STRING(type, name)                               \
	{                                                \
		FIELD_STRING, offsetof(type, name), 0, 0 \
	}
#define MANY(kind, type, name, n)                                       \
	{                                                               \
		kind, offsetof(type, name), sizeof(*((type *)0)->name), \
			offsetof(type, n)                               \
	}

static const struct field smtp_fields[] = {
	STRING(struct es_smtp_request, url),
	RAW(struct es_smtp_request, tls),
	STRING(struct es_smtp_request, from),
	MANY(FIELD_STRINGS, struct es_smtp_request, recipients, n_recipients),
	MANY(FIELD_BYTES, struct es_smtp_request, message, len),
	RAW(struct es_smtp_request, auth),
	STRING(struct es_smtp_request, user),
	STRING(struct es_smtp_request, secret),
	STRING(struct es_smtp_request, pin),
	STRING(struct es_smtp_request, helo),
	RAW(struct es_smtp_request, limits),
};

static const struct field http_fields[] = {
	STRING(struct es_http_request, method),
	STRING(struct es_http_request, url),
	RAW(struct es_http_request, plain),
	MANY(FIELD_STRINGS, struct es_http_request, headers, n_headers),
	MANY(FIELD_BYTES, struct es_http_request, body, body_len),
	MANY(FIELD_BYTES, struct es_http_request, expected, n_expected),
	STRING(struct es_http_request, user),
	STRING(struct es_http_request, password),
	STRING(struct es_http_request, bearer),
	STRING(struct es_http_request, pin),
	STRING(struct es_http_request, proxy),
	STRING(struct es_http_request, unix_socket),
	RAW(struct es_http_request, max_redirects),
	RAW(struct es_http_request, limits),
};

static const struct field stream_fields[] = {
	STRING(struct es_stream_request, url),
	MANY(FIELD_RECORDS, struct es_stream_request, records, n_records),
	RAW(struct es_stream_request, framing),
	STRING(struct es_stream_request, pin),
	RAW(struct es_stream_request, limits),
};

/* The struct of a request and the table of its fields */
struct shape {
	const struct field *fields;
	size_t n;
	size_t at; /* of the request in struct es_net_job */
};

#define SHAPE(table, member)                                \
	{                                                   \
		(table), sizeof(table) / sizeof(*(table)),  \
			offsetof(struct es_net_job, member) \
	}

static const struct shape shapes[] = {
	[ES_TRANSPORT_SMTP] = SHAPE(smtp_fields, smtp),
	[ES_TRANSPORT_HTTP] = SHAPE(http_fields, http),
	[ES_TRANSPORT_STREAM] = SHAPE(stream_fields, stream),
};

#define SHAPES (sizeof(shapes) / sizeof(*shapes))

void es_wire_put(struct es_buf *out, uint32_t tag, const void *data, size_t len)
{
	uint32_t head[2] = { tag, (uint32_t)len };

	if (len > UINT32_MAX) {
		out->failed = -EFBIG;
		return;
	}
	es_buf_add(out, head, sizeof(head));
	es_buf_add(out, data, len);
}

int es_wire_next(struct es_wire_item *out, const char **data, size_t *len)
{
	uint32_t head[2];

	if (!*len)
		return 0;
	if (*len < HEAD)
		return -EBADMSG;
	memcpy(head, *data, HEAD);
	if (head[1] > *len - HEAD)
		return -EBADMSG;
	out->tag = head[0];
	out->data = *data + HEAD;
	out->len = head[1];
	*data += HEAD + head[1];
	*len -= HEAD + head[1];
	return 1;
}

/* What the pointer at an offset points to. The fields are pointers to const
 * of several types; memcpy() reads them whatever they point to. */
static const void *pointer_at(const char *base, size_t at)
{
	const void *p;

	memcpy(&p, base + at, sizeof(p));
	return p;
}

static size_t number_at(const char *base, size_t at)
{
	size_t n;

	memcpy(&n, base + at, sizeof(n));
	return n;
}

static void put_many(struct es_buf *out, uint32_t tag, const struct field *f,
		     const char *base)
{
	const void *list = pointer_at(base, f->at);
	const struct es_stream_record *records = list;
	const char *const *strings = list;
	size_t n = list ? number_at(base, f->at_n) : 0;

	for (size_t i = 0; i < n; i++) {
		if (f->type == FIELD_RECORDS)
			es_wire_put(out, tag, records[i].data, records[i].len);
		else
			es_wire_put(out, tag, strings[i],
				    strlen(strings[i]) + 1);
	}
}

static void put_field(struct es_buf *out, uint32_t tag, const struct field *f,
		      const char *base)
{
	const char *s;

	switch (f->type) {
	case FIELD_RAW:
		es_wire_put(out, tag, base + f->at, f->size);
		break;
	case FIELD_STRING:
		s = pointer_at(base, f->at);
		if (s)
			es_wire_put(out, tag, s, strlen(s) + 1);
		break;
	case FIELD_BYTES:
		s = pointer_at(base, f->at);
		if (s)
			es_wire_put(out, tag, s,
				    number_at(base, f->at_n) * f->size);
		break;
	case FIELD_STRINGS:
	case FIELD_RECORDS:
		put_many(out, tag, f, base);
		break;
	}
}

void es_net_job_put(struct es_buf *out, const struct es_net_job *job)
{
	const struct shape *shape = &shapes[job->kind];
	uint32_t kind = job->kind;

	es_wire_put(out, TAG_KIND, &kind, sizeof(kind));
	if (job->ca)
		es_wire_put(out, TAG_CA, job->ca, job->ca_len);
	if (job->signature)
		es_wire_put(out, TAG_SIGNATURE, job->signature,
			    strlen(job->signature) + 1);
	for (size_t i = 0; i < shape->n; i++)
		put_field(out, (uint32_t)i, &shape->fields[i],
			  (const char *)job + shape->at);
}

/* Adds an element to a list whose pointer and number stand at a field. */
static int take_element(char *base, const struct field *f,
			const struct es_wire_item *item)
{
	struct es_stream_record record = { item->data, item->len };
	size_t n = number_at(base, f->at_n);
	char *list;

	memcpy(&list, base + f->at, sizeof(list));
	/* grown at every power of two */
	if (!(n & (n - 1))) {
		char *more = realloc(list, (n ? 2 * n : 1) * f->size);

		if (!more)
			return -ENOMEM;
		list = more;
		memcpy(base + f->at, &list, sizeof(list));
	}
	memcpy(list + n * f->size,
	       f->type == FIELD_RECORDS ? (const void *)&record
					: (const void *)&item->data,
	       f->size);
	n++;
	memcpy(base + f->at_n, &n, sizeof(n));
	return 0;
}

static bool is_string(const struct es_wire_item *item)
{
	return item->len && !memchr(item->data, '\0', item->len - 1) &&
	       item->data[item->len - 1] == '\0';
}

/* Elements of more than a byte must lie where their type may. */
static int take_bytes(char *base, const struct field *f,
		      const struct es_wire_item *item)
{
	size_t n = item->len / f->size;
	const void *data = item->data;

	if (f->size > 1) {
		void *copy = malloc(item->len + 1);

		if (!copy)
			return -ENOMEM;
		memcpy(copy, item->data, item->len);
		data = copy;
	}
	memcpy(base + f->at, &data, sizeof(data));
	memcpy(base + f->at_n, &n, sizeof(n));
	return 0;
}

static int take_field(char *base, const struct field *f,
		      const struct es_wire_item *item)
{
	switch (f->type) {
	case FIELD_RAW:
		if (item->len != f->size)
			return -EBADMSG;
		memcpy(base + f->at, item->data, f->size);
		return 0;
	case FIELD_STRING:
		if (!is_string(item))
			return -EBADMSG;
		memcpy(base + f->at, &item->data, sizeof(item->data));
		return 0;
	case FIELD_BYTES:
		return take_bytes(base, f, item);
	case FIELD_STRINGS:
		if (!is_string(item))
			return -EBADMSG;
		return take_element(base, f, item);
	case FIELD_RECORDS:
		return take_element(base, f, item);
	}
	return -EBADMSG;
}

static int take_item(struct es_net_job *out, const struct shape *shape,
		     const struct es_wire_item *item)
{
	if (item->tag == TAG_CA) {
		out->ca = item->data;
		out->ca_len = item->len;
		return 0;
	}
	if (item->tag == TAG_SIGNATURE) {
		out->signature = item->data;
		return is_string(item) ? 0 : -EBADMSG;
	}
	if (item->tag >= shape->n)
		return -EBADMSG;
	return take_field((char *)out + shape->at, &shape->fields[item->tag],
			  item);
}

int es_net_job_take(struct es_net_job *out, const char *data, size_t len)
{
	struct es_wire_item item;
	uint32_t kind;
	int r = es_wire_next(&item, &data, &len);

	*out = (struct es_net_job){ 0 };
	if (r <= 0 || item.tag != TAG_KIND || item.len != sizeof(kind))
		return -EBADMSG;
	memcpy(&kind, item.data, sizeof(kind));
	if (kind >= SHAPES)
		return -EBADMSG;
	out->kind = (enum es_transport_kind)kind;
	while ((r = es_wire_next(&item, &data, &len)) > 0) {
		r = take_item(out, &shapes[kind], &item);
		if (r < 0)
			return r;
	}
	return r;
}
