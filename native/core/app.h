/*
 * Applications: what can be known of one before it runs (used while the
 * configuration is parsed, so without side effects: files are read, nothing is
 * opened as a library), and the applications that run in this process.
 */

#ifndef MH_APP_H
#define MH_APP_H

#include <signal.h>

#include "core.h"
#include "exchange.h"

enum mh_app_kind {
    MH_APP_IL = 1,           /* Name.dll with Name.runtimeconfig.json         */
    MH_APP_NATIVE,           /* NativeAOT library with modhost_initialize     */
    MH_APP_EXECUTABLE        /* self-contained, single-file or NativeAOT: in
                                process groups only                           */
};

#define MH_FRAMEWORKS_MAX  8

/* .NET's roll-forward policies. */
enum mh_roll_forward {
    MH_ROLL_MINOR = 0,       /* .NET's default                                */
    MH_ROLL_DISABLE,
    MH_ROLL_LATEST_PATCH,
    MH_ROLL_MAJOR,
    MH_ROLL_LATEST_MINOR,
    MH_ROLL_LATEST_MAJOR
};

typedef struct mh_framework {
    char  name[128];         /* "Microsoft.AspNetCore.App"                    */
    char  version[64];       /* as asked for; the roll-forward rules apply    */
    char  resolved[64];      /* what is installed and would be taken          */
    enum mh_roll_forward  roll_forward;
} mh_framework;

#define MH_ASPNETCORE_FRAMEWORK  "Microsoft.AspNetCore.App"

/* One of configProperties: its name, and its value as the JSON text has it. */
typedef struct mh_property {
    char  *name;
    char  *value;
} mh_property;

#define MH_PROPERTIES_MAX  128

/* What inspection found. */
typedef struct mh_app_spec {
    enum mh_app_kind  kind;
    char             *path;             /* absolute file: the .dll or .so     */
    char             *content_root;     /* its folder                         */
    char             *name;             /* base name without extension        */
    mh_framework      frameworks[MH_FRAMEWORKS_MAX];
    unsigned          framework_count;
    mh_property      *properties;
    unsigned          property_count;
} mh_app_spec;

/*
 * `path`: a .dll, a NativeAOT .so, or a publish folder that holds exactly one
 * app. `dotnet_root`: NULL for the usual places (DOTNET_ROOT is the server's
 * environment and not consulted: /etc/dotnet/install_location, then
 * /usr/share/dotnet, /usr/lib/dotnet). Checks that the file is there, is an
 * assembly or an ELF library of this machine's architecture that exports
 * MODHOST_INITIALIZE_SYMBOL, and that a fitting framework is installed.
 * 0, or -1 with *error. mh_app_spec_free releases the strings.
 */
int mh_app_inspect(const char *path, const char *dotnet_root,
    mh_app_spec *spec, mh_error *error);

/*
 * What mh_app_inspect refused may do in a process group, or be a copy that was
 * broken off: then *error is made to say that. `parameter`: what names a group
 * ("process_group="), as the web server spells it.
 */
void mh_app_inspect_explain(const char *path, const char *dotnet_root,
    const char *parameter, mh_error *error);

/*
 * The same for a process group: a .so must export modhost_worker_main, and an
 * executable will do, by itself, beside its .dll, or the only one in a folder.
 */
int mh_app_inspect_daemon(const char *path, const char *dotnet_root,
    mh_app_spec *spec, mh_error *error);
void mh_app_spec_free(mh_app_spec *spec);

/*
 * One process has one framework of each name: adds what this application asks
 * for to a list with room for MH_FRAMEWORKS_MAX, which keeps the highest
 * resolved version of each. 0, or -1 with *error (the list is full).
 */
int mh_frameworks_merge(mh_framework *list, unsigned *count,
    const mh_app_spec *spec, mh_error *error);

/* Where dotnet is: `configured`, or the usual places. 0, or -1. */
int mh_dotnet_root(const char *configured, char *root, size_t size,
    mh_error *error);

