/*
 * Policies: read or refused in their place, and what is read decides without
 * a surprise.
 */
#include <assert.h>
#include <string.h>

#include "proto/errors.h"
#include "syncd/policy/evaluate.h"

#include "tests/fuzz/target.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct policy_version versions[] = {
		{ .image = "os", .version = "9", .granted = 1 },
		{ .image = "os", .version = "10" },
		{ .image = "os", .version = "11", .embargoed = 1 },
		{ .image = "tools", .version = "1.0-rc1" },
	};
	struct policy_decision decisions[4];
	struct failure f = { .code = PH_OK };
	struct policy *policy;
	size_t i, k;

	if (policy_read((const char *)data, size, "f", &policy, &f) != PH_OK) {
		assert(f.code == PH_EPOLICY && f.where[0] == 'f');
		return 0;
	}
	for (i = 0; i < policy->nrepositories && i < 8; i++) {
		policy_evaluate(policy, policy->repositories[i], NULL, versions,
		    4, decisions);
		for (k = 0; k < 4; k++)
			assert(decisions[k].state == POLICY_DENIED ||
			    decisions[k].rule != NULL);
	}
	policy_free(policy);
	return 0;
}
