/*
 * The configuration as it is parsed, in the pool of the configuration. Part of
 * mod_modhost.h. Nothing here changes once check_config has run, so any thread
 * of a child may read it.
 *
 * An administrator's line that gives a place to an application is a `place`:
 * ModHostPass in a section, or ModHostAlias in a server. All places of one path
 * and process group are one `app_conf`.
 */

#ifndef MODHOST_CONF_H
#define MODHOST_CONF_H

#include "daemon_options.h"
#include "option.h"

/* A place in the configuration files, for messages after parsing. */
typedef struct mod_modhost_line {
    const char                *file;     /* NULL: nowhere                     */
    int                        number;
} mod_modhost_line;

typedef struct mod_modhost_env {
    const char                *name;
    const char                *value;
    mod_modhost_line           line;
} mod_modhost_env;

typedef struct mod_modhost_variable {
    const char                *name;
    ap_expr_info_t            *value;    /* a string expression               */
} mod_modhost_variable;

/* Settings of an application; every place of it must agree. */
typedef struct mod_modhost_settings {
    apr_array_header_t        *env;      /* mod_modhost_env; or NULL          */
    int64_t                    max_concurrency;  /* 0: no limit               */
    int64_t                    queue_size;
    int64_t                    startup_timeout;  /* ms; 0: no limit           */
    int64_t                    shutdown_timeout;
} mod_modhost_settings;

/* A process group as declared; the application is known when it is used. */
typedef struct mod_modhost_group_conf {
    const char                *name;
    mod_modhost_line           line;
    server_rec                *server;   /* whose it is; NULL: everyone's     */
    mh_daemon_settings         settings;
    apr_array_header_t        *env;      /* mod_modhost_env: env=             */
    mod_modhost_app_conf      *app;      /* NULL: nobody passes to it         */
} mod_modhost_group_conf;

struct mod_modhost_app_conf {
    const char                *path;     /* as configured, made absolute      */
    mod_modhost_group_conf    *group;    /* NULL: embedded                    */
    const char                *name;     /* for messages and logs             */
    mod_modhost_line           line;     /* of its first place                */
    unsigned                   number;   /* among its kind                    */
    mh_app_spec                spec;
    mod_modhost_settings       settings;
    mod_modhost_line           settled;  /* where settings came from          */
    int                        detailed_errors;
    int64_t                    max_request_body;     /* -1: nothing said      */
    server_rec                *server;   /* whose log its lines go to         */
    apr_array_header_t        *servers;  /* server_rec *                      */
    apr_array_header_t        *addresses;    /* const char *                  */
    const char                *state_directory;
    int                        entry;    /* of its counters; -1: none         */
    mod_modhost_app           *app;      /* in a child; else NULL             */
};

/* A file that slow requests are told in; one for each path. */
typedef struct mod_modhost_slow_file {
    const char                *path;
    apr_file_t                *file;     /* open from post_config on          */
} mod_modhost_slow_file;

/* A line that gives a place to an application. */
typedef struct mod_modhost_place {
    const char                *pass;     /* the path given, made absolute     */
    const char                *pass_group;   /* process-group=; or NULL       */
    const char                *path_base;    /* path-base=; or NULL           */
    const char                *prefix;   /* of URLs that it is for; NULL: the
                                            section knows                     */
    mod_modhost_line           line;
    server_rec                *server;
    struct mod_modhost_dir_conf  *section;   /* where it stands; NULL: alias  */
    mh_str                     base;     /* PathBase, no slash at the end     */
    mh_str                     base_text;    /* the same, escaped (path.h)    */
    mod_modhost_app_conf      *app;      /* once checked                      */
} mod_modhost_place;

/*
 * Of a section, and merged from outer to inner at run time. Read values with
 * mod_modhost_number(), time limits with mod_modhost_limit().
 */
