/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/loader/image.h"

#include <elf.h>
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <sha2.h> /* libmd: libcrypto takes longer to set itself up than a loader lives */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/file.h"

int image_read(int fd, size_t max, struct image *ret, struct failure *reterr_failure)
{
	struct image image = {0};
	int err;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, -errno,
					 "the object is no regular file");
	err = file_read_all(fd, max, &image.data, &image.size);
	if (err == -EFBIG)
		return failure_set(reterr_failure, OUTCOME_REFUSED, err,
				   "the object is larger than ObjectSizeMax=%zu bytes; raise it in "
				   "ebpfd.conf if that is meant",
				   max);
	if (err)
		return failure_set_errno(reterr_failure, OUTCOME_REFUSED, err,
					 "cannot read the object");
	SHA256Data((const uint8_t *)image.data, image.size, image.digest);
	*ret = image;
	return 0;
}

void image_deinit(struct image *image)
{
	free(image->data);
	image->data = NULL;
}

static bool has_section(Elf *elf, const char *wanted)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) < 0)
		return false;
	while ((section = elf_nextscn(elf, section))) {
		const char *name;
		GElf_Shdr header;

		if (!gelf_getshdr(section, &header))
			return false;
		name = elf_strptr(elf, names, header.sh_name);
		if (name && strcmp(name, wanted) == 0)
			return true;
	}
	return false;
}

/* Not by a sum, which a crafted file makes wrap around. */
static bool is_inside(uint64_t offset, uint64_t length, size_t size)
{
	return offset <= size && length <= size - offset;
}

/* The section headers stand at the end of what compilers write, so they are what a cut removes. */
static bool is_cut(Elf *elf, const GElf_Ehdr *header, size_t size)
{
	Elf_Scn *section = NULL;

	if (header->e_shoff == 0 ||
	    !is_inside(header->e_shoff, (uint64_t)header->e_shnum * header->e_shentsize, size))
		return true;
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr one;

		if (!gelf_getshdr(section, &one))
			return true;
		if (one.sh_type != SHT_NOBITS && !is_inside(one.sh_offset, one.sh_size, size))
			return true;
	}
	return false;
}

/* By clang's names for the two targets. */
static const char *byte_order_name(unsigned char order)
{
	return order == ELFDATA2MSB ? "big-endian (bpfeb)" : "little-endian (bpfel)";
}

static int check_byte_order(const GElf_Ehdr *header, struct failure *reterr_failure)
{
	const unsigned char here =
		__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? ELFDATA2MSB : ELFDATA2LSB;

	if (header->e_ident[EI_DATA] == here)
		return 0;
	return failure_set(reterr_failure, OUTCOME_REFUSED, -EINVAL,
			   "the object is %s and this machine %s; compile it for this one: "
			   "clang -target bpf",
			   byte_order_name(header->e_ident[EI_DATA]), byte_order_name(here));
}

static int check_elf(Elf *elf, size_t size, struct failure *reterr_failure)
{
	GElf_Ehdr header;

	if (!elf || elf_kind(elf) != ELF_K_ELF)
		return failure_set(reterr_failure, OUTCOME_REFUSED, -EINVAL,
				   "the object is not an ELF file; compile it with: "
				   "clang -O2 -g -target bpf -c");
	if (!gelf_getehdr(elf, &header))
		return failure_set(reterr_failure, OUTCOME_REFUSED, -EINVAL,
				   "the object is a truncated ELF file");
	if (header.e_machine != EM_BPF)
		return failure_set(reterr_failure, OUTCOME_REFUSED, -EINVAL,
				   "the object is an ELF file for another machine (e_machine %u, "
				   "BPF is %u); compile it with: clang -target bpf",
				   header.e_machine, EM_BPF);
	if (check_byte_order(&header, reterr_failure) < 0)
		return -EINVAL;
	if (is_cut(elf, &header, size))
		return failure_set(
			reterr_failure, OUTCOME_REFUSED, -EINVAL,
			"the object is a truncated ELF file: its sections reach past its "
			"end at %zu bytes",
			size);
	if (!has_section(elf, ".BTF"))
		return failure_set(reterr_failure, OUTCOME_REFUSED, -EINVAL,
				   "the object has no BTF, which describes its maps and records; "
				   "compile it with: clang -g");
	return 0;
}

int image_check(const struct image *image, struct failure *reterr_failure)
{
	Elf *elf;
	int err;

	(void)elf_version(EV_CURRENT);
	if (image->size < sizeof(Elf64_Ehdr) && image->size >= SELFMAG &&
	    memcmp(image->data, ELFMAG, SELFMAG) == 0)
		return failure_set(reterr_failure, OUTCOME_REFUSED, -EINVAL,
				   "the object is a truncated ELF file of %zu bytes", image->size);
	elf = elf_memory(image->data, image->size);
	err = check_elf(elf, image->size, reterr_failure);
	elf_end(elf);
	return err;
}
