/*
 * One JSON object in a frame.
 */
#include "proto/errors.h"

#include "proto/message_json.h"

size_t
message_json_begin(struct json_writer *w, enum message_type type,
    uint32_t transfer, struct buffer *out)
{
	size_t mark;

	mark = frame_begin(out, type, transfer);
	json_writer_init(w, out);
	json_open_object(w, NULL);
	return mark;
}

int
message_json_end(struct json_writer *w, size_t mark)
{
	int r;

	json_close_object(w);
	r = json_writer_end(w);
	if (r == PH_OK)
		return frame_end(w->out, mark);
	buffer_truncate(w->out, mark);
	return r;
}

/* A peer's JSON that is refused is a damaged message. */
static int
message_code(int r)
{
	return r == PH_OK || r == PH_ENOMEM ? r : PH_EMESSAGE;
}

int
message_json_open(const struct frame *f, struct json **tree,
    struct json_object *root)
{
	int r;

	r = json_parse(f->payload, f->len, message_info(f->type)->limit, tree);
	if (r == PH_OK)
		json_root(*tree, root);
	return message_code(r);
}

int
message_json_close(struct json *tree, struct json_object *root)
{
	int r;

	json_object_end(root);
	r = json_error(tree);
	json_free(tree);
	return message_code(r);
}
