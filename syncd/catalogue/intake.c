/*
 * A file comes in, piece by piece.
 */
#include <string.h>
#include <sys/stat.h>

#include "proto/blockmap.h"
#include "proto/errors.h"
#include "syncd/config/units.h"

#include "syncd/catalogue/intake.h"

/* A file that is coming in. */
struct intake {
	struct space *space;
	struct space_hold *hold;
	const struct progress *owner; /* NULL: nobody is told. */
	int is_pipe;                  /* And what comes is kept. */
	uint64_t done;
	struct failure failure; /* Of a reservation. */
};

/* Room for one more piece of a pipe, of which we are told. */
static int
reserve_piece(struct intake *intake)
{
	return space_extend(intake->hold,
	    INGEST_STEP_SIZE + INGEST_STEP_SIZE / BLOCKMAP_SHARE, 0,
	    &intake->failure);
}

/* Another piece is in. */
static int
on_step(void *cookie, uint64_t done, uint64_t total)
{
	struct intake *intake = cookie;
	const struct progress *owner = intake->owner;
	uint64_t n;
	int r;

	n = done - intake->done;
	intake->done = done;
	r = PH_OK;
	if (intake->is_pipe && n > 0) {
		space_spend(intake->hold, n + n / BLOCKMAP_SHARE, 0);
		r = reserve_piece(intake);
	}
	if (r == PH_OK && owner != NULL && owner->step != NULL)
		r = owner->step(owner->cookie, done, total);
	return r;
}

/* Say how much was in when there was no more room, and how much there is. */
static void
blame_space(const struct intake *intake, const char *name, struct failure *f)
{
	char done[UNITS_TEXT_SIZE], left[UNITS_TEXT_SIZE];
	uint64_t bytes, inodes;

	units_size_text(intake->done, done);
	if (intake->failure.code != PH_OK) {
		(void)failure_set(f, PH_ENOSPC, "after %s of %.200s: %s", done,
		    name, intake->failure.what);
	} else {
		if (space_left(intake->space, &bytes, &inodes) != PH_OK)
			bytes = 0;
		units_size_text(bytes, left);
		(void)failure_set(f, PH_ENOSPC,
		    "after %s of %.200s the disk is full: %s is free", done,
		    name, left);
	}
	failure_next(f,
	    "nothing was published: make room for all of it on the file "
	    "system of the store and publish it again");
}

int
intake_file(struct space *space, struct space_hold *hold,
    struct ingest_config *config, const struct progress *progress,
    struct ingest_result *out, struct failure *f)
{
	struct intake intake;
	struct stat st;
	int r;

	memset(&intake, 0, sizeof(intake));
	intake.space = space;
	intake.hold = hold;
	intake.owner = progress;
	intake.is_pipe = hold != NULL && fstat(config->source, &st) == 0 &&
	    S_ISFIFO(st.st_mode);
	config->progress.step = on_step;
	config->progress.cookie = &intake;
	f->code = PH_OK;
	r = intake.is_pipe ? reserve_piece(&intake) : PH_OK;
	if (r == PH_OK)
		r = ingest_file(config, out, f);
	if (r == PH_ENOSPC)
		blame_space(&intake, config->name, f);
	else if (intake.failure.code != PH_OK)
		*f = intake.failure;
	return r;
}
