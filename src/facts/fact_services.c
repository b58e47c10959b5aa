/* SPDX-License-Identifier: MIT */
/* fact_services.c - what is started at boot: systemd, SysV, OpenRC */
#include "config.h"

#include "facts/units_priv.h"

#include "etcsnap/cleanup.h"
#include "etcsnap/fileio.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>

static int put_unit(void *payload, const struct es_unit *unit)
{
	return es_unit_is_timer(unit) ? 0 : es_unit_put(payload, unit);
}

/*
 * Links like etc/rc2.d/S01cron. The number moves with the services around
 * it; what is stopped is not told, as it is all the rest.
 */
static int put_sysv(struct es_buf *out, int root)
{
	static const char levels[] = "0123456S";

	for (const char *level = levels; *level; level++) {
		ES_CLEANUP(es_buf_dispose)
		struct es_buf names = ES_BUF_INIT(1 << 20);
		char path[32];

		snprintf(path, sizeof(path), "etc/rc%c.d", *level);
		if (es_fact_list(&names, root, path) < 0)
			continue;
		const char *p = es_buf_str(&names), *end = p + names.len;
		for (size_t n; p < end; p += n + 1) {
			n = strlen(p);
			if (n < 4 || p[0] != 'S' ||
			    !isdigit((unsigned char)p[1]) ||
			    !isdigit((unsigned char)p[2]))
				continue;
			es_buf_adds(out, "sysv ");
			es_fact_word(out, p + 3, n - 3);
			es_buf_addf(out, " runlevel %c\n", *level);
		}
	}
	return out->failed;
}

static int put_runlevel(struct es_buf *out, int levels, const char *level)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf names = ES_BUF_INIT(1 << 20);

	if (es_fact_list(&names, levels, level) < 0)
		return 0;
	const char *p = es_buf_str(&names), *end = p + names.len;
	for (; p < end; p += strlen(p) + 1) {
		es_buf_adds(out, "openrc ");
		es_fact_word(out, p, strlen(p));
		es_buf_adds(out, " runlevel ");
		es_fact_word(out, level, strlen(level));
		es_buf_addc(out, '\n');
	}
	return out->failed;
}

/* Links like etc/runlevels/default/sshd. */
static int put_openrc(struct es_buf *out, int root)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf names = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_closep)
	int levels =
		es_open_in_root(root, "etc/runlevels", O_RDONLY | O_DIRECTORY);

	if (levels < 0 || es_fact_list(&names, levels, ".") < 0)
		return 0;
	const char *p = es_buf_str(&names), *end = p + names.len;
	for (; p < end; p += strlen(p) + 1)
		put_runlevel(out, levels, p);
	return out->failed;
}

int es_fact_services(const struct es_fact_source *src, struct es_buf *out)
{
	int rc = es_units_each(src, put_unit, out);

	if (rc == 0)
		rc = put_sysv(out, src->root);
	return rc < 0 ? rc : put_openrc(out, src->root);
}
