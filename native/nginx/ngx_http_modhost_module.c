/*
 * The module: its directives and its hooks. docs/directives.md describes each
 * directive; the contexts and defaults there and here are the same.
 */

#include "ngx_http_modhost.h"


#define MODHOST_ANY  NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF

#define MODHOST_LOC(name, args, slot, member, post)                           \
    { ngx_string(name), MODHOST_ANY|args, slot, NGX_HTTP_LOC_CONF_OFFSET,     \
      offsetof(ngx_http_modhost_loc_conf_t, member), post }

#define MODHOST_MAIN(name, args, slot, member)                                \
    { ngx_string(name), NGX_HTTP_MAIN_CONF|args, slot,                        \
      NGX_HTTP_MAIN_CONF_OFFSET,                                              \
      offsetof(ngx_http_modhost_main_conf_t, member), NULL }


static ngx_int_t ngx_http_modhost_preconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_modhost_postconfiguration(ngx_conf_t *cf);
static char *ngx_http_modhost_check_bounds(ngx_conf_t *cf, void *post,
    void *data);


static ngx_conf_enum_t  ngx_http_modhost_dispatch[] = {
    { ngx_string("threadpool"), NGX_HTTP_MODHOST_THREADPOOL },
    { ngx_string("inline"), NGX_HTTP_MODHOST_INLINE },
    { ngx_null_string, 0 }
};

static ngx_conf_num_bounds_t  ngx_http_modhost_count_bounds = {
    ngx_http_modhost_check_bounds, 0, 1000000
};

/* The block has 32-bit offsets and a 16-bit count. */
static ngx_conf_num_bounds_t  ngx_http_modhost_head_bounds = {
    ngx_http_modhost_check_bounds, 1024, 16777216
};

static ngx_conf_num_bounds_t  ngx_http_modhost_header_bounds = {
    ngx_http_modhost_check_bounds, 1, 65000
};


