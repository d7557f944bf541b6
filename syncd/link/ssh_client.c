/*
 * SSH through libssh2, the only file that knows it.
 *
 * libssh2's non-blocking mode has one bad corner: a packet that was sent in
 * part.  Until it is complete, every other function that would send (an
 * answer to a keepalive, a window's adjustment, the beginning of a key
 * exchange) fails or spoils the connection.  So here no packet is ever sent
 * in part: what libssh2 sends is always taken whole, and the only reason for
 * LIBSSH2_ERROR_EAGAIN is that bytes of the far side are lacking.
 */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <libssh2.h>

#include "proto/errors.h"

#include "syncd/link/ssh_client.h"

/*
 * How much one call takes off the wire beyond what it was asked for: enough
 * for every whole packet; and all that libssh2 queues is bounded by it, not
 * by the receive window.
 */
#define WIRE_BUDGET 40000u

/* What a far side says when it takes leave, as far as we keep it. */
#define LEAVE_SIZE 256u

/* The most that one packet of the channel may hold. */
#define PACKET_SIZE 32768u

/*
 * What stands before each allocation of libssh2.  They are counted, and
 * kept in a list because libssh2 forgets some when a connection ends in the
 * middle of something.
 */
struct chunk {
	LIST_ENTRY(chunk) next;
	size_t size;
	max_align_t data[];
};

struct ssh_client {
	LIBSSH2_SESSION *session;
	LIBSSH2_CHANNEL *channel; /* NULL until opened. */
	struct ssh_client_wire wire;
	int fd;
	LIST_HEAD(, chunk) chunks;
	size_t memory; /* Of all chunks. */
	size_t memory_max;
	size_t budget; /* Bytes that may still be taken off the wire. */
	int dead;      /* Being freed: the wire is gone. */
	int handshaken;
	int running; /* The command was started. */
	const struct key_private *key;
	char leave[LEAVE_SIZE];
};

/* The algorithms, best first; what this libssh2 does not know is left out. */
static const struct {
	int type;
	const char *names[5];
} methods[] = {
	{ LIBSSH2_METHOD_KEX, { "curve25519-sha256" } },
	{ LIBSSH2_METHOD_HOSTKEY, { "ssh-ed25519" } },
	{ LIBSSH2_METHOD_CRYPT_CS,
	    { "aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr",
		"aes256-ctr" } },
	{ LIBSSH2_METHOD_CRYPT_SC,
	    { "aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr",
		"aes256-ctr" } },
	{ LIBSSH2_METHOD_MAC_CS, { "hmac-sha2-256" } },
	{ LIBSSH2_METHOD_MAC_SC, { "hmac-sha2-256" } },
	{ LIBSSH2_METHOD_COMP_CS, { "none" } },
	{ LIBSSH2_METHOD_COMP_SC, { "none" } },
};

#define NMETHODS (sizeof(methods) / sizeof(methods[0]))

/* The chunk whose data libssh2 knows. */
static struct chunk *
chunk_of(void *data)
{
	void *chunk;

	chunk = (char *)data - offsetof(struct chunk, data);
	return chunk;
}

/* Take size bytes, within the limit; NULL if they cannot be had. */
static void *
chunk_new(struct ssh_client *c, size_t size)
{
	struct chunk *chunk;
	size_t total;

	total = sizeof(*chunk) + size;
	if (size > c->memory_max || total > c->memory_max - c->memory)
		return NULL;
	chunk = malloc(total);
	if (chunk == NULL)
		return NULL;
	chunk->size = size;
	LIST_INSERT_HEAD(&c->chunks, chunk, next);
	c->memory += total;
	return chunk->data;
}

/* Give it back. */
static void
chunk_free(struct ssh_client *c, struct chunk *chunk)
{
	c->memory -= sizeof(*chunk) + chunk->size;
	LIST_REMOVE(chunk, next);
	free(chunk);
}

static LIBSSH2_ALLOC_FUNC(on_alloc)
{
	return chunk_new(*abstract, count);
}

