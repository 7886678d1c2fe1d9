/*
 * What outlives a worker: the applications' folders.
 */

#include "ngx_http_modhost.h"

#include "state.h"


static void ngx_http_modhost_make_directory(ngx_cycle_t *cycle,
    ngx_str_t *path, ngx_uint_t own);



ngx_int_t
ngx_http_modhost_state_paths(ngx_conf_t *cf, ngx_http_modhost_main_conf_t *mmcf)
{
    size_t                         len;
    ngx_uint_t                     i;
    ngx_http_modhost_app_conf_t   *app, **apps;

    if (mmcf->state_directory.len == 0) {
        if (geteuid() == 0) {
            ngx_str_set(&mmcf->state_directory, "/var/lib/modhost");
        } else {
            ngx_str_set(&mmcf->state_directory, "modhost_state");
        }
    }

    if (ngx_conf_full_name(cf->cycle, &mmcf->state_directory, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    apps = mmcf->apps.elts;

    for (i = 0; i < mmcf->apps.nelts; i++) {
        app = apps[i];
        len = mmcf->state_directory.len + app->name.len + MH_STATE_ROOM;

        app->state_directory.data = ngx_pnalloc(cf->pool, len);
        if (app->state_directory.data == NULL) {
            return NGX_ERROR;
        }

        (void) mh_state_path((char *) app->state_directory.data, len,
                             (char *) mmcf->state_directory.data,
                             app->spec.name, app->spec.path);

        app->state_directory.len = ngx_strlen(app->state_directory.data);
    }

    if (mmcf->apps.nelts == 0) {
        return NGX_OK;
    }

    if (mmcf->apps.nelts == 1) {
        mmcf->home = apps[0]->state_directory;
        return NGX_OK;
    }

    mmcf->home.data = ngx_pnalloc(cf->pool, mmcf->state_directory.len
                                            + sizeof("/home"));
    if (mmcf->home.data == NULL) {
        return NGX_ERROR;
    }

    mmcf->home.len = ngx_sprintf(mmcf->home.data, "%V/home%Z",
                                 &mmcf->state_directory)
                     - mmcf->home.data - 1;

    return NGX_OK;
}


/* In the master, often root. What fails is logged: apps can do without it. */
void
ngx_http_modhost_state_create(ngx_cycle_t *cycle,
    ngx_http_modhost_main_conf_t *mmcf)
{
    ngx_uint_t                     i;
    ngx_http_modhost_app_conf_t  **apps;

    ngx_http_modhost_make_directory(cycle, &mmcf->state_directory, 0);

    if (mmcf->apps.nelts > 1) {
        ngx_http_modhost_make_directory(cycle, &mmcf->home, 1);
    }

    apps = mmcf->apps.elts;

    for (i = 0; i < mmcf->apps.nelts; i++) {
        ngx_http_modhost_make_directory(cycle, &apps[i]->state_directory, 1);
    }
}


static void
ngx_http_modhost_make_directory(ngx_cycle_t *cycle, ngx_str_t *path,
    ngx_uint_t own)
{
    uid_t             user;
    mh_error          error;
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    user = ccf->user != (ngx_uid_t) NGX_CONF_UNSET_UINT ? ccf->user
                                                        : geteuid();

    if (mh_state_make((char *) path->data, own, user, &error) != 0) {
        ngx_log_error(NGX_LOG_WARN, cycle->log, 0, "MH0%ui: %s",
                      (ngx_uint_t) error.code, error.text);
    }
}
