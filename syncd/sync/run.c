/*
 * Runs.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"

#include "syncd/sync/run.h"

/* So many contacts in a row may bring nothing. */
#define FRUITLESS_MAX 4u

/* The exit status of what is worth another try. */
#define EXIT_TRY_AGAIN 5

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

uint64_t
run_content(const struct run *run)
{
	uint64_t sum;
	size_t i;

	sum = 0;
	for (i = 0; i < run->nimages; i++)
		sum += run->images[i].cost.wire_bytes;
	return sum;
}

uint64_t
run_done_bytes(const struct run *run)
{
	uint64_t sum;
	size_t i;

	sum = 0;
	for (i = 0; i < run->nimages; i++) {
		if (run->images[i].done)
			sum += run->images[i].size;
	}
	return sum;
}

void
run_begin_contact(struct run *run)
{
	size_t i;

	run->ncontacts++;
	run->outcome = RUN_RUNNING;
	memset(&run->failure, 0, sizeof(run->failure));
	run->received_before = run->wire_received;
	run->sent_before = run->wire_sent;
	run->content_before = run_content(run);
	for (i = 0; i < run->nimages; i++)
		run->images[i].code = PH_OK;
}

int
run_goes_on(struct run *run)
{
	uint64_t content;

	if (run->outcome != RUN_FAILED || run->dry_run ||
	    error_exit_status(run->failure.code) != EXIT_TRY_AGAIN)
		return 0;
	content = run_content(run);
	run->nfruitless =
	    content > run->content_before ? 0 : run->nfruitless + 1;
	return content > 0 && run->nfruitless < FRUITLESS_MAX;
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
