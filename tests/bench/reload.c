/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reload CTL RUNTIME UNIT INSTALLED V1 V2 FLOOR MODE PROGRAM INTERFACE DIRECTORY REPEATS OUTPUT
 *
 * Reloads UNIT so often, from v1 to v2 and back, and after each reload runs the floor once. A
 * reload's time is what its receipt says: from the request to the end of its last phase. The
 * floor's is that of its process, from fork to exit, and it has the loader's niceness. Prints the
 * medians of the phases, then `median_ms=X floor_ms=Y ratio=R reloads=N`.
 */
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/macro.h"
#include "lib/str.h"
#include "tests/bench/common/figures.h"

#define LOADER_NICENESS 10

enum argument {
	CTL = 1,
	RUNTIME,
	UNIT,
	INSTALLED,
	V1,
	V2,
	FLOOR,
	MODE,
	PROGRAM,
	INTERFACE,
	DIRECTORY,
	REPEATS,
	OUTPUT,
	ARGUMENTS_
};

static const char *const phases[] = {"prepare", "arm", "commit", "barrier", "drain", "settle"};

/* Milliseconds, of each reload. */
struct times {
	double *total, *floor;
	double *phase[ARRAY_SIZE(phases)];
};

static double *allocate(size_t count)
{
	double *values = calloc(count, sizeof(*values));

	if (!values)
		bench_fail("no memory");
	return values;
}

/* As a deployment does: the object file is replaced by another one. */
static void install(char **argv, size_t nth)
{
	char temporary[PATH_MAX];

	(void)snprintf(temporary, sizeof(temporary), "%s.new", argv[INSTALLED]);
	(void)unlink(temporary);
	if (symlink(argv[nth % 2 ? V1 : V2], temporary) < 0 ||
	    rename(temporary, argv[INSTALLED]) < 0)
		bench_fail("cannot install the object: %m");
}

static void take_receipt(const json_t *receipt, struct times *times, size_t nth)
{
	json_t *phase;
	size_t i;

	times->total[nth] = (double)json_integer_value(json_object_get(receipt, "usec")) / 1e3;
	json_array_foreach (json_object_get(receipt, "phases"), i, phase)
		for (size_t k = 0; k < ARRAY_SIZE(phases); k++)
			if (strcmp(json_string_value(json_object_get(phase, "phase")), phases[k]) ==
			    0)
				times->phase[k][nth] =
					(double)json_integer_value(json_object_get(phase, "usec")) /
					1e3;
}

static void reload_once(char **argv, struct times *times, size_t nth)
{
	char command[PATH_MAX];
	json_t *receipt;
	FILE *output;

	(void)snprintf(command, sizeof(command), "exec %s --runtime-dir %s -o json reload %s",
		       argv[CTL], argv[RUNTIME], argv[UNIT]);
	output = popen(command, "re");
	if (!output)
		bench_fail("cannot run %s: %m", argv[CTL]);
	receipt = json_loadf(output, JSON_DISABLE_EOF_CHECK, NULL);
	if (pclose(output) != 0 || !receipt)
		bench_fail("reload %zu of %s failed", nth + 1, argv[UNIT]);
	take_receipt(receipt, times, nth);
	json_decref(receipt);
}

static double floor_once(char **argv, size_t nth)
{
	cleanup_close int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	uint64_t begin = clock_nsec(CLOCK_MONOTONIC);
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		(void)dup2(null, STDOUT_FILENO);
		(void)setpriority(PRIO_PROCESS, 0, LOADER_NICENESS);
		(void)execl(argv[FLOOR], argv[FLOOR], argv[MODE], argv[nth % 2 ? V1 : V2],
			    argv[PROGRAM], argv[INTERFACE], argv[DIRECTORY], NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		bench_fail("the floor failed");
	return (double)(clock_nsec(CLOCK_MONOTONIC) - begin) / 1e6;
}

static void print_times(const char *what, const double *values, size_t count, const char *unit,
			FILE *output)
{
	double median = median_of(values, count), late = quantile_of(values, count, 0.99);
	double least = quantile_of(values, count, 0), most = quantile_of(values, count, 1);

	(void)printf("  %-10s %9.3f %9.3f %9.3f %9.3f\n", what, least, median, late, most);
	(void)fprintf(output,
		      "{\"table\":\"reload\",\"unit\":\"%s\",\"what\":\"%s\",\"reloads\":%zu,"
		      "\"least_ms\":%.3f,\"median_ms\":%.3f,\"p99_ms\":%.3f,\"most_ms\":%.3f}\n",
		      unit, what, count, least, median, late, most);
}

static void print_all(char **argv, struct times *times, size_t count)
{
	FILE *output = fopen(argv[OUTPUT], "ae");

	if (!output)
		bench_fail("cannot write %s: %m", argv[OUTPUT]);
	(void)printf("  %-10s %9s %9s %9s %9s\n", "ms", "least", "median", "99 %", "most");
	for (size_t k = 0; k < ARRAY_SIZE(phases); k++)
		print_times(phases[k], times->phase[k], count, argv[UNIT], output);
	print_times("reload", times->total, count, argv[UNIT], output);
	print_times("floor", times->floor, count, argv[UNIT], output);
	(void)fclose(output);
	(void)printf("median_ms=%.2f floor_ms=%.2f ratio=%.3f reloads=%zu\n",
		     median_of(times->total, count), median_of(times->floor, count),
		     median_of(times->total, count) / median_of(times->floor, count), count);
}

int main(int argc, char **argv)
{
	struct times times;
	uint64_t repeats;

	if (argc != ARGUMENTS_ || str_to_u64(argv[REPEATS], &repeats) < 0)
		bench_fail("wrong arguments; tests/bench/bench-reload has them");
	times = (struct times){.total = allocate(repeats), .floor = allocate(repeats)};
	for (size_t k = 0; k < ARRAY_SIZE(phases); k++)
		times.phase[k] = allocate(repeats);
	(void)floor_once(argv, 1); /* attaches */
	for (size_t i = 0; i < repeats; i++) {
		install(argv, i);
		reload_once(argv, &times, i);
		times.floor[i] = floor_once(argv, i);
	}
	print_all(argv, &times, repeats);
	return 0;
}
