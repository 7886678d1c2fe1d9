/*
 * What the keys of a process group say together, and whether the process that
 * will start the supervisor can give the workers what is asked for.
 */

#include "daemon_options.h"

#include "file.h"

#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>


static bool
is_set(const mh_daemon_settings *settings, enum mh_daemon_key key)
{
    return settings->values[key].set;
}


static int64_t
number(const mh_daemon_settings *settings, enum mh_daemon_key key)
{
    return settings->values[key].number;
}


/* Terminated; checked to be short enough when it was taken. */
static const char *
text(const mh_daemon_settings *settings, enum mh_daemon_key key,
    char buffer[PATH_MAX])
{
    (void) snprintf(buffer, PATH_MAX, "%.*s",
                    (int) settings->values[key].text.length,
                    (const char *) settings->values[key].text.data);

    return buffer;
}


static bool
is_number(const char *name)
{
    return name[strspn(name, "0123456789")] == '\0';
}


static uid_t
user_of(const char *name)
{
    struct passwd  *entry;

    if (is_number(name)) {
        return (uid_t) strtoul(name, NULL, 10);
    }

    entry = getpwnam(name);

    return entry != NULL ? entry->pw_uid : (uid_t) -1;
}


uid_t
mh_daemon_settings_user(const mh_daemon_settings *settings,
    const mh_daemon_host *host)
{
    char  name[PATH_MAX];

    return is_set(settings, MH_DAEMON_user)
           ? user_of(text(settings, MH_DAEMON_user, name)) : host->user;
}


bool
mh_daemon_settings_impostor(const mh_daemon_settings *settings,
    const mh_daemon_host *host, unsigned groups)
{
    return host->privileged && groups > 1
           && mh_daemon_settings_user(settings, host) == host->user;
}


/* Whether this process, which is not root's, has the group anyway. */
static bool
has_group(const char *name)
{
    int            i, count;
    gid_t          group, own[256];
    struct group  *entry;

    entry = is_number(name) ? NULL : getgrnam(name);
    group = entry != NULL ? entry->gr_gid : (gid_t) strtoul(name, NULL, 10);

    if (group == getegid()) {
        return true;
    }

    count = getgroups(256, own);

    for (i = 0; i < count; i++) {
        if (own[i] == group) {
            return true;
        }
    }

    return false;
}


static int
groups_check(const mh_daemon_settings *settings, enum mh_daemon_key key,
    mh_error *error)
{
    char  list[PATH_MAX], *name, *rest;

    if (!is_set(settings, key)) {
        return 0;
    }

    (void) text(settings, key, list);

    for (name = strtok_r(list, ",", &rest); name != NULL;
         name = strtok_r(NULL, ",", &rest))
    {
        if (!has_group(name)) {
            return mh_fail(error, MH_E_GROUP_USER,
                           "%s=%s: only a web server that root started can "
                           "run workers in another group",
                           mh_daemon_keys[key].name, name);
        }
    }

    return 0;
}


static int
user_check(const mh_daemon_settings *settings, const mh_daemon_host *host,
    mh_error *error)
{
    char   name[PATH_MAX];
    uid_t  user;

    user = host->user;

    if (is_set(settings, MH_DAEMON_user)) {
        user = user_of(text(settings, MH_DAEMON_user, name));

        if (!host->privileged && user != host->user) {
            return mh_fail(error, MH_E_GROUP_USER,
                           "user=%s: only a web server that root started can "
                           "run workers as another user", name);
        }

        /* without an entry there is no group to go by */

        if (!is_set(settings, MH_DAEMON_group) && getpwuid(user) == NULL) {
            return mh_fail(error, MH_E_GROUP_USER,
                           "user=%s is no user of this machine, so group= has "
                           "to be given too", name);
        }
    }

    if (!host->privileged
        && (groups_check(settings, MH_DAEMON_group, error) != 0
            || groups_check(settings, MH_DAEMON_supplementary_groups, error)
               != 0))
    {
        return -1;
    }

    if (user == 0 && !number(settings, MH_DAEMON_allow_root)) {
        return mh_fail(error, MH_E_GROUP_ROOT,
                       "its workers would run as root; give it a user=, or "
                       "say allow-root=on");
    }

    return 0;
}


