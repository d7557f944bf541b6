#ifndef TESTS_UNIT_SYNCD_CONTROL_DESK_H
#define TESTS_UNIT_SYNCD_CONTROL_DESK_H

#include <stddef.h>
#include <sys/types.h>

#include "proto/control.h"
#include "syncd/control/control_context.h"
#include "syncd/control/grant_news.h"
#include "syncd/control/server.h"
#include "tests/unit/syncd/catalogue/world.h"

/*
 * A control server over a repository of a world, with real workers, and its
 * client in the same thread.  Whatever goes wrong here ends the test.
 */

struct desk {
	struct clock clock;
	struct engine engine;
	struct control_context context;
	struct server_config config;
	char socket[1200];
	struct grant_news *news;
	struct server *server;
};

/* A socket of a client, and what came by it. */
struct asked {
	int fd;
	struct control_decoder *decoder;
	size_t nprogress;
	int ended; /* The server closed it. */

	/* With an answer: it is the caller's, see asked_fini(). */
	int answered;
	struct control_answer answer;
	char *text; /* Of the answer. */
};

/* Serve r, which is open.  The times are those of server_config. */
void desk_begin(struct desk *d, struct repository *r, int64_t request_ms,
    int64_t answer_ms);

/* Stop; r stays open. */
void desk_end(struct desk *d);

/* Let the loop handle what there is, for so many milliseconds. */
void desk_turn(struct desk *d, int ms);

/* Turn the loop until so many clients are connected. */
void desk_wait_clients(struct desk *d, size_t n);

/* Connect, and say nothing yet. */
void desk_connect(struct desk *d, struct asked *a);

/* Send bytes, with descriptors where nfds > 0. */
void asked_send(struct asked *a, const void *data, size_t len, const int *fds,
    size_t nfds);

/* Send a request whose arguments are the text of an object. */
void asked_request(struct asked *a, const char *verb, const char *arguments,
    const int *fds, size_t nfds);

/* Turn the loop until the answer is here, or the server closes. */
void asked_wait(struct desk *d, struct asked *a);

/* Take what is here, without turning the loop. */
void asked_take(struct asked *a);

/* Close and free. */
void asked_fini(struct asked *a);

/* All of it: connect, request, wait. */
void desk_ask(struct desk *d, struct asked *a, const char *verb,
    const char *arguments);
void desk_ask_fds(struct desk *d, struct asked *a, const char *verb,
    const char *arguments, const int *fds, size_t nfds);

/* Ask, and it must go well (code PH_OK) or fail with that code. */
void desk_expect(struct desk *d, const char *verb, const char *arguments,
    int code);

/* 1 when the answer's text has a part in it. */
int asked_has(const struct asked *a, const char *part);

#endif
