/*
 * Small made-up programs: a managed assembly and an ELF library.
 */

#ifndef IMAGES_H
#define IMAGES_H

#include <stddef.h>

#define IMAGE_MAX  4096u

/* A managed assembly for any machine, with a Main; its size. */
size_t image_assembly(void *memory);

/* A library of this machine that exports modhost_initialize; its size. */
size_t image_library(void *memory);

/* Offsets of what tests spoil. */
#define IMAGE_PE          128u
#define IMAGE_MACHINE     (IMAGE_PE + 4)
#define IMAGE_OPTIONAL    (IMAGE_PE + 24)
#define IMAGE_DIRECTORY   (IMAGE_OPTIONAL + 92 + 4 + 14 * 8)
#define IMAGE_SECTION     (IMAGE_OPTIONAL + 224)
#define IMAGE_CLI         512u
#define IMAGE_CLI_FLAGS   (IMAGE_CLI + 16)
#define IMAGE_CLI_ENTRY   (IMAGE_CLI + 20)

#endif /* IMAGES_H */
