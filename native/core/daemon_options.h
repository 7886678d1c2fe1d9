/*
 * The options of a daemon process group, checked while the configuration is
 * parsed: types, ranges, and what fits together. No side effects; accounts are
 * looked up, nothing else. What was typed is what the supervisor is given; it
 * trusts that it was checked here.
 */

#ifndef MH_DAEMON_OPTIONS_H
#define MH_DAEMON_OPTIONS_H

#include "core.h"

/* MH_DAEMON_TYPE_COUNT, ...: see daemon.def. */
enum mh_daemon_type {
    MH_DAEMON_TYPE_COUNT = 1,
    MH_DAEMON_TYPE_CORES,
    MH_DAEMON_TYPE_TIME,
    MH_DAEMON_TYPE_SIZE,
    MH_DAEMON_TYPE_USER,
    MH_DAEMON_TYPE_GROUP,
    MH_DAEMON_TYPE_GROUPS,
    MH_DAEMON_TYPE_MODE,
    MH_DAEMON_TYPE_FOLDER,
    MH_DAEMON_TYPE_FILE,
    MH_DAEMON_TYPE_PATH,
    MH_DAEMON_TYPE_PAIR,
    MH_DAEMON_TYPE_URL,
    MH_DAEMON_TYPE_NICE,
    MH_DAEMON_TYPE_AFFINITY,
    MH_DAEMON_TYPE_FLAG,
    MH_DAEMON_TYPE_TEXT
};

/* MH_DAEMON_processes, ...: the index of an option. */
enum mh_daemon_key {
#define MH_DAEMON_OPTION(name, type, preset, meaning)  MH_DAEMON_##name,
#include "daemon.def"
#undef MH_DAEMON_OPTION
    MH_DAEMON_OPTIONS
};

typedef struct mh_daemon_option {
    char                  name[32];    /* canonical: with '-'                 */
    enum mh_daemon_type   type;
    const char           *preset;      /* "": none                            */
    const char           *meaning;
} mh_daemon_option;

/* In the order of mh_daemon_key; nobody writes to it. */
extern mh_daemon_option  mh_daemon_keys[MH_DAEMON_OPTIONS];

#define MH_DAEMON_AUTO  -1             /* number of "auto"                    */

/* nofile-limit: .NET has about 200 files open before the first request. */
#define MH_DAEMON_FILES_LEAST  256u

/* mh_daemon_value.number of affinity */
#define MH_AFFINITY_NONE    0
#define MH_AFFINITY_COOKIE  1
#define MH_AFFINITY_CLIENT  2

/* What was typed, or the default. */
typedef struct mh_daemon_value {
    bool     set;                      /* typed                               */
    int64_t  number;                   /* ms, bytes, 0 or 1, ...: as the type
                                          says; else 0                        */
    mh_str   text;                     /* after the '='; the caller's memory  */
} mh_daemon_value;

typedef struct mh_daemon_settings {
    mh_daemon_value  values[MH_DAEMON_OPTIONS];
} mh_daemon_settings;

/* Sets everything to its default. */
void mh_daemon_settings_init(mh_daemon_settings *settings);

/*
 * Takes one argument, "key=value", into the settings, which refer to its
 * memory. Gives its option; NULL: not good, with *error. Of `env` the settings
 * keep the last one only: the caller collects.
 */
const mh_daemon_option *mh_daemon_settings_take(mh_daemon_settings *settings,
    mh_str argument, mh_error *error);

/* What the group's workers inherit from the web server. */
typedef struct mh_daemon_host {
    const char  *prefix;               /* what relative paths begin at        */
    uid_t        user;                 /* of the web server's processes, and of
                                          workers unless user= says otherwise */
    gid_t        group;
    bool         privileged;           /* the web server's master is root     */
} mh_daemon_host;

/*
 * After the last argument: what does not fit together, or not this machine.
 * 0, or -1 with *error.
 */
int mh_daemon_settings_check(const mh_daemon_settings *settings,
    const mh_daemon_host *host, mh_error *error);

/* Of its workers; (uid_t) -1: a name that this machine does not know. */
uid_t mh_daemon_settings_user(const mh_daemon_settings *settings,
    const mh_daemon_host *host);

/*
 * Whether the group's application can pass for a web-server process: the
 * supervisor knows those by their user. `groups`: how many are used; who has
 * but one has nothing to keep apart.
 */
bool mh_daemon_settings_impostor(const mh_daemon_settings *settings,
    const mh_daemon_host *host, unsigned groups);

/* The name of a group: letters, digits, '.', '_' and '-', 1 to 64 of them, and
   not "embedded". 0, or -1 with *error. */
int mh_daemon_name_check(mh_str name, mh_error *error);

#endif /* MH_DAEMON_OPTIONS_H */
