/*
 * From libyaml's events to a tree.  libyaml's document interface would
 * resolve aliases silently, cycles included; with events they are seen, and
 * refused, and so is all else that we do not want.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <yaml.h>

#include "proto/buffer.h"
#include "proto/errors.h"
#include "proto/text.h"
#include "syncd/config/smallfile.h"

#include "syncd/config/yaml.h"

/* A file that is being read. */
struct reading {
	yaml_parser_t parser;
	struct yaml_tree *tree;
	int code;
	int documents;
	struct yaml_node *open[YAML_DEPTH_MAX]; /* Maps and sequences. */
	size_t depth;
	struct failure *f;
};

/* Fail at a place in the file, counted from 0 as libyaml does. */
static int fail_at(struct reading *r, size_t line, size_t column,
    const char *what, ...) ATTR_PRINTF(4, 5);

static int
fail_at(struct reading *r, size_t line, size_t column, const char *what, ...)
{
	char text[sizeof(r->f->what)];
	va_list ap;

	va_start(ap, what);
	(void)vsnprintf(text, sizeof(text), what, ap);
	va_end(ap);
	(void)failure_set(r->f, r->code, "%s", text);
	failure_where(r->f, "%s:%zu:%zu", yaml_tree_file(r->tree), line + 1,
	    column + 1);
	return r->code;
}

/* Fail at the beginning of an event. */
static int
fail_event(struct reading *r, const yaml_event_t *event, const char *what)
{
	return fail_at(r, event->start_mark.line, event->start_mark.column,
	    "%s", what);
}

