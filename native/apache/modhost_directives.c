/*
 * The directives: a table spelled mechanically from options.def, and the
 * setters of those that are a number, a word or a list. A name is ModHost and
 * the option's words, each capitalised: request_timeout is
 * ModHostRequestTimeout.
 */

#include "mod_modhost.h"

#include <ctype.h>


#define NAME_MOST  48u

/* Those that an .htaccess file may have: they only shape its own responses. */
#define IN_HTACCESS(option)                                                   \
    ((option) == MH_OPTION_hide_header                                        \
     || (option) == MH_OPTION_intercept_errors)


static char  names[MH_OPTIONS][NAME_MOST];

/* With the alias, which only Apache has, and the end of the table. */
command_rec  mod_modhost_commands[MH_OPTIONS + 2];


static const char *
refuse(const cmd_parms *cmd, unsigned code, const char *value,
    const char *problem)
{
    return apr_psprintf(cmd->pool, "MH%04u: %s \"%s\" %s", code,
                        cmd->cmd->name, value, problem);
}


const char *
mod_modhost_twice(const cmd_parms *cmd)
{
    return apr_psprintf(cmd->pool, "MH%04u: %s is given twice here",
                        MH_E_SETTING_CONFLICT, cmd->cmd->name);
}


static enum mh_option
option_of(const cmd_parms *cmd)
{
    return (enum mh_option) (intptr_t) cmd->info;
}


void
mod_modhost_set(const cmd_parms *cmd, mod_modhost_dir_conf *conf,
    enum mh_option option)
{
    conf->set |= (uint64_t) 1 << option;

    if (cmd->path != NULL) {
        conf->inner |= (uint64_t) 1 << option;
    }
}


/* FLAG, NUMBER, SIZE and TIME. */
static const char *
take_number(cmd_parms *cmd, void *dir, const char *text)
{
    mh_error               error;
    enum mh_option         option;
    mod_modhost_dir_conf  *conf = dir;

    option = option_of(cmd);

    if (mod_modhost_is_set(conf, option)) {
        return mod_modhost_twice(cmd);
    }

    if (mh_option_read(option, text, &conf->numbers[option], &error) != 0) {
        return refuse(cmd, error.code, text, error.text);
    }

    mod_modhost_set(cmd, conf, option);

    return NULL;
}


/* PATH: a matter of the whole server. */
static const char *
take_path(cmd_parms *cmd, void *dir, const char *text)
{
    const char      *problem;
    enum mh_option   option;

    (void) dir;

    option = option_of(cmd);
    problem = ap_check_cmd_context(cmd, GLOBAL_ONLY);

    if (problem != NULL) {
        return problem;
    }

    if (mod_modhost_main->texts[option] != NULL) {
        return mod_modhost_twice(cmd);
    }

    if (*text == '\0'
        || (text = ap_server_root_relative(cmd->pool, text)) == NULL)
    {
        return refuse(cmd, MH_E_VALUE_RANGE, "", "is not a path");
    }

    mod_modhost_main->texts[option] = text;
    mod_modhost_main->lines[option] = mod_modhost_here(cmd);

    return NULL;
}


static const char *
take_group(cmd_parms *cmd, void *dir, const char *name)
{
    mod_modhost_dir_conf  *conf = dir;

    if (conf->group != NULL) {
        return mod_modhost_twice(cmd);
    }

    if (*name == '\0') {
        return refuse(cmd, MH_E_GROUP_NAME, name, "names no group");
    }

    conf->group = name;

    return NULL;
}


static const char *
take_hidden(cmd_parms *cmd, void *dir, const char *name)
{
    char                  *lower;
    unsigned               known;
    mh_str                 text;
    mod_modhost_dir_conf  *conf = dir;

    if (conf->hide_headers == NULL) {
        conf->hide_headers = apr_array_make(cmd->pool, 4, sizeof(char *));
        conf->hide_known = apr_pcalloc(cmd->pool, MODHOST_HEADER_COUNT);
    }

    lower = apr_pstrdup(cmd->pool, name);
    ap_str_tolower(lower);

    APR_ARRAY_PUSH(conf->hide_headers, const char *) = lower;

    text.data = (const uint8_t *) lower;
    text.length = strlen(lower);
    known = mh_header_known(text);

    if (known != 0) {
        conf->hide_known[known] = 1;
    }

    return NULL;
}


