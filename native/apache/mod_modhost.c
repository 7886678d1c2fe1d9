/*
 * The module record and its hooks.
 */

#include "modhost_request.h"

#include <http_connection.h>
#include <mpm_common.h>


static int
pre_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp)
{
    (void) plog;
    (void) ptemp;

    return mod_modhost_main_create(pconf);
}


static void
register_hooks(apr_pool_t *pool)
{
    /* what has claimed a URL when ours is asked keeps it */

    static const char *const  before[] = {
        "mod_alias.c", "mod_rewrite.c", "mod_proxy.c", "mod_userdir.c",
        "mod_vhost_alias.c", NULL
    };

    (void) pool;

    ap_hook_pre_config(pre_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(mod_modhost_check_config, NULL, NULL,
                         APR_HOOK_MIDDLE);
    ap_hook_post_config(mod_modhost_post_config, NULL, NULL, APR_HOOK_LAST);
    ap_hook_child_init(mod_modhost_child_init, NULL, NULL, APR_HOOK_LAST);
    ap_hook_child_stopping(mod_modhost_child_stopping, NULL, NULL,
                           APR_HOOK_MIDDLE);
    ap_hook_optional_fn_retrieve(mod_modhost_optional_functions, NULL, NULL,
                                 APR_HOOK_MIDDLE);

    ap_hook_pre_connection(mod_modhost_pre_connection, NULL, NULL,
                           APR_HOOK_MIDDLE);

    ap_hook_translate_name(mod_modhost_translate_first, NULL, NULL,
                           APR_HOOK_REALLY_FIRST);
    ap_hook_translate_name(mod_modhost_translate_name, before, NULL,
                           APR_HOOK_MIDDLE);
    ap_hook_map_to_storage(mod_modhost_map_to_storage, NULL, NULL,
                           APR_HOOK_FIRST);
    ap_hook_type_checker(mod_modhost_type_checker, NULL, NULL,
                         APR_HOOK_REALLY_FIRST);

    mod_modhost_register_filters();

    ap_hook_handler(mod_modhost_handler, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(mod_modhost_status_handler, NULL, NULL, APR_HOOK_MIDDLE);
}


module  modhost_module = {
    STANDARD20_MODULE_STUFF,
    mod_modhost_create_dir_conf,
    mod_modhost_merge_dir_conf,
    mod_modhost_create_server_conf,
    mod_modhost_merge_server_conf,
    mod_modhost_commands,
    register_hooks,
    AP_MODULE_FLAG_NONE
};
