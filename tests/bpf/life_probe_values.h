/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What life_probe.h and the tests that make its programs run agree on. */
#pragma once

/* Where no file is read, and what nobody gives to an ioctl. */
#define LIFE_OFFSET 0x6eb9fd000001ULL

/* The address of a page, where the kernel of itself puts nothing. */
#define LIFE_PAGE 0x2eb9fd000000ULL
