/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/hook_expect.h"

#include <bpf/libbpf.h>

#include "daemon/kernel/anchor.h"
#include "daemon/kernel/held_event.h"
#include "daemon/kernel/pinned.h"
#include "daemon/kernel/place.h"
#include "lib/cleanup.h"
#include "tests/support/tiny_program.h"
#include "tests/unit/expect.h"

struct attach hook_expect_parsed(const char *text)
{
	struct failure failure;
	struct attach attach;

	if (attach_parse(text, &attach, &failure) < 0)
		fail_msg("%s", failure.text);
	return attach;
}

/* The smallest program that may sit at the hook, with the neutral verdict. */
static int load_tiny(const struct attach *attach)
{
	struct hook_type type;
	int err = hook_describe(attach, &type, NULL), id;

	if (err)
		return err;
	if (!type.function)
		return tiny_program(type.program_type, type.expected, type.neutral);
	id = libbpf_find_vmlinux_btf_id(type.function, type.expected);
	return id < 0 ? id : tiny_program_for(type.program_type, type.expected, (uint32_t)id);
}

int hook_expect_program(const struct attach *attach)
{
	int fd = load_tiny(attach);

	assert_true(fd >= 0);
	return fd;
}

/* An error comes with the failure; else the link. */
static int try_to_attach(const struct attach *attach, int program, struct failure *failure)
{
	cleanup_close int link = hook_attach(attach, program, failure);
	int err = link < 0 ? link : hook_engage(attach, link, program, failure);

	return err ? err : TAKE_FD(link);
}

static int attach_to(const struct attach *attach, const char *text, int program)
{
	struct failure failure;
	int link = try_to_attach(attach, program, &failure);

	if (link < 0)
		fail_msg("%s: %s", text, failure.text);
	return link;
}

int hook_expect_attach(const char *text)
{
	struct attach attach = hook_expect_parsed(text);
	cleanup_close int program = hook_expect_program(&attach);

	return attach_to(&attach, text, program);
}

bool hook_is_held_event(int fd)
{
	struct bpf_map_info info = {0};
	uint32_t length = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &length) == 0 && held_event_is_map(&info);
}

void hook_expect_attaches(const char *text, int can_update)
{
	struct attach attach = hook_expect_parsed(text);
	cleanup_close int program = hook_expect_program(&attach);
	cleanup_close int link = attach_to(&attach, text, program);
	struct bpf_link_info info;
	struct hook_type type;

	assert_int_equal(hook_link_can_update(link, program), can_update);
	/* Such a map does not tell what its event runs. */
	if (!hook_is_held_event(link)) {
		assert_int_equal(place_link_look(link, &info), 0);
		assert_int_equal(info.prog_id, tiny_program_id(program));
	}
	assert_int_equal(hook_describe(&attach, &type, NULL), 0);
	assert_int_equal(type.updatable, can_update);
	/* What stands for a link does not detach when it goes. */
	if (pinned_kind(link) == PIN_MAP)
		anchor_release(link);
}

void hook_expect_refused(const char *text, const char *part)
{
	struct attach attach = hook_expect_parsed(text);
	cleanup_close int program = hook_expect_program(&attach);
	struct failure failure;

	assert_true(try_to_attach(&attach, program, &failure) < 0);
	expect_failure(&failure, OUTCOME_REFUSED, part);
}
