/*
 * Envelopes of the control protocol.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/text.h"

#include "proto/control.h"

/* The largest exit status that an error object may say. */
#define EXIT_STATUS_MAX 125

struct control_decoder {
	uint8_t header[CONTROL_HEADER_SIZE];
	size_t nheader;
	uint32_t len; /* With a whole header. */
	struct buffer text;
	int error;
};

/* Begin a frame and its object. */
static void
envelope_begin(struct control_writer *w, struct buffer *out)
{
	w->out = out;
	w->mark = out->len;
	(void)buffer_put_u32(out, 0);
	json_writer_init(&w->json, out);
	json_open_object(&w->json, NULL);
}

/* End both. */
static int
envelope_end(struct control_writer *w)
{
	size_t len;
	int r;

	json_close_object(&w->json);
	r = json_writer_end(&w->json);
	if (r == PH_OK)
		r = buffer_error(w->out);
	if (r == PH_OK) {
		len = w->out->len - w->mark - CONTROL_HEADER_SIZE;
		if (len <= PH_CONTROL_MAX)
			buffer_set_u32(w->out, w->mark, (uint32_t)len);
		else
			r = PH_ELIMIT;
	}
	if (r != PH_OK)
		buffer_truncate(w->out, w->mark);
	return r;
}

/* 1 for a verb of the form that requests may have. */
static int
verb_valid(const char *verb, size_t len)
{
	return len > 0 && len < CONTROL_VERB_SIZE &&
	    strspn(verb, "abcdefghijklmnopqrstuvwxyz0123456789-.") == len;
}

void
control_request_begin(struct control_writer *w, const char *verb,
    struct buffer *out)
{
	assert(verb_valid(verb, strlen(verb)));
	envelope_begin(w, out);
	json_put_int(&w->json, "version", CONTROL_VERSION);
	json_put_string(&w->json, "verb", verb);
	json_open_object(&w->json, "arguments");
}

void
control_progress_begin(struct control_writer *w, struct buffer *out)
{
	envelope_begin(w, out);
	json_open_object(&w->json, "progress");
}

void
control_result_begin(struct control_writer *w, struct buffer *out)
{
	envelope_begin(w, out);
	json_open_object(&w->json, "result");
}

int
control_end(struct control_writer *w)
{
	json_close_object(&w->json);
	return envelope_end(w);
}

/* The bytes of the character at text, which JSON can carry; or 0. */
static size_t
character_size(const char *text)
{
	char copy[5];
	size_t n;

	memset(copy, 0, sizeof(copy));
	for (n = 0; n < sizeof(copy) - 1 && text[n] != '\0'; n++) {
		copy[n] = text[n];
		if (text_valid(copy, sizeof(copy) - 1))
			return n + 1;
	}
	return 0;
}

void
control_put_text(struct json_writer *w, const char *name, const char *text)
{
	char clean[CONTROL_TEXT_SIZE];
	size_t i, n;

	memset(clean, 0, sizeof(clean));
	for (i = 0; text[i] != '\0' && i < sizeof(clean) - 4; i += n) {
		n = character_size(text + i);
		if (n == 0) {
			clean[i] = '?';
			n = 1;
		} else {
			memcpy(clean + i, text + i, n);
		}
	}
	json_put_string(w, name, clean);
}

void
control_put_failure(struct json_writer *w, const char *name,
    const struct failure *f)
{
	json_open_object(w, name);
	json_put_string(w, "code", error_name(f->code));
	json_put_int(w, "exit", error_exit_status(f->code));
	control_put_text(w, "what", f->what);
	control_put_text(w, "where", f->where);
	control_put_text(w, "next", f->next);
	json_close_object(w);
}

int
control_error_encode(const struct failure *f, const struct failure *parts,
    size_t nparts, struct buffer *out)
{
	struct control_writer w;
	size_t i;

	assert(f->code != PH_OK && nparts <= CONTROL_ERRORS_MAX);
	envelope_begin(&w, out);
	control_put_failure(&w.json, "error", f);
	if (parts != NULL) {
		json_open_array(&w.json, "errors");
		for (i = 0; i < nparts; i++)
			control_put_failure(&w.json, NULL, &parts[i]);
		json_close_array(&w.json);
	}
	return envelope_end(&w);
}

/* The members of an error object. */
static void
get_failure(struct json_object *o, struct failure *out, int *exit_status)
{
	const char *code, *what, *where, *next;
	int64_t status;

	json_get_string(o, "code", &code, NULL);
	json_get_int(o, "exit", 1, EXIT_STATUS_MAX, &status);
	json_get_string(o, "what", &what, NULL);
	json_get_string(o, "where", &where, NULL);
	json_get_string(o, "next", &next, NULL);
	json_object_end(o);
	memset(out, 0, sizeof(*out));
	out->code = error_from_name(code);
	(void)snprintf(out->what, sizeof(out->what), "%s", what);
	(void)snprintf(out->where, sizeof(out->where), "%s", where);
	(void)snprintf(out->next, sizeof(out->next), "%s", next);
	if (exit_status != NULL)
		*exit_status = (int)status;
}

void
control_get_failure(struct json_object *o, const char *name,
    struct failure *out, int *exit_status)
{
	struct json_object object;

	json_get_object(o, name, &object);
	get_failure(&object, out, exit_status);
}

void
control_get_failure_or_null(struct json_object *o, const char *name,
    struct failure *out, int *exit_status)
{
	struct json_object object;

	json_get_object_or_null(o, name, &object);
	if (json_object_present(&object)) {
		get_failure(&object, out, exit_status);
		return;
	}
	memset(out, 0, sizeof(*out));
	if (exit_status != NULL)
		*exit_status = 0;
}

