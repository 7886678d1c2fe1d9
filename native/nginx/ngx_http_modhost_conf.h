/*
 * The configuration as it is parsed; the cycle's. Part of ngx_http_modhost.h.
 */

#ifndef NGX_HTTP_MODHOST_CONF_H
#define NGX_HTTP_MODHOST_CONF_H

#define NGX_HTTP_MODHOST_THREADPOOL  0
#define NGX_HTTP_MODHOST_INLINE      1

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

struct ngx_http_modhost_app_conf_s {
    ngx_str_t                     path;      /* as configured, made absolute  */
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
    ngx_http_modhost_app_t       *app;       /* in a worker; else NULL        */
};

typedef struct {
    ngx_array_t                   apps;      /* ngx_http_modhost_app_conf_t * */
    ngx_str_t                     dotnet_root;
    ngx_str_t                     state_directory;
    ngx_str_t                     managed_directory;
    ngx_str_t                     home;      /* terminated; HOME of workers   */
    ngx_shm_zone_t               *zone;      /* the crash record              */
} ngx_http_modhost_main_conf_t;

typedef struct {
    ngx_http_modhost_app_conf_t  *app;
    ngx_http_modhost_place_t      place;     /* of modhost_pass               */
    ngx_str_t                     path_base; /* path_base=; data NULL: unset  */
    ngx_str_t                     base;      /* effective, no slash at the end*/
    ngx_str_t                     base_text; /* the same, escaped (path.h)    */

    ngx_http_modhost_settings_t   settings;
    ngx_uint_t                    dispatch;
    ngx_flag_t                    restrict_embedded;
    ngx_msec_t                    queue_timeout;
    ngx_msec_t                    request_timeout;
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


/* ---- ngx_http_modhost_conf.c, _pass.c, _check.c ------------------------ */

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

/* After parsing: every problem is logged with its place; NGX_OK or ERROR. */
ngx_int_t ngx_http_modhost_check_apps(ngx_conf_t *cf,
    ngx_http_modhost_main_conf_t *mmcf);
ngx_int_t ngx_http_modhost_check_env(ngx_conf_t *cf,
    ngx_http_modhost_main_conf_t *mmcf);
ngx_int_t ngx_http_modhost_settle(ngx_conf_t *cf,
    ngx_http_modhost_loc_conf_t *mlcf);
ngx_int_t ngx_http_modhost_addresses(ngx_conf_t *cf,
    ngx_http_modhost_main_conf_t *mmcf);
ngx_int_t ngx_http_modhost_managed_directory(ngx_conf_t *cf,
    ngx_http_modhost_main_conf_t *mmcf);

#endif /* NGX_HTTP_MODHOST_CONF_H */
