"""JSON lines and tables."""

import json
import os
import pathlib
import platform
import statistics
import subprocess

from servers import ALONE

MEDIANS = ("requests_per_second", "p50_us", "p99_us", "cpu_per_100k",
           "allocated_per_request")


class JsonLines:
    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()

    def write(self, kind, row):
        self.file.write(json.dumps({"kind": kind, **row}) + "\n")
        self.file.flush()


def machine(options):
    def output(*command):
        result = subprocess.run(command, capture_output=True, text=True,
                                check=False)
        return (result.stdout + result.stderr).strip()

    cpu = [line.partition(":")[2].strip() for line in
           pathlib.Path("/proc/cpuinfo").read_text(
               encoding="utf-8").splitlines() if line.startswith("model name")]
    return {
        "cpu": cpu[0] if cpu else platform.machine(),
        "kernel": platform.release(),
        "server": options.server,
        "nginx": output("nginx", "-v").rpartition("/")[2],
        "apache": output("apache2", "-v").partition("/")[2].partition(" ")[0],
        "dotnet": max((line.split()[1] for line in
                       output("dotnet", "--list-runtimes").splitlines()
                       if line.startswith("Microsoft.AspNetCore.App ")),
                      key=lambda text: [int(part) for part in
                                        text.split("-")[0].split(".")],
                      default=""),
        "load": round(os.getloadavg()[0], 1),
        "priority": options.priority,
        "rounds": options.rounds,
        "duration": options.duration,
    }


def medians(samples):
    rows = {}
    for row in samples:
        rows.setdefault(row["name"], []).append(row)
    return [dict(
        {key: group[0][key] for key in
         ("name", "server", "workload", "connections")},
        samples=len(group),
        socket_errors=sum(row["socket_errors"] for row in group),
        **{key: median(row[key] for row in group) for key in MEDIANS},
    ) for group in rows.values()]


def median(values):
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def find(rows, server, workload, connections):
    for row in rows:
        if (row["server"], row["workload"], row["connections"]) == (
                server, workload, connections):
            return row
    return None


def ratio(rows, row, other, key="requests_per_second"):
    """row's figure over that of another server in the same run, or None."""
    base = row and find(rows, other, row["workload"], row["connections"])
    return row[key] / base[key] if base and base[key] else None


def show(value, form):
    return "–" if value is None else format(value, form)


def print_table(rows, proxied):
    if not rows:
        return
    print(f"\n{'':44}{'requests/s':>11}{'p50 µs':>8}{'p99 µs':>8}"
          f"{'CPU s/100k':>11}{'alloc B':>9}{'×proxy':>8}{'×Kestrel':>9}")
    group = None
    for row in rows:
        if group not in (None, (row["workload"], row["connections"])):
            print()
        group = (row["workload"], row["connections"])
        print(f"{row['name']:44}{row['requests_per_second']:11,.0f}"
              f"{row['p50_us']:8,.0f}{row['p99_us']:8,.0f}"
              f"{row['cpu_per_100k']:11.2f}"
              f"{show(row['allocated_per_request'], ',.0f'):>9}"
              f"{show(ratio(rows, row, proxied), '.2f'):>8}"
              f"{show(ratio(rows, row, ALONE), '.2f'):>9}"
              + (f"  {row['socket_errors']} socket errors"
                 if row["socket_errors"] else ""))


def print_startup(rows):
    if not rows:
        return
    print(f"\n{'':44}{'first answer':>14}{'PSS MiB':>9}{'RSS MiB':>9}")
    for row in rows:
        print(f"{row['server']:44}{row['first_answer_ms']:11.0f} ms"
              f"{row['pss'] / 2**20:9.1f}{row['rss'] / 2**20:9.1f}")
    print_standing(rows)


def print_standing(rows):
    """Supervisor and watchdog, which are the same whatever they supervise."""
    rows = [row for row in rows if "supervisor" in row]
    if rows:
        print(f"\n{'':44}{'RSS MiB':>14}{'idle CPU %':>12}")
    for row in rows:
        for part in ("supervisor", "watchdog"):
            print(f"{row['server'] + ': ' + part:44}"
                  f"{row[part]['rss'] / 2**20:14.1f}"
                  f"{row[part]['cpu_percent']:12.2f}")
