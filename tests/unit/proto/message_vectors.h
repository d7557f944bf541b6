#ifndef TESTS_UNIT_PROTO_MESSAGE_VECTORS_H
#define TESTS_UNIT_PROTO_MESSAGE_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/buffer.h"
#include "proto/frame.h"

/*
 * The golden vectors of tests/vectors/messages.txt.  What cannot be read
 * fails the test.
 */

#define MESSAGE_VECTORS_MAX 256u

struct message_vector {
	char name[16];
	char label[24];
	int verdict; /* PH_OK, or why the frame is refused. */

	/* With a payload of its own in memory of exactly its size. */
	struct frame frame;
};

/* All vectors, read once; they live as long as the program. */
const struct message_vector *message_vectors(size_t *count);

/* The vector of a message and a label. */
const struct message_vector *message_vector(const char *name,
    const char *label);

/* The content of out is the frame of that vector, which is then forgotten. */
void message_vector_equals(const char *name, const char *label,
    struct buffer *out);

#endif
