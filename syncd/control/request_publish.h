#ifndef SYNCD_CONTROL_REQUEST_PUBLISH_H
#define SYNCD_CONTROL_REQUEST_PUBLISH_H

#include "syncd/control/verb.h"

/*
 * Publishing a version: image.publish.
 */

/* The verbs; the last has no name. */
extern const struct verb request_publish_verbs[];

#endif
