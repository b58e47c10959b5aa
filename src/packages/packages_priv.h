/* SPDX-License-Identifier: MIT */
/* packages_priv.h - between the readers of package databases and their index */
#ifndef ETCSNAP_PACKAGES_PACKAGES_PRIV_H
#define ETCSNAP_PACKAGES_PACKAGES_PRIV_H

#include "etcsnap/packages.h"

#include "etcsnap/buf.h"

/*
 * One struct manager a package manager. Its open() puts packages into the
 * list; when all have done so the list is sorted, and from then on a package
 * is known by its index. files() puts paths into the index of files.
 *
 * The functions here return negative errnos without an es_error unless they
 * take one: their callers know the name of the database.
 */

/** PKG_NONE - no package, no file, no directory */
#define PKG_NONE UINT32_MAX

/** Ceiling in bytes of one file of a database. */
#define PKG_FILE_MAX ((size_t)256 << 20)

/**
 * struct pkg_line - a line or a part of it, not terminated
 * @at:  its bytes
 * @len: their number
 */
struct pkg_line {
	char *at;
	size_t len;
};

/**
 * struct manager - reader of one manager's database
 * @name:   as in struct es_package
 * @unique: of packages with one name and architecture the last one counts
 * @open:   put the packages into the list
 * @files:  put the paths of all packages of this manager into the index
 * @sums:   give files of one package their digests; NULL: files() did so
 * @sum:    give one file its digest without reading all of the package's;
 *          returns 1, 0 when sums() must be asked, or a negative errno; NULL:
 *          always ask sums()
 */
struct manager {
	const char *name;
	bool unique;
	int (*open)(struct es_packages *p, struct es_error *err);
	int (*files)(struct es_packages *p, struct es_error *err);
	int (*sums)(struct es_packages *p, uint32_t package,
		    struct es_error *err);
	int (*sum)(struct es_packages *p, uint32_t file,
		   const struct pkg_line *path, struct es_error *err);
};

extern const struct manager pkg_dpkg;
extern const struct manager pkg_pacman;
extern const struct manager pkg_apk;
extern const struct manager pkg_rpm;

/**
 * struct package - a package and what its reader needs to find it again
 * @pub:     its strings live in es_packages.texts
 * @manager: whose it is
 * @extra:   dpkg: its Conffiles lines, or NULL; pacman: its directory
 * @place:   dpkg: its file of status.d, or NULL
 * @at:      apk: offset of its section; rpm: number of its header
 * @order:   in which it was found
 * @same:    dpkg: its files are named NAME:ARCH (Multi-Arch: same)
 * @removed: not installed at all; dropped from the list
 * @summed:  sums() was called
 * @asked:   calls of sum() for its files
 */
struct package {
	struct es_package pub;
	const struct manager *manager;
	const char *extra;
	const char *place;
	uint64_t at;
	size_t order;
	bool same;
	bool removed;
	bool summed;
	uint8_t asked;
};

/**
 * struct dir - a directory as databases name it
 * @name: offset in file_index.names; without trailing slash, the root is ""
 * @len:  its bytes
 * @hash: of the name
 * @real: the directory that it is where symlinks lead elsewhere, or itself;
 *        PKG_NONE for a name that no file system has
 */
struct dir {
	uint32_t name;
	uint32_t len;
	uint32_t hash;
	uint32_t real;
};

/**
 * struct file - a path that packages know
 * @name:     last part of the path, offset in file_index.names
 * @dir:      the real directory
 * @package:  owner, PKG_NONE for one that only a diversion names
 * @digest:   offset in file_index.digests
 * @divert:   1 + its number when others' files of this path are elsewhere
 * @kind:     enum es_package_digest
 * @conffile: its administrator may change it
 * @shared:   other packages have it as well
 */
struct file {
	uint32_t name;
	uint32_t dir;
	uint32_t package;
	uint32_t digest;
	uint16_t divert;
	uint8_t kind;
	bool conffile : 1;
	bool shared : 1;
};

