/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: a stream over a ring whose memory says anything. What it makes of it is records that
 * lie in the ring, each counted once, or an error; never a read outside of the ring (its mappings
 * have gaps around them, and lines are made of the records), never a loop without end.
 *
 * An input: a byte of flags, 4 positions (consumer, producer, those of the ledger: counted, in
 * hand), a byte that counts steps, the steps (an operation and a position each), and what the
 * ring's first bytes are. Positions are 4 bytes, lowest first, with sign: negative ones are huge.
 */
#include "daemon/events/stream.h"

#include <bpf/btf.h>
#include <errno.h>
#include <linux/types.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/record.h"
#include "lib/macro.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/ledger.h"

#define RING_SIZE  4096UL
#define CPUS	   2
#define STEPS_MAX  16
#define GENERATION 1

enum flags {
	FLAG_LINES = 1, /* to a file, else nowhere */
	FLAG_HEADER = 2,
	FLAG_CPU_RING = 4,
	FLAG_FRESH = 8, /* the ledger's row is of nobody */
};

enum operation {
	DO_TURNS,
	DO_DRAIN,
	DO_DRAIN_ALL,
	DO_CONSUMER,
	DO_PRODUCER,
	DO_PRODUCE,
	DO_HEADER,
	DO_PAST,
	DO_HOLD,
	DO_WAIT,
	OPERATIONS_,
};

/* What stays over inputs. */
static struct {
	size_t page;
	int memory_fd;
	int wake_fd; /* always readable */
	sd_event *event;
	struct decoder *plain, *with_header;
	struct sink *none, *file;
} common = {.memory_fd = -1};

struct input {
	const uint8_t *data;
	size_t size;
};

struct subject {
	char *memory; /* what the kernel would write: producer page and data */
	unsigned long *consumer;
	struct ebpfd_ledger *ledger;
	struct stream_settings settings;
	struct stream *stream;
	bool has_drained; /* a drain may wait for 10 ms: one is enough */
	uint64_t visited;
};

/* ---- input ---------------------------------------------------------------------------------- */

static uint8_t take_byte(struct input *input)
{
	if (input->size == 0)
		return 0;
	input->size--;
	return *input->data++;
}

static uint64_t take_position(struct input *input)
{
	uint32_t position = 0;

	for (unsigned i = 0; i < 4; i++)
		position |= (uint32_t)take_byte(input) << 8 * i;
	return (uint64_t)(int64_t)(int32_t)position;
}

/* ---- what stays ----------------------------------------------------------------------------- */

static struct decoder *make_decoder(bool with_header)
{
	char *records[] = {"event"};
	struct unit_events events = {.records = records, .record_count = with_header};
	struct btf *btf = btf__new_empty();
	int u8 = btf__add_int(btf, "unsigned char", 1, 0);
	int bytes = btf__add_array(btf, u8, u8, sizeof(struct ebpfd_record));
	int rest = btf__add_array(btf, u8, u8, 0);
	int header = btf__add_struct(btf, "ebpfd_record", sizeof(struct ebpfd_record));
	struct decoder *decoder;
	struct failure failure;

	btf__add_field(btf, "bytes", bytes, 0, 0);
	btf__add_struct(btf, "event", sizeof(struct ebpfd_record));
	btf__add_field(btf, "header", header, 0, 0);
	btf__add_field(btf, "rest", rest, 8 * sizeof(struct ebpfd_record), 0);
	fuzz_check(decoder_new(&(struct decoder_settings){.unit = "fuzz",
							  .generation = GENERATION,
							  .events = &events,
							  .btf = btf},
			       &decoder, &failure) == 0);
	btf__free(btf);
	fuzz_check(decoder_has_header(decoder) == with_header);
	return decoder;
}

static struct sink *make_sink(enum sink_kind kind, char *path)
{
	struct unit_events events = {.sink = kind, .sink_path = path};
	struct failure failure;
	struct sink *sink;

	fuzz_check(sink_new(&events, &sink, &failure) == 0);
	return sink;
}

static void make_common(void)
{
	common.page = (size_t)sysconf(_SC_PAGESIZE);
	common.memory_fd = memfd_create("ring", MFD_CLOEXEC);
	common.wake_fd = eventfd(1, EFD_CLOEXEC);
	fuzz_check(common.memory_fd >= 0 && common.wake_fd >= 0);
	fuzz_check(ftruncate(common.memory_fd, (off_t)(2 * common.page + RING_SIZE)) == 0);
	fuzz_check(sd_event_new(&common.event) >= 0);
	common.plain = make_decoder(false);
	common.with_header = make_decoder(true);
	common.none = make_sink(SINK_NONE, NULL);
	common.file = make_sink(SINK_FILE, "/dev/null");
}

