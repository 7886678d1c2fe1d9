/*
 * The keys of process groups: what may be typed, and what fits together. And
 * docs/directives.md has each with its default.
 */

#include "baseline.h"
#include "check.h"
#include "daemon_options.h"

#include <ctype.h>
#include <stdarg.h>
#include <sys/resource.h>

static mh_daemon_settings  settings;
static mh_error            error;


static mh_str
str(const char *text)
{
    return (mh_str) { (const uint8_t *) text, strlen(text) };
}


static const mh_daemon_option *
take(const char *argument)
{
    error.code = 0;
    error.text[0] = '\0';

    return mh_daemon_settings_take(&settings, str(argument), &error);
}


/* Alone, in fresh settings; its number. */
static int64_t
number(const char *argument)
{
    const mh_daemon_option  *option;

    mh_daemon_settings_init(&settings);
    option = take(argument);

    if (option == NULL) {
        CHECK_FAIL("%s: %s", argument, error.text);
        return -99;
    }

    CHECK(settings.values[option - mh_daemon_keys].set);

    return settings.values[option - mh_daemon_keys].number;
}


static void
refused(const char *argument, unsigned code)
{
    mh_daemon_settings_init(&settings);

    if (take(argument) != NULL) {
        CHECK_FAIL("%s is taken", argument);
        return;
    }

    if (error.code != code) {
        CHECK_FAIL("%s: MH%04u, not MH%04u: %s", argument, error.code, code,
                   error.text);
    }
}


CASE(Every_key_is_well_formed_and_has_its_default)
{
    size_t      i, k;
    mh_error    unused;
    char        argument[2048];

    for (i = 0; i < MH_DAEMON_OPTIONS; i++) {

        for (k = 0; mh_daemon_keys[i].name[k] != '\0'; k++) {
            CHECK(islower((unsigned char) mh_daemon_keys[i].name[k])
                  || mh_daemon_keys[i].name[k] == '-');
        }

        CHECK(strlen(mh_daemon_keys[i].meaning) > 7);

        if (mh_daemon_keys[i].preset[0] == '\0') {
            continue;
        }

        snprintf(argument, sizeof(argument), "%s=%s", mh_daemon_keys[i].name,
                 mh_daemon_keys[i].preset);
        mh_daemon_settings_init(&settings);
        CHECK(mh_daemon_settings_take(&settings, str(argument), &unused)
              == &mh_daemon_keys[i]);
    }

    mh_daemon_settings_init(&settings);
    CHECK_INT(settings.values[MH_DAEMON_startup_timeout].number, 60000);
    CHECK_INT(settings.values[MH_DAEMON_umask].number, 027);
    CHECK_INT(settings.values[MH_DAEMON_queue_size].number, 1000);
    CHECK_INT(settings.values[MH_DAEMON_processes].number, 1);
    CHECK(!settings.values[MH_DAEMON_processes].set);
}


CASE(Both_spellings_are_taken_and_nothing_else)
{
    CHECK_INT(number("queue-size=5"), 5);
    CHECK_INT(number("queue_size=5"), 5);
    CHECK_INT(number("supplementary_groups=0"), 0);

    refused("queuesize=5", MH_E_GROUP_KEY);
    refused("queue-siz=5", MH_E_GROUP_KEY);
    refused("queue-size-=5", MH_E_GROUP_KEY);
    refused("Queue-Size=5", MH_E_GROUP_KEY);
    refused("=5", MH_E_GROUP_KEY);
    refused("", MH_E_GROUP_KEY);
    refused("queue-size", MH_E_GROUP_VALUE);
}


CASE(A_key_is_given_once_but_for_env)
{
    mh_daemon_settings_init(&settings);
    CHECK(take("threads=5") != NULL);
    CHECK(take("threads=5") == NULL);
    CHECK(take("env=A=1") != NULL);
    CHECK(take("env=B=2") != NULL);
}


