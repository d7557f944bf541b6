/*
 * syncd: one repository, in the foreground, until it is told to stop.  Reads
 * the configuration, puts the parts together, and takes them apart again.
 */
#include <assert.h>
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/errors.h"
#include "syncd/base/diag.h"
#include "syncd/base/notify.h"
#include "syncd/config/configuration.h"
#include "syncd/config/layout.h"
#include "syncd/config/operators.h"
#include "syncd/config/standard_files.h"
#include "syncd/control/control_context.h"
#include "syncd/control/grant_news.h"
#include "syncd/control/reload.h"
#include "syncd/control/server.h"
#include "syncd/link/gate_listener.h"
#include "syncd/sync/upkeep.h"

#define USAGE                                                                  \
	"usage: syncd [--config FILE] [--check-config]\n"                      \
	"       syncd --version | --help\n"

/* The account that sshd logs repositories in to, where there is one. */
#define LINK_ACCOUNT "packhorse-link"

/*
 * Workers: the lanes of the catalogue, of receiving and of what operators
 * bring (control_context.h) may all wait for disks, or a pipe, at once.
 */
#define WORKERS_MIN 4
#define WORKERS_MAX 8

/* Descriptors we would like: clients, links, files being worked on. */
#define DESCRIPTORS_WANTED 65536

/* Time for a contact to end in order; and for all the rest. */
#define PARK_MS 2000
#define PARK_STEP_MS 20
#define STOP_SECONDS 10

/* For what was said last to be written. */
#define LAST_WORDS_MS 1000

struct options {
	const char *config_path;
	int check;
};

/*
 * Everything that there is one of.  The parts are made in the order in which
 * they stand here, and freed in the reverse order.
 */
struct daemon {
	const char *config_path;
	struct configuration *configuration; /* Owned; the engine's. */
	struct operators operators;
	struct layout layout;
	char gate_path[LAYOUT_PATH_SIZE]; /* "": there is no gate. */
	struct files files;
	struct clock clock;
	struct random random;
	struct loop *loop;
	struct notify *notify;
	struct loop_signal *signals[3];
	struct loop_timer *watchdog;
	struct loop_timer *parking;
	int64_t parked_ms; /* Since when we are parking; 0: we are not. */
	struct engine engine;
	struct control_context context;
	struct grant_news *news;
	struct hub *hub;   /* At a primary. */
	struct site *site; /* At a site. */
	struct upkeep *upkeep;
	struct gate_listener *gates;
	struct server *server;
};

/* A configuration that takes the place of another. */
struct change {
	struct catalogue *catalogue;
	struct configuration *old;
	const struct configuration *next;
};

/* Fail for want of memory. */
static int
no_memory(struct failure *f)
{
	return failure_set(f, PH_ENOMEM, "out of memory");
}

/*
 * The gate is beside us, or where packages put what people do not call; ""
 * when it is in neither place.
 */
static void
find_gate(char out[LAYOUT_PATH_SIZE])
{
	static const char *const places[] = {
		"syncd-gate",
		"../libexec/packhorse/syncd-gate",
		"../lib/packhorse/syncd-gate",
	};
	char self[LAYOUT_PATH_SIZE], path[2 * LAYOUT_PATH_SIZE], *slash;
	char *resolved;
	ssize_t n;
	size_t i;

	out[0] = '\0';
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (slash == NULL)
		return;
	*slash = '\0';
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", self, places[i]);
		resolved = realpath(path, NULL);
		if (resolved != NULL && strlen(resolved) < LAYOUT_PATH_SIZE &&
		    access(resolved, X_OK) == 0)
			(void)strcpy(out, resolved);
		free(resolved);
		if (out[0] != '\0')
			return;
	}
}

/* Take as many descriptors as we may. */
static void
raise_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur >= DESCRIPTORS_WANTED)
		return;
	limit.rlim_cur = limit.rlim_max < DESCRIPTORS_WANTED ?
	    limit.rlim_max :
	    DESCRIPTORS_WANTED;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		diag(DIAG_WARNING, "the limit of open files stays: %s",
		    strerror(errno));
}

/* How many workers: one for each processor, within reason. */
static int
count_workers(void)
{
	long n;

	n = sysconf(_SC_NPROCESSORS_ONLN);
	if (n < WORKERS_MIN)
		return WORKERS_MIN;
	return n > WORKERS_MAX ? WORKERS_MAX : (int)n;
}

/* The level that the operator wants to see. */
static void
set_level(const struct configuration *c)
{
	/* Both enums have the same order. */
	diag_set_level((enum diag_level)c->log_level);
}

