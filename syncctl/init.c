/*
 * Making a repository, in an order in which a failure never leaves anything
 * that looks complete.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/errors.h"
#include "syncctl/input.h"
#include "syncctl/output.h"
#include "syncd/config/configuration_writer.h"
#include "syncd/config/keypair.h"
#include "syncd/config/marker.h"
#include "syncd/config/probe.h"
#include "syncd/config/smallfile.h"

#include "syncctl/init.h"

/* Of a configuration, which is 0644 and beside it nothing secret. */
#define CONFIG_DIRECTORY_MODE 0755

#define PATH_SIZE CONFIGURATION_PATH_SIZE

/* The directory that a path is in. */
static void
parent_of(const char *path, char out[PATH_SIZE])
{
	const char *slash;

	slash = strrchr(path, '/');
	(void)snprintf(out, PATH_SIZE, "%.*s",
	    slash == path ? 1 : (int)(slash - path), path);
}

/* An absolute path, without slashes at its end. */
static int
absolute(const char *what, const char *path, char out[PATH_SIZE],
    struct failure *f)
{
	char here[PATH_SIZE];
	size_t len;
	int n;

	if (path[0] == '\0')
		return failure_set(f, PH_EUSAGE, "%s is empty", what);
	if (getcwd(here, sizeof(here)) == NULL)
		return smallfile_fail(f, "find out", "where we are");
	while (strncmp(path, "./", 2) == 0)
		path += 1 + strspn(path + 1, "/");
	if (path[0] == '/')
		n = snprintf(out, PATH_SIZE, "%s", path);
	else
		n = snprintf(out, PATH_SIZE, "%s/%s",
		    strcmp(here, "/") == 0 ? "" : here, path);
	if (n < 0 || n >= (int)PATH_SIZE)
		return failure_set(f, PH_EUSAGE, "the path of %s is too long",
		    what);
	for (len = strlen(out); len > 1 && out[len - 1] == '/'; len--)
		out[len - 1] = '\0';
	return PH_OK;
}

/* 1 when a directory holds nothing of anybody's; *absent when not there. */
static int
is_free(const char *path, int *absent)
{
	const struct dirent *entry;
	DIR *dir;
	int found;

	*absent = 0;
	errno = 0;
	dir = opendir(path);
	if (dir == NULL) {
		*absent = errno == ENOENT;
		return *absent;
	}
	found = 0;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.' &&
		    strcmp(entry->d_name, "lost+found") != 0)
			found = 1;
	}
	(void)closedir(dir);
	return !found;
}

/* Refuse a directory that is in use already. */
static int
check_free(const char *option, const char *path, struct failure *f)
{
	char marker[PATH_SIZE + sizeof(MARKER_NAME) + 1];
	char parent[PATH_SIZE];
	int absent, free_place;

	free_place = is_free(path, &absent);
	(void)snprintf(marker, sizeof(marker), "%s/%s", path, MARKER_NAME);
	if (absent) {
		parent_of(path, parent);
		if (access(parent, F_OK) == 0)
			return PH_OK;
		(void)failure_set(f, PH_EABSENT, "there is no directory %.300s",
		    parent);
		failure_next(f, "make it: mkdir -p %.300s", parent);
		return PH_EABSENT;
	}
	if (free_place && access(marker, F_OK) != 0)
		return PH_OK;
	if (errno == EACCES)
		return smallfile_fail(f, "look into", path);
	(void)failure_set(f, PH_EEXISTS, "%.300s is in use already", path);
	failure_next(f,
	    "name an empty directory with %s; to begin anew, remove what is "
	    "in this one",
	    option);
	return PH_EEXISTS;
}

/* The directory itself, or the one in which it will be made. */
static const char *
existing(const char *path, char parent[PATH_SIZE])
{
	if (access(path, F_OK) == 0)
		return path;
	parent_of(path, parent);
	return parent;
}

/*
 * A path of a primary's state_dir stands in authorized_keys and in
 * sshd_config, where quoting differs.
 */
static int
check_plain(const char *path, struct failure *f)
{
	const char *p;

	for (p = path; *p != '\0'; p++) {
		if (isspace((unsigned char)*p) || iscntrl((unsigned char)*p) ||
		    strchr("\"'\\$`%*?[]{}()<>|&;#!~", *p) != NULL)
			return failure_set(f, PH_EUSAGE,
			    "the path of --state-dir must do without blanks "
			    "and characters that shells know: %.300s",
			    path);
	}
	return PH_OK;
}

