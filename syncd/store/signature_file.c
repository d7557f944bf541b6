/*
 * Files of signatures, written aside as HEX.new.
 */
#include <fcntl.h>
#include <string.h>

#include "proto/errors.h"

#include "syncd/store/signature_file.h"

#define NEW_SUFFIX ".new"
#define NEW_NAME_SIZE (DIGEST_HEX_SIZE + 4u)

/* The name of one that is being written. */
static void
new_name(const struct digest *blob, char out[NEW_NAME_SIZE])
{
	digest_hex(blob, out);
	memcpy(out + DIGEST_HEX_SIZE - 1, NEW_SUFFIX, sizeof(NEW_SUFFIX));
}

int
signature_file_begin(const struct store *s, const struct digest *blob, int *fd)
{
	char name[NEW_NAME_SIZE];
	int r;

	new_name(blob, name);
	r = file_unlink(store_files(s), store_dir(s, STORE_SIGNATURES), name);
	if (r != PH_OK && r != PH_EABSENT)
		return r;
	return file_open(store_files(s), store_dir(s, STORE_SIGNATURES), name,
	    O_RDWR | O_CREAT | O_EXCL, 0600, fd);
}

int
signature_file_commit(const struct store *s, const struct digest *blob, int fd)
{
	const struct files *fs;
	char from[NEW_NAME_SIZE];
	char to[DIGEST_HEX_SIZE];
	int dir, r;

	fs = store_files(s);
	dir = store_dir(s, STORE_SIGNATURES);
	new_name(blob, from);
	digest_hex(blob, to);
	r = file_sync(fs, fd);
	if (r != PH_OK) {
		signature_file_abort(s, blob, fd);
		return r;
	}
	r = file_close(fs, fd);
	if (r == PH_OK)
		r = file_rename(fs, dir, from, dir, to);
	if (r != PH_OK)
		signature_file_abort(s, blob, -1);
	return r;
}

void
signature_file_abort(const struct store *s, const struct digest *blob, int fd)
{
	char name[NEW_NAME_SIZE];

	file_abandon(store_files(s), fd);
	new_name(blob, name);
	/* What stays behind is not a signature; blob_clean() removes it. */
	(void)!file_unlink(store_files(s), store_dir(s, STORE_SIGNATURES),
	    name);
}

int
signature_file_open(const struct store *s, const struct digest *blob, int *fd)
{
	char name[DIGEST_HEX_SIZE];

	digest_hex(blob, name);
	return file_open(store_files(s), store_dir(s, STORE_SIGNATURES), name,
	    O_RDONLY, 0, fd);
}

int
signature_file_remove(const struct store *s, const struct digest *blob)
{
	char name[DIGEST_HEX_SIZE];
	int r;

	digest_hex(blob, name);
	r = file_unlink(store_files(s), store_dir(s, STORE_SIGNATURES), name);
	return r == PH_EABSENT ? PH_OK : r;
}
