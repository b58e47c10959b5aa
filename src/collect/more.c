/* SPDX-License-Identifier: MIT */
/* more.c - what few objects have: file flags, holes, and what rules ask for */
#include "config.h"

#include "collect/collect_priv.h"

#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Unit of st_blocks, whatever the file system's blocks are. */
#define BLOCK 512

/* What lstat(2) told, as far as the rules let it count. */
void es_more_stat(struct es_walker *w, const struct es_object *o,
		  struct es_entry *e)
{
	es_change_stat(e, &o->st, o->dir->fs, &w->walk->options->began);
	if (o->decision->paranoid && e->type == ES_TYPE_FILE)
		es_change_distrust(e);
	if (o->decision->noinode)
		e->ino = 0;
}

/*
 * Fewer blocks than bytes alone say little: file systems that compress have
 * that, too, and some allocate late. A hole before the end they do not have.
 */
static bool is_sparse(int fd, const struct stat *st)
{
	off_t hole;

	if ((uint64_t)st->st_blocks * BLOCK >= (uint64_t)st->st_size)
		return false;
	hole = lseek(fd, 0, SEEK_HOLE);
	/* the content is still to be read */
	lseek(fd, 0, SEEK_SET);
	return hole >= 0 && hole < st->st_size;
}

static uint32_t read_flags(int fd)
{
	/* the kernel writes an int, whatever the number of the call says */
	int flags = 0;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return 0;
	return (uint32_t)flags & es_flags_known();
}

/*
 * Fill e->extra. Without @fd, when the object cannot be opened, flags and
 * holes are what they were. Return: 0 or -ENOMEM.
 */
int es_more_read(struct es_walker *w, const struct es_object *o, int fd,
		 struct es_entry *e)
{
	const uint32_t all = es_record_of(e->type);
	const uint32_t record = o->decision->record & all;
	const struct es_extra *old = o->old ? o->old->extra : NULL;
	const bool file = e->type == ES_TYPE_FILE;
	struct es_extra x = { .without = all & ES_RECORD_DEFAULT & ~record };

	if (record & ES_RECORD_CTIME) {
		x.has |= ES_EXTRA_CTIME;
		x.ctime_sec = o->st.st_ctim.tv_sec;
		x.ctime_nsec = (uint32_t)o->st.st_ctim.tv_nsec;
	}
	if ((record & ES_RECORD_INODE) && !(o->dir->fs & ES_FS_NO_INO)) {
		x.has |= ES_EXTRA_INODE;
		x.ino = (uint64_t)o->st.st_ino;
	}
	if (record & ES_RECORD_FLAGS)
		x.flags = fd >= 0 ? read_flags(fd) : old ? old->flags : 0;
	if (file && (record & ES_RECORD_SIZE)) {
		if (fd >= 0)
			x.has |= is_sparse(fd, &o->st) ? ES_EXTRA_SPARSE : 0u;
		else if (old)
			x.has |= old->has & ES_EXTRA_SPARSE;
	}
	e->extra = es_extra_make(&w->extra, &x, NULL, 0);
	return w->extra.failed ? es_fail_oom(&w->err) : 0;
}
