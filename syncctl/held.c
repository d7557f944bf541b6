/*
 * One version at one repository.
 */

#include "syncctl/held.h"

void
held_get(struct json_object *o, struct held *out)
{
	int held, known;

	json_get_bool(o, "allowed", &out->allowed);
	json_get_bool_or_null(o, "held", &held, &known);
	json_get_string_or_null(o, "state", &out->state, NULL);
	json_get_string_or_null(o, "evidence", &out->evidence, NULL);
	if (out->state == NULL)
		out->state = "unknown";
	out->held = !known ? "unknown" : held ? "yes" : "no";
	out->wrong = held && !out->allowed;
}
