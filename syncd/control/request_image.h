#ifndef SYNCD_CONTROL_REQUEST_IMAGE_H
#define SYNCD_CONTROL_REQUEST_IMAGE_H

#include "syncd/control/verb.h"

/*
 * What is here: image.ls, image.show.
 */

/* The verbs; the last has no name. */
extern const struct verb request_image_verbs[];

#endif
