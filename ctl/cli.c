/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/cli.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "ctl/verb.h"
#include "lib/bus_names.h"
#include "lib/macro.h"
#include "lib/str.h"
#include "lib/version.h"

/* Options that not every verb takes. */
enum {
	TAKES_LOG = 1 << 0,
	TAKES_OBJECT = 1 << 1,
	TAKES_ROOT = 1 << 2,
	TAKES_YES = 1 << 3,
	TAKES_STATE = 1 << 4,
	TAKES_STREAM = 1 << 5,
	TAKES_NUMBERS = 1 << 6,
	TAKES_CPU = 1 << 7,
	TAKES_OFFLINE = 1 << 8, /* those of verbs that start the loader */
	TAKES_AGAINST = 1 << 9,
	TAKES_INNER = 1 << 10,
	TAKES_FULL = 1 << 11,
	TAKES_TOP = 1 << 12,
	TAKES_READY = 1 << 13,
};

static const struct verb {
	const char *name; /* one word, or two */
	const char *operands;
	const char *summary;
	size_t operands_min, operands_max;
	unsigned takes;
	verb_function *run;
} verbs[] = {
	{"list", "", "Show all units, a line each", 0, 0, TAKES_ROOT, verb_list},
	{"status", "[UNIT]", "Show one unit and its journal, or the daemon itself", 0, 1,
	 TAKES_ROOT | TAKES_FULL, verb_status},
	{"load", "UNIT|FILE", "Load a unit and attach it at its hooks", 1, 1, TAKES_LOG, verb_load},
	{"unload", "UNIT", "Detach a unit and remove it from the kernel", 1, 1, 0, verb_unload},
	{"reload", "UNIT", "Put a new generation in force; no event is lost", 1, 1,
	 TAKES_LOG | TAKES_OBJECT, verb_reload},
	{"plan", "UNIT", "Show what a reload (or load) would do; touches nothing", 1, 1,
	 TAKES_LOG | TAKES_OBJECT, verb_plan},
	{"rollback", "UNIT [GENERATION]", "Put the former generation, or that one, in force again",
	 1, 2, 0, verb_rollback},
	{"history", "UNIT", "Show the generations that rollback can go to", 1, 1,
	 TAKES_ROOT | TAKES_STATE, verb_history},
	{"events", "UNIT", "Show the events of a unit, a line each", 1, 1,
	 TAKES_STREAM | TAKES_NUMBERS, verb_events},
	{"top", "[TEXT]", "Show units and all BPF programs live, or those with the text", 0, 1,
	 TAKES_TOP, verb_top},
	{"map list", "UNIT", "Show the maps of a unit, a line each", 1, 1, 0, verb_map_list},
	{"map dump", "UNIT/MAP", "Show all entries of a map, a line each", 1, 1,
	 TAKES_NUMBERS | TAKES_CPU | TAKES_INNER, verb_map_dump},
	{"map get", "UNIT/MAP KEY", "Show one value", 2, 2, TAKES_NUMBERS | TAKES_CPU | TAKES_INNER,
	 verb_map_get},
	{"map set", "UNIT/MAP KEY VALUE", "Put a value into a map", 3, 3, TAKES_CPU | TAKES_INNER,
	 verb_map_set},
	{"map delete", "UNIT/MAP KEY", "Take an entry out of a map", 2, 2, TAKES_INNER,
	 verb_map_delete},
	{"reopen", "[UNIT]", "Open the files of sinks again, as after logrotate", 0, 1, 0,
	 verb_reopen},
	{"daemon-reload", "", "Read all unit files again, and apply what differs", 0, 0, 0,
	 verb_daemon_reload},
	{"fsck", "[UNIT]", "Show all that lies in bpffs, what it is for, and what is wrong", 0, 1,
	 TAKES_ROOT, verb_fsck},
	{"gc", "", "Show what nobody needs any more, or remove it", 0, 0, TAKES_YES, verb_gc},
	{"doctor", "[UNIT]", "Show what this kernel can do, and what a unit has of it", 0, 1,
	 TAKES_ROOT, verb_doctor},
	{"bugreport", "[FILE]", "Write all that helps to find a fault into one file of text", 0, 1,
	 TAKES_ROOT | TAKES_STATE, verb_bugreport},
	{"check", "FILE...", "Read unit files and name their errors; needs no daemon", 1, SIZE_MAX,
	 0, verb_check},
	{"diff", "OLD NEW", "Show what differs between two object files; needs no daemon", 2, 2,
	 TAKES_OFFLINE, verb_diff},
	{"verify", "OBJECT...", "Load object files and let go of them; needs no daemon", 1,
	 SIZE_MAX, TAKES_OFFLINE | TAKES_AGAINST | TAKES_LOG, verb_verify},
	{"ping", "", "Ask the daemon for a sign of life", 0, 0, TAKES_READY, verb_ping},
	{"version", "", "Show the versions of ebpfctl and of the daemon", 0, 0, 0, verb_version},
};

