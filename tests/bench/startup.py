"""Time from start to first answer, and memory of the process with the app;
what the supervisor of a process group takes.

One server at a time: pages that two processes share would count half.
"""

import re
import statistics
import time

import workloads
from daemon import Daemon
from processes import memory
from servers import ALONE

LABELS = re.compile(rf"{ALONE}$|\w+-(embedded|daemon)-(jit|aot)$")
LOAD = 2  # seconds of plaintext before memory is read


def measure(servers, rounds):
    times = {server.label: [] for server in servers}
    sizes = {server.label: [] for server in servers}
    standing = {}
    for _ in range(max(rounds, 3)):
        for server in servers:
            began = time.monotonic()
            try:
                server.start()
                server.await_answer()
                times[server.label].append(time.monotonic() - began)
                workloads.load(server.port, workloads.ALL[0], 64, LOAD)
                sizes[server.label].append(memory(server.app_process()))
                if isinstance(server, Daemon):
                    standing[server.label] = server.standing()
            finally:
                server.stop()
    return [{
        "server": server.label,
        "first_answer_ms": 1000 * statistics.median(times[server.label]),
        "pss": statistics.median(one[0] for one in sizes[server.label]),
        "rss": statistics.median(one[1] for one in sizes[server.label]),
        **standing.get(server.label, {}),
    } for server in servers]
