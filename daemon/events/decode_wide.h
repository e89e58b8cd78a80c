/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A decoder whose lines have 64-bit integers as JSON strings, for readers that keep numbers in
 * floating point and so round them above 2^53. It shares the plan of another decoder, which must
 * outlive it.
 */
#pragma once

struct decoder;

/* -ENOMEM. */
int decoder_wide_new(const struct decoder *decoder, struct decoder **ret);
/* Accepts NULL; returns NULL. */
struct decoder *decoder_wide_free(struct decoder *decoder);
