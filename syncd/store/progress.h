#ifndef SYNCD_STORE_PROGRESS_H
#define SYNCD_STORE_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

/*
 * What long work on content tells its owner, and how the owner stops it.
 */

/*
 * Called on the working thread about every 16 MiB with the bytes done so
 * far and the total (0: not known).  PH_OK to go on; any other result ends
 * the work, which returns it: PH_ECANCELED when it is not wanted any more,
 * PH_ENOSPC when no more room can be reserved.
 */
typedef int progress_step(void *cookie, uint64_t done, uint64_t total);

/* step may be NULL. */
struct progress {
	progress_step *step;
	void *cookie;
};

/*
 * For one who wants to see the bytes of the same pass: all of the file in
 * order, in pieces; what is known to be zeros comes as a length alone
 * (data NULL).  A result other than PH_OK ends the work, which returns it.
 */
typedef int progress_tap(void *cookie, const void *data, uint64_t len);

/* tap may be NULL. */
struct progress_watch {
	progress_tap *tap;
	void *cookie;
};

#endif
