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

int
run_image(struct run *run, const char *image, const char *version,
    const char *file, size_t *out)
{
	struct run_image *images, *one;
	size_t i;

	for (i = 0; i < run->nimages; i++) {
		one = &run->images[i];
		if (strcmp(one->image, image) == 0 &&
		    strcmp(one->version, version) == 0 &&
		    strcmp(one->file, file) == 0) {
			*out = i;
			return PH_OK;
		}
	}
	if (run->nimages == run->room) {
		i = run->room == 0 ? 16 : 2 * run->room;
		images = realloc(run->images, i * sizeof(*images));
		if (images == NULL)
			return PH_ENOMEM;
		run->images = images;
		run->room = i;
	}
	one = &run->images[run->nimages];
	memset(one, 0, sizeof(*one));
	(void)strcpy(one->image, image);
	(void)strcpy(one->version, version);
	(void)strcpy(one->file, file);
	one->full = 1;
	*out = run->nimages++;
	return PH_OK;
}

int
run_note_whole(struct run *run, const struct manifest *m)
{
	struct run_image *one;
	size_t before, i, k;
	int r;

	r = PH_OK;
	for (i = 0; r == PH_OK && i < m->nfiles; i++) {
		before = run->nimages;
		r = run_image(run, m->image, m->version, m->files[i].name, &k);
		if (r != PH_OK || run->nimages == before)
			continue;
		one = &run->images[k];
		one->size = one->logical_bytes = m->files[i].size;
		one->cost.reused_bytes = m->files[i].size;
		one->done = 1;
	}
	return r;
}

int
run_take_images(struct run *run, const struct run *other)
{
	const struct run_image *one;
	size_t before, i, k;
	int r;

	r = PH_OK;
	for (i = 0; r == PH_OK && i < other->nimages; i++) {
		one = &other->images[i];
		before = run->nimages;
		r = run_image(run, one->image, one->version, one->file, &k);
		if (r == PH_OK && run->nimages > before)
			run->images[k] = *one;
	}
	return r;
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