static ngx_command_t  ngx_http_modhost_commands[] = {

    { ngx_string("modhost_pass"),
      NGX_HTTP_LOC_CONF|NGX_HTTP_LIF_CONF|NGX_HTTP_LMT_CONF|NGX_CONF_1MORE,
      ngx_http_modhost_pass,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("modhost_daemon_process"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_CONF_1MORE,
      ngx_http_modhost_daemon_process,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    MODHOST_LOC("modhost_process_group", NGX_CONF_TAKE1,
                ngx_http_modhost_process_group, group, NULL),

    MODHOST_LOC("modhost_env", NGX_CONF_TAKE2,
                ngx_http_modhost_env, settings.env, NULL),

    MODHOST_LOC("modhost_variable", NGX_CONF_TAKE2,
                ngx_http_modhost_variable, variables, NULL),

    MODHOST_LOC("modhost_dispatch", NGX_CONF_TAKE1,
                ngx_conf_set_enum_slot, dispatch, &ngx_http_modhost_dispatch),

    MODHOST_LOC("modhost_restrict_embedded", NGX_CONF_FLAG,
                ngx_conf_set_flag_slot, restrict_embedded, NULL),

    MODHOST_LOC("modhost_max_concurrency", NGX_CONF_TAKE1,
                ngx_conf_set_num_slot, settings.max_concurrency,
                &ngx_http_modhost_count_bounds),

    MODHOST_LOC("modhost_queue_size", NGX_CONF_TAKE1,
                ngx_conf_set_num_slot, settings.queue_size,
                &ngx_http_modhost_count_bounds),

    MODHOST_LOC("modhost_queue_timeout", NGX_CONF_TAKE1,
                ngx_conf_set_msec_slot, queue_timeout, NULL),

    MODHOST_LOC("modhost_request_timeout", NGX_CONF_TAKE1,
                ngx_conf_set_msec_slot, request_timeout, NULL),

    MODHOST_LOC("modhost_startup_timeout", NGX_CONF_TAKE1,
                ngx_conf_set_msec_slot, settings.startup_timeout, NULL),

    MODHOST_LOC("modhost_shutdown_timeout", NGX_CONF_TAKE1,
                ngx_conf_set_msec_slot, settings.shutdown_timeout, NULL),

    MODHOST_LOC("modhost_slow_log", NGX_CONF_TAKE12,
                ngx_http_modhost_slow_log, slow, NULL),

    { ngx_string("modhost_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_modhost_status,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    MODHOST_LOC("modhost_next_worker", NGX_CONF_FLAG,
                ngx_conf_set_flag_slot, next_worker, NULL),

    MODHOST_LOC("modhost_request_buffering", NGX_CONF_FLAG,
                ngx_conf_set_flag_slot, request_buffering, NULL),

    MODHOST_LOC("modhost_buffering", NGX_CONF_FLAG,
                ngx_conf_set_flag_slot, buffering, NULL),

    MODHOST_LOC("modhost_max_head_size", NGX_CONF_TAKE1,
                ngx_conf_set_size_slot, max_head_size,
                &ngx_http_modhost_head_bounds),

    MODHOST_LOC("modhost_max_headers", NGX_CONF_TAKE1,
                ngx_conf_set_num_slot, max_headers,
                &ngx_http_modhost_header_bounds),

    MODHOST_LOC("modhost_max_request_body", NGX_CONF_TAKE1,
                ngx_conf_set_off_slot, max_request_body, NULL),

    MODHOST_LOC("modhost_detailed_errors", NGX_CONF_FLAG,
                ngx_conf_set_flag_slot, detailed_errors, NULL),

    MODHOST_LOC("modhost_hide_header", NGX_CONF_1MORE,
                ngx_http_modhost_hide_header, hide_headers, NULL),

    MODHOST_LOC("modhost_intercept_errors", NGX_CONF_FLAG,
                ngx_conf_set_flag_slot, intercept_errors, NULL),

    MODHOST_MAIN("modhost_dotnet_root", NGX_CONF_TAKE1,
                 ngx_conf_set_str_slot, dotnet_root),

    MODHOST_MAIN("modhost_run_directory", NGX_CONF_TAKE1,
                 ngx_http_modhost_run_directory, run_directory),

    MODHOST_MAIN("modhost_state_directory", NGX_CONF_TAKE1,
                 ngx_conf_set_str_slot, state_directory),

    MODHOST_MAIN("modhost_managed_directory", NGX_CONF_TAKE1,
                 ngx_conf_set_str_slot, managed_directory),

    ngx_null_command
};


static ngx_http_module_t  ngx_http_modhost_module_ctx = {
    ngx_http_modhost_preconfiguration,     /* preconfiguration */
    ngx_http_modhost_postconfiguration,    /* postconfiguration */

    ngx_http_modhost_create_main_conf,     /* create main configuration */
    ngx_http_modhost_init_main_conf,       /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_modhost_create_loc_conf,      /* create location configuration */
    ngx_http_modhost_merge_loc_conf        /* merge location configuration */
};


ngx_module_t  ngx_http_modhost_module = {
    NGX_MODULE_V1,
    &ngx_http_modhost_module_ctx,          /* module context */
    ngx_http_modhost_commands,             /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_modhost_init_module,          /* init module */
    ngx_http_modhost_init_process,         /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_modhost_exit_process,         /* exit process */
    ngx_http_modhost_exit_master,          /* exit master */
    NGX_MODULE_V1_PADDING
};


/* Of numbers and sizes, which are equally wide. */
static char *
ngx_http_modhost_check_bounds(ngx_conf_t *cf, void *post, void *data)
{
    ngx_int_t              *number = data;
    ngx_conf_num_bounds_t  *bounds = post;

    ngx_str_t  *value;

    if (*number >= bounds->low && *number <= bounds->high) {
        return NGX_CONF_OK;
    }

    value = cf->args->elts;

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "MH0%d: %V takes a value from %i to %i, and not \"%V\"",
                       MH_E_VALUE_RANGE, &value[0], bounds->low, bounds->high,
                       &value[1]);
    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_modhost_preconfiguration(ngx_conf_t *cf)
{
    return ngx_http_modhost_add_variables(cf);
}


/*
 * "nginx -s stop" and its like read the configuration for the pid file alone:
 * an application that is broken must not keep anybody from stopping nginx, or
 * from opening its logs again. "reload" is told here what it would be told.
 */
static ngx_uint_t
ngx_http_modhost_only_signals(void)
{
    int     i;
    size_t  len;

    if (ngx_process != NGX_PROCESS_SIGNALLER) {
        return 0;
    }

    for (i = 1; i < ngx_argc; i++) {
        len = ngx_strlen(ngx_argv[i]);

        if (len >= sizeof("reload") - 1
            && ngx_strcmp(ngx_argv[i] + len - (sizeof("reload") - 1), "reload")
               == 0)
        {
            return 0;
        }
    }

    return 1;
}


/* What needs every location merged, and every listen known. */
static ngx_int_t
ngx_http_modhost_postconfiguration(ngx_conf_t *cf)
{
    ngx_http_modhost_main_conf_t  *mmcf;

    mmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_modhost_module);

    if ((mmcf->apps.nelts == 0 && ngx_http_modhost_groups_used(mmcf) == 0)
        || ngx_http_modhost_only_signals())
    {
        return NGX_OK;
    }

    if (ngx_http_modhost_check_apps(cf, mmcf) != NGX_OK
        || ngx_http_modhost_managed_directory(cf, mmcf) != NGX_OK
        || ngx_http_modhost_check_groups(cf, mmcf) != NGX_OK
        || ngx_http_modhost_check_env(cf, mmcf) != NGX_OK
        || ngx_http_modhost_state_paths(cf, mmcf) != NGX_OK
        || ngx_http_modhost_crash_zone(cf, mmcf) != NGX_OK
        || ngx_http_modhost_counters_zone(cf, mmcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}
