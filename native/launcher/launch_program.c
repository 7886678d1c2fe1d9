/*
 * The last step: the worker's directory, and the application itself.
 */

#include "launch.h"
#include "report.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define WORKER_MAIN  "modhost_worker_main"

typedef int32_t (*worker_main)(int32_t control_fd);


/* As the worker's user: what it may not enter must not be its directory. */
int
launch_directory(const launch_options *options)
{
    if (options->directory != NULL && chdir(options->directory) != 0) {
        report(MH_E_LAUNCH_DIRECTORY, "the directory \"%s\": %s",
               options->directory, strerror(errno));
        return -1;
    }

    return 0;
}


int
launch_program(const launch_options *options)
{
    const char  *file;

    file = options->program[0];

    if (options->title != NULL) {
        options->program[0] = (char *) options->title;
    }

    (void) execv(file, options->program);

    report(MH_E_LAUNCH_PROGRAM, "\"%s\" cannot be executed: %s", file,
           strerror(errno));

    return LAUNCH_FAILED;
}


/*
 * The kernel shows the memory of the command line, up to its first terminator
 * if the last byte is 0, so the title goes there. It is one of the arguments
 * and therefore shorter than all of them.
 */
static void
title_set(const char *title, int argc, char **argv)
{
    char    copy[256];
    size_t  room;

    (void) snprintf(copy, sizeof(copy), "%s", title);

    room = (size_t) (argv[argc - 1] + strlen(argv[argc - 1]) + 1 - argv[0]);
    memset(argv[0], 0, room);
    memcpy(argv[0], copy, strnlen(copy, room - 1));

    (void) prctl(PR_SET_NAME, copy, 0, 0, 0);
}


int
launch_library(const launch_options *options, int argc, char **argv)
{
    void         *library;
    worker_main   entry;

    /*
     * Changing the user made this process one that its own user may not look
     * into; exec would have undone that, and the runtime's tools need it.
     */
    (void) prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);

    library = dlopen(options->library, RTLD_NOW | RTLD_LOCAL);

    if (library == NULL) {
        report(MH_E_LAUNCH_LIBRARY, "the library cannot be opened: %s",
               dlerror());
        return LAUNCH_FAILED;
    }

    *(void **) &entry = dlsym(library, WORKER_MAIN);

    if (entry == NULL) {
        report(MH_E_LAUNCH_EXPORT, "\"%s\" does not export " WORKER_MAIN ": "
               "it was published with an older ModHost.AspNetCore, or without "
               "-p:ModHostLibrary=true", options->library);
        return LAUNCH_FAILED;
    }

    if (options->title != NULL) {
        title_set(options->title, argc, argv);
    }

    /* Not exit: its handlers would tear down what the runtime's threads use. */
    _exit(entry(LAUNCH_CONTROL) & 0xff);
}
