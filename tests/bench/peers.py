"""How others do it, for another language: uWSGI behind nginx, mod_wsgi's
daemon mode. Shown where they are installed."""

import pathlib
import shutil

from apache import WSGI_DAEMON, ModWsgi
from servers import Server, start

APPLICATION = pathlib.Path(__file__).resolve().parent / "wsgi/hello.py"

UWSGI = """\
            include /etc/nginx/uwsgi_params;
            uwsgi_pass unix:{socket};"""

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


def peers(paths):
    rows = [Uwsgi("nginx-uwsgi-none", paths)] if Uwsgi.is_installed() else []
    if ModWsgi.is_installed():
        rows.append(ModWsgi(WSGI_DAEMON, paths, daemon=True))
    return rows
