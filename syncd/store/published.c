/*
 * What is published.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/name.h"
#include "syncd/store/staging.h"

#include "syncd/store/published.h"

#define BUILD "build-"
#define HIDDEN "hidden-"
/* Make a directory that everybody may read, whatever the umask, and open it. */
static int
make_dir(const struct files *fs, int parent, const char *name, int *dir)
{
	int r;

	r = file_mkdir(fs, parent, name, 0755);
	if (r != PH_OK)
		return r;
	r = file_open(fs, parent, name, O_RDONLY | O_DIRECTORY, 0, dir);
	if (r != PH_OK)
		return r;
	r = file_chmod(fs, *dir, 0755);
	if (r != PH_OK)
		file_abandon(fs, *dir);
	return r;
}

/* Open a blob, which must have this size. */
static int
open_blob(const struct store *s, const struct published_file *file, int *fd)
{
	struct stat st;
	char hex[DIGEST_HEX_SIZE];
	int r;

	digest_hex(&file->blob, hex);
	r = file_open(store_files(s), store_dir(s, STORE_BLOBS), hex, O_RDONLY,
	    0, fd);
	if (r != PH_OK)
		return r;
	r = file_stat_fd(store_files(s), *fd, &st);
	if (r == PH_OK && (uint64_t)st.st_size != file->size)
		r = PH_EABSENT;
	if (r != PH_OK)
		file_abandon(store_files(s), *fd);
	return r;
}

/* Make a file a clone of a blob.  PH_ENOTHERE: no clones here. */
static int
clone_file(const struct files *fs, int dir, const char *name, int blob)
{
	int fd, r, closed;

	r = file_open(fs, dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600, &fd);
	if (r != PH_OK)
		return r;
	r = file_clone(fs, fd, blob);
	if (r == PH_OK)
		r = file_chmod(fs, fd, 0444);
	if (r == PH_OK)
		r = file_sync(fs, fd);
	closed = file_close(fs, fd);
	if (r == PH_ENOTHERE) {
		r = file_unlink(fs, dir, name);
		return r == PH_OK ? PH_ENOTHERE : r;
	}
	return r == PH_OK ? closed : r;
}

/* Put one file into the directory that is being built. */
static int
build_file(const struct store *s, const struct published_file *file, int dir,
    int *can_clone)
{
	const struct files *fs;
	char hex[DIGEST_HEX_SIZE];
	int blob, r;

	if (!name_file_valid(file->name))
		return PH_ENAME;
	fs = store_files(s);
	r = open_blob(s, file, &blob);
	if (r != PH_OK)
		return r;
	r = PH_ENOTHERE;
	if (*can_clone)
		r = clone_file(fs, dir, file->name, blob);
	file_abandon(fs, blob);
	if (r != PH_ENOTHERE)
		return r;
	*can_clone = 0;
	digest_hex(&file->blob, hex);
	return file_link(fs, store_dir(s, STORE_BLOBS), hex, dir, file->name);
}

int
published_build(const struct store *s, const struct published_version *v,
    const char *tag)
{
	const struct files *fs;
	char name[STAGING_WORK_NAME_SIZE];
	size_t i;
	int dir, r, can_clone;

	fs = store_files(s);
	r = staging_work_name(BUILD, tag, name);
	if (r == PH_OK)
		r = make_dir(fs, store_dir(s, STORE_STAGING), name, &dir);
	if (r != PH_OK)
		return r;
	can_clone = 1;
	for (i = 0; i < v->nfiles && r == PH_OK; i++)
		r = build_file(s, &v->files[i], dir, &can_clone);
	if (r == PH_OK)
		r = file_sync(fs, dir);
	file_abandon(fs, dir);
	if (r != PH_OK)
		(void)!file_remove_tree(fs, store_dir(s, STORE_STAGING), name);
	return r;
}

/* Check the names that a directory below published/ is made of. */
static int
check_names(const char *image, const char *version)
{
	if (!name_valid(image) || !name_valid(version) ||
	    strlen(version) > PH_VERSION_MAX)
		return PH_ENAME;
	return PH_OK;
}

/* Open the directory of an image, which is made when create is 1. */
static int
open_image(const struct store *s, const char *image, int create, int *dir)
{
	const struct files *fs;
	int published, r;

	fs = store_files(s);
	published = store_dir(s, STORE_PUBLISHED);
	r = file_open(fs, published, image, O_RDONLY | O_DIRECTORY, 0, dir);
	if (r != PH_EABSENT || !create)
		return r;
	r = make_dir(fs, published, image, dir);
	if (r != PH_OK)
		return r;
	r = store_sync(s, STORE_PUBLISHED);
	if (r != PH_OK)
		file_abandon(fs, *dir);
	return r;
}

/*
 * Rename a directory, durably.  The new name must be free: rename itself
 * would replace an empty directory.
 */
static int
move(const struct files *fs, int fromdir, const char *from, int todir,
    const char *to)
{
	struct stat st;
	int r;

	r = file_stat(fs, todir, to, &st);
	if (r == PH_OK)
		return PH_EEXISTS;
	if (r == PH_EABSENT)
		r = file_rename(fs, fromdir, from, todir, to);
	if (r == PH_OK)
		r = file_sync(fs, todir);
	return r == PH_OK ? file_sync(fs, fromdir) : r;
}

