"""What the project aims at; a line for each aim that a run can tell."""

import apache
from report import find, ratio
from servers import ALONE, LIMIT, PROXIED


class Goals:
    def __init__(self, rows):
        self.rows = rows
        self.lines = []

    def add(self, text, value, limit, at_most=False):
        if value is not None:
            met = value <= limit if at_most else value >= limit
            self.lines.append(
                f"{text:56}{value:6.2f}  aim {'≤' if at_most else '≥'}"
                f" {limit:.2f}  {'met' if met else 'NOT MET'}")

    def rate(self, server, workload, other, limit, connections=64):
        row = find(self.rows, server, workload, connections)
        self.add(f"{server} {workload} c{connections} / {other}",
                 ratio(self.rows, row, other), limit)

    def latency(self, server, proxied):
        row = find(self.rows, server, "plaintext", 1)
        self.add(f"{server} plaintext c1 p50 / {proxied}",
                 ratio(self.rows, row, proxied, "p50_us"), 1.0, at_most=True)

    def show(self):
        if self.lines:
            print("\n" + "\n".join(self.lines))


def of_nginx(rows, starts):
    goals = Goals(rows)
    for runtime in ("jit", "aot"):
        pool = f"nginx-embedded-{runtime}"
        inline = f"nginx-inline-{runtime}"
        goals.rate(pool, "plaintext", PROXIED, 3.0)
        goals.rate(pool, "plaintext", ALONE, 1.2)
        goals.rate(inline, "plaintext", LIMIT, 0.75)
        for workload, limit in (("json", 2.5), ("headers20", 2.5),
                                ("download64k", 1.5), ("upload64k", 1.5)):
            goals.rate(pool, workload, PROXIED, limit)
        goals.latency(pool, PROXIED)
        daemon = f"nginx-daemon-{runtime}"
        goals.rate(daemon, "plaintext", PROXIED, 1.9)
        goals.rate(daemon, "plaintext", ALONE, 0.75)
        goals.rate(daemon, "plaintext", PROXIED, 2.3, connections=256)
        for workload, limit in (("json", 1.6), ("headers20", 1.6),
                                ("download64k", 1.3)):
            goals.rate(daemon, workload, PROXIED, limit)
        goals.latency(daemon, PROXIED)
    starting(goals, starts)
    goals.show()


def of_apache(rows, _):
    goals = Goals(rows)
    for runtime in ("jit", "aot"):
        embedded = f"apache-embedded-{runtime}"
        goals.rate(embedded, "plaintext", apache.LIMIT, 0.9)
        goals.rate(embedded, "plaintext", apache.PROXIED, 1.8)
        goals.rate(embedded, "plaintext", apache.WSGI_EMBEDDED, 1.3)
        daemon = f"apache-daemon-{runtime}"
        goals.rate(daemon, "plaintext", apache.PROXIED, 1.3)
        goals.rate(daemon, "plaintext", apache.WSGI_DAEMON, 2.0)
    goals.show()


def starting(goals, starts):
    table = {row["server"]: row for row in starts}
    alone, jit, aot = (table.get(label) for label in (
        ALONE, "nginx-embedded-jit", "nginx-embedded-aot"))
    if alone and jit:
        goals.add("memory (PSS), worker with JIT app / Kestrel process",
                  jit["pss"] / alone["pss"], 1.15, at_most=True)
        goals.add("first answer, nginx with JIT app / dotnet App.dll",
                  jit["first_answer_ms"] / alone["first_answer_ms"], 1.3,
                  at_most=True)
    if jit and aot:
        goals.add("first answer, nginx with AOT app / with JIT app",
                  aot["first_answer_ms"] / jit["first_answer_ms"], 0.4,
                  at_most=True)
    standing = next((row for row in starts if "supervisor" in row), None)
    if standing:
        for part, limit in (("supervisor", 25), ("watchdog", 2)):
            goals.add(f"{part}, resident MiB",
                      standing[part]["rss"] / 2**20, limit, at_most=True)
            goals.add(f"{part}, idle, per cent of a core",
                      standing[part]["cpu_percent"], 0.1, at_most=True)
