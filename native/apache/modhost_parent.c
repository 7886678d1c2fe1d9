/*
 * The parent's part: what is made once for all configurations, and what each
 * configuration needs made before children begin. post_config runs twice when
 * Apache starts; only the second time counts.
 */

#include "mod_modhost.h"


/* With a number that changes when the structure does: a module that was
   replaced on disk meets what its predecessor left. */
#define PARENT_KEY  "modhost_parent_1"


mod_modhost_parent *
mod_modhost_parent_of(server_rec *server)
{
    void                *data;
    apr_pool_t          *pool;
    mod_modhost_parent  *parent;

    pool = server->process->pool;
    data = NULL;

    (void) apr_pool_userdata_get(&data, PARENT_KEY, pool);

    if (data != NULL) {
        return data;
    }

    parent = apr_pcalloc(pool, sizeof(*parent));
    parent->counters = mh_counters_open();
    parent->supervisor.lifeline = -1;

    (void) apr_pool_userdata_set(parent, PARENT_KEY, NULL, pool);

    return parent;
}


static const char *
group_of(const mod_modhost_app_conf *app)
{
    return app->group != NULL ? app->group->name : NULL;
}


static void
counters_prepare(const mod_modhost_parent *parent)
{
    int                    i;
    mod_modhost_app_conf  *app;
    apr_array_header_t    *places;

    if (parent->counters == NULL) {
        return;
    }

    mh_counters_generation(parent->counters);
    places = mod_modhost_main->places;

    /* those that have an entry first: none of them may lose it */

    for (i = 0; i < places->nelts; i++) {
        app = APR_ARRAY_IDX(places, i, mod_modhost_place *)->app;
        mh_counters_keep(parent->counters, group_of(app), app->spec.path);
    }

    for (i = 0; i < places->nelts; i++) {
        app = APR_ARRAY_IDX(places, i, mod_modhost_place *)->app;
        app->entry = mh_counters_entry(parent->counters, group_of(app),
                                       app->spec.path);
    }
}


int
mod_modhost_post_config(apr_pool_t *pconf, apr_pool_t *plog,
    apr_pool_t *ptemp, server_rec *server)
{
    mod_modhost_parent  *parent;

    (void) pconf;
    (void) plog;

    if (ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_PRE_CONFIG) {
        return OK;
    }

    parent = mod_modhost_parent_of(server);

    if (mod_modhost_main->places->nelts != 0) {
        counters_prepare(parent);
        mod_modhost_addresses();
        mod_modhost_state_create(server);
    }

    if (mod_modhost_slow_files_open() != OK) {
        return HTTP_INTERNAL_SERVER_ERROR;
    }

    /* one that was started must hear that it has nothing to do any more */

    return mod_modhost_daemon_configure(ptemp, server, parent);
}
