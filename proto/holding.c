/*
 * Lines of the sets of receipts.
 */
#include <string.h>

#include "proto/errors.h"
#include "proto/line_fields.h"
#include "proto/name.h"
#include "proto/rfc3339.h"
#include "proto/version.h"

#include "proto/holding.h"

/* Room for the name of any state or evidence. */
#define WORD_SIZE 16u

static const char *const state_names[HOLDING_NSTATES] = {
	[HOLDING_PARTIAL] = "partial",
	[HOLDING_COMPLETE] = "complete",
	[HOLDING_VISIBLE] = "visible",
	[HOLDING_EMBARGOED] = "embargoed",
	[HOLDING_RETIRING] = "retiring",
	[HOLDING_WITHDRAWN] = "withdrawn",
};

static const char *const evidence_names[HOLDING_NEVIDENCES] = {
	[HOLDING_HASHED] = "hashed",
	[HOLDING_INHERITED] = "inherited",
	[HOLDING_SCRUBBED] = "scrubbed",
	[HOLDING_ADOPTED] = "adopted",
	[HOLDING_NONE] = "none",
};

const char *
holding_state_name(enum holding_state state)
{
	return state_names[state];
}

int
holding_state_from_name(const char *name, enum holding_state *out)
{
	size_t i;

	for (i = 0; i < HOLDING_NSTATES; i++) {
		if (strcmp(state_names[i], name) == 0) {
			*out = (enum holding_state)i;
			return PH_OK;
		}
	}
	return PH_EUNKNOWN;
}

const char *
holding_evidence_name(enum holding_evidence evidence)
{
	return evidence_names[evidence];
}

int
holding_evidence_from_name(const char *name, enum holding_evidence *out)
{
	size_t i;

	for (i = 0; i < HOLDING_NEVIDENCES; i++) {
		if (strcmp(evidence_names[i], name) == 0) {
			*out = (enum holding_evidence)i;
			return PH_OK;
		}
	}
	return PH_EUNKNOWN;
}

int
holding_encode(const struct holding *h, struct buffer *out)
{
	char digest[DIGEST_TEXT_SIZE], time[RFC3339_SIZE];

	if (rfc3339_encode(h->time, time) != PH_OK)
		return PH_ELIMIT;
	digest_text(&h->manifest, digest);
	return buffer_putf(out, "%s %s %s %s %s %s",
	    holding_state_name(h->state), digest, h->image, h->version,
	    holding_evidence_name(h->evidence), time);
}

/* Read the words of a line; the names and the digest, as they are. */
static int
decode_words(const struct line_field fields[HOLDING_FIELDS],
    struct holding *out)
{
	char state[WORD_SIZE], evidence[WORD_SIZE];
	char time[RFC3339_SIZE];

	if (line_fields_copy(&fields[0], state, sizeof(state)) != PH_OK ||
	    line_fields_copy(&fields[4], evidence, sizeof(evidence)) != PH_OK ||
	    line_fields_copy(&fields[5], time, sizeof(time)) != PH_OK)
		return PH_EMESSAGE;
	if (holding_state_from_name(state, &out->state) != PH_OK ||
	    holding_evidence_from_name(evidence, &out->evidence) != PH_OK)
		return PH_EMESSAGE;
	return rfc3339_decode(time, &out->time);
}

/* Read which version a line is about. */
static int
decode_item(const struct line_field fields[HOLDING_FIELDS], struct holding *out)
{
	char digest[DIGEST_TEXT_SIZE];

	if (line_fields_copy(&fields[1], digest, sizeof(digest)) != PH_OK ||
	    line_fields_copy(&fields[2], out->image, sizeof(out->image)) !=
		PH_OK ||
	    line_fields_copy(&fields[3], out->version, sizeof(out->version)) !=
		PH_OK)
		return PH_EMESSAGE;
	if (digest_from_text(digest, &out->manifest) != PH_OK ||
	    !name_valid(out->image) || !version_valid(out->version))
		return PH_EMESSAGE;
	return PH_OK;
}

int
holding_decode(const char *line, size_t len, struct holding *out)
{
	struct line_field fields[HOLDING_FIELDS];
	struct holding h;
	int gone;

	memset(&h, 0, sizeof(h));
	if (line_fields_split(line, len, HOLDING_FIELDS, fields) != PH_OK ||
	    decode_words(fields, &h) != PH_OK ||
	    decode_item(fields, &h) != PH_OK)
		return PH_EMESSAGE;
	gone = h.state == HOLDING_PARTIAL || h.state == HOLDING_WITHDRAWN;
	if (gone != (h.evidence == HOLDING_NONE))
		return PH_EMESSAGE;
	*out = h;
	return PH_OK;
}

int
holding_check_set(const struct lineset *set)
{
	struct holding h;
	const char *line;
	size_t i, len;

	for (i = 0; i < lineset_count(set); i++) {
		line = lineset_line(set, i, &len);
		if (holding_decode(line, len, &h) != PH_OK)
			return PH_EMESSAGE;
	}
	return line_fields_check(set, HOLDING_FIELDS, LINE_FIELDS_EXACT);
}
