/*
 * Runs.
 */
#include <stdlib.h>
#include <string.h>

#include "syncd/sync/run.h"

void
run_init(struct run *run)
{
	memset(run, 0, sizeof(*run));
}

static void
free_lines(char **lines, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		free(lines[i]);
	free(lines);
}

void
run_fini(struct run *run)
{
	free(run->images);
	free_lines(run->would_withdraw, run->nwould_withdraw);
	free_lines(run->would_receive, run->nwould_receive);
	run_init(run);
}

const char *
run_outcome_name(enum run_outcome outcome)
{
	switch (outcome) {
	case RUN_RUNNING:
		return "running";
	case RUN_DONE:
		return "done";
	case RUN_PARTIAL:
		return "partial";
	case RUN_FAILED:
		return "failed";
	case RUN_CANCELED:
		break;
	}
	return "canceled";
}
