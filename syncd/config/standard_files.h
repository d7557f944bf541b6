#ifndef SYNCD_CONFIG_STANDARD_FILES_H
#define SYNCD_CONFIG_STANDARD_FILES_H

#include "proto/attributes.h"

/*
 * Standard input, output and error of a program that was started without
 * some of them.  Otherwise the next file that is opened gets the number, and
 * diagnostics are written into it.
 */

/*
 * Take the missing ones of descriptors 0 to 2 with files for which reading
 * the input and writing the others fails, as it would without.  The first
 * thing that a program does.  PH_OK, or PH_EIO: the program must end.
 */
int standard_files_open(void) ATTR_CHECK;

#endif
