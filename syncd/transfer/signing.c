/*
 * Signatures of blobs.
 */
#include <stdlib.h>

#include "proto/errors.h"
#include "syncd/base/file.h"
#include "syncd/delta/signer.h"
#include "syncd/store/signature_file.h"

#include "syncd/transfer/signing.h"

/* Where a signature is being written to. */
struct sink {
	const struct files *files;
	int fd;
	uint64_t offset;
};

static int
write_on(void *cookie, const void *data, size_t len)
{
	struct sink *sink;
	int r;

	sink = cookie;
	r = file_write_at(sink->files, sink->fd, sink->offset, data, len);
	sink->offset += len;
	return r;
}

int
signing_make(struct store *store, const struct digest *blob)
{
	struct file_source source;
	struct sink sink;
	int fd, r;

	r = signature_file_open(store, blob, &fd);
	if (r == PH_OK) {
		file_abandon(store_files(store), fd);
		return PH_OK;
	}
	if (r != PH_EABSENT)
		return r;
	file_source_init(&source);
	r = file_source_open_blob(&source, store, blob);
	if (r == PH_OK)
		r = signature_file_begin(store, blob, &sink.fd);
	if (r != PH_OK) {
		file_source_close(&source);
		return r;
	}
	sink.files = store_files(store);
	sink.offset = 0;
	r = delta_signer_run(&source.source, write_on, &sink);
	if (r == PH_OK)
		r = signature_file_commit(store, blob, sink.fd);
	else
		signature_file_abort(store, blob, sink.fd);
	file_source_close(&source);
	return r;
}

/* Making one that nobody waits for. */
struct job {
	struct store *store;
	struct digest blob;
};

static void
run_make(void *cookie)
{
	struct job *job;

	job = cookie;
	(void)!signing_make(job->store, &job->blob);
}

static void
on_made(void *cookie)
{
	free(cookie);
}

void
signing_start(struct worker_pool *workers, struct worker_lane *lane,
    struct store *store, const struct digest *blob)
{
	struct job *job;

	job = calloc(1, sizeof(*job));
	if (job == NULL)
		return;
	job->store = store;
	job->blob = *blob;
	if (worker_submit(workers, lane, run_make, on_made, job) != PH_OK)
		free(job);
}

int
signing_load(struct store *store, const struct digest *blob, uint64_t size,
    struct file_source *file, struct delta_signature **out)
{
	int fd, r;

	r = signature_file_open(store, blob, &fd);
	if (r == PH_OK)
		r = file_source_open_fd(file, store, fd);
	if (r != PH_OK)
		return r;
	r = delta_signature_load(&file->source, size, out);
	if (r == PH_OK)
		return PH_OK;
	file_source_close(file);
	if (r == PH_EFILE) {
		r = signature_file_remove(store, blob);
		return r == PH_OK ? PH_EABSENT : r;
	}
	return r;
}
