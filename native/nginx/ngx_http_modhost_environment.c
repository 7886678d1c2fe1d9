/*
 * What a worker is given besides requests: environment, standard output, and
 * descriptors that end with it.
 */

#include "ngx_http_modhost.h"

#include <sys/syscall.h>


static void ngx_http_modhost_connection(ngx_connection_t *c);
static void ngx_http_modhost_redirect_stdout(ngx_cycle_t *cycle);

/* The handlers of cycle->listening, by index. */
static ngx_connection_handler_pt  *ngx_http_modhost_handlers;
static ngx_listening_t            *ngx_http_modhost_listening;

/* The log that standard output goes to, and its descriptor then; or NULL. */
static ngx_open_file_t            *ngx_http_modhost_stdout_log;
static ngx_fd_t                    ngx_http_modhost_stdout_fd =
                                                            NGX_INVALID_FILE;


/* nginx clears the environment of its workers, PATH and HOME with it. */
void
ngx_http_modhost_setenv(ngx_cycle_t *cycle, ngx_http_modhost_main_conf_t *mmcf)
{
    ngx_uint_t                     i, j;
    ngx_http_modhost_env_t        *env;
    ngx_http_modhost_app_conf_t  **apps;

    setenv("HOME", (char *) mmcf->home.data, 1);
    setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:"
                   "/sbin:/bin", 0);

    apps = mmcf->apps.elts;

    for (i = 0; i < mmcf->apps.nelts; i++) {

        if (apps[i]->settings.env == NULL) {
            continue;
        }

        env = apps[i]->settings.env->elts;

        for (j = 0; j < apps[i]->settings.env->nelts; j++) {
            setenv((char *) env[j].name.data, (char *) env[j].value.data, 1);
        }
    }

    ngx_http_modhost_redirect_stdout(cycle);
}


/* What native code writes to descriptor 1 of a daemon would be lost. */
static void
ngx_http_modhost_redirect_stdout(ngx_cycle_t *cycle)
{
    struct stat  out, null;

    if (cycle->log->file == NULL || cycle->log->file->fd == STDOUT_FILENO
        || cycle->log->file->fd == NGX_INVALID_FILE)
    {
        return;
    }

    if (fstat(STDOUT_FILENO, &out) == -1 || stat("/dev/null", &null) == -1
        || !S_ISCHR(out.st_mode) || out.st_rdev != null.st_rdev)
    {
        return;
    }

    ngx_http_modhost_stdout_log = cycle->log->file;

    ngx_http_modhost_follow_log();
}


/* No module is told of USR1; each line that is logged may come after one. */
void
ngx_http_modhost_follow_log(void)
{
    ngx_open_file_t  *file;

    file = ngx_http_modhost_stdout_log;

    if (file == NULL || file->fd == ngx_http_modhost_stdout_fd) {
        return;
    }

    ngx_http_modhost_stdout_fd = file->fd;

    if (dup2(file->fd, STDOUT_FILENO) == -1) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, ngx_errno,
                      "MH0%d: dup2() of the error log failed", MH_E_LOOP);
    }
}


/* A child that an app starts must keep no port and no client's connection. */
void
ngx_http_modhost_close_on_exec(ngx_cycle_t *cycle)
{
    int               fd;
    ngx_uint_t        i;
    ngx_listening_t  *ls;

#ifdef SYS_close_range
    if (syscall(SYS_close_range, 3, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */) == -1)
#endif
    {
        for (fd = 3; fd < 65536; fd++) {
            (void) fcntl(fd, F_SETFD, FD_CLOEXEC);
        }
    }

    ls = cycle->listening.elts;

    ngx_http_modhost_handlers =
        ngx_pcalloc(cycle->pool, cycle->listening.nelts
                                 * sizeof(ngx_connection_handler_pt));
    if (ngx_http_modhost_handlers == NULL) {
        return;
    }

    ngx_http_modhost_listening = ls;

    for (i = 0; i < cycle->listening.nelts; i++) {

        if (ls[i].handler == NULL || ls[i].type != SOCK_STREAM) {
            continue;
        }

        ngx_http_modhost_handlers[i] = ls[i].handler;
        ls[i].handler = ngx_http_modhost_connection;
    }
}


static void
ngx_http_modhost_connection(ngx_connection_t *c)
{
    (void) fcntl(c->fd, F_SETFD, FD_CLOEXEC);

    ngx_http_modhost_handlers[c->listening - ngx_http_modhost_listening](c);
}
