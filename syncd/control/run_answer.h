#ifndef SYNCD_CONTROL_RUN_ANSWER_H
#define SYNCD_CONTROL_RUN_ANSWER_H

#include "proto/json_writer.h"
#include "syncd/sync/run.h"

/*
 * A contact of a site as clients of the control socket are told it: RUN of
 * docs/control.md.
 */

/* Which of the images of a run are told. */
enum run_answer_images {
	RUN_ANSWER_ALL,
	RUN_ANSWER_OPEN /* That are in work, or failed: a few of thousands. */
};

/* Put its members into the object that is open. */
void run_answer_put_members(struct json_writer *w, const struct run *run,
    enum run_answer_images which);

/* Put it as a member, with the images that are open; null for NULL. */
void run_answer_put(struct json_writer *w, const char *name,
    const struct run *run);

#endif