/*
 * One application of this process, as one loop sees it. Made after the fork.
 * Where each of several threads is the loop of the exchanges that it serves,
 * each has an mh_app of its own for the application, with the same number and
 * table; nothing of it may then be used on another thread, but what says so.
 */
struct mh_app {
    uint32_t                  number;         /* index among the apps         */
    uint32_t                  state;          /* MODHOST_APP_*; loop only     */
    modhost_app_table        *table;          /* of its runtime; NULL: none   */
    mh_exchange              *batch;          /* begun in this turn           */
    mh_exchange              *batch_last;
    uint32_t                  batch_count;
    mh_app                   *batch_next;     /* apps that have a batch       */
    uint32_t                  live;           /* server sides held; loop only */
    atomic_uint               outstanding;    /* exchanges not back in pool   */
    _Atomic(mh_exchange *)    returned;       /* pushed by any thread         */
    mh_exchange              *pool;           /* loop only                    */
    void                     *context;        /* the shim's                   */
    uint32_t                  pooled;         /* length of `pool`             */
};

/*
 * Loop. Frees all but `keep` of the app's idle exchanges (exchange_forget is
 * called for each). With 0, once `outstanding` is 0, nothing of the app is left
 * in the core.
 */
void mh_app_trim(mh_app *app, uint32_t keep);

/* Hands over every batch that this thread began in this turn. Loop. */
void mh_apps_flush(void);

/*
 * The process's runtimes. All on the loop's thread, after the fork.
 *
 * mh_runtime_start_clr: hostfxr on a generated runtimeconfig that asks for
 * `frameworks` (see mh_frameworks_merge), workstation concurrent GC, base
 * directory = managed_directory, and those configProperties on which all of
 * `apps` agree (with one app: all of its, but for System.GC.Server); loads
 * managed_directory/ModHost.Embedded.dll and gets its table. Must come before
 * the first mh_runtime_open_library: if one is open already it refuses. Both
 * fill the table that apps then point to, and put the web server's signal
 * handlers back as platform facts demand.
 */
typedef struct mh_runtime_options {
    const char          *dotnet_root;
    const char          *managed_directory;    /* .../lib/modhost             */
    const char          *temporary_directory;  /* for the runtimeconfig; a
                                                  private file, removed       */
    const mh_framework  *frameworks;           /* merged; NULL: of `apps`     */
    unsigned             framework_count;
    const mh_app_spec *const  *apps;           /* IL apps of this process     */
    unsigned             app_count;
} mh_runtime_options;

int mh_runtime_start_clr(const mh_runtime_options *options,
    modhost_app_table **table, mh_error *error);
int mh_runtime_open_library(const char *path, modhost_app_table **table,
    mh_error *error);

/*
 * The table that is given to every runtime. Its functions push to the queue of
 * the exchange, or, for app_state and log, to this one, which must be set
 * first. A queue must stay open for as long as a runtime lives: its threads
 * push until the process ends.
 */
const modhost_server_table *mh_server_table(void);
void mh_server_set_queue(mh_queue *queue);

/*
 * Signals. `save` before the first runtime, in the process that will host it
 * (it also sets SIGCHLD to SIG_DFL); `restore` after each start: puts back HUP,
 * INT, QUIT, TERM, USR1, USR2, WINCH, ALRM, IO, SYS and PIPE only.
 */
void mh_signals_save(void);
void mh_signals_restore(void);

/*
 * A thread of the web server that starts a runtime, or runs application code,
 * with signals blocked: the runtime's threads would inherit that and never hear
 * of a child's end, and so would every process that the application starts.
 * Unblocks all for the calling thread; `saved`, unless it is NULL, is what was.
 */
void mh_signals_unblock(sigset_t *saved);

/*
 * Registers an on_exit handler that ends the process with _exit, with status 2
 * and 15 (which web servers read as "do not respawn" and "stop") mapped to 1.
 * After each runtime start, so that it runs before the runtime's own.
 */
void mh_exit_guard(void);

#endif /* MH_APP_H */
