/*
 * A TCP relay that behaves like a bad line: slow, long, and cut at a byte.
 *
 *	relay --listen ADDRESS:PORT --to HOST:PORT [--delay MS]
 *	    [--rate BYTES-PER-SECOND] [--cut-after BYTES]
 *	    [--direction up|down] [--cut-at-random SEED MAX]
 *	    [--stall-after BYTES] [--once] [--max-seconds N]
 *
 * It prints the port that it listens on, and at its end the bytes that it
 * passed on.  "up" is from who connects to where the relay connects.
 *
 * --delay is the time that each byte takes, in each direction; --rate is for
 * each direction of each connection.  --cut-after and --stall-after count
 * what a connection passed on, in the one direction or in both; a cut is a
 * reset of both sides, a stall passes nothing on any more.  --cut-at-random
 * cuts each connection at another number of bytes below MAX.  SIGUSR1 cuts
 * all connections now.  After --max-seconds (600) it ends by itself.
 *
 * Bytes are read at the rate, marked with the moment at which they are due,
 * and held until then; what is held is bounded, and what is not read is the
 * sender's to hold.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "syncd/link/bucket.h"

#define NEVER INT64_MAX

/* Held in one direction: without a delay; with one and without a rate. */
#define HOLD_MIN (256u << 10)
#define HOLD_MAX (64u << 20)

/* Bytes that are read so closely after one another are due together. */
#define MARK_US 200
#define MARKS 65536u

#define READ_MAX (128u << 10)
#define EVENTS_MAX 64

/* The bytes up to this one, counted from the first, are due then. */
struct mark {
	uint64_t upto;
	int64_t due_us;
};

/* One direction of a connection. */
struct way {
	int from;
	int to;
	uint8_t *ring;
	size_t size;
	uint64_t in;  /* Bytes read. */
	uint64_t out; /* Bytes passed on. */
	struct mark *marks;
	uint32_t first_mark; /* Modulo MARKS. */
	uint32_t nmarks;
	struct bucket bucket;
	int ended;      /* The end was read... */
	int64_t end_us; /* ... and is due then. */
	int finished;   /* The end was passed on. */
};

struct connection {
	TAILQ_ENTRY(connection) next;
	int client;
	int server;
	int connected;
	uint32_t client_events; /* As epoll knows them. */
	uint32_t server_events;
	uint64_t cut_at; /* UINT64_MAX: never. */
	struct way up;
	struct way down;
};

static struct {
	const char *listen;
	const char *to;
	uint64_t delay_ms;
	uint64_t rate;
	uint64_t cut_after;
	uint64_t stall_after;
	int count_up;
	int count_down;
	uint64_t seed;
	uint64_t random_max; /* 0: no cut at random. */
	int once;
	uint64_t max_seconds;
} options = {
	.cut_after = UINT64_MAX,
	.stall_after = UINT64_MAX,
	.count_up = 1,
	.count_down = 1,
	.max_seconds = 600,
};

static TAILQ_HEAD(, connection) connections = TAILQ_HEAD_INITIALIZER(
    connections);
static int epoll_fd, listen_fd;
static int64_t delay_us, served_us;
static struct addrinfo *target;
static uint64_t passed_up, passed_down;
static unsigned int naccepted;
static volatile sig_atomic_t stop, cut_all;

