"""JSON lines, tables and the comparison with what was aimed at."""

import json
import os
import pathlib
import platform
import statistics
import subprocess

from servers import ALONE, LIMIT, PROXIED

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
        "nginx": output("nginx", "-v").rpartition("/")[2],
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


def print_table(rows):
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
              f"{show(ratio(rows, row, PROXIED), '.2f'):>8}"
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


def print_goals(rows, starts):
    """What the project aims at; a line for each that this run can tell."""
    lines = []

    def goal(text, value, limit, at_most=False):
        if value is not None:
            met = value <= limit if at_most else value >= limit
            lines.append(f"{text:56}{value:6.2f}  aim {'≤' if at_most else '≥'}"
                         f" {limit:.2f}  {'met' if met else 'NOT MET'}")

    def rate(server, workload, other, limit, connections=64):
        row = find(rows, server, workload, connections)
        goal(f"{server} {workload} c{connections} / {other}",
             ratio(rows, row, other), limit)

    def latency(server):
        row = find(rows, server, "plaintext", 1)
        goal(f"{server} plaintext c1 p50 / {PROXIED}",
             ratio(rows, row, PROXIED, "p50_us"), 1.0, at_most=True)

    for runtime in ("jit", "aot"):
        pool = f"nginx-embedded-{runtime}"
        inline = f"nginx-inline-{runtime}"
        rate(pool, "plaintext", PROXIED, 3.0)
        rate(pool, "plaintext", ALONE, 1.2)
        rate(inline, "plaintext", LIMIT, 0.75)
        for workload, limit in (("json", 2.5), ("headers20", 2.5),
                                ("download64k", 1.5), ("upload64k", 1.5)):
            rate(pool, workload, PROXIED, limit)
        latency(pool)
        daemon = f"nginx-daemon-{runtime}"
        rate(daemon, "plaintext", PROXIED, 1.9)
        rate(daemon, "plaintext", ALONE, 0.75)
        rate(daemon, "plaintext", PROXIED, 2.3, connections=256)
        for workload, limit in (("json", 1.6), ("headers20", 1.6),
                                ("download64k", 1.3)):
            rate(daemon, workload, PROXIED, limit)
        latency(daemon)

    table = {row["server"]: row for row in starts}
    alone, jit, aot = (table.get(label) for label in (
        ALONE, "nginx-embedded-jit", "nginx-embedded-aot"))
    if alone and jit:
        goal("memory (PSS), worker with JIT app / Kestrel process",
             jit["pss"] / alone["pss"], 1.15, at_most=True)
        goal("first answer, nginx with JIT app / dotnet App.dll",
             jit["first_answer_ms"] / alone["first_answer_ms"], 1.3,
             at_most=True)
    if jit and aot:
        goal("first answer, nginx with AOT app / with JIT app",
             aot["first_answer_ms"] / jit["first_answer_ms"], 0.4,
             at_most=True)
    standing = next((row for row in starts if "supervisor" in row), None)
    if standing:
        for part, limit in (("supervisor", 25), ("watchdog", 2)):
            goal(f"{part}, resident MiB", standing[part]["rss"] / 2**20, limit,
                 at_most=True)
            goal(f"{part}, idle, per cent of a core",
                 standing[part]["cpu_percent"], 0.1, at_most=True)
    if lines:
        print("\n" + "\n".join(lines))
