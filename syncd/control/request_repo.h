#ifndef SYNCD_CONTROL_REQUEST_REPO_H
#define SYNCD_CONTROL_REQUEST_REPO_H

#include "syncd/control/verb.h"

/*
 * Repositories: repo.add, repo.set, repo.ls, repo.show, repo.invite.
 */

/* The verbs; the last has no name. */
extern const struct verb request_repo_verbs[];

#endif
