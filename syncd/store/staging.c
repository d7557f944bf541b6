/*
 * The directory staging/.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "proto/errors.h"
#include "syncd/store/partial.h"

#include "syncd/store/staging.h"

#define PUBLICATION "publish-"

int
staging_work_name(const char *prefix, const char *tag,
    char out[STAGING_WORK_NAME_SIZE])
{
	size_t len;

	len = strlen(tag);
	if (len == 0 || len > STAGING_TAG_MAX ||
	    strspn(tag, "0123456789abcdef") != len)
		return PH_ENAME;
	(void)snprintf(out, STAGING_WORK_NAME_SIZE, "%s%s", prefix, tag);
	return PH_OK;
}

int
staging_open_publication(const struct store *s, const char *tag, int *dir)
{
	const struct files *fs;
	char name[STAGING_WORK_NAME_SIZE];
	int r;

	fs = store_files(s);
	r = staging_work_name(PUBLICATION, tag, name);
	if (r == PH_OK)
		r = file_mkdir(fs, store_dir(s, STORE_STAGING), name, 0700);
	if (r != PH_OK)
		return r;
	return file_open(fs, store_dir(s, STORE_STAGING), name,
	    O_RDONLY | O_DIRECTORY, 0, dir);
}

int
staging_remove_publication(const struct store *s, const char *tag)
{
	char name[STAGING_WORK_NAME_SIZE];
	int r;

	r = staging_work_name(PUBLICATION, tag, name);
	if (r != PH_OK)
		return r;
	return file_remove_tree(store_files(s), store_dir(s, STORE_STAGING),
	    name);
}

/* A walk over the directory. */
struct walk {
	const struct store *s;
	staging_entry *each;
	void *cookie;
};

/*
 * Remove what is not a partly received blob; what is left of one that was
 * taken in or discarded is none: its file went first, or alone.
 */
static int
clean_entry(void *cookie, const char *name)
{
	const struct walk *w = cookie;
	char file[DIGEST_HEX_SIZE + sizeof(PARTIAL_FILE)];
	struct digest digest;
	struct stat st;
	int r;

	if (digest_from_hex(name, &digest) == PH_OK) {
		(void)snprintf(file, sizeof(file), "%s/%s", name, PARTIAL_FILE);
		r = file_stat(store_files(w->s), store_dir(w->s, STORE_STAGING),
		    file, &st);
		if (r == PH_OK && S_ISREG(st.st_mode))
			return PH_OK;
		/* A file of that name has nothing in it (ENOTDIR). */
		if (r != PH_OK && r != PH_EABSENT && errno != ENOTDIR)
			return r;
	}
	return file_remove_tree(store_files(w->s),
	    store_dir(w->s, STORE_STAGING), name);
}

int
staging_clean(const struct store *s)
{
	struct walk w;

	memset(&w, 0, sizeof(w));
	w.s = s;
	return file_list(store_files(s), store_dir(s, STORE_STAGING), ".",
	    clean_entry, &w);
}

/* What lies in one directory. */
struct sum {
	const struct store *s;
	int dir;
	uint64_t stored;
};

static int
sum_entry(void *cookie, const char *name)
{
	struct sum *sum = cookie;
	struct stat st;
	int r;

	r = file_stat(store_files(sum->s), sum->dir, name, &st);
	if (r == PH_OK)
		sum->stored += (uint64_t)st.st_blocks * 512;
	return r == PH_EABSENT ? PH_OK : r;
}

/* When a directory came into being, as far as the file system knows. */
static int64_t
birth(int dir)
{
	struct statx stx;

	if (statx(dir, "", AT_EMPTY_PATH, STATX_BTIME | STATX_MTIME, &stx) != 0)
		return 0;
	return stx.stx_mask & STATX_BTIME ? stx.stx_btime.tv_sec :
					    stx.stx_mtime.tv_sec;
}

/* Describe one partly received blob, whose directory is open. */
static int
describe(const struct store *s, int dir, struct staging_partial *out)
{
	struct sum sum;
	struct stat st;
	int r;

	r = file_stat(store_files(s), dir, PARTIAL_FILE, &st);
	if (r != PH_OK)
		return r;
	sum.s = s;
	sum.dir = dir;
	sum.stored = 0;
	r = file_list(store_files(s), dir, ".", sum_entry, &sum);
	out->size = (uint64_t)st.st_size;
	out->stored = sum.stored;
	out->begun = birth(dir);
	return r;
}

static int
list_entry(void *cookie, const char *name)
{
	const struct walk *w = cookie;
	const struct files *fs;
	struct staging_partial p;
	int dir, r;

	memset(&p, 0, sizeof(p));
	if (digest_from_hex(name, &p.target) != PH_OK)
		return PH_OK;
	fs = store_files(w->s);
	r = file_open(fs, store_dir(w->s, STORE_STAGING), name,
	    O_RDONLY | O_DIRECTORY, 0, &dir);
	if (r == PH_OK) {
		r = describe(w->s, dir, &p);
		file_abandon(fs, dir);
	}
	/* Nothing was received, or it just ended. */
	if (r == PH_EABSENT)
		return PH_OK;
	return r == PH_OK ? w->each(w->cookie, &p) : r;
}

int
staging_list(const struct store *s, staging_entry *each, void *cookie)
{
	struct walk w;

	w.s = s;
	w.each = each;
	w.cookie = cookie;
	return file_list(store_files(s), store_dir(s, STORE_STAGING), ".",
	    list_entry, &w);
}
