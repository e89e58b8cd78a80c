/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/kernel/elf_symbol.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <string.h>

#include "lib/cleanup.h"

static bool is_function(const GElf_Sym *symbol)
{
	int type = GELF_ST_TYPE(symbol->st_info);

	/* Chosen when the program is linked; what they name is the code that chooses. */
	return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol->st_shndx != SHN_UNDEF;
}

static int find_in_table(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, const char *name,
			 uint64_t *ret)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t count = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;

	for (size_t i = 0; data && i < count; i++) {
		const char *found;
		GElf_Sym symbol;

		if (!gelf_getsym(data, (int)i, &symbol) || !is_function(&symbol))
			continue;
		found = elf_strptr(elf, header->sh_link, symbol.st_name);
		if (!found || strcmp(found, name) != 0)
			continue;
		*ret = symbol.st_value;
		return 0;
	}
	return -ESRCH;
}

static int find_address(Elf *elf, const char *name, uint64_t *ret)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) &&
		    (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM) &&
		    find_in_table(elf, section, &header, name, ret) == 0)
			return 0;
	return -ESRCH;
}

/* The segment that is loaded there says where its bytes are in the file. */
static int address_to_offset(Elf *elf, uint64_t address, uint64_t *ret)
{
	size_t count;

	if (elf_getphdrnum(elf, &count) < 0)
		return -ENOEXEC;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr segment;

		if (!gelf_getphdr(elf, (int)i, &segment) || segment.p_type != PT_LOAD ||
		    address < segment.p_vaddr || address - segment.p_vaddr >= segment.p_filesz)
			continue;
		*ret = address - segment.p_vaddr + segment.p_offset;
		return 0;
	}
	return -ENOEXEC;
}

int elf_find_function(const char *path, const char *name, uint64_t *ret)
{
	/* Not to wait for the other end of a FIFO. */
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint64_t address = 0;
	int err = -ENOEXEC;
	Elf *elf;

	if (fd < 0)
		return -errno;
	(void)elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF) {
		err = find_address(elf, name, &address);
		if (!err)
			err = address_to_offset(elf, address, ret);
	}
	(void)elf_end(elf);
	return err;
}
