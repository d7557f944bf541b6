/*
 * Lists of operations.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/limits.h"

#include "syncd/delta/pieces.h"

#define FIRST_SIZE 256u

void
delta_pieces_reset(struct delta_pieces *p)
{
	p->nops = 0;
	p->position = 0;
}

void
delta_pieces_fini(struct delta_pieces *p)
{
	free(p->ops);
	memset(p, 0, sizeof(*p));
}

/* Whether op continues last. */
static int
continues(const struct segment_op *last, const struct segment_op *op)
{
	if (last->kind != op->kind)
		return 0;
	if (op->kind == SEGMENT_COPY)
		return last->source + last->length == op->source;
	return last->value == op->value;
}

int
delta_pieces_add(struct delta_pieces *p, const struct segment_op *op)
{
	struct segment_op *grown;
	size_t size;

	if (op->length == 0)
		return PH_OK;
	p->position += op->length;
	if (p->nops > 0 && continues(&p->ops[p->nops - 1], op)) {
		p->ops[p->nops - 1].length += op->length;
		return PH_OK;
	}
	if (p->nops == PH_SEGMENT_OPS_MAX)
		return PH_ELIMIT;
	if (p->nops == p->size) {
		size = p->size == 0 ? FIRST_SIZE : p->size * 2;
		grown = realloc(p->ops, size * sizeof(*grown));
		if (grown == NULL)
			return PH_ENOMEM;
		p->ops = grown;
		p->size = size;
	}
	p->ops[p->nops++] = *op;
	return PH_OK;
}

int
delta_pieces_literal(struct delta_pieces *p, size_t length)
{
	struct segment_op op;

	memset(&op, 0, sizeof(op));
	op.kind = SEGMENT_LITERAL;
	op.length = (uint32_t)length;
	return delta_pieces_add(p, &op);
}

int
delta_pieces_constant(struct delta_pieces *p, size_t length, uint8_t value)
{
	struct segment_op op;

	memset(&op, 0, sizeof(op));
	op.kind = value == 0 ? SEGMENT_ZERO : SEGMENT_FILL;
	op.length = (uint32_t)length;
	op.value = value;
	return delta_pieces_add(p, &op);
}

int
delta_pieces_copy(struct delta_pieces *p, size_t length, uint64_t source)
{
	struct segment_op op;

	memset(&op, 0, sizeof(op));
	op.kind = SEGMENT_COPY;
	op.length = (uint32_t)length;
	op.source = source;
	return delta_pieces_add(p, &op);
}
