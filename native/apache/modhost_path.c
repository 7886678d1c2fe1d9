/*
 * Target, PathBase and Path: what the client sent, where the application is
 * mounted, and the rest of what Apache has authorised.
 */

#include "modhost_head.h"


/* The client's own request: not what an internal redirect made of it. */
static request_rec *
path_original(request_rec *r)
{
    while (r->main != NULL || r->prev != NULL) {
        r = r->main != NULL ? r->main : r->prev;
    }

    return r;
}


/* The path of a target: behind scheme and host where it has them. */
static mh_str
path_raw(mh_str target)
{
    const char  *start, *slash;

    if (target.length == 0 || target.data[0] == '/') {
        return target;
    }

    start = strstr((const char *) target.data, "://");
    slash = start != NULL ? strchr(start + 3, '/') : NULL;

    return mod_modhost_str(slash != NULL ? slash : "/");
}


static unsigned
path_flags(request_rec *r)
{
    unsigned             flags;
    core_dir_config     *dir;
    core_server_config  *server;

    dir = ap_get_core_module_config(r->per_dir_config);
    server = ap_get_core_module_config(r->server->module_config);

    flags = server->merge_slashes != AP_CORE_CONFIG_OFF
            ? MH_PATH_MERGE_SLASHES : 0;

    if (dir->allow_encoded_slashes && !dir->decode_encoded_slashes) {
        flags |= MH_PATH_KEEPS_ESCAPED;
    }

    return flags;
}


/*
 * PathBase is what the place is mounted at. A URI that was rewritten may be
 * elsewhere: then there is none. One that only begins like the mount, such as
 * "/shopping" at "/shop", is not this application's.
 */
int
mod_modhost_head_path(mod_modhost_head *head)
{
    mh_str                    uri, raw;
    ssize_t                   length;
    request_rec              *r;
    const mod_modhost_place  *place;

    r = head->ctx->r;
    place = head->ctx->place;

    uri = mod_modhost_str(r->uri);
    head->target = mod_modhost_str(path_original(r)->unparsed_uri);

    length = mh_path_base(uri, place->base);

    if (length < 0) {
        ap_log_rerror(APLOG_MARK, APLOG_WARNING, 0, r,
                      "MH%04u: \"%s\" is not below \"%.*s\", where an "
                      "application is", MH_E_NOT_BELOW, r->uri,
                      (int) place->base.length,
                      (const char *) place->base.data);
        return HTTP_NOT_FOUND;
    }

    /* "OPTIONS *" is Apache's own, and a rewrite can do anything */

    if (uri.length == 0 || uri.data[0] != '/') {
        mod_modhost_log_request(r, APLOG_ERR, MH_E_HEAD_BLOCK,
                                "the URI \"%s\" does not begin with a slash",
                                r->uri);
        return HTTP_INTERNAL_SERVER_ERROR;
    }

    head->base.data = place->base_text.data;
    head->base.length = length != 0 ? place->base_text.length : 0;

    head->path.data = uri.data + length;
    head->path.length = uri.length - (size_t) length;

    raw = path_raw(head->target);

    if (memchr(raw.data, '%', raw.length) == NULL
        && memchr(uri.data, '%', uri.length) == NULL)
    {
        return OK;
    }

    head->path = mh_path_map(raw, uri, (size_t) length, path_flags(r),
                             apr_palloc(r->pool,
                                        mh_path_room(raw.length,
                                                     uri.length)));
    return OK;
}
