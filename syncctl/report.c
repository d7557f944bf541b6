/*
 * Reports.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/json_writer.h"
#include "syncctl/output.h"

#include "syncctl/report.h"

void
report_init(struct report *r)
{
	memset(r, 0, sizeof(*r));
}

void
report_fini(struct report *r)
{
	free(r->parts);
	report_init(r);
}

int
report_parts(struct report *r, size_t n)
{
	free(r->parts);
	r->nparts = 0;
	r->parts = calloc(n == 0 ? 1 : n, sizeof(r->parts[0]));
	if (r->parts == NULL)
		return failure_set(&r->failure, PH_ENOMEM, "out of memory");
	r->nparts = n;
	return PH_OK;
}

int
report_exit_status(const struct report *r)
{
	if (r->exit_status != 0)
		return r->exit_status;
	return error_exit_status(r->failure.code);
}

/* One failure: what it is behind a word, and the rest in lines below. */
static void
print_failure(const char *word, const struct failure *f, FILE *file)
{
	char text[sizeof(f->what)];

	output_clean(f->what, text, sizeof(text));
	(void)fprintf(file, "%s%s\n", word, text);
	if (f->where[0] != '\0') {
		output_clean(f->where, text, sizeof(text));
		(void)fprintf(file, "  at %s\n", text);
	}
	if (f->next[0] != '\0') {
		output_clean(f->next, text, sizeof(text));
		(void)fprintf(file, "  next: %s\n", text);
	}
}

void
report_print(const struct report *r, FILE *file)
{
	size_t i;

	print_failure("syncctl: ", &r->failure, file);
	for (i = 0; i < r->nparts; i++)
		print_failure("syncctl: not done: ", &r->parts[i], file);
}

/* A failure, with the exit status that syncd said. */
static void
put_failure(struct json_writer *w, const char *name, const struct failure *f,
    int exit_status)
{
	char text[sizeof(f->what)];

	json_open_object(w, name);
	json_put_string(w, "code", error_name(f->code));
	json_put_int(w, "exit", exit_status);
	output_clean(f->what, text, sizeof(text));
	json_put_string(w, "what", text);
	output_clean(f->where, text, sizeof(text));
	json_put_string(w, "where", text);
	output_clean(f->next, text, sizeof(text));
	json_put_string(w, "next", text);
	json_close_object(w);
}

int
report_json(const struct report *r, struct buffer *out)
{
	struct json_writer w;
	size_t i;

	json_writer_init(&w, out);
	json_open_object(&w, NULL);
	put_failure(&w, "error", &r->failure, report_exit_status(r));
	if (r->nparts > 0) {
		json_open_array(&w, "errors");
		for (i = 0; i < r->nparts; i++)
			put_failure(&w, NULL, &r->parts[i],
			    error_exit_status(r->parts[i].code));
		json_close_array(&w);
	}
	json_close_object(&w);
	if (json_writer_end(&w) != PH_OK)
		return PH_ENOMEM;
	return buffer_put_text(out, "\n");
}
