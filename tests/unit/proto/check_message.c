/*
 * All messages alike: the table against docs/protocol.md, every vector, and
 * what becomes of each message when it is cut or damaged.  The members of
 * single messages are in check_message_*.c and check_hello.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check_main.h"
#include "tests/unit/proto/any_message.h"
#include "tests/unit/proto/message_vectors.h"
#include "tests/unit/proto/protocol_text.h"

#include "proto/errors.h"

/* More than any row of a table that is compared. */
#define CELLS 6u

static const char *
transfer_name(enum message_transfer transfer)
{
	switch (transfer) {
	case MESSAGE_NO_TRANSFER:
		return "no";
	case MESSAGE_TRANSFER:
		return "yes";
	case MESSAGE_ANY_TRANSFER:
		return "any";
	}
	return "";
}

START_TEST(the_table_is_the_document)
{
	const struct message_info *info;
	struct protocol_text text;
	char cells[CELLS][PROTOCOL_CELL_SIZE];
	char number[16], limit[16];
	unsigned int type;

	protocol_text_open(&text, "| type | name |");
	for (type = 1; type <= MESSAGE_LAST; type++) {
		info = message_info(type);
		ck_assert_ptr_nonnull(info);
		ck_assert_uint_eq(info->type, type);
		ck_assert_int_eq(protocol_text_row(&text, cells, CELLS), 1);
		(void)snprintf(number, sizeof(number), "%u", type);
		(void)snprintf(limit, sizeof(limit), "%u", info->limit);
		ck_assert_str_eq(cells[0], number);
		ck_assert_str_eq(cells[1], info->name);
		ck_assert_str_eq(cells[2],
		    info->sides == SIDE_EITHER       ? "both" :
			info->sides == SIDE_RECEIVER ? "receiver" :
						       "provider");
		ck_assert_str_eq(cells[3], transfer_name(info->transfer));
		ck_assert_str_eq(cells[5], limit);
	}
	ck_assert_int_eq(protocol_text_row(&text, cells, CELLS), 0);
	protocol_text_close(&text);
}
END_TEST

START_TEST(other_numbers_are_no_messages)
{
	ck_assert_ptr_null(message_info(0));
	ck_assert_ptr_null(message_info(MESSAGE_LAST + 1));
	ck_assert_ptr_null(message_info(65535));
	ck_assert_str_eq(message_name(0), "?");
	ck_assert_str_eq(message_name(MESSAGE_MAP_QUERY), "MAP?");
	ck_assert_int_eq(side_other(SIDE_PROVIDER), SIDE_RECEIVER);
	ck_assert_int_eq(side_other(SIDE_RECEIVER), SIDE_PROVIDER);
}
END_TEST

START_TEST(each_message_has_a_vector)
{
	const struct message_vector *v;
	unsigned int type, found[MESSAGE_LAST + 1];
	size_t count, i;

	memset(found, 0, sizeof(found));
	v = message_vectors(&count);
	for (i = 0; i < count; i++) {
		if (v[i].verdict == PH_OK)
			found[v[i].frame.type]++;
	}
	for (type = 1; type <= MESSAGE_LAST; type++)
		ck_assert_msg(found[type] > 0, "%s", message_name(type));
}
END_TEST

/* What a decoder of the stream and then of the message says. */
static int
verdict_of(const struct frame *f, struct any_message *out)
{
	if (f->len > message_info(f->type)->limit)
		return PH_ELIMIT;
	return any_message_decode(f, out);
}

START_TEST(vectors_are_judged_as_they_say)
{
	const struct message_vector *v;
	struct any_message m;
	size_t count, i;
	int r;

	v = message_vectors(&count);
	for (i = 0; i < count; i++) {
		r = verdict_of(&v[i].frame, &m);
		ck_assert_msg(r == v[i].verdict, "%s %s: %s, not %s", v[i].name,
		    v[i].label, error_name(r), error_name(v[i].verdict));
	}
}
END_TEST

/* The payload that an encoder makes of what a decoder read. */
static void
encode(const struct any_message *m, struct buffer *out, struct frame *f)
{
	ck_assert_int_eq(any_message_encode(m, out), PH_OK);
	ck_assert_uint_ge(out->len, FRAME_HEADER_SIZE);
	f->type = m->type;
	f->transfer = m->transfer;
	f->payload = out->data + FRAME_HEADER_SIZE;
	f->len = out->len - FRAME_HEADER_SIZE;
}

/*
 * What was read is written with the same bytes; a payload of JSON, which
 * may have come in another form, with those that reading it again gives.
 */
static void
assert_round_trip(const struct frame *f, const struct any_message *m)
{
	struct any_message again;
	struct buffer first, second;
	struct frame one, two;

	buffer_init(&first, FRAME_HEADER_SIZE + MESSAGE_PAYLOAD_MAX);
	buffer_init(&second, FRAME_HEADER_SIZE + MESSAGE_PAYLOAD_MAX);
	encode(m, &first, &one);
	two = *f;
	if (any_message_is_json(f->type)) {
		ck_assert_int_eq(any_message_decode(&one, &again), PH_OK);
		encode(&again, &second, &two);
	}
	ck_assert_uint_eq(one.len, two.len);
	if (one.len > 0)
		ck_assert_mem_eq(one.payload, two.payload, one.len);
	buffer_fini(&first);
	buffer_fini(&second);
}

