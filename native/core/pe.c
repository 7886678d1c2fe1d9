/*
 * Managed assemblies: the few fields of a portable executable that tell one.
 * ECMA-335 II.25; numbers are little-endian.
 */

#include "image.h"

#include <string.h>


#define PE_POINTER         0x3c
#define PE_SIGNATURE       0x00004550u           /* "PE\0\0"                  */
#define COFF_SIZE          20u
#define SECTION_SIZE       40u
#define SECTIONS_MAX       96u

#define OPTIONAL_PE32      0x10bu
#define OPTIONAL_PE32PLUS  0x20bu
#define CLI_DIRECTORY      14u
#define CLI_HEADER_SIZE    72u

#define CLI_IL_ONLY        0x00001u
#define CLI_32BIT_REQUIRED 0x00002u

#define MACHINE_I386       0x014cu               /* also: any machine         */

/* ReadyToRun images carry the machine xor a number of the system. */
#define LINUX_XOR          0x7b79u

#if defined(__x86_64__)
#define MACHINE            0x8664u
#elif defined(__aarch64__)
#define MACHINE            0xaa64u
#elif defined(__riscv) && __riscv_xlen == 64
#define MACHINE            0x5064u
#else
#error "this machine is not known to pe.c"
#endif

typedef struct pe_image {
    const mh_file  *file;
    uint64_t        optional;        /* offset of the optional header         */
    uint32_t        optional_size;
    unsigned        machine;
    unsigned        sections;
} pe_image;


static inline unsigned
get16(const uint8_t *p)
{
    return p[0] | (unsigned) p[1] << 8;
}


static inline uint32_t
get32(const uint8_t *p)
{
    return get16(p) | (uint32_t) get16(p + 2) << 16;
}


static int
not_managed(const pe_image *image, const char *why, mh_error *error)
{
    return mh_fail(error, MH_E_APP_NOT_ASSEMBLY,
                   "\"%s\" is not a .NET assembly: %s", image->file->path,
                   why);
}


static int
coff_read(pe_image *image, mh_error *error)
{
    uint8_t   bytes[4 + COFF_SIZE];
    uint32_t  pe;

    if (!mh_file_read(image->file, 0, bytes, 2)
        || memcmp(bytes, "MZ", 2) != 0
        || !mh_file_read(image->file, PE_POINTER, bytes, 4))
    {
        return not_managed(image, "it is no portable executable", error);
    }

    pe = get32(bytes);

    if (!mh_file_read(image->file, pe, bytes, sizeof(bytes))
        || get32(bytes) != PE_SIGNATURE)
    {
        return not_managed(image, "it is no portable executable", error);
    }

    image->machine = get16(bytes + 4);
    image->sections = get16(bytes + 6);
    image->optional_size = get16(bytes + 20);
    image->optional = (uint64_t) pe + sizeof(bytes);

    if (image->sections > SECTIONS_MAX) {
        return not_managed(image, "it has too many sections", error);
    }

    return 0;
}


/* The address and size of the CLI header. */
static int
directory_read(const pe_image *image, uint32_t *address, mh_error *error)
{
    uint8_t   bytes[8];
    uint32_t  count_at, at;

    if (!mh_file_read(image->file, image->optional, bytes, 2)) {
        return not_managed(image, "it is cut short", error);
    }

    switch (get16(bytes)) {

    case OPTIONAL_PE32:
        count_at = 92;
        break;

    case OPTIONAL_PE32PLUS:
        count_at = 108;
        break;

    default:
        return not_managed(image, "it is of an unknown kind", error);
    }

    at = count_at + 4 + CLI_DIRECTORY * 8;

    if (at + 8 > image->optional_size
        || !mh_file_read(image->file, image->optional + count_at, bytes, 4)
        || get32(bytes) <= CLI_DIRECTORY
        || !mh_file_read(image->file, image->optional + at, bytes, 8)
        || get32(bytes) == 0
        || get32(bytes + 4) < CLI_HEADER_SIZE)
    {
        return not_managed(image, "it holds native code only", error);
    }

    *address = get32(bytes);

    return 0;
}


/* From an address in memory to an offset in the file. */
static int
address_map(const pe_image *image, uint32_t address, uint64_t *offset,
    mh_error *error)
{
    uint8_t   bytes[SECTION_SIZE];
    uint32_t  begin, size;
    uint64_t  at;
    unsigned  i;

    at = image->optional + image->optional_size;

    for (i = 0; i < image->sections; i++, at += SECTION_SIZE) {

        if (!mh_file_read(image->file, at, bytes, sizeof(bytes))) {
            break;
        }

        begin = get32(bytes + 12);
        size = get32(bytes + 16);

        if (address >= begin && address - begin < size) {
            *offset = (uint64_t) get32(bytes + 20) + (address - begin);
            return 0;
        }
    }

    return not_managed(image, "its CLI header is in none of its sections",
                       error);
}


/* A copy that was broken off has its headers, and lacks what they tell of. */
static int
sections_check(const pe_image *image, mh_error *error)
{
    uint8_t   bytes[SECTION_SIZE];
    uint64_t  at, end;
    unsigned  i;

    at = image->optional + image->optional_size;

    for (i = 0; i < image->sections; i++, at += SECTION_SIZE) {

        if (!mh_file_read(image->file, at, bytes, sizeof(bytes))) {
            return not_managed(image, "it is cut short", error);
        }

        end = (uint64_t) get32(bytes + 16) + get32(bytes + 20);

        if (get32(bytes + 16) != 0 && end > image->file->size) {
            return mh_fail(error, MH_E_APP_UNREADABLE,
                           "\"%s\" is cut short: it has %llu bytes of %llu",
                           image->file->path,
                           (unsigned long long) image->file->size,
                           (unsigned long long) end);
        }
    }

    return 0;
}


static int
cli_check(const pe_image *image, uint64_t offset, mh_error *error)
{
    uint8_t   bytes[CLI_HEADER_SIZE];
    uint32_t  flags;

    if (!mh_file_read(image->file, offset, bytes, sizeof(bytes))
        || get32(bytes) < CLI_HEADER_SIZE)
    {
        return not_managed(image, "its CLI header is cut short", error);
    }

    flags = get32(bytes + 16);

    if (image->machine != MACHINE
        && image->machine != (MACHINE ^ LINUX_XOR)
        && (image->machine != MACHINE_I386
            || (flags & (CLI_IL_ONLY | CLI_32BIT_REQUIRED)) != CLI_IL_ONLY))
    {
        return mh_fail(error, MH_E_APP_ARCHITECTURE,
                       "\"%s\" is built for another machine or system "
                       "(machine 0x%04x)", image->file->path, image->machine);
    }

    if (get32(bytes + 20) == 0) {
        return mh_fail(error, MH_E_APP_NOT_ASSEMBLY,
                       "\"%s\" has no Main: it is a class library, not an "
                       "application", image->file->path);
    }

    return 0;
}


int
mh_pe_check(const mh_file *file, mh_error *error)
{
    pe_image  image;
    uint32_t  address;
    uint64_t  offset;

    address = 0;
    offset = 0;
    memset(&image, 0, sizeof(image));
    image.file = file;

    if (coff_read(&image, error) != 0
        || directory_read(&image, &address, error) != 0
        || sections_check(&image, error) != 0
        || address_map(&image, address, &offset, error) != 0)
    {
        return -1;
    }

    return cli_check(&image, offset, error);
}
