/*
 * image publish.  The files are opened here, as the operator, and syncd is
 * given their descriptors: it opens no path that someone named.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/digest.h"
#include "proto/errors.h"
#include "proto/labels.h"
#include "proto/name.h"
#include "syncctl/input.h"
#include "syncctl/output.h"
#include "syncctl/progress.h"
#include "syncctl/table.h"
#include "syncd/config/units.h"

#include "syncctl/commands.h"

/* A file to be published. */
struct file {
	char name[PH_FILE_NAME_MAX + 1];
	int fd; /* Standard input is never closed. */
};

/* All that was named. */
struct publication {
	struct input_version version;
	struct file files[PH_CONTROL_FDS_MAX];
	int fds[PH_CONTROL_FDS_MAX];
	size_t nfiles;
	struct labels labels;
	struct progress progress;
};

/* The name within the version: "NAME=PATH", or the last part of PATH. */
static int
take_name(const char *text, const char **path, char out[PH_FILE_NAME_MAX + 1],
    struct failure *f)
{
	const char *equals, *name;
	size_t len;

	equals = strchr(text, '=');
	if (equals != NULL &&
	    memchr(text, '/', (size_t)(equals - text)) == NULL) {
		*path = equals + 1;
		name = text;
		len = (size_t)(equals - text);
	} else {
		*path = text;
		name = strrchr(text, '/');
		name = name == NULL ? text : name + 1;
		len = strlen(name);
	}
	out[0] = '\0';
	if (len <= PH_FILE_NAME_MAX)
		(void)snprintf(out, PH_FILE_NAME_MAX + 1, "%.*s", (int)len,
		    name);
	if (equals == NULL && strcmp(text, "-") == 0) {
		(void)failure_set(f, PH_ENAME, "standard input needs a name");
		failure_next(f, "say NAME=-, such as disk.img=-");
		return PH_ENAME;
	}
	if (name_file_valid(out))
		return PH_OK;
	(void)failure_set(f, PH_ENAME, "\"%.*s\" is not the name of a file",
	    (int)(len > 200 ? 200 : len), name);
	failure_next(f,
	    "names have at most 255 bytes of text, no / or \\ and no leading "
	    "dot; give another one with NAME=PATH");
	return PH_ENAME;
}

/* Refuse what is no content: directories, devices, nothing at all. */
static int
check_file(const char *path, int fd, struct failure *f)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return failure_set(f, PH_EFILE, "cannot look at %.300s: %s",
		    path, strerror(errno));
	if (S_ISFIFO(st.st_mode) || (S_ISREG(st.st_mode) && st.st_size > 0))
		return PH_OK;
	if (S_ISREG(st.st_mode)) {
		(void)failure_set(f, PH_EFILE, "%.300s is empty", path);
		failure_next(f, "was it written completely?");
	} else if (S_ISDIR(st.st_mode)) {
		(void)failure_set(f, PH_EFILE, "%.300s is a directory", path);
		failure_next(f, "pack it first: an image is files");
	} else {
		(void)failure_set(f, PH_EFILE,
		    "%.300s is neither a file nor a pipe", path);
		failure_next(f, "read it by another program and say NAME=-");
	}
	return PH_EFILE;
}

/* Open a file. */
static int
open_file(const char *path, int *out, struct failure *f)
{
	int r;

	if (strcmp(path, "-") == 0) {
		*out = STDIN_FILENO;
		return PH_OK;
	}
	*out = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (*out == -1) {
		(void)failure_set(f, PH_EFILE, "cannot open %.300s: %s", path,
		    strerror(errno));
		failure_next(f,
		    "syncctl opens files with the rights of whoever calls it");
		return PH_EFILE;
	}
	r = check_file(path, *out, f);
	if (r != PH_OK) {
		(void)close(*out);
		*out = -1;
	}
	return r;
}

/* Take one more file. */
static int
add_file(struct publication *p, const char *text, struct failure *f)
{
	struct file *file;
	const char *path;
	size_t i;
	int r;

	file = &p->files[p->nfiles];
	r = take_name(text, &path, file->name, f);
	for (i = 0; r == PH_OK && i < p->nfiles; i++) {
		if (name_equal_folded(p->files[i].name, file->name)) {
			(void)failure_set(f, PH_ENAME,
			    "two files are named %.200s", file->name);
			failure_next(f,
			    "give one another name with NAME=PATH; case makes "
			    "no difference");
			return PH_ENAME;
		}
		if (strcmp(path, "-") == 0 && p->files[i].fd == STDIN_FILENO)
			return failure_set(f, PH_EUSAGE,
			    "standard input can be read only once");
	}
	if (r == PH_OK)
		r = open_file(path, &file->fd, f);
	if (r == PH_OK) {
		p->fds[p->nfiles] = file->fd;
		p->nfiles++;
	}
	return r;
}