static const char *
take_slow(cmd_parms *cmd, void *dir, const char *time, const char *file)
{
    const char            *problem;
    mod_modhost_dir_conf  *conf = dir;

    problem = take_number(cmd, dir, time);

    if (problem != NULL || file == NULL) {
        return problem;
    }

    conf->slow_file = mod_modhost_slow_file_named(cmd->pool, file);

    return conf->slow_file != NULL
           ? NULL : refuse(cmd, MH_E_VALUE_RANGE, file, "is not a path");
}


/* The option's place in the server's files, in Apache's terms. */
static int
override_of(enum mh_option option)
{
    int       where;
    unsigned  contexts;

    contexts = mh_options[option].contexts;
    where = 0;

    if (contexts & (MH_OPTION_MAIN | MH_OPTION_SERVER)) {
        where |= RSRC_CONF;
    }

    if (contexts & MH_OPTION_LOCATION) {
        where |= ACCESS_CONF;
    }

    return IN_HTACCESS(option) ? where | OR_FILEINFO : where;
}


static void
name_spell(enum mh_option option)
{
    char        *p;
    bool         capital;
    const char  *name;

    name = option == MH_OPTION_env ? "set_env" : mh_options[option].name;

    p = stpcpy(names[option], "ModHost");

    for (capital = true; *name != '\0'; name++) {

        if (*name == '_') {
            capital = true;
            continue;
        }

        *p++ = (char) (capital ? toupper((unsigned char) *name) : *name);
        capital = false;
    }

    *p = '\0';
}


/* What takes its arguments; false: Apache has no such directive. */
static bool
command_fill(command_rec *command, enum mh_option option)
{
    switch (mh_options[option].type) {

    case MH_OPTION_TYPE_PASS:
        command->func.take_argv = mod_modhost_pass_directive;
        command->args_how = TAKE_ARGV;
        return true;

    case MH_OPTION_TYPE_PROCESSES:
        command->func.take_argv = mod_modhost_daemon_process_directive;
        command->args_how = TAKE_ARGV;
        return true;

    case MH_OPTION_TYPE_PAIR:
        command->func.take2 = option == MH_OPTION_env
                              ? mod_modhost_env_directive
                              : mod_modhost_variable_directive;
        command->args_how = TAKE2;
        return true;

    case MH_OPTION_TYPE_SLOW:
        command->func.take2 = take_slow;
        command->args_how = TAKE12;
        return true;

    case MH_OPTION_TYPE_LIST:
        command->func.take1 = take_hidden;
        command->args_how = ITERATE;
        return true;

    case MH_OPTION_TYPE_PATH:
        command->func.take1 = take_path;
        command->args_how = TAKE1;
        return true;

    case MH_OPTION_TYPE_GROUP:
        command->func.take1 = take_group;
        command->args_how = TAKE1;
        return true;

    case MH_OPTION_TYPE_FLAG:
    case MH_OPTION_TYPE_NUMBER:
    case MH_OPTION_TYPE_SIZE:
    case MH_OPTION_TYPE_TIME:
        command->func.take1 = take_number;
        command->args_how = TAKE1;
        return true;

    default:

        /* a handler's name says it (status), or there is no event loop */

        return false;
    }
}


/* When the module is opened; no macro can spell the names. */
__attribute__((constructor))
static void
commands_fill(void)
{
    command_rec     *command;
    enum mh_option   option;

    command = mod_modhost_commands;

    command->name = "ModHostAlias";
    command->func.take_argv = mod_modhost_alias_directive;
    command->req_override = RSRC_CONF;
    command->args_how = TAKE_ARGV;
    command->errmsg = "a URL path and the application that serves it";
    command++;

    for (option = 0; option < MH_OPTIONS; option++) {

        if (!command_fill(command, option)) {
            continue;
        }

        name_spell(option);

        command->name = names[option];
        command->cmd_data = (void *) (intptr_t) option;
        command->req_override = override_of(option);
        command->errmsg = mh_options[option].meaning;
        command++;
    }
}
