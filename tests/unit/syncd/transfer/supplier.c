/*
 * A provider by hand.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "proto/blockmap.h"
#include "proto/errors.h"
#include "proto/segment.h"
#include "syncd/store/partial.h"

#include "tests/unit/syncd/transfer/supplier.h"

#define TRANSFER 7u
#define DISK_BYTES (UINT64_C(1) << 40)

struct supplier_content supplier_content;

static struct supplier_content *const content = &supplier_content;

static uint32_t
segment_len(uint32_t segment)
{
	return segment == SUPPLIER_SEGMENTS - 1 ? 5000 : PH_SEGMENT_SIZE;
}

/* Encode a segment: its first half is the base's, or everything is new. */
static void
encode(struct codec *codec, uint32_t segment, int plain,
    struct supplier_encoding *out)
{
	struct segment_content c;
	struct segment_op ops[2];
	uint64_t offset;
	uint32_t len, half;
	int r;

	offset = (uint64_t)segment * PH_SEGMENT_SIZE;
	len = segment_len(segment);
	half = plain ? 0 : len / 2;
	memset(ops, 0, sizeof(ops));
	ops[0].kind = SEGMENT_COPY;
	ops[0].length = half;
	ops[0].source = offset;
	ops[1].kind = SEGMENT_LITERAL;
	ops[1].length = len - half;
	memset(&c, 0, sizeof(c));
	c.target_offset = offset;
	c.target_length = len;
	digest_of(content->target + offset, len, &c.target);
	if (!plain) {
		c.base = content->base_digest;
		c.base_size = SUPPLIER_SIZE;
	}
	c.ops = plain ? ops + 1 : ops;
	c.nops = plain ? 1 : 2;
	c.literals = content->target + offset + half;
	c.nliterals = len - half;
	buffer_init(&out->bytes, PH_ENCODING_SIZE_MAX);
	r = segment_encode(codec, &c, &out->bytes);
	ck_assert_int_eq(r, PH_OK);
	digest_of(out->bytes.data, out->bytes.len, &out->row.encoding);
	out->row.len = (uint32_t)out->bytes.len;
	out->row.target = c.target;
	out->damaged = 0;
}

void
supplier_make_content(void)
{
	struct blockmap *map;
	struct codec *codec;
	uint32_t i;
	size_t at;

	content->target = malloc(SUPPLIER_SIZE);
	content->base = malloc(SUPPLIER_SIZE);
	ck_assert_ptr_nonnull(content->target);
	ck_assert_ptr_nonnull(content->base);
	fixture_fill(content->target, SUPPLIER_SIZE, 1);
	fixture_fill(content->base, SUPPLIER_SIZE, 2);
	for (i = 0; i < SUPPLIER_SEGMENTS; i++) {
		at = (size_t)i * PH_SEGMENT_SIZE;
		memcpy(content->base + at, content->target + at,
		    segment_len(i) / 2);
	}
	digest_of(content->target, SUPPLIER_SIZE, &content->blob);
	digest_of(content->base, SUPPLIER_SIZE, &content->base_digest);
	map = blockmap_new(NULL, NULL);
	ck_assert_ptr_nonnull(map);
	ck_assert_int_eq(blockmap_add(map, content->target, SUPPLIER_SIZE),
	    PH_OK);
	ck_assert_int_eq(blockmap_finish(map, &content->map), PH_OK);
	blockmap_free(map);
	codec = codec_new();
	ck_assert_ptr_nonnull(codec);
	for (i = 0; i < SUPPLIER_SEGMENTS; i++) {
		encode(codec, i, 0, &content->delta[i]);
		encode(codec, i, 1, &content->plain[i]);
	}
	codec_free(codec);
}

void
supplier_free_content(void)
{
	uint32_t i;

	for (i = 0; i < SUPPLIER_SEGMENTS; i++) {
		buffer_fini(&content->delta[i].bytes);
		buffer_fini(&content->plain[i].bytes);
	}
	free(content->target);
	free(content->base);
}

static int
probe(void *cookie, uint64_t *bytes, uint64_t *inodes)
{
	const uint64_t *left;

	left = cookie;
	*bytes = *left;
	*inodes = UINT64_MAX;
	return PH_OK;
}

/* Writing fails for the file that has the size of the target. */
static ssize_t
hooked_pwrite(void *cookie, int fd, const void *buf, size_t len, off_t at)
{
	const struct supplier *s;
	struct stat st;

	s = cookie;
	if (s->target_error != 0 && fstat(fd, &st) == 0 &&
	    (size_t)st.st_size == SUPPLIER_SIZE) {
		errno = s->target_error;
		return -1;
	}
	return s->store.system.ops->pwrite(s->store.system.cookie, fd, buf, len,
	    at);
}

