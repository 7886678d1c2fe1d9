/*
 * Instance directories: which of them are taken away when a new one is made.
 */

#include "check.h"
#include "instance.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>


#define OLD  120                           /* seconds                         */

static char  run[64];


static const char *
place(const char *name)
{
    static char  path[256];

    (void) snprintf(path, sizeof(path), "%s/%s", run, name);

    return path;
}


static bool
is_there(const char *name)
{
    struct stat  st;

    return lstat(place(name), &st) == 0;
}


static void
file_make(const char *name)
{
    int  fd;

    fd = open(place(name), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    CHECK(fd != -1);
    (void) close(fd);
}


static void
age_set(const char *name)
{
    struct timespec  times[2];

    memset(times, 0, sizeof(times));
    times[0].tv_sec = time(NULL) - OLD;
    times[1] = times[0];
    CHECK_INT(utimensat(AT_FDCWD, place(name), times, AT_SYMLINK_NOFOLLOW), 0);
}


static void
instance_make(const char *name)
{
    char  file[128];

    CHECK_INT(mkdir(place(name), 0711), 0);
    (void) snprintf(file, sizeof(file), "%s/config-1.json", name);
    file_make(file);
    (void) snprintf(file, sizeof(file), "%s/lock", name);
    file_make(file);
}


/* A supervisor listens, or one did and its socket's file is left. */
static int
socket_make(const char *name, bool listens)
{
    int                 fd;
    struct sockaddr_un  address;

    memset(&address, 0, sizeof(address));
    address.sun_family = AF_UNIX;
    (void) snprintf(address.sun_path, sizeof(address.sun_path),
                    "%s/%s/control.sock", run, name);

    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_INT(bind(fd, (struct sockaddr *) &address, sizeof(address)), 0);

    if (listens) {
        CHECK_INT(listen(fd, 1), 0);
        return fd;
    }

    (void) close(fd);

    return -1;
}


static void
begin(void)
{
    strcpy(run, "/tmp/mh-instance-XXXXXX");
    CHECK(mkdtemp(run) != NULL);
}


static void
end(const char *made)
{
    mh_instance_remove(made);
    CHECK_INT(rmdir(run), 0);
}


CASE(What_dead_supervisors_have_left_is_taken_away)
{
    char      made[128];
    mh_error  error;

    begin();
    instance_make("nginx-1-0123456789abcdef");
    age_set("nginx-1-0123456789abcdef");

    instance_make("nginx-2-0123456789abcdef");
    (void) socket_make("nginx-2-0123456789abcdef", false);

    instance_make("nginx-3-0123456789abcdef");
    (void) socket_make("nginx-3-0123456789abcdef", false);
    age_set("nginx-3-0123456789abcdef");

    CHECK_INT(mh_instance_make(run, "nginx", made, sizeof(made), &error), 0);

    CHECK(!is_there("nginx-1-0123456789abcdef"));
    CHECK(is_there("nginx-2-0123456789abcdef"));    /* young                  */
    CHECK(!is_there("nginx-3-0123456789abcdef"));

    mh_instance_remove(place("nginx-2-0123456789abcdef"));
    end(made);
}


CASE(What_somebody_uses_or_is_not_ours_stays)
{
    int       fd;
    size_t    i;
    char      made[128];
    mh_error  error;

    static const char *const  others[] = {
        "nginx-1-0123456789abcdef",        /* listens                         */
        "apache-1-0123456789abcdef",
        "nginx-data-0123456789abcdef",
        "nginx-1-0123456789abcdeg",
        "nginx-1-0123456789abcdef0"
    };

    begin();

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        instance_make(others[i]);
        age_set(others[i]);
    }

    fd = socket_make(others[0], true);
    age_set(others[0]);

    /* where a link leads to is nobody's business here */

    CHECK_INT(symlink(others[1], place("nginx-9-0123456789abcdef")), 0);
    age_set("nginx-9-0123456789abcdef");

    CHECK_INT(mh_instance_make(run, "nginx", made, sizeof(made), &error), 0);

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        CHECK(is_there(others[i]));
    }

    CHECK(is_there("nginx-9-0123456789abcdef"));
    CHECK(is_there("apache-1-0123456789abcdef/config-1.json"));

    (void) close(fd);
    CHECK_INT(unlink(place("nginx-9-0123456789abcdef")), 0);

    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        mh_instance_remove(place(others[i]));
    }

    end(made);
}


CASE(What_is_not_of_an_instance_keeps_its_directory)
{
    char  path[256];

    begin();
    instance_make("nginx-1-0123456789abcdef");
    file_make("nginx-1-0123456789abcdef/somebodys");
    (void) snprintf(path, sizeof(path), "%s",
                    place("nginx-1-0123456789abcdef"));

    mh_instance_remove(path);

    CHECK(is_there("nginx-1-0123456789abcdef/somebodys"));
    CHECK(!is_there("nginx-1-0123456789abcdef/lock"));

    CHECK_INT(unlink(place("nginx-1-0123456789abcdef/somebodys")), 0);
    end(path);
}


CHECK_MAIN
