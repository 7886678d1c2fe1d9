/*
 * What a runtime changes in its process and a web server needs unchanged:
 * signal handlers, and the way the process ends.
 */

#include "app.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


/*
 * The web server's own. Not SEGV or FPE: without the runtime's handlers a
 * NullReferenceException would be a crash. Not CHLD: it is left to .NET.
 */
static const int  server_signals[] = {
    SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, SIGALRM,
    SIGIO, SIGSYS, SIGPIPE
};

#define SERVER_SIGNALS  (sizeof(server_signals) / sizeof(server_signals[0]))

static struct sigaction  saved_actions[SERVER_SIGNALS];
static bool              signals_saved;


void
mh_signals_save(void)
{
    size_t            i;
    struct sigaction  action;

    for (i = 0; i < SERVER_SIGNALS; i++) {
        (void) sigaction(server_signals[i], NULL, &saved_actions[i]);
    }

    /*
     * A web server's own CHLD handler waits for any child and would eat the
     * exit codes of the app's; where it is ignored, .NET reaps everything.
     */

    memset(&action, 0, sizeof(action));
    action.sa_handler = SIG_DFL;
    (void) sigemptyset(&action.sa_mask);
    (void) sigaction(SIGCHLD, &action, NULL);

    signals_saved = true;
}


void
mh_signals_restore(void)
{
    size_t  i;

    if (!signals_saved) {
        return;
    }

    for (i = 0; i < SERVER_SIGNALS; i++) {
        (void) sigaction(server_signals[i], &saved_actions[i], NULL);
    }
}


void
mh_signals_unblock(sigset_t *saved)
{
    sigset_t  none;

    (void) sigemptyset(&none);
    (void) pthread_sigmask(SIG_SETMASK, &none, saved);
}


/*
 * The pipes and the socket by which debuggers find a CoreCLR process. The
 * runtime's own exit would remove them; without it every worker of every
 * reload would leave three files.
 */
static void
remove_debugger_files(void)
{
    DIR            *folder;
    char            pipes[40], sockets[40];
    const char     *path;
    struct dirent  *entry;

    path = getenv("TMPDIR");
    folder = opendir(path != NULL && *path != '\0' ? path : "/tmp");
    if (folder == NULL) {
        return;
    }

    (void) snprintf(pipes, sizeof(pipes), "clr-debug-pipe-%d-",
                    (int) getpid());
    (void) snprintf(sockets, sizeof(sockets), "dotnet-diagnostic-%d-",
                    (int) getpid());

    while ((entry = readdir(folder)) != NULL) {
        if (strncmp(entry->d_name, pipes, strlen(pipes)) == 0
            || strncmp(entry->d_name, sockets, strlen(sockets)) == 0)
        {
            (void) unlinkat(dirfd(folder), entry->d_name, 0);
        }
    }

    (void) closedir(folder);
}


/*
 * Handlers run in reverse order of registration, so this one comes before the
 * runtime's, which would tear down what other threads still use. 2 is "do not
 * respawn" to nginx, 15 is "stop everything" to httpd.
 */
static void
exit_now(int status, void *unused)
{
    (void) unused;

    remove_debugger_files();

    status &= 0xff;

    _exit(status == 2 || status == 15 ? 1 : status);
}


void
mh_exit_guard(void)
{
    (void) on_exit(exit_now, NULL);
}
