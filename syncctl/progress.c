/*
 * The line of progress.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "proto/attributes.h"
#include "syncctl/output.h"
#include "syncd/config/units.h"

#include "syncctl/progress.h"

#define SHOW_EVERY_MS 100
#define COLUMNS_DEFAULT 80u

/* Go to the first column; clear what stands behind the cursor. */
#define TO_BEGIN "\r"
#define CLEAR_REST "\033[K"

void
progress_init(struct progress *p)
{
	memset(p, 0, sizeof(*p));
	p->terminal = isatty(STDERR_FILENO) ? STDERR_FILENO : -1;
}

/* Remember a sample, when the last one is old enough. */
static void
add_sample(struct progress *p, int64_t now_ms, uint64_t done, uint64_t moved)
{
	size_t n;

	n = p->nsamples;
	if (n > 0 && now_ms - p->sample_ms[n - 1] < PROGRESS_SAMPLE_MS)
		return;
	if (n == PROGRESS_SAMPLES) {
		n--;
		memmove(p->sample_ms, p->sample_ms + 1,
		    n * sizeof(p->sample_ms[0]));
		memmove(p->sample_done, p->sample_done + 1,
		    n * sizeof(p->sample_done[0]));
		memmove(p->sample_moved, p->sample_moved + 1,
		    n * sizeof(p->sample_moved[0]));
	}
	p->sample_ms[n] = now_ms;
	p->sample_done[n] = done;
	p->sample_moved[n] = moved;
	p->nsamples = n + 1;
}

/* Bytes per second since the oldest sample; 0: not known yet. */
static uint64_t
rate_since(const struct progress *p, const uint64_t *samples, uint64_t bytes,
    int64_t now_ms)
{
	int64_t elapsed;

	if (p->nsamples == 0 || bytes <= samples[0])
		return 0;
	elapsed = now_ms - p->sample_ms[0];
	if (elapsed < PROGRESS_SAMPLE_MS)
		return 0;
	return (
	    uint64_t)((double)(bytes - samples[0]) * 1000.0 / (double)elapsed);
}

/* Add to a line; what does not fit is cut. */
static void ATTR_PRINTF(2, 3)
    add(char out[PROGRESS_TEXT_SIZE], const char *fmt, ...)
{
	va_list ap;
	size_t n;

	n = strlen(out);
	va_start(ap, fmt);
	(void)vsnprintf(out + n, PROGRESS_TEXT_SIZE - n, fmt, ap);
	va_end(ap);
}

/* Add how much is done. */
static void
add_done(struct progress *p, uint64_t total, char out[PROGRESS_TEXT_SIZE])
{
	char size[UNITS_TEXT_SIZE];
	unsigned int percent;

	if (total > 0) {
		percent =
		    (unsigned int)((double)p->done * 100.0 / (double)total);
		if (percent > p->percent)
			p->percent = percent;
		if (p->percent > 100)
			p->percent = 100;
		add(out, "%3u %%  ", p->percent);
	}
	units_size_text(p->done, size);
	add(out, "%s", size);
	if (total > 0) {
		units_size_text(total, size);
		add(out, " of %s", size);
	}
}

void
progress_text(struct progress *p, const struct progress_point *point,
    int64_t now_ms, char out[PROGRESS_TEXT_SIZE])
{
	char text[UNITS_TEXT_SIZE];
	uint64_t moved, rate;

	if (point->done > p->done)
		p->done = point->done;
	if (point->total > 0 && p->done > point->total)
		p->done = point->total;
	moved = point->is_transfer ? point->received : p->done;
	out[0] = '\0';
	if (point->what != NULL)
		add(out, "%s ", point->what);
	add_done(p, point->total, out);
	if (point->is_transfer) {
		units_size_text(point->received, text);
		add(out, ", %s received", text);
		units_size_text(point->reused, text);
		add(out, ", %s reused", text);
	}
	if (point->note != NULL) {
		/* Rates are of what comes now. */
		p->nsamples = 0;
		add(out, "; %s", point->note);
		return;
	}
	rate = rate_since(p, p->sample_moved, moved, now_ms);
	units_rate_text(rate, text);
	if (rate > 0)
		add(out, ", %s", text);
	rate = rate_since(p, p->sample_done, p->done, now_ms);
	if (rate > 0 && point->total > p->done) {
		units_duration_text((int64_t)((point->total - p->done) / rate +
					1),
		    text);
		add(out, ", %s left", text);
	}
	add_sample(p, now_ms, p->done, moved);
}

/* Cut a text to what fits into a line of the terminal. */
static void
cut(char *text, int terminal)
{
	struct winsize size;
	size_t columns;

	columns = COLUMNS_DEFAULT;
	if (ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		columns = size.ws_col;
	/* The last column would make some terminals go to the next line. */
	for (columns--; *text != '\0' && columns > 0; columns--) {
		text++;
		while (((unsigned char)*text & 0xc0) == 0x80)
			text++;
	}
	*text = '\0';
}

void
progress_show(struct progress *p, const struct progress_point *point)
{
	char clean[PROGRESS_TEXT_SIZE], text[PROGRESS_TEXT_SIZE];
	struct timespec now;
	int64_t now_ms;

	if (p->terminal == -1)
		return;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	if (p->shown && point->note == NULL &&
	    now_ms - p->shown_ms < SHOW_EVERY_MS)
		return;
	progress_text(p, point, now_ms, text);
	output_clean(text, clean, sizeof(clean));
	cut(clean, p->terminal);
	(void)dprintf(p->terminal, TO_BEGIN "%s" CLEAR_REST, clean);
	p->shown = 1;
	p->shown_ms = now_ms;
}

void
progress_end(struct progress *p)
{
	if (p->shown)
		(void)dprintf(p->terminal, TO_BEGIN CLEAR_REST);
	p->shown = 0;
}