static void
die(const char *what)
{
	(void)fprintf(stderr, "relay: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void
usage(void)
{
	(void)fprintf(stderr, "relay: see the beginning of relay.c\n");
	exit(2);
}

static int64_t
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* The next number of a small generator (splitmix64). */
static uint64_t
next_random(void)
{
	uint64_t z;

	options.seed += UINT64_C(0x9e3779b97f4a7c15);
	z = options.seed;
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void
on_signal(int signo)
{
	if (signo == SIGUSR1)
		cut_all = 1;
	else
		stop = 1;
}

/* Room for what is on the way: rate times delay, and a bit. */
static size_t
hold_size(void)
{
	uint64_t size;

	if (delay_us == 0)
		return HOLD_MIN;
	if (options.rate == 0)
		return HOLD_MAX;
	size = options.rate / 1000 * (uint64_t)delay_us / 1000;
	size += size / 4 + HOLD_MIN;
	return size > HOLD_MAX ? HOLD_MAX : (size_t)size;
}

static void
way_open(struct way *w, int from, int to)
{
	w->from = from;
	w->to = to;
	w->size = hold_size();
	/* Only what is used takes memory. */
	w->ring = mmap(NULL, w->size, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	w->marks = calloc(MARKS, sizeof(struct mark));
	if (w->ring == MAP_FAILED || w->marks == NULL)
		die("memory");
	bucket_init(&w->bucket);
	bucket_set_rate(&w->bucket, options.rate, now_us() / 1000);
}

/* Bytes that were read by now are due a delay later. */
static void
put_mark(struct way *w, int64_t now)
{
	struct mark *last;

	if (w->nmarks > 0) {
		last = &w->marks[(w->first_mark + w->nmarks - 1) % MARKS];
		if (w->nmarks == MARKS ||
		    now + delay_us - last->due_us < MARK_US) {
			last->upto = w->in;
			return;
		}
	}
	last = &w->marks[(w->first_mark + w->nmarks++) % MARKS];
	last->upto = w->in;
	last->due_us = now + delay_us;
}

/* How many bytes are due. */
static uint64_t
due_bytes(const struct way *w, int64_t now)
{
	uint64_t upto;
	uint32_t i;

	upto = w->out;
	for (i = 0; i < w->nmarks; i++) {
		const struct mark *m = &w->marks[(w->first_mark + i) % MARKS];

		if (m->due_us > now)
			break;
		upto = m->upto;
	}
	return upto - w->out;
}

/* When something of the way is due; NEVER when nothing is held. */
static int64_t
next_due(const struct way *w)
{
	if (w->nmarks > 0)
		return w->marks[w->first_mark].due_us;
	return w->ended && !w->finished ? w->end_us : NEVER;
}

/* How much may be read now. */
static size_t
readable(struct way *w, int64_t now)
{
	size_t room, ready, at;

	if (w->ended)
		return 0;
	room = w->size - (size_t)(w->in - w->out);
	at = (size_t)(w->in % w->size);
	if (room > w->size - at)
		room = w->size - at;
	if (room > READ_MAX)
		room = READ_MAX;
	ready = bucket_ready(&w->bucket, now / 1000);
	return room < ready ? room : ready;
}

/* Read what there is room and rate for.  0, or -1 when the side is broken. */
static int
way_read(struct way *w, int64_t now)
{
	size_t len;
	ssize_t n;

	while ((len = readable(w, now)) > 0) {
		n = read(w->from, w->ring + w->in % w->size, len);
		if (n == -1)
			return errno == EAGAIN || errno == EINTR ? 0 : -1;
		if (n == 0) {
			w->ended = 1;
			w->end_us = now + delay_us;
			return 0;
		}
		bucket_take(&w->bucket, (size_t)n);
		w->in += (uint64_t)n;
		put_mark(w, now);
		if ((size_t)n < len)
			return 0;
	}
	return 0;
}

/*
 * Pass on what is due, at most limit bytes.  0, or -1 when the side is
 * broken.
 */
static int
way_write(struct way *w, int64_t now, uint64_t limit, uint64_t *total)
{
	uint64_t due;
	size_t len, at;
	ssize_t n;

	due = due_bytes(w, now);
	if (due > limit)
		due = limit;
	while (due > 0) {
		at = (size_t)(w->out % w->size);
		len = due < w->size - at ? (size_t)due : w->size - at;
		n = send(w->to, w->ring + at, len, MSG_NOSIGNAL);
		if (n == -1)
			return errno == EAGAIN || errno == EINTR ? 0 : -1;
		w->out += (uint64_t)n;
		*total += (uint64_t)n;
		due -= (uint64_t)n;
		while (
		    w->nmarks > 0 && w->marks[w->first_mark].upto <= w->out) {
			w->first_mark = (w->first_mark + 1) % MARKS;
			w->nmarks--;
		}
	}
	if (w->ended && !w->finished && w->out == w->in && w->end_us <= now) {
		(void)shutdown(w->to, SHUT_WR);
		w->finished = 1;
	}
	return 0;
}

/* What counts for a cut and a stall. */
static uint64_t
counted(const struct connection *c)
{
	return (options.count_up ? c->up.out : 0) +
	    (options.count_down ? c->down.out : 0);
}

/* How many more bytes may pass in a way of a connection not stalled. */
static uint64_t
allowed(const struct connection *c, int counts)
{
	uint64_t limit;

	if (!counts)
		return UINT64_MAX;
	limit = c->cut_at;
	if (limit > options.stall_after)
		limit = options.stall_after;
	return limit - counted(c);
}

static void
connection_close(struct connection *c, int reset)
{
	const struct linger hard = { .l_onoff = reset, .l_linger = 0 };
	const int fds[2] = { c->client, c->server };
	struct way *const ways[2] = { &c->up, &c->down };
	int i;

	for (i = 0; i < 2; i++) {
		(void)setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &hard,
		    sizeof(hard));
		(void)close(fds[i]);
		(void)munmap(ways[i]->ring, ways[i]->size);
		free(ways[i]->marks);
	}
	TAILQ_REMOVE(&connections, c, next);
	free(c);
	if (options.once)
		stop = 1;
}

/*
 * Tell epoll what a socket waits for, if that has changed.  One that waits
 * for nothing is taken out: epoll would report its end for ever.
 */
static void
watch(struct connection *c, int fd, uint32_t *known, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = c };
	int op;

	if (*known == events)
		return;
	op = *known == 0 ? EPOLL_CTL_ADD :
	    events == 0  ? EPOLL_CTL_DEL :
			   EPOLL_CTL_MOD;
	*known = events;
	if (epoll_ctl(epoll_fd, op, fd, &event) == -1)
		die("epoll_ctl");
}

/* Set what both sockets wait for. */
static void
watch_both(struct connection *c, int64_t now)
{
	uint32_t client, server;

	client = server = 0;
	if (!c->connected) {
		server = EPOLLOUT;
	} else if (counted(c) < options.stall_after) {
		if (readable(&c->up, now) > 0)
			client |= EPOLLIN;
		if (readable(&c->down, now) > 0)
			server |= EPOLLIN;
		if (due_bytes(&c->down, now) > 0)
			client |= EPOLLOUT;
		if (due_bytes(&c->up, now) > 0)
			server |= EPOLLOUT;
	}
	watch(c, c->client, &c->client_events, client);
	watch(c, c->server, &c->server_events, server);
}

/* Move what can be moved; the connection may be gone then. */
static void
serve(struct connection *c, int64_t now)
{
	int broken;

	broken = cut_all && c->connected;
	if (c->connected && counted(c) < options.stall_after) {
		broken |= way_read(&c->up, now) == -1 ||
		    way_read(&c->down, now) == -1 ||
		    way_write(&c->up, now, allowed(c, options.count_up),
			&passed_up) == -1 ||
		    way_write(&c->down, now, allowed(c, options.count_down),
			&passed_down) == -1 ||
		    counted(c) >= c->cut_at;
	}
	if (broken || (c->up.finished && c->down.finished))
		connection_close(c, broken);
	else
		watch_both(c, now);
}

/* Accept one, and connect to the target for it. */
static void
accept_one(void)
{
	static const int one = 1;
	struct connection *c;
	int fd;

	fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd == -1)
		return;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		die("memory");
	c->client = fd;
	c->server = socket(target->ai_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->server == -1)
		die("socket");
	c->cut_at = options.random_max > 0 ?
	    next_random() % options.random_max :
	    options.cut_after;
	(void)connect(c->server, target->ai_addr, target->ai_addrlen);
	way_open(&c->up, c->client, c->server);
	way_open(&c->down, c->server, c->client);
	(void)setsockopt(c->client, IPPROTO_TCP, TCP_NODELAY, &one,
	    sizeof(one));
	(void)setsockopt(c->server, IPPROTO_TCP, TCP_NODELAY, &one,
	    sizeof(one));
	watch_both(c, served_us);
	TAILQ_INSERT_TAIL(&connections, c, next);
	naccepted++;
	/* The next one is not accepted: it waits in vain. */
	if (options.once)
		(void)close(listen_fd);
}

/*
 * The moment of the next thing to do without any event, after all was done
 * that could be done at served_us.
 */
static int64_t
next_moment(int64_t end_us)
{
	struct connection *c;
	int64_t next, wait_ms;
	int i;

	next = end_us;
	TAILQ_FOREACH(c, &connections, next) {
		struct way *ways[2] = { &c->up, &c->down };

		for (i = 0; i < 2; i++) {
			int64_t due = next_due(ways[i]);

			/* What is due and not gone waits for its socket. */
			if (due > served_us && due < next)
				next = due;
			wait_ms =
			    bucket_wait_ms(&ways[i]->bucket, served_us / 1000);
			if (wait_ms > 0 && served_us + wait_ms * 1000 < next)
				next = served_us + wait_ms * 1000;
		}
	}
	return next;
}

/* Wait for events and handle them. */
static void
turn(int64_t end_us, const sigset_t *mask)
{
	struct epoll_event events[EVENTS_MAX];
	struct connection *c, *next;
	struct timespec timeout;
	int64_t wait_us;
	int i, n;

	wait_us = next_moment(end_us) - now_us();
	if (wait_us < 0)
		wait_us = 0;
	timeout.tv_sec = wait_us / 1000000;
	timeout.tv_nsec = wait_us % 1000000 * 1000;
	n = epoll_pwait2(epoll_fd, events, EVENTS_MAX, &timeout, mask);
	for (i = 0; i < n; i++) {
		c = events[i].data.ptr;
		if (c == NULL)
			accept_one();
		else
			/* Or not: then reading will say so. */
			c->connected = 1;
	}
	served_us = now_us();
	for (c = TAILQ_FIRST(&connections); c != NULL; c = next) {
		next = TAILQ_NEXT(c, next);
		serve(c, served_us);
	}
	cut_all = 0;
}

/* The addresses of HOST:PORT. */
static struct addrinfo *
resolve(const char *text, int flags)
{
	struct addrinfo hints, *found;
	char host[256];
	const char *colon;
	int r;

	colon = strrchr(text, ':');
	if (colon == NULL || (size_t)(colon - text) >= sizeof(host))
		usage();
	memcpy(host, text, (size_t)(colon - text));
	host[colon - text] = '\0';
	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = flags;
	r = getaddrinfo(host, colon + 1, &hints, &found);
	if (r != 0) {
		(void)fprintf(stderr, "relay: %s: %s\n", text, gai_strerror(r));
		exit(1);
	}
	return found;
}

/* Listen, and say where. */
static void
start_listening(void)
{
	struct addrinfo *address;
	struct sockaddr_in6 bound; /* Or the shorter sockaddr_in. */
	struct epoll_event event;
	socklen_t len;
	int one;

	address = resolve(options.listen, AI_PASSIVE | AI_NUMERICHOST);
	listen_fd = socket(address->ai_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	one = 1;
	(void)setsockopt(listen_fd, SOL_SOCKET, SO_REUSEADDR, &one,
	    sizeof(one));
	if (listen_fd == -1 ||
	    bind(listen_fd, address->ai_addr, address->ai_addrlen) == -1 ||
	    listen(listen_fd, 128) == -1)
		die(options.listen);
	freeaddrinfo(address);
	event.events = EPOLLIN;
	event.data.ptr = NULL;
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listen_fd, &event) == -1)
		die("epoll_ctl");
	memset(&bound, 0, sizeof(bound));
	len = sizeof(bound);
	(void)getsockname(listen_fd, (struct sockaddr *)&bound, &len);
	(void)printf("%u\n", ntohs(bound.sin6_port));
	(void)fflush(stdout);
}

