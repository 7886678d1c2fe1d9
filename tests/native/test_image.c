/*
 * Telling assemblies and libraries from other files, hostile ones too.
 */

#include "check.h"
#include "image.h"
#include "images.h"

#include "modhost/abi.h"

#include <elf.h>
#include <sys/mman.h>
#include <unistd.h>

typedef int (*check_function)(const mh_file *file, mh_error *error);

static uint64_t  memory[IMAGE_MAX / 8];
static mh_error  error;


static int
check_elf(const mh_file *file, mh_error *reason)
{
    return mh_elf_check(file, MODHOST_INITIALIZE_SYMBOL, reason);
}


/* Runs a check on a file that holds `size` bytes of `memory`. */
static int
check_bytes(check_function check, size_t size)
{
    int      rc;
    mh_file  file;

    file.fd = memfd_create("image", MFD_CLOEXEC);
    file.size = size;
    file.path = "image";

    error.code = 0;
    rc = -2;

    if (write(file.fd, memory, size) == (ssize_t) size) {
        rc = check(&file, &error);
    }

    close(file.fd);

    return rc;
}


static void
refused_assembly(unsigned offset, unsigned width, uint64_t value,
    unsigned code, const char *text)
{
    (void) image_assembly(memory);
    memcpy((uint8_t *) memory + offset, &value, width);
    CHECK_INT(check_bytes(mh_pe_check, 1024), -1);
    CHECK_INT(error.code, code);
    CHECK_HAS(error.text, text);
}


static void
refused_library(unsigned offset, unsigned width, uint64_t value,
    unsigned code, const char *text)
{
    (void) image_library(memory);
    memcpy((uint8_t *) memory + offset, &value, width);
    CHECK_INT(check_bytes(check_elf, 1024), -1);
    CHECK_INT(error.code, code);
    CHECK_HAS(error.text, text);
}


CASE(An_assembly_for_any_machine_passes)
{
    CHECK_INT(check_bytes(mh_pe_check, image_assembly(memory)), 0);
}


CASE(A_ReadyToRun_assembly_of_this_machine_and_system_passes)
{
#if defined(__x86_64__)
    (void) image_assembly(memory);
    ((uint8_t *) memory)[IMAGE_MACHINE] = 0x1d;
    ((uint8_t *) memory)[IMAGE_MACHINE + 1] = 0xfd;
    CHECK_INT(check_bytes(mh_pe_check, 1024), 0);
    ((uint8_t *) memory)[IMAGE_MACHINE] = 0x64;
    ((uint8_t *) memory)[IMAGE_MACHINE + 1] = 0x86;
    CHECK_INT(check_bytes(mh_pe_check, 1024), 0);
#endif
}


CASE(What_is_no_assembly_is_refused)
{
    refused_assembly(0, 1, 'X', 104, "no portable executable");
    refused_assembly(0x3c, 4, 0xffffffff, 104, "no portable executable");
    refused_assembly(IMAGE_PE, 1, 'X', 104, "no portable executable");
    refused_assembly(IMAGE_PE + 6, 2, 0xffff, 104, "too many sections");
    refused_assembly(IMAGE_OPTIONAL, 2, 0x107, 104, "unknown kind");
    refused_assembly(IMAGE_PE + 20, 2, 100, 104, "native code");
    refused_assembly(IMAGE_OPTIONAL + 92, 4, 14, 104, "native code");
    refused_assembly(IMAGE_DIRECTORY, 4, 0, 104, "native code");
    refused_assembly(IMAGE_DIRECTORY + 4, 4, 71, 104, "native code");
    refused_assembly(IMAGE_DIRECTORY, 4, 0x9000, 104, "none of its sections");
    refused_assembly(IMAGE_SECTION + 20, 4, 0xfffffff0, 102, "cut short");
    refused_assembly(IMAGE_CLI, 4, 8, 104, "cut short");
    refused_assembly(IMAGE_CLI_ENTRY, 4, 0, 104, "class library");
    refused_assembly(IMAGE_MACHINE, 2, 0x01c4, 108, "another machine");
    refused_assembly(IMAGE_CLI_FLAGS, 4, 3, 108, "another machine");
}


