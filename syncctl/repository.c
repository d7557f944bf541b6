/*
 * Records of repositories.
 */
#include <inttypes.h>
#include <string.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "syncctl/output.h"
#include "syncd/config/units.h"

#include "syncctl/repository.h"

void
repository_get(struct json_object *o, struct repository *out)
{
	struct key_public key;

	memset(out, 0, sizeof(*out));
	json_get_string(o, "name", &out->name, NULL);
	json_get_string_or_null(o, "id", &out->id, NULL);
	json_get_string_or_null(o, "key", &out->key, NULL);
	if (out->key != NULL &&
	    key_from_line(out->key, KEY_LINE_COMMENT, &key) == PH_OK)
		key_fingerprint(&key, out->fingerprint);
	json_get_array(o, "reasons", 0, SIZE_MAX, &out->reasons);
	json_get_string_or_null(o, "contact", &out->contact, NULL);
	json_get_u64(o, "clients", 0, &out->clients);
	json_get_u64(o, "rate", 0, &out->rate);
	json_get_bool(o, "paused", &out->paused);
	json_get_bool(o, "removed", &out->removed);
	json_get_string(o, "added", &out->added, NULL);
}

const char *
repository_state(const struct repository *r)
{
	if (r->removed)
		return "removed";
	if (r->key == NULL)
		return "key not known";
	return r->paused ? "paused" : "active";
}

/* A line of a name and a text, which may be missing. */
static void
put_line(struct buffer *out, const char *name, const char *text)
{
	output_put(out, "%-13s %s\n", name,
	    text == NULL || text[0] == '\0' ? "-" : text);
}

void
repository_put(struct repository *r, struct buffer *out)
{
	char rate[UNITS_TEXT_SIZE];
	const char *text;
	size_t i;

	put_line(out, "name", r->name);
	put_line(out, "state", repository_state(r));
	put_line(out, "id", r->id);
	put_line(out, "key", r->key);
	put_line(out, "fingerprint", r->fingerprint);
	output_put(out, "%-13s", "reasons");
	for (i = 0; i < r->reasons.count; i++) {
		json_array_string(&r->reasons, i, &text, NULL);
		output_put(out, "%s %s", i == 0 ? "" : ",", text);
	}
	output_put(out, "\n");
	put_line(out, "contact", r->contact);
	output_put(out, "%-13s %" PRIu64 "\n", "clients", r->clients);
	units_rate_text(r->rate, rate);
	put_line(out, "rate", r->rate == 0 ? "no limit of its own" : rate);
	put_line(out, "added", r->added);
}
