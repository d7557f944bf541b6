/*
 * Nodes in one process.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/errors.h"
#include "syncd/catalogue/policies.h"
#include "syncd/catalogue/publication.h"
#include "syncd/catalogue/registry.h"
#include "syncd/config/keypair.h"
#include "syncd/config/marker.h"
#include "syncd/link/link_fd.h"

#include "tests/unit/syncd/sync/network.h"

static void
ok(int code, const struct failure *f)
{
	if (code != PH_OK)
		ck_abort_msg("%s: %s (%s)", error_name(code),
		    f == NULL ? "" : f->what, f == NULL ? "" : f->next);
}

/* A new key pair at an item of a layout. */
static struct key_private *
make_key(const struct node *n, enum layout_item item)
{
	char path[LAYOUT_PATH_SIZE];
	struct key_private *key;
	uint8_t seed[KEY_SIZE];
	struct failure f;

	random_fill(&n->random, seed, sizeof(seed));
	ok(key_private_new(seed, &key), NULL);
	layout_path(&n->layout, item, path);
	ok(keypair_create(path, key, 7, "test", &f), &f);
	return key;
}

/* Directories and the parts of a node that do not depend on its role. */
static void
prepare(struct node *n, struct loop *loop, struct worker_pool *workers,
    const char *dir, enum configuration_role role)
{
	char cwd[512], state[600], store[600];
	struct failure f;

	memset(n, 0, sizeof(*n));
	(void)snprintf(n->dir, sizeof(n->dir), "%s", dir);
	ck_assert_ptr_nonnull(getcwd(cwd, sizeof(cwd)));
	(void)snprintf(state, sizeof(state), "%s/%s/state", cwd, dir);
	(void)snprintf(store, sizeof(store), "%s/%s/store", cwd, dir);
	ck_assert_int_eq(mkdir(dir, 0755), 0);
	n->files = files_system();
	n->clock = clock_system();
	n->random = random_system();
	ok(layout_init(&n->layout, state, store, &f), &f);
	ok(layout_create_state(&n->layout, &f), &f);
	ok(layout_create_store(&n->layout, &f), &f);
	configuration_init(&n->configuration, role);
	(void)snprintf(n->configuration.state_dir,
	    sizeof(n->configuration.state_dir), "%s", state);
	(void)snprintf(n->configuration.store_dir,
	    sizeof(n->configuration.store_dir), "%s", store);
	(void)snprintf(n->configuration.name, sizeof(n->configuration.name),
	    "%s", dir);
	n->engine.loop = loop;
	n->engine.clock = &n->clock;
	n->engine.random = &n->random;
	n->engine.workers = workers;
	n->engine.lane = worker_lane_new(workers);
	n->engine.receive_lane = worker_lane_new(workers);
	n->engine.configuration = &n->configuration;
}

static void
open_node(struct node *n)
{
	struct catalogue_config config;
	struct failure f;

	memset(&config, 0, sizeof(config));
	config.configuration = &n->configuration;
	config.layout = &n->layout;
	config.files = &n->files;
	config.clock = &n->clock;
	config.random = &n->random;
	ok(catalogue_open(&config, &n->catalogue, &f), &f);
	n->engine.catalogue = n->catalogue;
	n->engine.encodings =
	    encodings_pool_new(n->engine.workers, catalogue_store(n->catalogue),
		catalogue_space(n->catalogue), UINT64_C(1) << 30);
	ck_assert_ptr_nonnull(n->engine.encodings);
}

static void
make_marker(const struct node *n, const struct key_public *key)
{
	struct marker marker;
	struct digest id;
	struct failure f;

	key_id(key, &id);
	marker_init(&marker, &id);
	ok(marker_create(n->layout.store_dir, &marker, &f), &f);
}

/* Write the trust document of epoch 1. */
static void
make_trust(const struct node *n, struct key_private *keys[TRUST_NROLES])
{
	char path[LAYOUT_PATH_SIZE + 32];
	struct buffer bytes, signatures;
	struct document d;
	struct trust trust;
	unsigned int role;
	FILE *file;

	trust_init(&trust);
	trust.epoch = 1;
	trust.time = 1700000000;
	key_id(key_private_public(keys[TRUST_PRIMARY]), &trust.primary);
	for (role = 0; role < TRUST_NROLES; role++)
		ok(trust_role_add(&trust, (enum trust_role)role,
		       key_private_public(keys[role])),
		    NULL);
	document_init(&d);
	buffer_init(&bytes, PH_DOCUMENT_MAX);
	buffer_init(&signatures, PH_DOCUMENT_MAX);
	ok(trust_encode(&trust, &bytes), NULL);
	ok(document_set(&d, bytes.data, bytes.len), NULL);
	ok(document_sign(&d, DOCUMENT_TRUST, keys[TRUST_AUTHORITY]), NULL);
	document_encode_signatures(&d, &signatures);
	(void)snprintf(path, sizeof(path), "%s/documents/trust",
	    n->layout.state_dir);
	(void)mkdir(path, 0700);
	(void)snprintf(path, sizeof(path), "%s/documents/trust/1.json",
	    n->layout.state_dir);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes.data, 1, bytes.len, file), bytes.len);
	(void)fclose(file);
	(void)snprintf(path, sizeof(path), "%s/documents/trust/1.json.sig",
	    n->layout.state_dir);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(signatures.data, 1, signatures.len, file),
	    signatures.len);
	(void)fclose(file);
	buffer_fini(&bytes);
	buffer_fini(&signatures);
	document_fini(&d);
}

