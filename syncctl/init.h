#ifndef SYNCCTL_INIT_H
#define SYNCCTL_INIT_H

#include "proto/attributes.h"
#include "proto/document.h"
#include "proto/failure.h"
#include "proto/key.h"
#include "syncctl/command.h"
#include "syncd/config/configuration.h"
#include "syncd/config/layout.h"

/*
 * What init primary and init site have in common: looking whether the place
 * is free and fit before anything is made, and making directories, keys,
 * documents, marker and, last of all, the configuration.  A repository
 * whose configuration is there is complete.
 */

struct init {
	struct configuration conf; /* Its name and directories are set. */
	struct layout layout;
	char config[CONFIGURATION_PATH_SIZE]; /* Absolute. */
	int begun;                            /* Something was made. */
};

/*
 * Take name, --state-dir and --store-dir, and look at the places: nothing
 * is there yet, and the file systems can do what is needed.  PH_OK, PH_ENAME,
 * PH_EUSAGE, PH_EEXISTS, PH_ECONFIG, PH_ESTORE, or what the system says.
 */
int init_look(const struct invocation *in, enum configuration_role role,
    const char *name, struct init *out, struct failure *f) ATTR_CHECK;

/*
 * Make the directories.  conf is complete by now and checked first, so that
 * nothing is made that could not be configured.
 */
int init_directories(struct init *init, struct failure *f) ATTR_CHECK;

/* A new key; the caller frees it.  PH_OK or PH_ENOMEM, PH_EIO. */
int init_key_new(struct key_private **out, struct failure *f) ATTR_CHECK;

/* Write a key to its place; what stands behind the name as its comment. */
int init_key_put(const struct init *init, enum layout_item item,
    const char *what, const struct key_private *key,
    struct failure *f) ATTR_CHECK;

/* Keep a trust document, where syncd looks for it. */
int init_trust_put(const struct init *init, uint64_t epoch,
    const struct document *d, struct failure *f) ATTR_CHECK;

/* Mark the store, and write the configuration. */
int init_finish(const struct init *init, const struct digest *id,
    uint64_t trust_epoch, struct failure *f) ATTR_CHECK;

/*
 * After a failure: say what was left behind.  Returns the code of f.
 */
int init_failed(const struct init *init, struct failure *f);

/* Put a line of a name and the path of an item. */
void init_put_path(const struct init *init, const char *name,
    enum layout_item item, struct buffer *out);

#endif
