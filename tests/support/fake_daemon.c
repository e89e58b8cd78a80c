/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/fake_daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "lib/bus_names.h"
#include "lib/cleanup.h"
#include "lib/outcome.h"
#include "lib/stream_pipe.h"

static const char *list_answer;

static const char receipt[] =
	"{\"unit\": \"fw\", \"operation\": \"reload\","
	" \"generation\": {\"before\": 1, \"after\": 2}, \"bank\": {\"before\": \"a\", \"after\": "
	"\"b\"},"
	" \"override\": \"none\", \"object\": \"/lib/fw.o\", \"digest\": \"0123456789abcdef\","
	" \"hooks\": [{\"name\": \"in\", \"attach\": \"xdp:veth0\", \"way\": \"entry\","
	" \"program\": \"count\"}],"
	" \"maps\": [{\"name\": \"flows\", \"verdict\": \"kept\"}],"
	" \"phases\": [{\"phase\": \"prepare\", \"usec\": 1500}, {\"phase\": \"commit\","
	" \"usec\": 17}],"
	" \"events\": [{\"ring\": \"events\", \"generation\": 1, \"attempted\": 10, \"failed\": 0,"
	" \"consumed\": 10, \"again\": 0, \"delivered\": 10, \"dropped\": 0, \"in_ring\": 0, "
	"\"identity\": "
	"\"holds\"}],"
	" \"verifier\": [{\"program\": \"count\", \"insns\": 123}],"
	" \"note\": [\"one thing\", \"and another\"]}";

static const char unit_status[] =
	"{\"name\": \"fw\", \"description\": \"Count packets\", \"state\": \"degraded\","
	" \"reason\": \"someone else's hand\", \"file\": \"/etc/ebpfd/units.d/fw.conf\","
	" \"generation\": 2, \"bank\": \"b\", \"former\": 0, \"operation\": null,"
	" \"hooks\": [{\"name\": \"in\", \"attach\": \"xdp:veth0\", \"way\": \"entry\","
	" \"program\": \"count\", \"program_id\": 77, \"missed\": 0,"
	" \"verdicts\": [0, 5, 17, 0]}],"
	" \"last\": {\"operation\": \"reload\", \"error\": {\"outcome\": \"refused\", \"message\": "
	"\"no BTF\"}}}";

static const char daemon_status[] =
	"{\"version\": \"9.9\", \"pid\": 4711, \"root\": \"/sys/fs/bpf/ebpfd\", \"units\": 1,"
	" \"barrier\": {\"map\": true, \"membarrier\": true}}";

static void emit_phase(sd_bus_message *call, const char *unit, const char *phase, uint64_t usec)
{
	sd_bus_emit_signal(sd_bus_message_get_bus(call), BUS_PATH, BUS_INTERFACE, "Phase", "sst",
			   unit, phase, usec);
}

static void emit_phases(sd_bus_message *call, const char *unit)
{
	emit_phase(call, unit, "prepare", 0);
	emit_phase(call, unit, "commit", 1500);
	emit_phase(call, unit, "settle", 1517);
}

static size_t read_whole(int fd, char *buffer, size_t size)
{
	ssize_t length = pread(fd, buffer, size - 1, 0);

	buffer[length < 0 ? 0 : length] = '\0';
	return length < 0 ? 0 : (size_t)length;
}

static int note_option(sd_bus_message *call, const char *name, FILE *notes)
{
	char content[256];
	const char *type, *text;
	uint32_t number;
	int fd, err;

	err = sd_bus_message_peek_type(call, NULL, &type);
	if (err < 0)
		return err;
	if (strcmp(type, "s") == 0) {
		err = sd_bus_message_read(call, "v", "s", &text);
		fprintf(notes, "\"%s is %s\", ", name, text);
		return err;
	}
	if (strcmp(type, "u") == 0) {
		err = sd_bus_message_read(call, "v", "u", &number);
		fprintf(notes, "\"%s is number %u\", ", name, number);
		return err;
	}
	err = sd_bus_message_read(call, "v", "h", &fd);
	if (err < 0)
		return err;
	if (strcmp(name, "log") == 0) {
		dprintf(fd, "every line of the verifier\n");
		fprintf(notes, "\"log\", ");
	} else {
		read_whole(fd, content, sizeof(content));
		fprintf(notes, "\"%s has %s\", ", name, content);
	}
	return 0;
}

static int reply_options(sd_bus_message *call)
{
	cleanup_free char *text = NULL;
	size_t length;
	FILE *notes = open_memstream(&text, &length);
	const char *name;
	int err = sd_bus_message_enter_container(call, 'a', "{sv}");

	fprintf(notes, "{\"unit\": \"options\", \"operation\": \"%s\", \"note\": [",
		sd_bus_message_get_member(call));
	while (err >= 0 && sd_bus_message_enter_container(call, 'e', "sv") > 0) {
		err = sd_bus_message_read(call, "s", &name);
		if (err >= 0)
			err = note_option(call, name, notes);
		sd_bus_message_exit_container(call);
	}
	fprintf(notes, "\"end\"]}");
	fclose(notes);
	return sd_bus_reply_method_return(call, "s", text);
}

/* A unit named as an outcome gets it; 0 for other names. */
static int reply_outcome(sd_bus_message *call, const char *unit)
{
	enum outcome outcome = outcome_from_name(unit);

	if (strcmp(outcome_name(outcome), unit) != 0)
		return 0;
	return sd_bus_reply_method_errorf(call, outcome_bus_error(outcome), "%s, it says", unit);
}

