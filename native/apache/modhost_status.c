/*
 * SetHandler modhost-status: what runs, as JSON or as OpenMetrics.
 */

#include "mod_modhost.h"

#include "status_text.h"

#include <stdlib.h>


static mh_str
text_of(const char *text)
{
    mh_str  str;

    str.data = (const uint8_t *) text;
    str.length = text != NULL ? strlen(text) : 0;

    return str;
}


static bool
wants_metrics(request_rec *r)
{
    mh_str       format;
    const char  *found;

    found = r->args != NULL ? strstr(r->args, "format=") : NULL;
    format = text_of(NULL);

    if (found != NULL && (found == r->args || found[-1] == '&')) {
        format.data = (const uint8_t *) found + 7;
        format.length = strcspn(found + 7, "&");
    }

    return mh_status_wants_metrics(format, text_of(r->uri),
                                   text_of(apr_table_get(r->headers_in,
                                                         "Accept")));
}


static void
app_fill(mh_status_app *to, const mod_modhost_app_conf *app)
{
    to->name = app->name;
    to->group = app->group != NULL ? app->group->name : NULL;
    to->path = app->spec.path;
    to->entry = app->entry;
}


static void
view_fill(request_rec *r, mh_status_view *view)
{
    int                      i;
    mod_modhost_parent      *parent;
    mod_modhost_main_conf   *main_conf;
    mod_modhost_group_conf  *group;

    parent = mod_modhost_parent_of(r->server);
    main_conf = mod_modhost_main;

    memset(view, 0, sizeof(*view));

    view->server = "apache";
    view->generation = parent->supervisor.generation;
    view->counters = parent->counters;
    view->apps = apr_pcalloc(r->pool, (size_t) (main_conf->apps->nelts
                                                + main_conf->groups->nelts + 1)
                                      * sizeof(*view->apps));

    for (i = 0; i < main_conf->apps->nelts; i++) {
        app_fill(&view->apps[view->app_count++],
                 APR_ARRAY_IDX(main_conf->apps, i, mod_modhost_app_conf *));
    }

    for (i = 0; i < main_conf->groups->nelts; i++) {
        group = APR_ARRAY_IDX(main_conf->groups, i, mod_modhost_group_conf *);

        if (group->app != NULL) {
            app_fill(&view->apps[view->app_count++], group->app);
        }
    }

    mh_status_gather(view);
}


static int
answer(request_rec *r, const char *text, size_t length, bool metrics)
{
    if (text == NULL) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }

    ap_set_content_type(r, metrics
                           ? "application/openmetrics-text; version=1.0.0; "
                             "charset=utf-8"
                           : "application/json");
    apr_table_setn(r->headers_out, "Cache-Control", "no-store");
    ap_set_content_length(r, (apr_off_t) length);

    if (!r->header_only) {
        (void) ap_rwrite(text, (int) length, r);
    }

    return OK;
}


int
mod_modhost_status_handler(request_rec *r)
{
    int                    rc;
    char                  *text;
    size_t                 length;
    mh_json_writer         json;
    mh_status_view         view;
    mh_daemon_status_text  groups;

    if (r->handler == NULL
        || strcmp(r->handler, MOD_MODHOST_STATUS_HANDLER) != 0)
    {
        return DECLINED;
    }

    r->allowed |= AP_METHOD_BIT << M_GET;

    if (r->method_number != M_GET) {
        return HTTP_METHOD_NOT_ALLOWED;
    }

    rc = ap_discard_request_body(r);

    if (rc != OK) {
        return rc;
    }

    memset(&groups, 0, sizeof(groups));
    memset(&json, 0, sizeof(json));

    view_fill(r, &view);

    if (mod_modhost_link_status(&groups)) {
        view.groups_json = groups.json;
        view.groups_metrics = groups.metrics;
    }

    if (wants_metrics(r)) {
        text = mh_status_metrics(&view, &length);
        rc = answer(r, text, length, true);
        free(text);

    } else {
        mh_status_json(&view, &json);
        rc = answer(r, json.failed ? NULL : json.text, json.length, false);
        mh_json_writer_free(&json);
    }

    free(groups.memory);

    return rc;
}
