/* SPDX-License-Identifier: MIT */
/* fact_hardware.c - what the machine is made of */
#include "config.h"

#include "facts/facts_priv.h"

#include "etcsnap/cleanup.h"
#include "etcsnap/fileio.h"

#include <errno.h>
#include <fcntl.h>

/* The first processors of a list of many tell what all of them are, bytes. */
#define PROCESSORS_READ 16384

/* Words of /proc/cpuinfo for the model, by architecture. */
static const struct {
	const char *word;
	const char *key;
} processor_words[] = {
	{ "model name", "cpu-model" },	     /* x86, riscv */
	{ "cpu model", "cpu-model" },	     /* mips */
	{ "cpu", "cpu-model" },		     /* powerpc */
	{ "uarch", "cpu-model" },	     /* riscv */
	{ "vendor_id", "cpu-vendor" },	     /* x86, s390 */
	{ "microcode", "cpu-microcode" },    /* x86 */
	{ "CPU implementer", "cpu-vendor" }, /* arm */
	{ "CPU part", "cpu-part" },	     /* arm */
};

/* Firmware's words for the machine, below /sys/class/dmi/id. */
static const char *const firmware_words[] = {
	"sys_vendor",	  "product_name", "product_version", "product_serial",
	"board_vendor",	  "board_name",	  "board_version",   "chassis_vendor",
	"chassis_serial", "bios_vendor",  "bios_version",    "bios_date",
};

static void put_processor_line(struct es_buf *out, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);

	if (!colon)
		return;
	size_t n = (size_t)(colon - line);
	while (n > 0 && (line[n - 1] == '\t' || line[n - 1] == ' '))
		n--;
	const struct es_field word = { line, n };
	const char *value = colon + 1;
	while (value < line + len && *value == ' ')
		value++;
	for (size_t i = 0;
	     i < sizeof(processor_words) / sizeof(processor_words[0]); i++)
		if (es_field_is(&word, processor_words[i].word))
			es_fact_put(out, processor_words[i].key, value,
				    (size_t)(line + len - value));
}

/* The lines repeat for each processor; sorting leaves one of each. */
static int put_processors(struct es_buf *out, int proc)
{
	ES_CLEANUP(es_closep)
	int fd = es_open_in_root(proc, "cpuinfo", O_RDONLY);
	char text[PROCESSORS_READ];
	size_t have = 0, len;
	const char *line;
	ssize_t n;

	if (fd < 0)
		return -errno;
	while (have < sizeof(text) &&
	       (n = read(fd, text + have, sizeof(text) - have)) > 0)
		have += (size_t)n;
	/* Half a line would be a model of its own. */
	while (have > 0 && text[have - 1] != '\n')
		have--;
	const char *p = text;
	while ((line = es_fact_next(&p, text + have, &len)))
		put_processor_line(out, line, len);
	return 0;
}

/* "0-3,8-11": how many. Those that are switched off to save power count. */
static void put_processor_count(struct es_buf *out, int sys)
{
	char line[1024];
	uint64_t count = 0;

	if (es_fact_line(line, sizeof(line), sys,
			 "devices/system/cpu/present") <= 0)
		return;
	for (const char *p = line; *p;) {
		size_t n = strcspn(p, ",");
		const char *dash = memchr(p, '-', n);
		uint64_t first = es_fact_number(p);
		uint64_t last = dash ? es_fact_number(dash + 1) : first;

		count += last >= first ? last - first + 1 : 0;
		p += n + (p[n] == ',');
	}
	es_buf_addf(out, "cpu-count %llu\n", (unsigned long long)count);
}

/* Blocks of memory that are there, as lsmem(1) counts them; 0 = unknown. */
static uint64_t memory_by_blocks(int sys)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf names = ES_BUF_INIT(4 << 20);
	const char *dir = "devices/system/memory";
	char line[64];
	uint64_t blocks = 0;

	if (es_fact_line(line, sizeof(line), sys,
			 "devices/system/memory/block_size_bytes") <= 0 ||
	    es_fact_list(&names, sys, dir) < 0)
		return 0;
	const char *p = es_buf_str(&names), *end = p + names.len;
	for (; p < end; p += strlen(p) + 1)
		blocks += strncmp(p, "memory", 6) == 0 && p[6] >= '0' &&
			  p[6] <= '9';
	return blocks * strtoull(line, NULL, 16);
}

/*
 * What the kernel could use, which depends on its version and settings;
 * rounded up to a quarter of the biggest power of two in it.
 */
static uint64_t memory_by_total(int proc)
{
	char line[128];
	uint64_t step = 1;

	if (es_fact_line(line, sizeof(line), proc, "meminfo") <= 0 ||
	    strncmp(line, "MemTotal:", 9) != 0)
		return 0;
	uint64_t total = es_fact_number(line + 9 + strspn(line + 9, " "));
	if (total == 0 || total > UINT64_MAX / 4096)
		return 0;
	while (step <= total / 2)
		step *= 2;
	step = step >= 4 ? step / 4 : 1;
	return (total + step - 1) / step * step * 1024;
}

static void put_memory(struct es_buf *out, const struct es_fact_source *src)
{
	uint64_t bytes = memory_by_blocks(src->sys);

	if (bytes == 0)
		bytes = memory_by_total(src->proc);
	if (bytes == 0)
		return;
	es_buf_adds(out, "memory ");
	es_fact_size(out, bytes);
	es_buf_addc(out, '\n');
}

static void put_firmware(struct es_buf *out, int sys)
{
	ES_CLEANUP(es_closep)
	int dir = es_open_in_root(sys, "class/dmi/id", O_RDONLY | O_DIRECTORY);
	char line[512];
	int n;

	for (size_t i = 0;
	     dir >= 0 && i < sizeof(firmware_words) / sizeof(firmware_words[0]);
	     i++) {
		n = es_fact_line(line, sizeof(line), dir, firmware_words[i]);
		if (n > 0)
			es_fact_put(out, firmware_words[i], line, (size_t)n);
	}
	n = es_fact_line(line, sizeof(line), sys,
			 "firmware/devicetree/base/model");
	if (n > 0)
		es_fact_put(out, "model", line, (size_t)n);
}

int es_fact_hardware(const struct es_fact_source *src, struct es_buf *out)
{
	int rc = put_processors(out, src->proc);

	if (rc < 0)
		return rc;
	put_processor_count(out, src->sys);
	put_memory(out, src);
	put_firmware(out, src->sys);
	rc = es_fact_disks(src, out);
	return rc < 0 ? rc : out->failed;
}
