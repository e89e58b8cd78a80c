/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs side by side: where their sections say that they attach, and what they are. */
#include <errno.h>
#include <string.h>

#include "daemon/loader/diff.h"
#include "daemon/loader/programs.h"
#include "daemon/loader/report.h"
#include "daemon/loader/section.h"
#include "lib/macro.h"
#include "lib/str.h"

#define CHANGES_MAX 1024

static const char *type_of(const struct bpf_program *program)
{
	const char *name = libbpf_bpf_prog_type_str(bpf_program__type(program));

	return name ? name : "unknown";
}

/* Where a hook without Attach= goes; without such a place, its unit file says where. */
static bool has_place(const struct bpf_program *program)
{
	struct attach attach;

	return section_to_attach(bpf_program__section_name(program), &attach, NULL) == 0;
}

static void add_change(char changes[CHANGES_MAX], const char *what, const char *was, const char *is)
{
	size_t used = strlen(changes);

	if (strcmp(was, is) == 0)
		return;
	(void)str_format(changes + used, CHANGES_MAX - used, "%s%s was %s and is %s",
			 used ? "; " : "", what, was, is);
}

/* What is attached fixes these for what comes after, see hooks_match(). */
static int add_reason(struct diff *diff, const struct bpf_program *former,
		      const struct bpf_program *program, const char *changes)
{
	bool frags = program_has_frags(former) == program_has_frags(program);

	if (has_place(program) || has_place(former) ||
	    (strcmp(type_of(former), type_of(program)) == 0 && frags))
		return 0;
	return diff_add_reason(diff, "function %s: %s; what is attached cannot be exchanged for it",
			       bpf_program__name(program), changes);
}

static json_t *describe(const struct bpf_program *program, const char *change)
{
	return json_pack("{s:o, s:s, s:o, s:s}", "name", report_text(bpf_program__name(program)),
			 "change", change, "section",
			 report_text(bpf_program__section_name(program)), "type", type_of(program));
}

static json_t *count_instructions(const struct bpf_program *former,
				  const struct bpf_program *program)
{
	return json_pack("{s:I, s:I}", "before", (json_int_t)bpf_program__insn_cnt(former), "after",
			 (json_int_t)bpf_program__insn_cnt(program));
}

static int compare_program(struct diff *diff, const struct bpf_program *former,
			   const struct bpf_program *program)
{
	char changes[CHANGES_MAX] = "";
	json_t *row;

	add_change(changes, "section", bpf_program__section_name(former),
		   bpf_program__section_name(program));
	add_change(changes, "type", type_of(former), type_of(program));
	add_change(changes, "xdp.frags", program_has_frags(former) ? "yes" : "no",
		   program_has_frags(program) ? "yes" : "no");
	row = describe(program, *changes ? "changed" : "same");
	json_object_set_new(row, "insns", count_instructions(former, program));
	if (*changes)
		json_object_set_new(row, "changes", report_text(changes));
	if (json_array_append_new(diff->programs, row) < 0 ||
	    add_reason(diff, former, program, changes) < 0)
		return -ENOMEM;
	return 0;
}

static int add_program(struct diff *diff, const struct bpf_program *program, const char *change)
{
	return json_array_append_new(diff->programs, describe(program, change)) < 0 ? -ENOMEM : 0;
}

int diff_programs(struct diff *diff)
{
	struct bpf_program *program;
	int err;

	bpf_object__for_each_program (program, diff->object.object) {
		const struct bpf_program *former = bpf_object__find_program_by_name(
			diff->former.object, bpf_program__name(program));

		err = former ? compare_program(diff, former, program)
			     : add_program(diff, program, "added");
		if (err)
			return err;
	}
	bpf_object__for_each_program (program, diff->former.object) {
		if (bpf_object__find_program_by_name(diff->object.object,
						     bpf_program__name(program)))
			continue;
		err = add_program(diff, program, "removed");
		if (err)
			return err;
	}
	return 0;
}
