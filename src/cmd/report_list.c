/* SPDX-License-Identifier: MIT */
/* report_list.c - etcsnap report --list: reports that were kept as files */
#include "config.h"

#include "cmd/cmd.h"
#include "etcsnap/deliver.h"
#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#define REPORT_MAX ((size_t)64 << 20)

struct listing {
	struct es_call *call;
	const char *id; /* the one to print; NULL: all are listed */
	size_t n;
	struct es_error *err;
};

/* The first line of a report says what it is about. */
static void print_line(const char *id, const char *path)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(REPORT_MAX);
	struct es_error unread = ES_ERROR_INIT;

	es_buf_addf(&name, "%s.txt", path);
	es_read_file(&text, AT_FDCWD, es_buf_str(&name), &unread);
	printf("%s  %.*s\n", id, (int)strcspn(es_buf_str(&text), "\n"),
	       es_buf_str(&text));
}

static int print_whole(const struct listing *l, const char *path)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf name = ES_BUF_INIT(1 << 16);
	ES_CLEANUP(es_buf_dispose) struct es_buf text = ES_BUF_INIT(REPORT_MAX);
	const char *format = es_opt_get(&l->call->args, "format");
	const char *ending = es_opt_has(&l->call->args, "json")	     ? "json"
			     : format && strcmp(format, "text") != 0 ? format
								     : "txt";

	es_buf_addf(&name, "%s.%s", path, ending);
	if (es_read_file(&text, AT_FDCWD, es_buf_str(&name), l->err) < 0)
		return l->err->code;
	es_pager_start(l->call);
	fwrite(es_buf_str(&text), 1, text.len, stdout);
	return 1;
}

static int each(void *payload, const char *id, const char *path)
{
	struct listing *l = payload;

	if (l->id && strncmp(id, l->id, strlen(l->id)) != 0)
		return 0;
	l->n++;
	if (l->id)
		return print_whole(l, path);
	print_line(id, path);
	return 0;
}

int es_report_list(struct es_call *call, struct es_error *err)
{
	struct listing l = { .call = call, .err = err };
	int rc;

	if (call->args.n_operands > 1)
		return es_fail_config(err, "--list takes one id, or none");
	if (call->args.n_operands == 1)
		l.id = call->args.operands[0];
	rc = es_deliver_reports(call->session, NULL, each, &l, err);
	if (rc < 0)
		return rc;
	if (l.id && l.n == 0)
		return es_fail_config(err,
				      "there is no report '%s'; 'etcsnap "
				      "report --list' lists them",
				      ES_Q(l.id));
	return ES_EXIT_DONE;
}
