/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes what the programs of tests/bpf/life_probe.h at a system call wait for. */
#pragma once

/* The function of the kernel that lseek(2) is. */
#define LSEEK "__x64_sys_lseek"

/* For struct kind_life: `data` is not used. 0 or a negative errno. */
int sought_prepare(void *data);
int sought_by_lseek(void *data);
int sought_by_ioctl(void *data);
