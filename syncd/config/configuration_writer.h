#ifndef SYNCD_CONFIG_CONFIGURATION_WRITER_H
#define SYNCD_CONFIG_CONFIGURATION_WRITER_H

#include "proto/attributes.h"
#include "proto/failure.h"

struct buffer;
struct configuration;

/*
 * The configuration file that init begins with: every key with a comment,
 * those that have their default commented out.  From then on the file is
 * its operator's.
 */

/*
 * Put the text of a file that configuration_parse() reads as c, where c is
 * valid.  PH_OK, PH_ENOMEM, PH_ELIMIT.
 */
int configuration_encode(const struct configuration *c,
    struct buffer *out) ATTR_CHECK;

/*
 * Create that file, durably, mode 0644.  PH_OK; PH_ECONFIG when c is not
 * valid, PH_EEXISTS (left as it is), PH_EABSENT (no such directory),
 * PH_ENOSPC, PH_EPERM, PH_EIO, PH_ENOMEM.
 */
int configuration_create(const char *path, const struct configuration *c,
    struct failure *f) ATTR_CHECK;

#endif
