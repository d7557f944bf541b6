#ifndef TESTS_UNIT_TEMPDIR_H
#define TESTS_UNIT_TEMPDIR_H

/*
 * A directory for the files of one test.
 */

/*
 * Make a directory below $TMPDIR (or /tmp) and work in it, so that the names
 * of the test's files are short.  Returns its absolute path.  A failure ends
 * the program.
 */
const char *tempdir_begin(void);

/* Leave the directory and remove it with all that is in it. */
void tempdir_end(void);

/* Make a file of the text in a directory of the test, replacing any. */
void tempdir_write(const char *path, const char *text);

/* The text of a file of at most 64 KiB; the caller frees it.  NULL: none. */
char *tempdir_read(const char *path);

#endif