void
supplier_begin(struct supplier *s, int nthreads)
{
	struct receive_config *c;
	struct digest base;

	memset(s, 0, sizeof(*s));
	fixture_begin(&s->store);
	fixture_adopt(&s->store, content->base, SUPPLIER_SIZE, &base);
	store_close(s->store.store);
	s->ops = *s->store.system.ops;
	s->ops.pwrite = hooked_pwrite;
	s->hooked.ops = &s->ops;
	s->hooked.cookie = s;
	fault_files_init(&s->faults, &s->hooked);
	fixture_make(&s->store, &s->faults.files);
	s->loop = loop_new();
	s->workers = worker_pool_new(s->loop, nthreads);
	ck_assert_ptr_nonnull(s->workers);
	s->lane = worker_lane_new(s->workers);
	s->clock = clock_system();
	s->data = SUPPLIER_SIZE;
	s->free = DISK_BYTES;
	s->space = space_new(probe, &s->free, 1);
	ck_assert_ptr_nonnull(s->space);
	buffer_init(&s->out, 1u << 20);
	c = &s->config;
	c->workers = s->workers;
	c->lane = s->lane;
	c->store = s->store.store;
	c->space = s->space;
	c->clock = &s->clock;
	c->transfer = TRANSFER;
	c->blob = content->blob;
	c->map = content->map;
	c->size = SUPPLIER_SIZE;
	c->bases[0] = content->base_digest;
	c->nbases = 1;
	c->what = "disk 2";
}

void
supplier_end(struct supplier *s)
{
	supplier_stop(s);
	worker_pool_free(s->workers);
	loop_free(s->loop);
	space_free(s->space);
	buffer_fini(&s->out);
	fixture_end(&s->store);
}

static void
on_ready(void *cookie)
{
	struct supplier *s;

	s = cookie;
	ck_assert(!s->inside);
	s->nready++;
}

void
supplier_offer(struct supplier *s)
{
	ck_assert_ptr_null(s->receive);
	buffer_reset(&s->out);
	s->at = 0;
	s->pulled = 0;
	memset(s->given, 0, sizeof(s->given));
	s->nqueries = 0;
	s->inside = 1;
	s->receive = receive_new(&s->config, on_ready, s);
	s->inside = 0;
	ck_assert_ptr_nonnull(s->receive);
}

void
supplier_stop(struct supplier *s)
{
	s->inside = 1;
	receive_free(s->receive);
	s->inside = 0;
	s->receive = NULL;
}

void
supplier_settle(struct supplier *s)
{
	worker_drain(s->workers);
}

/* Ask the receiver for more frames, when those before were taken. */
static void
refill(struct supplier *s)
{
	int r;

	if (s->at < s->out.len)
		return;
	buffer_reset(&s->out);
	s->at = 0;
	s->inside = 1;
	r = receive_control(s->receive, &s->out);
	s->inside = 0;
	ck_assert_int_eq(r, PH_OK);
}

int
supplier_next(struct supplier *s, struct frame *out)
{
	const uint8_t *p;

	refill(s);
	if (s->at == s->out.len)
		return 0;
	/* Whole frames, as our own encoders made them. */
	p = s->out.data + s->at;
	out->type = (enum message_type)((p[0] << 8) | p[1]);
	out->len = frame_size(p) - FRAME_HEADER_SIZE;
	out->transfer = p[11];
	out->payload = p + FRAME_HEADER_SIZE;
	s->at += FRAME_HEADER_SIZE + out->len;
	ck_assert_uint_eq(out->transfer, TRANSFER);
	return 1;
}

void
supplier_next_pull(struct supplier *s, struct message_pull *out)
{
	struct frame frame;

	ck_assert_int_eq(supplier_next(s, &frame), 1);
	ck_assert_int_eq(frame.type, MESSAGE_PULL);
	ck_assert_int_eq(message_pull_decode(&frame, out), PH_OK);
}

struct message_plan
supplier_plan(int with_base)
{
	struct message_plan m;

	memset(&m, 0, sizeof(m));
	m.blob = content->blob;
	if (with_base)
		m.base = content->base_digest;
	m.size = SUPPLIER_SIZE;
	m.data = SUPPLIER_SIZE;
	m.segment_size = PH_SEGMENT_SIZE;
	m.nsegments = SUPPLIER_SEGMENTS;
	return m;
}

int
supplier_give_plan(struct supplier *s, const struct message_plan *m)
{
	int r;

	s->inside = 1;
	r = receive_on_plan(s->receive, m);
	s->inside = 0;
	return r;
}

int
supplier_give_rows(struct supplier *s,
    const struct supplier_encoding *encodings, uint32_t first, uint32_t nrows,
    int plain)
{
	struct message_segments m;
	struct buffer rows;
	uint32_t i;
	int r;

	buffer_init(&rows, (size_t)MESSAGE_ROWS_MAX * MESSAGE_ROW_SIZE);
	for (i = 0; i < nrows; i++)
		ck_assert_int_eq(message_row_encode(&encodings[(first + i) %
							SUPPLIER_SEGMENTS]
							 .row,
				     &rows),
		    PH_OK);
	m.first = first;
	m.plain = plain;
	m.rows = rows.data;
	m.nrows = nrows;
	s->inside = 1;
	r = receive_on_segments(s->receive, &m);
	s->inside = 0;
	buffer_fini(&rows);
	return r;
}

