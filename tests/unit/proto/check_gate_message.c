/*
 * The gate's message: what is written can be read, and nothing else can.
 */
#include <string.h>

#include "tests/unit/check_main.h"

#include "proto/errors.h"
#include "proto/gate_message.h"

#define ID "00112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef"
#define FINGERPRINT "SHA256:kPgX/pEt1jZB9dxEGbiGJYqcFEWzmq8Tw+6b6GjXv2I"

static struct gate_message m;

START_TEST(written_and_read)
{
	char text[GATE_MESSAGE_SIZE_MAX];
	size_t len;

	ck_assert_int_eq(gate_message_set(&m, ID, FINGERPRINT), PH_OK);
	len = gate_message_encode(&m, text);
	ck_assert_str_eq(text, "PACKHORSE-GATE 1 " ID " " FINGERPRINT);
	ck_assert_uint_eq(len, strlen(text));
	memset(&m, 'x', sizeof(m));
	ck_assert_int_eq(gate_message_decode(text, len, &m), PH_OK);
	ck_assert_str_eq(m.id, ID);
	ck_assert_str_eq(m.fingerprint, FINGERPRINT);
}
END_TEST

static const struct {
	const char *connection, *address;
} connections[] = {
	{ "192.0.2.7 50000 192.0.2.1 22", "192.0.2.7" },
	{ "fe80::1%eth0 50000 fe80::2%eth0 22", "fe80::1%eth0" },
	{ NULL, "" },
	{ "", "" },
	{ " 192.0.2.7", "" },
	{ "192.0.2.7", "" },
	{ "192.0.2.7\n50000", "" },
	{ "\x1b[31m 1 2 3", "" },
	{ "1111111111222222222233333333334444444444555555555566666666667777 1",
	    "" },
};

#define NCONNECTIONS (sizeof(connections) / sizeof(connections[0]))

START_TEST(address_of_the_peer)
{
	const char *address = connections[_i].address;
	char text[GATE_MESSAGE_SIZE_MAX];
	size_t i, len;

	ck_assert_int_eq(gate_message_set(&m, ID, FINGERPRINT), PH_OK);
	gate_message_set_address(&m, connections[_i].connection);
	ck_assert_str_eq(m.address, address);
	len = gate_message_encode(&m, text);
	ck_assert_uint_eq(len, strlen(text));
	memset(&m, 'x', sizeof(m));
	ck_assert_int_eq(gate_message_decode(text, len, &m), PH_OK);
	ck_assert_str_eq(m.id, ID);
	ck_assert_str_eq(m.fingerprint, FINGERPRINT);
	ck_assert_str_eq(m.address, address);
	for (i = len - strlen(address); i < len; i++) {
		text[i] = '\n';
		ck_assert_int_eq(gate_message_decode(text, len, &m),
		    PH_EMESSAGE);
		text[i] = '1';
	}
}
END_TEST

START_TEST(every_change_is_refused)
{
	char text[GATE_MESSAGE_SIZE_MAX], spoilt[GATE_MESSAGE_SIZE_MAX];
	size_t i, len;

	ck_assert_int_eq(gate_message_set(&m, ID, FINGERPRINT), PH_OK);
	len = gate_message_encode(&m, text);
	for (i = 0; i < len; i++) {
		memcpy(spoilt, text, len);
		spoilt[i] = '\0';
		ck_assert_int_eq(gate_message_decode(spoilt, len, &m),
		    PH_EMESSAGE);
		spoilt[i] = '\n';
		ck_assert_int_eq(gate_message_decode(spoilt, len, &m),
		    PH_EMESSAGE);
		ck_assert_int_eq(gate_message_decode(text, i, &m), PH_EMESSAGE);
	}
	text[len] = '\n';
	ck_assert_int_eq(gate_message_decode(text, len + 1, &m), PH_EMESSAGE);
}
END_TEST

static const struct {
	const char *id, *fingerprint;
} refused[] = {
	{ "", "" },
	{ ID, "" },
	{ "", FINGERPRINT },
	{ ID "0", FINGERPRINT },
	{ "A0112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef",
	    FINGERPRINT },
	{ " 0112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef",
	    FINGERPRINT },
	{ "0112233445566778899aabbccddeeff0123456789abcdef0123456789abcdef",
	    FINGERPRINT },
	{ ID, "SHA256:" },
	{ ID, FINGERPRINT "=" },
	{ ID, "sha256:kPgX/pEt1jZB9dxEGbiGJYqcFEWzmq8Tw+6b6GjXv2I" },
	{ ID, "SHA256:kPgX/pEt1jZB9dxEGbiGJYqcFEWzmq8Tw+6b6GjXv2" },
	{ ID, "SHA256:kPgX/pEt1jZB9dxEGbiGJYqcFEWzmq8Tw+6b6GjXv2 " },
	{ ID, "SHA256:kPgX_pEt1jZB9dxEGbiGJYqcFEWzmq8Tw-6b6GjXv2I" },
	/* Bits behind the last byte. */
	{ ID, "SHA256:kPgX/pEt1jZB9dxEGbiGJYqcFEWzmq8Tw+6b6GjXv2J" },
};

#define NREFUSED (sizeof(refused) / sizeof(refused[0]))

START_TEST(words_that_are_refused)
{
	ck_assert_int_eq(gate_message_set(&m, refused[_i].id,
			     refused[_i].fingerprint),
	    PH_EMESSAGE);
}
END_TEST

int
main(void)
{
	Suite *suite;
	TCase *tc;

	suite = suite_create("proto/gate_message");
	tc = tcase_create("gate_message");
	tcase_add_test(tc, written_and_read);
	tcase_add_loop_test(tc, address_of_the_peer, 0, NCONNECTIONS);
	tcase_add_test(tc, every_change_is_refused);
	tcase_add_loop_test(tc, words_that_are_refused, 0, NREFUSED);
	suite_add_tcase(suite, tc);
	return check_run(suite);
}
