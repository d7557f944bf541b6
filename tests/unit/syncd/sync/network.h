#ifndef TESTS_UNIT_SYNCD_SYNC_NETWORK_H
#define TESTS_UNIT_SYNCD_SYNC_NETWORK_H

#include "syncd/catalogue/catalogue.h"
#include "syncd/sync/engine.h"
#include "syncd/sync/hub.h"
#include "syncd/sync/receiver.h"

/*
 * A primary and a site in one process, each with real directories, keys and
 * catalogue, and a link between them that the test hands over.  Below the
 * directory of the test.
 */

struct node {
	struct configuration configuration;
	struct layout layout;
	struct files files;
	struct clock clock;
	struct random random;
	struct engine engine;
	struct catalogue *catalogue;
	char dir[64];
};

/* Make a primary in DIR; its trust document of epoch 1 is given. */
void node_init_primary(struct node *n, struct loop *loop,
    struct worker_pool *workers, const char *dir);

/* Make a site in DIR that knows the authority of the primary. */
void node_init_site(struct node *n, struct loop *loop,
    struct worker_pool *workers, const struct node *primary, const char *dir,
    const char *name);

/* Close its catalogue, remove the index, and open it again. */
void node_lose_index(struct node *n);

/* Close its catalogue. */
void node_fini(struct node *n);

/* Add a site at the primary. */
void node_add(struct node *primary, const struct node *site, const char *name);

/* Apply a policy at the primary. */
void node_apply(struct node *primary, const char *text);

/* Publish a file (one) as IMAGE@VERSION. */
void node_publish(struct node *primary, const char *image, const char *version,
    const char *path);

/*
 * Run one session between the two, to its end, for a new run (run_init()) or
 * one that was cut; it is the caller's.
 */
void network_contact(struct node *primary, struct node *site, struct run *run);

struct talk;

/*
 * A session that a test drives by itself: the primary is at one end of a link
 * that is cut when nbytes went to the site; the other end is given to *link.
 */
struct talk *talk_new(struct node *primary, struct node *site, uint64_t nbytes,
    struct link **link);

/* Move what there is, and let the loop turn once. */
void talk_turn(struct talk *t);

/* End the primary's side. */
void talk_free(struct talk *t);

/* Run one session to its end; the link is cut when nbytes went to the site. */
void network_contact_cut(struct node *primary, struct node *site,
    uint64_t nbytes, struct run *run);

#endif