CASE(A_library_that_exports_the_entry_point_passes)
{
    CHECK_INT(check_bytes(check_elf, image_library(memory)), 0);
}


CASE(What_is_no_library_of_this_machine_is_refused)
{
    refused_library(0, 1, 'X', 108, "not an ELF library");
    refused_library(EI_CLASS, 1, ELFCLASS32, 108, "not a 64-bit");
    refused_library(EI_DATA, 1, ELFDATA2MSB, 108, "not a 64-bit");
    refused_library(offsetof(Elf64_Ehdr, e_machine), 2, EM_S390, 108,
                    "is built for S/390, but this machine is");
    refused_library(offsetof(Elf64_Ehdr, e_machine), 2, 4711, 108,
                    "machine 4711");
    refused_library(offsetof(Elf64_Ehdr, e_type), 2, ET_EXEC, 108,
                    "not a shared library");
}


CASE(A_library_that_does_not_export_it_is_refused)
{
    const unsigned  symbol = 512 + 2 * sizeof(Elf64_Sym);

    refused_library(symbol + offsetof(Elf64_Sym, st_shndx), 2, SHN_UNDEF, 109,
                    "does not export modhost_initialize");
    refused_library(symbol + offsetof(Elf64_Sym, st_info), 1, 0, 109,
                    "does not export");
    refused_library(symbol + offsetof(Elf64_Sym, st_other), 1, STV_HIDDEN,
                    109, "does not export");
    refused_library(symbol + offsetof(Elf64_Sym, st_name), 4, 8, 109,
                    "does not export");
    refused_library(symbol + offsetof(Elf64_Sym, st_name), 4, 0xffffffff, 109,
                    "does not export");
    refused_library(offsetof(Elf64_Ehdr, e_shnum), 2, 0, 109,
                    "no symbol table");
    refused_library(offsetof(Elf64_Ehdr, e_shoff), 8, UINT64_MAX, 109,
                    "no symbol table");
    refused_library(64 + 64 + offsetof(Elf64_Shdr, sh_size), 8, UINT64_MAX,
                    109, "no symbol table");
    refused_library(64 + 64 + offsetof(Elf64_Shdr, sh_link), 4, 3, 109,
                    "no symbol table");
    refused_library(64 + 128 + offsetof(Elf64_Shdr, sh_offset), 8, 1020, 109,
                    "no symbol table");

    /* The string table ends in the middle of the name. */

    refused_library(64 + 128 + offsetof(Elf64_Shdr, sh_size), 8, 20, 109,
                    "does not export");
}


CASE(A_file_that_is_cut_anywhere_is_refused_without_harm)
{
    size_t  size;

    for (size = 0; size < 1024; size++) {
        (void) image_assembly(memory);
        CHECK(check_bytes(mh_pe_check, size) == -1 || size >= 1016);
        (void) image_library(memory);
        CHECK(check_bytes(check_elf, size) == -1 || size >= 666);
    }
}


CASE(A_file_that_shrinks_meanwhile_is_refused)
{
    mh_file  file;

    file.fd = memfd_create("image", MFD_CLOEXEC);
    file.size = 1024;
    file.path = "image";
    CHECK_INT(mh_pe_check(&file, &error), -1);
    CHECK_INT(mh_elf_check(&file, "x", &error), -1);
    close(file.fd);
}


CASE(Every_byte_may_be_anything)
{
    size_t    at;
    unsigned  k;

    static const uint8_t  values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };

    for (at = 0; at < 700; at++) {
        for (k = 0; k < sizeof(values); k++) {
            (void) image_assembly(memory);
            ((uint8_t *) memory)[at] = values[k];
            (void) check_bytes(mh_pe_check, 1024);
            (void) image_library(memory);
            ((uint8_t *) memory)[at] = values[k];
            (void) check_bytes(check_elf, 1024);
        }
    }
}

CHECK_MAIN
