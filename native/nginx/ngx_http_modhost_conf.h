/*
 * The configuration as it is parsed; the cycle's. Part of ngx_http_modhost.h.
 */

#ifndef NGX_HTTP_MODHOST_CONF_H
#define NGX_HTTP_MODHOST_CONF_H

#define NGX_HTTP_MODHOST_THREADPOOL  0
#define NGX_HTTP_MODHOST_INLINE      1

#include "daemon_options.h"

/* A place in the configuration files, for messages after parsing. */
typedef struct {
    ngx_str_t                     file;
    ngx_uint_t                    line;
} ngx_http_modhost_place_t;

typedef struct {
    ngx_str_t                     name;
    ngx_str_t                     value;
    ngx_http_modhost_place_t      place;
} ngx_http_modhost_env_t;

typedef struct {
    ngx_str_t                     name;
    ngx_http_complex_value_t      value;
} ngx_http_modhost_variable_t;

/* Settings of an application; every place that passes to it must agree. */
typedef struct {
    ngx_array_t                  *env;       /* ngx_http_modhost_env_t        */
    ngx_uint_t                    max_concurrency;   /* 0: no limit           */
    ngx_uint_t                    queue_size;
    ngx_msec_t                    startup_timeout;
    ngx_msec_t                    shutdown_timeout;
} ngx_http_modhost_settings_t;

/* A process group as declared; the application is known when it is used. */
typedef struct {
    ngx_str_t                     name;      /* terminated                    */
    ngx_http_modhost_place_t      place;
    ngx_http_core_srv_conf_t     *server;    /* whose it is; NULL: everyone's */
    mh_daemon_settings            settings;
    ngx_array_t                   env;       /* ngx_http_modhost_env_t: env=  */
    ngx_uint_t                    affinity;  /* MH_AFFINITY_*                 */
    ngx_msec_t                    graceful_timeout;
    ngx_http_modhost_app_conf_t  *app;       /* NULL: nobody passes to it     */
} ngx_http_modhost_group_conf_t;

struct ngx_http_modhost_app_conf_s {
    ngx_str_t                     path;      /* as configured, made absolute  */
    ngx_http_modhost_group_conf_t  *group;   /* NULL: embedded                */
    ngx_str_t                     name;
    ngx_http_modhost_place_t      place;     /* of the first modhost_pass     */
    ngx_uint_t                    number;
    mh_app_spec                   spec;
    ngx_http_modhost_settings_t   settings;
    ngx_http_modhost_place_t      settled;   /* where settings came from      */
    ngx_flag_t                    detailed_errors;
    off_t                         max_request_body;
    ngx_array_t                   servers;   /* ngx_http_core_srv_conf_t *    */
    ngx_array_t                   addresses; /* char *                        */
    ngx_str_t                     state_directory;   /* terminated            */
    ngx_log_t                    *log;       /* error_log of the location     */
    ngx_int_t                     entry;     /* of its counters; -1: none     */
    ngx_http_modhost_app_t       *app;       /* in a worker; else NULL        */
};

typedef struct {
    ngx_array_t                   apps;      /* ngx_http_modhost_app_conf_t *,
                                                embedded ones                 */
    ngx_array_t                   groups;    /* ..._group_conf_t *, declared  */
    ngx_str_t                     run_directory;
    ngx_http_modhost_place_t      run_place; /* no line: it is the usual one  */
    ngx_str_t                     dotnet_root;
    ngx_str_t                     state_directory;
    ngx_str_t                     managed_directory;
    ngx_str_t                     home;      /* terminated; HOME of workers   */
    ngx_shm_zone_t               *zone;      /* the crash record              */
    ngx_shm_zone_t               *counters_zone;
    ngx_http_modhost_counters_t  *counters;  /* in it                         */
    ngx_uint_t                    counters_load; /* number of this load       */
    ngx_uint_t                    status;    /* somebody may ask for it       */
} ngx_http_modhost_main_conf_t;

