/*
 * A sealed document, the form for people, and every decoder.  What decodes
 * can be written, and what is written decodes and is written as the same.
 */
#include <assert.h>
#include <string.h>

#include "proto/buffer.h"
#include "proto/charter.h"
#include "proto/checkpoint.h"
#include "proto/document.h"
#include "proto/errors.h"
#include "proto/grant.h"
#include "proto/join.h"
#include "proto/manifest.h"
#include "proto/receipt.h"
#include "proto/trust.h"

#include "tests/fuzz/target.h"

/* Decode as KIND, encode, and do both again. */
#define CHECK_KIND(kind, bytes, len)                                           \
	do {                                                                   \
		struct kind first, second;                                     \
		struct buffer once, twice;                                     \
		kind##_init(&first);                                           \
		kind##_init(&second);                                          \
		buffer_init(&once, PH_DOCUMENT_MAX);                           \
		buffer_init(&twice, PH_DOCUMENT_MAX);                          \
		if (kind##_decode(bytes, len, &first) == PH_OK) {              \
			assert(kind##_encode(&first, &once) == PH_OK);         \
			assert(kind##_decode(once.data, once.len, &second) ==  \
			    PH_OK);                                            \
			assert(kind##_encode(&second, &twice) == PH_OK);       \
			assert(once.len == twice.len);                         \
			assert(memcmp(once.data, twice.data, once.len) == 0);  \
		}                                                              \
		kind##_fini(&first);                                           \
		kind##_fini(&second);                                          \
		buffer_fini(&once);                                            \
		buffer_fini(&twice);                                           \
	} while (0)

/* Those without memory of their own have no end. */
#define trust_fini(t) ((void)(t))
#define grant_fini(g) ((void)(g))
#define checkpoint_fini(c) ((void)(c))

static void
check_bytes(const uint8_t *bytes, size_t len)
{
	CHECK_KIND(trust, bytes, len);
	CHECK_KIND(charter, bytes, len);
	CHECK_KIND(manifest, bytes, len);
	CHECK_KIND(grant, bytes, len);
	CHECK_KIND(receipt, bytes, len);
	CHECK_KIND(checkpoint, bytes, len);
	CHECK_KIND(join, bytes, len);
}

/* Believe it, as far as it can be; seal it again. */
static void
check_document(const struct document *d)
{
	struct buffer sealed;
	struct document again;
	struct join join;
	struct trust trust;

	check_bytes(d->bytes, d->len);
	(void)!trust_accept_anchor(d, &trust);
	join_init(&join);
	(void)!join_accept(d, &join, &trust);
	join_fini(&join);
	document_init(&again);
	buffer_init(&sealed, DOCUMENT_SEALED_MAX);
	document_encode(d, &sealed);
	assert(buffer_error(&sealed) == PH_OK);
	assert(document_decode_sealed(sealed.data, sealed.len, PH_DOCUMENT_MAX,
		   &again) == PH_OK);
	assert(again.len == d->len && again.nsignatures == d->nsignatures);
	document_fini(&again);
	buffer_fini(&sealed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct document d;
	struct reader r;

	document_init(&d);
	reader_init(&r, data, size);
	if (document_decode(&r, PH_DOCUMENT_MAX, &d) == PH_OK)
		check_document(&d);
	document_fini(&d);
	if (document_decode_file((const char *)data, size, &d) == PH_OK)
		check_document(&d);
	document_fini(&d);
	check_bytes(data, size);
	return 0;
}
