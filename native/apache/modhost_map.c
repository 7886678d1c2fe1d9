/*
 * Which requests are an application's. A place is found where mod_proxy finds
 * its own: when names are translated. What another module has claimed by then
 * (an Alias, a RewriteRule to a file, a ProxyPass) is that one's, so static
 * files can be carved out of an application's place.
 */

#include "mod_modhost.h"


/* Of a request: r->request_config. */
typedef struct mapping {
    const mod_modhost_place  *offered;     /* before names were looked at  */
    const mod_modhost_place  *taken;       /* ours                         */
} mapping;


static mapping *
mapping_of(request_rec *r)
{
    return ap_get_module_config(r->request_config, &modhost_module);
}


static mapping *
mapping_make(request_rec *r)
{
    mapping  *map;

    map = mapping_of(r);

    if (map == NULL) {
        map = apr_pcalloc(r->pool, sizeof(*map));
        ap_set_module_config(r->request_config, &modhost_module, map);
    }

    return map;
}


static const mod_modhost_place *
section_place(request_rec *r)
{
    const mod_modhost_dir_conf  *conf;

    conf = ap_get_module_config(r->per_dir_config, &modhost_module);

    return conf->place;
}


/* The longest prefix of whole segments. */
static const mod_modhost_place *
alias_place(request_rec *r)
{
    int                             i;
    size_t                          length;
    const char                     *uri;
    const mod_modhost_place        *place;
    const mod_modhost_server_conf  *conf;

    conf = ap_get_module_config(r->server->module_config, &modhost_module);
    uri = r->uri;

    for (i = 0; i < conf->aliases->nelts; i++) {
        place = APR_ARRAY_IDX(conf->aliases, i, mod_modhost_place *);
        length = strlen(place->prefix);

        if (strncmp(uri, place->prefix, length) == 0
            && (uri[length] == '/' || uri[length] == '\0'))
        {
            return place;
        }
    }

    return NULL;
}


int
mod_modhost_translate_first(request_rec *r)
{
    const mod_modhost_place  *place;

    place = section_place(r);

    if (place != NULL) {
        mapping_make(r)->offered = place;
    }

    return DECLINED;
}


int
mod_modhost_translate_name(request_rec *r)
{
    const mod_modhost_place  *place;

    if (r->proxyreq || r->uri[0] != '/') {
        return DECLINED;
    }

    place = section_place(r);

    if (place == NULL) {
        place = alias_place(r);
    }

    if (place == NULL) {
        return DECLINED;
    }

    mapping_make(r)->taken = place;
    r->filename = apr_pstrcat(r->pool, "modhost:", r->uri, NULL);

    return OK;
}


/* There is no file: no <Directory> is asked, as with mod_proxy. */
int
mod_modhost_map_to_storage(request_rec *r)
{
    const mapping  *map;

    map = mapping_of(r);

    return map != NULL && map->taken != NULL ? OK : DECLINED;
}


/*
 * SetHandler comes later and wins. A section that began to hold when the URL
 * was rewritten holds; one that held before, and was passed over, does not.
 */
int
mod_modhost_type_checker(request_rec *r)
{
    const mapping            *map;
    const mod_modhost_place  *place;

    map = mapping_of(r);
    place = section_place(r);

    if ((map == NULL || map->taken == NULL)
        && (place == NULL || (map != NULL && place == map->offered)
            || r->proxyreq))
    {
        return DECLINED;
    }

    r->handler = MOD_MODHOST_HANDLER;

    return OK;
}


const mod_modhost_place *
mod_modhost_place_of(request_rec *r)
{
    const mapping            *map;
    const mod_modhost_place  *place;

    place = section_place(r);

    if (place != NULL) {
        return place;
    }

    map = mapping_of(r);

    return map != NULL && map->taken != NULL ? map->taken : alias_place(r);
}
