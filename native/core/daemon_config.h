/*
 * One generation of the configuration for the supervisor, as a JSON file.
 * managed/ModHost.Supervisor reads it: SupervisorConfiguration.cs.
 */

#ifndef MH_DAEMON_CONFIG_H
#define MH_DAEMON_CONFIG_H

#include "app.h"
#include "daemon_options.h"

/* Everything here is the caller's, and read while the file is written. */

typedef struct mh_daemon_env {
    mh_str  name;
    mh_str  value;
} mh_daemon_env;

typedef struct mh_daemon_group {
    const char                *name;
    const char                *scope;      /* its server's name; "": of all   */
    const mh_app_spec         *app;
    const mh_daemon_settings  *settings;
    const mh_daemon_env       *env;
    unsigned                   env_count;
    const char *const         *addresses;
    unsigned                   address_count;
    bool                       detailed_errors;
    int64_t                    max_request_body;   /* -1: no limit            */
    const char                *error_log;
    const char                *log_level;
} mh_daemon_group;

typedef struct mh_daemon_config {
    const char             *server;        /* "nginx"                         */
    pid_t                   master;
    uid_t                   user;          /* of the web server's workers     */
    gid_t                   group;
    const char             *user_name;
    const char             *prefix;        /* what relative paths begin at    */
    const char             *managed_directory;
    const char             *dotnet_root;   /* "": the usual places            */
    const char             *state_directory;
    const char             *error_log;     /* a file, or "stderr"             */
    const char             *log_level;
    const mh_daemon_group  *groups;
    unsigned                group_count;
    bool                    final;         /* no other one follows            */
} mh_daemon_config;

/* Whole or not at all; nobody else can read it. 0, or -1 with *error. */
int mh_daemon_config_write(const mh_daemon_config *config, uint32_t generation,
    const char *directory, mh_error *error);

#endif /* MH_DAEMON_CONFIG_H */