/* A repository dialled in, or our primary dialled us. */
static void
on_gate(void *cookie, struct link *link, const char *id_hex,
    const char *fingerprint)
{
	struct daemon *d = cookie;
	struct peer_gate gate;

	if (digest_from_hex(id_hex, &gate.id) != PH_OK ||
	    key_id_from_fingerprint(fingerprint, &gate.fingerprint) != PH_OK) {
		diag(DIAG_WARNING, "a gate names no repository");
		link_free(link);
	} else if (d->hub != NULL) {
		hub_accept(d->hub, link, &gate);
	} else {
		site_accept(d->site, link);
	}
}

/* Still alive. */
static void
on_watchdog(void *cookie)
{
	struct daemon *d = cookie;

	notify_watchdog(d->notify);
	loop_timer_start(d->watchdog, notify_watchdog_ms(d->notify));
}

/* Wait for the contact to end in order; not for long. */
static void
on_parking(void *cookie)
{
	struct daemon *d = cookie;
	struct site_status status;

	if (d->site != NULL &&
	    clock_mono_ms(&d->clock) - d->parked_ms < PARK_MS) {
		site_get_status(d->site, &status);
		if (status.run != NULL) {
			loop_timer_start(d->parking, PARK_STEP_MS);
			return;
		}
	}
	loop_stop(d->loop);
}

/* SIGTERM, SIGINT: stop; the second one, at once. */
static void
on_stop(void *cookie)
{
	struct daemon *d = cookie;

	if (d->parked_ms != 0) {
		loop_stop(d->loop);
		return;
	}
	diag(DIAG_NOTICE, "stopping");
	notify_stopping(d->notify);
	d->parked_ms = clock_mono_ms(&d->clock) + 1;
	/* PH_EABSENT: no contact is going on. */
	if (d->site != NULL && site_cancel(d->site) != PH_OK)
		diag(DIAG_DEBUG, "no contact to park");
	loop_timer_start(d->parking, 0);
}

/* Lane: use the new one. */
static void
change_run(void *job)
{
	struct change *change = job;

	catalogue_reconfigure(change->catalogue, change->next);
}

/* Loop: nobody uses the old one any more. */
static void
change_done(void *job)
{
	struct change *change = job;

	free(change->old);
	free(change);
}

/*
 * Put a configuration in force, which is taken.  The lane may use the old one
 * until its jobs of before are done.  PH_OK, or nothing has changed.
 */
static int
put_in_force(struct daemon *d, struct configuration *next, struct failure *f)
{
	struct change *change;

	change = calloc(1, sizeof(*change));
	if (change == NULL) {
		free(next);
		return no_memory(f);
	}
	change->catalogue = d->engine.catalogue;
	change->old = d->configuration;
	change->next = next;
	if (worker_submit(d->engine.workers, d->engine.lane, change_run,
		change_done, change) != PH_OK) {
		free(change);
		free(next);
		return no_memory(f);
	}
	d->configuration = next;
	d->engine.configuration = next;
	set_level(next);
	encodings_pool_set_budget(d->engine.encodings, next->delta_cache);
	if (d->site != NULL)
		site_reconfigure(d->site);
	return PH_OK;
}

/* Read the configuration again.  PH_OK, or the old one stays. */
static int
reload(struct daemon *d, struct failure *f)
{
	struct configuration *next;
	int r;

	next = malloc(sizeof(*next));
	if (next == NULL)
		return no_memory(f);
	r = configuration_read(d->config_path, next, f);
	if (r == PH_OK) {
		r = reload_check(d->configuration, next, f);
		if (r != PH_OK)
			failure_where(f, "%s", d->config_path);
	}
	if (r != PH_OK) {
		free(next);
		return r;
	}
	return put_in_force(d, next, f);
}

/* SIGHUP. */
static void
on_reload(void *cookie)
{
	struct daemon *d = cookie;
	struct failure f;

	if (d->parked_ms != 0)
		return;
	notify_reloading(d->notify, clock_mono_ms(&d->clock));
	if (reload(d, &f) == PH_OK)
		diag(DIAG_NOTICE, "read %s again", d->config_path);
	else
		diag_failure(DIAG_ERROR, &f,
		    "the configuration stays as it was");
	notify_ready(d->notify);
}

/* The loop, and what it hears from outside. */
static int
start_loop(struct daemon *d, struct failure *f)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP };
	size_t i;

	d->loop = loop_new();
	d->notify = notify_new();
	if (d->loop == NULL || d->notify == NULL)
		return no_memory(f);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		d->signals[i] = loop_signal_new(d->loop, numbers[i],
		    numbers[i] == SIGHUP ? on_reload : on_stop, d);
		if (d->signals[i] == NULL)
			return no_memory(f);
	}
	d->watchdog = loop_timer_new(d->loop, on_watchdog, d);
	d->parking = loop_timer_new(d->loop, on_parking, d);
	if (d->watchdog == NULL || d->parking == NULL)
		return no_memory(f);
	return PH_OK;
}

