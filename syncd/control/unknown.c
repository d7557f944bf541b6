/*
 * Failures of names.
 */
#include <stddef.h>

#include "proto/errors.h"
#include "proto/name.h"

#include "syncd/control/unknown.h"

int
unknown_version(struct request *r, const char *image, const char *version)
{
	struct failure f;

	if (version != NULL)
		(void)failure_set(&f, PH_EUNKNOWN, "there is no %.200s@%.100s",
		    image, version);
	else
		(void)failure_set(&f, PH_EUNKNOWN, "there is no image %.200s",
		    image);
	failure_next(&f, "\"syncctl image ls\" lists what is here");
	return request_fail(r, &f);
}

int
unknown_repository(struct request *r, const char *name)
{
	struct failure f;

	(void)failure_set(&f, PH_EUNKNOWN, "there is no repository %.200s",
	    name);
	failure_next(&f, "\"syncctl repo ls\" lists them");
	return request_fail(r, &f);
}

int
unknown_check_site(struct request *r, const char *name)
{
	const struct configuration *conf;
	struct failure f;

	conf = request_context(r)->engine->configuration;
	if (conf->role == CONFIGURATION_PRIMARY || name == NULL ||
	    name_equal_folded(name, conf->name))
		return PH_OK;
	(void)failure_set(&f, PH_ENOTHERE,
	    "%s is a site and knows itself alone", conf->name);
	failure_next(&f, "ask at the primary");
	return request_fail(r, &f);
}
