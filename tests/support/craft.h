/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Raw frames with headers that a test chooses, broken ones too, and who hears them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CRAFT_FRAME_MAX 16384
#define CRAFT_TAGS_MAX	3

struct craft {
	uint16_t tags[CRAFT_TAGS_MAX]; /* VLAN ids, outermost first, up to the first 0 */
	bool is_8021ad;		       /* the outermost tag is one of 802.1ad, not of 802.1Q */
	uint16_t other;		       /* not 0: the EtherType of a frame that is no IP at all */
	bool is_ip6;
	const char *source;	 /* as inet_pton(3) reads it */
	const char *destination; /* NULL: some other one */

	unsigned options;	  /* IPv4: words of 4 bytes behind the header, up to 10 */
	unsigned extensions;	  /* IPv6: headers of 8 bytes between it and what follows */
	bool has_ah;		  /* IPv6: and behind them an authentication header of 16 bytes */
	uint16_t fragment_offset; /* in units of 8 bytes; it is then no first fragment */
	bool more_fragments;

	uint8_t protocol; /* 0: UDP */
	uint16_t source_port, destination_port;
	unsigned tcp_options; /* words of 4 bytes, up to 10 */
	size_t payload;	      /* bytes of it, that count up from 0 */

	/* What is wrong with it; 0: nothing. */
	size_t cut;	    /* bytes left off at the end of the frame */
	uint8_t first_byte; /* of the IP header: version, and length of IPv4's in words */
	uint16_t total;	    /* length of the packet, as the IPv4 header says */
	unsigned tcp_words; /* length of the TCP header in words, as it says itself */
};

/* Writes the frame, and returns how long it is. Ends the test where it is too long. */
size_t craft_frame(const struct craft *craft, unsigned char frame[CRAFT_FRAME_MAX]);

/* A packet socket that sends by an interface and hears nothing. Ends the test on an error. */
int craft_open(const char *interface);

/* Sends the frame as it is. 0 or a negative errno. */
int craft_send(int fd, const struct craft *craft);

/*
 * Sends its packet, without tags, by a socket of the calling process, along the way that the host's
 * own packets go. 0 or a negative errno.
 */
int craft_send_packet(const struct craft *craft);

/* A packet socket that hears what arrives at an interface, with room for a lot. */
int craft_listen(const char *interface);

/* How many frames it has heard since the last call; it ends the test if some found no room. */
uint64_t craft_heard(int fd);

/* The same, with the frames that were heard: `take` is called with each. */
uint64_t craft_hear(int fd, void (*take)(const unsigned char *frame, size_t length, void *data),
		    void *data);
