#ifndef TESTS_UNIT_PROTO_PROTOCOL_TEXT_H
#define TESTS_UNIT_PROTO_PROTOCOL_TEXT_H

#include <stddef.h>
#include <stdio.h>

/*
 * The tables of docs/protocol.md, row by row, for tests that compare them
 * with those of the code.  What cannot be read fails the test.
 */

#define PROTOCOL_CELL_SIZE 1024u

struct protocol_text {
	FILE *file;
};

/* Open the document behind the head of the table that begins so. */
void protocol_text_open(struct protocol_text *t, const char *head);

/*
 * The next row, which must have ncells cells.  1, or 0 when the table is
 * over.
 */
int protocol_text_row(struct protocol_text *t, char cells[][PROTOCOL_CELL_SIZE],
    size_t ncells);

/* Close it. */
void protocol_text_close(struct protocol_text *t);

#endif
