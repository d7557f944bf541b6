#ifndef SYNCCTL_COMMANDS_H
#define SYNCCTL_COMMANDS_H

#include "syncctl/command.h"

/*
 * All commands, each defined in the file of its noun or verb.
 */

extern const struct command cmd_doctor;
extern const struct command cmd_holdings;
extern const struct command cmd_image_ls;
extern const struct command cmd_image_publish;
extern const struct command cmd_image_show;
extern const struct command cmd_init_primary;
extern const struct command cmd_init_site;
extern const struct command cmd_key_show;
extern const struct command cmd_policy_apply;
extern const struct command cmd_policy_check;
extern const struct command cmd_policy_show;
extern const struct command cmd_repo_add;
extern const struct command cmd_repo_authorized_keys;
extern const struct command cmd_repo_invite;
extern const struct command cmd_repo_ls;
extern const struct command cmd_repo_pause;
extern const struct command cmd_repo_remove;
extern const struct command cmd_repo_resume;
extern const struct command cmd_repo_set;
extern const struct command cmd_repo_show;
extern const struct command cmd_status;
extern const struct command cmd_sync;
extern const struct command cmd_verify;
extern const struct command cmd_where;

#endif
