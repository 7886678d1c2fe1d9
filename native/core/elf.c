/*
 * ELF libraries: machine and exported symbols, without opening them as such.
 */

#include "image.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


#define SECTIONS_MAX  ((size_t) 65536)
#define TABLE_MAX     ((size_t) 64 << 20)       /* of symbols, or of names    */

#if defined(__x86_64__)
#define MACHINE       EM_X86_64
#elif defined(__aarch64__)
#define MACHINE       EM_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define MACHINE       EM_RISCV
#else
#error "this machine is not known to elf.c"
#endif

/* Section headers that were read; `symbols` and `names` point into them. */
typedef struct sections {
    Elf64_Shdr        *all;
    const Elf64_Shdr  *symbols;
    const Elf64_Shdr  *names;
} sections;


static const char *
machine_name(unsigned machine, char *buffer, size_t size)
{
    static const struct {
        unsigned     machine;
        const char  *name;
    } names[] = {
        { EM_386, "x86 (32 bit)" },
        { EM_X86_64, "x86-64" },
        { EM_ARM, "ARM (32 bit)" },
        { EM_AARCH64, "ARM64" },
        { EM_RISCV, "RISC-V" },
        { EM_PPC64, "POWER" },
        { EM_S390, "S/390" },
    };

    size_t  i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].machine == machine) {
            return names[i].name;
        }
    }

    (void) snprintf(buffer, size, "machine %u", machine);

    return buffer;
}


static int
header_read(const mh_file *file, Elf64_Ehdr *header, const char *what,
    mh_error *error)
{
    char  built[32], here[32];

    if (!mh_file_read(file, 0, header, EI_NIDENT)
        || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
    {
        return mh_fail(error, MH_E_APP_ARCHITECTURE,
                       "\"%s\" is not an ELF %s", file->path, what);
    }

    if (header->e_ident[EI_CLASS] != ELFCLASS64
        || header->e_ident[EI_DATA] != ELFDATA2LSB
        || !mh_file_read(file, 0, header, sizeof(*header)))
    {
        return mh_fail(error, MH_E_APP_ARCHITECTURE,
                       "\"%s\" is not a 64-bit little-endian ELF %s",
                       file->path, what);
    }

    if (header->e_machine != MACHINE) {
        return mh_fail(error, MH_E_APP_ARCHITECTURE,
                       "\"%s\" is built for %s, but this machine is %s",
                       file->path,
                       machine_name(header->e_machine, built, sizeof(built)),
                       machine_name(MACHINE, here, sizeof(here)));
    }

    return 0;
}


static int
header_check(const mh_file *file, Elf64_Ehdr *header, mh_error *error)
{
    if (header_read(file, header, "library", error) != 0) {
        return -1;
    }

    if (header->e_type != ET_DYN) {
        return mh_fail(error, MH_E_APP_ARCHITECTURE,
                       "\"%s\" is not a shared library", file->path);
    }

    return 0;
}


/* A position-independent program is told from a library by its interpreter. */
int
mh_elf_check_program(const mh_file *file, mh_error *error)
{
    bool         found;
    unsigned     i;
    Elf64_Ehdr   header;
    Elf64_Phdr  *segments;

    if (header_read(file, &header, "program", error) != 0) {
        return -1;
    }

    found = header.e_type == ET_EXEC;

    if (header.e_type == ET_DYN && header.e_phentsize == sizeof(Elf64_Phdr)) {

        segments = mh_file_part(file, header.e_phoff,
                                (uint64_t) header.e_phnum * sizeof(Elf64_Phdr),
                                SECTIONS_MAX * sizeof(Elf64_Phdr));

        for (i = 0; segments != NULL && i < header.e_phnum; i++) {
            found |= segments[i].p_type == PT_INTERP;
        }

        free(segments);
    }

    return found ? 0
           : mh_fail(error, MH_E_APP_ARCHITECTURE,
                     "\"%s\" is not a program", file->path);
}


static int
bad_sections(const mh_file *file, mh_error *error)
{
    return mh_fail(error, MH_E_APP_EXPORTS,
                   "\"%s\" has no symbol table that could be read, so it "
                   "exports nothing", file->path);
}


static int
sections_read(const mh_file *file, const Elf64_Ehdr *header, sections *found,
    mh_error *error)
{
    unsigned           i;
    const Elf64_Shdr  *section;

    if (header->e_shentsize != sizeof(Elf64_Shdr) || header->e_shnum == 0) {
        return bad_sections(file, error);
    }

    found->all = mh_file_part(file, header->e_shoff,
                              (uint64_t) header->e_shnum * sizeof(Elf64_Shdr),
                              SECTIONS_MAX * sizeof(Elf64_Shdr));
    if (found->all == NULL) {
        return bad_sections(file, error);
    }

    for (i = 0; i < header->e_shnum; i++) {
        section = &found->all[i];

        if (section->sh_type == SHT_DYNSYM
            && section->sh_entsize == sizeof(Elf64_Sym)
            && section->sh_link < header->e_shnum)
        {
            found->symbols = section;
            found->names = &found->all[section->sh_link];
            return 0;
        }
    }

    return bad_sections(file, error);
}


static bool
symbol_is(const Elf64_Sym *symbol, const char *names, uint64_t size,
    const char *name, size_t length)
{
    unsigned  bind, visibility;

    bind = ELF64_ST_BIND(symbol->st_info);
    visibility = ELF64_ST_VISIBILITY(symbol->st_other);

    return symbol->st_shndx != SHN_UNDEF
           && (bind == STB_GLOBAL || bind == STB_WEAK)
           && (visibility == STV_DEFAULT || visibility == STV_PROTECTED)
           && symbol->st_name < size
           && size - symbol->st_name > length
           && memcmp(names + symbol->st_name, name, length + 1) == 0;
}


static int
symbol_find(const mh_file *file, const sections *found, const char *name,
    mh_error *error)
{
    int         rc;
    char       *names;
    size_t      length;
    uint64_t    i, count;
    Elf64_Sym  *symbols;

    rc = -1;
    length = strlen(name);
    count = found->symbols->sh_size / sizeof(Elf64_Sym);

    symbols = mh_file_part(file, found->symbols->sh_offset,
                           found->symbols->sh_size, TABLE_MAX);
    names = mh_file_part(file, found->names->sh_offset, found->names->sh_size,
                         TABLE_MAX);

    if (symbols == NULL || names == NULL) {
        (void) bad_sections(file, error);
        goto done;
    }

    for (i = 0; i < count; i++) {
        if (symbol_is(&symbols[i], names, found->names->sh_size, name, length))
        {
            rc = 0;
            goto done;
        }
    }

    mh_error_set(error, MH_E_APP_EXPORTS,
                 "\"%s\" does not export %s: a NativeAOT application is "
                 "published with -p:ModHostLibrary=true and the package "
                 "ModHost.AspNetCore", file->path, name);

done:

    free(symbols);
    free(names);

    return rc;
}


int
mh_elf_check(const mh_file *file, const char *symbol, mh_error *error)
{
    int         rc;
    sections    found;
    Elf64_Ehdr  header;

    memset(&found, 0, sizeof(found));

    if (header_check(file, &header, error) != 0) {
        return -1;
    }

    rc = sections_read(file, &header, &found, error);

    if (rc == 0) {
        rc = symbol_find(file, &found, symbol, error);
    }

    free(found.all);

    return rc;
}
