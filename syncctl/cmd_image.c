/*
 * image ls and image show.
 */
#include <inttypes.h>
#include <string.h>

#include "proto/errors.h"
#include "syncctl/input.h"
#include "syncctl/output.h"
#include "syncctl/table.h"
#include "syncd/config/units.h"

#include "syncctl/commands.h"

#define LABELS_SIZE 1024u

/* What all answers say of a version. */
struct version {
	const char *image;
	const char *version;
	const char *digest;
	uint64_t size;
	const char *state;
	const char *time;
	const char *owner;        /* Or NULL. */
	char labels[LABELS_SIZE]; /* "a=b, c=d", perhaps cut. */
};

/* The labels in one line. */
static void
get_labels(struct json_object *o, char out[LABELS_SIZE])
{
	const char *name, *value;
	struct json_walk walk;
	size_t n;

	out[0] = '\0';
	json_get_walk(o, "labels", SIZE_MAX, &walk);
	while (json_walk_string(&walk, &name, &value, NULL)) {
		n = strlen(out);
		(void)snprintf(out + n, LABELS_SIZE - n, "%s%s=%s",
		    n == 0 ? "" : ", ", name, value);
	}
}

/* Take a version apart, but for its files. */
static void
get_version(struct json_object *o, struct version *v)
{
	json_get_string(o, "image", &v->image, NULL);
	json_get_string(o, "version", &v->version, NULL);
	json_get_string(o, "digest", &v->digest, NULL);
	json_get_u64(o, "size", 0, &v->size);
	json_get_string_or_null(o, "state", &v->state, NULL);
	json_get_string_or_null(o, "time", &v->time, NULL);
	get_labels(o, v->labels);
	json_get_string_or_null(o, "owner", &v->owner, NULL);
}

static int
show_ls(struct invocation *in, struct json_object *result, void *cookie)
{
	static const char *const headers[] = { "IMAGE", "VERSION", ">SIZE",
		">FILES", "STATE", "TIME", "LABELS", NULL };
	struct json_array list;
	struct json_object o;
	struct version v;
	struct table *t;
	uint64_t files;
	size_t i;

	(void)cookie;
	t = table_new(headers);
	json_get_array(result, "images", 0, SIZE_MAX, &list);
	for (i = 0; i < list.count; i++) {
		json_array_object(&list, i, &o);
		get_version(&o, &v);
		json_get_u64(&o, "files", 0, &files);
		table_text(t, v.image);
		table_text(t, v.version);
		table_size(t, v.size);
		table_put(t, "%" PRIu64, files);
		table_text(t, v.state);
		table_text(t, v.time);
		table_text(t, v.labels);
	}
	return command_table(in, t, "No image is here yet.");
}

static int
run_ls(struct invocation *in)
{
	static const struct command_request request = {
		.verb = "image.ls",
		.show = show_ls,
	};

	return command_ask(in, &request, NULL);
}

/* The files of a version. */
static int
show_files(struct invocation *in, struct json_object *o)
{
	static const char *const headers[] = { "  FILE", ">SIZE", "DIGEST",
		NULL };
	const char *digest, *name;
	struct json_object file;
	struct json_array list;
	struct table *t;
	uint64_t size;
	size_t i;

	t = table_new(headers);
	json_get_array(o, "files", 0, SIZE_MAX, &list);
	for (i = 0; i < list.count; i++) {
		json_array_object(&list, i, &file);
		json_get_string(&file, "name", &name, NULL);
		json_get_u64(&file, "size", 0, &size);
		json_get_string(&file, "digest", &digest, NULL);
		table_put(t, "  %s", name);
		table_size(t, size);
		table_text(t, digest);
	}
	return command_table(in, t, "  no files");
}

static int
show_show(struct invocation *in, struct json_object *result, void *cookie)
{
	char size[UNITS_TEXT_SIZE];
	struct json_array list;
	struct json_object o;
	struct version v;
	size_t i;
	int r;

	(void)cookie;
	r = PH_OK;
	json_get_array(result, "versions", 0, SIZE_MAX, &list);
	for (i = 0; r == PH_OK && i < list.count; i++) {
		json_array_object(&list, i, &o);
		get_version(&o, &v);
		units_size_text(v.size, size);
		output_put(in->out, "%s%s@%s: %s, %s, %s\n", i == 0 ? "" : "\n",
		    v.image, v.version, v.state == NULL ? "-" : v.state, size,
		    output_time(v.time));
		output_put(in->out, "  manifest  %s\n", v.digest);
		if (v.owner != NULL)
			output_put(in->out, "  owner     %s\n", v.owner);
		if (v.labels[0] != '\0')
			output_put(in->out, "  labels    %s\n", v.labels);
		r = show_files(in, &o);
	}
	return r;
}

/* Which image, and perhaps which version. */
static void
put_show(const struct invocation *in, struct json_writer *w, void *cookie)
{
	const struct input_version *v;

	(void)in;
	v = cookie;
	json_put_string(w, "image", v->image);
	if (v->version[0] != '\0')
		json_put_string(w, "version", v->version);
}

static int
run_show(struct invocation *in)
{
	static const struct command_request request = {
		.verb = "image.show",
		.put = put_show,
		.show = show_show,
	};
	struct input_version v;
	int r;

	r = input_version(arguments_word(in->arguments, 0), 0, &v,
	    &in->report->failure);
	return r == PH_OK ? command_ask(in, &request, &v) : r;
}

static const struct argument_option options[] = { ARGUMENTS_EVERYWHERE };

const struct command cmd_image_ls = {
	.noun = "image",
	.verb = "ls",
	.usage = "",
	.summary = "List the images and versions that are here",
	.help = "At a primary what was published, at a site what it knows of.\n"
		"\"syncctl where NAME@VERSION\" says who holds a version.\n",
	.options = options,
	.run = run_ls,
};

const struct command cmd_image_show = {
	.noun = "image",
	.verb = "show",
	.usage = "NAME[@VERSION]",
	.summary = "Show an image: its versions and their files",
	.help = "The digest of a file is what sha256sum prints for it.\n"
		"\n"
		"Examples:\n"
		"  syncctl image show winxp\n"
		"  syncctl image show winxp@10 --json\n",
	.options = options,
	.min = 1,
	.max = 1,
	.run = run_show,
};
