/*
 * Lines of the lists of grants.
 */
#include <stdio.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/line_fields.h"
#include "proto/name.h"
#include "proto/version.h"

#include "proto/grant_item.h"

/* Room for any state's name. */
#define STATE_SIZE 16u

static const char *const state_names[GRANT_NSTATES] = {
	[GRANT_ALLOW] = "allow",
	[GRANT_EMBARGO] = "embargo",
	[GRANT_RETIRE] = "retire",
};

const char *
grant_state_name(enum grant_state state)
{
	return state_names[state];
}

int
grant_state_from_name(const char *name, enum grant_state *out)
{
	size_t i;

	for (i = 0; i < GRANT_NSTATES; i++) {
		if (strcmp(state_names[i], name) == 0) {
			*out = (enum grant_state)i;
			return PH_OK;
		}
	}
	return PH_EUNKNOWN;
}

int
grant_item_encode(const struct grant_item *item, struct buffer *out)
{
	char digest[DIGEST_TEXT_SIZE];

	digest_text(&item->manifest, digest);
	return buffer_putf(out, "%s %s %s %s", grant_state_name(item->state),
	    digest, item->image, item->version);
}

int
grant_item_decode(const char *line, size_t len, struct grant_item *out)
{
	struct line_field fields[GRANT_ITEM_FIELDS];
	struct grant_item item;
	char state[STATE_SIZE], digest[DIGEST_TEXT_SIZE];

	memset(&item, 0, sizeof(item));
	if (line_fields_split(line, len, GRANT_ITEM_FIELDS, fields) != PH_OK ||
	    line_fields_copy(&fields[0], state, sizeof(state)) != PH_OK ||
	    line_fields_copy(&fields[1], digest, sizeof(digest)) != PH_OK ||
	    line_fields_copy(&fields[2], item.image, sizeof(item.image)) !=
		PH_OK ||
	    line_fields_copy(&fields[3], item.version, sizeof(item.version)) !=
		PH_OK)
		return PH_EMESSAGE;
	if (grant_state_from_name(state, &item.state) != PH_OK ||
	    digest_from_text(digest, &item.manifest) != PH_OK ||
	    !name_valid(item.image) || !version_valid(item.version))
		return PH_EMESSAGE;
	*out = item;
	return PH_OK;
}

int
grant_item_find(const struct lineset *list, const struct digest *manifest,
    struct grant_item *out)
{
	char digest[DIGEST_TEXT_SIZE], prefix[STATE_SIZE + DIGEST_TEXT_SIZE];
	const char *line;
	size_t i, len, state;

	digest_text(manifest, digest);
	for (state = 0; state < GRANT_NSTATES; state++) {
		(void)snprintf(prefix, sizeof(prefix), "%s %s",
		    state_names[state], digest);
		i = lineset_seek(list, prefix, strlen(prefix));
		if (i == lineset_count(list))
			continue;
		line = lineset_line(list, i, &len);
		if (grant_item_decode(line, len, out) == PH_OK &&
		    (size_t)out->state == state &&
		    digest_compare(&out->manifest, manifest) == 0)
			return PH_OK;
	}
	return PH_EABSENT;
}

int
grant_item_check_list(const struct lineset *list)
{
	struct grant_item item;
	const char *line;
	size_t i, len;

	for (i = 0; i < lineset_count(list); i++) {
		line = lineset_line(list, i, &len);
		if (grant_item_decode(line, len, &item) != PH_OK)
			return PH_EMESSAGE;
	}
	return line_fields_check(list, GRANT_ITEM_FIELDS, LINE_FIELDS_FOLDED);
}
