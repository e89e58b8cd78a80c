/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ebpfd: start, loop, end. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "config/daemon_file.h"
#include "daemon/figures/collector.h"
#include "daemon/kernel/bpffs.h"
#include "daemon/kernel/held_sockets.h"
#include "daemon/kernel/library_log.h"
#include "daemon/maps/dump.h"
#include "daemon/metrics/server.h"
#include "daemon/service/arguments.h"
#include "daemon/service/asker.h"
#include "daemon/service/bus.h"
#include "daemon/service/daemon_reload.h"
#include "daemon/service/drift_watch.h"
#include "daemon/service/journal_message.h"
#include "daemon/service/listener.h"
#include "daemon/service/metrics_socket.h"
#include "daemon/service/notify.h"
#include "daemon/service/operation_log.h"
#include "daemon/service/restore_units.h"
#include "daemon/service/start_units.h"
#include "daemon/service/units_watch.h"
#include "daemon/service/watchdog.h"
#include "daemon/unit/operation.h"
#include "daemon/unit/record.h"
#include "daemon/unit/recover.h"
#include "daemon/unit/reopen.h"
#include "lib/cleanup.h"
#include "lib/log.h"

/* How long a start waits for the loader of a predecessor that was killed: it dies with it, soon. */
#define LOCK_TRIES	50
#define LOCK_PAUSE_MSEC 100

struct ebpfd {
	struct arguments arguments;
	struct daemon_file settings;
	struct context context;
	struct units units;
	struct fd_store fd_store;
	struct notify *notify;
	struct daemon_reload *reload;
	struct units_watch *watch;
	sd_event_source *watchdog; /* NULL: the service manager does not want to hear of it */
	struct drift_watch *drift;
	struct collector *collector;
	struct metrics_server *metrics;
	struct bus *bus;
};

static int take_passed_descriptors(struct ebpfd *ebpfd)
{
	int err = fd_store_take(&ebpfd->fd_store);

	if (err)
		log_error("cannot take what the service manager passes: %s", strerror(-err));
	return err;
}

static int read_settings(struct ebpfd *ebpfd)
{
	struct failure failure = {.text = "out of memory"};
	int err = daemon_file_init(&ebpfd->settings);

	if (!err)
		err = daemon_file_read(ebpfd->arguments.config, &ebpfd->settings, &failure);
	if (err == -ENOENT && !ebpfd->arguments.config_given)
		return 0;
	if (err)
		log_error("%s", failure.text);
	return err;
}

/* ---- start ---- */

static int lock_root(int fd, const char *root, struct failure *reterr_failure)
{
	const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MSEC * 1000000L};
	int err = -EWOULDBLOCK;

	for (int tries = 0; err == -EWOULDBLOCK && tries < LOCK_TRIES; tries++) {
		bool holder_lives;

		err = bpffs_lock(fd, root, &holder_lives, reterr_failure);
		if (err != -EWOULDBLOCK || holder_lives)
			return err;
		(void)nanosleep(&pause, NULL);
	}
	return err;
}

static int open_root(struct ebpfd *ebpfd)
{
	struct failure failure;
	int err = bpffs_open_root(ebpfd->arguments.root, &ebpfd->context.root_fd, &failure);

	if (!err)
		err = lock_root(ebpfd->context.root_fd, ebpfd->arguments.root, &failure);
	if (err)
		log_error("%s", failure.text);
	return err;
}

static void say(int level, const char *text)
{
	log_line(level, "%s", text);
}

static void operation_ended(void *observer, const struct operation_end *end)
{
	struct ebpfd *ebpfd = observer;

	operation_log(end);
	notify_operation_ended(ebpfd->notify, end);
}

static void all_started(void *data)
{
	struct ebpfd *ebpfd = data;
	const struct units *units = &ebpfd->units;
	const struct journal_fields none = {0};
	size_t count = units_count(units);

	journal_message(JOURNAL_MESSAGE_DAEMON_READY, LOG_INFO, &none, "ready, %zu unit%s", count,
			count == 1 ? "" : "s");
	if (units_are_degraded(units))
		journal_message(JOURNAL_MESSAGE_DAEMON_DEGRADED, LOG_WARNING, &none,
				"degraded: not every unit is as it should be; see ebpfctl status");
	notify_ready(ebpfd->notify);
	daemon_reload_allow(ebpfd->reload);
}

