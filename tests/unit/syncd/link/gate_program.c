/*
 * Starting syncd-gate.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/check_main.h"

#include "tests/unit/syncd/link/gate_program.h"

#define ARGS_MAX 16

const char *
gate_program_path(void)
{
	static char path[512];
	ssize_t n;
	char *slash;
	int i;

	n = readlink("/proc/self/exe", path, sizeof(path) - 32);
	ck_assert_int_gt(n, 0);
	path[n] = '\0';
	/* BUILD/tests/check_x: two names less. */
	for (i = 0; i < 2; i++) {
		slash = strrchr(path, '/');
		ck_assert_ptr_nonnull(slash);
		*slash = '\0';
	}
	(void)strcat(path, "/syncd-gate");
	ck_assert_msg(access(path, X_OK) == 0, "%s must be built, too", path);
	return path;
}

void
gate_program_start(struct gate_program *g, const char *const *args)
{
	char *argv[ARGS_MAX];
	char name[] = "syncd-gate";
	const char *path;
	int in[2], out[2], err[2], i;

	path = gate_program_path();
	argv[0] = name;
	for (i = 0; args[i] != NULL; i++) {
		ck_assert_int_lt(i + 2, ARGS_MAX);
		argv[i + 1] = strdup(args[i]);
	}
	argv[i + 1] = NULL;
	ck_assert_int_eq(pipe(in), 0);
	ck_assert_int_eq(pipe(out), 0);
	ck_assert_int_eq(pipe(err), 0);
	g->pid = fork();
	ck_assert_int_ne(g->pid, -1);
	if (g->pid == 0) {
		(void)dup2(in[0], STDIN_FILENO);
		(void)dup2(out[1], STDOUT_FILENO);
		(void)dup2(err[1], STDERR_FILENO);
		/* in, out and err stay open: it must close them itself. */
		(void)execv(path, argv);
		_exit(127);
	}
	while (i > 0)
		free(argv[i--]);
	(void)close(in[0]);
	(void)close(out[1]);
	(void)close(err[1]);
	g->in = in[1];
	g->out = out[0];
	g->err = err[0];
}

void
gate_program_start_for(struct gate_program *g, const char *socket)
{
	const char *args[] = { "--socket", socket, GATE_PROGRAM_ID,
		GATE_PROGRAM_FINGERPRINT, NULL };

	gate_program_start(g, args);
}

int
gate_program_end(struct gate_program *g, char *words, size_t size)
{
	size_t len;
	ssize_t n;
	int status;

	len = 0;
	while (len < size - 1 &&
	    (n = read(g->err, words + len, size - 1 - len)) > 0)
		len += (size_t)n;
	words[len] = '\0';
	ck_assert_int_eq(waitpid(g->pid, &status, 0), g->pid);
	(void)close(g->in);
	(void)close(g->out);
	(void)close(g->err);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