/* A path without links, of what is there or will be in what is there. */
static int
without_links(const char *path, char out[PATH_SIZE], struct failure *f)
{
	char *real, parent[PATH_SIZE];
	const char *name;
	int n;

	name = "";
	real = realpath(path, NULL);
	if (real == NULL) {
		parent_of(path, parent);
		real = realpath(parent, NULL);
		name = strrchr(path, '/');
	}
	if (real == NULL)
		return smallfile_fail(f, "find", path);
	n = snprintf(out, PATH_SIZE, "%s%s", real, name);
	free(real);
	if (n < 0 || n >= (int)PATH_SIZE)
		return failure_set(f, PH_EUSAGE, "%.300s is too long a path",
		    path);
	return PH_OK;
}

/* 1 when a path is that of a directory, or in it. */
static int
is_inside(const char *path, const char *dir)
{
	size_t len;

	len = strlen(dir);
	return strncmp(path, dir, len) == 0 &&
	    (path[len] == '\0' || path[len] == '/');
}

/*
 * The two must be apart: what state_dir holds would be beside what anybody
 * may read, or the store on a disk that is not meant for it.
 */
static int
check_apart(const struct configuration *conf, struct failure *f)
{
	char state[PATH_SIZE], store[PATH_SIZE];
	int r;

	r = without_links(conf->state_dir, state, f);
	if (r == PH_OK)
		r = without_links(conf->store_dir, store, f);
	if (r != PH_OK ||
	    (!is_inside(state, store) && !is_inside(store, state)))
		return r;
	(void)failure_set(f, PH_EUSAGE,
	    "--state-dir and --store-dir must be two directories, neither "
	    "inside the other: %.300s, %.300s",
	    state, store);
	failure_next(f, "name two that are side by side");
	return PH_EUSAGE;
}

/* Take a directory of the command line. */
static int
take_directory(const struct invocation *in, const char *option,
    char out[PATH_SIZE], struct failure *f)
{
	const char *path;
	int r;

	path = arguments_get(in->arguments, option);
	if (path == NULL)
		return failure_set(f, PH_EUSAGE, "%s DIR is missing", option);
	r = absolute(option, path, out, f);
	if (r == PH_OK)
		r = check_free(option, out, f);
	return r;
}

/* Where the configuration will be. */
static int
look_config(const struct invocation *in, struct init *init, struct failure *f)
{
	char parent[PATH_SIZE], above[PATH_SIZE];
	int r;

	r = absolute("--config", in->config, init->config, f);
	if (r != PH_OK)
		return r;
	if (access(init->config, F_OK) == 0) {
		(void)failure_set(f, PH_EEXISTS, "%.300s exists already",
		    init->config);
		failure_next(f,
		    "name another file with --config FILE, or remove it "
		    "together with its state_dir and store_dir");
		return PH_EEXISTS;
	}
	parent_of(init->config, parent);
	return probe_writable(existing(parent, above), f);
}

int
init_look(const struct invocation *in, enum configuration_role role,
    const char *name, struct init *out, struct failure *f)
{
	char parent[PATH_SIZE];
	int r;

	out->begun = 0;
	configuration_init(&out->conf, role);
	r = input_repository(name, f);
	if (r != PH_OK)
		return r;
	memcpy(out->conf.name, name, strlen(name) + 1);
	r = take_directory(in, "--state-dir", out->conf.state_dir, f);
	if (r == PH_OK && role == CONFIGURATION_PRIMARY)
		r = check_plain(out->conf.state_dir, f);
	if (r == PH_OK)
		r = take_directory(in, "--store-dir", out->conf.store_dir, f);
	if (r == PH_OK)
		r = check_apart(&out->conf, f);
	if (r == PH_OK)
		r = layout_init(&out->layout, out->conf.state_dir,
		    out->conf.store_dir, f);
	if (r == PH_OK)
		r = look_config(in, out, f);
	if (r == PH_OK)
		r = probe_local(existing(out->conf.state_dir, parent), f);
	if (r == PH_OK)
		r = probe_writable(existing(out->conf.state_dir, parent), f);
	if (r == PH_OK)
		r = probe_store(existing(out->conf.store_dir, parent), f);
	return r;
}

/* That syncd will take the configuration. */
static int
check_configuration(const struct init *init, struct failure *f)
{
	struct configuration again;
	struct buffer text;
	int r;

	buffer_init(&text, PH_DOCUMENT_MAX);
	r = configuration_encode(&init->conf, &text);
	if (r == PH_OK)
		r = configuration_parse(init->config, text.data, text.len,
		    &again, f);
	buffer_fini(&text);
	return failure_default(f, r, "the configuration");
}