/* Take a label, K=V. */
static int
add_label(struct publication *p, const char *text, struct failure *f)
{
	char key[PH_LABEL_MAX + 2];
	size_t len;
	int r;

	len = strcspn(text, "=");
	if (text[len] == '\0')
		return failure_set(f, PH_EUSAGE,
		    "a label is KEY=VALUE, not %.200s", text);
	/* One that is too long is refused by its length. */
	(void)snprintf(key, sizeof(key), "%.*s",
	    (int)(len < sizeof(key) ? len : sizeof(key) - 1), text);
	if (labels_get(&p->labels, key) != NULL)
		return failure_set(f, PH_EUSAGE, "the label %s is given twice",
		    key);
	r = labels_set(&p->labels, key, text + len + 1);
	if (r == PH_ENAME) {
		(void)failure_set(f, r, "\"%.200s\" is not a label", text);
		failure_next(f,
		    "keys are letters, digits and . _ + -, the first a letter "
		    "or digit; keys and values have at most 127 bytes");
	} else if (r == PH_ELIMIT) {
		(void)failure_set(f, PH_EUSAGE, "more than %u labels",
		    PH_LABELS_MAX);
	}
	return failure_default(f, r, "the labels");
}

/* Take all labels. */
static int
take_labels(const struct arguments *a, struct publication *p, struct failure *f)
{
	size_t i;
	int r;

	r = PH_OK;
	for (i = 0; r == PH_OK && i < arguments_count(a, "--label"); i++)
		r = add_label(p, arguments_item(a, "--label", i), f);
	return r;
}

/* Each digest is a digest, and there is one for each file or none. */
static int
check_digests(const struct arguments *a, size_t nfiles, struct failure *f)
{
	struct digest digest;
	const char *text;
	size_t i, n;

	n = arguments_count(a, "--sha256");
	if (n != 0 && n != nfiles)
		return failure_set(f, PH_EUSAGE,
		    "--sha256 is given %zu times for %zu files: it is for all "
		    "files, in their order",
		    n, nfiles);
	for (i = 0; i < n; i++) {
		text = arguments_item(a, "--sha256", i);
		if (digest_from_hex(text, &digest) != PH_OK &&
		    digest_from_text(text, &digest) != PH_OK)
			return failure_set(f, PH_EUSAGE,
			    "--sha256 is 64 hexadecimal digits in lower case, "
			    "not %.200s",
			    text);
	}
	return PH_OK;
}

/* Take all words. */
static int
take(const struct arguments *a, struct publication *p, struct failure *f)
{
	size_t i, n;
	int r;

	n = arguments_nwords(a) - 1;
	r = input_version(arguments_word(a, 0), 1, &p->version, f);
	if (r == PH_OK && n > PH_CONTROL_FDS_MAX)
		r = failure_set(f, PH_EUSAGE,
		    "at most %u files can be published at once",
		    PH_CONTROL_FDS_MAX);
	if (r == PH_OK)
		r = take_labels(a, p, f);
	if (r == PH_OK)
		r = input_text("--owner", arguments_get(a, "--owner"), f);
	if (r == PH_OK)
		r = check_digests(a, n, f);
	for (i = 0; r == PH_OK && i < n; i++)
		r = add_file(p, arguments_word(a, i + 1), f);
	return r;
}

static void
put(const struct invocation *in, struct json_writer *w, void *cookie)
{
	const struct publication *p;
	const struct arguments *a;
	struct digest digest;
	const char *text;
	size_t i;

	p = cookie;
	a = in->arguments;
	json_put_string(w, "image", p->version.image);
	json_put_string(w, "version", p->version.version);
	json_open_array(w, "names");
	for (i = 0; i < p->nfiles; i++)
		json_put_string(w, NULL, p->files[i].name);
	json_close_array(w);
	json_open_array(w, "files");
	for (i = 0; i < p->nfiles; i++)
		json_put_u64(w, NULL, i);
	json_close_array(w);
	if (arguments_has(a, "--sha256")) {
		json_open_array(w, "sha256");
		for (i = 0; i < p->nfiles; i++) {
			text = arguments_item(a, "--sha256", i);
			if (digest_from_hex(text, &digest) == PH_OK ||
			    digest_from_text(text, &digest) == PH_OK)
				json_put_digest(w, NULL, &digest);
		}
		json_close_array(w);
	}
	labels_encode(&p->labels, w, "labels");
	json_put_string_or_null(w, "owner", arguments_get(a, "--owner"));
	json_put_bool(w, "dry_run", arguments_has(a, "--dry-run"));
}

