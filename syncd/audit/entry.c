/*
 * Bodies of log entries.
 */
#include <assert.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/json.h"
#include "proto/json_terms.h"
#include "proto/name.h"
#include "proto/text.h"

#include "syncd/audit/entry.h"

void
entry_begin(struct json_writer *w, struct buffer *out, uint64_t seq,
    int64_t time, const char *kind, const char *actor,
    const struct random *random)
{
	uint8_t bytes[ENTRY_RANDOM_SIZE];

	assert(out->len == 0);
	random_fill(random, bytes, sizeof(bytes));
	json_writer_init(w, out);
	if (!name_valid(kind) || strlen(kind) > ENTRY_KIND_MAX ||
	    actor[0] == '\0' || !text_valid(actor, ENTRY_ACTOR_MAX))
		json_writer_fail(w, PH_EJSON);
	json_open_object(w, NULL);
	json_put_u64(w, "seq", seq);
	json_put_time(w, "time", time);
	json_put_string(w, "kind", kind);
	json_put_string(w, "actor", actor);
	json_put_hex(w, "random", bytes, sizeof(bytes));
}

int
entry_end(struct json_writer *w)
{
	int r;

	json_close_object(w);
	r = json_writer_end(w);
	if (r == PH_OK && w->out->len > PH_LOG_ENTRY_MAX)
		r = PH_ELIMIT;
	return r;
}

int
entry_decode(const void *body, size_t len, struct entry *out)
{
	struct json *tree;
	struct json_object top;
	const char *actor;
	char kind[PH_NAME_MAX + 1];
	int r;

	memset(out, 0, sizeof(*out));
	r = json_parse(body, len, PH_LOG_ENTRY_MAX, &tree);
	if (r != PH_OK)
		return r == PH_ENOMEM ? r : PH_ELOG;
	json_root(tree, &top);
	json_get_u64(&top, "seq", 0, &out->seq);
	json_get_time(&top, "time", &out->time);
	json_get_name(&top, "kind", kind);
	json_check(&top, "kind", strlen(kind) <= ENTRY_KIND_MAX);
	json_get_text(&top, "actor", &actor);
	json_get_hex(&top, "random", out->random, ENTRY_RANDOM_SIZE);
	r = json_error(tree);
	if (r == PH_OK) {
		memcpy(out->kind, kind, strlen(kind) + 1);
		memcpy(out->actor, actor, strlen(actor) + 1);
	}
	json_free(tree);
	return r == PH_OK || r == PH_ENOMEM ? r : PH_ELOG;
}