CASE(Numbers_are_read_by_their_type)
{
    CHECK_INT(number("processes=4"), 4);
    CHECK_INT(number("processes=auto"), MH_DAEMON_AUTO);
    refused("processes=0", MH_E_GROUP_VALUE);
    refused("processes=-1", MH_E_GROUP_VALUE);
    refused("processes=many", MH_E_GROUP_VALUE);
    refused("processes=", MH_E_GROUP_VALUE);
    CHECK_INT(number("min-processes=0"), 0);
    refused("threads=1.5", MH_E_GROUP_VALUE);
    refused("threads=99999999999999999999", MH_E_GROUP_VALUE);

    CHECK_INT(number("startup-timeout=5"), 5000);
    CHECK_INT(number("startup-timeout=500ms"), 500);
    CHECK_INT(number("startup-timeout=5s"), 5000);
    CHECK_INT(number("startup-timeout=2m"), 120000);
    CHECK_INT(number("startup-timeout=1h"), 3600000);
    CHECK_INT(number("restart-interval=1d"), 86400000);
    CHECK_INT(number("restart-interval=0"), 0);
    refused("startup-timeout=5x", MH_E_GROUP_VALUE);
    refused("startup-timeout=s", MH_E_GROUP_VALUE);
    refused("startup-timeout=99999999d", MH_E_GROUP_VALUE);

    CHECK_INT(number("memory-limit=512"), 512);
    CHECK_INT(number("memory-limit=4k"), 4096);
    CHECK_INT(number("memory-limit=512m"), 536870912);
    CHECK_INT(number("memory-limit=2G"), 2147483648LL);
    refused("memory-limit=2t", MH_E_GROUP_VALUE);
    refused("memory-limit=m", MH_E_GROUP_VALUE);

    CHECK_INT(number("umask=077"), 077);
    CHECK_INT(number("umask=0022"), 022);
    refused("umask=088", MH_E_GROUP_VALUE);
    refused("umask=07777", MH_E_GROUP_VALUE);

    CHECK_INT(number("cpu-priority=-20"), -20);
    CHECK_INT(number("cpu-priority=19"), 19);
    refused("cpu-priority=20", MH_E_GROUP_VALUE);
    refused("cpu-priority=-21", MH_E_GROUP_VALUE);
    refused("cpu-priority=--5", MH_E_GROUP_VALUE);

    CHECK_INT(number("allow-root=on"), 1);
    CHECK_INT(number("allow-root=off"), 0);
    refused("allow-root=yes", MH_E_GROUP_VALUE);

    CHECK_INT(number("affinity=none"), MH_AFFINITY_NONE);
    CHECK_INT(number("affinity=cookie"), MH_AFFINITY_COOKIE);
    CHECK_INT(number("affinity=client"), MH_AFFINITY_CLIENT);
    refused("affinity=ip", MH_E_GROUP_VALUE);
}


CASE(Texts_are_checked_by_their_type)
{
    CHECK_INT(number("user=root"), 0);
    CHECK_INT(number("group=0"), 0);
    refused("user=no-such-user-here", MH_E_GROUP_USER);
    refused("group=no-such-group-here", MH_E_GROUP_USER);
    refused("supplementary-groups=root,,root", MH_E_GROUP_USER);
    CHECK_INT(number("supplementary-groups=root,0"), 0);

    CHECK_INT(number("env=NAME=VALUE=MORE"), 0);
    CHECK_INT(number("env=NAME="), 0);
    refused("env=NAME", MH_E_GROUP_VALUE);
    refused("env==VALUE", MH_E_GROUP_VALUE);

    CHECK_INT(number("warmup=/ready?x=1"), 0);
    refused("warmup=ready", MH_E_GROUP_VALUE);
    refused("warmup=/a b", MH_E_GROUP_VALUE);
    refused("display-name=", MH_E_GROUP_VALUE);
}


/* ---- together ---------------------------------------------------------- */

static mh_daemon_host  host;


/* Takes arguments, NULL at the end, and checks them as root's web server. */
static unsigned
check(bool privileged, ...)
{
    va_list      arguments;
    const char  *argument;

    memset(&host, 0, sizeof(host));
    host.prefix = "/";
    host.user = 33;
    host.group = 33;
    host.privileged = privileged;

    mh_daemon_settings_init(&settings);
    va_start(arguments, privileged);

    while ((argument = va_arg(arguments, const char *)) != NULL) {
        if (take(argument) == NULL) {
            CHECK_FAIL("%s: %s", argument, error.text);
        }
    }

    va_end(arguments);
    error.code = 0;

    return mh_daemon_settings_check(&settings, &host, &error) == 0 ? 0
                                                                   : error.code;
}


CASE(The_range_of_processes_fits)
{
    CHECK_INT(check(true, NULL), 0);
    CHECK_INT(check(true, "processes=2", "max-processes=4", NULL), 0);
    CHECK_INT(check(true, "processes=2", "min-processes=0", NULL), 0);
    CHECK_INT(check(true, "processes=4", "max-processes=2", NULL),
              MH_E_GROUP_VALUE);
    CHECK_INT(check(true, "processes=2", "min-processes=3", NULL),
              MH_E_GROUP_VALUE);
    CHECK_INT(check(true, "max-processes=auto", "min-processes=1", NULL), 0);
}


CASE(Root_is_refused_unless_it_is_allowed)
{
    CHECK_INT(check(true, "user=root", NULL), MH_E_GROUP_ROOT);
    CHECK_INT(check(true, "user=0", NULL), MH_E_GROUP_ROOT);
    CHECK_INT(check(true, "user=root", "allow-root=on", NULL), 0);
}


CASE(Another_user_needs_root)
{
    CHECK_INT(check(false, NULL), 0);
    CHECK_INT(check(false, "user=daemon", NULL), MH_E_GROUP_USER);
    CHECK_INT(check(true, "user=daemon", NULL), 0);
    CHECK_INT(check(false, "cpu-priority=-5", NULL), MH_E_GROUP_LIMIT);
    CHECK_INT(check(true, "cpu-priority=-5", NULL), 0);
}


