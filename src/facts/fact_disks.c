/* SPDX-License-Identifier: MIT */
/* fact_disks.c - disks with model, size and serial number */
#include "config.h"

#include "facts/facts_priv.h"

#include "etcsnap/cleanup.h"
#include "etcsnap/fileio.h"

#include <errno.h>
#include <fcntl.h>

/* Where a serial number may be, by kind of disk. */
static const char *const serials[] = { "serial", "device/serial" };
static const char *const identities[] = { "wwid", "device/wwid" };

/* The first of some files that says something; its length, 0 for none. */
static size_t first_of(char *out, size_t room, int disk,
		       const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int len = es_fact_line(out, room, disk, paths[i]);

		if (len > 0)
			return (size_t)len;
	}
	return 0;
}

/*
 * Serial number of a SCSI or SATA disk: a page of vital product data, four
 * bytes of which the last is the length. Source: SPC-4, 7.8.18.
 */
static size_t page_serial(char *out, size_t room, int disk)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf b = ES_BUF_INIT(4096);

	if (es_fact_read(&b, disk, "device/vpd_pg80") < 0 || b.len <= 4)
		return 0;
	size_t len = (unsigned char)b.data[3];
	const char *p = b.data + 4;
	if (len > b.len - 4)
		len = b.len - 4;
	while (len > 0 && (*p == ' ' || *p == '\0')) {
		p++;
		len--;
	}
	while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\0'))
		len--;
	if (len >= room)
		return 0;
	memcpy(out, p, len);
	return len;
}

static void put_size(struct es_buf *out, int disk)
{
	char line[64];

	/* In sectors of 512 bytes, whatever the disk's own are. */
	if (es_fact_line(line, sizeof(line), disk, "size") <= 0)
		return;
	uint64_t sectors = es_fact_number(line);
	if (sectors > UINT64_MAX / 512)
		return;
	es_buf_adds(out, " size=");
	es_fact_size(out, sectors * 512);
}

static void put_word(struct es_buf *out, const char *key, const char *raw,
		     size_t len)
{
	if (len == 0)
		return;
	es_buf_adds(out, key);
	es_fact_word(out, raw, len);
}

/*
 * The name stands only where nothing else tells disks apart: sda may be sdb
 * after the next boot. Of what has exchangeable media the size is no news.
 */
static void put_disk(struct es_buf *out, int disk, const char *name)
{
	static const char *const vendors[] = { "device/vendor" };
	static const char *const models[] = { "device/model" };
	char text[512];
	size_t len;

	es_buf_adds(out, "disk");
	len = first_of(text, sizeof(text), disk, vendors, 1);
	put_word(out, " vendor=", text, len);
	len = first_of(text, sizeof(text), disk, models, 1);
	put_word(out, " model=", text, len);
	bool removable =
		es_fact_line(text, sizeof(text), disk, "removable") > 0 &&
		text[0] == '1';
	if (removable)
		es_buf_adds(out, " removable");
	else
		put_size(out, disk);
	len = first_of(text, sizeof(text), disk, serials, 2);
	if (len == 0)
		len = page_serial(text, sizeof(text), disk);
	put_word(out, " serial=", text, len);
	bool known = len > 0;
	len = first_of(text, sizeof(text), disk, identities, 2);
	put_word(out, " wwid=", text, len);
	if (!known && len == 0)
		put_word(out, " name=", name, strlen(name));
	es_buf_addc(out, '\n');
}

/* Only what stands on a device is a disk: no loop, ram, zram, dm or md. */
int es_fact_disks(const struct es_fact_source *src, struct es_buf *out)
{
	ES_CLEANUP(es_buf_dispose) struct es_buf names = ES_BUF_INIT(1 << 20);
	ES_CLEANUP(es_closep)
	int block = es_open_in_root(src->sys, "block", O_RDONLY | O_DIRECTORY);

	if (block < 0 || es_fact_list(&names, src->sys, "block") < 0)
		return 0;
	const char *p = es_buf_str(&names), *end = p + names.len;
	for (; p < end; p += strlen(p) + 1) {
		/* Entries are links to other places of /sys. */
		ES_CLEANUP(es_closep)
		int disk = openat(block, p, O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (disk >= 0 && faccessat(disk, "device", F_OK, 0) == 0)
			put_disk(out, disk, p);
	}
	return out->failed;
}