/* ---- the ring ------------------------------------------------------------------------------- */

static void map_at(char *place, size_t length, int protection, size_t offset)
{
	fuzz_check(mmap(place, length, protection, MAP_SHARED | MAP_FIXED, common.memory_fd,
			(off_t)offset) == place);
}

/* As the kernel maps one, with a gap before, between and behind; *ret_gaps is the first one. */
static struct ring *map_ring(char **ret_gaps)
{
	size_t page = common.page, length = 5 * page + 2 * RING_SIZE;
	char *gap = mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct ring *ring;

	fuzz_check(gap != MAP_FAILED);
	map_at(gap + page, page, PROT_READ | PROT_WRITE, 0);
	map_at(gap + 3 * page, page + RING_SIZE, PROT_READ, page);
	map_at(gap + 4 * page + RING_SIZE, RING_SIZE, PROT_READ, 2 * page);
	fuzz_check(ring_over(gap + page, gap + 3 * page, RING_SIZE, &ring) == 0);
	*ret_gaps = gap;
	return ring;
}

static void unmap_gaps(char *gaps)
{
	size_t page = common.page;

	munmap(gaps, page);
	munmap(gaps + 2 * page, page);
	munmap(gaps + 4 * page + 2 * RING_SIZE, page);
}

static void set_producer(struct subject *subject, uint64_t position)
{
	*(unsigned long *)subject->memory = position;
}

static void add_to_producer(struct subject *subject, uint64_t length)
{
	*(unsigned long *)subject->memory += length;
}

static void set_header(struct subject *subject, uint32_t header)
{
	uint64_t position = *(unsigned long *)subject->memory & (RING_SIZE - 1) & ~7ULL;

	memcpy(subject->memory + common.page + position, &header, sizeof(header));
}

/* ---- the stream ----------------------------------------------------------------------------- */

static void open_stream(struct subject *subject, struct ring *ring)
{
	int err = stream_over(&subject->settings, ring, &subject->stream);

	if (err) {
		fuzz_check(err == -EINVAL && !subject->stream);
		ring_free(ring);
	} else if (stream_start(subject->stream, common.event) < 0) {
		abort();
	}
}

static void expect_sound_counts(const struct subject *subject)
{
	const struct stream *stream = subject->stream;

	fuzz_check(stream_again(stream) <= stream_consumed(stream));
	fuzz_check(stream_dropped(stream) == 0);
	fuzz_check(stream_error(stream) == 0 || stream_error(stream) == -EBADMSG);
}

static bool positions_are_sound(const struct subject *subject)
{
	uint64_t consumer = stream_consumer_position(subject->stream);
	uint64_t producer = stream_producer_position(subject->stream);

	return consumer <= producer && producer - consumer <= RING_SIZE && producer >> 63 == 0 &&
	       consumer % 8 == 0;
}

static void turn(const struct subject *subject)
{
	uint64_t consumed = stream_consumed(subject->stream);
	uint64_t waiting = stream_waiting(subject->stream);
	bool sound = positions_are_sound(subject);

	fuzz_check(waiting <= RING_SIZE / BPF_RINGBUF_HDR_SZ);
	fuzz_check(sound || waiting == 0);
	fuzz_check(sd_event_run(common.event, 0) >= 0);
	fuzz_check(stream_consumed(subject->stream) - consumed <= waiting);
}

/* Nothing is left of what a drain went over, and all that was waiting is counted. */
static void drain(struct subject *subject, uint64_t position)
{
	uint64_t consumed = stream_consumed(subject->stream);
	uint64_t waiting = stream_waiting(subject->stream);
	bool all = position == stream_producer_position(subject->stream);
	bool has_any = stream_consumer_position(subject->stream) < position;
	int err;

	if (subject->has_drained)
		return;
	subject->has_drained = true;
	err = stream_drain(subject->stream, position);
	fuzz_check(err == 0 || err == -EAGAIN || err == -EINVAL || err == -EBADMSG);
	if (err == 0 && has_any)
		fuzz_check(stream_consumer_position(subject->stream) == position);
	if (err == 0 && has_any && all)
		fuzz_check(stream_consumed(subject->stream) - consumed == waiting);
}