typedef struct mod_modhost_dir_conf {
    mod_modhost_place         *place;    /* NULL: no ModHostPass here         */
    const char                *group;    /* ModHostProcessGroup; NULL: unset  */
    apr_array_header_t        *env;      /* mod_modhost_env; or NULL          */
    apr_array_header_t        *variables;    /* mod_modhost_variable; or NULL */
    int                        user_variable;    /* REMOTE_USER, or -1        */
    int                        type_variable;    /* AUTH_TYPE, or -1          */
    apr_array_header_t        *hide_headers; /* const char *, lower case      */
    uint8_t                   *hide_known;   /* by number; NULL: none         */
    mod_modhost_slow_file     *slow_file;    /* NULL: the error log           */
    uint64_t                   set;      /* options typed, by bit             */
    uint64_t                   inner;    /* of these: in a section            */
    int64_t                    numbers[MH_OPTIONS];
} mod_modhost_dir_conf;

typedef struct mod_modhost_server_conf {
    server_rec                *server;
    apr_array_header_t        *aliases;  /* mod_modhost_place *, longest prefix
                                            first                             */
} mod_modhost_server_conf;

/* One for each configuration; pre_config makes a new one. */
typedef struct mod_modhost_main_conf {
    apr_pool_t                *pool;
    apr_array_header_t        *places;   /* mod_modhost_place *               */
    apr_array_header_t        *apps;     /* mod_modhost_app_conf *: embedded  */
    apr_array_header_t        *groups;   /* mod_modhost_group_conf *          */
    const char                *texts[MH_OPTIONS];    /* paths, as typed  */
    mod_modhost_line           lines[MH_OPTIONS];    /* of them           */
    const char                *dotnet_root;      /* NULL: the usual places    */
    const char                *managed_directory;
    const char                *run_directory;
    const char                *state_directory;
    const char                *home;     /* HOME of children that host apps   */
    apr_array_header_t        *slow_files;   /* mod_modhost_slow_file *       */
} mod_modhost_main_conf;

extern mod_modhost_main_conf  *mod_modhost_main;

/* max_request_body where nothing is configured: the app's own default. */
#define MOD_MODHOST_BODY_DEFAULT  30000000


/* ---- reading a merged configuration; any thread ------------------------ */

/* What "" and "0" of options.def are as numbers; made at load. */
extern int64_t  mod_modhost_presets[MH_OPTIONS];

static inline int
mod_modhost_is_set(const mod_modhost_dir_conf *conf,
    enum mh_option option)
{
    return (conf->set >> option & 1) != 0;
}

/*
 * Of FLAG, NUMBER, SIZE and TIME (ms; 0: no limit), and SLOW's time.
 * max_request_body is -1 where nothing was said.
 */
static inline int64_t
mod_modhost_number(const mod_modhost_dir_conf *conf,
    enum mh_option option)
{
    return mod_modhost_is_set(conf, option) ? conf->numbers[option]
                                            : mod_modhost_presets[option];
}

/*
 * queue_timeout and request_timeout, in ms; 0: no limit. A section's own value
 * goes before the process group's, that one before the server's.
 */
int64_t mod_modhost_limit(const mod_modhost_dir_conf *conf,
    const mod_modhost_app_conf *app, enum mh_option option);


/* ---- modhost_config.c, _directives.c: made, merged, typed -------------- */

extern command_rec  mod_modhost_commands[];

void *mod_modhost_create_dir_conf(apr_pool_t *pool, char *dir);
void *mod_modhost_merge_dir_conf(apr_pool_t *pool, void *base, void *add);
void *mod_modhost_create_server_conf(apr_pool_t *pool, server_rec *server);
void *mod_modhost_merge_server_conf(apr_pool_t *pool, void *base, void *add);
/* pre_config: an empty configuration, and the presets. */
int mod_modhost_main_create(apr_pool_t *pool);

mod_modhost_line mod_modhost_here(const cmd_parms *cmd);
/* The message about a directive that stands twice in one section. */
const char *mod_modhost_twice(const cmd_parms *cmd);
void mod_modhost_set(const cmd_parms *cmd, mod_modhost_dir_conf *conf,
    enum mh_option option);
