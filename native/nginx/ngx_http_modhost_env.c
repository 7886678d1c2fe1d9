/*
 * modhost_env of several places: one application may be passed to from many,
 * and all embedded applications of a worker share its environment.
 */

#include "ngx_http_modhost.h"


/* All applications of a worker share its environment. */
ngx_int_t
ngx_http_modhost_check_env(ngx_conf_t *cf, ngx_http_modhost_main_conf_t *mmcf)
{
    ngx_uint_t                     i, j;
    ngx_http_modhost_app_conf_t  **apps;

    apps = mmcf->apps.elts;

    for (i = 1; i < mmcf->apps.nelts; i++) {
        for (j = 0; j < i; j++) {
            if (ngx_http_modhost_env_conflict(cf, apps[j]->settings.env,
                                              apps[i]->settings.env, 0)
                != NGX_OK)
            {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_modhost_env_conflict(ngx_conf_t *cf, ngx_array_t *a, ngx_array_t *b,
    ngx_uint_t group)
{
    ngx_uint_t               i, j;
    ngx_http_modhost_env_t  *x, *y;

    if (a == NULL || b == NULL || a == b) {
        return NGX_OK;
    }

    x = a->elts;
    y = b->elts;

    for (i = 0; i < a->nelts; i++) {
        for (j = 0; j < b->nelts; j++) {

            if (ngx_strcmp(x[i].name.data, y[j].name.data) != 0
                || ngx_strcmp(x[i].value.data, y[j].value.data) == 0)
            {
                continue;
            }

            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "MH0%d: the environment variable \"%V\" has two "
                          "values, in %V:%ui and in %V:%ui, but %s",
                          MH_E_ENV_CONFLICT, &x[i].name,
                          &x[i].place.file, x[i].place.line,
                          &y[j].place.file, y[j].place.line,
                          group ? "both are of one process group"
                          : "embedded applications share one process; "
                            "process_group= will give an application its own");
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_modhost_env_join(ngx_conf_t *cf, ngx_array_t **a, ngx_array_t *b)
{
    ngx_uint_t               i, j;
    ngx_array_t             *joined;
    ngx_http_modhost_env_t  *x, *y, *env;

    if (b == NULL || *a == b) {
        return NGX_OK;
    }

    if (*a == NULL) {
        *a = b;
        return NGX_OK;
    }

    /* a new one: each of them may be another location's as well */

    joined = ngx_array_create(cf->pool, (*a)->nelts + b->nelts,
                              sizeof(ngx_http_modhost_env_t));
    if (joined == NULL) {
        return NGX_ERROR;
    }

    x = (*a)->elts;
    y = b->elts;

    env = ngx_array_push_n(joined, (*a)->nelts);
    ngx_memcpy(env, x, (*a)->nelts * sizeof(ngx_http_modhost_env_t));

    for (i = 0; i < b->nelts; i++) {

        for (j = 0; j < (*a)->nelts; j++) {
            if (ngx_strcmp(x[j].name.data, y[i].name.data) == 0) {
                break;
            }
        }

        if (j == (*a)->nelts) {
            env = ngx_array_push(joined);
            *env = y[i];
        }
    }

    *a = joined;

    return NGX_OK;
}
