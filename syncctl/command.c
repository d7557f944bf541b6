/*
 * What commands have in common: asking syncd.
 */
#include "proto/errors.h"
#include "syncctl/client.h"
#include "syncctl/input.h"
#include "syncctl/output.h"
#include "syncctl/table.h"
#include "syncd/config/configuration.h"
#include "syncd/config/layout.h"

#include "syncctl/command.h"

int
command_no_memory(struct invocation *in)
{
	return failure_set(&in->report->failure, PH_ENOMEM, "out of memory");
}

int
command_configuration(struct invocation *in, struct configuration *conf,
    struct layout *layout)
{
	struct failure *f;
	int r;

	f = &in->report->failure;
	r = client_configuration(in->config, conf, f);
	if (r == PH_OK)
		r = layout_init(layout, conf->state_dir, conf->store_dir, f);
	return r;
}

/* Send the request. */
static int
send_request(struct invocation *in, const struct command_request *request,
    struct client *client, void *cookie)
{
	struct json_writer *w;

	w = client_begin(client, request->verb);
	if (request->put != NULL)
		request->put(in, w, cookie);
	return client_send(client, request->fds, request->nfds,
	    &in->report->failure);
}

/* Show the result; all of it was understood, or nothing is shown. */
static int
show_result(struct invocation *in, const struct command_request *request,
    struct control_answer *answer, void *cookie)
{
	struct failure *f;
	int r;

	if (in->json && request->show_json == NULL) {
		(void)buffer_put(in->out, answer->text, answer->len);
		(void)buffer_put_text(in->out, "\n");
		in->answered = 1;
		return PH_OK;
	}
	r = in->json ? request->show_json(in, &answer->body, cookie) :
		       request->show(in, &answer->body, cookie);
	if (json_error(answer->tree) == PH_OK)
		return r;
	buffer_reset(in->out);
	f = &in->report->failure;
	r = failure_set(f, PH_EJSON,
	    "syncd's answer to %s has no such \"%s\" as was expected",
	    request->verb, json_error_member(answer->tree));
	failure_next(f,
	    "syncd and syncctl must be of one release: restart syncd after "
	    "an upgrade");
	return r;
}

int
command_ask(struct invocation *in, const struct command_request *request,
    void *cookie)
{
	struct control_answer *answer;
	struct client *client;
	int r;

	r = client_open(in->config, &client, &in->report->failure);
	if (r != PH_OK)
		return r;
	r = send_request(in, request, client, cookie);
	while (r == PH_OK) {
		r = client_next(client, &answer, in->report);
		if (r != PH_OK || answer->kind == CONTROL_RESULT)
			break;
		if (request->progress != NULL && !in->json)
			request->progress(&answer->body, cookie);
	}
	if (r == PH_OK)
		r = show_result(in, request, answer, cookie);
	client_free(client);
	return r;
}

int
command_ask_about(struct invocation *in, const struct command_request *request,
    void *cookie)
{
	const char *name;
	int r;

	name = arguments_word(in->arguments, 0);
	r = name == NULL ? PH_OK : input_repository(name, &in->report->failure);
	return r == PH_OK ? command_ask(in, request, cookie) : r;
}

void
command_put_repository(const struct invocation *in, struct json_writer *w,
    void *cookie)
{
	(void)cookie;
	if (arguments_word(in->arguments, 0) != NULL)
		json_put_string(w, "repository",
		    arguments_word(in->arguments, 0));
}

int
command_table(struct invocation *in, struct table *t, const char *none)
{
	int r;

	r = PH_OK;
	if (t == NULL || table_rows(t) > 0)
		r = table_print(t, in->out);
	else
		output_put(in->out, "%s\n", none);
	table_free(t);
	return r == PH_OK ? PH_OK : command_no_memory(in);
}
