/*
 * Runs a fuzz target without libFuzzer: every file of a corpus as it is, and
 * a number of mutations of it.  The work is done in a child, so that the
 * parent can say which input ended it; it says nothing else.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fuzz/mutation.h"
#include "tests/fuzz/target.h"

/* Mutations of one file, unless -n says otherwise. */
#define MUTATIONS 300

/* An input that takes longer hangs.  Generous: sanitizers are slow. */
#define INPUT_TIMEOUT_S 20

/* A file, and where the child is in it. */
struct corpus_file {
	char *path;
	struct input input;
};

/* Shared with the child. */
struct progress {
	size_t file;
	uint64_t number; /* Of the mutation; 0 is the file as it is. */
	int leaving;     /* Every input was run. */
};

static struct corpus_file *files;
static size_t nfiles;

/* Read a whole file into exactly as much memory. */
static void
read_input(const char *path, struct input *input)
{
	struct stat st;
	size_t done;
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1)
		err(2, "%s", path);
	input->len = (size_t)st.st_size;
	input->data = malloc(input->len > 0 ? input->len : 1);
	if (input->data == NULL)
		err(2, "%s", path);
	for (done = 0; done < input->len; done += (size_t)n) {
		n = read(fd, input->data + done, input->len - done);
		if (n <= 0)
			err(2, "%s", path);
	}
	(void)close(fd);
}

/* Add one file to the corpus. */
static void
add_file(const char *path)
{
	struct corpus_file *grown;

	grown = reallocarray(files, nfiles + 1, sizeof(*files));
	if (grown == NULL)
		err(2, NULL);
	files = grown;
	files[nfiles].path = strdup(path);
	if (files[nfiles].path == NULL)
		err(2, NULL);
	read_input(path, &files[nfiles].input);
	nfiles++;
}

/* Visible files only. */
static int
select_entry(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Add a file, or every file of a directory in the order of their names. */
static void
add_path(const char *path)
{
	struct dirent **entries;
	struct stat st;
	char *name;
	int i, n;

	if (stat(path, &st) == -1)
		err(2, "%s", path);
	if (!S_ISDIR(st.st_mode)) {
		add_file(path);
		return;
	}
	n = scandir(path, &entries, select_entry, alphasort);
	if (n == -1)
		err(2, "%s", path);
	for (i = 0; i < n; i++) {
		if (asprintf(&name, "%s/%s", path, entries[i]->d_name) == -1)
			err(2, NULL);
		add_file(name);
		free(name);
		free(entries[i]);
	}
	free(entries);
}

/* Mutation number of a file; 0 is a copy. */
static void
make_input(size_t file, uint64_t seed, uint64_t number, struct input *out)
{
	const struct input *in, *other;

	in = &files[file].input;
	if (number > 0) {
		other = &files[(file + number) % nfiles].input;
		mutation_make(in, other, seed, number, out);
		return;
	}
	out->len = in->len;
	out->data = malloc(in->len > 0 ? in->len : 1);
	if (out->data == NULL)
		err(2, NULL);
	if (in->len > 0)
		memcpy(out->data, in->data, in->len);
}

/* Run the target once. */
static void
run_input(size_t file, uint64_t seed, uint64_t number)
{
	struct input input;

	make_input(file, seed, number, &input);
	(void)alarm(INPUT_TIMEOUT_S);
	(void)LLVMFuzzerTestOneInput(input.data, input.len);
	free(input.data);
}

/* The child: each file, mutations first to last. */
static void
run_all(uint64_t seed, uint64_t first, uint64_t last, struct progress *at)
{
	for (at->file = 0; at->file < nfiles; at->file++) {
		for (at->number = first; at->number <= last; at->number++)
			run_input(at->file, seed, at->number);
	}
	(void)alarm(INPUT_TIMEOUT_S);
	at->leaving = 1;
}

/* Say what ended the child and how to see it again. */
static void
report(const char *program, uint64_t seed, const struct progress *at,
    int status)
{
	const char *path;

	if (WIFSIGNALED(status))
		fprintf(stderr, "%s: %s, seed %" PRIu64 "\n", program,
		    strsignal(WTERMSIG(status)), seed);
	else
		fprintf(stderr, "%s: exit status %d, seed %" PRIu64 "\n",
		    program, WEXITSTATUS(status), seed);
	if (at->leaving) {
		fprintf(stderr, "%s: after the last input\n", program);
		return;
	}
	path = files[at->file].path;
	fprintf(stderr, "%s: in mutation %" PRIu64 " of %s\n", program,
	    at->number, path);
	fprintf(stderr,
	    "again: %s -s %" PRIu64 " -m %" PRIu64 " with the same files\n",
	    program, seed, at->number);
}

/* A decimal number of the command line. */
static uint64_t
number_argument(const char *text)
{
	char *end;
	uint64_t value;

	value = strtoull(text, &end, 10);
	if (*text == '\0' || *end != '\0')
		errx(2, "not a number: %s", text);
	return value;
}

int
main(int argc, char *argv[])
{
	struct progress *at;
	uint64_t first, last, seed;
	pid_t child;
	int i, option, status;

	first = 0;
	last = MUTATIONS;
	seed = 1;
	while ((option = getopt(argc, argv, "m:n:s:")) != -1) {
		if (option == 'm')
			first = last = number_argument(optarg);
		else if (option == 'n')
			last = number_argument(optarg);
		else if (option == 's')
			seed = number_argument(optarg);
		else
			errx(2,
			    "usage: [-m MUTATION | -n MUTATIONS] "
			    "[-s SEED] CORPUS...");
	}
	for (i = optind; i < argc; i++)
		add_path(argv[i]);
	if (nfiles == 0)
		errx(2, "no corpus");
	at = mmap(NULL, sizeof(*at), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		err(2, "mmap");
	child = fork();
	if (child == -1)
		err(2, "fork");
	if (child == 0) {
		run_all(seed, first, last, at);
		exit(0);
	}
	while (waitpid(child, &status, 0) == -1)
		continue;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	report(argv[0], seed, at, status);
	return 1;
}
