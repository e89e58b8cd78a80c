/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/unit/expect.h"

#include <fcntl.h>
#include <linux/types.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf/abi.h"
#include "config/unit_file.h"
#include "lib/cleanup.h"

#define UNIT "[Unit]\nObject=/a.o\n"
#define HOOK "[Hook h]\nProgram=f\n"
/* What a whole file needs; what a test adds begins at line 5. */
#define WHOLE UNIT HOOK

static struct unit_file *parsed(const char *text)
{
	struct unit_file *file = NULL;
	struct failure failure;

	if (unit_file_parse("u", "/units.d/u.conf", text, strlen(text), &file, &failure) != 0)
		fail_msg("%s", failure.text);
	return file;
}

static void expect_refused_bytes(const char *text, size_t length, const char *part)
{
	struct unit_file *file = NULL;
	struct failure failure = {.outcome = OUTCOME_DONE};

	if (unit_file_parse("u", "/u.conf", text, length, &file, &failure) != -EINVAL)
		fail_msg("taken, though: %s", part);
	assert_null(file);
	expect_failure(&failure, OUTCOME_FAILED, part);
}

/* Each error of the tests begins with "/u.conf:LINE: ". */
static void expect_refused(const char *text, const char *part)
{
	expect_refused_bytes(text, strlen(text), part);
}

/* The text must be the only error. */
static void expect_only_error(const char *text, const char *error)
{
	struct unit_file *file = NULL;
	struct failure failure;

	assert_int_equal(unit_file_parse("u", "/u.conf", text, strlen(text), &file, &failure),
			 -EINVAL);
	assert_string_equal(failure.text, error);
}

static void small_file_has_the_defaults(void **state)
{
	cleanup_unit_file struct unit_file *file = parsed(WHOLE "[Map m]\n[Events e]\n");

	(void)state;
	assert_string_equal(file->name, "u");
	assert_string_equal(file->path, "/units.d/u.conf");
	assert_string_equal(file->text, WHOLE "[Map m]\n[Events e]\n");
	assert_int_equal(file->text_length, strlen(file->text));
	assert_null(file->description);
	assert_string_equal(file->object, "/a.o");
	assert_int_equal(file->swap, SWAP_AUTO);
	assert_int_equal(file->set_count, 0);
	assert_int_equal(file->hook_count, 1);
	assert_string_equal(file->hooks[0].name, "h");
	assert_string_equal(file->hooks[0].program, "f");
	assert_false(file->hooks[0].has_attach);
	assert_int_equal(file->maps[0].keep, KEEP_UNSET);
	assert_int_equal(file->maps[0].on_change, ON_CHANGE_REFUSE);
	assert_int_equal(file->events[0].sink, SINK_NONE);
	assert_null(file->events[0].sink_path);
	assert_int_equal(file->events[0].record_count, 0);
}

static void full_file_is_read_from_disk(void **state)
{
	cleanup_unit_file struct unit_file *file = NULL;
	struct failure failure;

	(void)state;
	if (unit_file_open("tests/unit/data/full.conf", NULL, &file, &failure) != 0)
		fail_msg("%s", failure.text);
	assert_string_equal(file->name, "full");
	assert_string_equal(file->description, "Count and sample new TCP connections");
	assert_string_equal(file->object, "/usr/lib/ebpfd/tcp_connect.bpf.o");
	assert_int_equal(file->swap, SWAP_ENTRY);
	assert_int_equal(file->set_count, 2);
	assert_string_equal(file->sets[0].name, "target_cgroup");
	assert_string_equal(file->sets[0].value, "0");
	assert_string_equal(file->sets[1].value, "");
	assert_int_equal(file->hook_count, 2);
	assert_string_equal(file->hooks[0].name, "connect");
	assert_string_equal(file->hooks[0].program, "on_connect");
	assert_true(file->hooks[0].has_attach);
	assert_int_equal(file->hooks[0].attach.kind, HOOK_RAW_TP);
	assert_string_equal(file->hooks[1].attach.detail, "ingress");
	assert_int_equal(file->map_count, 2);
	assert_int_equal(file->maps[0].keep, KEEP_YES);
	assert_int_equal(file->maps[1].keep, KEEP_NO);
	assert_int_equal(file->event_count, 1);
	assert_string_equal(file->events[0].name, "events");
	assert_int_equal(file->events[0].record_count, 2);
	assert_string_equal(file->events[0].records[1], "close_event");
	assert_int_equal(file->events[0].format_count, 3);
	assert_string_equal(file->events[0].formats[2].field, "peer");
	assert_int_equal(file->events[0].formats[2].format, FORMAT_MAC);
	assert_int_equal(file->events[0].sink, SINK_FILE);
	assert_string_equal(file->events[0].sink_path, "/var/log/ebpfd/connect.log");
}

static void elements_know_their_lines(void **state)
{
	cleanup_unit_file struct unit_file *file =
		parsed(WHOLE "[Set]\nx=1\n\n[Map m]\n[Events e]\n");

	(void)state;
	assert_int_equal(file->hooks[0].line, 3);
	assert_int_equal(file->sets[0].line, 6);
	assert_int_equal(file->maps[0].line, 8);
	assert_int_equal(file->events[0].line, 9);
}

