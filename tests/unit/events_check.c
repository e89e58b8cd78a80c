/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Check=: records whose copy of a header says something else than they do. */
#include "tests/unit/expect.h"

#include <bpf/btf.h>
#include <linux/types.h>

#include "daemon/events/check.h"

struct record {
	__u8 source[4];
	__u8 destination[4];
	__u16 source_port, destination_port;
	__u16 length;
	__u8 header[120];
};

/* 192.0.2.1 port 40000 to 192.0.2.2 port 443, 4 bytes of options in each header, 10 of payload. */
static const struct record good = {
	.source = {192, 0, 2, 1},
	.destination = {192, 0, 2, 2},
	.length = 58,
	.header = {0x46, 0, 0, 58, 0,	 0,    0, 0,	64, 6, 0, 0, 192, 0, 2, 1, 192,	 0, 2, 2,
		   1,	 1, 1, 1,  0x9c, 0x40, 1, 0xbb, 0,  0, 0, 0, 0,	  0, 0, 0, 0x60, 2, 0, 0},
};

static struct record record;

static struct btf *make_btf(unsigned header_size)
{
	struct btf *btf = btf__new_empty();
	int u8 = btf__add_int(btf, "unsigned char", 1, 0);
	int u16 = btf__add_int(btf, "unsigned short", 2, 0);
	int u32 = btf__add_int(btf, "unsigned int", 4, 0);
	int address = btf__add_array(btf, u32, u8, 4);
	int header = btf__add_array(btf, u32, u8, header_size);

	btf__add_struct(btf, "record", sizeof(struct record));
	btf__add_field(btf, "source", address, 8 * offsetof(struct record, source), 0);
	btf__add_field(btf, "destination", address, 8 * offsetof(struct record, destination), 0);
	btf__add_field(btf, "source_port", u16, 8 * offsetof(struct record, source_port), 0);
	btf__add_field(btf, "destination_port", u16, 8 * offsetof(struct record, destination_port),
		       0);
	btf__add_field(btf, "length", u16, 8 * offsetof(struct record, length), 0);
	btf__add_field(btf, "header", header, 8 * offsetof(struct record, header), 0);
	return btf;
}

static int make_check(const char *name, unsigned header_size, struct check *ret,
		      struct failure *reterr_failure)
{
	char *records[] = {(char *)name};
	const struct unit_events events = {
		.records = records, .record_count = 1, .check = CHECK_TCP4};
	struct btf *btf = make_btf(header_size);
	const struct decoder_settings settings = {.unit = "u", .events = &events, .btf = btf};
	int err = check_new(&settings, ret, reterr_failure);

	btf__free(btf);
	return err;
}

static bool holds_of(uint32_t length)
{
	const struct ring_record in_ring = {.data = &record, .length = length};
	struct failure failure;
	struct check check;

	assert_int_equal(make_check("record", 120, &check, &failure), 0);
	return check_holds(&check, &in_ring);
}

static bool holds(void)
{
	return holds_of(sizeof(record));
}

static int begin(void **state)
{
	(void)state;
	record = good;
	record.source_port = __builtin_bswap16(40000);
	record.destination_port = __builtin_bswap16(443);
	return 0;
}

static void a_true_record_holds(void **state)
{
	(void)state;
	assert_true(holds());
}

/* Each byte in which the record and its copy have to agree. */
static void a_record_that_differs_does_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < offsetof(struct record, header); i++) {
		(void)begin(NULL);
		((unsigned char *)&record)[i] ^= 1;
		assert_false(holds());
	}
}

static void a_copy_of_something_else_does_not(void **state)
{
	static const struct {
		size_t at;
		unsigned char byte;
	} wrong[] = {
		{0, 0x66},  /* IPv6 */
		{0, 0x44},  /* a header of 16 bytes */
		{0, 0x4f},  /* and one of 60, where TCP is not */
		{6, 0x00},  /* a fragment... */
		{9, 17},    /* UDP */
		{36, 0x40}, /* a TCP header of 16 bytes */
		{36, 0xf0}, /* and one that is longer than the packet */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		(void)begin(NULL);
		record.header[wrong[i].at] = wrong[i].byte;
		if (wrong[i].at == 6)
			record.header[7] = 1; /* ...that is not the first */
		assert_false(holds());
	}
}

static void a_first_fragment_holds(void **state)
{
	(void)state;
	record.header[6] = 0x20;
	assert_true(holds());
}

static void a_record_that_is_cut_does_not(void **state)
{
	(void)state;
	assert_false(holds_of(sizeof(record) - 1));
	assert_false(holds_of(0));
}

static void without_a_check_all_hold(void **state)
{
	const struct ring_record in_ring = {.data = &record, .length = 1};
	const struct check none = {0};

	(void)state;
	assert_true(check_holds(NULL, &in_ring));
	assert_true(check_holds(&none, &in_ring));
}

static void what_is_not_there_is_named(void **state)
{
	struct failure failure;
	struct check check;

	(void)state;
	assert_int_equal(make_check("other", 120, &check, &failure), -ENOENT);
	expect_text_has(failure.text, "no struct other");
	assert_int_equal(make_check("record", 60, &check, &failure), -EINVAL);
	expect_text_has(failure.text, "struct record has no member \"header\" of 120 bytes");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_true_record_holds, begin),
		cmocka_unit_test_setup(a_record_that_differs_does_not, begin),
		cmocka_unit_test_setup(a_copy_of_something_else_does_not, begin),
		cmocka_unit_test_setup(a_first_fragment_holds, begin),
		cmocka_unit_test_setup(a_record_that_is_cut_does_not, begin),
		cmocka_unit_test(without_a_check_all_hold),
		cmocka_unit_test(what_is_not_there_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
