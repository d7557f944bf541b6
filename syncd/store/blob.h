#ifndef SYNCD_STORE_BLOB_H
#define SYNCD_STORE_BLOB_H

#include <stddef.h>
#include <stdint.h>

#include "proto/attributes.h"
#include "proto/digest.h"
#include "syncd/store/blob_record.h"
#include "syncd/store/store.h"

/*
 * Blobs: complete files, named by their SHA-256, that never change.  Beside
 * each lies a record of what its file looked like when it was verified, and
 * in maps/ its block map.
 *
 * Adopting a finished file takes five steps, which the caller takes in this
 * order, so that a crash between two leaves either no blob or a sound one:
 *
 *	blob_seal		fsync the file, note what it looks like
 *	blob_put_map		its map, durable under its final name
 *	blob_put_record		its record, durable before the blob is there
 *	blob_move_in		rename it into blobs/
 *	store_sync		STORE_BLOBS: the rename is durable
 */

enum blob_state {
	BLOB_ABSENT,
	BLOB_SOUND,      /* Looks as its record says. */
	BLOB_SUSPECT,    /* Does not, or has no record: hash it again. */
	BLOB_WRONG_SIZE, /* Must not be served. */
};

/* A blob as blob_open() found it; plain data, but for the descriptor. */
struct blob {
	int fd; /* Read-only; -1 when absent or of wrong size. */
	enum blob_state state;
	uint64_t size; /* As the file has it. */
	int recorded;  /* 1: record below was read. */
	struct blob_record record;
};

/*
 * Open a blob and compare its file with its record.  PH_OK with the state in
 * *out, whatever it is; PH_EIO, PH_EPERM.
 */
int blob_open(const struct store *s, const struct digest *digest,
    struct blob *out) ATTR_CHECK;

/* The same, but nothing stays open: out->fd is -1. */
int blob_look(const struct store *s, const struct digest *digest,
    struct blob *out) ATTR_CHECK;

/* Close what blob_open() opened. */
void blob_close(const struct store *s, struct blob *b);

/*
 * First step of adopting: make the open file read-only (0444) and durable
 * and fill in size, inode and mtime of the record.  PH_OK, PH_EIO,
 * PH_ENOSPC: then the file must be discarded.
 */
int blob_seal(const struct store *s, int fd,
    struct blob_record *record) ATTR_CHECK;

/*
 * Make the map file dir/name durable and rename it into maps/, durably.
 * PH_OK, PH_EABSENT, PH_ENOSPC, PH_EIO.
 */
int blob_put_map(const struct store *s, const struct digest *digest, int dir,
    const char *name) ATTR_CHECK;

/*
 * How many of the blob's size bytes are in blocks that are not all zeros, as
 * its map says; a last, shorter block counts.  All of them where the map
 * cannot be read.
 */
uint64_t blob_count_data(const struct store *s, const struct digest *digest,
    uint64_t size);

/* Write the record durably, in place of an older one. */
int blob_put_record(const struct store *s, const struct digest *digest,
    const struct blob_record *record) ATTR_CHECK;

/*
 * Rename the sealed file dir/name into blobs/, in place of an older one.
 * Durable after store_sync(STORE_BLOBS).
 */
int blob_move_in(const struct store *s, const struct digest *digest, int dir,
    const char *name) ATTR_CHECK;

/*
 * Remove the record, durably: the blob is suspect until it was hashed again
 * and blob_put_record() was called.  An absent one is fine.
 */
int blob_doubt(const struct store *s, const struct digest *digest) ATTR_CHECK;

/*
 * Fill in size, inode and mtime of a record from a blob that was opened: for
 * one that was hashed again.
 */
int blob_describe(const struct store *s, int fd,
    struct blob_record *record) ATTR_CHECK;

/*
 * Remove a blob with record, map and signature; the blob first and durably,
 * so that nothing is ever left that looks like a blob.  Absent parts are
 * fine.
 */
int blob_remove(const struct store *s, const struct digest *digest) ATTR_CHECK;

/*
 * Read count hashes of a blob's map from the first on.  PH_OK; PH_EABSENT
 * when there is no map; PH_EDIGEST when it ends before; PH_EIO.  Whether the
 * map is the right one its root tells.
 */
int blob_read_map(const struct store *s, const struct digest *digest,
    uint64_t first, uint32_t count, struct digest *out) ATTR_CHECK;

/* The root of a blob's map as it lies in maps/; errors as blob_read_map(). */
int blob_map_root(const struct store *s, const struct digest *digest,
    struct digest *out) ATTR_CHECK;

/*
 * Call each(cookie, digest) for every blob, in no order; stops at the first
 * result that is not PH_OK and returns it.  Files that are not named like a
 * blob or record are passed over.
 */
typedef int blob_entry(void *cookie, const struct digest *digest);
int blob_list(const struct store *s, blob_entry *each, void *cookie) ATTR_CHECK;

/*
 * Remove records, maps and signatures whose blob is absent, and unfinished
 * signatures: what a crash can leave.  At start, when nothing else runs.
 */
int blob_clean(const struct store *s) ATTR_CHECK;

#endif
