/*
 * Requests that an application does not get: 503, when to come again, and why
 * where that may be told.
 */

#include "mod_modhost.h"


#define RETRY_AFTER  5               /* s; where nothing is known             */


/* app->lock is held. What a refused client is told besides its status. */
static const char *
page_make(request_rec *r, const mod_modhost_dir_conf *conf,
    const mod_modhost_app *app)
{
    uint64_t     now;
    apr_int64_t  seconds;

    seconds = RETRY_AFTER;

    if (app->state == MODHOST_APP_FAILED && app->retry_at != 0) {
        now = mod_modhost_now();
        seconds = app->retry_at > now
                  ? (apr_int64_t) (app->retry_at - now + 999) / 1000 : 1;
    }

    apr_table_setn(r->err_headers_out, "Retry-After",
                   apr_psprintf(r->pool, "%" APR_INT64_T_FMT, seconds));

    if (app->state != MODHOST_APP_FAILED || r->main != NULL
        || !mod_modhost_number(conf, MH_OPTION_detailed_errors))
    {
        return NULL;
    }

    return apr_psprintf(r->pool,
                        "MH%04u: application \"%s\" is not running\n\n%s\n",
                        app->code % 10000, app->name,
                        app->reason != NULL ? app->reason : "");
}


int
mod_modhost_turn_away(request_rec *r, const mod_modhost_dir_conf *conf,
    mod_modhost_app *app)
{
    const char  *page;

    page = page_make(r, conf, app);

    (void) pthread_mutex_unlock(&app->lock);

    if (page == NULL) {
        return HTTP_SERVICE_UNAVAILABLE;
    }

    (void) ap_discard_request_body(r);

    r->status = HTTP_SERVICE_UNAVAILABLE;
    ap_set_content_type(r, "text/plain; charset=utf-8");
    ap_set_content_length(r, (apr_off_t) strlen(page));

    if (!r->header_only) {
        (void) ap_rputs(page, r);
    }

    return DONE;
}


int
mod_modhost_not_running(request_rec *r, const mod_modhost_dir_conf *conf,
    mod_modhost_app *app)
{
    app->count->unavailable++;

    mod_modhost_log_request(r, APLOG_ERR, MH_E_UNAVAILABLE,
                            "application \"%s\" is not running", app->name);

    return mod_modhost_turn_away(r, conf, app);
}