void
node_init_primary(struct node *n, struct loop *loop,
    struct worker_pool *workers, const char *dir)
{
	struct key_private *keys[TRUST_NROLES];
	unsigned int role;

	prepare(n, loop, workers, dir, CONFIGURATION_PRIMARY);
	keys[TRUST_AUTHORITY] = make_key(n, LAYOUT_KEY_AUTHORITY);
	keys[TRUST_PUBLISHER] = make_key(n, LAYOUT_KEY_PUBLISHER);
	keys[TRUST_POLICY] = make_key(n, LAYOUT_KEY_POLICY);
	keys[TRUST_PRIMARY] = make_key(n, LAYOUT_KEY_PRIMARY);
	make_marker(n, key_private_public(keys[TRUST_PRIMARY]));
	make_trust(n, keys);
	for (role = 0; role < TRUST_NROLES; role++)
		key_private_free(keys[role]);
	open_node(n);
}

void
node_init_site(struct node *n, struct loop *loop, struct worker_pool *workers,
    const struct node *primary, const char *dir, const char *name)
{
	char from[LAYOUT_PATH_SIZE], to[LAYOUT_PATH_SIZE],
	    command[2 * LAYOUT_PATH_SIZE + 32];
	struct key_private *key;

	prepare(n, loop, workers, dir, CONFIGURATION_SITE);
	(void)snprintf(n->configuration.name, sizeof(n->configuration.name),
	    "%s", name);
	key = make_key(n, LAYOUT_KEY_REPOSITORY);
	make_marker(n, key_private_public(key));
	key_private_free(key);
	layout_path(&primary->layout, LAYOUT_KEY_AUTHORITY, from);
	layout_path(&n->layout, LAYOUT_KEY_AUTHORITY, to);
	(void)snprintf(command, sizeof(command), "cp %s.pub %s.pub", from, to);
	ck_assert_int_eq(system(command), 0);
	open_node(n);
}

void
node_lose_index(struct node *n)
{
	char path[LAYOUT_PATH_SIZE];

	worker_drain(n->engine.workers);
	encodings_pool_free(n->engine.encodings);
	catalogue_close(n->catalogue);
	layout_path(&n->layout, LAYOUT_INDEX, path);
	ok(file_remove_tree(&n->files, AT_FDCWD, path), NULL);
	open_node(n);
}

void
node_fini(struct node *n)
{
	worker_drain(n->engine.workers);
	encodings_pool_free(n->engine.encodings);
	catalogue_close(n->catalogue);
}

void
node_add(struct node *primary, const struct node *site, const char *name)
{
	struct registration spec;
	struct failure f;

	memset(&spec, 0, sizeof(spec));
	(void)snprintf(spec.name, sizeof(spec.name), "%s", name);
	spec.has_key = 1;
	spec.key = *key_private_public(catalogue_key(site->catalogue));
	spec.reasons = 1;
	ok(registry_add(primary->catalogue, "test", &spec, &f), &f);
}

static void
ignore_warning(void *cookie, const char *text)
{
	(void)cookie;
	(void)text;
}

void
node_apply(struct node *primary, const char *text)
{
	struct failure f;
	size_t n;

	ok(policies_apply_text(primary->catalogue, "test", text, strlen(text),
	       "policy.yaml", ignore_warning, NULL, &n, &f),
	    &f);
}

void
node_publish(struct node *primary, const char *image, const char *version,
    const char *path)
{
	struct publication_result result;
	struct publication_spec spec;
	struct publication *p;
	struct labels labels;
	struct failure f;
	const char *name;
	int fd;

	labels_init(&labels);
	memset(&spec, 0, sizeof(spec));
	name = "disk.img";
	spec.image = image;
	spec.version = version;
	spec.labels = &labels;
	spec.names = &name;
	spec.nfiles = 1;
	ok(publication_begin(primary->catalogue, &spec, &p, &f), &f);
	fd = open(path, O_RDONLY);
	ck_assert_int_ge(fd, 0);
	ok(publication_ingest(p, 0, fd, NULL, NULL, &f), &f);
	(void)close(fd);
	publication_result_init(&result);
	ok(publication_commit(p, &result, &f), &f);
	publication_result_fini(&result);
	publication_free(p);
}

