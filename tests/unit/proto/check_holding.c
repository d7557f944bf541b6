/*
 * Lines of the sets of receipts.
 */
#include <stdio.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/holding.h"
#include "tests/unit/check_main.h"
#include "tests/unit/proto/golden.h"

#define DIGEST                                                                 \
	"sha256:"                                                              \
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TIME "2026-11-22T09:30:00Z"

/* Every state with every evidence; two states have none. */
START_TEST(round_trip)
{
	struct holding in, out;
	struct buffer line;
	int e, gone;

	memset(&in, 0, sizeof(in));
	in.state = (enum holding_state)_i;
	gone = in.state == HOLDING_PARTIAL || in.state == HOLDING_WITHDRAWN;
	in.manifest = golden_digest("manifest");
	memset(in.image, 'i', PH_NAME_MAX);
	memset(in.version, '1', PH_VERSION_MAX);
	in.time = GOLDEN_TIME;
	buffer_init(&line, PH_LIST_LINE_MAX - 1);
	for (e = 0; e < (int)HOLDING_NEVIDENCES; e++) {
		in.evidence = (enum holding_evidence)e;
		buffer_reset(&line);
		ck_assert_int_eq(holding_encode(&in, &line), PH_OK);
		if (gone != (in.evidence == HOLDING_NONE)) {
			ck_assert_int_eq(holding_decode(buffer_text(&line),
					     line.len, &out),
			    PH_EMESSAGE);
			continue;
		}
		ck_assert_int_eq(holding_decode(buffer_text(&line), line.len,
				     &out),
		    PH_OK);
		ck_assert_mem_eq(&in, &out, sizeof(in));
	}
	in.time = -1;
	ck_assert_int_eq(holding_encode(&in, &line), PH_ELIMIT);
	buffer_fini(&line);
}
END_TEST

static const char *const wrong[] = {
	"",
	"visible " DIGEST " winxp 1 hashed",
	"visible " DIGEST " winxp 1 hashed " TIME " ",
	"visible " DIGEST " winxp 1 hashed " TIME " x",
	"visible " DIGEST " winxp 1  hashed " TIME,
	"visible " DIGEST " winxp 1 hashed 2026-11-22T09:30:00",
	"visible " DIGEST " winxp 1 hashed 2026-02-30T09:30:00Z",
	"visible " DIGEST " winxp 1 hoped " TIME,
	"absent " DIGEST " winxp 1 none " TIME,
	"visiblevisiblevisible " DIGEST " winxp 1 hashed " TIME,
	"visible sha256: winxp 1 hashed " TIME,
	"visible " DIGEST " win+xp? 1 hashed " TIME,
	"visible " DIGEST " winxp .1 hashed " TIME,
};

START_TEST(refused)
{
	struct holding h;

	ck_assert_int_eq(holding_decode(wrong[_i], strlen(wrong[_i]), &h),
	    PH_EMESSAGE);
}
END_TEST

static const struct {
	const char *set;
	int result;
} sets[] = {
	{ "", PH_OK },
	{ "visible " DIGEST " a 1 hashed " TIME "\n"
	  "visible " DIGEST " a 2 hashed " TIME "\n"
	  "withdrawn " DIGEST " b 1 none " TIME "\n",
	    PH_OK },
	{ "visible " DIGEST " a 1 hashed " TIME "\n"
	  "withdrawn " DIGEST " a 1 none " TIME "\n",
	    PH_EMESSAGE },
	{ "partial " DIGEST " a 1 none " TIME "\n"
	  "visible " DIGEST " b 1 hashed " TIME "\n"
	  "withdrawn " DIGEST " a 1 none " TIME "\n",
	    PH_EMESSAGE },
	/* What was withdrawn may have had a name in another case. */
	{ "visible " DIGEST " a 1 hashed " TIME "\n"
	  "withdrawn " DIGEST " A 1 none " TIME "\n",
	    PH_OK },
	{ "visible " DIGEST " a 1 none " TIME "\n", PH_EMESSAGE },
};

START_TEST(whole)
{
	struct lineset *s;

	ck_assert_int_eq(lineset_decode(sets[_i].set, strlen(sets[_i].set), &s),
	    PH_OK);
	ck_assert_int_eq(holding_check_set(s), sets[_i].result);
	lineset_free(s);
}
END_TEST

/* The set of the golden vectors. */
START_TEST(vector)
{
	struct lineset_builder *b;
	struct buffer line;
	struct holding h;
	struct lineset *s;
	const char *text;
	size_t i, len;

	b = lineset_builder_new();
	buffer_init(&line, PH_LIST_LINE_MAX);
	memset(&h, 0, sizeof(h));
	h.manifest = golden_digest("manifest");
	h.time = GOLDEN_TIME;
	for (i = 0; i < HOLDING_NSTATES; i++) {
		h.state = (enum holding_state)i;
		h.evidence =
		    h.state == HOLDING_PARTIAL || h.state == HOLDING_WITHDRAWN ?
		    HOLDING_NONE :
		    (enum holding_evidence)(i - 1);
		strcpy(h.image, i % 2 ? "winxp" : "debian-12");
		(void)snprintf(h.version, sizeof(h.version), "%zu", i + 8);
		buffer_reset(&line);
		ck_assert_int_eq(holding_encode(&h, &line), PH_OK);
		ck_assert_int_eq(lineset_builder_add(b, buffer_text(&line),
				     line.len),
		    PH_OK);
	}
	ck_assert_int_eq(lineset_builder_finish(b, &s), PH_OK);
	ck_assert_int_eq(holding_check_set(s), PH_OK);
	text = lineset_text(s, &len);
	golden_compare("receipt.set", text, len);
	lineset_free(s);
	lineset_builder_free(b);
	buffer_fini(&line);
}
END_TEST

START_TEST(names)
{
	enum holding_evidence evidence;
	enum holding_state state;
	int i;

	for (i = 0; i < (int)HOLDING_NSTATES; i++) {
		ck_assert_int_eq(holding_state_from_name(holding_state_name((
							     enum holding_state)
								 i),
				     &state),
		    PH_OK);
		ck_assert_int_eq(state, i);
	}
	for (i = 0; i < (int)HOLDING_NEVIDENCES; i++) {
		ck_assert_int_eq(
		    holding_evidence_from_name(holding_evidence_name(
						   (enum holding_evidence)i),
			&evidence),
		    PH_OK);
		ck_assert_int_eq(evidence, i);
	}
	ck_assert_int_eq(holding_state_from_name("", &state), PH_EUNKNOWN);
	ck_assert_int_eq(holding_evidence_from_name("", &evidence),
	    PH_EUNKNOWN);
}
END_TEST

int
main(void)
{
	TCase *tc;
	Suite *s;

	s = suite_create("holding");
	tc = tcase_create("holding");
	tcase_add_loop_test(tc, round_trip, 0, HOLDING_NSTATES);
	tcase_add_loop_test(tc, refused, 0,
	    (int)(sizeof(wrong) / sizeof(wrong[0])));
	tcase_add_loop_test(tc, whole, 0,
	    (int)(sizeof(sets) / sizeof(sets[0])));
	tcase_add_test(tc, vector);
	tcase_add_test(tc, names);
	suite_add_tcase(s, tc);
	return check_run(s);
}
