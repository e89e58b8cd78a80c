/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/words.h"

#include <ctype.h>
#include <net/if.h>
#include <string.h>

#include "lib/macro.h"

#define EDITS_MAX 2
/* Longer words than any that a file may use as a key are not compared. */
#define WORD_MAX 64

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
static const char letters_digits[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

bool identifier_is_valid(const char *word)
{
	return *word && strchr(letters, *word) && word[strspn(word, letters_digits)] == '\0';
}

bool symbol_is_valid(const char *word)
{
	return *word && !isdigit((unsigned char)*word) &&
	       word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
				 "0123456789.$")] == '\0';
}

bool member_path_is_valid(const char *word)
{
	for (;;) {
		if (!*word || !strchr(letters, *word))
			return false;
		word += strspn(word, letters_digits);
		if (*word != '.')
			return *word == '\0';
		word++;
	}
}

bool interface_name_is_valid(const char *word)
{
	size_t length = strlen(word);

	return length > 0 && length < IFNAMSIZ && strcmp(word, ".") != 0 &&
	       strcmp(word, "..") != 0 && word[strcspn(word, "/: \t\n\v\f\r")] == '\0';
}

static bool component_is_clean(const char *component, size_t length)
{
	return length > 0 && !(length == 1 && component[0] == '.') &&
	       !(length == 2 && component[0] == '.' && component[1] == '.');
}

bool absolute_path_is_clean(const char *path)
{
	if (*path != '/')
		return false;
	while (*path == '/') {
		size_t length = strcspn(path + 1, "/");

		if (!component_is_clean(path + 1, length))
			return false;
		path += 1 + length;
	}
	return true;
}

static bool same_letter(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* The cheapest way to the first `i` letters of a from the first `j` of b; three rows are enough. */
static size_t cell(const char *a, const char *b, size_t i, size_t j, size_t rows[3][WORD_MAX + 1])
{
	const size_t *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
	size_t cost = above[j - 1] + !same_letter(a[i - 1], b[j - 1]);

	cost = MIN(cost, above[j] + 1);
	cost = MIN(cost, rows[i % 3][j - 1] + 1);
	if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]))
		cost = MIN(cost, two_above[j - 2] + 1);
	return cost;
}

size_t word_distance(const char *a, const char *b, size_t max)
{
	size_t a_length = strlen(a), b_length = strlen(b);
	size_t rows[3][WORD_MAX + 1] = {0};

	if (a_length > WORD_MAX || b_length > WORD_MAX)
		return max + 1;
	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		rows[i % 3][0] = i;
		for (size_t j = 1; j <= b_length; j++)
			rows[i % 3][j] = cell(a, b, i, j, rows);
	}
	return MIN(rows[a_length % 3][b_length], max + 1);
}

void word_guess_consider(struct word_guess *guess, const char *candidate)
{
	size_t distance = word_distance(guess->typed, candidate, EDITS_MAX);

	/* Two edits make any word of two letters of any other. */
	if (distance > EDITS_MAX || distance >= strlen(candidate))
		return;
	if (guess->best && distance >= guess->distance)
		return;
	guess->best = candidate;
	guess->distance = distance;
}
