/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/hook_state.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/kernel/hook.h"
#include "daemon/kernel/hook_target.h"
#include "lib/cleanup.h"
#include "lib/clock.h"

#define NSEC_PER_USEC 1000

const char *hook_condition_name(enum hook_condition condition)
{
	static const char *const names[HOOK_STATE_MAX_] = {
		[HOOK_STATE_ATTACHED] = "attached", [HOOK_STATE_OUTRANKED] = "outranked",
		[HOOK_STATE_REPLACED] = "replaced", [HOOK_STATE_DETACHED] = "detached",
		[HOOK_STATE_MISSING] = "missing",   [HOOK_STATE_WAITING] = "waiting"};

	return names[condition];
}

/* ---- the other program ---- */

/* A program that is gone meanwhile is known by its number alone. */
static void look_at_other(uint32_t id, struct other_program *ret)
{
	cleanup_close int fd = id ? bpf_prog_get_fd_by_id(id) : -1;
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);

	*ret = (struct other_program){.id = id};
	if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &length) < 0)
		return;
	(void)snprintf(ret->name, sizeof(ret->name), "%s", info.name);
	for (size_t i = 0; i < sizeof(info.tag); i++)
		(void)snprintf(ret->tag + 2 * i, sizeof(ret->tag) - 2 * i, "%02x", info.tag[i]);
	ret->uid = info.created_by_uid;
	ret->loaded_usec = clock_from_boot(info.load_time);
}

/* ---- reading ---- */

/* The programs that the hook's link may run; 0: none. */
struct own_programs {
	uint32_t entry;
	uint32_t direct;
};

/*
 * Where an entry is pinned it is the entry's turn, whatever the manifest says: another generation
 * of the unit may have needed one.
 */
static struct own_programs own_programs(const struct unit_pins *pins,
					const struct manifest_hook *hook)
{
	struct own_programs own = {.direct = hook->way != WAY_ENTRY ? hook->program_id : 0};
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);
	char path[PIN_PATH_MAX];
	cleanup_close int entry = -1;

	place_path(pins, hook->place, "entry", path);
	entry = bpf_obj_get(path);
	if (entry >= 0 && bpf_obj_get_info_by_fd(entry, &info, &length) == 0)
		own.entry = info.id;
	return own;
}

/* Nobody's, where the pin that would tell is gone. */
static bool is_foreign(const struct own_programs *own, uint32_t program)
{
	return (own->entry || own->direct) && program != own->entry && program != own->direct;
}

/* The link is not attached, or not there: why, as far as it can be told. */
static void read_unattached(const struct unit_pins *pins, const struct manifest_hook *hook,
			    enum hook_condition condition, struct hook_state *ret)
{
	uint64_t target = hook_target_now(&hook->attach);
	const struct own_programs own = own_programs(pins, hook);
	uint32_t other;

	if (hook_target_can_go(&hook->attach) && !target) {
		ret->condition = HOOK_STATE_WAITING;
		return;
	}
	ret->condition = condition;
	ret->returned = target && hook_target_differs(pins, hook, target);
	ret->lost = condition == HOOK_STATE_DETACHED && hook_is_held(&hook->attach);
	/* Who holds a link without its pin may keep it attached. */
	other = hook_rival(&hook->attach, NULL, 0);
	if (is_foreign(&own, other))
		look_at_other(other, &ret->other);
}

/* When the link came to be, near enough: its pin was made then. */
static uint64_t pinned_usec(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return UINT64_MAX;
	return (uint64_t)status.st_mtim.tv_sec * 1000000 +
	       (uint64_t)status.st_mtim.tv_nsec / NSEC_PER_USEC;
}

static void read_attached(const struct unit_pins *pins, const struct manifest_hook *hook,
			  const struct bpf_link_info *info, struct hook_state *ret)
{
	const struct own_programs own = own_programs(pins, hook);
	char path[PIN_PATH_MAX];

	if (is_foreign(&own, info->prog_id)) {
		ret->condition = HOOK_STATE_REPLACED;
		look_at_other(info->prog_id, &ret->other);
		return;
	}
	place_path(pins, hook->place, "link", path);
	look_at_other(hook_rival(&hook->attach, info, pinned_usec(path)), &ret->other);
	ret->condition = ret->other.id ? HOOK_STATE_OUTRANKED : HOOK_STATE_ATTACHED;
}

int hook_state_read(const struct unit_pins *pins, const struct manifest_hook *hook,
		    struct hook_state *ret)
{
	struct hook_state state = {.condition = HOOK_STATE_ATTACHED};
	struct bpf_link_info info;
	int err = place_link_info(pins, hook->place, &info);

