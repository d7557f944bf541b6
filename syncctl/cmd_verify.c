/*
 * verify: reading what is held, and comparing it with what was signed.
 */
#include <stdio.h>
#include <string.h>

#include "proto/errors.h"
#include "syncctl/input.h"
#include "syncctl/output.h"
#include "syncctl/progress.h"
#include "syncd/config/units.h"

#include "syncctl/commands.h"

/* What is to be read, and the line that says how far it is. */
struct verification {
	struct input_version version; /* Empty: everything. */
	struct progress progress;
};

static void
put(const struct invocation *in, struct json_writer *w, void *cookie)
{
	const struct verification *v;

	(void)in;
	v = cookie;
	if (v->version.image[0] != '\0')
		json_put_string(w, "image", v->version.image);
	if (v->version.version[0] != '\0')
		json_put_string(w, "version", v->version.version);
}

static void
on_progress(struct json_object *body, void *cookie)
{
	char what[PH_NAME_MAX + PH_VERSION_MAX + 2];
	struct progress_point point;
	const char *image, *version;
	struct verification *v;

	v = cookie;
	memset(&point, 0, sizeof(point));
	json_get_u64(body, "done", 0, &point.done);
	json_get_u64(body, "total", 0, &point.total);
	json_get_string_or_null(body, "image", &image, NULL);
	json_get_string_or_null(body, "version", &version, NULL);
	if (image != NULL && version != NULL) {
		(void)snprintf(what, sizeof(what), "%s@%s", image, version);
		point.what = what;
	}
	progress_show(&v->progress, &point);
}

static int
show(struct invocation *in, struct json_object *result, void *cookie)
{
	char files[OUTPUT_TERM_SIZE], text[UNITS_TEXT_SIZE];
	const char *file, *image, *version;
	struct json_array list;
	struct json_object o;
	struct verification *v;
	uint64_t size, total;
	size_t i;
	int ok;

	v = cookie;
	progress_end(&v->progress);
	total = 0;
	json_get_array(result, "checked", 0, SIZE_MAX, &list);
	for (i = 0; i < list.count; i++) {
		json_array_object(&list, i, &o);
		json_get_string(&o, "image", &image, NULL);
		json_get_string(&o, "version", &version, NULL);
		json_get_string(&o, "file", &file, NULL);
		json_get_u64(&o, "size", 0, &size);
		json_get_bool(&o, "ok", &ok);
		total += size;
		output_put(in->out, "%-8s %s@%s %s\n", ok ? "ok" : "DAMAGED",
		    image, version, file);
	}
	units_size_text(total, text);
	output_put(in->out, "%s, %s, read and compared\n",
	    output_plural(list.count, "file", files), text);
	return PH_OK;
}

static int
run(struct invocation *in)
{
	static const struct command_request request = {
		.verb = "verify",
		.put = put,
		.progress = on_progress,
		.show = show,
	};
	struct verification v;
	const char *text;
	int r;

	memset(&v, 0, sizeof(v));
	progress_init(&v.progress);
	text = arguments_word(in->arguments, 0);
	r = text == NULL ?
	    PH_OK :
	    input_version(text, 0, &v.version, &in->report->failure);
	if (r == PH_OK)
		r = command_ask(in, &request, &v);
	progress_end(&v.progress);
	return r;
}

static const struct argument_option options[] = { ARGUMENTS_EVERYWHERE };

const struct command cmd_verify = {
	.noun = "verify",
	.usage = "[NAME[@VERSION]]",
	.summary = "Read what is held here, and compare it with its digests",
	.help =
	    "Reads every file from the disk, or those of one image or version.\n"
	    "One that is damaged is withdrawn from service and named, with\n"
	    "exit status 6; a site receives it again at its next contact.\n"
	    "\n"
	    "Example:\n"
	    "  syncctl verify winxp@10\n",
	.options = options,
	.max = 1,
	.run = run,
};