static void visit_past(const struct ring_record *record, bool again, void *data)
{
	struct subject *subject = data;

	(void)again;
	fuzz_check(record->length <= RING_SIZE - BPF_RINGBUF_HDR_SZ);
	for (uint32_t i = 0; i < record->length; i++)
		subject->visited += ((const uint8_t *)record->data)[i];
}

static void reached(struct stream *stream, void *data)
{
	(void)stream, (void)data;
}

static void do_step(struct subject *subject, uint8_t operation, uint64_t position)
{
	switch ((enum operation)(operation % OPERATIONS_)) {
	case DO_TURNS:
		turn(subject);
		break;
	case DO_DRAIN:
		drain(subject, position);
		break;
	case DO_DRAIN_ALL:
		drain(subject, stream_producer_position(subject->stream));
		break;
	case DO_CONSUMER:
		*subject->consumer = position;
		break;
	case DO_PRODUCER:
		set_producer(subject, position);
		break;
	case DO_PRODUCE:
		add_to_producer(subject, position);
		break;
	case DO_HEADER:
		set_header(subject, (uint32_t)position);
		break;
	case DO_PAST:
		stream_visit_past(subject->stream, visit_past, subject);
		break;
	case DO_HOLD:
		stream_hold(subject->stream, position & 1);
		break;
	case DO_WAIT:
		(void)stream_when_reached(subject->stream, position, reached, NULL);
		break;
	case OPERATIONS_:
		break;
	}
	expect_sound_counts(subject);
}

/* ---- an input ------------------------------------------------------------------------------- */

static void fill_ledger(struct subject *subject, uint8_t flags, struct input *input)
{
	struct ledger *ledger = &subject->settings.ledger;
	uint64_t counted = take_position(input), in_hand = take_position(input);
	struct ebpfd_ledger_row *row;

	fuzz_check(ledger_view(subject->ledger, ebpfd_ledger_size(CPUS), ledger) == 0);
	row = ledger_row_open(ledger, &subject->settings.place,
			      flags & FLAG_FRESH ? GENERATION + 1 : GENERATION);
	fuzz_check(row != NULL);
	ledger_row_begin(row)->position = counted;
	ledger_row_commit(row);
	ledger_row_mark(row, in_hand);
}

static void do_steps(struct subject *subject, const struct input *steps, size_t count)
{
	struct input input = *steps;

	for (size_t i = 0; i < count; i++) {
		uint8_t operation = take_byte(&input);

		do_step(subject, operation, take_position(&input));
	}
	turn(subject);
	expect_sound_counts(subject);
}

static void run(struct subject *subject, uint8_t flags, struct input *input)
{
	struct ring *ring;
	struct input steps;
	size_t step_count;
	char *gaps;

	subject->settings = (struct stream_settings){
		.ring_fd = common.wake_fd,
		.place = {.cpu = flags & FLAG_CPU_RING ? 1 : LEDGER_ALL_CPUS},
		.generation = GENERATION,
		.decoder = flags & FLAG_HEADER ? common.with_header : common.plain,
		.sink = flags & FLAG_LINES ? common.file : common.none,
	};
	*subject->consumer = take_position(input);
	set_producer(subject, take_position(input));
	fill_ledger(subject, flags, input);
	step_count = take_byte(input) % (STEPS_MAX + 1);
	steps = (struct input){input->data, MIN(input->size, step_count * 5)};
	memcpy(subject->memory + common.page, input->data + steps.size,
	       MIN(input->size - steps.size, RING_SIZE));

	ring = map_ring(&gaps);
	open_stream(subject, ring);
	if (subject->stream)
		do_steps(subject, &steps, step_count);
	stream_free(subject->stream);
	unmap_gaps(gaps);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	struct subject subject = {0};
	uint8_t flags = take_byte(&input);
	size_t length;
	char *all;

	if (common.memory_fd < 0)
		make_common();
	length = 2 * common.page + RING_SIZE;
	all = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, common.memory_fd, 0);
	fuzz_check(all != MAP_FAILED);
	memset(all, 0, length);
	subject.consumer = (unsigned long *)all;
	subject.memory = all + common.page;
	subject.ledger = ledger_make(CPUS);
	fuzz_check(subject.ledger != NULL);
	run(&subject, flags, &input);
	free(subject.ledger);
	munmap(all, length);
	return 0;
}
