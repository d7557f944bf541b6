#ifndef SYNCD_CATALOGUE_DOCUMENTS_H
#define SYNCD_CATALOGUE_DOCUMENTS_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/buffer.h"
#include "proto/digest.h"
#include "proto/document.h"
#include "proto/order.h"
#include "syncd/base/file.h"

/*
 * The directory documents/ of the state: signed documents and the texts
 * that belong to them, each written once and durable when put returns.  It
 * is a truth that the index is derived from.  What a document says, and
 * whether it may be believed, is for others: what is read here was signed,
 * and is verified again by whoever relies on it.
 *
 *	trust/EPOCH             lists/DIGEST (of grants and of our receipts)
 *	charters/ID-EPOCH-GEN   grants/ID-EPOCH-GEN
 *	manifests/DIGEST        policies/DIGEST (YAML)
 *	receipts/ID-NUMBER      (and the changes to the set before)
 *	sets/ID-NUMBER          (of the receipt of that number)
 *	checkpoints/ID          (the last one that came)
 *
 * A signed document is NAME.json with NAME.json.sig; a text is NAME.txt.
 */

/* A file below documents/, without its ending. */
#define DOCUMENTS_NAME_SIZE 160u

struct document_name {
	char text[DOCUMENTS_NAME_SIZE];
};

/* The names of the kinds of documents. */
struct document_name documents_trust_name(uint64_t epoch);
struct document_name documents_charter_name(const struct digest *id,
    const struct order *order);
struct document_name documents_grant_name(const struct digest *id,
    const struct order *order);
struct document_name documents_list_name(const struct digest *list);
struct document_name documents_manifest_name(const struct digest *manifest);
struct document_name documents_receipt_name(const struct digest *id,
    uint64_t number);
struct document_name documents_set_name(const struct digest *id,
    uint64_t number);
struct document_name documents_checkpoint_name(const struct digest *id);
struct document_name documents_policy_name(const struct digest *policy);

/* Create the directories below documents/, where missing. */
int documents_create(const struct files *fs, int state_dir) ATTR_CHECK;

/* Put a signed document, its signatures first; it may be there already. */
int documents_put(const struct files *fs, int state_dir,
    const struct document_name *name, const struct document *d) ATTR_CHECK;

/*
 * Get one into d, which is empty and stays so on failure.  PH_OK,
 * PH_EABSENT, PH_EDOCUMENT (damaged), PH_ELIMIT, PH_EIO, PH_ENOMEM.
 */
int documents_get(const struct files *fs, int state_dir,
    const struct document_name *name, struct document *d) ATTR_CHECK;

/* Put, or get at most max bytes of, a text. */
int documents_put_text(const struct files *fs, int state_dir,
    const struct document_name *name, const void *text, size_t len) ATTR_CHECK;
int documents_get_text(const struct files *fs, int state_dir,
    const struct document_name *name, size_t max,
    struct buffer *out) ATTR_CHECK;

/* Remove a document or text; one that is absent is fine. */
int documents_remove(const struct files *fs, int state_dir,
    const struct document_name *name) ATTR_CHECK;

/*
 * Remove what a crash left of documents that were being written.  At start,
 * when nothing else runs.
 */
int documents_clean(const struct files *fs, int state_dir) ATTR_CHECK;

/*
 * Call entry(cookie, name) for each document or text in a directory of
 * documents/ ("manifests"), with its name as above: without the directory
 * and the ending.  In no order.
 */
int documents_each(const struct files *fs, int state_dir, const char *dir,
    file_entry *entry, void *cookie) ATTR_CHECK;

#endif