static void all_restored(void *data)
{
	struct ebpfd *ebpfd = data;

	if (start_units(&ebpfd->units, all_started, ebpfd) < 0)
		(void)sd_event_exit(ebpfd->context.event, -ENOMEM);
}

/* What the daemon before held, for the hooks that recovery finds. */
static void take_sockets(struct ebpfd *ebpfd)
{
	static const struct held_sockets_keeper keeper = {.keep = fd_store_keep,
							  .forget = fd_store_forget};

	held_sockets_set_keeper(&keeper);
	fd_store_claim_all(&ebpfd->fd_store, HELD_SOCKET_PREFIX, held_sockets_offer);
}

/* Without a history there is a daemon all the same. */
static void begin_history(struct ebpfd *ebpfd)
{
	int err = record_start(&ebpfd->units);

	if (err)
		log_warning("%s: the history cannot be written: %s", ebpfd->context.state_directory,
			    strerror(-err));
}

/* Programs go on without metrics, and so does their supervisor; the log says why. */
static void open_metrics(struct ebpfd *ebpfd)
{
	struct failure failure;
	int fd = -1;
	int err = metrics_socket_open(&ebpfd->settings, &ebpfd->fd_store, &fd, &failure);

	if (err == -ENOENT)
		return;
	if (err) {
		log_error("%s", failure.text);
		return;
	}
	err = metrics_server_new(ebpfd->context.event, ebpfd->collector, fd, &ebpfd->metrics);
	if (err)
		log_error("cannot serve metrics: %s", strerror(-err));
}

/* Before unit files are read the first time, so that no change is missed. */
static void begin_watch(struct ebpfd *ebpfd)
{
	const char *directory = ebpfd->settings.units_directory;
	int err = ebpfd->settings.watch_units ? units_watch_new(ebpfd->context.event, directory,
								ebpfd->reload, &ebpfd->watch)
					      : 0;

	if (err < 0)
		log_warning("UnitsDirectory=%s cannot be watched (WatchUnits=): %s", directory,
			    strerror(-err));
}

static int open_bus(struct ebpfd *ebpfd)
{
	struct bus_settings settings = {.units = &ebpfd->units,
					.reload = ebpfd->reload,
					.collector = ebpfd->collector,
					.runtime_directory = ebpfd->arguments.runtime_directory};
	struct failure failure;
	int err = listener_open(settings.runtime_directory, &ebpfd->fd_store, &settings.listen_fd,
				&failure);

	fd_store_drop_unclaimed(&ebpfd->fd_store);
	if (err) {
		log_error("%s", failure.text);
		return err;
	}
	fd_store_keep(LISTENER_FD_NAME, settings.listen_fd);
	return bus_new(&settings, &ebpfd->bus);
}

static int start(struct ebpfd *ebpfd)
{
	struct context *context = &ebpfd->context;
	int err;

	context->root = ebpfd->arguments.root;
	context->state_directory = ebpfd->arguments.state_directory;
	context->loader = ebpfd->arguments.loader;
	context->settings = &ebpfd->settings;
	context->settings_path = ebpfd->arguments.config;
	context->say = say;
	context->ended = operation_ended;
	context->observer = ebpfd;
	err = barrier_init(&context->barrier);
	if (err) {
		log_error("this kernel refuses the barrier's maps: %s", strerror(-err));
		return err;
	}
	take_sockets(ebpfd);
	err = waiter_new(context->event, &context->waiter);
	if (!err)
		err = dumps_new(context->event, &context->dumps);
	if (!err)
		err = recover_units(&ebpfd->units, say);
	if (!err)
		err = drift_watch_new(&ebpfd->units, ebpfd->notify, &ebpfd->drift);
	if (!err)
		err = collector_new(&ebpfd->units, &ebpfd->collector);
	if (!err) {
		open_metrics(ebpfd);
		err = open_bus(ebpfd);
	}
	if (!err)
		begin_history(ebpfd);
	if (!err)
		begin_watch(ebpfd);
	if (!err)
		err = restore_units(&ebpfd->units, all_restored, ebpfd);
	return err;
}

/* ---- loop ---- */

static int stop(sd_event_source *source, const struct signalfd_siginfo *signal, void *data)
{
	struct ebpfd *ebpfd = data;

	journal_message(JOURNAL_MESSAGE_DAEMON_STOPPING, LOG_INFO, &(struct journal_fields){0},
			"stopping on %s; what is attached stays attached",
			strsignal((int)signal->ssi_signo));
	notify_stopping(ebpfd->notify);
	return sd_event_exit(sd_event_source_get_event(source), 0);
}