int
control_request_decode(const void *text, size_t len,
    struct control_request *out)
{
	struct json_object root;
	const char *verb;
	uint64_t version;
	size_t verblen;
	int r;

	memset(out, 0, sizeof(*out));
	r = json_parse(text, len, PH_CONTROL_MAX, &out->tree);
	if (r != PH_OK)
		return r;
	json_root(out->tree, &root);
	json_get_u64(&root, "version", 0, &version);
	r = json_error(out->tree);
	/* Another version may have other members. */
	if (r == PH_OK && version != CONTROL_VERSION)
		r = PH_EVERSION;
	if (r != PH_OK)
		goto out;
	json_get_string(&root, "verb", &verb, &verblen);
	json_get_object(&root, "arguments", &out->arguments);
	json_object_end(&root);
	if (verb_valid(verb, verblen))
		memcpy(out->verb, verb, verblen + 1);
	else
		json_refuse(&root, "verb");
	r = json_error(out->tree);
out:
	if (r != PH_OK)
		control_request_fini(out);
	return r;
}

void
control_request_fini(struct control_request *r)
{
	json_free(r->tree);
	memset(r, 0, sizeof(*r));
}

/* 1 for white space of JSON. */
static int
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/*
 * The text of the one member's value of an object that was parsed: what
 * stands between its colon and the closing brace.
 */
static void
find_value(const char *text, size_t len, struct control_answer *out)
{
	const char *at, *end;

	end = text + len;
	at = (const char *)memchr(text, '"', len) + 1;
	while (*at != '"')
		at += *at == '\\' ? 2 : 1;
	at = (const char *)memchr(at, ':', (size_t)(end - at)) + 1;
	while (is_space(*at))
		at++;
	while (end[-1] != '}')
		end--;
	end--;
	while (is_space(end[-1]))
		end--;
	out->text = at;
	out->len = (size_t)(end - at);
}

/* Progress and results have one form. */
static void
get_body(struct json_object *root, enum control_kind kind, const char *name,
    struct control_answer *out)
{
	out->kind = kind;
	json_get_object(root, name, &out->body);
}

static void
get_error(struct json_object *root, struct control_answer *out)
{
	out->kind = CONTROL_ERROR;
	control_get_failure(root, "error", &out->failure, &out->exit_status);
	if (json_has(root, "errors"))
		json_get_array(root, "errors", 0, CONTROL_ERRORS_MAX,
		    &out->parts);
}

int
control_answer_decode(const void *text, size_t len, struct control_answer *out)
{
	struct json_object root;
	int r;

	memset(out, 0, sizeof(*out));
	r = json_parse(text, len, PH_CONTROL_MAX, &out->tree);
	if (r != PH_OK)
		return r;
	json_root(out->tree, &root);
	if (json_has(&root, "progress"))
		get_body(&root, CONTROL_PROGRESS, "progress", out);
	else if (json_has(&root, "result"))
		get_body(&root, CONTROL_RESULT, "result", out);
	else
		get_error(&root, out);
	json_object_end(&root);
	r = json_error(out->tree);
	if (r != PH_OK)
		control_answer_fini(out);
	else if (out->kind != CONTROL_ERROR)
		find_value(text, len, out);
	return r;
}

void
control_answer_fini(struct control_answer *a)
{
	json_free(a->tree);
	memset(a, 0, sizeof(*a));
}

int
control_answer_part(struct control_answer *a, size_t i, struct failure *out)
{
	struct json_object o;

	json_array_object(&a->parts, i, &o);
	get_failure(&o, out, NULL);
	return json_error(a->tree);
}

struct control_decoder *
control_decoder_new(void)
{
	struct control_decoder *d;

	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return NULL;
	buffer_init(&d->text, PH_CONTROL_MAX);
	return d;
}

/* Bytes of the header; PH_OK also when it is not whole yet. */
static int
header_feed(struct control_decoder *d, struct reader *in)
{
	struct reader r;
	int result;

	while (d->nheader < CONTROL_HEADER_SIZE) {
		if (reader_get_u8(in, &d->header[d->nheader]) != PH_OK)
			return PH_OK;
		d->nheader++;
	}
	reader_init(&r, d->header, sizeof(d->header));
	result = reader_get_u32(&r, &d->len);
	assert(result == PH_OK);
	if (d->len == 0)
		return PH_EFRAME;
	return d->len <= PH_CONTROL_MAX ? PH_OK : PH_ELIMIT;
}

/* Bytes of the text; as control_decoder_feed(). */
static int
text_feed(struct control_decoder *d, struct reader *in, const uint8_t **text)
{
	const uint8_t *piece;
	size_t n;
	int r;

	n = d->len - d->text.len;
	if (d->text.len == 0 && reader_borrow(in, n, text) == PH_OK)
		return 1;
	if (n > in->len)
		n = in->len;
	r = reader_borrow(in, n, &piece);
	if (r == PH_OK)
		r = buffer_put(&d->text, piece, n);
	if (r != PH_OK)
		return r;
	*text = d->text.data;
	return d->text.len == d->len;
}

int
control_decoder_feed(struct control_decoder *d, struct reader *in,
    const uint8_t **text, size_t *len)
{
	int r;

	if (d->error != PH_OK)
		return d->error;
	if (d->nheader < CONTROL_HEADER_SIZE) {
		d->error = header_feed(d, in);
		if (d->error != PH_OK || d->nheader < CONTROL_HEADER_SIZE)
			return d->error;
		buffer_reset(&d->text);
	}
	r = text_feed(d, in, text);
	if (r < 0)
		d->error = r;
	if (r > 0) {
		*len = d->len;
		d->nheader = 0;
	}
	return r;
}

void
control_decoder_free(struct control_decoder *d)
{
	if (d == NULL)
		return;
	buffer_fini(&d->text);
	free(d);
}
