/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/shipped.h"

#include <bpf/bpf.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/kernel/bpffs.h"
#include "lib/cleanup.h"
#include "tests/support/build_path.h"
#include "tests/support/per_cpu.h"
#include "tests/support/receipt.h"
#include "tests/unit/expect.h"

#define RELOADS	      100
#define RELOADS_QUICK 20

#define UNIT_FILE_MAX 16384

/* Replaces each `from` in a text of UNIT_FILE_MAX bytes; it has to be there. */
static void replace(char *text, const struct shipped_change *change)
{
	const size_t from = strlen(change->from), to = strlen(change->to);
	char *at = strstr(text, change->from);

	if (!at)
		fail_msg("the unit file has no \"%s\"", change->from);
	for (; at; at = strstr(at + to, change->from)) {
		assert_in_range(strlen(text) + to, 0, UNIT_FILE_MAX - 1 + from);
		memmove(at + to, at + from, strlen(at + from) + 1);
		memcpy(at, change->to, to);
	}
}

static void read_unit_file(const char *name, char *text)
{
	char path[PATH_MAX];
	cleanup_fclose FILE *file = NULL;
	size_t length;

	(void)snprintf(path, sizeof(path), "config/units.d/%s.conf", name);
	file = fopen(path, "re");
	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	length = fread(text, 1, UNIT_FILE_MAX - 1, file);
	text[length] = '\0';
}

void shipped_change(const struct shipped *shipped, const struct sandbox *sandbox,
		    const struct shipped_change *changes)
{
	char text[UNIT_FILE_MAX], objects[PATH_MAX];

	read_unit_file(shipped->name, text);
	build_path("bpf/units", objects, sizeof(objects));
	replace(text, &(struct shipped_change){"/usr/lib/ebpfd", objects});
	if (strstr(text, "Sink="))
		replace(text, &(struct shipped_change){"/var/log/ebpfd", sandbox->folder});
	for (; changes && changes->from; changes++)
		replace(text, changes);
	supervisor_write_unit(&shipped->supervisor, shipped->name, text);
}

void shipped_load(struct shipped *shipped, const struct sandbox *sandbox, const char *name,
		  const struct shipped_change *changes)
{
	*shipped = (struct shipped){.name = name};
	(void)snprintf(shipped->sink, sizeof(shipped->sink), "%s/%s.jsonl", sandbox->folder, name);
	supervisor_start(&shipped->supervisor, sandbox);
	shipped_change(shipped, sandbox, changes);
	(void)supervisor_do(&shipped->supervisor, "load", name);
}

uint64_t shipped_cgroup_id(const struct sandbox *sandbox)
{
	struct stat status;

	assert_int_equal(stat(sandbox->cgroup, &status), 0);
	return status.st_ino;
}

const char *shipped_target_cgroup(const struct sandbox *sandbox)
{
	static char text[64];

	(void)snprintf(text, sizeof(text), "target_cgroup=%" PRIu64, shipped_cgroup_id(sandbox));
	return text;
}

void shipped_reload(struct shipped *shipped, const struct traffic *traffic)
{
	const char *quick = getenv("QUICK");
	const unsigned reloads = quick && strcmp(quick, "1") == 0 ? RELOADS_QUICK : RELOADS;

	for (unsigned i = 0; i < reloads; i++) {
		traffic_wait(traffic);
		receipt_expect_no_loss(
			supervisor_do(&shipped->supervisor, "reload", shipped->name));
	}
	traffic_wait(traffic);
	shipped->reloads += reloads;
}

int shipped_map(const struct shipped *shipped, const char *name)
{
	char path[PIN_PATH_MAX];
	int fd;

	pin_path(path, shipped->supervisor.root, "%s/maps/%s", shipped->name, name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
	return fd;
}

uint64_t shipped_total(const struct shipped *shipped, size_t size, size_t offset)
{
	cleanup_close int map = shipped_map(shipped, "total");
	const uint32_t zero = 0;

	return per_cpu_sum(map, &zero, size, offset);
}

uint64_t shipped_skipped(const struct shipped *shipped)
{
	json_t *status = json_loads(supervisor_do(&shipped->supervisor, "status", shipped->name), 0,
				    NULL),
	       *hook;
	uint64_t skipped = 0;
	size_t i;

	assert_non_null(status);
	json_array_foreach (json_object_get(status, "hooks"), i, hook)
		skipped += (uint64_t)json_integer_value(json_object_get(hook, "skipped"));
	json_decref(status);
	return skipped;
}

void shipped_account(const struct shipped *shipped, const char *what, uint64_t outside,
		     uint64_t counted)
{
	const uint64_t skipped = outside == counted ? 0 : shipped_skipped(shipped);
	const uint64_t missing = outside > counted ? outside - counted : 0;

	assert_int_not_equal(outside, 0);
	if (counted > outside || missing > skipped) {
		print_message("# lost=%" PRIu64 "\n", missing);
		fail_msg("%s, %s: %" PRIu64 " outside, %" PRIu64 " by the unit, %" PRIu64
			 " skipped by the kernel, %u reloads",
			 shipped->name, what, outside, counted, skipped, shipped->reloads);
	}
	print_message("# row\t%s\t%s\t%u\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\n", shipped->name,
		      what, shipped->reloads, outside, counted, missing);
}

void shipped_end(struct shipped *shipped)
{
	if (shipped->sink[0])
		(void)unlink(shipped->sink);
	supervisor_end(&shipped->supervisor);
	*shipped = (struct shipped){0};
}
