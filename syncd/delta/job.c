/*
 * Driving librsync.
 */
#include <pthread.h>

#include "proto/errors.h"

#include "syncd/delta/job.h"

/* Room for output, on the stack. */
#define OUT_SIZE 16384u

static pthread_once_t prepare_once = PTHREAD_ONCE_INIT;

static void
prepare(void)
{
	rs_trace_set_level(RS_LOG_EMERG);
}

void
delta_job_prepare(void)
{
	(void)pthread_once(&prepare_once, prepare);
}

int
delta_job_feed(rs_job_t *job, uint8_t *data, size_t len, int eof,
    delta_job_fn *on_output, void *cookie)
{
	char out[OUT_SIZE];
	rs_buffers_t b;
	rs_result result;
	size_t before, n;
	int r;

	b.next_in = (char *)data;
	b.avail_in = len;
	b.eof_in = eof;
	for (;;) {
		b.next_out = out;
		b.avail_out = sizeof(out);
		before = b.avail_in;
		result = rs_job_iter(job, &b);
		n = sizeof(out) - b.avail_out;
		if (n > 0) {
			r = on_output(cookie, (const uint8_t *)out, n);
			if (r != PH_OK)
				return r;
		}
		if (result == RS_DONE)
			return b.avail_in == 0 ? PH_OK : PH_EINTERNAL;
		if (result != RS_BLOCKED)
			return PH_EINTERNAL;
		/* Blocked for want of room: again.  For want of input: back. */
		if (b.avail_out > 0 && b.avail_in == 0 && !eof)
			return PH_OK;
		if (n == 0 && b.avail_in == before)
			return PH_EINTERNAL;
	}
}
