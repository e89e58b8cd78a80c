/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of a table, sent by an interface over and over, each once at each step of a traffic, and
 * how many of them were sent and heard. In memory that test and traffic share.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "tests/support/craft.h"
#include "tests/support/traffic.h"

#define SALVO_FRAMES_MAX 48
#define SALVO_EARS	 2

struct salvo_frame {
	int fate; /* what is to become of it, by the test's own numbers */
	struct craft craft;
};

/* Who listens. */
struct salvo_ear {
	int fd; /* -1: nobody */
	uint64_t heard;
};

struct salvo {
	const char *interface;
	const struct salvo_frame *frames;
	size_t number;
	uint64_t sent[SALVO_FRAMES_MAX];
	struct salvo_ear ears[SALVO_EARS];
	int out; /* of the traffic */
};

/* Ends the test on an error, as all of these do. `interface` and `frames` are borrowed. */
struct salvo *salvo_new(const char *interface, const struct salvo_frame *frames, size_t number);

/* Idempotent: `salvo` is NULL then. */
void salvo_free(struct salvo **salvo);

/* What traffic is to send it. */
struct traffic salvo_traffic(struct salvo *salvo);

/* An ear hears what arrives at an interface from now on; salvo_cover() ends that. */
void salvo_listen(struct salvo *salvo, unsigned ear, const char *interface);
void salvo_cover(struct salvo *salvo, unsigned ear);

/* So far, while no traffic runs. */
uint64_t salvo_heard(struct salvo *salvo, unsigned ear);
uint64_t salvo_sent(const struct salvo *salvo, int fate);
uint64_t salvo_sent_bytes(const struct salvo *salvo, int fate);

/* How many frames of the table have that fate. */
size_t salvo_count(const struct salvo *salvo, int fate);