static LIBSSH2_FREE_FUNC(on_free)
{
	if (ptr != NULL)
		chunk_free(*abstract, chunk_of(ptr));
}

static LIBSSH2_REALLOC_FUNC(on_realloc)
{
	void *data;
	size_t old;

	data = chunk_new(*abstract, count);
	if (data == NULL || ptr == NULL)
		return data;
	old = chunk_of(ptr)->size;
	memcpy(data, ptr, old < count ? old : count);
	chunk_free(*abstract, chunk_of(ptr));
	return data;
}

static LIBSSH2_RECV_FUNC(on_receive)
{
	struct ssh_client *c = *abstract;
	size_t n;

	(void)socket;
	(void)flags;
	if (c->dead)
		return -ECONNRESET;
	if (length > c->budget)
		length = c->budget;
	n = length == 0 ? 0 : c->wire.receive(c->wire.cookie, buffer, length);
	c->budget -= n;
	return n == 0 ? -EAGAIN : (ssize_t)n;
}

static LIBSSH2_SEND_FUNC(on_send)
{
	struct ssh_client *c = *abstract;

	(void)socket;
	(void)flags;
	if (c->dead || c->wire.send(c->wire.cookie, buffer, length) != PH_OK)
		return -EPIPE;
	return (ssize_t)length;
}

static LIBSSH2_DISCONNECT_FUNC(on_disconnect)
{
	struct ssh_client *c = *abstract;
	size_t len;

	(void)session;
	(void)reason;
	(void)language;
	(void)language_len;
	if (message == NULL || message_len <= 0)
		return;
	len = (size_t)message_len;
	if (len >= sizeof(c->leave))
		len = sizeof(c->leave) - 1;
	memcpy(c->leave, message, len);
	c->leave[len] = '\0';
}

static LIBSSH2_USERAUTH_PUBLICKEY_SIGN_FUNC(on_sign)
{
	struct ssh_client *c = *abstract;
	uint8_t raw[KEY_SIGNATURE_SIZE];

	(void)session;
	if (key_sign(c->key, data, data_len, raw) != PH_OK)
		return -1;
	/* libssh2 frees it. */
	*sig = chunk_new(c, sizeof(raw));
	if (*sig == NULL)
		return -1;
	memcpy(*sig, raw, sizeof(raw));
	*sig_len = sizeof(raw);
	return 0;
}

/* Give libssh2 a function as the pointer to void that it wants. */
static void
set_callback(struct ssh_client *c, int type, void (*function)(void))
{
	void *p;

	_Static_assert(sizeof(p) == sizeof(function), "as POSIX has it");
	memcpy(&p, &function, sizeof(p));
	(void)libssh2_session_callback_set(c->session, type, p);
}

/* 1 when name is among the n names at known. */
static int
is_known(const char *const *known, int n, const char *name)
{
	int i;

	for (i = 0; i < n; i++) {
		if (strcmp(known[i], name) == 0)
			return 1;
	}
	return 0;
}

/*
 * Pin the algorithms of one type.  libssh2 would leave out unknown names
 * itself, but with a memcpy() that overlaps.
 */
static int
pin(LIBSSH2_SESSION *session, int type, const char *const *names, size_t max)
{
	const char **known;
	char list[256];
	size_t i;
	int n, r;

	known = NULL;
	n = libssh2_session_supported_algs(session, type, &known);
	if (n < 0)
		return PH_ENOMEM;
	list[0] = '\0';
	for (i = 0; i < max && names[i] != NULL; i++) {
		if (!is_known(known, n, names[i]))
			continue;
		assert(strlen(list) + strlen(names[i]) + 2 <= sizeof(list));
		if (list[0] != '\0')
			strcat(list, ",");
		strcat(list, names[i]);
	}
	libssh2_free(session, known);
	r = libssh2_session_method_pref(session, type, list);
	return r == 0 ? PH_OK : PH_ENOMEM;
}

