/*
 * modhost-worker: the program that the supervisor executes to start a worker.
 * It gives up what the worker must not have and becomes the application. It
 * runs for a few milliseconds with the web server's privileges, so it reads
 * nothing but its command line, and stops at the first thing that fails.
 */

#ifndef MODHOST_LAUNCH_H
#define MODHOST_LAUNCH_H

#include "core.h"

#include <limits.h>

/* The exit code of all failures of the launcher's own. */
#define LAUNCH_FAILED   125

/* The worker's end of its control connection. */
#define LAUNCH_CONTROL  3

#define LAUNCH_UNSET    INT64_MIN

/* The command line. Strings and `program` are parts of it. */
typedef struct launch_options {
    int64_t      user;           /* ids, or LAUNCH_UNSET: as they are         */
    int64_t      group;
    int64_t      umask;
    int64_t      nofile;
    int64_t      nice;
    const char  *groups;         /* "1,2", "" for none, or NULL               */
    const char  *directory;
    const char  *title;
    const char  *library;
    char       **program;        /* with its arguments; NULL: the library     */
} launch_options;

/*
 * All of these: 0, or -1 after they wrote the reason to standard error. They
 * are called once, in this order; after launch_identity the process is the
 * worker's user for good.
 */
int launch_parse(int argc, char **argv, launch_options *options);
int launch_descriptors(void);
int launch_process(const launch_options *options);
int launch_identity(const launch_options *options);
int launch_directory(const launch_options *options);

/* Both come back only when they failed, or the library's main returned. */
int launch_program(const launch_options *options);
int launch_library(const launch_options *options, int argc, char **argv);

#endif /* MODHOST_LAUNCH_H */
