/*
 * The control protocol: a stream of frames, each read as a request and as an
 * answer.
 */
#include <assert.h>
#include <stdlib.h>

#include "proto/control.h"
#include "proto/errors.h"

#include "tests/fuzz/target.h"

/* An answer that was read: its parts, and its text, which is JSON. */
static void
look_at_answer(struct control_answer *a)
{
	struct failure part;
	struct json *tree;
	size_t i;

	for (i = 0; i < a->parts.count; i++) {
		if (control_answer_part(a, i, &part) != PH_OK)
			break;
	}
	if (a->kind == CONTROL_ERROR)
		return;
	if (json_parse(a->text, a->len, PH_CONTROL_MAX, &tree) != PH_OK)
		abort();
	json_free(tree);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct control_answer answer;
	struct control_decoder *d;
	struct control_request request;
	struct reader in;
	const uint8_t *text;
	size_t len;

	d = control_decoder_new();
	if (d == NULL)
		abort();
	reader_init(&in, data, size);
	while (control_decoder_feed(d, &in, &text, &len) == 1) {
		if (control_request_decode(text, len, &request) == PH_OK) {
			assert(json_object_present(&request.arguments));
			control_request_fini(&request);
		}
		if (control_answer_decode(text, len, &answer) == PH_OK) {
			look_at_answer(&answer);
			control_answer_fini(&answer);
		}
	}
	control_decoder_free(d);
	return 0;
}