	if (err && err != -ENOENT)
		return err;
	if (!err)
		state.target = hook_target_of_link(&hook->attach, &info);
	if (err)
		read_unattached(pins, hook, HOOK_STATE_MISSING, &state);
	else if (hook_target_can_go(&hook->attach) && !state.target)
		read_unattached(pins, hook, HOOK_STATE_DETACHED, &state);
	else
		read_attached(pins, hook, &info, &state);
	*ret = state;
	return 0;
}

bool hook_state_equal(const struct hook_state *a, const struct hook_state *b)
{
	return a->condition == b->condition && a->returned == b->returned &&
	       a->other.id == b->other.id;
}

int hook_states_check(const struct unit_pins *pins, const struct manifest *generation,
		      struct failure *reterr_failure)
{
	for (size_t i = 0; i < generation->hook_count; i++) {
		const struct manifest_hook *hook = &generation->hooks[i];
		char text[ATTACH_TARGET_MAX + 512];
		struct hook_state state;
		int err = hook_state_read(pins, hook, &state);

		if (err)
			return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
						 "hook %s: cannot read its link", hook->name);
		if (state.condition == HOOK_STATE_ATTACHED)
			continue;
		hook_state_describe(&state, hook, text, sizeof(text));
		return failure_set(reterr_failure, OUTCOME_REFUSED, -ENOLINK, "hook %s: %s",
				   hook->name, text);
	}
	return 0;
}

/* ---- telling ---- */

static void describe_other(const struct other_program *other, char *text, size_t size)
{
	time_t loaded = (time_t)(other->loaded_usec / 1000000);
	char when[sizeof("-2147483648-12-31 23:59:59")] = "";
	struct tm parts;

	if (!other->tag[0]) {
		(void)snprintf(text, size, "program %u", other->id);
		return;
	}
	if (localtime_r(&loaded, &parts))
		(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &parts);
	(void)snprintf(text, size, "program %u \"%s\" (tag %s, loaded by uid %u at %s)", other->id,
		       other->name, other->tag, other->uid, when);
}

static void describe_detached(const struct hook_state *state, const struct manifest_hook *hook,
			      const char *other, char *text, size_t size)
{
	const char *attachment = hook_attachment(&hook->attach);
	char cause[ATTACH_TARGET_MAX + 128];

	if (state->returned)
		(void)snprintf(cause, sizeof(cause),
			       "%s \"%s\" went and came back, and it is not attached there yet",
			       hook_target_noun(&hook->attach), hook->attach.target);
	else if (state->lost)
		(void)snprintf(
			cause, sizeof(cause),
			"its %s ended with the daemon that held it, and is not open again yet",
			attachment);
	else
		(void)snprintf(cause, sizeof(cause),
			       state->condition == HOOK_STATE_MISSING
				       ? "another hand removed the pin of its %s"
				       : "another hand detached its %s",
			       attachment);
	(void)snprintf(text, size, "%s%s%s", cause, state->other.id ? "; in its place is " : "",
		       state->other.id ? other : "");
}

void hook_state_describe(const struct hook_state *state, const struct manifest_hook *hook,
			 char *text, size_t size)
{
	char other[160] = "";

	describe_other(&state->other, other, sizeof(other));
	switch (state->condition) {
	case HOOK_STATE_OUTRANKED:
		(void)snprintf(text, size, "another hand put %s before it", other);
		break;
	case HOOK_STATE_REPLACED:
		(void)snprintf(text, size, "another hand replaced its program by %s", other);
		break;
	case HOOK_STATE_DETACHED:
	case HOOK_STATE_MISSING:
		describe_detached(state, hook, other, text, size);
		break;
	case HOOK_STATE_WAITING:
		(void)snprintf(text, size,
			       "%s \"%s\" is not there; it is attached again when that returns",
			       hook_target_noun(&hook->attach), hook->attach.target);
		break;
	case HOOK_STATE_ATTACHED:
	case HOOK_STATE_MAX_:
		(void)snprintf(text, size, "%s", "");
		break;
	}
}

static json_t *other_to_json(const struct other_program *other)
{
	json_t *json = json_pack("{s:I}", "id", (json_int_t)other->id);

	if (other->tag[0])
		(void)json_object_update_new(json, json_pack("{s:s, s:s, s:I, s:I}", "name",
							     other->name, "tag", other->tag, "uid",
							     (json_int_t)other->uid, "loaded_usec",
							     (json_int_t)other->loaded_usec));
	return json;
}

void hook_state_add(json_t *json, const struct hook_state *state, const struct manifest_hook *hook)
{
	char text[ATTACH_TARGET_MAX + 512];

	json_object_set_new(json, "state", json_string(hook_condition_name(state->condition)));
	if (state->condition == HOOK_STATE_ATTACHED)
		return;
	hook_state_describe(state, hook, text, sizeof(text));
	json_object_set_new(json, "detail", json_string(text));
	if (state->other.id)
		json_object_set_new(json, "other", other_to_json(&state->other));
}