/* Remove the directory of an image when nothing is in it any more. */
static int
drop_image(const struct store *s, const char *image)
{
	int r;

	r = file_rmdir(store_files(s), store_dir(s, STORE_PUBLISHED), image);
	if (r == PH_EEXISTS || r == PH_EABSENT)
		return PH_OK;
	return r == PH_OK ? store_sync(s, STORE_PUBLISHED) : r;
}

int
published_show(const struct store *s, const char *image, const char *version,
    const char *tag)
{
	char name[STAGING_WORK_NAME_SIZE];
	int dir, r;

	r = staging_work_name(BUILD, tag, name);
	if (r == PH_OK)
		r = check_names(image, version);
	if (r == PH_OK)
		r = open_image(s, image, 1, &dir);
	if (r != PH_OK)
		return r;
	r = move(store_files(s), store_dir(s, STORE_STAGING), name, dir,
	    version);
	file_abandon(store_files(s), dir);
	return r;
}

int
published_hide(const struct store *s, const char *image, const char *version,
    const char *tag)
{
	char name[STAGING_WORK_NAME_SIZE];
	int dir, r, absent;

	r = staging_work_name(HIDDEN, tag, name);
	if (r == PH_OK)
		r = check_names(image, version);
	if (r == PH_OK)
		r = open_image(s, image, 0, &dir);
	if (r != PH_OK)
		return r;
	r = move(store_files(s), dir, version, store_dir(s, STORE_STAGING),
	    name);
	/* It may have gone by a rename that was not durable yet. */
	absent = r == PH_EABSENT;
	if (absent)
		r = file_sync(store_files(s), dir);
	file_abandon(store_files(s), dir);
	if (r == PH_OK)
		r = drop_image(s, image);
	return r == PH_OK && absent ? PH_EABSENT : r;
}

/* Delete a working directory of staging/. */
static int
remove_work(const struct store *s, const char *kind, const char *tag)
{
	char name[STAGING_WORK_NAME_SIZE];
	int r;

	r = staging_work_name(kind, tag, name);
	if (r != PH_OK)
		return r;
	return file_remove_tree(store_files(s), store_dir(s, STORE_STAGING),
	    name);
}

int
published_drop(const struct store *s, const char *tag)
{
	return remove_work(s, HIDDEN, tag);
}

int
published_abandon(const struct store *s, const char *tag)
{
	return remove_work(s, BUILD, tag);
}

/* How many entries a directory has. */
static int
count_entry(void *cookie, const char *name)
{
	size_t *count = cookie;

	(void)name;
	(*count)++;
	return PH_OK;
}

/* Compare the open directory of a version with what it should hold. */
static int
check_files(const struct files *fs, int dir, const struct published_version *v)
{
	struct stat st;
	size_t i, count;
	int r;

	for (i = 0; i < v->nfiles; i++) {
		if (!name_file_valid(v->files[i].name))
			return PH_ENAME;
		r = file_stat(fs, dir, v->files[i].name, &st);
		if (r != PH_OK)
			return r == PH_EABSENT ? PH_EDIGEST : r;
		/* A link to the blob has its size, too. */
		if (!S_ISREG(st.st_mode) ||
		    (uint64_t)st.st_size != v->files[i].size)
			return PH_EDIGEST;
	}
	count = 0;
	r = file_list(fs, dir, ".", count_entry, &count);
	if (r != PH_OK)
		return r;
	return count == v->nfiles ? PH_OK : PH_EDIGEST;
}

int
published_check(const struct store *s, const struct published_version *v)
{
	const struct files *fs;
	int image, dir, r;

	fs = store_files(s);
	r = check_names(v->image, v->version);
	if (r == PH_OK)
		r = open_image(s, v->image, 0, &image);
	if (r != PH_OK)
		return r;
	r = file_open(fs, image, v->version, O_RDONLY | O_DIRECTORY, 0, &dir);
	file_abandon(fs, image);
	if (r != PH_OK)
		return r;
	r = check_files(fs, dir, v);
	file_abandon(fs, dir);
	return r;
}

struct listing {
	const struct store *s;
	const char *image;
	published_entry *each;
	void *cookie;
};

static int
list_version(void *cookie, const char *name)
{
	const struct listing *l = cookie;

	return l->each(l->cookie, l->image, name);
}

static int
list_image(void *cookie, const char *name)
{
	struct listing *l = cookie;
	struct stat st;
	int r;

	r = file_stat(store_files(l->s), store_dir(l->s, STORE_PUBLISHED), name,
	    &st);
	if (r != PH_OK || !S_ISDIR(st.st_mode))
		return r;
	l->image = name;
	return file_list(store_files(l->s), store_dir(l->s, STORE_PUBLISHED),
	    name, list_version, l);
}

int
published_list(const struct store *s, published_entry *each, void *cookie)
{
	struct listing l;

	l.s = s;
	l.image = NULL;
	l.each = each;
	l.cookie = cookie;
	return file_list(store_files(s), store_dir(s, STORE_PUBLISHED), ".",
	    list_image, &l);
}
