/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/salvo.h"

#include "lib/cleanup.h"
#include "tests/unit/expect.h"

#define PAUSE_USEC 2000

struct salvo *salvo_new(const char *interface, const struct salvo_frame *frames, size_t number)
{
	struct salvo *salvo = traffic_share(sizeof(*salvo));

	assert_in_range(number, 1, SALVO_FRAMES_MAX);
	*salvo = (struct salvo){
		.interface = interface, .frames = frames, .number = number, .out = -1};
	for (unsigned ear = 0; ear < SALVO_EARS; ear++)
		salvo->ears[ear].fd = -1;
	return salvo;
}

void salvo_free(struct salvo **salvo)
{
	if (!*salvo)
		return;
	for (unsigned ear = 0; ear < SALVO_EARS; ear++)
		salvo_cover(*salvo, ear);
	traffic_unshare(*salvo, sizeof(**salvo));
	*salvo = NULL;
}

static int open_out(void *data)
{
	struct salvo *salvo = data;

	salvo->out = craft_open(salvo->interface);
	return 0;
}

/* Now and then, so that what waits there always has room. */
static void hear(struct salvo_ear *ear)
{
	if (ear->fd >= 0)
		ear->heard += craft_heard(ear->fd);
}

static int send_each(void *data)
{
	struct salvo *salvo = data;

	for (size_t i = 0; i < salvo->number; i++) {
		int err = craft_send(salvo->out, &salvo->frames[i].craft);

		if (err)
			return err;
		salvo->sent[i]++;
	}
	for (unsigned ear = 0; ear < SALVO_EARS; ear++)
		hear(&salvo->ears[ear]);
	return 0;
}

struct traffic salvo_traffic(struct salvo *salvo)
{
	return (struct traffic){
		.step = send_each, .prepare = open_out, .data = salvo, .pause_usec = PAUSE_USEC};
}

void salvo_listen(struct salvo *salvo, unsigned ear, const char *interface)
{
	salvo->ears[ear].fd = craft_listen(interface);
}

void salvo_cover(struct salvo *salvo, unsigned ear)
{
	close_and_forget(&salvo->ears[ear].fd);
}

uint64_t salvo_heard(struct salvo *salvo, unsigned ear)
{
	hear(&salvo->ears[ear]);
	return salvo->ears[ear].heard;
}

uint64_t salvo_sent(const struct salvo *salvo, int fate)
{
	uint64_t sent = 0;

	for (size_t i = 0; i < salvo->number; i++)
		if (salvo->frames[i].fate == fate)
			sent += salvo->sent[i];
	return sent;
}

uint64_t salvo_sent_bytes(const struct salvo *salvo, int fate)
{
	unsigned char frame[CRAFT_FRAME_MAX];
	uint64_t bytes = 0;

	for (size_t i = 0; i < salvo->number; i++)
		if (salvo->frames[i].fate == fate)
			bytes += salvo->sent[i] * craft_frame(&salvo->frames[i].craft, frame);
	return bytes;
}

size_t salvo_count(const struct salvo *salvo, int fate)
{
	size_t count = 0;

	for (size_t i = 0; i < salvo->number; i++)
		count += salvo->frames[i].fate == fate;
	return count;
}