enum {
	OPTION_RUNTIME_DIR = 0x100,
	OPTION_LOG,
	OPTION_OBJECT,
	OPTION_LOADER,
	OPTION_UNITS,
	OPTION_AGAINST,
	OPTION_ROOT,
	OPTION_STATE,
	OPTION_YES,
	OPTION_GENERATION,
	OPTION_FILTER,
	OPTION_NUMBERS,
	OPTION_EACH_CPU,
	OPTION_INNER,
	OPTION_READY,
	OPTION_FULL,
	OPTION_ONCE,
	OPTION_SORT,
	OPTION_VERSION
};

static const struct option options[] = {
	{"output", required_argument, NULL, 'o'},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"runtime-dir", required_argument, NULL, OPTION_RUNTIME_DIR},
	{"log", required_argument, NULL, OPTION_LOG},
	{"object", required_argument, NULL, OPTION_OBJECT},
	{"loader", required_argument, NULL, OPTION_LOADER},
	{"units", required_argument, NULL, OPTION_UNITS},
	{"against", required_argument, NULL, OPTION_AGAINST},
	{"root", required_argument, NULL, OPTION_ROOT},
	{"state-dir", required_argument, NULL, OPTION_STATE},
	{"yes", no_argument, NULL, OPTION_YES},
	{"follow", no_argument, NULL, 'f'},
	{"lines", required_argument, NULL, 'n'},
	{"generation", required_argument, NULL, OPTION_GENERATION},
	{"filter", required_argument, NULL, OPTION_FILTER},
	{"numbers", required_argument, NULL, OPTION_NUMBERS},
	{"per-cpu", no_argument, NULL, OPTION_EACH_CPU},
	{"inner", required_argument, NULL, OPTION_INNER},
	{"ready", no_argument, NULL, OPTION_READY},
	{"full", no_argument, NULL, OPTION_FULL},
	{"once", no_argument, NULL, OPTION_ONCE},
	{"sort", required_argument, NULL, OPTION_SORT},
	{},
};

static const struct {
	const char *text;
	const char *summary;
	unsigned only; /* for verbs that take it; 0: for all */
} option_help[] = {
	{"--object FILE", "Take this object file instead of the unit's", TAKES_OBJECT},
	{"--log FILE", "Write the whole verifier log to this file", TAKES_LOG},
	{"--against OLD", "Compare with this object file as well", TAKES_AGAINST},
	{"--units DIR", "Folder of unit files that say how the object is used", TAKES_OFFLINE},
	{"--loader PATH", "The loader (" EBPFD_LOADER_PATH ")", TAKES_OFFLINE},
	{"--root DIR", "Where the pins are if no daemon answers (" DEFAULT_ROOT ")", TAKES_ROOT},
	{"--state-dir DIR",
	 "Where the history is if no daemon answers (" DEFAULT_STATE_DIRECTORY ")", TAKES_STATE},
	{"--once", "One table, of the next second, and no screen", TAKES_TOP},
	{"-n, --lines N", "N tables, one a second, and no screen", TAKES_TOP},
	{"--sort COLUMN",
	 "Sort by name, type, generation, calls, time, cpu, events, ring or reload", TAKES_TOP},
	{"--full", "Show all there is, in lines of any length", TAKES_FULL},
	{"--yes", "Remove what is shown without it", TAKES_YES},
	{"-f, --follow", "Go on with events to come, over restarts of the daemon", TAKES_STREAM},
	{"-n, --lines N", "Begin with the last N events (10; with -f, 0)", TAKES_STREAM},
	{"--generation N", "Events of this generation alone", TAKES_STREAM},
	{"--filter FIELD=VALUE", "Events with this value alone; of several, all must hold",
	 TAKES_STREAM},
	{"--numbers number|string", "What 64-bit integers become in JSON", TAKES_NUMBERS},
	{"--per-cpu", "The value of each CPU, instead of their sum", TAKES_CPU},
	{"--ready", "Not before all units are loaded", TAKES_READY},
	{"--inner KEY", "The map that stands at KEY of a map of maps", TAKES_INNER},
	{"-o, --output table|json", "How to show results and errors", 0},
	{"-q, --quiet", "Say nothing when all is well", 0},
	{"--runtime-dir DIR", "Where the daemon has its socket (" DEFAULT_RUNTIME_DIRECTORY ")", 0},
	{"-h, --help", "Show this help; with a verb, that verb's", 0},
	{"--version", "Show the version of ebpfctl alone", 0},
};

