/*
 * Made-up programs; see images.h.
 */

#include "images.h"

#include <elf.h>
#include <stdint.h>
#include <string.h>


static void
put16(uint8_t *p, unsigned value)
{
    p[0] = (uint8_t) value;
    p[1] = (uint8_t) (value >> 8);
}


static void
put32(uint8_t *p, uint32_t value)
{
    put16(p, value & 0xffff);
    put16(p + 2, value >> 16);
}


size_t
image_assembly(void *memory)
{
    uint8_t  *p;

    p = memory;
    memset(p, 0, 1024);

    memcpy(p, "MZ", 2);
    put32(p + 0x3c, IMAGE_PE);
    memcpy(p + IMAGE_PE, "PE\0\0", 4);
    put16(p + IMAGE_MACHINE, 0x014c);
    put16(p + IMAGE_PE + 6, 1);                  /* sections                  */
    put16(p + IMAGE_PE + 20, 224);               /* optional header           */

    put16(p + IMAGE_OPTIONAL, 0x10b);
    put32(p + IMAGE_OPTIONAL + 92, 16);          /* directories               */
    put32(p + IMAGE_DIRECTORY, 0x2008);
    put32(p + IMAGE_DIRECTORY + 4, 72);

    memcpy(p + IMAGE_SECTION, ".text", 5);
    put32(p + IMAGE_SECTION + 12, 0x2000);
    put32(p + IMAGE_SECTION + 16, 512);
    put32(p + IMAGE_SECTION + 20, IMAGE_CLI - 8);

    put32(p + IMAGE_CLI, 72);
    put32(p + IMAGE_CLI_FLAGS, 1);
    put32(p + IMAGE_CLI_ENTRY, 0x06000001);

    return 1024;
}


size_t
image_library(void *memory)
{
    Elf64_Sym   *symbols;
    uint8_t     *p;
    Elf64_Ehdr  *header;
    Elf64_Shdr  *sections;

    static const char  names[] = "\0other\0modhost_initialize";

    p = memory;
    memset(p, 0, 1024);

    header = memory;
    memcpy(header->e_ident, ELFMAG, SELFMAG);
    header->e_ident[EI_CLASS] = ELFCLASS64;
    header->e_ident[EI_DATA] = ELFDATA2LSB;
    header->e_type = ET_DYN;
#if defined(__aarch64__)
    header->e_machine = EM_AARCH64;
#elif defined(__riscv)
    header->e_machine = EM_RISCV;
#else
    header->e_machine = EM_X86_64;
#endif
    header->e_shoff = 64;
    header->e_shentsize = sizeof(Elf64_Shdr);
    header->e_shnum = 3;

    sections = (Elf64_Shdr *) (p + 64);
    sections[1].sh_type = SHT_DYNSYM;
    sections[1].sh_offset = 512;
    sections[1].sh_size = 3 * sizeof(Elf64_Sym);
    sections[1].sh_entsize = sizeof(Elf64_Sym);
    sections[1].sh_link = 2;
    sections[2].sh_type = SHT_STRTAB;
    sections[2].sh_offset = 640;
    sections[2].sh_size = sizeof(names);

    symbols = (Elf64_Sym *) (p + 512);
    symbols[1].st_name = 1;
    symbols[1].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbols[1].st_shndx = 1;
    symbols[2].st_name = 7;
    symbols[2].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
    symbols[2].st_shndx = 1;

    memcpy(p + 640, names, sizeof(names));

    return 1024;
}
