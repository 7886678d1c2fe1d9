"""What /proc says about a process and its descendants."""

import os
import signal
import sys

TICKS = os.sysconf("SC_CLK_TCK")

priority = False  # --priority


def alone_on(core, command):
    """The command on one core and in a session of its own, because the kernel
    shares the processor by session (sched_autogroup)."""
    pinned = ["taskset", "-c", str(core), *command]
    if not priority:
        return ["setsid", "-w", *pinned]
    return ["setsid", "-w", "sh", "-c",
            'echo -19 >/proc/self/autogroup; exec "$@"', "-", *pinned]


def _stat(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        # The name, in parentheses, may hold anything.
        return file.read().rpartition(")")[2].split()


def tree(root):
    """The process and all its descendants."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                children.setdefault(int(_stat(entry)[1]), []).append(
                    int(entry))
            except (OSError, IndexError):
                pass
    found, left = [], [root]
    while left:
        pid = left.pop()
        found.append(pid)
        left += children.get(pid, [])
    return found


def cpu_seconds_of(pid):
    """User and system time of one process."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_seconds(roots):
    """The same of these processes and all their descendants."""
    total = 0
    for root in roots:
        for pid in tree(root):
            try:
                total += cpu_seconds_of(pid)
            except (OSError, IndexError):
                pass
    return total


def memory(pid):
    """(PSS, RSS) in bytes."""
    values = {}
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        for line in file:
            name, _, rest = line.partition(":")
            if rest.endswith("kB\n"):
                values[name] = int(rest.split()[0]) * 1024
    return values["Pss"], values["Rss"]


def stop_in_order():
    """TERM and HUP too end the servers before this process ends."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