struct command {
	struct invocation invocation;
	const struct verb *verb; /* NULL: none was named */
	const char *family;	 /* what the verbs begin with that help is asked of; "" all */
	bool help;
	bool version;
};

static void print_options(FILE *out, unsigned takes)
{
	fputs("\nOptions:\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(option_help); i++)
		if (!option_help[i].only || option_help[i].only & takes)
			fprintf(out, "  %-24s %s\n", option_help[i].text, option_help[i].summary);
}

static void print_verb_help(FILE *out, const struct verb *verb)
{
	fprintf(out, "ebpfctl %s [OPTIONS]%s%s\n\n%s.\n", verb->name, *verb->operands ? " " : "",
		verb->operands, verb->summary);
	print_options(out, verb->takes);
}

static void print_general_help(FILE *out, const char *family)
{
	unsigned takes = 0;

	fprintf(out,
		"ebpfctl [OPTIONS] %sVERB ...\n\n"
		"Talks to ebpfd, which supervises eBPF programs and swaps them while they run.\n\n"
		"Verbs:\n",
		family);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (!str_has_prefix(verbs[i].name, family, NULL))
			continue;
		takes |= verbs[i].takes;
		fprintf(out, "  %-13s %-18s %s\n", verbs[i].name, verbs[i].operands,
			verbs[i].summary);
	}
	print_options(out, takes);
	fputs("\nebpfctl(1) says more, and what the exit codes mean.\n", out);
}

static void print_help(FILE *out, const struct command *command)
{
	if (command->verb)
		print_verb_help(out, command->verb);
	else
		print_general_help(out, command->family);
}

static int usage(struct failure *failure, const char *problem, const char *what)
{
	return failure_set(failure, OUTCOME_USAGE, -EINVAL,
			   "%s%s; `ebpfctl --help` shows what there is", problem, what);
}

static int set_format(struct invocation *invocation, const char *text, struct failure *failure)
{
	static const char *const names[OUTPUT_FORMAT_MAX_] = {
		[OUTPUT_TABLE] = "table", [OUTPUT_JSON] = "json"};

	for (enum output_format format = 0; format < OUTPUT_FORMAT_MAX_; format++)
		if (strcmp(text, names[format]) == 0) {
			invocation->format = format;
			invocation->format_given = true;
			return 0;
		}
	return failure_set(failure, OUTCOME_USAGE, -EINVAL, "-o %s: must be table or json", text);
}

static int add_filter(struct invocation *invocation, char *text, struct failure *failure)
{
	if (invocation->filter_count == FILTERS_MAX)
		return failure_set(failure, OUTCOME_USAGE, -E2BIG, "--filter: %d at most",
				   FILTERS_MAX);
	invocation->filters[invocation->filter_count++] = text;
	return 0;
}

/* Those of TAKES_STREAM. */
static int take_stream_option(struct invocation *invocation, int option, struct failure *failure)
{
	invocation->has_stream_option = true;
	switch (option) {
	case 'f':
		invocation->follow = true;
		return 0;
	case OPTION_GENERATION:
		invocation->generation = optarg;
		return 0;
	default:
		return add_filter(invocation, optarg, failure);
	}
}

