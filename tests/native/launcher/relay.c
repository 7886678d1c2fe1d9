/*
 * Stands in for modhostd: gives its connection to the watchdog, its descriptor
 * 3, to the test, which listens at <instance>/../driver.sock, and lives on
 * until the test writes its exit code or hangs up. FORK asks for a child that
 * lives until the test hangs up; its pid is the answer.
 */

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FORK  254


static int
connect_to(const char *instance)
{
    int                 fd;
    struct sockaddr_un  address;

    memset(&address, 0, sizeof(address));
    address.sun_family = AF_UNIX;
    (void) snprintf(address.sun_path, sizeof(address.sun_path),
                    "%.80s/../driver.sock", instance);

    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd == -1 || connect(fd, (struct sockaddr *) &address,
                            sizeof(address)) != 0)
    {
        return -1;
    }

    return fd;
}


static int
give(int driver, int fd)
{
    int            pid;
    struct iovec   piece;
    struct msghdr  message;

    union {
        struct cmsghdr  header;
        char            bytes[CMSG_SPACE(sizeof(int))];
    } control;

    memset(&control, 0, sizeof(control));
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));

    pid = getpid();
    piece.iov_base = &pid;
    piece.iov_len = sizeof(pid);
    memset(&message, 0, sizeof(message));
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof(control);

    return sendmsg(driver, &message, 0) == sizeof(pid);
}


static void
child_make(int driver)
{
    int            pid;
    struct pollfd  end;

    pid = fork();

    if (pid == 0) {
        (void) close(3);

        end.fd = driver;
        end.events = POLLRDHUP;
        (void) poll(&end, 1, -1);
        _exit(0);
    }

    (void) !write(driver, &pid, sizeof(pid));
}


int
main(int argc, char **argv)
{
    int            driver;
    unsigned char  command;

    if (argc != 3 || strcmp(argv[1], "--instance") != 0) {
        return 99;
    }

    driver = connect_to(argv[2]);

    if (driver == -1 || !give(driver, 3)) {
        return 98;
    }

    while (read(driver, &command, 1) == 1) {
        if (command != FORK) {
            _exit(command);
        }

        child_make(driver);
    }

    _exit(97);
}