static void relative_object_is_beside_the_unit_file(void **state)
{
	cleanup_unit_file struct unit_file *file = parsed("[Unit]\nObject=o/a.o\n" HOOK);

	(void)state;
	assert_string_equal(file->object, "/units.d/o/a.o");
}

static void relative_path_of_the_file_starts_at_the_working_directory(void **state)
{
	static const char text[] = "[Unit]\nObject=a.o\n" HOOK;
	cleanup_unit_file struct unit_file *file = NULL;
	cleanup_free char *working = getcwd(NULL, 0);
	char expected[4096];

	(void)state;
	assert_int_equal(unit_file_parse("u", "d/u.conf", text, strlen(text), &file, NULL), 0);
	assert_int_equal(str_format(expected, sizeof(expected), "%s/d/a.o", working), 0);
	assert_string_equal(file->object, expected);
}

static void each_way_to_swap_is_known(void **state)
{
	static const struct {
		const char *text;
		enum swap swap;
	} cases[] = {{WHOLE "[Reload]\nSwap=auto\n", SWAP_AUTO},
		     {WHOLE "[Reload]\nSwap=link\n", SWAP_LINK},
		     {WHOLE "[Reload]\nSwap=entry\n", SWAP_ENTRY}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_unit_file struct unit_file *file = parsed(cases[i].text);

		assert_int_equal(file->swap, cases[i].swap);
	}
	expect_refused(WHOLE "[Reload]\nSwap=fast\n",
		       "/u.conf:6: Swap= cannot be 'fast'; it may be: auto, link, entry");
}

static void heal_is_no_unless_asked_for(void **state)
{
	cleanup_unit_file struct unit_file *plain = parsed(WHOLE);
	cleanup_unit_file struct unit_file *healed = parsed(UNIT "Heal=yes\n" HOOK);
	cleanup_unit_file struct unit_file *left = parsed(UNIT "Heal=no\n" HOOK);

	(void)state;
	assert_false(plain->heal);
	assert_true(healed->heal);
	assert_false(left->heal);
	expect_only_error(UNIT "Heal=maybe\n" HOOK,
			  "/u.conf:3: Heal= cannot be 'maybe'; it may be: yes, no");
}

static void each_format_is_known(void **state)
{
	cleanup_unit_file struct unit_file *file =
		parsed(WHOLE "[Events e]\nRecord=r\nFormat=a:ip4 b:ip6 c:mac d:port e:ns f:hex "
			     "g:dec h.i_1.j:text\n");

	(void)state;
	assert_int_equal(file->events[0].format_count, FORMAT_MAX_);
	for (enum field_format format = 0; format < FORMAT_MAX_; format++)
		assert_int_equal(file->events[0].formats[format].format, format);
}

static void formats_of_a_map_are_of_its_entries(void **state)
{
	cleanup_unit_file struct unit_file *file =
		parsed(WHOLE "[Map m]\nFormat=key:ip4 value.a.b:port\n");

	(void)state;
	assert_int_equal(file->maps[0].format_count, 2);
	assert_string_equal(file->maps[0].formats[1].field, "value.a.b");
	assert_int_equal(file->maps[0].formats[1].format, FORMAT_PORT);
	expect_only_error(WHOLE "[Map m]\nFormat=saddr:ip4\n",
			  "/u.conf:6: Format=: 'saddr' is no field of a map's entry; name key, "
			  "value, or one of theirs, as key.saddr");
	expect_refused(WHOLE "[Map m]\nFormat=keys.a:ip4\n", "'keys.a' is no field of a map's");
	expect_only_error(WHOLE "[Map m]\nFormat=key:ip4 key:hex\n",
			  "/u.conf:6: Format=: field 'key' is there twice");
}

static void sink_none_is_the_default_spelled_out(void **state)
{
	cleanup_unit_file struct unit_file *file = parsed(WHOLE "[Events e]\nSink=none\n");

	(void)state;
	assert_int_equal(file->events[0].sink, SINK_NONE);
}

static void empty_file_lacks_unit_and_hook(void **state)
{
	(void)state;
	expect_only_error("", "/u.conf:1: the file ends without a section [Unit]\n"
			      "/u.conf:1: the file ends without a section [Hook NAME]");
}

static void file_without_hook_is_refused(void **state)
{
	(void)state;
	expect_only_error(UNIT, "/u.conf:2: the file ends without a section [Hook NAME]");
}

static void unit_without_object_is_refused(void **state)
{
	(void)state;
	expect_only_error("[Unit]\nDescription=x\n" HOOK, "/u.conf:1: [Unit] has no Object=");
}

static void hook_without_program_is_refused(void **state)
{
	(void)state;
	expect_only_error(UNIT "[Hook a]\nAttach=xdp:lo\n[Hook b]\nProgram=f\n",
			  "/u.conf:3: [Hook a] has no Program=");
	expect_only_error(UNIT "[Hook b]\nProgram=f\n[Hook last]\n",
			  "/u.conf:5: [Hook last] has no Program=");
}