/* A number of an option. */
static uint64_t
number(const char *text)
{
	unsigned long long value;
	char *end;

	if (text == NULL || text[0] < '0' || text[0] > '9')
		usage();
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0')
		usage();
	return value;
}

/* One option with its arguments; how many these are. */
static int
take_option(const char *name, char **args)
{
	static const struct {
		const char *name;
		uint64_t *value;
	} numbers[] = {
		{ "--delay", &options.delay_ms },
		{ "--rate", &options.rate },
		{ "--cut-after", &options.cut_after },
		{ "--stall-after", &options.stall_after },
		{ "--max-seconds", &options.max_seconds },
	};
	size_t i;

	if (strcmp(name, "--once") == 0) {
		options.once = 1;
		return 0;
	}
	if (args[0] == NULL)
		usage();
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (strcmp(name, numbers[i].name) == 0) {
			*numbers[i].value = number(args[0]);
			return 1;
		}
	}
	if (strcmp(name, "--listen") == 0) {
		options.listen = args[0];
	} else if (strcmp(name, "--to") == 0) {
		options.to = args[0];
	} else if (strcmp(name, "--direction") == 0) {
		options.count_up = strcmp(args[0], "up") == 0;
		options.count_down = strcmp(args[0], "down") == 0;
		if (!options.count_up && !options.count_down)
			usage();
	} else if (strcmp(name, "--cut-at-random") == 0) {
		options.seed = number(args[0]);
		options.random_max = number(args[1]);
		return 2;
	} else {
		usage();
	}
	return 1;
}

