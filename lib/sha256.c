/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lib/sha256.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define BLOCK_SIZE 64
#define WORDS	   8
#define ROUNDS	   64

/* The first 32 bits of the fractions of the cube roots of the first 64 primes. */
static const uint32_t constants[ROUNDS] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
	0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
	0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
	0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
	0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2};

/* The same of the square roots of the first 8. */
static const uint32_t beginning[WORDS] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static uint32_t rotate(uint32_t word, unsigned by)
{
	return word >> by | word << (32 - by);
}

static void expand(const unsigned char *block, uint32_t schedule[ROUNDS])
{
	uint32_t word;

	for (int i = 0; i < 16; i++) {
		memcpy(&word, block + 4 * i, sizeof(word));
		schedule[i] = be32toh(word);
	}
	for (int i = 16; i < ROUNDS; i++) {
		uint32_t late = schedule[i - 2], early = schedule[i - 15];

		schedule[i] = schedule[i - 16] + schedule[i - 7] +
			      (rotate(early, 7) ^ rotate(early, 18) ^ early >> 3) +
			      (rotate(late, 17) ^ rotate(late, 19) ^ late >> 10);
	}
}

/* `v` are the standard's working variables a to h. */
static void take_block(uint32_t state[WORDS], const unsigned char *block)
{
	uint32_t schedule[ROUNDS], v[WORDS];

	expand(block, schedule);
	memcpy(v, state, sizeof(v));
	for (int i = 0; i < ROUNDS; i++) {
		uint32_t first = v[7] + (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)) +
				 ((v[4] & v[5]) ^ (~v[4] & v[6])) + constants[i] + schedule[i];
		uint32_t second = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) +
				  ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, sizeof(v) - sizeof(v[0]));
		v[4] += first;
		v[0] = first + second;
	}
	for (int i = 0; i < WORDS; i++)
		state[i] += v[i];
}

/* What is left of the data, a bit of one, zeros, and the length in bits. */
static void take_rest(uint32_t state[WORDS], const unsigned char *rest, size_t left, size_t size)
{
	unsigned char blocks[2 * BLOCK_SIZE] = {0};
	size_t end = left + 1 + sizeof(uint64_t) <= BLOCK_SIZE ? BLOCK_SIZE : 2 * BLOCK_SIZE;
	uint64_t bits = htobe64((uint64_t)size * 8);

	memcpy(blocks, rest, left);
	blocks[left] = 0x80;
	memcpy(blocks + end - sizeof(bits), &bits, sizeof(bits));
	for (size_t at = 0; at < end; at += BLOCK_SIZE)
		take_block(state, blocks + at);
}

void sha256_text(const void *data, size_t size, char ret[SHA256_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = data;
	uint32_t state[WORDS];
	size_t at = 0;

	memcpy(state, beginning, sizeof(state));
	for (; size - at >= BLOCK_SIZE; at += BLOCK_SIZE)
		take_block(state, bytes + at);
	take_rest(state, bytes + at, size - at, size);
	for (int i = 0; i < SHA256_TEXT_SIZE - 1; i++)
		ret[i] = digits[state[i / 8] >> (28 - 4 * (i % 8)) & 15];
	ret[SHA256_TEXT_SIZE - 1] = '\0';
}
