#ifndef SYNCCTL_CLIENT_H
#define SYNCCTL_CLIENT_H

#include <stddef.h>

#include "proto/attributes.h"
#include "proto/control.h"
#include "proto/failure.h"
#include "proto/json_writer.h"
#include "syncctl/report.h"

/*
 * The end of the control protocol (docs/control.md) that asks: one
 * connection to the syncd of this configuration, one request, its answers.
 * Once syncd has taken the request it waits for as long as syncd does; a
 * syncd that takes nothing does not run as it should, and is not waited for.
 */

struct client;
struct configuration;

/* So long may syncd leave a request in the socket. */
#define CLIENT_TAKE_MS 10000

/*
 * Read the configuration in the file, and say where one comes from when
 * there is none.  PH_OK, PH_ECONFIG, PH_EFILE, PH_ENOMEM.
 */
int client_configuration(const char *config, struct configuration *out,
    struct failure *f) ATTR_CHECK;

/*
 * Connect to the syncd whose state_dir the configuration in the file names.
 * The caller frees *out.  PH_OK; PH_ECONFIG, PH_EFILE; PH_ENODAEMON;
 * PH_EDENIED when we may not; PH_ETIMEOUT; PH_EIO, PH_ENOMEM.
 */
int client_open(const char *config, struct client **out,
    struct failure *f) ATTR_CHECK;

/* Another time than CLIENT_TAKE_MS, for tests. */
void client_set_take_ms(struct client *c, int take_ms);

/* NULL is allowed. */
void client_free(struct client *c);

/* Begin the request; its arguments are put with what is returned. */
struct json_writer *client_begin(struct client *c, const char *verb);

/*
 * End the request and send it with nfds descriptors, which stay the
 * caller's.  PH_OK, or a code with words: PH_EUSAGE for arguments that
 * cannot be said in JSON, PH_ELIMIT, PH_ENOMEM, PH_ETIMEOUT, PH_EIO.
 */
int client_send(struct client *c, const int *fds, size_t nfds,
    struct failure *f) ATTR_CHECK;

/*
 * Wait for the next answer; *out is borrowed until the next call.  PH_OK
 * and progress or the result; else a code and the report: of an error that
 * syncd answered, PH_ENODAEMON when it went away, PH_ETIMEOUT when it does
 * not even take the request, PH_EJSON or PH_EFRAME for
 * an answer that makes no sense.
 */
int client_next(struct client *c, struct control_answer **out,
    struct report *report) ATTR_CHECK;

#endif
