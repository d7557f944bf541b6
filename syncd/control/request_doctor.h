#ifndef SYNCD_CONTROL_REQUEST_DOCTOR_H
#define SYNCD_CONTROL_REQUEST_DOCTOR_H

#include "syncd/control/verb.h"

/*
 * What is wrong, and at which end: doctor.
 */

/* The verbs; the last has no name. */
extern const struct verb request_doctor_verbs[];

#endif
