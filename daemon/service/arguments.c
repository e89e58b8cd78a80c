/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/service/arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "lib/bus_names.h"
#include "lib/log.h"
#include "lib/macro.h"
#include "lib/version.h"

static const char usage[] =
	"Usage: ebpfd [OPTION]...\n"
	"Supervises eBPF programs: loads units, reloads them without a gap, reads their events.\n"
	"\n"
	"  --root DIR         directory in bpffs for pins (default " DEFAULT_ROOT ")\n"
	"  --runtime-dir DIR  where the control socket goes (default " DEFAULT_RUNTIME_DIRECTORY
	")\n"
	"  --state-dir DIR    what outlives a reboot (default " DEFAULT_STATE_DIRECTORY ")\n"
	"  --config FILE      settings (default " DEFAULT_CONFIG_FILE ", which may be absent)\n"
	"  --loader PATH      the loader (default " EBPFD_LOADER_PATH ")\n"
	"  --log-level LEVEL  error, warning, info or debug (default info)\n"
	"  --help             this text\n"
	"  --version          the version\n"
	"\n"
	"It stays in the foreground. See ebpfd(8), ebpfd.unit(5), ebpfctl(1).\n";

static int set_log_level(const char *text)
{
	static const struct {
		const char *name;
		int level;
	} levels[] = {{"error", LOG_ERR},
		      {"warning", LOG_WARNING},
		      {"info", LOG_INFO},
		      {"debug", LOG_DEBUG}};

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++)
		if (strcmp(levels[i].name, text) == 0) {
			log_set_level(levels[i].level);
			return 0;
		}
	log_error("--log-level %s: error, warning, info or debug", text);
	return -EINVAL;
}

enum {
	OPTION_ROOT = 256,
	OPTION_RUNTIME,
	OPTION_STATE,
	OPTION_CONFIG,
	OPTION_LOADER,
	OPTION_LOG,
	OPTION_HELP,
	OPTION_VERSION
};

/* As arguments_parse(). */
static int take_option(int option, struct arguments *arguments)
{
	switch (option) {
	case OPTION_ROOT:
		arguments->root = optarg;
		return 0;
	case OPTION_RUNTIME:
		arguments->runtime_directory = optarg;
		return 0;
	case OPTION_STATE:
		arguments->state_directory = optarg;
		return 0;
	case OPTION_CONFIG:
		arguments->config = optarg;
		arguments->config_given = true;
		return 0;
	case OPTION_LOADER:
		arguments->loader = optarg;
		return 0;
	case OPTION_LOG:
		return set_log_level(optarg);
	case OPTION_HELP:
		(void)fputs(usage, stdout);
		return 1;
	case OPTION_VERSION:
		(void)puts("ebpfd " EBPFD_VERSION);
		return 1;
	default:
		return -EINVAL;
	}
}

int arguments_parse(int argc, char **argv, struct arguments *arguments)
{
	static const struct option options[] = {
		{"root", required_argument, NULL, OPTION_ROOT},
		{"runtime-dir", required_argument, NULL, OPTION_RUNTIME},
		{"state-dir", required_argument, NULL, OPTION_STATE},
		{"config", required_argument, NULL, OPTION_CONFIG},
		{"loader", required_argument, NULL, OPTION_LOADER},
		{"log-level", required_argument, NULL, OPTION_LOG},
		{"help", no_argument, NULL, OPTION_HELP},
		{"version", no_argument, NULL, OPTION_VERSION},
		{0},
	};
	int option, result = 0;

	*arguments = (struct arguments){.root = DEFAULT_ROOT,
					.runtime_directory = DEFAULT_RUNTIME_DIRECTORY,
					.state_directory = DEFAULT_STATE_DIRECTORY,
					.config = DEFAULT_CONFIG_FILE,
					.loader = EBPFD_LOADER_PATH};
	while (result == 0 && (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		result = take_option(option, arguments);
	if (result != 0)
		return result;
	if (optind < argc) {
		log_error("\"%s\": ebpfd takes options only; see ebpfd --help", argv[optind]);
		return -EINVAL;
	}
	if (arguments->root[0] != '/') {
		log_error("--root %s: the path must be absolute", arguments->root);
		return -EINVAL;
	}
	return 0;
}