/* A session that is going on. */
struct contact {
	struct receiver *receiver;
	struct run *run;
	int over;
};

static void
on_receiver_closed(void *cookie, int64_t next_s)
{
	struct contact *contact;

	(void)next_s;
	contact = cookie;
	receiver_take_run(contact->receiver, contact->run);
	receiver_free(contact->receiver);
	contact->over = 1;
}

static void
on_receiver_progress(void *cookie)
{
	(void)cookie;
}

/* A pair of stream sockets; each end is used for reading and writing. */
static struct link *
make_link(struct node *n, const char *name, int fd)
{
	struct link *link;
	int other;

	other = dup(fd);
	ck_assert_int_ge(other, 0);
	link = link_fd_new(n->engine.loop, &n->clock, name, fd, other);
	ck_assert_ptr_nonnull(link);
	return link;
}

/* Move what there is from one socket to another; -1 when it is over. */
static ssize_t
move(int from, int to, size_t max)
{
	char buf[4096];
	ssize_t n, done, k;

	if (max > sizeof(buf))
		max = sizeof(buf);
	n = recv(from, buf, max, MSG_DONTWAIT);
	/* Who closes and has not read all resets; what it sent comes yet. */
	if (n < 0 && (errno == EAGAIN || errno == ECONNRESET))
		return 0;
	if (n <= 0)
		return -1;
	for (done = 0; done < n; done += k) {
		k = send(to, buf + done, (size_t)(n - done), MSG_NOSIGNAL);
		if (k <= 0)
			return -1;
	}
	return n;
}

/* A wire with a cut in it: to the site at most left bytes. */
struct wire {
	int primary; /* Our end of the primary's link; -1: cut. */
	int site;
	uint64_t left;
};

static void
cut(struct wire *wire)
{
	if (wire->primary < 0)
		return;
	(void)close(wire->primary);
	(void)close(wire->site);
	wire->primary = wire->site = -1;
}

static void
carry(struct wire *wire)
{
	ssize_t down, up;
	size_t max;

	if (wire->primary < 0)
		return;
	max = wire->left > 4096 ? 4096 : (size_t)wire->left;
	down = max == 0 ? -1 : move(wire->primary, wire->site, max);
	up = move(wire->site, wire->primary, 4096);
	if (down > 0)
		wire->left -= (uint64_t)down;
	/* What the primary said before it left still goes to the site. */
	if (up < 0)
		(void)shutdown(wire->primary, SHUT_WR);
	if (down < 0)
		cut(wire);
}

struct talk {
	struct node *primary;
	struct hub *hub;
	struct wire wire;
};

struct talk *
talk_new(struct node *primary, struct node *site, uint64_t nbytes,
    struct link **link)
{
	struct talk *t;
	int a[2], b[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
	t = calloc(1, sizeof(*t));
	ck_assert_ptr_nonnull(t);
	t->primary = primary;
	t->wire.primary = a[1];
	t->wire.site = b[1];
	t->wire.left = nbytes;
	t->hub = hub_new(&primary->engine);
	hub_accept(t->hub, make_link(primary, "site", a[0]), NULL);
	*link = make_link(site, "primary", b[0]);
	return t;
}

void
talk_turn(struct talk *t)
{
	carry(&t->wire);
	loop_turn(t->primary->engine.loop);
	(void)usleep(20);
}

void
talk_free(struct talk *t)
{
	cut(&t->wire);
	hub_free(t->hub);
	worker_drain(t->primary->engine.workers);
	free(t);
}

/* Run a session to its end. */
static void
finish(struct talk *t, struct node *site, struct link *link, struct run *run)
{
	static const struct receiver_events events = {
		.on_closed = on_receiver_closed,
		.on_progress = on_receiver_progress,
	};
	struct contact contact;

	contact.run = run;
	contact.over = 0;
	contact.receiver =
	    receiver_new(&site->engine, link, run, &events, &contact);
	ck_assert_ptr_nonnull(contact.receiver);
	while (!contact.over)
		talk_turn(t);
	talk_free(t);
}

void
network_contact(struct node *primary, struct node *site, struct run *run)
{
	network_contact_cut(primary, site, UINT64_MAX, run);
}

void
network_contact_cut(struct node *primary, struct node *site, uint64_t nbytes,
    struct run *run)
{
	struct link *link;
	struct talk *t;

	t = talk_new(primary, site, nbytes, &link);
	finish(t, site, link, run);
}