typedef struct {
    ngx_str_t                     pass;      /* the path given; len 0: none   */
    ngx_str_t                     pass_group;    /* process_group=            */
    ngx_str_t                     group;     /* modhost_process_group         */
    ngx_http_modhost_app_conf_t  *app;       /* both, once merged             */
    ngx_http_modhost_place_t      place;     /* of modhost_pass               */
    ngx_str_t                     path_base; /* path_base=; data NULL: unset  */
    ngx_str_t                     base;      /* effective, no slash at the end*/
    ngx_str_t                     base_text; /* the same, escaped (path.h)    */

    ngx_http_modhost_settings_t   settings;
    ngx_uint_t                    dispatch;
    ngx_flag_t                    restrict_embedded;
    ngx_msec_t                    queue_timeout;
    ngx_msec_t                    request_timeout;
    unsigned                      own_queue_timeout:1;   /* set in this one   */
    unsigned                      own_request_timeout:1;
    ngx_msec_t                    slow;      /* modhost_slow_log; 0: off      */
    ngx_open_file_t              *slow_file; /* NULL: the error log           */
    ngx_flag_t                    next_worker;
    ngx_flag_t                    request_buffering;
    ngx_flag_t                    buffering;
    size_t                        max_head_size;
    ngx_uint_t                    max_headers;
    off_t                         max_request_body;  /* 0: no limit           */
    ngx_flag_t                    detailed_errors;
    ngx_flag_t                    intercept_errors;
    ngx_array_t                  *variables; /* ngx_http_modhost_variable_t   */
    ngx_array_t                  *hide_headers;      /* ngx_str_t, lower case */
    u_char                       *hide_known;  /* by number; NULL: none       */
    ngx_int_t                     user_variable;     /* REMOTE_USER, or -1    */
    ngx_int_t                     type_variable;     /* AUTH_TYPE, or -1      */
} ngx_http_modhost_loc_conf_t;

/* max_request_body where nothing is configured: the app's own default. */
#define NGX_HTTP_MODHOST_BODY_DEFAULT  30000000


/* ---- ngx_http_modhost_conf.c, _pass.c, _check.c, _env.c ---------------- */

void *ngx_http_modhost_create_main_conf(ngx_conf_t *cf);
char *ngx_http_modhost_init_main_conf(ngx_conf_t *cf, void *conf);
void *ngx_http_modhost_create_loc_conf(ngx_conf_t *cf);
char *ngx_http_modhost_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);

char *ngx_http_modhost_pass(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_modhost_env(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_modhost_variable(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_modhost_hide_header(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

void ngx_http_modhost_here(ngx_conf_t *cf, ngx_http_modhost_place_t *place);
/* The directive that is read is the only one here that answers requests. */
char *ngx_http_modhost_one_handler(ngx_conf_t *cf);

/* The application of a location that is merged; NGX_OK or ERROR. */
ngx_int_t ngx_http_modhost_pass_resolve(ngx_conf_t *cf,
    ngx_http_modhost_loc_conf_t *mlcf);

/* After parsing: every problem is logged with its place; NGX_OK or ERROR. */
ngx_int_t ngx_http_modhost_check_apps(ngx_conf_t *cf,
    ngx_http_modhost_main_conf_t *mmcf);
ngx_int_t ngx_http_modhost_check_env(ngx_conf_t *cf,
    ngx_http_modhost_main_conf_t *mmcf);
/* Logs a variable of both with two values. `group`: both are of one. */
ngx_int_t ngx_http_modhost_env_conflict(ngx_conf_t *cf, ngx_array_t *a,
    ngx_array_t *b, ngx_uint_t group);
/* *a becomes what both have; they do not contradict each other. */
ngx_int_t ngx_http_modhost_env_join(ngx_conf_t *cf, ngx_array_t **a,
    ngx_array_t *b);
ngx_int_t ngx_http_modhost_settle(ngx_conf_t *cf,
    ngx_http_modhost_loc_conf_t *mlcf);
ngx_int_t ngx_http_modhost_addresses(ngx_conf_t *cf,
    ngx_http_modhost_app_conf_t *app);
ngx_int_t ngx_http_modhost_managed_directory(ngx_conf_t *cf,
    ngx_http_modhost_main_conf_t *mmcf);


/* ---- ngx_http_modhost_group.c: process groups as configured ------------ */

char *ngx_http_modhost_daemon_process(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_modhost_process_group(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_modhost_run_directory(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/*
 * The group that a location's requests go to: *group, or NULL for embedded
 * mode. NGX_ERROR: there is none of that name for this server.
 */
ngx_int_t ngx_http_modhost_group_resolve(ngx_conf_t *cf,
    ngx_http_modhost_loc_conf_t *mlcf, ngx_http_modhost_group_conf_t **group);
/* What the group says goes before what the location inherited. */
void ngx_http_modhost_group_limits(ngx_http_modhost_group_conf_t *group,
    ngx_http_modhost_loc_conf_t *mlcf);
/* What directives say and the group doesn't becomes the group's. */
ngx_int_t ngx_http_modhost_group_settle(ngx_conf_t *cf,
    ngx_http_modhost_app_conf_t *app);
ngx_int_t ngx_http_modhost_check_groups(ngx_conf_t *cf,
    ngx_http_modhost_main_conf_t *mmcf);

/* Groups that somebody passes to. */
ngx_uint_t ngx_http_modhost_groups_used(ngx_http_modhost_main_conf_t *mmcf);

#endif /* NGX_HTTP_MODHOST_CONF_H */
