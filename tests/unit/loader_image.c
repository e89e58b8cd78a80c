/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The object file before libbpf sees it: what it is not, by name. */
#include "tests/unit/expect.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/loader/image.h"
#include "lib/cleanup.h"
#include "lib/file.h"
#include "tests/support/build_path.h"

#define SIZE_LIMIT (16UL << 20)

static int file_with(const void *data, size_t length)
{
	int fd = memfd_create("object", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, data, length), 0);
	return fd;
}

static struct image read_object(const char *name)
{
	char path[PATH_MAX];
	cleanup_close int fd = -1;
	struct image image;

	build_path(name, path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail_msg("%s: make bpf", path);
	assert_int_equal(image_read(fd, SIZE_LIMIT, &image, NULL), 0);
	return image;
}

static void expect_refused(const void *data, size_t length, const char *part)
{
	const struct image image = {.data = (char *)data, .size = length};
	struct failure failure;

	assert_true(image_check(&image, &failure) < 0);
	expect_failure(&failure, OUTCOME_REFUSED, part);
}

static void file_is_read_from_its_start_and_hashed(void **state)
{
	cleanup_close int fd = file_with("abc", 3);
	struct image image;

	(void)state;
	assert_int_equal(image_read(fd, SIZE_LIMIT, &image, NULL), 0);
	assert_int_equal(image.size, 3);
	assert_memory_equal(image.data, "abc", 3);
	/* The example of FIPS 180-2. */
	assert_string_equal(image.digest,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	image_deinit(&image);
	image_deinit(&image);
}

static void copy_does_not_follow_the_file(void **state)
{
	cleanup_close int fd = file_with("abc", 3);
	struct image image;

	(void)state;
	assert_int_equal(image_read(fd, SIZE_LIMIT, &image, NULL), 0);
	assert_int_equal(pwrite(fd, "XYZ", 3, 0), 3);
	assert_memory_equal(image.data, "abc", 3);
	image_deinit(&image);
}

static void size_at_the_limit_is_taken_and_one_more_refused(void **state)
{
	cleanup_close int fd = file_with("abcd", 4);
	struct failure failure;
	struct image image;

	(void)state;
	assert_int_equal(image_read(fd, 4, &image, &failure), 0);
	image_deinit(&image);
	assert_int_equal(image_read(fd, 3, &image, &failure), -EFBIG);
	expect_failure(&failure, OUTCOME_REFUSED, "ObjectSizeMax=3 bytes");
}

static void pipe_is_refused(void **state)
{
	struct failure failure;
	struct image image;
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_true(image_read(ends[0], SIZE_LIMIT, &image, &failure) < 0);
	expect_failure(&failure, OUTCOME_REFUSED, "no regular file");
	close(ends[0]);
	close(ends[1]);
}

static void directory_is_refused(void **state)
{
	cleanup_close int fd = open("/", O_RDONLY | O_CLOEXEC);
	struct failure failure;
	struct image image;

	(void)state;
	assert_true(image_read(fd, SIZE_LIMIT, &image, &failure) < 0);
	assert_int_equal(failure.outcome, OUTCOME_REFUSED);
}

static void objects_are_accepted(void **state)
{
	static const char *const names[] = {"tests/bpf/kind_xdp_v1.bpf.o",
					    "tests/bpf/plain_tracepoint.bpf.o", "bpf/entry.bpf.o"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct image image = read_object(names[i]);
		struct failure failure;

		if (image_check(&image, &failure) < 0)
			fail_msg("%s: %s", names[i], failure.text);
		image_deinit(&image);
	}
}

static void what_is_no_elf_is_refused(void **state)
{
	static const char text[256] = "#!/bin/sh\nexit 0\n";

	(void)state;
	expect_refused(text, sizeof(text), "not an ELF file");
	expect_refused("", 0, "not an ELF file");
	expect_refused("\x7f"
		       "EL",
		       3, "not an ELF file");
	expect_refused("!<arch>\nx", 9, "not an ELF file");
}

static void other_machine_is_refused(void **state)
{
	struct image image = read_object("tests/bpf/kind_xdp_v1.bpf.o");

	(void)state;
	((Elf64_Ehdr *)image.data)->e_machine = EM_X86_64;
	expect_refused(image.data, image.size, "another machine");
	image_deinit(&image);
}

/* As clang -target bpfeb makes it, read on a little-endian machine, or the other way around. */
static void other_byte_order_is_refused(void **state)
{
	struct image image = read_object("tests/bpf/kind_xdp_v1.bpf.o");
	Elf64_Ehdr *header = (Elf64_Ehdr *)image.data;

	(void)state;
	header->e_ident[EI_DATA] ^= ELFDATA2LSB ^ ELFDATA2MSB;
	header->e_machine = __builtin_bswap16(EM_BPF);
	expect_refused(image.data, image.size, "-endian (bpf");
	image_deinit(&image);
}

/* Nothing that is cut anywhere passes, and each copy ends where its memory does, for ASan. */
static void truncated_at_any_point_is_refused(void **state)
{
	struct image image = read_object("tests/bpf/kind_xdp_v1.bpf.o");

	(void)state;
	for (size_t size = SELFMAG; size < image.size; size += size < 128 ? 1 : 61) {
		cleanup_free char *cut = malloc(size);

		memcpy(cut, image.data, size);
		expect_refused(cut, size, "truncated ELF file");
	}
	expect_refused(image.data, image.size - 1, "truncated ELF file");
	image_deinit(&image);
}

static void section_headers_far_away_are_refused(void **state)
{
	static const uint64_t offsets[] = {1ULL << 62, UINT64_MAX, UINT64_MAX - 63, 0};
	struct image image = read_object("tests/bpf/kind_xdp_v1.bpf.o");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		((Elf64_Ehdr *)image.data)->e_shoff = offsets[i];
		expect_refused(image.data, image.size, "truncated ELF file");
	}
	image_deinit(&image);
}

/* Offset and size whose sum begins anew at 0. */
static void section_that_wraps_around_is_refused(void **state)
{
	struct image image = read_object("tests/bpf/kind_xdp_v1.bpf.o");
	Elf64_Ehdr *header = (Elf64_Ehdr *)image.data;
	Elf64_Shdr *sections = (Elf64_Shdr *)(image.data + header->e_shoff);

	(void)state;
	sections[1].sh_type = SHT_PROGBITS;
	sections[1].sh_offset = UINT64_MAX - 7;
	sections[1].sh_size = 64;
	expect_refused(image.data, image.size, "truncated ELF file");
	image_deinit(&image);
}

static void object_without_btf_is_refused(void **state)
{
	struct image image = read_object("tests/bpf/no_btf.bpf.o");

	(void)state;
	expect_refused(image.data, image.size, "has no BTF");
	image_deinit(&image);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_is_read_from_its_start_and_hashed),
		cmocka_unit_test(copy_does_not_follow_the_file),
		cmocka_unit_test(size_at_the_limit_is_taken_and_one_more_refused),
		cmocka_unit_test(pipe_is_refused),
		cmocka_unit_test(directory_is_refused),
		cmocka_unit_test(objects_are_accepted),
		cmocka_unit_test(what_is_no_elf_is_refused),
		cmocka_unit_test(other_machine_is_refused),
		cmocka_unit_test(other_byte_order_is_refused),
		cmocka_unit_test(truncated_at_any_point_is_refused),
		cmocka_unit_test(section_headers_far_away_are_refused),
		cmocka_unit_test(section_that_wraps_around_is_refused),
		cmocka_unit_test(object_without_btf_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
