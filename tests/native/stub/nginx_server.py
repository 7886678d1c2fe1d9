"""nginx for tests."""

import os
import re
import shutil
import signal

from base_server import MODULE, BaseServer

NGINX = os.environ.get("MODHOST_NGINX",
                       shutil.which("nginx") or "/usr/sbin/nginx")

MAIN = """
load_module {module};
worker_processes {workers};
master_process {master};
daemon {daemon};
pid {prefix}/nginx.pid;
error_log {prefix}/error.log info;
env ASAN_OPTIONS;
env UBSAN_OPTIONS;
env LD_PRELOAD;
env PROBE_ENDPOINTS=exchange;
{main}
events {{ worker_connections 2048; }}
http {{
    log_format test '$status "$request" $modhost_app $modhost_queue_time '
                    '$modhost_app_time';
    access_log {prefix}/access.log test;
    modhost_state_directory {prefix}/state;
    client_body_temp_path {prefix}/body;
    proxy_temp_path {prefix}/proxy;
    fastcgi_temp_path {prefix}/fastcgi;
    uwsgi_temp_path {prefix}/uwsgi;
    scgi_temp_path {prefix}/scgi;
    client_max_body_size 0;
{http}
}}
"""

OTHERS = re.compile(r"\bapache [^;]*;")


class Nginx(BaseServer):
    conf_name = "nginx.conf"
    pid_file = "nginx.pid"
    graceful = signal.SIGQUIT
    bad = re.compile(r"\[(alert|emerg)\]|Sanitizer|runtime error|"
                     r"exited on signal|open socket|left in connection")

    def configuration(self, http):
        return MAIN.format(
            module=MODULE, prefix=self.prefix, http=OTHERS.sub("", http),
            workers=self.workers, master=self.master,
            daemon="on" if self.daemon else "off", main=self.main)

    def command(self, *more):
        return [NGINX, "-p", self.prefix, "-c", self.conf, *more]

    def is_worker(self, line):
        return "worker process" in line

    def reload(self):
        self.kill(signal.SIGHUP)

    def reopen(self):
        self.kill(signal.SIGUSR1)
