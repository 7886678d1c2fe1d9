/*
 * The option table (options.def) for C code that reads options by it: types,
 * ranges, defaults. nginx has setters of its own for the same names.
 */

#ifndef MH_OPTION_H
#define MH_OPTION_H

#include "core.h"

/* MH_OPTION_pass, ...: the index of an option. */
enum mh_option {
#define MH_OPTION(name, type, preset, contexts, meaning)  MH_OPTION_##name,
#include "options.def"
#undef MH_OPTION
    MH_OPTIONS
};

/* MH_OPTION_TYPE_PASS, ...: see options.def. */
enum mh_option_type {
    MH_OPTION_TYPE_PASS = 1,
    MH_OPTION_TYPE_PAIR,
    MH_OPTION_TYPE_TEXT,
    MH_OPTION_TYPE_LIST,
    MH_OPTION_TYPE_PATH,
    MH_OPTION_TYPE_FLAG,
    MH_OPTION_TYPE_NUMBER,
    MH_OPTION_TYPE_SIZE,
    MH_OPTION_TYPE_TIME,
    MH_OPTION_TYPE_DISPATCH,
    MH_OPTION_TYPE_PROCESSES,
    MH_OPTION_TYPE_GROUP,
    MH_OPTION_TYPE_SLOW,
    MH_OPTION_TYPE_NONE
};

/* Where an option may stand. */
#define MH_OPTION_MAIN      1u
#define MH_OPTION_SERVER    2u
#define MH_OPTION_LOCATION  4u

typedef struct mh_option_entry {
    const char           *name;          /* with '_'                          */
    enum mh_option_type   type;
    const char           *preset;        /* "": none                          */
    unsigned              contexts;      /* MH_OPTION_MAIN, ...               */
    const char           *meaning;
} mh_option_entry;

/* In the order of mh_option. */
extern const mh_option_entry  mh_options[MH_OPTIONS];

/*
 * What is typed after an option whose type has a number: FLAG (any case),
 * NUMBER, SIZE (bytes), TIME (ms), and the time of SLOW. 0, or -1 with *error,
 * whose text says what is wrong with the value and names neither it nor the
 * option: MH0210.
 */
int mh_option_read(enum mh_option option, const char *text, int64_t *number,
    mh_error *error);

/* The default of one of those; -1 where it has none. */
int64_t mh_option_preset(enum mh_option option);

#endif /* MH_OPTION_H */