static void missing_key_is_no_second_error_of_a_bad_one(void **state)
{
	(void)state;
	expect_only_error("[Unit]\nObject=\n" HOOK,
			  "/u.conf:2: Object= has no value; give one or leave the key out");
}

static void unknown_section_is_refused(void **state)
{
	(void)state;
	expect_only_error(WHOLE "[Nonsense]\nx=1\n", "/u.conf:5: unknown section [Nonsense]");
}

static void near_section_is_asked_about(void **state)
{
	(void)state;
	expect_only_error(WHOLE "[Event e]\n",
			  "/u.conf:5: unknown section [Event]; did you mean [Events]?");
	expect_refused(WHOLE "[unit]\n", "/u.conf:5: unknown section [unit]; did you mean [Unit]?");
}

static void unknown_key_is_refused(void **state)
{
	(void)state;
	expect_only_error(WHOLE "Colour=red\n", "/u.conf:5: unknown key Colour= in [Hook]");
}

static void near_key_is_asked_about(void **state)
{
	(void)state;
	expect_only_error(WHOLE "Atach=xdp:lo\n",
			  "/u.conf:5: unknown key Atach= in [Hook]; did you mean Attach=?");
	expect_only_error(WHOLE "Attahc=xdp:lo\n",
			  "/u.conf:5: unknown key Attahc= in [Hook]; did you mean Attach=?");
	expect_only_error(WHOLE "attach=xdp:lo\n",
			  "/u.conf:5: unknown key attach= in [Hook]; did you mean Attach=?");
}

static void key_of_another_section_is_sent_there(void **state)
{
	(void)state;
	expect_only_error(WHOLE "Keep=yes\n",
			  "/u.conf:5: unknown key Keep= in [Hook]; it belongs in [Map NAME]");
	expect_only_error(WHOLE "Swap=auto\n",
			  "/u.conf:5: unknown key Swap= in [Hook]; it belongs in [Reload]");
}

static void doubled_section_is_refused(void **state)
{
	(void)state;
	expect_only_error(WHOLE "[Unit]\nDescription=x\n",
			  "/u.conf:5: [Unit] is there already, at line 1");
	expect_only_error(WHOLE "[Hook  h ]\n", "/u.conf:5: [Hook h] is there already, at line 3");
	expect_only_error(WHOLE "[Map m]\n[Map m]\n",
			  "/u.conf:6: [Map m] is there already, at line 5");
}

static void doubled_key_is_refused(void **state)
{
	(void)state;
	expect_only_error(WHOLE "Program=g\n", "/u.conf:5: Program= is there already, at line 4");
	expect_only_error(WHOLE "[Set]\nx=1\nx=2\n", "/u.conf:7: x= is there already, at line 6");
}

static void same_key_in_two_sections_is_fine(void **state)
{
	cleanup_unit_file struct unit_file *file = parsed(WHOLE "[Hook i]\nProgram=f\n");

	(void)state;
	assert_int_equal(file->hook_count, 2);
}

static void names_of_sections_are_needed_where_they_belong(void **state)
{
	(void)state;
	expect_only_error(WHOLE "[Map]\n", "/u.conf:5: [Map] needs a name: [Map NAME]");
	expect_only_error(WHOLE "[Reload x]\n", "/u.conf:5: [Reload] takes no name, 'x' was given");
}

#define METRIC	  WHOLE "[Metric calls]\nMap=m\n"
#define HISTOGRAM METRIC "Type=histogram\n"

static void metrics_are_read(void **state)
{
	cleanup_unit_file struct unit_file *file = NULL;
	const struct unit_metric *metric;
	static const char text[] = UNIT "MapMemoryMax=5M\n" HOOK
					"[Metric calls]\nMap=m\nType=histogram\nValue=value.took\n"
					"Sum=value.sum\nBucket=key.slot\nBucketCount=27\nUnit="
					"us\nBuckets=linear:50:100\nMaxSeries=7\nHelp=Calls.\n"
					"Labels=a:key.a b:key.b:ip4 c:value:cgroup\n";
	struct failure failure;

	(void)state;
	if (unit_file_parse("u", "/u.conf", text, strlen(text), &file, &failure) != 0)
		fail_msg("%s", failure.text);
	assert_int_equal(file->map_memory_max, 5 << 20);
	assert_int_equal(file->metric_count, 1);
	metric = &file->metrics[0];
	assert_string_equal(metric->name, "calls");
	assert_string_equal(metric->map, "m");
	assert_int_equal(metric->kind, METRIC_KIND_HISTOGRAM);
	assert_string_equal(metric->value, "value.took");
	assert_string_equal(metric->sum, "value.sum");
	assert_string_equal(metric->bucket, "key.slot");
	assert_int_equal(metric->bucket_count, 27);
	assert_int_equal(metric->unit, METRIC_UNIT_US);
	assert_int_equal(metric->buckets, METRIC_BUCKETS_LINEAR);
	assert_int_equal(metric->step, 50);
	assert_int_equal(metric->start, 100);
	assert_int_equal(metric->max_series, 7);
	assert_string_equal(metric->help, "Calls.");
	assert_int_equal(metric->label_count, 3);
	assert_string_equal(metric->labels[1].name, "b");
	assert_string_equal(metric->labels[1].field, "key.b");
	assert_int_equal(metric->labels[2].naming, NAMING_CGROUP);
	assert_int_equal(metric->format_count, 1);
	assert_string_equal(metric->formats[0].field, "key.b");
}