static int
limits_check(const mh_daemon_settings *settings, const mh_daemon_host *host,
    mh_error *error)
{
    int64_t        files, priority;
    struct rlimit  limit;

    files = number(settings, MH_DAEMON_nofile_limit);

    if (files != 0 && files < MH_DAEMON_FILES_LEAST) {
        return mh_fail(error, MH_E_GROUP_LIMIT,
                       "nofile-limit=%lld is less than a worker needs: %u at "
                       "least", (long long) files, MH_DAEMON_FILES_LEAST);
    }

    if (files != 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0
        && limit.rlim_max != RLIM_INFINITY
        && (uint64_t) files > limit.rlim_max)
    {
        return mh_fail(error, MH_E_GROUP_LIMIT,
                       "nofile-limit=%lld is above the hard limit of %llu",
                       (long long) files,
                       (unsigned long long) limit.rlim_max);
    }

    priority = number(settings, MH_DAEMON_cpu_priority);

    if (priority < 0 && !host->privileged) {
        return mh_fail(error, MH_E_GROUP_LIMIT,
                       "cpu-priority=%lld: only a web server that root "
                       "started can run workers before others",
                       (long long) priority);
    }

    return 0;
}


/* `processes` stands for both ends of the range where they are not given. */
static int
processes_check(const mh_daemon_settings *settings, mh_error *error)
{
    int64_t  least, usual, most;

    usual = number(settings, MH_DAEMON_processes);
    most = is_set(settings, MH_DAEMON_max_processes)
           ? number(settings, MH_DAEMON_max_processes)
           : is_set(settings, MH_DAEMON_processes) ? usual : MH_DAEMON_AUTO;
    least = number(settings, MH_DAEMON_min_processes);

    if (most != MH_DAEMON_AUTO && least > most) {
        return mh_fail(error, MH_E_GROUP_VALUE,
                       "min-processes=%lld is above the most processes, %lld",
                       (long long) least, (long long) most);
    }

    if (is_set(settings, MH_DAEMON_processes) && usual != MH_DAEMON_AUTO
        && ((most != MH_DAEMON_AUTO && usual > most) || usual < least))
    {
        return mh_fail(error, MH_E_GROUP_VALUE,
                       "processes=%lld is not between min-processes and "
                       "max-processes", (long long) usual);
    }

    return 0;
}


/* It may have to be made; its folder has to be there. */
static int
log_check(const char *typed, const char *path, int kind, mh_error *error)
{
    char         folder[2 * PATH_MAX];
    mh_error     unused;

    if (kind == 'd') {
        return mh_fail(error, MH_E_GROUP_VALUE,
                       "log=%s is a folder, and not a file", typed);
    }

    (void) snprintf(folder, sizeof(folder), "%s", path);
    *(strrchr(folder, '/') + 1) = '\0';

    if (mh_file_kind(folder, &unused) != 'd') {
        return mh_fail(error, MH_E_GROUP_VALUE,
                       "log=%s: there is no folder \"%s\" for it", typed,
                       folder);
    }

    return 0;
}


static int
place_check(const mh_daemon_settings *settings, const mh_daemon_host *host,
    enum mh_daemon_key key, mh_error *error)
{
    int          kind;
    char         typed[PATH_MAX], path[2 * PATH_MAX];
    mh_error     unused;
    const char  *name;

    if (!is_set(settings, key)) {
        return 0;
    }

    name = mh_daemon_keys[key].name;

    (void) text(settings, key, typed);
    (void) snprintf(path, sizeof(path), "%s%s",
                    typed[0] == '/' ? "" : host->prefix, typed);

    kind = mh_file_kind(path, &unused);

    if (mh_daemon_keys[key].type == MH_DAEMON_TYPE_FOLDER && kind != 'd') {
        return mh_fail(error, MH_E_GROUP_VALUE, "%s=%s is not a folder", name,
                       typed);
    }

    if (mh_daemon_keys[key].type == MH_DAEMON_TYPE_FILE
        && (kind != 'f' || access(path, R_OK) == -1))
    {
        return mh_fail(error, MH_E_GROUP_VALUE,
                       "%s=%s is not a file that can be read", name, typed);
    }

    return key == MH_DAEMON_log ? log_check(typed, path, kind, error) : 0;
}


int
mh_daemon_settings_check(const mh_daemon_settings *settings,
    const mh_daemon_host *host, mh_error *error)
{
    size_t  key;

    if (user_check(settings, host, error) != 0
        || limits_check(settings, host, error) != 0
        || processes_check(settings, error) != 0)
    {
        return -1;
    }

    for (key = 0; key < MH_DAEMON_OPTIONS; key++) {
        if (place_check(settings, host, (enum mh_daemon_key) key, error) != 0) {
            return -1;
        }
    }

    return 0;
}