/* modhost_slow.c; NULL: not a path. */
mod_modhost_slow_file *mod_modhost_slow_file_named(apr_pool_t *pool,
    const char *path);
int mod_modhost_slow_files_open(void);

/* ---- modhost_pass.c, _group.c: directives with code of their own ------- */

const char *mod_modhost_alias_directive(cmd_parms *cmd, void *conf, int argc,
    char *const argv[]);
const char *mod_modhost_pass_directive(cmd_parms *cmd, void *conf, int argc,
    char *const argv[]);
const char *mod_modhost_daemon_process_directive(cmd_parms *cmd, void *conf,
    int argc, char *const argv[]);
const char *mod_modhost_env_directive(cmd_parms *cmd, void *conf,
    const char *name, const char *value);
const char *mod_modhost_variable_directive(cmd_parms *cmd, void *conf,
    const char *name, const char *value);

/* ---- modhost_section.c: the section that a ModHostPass stands in ------- */

/* The URLs of a <Location>; NULL: another section, or a pattern. */
const char *mod_modhost_section_prefix(const cmd_parms *cmd);
/* NULL, or what keeps ModHostPass from answering there. */
const char *mod_modhost_section_check(const cmd_parms *cmd);

/* ---- modhost_group.c --------------------------------------------------- */

/*
 * The group that a place's requests go to: *group, or NULL for embedded mode.
 * An HTTP error, logged: there is none of that name for its server.
 */
int mod_modhost_group_resolve(const mod_modhost_place *place,
    const mod_modhost_dir_conf *conf, mod_modhost_group_conf **group);
/* What the group says goes before what the place inherited. */
void mod_modhost_group_limits(const mod_modhost_group_conf *group,
    mod_modhost_settings *settings);
/* What directives say and the group doesn't becomes the group's. */
void mod_modhost_group_settle(mod_modhost_app_conf *app);
/* Groups that somebody passes to. */
unsigned mod_modhost_groups_used(void);


/* ---- modhost_check.c, _settle.c, _env.c, _group_check.c ---------------- */

/*
 * check_config, at a start, at a restart and at -t: what can be known to be
 * wrong before anything runs, logged with its place. Files are read; nothing
 * is opened as a library, created or started. OK, or an HTTP error, with which
 * Apache does not start. So do the functions below.
 */
int mod_modhost_check_config(apr_pool_t *pconf, apr_pool_t *plog,
    apr_pool_t *ptemp, server_rec *server);

/* place->app, and what the place says of it. */
int mod_modhost_settle(apr_pool_t *ptemp, mod_modhost_place *place);
/* A variable of both with two values. `group`: both are of one. */
int mod_modhost_env_conflict(const apr_array_header_t *a,
    const apr_array_header_t *b, int group);
/* What both have, which do not contradict each other. */
apr_array_header_t *mod_modhost_env_join(apr_pool_t *pool,
    apr_array_header_t *a, apr_array_header_t *b);
int mod_modhost_check_env(void);
int mod_modhost_check_groups(apr_pool_t *ptemp);
/* app->spec is good: its name is the application's. */
void mod_modhost_app_inspected(mod_modhost_app_conf *app);
/* Whose the children are. */
void mod_modhost_host(mh_daemon_host *host);


/* ---- modhost_state.c: applications' folders and addresses -------------- */

void mod_modhost_state_paths(void);
/* In the parent, often root. What fails is logged: apps can do without. */
void mod_modhost_state_create(server_rec *server);
/* After other modules' post_config: which servers speak TLS is known then. */
void mod_modhost_addresses(void);


/* ---- modhost_log.c ----------------------------------------------------- */

/* A tagged line about a configuration that cannot be used; an HTTP error. */
int mod_modhost_refuse(unsigned code, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif /* MODHOST_CONF_H */