/* In the order of its enum. */
static void expect_word(const char *before, const char *word, unsigned expected,
			unsigned (*value_of)(const struct unit_metric *metric))
{
	cleanup_unit_file struct unit_file *file = NULL;
	char text[512];

	(void)snprintf(text, sizeof(text), METRIC "%s%s\n", before, word);
	file = parsed(text);
	assert_int_equal(value_of(&file->metrics[0]), expected);
}

static unsigned kind_of(const struct unit_metric *metric)
{
	return metric->kind;
}

static unsigned unit_of(const struct unit_metric *metric)
{
	return metric->unit;
}

static unsigned naming_of(const struct unit_metric *metric)
{
	return metric->labels[0].naming;
}

static void each_word_of_a_metric_has_its_meaning(void **state)
{
	static const char *const kinds[] = {"counter", "gauge", "histogram"};
	static const char *const units[] = {"none", "bytes", "ns", "us", "ms", "s"};
	static const char *const namings[] = {"hex", "cgroup", "interface", "syscall"};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
		expect_word("Type=", kinds[i], i, kind_of);
	for (unsigned i = 0; i < ARRAY_SIZE(units); i++)
		expect_word("Unit=", units[i], i, unit_of);
	for (unsigned i = 0; i < ARRAY_SIZE(namings); i++)
		expect_word("Labels=a:key:", namings[i], i, naming_of);
}

static void entries_in_place_of_a_field_count_themselves(void **state)
{
	cleanup_unit_file struct unit_file *file = parsed(METRIC "Value=entries\n");

	(void)state;
	assert_string_equal(file->metrics[0].value, METRIC_VALUE_ENTRIES);
}

static void what_a_metric_leaves_out_has_a_default(void **state)
{
	cleanup_unit_file struct unit_file *file = NULL;
	struct failure failure;

	(void)state;
	assert_int_equal(unit_file_parse("u", "/u.conf", METRIC, strlen(METRIC), &file, &failure),
			 0);
	assert_int_equal(file->metrics[0].kind, METRIC_KIND_COUNTER);
	assert_string_equal(file->metrics[0].value, "value");
	assert_null(file->metrics[0].sum);
	assert_null(file->metrics[0].bucket);
	assert_int_equal(file->metrics[0].max_series, UNIT_METRIC_SERIES_MAX);
	assert_int_equal(file->map_memory_max, 0);
}

