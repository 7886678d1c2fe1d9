/*
 * Becoming the worker's user, in the order that works (groups while there are
 * privileges, the user last) and without a way back, which is tried.
 */

#include "launch.h"
#include "report.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static gid_t  wanted[NGROUPS_MAX];
static gid_t  actual[NGROUPS_MAX];


static int
identity_failed(const char *what)
{
    report(MH_E_LAUNCH_IDENTITY, "%s: %s", what, strerror(errno));

    return -1;
}


/* Into `wanted`; the count, or -1. "" is none. */
static int
groups_parse(const char *text)
{
    int                 count;
    char               *end;
    unsigned long long  id;

    for (count = 0; *text != '\0' && count < NGROUPS_MAX; count++) {
        errno = 0;
        id = strtoull(text, &end, 10);

        if (*text < '0' || *text > '9' || errno != 0 || id > 4294967294u
            || (*end != ',' && *end != '\0') || (*end == ',' && end[1] == '\0'))
        {
            count = -1;
            break;
        }

        wanted[count] = (gid_t) id;
        text = *end == ',' ? end + 1 : end;
    }

    if (count < 0 || *text != '\0') {
        report(MH_E_LAUNCH_USAGE, "--groups: a bad or too long list");
        return -1;
    }

    return count;
}


static int
id_compare(const void *a, const void *b)
{
    gid_t  x, y;

    x = *(const gid_t *) a;
    y = *(const gid_t *) b;

    return (x > y) - (x < y);
}


/* Whether the process is in these groups, in any order, and in no other. */
static bool
groups_equal(int count)
{
    int  have;

    have = getgroups(NGROUPS_MAX, actual);

    if (have != count) {
        return false;
    }

    qsort(wanted, (size_t) count, sizeof(wanted[0]), id_compare);
    qsort(actual, (size_t) count, sizeof(actual[0]), id_compare);

    return memcmp(wanted, actual, (size_t) count * sizeof(wanted[0])) == 0;
}


/*
 * Who is root loses what groups it had, whether others are named or not. Who is
 * not can only keep what it has.
 */
static int
groups_switch(const launch_options *options)
{
    int  count;

    count = groups_parse(options->groups != NULL ? options->groups : "");

    if (count < 0) {
        return -1;
    }

    if (setgroups((size_t) count, wanted) == 0) {
        if (!groups_equal(count)) {
            errno = EPERM;
            return identity_failed("the supplementary groups did not change");
        }

        return 0;
    }

    if (errno == EPERM && (options->groups == NULL || groups_equal(count))) {
        return 0;
    }

    return identity_failed("supplementary-groups");
}


static int
ids_switch(const launch_options *options)
{
    uid_t  real, effective, saved, user;
    gid_t  group;

    group = options->group != LAUNCH_UNSET ? (gid_t) options->group : getgid();
    user = options->user != LAUNCH_UNSET ? (uid_t) options->user : getuid();

    if (setresgid(group, group, group) != 0) {
        return identity_failed("group");
    }

    if (setresuid(user, user, user) != 0) {
        return identity_failed("user");
    }

    errno = EPERM;

    if (getresuid(&real, &effective, &saved) != 0 || real != user
        || effective != user || saved != user)
    {
        return identity_failed("the user did not change");
    }

    if (getresgid(&real, &effective, &saved) != 0 || real != group
        || effective != group || saved != group)
    {
        return identity_failed("the group did not change");
    }

    return 0;
}


/*
 * A web server that is not root may have got capabilities in other ways (a
 * service manager's ambient set); its applications have none.
 */
static int
capabilities_drop(void)
{
    struct __user_cap_data_struct    sets[_LINUX_CAPABILITY_U32S_3];
    struct __user_cap_header_struct  header;

    (void) prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);

    memset(&header, 0, sizeof(header));
    memset(sets, 0, sizeof(sets));
    header.version = _LINUX_CAPABILITY_VERSION_3;

    if (syscall(SYS_capset, &header, sets) != 0
        || syscall(SYS_capget, &header, sets) != 0)
    {
        return identity_failed("capabilities");
    }

    if (sets[0].permitted != 0 || sets[1].permitted != 0
        || setresuid((uid_t) -1, 0, (uid_t) -1) == 0)
    {
        report(MH_E_LAUNCH_IDENTITY, "privileges can be had back");
        return -1;
    }

    return 0;
}


int
launch_identity(const launch_options *options)
{
    if ((options->user != LAUNCH_UNSET || options->group != LAUNCH_UNSET
         || options->groups != NULL)
        && groups_switch(options) != 0)
    {
        return -1;
    }

    if (ids_switch(options) != 0) {
        return -1;
    }

    return geteuid() != 0 ? capabilities_drop() : 0;
}