/* What an operator should know is in the log of syncd, too. */
static void
on_notice(void *cookie, const char *text)
{
	(void)cookie;
	diag(DIAG_NOTICE, "%s", text);
}

/* Workers, catalogue, and what all share. */
static int
start_engine(struct daemon *d, struct failure *f)
{
	struct catalogue_config config;
	struct engine *e = &d->engine;
	int r;

	find_gate(d->gate_path);
	if (d->gate_path[0] == '\0' &&
	    d->configuration->role == CONFIGURATION_PRIMARY)
		diag(DIAG_WARNING,
		    "syncd-gate is not beside syncd: no repository can be let "
		    "in");
	config.configuration = d->configuration;
	config.layout = &d->layout;
	config.files = &d->files;
	config.clock = &d->clock;
	config.random = &d->random;
	config.gate_path = d->gate_path[0] == '\0' ? NULL : d->gate_path;
	r = catalogue_open(&config, &e->catalogue, f);
	if (r != PH_OK)
		return r;
	catalogue_notices(e->catalogue, on_notice, NULL);
	e->loop = d->loop;
	e->clock = &d->clock;
	e->random = &d->random;
	e->configuration = d->configuration;
	e->workers = worker_pool_new(d->loop, count_workers());
	if (e->workers == NULL)
		return no_memory(f);
	e->lane = worker_lane_new(e->workers);
	e->receive_lane = worker_lane_new(e->workers);
	e->encodings =
	    encodings_pool_new(e->workers, catalogue_store(e->catalogue),
		catalogue_space(e->catalogue), d->configuration->delta_cache);
	d->context.file_lane = worker_lane_new(e->workers);
	d->context.pipe_lane = worker_lane_new(e->workers);
	if (e->lane == NULL || e->receive_lane == NULL ||
	    e->encodings == NULL || d->context.file_lane == NULL ||
	    d->context.pipe_lane == NULL)
		return no_memory(f);
	return PH_OK;
}

/* Those who talk to other repositories. */
static int
start_sessions(struct daemon *d, struct failure *f)
{
	if (d->configuration->role == CONFIGURATION_PRIMARY) {
		d->hub = hub_new(&d->engine);
		d->context.hub = d->hub;
		d->news = grant_news_new(&d->context);
		if (d->hub == NULL || d->news == NULL)
			return no_memory(f);
	} else {
		d->site = site_new(&d->engine);
		d->context.site = d->site;
		if (d->site == NULL)
			return no_memory(f);
	}
	d->upkeep = upkeep_new(&d->engine);
	return d->upkeep == NULL ? no_memory(f) : PH_OK;
}

/* The sockets by which others reach us. */
static int
start_sockets(struct daemon *d, struct failure *f)
{
	char path[LAYOUT_PATH_SIZE];
	struct gate_listener_config gates;
	struct server_config server;
	const struct passwd *account;
	uid_t uids[3];
	int r;

	memset(&gates, 0, sizeof(gates));
	layout_path(&d->layout, LAYOUT_GATE_SOCKET, path);
	gates.path = path;
	gates.uids = uids;
	uids[gates.nuids++] = geteuid();
	uids[gates.nuids++] = 0;
	account = getpwnam(LINK_ACCOUNT);
	if (account != NULL)
		uids[gates.nuids++] = account->pw_uid;
	r = gate_listener_open(d->loop, &d->clock, &gates, &d->gates, f,
	    on_gate, d);
	if (r != PH_OK)
		return r;
	memset(&server, 0, sizeof(server));
	layout_path(&d->layout, LAYOUT_CONTROL_SOCKET, path);
	server.path = path;
	server.operators = d->operators;
	return server_open(&d->context, &server, &d->server, f);
}

/* Put everything together.  On failure stop() takes apart what there is. */
static int
start(struct daemon *d, struct failure *f)
{
	int r;

	d->files = files_system();
	d->clock = clock_system();
	d->random = random_system();
	d->context.engine = &d->engine;
	d->context.layout = &d->layout;
	d->context.config_path = d->config_path;
	r = layout_init(&d->layout, d->configuration->state_dir,
	    d->configuration->store_dir, f);
	if (r == PH_OK)
		r = start_loop(d, f);
	if (r == PH_OK)
		r = start_engine(d, f);
	if (r == PH_OK)
		r = start_sessions(d, f);
	if (r == PH_OK)
		r = start_sockets(d, f);
	return r;
}

