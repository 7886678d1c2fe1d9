"""Apache httpd with its event MPM: what is compared there.

All have the same process with the same threads: one child that stays.
"""

import os
import pathlib
import shutil

import processes
from daemon import Daemon
from servers import Server, start

MODULES = pathlib.Path("/usr/lib/apache2/modules")
WSGI = pathlib.Path(__file__).resolve().parent / "wsgi/hello.py"
THREADS = 128

CONFIGURATION = """\
ServerRoot {folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/apache.pid
DefaultRuntimeDir {folder}
ErrorLog {folder}/error.log
{user}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
StartServers 1
ServerLimit 2
ThreadLimit {threads}
ThreadsPerChild {threads}
MaxRequestWorkers {threads}
MinSpareThreads 1
MaxSpareThreads {threads}
KeepAlive On
KeepAliveTimeout 30
MaxKeepAliveRequests 0
{text}
"""

STATIC = """\
LoadModule alias_module {modules}/mod_alias.so
Alias /plaintext {folder}/static.txt
<Location /plaintext>
    ForceType text/plain
    FileETag None
</Location>
"""

# A connection to Kestrel is kept and used again: for ProxyPass that is usual.
PROXY = """\
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_http_module {modules}/mod_proxy_http.so
ProxyPreserveHost On
ProxyPass / unix:{socket}|http://localhost/ enablereuse=on
"""

PYTHON = """\
LoadModule wsgi_module {modules}/mod_wsgi.so
WSGISocketPrefix {folder}/wsgi
WSGIDaemonProcess bench processes=1 threads=15
WSGIScriptAlias / {folder}/hello.py {group} application-group=%{{GLOBAL}}
"""

MODHOST = """\
LoadModule modhost_module {dist}/lib/apache2/modules/mod_modhost.so
"""

GROUP = """\
ModHostRunDirectory {folder}/run
ModHostDaemonProcess bench processes={workers}{more}
"""


class Apache(Server):
    """What is above `text()` is the same for all."""

    def apache(self, text, **values):
        # Apache serves as another user than root.
        self.paths.work.chmod(0o711)
        self.folder.chmod(0o711)
        path = self.folder / "apache.conf"
        places = {"folder": self.folder, "modules": MODULES,
                  "dist": self.paths.dist, **values}
        path.write_text(CONFIGURATION.format(
            port=self.port, threads=THREADS, text=text.format(**places),
            user="User www-data\nGroup www-data" if os.geteuid() == 0 else "",
            **places), encoding="utf-8")
        self.processes.append(start(
            ["apache2", "-d", str(self.folder), "-f", str(path),
             "-DFOREGROUND"], self.folder / "apache.log"))


class Plain(Apache):
    """Servers that have one answer only."""

    def serves(self, workload):
        return workload.path == "/plaintext"

    def counts_allocations(self):
        return False


class Static(Plain):
    def launch(self):
        (self.folder / "static.txt").write_text("Hello, World!",
                                                encoding="ascii")
        self.apache(STATIC)


class Proxy(Apache):
    def launch(self):
        path = self.folder / "kestrel.sock"
        self.kestrel(f"unix:{path}")
        self.await_file(path)
        if os.geteuid() == 0:
            path.chmod(0o666)
        self.apache(PROXY, socket=path)


class ModWsgi(Plain):
    def __init__(self, label, paths, daemon):
        super().__init__(label, paths)
        self.group = "process-group=bench" if daemon else (
            "process-group=%{GLOBAL}")

    @staticmethod
    def is_installed():
        return bool(shutil.which("apache2")) and (
            MODULES / "mod_wsgi.so").exists()

    def launch(self):
        shutil.copy(WSGI, self.folder)
        self.apache(PYTHON, group=self.group)


class Embedded(Apache):
    def __init__(self, label, paths, app):
        super().__init__(label, paths)
        self.app = app

    def launch(self):
        self.apache(MODHOST + "ModHostAlias / {app}\n", app=self.app)


class ApacheDaemon(Daemon, Apache):
    """Apache with a process group; the rest is as with nginx."""

    def launch(self):
        more = " cpu-priority=-19" if processes.priority else ""
        self.apache(MODHOST + GROUP
                    + "ModHostAlias / {app} process-group=bench\n",
                    app=self.app, workers=self.workers, more=more)


def servers(paths, kestrel):
    """All rows; `kestrel` is Kestrel alone."""
    rows = [Static(LIMIT, paths), kestrel, Proxy(PROXIED, paths)]
    for runtime, app in (("jit", paths.jit), ("aot", paths.aot)):
        if app is not None:
            rows += [Embedded(f"apache-embedded-{runtime}", paths, app),
                     ApacheDaemon(f"apache-daemon-{runtime}", paths, app)]
    if ModWsgi.is_installed():
        rows += [ModWsgi(WSGI_EMBEDDED, paths, daemon=False),
                 ModWsgi(WSGI_DAEMON, paths, daemon=True)]
    return rows


LIMIT = "apache-static-none"
PROXIED = "apache-proxyunix-jit"
WSGI_EMBEDDED = "apache-wsgiembedded-none"
WSGI_DAEMON = "apache-modwsgi-none"