struct ssh_client *
ssh_client_new(const struct ssh_client_wire *wire, int fd, size_t memory_max)
{
	struct ssh_client *c;
	size_t i;

	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return NULL;
	LIST_INIT(&c->chunks);
	c->wire = *wire;
	c->fd = fd;
	c->memory_max = memory_max;
	c->session = libssh2_session_init_ex(on_alloc, on_free, on_realloc, c);
	if (c->session == NULL)
		goto fail;
	libssh2_session_set_blocking(c->session, 0);
	set_callback(c, LIBSSH2_CALLBACK_RECV, (void (*)(void))on_receive);
	set_callback(c, LIBSSH2_CALLBACK_SEND, (void (*)(void))on_send);
	set_callback(c, LIBSSH2_CALLBACK_DISCONNECT,
	    (void (*)(void))on_disconnect);
	for (i = 0; i < NMETHODS; i++) {
		if (pin(c->session, methods[i].type, methods[i].names,
			sizeof(methods[i].names) / sizeof(char *)) != PH_OK)
			goto fail;
	}
	return c;
fail:
	ssh_client_free(c);
	return NULL;
}

int
ssh_client_handshake(struct ssh_client *c)
{
	int r;

	c->budget = WIRE_BUDGET;
	r = libssh2_session_handshake(c->session, c->fd);
	switch (r) {
	case 0:
		c->handshaken = 1;
		return PH_OK;
	case LIBSSH2_ERROR_EAGAIN:
		return SSH_CLIENT_WAIT;
	case LIBSSH2_ERROR_KEX_FAILURE:
		return PH_EALGORITHM;
	case LIBSSH2_ERROR_ALLOC:
		return PH_ENOMEM;
	default:
		return PH_ECONNECT;
	}
}

int
ssh_client_check_host(const struct ssh_client *c,
    const struct key_public *pinned, char found[KEY_FINGERPRINT_SIZE])
{
	struct key_public key;
	const char *blob;
	size_t len;
	int type;

	found[0] = '\0';
	blob = libssh2_session_hostkey(c->session, &len, &type);
	if (blob == NULL || key_from_blob(blob, len, &key) != PH_OK)
		return PH_EHOSTKEY;
	key_fingerprint(&key, found);
	return key_equal(&key, pinned) ? PH_OK : PH_EHOSTKEY;
}

int
ssh_client_auth(struct ssh_client *c, const char *user,
    const struct key_private *key)
{
	uint8_t blob[KEY_BLOB_SIZE];
	void *cookie;
	int r;

	key_blob(key_private_public(key), blob);
	c->budget = WIRE_BUDGET;
	c->key = key;
	cookie = c;
	r = libssh2_userauth_publickey(c->session, user, blob, sizeof(blob),
	    on_sign, &cookie);
	c->key = NULL;
	switch (r) {
	case 0:
		return PH_OK;
	case LIBSSH2_ERROR_EAGAIN:
		return SSH_CLIENT_WAIT;
	case LIBSSH2_ERROR_AUTHENTICATION_FAILED:
		return PH_EUSERKEY;
	case LIBSSH2_ERROR_ALLOC:
		return PH_ENOMEM;
	default:
		/* Shown the door, with a word about it, or just cut. */
		return c->leave[0] != '\0' ? PH_EUSERKEY : PH_ECONNECT;
	}
}

int
ssh_client_open(struct ssh_client *c, uint32_t window, const char *command)
{
	int r;

	c->budget = WIRE_BUDGET;
	if (c->channel == NULL) {
		c->channel = libssh2_channel_open_ex(c->session, "session", 7,
		    window, PACKET_SIZE, NULL, 0);
		if (c->channel == NULL) {
			r = libssh2_session_last_errno(c->session);
			return r == LIBSSH2_ERROR_EAGAIN ? SSH_CLIENT_WAIT :
							   PH_EGATE;
		}
	}
	r = libssh2_channel_process_startup(c->channel, "exec", 4, command,
	    (unsigned int)strlen(command));
	if (r == LIBSSH2_ERROR_EAGAIN)
		return SSH_CLIENT_WAIT;
	if (r != 0)
		return PH_EGATE;
	c->running = 1;
	return PH_OK;
}

