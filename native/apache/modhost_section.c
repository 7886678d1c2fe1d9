/*
 * The section around a ModHostPass, as the tree of the configuration has it:
 * all of it is there before the first directive in it is acted on.
 */

#include "mod_modhost.h"

#include <apr_fnmatch.h>


/* The URLs of a <Location>; NULL: another section, or a pattern. */
const char *
mod_modhost_section_prefix(const cmd_parms *cmd)
{
    const ap_directive_t  *parent;

    parent = cmd->directive->parent;

    if (parent == NULL || strcasecmp(parent->directive, "<Location") != 0
        || parent->args[0] == '~' || cmd->path[0] != '/'
        || apr_fnmatch_test(cmd->path))
    {
        return NULL;
    }

    return cmd->path;
}


/* A handler that is ours, nobody's, or chosen by a condition. */
static bool
handler_agrees(apr_pool_t *pool, const char *args)
{
    const char  *name;

    name = ap_getword_conf(pool, &args);

    return strcasecmp(name, MOD_MODHOST_HANDLER) == 0
           || strcasecmp(name, "none") == 0
           || strncasecmp(name, "expr=", sizeof("expr=") - 1) == 0;
}


/* Whether a directive answers all requests of the section that it stands in. */
static bool
answers(apr_pool_t *pool, const ap_directive_t *directive)
{
    size_t  i;

    static const char *const  names[] = {
        "Alias", "ProxyPass", "ProxyPassMatch", "ScriptAlias"
    };

    if (strcasecmp(directive->directive, "SetHandler") == 0) {
        return !handler_agrees(pool, directive->args);
    }

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcasecmp(directive->directive, names[i]) == 0) {
            return true;
        }
    }

    return false;
}


/* Apache would take the other one, whatever their order, and say nothing. */
const char *
mod_modhost_section_check(const cmd_parms *cmd)
{
    const ap_directive_t  *other;

    other = cmd->directive->parent != NULL
            ? cmd->directive->parent->first_child : NULL;

    for ( /* void */ ; other != NULL; other = other->next) {
        if (answers(cmd->temp_pool, other)) {
            return apr_psprintf(cmd->pool,
                                "MH%04u: %s in %s:%d answers the requests of "
                                "this section, so %s cannot", MH_E_HANDLERS,
                                other->directive, other->filename,
                                other->line_num, cmd->cmd->name);
        }
    }

    return NULL;
}