START_TEST(vectors_survive_a_round_trip)
{
	const struct message_vector *v;
	struct any_message m;
	size_t count, i;

	v = message_vectors(&count);
	for (i = 0; i < count; i++) {
		if (v[i].verdict != PH_OK)
			continue;
		ck_assert_int_eq(verdict_of(&v[i].frame, &m), PH_OK);
		assert_round_trip(&v[i].frame, &m);
	}
}
END_TEST

/* Decode bytes in memory of exactly their size; the code is the caller's. */
static int
decode_exactly(const struct frame *f, const uint8_t *payload, size_t len)
{
	struct any_message m;
	struct frame copy;
	uint8_t *memory;
	int r;

	memory = malloc(len > 0 ? len : 1);
	ck_assert_ptr_nonnull(memory);
	if (len > 0)
		memcpy(memory, payload, len);
	copy = *f;
	copy.payload = memory;
	copy.len = len;
	r = any_message_decode(&copy, &m);
	if (r == PH_OK)
		assert_round_trip(&copy, &m);
	free(memory);
	return r;
}

/* 1 for a message that may be shorter and still be one. */
static int
may_be_shorter(const struct frame *f, size_t len)
{
	switch (f->type) {
	case MESSAGE_TRUST:
	case MESSAGE_AUTH:
	case MESSAGE_CHARTER:
	case MESSAGE_GRANT:
	case MESSAGE_RECEIPT:
	case MESSAGE_MANIFEST:
	case MESSAGE_DATA:
		return 1;
	case MESSAGE_LISTDIFF:
		return f->payload[len - 1] == '\n';
	case MESSAGE_MANIFEST_QUERY:
		return len % DIGEST_SIZE == 0;
	case MESSAGE_MAP:
		return len % DIGEST_SIZE == 4;
	case MESSAGE_SEGMENTS:
		return len % MESSAGE_ROW_SIZE == 5;
	default:
		return 0;
	}
}

START_TEST(a_cut_message_is_refused)
{
	const struct message_vector *v;
	size_t count, i, len;
	int r;

	v = message_vectors(&count);
	for (i = 0; i < count; i++) {
		if (v[i].verdict != PH_OK)
			continue;
		for (len = 0; len < v[i].frame.len; len++) {
			r = decode_exactly(&v[i].frame, v[i].frame.payload,
			    len);
			if (len == 0 || !may_be_shorter(&v[i].frame, len))
				ck_assert_msg(r == PH_EMESSAGE ||
					r == PH_ELIMIT,
				    "%s %s cut at %zu", v[i].name, v[i].label,
				    len);
		}
	}
}
END_TEST

START_TEST(a_flipped_bit_does_no_harm)
{
	const struct message_vector *v;
	uint8_t *damaged;
	size_t bit, count, i, len;
	int r;

	v = message_vectors(&count);
	for (i = 0; i < count; i++) {
		len = v[i].frame.len;
		damaged = malloc(len > 0 ? len : 1);
		ck_assert_ptr_nonnull(damaged);
		for (bit = 0; bit < 8 * len; bit++) {
			memcpy(damaged, v[i].frame.payload, len);
			damaged[bit / 8] ^= (uint8_t)(1u << (bit % 8));
			r = decode_exactly(&v[i].frame, damaged, len);
			ck_assert(
			    r == PH_OK || r == PH_EMESSAGE || r == PH_ELIMIT);
		}
		free(damaged);
	}
}
END_TEST

START_TEST(a_full_buffer_stays_as_it_was)
{
	const struct message_vector *v;
	struct any_message m;
	struct buffer out;
	size_t count, i, max;

	v = message_vectors(&count);
	for (i = 0; i < count; i++) {
		if (v[i].verdict != PH_OK || strcmp(v[i].label, "new") == 0)
			continue;
		ck_assert_int_eq(any_message_decode(&v[i].frame, &m), PH_OK);
		for (max = 2; max < 2 + FRAME_HEADER_SIZE + v[i].frame.len;
		     max++) {
			buffer_init(&out, max);
			ck_assert_int_eq(buffer_put_u16(&out, 1), PH_OK);
			ck_assert_int_eq(any_message_encode(&m, &out),
			    PH_ELIMIT);
			ck_assert_uint_eq(out.len, 2);
			buffer_fini(&out);
		}
	}
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tcase;

	suite = suite_create("message");
	tcase = tcase_create("table");
	tcase_add_test(tcase, the_table_is_the_document);
	tcase_add_test(tcase, other_numbers_are_no_messages);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("vectors");
	tcase_add_test(tcase, each_message_has_a_vector);
	tcase_add_test(tcase, vectors_are_judged_as_they_say);
	tcase_add_test(tcase, vectors_survive_a_round_trip);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("damage");
	tcase_add_test(tcase, a_cut_message_is_refused);
	tcase_add_test(tcase, a_flipped_bit_does_no_harm);
	tcase_add_test(tcase, a_full_buffer_stays_as_it_was);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
