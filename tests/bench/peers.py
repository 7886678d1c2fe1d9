"""How others do it, for another language: uWSGI behind nginx, mod_wsgi's
daemon mode. Shown where they are installed."""

import os
import pathlib
import shutil

from servers import Server, start

APPLICATION = pathlib.Path(__file__).resolve().parent / "wsgi/hello.py"

UWSGI = """\
            include /etc/nginx/uwsgi_params;
            uwsgi_pass unix:{socket};"""

APACHE_MODULES = pathlib.Path("/usr/lib/apache2/modules")

APACHE = """\
ServerRoot {folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/apache.pid
DefaultRuntimeDir {folder}
Mutex file:{folder}
ErrorLog {folder}/error.log
{user}
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule wsgi_module {modules}/mod_wsgi.so
StartServers 1
ServerLimit 8
ThreadsPerChild 64
MaxRequestWorkers 512
KeepAlive On
MaxKeepAliveRequests 0
WSGISocketPrefix {folder}/wsgi
WSGIRestrictEmbedded On
WSGIDaemonProcess bench processes=1 threads=15
WSGIScriptAlias / {folder}/hello.py process-group=bench application-group=%{{GLOBAL}}
<Directory {folder}>
    Require all granted
</Directory>
"""


class Peer(Server):
    def serves(self, workload):
        return workload.path == "/plaintext"

    def counts_allocations(self):
        return False

    def application(self):
        """Where the web server's user may read it."""
        self.paths.work.chmod(0o711)
        self.folder.chmod(0o711)
        return shutil.copy(APPLICATION, self.folder)


class Uwsgi(Peer):
    @staticmethod
    def is_installed():
        return bool(shutil.which("uwsgi")) and pathlib.Path(
            "/usr/lib/uwsgi/plugins/python3_plugin.so").exists()

    def launch(self):
        path = self.folder / "uwsgi.sock"
        self.processes.append(start(
            ["uwsgi", "--plugins", "python3", "--socket", str(path),
             "--chmod-socket=666", "--listen", "1024", "--wsgi-file",
             self.application(), "--need-app", "--processes", "1",
             "--disable-logging", "--die-on-term"],
            self.folder / "uwsgi.log"))
        self.await_file(path)
        self.nginx(UWSGI.format(socket=path))


class ModWsgi(Peer):
    @staticmethod
    def is_installed():
        return bool(shutil.which("apache2")) and (
            APACHE_MODULES / "mod_wsgi.so").exists()

    def launch(self):
        self.application()
        path = self.folder / "apache.conf"
        path.write_text(APACHE.format(
            folder=self.folder, port=self.port, modules=APACHE_MODULES,
            user="User www-data\nGroup www-data" if os.geteuid() == 0 else ""),
            encoding="utf-8")
        self.processes.append(start(
            ["apache2", "-f", str(path), "-DFOREGROUND"],
            self.folder / "apache.log"))


def peers(paths):
    return [kind(label, paths) for label, kind in (
        ("nginx-uwsgi-none", Uwsgi), ("apache-modwsgi-none", ModWsgi))
        if kind.is_installed()]
