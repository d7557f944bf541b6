/*
 * The table of names and modes.
 */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "proto/errors.h"
#include "syncd/config/marker.h"
#include "syncd/config/smallfile.h"

#include "syncd/config/layout.h"

/* Longest "/NAME" below. */
#define NAME_ROOM 32u

static const struct {
	const char *name;
	mode_t mode;
	int directory;
} items[] = {
	[LAYOUT_STATE] = { ".", 0711, 1 },
	[LAYOUT_LOCK] = { "lock", 0600, 0 },
	[LAYOUT_CONTROL_SOCKET] = { "control.sock", 0660, 0 },
	[LAYOUT_GATE_SOCKET] = { "gate.sock", 0660, 0 },
	[LAYOUT_AUTHORIZED_KEYS] = { "authorized_keys", 0644, 0 },
	[LAYOUT_INDEX] = { "index", 0700, 1 },
	[LAYOUT_DOCUMENTS] = { "documents", 0700, 1 },
	[LAYOUT_LOG] = { "log", 0700, 1 },
	[LAYOUT_KEYS] = { "keys", 0700, 1 },
	[LAYOUT_KEY_REPOSITORY] = { "keys/repository", 0600, 0 },
	[LAYOUT_KEY_AUTHORITY] = { "keys/authority", 0600, 0 },
	[LAYOUT_KEY_PUBLISHER] = { "keys/publisher", 0600, 0 },
	[LAYOUT_KEY_POLICY] = { "keys/policy", 0600, 0 },
	[LAYOUT_KEY_PRIMARY] = { "keys/primary", 0600, 0 },
	[LAYOUT_SSHD] = { "sshd", 0700, 1 },
	[LAYOUT_SSHD_CONFIG] = { "sshd/sshd_config", 0600, 0 },
	[LAYOUT_SSHD_HOST_KEY] = { "sshd/host_key", 0600, 0 },
	[LAYOUT_SSHD_PID] = { "sshd/sshd.pid", 0644, 0 },
	[LAYOUT_STORE] = { ".", 0755, 1 },
	[LAYOUT_MARKER] = { MARKER_NAME, 0644, 0 },
	[LAYOUT_BLOBS] = { "blobs", 0700, 1 },
	[LAYOUT_MAPS] = { "maps", 0700, 1 },
	[LAYOUT_SIGNATURES] = { "signatures", 0700, 1 },
	[LAYOUT_DELTAS] = { "deltas", 0700, 1 },
	[LAYOUT_STAGING] = { "staging", 0700, 1 },
	[LAYOUT_PUBLISHED] = { "published", 0755, 1 },
};

_Static_assert(LAYOUT_PATH_SIZE >=
	sizeof(((struct layout *)NULL)->state_dir) + NAME_ROOM,
    "every path fits");

const char *
layout_name(enum layout_item item)
{
	return items[item].name;
}

mode_t
layout_mode(enum layout_item item)
{
	return items[item].mode;
}

/* Take a directory without the slashes at its end. */
static int
take_directory(const char *key, const char *path, char *out, size_t size,
    struct failure *f)
{
	size_t len;

	len = strlen(path);
	while (len > 1 && path[len - 1] == '/')
		len--;
	if (path[0] != '/')
		return failure_set(f, PH_ECONFIG,
		    "%s must be an absolute path, not %.100s", key, path);
	if (len >= size)
		return failure_set(f, PH_ECONFIG,
		    "the path of %s is longer than %zu bytes", key, size - 1);
	memcpy(out, path, len);
	out[len] = '\0';
	return PH_OK;
}

int
layout_init(struct layout *l, const char *state_dir, const char *store_dir,
    struct failure *f)
{
	static const size_t address_size =
	    sizeof(((struct sockaddr_un *)NULL)->sun_path);
	size_t most;
	int r;

	r = take_directory("state_dir", state_dir, l->state_dir,
	    sizeof(l->state_dir), f);
	if (r == PH_OK)
		r = take_directory("store_dir", store_dir, l->store_dir,
		    sizeof(l->store_dir), f);
	if (r != PH_OK)
		return r;
	/* The longer of the sockets' names, a slash and a NUL. */
	most = address_size - strlen(layout_name(LAYOUT_CONTROL_SOCKET)) - 2;
	if (strlen(l->state_dir) > most)
		return failure_set(f, PH_ECONFIG,
		    "the path of state_dir is longer than %zu bytes, and the "
		    "address of a socket in it would not fit",
		    most);
	return PH_OK;
}

void
layout_path(const struct layout *l, enum layout_item item,
    char out[LAYOUT_PATH_SIZE])
{
	const char *directory, *name;
	int n;

	directory = item < LAYOUT_STORE ? l->state_dir : l->store_dir;
	name = layout_name(item);
	if (strcmp(name, ".") == 0)
		n = snprintf(out, LAYOUT_PATH_SIZE, "%s", directory);
	else
		n = snprintf(out, LAYOUT_PATH_SIZE, "%s%s%s", directory,
		    directory[1] == '\0' ? "" : "/", name);
	assert(n >= 0 && (size_t)n < LAYOUT_PATH_SIZE);
}

/* Make a directory; a new one gets its mode whatever the umask. */
static int
create_directory(const char *path, mode_t mode, struct failure *f)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return chmod(path, mode) == 0 ?
		    PH_OK :
		    smallfile_fail(f, "chmod", path);
	if (errno != EEXIST)
		return smallfile_fail(f, "create the directory", path);
	if (stat(path, &st) != 0)
		return smallfile_fail(f, "look at", path);
	if (!S_ISDIR(st.st_mode))
		return failure_set(f, PH_EEXISTS, "%.300s is not a directory",
		    path);
	return PH_OK;
}

/* Make the directories among the items from first to last. */
static int
create_items(const struct layout *l, enum layout_item first,
    enum layout_item last, struct failure *f)
{
	char path[LAYOUT_PATH_SIZE];
	int item, r;

	r = PH_OK;
	for (item = (int)first; r == PH_OK && item <= (int)last; item++) {
		if (!items[item].directory)
			continue;
		layout_path(l, (enum layout_item)item, path);
		r = create_directory(path, items[item].mode, f);
	}
	return r;
}

int
layout_create_state(const struct layout *l, struct failure *f)
{
	return create_items(l, LAYOUT_STATE, LAYOUT_SSHD_PID, f);
}

int
layout_create_store(const struct layout *l, struct failure *f)
{
	return create_items(l, LAYOUT_STORE, LAYOUT_PUBLISHED, f);
}
