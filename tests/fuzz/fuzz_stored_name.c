/* SPDX-License-Identifier: MIT */
/* fuzz_stored_name.c - any name to a stored one and back */
#include "config.h"

#include "etcsnap/stored_name.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int holds)
{
	if (!holds)
		abort();
}

static int is_component(const char *name, size_t len)
{
	return len > 0 && !memchr(name, '/', len) && !memchr(name, '\0', len) &&
	       !(name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')));
}

static void check_name(const char *name, size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf s = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf n = ES_BUF_INIT(ES_BUF_MAX);

	demand(es_stored_name_encode(&s, name, len) == 0);
	demand(is_component(s.data, s.len));
	demand(es_stored_name_decode(&n, s.data, s.len) == 0);
	demand(n.len == len && memcmp(n.data, name, len) == 0);
}

/* As a stored name: refused, or the only one of its name. */
static void check_stored(const char *stored, size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf s = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf n = ES_BUF_INIT(ES_BUF_MAX);

	if (es_stored_name_decode(&n, stored, len) < 0) {
		demand(n.len == 0);
		return;
	}
	demand(is_component(n.data, n.len));
	demand(es_stored_name_encode(&s, n.data, n.len) == 0);
	demand(s.len == len && memcmp(s.data, stored, len) == 0);
}

static void check_path(const char *stored, size_t len)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf s = ES_BUF_INIT(ES_BUF_MAX);
	ES_CLEANUP(es_buf_dispose) struct es_buf p = ES_BUF_INIT(ES_BUF_MAX);

	if (es_stored_path_decode(&p, stored, len) < 0)
		return;
	demand(p.len > 0 && p.data[0] == '/');
	demand(es_stored_path_encode(&s, p.data, p.len) == 0);
	demand(s.len == len && (len == 0 || !memcmp(s.data, stored, len)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of its own, so that a step beyond is seen. */
	char *name = malloc(size ? size : 1);

	if (!name)
		return 0;
	if (size)
		memcpy(name, data, size);
	if (is_component(name, size))
		check_name(name, size);
	check_stored(name, size);
	check_path(name, size);
	free(name);
	return 0;
}