static int take_option(struct command *command, int option, char **argv, struct failure *failure)
{
	switch (option) {
	case 'o':
		return set_format(&command->invocation, optarg, failure);
	case 'q':
		command->invocation.quiet = true;
		return 0;
	case 'h':
		command->help = true;
		return 0;
	case OPTION_VERSION:
		command->version = true;
		return 0;
	case OPTION_RUNTIME_DIR:
		command->invocation.runtime_directory = optarg;
		return 0;
	case OPTION_LOG:
		command->invocation.log_path = optarg;
		return 0;
	case OPTION_OBJECT:
		command->invocation.object_path = optarg;
		return 0;
	case OPTION_LOADER:
		command->invocation.loader_path = optarg;
		return 0;
	case OPTION_AGAINST:
		command->invocation.former_path = optarg;
		return 0;
	case OPTION_UNITS:
		command->invocation.units_folder = optarg;
		return 0;
	case OPTION_ROOT:
		command->invocation.root = optarg;
		return 0;
	case OPTION_STATE:
		command->invocation.state_directory = optarg;
		return 0;
	case OPTION_YES:
		command->invocation.yes = true;
		return 0;
	case OPTION_NUMBERS:
		command->invocation.numbers = optarg;
		return 0;
	case OPTION_READY:
		command->invocation.ready = true;
		return 0;
	case OPTION_INNER:
		command->invocation.inner = optarg;
		return 0;
	case OPTION_EACH_CPU:
		command->invocation.each_cpu = true;
		return 0;
	case OPTION_FULL:
		command->invocation.full = true;
		return 0;
	case OPTION_ONCE:
		command->invocation.once = true;
		return 0;
	case OPTION_SORT:
		command->invocation.sort = optarg;
		return 0;
	case 'n':
		command->invocation.lines = optarg;
		return 0;
	case 'f':
	case OPTION_GENERATION:
	case OPTION_FILTER:
		return take_stream_option(&command->invocation, option, failure);
	case ':':
		return usage(failure, "an argument is missing behind ", argv[optind - 1]);
	default:
		return usage(failure,
			     "no such option, or one that cannot stand so: ", argv[optind - 1]);
	}
}

/*
 * Goes on behind an error, because a later `-o json` says how the error is to be shown. Operands
 * gather at the end of argv.
 */
static int parse_options(int argc, char **argv, struct command *command, struct failure *failure)
{
	int option, first_err = 0;

	/* 0, not 1, makes glibc forget all of an earlier scan. */
	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":o:qhfn:", options, NULL)) != -1) {
		int err = take_option(command, option, argv, first_err ? NULL : failure);

		first_err = first_err ? first_err : err;
	}
	return first_err;
}

/* How many words of the command line the verb's name is; 0: it is another. */
static int match_verb(const struct verb *verb, char *const *words, int count)
{
	const char *blank = strchr(verb->name, ' ');
	size_t length = blank ? (size_t)(blank - verb->name) : strlen(verb->name);

	if (strlen(words[0]) != length || strncmp(words[0], verb->name, length) != 0)
		return 0;
	if (!blank)
		return 1;
	return count > 1 && strcmp(words[1], blank + 1) == 0 ? 2 : 0;
}

static int find_verb(int argc, char **argv, struct command *command, struct failure *failure)
{
	int words = 0;

	if (optind >= argc)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(verbs) && words == 0; i++) {
		words = match_verb(&verbs[i], argv + optind, argc - optind);
		if (words > 0)
			command->verb = &verbs[i];
	}
	if (!command->verb && strcmp(argv[optind], "map") == 0) {
		command->family = "map ";
		return command->help
			       ? 0
			       : usage(failure, "map has list, dump, get, set and delete", "");
	}
	if (!command->verb)
		return usage(failure, "no such verb: ", argv[optind]);
	command->invocation.operands = argv + optind + words;
	command->invocation.operand_count = argc - optind - words;
	return 0;
}

