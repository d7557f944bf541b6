/*
 * Running ssh-keygen for tests.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "tests/unit/proto/ssh_keygen.h"

#define PATH_SIZE 512u

/* The path of a file in the directory. */
static void
make_path(const struct ssh_keygen *k, const char *name, char path[PATH_SIZE])
{
	int n;

	n = snprintf(path, PATH_SIZE, "%s/%s", k->dir, name);
	ck_assert(n > 0 && n < (int)PATH_SIZE);
}

void
ssh_keygen_init(struct ssh_keygen *k)
{
	(void)snprintf(k->dir, sizeof(k->dir), "/tmp/packhorse-check-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(k->dir));
}

void
ssh_keygen_put(const struct ssh_keygen *k, const char *name, const void *data,
    size_t len)
{
	char path[PATH_SIZE];
	FILE *f;

	make_path(k, name, path);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fchmod(fileno(f), 0600), 0);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

size_t
ssh_keygen_get(const struct ssh_keygen *k, const char *name,
    char out[SSH_KEYGEN_FILE_MAX + 1])
{
	char path[PATH_SIZE];
	size_t len;
	FILE *f;

	make_path(k, name, path);
	f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	len = fread(out, 1, SSH_KEYGEN_FILE_MAX, f);
	ck_assert(feof(f));
	(void)fclose(f);
	out[len] = '\0';
	return len;
}

int
ssh_keygen_run(const struct ssh_keygen *k, const char *arguments)
{
	char command[2 * PATH_SIZE];
	int n, status;

	/* The shell says 126 or 127 when there is no such program. */
	n = snprintf(command, sizeof(command),
	    "cd %s && { ssh-keygen %s; } >>log 2>&1 </dev/null", k->dir,
	    arguments);
	ck_assert(n > 0 && n < (int)sizeof(command));
	status = system(command);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) != 126 &&
		WEXITSTATUS(status) != 127,
	    "ssh-keygen cannot be run");
	return WEXITSTATUS(status) == 0;
}

void
ssh_keygen_fini(struct ssh_keygen *k)
{
	char path[PATH_SIZE];
	struct dirent *entry;
	DIR *dir;

	dir = opendir(k->dir);
	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 ||
		    strcmp(entry->d_name, "..") == 0)
			continue;
		make_path(k, entry->d_name, path);
		(void)unlink(path);
	}
	(void)closedir(dir);
	ck_assert_int_eq(rmdir(k->dir), 0);
}
