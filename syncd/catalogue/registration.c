/*
 * The record of a repository as JSON.
 */
#include <string.h>

#include "proto/charter.h"
#include "proto/errors.h"
#include "proto/json_terms.h"

#include "syncd/catalogue/registration.h"

void
registration_put_reasons(struct json_writer *w, const char *name,
    unsigned int reasons)
{
	unsigned int i;

	json_open_array(w, name);
	for (i = 0; i < CHARTER_NREASONS; i++) {
		if (reasons & 1u << i)
			json_put_string(w, NULL,
			    charter_reason_name(
				(enum charter_reason)(1u << i)));
	}
	json_close_array(w);
}

void
registration_get_reasons(struct json_object *o, const char *name,
    unsigned int *reasons)
{
	enum charter_reason reason;
	struct json_array list;
	const char *text;
	size_t i;
	int r;

	*reasons = 0;
	json_get_array(o, name, 1, CHARTER_NREASONS, &list);
	for (i = 0; i < list.count; i++) {
		json_array_string(&list, i, &text, NULL);
		r = charter_reason_from_name(text, &reason);
		json_array_check(&list, r == PH_OK);
		if (r == PH_OK)
			*reasons |= (unsigned int)reason;
	}
}

void
registration_encode(const struct registration *r, struct json_writer *w,
    const char *name)
{
	char line[KEY_LINE_SIZE];

	json_open_object(w, name);
	json_put_string(w, "name", r->name);
	json_put_id_or_null(w, "id", &r->id);
	if (r->has_key)
		key_line(&r->key, line);
	json_put_string_or_null(w, "key", r->has_key ? line : NULL);
	registration_put_reasons(w, "reasons", r->reasons);
	json_put_string_or_null(w, "contact", r->contact);
	json_put_u64(w, "clients", r->clients);
	json_put_u64(w, "rate", r->rate);
	json_put_bool(w, "paused", r->paused);
	json_put_bool(w, "removed", r->removed);
	json_put_time(w, "added", r->added);
	json_close_object(w);
}

void
registration_decode(struct json_object *o, struct registration *out)
{
	const char *text;

	memset(out, 0, sizeof(*out));
	json_get_name(o, "name", out->name);
	json_get_id_or_null(o, "id", &out->id);
	json_get_string_or_null(o, "key", &text, NULL);
	if (text != NULL) {
		out->has_key =
		    key_from_line(text, KEY_LINE_EXACT, &out->key) == PH_OK;
		json_check(o, "key", out->has_key);
	}
	registration_get_reasons(o, "reasons", &out->reasons);
	json_get_text_or_null(o, "contact", &text);
	if (text != NULL && strlen(text) < sizeof(out->contact))
		(void)strcpy(out->contact, text);
	json_get_u64(o, "clients", 0, &out->clients);
	json_get_u64(o, "rate", 0, &out->rate);
	json_get_bool(o, "paused", &out->paused);
	json_get_bool(o, "removed", &out->removed);
	json_get_time(o, "added", &out->added);
	json_object_end(o);
}
