"""The servers that are compared: how each is configured, started, stopped.

All their processes run on one core.
"""

import dataclasses
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from processes import alone_on
from workloads import get

SERVER_CORE = 0

NGINX = """\
daemon off;
worker_processes 1;
{files}
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
{user}
{load_module}
events {{
    worker_connections {connections};
}}

http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{upstream}
    server {{
        listen 127.0.0.1:{port};

        location / {{
{location}
        }}
    }}
}}
"""

UPSTREAM = """
    upstream kestrel {{
        server {address};
        keepalive 256;
    }}
"""

PROXY = """\
            proxy_pass http://kestrel;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;"""

RETURN = """\
            default_type text/plain;
            return 200 "Hello, World!";"""


@dataclasses.dataclass(frozen=True)
class Paths:
    dist: pathlib.Path
    jit: pathlib.Path  # publish folder, named after its application
    aot: pathlib.Path  # library; may be absent
    work: pathlib.Path  # private to this run


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(command, log, environment=None):
    with open(log, "ab") as output:
        return subprocess.Popen(
            alone_on(SERVER_CORE, command),
            env=dict(os.environ, **(environment or {})),
            stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT)


class Server:
    """One row of the comparison. `label` is <server>-<mode>-<runtime>."""

    connections = 4096  # of the one nginx worker

    def __init__(self, label, paths):
        self.label = label
        self.paths = paths
        self.folder = paths.work / label
        self.processes = []
        self.port = 0

    def start(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.port = free_port()
        self.launch()

    def launch(self):
        raise NotImplementedError

    def serves(self, workload):
        return True

    def counts_allocations(self):
        """Whether /alloc tells how much the application has allocated."""
        return True

    def await_file(self, path):
        while not path.exists() and self.processes[-1].poll() is None:
            time.sleep(0.01)

    def kestrel(self, address):
        urls = (f"http://{address}" if address.startswith("unix:")
                else f"http://127.0.0.1:{address}")
        self.processes.append(start(
            ["dotnet", str(self.paths.jit / f"{self.paths.jit.name}.dll")],
            self.folder / "kestrel.log",
            {"ASPNETCORE_URLS": urls, "Logging__LogLevel__Default": "Warning",
             "ASPNETCORE_CONTENTROOT": str(self.paths.jit)}))

    def nginx(self, location, upstream="", load_module=""):
        text = NGINX.format(
            folder=self.folder, port=self.port, location=location,
            upstream=upstream, load_module=load_module,
            connections=self.connections,
            files=f"worker_rlimit_nofile {2 * self.connections};"
            if self.connections > 4096 else "",
            user="user root;" if os.geteuid() == 0 else "")
        path = self.folder / "nginx.conf"
        path.write_text(text, encoding="utf-8")
        self.processes.append(start(
            ["nginx", "-p", str(self.folder), "-c", str(path), "-e",
             str(self.folder / "error.log")], self.folder / "nginx.log"))

    def await_answer(self, path="/plaintext", patience=60):
        """Until the first right answer."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if any(one.poll() is not None for one in self.processes):
                break
            try:
                status = get(self.port, path)[0]
                if status == 200:
                    return
                if status == 503:  # the application failed to start
                    break
            except OSError:
                pass
            time.sleep(0.001)
        raise RuntimeError(f"{self.label} did not answer:\n{self.logs()}")

    def logs(self):
        return "".join(path.read_text(errors="replace")[:3000]
                       for path in sorted(self.folder.glob("*.log")))

    def roots(self):
        return [process.pid for process in self.processes]

    def app_process(self):
        """The process that runs the app: Kestrel, or the web server's."""
        root = self.processes[0].pid
        with open(f"/proc/{root}/task/{root}/children",
                  encoding="ascii") as file:
            children = file.read().split()
        is_master = pathlib.Path(f"/proc/{root}/comm").read_text(
            encoding="ascii").startswith(("nginx", "apache2"))
        return int(children[0]) if is_master else root

    def stop(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.processes = []


class Return(Server):
    def launch(self):
        self.nginx(RETURN)

    def serves(self, workload):
        return workload.path == "/plaintext"

    def counts_allocations(self):
        return False


class Kestrel(Server):
    def launch(self):
        self.kestrel(str(self.port))


class ProxyUnix(Server):
    def launch(self):
        path = self.folder / "kestrel.sock"
        self.kestrel(f"unix:{path}")
        self.await_file(path)
        self.nginx(PROXY, UPSTREAM.format(address=f"unix:{path}"))


class ProxyTcp(Server):
    def launch(self):
        port = free_port()
        self.kestrel(str(port))
        self.nginx(PROXY, UPSTREAM.format(address=f"127.0.0.1:{port}"))


class Embedded(Server):
    def __init__(self, label, paths, app, dispatch):
        super().__init__(label, paths)
        self.app = app
        self.dispatch = dispatch

    def launch(self):
        modules = self.paths.dist / "lib/nginx/modules"
        lines = [f"modhost_pass {self.app};"]
        if self.dispatch != "threadpool":
            lines.append(f"modhost_dispatch {self.dispatch};")
        self.nginx("\n".join(f"            {line}" for line in lines),
                   load_module="load_module "
                   f"{modules}/ngx_http_modhost_module.so;")


PROXIED = "nginx-proxyunix-jit"
ALONE = "kestrel-tcp-jit"
LIMIT = "nginx-return-none"
