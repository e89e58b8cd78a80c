/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/events/check.h"

#include <bpf/btf.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "daemon/events/decode_btf.h"
#include "lib/macro.h"

/* RFC 791, 3.1 and RFC 9293, 3.1: offsets within the headers, in bytes. */
#define IP4_LENGTH	2
#define IP4_FRAGMENT	6
#define IP4_PROTOCOL	9
#define IP4_SOURCE	12
#define IP4_DESTINATION 16
#define IP4_HEADER_MIN	20

#define TCP_SOURCE_PORT	     0
#define TCP_DESTINATION_PORT 2
#define TCP_DATA_OFFSET	     12
#define TCP_HEADER_MIN	     20

#define PROTOCOL_TCP	6
#define FRAGMENT_OFFSET 0x1fff

/* The longest that both headers may be: 15 words each. */
#define HEADERS_MAX 120

/* ---- what is to be checked ---- */

static const struct {
	const char *name;
	size_t where; /* in struct check */
	uint32_t size;
} tcp4_members[] = {
	{"header", offsetof(struct check, header), HEADERS_MAX},
	{"source", offsetof(struct check, source), 4},
	{"destination", offsetof(struct check, destination), 4},
	{"source_port", offsetof(struct check, source_port), 2},
	{"destination_port", offsetof(struct check, destination_port), 2},
	{"length", offsetof(struct check, length), 2},
};

static const struct btf_type *find_record(const struct btf *btf, const char *name)
{
	int id = btf ? btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT) : -ENOENT;

	return id < 0 ? NULL : btf__type_by_id(btf, (uint32_t)id);
}

/* -ENOENT: the record has no such member. -EINVAL: not one of whole bytes within it. */
static int find_member(const struct btf *btf, const struct btf_type *record, const char *name,
		       struct check_member *ret)
{
	const struct btf_member *member = btf_members(record);

	for (uint32_t i = 0; i < btf_vlen(record); i++, member++) {
		const uint32_t bit = btf_member_bit_offset(record, i);
		const char *its_name;
		uint64_t size;

		if (type_name(btf, member->name_off, &its_name) < 0 || strcmp(its_name, name) != 0)
			continue;
		if (bit % 8 || btf_member_bitfield_size(record, i) ||
		    type_size(btf, member->type, &size) < 0 || size > record->size ||
		    bit / 8 > record->size - size)
			return -EINVAL;
		*ret = (struct check_member){.offset = bit / 8, .size = (uint32_t)size};
		return 0;
	}
	return -ENOENT;
}

int check_new(const struct decoder_settings *settings, struct check *ret,
	      struct failure *reterr_failure)
{
	const struct unit_events *events = settings->events;
	struct check check = {.kind = events->check};
	const struct btf_type *record;

	if (check.kind == CHECK_NONE) {
		*ret = check;
		return 0;
	}
	record = find_record(settings->btf, events->records[0]);
	if (!record)
		return failure_set(reterr_failure, OUTCOME_FAILED, -ENOENT,
				   "Check=: the object has no struct %s", events->records[0]);
	check.size = record->size;
	for (size_t i = 0; i < ARRAY_SIZE(tcp4_members); i++) {
		void *where = (char *)&check + tcp4_members[i].where;
		struct check_member *member = where;
		int err = find_member(settings->btf, record, tcp4_members[i].name, member);

		if (!err && member->size != tcp4_members[i].size)
			err = -EINVAL;
		if (err)
			return failure_set(reterr_failure, OUTCOME_FAILED, err,
					   "Check=tcp4: struct %s has no member \"%s\" of %u bytes",
					   events->records[0], tcp4_members[i].name,
					   tcp4_members[i].size);
	}
	*ret = check;
	return 0;
}

/* ---- a record ---- */

static uint16_t read_16(const unsigned char *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* Length of the IPv4 header; 0: what is there is no whole first part of a TCP segment. */
static size_t ip4_header_length(const unsigned char *header)
{
	const size_t length = (size_t)(header[0] & 15) * 4;

	if (header[0] >> 4 != 4 || length < IP4_HEADER_MIN ||
	    header[IP4_PROTOCOL] != PROTOCOL_TCP ||
	    read_16(header + IP4_FRAGMENT) & FRAGMENT_OFFSET)
		return 0;
	return length;
}

/* A number of the record is in this machine's order, ports are in that of the network. */
static bool length_is(const unsigned char *member, uint16_t length)
{
	uint16_t number;

	memcpy(&number, member, sizeof(number));
	return number == length;
}

static bool tcp4_holds(const struct check *check, const unsigned char *record)
{
	const unsigned char *ip4 = record + check->header.offset, *tcp;
	const size_t ip4_length = ip4_header_length(ip4);
	size_t tcp_length;

	if (!ip4_length)
		return false;
	tcp = ip4 + ip4_length;
	tcp_length = (size_t)(tcp[TCP_DATA_OFFSET] >> 4) * 4;
	return tcp_length >= TCP_HEADER_MIN &&
	       ip4_length + tcp_length <= read_16(ip4 + IP4_LENGTH) &&
	       length_is(record + check->length.offset, read_16(ip4 + IP4_LENGTH)) &&
	       !memcmp(record + check->source.offset, ip4 + IP4_SOURCE, 4) &&
	       !memcmp(record + check->destination.offset, ip4 + IP4_DESTINATION, 4) &&
	       !memcmp(record + check->source_port.offset, tcp + TCP_SOURCE_PORT, 2) &&
	       !memcmp(record + check->destination_port.offset, tcp + TCP_DESTINATION_PORT, 2);
}

bool check_holds(const struct check *check, const struct ring_record *record)
{
	return !check || check->kind == CHECK_NONE ||
	       (record->length >= check->size && tcp4_holds(check, record->data));
}