static void bad_metrics_are_refused(void **state)
{
	static const struct {
		const char *text, *part;
	} cases[] = {
		{WHOLE "[Metric m]\n", "/u.conf:5: [Metric m] has no Map="},
		{WHOLE "[Metric A]\nMap=m\n", "'A' is no name of a metric"},
		{WHOLE "[Metric 1a]\nMap=m\n", "'1a' is no name of a metric"},
		{WHOLE "[Metric a-b]\nMap=m\n", "'a-b' is no name of a metric"},
		{WHOLE "[Metric a_total]\nMap=m\n", "'a_total': what a metric counts"},
		{WHOLE "[Metric a_seconds]\nMap=m\n", "'a_seconds': what a metric counts"},
		{WHOLE "[Metric m]\nMap=a b\n", "Map=a b is no name of a map of the object"},
		{METRIC "Type=meter\n", "Type= cannot be 'meter'"},
		{METRIC "Value=bytes\n", "Value=bytes is no field of a map's entry"},
		{METRIC "Sum=value.sum\n", "[Metric calls] has Sum=, which only a histogram has"},
		{METRIC "Bucket=key\n", "[Metric calls] has Bucket=, which only a histogram has"},
		{HISTOGRAM "Bucket=slot\n", "Bucket=slot is no field of a map's entry"},
		{HISTOGRAM "BucketCount=5\n", "has BucketCount=, which is for Bucket="},
		{HISTOGRAM "BucketCount=1\n",
		 "BucketCount= cannot be '1'; it is a number from 2 to 128"},
		{HISTOGRAM "BucketCount=129\n", "BucketCount= cannot be '129'"},
		{HISTOGRAM "Bucket=key.slot\nLabels=slot:key.slot\n",
		 "the field of Bucket= cannot be a label too"},
		{METRIC "Unit=hours\n", "Unit= cannot be 'hours'"},
		{METRIC "Buckets=linear:0\n", "Buckets= cannot be 'linear:0'"},
		{METRIC "Buckets=linear:0:5\n", "Buckets= cannot be 'linear:0:5'"},
		{METRIC "Buckets=linear:5:\n", "Buckets= cannot be 'linear:5:'"},
		{METRIC "Buckets=log10\n", "Buckets= cannot be 'log10'"},
		{METRIC "MaxSeries=0\n", "MaxSeries= cannot be '0'"},
		{METRIC "MaxSeries=100001\n", "MaxSeries= cannot be '100001'"},
		{METRIC "Labels=pid\n", "'pid' is not NAME:FIELD"},
		{METRIC "Labels=unit:key\n", "'unit' is no name of a label"},
		{METRIC "Labels=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:key\n",
		 "a' is no name of a label"},
		{METRIC "Labels=le:key\n", "'le' is no name of a label"},
		{METRIC "Labels=a:key a:value\n", "'a' is there twice"},
		{METRIC "Labels=a:saddr\n", "'saddr' is no field of a map's entry"},
		{METRIC "Labels=a:key:ipx\n", "unknown decoder 'ipx'; there are cgroup, interface"},
		{METRIC "Labels=a:key b:key c:key d:key e:key f:key g:key h:key i:key\n",
		 "Labels=: more than 8"},
		{UNIT "MapMemoryMax=0\n" HOOK, "MapMemoryMax= cannot be '0'"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect_refused(cases[i].text, cases[i].part);
}

static void keys_and_values_of_later_versions_are_named_so(void **state)
{
	static const struct {
		const char *text, *what;
	} cases[] = {
		{WHOLE "[Map m]\nOnChange=migrate\n", "/u.conf:6: OnChange=migrate"},
		{WHOLE "[Reload]\nSwap=overlap\n", "/u.conf:6: Swap=overlap"},
		{UNIT "DriftInterval=5s\n" HOOK, "/u.conf:3: DriftInterval="},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char error[128];

		assert_int_equal(str_format(error, sizeof(error),
					    "%s is not supported by this version", cases[i].what),
				 0);
		expect_only_error(cases[i].text, error);
	}
}

static void bad_attach_has_line_and_cause(void **state)
{
	(void)state;
	expect_only_error(
		WHOLE "Attach=xdp\n",
		"/u.conf:5: Attach=: 'xdp' has no ':'; write KIND:TARGET, such as xdp:eth0");
}

static void bad_program_is_refused(void **state)
{
	(void)state;
	expect_only_error(UNIT "[Hook h]\nProgram=a-b\n",
			  "/u.conf:4: Program=a-b is no name of a function in the object");
}

static void bad_hook_name_is_refused(void **state)
{
	(void)state;
	expect_refused(UNIT "[Hook H]\nProgram=f\n", "/u.conf:3: 'H' is no name of a hook");
	expect_refused(UNIT "[Hook a b]\nProgram=f\n", "/u.conf:3: 'a b' is no name of a hook");
	expect_refused(UNIT "[Hook a.b]\nProgram=f\n", "/u.conf:3: 'a.b' is no name of a hook");
}

static void bad_map_and_ring_names_are_refused(void **state)
{
	(void)state;
	expect_refused(WHOLE "[Map .bss]\nKeep=yes\n", "/u.conf:5: '.bss' is no name of a map");
	expect_refused(WHOLE "[Events a b]\n", "/u.conf:5: 'a b' is no name of a ring");
}

static void bad_keep_is_refused(void **state)
{
	(void)state;
	expect_only_error(WHOLE "[Map m]\nKeep=maybe\n",
			  "/u.conf:6: Keep= cannot be 'maybe'; it may be: yes, no");
}

static void bad_rings_is_refused(void **state)
{
	(void)state;
	expect_only_error(WHOLE "[Events e]\nRings=many\n",
			  "/u.conf:6: Rings= cannot be 'many'; it may be: one, cpu");
}

static void a_check_needs_one_record(void **state)
{
	struct unit_file *file = parsed(WHOLE "[Events e]\nRecord=r\nCheck=tcp4\n");

	(void)state;
	assert_int_equal(file->events[0].check, CHECK_TCP4);
	unit_file_free(file);
	expect_only_error(WHOLE "[Events e]\nRecord=r s\nCheck=tcp4\n",
			  "/u.conf:5: [Events e] has Check=, which needs one struct in Record=");
	expect_only_error(WHOLE "[Events e]\nRecord=r\nCheck=udp\n",
			  "/u.conf:7: Check= cannot be 'udp'; it may be: none, tcp4");
}

static void size_of_rings_is_rounded_up(void **state)
{
	cleanup_unit_file struct unit_file *file =
		parsed(WHOLE "[Events a]\nSize=3M\n[Events b]\nSize=65536\n[Events c]\n");

	(void)state;
	assert_int_equal(file->events[0].size, 4 * 1024 * 1024);
	assert_int_equal(file->events[1].size, 65536);
	assert_int_equal(file->events[2].size, 0);
}

static void bad_size_is_refused(void **state)
{
	static const char *const bad[] = {"0", "big", "-1", "3G"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		char text[256], expected[256];

		(void)snprintf(text, sizeof(text), WHOLE "[Events e]\nSize=%s\n", bad[i]);
		(void)snprintf(expected, sizeof(expected),
			       "/u.conf:6: Size= cannot be '%s'; it is a number of bytes up to 2G, "
			       "with K, M or G behind it for larger ones, and is rounded up to a "
			       "power of two",
			       bad[i]);
		expect_only_error(text, expected);
	}
}

static void shared_map_has_a_name(void **state)
{
	cleanup_unit_file struct unit_file *file =
		parsed(WHOLE "[Map m]\nShared=flows-2\nKeep=yes\n[Map n]\n");

	(void)state;
	assert_string_equal(file->maps[0].shared, "flows-2");
	assert_string_equal(file->maps[1].shared, "");
}

static void bad_shared_is_refused(void **state)
{
	(void)state;
	expect_refused(WHOLE "[Map m]\nShared=Flows\n", "/u.conf:6: Shared= cannot be 'Flows'");
	expect_refused(WHOLE "[Map m]\nShared=a/b\n", "/u.conf:6: Shared= cannot be 'a/b'");
	expect_only_error(
		WHOLE "[Map m]\nShared=x\nKeep=no\n",
		"/u.conf:5: [Map m] has Shared= and Keep=no; a shared map is kept always");
	expect_refused(WHOLE "[Map m]\nShared=x\nOnChange=reset\n",
		       "/u.conf:5: [Map m] has Shared= and OnChange=reset; a shared map is never");
	expect_only_error(WHOLE "[Map m]\nShared=x\n[Map n]\nShared=x\n",
			  "/u.conf:7: [Map m] and [Map n] have the same Shared=x");
}

static void bad_variable_name_is_refused(void **state)
{
	(void)state;
	expect_only_error(WHOLE "[Set]\na b=1\n",
			  "/u.conf:6: 'a b' cannot be the name of a variable");
}

static void bad_records_are_refused(void **state)
{
	(void)state;
	expect_refused(WHOLE "[Events e]\nRecord=a,b\n",
		       "/u.conf:6: Record=: 'a,b' is no name of a struct");
	expect_only_error(WHOLE "[Events e]\nRecord=a b a\n",
			  "/u.conf:6: Record=: 'a' is there twice");
}

static void bad_formats_are_refused(void **state)
{
	(void)state;
	expect_only_error(WHOLE "[Events e]\nRecord=r\nFormat=a:ip4 b:ip5\n",
			  "/u.conf:7: Format=: unknown format 'ip5'; there are ip4, ip6, mac, "
			  "port, ns, hex, dec, text");
	expect_only_error(WHOLE "[Events e]\nRecord=r\nFormat=a\n",
			  "/u.conf:7: Format=: 'a' is not FIELD:FORMAT");
	expect_only_error(WHOLE "[Events e]\nRecord=r\nFormat=a.:ip4\n",
			  "/u.conf:7: Format=: 'a.' is no name of a field, as saddr, or a.b for "
			  "one of a struct within");
}

static void doubled_format_is_refused(void **state)
{
	(void)state;
	expect_only_error(WHOLE "[Events e]\nRecord=r\nFormat=a:ip4 a:hex\n",
			  "/u.conf:7: Format=: field 'a' is there twice");
}

static void format_without_record_is_refused(void **state)
{
	(void)state;
	expect_only_error(WHOLE "[Events e]\nFormat=a:ip4\n",
			  "/u.conf:5: [Events e] has Format= without Record=");
}

static void bad_sinks_are_refused(void **state)
{
	(void)state;
	expect_refused(WHOLE "[Events e]\nSink=file:log\n",
		       "/u.conf:6: Sink=file:log: the path must be absolute");
	expect_refused(WHOLE "[Events e]\nSink=file:\n",
		       "/u.conf:6: Sink=file:: the path must be absolute");
	expect_refused(WHOLE "[Events e]\nSink=kafka\n",
		       "/u.conf:6: Sink= cannot be 'kafka'; it may be: none, file:PATH");
	expect_refused(WHOLE "[Events e]\nSink=file:PATH\n",
		       "/u.conf:6: Sink=file:PATH: the path must be absolute");
}

static void all_errors_come_in_the_order_of_lines(void **state)
{
	(void)state;
	expect_only_error("nonsense\n"
			  "[Unit]\n"
			  "Objekt=/a.o\n"
			  "[Hook h]\n"
			  "Attach=xdp:\xff\n"
			  "[Reload]\n"
			  "Swap=x\n",
			  "/u.conf:1: neither KEY=VALUE nor a [SECTION]\n"
			  "/u.conf:2: [Unit] has no Object=\n"
			  "/u.conf:3: unknown key Objekt= in [Unit]; did you mean Object=?\n"
			  "/u.conf:4: [Hook h] has no Program=\n"
			  "/u.conf:5: the line is not valid UTF-8\n"
			  "/u.conf:7: Swap= cannot be 'x'; it may be: auto, link, entry");
}

/* A file of WHOLE and `count` sections of a type, each with a line. */
static char *many_sections(const char *type, const char *line, unsigned count)
{
	char *text = NULL;
	size_t length;
	FILE *stream = open_memstream(&text, &length);

	fputs(WHOLE, stream);
	for (unsigned i = 0; i < count; i++)
		fprintf(stream, "[%s n%u]\n%s\n", type, i, line);
	fclose(stream);
	return text;
}

static void hooks_are_limited(void **state)
{
	cleanup_free char *most = many_sections("Hook", "Program=f", EBPFD_HOOKS_MAX - 1);
	cleanup_free char *more = many_sections("Hook", "Program=f", EBPFD_HOOKS_MAX + 1);
	cleanup_unit_file struct unit_file *file = parsed(most);

	(void)state;
	assert_int_equal(file->hook_count, EBPFD_HOOKS_MAX);
	expect_only_error(more, "/u.conf:67: more than 32 hooks; split the unit in two");
}

static void rings_are_limited(void **state)
{
	cleanup_free char *most = many_sections("Events", "", EBPFD_RINGS_MAX);
	cleanup_free char *more = many_sections("Events", "", EBPFD_RINGS_MAX + 1);
	cleanup_unit_file struct unit_file *file = parsed(most);

	(void)state;
	assert_int_equal(file->event_count, EBPFD_RINGS_MAX);
	expect_only_error(more, "/u.conf:21: more than 8 [Events] sections");
}

static void sections_and_keys_are_limited(void **state)
{
	cleanup_free char *sections = many_sections("Map", "", 255);
	cleanup_free char *keys = NULL;
	size_t length;
	FILE *stream = open_memstream(&keys, &length);

	(void)state;
	fputs(WHOLE "[Set]\n", stream);
	for (unsigned i = 0; i < 257; i++)
		fprintf(stream, "x%u=1\n", i);
	fclose(stream);
	expect_only_error(sections, "/u.conf:513: more than 256 sections");
	expect_only_error(keys, "/u.conf:262: more than 256 keys in one section");
}

static void illegal_unit_names_are_refused(void **state)
{
	static const char *const names[] = {"", "shared", "gone-1", "A", "a.b", "../a"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct unit_file *file = NULL;
		struct failure failure;

		assert_int_equal(
			unit_file_parse(names[i], "/u.conf", WHOLE, strlen(WHOLE), &file, &failure),
			-EINVAL);
		assert_null(file);
		expect_failure(&failure, OUTCOME_FAILED, "is no legal name of a unit");
	}
}

static void too_large_a_text_is_refused(void **state)
{
	cleanup_free char *text = malloc(UNIT_FILE_SIZE_MAX + 1);

	(void)state;
	memset(text, '\n', UNIT_FILE_SIZE_MAX + 1);
	memcpy(text, WHOLE, strlen(WHOLE));
	expect_refused_bytes(text, UNIT_FILE_SIZE_MAX + 1, "/u.conf: the file is larger than");
	text[UNIT_FILE_SIZE_MAX] = '\0';
	unit_file_free(parsed(text));
}

static void nul_byte_is_refused_with_its_line(void **state)
{
	static const char text[] = WHOLE "\0";

	(void)state;
	expect_refused_bytes(text, sizeof(text) - 1, "/u.conf:5: control character 0x00");
}

static int file_of(const char *text, size_t length)
{
	int fd = memfd_create("unit", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), length);
	return fd;
}

static void open_file_is_read_from_its_start(void **state)
{
	cleanup_unit_file struct unit_file *file = NULL;
	cleanup_close int fd = file_of(WHOLE, strlen(WHOLE));

	(void)state;
	assert_int_equal(unit_file_read(fd, "/x/tcp_2.conf", NULL, &file, NULL), 0);
	assert_string_equal(file->name, "tcp_2");
}

static void given_name_goes_before_the_path(void **state)
{
	cleanup_unit_file struct unit_file *file = NULL;
	cleanup_close int fd = file_of(WHOLE, strlen(WHOLE));

	(void)state;
	assert_int_equal(unit_file_read(fd, "/x/NO NAME", "given", &file, NULL), 0);
	assert_string_equal(file->name, "given");
}

static void illegal_base_name_is_refused(void **state)
{
	static const char *const paths[] = {
		"/x/.conf",	  "/x/Tcp.conf",
		"/x/a.b.conf",	  "/x/",
		"/x/shared.conf", "/x/a12345678901234567890123456789012345678901234567890.conf"};
	cleanup_close int fd = file_of(WHOLE, strlen(WHOLE));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct unit_file *file = NULL;
		struct failure failure;

		assert_int_equal(unit_file_read(fd, paths[i], NULL, &file, &failure), -EINVAL);
		expect_failure(&failure, OUTCOME_FAILED, "is no legal name of a unit");
	}
}