int
supplier_give_data(struct supplier *s, const struct message_pull *pull,
    uint32_t max)
{
	static uint8_t bytes[PH_DATA_MAX];
	struct supplier_encoding *e;
	struct message_data m;
	uint32_t at, n;
	int r;

	e = pull->plain || s->bare ? &content->plain[pull->segment] :
				     &content->delta[pull->segment];
	memset(&m, 0, sizeof(m));
	m.segment = pull->segment;
	m.bytes = bytes;
	r = PH_OK;
	max = max < pull->credit ? max : pull->credit;
	for (at = 0; r == PH_OK && at < max; at += n) {
		n = max - at < PH_DATA_MAX ? max - at : PH_DATA_MAX;
		m.offset = pull->offset + at;
		m.len = n;
		memcpy(bytes, e->bytes.data + m.offset, n);
		if (e->damaged > 0 && m.offset + n == e->bytes.len) {
			e->damaged--;
			bytes[n - 1] ^= 1;
		}
		s->inside = 1;
		r = receive_on_data(s->receive, &m);
		s->inside = 0;
		s->given[m.segment] = m.offset + n;
	}
	return r;
}

void
supplier_announce(struct supplier *s, int with_base)
{
	const struct supplier_encoding *encodings;
	struct message_plan plan;
	struct frame frame;

	supplier_settle(s);
	ck_assert_int_eq(supplier_next(s, &frame), 1);
	ck_assert_int_eq(frame.type, MESSAGE_WANT);
	plan = supplier_plan(with_base);
	plan.data = s->data;
	s->bare = !with_base;
	encodings = with_base ? content->delta : content->plain;
	ck_assert_int_eq(supplier_give_plan(s, &plan), PH_OK);
	ck_assert_int_eq(supplier_give_rows(s, encodings, 0, SUPPLIER_SEGMENTS,
			     0),
	    PH_OK);
	ck_assert_int_eq(receive_on_done(s->receive), PH_OK);
}

void
supplier_answer(struct supplier *s, const struct frame *frame)
{
	struct message_plain_query query;
	struct message_pull pull;

	if (frame->type == MESSAGE_PLAIN_QUERY) {
		ck_assert_int_eq(message_plain_query_decode(frame, &query),
		    PH_OK);
		s->nqueries++;
		ck_assert_int_eq(supplier_give_rows(s, content->plain,
				     query.segment, 1, 1),
		    PH_OK);
		return;
	}
	ck_assert_int_eq(frame->type, MESSAGE_PULL);
	ck_assert_int_eq(message_pull_decode(frame, &pull), PH_OK);
	s->pulled += pull.credit;
	ck_assert_int_eq(supplier_give_data(s, &pull, pull.credit), PH_OK);
}

int
supplier_is_over(struct supplier *s, int *code)
{
	struct failure f;

	supplier_settle(s);
	return receive_finished(s->receive, code, &f);
}

int
supplier_serve(struct supplier *s)
{
	struct frame frame;
	int code, idle;

	idle = 0;
	while (!supplier_is_over(s, &code)) {
		ck_assert_int_lt(idle, 100);
		idle++;
		while (supplier_next(s, &frame)) {
			supplier_answer(s, &frame);
			idle = 0;
		}
	}
	return code;
}

void
supplier_check_target(struct supplier *s)
{
	struct stat st;

	ck_assert(fixture_holds(receive_dir(s->receive), PARTIAL_FILE,
	    content->target, SUPPLIER_SIZE));
	ck_assert_int_eq(fstatat(receive_dir(s->receive), PARTIAL_MAP, &st,
			     AT_SYMLINK_NOFOLLOW),
	    0);
	ck_assert_uint_eq((uint64_t)st.st_size,
	    blockmap_count(SUPPLIER_SIZE) * DIGEST_SIZE);
}

/* What the staging says of a name; 0 when it is not there. */
static int
look(struct supplier *s, const char *name, struct stat *st)
{
	char path[DIGEST_HEX_SIZE + 64], hex[DIGEST_HEX_SIZE];

	digest_hex(&content->blob, hex);
	(void)snprintf(path, sizeof(path), "%s/%s", hex, name);
	return fstatat(store_dir(s->store.store, STORE_STAGING), path, st,
		   AT_SYMLINK_NOFOLLOW) == 0;
}

int
supplier_staged(struct supplier *s, const char *name)
{
	struct stat st;

	return look(s, name, &st);
}

uint64_t
supplier_part(struct supplier *s, uint32_t segment)
{
	struct stat st;
	char name[32];

	(void)snprintf(name, sizeof(name), "part-%" PRIu32, segment);
	return look(s, name, &st) ? (uint64_t)st.st_size : 0;
}
