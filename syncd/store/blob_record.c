/*
 * Records of blobs as text.
 */
#include <inttypes.h>
#include <string.h>

#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/rfc3339.h"

#include "syncd/store/blob_record.h"

#define NFIELDS 7u
#define NSEC 1000000000u

int
blob_record_encode(const struct blob_record *r, struct buffer *out)
{
	char root[DIGEST_TEXT_SIZE];
	char time[RFC3339_SIZE];

	digest_text(&r->map_root, root);
	if (rfc3339_encode(r->time, time) != PH_OK)
		return PH_ELIMIT;
	return buffer_putf(out,
	    "%" PRIu64 " %" PRIu64 " %" PRId64 " %" PRIu32 " %s %s %s\n",
	    r->size, r->inode, r->mtime, r->mtime_ns, root,
	    holding_evidence_name(r->evidence), time);
}

/* Cut a line at its spaces into exactly NFIELDS fields. */
static int
split(char *line, char *fields[NFIELDS])
{
	size_t i;

	for (i = 0; i < NFIELDS; i++) {
		fields[i] = line;
		line = strchr(line, i + 1 < NFIELDS ? ' ' : '\n');
		if (line == NULL)
			return PH_EDIGEST;
		*line++ = '\0';
	}
	return *line == '\0' ? PH_OK : PH_EDIGEST;
}

/* A number as printf writes it, and in no other way. */
static int
get_u64(const char *text, uint64_t max, uint64_t *out)
{
	uint64_t value;
	unsigned int digit;

	if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
		return PH_EDIGEST;
	value = 0;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return PH_EDIGEST;
		digit = (unsigned int)(*text - '0');
		if (value > (max - digit) / 10)
			return PH_EDIGEST;
		value = value * 10 + digit;
	}
	*out = value;
	return PH_OK;
}

/* The same with a sign. */
static int
get_i64(const char *text, int64_t *out)
{
	uint64_t value;
	int r;

	if (text[0] != '-') {
		r = get_u64(text, INT64_MAX, &value);
		if (r == PH_OK)
			*out = (int64_t)value;
		return r;
	}
	r = get_u64(text + 1, INT64_MAX, &value);
	if (r != PH_OK || value == 0)
		return PH_EDIGEST;
	*out = -(int64_t)value;
	return PH_OK;
}

/* Read the fields of a line. */
static int
decode(char *fields[NFIELDS], struct blob_record *out)
{
	uint64_t ns;

	if (get_u64(fields[0], PH_BLOB_SIZE_MAX, &out->size) != PH_OK ||
	    out->size == 0 ||
	    get_u64(fields[1], UINT64_MAX, &out->inode) != PH_OK ||
	    get_i64(fields[2], &out->mtime) != PH_OK ||
	    get_u64(fields[3], NSEC - 1, &ns) != PH_OK ||
	    digest_from_text(fields[4], &out->map_root) != PH_OK ||
	    holding_evidence_from_name(fields[5], &out->evidence) != PH_OK ||
	    out->evidence == HOLDING_NONE ||
	    rfc3339_decode(fields[6], &out->time) != PH_OK)
		return PH_EDIGEST;
	out->mtime_ns = (uint32_t)ns;
	return PH_OK;
}

int
blob_record_decode(const void *data, size_t len, struct blob_record *out)
{
	struct blob_record record;
	char line[BLOB_RECORD_SIZE_MAX + 1];
	char *fields[NFIELDS];
	int r;

	if (len > BLOB_RECORD_SIZE_MAX || memchr(data, '\0', len) != NULL)
		return PH_EDIGEST;
	memcpy(line, data, len);
	line[len] = '\0';
	r = split(line, fields);
	if (r == PH_OK)
		r = decode(fields, &record);
	if (r == PH_OK)
		*out = record;
	return r;
}
