/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A decoder whose lines have numbers of 64-bit types (or wider) as JSON strings, for readers that
 * keep numbers in floating point and so round them above 2^53: integers, bit fields of any width,
 * since a member has one form in all lines, and enums' values without a name. It shares the plan of
 * another decoder, which must outlive it.
 */
#pragma once

struct decoder;

/* -ENOMEM. */
int decoder_wide_new(const struct decoder *decoder, struct decoder **ret);
/* Accepts NULL; returns NULL. */
struct decoder *decoder_wide_free(struct decoder *decoder);
