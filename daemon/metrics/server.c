/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/metrics/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "daemon/metrics/negotiate.h"
#include "daemon/metrics/render.h"
#include "lib/cleanup.h"
#include "lib/log.h"

#define PATH "/metrics"

#define TIMER_ACCURACY_USEC 1000

struct metrics_server {
	struct collector *collector;
	struct MHD_Daemon *http;
	sd_event_source *ready;
	sd_event_source *timer;
};

/* A request whose answer is being made, or is made. */
struct scrape {
	struct metrics_server *server;
	struct MHD_Connection *connection;
	enum metrics_format format;
	bool is_answered;
	char *answer; /* NULL: `failure` says why */
	size_t length;
	struct failure failure;
};

/* ---- answers ---- */

/* Takes the text over. */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, char *text,
			      size_t length, enum metrics_format format)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(length, text, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	if (!response) {
		free(text);
		return MHD_NO;
	}
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
				      metrics_format_type(format));
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ACCEPT);
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection, unsigned status, const char *why)
{
	struct MHD_Response *response;
	enum MHD_Result result;
	char text[FAILURE_TEXT_MAX + 8];
	int length = snprintf(text, sizeof(text), "%s\n", why);

	response = MHD_create_response_from_buffer((size_t)length, text, MHD_RESPMEM_MUST_COPY);
	if (!response)
		return MHD_NO;
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
				      "text/plain; charset=utf-8");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

/* ---- one scrape ---- */

/* Without threads of its own, libmicrohttpd tells nobody that a connection goes on. */
static void run_soon(const struct metrics_server *server)
{
	(void)sd_event_source_set_time_relative(server->timer, 0);
	(void)sd_event_source_set_enabled(server->timer, SD_EVENT_ONESHOT);
}

/* On the collector's thread. */
static char *render(const struct figures *figures, void *data, size_t *ret_length)
{
	const struct scrape *scrape = data;

	return metrics_render(figures, scrape->format, ret_length);
}

static void collected(void *data, char *text, size_t length, const struct failure *failure)
{
	struct scrape *scrape = data;

	scrape->is_answered = true;
	scrape->answer = text;
	scrape->length = length;
	if (!text)
		scrape->failure = *failure;
	MHD_resume_connection(scrape->connection);
	run_soon(scrape->server);
}

static enum MHD_Result begin(struct metrics_server *server, struct MHD_Connection *connection,
			     void **ret_scrape)
{
	struct scrape *scrape = calloc(1, sizeof(*scrape));
	struct collector_question question = {
		.wanted = {.metrics = true}, .render = render, .done = collected, .data = scrape};
	struct failure failure;

	if (!scrape)
		return MHD_NO;
	scrape->server = server;
	scrape->connection = connection;
	scrape->format = metrics_negotiate(
		MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT));
	if (collector_ask(server->collector, &question, &failure) < 0) {
		free(scrape);
		return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE, failure.text);
	}
	*ret_scrape = scrape;
	MHD_suspend_connection(connection);
	return MHD_YES;
}

static enum MHD_Result finish(struct scrape *scrape)
{
	if (!scrape->answer)
		return refuse(scrape->connection, MHD_HTTP_SERVICE_UNAVAILABLE,
			      scrape->failure.text);
	return answer(scrape->connection, MHD_HTTP_OK, TAKE_PTR(scrape->answer), scrape->length,
		      scrape->format);
}

static enum MHD_Result handle(void *data, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *body,
			      size_t *body_size, void **request)
{
	struct scrape *scrape = *request;

	(void)version;
	(void)body;
	if (scrape)
		return scrape->is_answered ? finish(scrape) : MHD_YES;
	if (*body_size > 0)
		return MHD_NO; /* nobody was promised that it is read */
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD");
	if (strcmp(url, PATH) != 0)
		return refuse(connection, MHD_HTTP_NOT_FOUND, "metrics are at " PATH);
	return begin(data, connection, request);
}

/* No connection ends while it is suspended, so nobody collects for it any more. */
static void ended(void *data, struct MHD_Connection *connection, void **request,
		  enum MHD_RequestTerminationCode code)
{
	struct scrape *scrape = *request;

	(void)data;
	(void)connection;
	(void)code;
	if (!scrape)
		return;
	free(scrape->answer);
	free(scrape);
	*request = NULL;
}

/* ---- on the loop ---- */

static void log_http(void *data, const char *format, va_list values)
{
	char text[256];

	(void)data;
	(void)vsnprintf(text, sizeof(text), format, values);
	text[strcspn(text, "\n")] = '\0';
	log_debug("metrics: %s", text);
}

static int run(struct metrics_server *server)
{
	MHD_UNSIGNED_LONG_LONG msec;

	if (MHD_run(server->http) != MHD_YES)
		return -EIO;
	if (MHD_get_timeout(server->http, &msec) != MHD_YES)
		return sd_event_source_set_enabled(server->timer, SD_EVENT_OFF);
	(void)sd_event_source_set_time_relative(server->timer, msec * 1000);
	return sd_event_source_set_enabled(server->timer, SD_EVENT_ONESHOT);
}

static int on_ready(sd_event_source *source, int fd, uint32_t events, void *data)
{
	(void)source;
	(void)fd;
	(void)events;
	return run(data);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *data)
{
	(void)source;
	(void)usec;
	return run(data);
}

static int add_sources(struct metrics_server *server, sd_event *event)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(server->http, MHD_DAEMON_INFO_EPOLL_FD);
	int err = info ? sd_event_add_io(event, &server->ready, info->epoll_fd, EPOLLIN, on_ready,
					 server)
		       : -EIO;

	if (err >= 0)
		err = sd_event_add_time_relative(event, &server->timer, CLOCK_MONOTONIC, 0,
						 TIMER_ACCURACY_USEC, on_timer, server);
	return err;
}

/* ---- life ---- */

int metrics_server_new(sd_event *event, struct collector *collector, int listen_fd,
		       struct metrics_server **ret)
{
	struct metrics_server *server = calloc(1, sizeof(*server));
	int err;

	if (!server) {
		close(listen_fd);
		return -ENOMEM;
	}
	server->collector = collector;
	server->http = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, handle,
		server, MHD_OPTION_EXTERNAL_LOGGER, log_http, NULL, MHD_OPTION_LISTEN_SOCKET,
		listen_fd, MHD_OPTION_CONNECTION_LIMIT, METRICS_CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, METRICS_IDLE_SECONDS, MHD_OPTION_NOTIFY_COMPLETED,
		ended, NULL, MHD_OPTION_END);
	if (!server->http) {
		close(listen_fd);
		free(server);
		return -EIO;
	}
	err = add_sources(server, event);
	if (err < 0) {
		metrics_server_free(server);
		return err;
	}
	*ret = server;
	return 0;
}

struct metrics_server *metrics_server_free(struct metrics_server *server)
{
	if (!server)
		return NULL;
	sd_event_source_disable_unref(server->ready);
	sd_event_source_disable_unref(server->timer);
	MHD_stop_daemon(server->http);
	free(server);
	return NULL;
}
