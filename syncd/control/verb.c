/*
 * The table of verbs.
 */
#include <stddef.h>
#include <string.h>

#include "syncd/control/request_doctor.h"
#include "syncd/control/request_holdings.h"
#include "syncd/control/request_image.h"
#include "syncd/control/request_policy.h"
#include "syncd/control/request_publish.h"
#include "syncd/control/request_repo.h"
#include "syncd/control/request_status.h"
#include "syncd/control/request_sync.h"
#include "syncd/control/request_verify.h"
#include "syncd/control/request_where.h"

#include "syncd/control/verb.h"

static const struct verb *const nouns[] = {
	request_repo_verbs,
	request_policy_verbs,
	request_publish_verbs,
	request_image_verbs,
	request_sync_verbs,
	request_status_verbs,
	request_where_verbs,
	request_holdings_verbs,
	request_verify_verbs,
	request_doctor_verbs,
};

const struct verb *
verb_find(const char *name)
{
	const struct verb *verb;
	size_t i;

	for (i = 0; i < sizeof(nouns) / sizeof(nouns[0]); i++) {
		for (verb = nouns[i]; verb->name != NULL; verb++) {
			if (strcmp(verb->name, name) == 0)
				return verb;
		}
	}
	return NULL;
}
