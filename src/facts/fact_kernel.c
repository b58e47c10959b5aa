/* SPDX-License-Identifier: MIT */
/* fact_kernel.c - kernel version, how it was booted, what taints it */
#include "config.h"

#include "facts/facts_priv.h"

#include "etcsnap/cleanup.h"
#include "etcsnap/fileio.h"
#include "etcsnap/quote.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/utsname.h>

/* Source: Documentation/admin-guide/tainted-kernels.rst, by bit. */
static const char *const taints[] = {
	"proprietary-module",
	"forced-module-load",
	"cpu-out-of-specification",
	"forced-module-unload",
	"machine-check",
	"bad-page",
	"by-user",
	"died",
	"acpi-table-overridden",
	"warning",
	"staging-driver",
	"firmware-workaround",
	"out-of-tree-module",
	"unsigned-module",
	"soft-lockup",
	"live-patched",
	"distribution-defined",
	"struct-randomized",
	"in-kernel-test",
	"mutating-debug-operation",
};

static void put_taints(struct es_buf *out, int proc)
{
	char line[64];

	if (es_fact_line(line, sizeof(line), proc, "sys/kernel/tainted") <= 0)
		return;
	uint64_t mask = es_fact_number(line);
	for (unsigned int bit = 0; bit < 64; bit++) {
		if (!(mask >> bit & 1))
			continue;
		if (bit < sizeof(taints) / sizeof(taints[0]))
			es_buf_addf(out, "taint %s\n", taints[bit]);
		else
			es_buf_addf(out, "taint bit-%u\n", bit);
	}
}

/*
 * The command line as one, since the order matters, and each parameter on a
 * line of its own, since that is what a person compares. Double quotes keep
 * blanks together, as for the kernel; what follows "--" is for init.
 */
static int put_command_line(struct es_buf *out, int proc)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(1 << 16);
	int rc = es_fact_read(&b, proc, "cmdline");
	bool quoted = false;

	if (rc < 0)
		return rc;
	const char *p = es_buf_str(&b);
	size_t len = b.len;
	while (len > 0 && (p[len - 1] == '\n' || p[len - 1] == ' '))
		len--;
	es_fact_put(out, "command-line", p, len);
	for (size_t i = 0, start = 0; i <= len; i++) {
		if (i < len && p[i] == '"')
			quoted = !quoted;
		if (i < len && (quoted || p[i] != ' '))
			continue;
		const struct es_field word = { p + start, i - start };
		if (es_field_is(&word, "--"))
			break;
		es_fact_put(out, "parameter", word.at, word.len);
		start = i + 1;
	}
	return 0;
}

/* What the kernel says of flaws of the processor. */
static int put_vulnerabilities(struct es_buf *out, int sys)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf names = ES_BUF_INIT(1 << 16);
	const char *dir = "devices/system/cpu/vulnerabilities";
	char path[512], line[512];

	if (es_fact_list(&names, sys, dir) < 0)
		return 0;
	const char *p = es_buf_str(&names);
	for (size_t n; p < es_buf_str(&names) + names.len; p += n + 1) {
		n = strlen(p);
		if (n > 256)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, p);
		int len = es_fact_line(line, sizeof(line), sys, path);
		if (len <= 0)
			continue;
		es_buf_adds(out, "vulnerability ");
		es_fact_word(out, p, n);
		es_buf_addc(out, ' ');
		es_quote_term(out, line, (size_t)len);
		es_buf_addc(out, '\n');
	}
	return out->failed;
}

/* The one of several words in a line that stands in brackets. */
static void put_chosen(struct es_buf *out, const char *key, char *line)
{
	char *open = strchr(line, '[');
	char *close = open ? strchr(open, ']') : NULL;

	if (close)
		es_fact_put(out, key, open + 1, (size_t)(close - open) - 1);
}

/* The variable holds four bytes of attributes and one of state. */
static void put_secure_boot(struct es_buf *out, int sys)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(64);
	int rc = es_fact_read(&b, sys,
			      "firmware/efi/efivars/SecureBoot-"
			      "8be4df61-93ca-11d2-aa0d-00e098032b8c");

	if (rc == 0 && b.len == 5)
		es_buf_addf(out, "secure-boot %s\n", b.data[4] ? "on" : "off");
}

static void put_security(struct es_buf *out, int sys)
{
	char line[512];
	int n = es_fact_line(line, sizeof(line), sys, "kernel/security/lsm");

	if (n > 0)
		es_fact_put(out, "security-modules", line, (size_t)n);
	if (es_fact_line(line, sizeof(line), sys, "kernel/security/lockdown") >
	    0)
		put_chosen(out, "lockdown", line);
	ES_CLEANUP(es_closep)
	int efi = es_open_in_root(sys, "firmware/efi", O_RDONLY | O_DIRECTORY);
	if (efi >= 0)
		es_buf_adds(out, "firmware efi\n");
	put_secure_boot(out, sys);
}

int es_fact_kernel(const struct es_fact_source *src, struct es_buf *out)
{
	static const char *const keys[][2] = {
		{ "sys/kernel/ostype", "type" },
		{ "sys/kernel/osrelease", "release" },
		{ "sys/kernel/version", "version" },
	};
	struct utsname name;
	char line[512];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		int n = es_fact_line(line, sizeof(line), src->proc, keys[i][0]);

		if (n < 0)
			return n;
		es_fact_put(out, keys[i][1], line, (size_t)n);
	}
	if (uname(&name) == 0)
		es_fact_put(out, "architecture", name.machine,
			    strlen(name.machine));
	put_taints(out, src->proc);
	put_security(out, src->sys);
	int rc = put_vulnerabilities(out, src->sys);
	return rc < 0 ? rc : put_command_line(out, src->proc);
}
