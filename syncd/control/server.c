/*
 * Listening for operators.
 */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "proto/control.h"
#include "proto/errors.h"
#include "proto/limits.h"
#include "proto/name.h"
#include "syncd/base/diag.h"
#include "syncd/control/connection.h"

#include "syncd/control/server.h"

/* Waiting in the kernel, besides those that we have accepted. */
#define BACKLOG 64

/* Groups that a process can be in (NGROUPS_MAX of the kernel is 65536). */
#define GROUPS_MAX 1024u

/* For looking up a user. */
#define NAMES_SIZE 16384u

struct client {
	LIST_ENTRY(client) next;
	struct server *server;
	struct connection *connection;
	int is_long; /* What it asked for may take very long. */
};

struct server {
	const struct control_context *context;
	struct sockaddr_un address;
	struct operators operators;
	int64_t request_ms;
	int64_t answer_ms;
	int fd;
	int bound; /* The socket's name is ours to remove. */
	struct loop_io *io;
	LIST_HEAD(, client) clients;
	size_t nclients;
	size_t nlong; /* Of these, with requests that may take very long. */
};

/* Forget a client. */
static void
client_drop(struct client *client)
{
	struct server *s = client->server;

	if (client->connection != NULL)
		connection_free(client->connection);
	LIST_REMOVE(client, next);
	s->nclients--;
	s->nlong -= (size_t)client->is_long;
	free(client);
}

/* A connection is over. */
static void
on_ended(void *cookie)
{
	client_drop(cookie);
}

/* A client asks for what may take very long. */
static int
on_long(void *cookie, struct failure *f)
{
	struct client *client = cookie;
	struct server *s = client->server;

	if (s->nlong < SERVER_LONG_MAX) {
		client->is_long = 1;
		s->nlong++;
		return PH_OK;
	}
	(void)failure_set(f, PH_EPEERBUSY,
	    "syncd has %u requests that take long, and takes no more",
	    SERVER_LONG_MAX);
	failure_next(f,
	    "end some of them (image publish, sync, verify, where), or try "
	    "again later");
	return PH_EPEERBUSY;
}

static const struct connection_events connection_events = {
	.on_long = on_long,
	.on_ended = on_ended,
};

/* 1 when the process at the other end is in the operators' group. */
static int
is_operator(const struct server *s, int fd, gid_t primary)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len;
	size_t i;

	if (!s->operators.has_group)
		return 0;
	if (primary == s->operators.group)
		return 1;
	len = sizeof(groups);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) == -1)
		return 0;
	for (i = 0; i < len / sizeof(groups[0]); i++) {
		if (groups[i] == s->operators.group)
			return 1;
	}
	return 0;
}

/* The name of a user as the log has it. */
static void
name_actor(uid_t uid, char out[PH_NAME_MAX + 1])
{
	char names[NAMES_SIZE];
	struct passwd entry, *found;

	found = NULL;
	if (getpwuid_r(uid, &entry, names, sizeof(names), &found) == 0 &&
	    found != NULL && name_valid(found->pw_name))
		(void)snprintf(out, PH_NAME_MAX + 1, "%s", found->pw_name);
	else
		(void)snprintf(out, PH_NAME_MAX + 1, "uid-%u",
		    (unsigned int)uid);
}

/* Say to one who may not come now why; who does not hear it, not. */
static void
refuse(int fd, const struct failure *f)
{
	struct buffer answer;

	buffer_init(&answer, CONTROL_HEADER_SIZE + PH_CONTROL_MAX);
	if (control_error_encode(f, NULL, 0, &answer) == PH_OK)
		(void)!send(fd, answer.data, answer.len,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
	buffer_fini(&answer);
}

/* Refuse a user who is no operator. */
static void
refuse_stranger(int fd, const char *actor)
{
	struct failure f;

	diag(DIAG_WARNING, "%s may not use the control socket", actor);
	(void)failure_set(&f, PH_EDENIED, "%s may not use the control socket",
	    actor);
	failure_next(&f,
	    "run syncctl as the user of syncd, or become a member of "
	    "operator_group");
	refuse(fd, &f);
}

/* Refuse one more client than are served. */
static void
refuse_busy(int fd)
{
	struct failure f;

	(void)failure_set(&f, PH_EPEERBUSY, "syncd serves %u clients already",
	    SERVER_CLIENTS_MAX);
	failure_next(&f, "end some of them, or try again in a few seconds");
	refuse(fd, &f);
}

/* 1 when the process at the other end may come; its user is then actor. */
static int
is_welcome(const struct server *s, int fd, char actor[PH_NAME_MAX + 1])
{
	struct ucred peer;
	socklen_t len;

	len = sizeof(peer);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1)
		return 0;
	name_actor(peer.uid, actor);
	if (peer.uid != 0 && peer.uid != geteuid() &&
	    !is_operator(s, fd, peer.gid)) {
		refuse_stranger(fd, actor);
		return 0;
	}
	if (s->nclients < SERVER_CLIENTS_MAX)
		return 1;
	refuse_busy(fd);
	return 0;
}

/* Serve a socket, which is taken. */
static void
client_new(struct server *s, int fd, const char *actor)
{
	struct client *client;

	client = calloc(1, sizeof(*client));
	if (client == NULL) {
		(void)close(fd);
		diag(DIAG_WARNING, "no memory for a client");
		return;
	}
	client->server = s;
	LIST_INSERT_HEAD(&s->clients, client, next);
	s->nclients++;
	client->connection = connection_new(s->context, fd, actor,
	    s->request_ms, s->answer_ms, &connection_events, client);
	if (client->connection == NULL) {
		diag(DIAG_WARNING, "no memory for a client");
		client_drop(client);
	}
}