/**
 * struct slot - a place in a hash table
 * @hash: of what stands there
 * @at:   1 + its index, 0 where the place is free
 */
struct slot {
	uint32_t hash;
	uint32_t at;
};

/**
 * struct table - open addressing; the entries are kept elsewhere
 * @slots: places
 * @n:     their number, a power of two or 0
 * @used:  those in use
 */
struct table {
	struct slot *slots;
	size_t n;
	size_t used;
};

/**
 * struct diversion - files of a path are elsewhere, but for one package
 * @to: where, index of a file
 * @by: name of the package whose files stay, ":" for none
 */
struct diversion {
	uint32_t to;
	const char *by;
};

/**
 * struct file_index - every path that some package owns
 *
 * Directories and last parts of names are kept apart: a list names a few
 * thousand directories again and again, and only they need to be followed
 * through symlinks.
 *
 * @names:      names of directories and files, each with a NUL behind it
 * @digests:    raw digests
 * @dirs:       directories
 * @dirs_cap:   room of it
 * @n_dirs:     their number
 * @dir_table:  finds them
 * @files:      paths
 * @files_cap:  room of it
 * @n_files:    their number
 * @file_table: finds them
 * @diverts:    diversions
 * @n_diverts:  their number
 * @last:       the directory that was asked for last, or PKG_NONE
 * @near:       1 + the file that was found last
 * @root:       directory that stands for "/", borrowed
 * @seed:       of the hash function
 */
struct file_index {
	struct es_buf names;
	struct es_buf digests;
	struct dir *dirs;
	size_t dirs_cap;
	size_t n_dirs;
	struct table dir_table;
	struct file *files;
	size_t files_cap;
	size_t n_files;
	struct table file_table;
	struct diversion *diverts;
	size_t n_diverts;
	uint32_t last;
	uint32_t near;
	int root;
	uint64_t seed;
};

struct es_packages {
	int root;
	int infos; /* dpkg: directory of lists, -1 when there is none */
	uint64_t stamp;
	struct pkg_text *texts;
	struct package *list;
	size_t n;
	size_t cap;
	bool opened;
	bool loaded;
	struct file_index index;
};

/* --- database.c: files of databases --- */

/** pkg_open - Return: descriptor of a path that cannot lead out of the root */
int pkg_open(const struct es_packages *p, const char *path, int flags);

/**
 * pkg_stamp - let a file or directory take part in the stamp
 * @p:    packages
 * @path: below the root
 */
void pkg_stamp(struct es_packages *p, const char *path);

/**
 * pkg_read - read a regular file below the root
 * @p:    packages; while they are opened the file takes part in the stamp
 * @b:    reset, then filled
 * @path: below the root
 * @err:  filled on failure
 *
 * Return: 1, 0 when it is not there, or a negative errno.
 */
int pkg_read(struct es_packages *p, struct es_buf *b, const char *path,
	     struct es_error *err);

/**
 * pkg_read_at - read a regular file of an open directory
 * @b:    reset, then filled
 * @dir:  directory
 * @name: in it; no symlink
 * @err:  filled on failure
 *
 * Return: 1, 0 when it is not there, or a negative errno.
 */
int pkg_read_at(struct es_buf *b, int dir, const char *name,
		struct es_error *err);

/**
 * pkg_names - names in a directory, sorted
 * @out: the names, NUL behind each
 * @dir: directory, left open
 * @err: filled on failure
 */
int pkg_names(struct es_buf *out, int dir, struct es_error *err);

/** pkg_line - the next line of @rest, without its end; false after the last */
bool pkg_line(struct pkg_line *out, struct pkg_line *rest);

/** pkg_whole - Return: all of a buffer, for pkg_line() */
struct pkg_line pkg_whole(struct es_buf *b);

/** pkg_is_name - whether a name can be part of the name of a file */
bool pkg_is_name(const struct pkg_line *name);

/** pkg_keep - Return: a terminated copy that lives as long as @p, or NULL */
const char *pkg_keep(struct es_packages *p, const char *data, size_t len);

