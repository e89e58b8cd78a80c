/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words in files: which are legal, and which one was meant. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A C identifier: functions, maps, structs and variables of an object. */
bool identifier_is_valid(const char *word);

/* What compilers and linkers call functions: letters, digits, '_', '.', '$', no digit first. */
bool symbol_is_valid(const char *word);

/* Identifiers with dots between them: a member, or one of a struct within. */
bool member_path_is_valid(const char *word);

/* As the kernel has it (dev_valid_name() in net/core/dev.c): 1 to 15 bytes, no '/', ':', blank. */
bool interface_name_is_valid(const char *word);

/* Starts with '/', has no empty, "." or ".." component and no '/' at the end. */
bool absolute_path_is_clean(const char *path);

/*
 * Insertions, deletions, replacements and swaps of neighbours that make `b` of `a`, without regard
 * to case. Words that differ by more than `max` give max + 1.
 */
size_t word_distance(const char *a, const char *b, size_t max);

/* The best word so far that somebody may have meant. Begins as {0} with `typed` set. */
struct word_guess {
	const char *typed;
	const char *best; /* NULL if none is near */
	size_t distance;
};

/* Takes the candidate if it is one or two edits away, and nearer than the best so far. */
void word_guess_consider(struct word_guess *guess, const char *candidate);
