/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filters of traffic control that run a program and take its verdict (cls_bpf, direct action), at
 * the qdisc clsact of an interface, by netlink. They have no link, and stay when whoever made them
 * is gone. Ours have one priority, and the id of their program for a handle: so each can be found
 * again, and to attach one twice is to attach it once.
 */
#pragma once

#include "daemon/kernel/anchor.h"

/*
 * Behind the filters that name no priority, which the kernel gives 49152 and less. Of filters of
 * one priority the newest runs first (net/sched/cls_bpf.c, cls_bpf_change()).
 */
#define TC_FILTER_PRIORITY 50000

/*
 * Makes the qdisc clsact where there is none, and the filter where it is not there. The program is
 * the anchor's.
 */
int tc_filter_attach(const struct anchor *anchor, int program_fd, struct failure *reterr_failure);

/*
 * Gives a filter its program back if it runs program `other`; -EPERM where it runs a third one.
 * Netlink has no compare and swap: what comes between the look and the exchange is overwritten.
 */
int tc_filter_take_back(const struct anchor *anchor, int program_fd, uint32_t other);

/* The id of the program that the filter runs; -ENOENT: it is not there. */
int tc_filter_find(const struct anchor *anchor, uint32_t *ret);

/*
 * Removes the filter if it runs the anchor's program. The qdisc stays, also one that was made here:
 * with it would go what others have put there meanwhile.
 */
void tc_filter_detach(const struct anchor *anchor);