static void reopen_all(const struct ebpfd *ebpfd)
{
	json_t *report = reopen_sinks(&ebpfd->units, NULL, NULL);
	json_t *row;
	size_t i;

	json_array_foreach (json_object_get(report, "sinks"), i, row) {
		const char *message = json_string_value(json_object_get(row, "message"));

		if (message)
			log_error("unit %s: %s; its lines go where they went before",
				  json_string_value(json_object_get(row, "unit")), message);
	}
	json_decref(report);
}

static int read_files_again(sd_event_source *source, const struct signalfd_siginfo *signal,
			    void *data)
{
	struct ebpfd *ebpfd = data;

	(void)source;
	(void)signal;
	reopen_all(ebpfd);
	daemon_reload_unasked(ebpfd->reload, ASKER_SIGNAL);
	return 0;
}

/* Blocked before the waiter is born: signals are for the loop. */
static int watch_signals(struct ebpfd *ebpfd)
{
	sd_event *event = ebpfd->context.event;
	sigset_t signals;
	int err;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -errno;
	err = sd_event_add_signal(event, NULL, SIGTERM, stop, ebpfd);
	if (err >= 0)
		err = sd_event_add_signal(event, NULL, SIGINT, stop, ebpfd);
	if (err >= 0)
		err = sd_event_add_signal(event, NULL, SIGHUP, read_files_again, ebpfd);
	return err;
}

/* Clients and maps take many descriptors; the soft limit is low for the sake of select(2). */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int run(struct ebpfd *ebpfd)
{
	int err = sd_event_default(&ebpfd->context.event);

	ebpfd->units.context = &ebpfd->context;
	if (err >= 0)
		err = notify_new(&ebpfd->units, &ebpfd->notify);
	if (err < 0)
		return err;
	ebpfd->reload = daemon_reload_new(&ebpfd->units, ebpfd->notify, ebpfd->arguments.config,
					  ebpfd->arguments.config_given);
	if (!ebpfd->reload)
		return -ENOMEM;
	err = watch_signals(ebpfd);
	if (err >= 0)
		err = watchdog_new(ebpfd->context.event, &ebpfd->watchdog);
	if (err >= 0)
		err = start(ebpfd);
	if (err >= 0)
		err = sd_event_loop(ebpfd->context.event);
	return err;
}

/*
 * Detaches nothing: pins hold everything. An operation in the middle is left as a kill would leave
 * it; the next start ends it.
 */
static void end(struct ebpfd *ebpfd)
{
	waiter_free(ebpfd->context.waiter);
	dumps_free(ebpfd->context.dumps);
	collector_free(ebpfd->collector);
	metrics_server_free(ebpfd->metrics);
	operations_abandon(&ebpfd->units);
	drift_watch_free(ebpfd->drift);
	units_watch_free(ebpfd->watch);
	sd_event_source_disable_unref(ebpfd->watchdog);
	daemon_reload_free(ebpfd->reload);
	bus_free(ebpfd->bus);
	notify_free(ebpfd->notify);
	units_clear(&ebpfd->units);
	held_sockets_deinit();
	barrier_deinit(&ebpfd->context.barrier);
	close_and_forget(&ebpfd->context.root_fd);
	daemon_file_deinit(&ebpfd->settings);
	fd_store_deinit(&ebpfd->fd_store);
	sd_event_unref(ebpfd->context.event);
}

int main(int argc, char **argv)
{
	struct ebpfd ebpfd = {
		.context = {.barrier = BARRIER_INIT, .root_fd = -1},
	};
	int err;

	(void)signal(SIGPIPE, SIG_IGN); /* of the log's reader, of clients */
	log_open();
	err = arguments_parse(argc, argv, &ebpfd.arguments);
	if (err)
		return err > 0 ? EXIT_SUCCESS : 2;
	library_log_to_debug();
	raise_descriptor_limit();
	err = take_passed_descriptors(&ebpfd);
	if (!err)
		err = read_settings(&ebpfd);
	if (!err)
		err = open_root(&ebpfd);
	if (!err)
		err = run(&ebpfd);
	end(&ebpfd);
	return err < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