CASE(Among_several_groups_one_with_the_web_servers_user_is_an_impostor)
{
    CHECK_INT(check(true, NULL), 0);
    CHECK(mh_daemon_settings_impostor(&settings, &host, 2));
    CHECK(!mh_daemon_settings_impostor(&settings, &host, 1));
    CHECK_INT(check(true, "user=33", NULL), 0);
    CHECK(mh_daemon_settings_impostor(&settings, &host, 2));
    CHECK_INT(check(true, "user=34", NULL), 0);
    CHECK(!mh_daemon_settings_impostor(&settings, &host, 2));
    CHECK_INT(check(false, NULL), 0);
    CHECK(!mh_daemon_settings_impostor(&settings, &host, 2));
}


CASE(A_limit_above_the_hard_one_is_refused)
{
    char           argument[64];
    struct rlimit  limit;

    REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);

    if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max >= 100000000) {
        return;
    }

    snprintf(argument, sizeof(argument), "nofile-limit=%llu",
             (unsigned long long) limit.rlim_max + 1);
    CHECK_INT(check(true, argument, NULL), MH_E_GROUP_LIMIT);
    snprintf(argument, sizeof(argument), "nofile-limit=%llu",
             (unsigned long long) limit.rlim_max);
    CHECK_INT(check(true, argument, NULL), 0);
}


CASE(A_limit_below_what_a_worker_needs_is_refused)
{
    CHECK_INT(check(true, "nofile-limit=255", NULL), MH_E_GROUP_LIMIT);
    CHECK_INT(check(true, "nofile-limit=256", NULL), 0);
    CHECK_INT(check(true, "nofile-limit=0", NULL), 0);
}


CASE(Folders_and_files_are_there)
{
    CHECK_INT(check(true, "home=/tmp", NULL), 0);
    CHECK_INT(check(true, "home=tmp", NULL), 0);
    CHECK_INT(check(true, "home=/no/such/folder", NULL), MH_E_GROUP_VALUE);
    CHECK_INT(check(true, "home=/etc/passwd", NULL), MH_E_GROUP_VALUE);
    CHECK_INT(check(true, "env-file=/etc/passwd", NULL), 0);
    CHECK_INT(check(true, "env-file=/tmp", NULL), MH_E_GROUP_VALUE);
    CHECK_INT(check(true, "env-file=/no/such/file", NULL), MH_E_GROUP_VALUE);
    CHECK_INT(check(true, "reload-on=/may/come/later", NULL), 0);
}


CASE(A_log_may_be_made_in_a_folder_that_is_there)
{
    CHECK_INT(check(true, "log=/tmp/no-such-log", NULL), 0);
    CHECK_INT(check(true, "log=no-such-log", NULL), 0);
    CHECK_INT(check(true, "log=/no/such/folder/log", NULL), MH_E_GROUP_VALUE);
    CHECK_INT(check(true, "log=/etc/passwd/log", NULL), MH_E_GROUP_VALUE);
    CHECK_INT(check(true, "log=/tmp", NULL), MH_E_GROUP_VALUE);
}


CASE(Names_of_groups)
{
    size_t  i;

    static const char *const  good[] = { "shop", "a", "shop-2.x_Y" };
    static const char *const  bad[] = {
        "", "embedded", "a b", "a/b", "\xc3\xa4",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        CHECK_INT(mh_daemon_name_check(str(good[i]), &error), 0);
    }

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK_INT(mh_daemon_name_check(str(bad[i]), &error), -1);
        CHECK_INT(error.code, MH_E_GROUP_NAME);
    }
}


CASE(The_documentation_has_every_key_with_its_default_and_meaning)
{
    char        *path, *text, *row, *end, wanted[2200];
    size_t       i, length;
    const char  *preset;

    path = baseline_path("../docs", "directives", ".md");
    text = baseline_read(path, &length);
    free(path);
    REQUIRE(text != NULL);

    for (i = 0; i < MH_DAEMON_OPTIONS; i++) {

        snprintf(wanted, sizeof(wanted), "\n| `%s` |", mh_daemon_keys[i].name);
        row = strstr(text, wanted);

        if (row == NULL) {
            CHECK_FAIL("%s is not in docs/directives.md",
                       mh_daemon_keys[i].name);
            continue;
        }

        end = strchr(row + 1, '\n');
        *end = '\0';
        preset = mh_daemon_keys[i].preset;
        snprintf(wanted, sizeof(wanted), preset[0] ? "| `%s` | %s |"
                                                   : "| –%s | %s |",
                 preset, mh_daemon_keys[i].meaning);
        CHECK_HAS(row, wanted);
        *end = '\n';
    }

    free(text);
}

CHECK_MAIN
