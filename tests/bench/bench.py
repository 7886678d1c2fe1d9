"""Compares ModHost with a proxy, with Kestrel alone and with the web server
itself.

build/bench calls this after it has built everything. Samples are taken in
interleaved rounds, so that what disturbs the machine disturbs every server;
the medians are told.
"""

import argparse
import datetime
import pathlib
import re
import shutil
import sys
import tempfile

import chart
import comparison
import processes
import report
import startup
import workloads
from processes import cpu_seconds
from servers import Paths, Server

CONNECTIONS = (1, 64, 256)

# Turns of one second. The JIT reaches its last tier late: it compiles in the
# background, on the one core that is busy, and first code that counts calls.
WARM_UP_FIRST = 10
WARM_UP_LATER = 3


def parse():
    parser = argparse.ArgumentParser(prog="build/bench", description=__doc__)
    parser.add_argument("--dist", type=pathlib.Path, required=True)
    parser.add_argument("--jit", type=pathlib.Path, required=True)
    parser.add_argument("--aot", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--publish", type=pathlib.Path,
                        help="a folder that gets the chart too")
    parser.add_argument("--server", choices=sorted(comparison.ALL),
                        default="nginx")
    parser.add_argument("--quick", action="store_true",
                        help="64 connections, 3 rounds of 2 seconds")
    parser.add_argument("--only", default="", metavar="REGEX",
                        help="runs whose names match, as in "
                        "nginx-embedded-jit-plaintext-c64")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--duration", type=int, default=0, metavar="SECONDS")
    parser.add_argument("--priority", action="store_true",
                        help="for a busy machine: what is measured goes "
                        "before everything else (root)")
    parser.add_argument("--no-startup", action="store_true",
                        help="leave out start times and memory")
    options = parser.parse_args()
    options.rounds = options.rounds or (3 if options.quick else 5)
    processes.priority = options.priority
    options.duration = options.duration or (2 if options.quick else 3)
    return options


def plan(options, servers):
    """[(workload, connections, [server])] with something to do."""
    runs = []
    for workload in workloads.ALL:
        for count in (64,) if options.quick else CONNECTIONS:
            chosen = [
                server for server in servers if server.serves(workload)
                and re.search(options.only, name(server, workload, count))]
            if chosen:
                runs.append((workload, count, chosen))
    return runs


def name(server: Server, workload, connections):
    return f"{server.label}-{workload.name}-c{connections}"


def compare(runs):
    """Every server must give the same bytes before it is timed."""
    expected = {}
    for workload, _, servers in runs:
        for server in servers:
            answer = workloads.answer(server.port, workload)
            first = expected.setdefault(workload.name, (server, answer))
            if answer != first[1] or answer[0] != 200:
                raise RuntimeError(
                    f"{server.label} and {first[0].label} answer differently "
                    f"to {workload.name}: {describe(answer)}, "
                    f"{describe(first[1])}")


def describe(answer):
    status, kind, body = answer
    return f"{status} {kind} {len(body)} bytes {body[:40]!r}"


def allocated(server):
    if not server.counts_allocations():
        return None
    status, _, body = workloads.get(server.port, "/alloc")
    return int(body) if status == 200 else None


def sample(server, workload, connections, seconds):
    before = allocated(server)
    cpu = cpu_seconds(server.roots())
    result = workloads.load(server.port, workload, connections, seconds)
    cpu = cpu_seconds(server.roots()) - cpu
    after = allocated(server)
    requests = result["requests"]
    if not requests or result["status_errors"]:
        raise RuntimeError(f"{server.label}: {result}\n{server.logs()}")
    return {
        "name": name(server, workload, connections),
        "server": server.label,
        "workload": workload.name,
        "connections": connections,
        "requests_per_second": requests * 1e6 / result["microseconds"],
        "p50_us": result["p50_us"],
        "p99_us": result["p99_us"],
        "cpu_per_100k": cpu * 1e5 / requests,
        "allocated_per_request":
            None if before is None else (after - before) / requests,
        "socket_errors": result["socket_errors"],
    }


def warm_up(runs, servers):
    print("Warming up.", flush=True)
    turns = WARM_UP_FIRST
    for workload in dict.fromkeys(run[0] for run in runs):
        for _ in range(turns):
            for server in servers:
                if server.serves(workload):
                    workloads.load(server.port, workload, 64, 1)
        turns = WARM_UP_LATER


def measure(options, runs, record):
    servers = {server.label: server for _, _, chosen in runs
               for server in chosen}
    try:
        for server in servers.values():
            server.start()
            server.await_answer()
        compare(runs)
        warm_up(runs, servers.values())
        for number in range(1, options.rounds + 1):
            compare(runs)
            print(f"Round {number} of {options.rounds}.", flush=True)
            for workload, count, chosen in runs:
                for server in chosen:
                    record(dict(sample(server, workload, count,
                                       options.duration), round=number))
    finally:
        for server in servers.values():
            server.stop()


def main():
    processes.stop_in_order()
    options = parse()
    options.out.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="modhost-bench."))
    paths = Paths(options.dist, options.jit, options.aot, work)
    compared = comparison.ALL[options.server]
    servers = compared.servers(paths)
    stamp = datetime.datetime.now(datetime.timezone.utc)
    target = options.out / f"{stamp:%Y%m%dT%H%M%SZ}.jsonl"
    machine = report.machine(options)
    if machine["load"] > 0.5:
        print(f"This machine is busy (load {machine['load']}): figures will "
              "be low, and ratios uncertain.")
    samples = []
    try:
        with report.JsonLines(target) as lines:
            lines.write("machine", machine)

            def record(row):
                samples.append(row)
                lines.write("sample", row)

            runs = plan(options, servers)
            started = [] if options.no_startup else [
                server for server in servers
                if startup.LABELS.match(server.label)
                and re.search(options.only, f"{server.label}-startup")]
            if not runs and not started:
                print(f"Nothing is called '{options.only}'.")
                return 2
            if runs:
                measure(options, runs, record)
            summary = report.medians(samples)
            for row in summary:
                lines.write("median", row)
            report.print_table(summary, compared.proxied)
            starts = startup.measure(started, options.rounds)
            for row in starts:
                lines.write("startup", row)
            report.print_startup(starts)
            compared.goals(summary, starts)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    picture = chart.draw(summary, machine, compared)
    if picture:
        for folder in filter(None, (options.out, options.publish)):
            (folder / chart.FILES[options.server]).write_text(
                picture, encoding="utf-8")
    print(f"\nDetails: {target}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RuntimeError as error:
        sys.exit(f"bench: {error}")
