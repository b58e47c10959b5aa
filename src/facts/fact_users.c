/* SPDX-License-Identifier: MIT */
/* fact_users.c - accounts, without anything of their passwords */
#include "config.h"

#include "facts/facts_priv.h"

#include "etcsnap/cleanup.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>

static void put_user(struct es_buf *out, const struct es_field f[7])
{
	static const struct {
		const char *key;
		size_t field;
	} parts[] = {
		{ " uid=", 2 },
		{ " gid=", 3 },
		{ " home=", 5 },
		{ " shell=", 6 },
	};

	es_fact_word(out, f[0].at, f[0].len);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		es_buf_adds(out, parts[i].key);
		es_fact_word(out, f[parts[i].field].at, f[parts[i].field].len);
	}
	if (f[4].len > 0) {
		es_buf_adds(out, " gecos=");
		es_quote_term(out, f[4].at, f[4].len);
	}
	es_buf_addc(out, '\n');
}

/* Lines of passwd(5), markers of NIS and broken ones left out. */
static int put_file(struct es_buf *out, int root)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(ES_FACT_MAX);
	int rc = es_fact_read(&b, root, "etc/passwd");
	struct es_field f[7];
	const char *line;
	size_t len;

	if (rc < 0)
		return rc;
	const char *p = es_buf_str(&b);
	const char *end = p + b.len;
	while ((line = es_fact_next(&p, end, &len))) {
		if (es_fact_fields(f, 7, line, len, ':') == 7 && f[0].len > 0 &&
		    !strchr("+-#", *line))
			put_user(out, f);
	}
	return 0;
}

static struct es_field field(const char *s)
{
	return (struct es_field){ s ? s : "", s ? strlen(s) : 0 };
}

static void put_entry(struct es_buf *out, const struct passwd *pw)
{
	char uid[16], gid[16];

	snprintf(uid, sizeof(uid), "%" PRIu32, (uint32_t)pw->pw_uid);
	snprintf(gid, sizeof(gid), "%" PRIu32, (uint32_t)pw->pw_gid);
	const struct es_field f[7] = {
		field(pw->pw_name),  { "", 0 },		  field(uid),
		field(gid),	     field(pw->pw_gecos), field(pw->pw_dir),
		field(pw->pw_shell),
	};
	put_user(out, f);
}

/*
 * What services of the C library add to the file. Whether a directory
 * answers nothing or does not answer is not told apart by getpwent(3).
 */
static int put_services(struct es_buf *out)
{
	const struct passwd *pw;
	int error;

	setpwent();
	for (;;) {
		errno = 0;
		pw = getpwent();
		if (!pw)
			break;
		if (pw->pw_uid < ES_DYNAMIC_FIRST ||
		    pw->pw_uid > ES_DYNAMIC_LAST)
			put_entry(out, pw);
	}
	error = errno;
	endpwent();
	return error == ENOMEM || error == EMFILE || error == ENFILE ? -error
								     : 0;
}

int es_fact_users(const struct es_fact_source *src, struct es_buf *out)
{
	int rc = put_file(out, src->root);

	if (rc < 0 && rc != -ENOENT && rc != -ENOTDIR)
		return rc;
	if (src->options->live) {
		rc = put_services(out);
		if (rc < 0)
			return rc;
	}
	return out->failed;
}
