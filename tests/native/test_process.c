/*
 * Signals and the end of the process.
 */

#include "app.h"
#include "check.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>


static void
server_handler(int number)
{
    (void) number;
}


static void
runtime_handler(int number)
{
    (void) number;
}


static void *
handler_of(int number)
{
    struct sigaction  action;

    sigaction(number, NULL, &action);

    return (void *) action.sa_handler;
}


CASE(The_servers_signals_come_back_and_the_runtimes_stay)
{
    size_t  i;

    static const int  back[] = {
        SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH,
        SIGALRM, SIGIO, SIGSYS, SIGPIPE
    };

    static const int  stay[] = {
        SIGSEGV, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGCONT
    };

    for (i = 0; i < sizeof(back) / sizeof(back[0]); i++) {
        signal(back[i], server_handler);
    }

    signal(SIGCHLD, server_handler);

    mh_signals_restore();
    CHECK(handler_of(SIGCHLD) == (void *) server_handler);

    mh_signals_save();
    CHECK(handler_of(SIGCHLD) == (void *) SIG_DFL);

    for (i = 0; i < sizeof(back) / sizeof(back[0]); i++) {
        signal(back[i], runtime_handler);
    }

    for (i = 0; i < sizeof(stay) / sizeof(stay[0]); i++) {
        signal(stay[i], runtime_handler);
    }

    mh_signals_restore();

    for (i = 0; i < sizeof(back) / sizeof(back[0]); i++) {
        CHECK(handler_of(back[i]) == (void *) server_handler);
    }

    for (i = 0; i < sizeof(stay) / sizeof(stay[0]); i++) {
        CHECK(handler_of(stay[i]) == (void *) runtime_handler);
        signal(stay[i], SIG_DFL);
    }
}


static void
runtime_at_exit(void)
{
    abort();                     /* tearing down what others still use */
}


static void *
call_exit(void *status)
{
    exit(*(int *) status);
}


static int
status_after(int status, bool thread)
{
    int        result;
    pid_t      child;
    pthread_t  other;

    fflush(NULL);
    child = fork();

    if (child == 0) {
        atexit(runtime_at_exit);
        mh_exit_guard();

        if (thread) {
            pthread_create(&other, NULL, call_exit, &status);
            pause();
        }

        exit(status);
    }

    waitpid(child, &result, 0);

    return WIFEXITED(result) ? WEXITSTATUS(result) : -WTERMSIG(result);
}


CASE(The_process_ends_before_the_runtimes_own_handlers)
{
    CHECK_INT(status_after(0, false), 0);
    CHECK_INT(status_after(1, false), 1);
    CHECK_INT(status_after(77, false), 77);
}


CASE(Exit_codes_that_web_servers_misread_become_1)
{
    CHECK_INT(status_after(2, false), 1);
    CHECK_INT(status_after(15, false), 1);
    CHECK_INT(status_after(258, false), 1);
    CHECK_INT(status_after(2, true), 1);
}

CHECK_MAIN