/* Read a stream of the channel; 0 is SSH_CLIENT_END. */
static int
read_stream(struct ssh_client *c, int stream, void *buf, size_t len, size_t *n)
{
	ssize_t r;

	assert(c->running);
	*n = 0;
	c->budget = len > WIRE_BUDGET ? len : WIRE_BUDGET;
	r = libssh2_channel_read_ex(c->channel, stream, buf, len);
	if (r > 0) {
		*n = (size_t)r;
		return PH_OK;
	}
	if (r == 0)
		return SSH_CLIENT_END;
	return r == LIBSSH2_ERROR_EAGAIN ? SSH_CLIENT_WAIT : PH_ECUT;
}

int
ssh_client_read(struct ssh_client *c, void *buf, size_t len, size_t *n)
{
	return read_stream(c, 0, buf, len, n);
}

int
ssh_client_read_words(struct ssh_client *c, void *buf, size_t len, size_t *n)
{
	int r;

	r = read_stream(c, SSH_EXTENDED_DATA_STDERR, buf, len, n);
	return r == SSH_CLIENT_END ? SSH_CLIENT_WAIT : r;
}

int
ssh_client_write(struct ssh_client *c, const void *buf, size_t len, size_t *n)
{
	ssize_t r;

	assert(c->running && len > 0 && len <= SSH_CLIENT_PIECE);
	*n = 0;
	c->budget = WIRE_BUDGET;
	r = libssh2_channel_write_ex(c->channel, 0, buf, len);
	if (r > 0) {
		*n = (size_t)r;
		return PH_OK;
	}
	/* 0: the far side's window is full. */
	return r == 0 || r == LIBSSH2_ERROR_EAGAIN ? SSH_CLIENT_WAIT : PH_ECUT;
}

int
ssh_client_finish(struct ssh_client *c)
{
	int r;

	assert(c->running);
	c->budget = WIRE_BUDGET;
	r = libssh2_channel_send_eof(c->channel);
	if (r == 0)
		return PH_OK;
	return r == LIBSSH2_ERROR_EAGAIN ? SSH_CLIENT_WAIT : PH_ECUT;
}

int
ssh_client_closed(struct ssh_client *c, int *status)
{
	char *signal_name;
	int r;

	c->budget = WIRE_BUDGET;
	r = libssh2_channel_wait_closed(c->channel);
	if (r == LIBSSH2_ERROR_EAGAIN)
		return SSH_CLIENT_WAIT;
	if (r != 0)
		return PH_ECUT;
	*status = libssh2_channel_get_exit_status(c->channel) & 255;
	signal_name = NULL;
	(void)libssh2_channel_get_exit_signal(c->channel, &signal_name, NULL,
	    NULL, NULL, NULL, NULL);
	if (signal_name != NULL) {
		*status = 255;
		libssh2_free(c->session, signal_name);
	}
	return PH_OK;
}

const char *
ssh_client_leave(const struct ssh_client *c)
{
	return c->leave;
}

const char *
ssh_client_error(struct ssh_client *c)
{
	char *message;

	message = NULL;
	(void)libssh2_session_last_error(c->session, &message, NULL, 0);
	return message == NULL ? "" : message;
}

void
ssh_client_free(struct ssh_client *c)
{
	struct chunk *chunk;

	if (c == NULL)
		return;
	if (c->session != NULL) {
		c->budget = 0;
		if (c->running)
			(void)libssh2_channel_close(c->channel);
		/*
		 * With a wire that is gone nothing waits any more.  What was
		 * begun is called once again, to fail and to clean up: the
		 * session alone would lose what a key exchange holds.
		 */
		c->dead = 1;
		if (!c->handshaken)
			(void)libssh2_session_handshake(c->session, c->fd);
		(void)libssh2_session_free(c->session);
	}
	/* The analyzer does not see that an element leaves the list. */
	while ((chunk = LIST_FIRST(&c->chunks)) != NULL)
		chunk_free(c, chunk); /* NOLINT(clang-analyzer-unix.Malloc) */
	free(c);
}