static int check_invocation(const struct invocation *invocation, const struct verb *verb,
			    struct failure *failure)
{
	if (invocation->operand_count < verb->operands_min ||
	    invocation->operand_count > verb->operands_max)
		return failure_set(failure, OUTCOME_USAGE, -EINVAL,
				   "%s takes %s; `ebpfctl %s --help` shows how", verb->name,
				   *verb->operands ? verb->operands : "no operand", verb->name);
	if (invocation->log_path && !(verb->takes & TAKES_LOG))
		return usage(failure, "--log is not for ", verb->name);
	if (invocation->object_path && !(verb->takes & TAKES_OBJECT))
		return usage(failure, "--object is not for ", verb->name);
	if ((invocation->loader_path || invocation->units_folder) && !(verb->takes & TAKES_OFFLINE))
		return usage(failure, "--loader and --units are not for ", verb->name);
	if (invocation->former_path && !(verb->takes & TAKES_AGAINST))
		return usage(failure, "--against is not for ", verb->name);
	if (invocation->root && !(verb->takes & TAKES_ROOT))
		return usage(failure, "--root is not for ", verb->name);
	if (invocation->state_directory && !(verb->takes & TAKES_STATE))
		return usage(failure, "--state-dir is not for ", verb->name);
	if (invocation->yes && !(verb->takes & TAKES_YES))
		return usage(failure, "--yes is not for ", verb->name);
	if (invocation->has_stream_option && !(verb->takes & TAKES_STREAM))
		return usage(failure, "-f, --generation, --filter are not for ", verb->name);
	if (invocation->lines && !(verb->takes & (TAKES_STREAM | TAKES_TOP)))
		return usage(failure, "-n is not for ", verb->name);
	if ((invocation->once || invocation->sort) && !(verb->takes & TAKES_TOP))
		return usage(failure, "--once and --sort are not for ", verb->name);
	if (invocation->numbers && !(verb->takes & TAKES_NUMBERS))
		return usage(failure, "--numbers is not for ", verb->name);
	if (invocation->each_cpu && !(verb->takes & TAKES_CPU))
		return usage(failure, "--per-cpu is not for ", verb->name);
	if (invocation->ready && !(verb->takes & TAKES_READY))
		return usage(failure, "--ready is not for ", verb->name);
	if (invocation->inner && !(verb->takes & TAKES_INNER))
		return usage(failure, "--inner is not for ", verb->name);
	if (invocation->full && !(verb->takes & TAKES_FULL))
		return usage(failure, "--full is not for ", verb->name);
	return 0;
}

/* 0, a negative errno, or an enum outcome, as verbs return it. */
static int execute(const struct command *command, struct failure *failure)
{
	FILE *out = command->invocation.out;
	const struct verb *verb = command->verb;
	int err;

	if (command->help) {
		print_help(out, command);
		return 0;
	}
	if (command->version) {
		fputs("ebpfctl " EBPFD_VERSION "\n", out);
		return 0;
	}
	if (!verb)
		return usage(failure, "a verb is missing", "");
	err = check_invocation(&command->invocation, verb, failure);
	return err ? err : verb->run(&command->invocation, failure);
}

/* A result that went nowhere, as on a full disk, is a failure. */
static int flush_results(FILE *out, struct failure *failure)
{
	if (fflush(out) == 0 && !ferror(out))
		return 0;
	return failure_set_errno(failure, OUTCOME_FAILED, -errno, "cannot write the result");
}

int cli_run(int argc, char **argv, FILE *out, FILE *err)
{
	struct command command = {
		.invocation = {.runtime_directory = DEFAULT_RUNTIME_DIRECTORY,
			       .out = out,
			       .err = err},
		.family = "",
	};
	struct failure failure = {};
	int result = parse_options(argc, argv, &command, &failure);

	if (!result)
		result = find_verb(argc, argv, &command, &failure);
	if (!result)
		result = execute(&command, &failure);
	if (result < 0)
		output_failure(command.invocation.format, out, err, &failure);
	if (flush_results(out, &failure) < 0) {
		output_failure(OUTPUT_TABLE, out, err, &failure);
		return outcome_exit_code(failure.outcome);
	}
	if (result >= 0)
		return outcome_exit_code(result);
	return result == -ECANCELED ? CLI_INTERRUPTED : outcome_exit_code(failure.outcome);
}
