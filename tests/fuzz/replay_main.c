/* SPDX-License-Identifier: MIT */
/* replay_main.c - run a fuzz target over files, where libFuzzer is missing */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/*
 * fuzz_X FILE-OR-DIRECTORY...
 *
 * Every target of this folder is linked with this main() unless it was
 * configured with --enable-fuzz. Each input lies in a block of its very size,
 * so that the address sanitizer sees one byte too far.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int failed(const char *what, const char *path)
{
	fprintf(stderr, "replay: %s %s: %s\n", what, path, strerror(errno));
	return -1;
}

static int run_file(const char *path, size_t size)
{
	FILE *f = fopen(path, "rb");
	/* Never NULL for an empty file: a target may call memcpy(3). */
	uint8_t *data = malloc(size ? size : 1);
	int rc = -1;

	if (!f || !data)
		failed("cannot open", path);
	else if (fread(data, 1, size, f) != size)
		failed("cannot read", path);
	else
		rc = LLVMFuzzerTestOneInput(data, size) < 0 ? -1 : 0;
	free(data);
	if (f)
		fclose(f);
	return rc;
}

static int run_path(const char *path, unsigned long *count);

static int run_dir(const char *path, unsigned long *count)
{
	DIR *dir = opendir(path);
	const struct dirent *d;
	int rc = 0;

	if (!dir)
		return failed("cannot open", path);
	while (!rc && (d = readdir(dir))) {
		char child[4096];

		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		if (snprintf(child, sizeof(child), "%s/%s", path, d->d_name) >=
		    (int)sizeof(child)) {
			errno = ENAMETOOLONG;
			rc = failed("cannot open", path);
		} else {
			rc = run_path(child, count);
		}
	}
	closedir(dir);
	return rc;
}

static int run_path(const char *path, unsigned long *count)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return failed("cannot stat", path);
	if (S_ISDIR(st.st_mode))
		return run_dir(path, count);
	++*count;
	/* Told first, so that a crash shows what it came from. */
	fprintf(stderr, "replay: %s\n", path);
	return run_file(path, (size_t)st.st_size);
}

int main(int argc, char **argv)
{
	unsigned long count = 0;

	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++)
		if (run_path(argv[i], &count) < 0)
			return 1;
	printf("%lu inputs\n", count);
	return 0;
}
