"""nginx with a process group: supervisor, watchdog and workers of their own."""

import os
import pathlib
import time

import processes
from processes import cpu_seconds_of, memory, tree
from servers import Server

GROUP = """
    modhost_run_directory {folder}/run;
    modhost_daemon_process bench processes={workers}{more};
"""

IDLE = 5  # seconds of doing nothing


class Daemon(Server):
    def __init__(self, label, paths, app, workers=1):
        super().__init__(label, paths)
        self.app = app
        self.workers = workers

    def launch(self):
        modules = self.paths.dist / "lib/nginx/modules"
        self.nginx(
            f"            modhost_pass {self.app} process_group=bench;",
            GROUP.format(folder=self.folder, workers=self.workers,
                         more=self.more()),
            f"load_module {modules}/ngx_http_modhost_module.so;")

    def more(self):
        """Workers have sessions of their own, and so need their priority."""
        return (" allow-root=on" if os.geteuid() == 0 else "") + (
            " cpu-priority=-19" if processes.priority else "")

    def counts_allocations(self):
        return self.workers == 1  # each worker counts its own

    def app_process(self):
        return self.find(b"modhost: bench ")[0]

    def roots(self):
        """nginx, and the watchdog, which is no child of it."""
        instance = f"{self.folder}/run/".encode()
        watchdogs = []
        for entry in pathlib.Path("/proc").iterdir():
            try:
                line = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            program = line.split(b"\0")[0]
            if instance in line and program.endswith(b"/modhost-watchdog"):
                watchdogs.append(int(entry.name))
        return super().roots() + watchdogs

    def find(self, begin):
        """Processes of this server whose command lines begin so."""
        found = []
        for pid in [pid for root in self.roots() for pid in tree(root)]:
            try:
                line = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
            except OSError:
                continue
            name = line.split(b"\0")[0].rpartition(b"/")[2]
            if name.startswith(begin):
                found.append(pid)
        if not found:
            raise RuntimeError(f"{self.label}: no process {begin}")
        return found

    def standing(self):
        """What the supervisor and its watchdog take while nothing happens."""
        pids = {"supervisor": self.find(b"modhostd")[0],
                "watchdog": self.find(b"modhost-watchdog")[0]}
        before = {name: cpu_seconds_of(pid) for name, pid in pids.items()}
        time.sleep(IDLE)
        return {name: {
            "rss": memory(pid)[1],
            "cpu_percent":
                100 * (cpu_seconds_of(pid) - before[name]) / IDLE,
        } for name, pid in pids.items()}