static int operate(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	const char *unit;
	int err = sd_bus_message_read(call, "s", &unit);

	(void)userdata;
	if (err < 0)
		return err;
	if (strcmp(unit, "fw") == 0)
		emit_phases(call, unit);
	if (strcmp(unit, "others") == 0)
		emit_phases(call, "fw");
	if (strcmp(unit, "options") == 0)
		return reply_options(call);
	if (strcmp(unit, "leaves") == 0) {
		sd_bus_close(sd_bus_message_get_bus(call));
		return 1;
	}
	if (strcmp(unit, "hangs") == 0) {
		emit_phase(call, unit, "prepare", 0);
		return 1;
	}
	if (strcmp(unit, "denied") == 0)
		return sd_bus_error_set(error, SD_BUS_ERROR_ACCESS_DENIED, "for root alone");
	if (strcmp(unit, "unknown") == 0)
		return sd_bus_error_set(error, SD_BUS_ERROR_UNKNOWN_METHOD, "what is that");
	if (strcmp(unit, "garbage") == 0)
		return sd_bus_reply_method_return(call, "s", "{half");
	err = reply_outcome(call, unit);
	return err ? err : sd_bus_reply_method_return(call, "s", receipt);
}

const char *fake_report = "{\"units\": []}";

static int daemon_reload(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	(void)userdata;
	(void)error;
	return sd_bus_reply_method_return(call, "s", fake_report);
}

static int map_list(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	(void)userdata;
	(void)error;
	return sd_bus_reply_method_return(
		call, "s", "{\"maps\": [{\"name\": \"flows\"}, {\"name\": \"fw.bss\"}]}");
}

static int map_dump(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	cleanup_close int reader_fd = -1, writer_fd = -1;
	const char *unit, *map;
	char text[256];

	(void)userdata;
	(void)error;
	if (sd_bus_message_read(call, "ss", &unit, &map) < 0 ||
	    stream_pipe(4096, &reader_fd, &writer_fd) < 0)
		return -EIO;
	(void)snprintf(text, sizeof(text), "{\"key\":1,\"value\":2}\n%s", *map == '{' ? map : "");
	(void)!write(writer_fd, text, strlen(text));
	return sd_bus_reply_method_return(call, "h", reader_fd);
}

static int list(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	(void)userdata;
	(void)error;
	return sd_bus_reply_method_return(call, "s", list_answer);
}

static int status(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	const char *unit;
	int err = sd_bus_message_read(call, "s", &unit);

	(void)userdata;
	(void)error;
	if (err < 0)
		return err;
	err = reply_outcome(call, unit);
	if (err)
		return err;
	return sd_bus_reply_method_return(call, "s", *unit ? unit_status : daemon_status);
}

static int ping(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	(void)userdata;
	(void)error;
	return sd_bus_reply_method_return(call, "");
}

static int version(sd_bus_message *call, void *userdata, sd_bus_error *error)
{
	(void)userdata;
	(void)error;
	return sd_bus_reply_method_return(call, "s", "9.9");
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Load", "sa{sv}", "s", operate, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Unload", "sa{sv}", "s", operate, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Reload", "sa{sv}", "s", operate, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Rollback", "sa{sv}", "s", operate, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("DaemonReload", "", "s", daemon_reload, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("List", "", "s", list, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Status", "s", "s", status, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("MapList", "s", "s", map_list, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("MapDump", "ssa{sv}", "h", map_dump, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Ping", "", "", ping, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Version", "", "s", version, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

/* Takes the descriptor over. */
static void serve(int fd)
{
	sd_bus *bus = NULL;
	sd_id128_t id = {};
	int err = 0;

	if (sd_bus_new(&bus) < 0 || sd_bus_set_fd(bus, fd, fd) < 0 ||
	    sd_bus_set_server(bus, true, id) < 0 || sd_bus_negotiate_fds(bus, true) < 0 ||
	    sd_bus_add_object_vtable(bus, NULL, BUS_PATH, BUS_INTERFACE, vtable, NULL) < 0 ||
	    sd_bus_start(bus) < 0)
		abort();
	while (err >= 0) {
		err = sd_bus_process(bus, NULL);
		if (err == 0)
			err = sd_bus_wait(bus, UINT64_MAX);
	}
	sd_bus_close_unref(bus);
}

static int listen_at(const char *directory)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/" CONTROL_SOCKET, directory);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, 8) < 0)
		abort();
	return fd;
}

void fake_daemon_start(struct fake_daemon *daemon, const char *units)
{
	int fd;

	strcpy(daemon->directory, "/tmp/ebpfctl-test-XXXXXX");
	if (!mkdtemp(daemon->directory))
		abort();
	fd = listen_at(daemon->directory);
	list_answer = units;
	daemon->pid = fork();
	if (daemon->pid < 0)
		abort();
	if (daemon->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			serve(accept4(fd, NULL, NULL, SOCK_CLOEXEC));
	}
	close(fd);
}

void fake_daemon_stop(struct fake_daemon *daemon)
{
	char path[sizeof(daemon->directory) + sizeof("/" CONTROL_SOCKET)];

	kill(daemon->pid, SIGKILL);
	waitpid(daemon->pid, NULL, 0);
	(void)snprintf(path, sizeof(path), "%s/" CONTROL_SOCKET, daemon->directory);
	unlink(path);
	rmdir(daemon->directory);
}
