/*
 * Directories for tests.  One at a time, as Check runs one test in a process.
 */
#include <err.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/tempdir.h"

#define READ_MAX 65536u

static char directory[512];

const char *
tempdir_begin(void)
{
	const char *parent;

	parent = getenv("TMPDIR");
	(void)snprintf(directory, sizeof(directory), "%s/packhorse-test-XXXXXX",
	    parent == NULL || parent[0] != '/' ? "/tmp" : parent);
	if (mkdtemp(directory) == NULL || chdir(directory) != 0)
		err(1, "%s", directory);
	return directory;
}

/* Remove one entry, on the way out of its directory. */
static int
remove_entry(const char *path, const struct stat *st, int what, struct FTW *ftw)
{
	(void)st;
	(void)what;
	(void)ftw;
	if (remove(path) != 0)
		warn("%s", path);
	return 0;
}

void
tempdir_end(void)
{
	if (chdir("/") != 0)
		err(1, "chdir");
	if (nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0)
		err(1, "%s", directory);
}

void
tempdir_write(const char *path, const char *text)
{
	FILE *file;

	file = fopen(path, "w");
	if (file == NULL || fputs(text, file) == EOF || fclose(file) != 0)
		err(1, "%s", path);
}

char *
tempdir_read(const char *path)
{
	FILE *file;
	char *text;
	size_t n;

	file = fopen(path, "r");
	if (file == NULL)
		return NULL;
	text = calloc(1, READ_MAX + 1);
	if (text == NULL)
		err(1, "calloc");
	n = fread(text, 1, READ_MAX, file);
	text[n] = '\0';
	(void)fclose(file);
	return text;
}
