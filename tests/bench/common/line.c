/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/common/line.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/bench/common/figures.h"

struct unit_file *line_unit_file(uint32_t length, const char *sink)
{
	struct unit_file *file;
	struct failure failure;
	char text[512];
	int size = snprintf(text, sizeof(text),
			    "[Unit]\nObject=pour.bpf.o\n"
			    "[Hook in]\nProgram=pour_ring\nAttach=xdp:lo\n"
			    "[Events ring]\nRecord=pour_%u\nSink=%s\n"
			    "Format=source:ip4 destination:ip4 source_port:port "
			    "destination_port:port mark:hex\n",
			    length, sink);

	if (unit_file_parse("bench", "/bench.conf", text, (size_t)size, &file, &failure) < 0)
		bench_fail("%s", failure.text);
	return file;
}

struct decoder *line_decoder(const struct unit_file *file, const struct btf *btf)
{
	const struct decoder_settings settings = {
		.unit = file->name, .generation = 1, .events = file->events, .btf = btf};
	struct decoder *decoder;
	struct failure failure;

	if (decoder_new(&settings, &decoder, &failure) < 0)
		bench_fail("%s", failure.text);
	return decoder;
}

#define FIELDS                                                                           \
	"\"source\":\"%u.%u.%u.%u\",\"destination\":\"%u.%u.%u.%u\",\"source_port\":%u," \
	"\"destination_port\":%u,\"length\":%u,\"mark\":\"0x%x\"}"
#define BYTES(address) (address)[0], (address)[1], (address)[2], (address)[3]
#define VALUES(record, source, destination)                              \
	BYTES(source), BYTES(destination), ntohs((record)->source_port), \
		ntohs((record)->destination_port), (record)->length, (record)->mark

static int print_bare(const struct pour_16 *record, char line[LINE_SIZE_MAX])
{
	const unsigned char *source = (const unsigned char *)&record->source;
	const unsigned char *destination = (const unsigned char *)&record->destination;

	return snprintf(line, LINE_SIZE_MAX,
			"{\"unit\":\"bench\",\"generation\":%u,\"type\":\"pour_16\"," FIELDS, 1,
			VALUES(record, source, destination));
}

size_t line_print(const void *data, uint32_t length, char line[LINE_SIZE_MAX])
{
	/* The larger ones have the same beginning. */
	const struct pour_64 *record = data;
	const unsigned char *source = (const unsigned char *)&record->source;
	const unsigned char *destination = (const unsigned char *)&record->destination;

	if (length == sizeof(struct pour_16))
		return (size_t)print_bare(data, line);
	return (size_t)snprintf(line, LINE_SIZE_MAX,
				"{\"unit\":\"bench\",\"generation\":%u,\"type\":\"pour_%u\","
				"\"cpu\":%u,\"time\":%" PRIu64 ",\"number\":%" PRIu64 "," FIELDS,
				1, length, record->ebpfd.cpu, (uint64_t)record->ebpfd.time,
				(uint64_t)record->ebpfd.number,
				VALUES(record, source, destination));
}
