/*
 * Comparing two configurations.
 */
#include <stddef.h>
#include <string.h>

#include "proto/errors.h"

#include "syncd/control/reload.h"

/* The key of the first change that is refused; NULL: none is. */
static const char *
refused_key(const struct configuration *now, const struct configuration *next)
{
	if (strcmp(now->name, next->name) != 0)
		return "name";
	if (now->role != next->role)
		return "role";
	if (strcmp(now->state_dir, next->state_dir) != 0)
		return "state_dir";
	if (strcmp(now->store_dir, next->store_dir) != 0)
		return "store_dir";
	if (strcmp(now->operator_group, next->operator_group) != 0)
		return "operator_group";
	return NULL;
}

int
reload_check(const struct configuration *now, const struct configuration *next,
    struct failure *f)
{
	const char *key;

	key = refused_key(now, next);
	if (key == NULL)
		return PH_OK;
	(void)failure_set(f, PH_ECONFIG, "%s cannot change while syncd runs",
	    key);
	failure_next(f, "%s",
	    strcmp(key, "operator_group") == 0 ?
		"restart syncd" :
		"change it back; a repository keeps its name and role, and "
		"its directories move while syncd is stopped");
	return PH_ECONFIG;
}
