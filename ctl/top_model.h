/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `top` shows, as rows of numbers: units, their hooks, and the BPF programs of the host that
 * are nobody's here. Rates are differences of two answers of the method Figures (docs/figures.md);
 * what one answer alone cannot tell is NAN.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define TOP_NAME_MAX	128
#define TOP_TYPE_MAX	32
#define TOP_HISTORY_MAX 32

enum top_kind { TOP_UNIT, TOP_HOOK, TOP_PROGRAM };

struct top_row {
	enum top_kind kind;
	char name[TOP_NAME_MAX]; /* UNIT, UNIT/HOOK, PROGRAM:ID */
	char type[TOP_TYPE_MAX]; /* state of a unit, kind of a hook, type of a program */
	uint32_t generation;	 /* 0: none, as of a program */
	double calls;		 /* runs of programs in a second, as the kernel counts them */
	double ns_per_call;
	double cpu;	     /* of one CPU, 0 to 1 and beyond */
	double events;	     /* records taken from the rings in a second */
	double ring;	     /* fill of the fullest, 0 to 1 */
	uint64_t since_usec; /* CLOCK_REALTIME: the last change of what is in force; 0: none */
	double history[TOP_HISTORY_MAX]; /* calls, the latest last */
	size_t history_count;
	double seconds; /* that the rates are of */
};

struct top_model {
	struct top_row *rows; /* in the order of the answer */
	size_t count;
	json_t *answer; /* the last one; NULL: none yet */
};

/* Takes the next answer in; its reference is taken over. -ENOMEM leaves the model as it was. */
int top_model_add(struct top_model *model, json_t *answer);

/* The rates since the last answer would be of a time that nobody saw: the next one is a first. */
void top_model_interrupt(struct top_model *model);

/* Idempotent. */
void top_model_deinit(struct top_model *model);

/* A row for programs: {"kind", "name", "type", …}, null for what is not known. A new reference. */
json_t *top_row_to_json(const struct top_row *row);
