/*
 * The directives that need code of their own: places, environment, variables.
 * Nothing here has an effect outside of the configuration.
 */

#include "mod_modhost.h"


static const char *
parameter_problem(cmd_parms *cmd, unsigned code, const char *text,
    const char *problem)
{
    return apr_psprintf(cmd->pool, "MH%04u: %s: \"%s\" %s", code,
                        cmd->cmd->name, text, problem);
}


/* "name=", with either of '-' and '_'; what follows, or NULL. */
static const char *
parameter_value(const char *text, const char *name)
{
    size_t  i;

    for (i = 0; name[i] != '\0'; i++) {
        if (text[i] != name[i] && (name[i] != '-' || text[i] != '_')) {
            return NULL;
        }
    }

    return text[i] == '=' ? text + i + 1 : NULL;
}


/* A decoded path of whole segments, without a slash at its end. */
static const char *
take_path(cmd_parms *cmd, const char *text, const char **path)
{
    size_t  length;

    length = strlen(text);

    while (length != 0 && text[length - 1] == '/') {
        length--;
    }

    if (length != 0 && (text[0] != '/' || strpbrk(text, "?#") != NULL)) {
        return parameter_problem(cmd, MH_E_PATH_BASE, text,
                                 "does not begin with \"/\", or is no decoded "
                                 "path");
    }

    *path = apr_pstrndup(cmd->pool, text, length);

    return NULL;
}


static const char *
take_parameters(cmd_parms *cmd, mod_modhost_place *place, int argc,
    char *const argv[])
{
    int          i;
    const char  *value, *problem;

    for (i = 0; i < argc; i++) {

        value = parameter_value(argv[i], "process-group");

        if (value != NULL) {
            place->pass_group = value;
            continue;
        }

        value = parameter_value(argv[i], "path-base");

        if (value == NULL) {
            return parameter_problem(cmd, MH_E_PASS_PARAMETER, argv[i],
                                     "is not a parameter");
        }

        problem = take_path(cmd, value, &place->path_base);

        if (problem != NULL) {
            return problem;
        }
    }

    return NULL;
}


/* What ModHostPass and ModHostAlias have in common. */
static const char *
place_make(cmd_parms *cmd, int argc, char *const argv[],
    mod_modhost_place **made)
{
    char               *path;
    size_t              length;
    const char         *problem;
    mod_modhost_place  *place;

    place = apr_pcalloc(cmd->pool, sizeof(*place));

    problem = take_parameters(cmd, place, argc - 1, argv + 1);

    if (problem != NULL) {
        return problem;
    }

    path = argv[0][0] != '\0' ? ap_server_root_relative(cmd->pool, argv[0])
                              : NULL;
    if (path == NULL) {
        return parameter_problem(cmd, MH_E_PASS_PARAMETER, argv[0],
                                 "names no application");
    }

    length = strlen(path);

    while (length > 1 && path[length - 1] == '/') {
        path[--length] = '\0';
    }

    place->pass = path;
    place->line = mod_modhost_here(cmd);
    place->server = cmd->server;

    *made = place;

    APR_ARRAY_PUSH(mod_modhost_main->places, mod_modhost_place *) = place;

    return NULL;
}


static void
place_base(cmd_parms *cmd, mod_modhost_place *place)
{
    const char  *base;

    base = place->path_base != NULL ? place->path_base
           : place->prefix != NULL ? place->prefix : "";

    place->base.data = (const uint8_t *) base;
    place->base.length = strlen(base);

    place->base_text = mh_path_escape(place->base,
                                      apr_palloc(cmd->pool,
                                                 3 * place->base.length + 1));
}


const char *
mod_modhost_pass_directive(cmd_parms *cmd, void *dir, int argc,
    char *const argv[])
{
    const char            *problem, *prefix;
    mod_modhost_place     *place;
    mod_modhost_dir_conf  *conf = dir;

    problem = ap_check_cmd_context(cmd, NOT_IN_LIMIT | NOT_IN_DIRECTORY
                                        | NOT_IN_FILES);

    if (problem == NULL) {
        problem = mod_modhost_section_check(cmd);
    }

    if (problem != NULL) {
        return problem;
    }

    if (argc < 1) {
        return parameter_problem(cmd, MH_E_PASS_PARAMETER, "",
                                 "names no application");
    }

    if (conf->place != NULL) {
        return mod_modhost_twice(cmd);
    }

    problem = place_make(cmd, argc, argv, &place);

    if (problem != NULL) {
        return problem;
    }

    place->section = conf;
    conf->place = place;

    prefix = mod_modhost_section_prefix(cmd);

    if (prefix != NULL) {
        problem = take_path(cmd, prefix, &place->prefix);
    }

    place_base(cmd, place);

    return problem;
}