static void
on_progress(struct json_object *body, void *cookie)
{
	struct progress_point point;
	struct publication *p;
	int known;

	p = cookie;
	memset(&point, 0, sizeof(point));
	json_get_u64(body, "done", 0, &point.done);
	json_get_u64_or_null(body, "total", 0, &point.total, &known);
	json_get_string_or_null(body, "file", &point.what, NULL);
	progress_show(&p->progress, &point);
}

/* Who will receive it, and by which rule. */
static int
show_recipients(struct invocation *in, struct json_object *result)
{
	static const char *const headers[] = { "  REPOSITORY", "STATE", "RULE",
		NULL };
	const char *name, *rule, *state;
	struct json_array list;
	struct json_object o;
	struct table *t;
	size_t i;

	json_get_array(result, "recipients", 0, SIZE_MAX, &list);
	t = table_new(headers);
	for (i = 0; i < list.count; i++) {
		json_array_object(&list, i, &o);
		json_get_string(&o, "name", &name, NULL);
		json_get_string_or_null(&o, "state", &state, NULL);
		json_get_string_or_null(&o, "rule", &rule, NULL);
		table_put(t, "  %s", name);
		table_text(t, state);
		table_text(t, rule);
	}
	return command_table(in, t,
	    "No repository may hold it: no rule of the policy allows it.");
}

static int
show(struct invocation *in, struct json_object *result, void *cookie)
{
	const char *digest, *image, *version;
	char size[UNITS_TEXT_SIZE];
	int already, dry_run;
	uint64_t bytes;

	(void)cookie;
	json_get_string(result, "image", &image, NULL);
	json_get_string(result, "version", &version, NULL);
	json_get_string_or_null(result, "digest", &digest, NULL);
	json_get_u64(result, "size", 0, &bytes);
	json_get_bool(result, "already", &already);
	json_get_bool(result, "dry_run", &dry_run);
	units_size_text(bytes, size);
	output_put(in->out, "%s@%s, %s, %s\n", image, version, size,
	    already     ? "was published before with the same files" :
		dry_run ? "would be published" :
			  "is published");
	if (digest != NULL && !dry_run)
		output_put(in->out, "  manifest %s\n", digest);
	return show_recipients(in, result);
}

static int
run(struct invocation *in)
{
	struct command_request request = {
		.verb = "image.publish",
		.put = put,
		.progress = on_progress,
		.show = show,
	};
	struct publication *p;
	size_t i;
	int r;

	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return command_no_memory(in);
	labels_init(&p->labels);
	progress_init(&p->progress);
	r = take(in->arguments, p, &in->report->failure);
	request.fds = p->fds;
	request.nfds = p->nfiles;
	if (r == PH_OK)
		r = command_ask(in, &request, p);
	progress_end(&p->progress);
	for (i = 0; i < p->nfiles; i++) {
		if (p->files[i].fd != STDIN_FILENO)
			(void)close(p->files[i].fd);
	}
	labels_fini(&p->labels);
	free(p);
	return r;
}

static const struct argument_option options[] = {
	{ "--label", "KEY=VALUE", 1 },
	{ "--owner", "TEXT", 0 },
	{ "--sha256", "HEX", 1 },
	{ "--dry-run", NULL, 0 },
	ARGUMENTS_EVERYWHERE,
};

const struct command cmd_image_publish = {
	.noun = "image",
	.verb = "publish",
	.usage = "NAME@VERSION FILE… [--label KEY=VALUE]… [--owner TEXT] "
		 "[--sha256 HEX]… [--dry-run]",
	.summary = "Publish a version of an image",
	.help =
	    "The files (at most 64) become one version: all or nothing, and\n"
	    "never changed again.  Prints which repositories will receive it,\n"
	    "and by which rule of the policy.\n"
	    "\n"
	    "  FILE               a path; NAME=PATH gives it another name,\n"
	    "                     NAME=- reads standard input\n"
	    "  --label KEY=VALUE  what rules of a policy can select by\n"
	    "  --owner TEXT       whose it is\n"
	    "  --sha256 HEX       refuse the file when it has another digest;\n"
	    "                     for all files, in their order\n"
	    "  --dry-run          read and hash the files, publish nothing\n"
	    "\n"
	    "Examples:\n"
	    "  syncctl image publish winxp@10 winxp.img winxp.idx\n"
	    "  zcat disk.gz | syncctl image publish lab@3 disk.img=- "
	    "--label os=linux\n",
	.options = options,
	.min = 2,
	.max = SIZE_MAX,
	.run = run,
};
