#ifndef SYNCD_CONFIG_LAYOUT_H
#define SYNCD_CONFIG_LAYOUT_H

#include <sys/types.h>

#include "proto/attributes.h"
#include "proto/failure.h"

/*
 * Where everything lies below state_dir and store_dir (docs/formats.md §6),
 * and with which modes; the only place that knows these names.  What is in
 * the files is for others.
 *
 * state_dir may be entered by everyone (0711), so that sshd finds the
 * authorized keys and the gate its socket; all else in it is the daemon's.
 * Of store_dir, only published/ is for others.
 */

#define LAYOUT_PATH_SIZE 1088u /* A directory, a name and a NUL. */

enum layout_item {
	/* Below state_dir. */
	LAYOUT_STATE,
	LAYOUT_LOCK,
	LAYOUT_CONTROL_SOCKET,
	LAYOUT_GATE_SOCKET,
	LAYOUT_AUTHORIZED_KEYS,
	LAYOUT_INDEX,
	LAYOUT_DOCUMENTS,
	LAYOUT_LOG,
	LAYOUT_KEYS,
	LAYOUT_KEY_REPOSITORY,
	LAYOUT_KEY_AUTHORITY,
	LAYOUT_KEY_PUBLISHER,
	LAYOUT_KEY_POLICY,
	LAYOUT_KEY_PRIMARY,
	LAYOUT_SSHD,
	LAYOUT_SSHD_CONFIG,
	LAYOUT_SSHD_HOST_KEY,
	LAYOUT_SSHD_PID,
	/* Below store_dir. */
	LAYOUT_STORE,
	LAYOUT_MARKER,
	LAYOUT_BLOBS,
	LAYOUT_MAPS,
	LAYOUT_SIGNATURES,
	LAYOUT_DELTAS,
	LAYOUT_STAGING,
	LAYOUT_PUBLISHED,
};

/* Filled in by layout_init(); plain data. */
struct layout {
	char state_dir[1024];
	char store_dir[1024];
};

/*
 * Take two absolute directories (copied).  PH_OK, or PH_ECONFIG when one is
 * not absolute or too long: the sockets' paths must fit a unix address.
 */
int layout_init(struct layout *l, const char *state_dir, const char *store_dir,
    struct failure *f) ATTR_CHECK;

/* Write the absolute path of an item. */
void layout_path(const struct layout *l, enum layout_item item,
    char out[LAYOUT_PATH_SIZE]);

/*
 * The path of an item relative to state_dir or store_dir, for use with a
 * descriptor of that; "." for the directory itself.
 */
const char *layout_name(enum layout_item item);

/* The mode that the daemon gives the item. */
mode_t layout_mode(enum layout_item item);

/*
 * Create state_dir or store_dir, where missing, and the directories in it,
 * with their modes; their parent must exist.  What exists keeps its mode.
 * PH_OK, PH_EABSENT (no parent), PH_EPERM, PH_ENOSPC, PH_EIO, or PH_EEXISTS
 * when something that is no directory is in the way.
 */
int layout_create_state(const struct layout *l, struct failure *f) ATTR_CHECK;
int layout_create_store(const struct layout *l, struct failure *f) ATTR_CHECK;

#endif