static void too_large_a_file_is_refused(void **state)
{
	cleanup_close int fd = file_of("", 0);
	struct unit_file *file = NULL;
	struct failure failure;

	(void)state;
	assert_int_equal(ftruncate(fd, UNIT_FILE_SIZE_MAX + 1), 0);
	assert_int_equal(unit_file_read(fd, "/u.conf", NULL, &file, &failure), -EINVAL);
	assert_string_equal(failure.text, "/u.conf: the file is larger than 262144 bytes");
}

static void missing_file_is_told_by_name(void **state)
{
	struct unit_file *file = NULL;
	struct failure failure;

	(void)state;
	assert_int_equal(unit_file_open("/nonexistent/u.conf", NULL, &file, &failure), -ENOENT);
	assert_string_equal(failure.text, "/nonexistent/u.conf: No such file or directory");
}

static void folder_is_refused(void **state)
{
	struct unit_file *file = NULL;
	struct failure failure;

	(void)state;
	assert_int_equal(unit_file_open("/", "u", &file, &failure), -EINVAL);
	assert_string_equal(failure.text, "/: not a regular file");
}

static void fifo_without_writer_holds_nobody_up(void **state)
{
	char folder[] = "/tmp/ebpfd-test-XXXXXX", path[64];
	struct unit_file *file = NULL;
	struct failure failure;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(str_format(path, sizeof(path), "%s/u.conf", folder), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(unit_file_open(path, NULL, &file, &failure), -EINVAL);
	expect_text_has(failure.text, "/u.conf: not a regular file");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void freeing_nothing_is_allowed(void **state)
{
	(void)state;
	unit_file_free(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_file_has_the_defaults),
		cmocka_unit_test(full_file_is_read_from_disk),
		cmocka_unit_test(elements_know_their_lines),
		cmocka_unit_test(relative_object_is_beside_the_unit_file),
		cmocka_unit_test(relative_path_of_the_file_starts_at_the_working_directory),
		cmocka_unit_test(each_way_to_swap_is_known),
		cmocka_unit_test(heal_is_no_unless_asked_for),
		cmocka_unit_test(each_format_is_known),
		cmocka_unit_test(formats_of_a_map_are_of_its_entries),
		cmocka_unit_test(sink_none_is_the_default_spelled_out),
		cmocka_unit_test(empty_file_lacks_unit_and_hook),
		cmocka_unit_test(file_without_hook_is_refused),
		cmocka_unit_test(unit_without_object_is_refused),
		cmocka_unit_test(hook_without_program_is_refused),
		cmocka_unit_test(missing_key_is_no_second_error_of_a_bad_one),
		cmocka_unit_test(unknown_section_is_refused),
		cmocka_unit_test(near_section_is_asked_about),
		cmocka_unit_test(unknown_key_is_refused),
		cmocka_unit_test(near_key_is_asked_about),
		cmocka_unit_test(key_of_another_section_is_sent_there),
		cmocka_unit_test(doubled_section_is_refused),
		cmocka_unit_test(doubled_key_is_refused),
		cmocka_unit_test(same_key_in_two_sections_is_fine),
		cmocka_unit_test(names_of_sections_are_needed_where_they_belong),
		cmocka_unit_test(keys_and_values_of_later_versions_are_named_so),
		cmocka_unit_test(metrics_are_read),
		cmocka_unit_test(each_word_of_a_metric_has_its_meaning),
		cmocka_unit_test(entries_in_place_of_a_field_count_themselves),
		cmocka_unit_test(what_a_metric_leaves_out_has_a_default),
		cmocka_unit_test(bad_metrics_are_refused),
		cmocka_unit_test(bad_attach_has_line_and_cause),
		cmocka_unit_test(bad_program_is_refused),
		cmocka_unit_test(bad_hook_name_is_refused),
		cmocka_unit_test(bad_map_and_ring_names_are_refused),
		cmocka_unit_test(bad_keep_is_refused),
		cmocka_unit_test(bad_rings_is_refused),
		cmocka_unit_test(a_check_needs_one_record),
		cmocka_unit_test(size_of_rings_is_rounded_up),
		cmocka_unit_test(bad_size_is_refused),
		cmocka_unit_test(shared_map_has_a_name),
		cmocka_unit_test(bad_shared_is_refused),
		cmocka_unit_test(bad_variable_name_is_refused),
		cmocka_unit_test(bad_records_are_refused),
		cmocka_unit_test(bad_formats_are_refused),
		cmocka_unit_test(doubled_format_is_refused),
		cmocka_unit_test(format_without_record_is_refused),
		cmocka_unit_test(bad_sinks_are_refused),
		cmocka_unit_test(all_errors_come_in_the_order_of_lines),
		cmocka_unit_test(hooks_are_limited),
		cmocka_unit_test(rings_are_limited),
		cmocka_unit_test(sections_and_keys_are_limited),
		cmocka_unit_test(illegal_unit_names_are_refused),
		cmocka_unit_test(too_large_a_text_is_refused),
		cmocka_unit_test(nul_byte_is_refused_with_its_line),
		cmocka_unit_test(open_file_is_read_from_its_start),
		cmocka_unit_test(given_name_goes_before_the_path),
		cmocka_unit_test(illegal_base_name_is_refused),
		cmocka_unit_test(too_large_a_file_is_refused),
		cmocka_unit_test(missing_file_is_told_by_name),
		cmocka_unit_test(folder_is_refused),
		cmocka_unit_test(fifo_without_writer_holds_nobody_up),
		cmocka_unit_test(freeing_nothing_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