/* What is left can be cut anywhere, and begins again at the next start. */
static void
on_alarm(int signo)
{
	(void)signo;
	_exit(EXIT_SUCCESS);
}

/* Take everything apart: first those who ask, then those who do. */
static void
stop(struct daemon *d)
{
	size_t i;

	server_close(d->server);
	/* Steps of requests that still end must not find them. */
	d->context.hub = NULL;
	d->context.site = NULL;
	gate_listener_close(d->gates);
	upkeep_free(d->upkeep);
	site_free(d->site);
	hub_free(d->hub);
	encodings_pool_free(d->engine.encodings);
	worker_pool_free(d->engine.workers);
	grant_news_free(d->news);
	catalogue_close(d->engine.catalogue);
	loop_timer_free(d->parking);
	loop_timer_free(d->watchdog);
	for (i = 0; i < sizeof(d->signals) / sizeof(d->signals[0]); i++)
		loop_signal_free(d->signals[i]);
	notify_free(d->notify);
	loop_free(d->loop);
	free(d->configuration);
}

/* Run until told to stop.  The exit status. */
static int
run(struct daemon *d)
{
	struct failure f;
	int r;

	memset(&f, 0, sizeof(f));
	r = start(d, &f);
	if (r == PH_OK) {
		diag(DIAG_NOTICE, "%s %s is up, version %s",
		    configuration_role_text(d->configuration->role),
		    d->configuration->name, PH_VERSION);
		notify_status(d->notify, "%s %s",
		    configuration_role_text(d->configuration->role),
		    d->configuration->name);
		notify_ready(d->notify);
		if (notify_watchdog_ms(d->notify) > 0)
			on_watchdog(d);
		loop_run(d->loop);
		(void)signal(SIGALRM, on_alarm);
		(void)alarm(STOP_SECONDS);
	} else {
		(void)failure_default(&f, r, "starting");
		diag_failure(DIAG_ERROR, &f, "syncd cannot start");
	}
	stop(d);
	diag_stop(LAST_WORDS_MS);
	return error_exit_status(r);
}

/* Make the process what it should be. */
static void
prepare(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	/* A file that may not grow is a write that fails. */
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)umask(022);
	/* What is in memory is as secret as the keys. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	diag_start();
	raise_limits();
}

/*
 * Read the command line.  1 to go on; 0 when all was said, with the exit
 * status.
 */
static int
parse(int argc, char **argv, struct options *out, int *status)
{
	int i;

	*status = EXIT_SUCCESS;
	out->config_path = getenv("PACKHORSE_CONFIG");
	if (out->config_path == NULL || out->config_path[0] == '\0')
		out->config_path = CONFIGURATION_DEFAULT_FILE;
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
			out->config_path = argv[++i];
		} else if (strncmp(argv[i], "--config=", 9) == 0) {
			out->config_path = argv[i] + 9;
		} else if (strcmp(argv[i], "--check-config") == 0) {
			out->check = 1;
		} else if (strcmp(argv[i], "--version") == 0) {
			(void)printf("syncd %s\n", PH_VERSION);
			return 0;
		} else if (strcmp(argv[i], "--help") == 0) {
			(void)fputs(USAGE, stdout);
			return 0;
		} else {
			(void)fputs(USAGE, stderr);
			*status = error_exit_status(PH_EUSAGE);
			return 0;
		}
	}
	return 1;
}

int
main(int argc, char **argv)
{
	struct options options;
	struct failure f;
	struct daemon d;
	int r, status;

	if (standard_files_open() != PH_OK)
		return error_exit_status(PH_EIO);
	memset(&options, 0, sizeof(options));
	if (!parse(argc, argv, &options, &status))
		return status;
	memset(&d, 0, sizeof(d));
	d.config_path = options.config_path;
	d.configuration = malloc(sizeof(*d.configuration));
	r = d.configuration == NULL ?
	    no_memory(&f) :
	    configuration_read(d.config_path, d.configuration, &f);
	if (r == PH_OK)
		r = operators_find(d.configuration, d.config_path, &d.operators,
		    &f);
	if (r == PH_OK && options.check)
		r = layout_init(&d.layout, d.configuration->state_dir,
		    d.configuration->store_dir, &f);
	if (r != PH_OK || options.check) {
		if (r != PH_OK)
			diag_failure(DIAG_ERROR, &f, "syncd cannot start");
		free(d.configuration);
		return error_exit_status(r);
	}
	assert(d.configuration != NULL);
	set_level(d.configuration);
	prepare();
	return run(&d);
}