/* The signals come only while it waits. */
static void
catch_signals(sigset_t *mask)
{
	static const int signals[] = { SIGUSR1, SIGTERM, SIGINT, SIGHUP };
	struct sigaction action;
	sigset_t blocked;
	size_t i;

	memset(&action, 0, sizeof(action));
	action.sa_handler = on_signal;
	(void)sigemptyset(&blocked);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		(void)sigaction(signals[i], &action, NULL);
		(void)sigaddset(&blocked, signals[i]);
	}
	(void)sigprocmask(SIG_BLOCK, &blocked, mask);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sigdelset(mask, signals[i]);
}

int
main(int argc, char **argv)
{
	struct connection *c;
	sigset_t mask;
	int64_t end_us;
	int i;

	for (i = 1; i < argc; i++)
		i += take_option(argv[i], argv + i + 1);
	if (options.listen == NULL || options.to == NULL)
		usage();
	catch_signals(&mask);
	delay_us = (int64_t)options.delay_ms * 1000;
	end_us = now_us() + (int64_t)options.max_seconds * 1000000;
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd == -1)
		die("epoll_create1");
	target = resolve(options.to, 0);
	start_listening();
	while (!stop && now_us() < end_us)
		turn(end_us, &mask);
	while ((c = TAILQ_FIRST(&connections)) != NULL)
		connection_close(c, 1);
	freeaddrinfo(target);
	(void)printf("up %llu down %llu connections %u\n",
	    (unsigned long long)passed_up, (unsigned long long)passed_down,
	    naccepted);
	return 0;
}
