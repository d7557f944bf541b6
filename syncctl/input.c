/*
 * Reading what operators name.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/keyfile.h"
#include "proto/name.h"
#include "proto/text.h"
#include "proto/version.h"

#include "syncctl/input.h"

#define CHUNK_SIZE 65536u

#define KEY_FORM "give \"" KEY_TYPE " AAAA…\" or a file that has it"

#define NAME_FORM                                                              \
	"names are letters, digits and . _ + -, at most 127, the first a "     \
	"letter or digit"

/* Put all that a descriptor has to give. */
static int
read_all(int fd, const char *path, size_t max, struct buffer *out,
    struct failure *f)
{
	char chunk[CHUNK_SIZE];
	size_t total;
	ssize_t n;

	for (total = 0;; total += (size_t)n) {
		n = read(fd, chunk, sizeof(chunk));
		if (n == -1 && errno == EINTR) {
			n = 0;
			continue;
		}
		if (n == -1)
			return failure_set(f, PH_EFILE,
			    "cannot read %.300s: %s", path, strerror(errno));
		if (n == 0)
			return PH_OK;
		if ((size_t)n > max - total)
			return failure_set(f, PH_EFILE,
			    "%.300s is larger than %zu bytes", path, max);
		if (buffer_put(out, chunk, (size_t)n) != PH_OK)
			return failure_set(f, PH_ENOMEM, "out of memory");
	}
}

int
input_file(const char *path, size_t max, struct buffer *out, struct failure *f)
{
	int fd, r;

	if (strcmp(path, "-") == 0)
		return read_all(STDIN_FILENO, "standard input", max, out, f);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1)
		return failure_set(f, PH_EFILE, "cannot open %.300s: %s", path,
		    strerror(errno));
	r = read_all(fd, path, max, out, f);
	(void)close(fd);
	return r;
}

/* Fail because text of a file or an argument is no key line. */
static int
fail_key(const char *where, const char *text, struct failure *f)
{
	if (strncmp(text, "-----BEGIN", 10) == 0) {
		(void)failure_set(f, PH_EKEY,
		    "this is a private key, which stays where it is");
		failure_next(f, "give the public one, %.200s.pub", where);
	} else if (strncmp(text, KEY_TYPE " ", sizeof(KEY_TYPE)) == 0) {
		(void)failure_set(f, PH_EKEY,
		    "the key line is damaged, or its key is one that is "
		    "refused");
		failure_next(f, "copy all of it, in one line");
	} else {
		(void)failure_set(f, PH_EKEY, "this is no Ed25519 key line");
		failure_next(f, KEY_FORM);
	}
	failure_where(f, "%.200s", where);
	return PH_EKEY;
}

int
input_key(const char *text, struct key_public *out, struct failure *f)
{
	struct buffer line;
	int r;

	if (key_from_line(text, KEY_LINE_COMMENT, out) == PH_OK)
		return PH_OK;
	if (strncmp(text, "ssh-", 4) == 0)
		return fail_key("the command line", text, f);
	buffer_init(&line, KEYFILE_SIZE_MAX);
	r = input_file(text, KEYFILE_SIZE_MAX - 1, &line, f);
	if (r == PH_EFILE)
		failure_next(f, KEY_FORM);
	if (r == PH_OK && buffer_text(&line) == NULL)
		r = failure_set(f, PH_ENOMEM, "out of memory");
	if (r == PH_OK &&
	    (strlen(buffer_text(&line)) != line.len ||
		key_from_line(buffer_text(&line), KEY_LINE_COMMENT, out) !=
		    PH_OK))
		r = fail_key(text, buffer_text(&line), f);
	buffer_fini(&line);
	return r;
}

int
input_version(const char *text, int required, struct input_version *out,
    struct failure *f)
{
	const char *at;
	size_t len;

	memset(out, 0, sizeof(*out));
	at = strchr(text, '@');
	len = at == NULL ? strlen(text) : (size_t)(at - text);
	if (at == NULL && required) {
		(void)failure_set(f, PH_ENAME, "\"%.200s\" names no version",
		    text);
		failure_next(f, "say NAME@VERSION, such as winxp@10");
		return PH_ENAME;
	}
	if (len < sizeof(out->image))
		memcpy(out->image, text, len);
	if (!name_valid(out->image)) {
		(void)failure_set(f, PH_ENAME,
		    "\"%.*s\" is not the name of an image",
		    (int)(len > 200 ? 200 : len), text);
		failure_next(f, NAME_FORM);
		return PH_ENAME;
	}
	if (at == NULL)
		return PH_OK;
	if (strlen(at + 1) < sizeof(out->version))
		memcpy(out->version, at + 1, strlen(at + 1));
	if (version_valid(out->version))
		return PH_OK;
	(void)failure_set(f, PH_ENAME, "\"%.200s\" is not a version", at + 1);
	failure_next(f,
	    "versions are letters, digits and . _ + -, at most 63, the first "
	    "a letter or digit");
	return PH_ENAME;
}

int
input_text(const char *option, const char *text, struct failure *f)
{
	if (text == NULL || text_valid(text, PH_TEXT_MAX))
		return PH_OK;
	return failure_set(f, PH_EUSAGE,
	    "%s is text of at most %u bytes in one line", option, PH_TEXT_MAX);
}

int
input_repository(const char *text, struct failure *f)
{
	if (name_valid(text))
		return PH_OK;
	(void)failure_set(f, PH_ENAME,
	    "\"%.200s\" is not the name of a repository", text);
	failure_next(f, NAME_FORM);
	return PH_ENAME;
}
