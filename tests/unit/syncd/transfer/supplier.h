#ifndef TESTS_UNIT_SYNCD_TRANSFER_SUPPLIER_H
#define TESTS_UNIT_SYNCD_TRANSFER_SUPPLIER_H

#include <stddef.h>
#include <stdint.h>

#include "proto/limits.h"
#include "proto/message_content.h"
#include "proto/message_transfer.h"
#include "syncd/base/clock.h"
#include "syncd/base/loop.h"
#include "syncd/base/worker.h"
#include "syncd/store/space.h"
#include "syncd/transfer/receive.h"
#include "tests/unit/syncd/base/fault_files.h"
#include "tests/unit/syncd/store/fixture.h"

/*
 * The far side of a receive, by hand: a blob, a base, the encodings of the
 * one against the other and without it, and a store to receive into.  A
 * failure ends the test.
 */

#define SUPPLIER_SEGMENTS 6u
#define SUPPLIER_SIZE ((size_t)(SUPPLIER_SEGMENTS - 1) * PH_SEGMENT_SIZE + 5000)

struct supplier_encoding {
	struct buffer bytes;
	struct message_row row;
	unsigned int damaged; /* Times that it still comes damaged. */
};

struct supplier {
	struct fixture store;
	struct fault_files faults; /* Below the store. */
	struct file_ops ops;       /* Below that. */
	struct files hooked;
	int target_error; /* What writing into the target says; 0: nothing. */
	struct loop *loop;
	struct worker_pool *workers;
	struct worker_lane *lane;
	struct clock clock;
	uint64_t free; /* What the disk is said to have. */
	struct space *space;

	struct receive_config config; /* As supplier_offer() uses it. */
	struct receive *receive;
	uint64_t data; /* What PLAN says; the size, unless it is changed. */
	int bare;      /* The plan has no base. */
	unsigned int nready;
	int inside; /* A function of receive.h is running. */
	struct buffer out;
	size_t at;       /* Read of out. */
	uint64_t pulled; /* Asked for, of what supplier_answer() saw. */
	uint64_t given[SUPPLIER_SEGMENTS]; /* Where the last DATA ended. */
	uint64_t nqueries;                 /* PLAIN? */
};

/* Content and encodings, for all tests of a program. */
struct supplier_content {
	uint8_t *target;
	uint8_t *base;
	struct digest blob;
	struct digest map;
	struct digest base_digest;
	struct supplier_encoding delta[SUPPLIER_SEGMENTS];
	struct supplier_encoding plain[SUPPLIER_SEGMENTS];
};
extern struct supplier_content supplier_content;

/* Make the content, and free it: unchecked fixtures. */
void supplier_make_content(void);
void supplier_free_content(void);

/* A store, with the base in it, and workers; then all is closed. */
void supplier_begin(struct supplier *s, int nthreads);
void supplier_end(struct supplier *s);

/* Begin to receive, offering the base. */
void supplier_offer(struct supplier *s);

/* Stop that. */
void supplier_stop(struct supplier *s);

/* Let all jobs come back. */
void supplier_settle(struct supplier *s);

/* The next frame of the receiver, without settling: 0 when there is none. */
int supplier_next(struct supplier *s, struct frame *out);

/* The same; it must be a PULL. */
void supplier_next_pull(struct supplier *s, struct message_pull *out);

/* A PLAN of the blob, with the base or without. */
struct message_plan supplier_plan(int with_base);

/* Hand over frames; what is returned is receive_on_x()'s. */
int supplier_give_plan(struct supplier *s, const struct message_plan *m);
int supplier_give_rows(struct supplier *s,
    const struct supplier_encoding *encodings, uint32_t first, uint32_t nrows,
    int plain);
int supplier_give_data(struct supplier *s, const struct message_pull *pull,
    uint32_t max);

/* All of PLAN, SEGMENTS and DONE, after WANT was seen. */
void supplier_announce(struct supplier *s, int with_base);

/* Answer a frame as a provider does. */
void supplier_answer(struct supplier *s, const struct frame *frame);

/* Answer all there is until it is over; its result. */
int supplier_serve(struct supplier *s);

/* Settle; 1 when the receive is over, with its result. */
int supplier_is_over(struct supplier *s, int *code);

/* What was received must be the content. */
void supplier_check_target(struct supplier *s);

/* 1 when the staging has a file of that name. */
int supplier_staged(struct supplier *s, const char *name);

/* The bytes of a part in the staging; 0 when there is none. */
uint64_t supplier_part(struct supplier *s, uint32_t segment);

#endif
