/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What tests of kinds of hook assert of an `Attach=`, with the smallest program that fits there. */
#pragma once

#include "daemon/kernel/hook.h"

/* The parsed text, which must be right. */
struct attach hook_expect_parsed(const char *text);

/* A program that may sit at the hook, with the neutral verdict: its descriptor. */
int hook_expect_program(const struct attach *attach);

/* Attaches one: the link. */
int hook_expect_attach(const char *text);

/* Whether what hook_attach() returned is a map that stands for a link (held_event.h). */
bool hook_is_held_event(int fd);

/* It attaches, and its link can be updated or not: 1 or 0, which the kind's row must say too. */
void hook_expect_attaches(const char *text, int can_update);

/* It does not attach, with OUTCOME_REFUSED and a message that has `part`. */
void hook_expect_refused(const char *text, const char *part);