/* Somebody connects. */
static void
on_listener(void *cookie, int events)
{
	struct server *s = cookie;
	char actor[PH_NAME_MAX + 1];
	int fd;

	(void)events;
	fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd == -1)
		return;
	if (is_welcome(s, fd, actor))
		client_new(s, fd, actor);
	else
		(void)close(fd);
}

/* Fill in the address.  PH_OK, or PH_ECONFIG with f. */
static int
set_address(struct server *s, const char *path, struct failure *f)
{
	size_t len;

	len = strlen(path);
	if (path[0] != '/' || len >= sizeof(s->address.sun_path)) {
		(void)failure_set(f, PH_ECONFIG,
		    "%s cannot be the control socket", path);
		failure_next(f,
		    "its path must be absolute and shorter than %zu bytes: "
		    "use a shorter state_dir",
		    sizeof(s->address.sun_path));
		return PH_ECONFIG;
	}
	s->address.sun_family = AF_UNIX;
	memcpy(s->address.sun_path, path, len);
	return PH_OK;
}

/* A failure of the system while making the socket. */
static int
fail_socket(const struct server *s, const char *what, struct failure *f)
{
	int code;

	code = errno == EACCES || errno == EPERM || errno == EROFS ? PH_EPERM :
								     PH_EIO;
	(void)failure_set(f, code, "%s: %s", what, strerror(errno));
	failure_where(f, "%s", s->address.sun_path);
	return code;
}

/*
 * Make way for our socket: one that nobody listens on is a dead syncd's.
 * Anything else is not ours to remove.
 */
static int
remove_stale(struct server *s, struct failure *f)
{
	const struct sockaddr *address = (const struct sockaddr *)&s->address;
	struct stat st;
	int fd, r;

	if (lstat(s->address.sun_path, &st) == -1)
		return errno == ENOENT ?
		    PH_OK :
		    fail_socket(s, "the control socket cannot be made", f);
	if (!S_ISSOCK(st.st_mode)) {
		errno = EEXIST;
		return fail_socket(s, "this is no socket", f);
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return fail_socket(s, "no socket", f);
	r = connect(fd, address, sizeof(s->address));
	(void)close(fd);
	if (r == -1 && errno == ECONNREFUSED) {
		if (unlink(s->address.sun_path) == -1)
			return fail_socket(s, "cannot remove a stale socket",
			    f);
		return PH_OK;
	}
	(void)failure_set(f, PH_EBUSY, "another syncd listens for operators");
	failure_where(f, "%s", s->address.sun_path);
	failure_next(f, "stop it, or give this one another state_dir");
	return PH_EBUSY;
}

/* Let the operators in. */
static int
give_to_group(struct server *s, struct failure *f)
{
	int r;

	if (!s->operators.has_group ||
	    chown(s->address.sun_path, (uid_t)-1, s->operators.group) == 0)
		return PH_OK;
	r = fail_socket(s, "the control socket cannot be given to a group", f);
	failure_next(f,
	    "make the user that runs syncd a member of operator_group, or "
	    "leave that out");
	return r;
}

/* Make the socket. */
static int
listen_at(struct server *s, struct failure *f)
{
	const struct sockaddr *address = (const struct sockaddr *)&s->address;
	int r;

	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd == -1)
		return fail_socket(s, "no socket", f);
	/* bind() gives the name this mode less the umask: never more. */
	if (fchmod(s->fd, 0600) == -1 ||
	    bind(s->fd, address, sizeof(s->address)) == -1)
		return fail_socket(s, "the control socket cannot be made", f);
	s->bound = 1;
	/* The group first: with the mode, the old one would be let in. */
	r = give_to_group(s, f);
	if (r != PH_OK)
		return r;
	if (chmod(s->address.sun_path, 0660) == -1 ||
	    listen(s->fd, BACKLOG) == -1)
		return fail_socket(s, "cannot listen for operators", f);
	s->io = loop_io_new(s->context->engine->loop, s->fd, on_listener, s);
	if (s->io == NULL)
		return failure_set(f, PH_ENOMEM,
		    "no memory for the control socket");
	loop_io_want(s->io, LOOP_READABLE);
	return PH_OK;
}

int
server_open(const struct control_context *context,
    const struct server_config *config, struct server **out, struct failure *f)
{
	struct server *s;
	int r;

	*out = NULL;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return failure_set(f, PH_ENOMEM,
		    "no memory for the control socket");
	s->context = context;
	s->operators = config->operators;
	s->fd = -1;
	LIST_INIT(&s->clients);
	s->request_ms = config->request_ms;
	if (s->request_ms == 0)
		s->request_ms = CONNECTION_REQUEST_MS;
	s->answer_ms = config->answer_ms;
	if (s->answer_ms == 0)
		s->answer_ms = CONNECTION_ANSWER_MS;
	r = set_address(s, config->path, f);
	if (r == PH_OK)
		r = remove_stale(s, f);
	if (r == PH_OK)
		r = listen_at(s, f);
	if (r != PH_OK)
		server_close(s);
	else
		*out = s;
	return r;
}

size_t
server_nclients(const struct server *s)
{
	return s->nclients;
}

void
server_close(struct server *s)
{
	struct client *client;

	if (s == NULL)
		return;
	/* The analyzer does not see that an element leaves the list. */
	while ((client = LIST_FIRST(&s->clients)) != NULL)
		client_drop(client); /* NOLINT(clang-analyzer-unix.Malloc) */
	loop_io_free(s->io);
	/* First the name: nobody shall find it and then be refused. */
	if (s->bound)
		(void)unlink(s->address.sun_path);
	if (s->fd != -1)
		(void)close(s->fd);
	free(s);
}