/** pkg_text_keep - the same for any list of texts */
const char *pkg_text_keep(struct pkg_text **texts, const char *data,
			  size_t len);

/** pkg_texts_free - free what pkg_keep() or pkg_text_keep() made */
void pkg_texts_free(struct pkg_text **texts);

/**
 * pkg_add - put a package into the list
 * @p:    packages
 * @made: copied; what its strings point to must live as long as @p
 *
 * Return: 0 or -ENOMEM.
 */
int pkg_add(struct es_packages *p, const struct package *made);

/* --- file_index.c: paths and their owners --- */

/**
 * pkg_index_init - an empty index
 * @x:    to fill
 * @root: directory that stands for "/", borrowed
 */
void pkg_index_init(struct file_index *x, int root);

/** pkg_index_dispose - free the content */
void pkg_index_dispose(struct file_index *x);

/**
 * pkg_find - the file of a path
 * @x:    index
 * @path: absolute
 * @len:  its bytes
 *
 * Return: its index or PKG_NONE.
 */
uint32_t pkg_find(struct file_index *x, const char *path, size_t len);

/**
 * pkg_file - the file of a path, made when it is not there
 * @out:  set to its index, PKG_NONE for what is no path
 * @x:    index
 * @path: absolute; a trailing slash is left out
 * @len:  its bytes
 *
 * Return: 0 or a negative errno.
 */
int pkg_file(uint32_t *out, struct file_index *x, const char *path, size_t len);

/**
 * pkg_own - a package has a path
 * @out:     set to the index of the file where diversions lead, when the
 *           package owns it now; else to PKG_NONE
 * @p:       packages
 * @package: which
 * @path:    absolute
 * @len:     its bytes
 *
 * The first package that says so owns the path.
 *
 * Return: 0 or a negative errno.
 */
int pkg_own(uint32_t *out, struct es_packages *p, uint32_t package,
	    const char *path, size_t len);

/**
 * pkg_owned - the file of a path, if a package owns it
 * @p:       packages
 * @package: which
 * @path:    absolute, as the package names it
 * @len:     its bytes
 *
 * Return: its index or PKG_NONE.
 */
uint32_t pkg_owned(struct es_packages *p, uint32_t package, const char *path,
		   size_t len);

/**
 * pkg_divert - others' files of one path are at another
 * @p:    packages
 * @from: the path
 * @to:   the other one
 * @by:   name of the package whose own file stays, ":" for none
 *
 * Return: 0 or a negative errno.
 */
int pkg_divert(struct es_packages *p, const struct pkg_line *from,
	       const struct pkg_line *to, const struct pkg_line *by);

/**
 * pkg_digest - note the digest of a file
 * @x:    index
 * @file: index of the file
 * @kind: of the digest
 * @raw:  its bytes
 *
 * Return: 0 or a negative errno.
 */
int pkg_digest(struct file_index *x, uint32_t file, enum es_package_digest kind,
	       const uint8_t *raw);

/** pkg_hex - the same from hexadecimal; what is not that says nothing */
int pkg_hex(struct file_index *x, uint32_t file, enum es_package_digest kind,
	    const struct pkg_line *hex);

/** pkg_digest_len - Return: bytes of a kind of digest */
size_t pkg_digest_len(enum es_package_digest kind);

/* --- real_dir.c: directories as the file system has them --- */

/**
 * pkg_dir_add - put a directory into the index
 * @out: set to the index of the directory as it is on disk, PKG_NONE for a
 *       name that no file system has
 * @x:   index
 * @dir: without trailing slash; the root is ""
 * @len: its bytes
 *
 * Return: 0 or a negative errno.
 */
int pkg_dir_add(uint32_t *out, struct file_index *x, const char *dir,
		size_t len);

/** pkg_dir_find - the same for one that is there already, else PKG_NONE */
uint32_t pkg_dir_find(struct file_index *x, const char *dir, size_t len);

/**
 * pkg_table_room - make room for one more entry
 * @t: table
 *
 * Return: 0 or -ENOMEM.
 */
int pkg_table_room(struct table *t);

#endif