/* Longest prefix first, so that the first that fits is the right one. */
static void
alias_add(apr_array_header_t *aliases, mod_modhost_place *place)
{
    int                  i;
    mod_modhost_place  **list;

    (void) apr_array_push(aliases);

    list = (mod_modhost_place **) aliases->elts;

    for (i = aliases->nelts - 1; i > 0; i--) {

        if (strlen(list[i - 1]->prefix) >= strlen(place->prefix)) {
            break;
        }

        list[i] = list[i - 1];
    }

    list[i] = place;
}


const char *
mod_modhost_alias_directive(cmd_parms *cmd, void *dir, int argc,
    char *const argv[])
{
    int                       i;
    const char               *problem, *prefix;
    mod_modhost_place        *place;
    mod_modhost_server_conf  *conf;

    (void) dir;

    if (argc < 2 || argv[0][0] != '/') {
        return parameter_problem(cmd, MH_E_PASS_PARAMETER,
                                 argc != 0 ? argv[0] : "",
                                 "is not a URL path and an application");
    }

    problem = take_path(cmd, argv[0], &prefix);

    if (problem != NULL) {
        return problem;
    }

    conf = ap_get_module_config(cmd->server->module_config, &modhost_module);

    for (i = 0; i < conf->aliases->nelts; i++) {
        if (strcmp(APR_ARRAY_IDX(conf->aliases, i, mod_modhost_place *)
                       ->prefix, prefix)
            == 0)
        {
            return mod_modhost_twice(cmd);
        }
    }

    problem = place_make(cmd, argc - 1, argv + 1, &place);

    if (problem != NULL) {
        return problem;
    }

    place->prefix = prefix;
    place_base(cmd, place);
    alias_add(conf->aliases, place);

    return NULL;
}


const char *
mod_modhost_env_directive(cmd_parms *cmd, void *dir, const char *name,
    const char *value)
{
    int                    i;
    mod_modhost_env       *env;
    mod_modhost_dir_conf  *conf = dir;

    if (*name == '\0' || strchr(name, '=') != NULL) {
        return parameter_problem(cmd, MH_E_ENV_NAME, name,
                                 "cannot be the name of an environment "
                                 "variable");
    }

    if (conf->env == NULL) {
        conf->env = apr_array_make(cmd->pool, 4, sizeof(mod_modhost_env));
    }

    for (i = 0; i < conf->env->nelts; i++) {
        env = &APR_ARRAY_IDX(conf->env, i, mod_modhost_env);

        if (strcmp(env->name, name) == 0) {
            return apr_psprintf(cmd->pool,
                                "MH%04u: ModHostSetEnv \"%s\" is given twice "
                                "here, first in %s:%d", MH_E_ENV_CONFLICT,
                                name, env->line.file, env->line.number);
        }
    }

    env = apr_array_push(conf->env);
    env->name = name;
    env->value = value;
    env->line = mod_modhost_here(cmd);

    return NULL;
}


const char *
mod_modhost_variable_directive(cmd_parms *cmd, void *dir, const char *name,
    const char *value)
{
    const char            *problem;
    mod_modhost_dir_conf  *conf = dir;
    mod_modhost_variable  *variable;

    if (*name == '\0') {
        return apr_psprintf(cmd->pool, "MH%04u: ModHostVariable needs a name",
                            MH_E_VARIABLE_NAME);
    }

    if (conf->variables == NULL) {
        conf->variables = apr_array_make(cmd->pool, 4,
                                         sizeof(mod_modhost_variable));
    }

    variable = apr_array_push(conf->variables);
    variable->name = name;
    variable->value = ap_expr_parse_cmd(cmd, value,
                                        AP_EXPR_FLAG_STRING_RESULT, &problem,
                                        NULL);

    if (problem != NULL) {
        return parameter_problem(cmd, MH_E_VARIABLE_NAME, value, problem);
    }

    if (strcmp(name, "REMOTE_USER") == 0) {
        conf->user_variable = conf->variables->nelts - 1;

    } else if (strcmp(name, "AUTH_TYPE") == 0) {
        conf->type_variable = conf->variables->nelts - 1;
    }

    return NULL;
}
