/*
 * What kind of program a file is, told from its bytes. Hostile files are fine:
 * every offset and count is checked against the file before it is used.
 */

#ifndef MH_IMAGE_H
#define MH_IMAGE_H

#include "file.h"

/*
 * An ELF shared library for this machine that exports `symbol`. 0, or -1 with
 * *error: MH0108 not a library for this machine, MH0109 no such symbol.
 */
int mh_elf_check(const mh_file *file, const char *symbol, mh_error *error);

/* An ELF program for this machine. 0, or -1 with *error: MH0108. */
int mh_elf_check_program(const mh_file *file, mh_error *error);

/*
 * A managed assembly with an entry point that this machine's runtime loads. 0,
 * or -1 with *error: MH0104, MH0108.
 */
int mh_pe_check(const mh_file *file, mh_error *error);

#endif /* MH_IMAGE_H */
