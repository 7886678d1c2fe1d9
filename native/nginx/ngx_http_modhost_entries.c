/*
 * Which counters are whose. An entry is an application's as long as
 * configurations name it. One that the present configuration does not name is
 * another's when the entries run out and no process is left of those that named
 * it.
 */

#include "ngx_http_modhost_counters.h"


static void
ngx_http_modhost_counters_key(ngx_http_modhost_app_conf_t *app, u_char *key)
{
    size_t  length;

    if (app->group != NULL) {
        ngx_snprintf(key, NGX_HTTP_MODHOST_KEY, "g%V%Z", &app->group->name);
        return;
    }

    length = ngx_strlen(app->spec.path);

    ngx_snprintf(key, NGX_HTTP_MODHOST_KEY, "e%08xD%08xD%Z",
                 ngx_crc32_long((u_char *) app->spec.path, length),
                 ngx_murmur_hash2((u_char *) app->spec.path, length));
}


/* Whether a process lives whose configuration may have named it. */
static ngx_uint_t
ngx_http_modhost_counters_used(ngx_http_modhost_counters_t *counters,
    ngx_http_modhost_entry_t *entry)
{
    ngx_uint_t                   i;
    ngx_http_modhost_process_t  *process;

    for (i = 0; i < NGX_HTTP_MODHOST_PROCESSES; i++) {
        process = &counters->processes[i];

        if (process->load <= entry->load
            && !ngx_http_modhost_is_gone(process->pid))
        {
            return 1;
        }
    }

    return 0;
}


/* Nothing of what it had is left; -1: there is none. */
static ngx_int_t
ngx_http_modhost_counters_reuse(ngx_http_modhost_counters_t *counters)
{
    ngx_int_t                    i;
    ngx_uint_t                   n;
    ngx_http_modhost_entry_t    *entry;
    ngx_http_modhost_process_t  *process;

    for (i = 0; i < NGX_HTTP_MODHOST_ENTRIES; i++) {
        entry = &counters->entries[i];

        if (entry->load == counters->loads
            || ngx_http_modhost_counters_used(counters, entry))
        {
            continue;
        }

        ngx_memzero(entry, sizeof(ngx_http_modhost_entry_t));

        for (n = 0; n < NGX_HTTP_MODHOST_PROCESSES; n++) {
            process = &counters->processes[n];

            if (process->counts != NULL) {
                ngx_memzero(&process->counts[i],
                            sizeof(ngx_http_modhost_count_t));
            }
        }

        return i;
    }

    return -1;
}


/* One that has its entry already keeps it, and so its numbers, over reloads. */
static void
ngx_http_modhost_counters_mark(ngx_http_modhost_counters_t *counters,
    ngx_http_modhost_app_conf_t *app)
{
    u_char      key[NGX_HTTP_MODHOST_KEY];
    ngx_int_t   i;

    ngx_http_modhost_counters_key(app, key);
    app->entry = -1;

    for (i = 0; i < NGX_HTTP_MODHOST_ENTRIES; i++) {

        if (ngx_strcmp(counters->entries[i].key, key) == 0) {
            counters->entries[i].load = counters->loads;
            app->entry = i;
            return;
        }
    }
}


/* The others get what is free. */
static void
ngx_http_modhost_counters_add(ngx_http_modhost_counters_t *counters,
    ngx_http_modhost_app_conf_t *app)
{
    ngx_int_t  i;

    if (app->entry != -1) {
        return;
    }

    for (i = 0; i < NGX_HTTP_MODHOST_ENTRIES; i++) {
        if (counters->entries[i].key[0] == '\0') {
            break;
        }
    }

    if (i == NGX_HTTP_MODHOST_ENTRIES) {
        i = ngx_http_modhost_counters_reuse(counters);
    }

    app->entry = i;

    if (i != -1) {
        ngx_http_modhost_counters_key(app, counters->entries[i].key);
        counters->entries[i].load = counters->loads;
    }
}


static void
ngx_http_modhost_counters_each(ngx_http_modhost_main_conf_t *mmcf,
    void (*act)(ngx_http_modhost_counters_t *counters,
                ngx_http_modhost_app_conf_t *app))
{
    ngx_uint_t                       i;
    ngx_http_modhost_app_conf_t    **apps;
    ngx_http_modhost_group_conf_t  **groups;

    apps = mmcf->apps.elts;
    groups = mmcf->groups.elts;

    for (i = 0; i < mmcf->apps.nelts; i++) {
        act(mmcf->counters, apps[i]);
    }

    for (i = 0; i < mmcf->groups.nelts; i++) {
        if (groups[i]->app != NULL) {
            act(mmcf->counters, groups[i]->app);
        }
    }
}


/* Those that have one first: none of them may lose it. */
void
ngx_http_modhost_counters_entries(ngx_http_modhost_main_conf_t *mmcf)
{
    ngx_http_modhost_counters_each(mmcf, ngx_http_modhost_counters_mark);
    ngx_http_modhost_counters_each(mmcf, ngx_http_modhost_counters_add);
}