/* Fail at a byte of the file, where libyaml knows no line. */
static int
fail_byte(struct reading *r, const char *data, size_t offset, const char *what)
{
	size_t i, line, column;

	line = 0;
	column = 0;
	for (i = 0; i < offset; i++) {
		if (data[i] == '\n') {
			line++;
			column = 0;
		} else if (((unsigned char)data[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	return fail_at(r, line, column, "%s", what);
}

/* Fail as libyaml did. */
static int
fail_parser(struct reading *r, const char *data, size_t len)
{
	const yaml_parser_t *p = &r->parser;

	switch (p->error) {
	case YAML_MEMORY_ERROR:
		return failure_set(r->f, PH_ENOMEM, "out of memory");
	case YAML_READER_ERROR:
		return fail_byte(r, data,
		    p->problem_offset < len ? p->problem_offset : len,
		    "a character that is not allowed, or is not UTF-8");
	default:
		return fail_at(r, p->problem_mark.line, p->problem_mark.column,
		    "not YAML: %s%s%s", p->problem,
		    p->context == NULL ? "" : " ",
		    p->context == NULL ? "" : p->context);
	}
}

/* Add a node where the reading stands. */
static int
add(struct reading *r, const yaml_event_t *event, enum yaml_kind kind,
    const char *text, int quoted, struct yaml_node **out)
{
	struct yaml_node *parent;

	parent = r->depth == 0 ? NULL : r->open[r->depth - 1];
	if (yaml_tree_count(r->tree) == YAML_NODES_MAX)
		return fail_event(r, event, "too many values");
	if (kind != YAML_SCALAR && parent != NULL && yaml_expects_key(parent))
		return fail_event(r, event, "a key must be a single value");
	*out = yaml_tree_add(r->tree, parent, kind, text, quoted,
	    (unsigned int)event->start_mark.line + 1,
	    (unsigned int)event->start_mark.column + 1);
	if (*out == NULL)
		return failure_set(r->f, PH_ENOMEM, "out of memory");
	return PH_OK;
}

static int
on_scalar(struct reading *r, const yaml_event_t *event)
{
	struct yaml_node *n;
	const char *text;
	size_t len;
	int quoted;

	quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	text = (const char *)event->data.scalar.value;
	len = event->data.scalar.length;
	if (event->data.scalar.anchor != NULL)
		return fail_event(r, event, "anchors are not allowed");
	if (event->data.scalar.tag != NULL ||
	    (!quoted && !event->data.scalar.plain_implicit))
		return fail_event(r, event, "tags are not allowed");
	if (strlen(text) != len || !text_valid(text, YAML_SIZE_MAX))
		return fail_event(r, event,
		    "line ends and control characters are not allowed "
		    "in a value");
	return add(r, event, YAML_SCALAR, text, quoted, &n);
}

/* The beginning of a map or sequence. */
static int
on_begin(struct reading *r, const yaml_event_t *event, enum yaml_kind kind,
    const yaml_char_t *anchor, const yaml_char_t *tag)
{
	struct yaml_node *n;
	int result;

	if (anchor != NULL)
		return fail_event(r, event, "anchors are not allowed");
	if (tag != NULL)
		return fail_event(r, event, "tags are not allowed");
	if (r->depth == YAML_DEPTH_MAX)
		return fail_event(r, event, "nested too deeply");
	result = add(r, event, kind, NULL, 0, &n);
	if (result == PH_OK)
		r->open[r->depth++] = n;
	return result;
}

/* The end of a map or sequence. */
static int
on_end(struct reading *r)
{
	const struct yaml_node *map, *again;
	int result;

	map = r->open[--r->depth];
	if (yaml_kind(map) != YAML_MAP)
		return PH_OK;
	result = yaml_find_duplicate(map, &again);
	if (result != PH_OK)
		return failure_set(r->f, result, "out of memory");
	if (again == NULL)
		return PH_OK;
	return yaml_fail(again, r->f, "the key \"%.100s\" stands here twice",
	    yaml_text(again));
}

static int
on_document(struct reading *r, const yaml_event_t *event)
{
	if (event->data.document_start.version_directive != NULL ||
	    event->data.document_start.tag_directives.start !=
		event->data.document_start.tag_directives.end)
		return fail_event(r, event, "directives are not allowed");
	if (r->documents++ > 0)
		return fail_event(r, event,
		    "a second document in the same file");
	return PH_OK;
}

/* One event. */
static int
on_event(struct reading *r, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return on_document(r, event);
	case YAML_ALIAS_EVENT:
		return fail_event(r, event, "aliases are not allowed");
	case YAML_SCALAR_EVENT:
		return on_scalar(r, event);
	case YAML_SEQUENCE_START_EVENT:
		return on_begin(r, event, YAML_SEQUENCE,
		    event->data.sequence_start.anchor,
		    event->data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return on_begin(r, event, YAML_MAP,
		    event->data.mapping_start.anchor,
		    event->data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_end(r);
	default:
		return PH_OK;
	}
}

/* All events up to the end of the file. */
static int
read_events(struct reading *r, const char *data, size_t len)
{
	yaml_event_t event;
	int end, result;

	do {
		if (!yaml_parser_parse(&r->parser, &event))
			return fail_parser(r, data, len);
		end = event.type == YAML_STREAM_END_EVENT;
		result = on_event(r, &event);
		yaml_event_delete(&event);
	} while (result == PH_OK && !end);
	return result;
}

/* A file of nothing, or of nothing but "---", is no file. */
static int
check_not_empty(struct reading *r)
{
	const struct yaml_node *root;

	root = yaml_tree_root(r->tree);
	if (root != NULL &&
	    (yaml_kind(root) != YAML_SCALAR || yaml_quoted(root) ||
		yaml_text(root)[0] != '\0'))
		return PH_OK;
	return fail_at(r, 0, 0, "the file is empty");
}

int
yaml_tree_parse(const char *name, int code, const void *data, size_t len,
    struct yaml_tree **out, struct failure *f)
{
	struct reading r = { .code = code, .f = f };
	int result;

	*out = NULL;
	if (!yaml_parser_initialize(&r.parser))
		return failure_set(f, PH_ENOMEM, "out of memory");
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser,
	    len == 0 ? (const yaml_char_t *)"" : data, len);
	r.tree = yaml_tree_new(name, code);
	if (r.tree == NULL)
		result = failure_set(f, PH_ENOMEM, "out of memory");
	else if (len > YAML_SIZE_MAX)
		result = fail_at(&r, 0, 0, "the file is larger than %u bytes",
		    YAML_SIZE_MAX);
	else
		result = read_events(&r, data, len);
	if (result == PH_OK)
		result = check_not_empty(&r);
	yaml_parser_delete(&r.parser);
	if (result != PH_OK)
		yaml_tree_free(r.tree);
	else
		*out = r.tree;
	return result;
}

int
yaml_tree_read(const char *path, int code, struct yaml_tree **out,
    struct failure *f)
{
	struct buffer text;
	int result;

	*out = NULL;
	buffer_init(&text, YAML_SIZE_MAX);
	result = smallfile_read(path, YAML_SIZE_MAX, &text, NULL, f);
	if (result == PH_ELIMIT)
		f->code = result = code;
	else if (result != PH_OK && result != PH_ENOMEM)
		f->code = result = PH_EFILE;
	if (result == PH_OK)
		result =
		    yaml_tree_parse(path, code, text.data, text.len, out, f);
	buffer_fini(&text);
	return result;
}
