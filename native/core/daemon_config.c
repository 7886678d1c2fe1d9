/*
 * The supervisor's configuration file.
 */

#include "daemon_config.h"

#include "json_write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#define FORMAT_VERSION  1


/* A time as it was typed may have several parts: in milliseconds it has one. */
static void
put_option(mh_json_writer *w, const mh_daemon_config *config,
    const mh_daemon_option *option, const mh_daemon_value *value)
{
    int   length;
    char  text[PATH_MAX];

    switch (option->type) {

    case MH_DAEMON_TYPE_TIME:
        (void) snprintf(text, sizeof(text), "%lldms",
                        (long long) value->number);
        mh_json_cstring(w, option->name, text);
        break;

    case MH_DAEMON_TYPE_FOLDER:
    case MH_DAEMON_TYPE_FILE:
    case MH_DAEMON_TYPE_PATH:
        length = (int) value->text.length;
        (void) snprintf(text, sizeof(text), "%s%.*s",
                        length > 0 && value->text.data[0] == '/'
                        ? "" : config->prefix,
                        length, (const char *) value->text.data);
        mh_json_cstring(w, option->name, text);
        break;

    default:
        mh_json_text(w, option->name, value->text);
        break;
    }
}


static void
put_app(mh_json_writer *w, const mh_app_spec *app)
{
    mh_json_begin_object(w, "app");

    mh_json_cstring(w, "path", app->path);
    mh_json_cstring(w, "kind", app->kind == MH_APP_IL ? "il"
                               : app->kind == MH_APP_NATIVE ? "native"
                               : "executable");
    mh_json_cstring(w, "name", app->name);
    mh_json_cstring(w, "contentRoot", app->content_root);

    mh_json_end_object(w);
}


static void
put_env(mh_json_writer *w, const mh_daemon_group *group)
{
    unsigned  i;

    mh_json_begin_array(w, "env");

    for (i = 0; i < group->env_count; i++) {
        mh_json_begin_array(w, NULL);
        mh_json_text(w, NULL, group->env[i].name);
        mh_json_text(w, NULL, group->env[i].value);
        mh_json_end_array(w);
    }

    mh_json_end_array(w);
}


static void
put_group(mh_json_writer *w, const mh_daemon_config *config,
    const mh_daemon_group *group)
{
    int       key;
    unsigned  i;

    mh_json_begin_object(w, NULL);

    mh_json_cstring(w, "name", group->name);
    mh_json_cstring(w, "scope", group->scope);
    put_app(w, group->app);

    mh_json_begin_array(w, "addresses");

    for (i = 0; i < group->address_count; i++) {
        mh_json_cstring(w, NULL, group->addresses[i]);
    }

    mh_json_end_array(w);

    mh_json_bool(w, "detailedErrors", group->detailed_errors);
    mh_json_number(w, "maxRequestBody", group->max_request_body);
    mh_json_cstring(w, "errorLog", group->error_log);
    mh_json_cstring(w, "logLevel", group->log_level);

    mh_json_begin_object(w, "options");

    for (key = 0; key < MH_DAEMON_OPTIONS; key++) {
        if (group->settings->values[key].set && key != MH_DAEMON_env) {
            put_option(w, config, &mh_daemon_keys[key],
                       &group->settings->values[key]);
        }
    }

    mh_json_end_object(w);

    put_env(w, group);

    mh_json_end_object(w);
}


static void
put_config(mh_json_writer *w, const mh_daemon_config *config,
    uint32_t generation)
{
    unsigned  i;

    mh_json_begin_object(w, NULL);

    mh_json_number(w, "version", FORMAT_VERSION);
    mh_json_number(w, "generation", generation);
    mh_json_cstring(w, "server", config->server);
    mh_json_number(w, "masterPid", config->master);
    mh_json_number(w, "user", config->user);
    mh_json_number(w, "group", config->group);
    mh_json_cstring(w, "userName", config->user_name);
    mh_json_cstring(w, "managedDirectory", config->managed_directory);
    mh_json_cstring(w, "dotnetRoot", config->dotnet_root);
    mh_json_cstring(w, "stateDirectory", config->state_directory);
    mh_json_cstring(w, "errorLog", config->error_log);
    mh_json_cstring(w, "logLevel", config->log_level);

    mh_json_bool(w, "final", config->final);

    mh_json_begin_array(w, "groups");

    for (i = 0; i < config->group_count; i++) {
        put_group(w, config, &config->groups[i]);
    }

    mh_json_end_array(w);

    mh_json_end_object(w);
}


static int
write_all(int fd, const char *text, size_t length)
{
    ssize_t  n;

    while (length != 0) {
        n = write(fd, text, length);

        if (n == -1 && errno == EINTR) {
            continue;
        }

        if (n <= 0) {
            return -1;
        }

        text += n;
        length -= (size_t) n;
    }

    return 0;
}


static int
write_file(const mh_json_writer *w, const char *draft, const char *path,
    mh_error *error)
{
    int  fd, rc;

    fd = open(draft, O_WRONLY|O_CREAT|O_TRUNC|O_NOFOLLOW|O_CLOEXEC, 0600);

    if (fd == -1) {
        return mh_fail(error, MH_E_SYSTEM, "\"%s\": %s", draft,
                       strerror(errno));
    }

    rc = write_all(fd, w->text, w->length);

    if (close(fd) != 0 || rc != 0 || rename(draft, path) != 0) {
        rc = mh_fail(error, MH_E_SYSTEM, "\"%s\": %s", path, strerror(errno));
        (void) unlink(draft);
    }

    return rc;
}


int
mh_daemon_config_write(const mh_daemon_config *config, uint32_t generation,
    const char *directory, mh_error *error)
{
    int             rc;
    char            draft[PATH_MAX], path[PATH_MAX];
    mh_json_writer  writer;

    if (snprintf(draft, sizeof(draft), "%s/draft-%u", directory, generation)
            >= (int) sizeof(draft)
        || snprintf(path, sizeof(path), "%s/config-%u.json", directory,
                    generation)
           >= (int) sizeof(path))
    {
        return mh_fail(error, MH_E_SYSTEM, "the path is too long");
    }

    memset(&writer, 0, sizeof(writer));
    put_config(&writer, config, generation);

    rc = writer.failed ? mh_fail(error, MH_E_MEMORY, "out of memory")
                       : write_file(&writer, draft, path, error);

    mh_json_writer_free(&writer);

    return rc;
}
