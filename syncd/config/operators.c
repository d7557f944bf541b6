/*
 * Looking up the operators' group.
 */
#include <grp.h>
#include <stddef.h>
#include <string.h>

#include "proto/errors.h"

#include "syncd/config/operators.h"

/* For an entry and the names of its members. */
#define NAMES_SIZE 16384u

int
operators_find(const struct configuration *c, const char *path,
    struct operators *out, struct failure *f)
{
	char names[NAMES_SIZE];
	struct group entry, *found;

	memset(out, 0, sizeof(*out));
	if (c->operator_group[0] == '\0')
		return PH_OK;
	found = NULL;
	if (getgrnam_r(c->operator_group, &entry, names, sizeof(names),
		&found) != 0 ||
	    found == NULL) {
		(void)failure_set(f, PH_ECONFIG,
		    "\"operator_group\": there is no group %s on this machine",
		    c->operator_group);
		failure_where(f, "%s:%u:%u", path, c->operator_group_line,
		    c->operator_group_column);
		failure_next(f,
		    "make it with \"groupadd %s\", or leave operator_group out",
		    c->operator_group);
		return PH_ECONFIG;
	}
	out->has_group = 1;
	out->group = found->gr_gid;
	return PH_OK;
}
