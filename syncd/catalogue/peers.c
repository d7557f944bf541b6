/*
 * From the key that signed AUTH to the repository, and all refusals.
 */
#include <string.h>

#include "proto/errors.h"
#include "proto/sshsig.h"
#include "syncd/catalogue/context.h"
#include "syncd/catalogue/ledger.h"
#include "syncd/catalogue/registry.h"
#include "syncd/catalogue/repeats.h"

#include "syncd/catalogue/peers.h"

/* Whose refusals of a code are counted together: of a key, or of a gate. */
struct counted {
	uint8_t row[DIGEST_SIZE + 2];
	size_t len;
};

static struct counted
count_key(const struct digest *key, int code)
{
	struct counted counted;

	memset(&counted, 0, sizeof(counted));
	memcpy(counted.row, key->bytes, DIGEST_SIZE);
	counted.row[DIGEST_SIZE] = (uint8_t)-code;
	counted.len = DIGEST_SIZE + 1;
	return counted;
}

static struct counted
count_gate(const struct peer_gate *gate, int code)
{
	struct counted counted;

	counted = count_key(&gate->id, code);
	counted.len++;
	return counted;
}

/*
 * Log a refusal in the log about a repository, or (NULL) in the main log.
 * That it cannot be logged changes nothing for the peer.
 */
static void
log_refusal(struct catalogue *c, const struct digest *about,
    const struct counted *counted, const struct digest *key,
    const struct digest *claimed, int code)
{
	char fingerprint[KEY_FINGERPRINT_SIZE];
	struct ledger_entry e;
	uint64_t repeats;
	int due;

	if (repeats_count(c, counted->row, counted->len, &due, &repeats) !=
		PH_OK ||
	    !due)
		return;
	if (ledger_begin(c, about, "refused", "syncd", &e) != PH_OK) {
		ledger_abort(&e);
		return;
	}
	key_id_fingerprint(key, fingerprint);
	json_put_string(&e.w, "key", fingerprint);
	json_put_id(&e.w, "claimed", claimed);
	json_put_string(&e.w, "code", error_name(code));
	json_put_u64(&e.w, "repeats", repeats);
	if (ledger_commit(c, &e, NULL) == PH_OK)
		(void)!repeats_told(c, counted->row, counted->len);
}

/*
 * Refuse a key that nobody has.  A peer makes as many as it likes, so they
 * are counted as one for each gate, which only a registered SSH key opens,
 * and are in the log about its repository.
 */
static int
refuse_unknown(struct catalogue *c, const struct peer_gate *gate,
    const struct digest *key, const struct digest *claimed, struct failure *f)
{
	char fingerprint[KEY_FINGERPRINT_SIZE], hex[DIGEST_HEX_SIZE];
	const struct digest *about;
	struct registration record;
	struct counted counted;

	about = NULL;
	if (gate != NULL && registry_get_id(c, &gate->id, &record) == PH_OK)
		about = &gate->id;
	counted = gate == NULL ? count_key(key, PH_EIDENTITY) :
				 count_gate(gate, PH_EIDENTITY);
	log_refusal(c, about, &counted, key, claimed, PH_EIDENTITY);
	key_id_fingerprint(key, fingerprint);
	digest_hex(claimed, hex);
	return failure_set(f, PH_EIDENTITY,
	    "the key %s is of no repository (it claimed the id %.16s)",
	    fingerprint, hex);
}

/* Refuse a repository's key that came with what is another's. */
static int
refuse(struct catalogue *c, const struct registration *record,
    const struct digest *key, const struct digest *claimed, struct failure *f)
{
	char fingerprint[KEY_FINGERPRINT_SIZE], hex[DIGEST_HEX_SIZE];
	struct counted counted;

	counted = count_key(key, PH_EIDENTITY);
	log_refusal(c, &record->id, &counted, key, claimed, PH_EIDENTITY);
	key_id_fingerprint(key, fingerprint);
	digest_hex(claimed, hex);
	return failure_set(f, PH_EIDENTITY,
	    "%s (key %s) came with the id or SSH key of another (%.16s)",
	    record->name, fingerprint, hex);
}

/* PH_OK when a record may have a session now. */
static int
check_record(const struct registration *record)
{
	if (record->removed)
		return PH_EREMOVED;
	return record->paused ? PH_EPAUSED : PH_OK;
}

static void
fill_peer(const struct registration *record, struct peer *out)
{
	out->id = record->id;
	memcpy(out->name, record->name, sizeof(out->name));
	out->rate = record->rate;
}

int
peer_check(struct catalogue *c, const struct digest *id,
    const struct peer_gate *gate,
    const uint8_t transcript[HELLO_TRANSCRIPT_SIZE], const void *signature,
    size_t len, struct peer *out, struct failure *f)
{
	struct registration record;
	struct key_public signer;
	struct counted counted;
	struct digest key;
	int r;

	f->code = PH_OK;
	r = sshsig_verify(signature, len, HELLO_AUTH_NAMESPACE, transcript,
	    HELLO_TRANSCRIPT_SIZE, &signer);
	if (r != PH_OK)
		return failure_default(f, r, "AUTH");
	key_id(&signer, &key);
	r = registry_get_key(c, &key, &record);
	if (r == PH_EUNKNOWN)
		return refuse_unknown(c, gate, &key, id, f);
	if (r != PH_OK)
		return failure_default(f, r, "looking for a key");
	if (!key_equal(&record.key, &signer))
		return refuse(c, &record, &key, id, f);
	if (digest_compare(&record.id, id) != 0)
		return refuse(c, &record, &key, id, f);
	if (gate != NULL &&
	    (digest_compare(&gate->id, id) != 0 ||
		digest_compare(&gate->fingerprint, &key) != 0))
		return refuse(c, &record, &key, &gate->id, f);
	r = check_record(&record);
	if (r != PH_OK) {
		counted = count_key(&key, r);
		log_refusal(c, &record.id, &counted, &key, id, r);
		return failure_set(f, r, "%s: %s", record.name,
		    error_sentence(r));
	}
	fill_peer(&record, out);
	return PH_OK;
}

int
peer_get(struct catalogue *c, const struct digest *id, struct peer *out)
{
	struct registration record;
	int r;

	r = registry_get_id(c, id, &record);
	if (r == PH_OK)
		r = check_record(&record);
	if (r == PH_OK)
		fill_peer(&record, out);
	return r;
}
