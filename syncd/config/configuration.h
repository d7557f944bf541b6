#ifndef SYNCD_CONFIG_CONFIGURATION_H
#define SYNCD_CONFIG_CONFIGURATION_H

#include <stddef.h>
#include <stdint.h>

#include "proto/address.h"
#include "proto/attributes.h"
#include "proto/digest.h"
#include "proto/failure.h"
#include "proto/key.h"
#include "proto/limits.h"

/*
 * The configuration file of one repository: what its operator decides on
 * this machine.  What the primary decides (grants, charters) is not here.
 * Every value is checked when the file is read, and everything refused says
 * file, line, column and what would be right.
 *
 * The structs are plain data without memory of their own.
 */

#define CONFIGURATION_DEFAULT_FILE "/etc/packhorse/packhorse.yaml"

#define CONFIGURATION_PATH_SIZE 1024u /* A path and its NUL. */
#define CONFIGURATION_GROUP_SIZE 33u  /* Of a system's group, and a NUL. */

#define CONFIGURATION_SYNC_INTERVAL_S 300
#define CONFIGURATION_SYNC_INTERVAL_MIN_S 1
#define CONFIGURATION_SYNC_INTERVAL_MAX_S (30 * 86400)
#define CONFIGURATION_LIFETIME_S (90 * 86400)
#define CONFIGURATION_LIFETIME_MIN_S 3600
#define CONFIGURATION_LIFETIME_MAX_S (INT64_C(3650) * 86400)
#define CONFIGURATION_DELTA_CACHE (UINT64_C(20) << 30)

enum configuration_role {
	CONFIGURATION_PRIMARY,
	CONFIGURATION_SITE,
};

/* In the order of the daemon's diag_level. */
enum configuration_log_level {
	CONFIGURATION_LOG_ERROR,
	CONFIGURATION_LOG_WARNING,
	CONFIGURATION_LOG_NOTICE,
	CONFIGURATION_LOG_INFO,
	CONFIGURATION_LOG_DEBUG,
};

struct configuration {
	char name[PH_NAME_MAX + 1];
	enum configuration_role role;
	char state_dir[CONFIGURATION_PATH_SIZE];       /* Absolute. */
	char store_dir[CONFIGURATION_PATH_SIZE];       /* Absolute. */
	char operator_group[CONFIGURATION_GROUP_SIZE]; /* Or empty. */
	unsigned int operator_group_line;   /* Where it stands: whether the */
	unsigned int operator_group_column; /* group exists is seen later. */
	enum configuration_log_level log_level;
	int64_t sync_interval_s;
	int64_t lifetime_s;   /* Of grants; primary only. */
	uint64_t rate;        /* Bytes per second; 0: no limit. */
	uint64_t delta_cache; /* Bytes. */

	/*
	 * Site: whom to dial, by which host key, and who must answer: the id
	 * of the primary's repository, or zeros for the primary that the
	 * trust documents name.
	 */
	int has_upstream;
	struct address upstream_address;
	struct key_public upstream_host_key;
	struct digest upstream_id;

	/* Primary: what invitations say. */
	int has_advertise;
	struct address advertise_address;
	struct key_public advertise_host_key;
};

/*
 * A configuration of nothing but defaults, to be filled in by init: no name,
 * no directories, no upstream.
 */
void configuration_init(struct configuration *c, enum configuration_role role);

/*
 * Read a file.  PH_OK, PH_ECONFIG, PH_EFILE (cannot be read), PH_ENOMEM;
 * after a failure *out is not to be used.
 */
int configuration_read(const char *path, struct configuration *out,
    struct failure *f) ATTR_CHECK;

/* The same for len bytes; name stands for the file in failures. */
int configuration_parse(const char *name, const void *data, size_t len,
    struct configuration *out, struct failure *f) ATTR_CHECK;

/* "primary", "site"; "error" … "debug". */
const char *configuration_role_text(enum configuration_role role);
const char *configuration_log_level_text(enum configuration_log_level level);

#endif
