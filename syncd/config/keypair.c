/*
 * Key files.  A private key that others can read is refused like ssh does,
 * for the same reason: it may be copied already.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/keyfile.h"
#include "syncd/config/smallfile.h"

#include "syncd/config/keypair.h"

/* A key line, a comment, a space and a newline. */
#define PUBLIC_SIZE_MAX (KEY_LINE_SIZE + KEYFILE_COMMENT_MAX + 2)

/* Forget the text of a private key. */
static void
wipe(struct buffer *text)
{
	if (text->data != NULL)
		explicit_bzero(text->data, text->size);
	buffer_fini(text);
}

/* The path of the public key of a pair. */
static int
public_path(const char *path, char out[PATH_MAX], struct failure *f)
{
	int n;

	n = snprintf(out, PATH_MAX, "%s.pub", path);
	if (n >= PATH_MAX)
		return failure_set(f, PH_EIO, "the path %.100s… is too long",
		    path);
	return PH_OK;
}

/* Create PATH.pub. */
static int
create_public(const char *path, const struct key_public *key,
    const char *comment, struct failure *f)
{
	char name[PATH_MAX], line[KEY_LINE_SIZE];
	char text[PUBLIC_SIZE_MAX + 1];
	int n, r;

	r = public_path(path, name, f);
	if (r != PH_OK)
		return r;
	key_line(key, line);
	n = snprintf(text, sizeof(text), "%s%s%s\n", line,
	    comment[0] == '\0' ? "" : " ", comment);
	return smallfile_replace(name, text, (size_t)n, 0644, f);
}

int
keypair_create(const char *path, const struct key_private *key, uint32_t check,
    const char *comment, struct failure *f)
{
	struct buffer text;
	int r;

	/* All at once: a buffer that grows leaves copies behind. */
	buffer_init(&text, KEYFILE_SIZE_MAX);
	if (buffer_reserve(&text, KEYFILE_SIZE_MAX) == NULL)
		return failure_set(f, PH_ENOMEM, "out of memory");
	buffer_truncate(&text, 0);
	r = keyfile_encode(key, check, comment, &text);
	if (r != PH_OK)
		(void)failure_set(f, r, "cannot write the key %.300s: %s", path,
		    r == PH_EKEY ? "its comment is not allowed" :
				   error_sentence(r));
	else
		r = smallfile_create(path, text.data, text.len, 0600, f);
	if (r == PH_OK)
		r = create_public(path, key_private_public(key), comment, f);
	wipe(&text);
	return r;
}

/* Refuse a file that is not ours alone. */
static int
check_private(const char *path, const struct stat *st, struct failure *f)
{
	if (st->st_uid != geteuid()) {
		(void)failure_set(f, PH_EPERM,
		    "the key %.300s belongs to user %ju, not to user %ju", path,
		    (uintmax_t)st->st_uid, (uintmax_t)geteuid());
		failure_next(f, "chown it to the user that runs syncd");
		return PH_EPERM;
	}
	if ((st->st_mode & 077) != 0) {
		(void)failure_set(f, PH_EPERM,
		    "the key %.300s is open to others (mode %04o)", path,
		    (unsigned int)st->st_mode & 07777);
		failure_next(f, "chmod 600 %.300s", path);
		return PH_EPERM;
	}
	return PH_OK;
}

/* Say why the text is no key for us. */
static int
refuse(const char *path, const struct buffer *text, int code, struct failure *f)
{
	struct key_public key;
	int encrypted;

	if (code != PH_EKEY)
		return failure_set(f, code, "cannot read the key %.300s: %s",
		    path, error_sentence(code));
	if (keyfile_inspect((const char *)text->data, text->len, &key,
		&encrypted) == PH_OK &&
	    encrypted) {
		(void)failure_set(f, code, "the key %.300s has a passphrase",
		    path);
		failure_next(f,
		    "add it to ssh-agent with ssh-add, and name its "
		    "public key, %.300s.pub",
		    path);
		return code;
	}
	(void)failure_set(f, code,
	    "%.300s is not a private Ed25519 key of OpenSSH, "
	    "or is damaged",
	    path);
	failure_next(f, "ssh-keygen -t ed25519 makes such a key");
	return code;
}

int
keypair_read(const char *path, struct key_private **out, struct failure *f)
{
	struct buffer text;
	struct stat st;
	int r;

	*out = NULL;
	buffer_init(&text, KEYFILE_SIZE_MAX);
	r = smallfile_read(path, KEYFILE_SIZE_MAX, &text, &st, f);
	if (r == PH_ELIMIT)
		r = refuse(path, &text, PH_EKEY, f);
	else if (r == PH_OK)
		r = check_private(path, &st, f);
	if (r == PH_OK) {
		r = keyfile_decode((const char *)text.data, text.len, out);
		if (r != PH_OK)
			r = refuse(path, &text, r, f);
	}
	wipe(&text);
	return r;
}

int
keypair_read_public(const char *path, struct key_public *out, struct failure *f)
{
	char name[PATH_MAX];
	struct buffer text;
	const char *line;
	int r;

	buffer_init(&text, KEYFILE_SIZE_MAX);
	r = public_path(path, name, f);
	if (r == PH_OK)
		r = smallfile_read(name, KEYFILE_SIZE_MAX, &text, NULL, f);
	if (r == PH_OK) {
		line = buffer_text(&text);
		if (line == NULL)
			r = failure_set(f, PH_ENOMEM, "out of memory");
		else if (strlen(line) != text.len ||
		    key_from_line(line, KEY_LINE_COMMENT, out) != PH_OK)
			r = PH_EKEY;
	}
	if (r == PH_ELIMIT || r == PH_EKEY)
		r = failure_set(f, PH_EKEY,
		    "%.300s is not the line of a public Ed25519 key", name);
	buffer_fini(&text);
	return r;
}