/* Make a directory that the operator may have made. */
static int
make_directory(const char *path, mode_t mode, struct failure *f)
{
	if (mkdir(path, mode) != 0 && errno != EEXIST)
		return smallfile_fail(f, "create the directory", path);
	return PH_OK;
}

int
init_directories(struct init *init, struct failure *f)
{
	char path[PATH_SIZE];
	struct stat st;
	int r;

	r = check_configuration(init, f);
	if (r != PH_OK)
		return r;
	init->begun = 1;
	parent_of(init->config, path);
	r = make_directory(path, CONFIG_DIRECTORY_MODE, f);
	if (r == PH_OK)
		r = layout_create_state(&init->layout, f);
	/* One that was made by hand may be closed to sshd. */
	if (r == PH_OK && stat(init->conf.state_dir, &st) == 0 &&
	    (st.st_mode & 0111) != 0111 &&
	    chmod(init->conf.state_dir, layout_mode(LAYOUT_STATE)) != 0)
		r = smallfile_fail(f, "open to sshd", init->conf.state_dir);
	if (r == PH_OK)
		r = layout_create_store(&init->layout, f);
	return r;
}

int
init_key_new(struct key_private **out, struct failure *f)
{
	uint8_t seed[KEY_SIZE];
	int r;

	if (getrandom(seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
		return failure_set(f, PH_EIO,
		    "the kernel gives no random numbers: %s", strerror(errno));
	r = key_private_new(seed, out);
	explicit_bzero(seed, sizeof(seed));
	return failure_default(f, r, "making a key");
}

int
init_key_put(const struct init *init, enum layout_item item, const char *what,
    const struct key_private *key, struct failure *f)
{
	char comment[PH_NAME_MAX + 64], path[LAYOUT_PATH_SIZE];
	uint32_t check;

	if (getrandom(&check, sizeof(check), 0) != (ssize_t)sizeof(check))
		return failure_set(f, PH_EIO,
		    "the kernel gives no random numbers: %s", strerror(errno));
	(void)snprintf(comment, sizeof(comment), "%s%s%s", init->conf.name,
	    what[0] == '\0' ? "" : " ", what);
	layout_path(&init->layout, item, path);
	return keypair_create(path, key, check, comment, f);
}

int
init_trust_put(const struct init *init, uint64_t epoch,
    const struct document *d, struct failure *f)
{
	char directory[LAYOUT_PATH_SIZE];
	char path[LAYOUT_PATH_SIZE + 64];
	struct buffer signatures;
	int r;

	layout_path(&init->layout, LAYOUT_DOCUMENTS, directory);
	(void)snprintf(path, sizeof(path), "%s/trust", directory);
	r = make_directory(path, layout_mode(LAYOUT_DOCUMENTS), f);
	if (r != PH_OK)
		return r;
	buffer_init(&signatures, PH_DOCUMENT_MAX);
	document_encode_signatures(d, &signatures);
	r = failure_default(f, buffer_error(&signatures), "the signatures");
	/* A document never stands without its signatures. */
	(void)snprintf(path, sizeof(path), "%s/trust/%" PRIu64 ".json.sig",
	    directory, epoch);
	if (r == PH_OK)
		r = smallfile_create(path, signatures.data, signatures.len,
		    0600, f);
	(void)snprintf(path, sizeof(path), "%s/trust/%" PRIu64 ".json",
	    directory, epoch);
	if (r == PH_OK)
		r = smallfile_create(path, d->bytes, d->len, 0600, f);
	buffer_fini(&signatures);
	return r;
}

int
init_finish(const struct init *init, const struct digest *id,
    uint64_t trust_epoch, struct failure *f)
{
	struct marker marker;
	int r;

	marker_init(&marker, id);
	marker.trust_epoch = trust_epoch;
	r = marker_create(init->conf.store_dir, &marker, f);
	if (r == PH_OK)
		r = configuration_create(init->config, &init->conf, f);
	return r;
}

int
init_failed(const struct init *init, struct failure *f)
{
	char next[sizeof(f->next)];

	if (!init->begun)
		return f->code;
	memcpy(next, f->next, sizeof(next));
	failure_next(f,
	    "%.180s%sremove what is in %.130s and %.130s, which are "
	    "incomplete, and run init again",
	    next, next[0] == '\0' ? "" : "; then ", init->conf.state_dir,
	    init->conf.store_dir);
	return f->code;
}

void
init_put_path(const struct init *init, const char *name, enum layout_item item,
    struct buffer *out)
{
	char path[LAYOUT_PATH_SIZE];

	layout_path(&init->layout, item, path);
	output_put(out, "  %-14s %s\n", name, path);
}
