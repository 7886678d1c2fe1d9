"""Memory for connections that are open and idle.

WebSockets and event streams are held over nginx with a process group and over
nginx with a proxy to Kestrel, the same application behind both. What counts is
by how much all server processes together grow (PSS), for each connection.
build/bench --connections calls this after it has built everything.
"""

import argparse
import dataclasses
import datetime
import gc
import pathlib
import resource
import shutil
import socket
import statistics
import sys
import tempfile
import time

import report
from daemon import Daemon
from processes import memory, stop_in_order, tree
from servers import UPSTREAM, Paths, ProxyUnix
from workloads import get

ROOM = 1000  # descriptors and connections beyond those that are held
WARM = 200  # connections that come and go before anything is counted

# A reading is taken when two of them, so far apart, are so near to each other.
PAUSE = 1.0  # seconds
NEAR = 0.005
READINGS = 20

PROXY = """\
            proxy_pass http://kestrel;
            proxy_http_version 1.1;
            proxy_buffering off;
            proxy_read_timeout 1h;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $proxied_connection;
            proxy_set_header Host $host;"""

MAP = """
    map $http_upgrade $proxied_connection {
        default upgrade;
        "" "";
    }
"""


@dataclasses.dataclass(frozen=True)
class Kind:
    name: str
    request: bytes
    begins: bytes  # the answer
    until: bytes  # all that comes while it is idle


KINDS = (
    Kind("websocket",
         b"GET /ws?buffer=128 HTTP/1.1\r\nHost: localhost\r\n"
         b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
         b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
         b"HTTP/1.1 101 ", b"\r\n\r\n"),
    Kind("sse",
         b"GET /sse?count=2&gate=never HTTP/1.1\r\nHost: localhost\r\n\r\n",
         b"HTTP/1.1 200 ", b"data: event 0\n"),
)


class HeldByProxy(ProxyUnix):
    def launch(self):
        path = self.folder / "kestrel.sock"
        self.kestrel(f"unix:{path}")
        self.await_file(path)
        self.nginx(PROXY, MAP + UPSTREAM.format(address=f"unix:{path}"))


def parse():
    parser = argparse.ArgumentParser(prog="build/bench --connections",
                                     description=__doc__)
    parser.add_argument("--dist", type=pathlib.Path, required=True)
    parser.add_argument("--jit", type=pathlib.Path, required=True)
    parser.add_argument("--aot", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


def servers(paths):
    yield HeldByProxy("nginx-proxyunix-jit", paths)
    yield Daemon("nginx-daemon-jit", paths, paths.jit / "Probe.dll")
    if paths.aot:
        yield Daemon("nginx-daemon-aot", paths, paths.aot)


def allow_descriptors(count):
    """Of this process; the servers inherit it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < count:
        raise RuntimeError(f"{count} descriptors are needed, {most} allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def open_one(port, kind):
    connection = socket.create_connection(("127.0.0.1", port), 60)
    connection.settimeout(60)
    connection.sendall(kind.request)
    got = b""
    while kind.until not in got:
        piece = connection.recv(4096)
        if not piece:
            raise RuntimeError(f"{kind.name}: closed after {got!r}")
        got += piece
    if not got.startswith(kind.begins):
        raise RuntimeError(f"{kind.name}: {got!r}")
    return connection


def hold(port, kind, count):
    held = []
    try:
        for _ in range(count):
            held.append(open_one(port, kind))
    except BaseException:
        close(held)
        raise
    return held


def close(held):
    for connection in held:
        connection.close()


def is_open(connection):
    """Nothing has come, not even an end."""
    connection.setblocking(False)
    try:
        connection.recv(1)
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


def pss(server):
    """Of all processes of a server, when it has settled."""
    def once():
        return sum(memory(pid)[0] for pid in
                   {pid for root in server.roots() for pid in tree(root)})

    before = once()
    for _ in range(READINGS):
        time.sleep(PAUSE)
        now = once()
        if abs(now - before) <= NEAR * before:
            break
        before = now
    return now


def collected(server):
    """Garbage is not what a connection costs."""
    status, _, _ = get(server.port, "/runtime/collect?times=2")
    if status != 200:
        raise RuntimeError(f"{server.label}: {status}\n{server.logs()}")
    return pss(server)


def sample(server, kind, count):
    """Bytes for each connection."""
    server.connections = 2 * count + ROOM  # a proxy has one to each side
    try:
        server.start()
        server.await_answer("/empty")
        close(hold(server.port, kind, WARM))
        before = collected(server)
        held = hold(server.port, kind, count)
        try:
            after = collected(server)
            lost = sum(not is_open(connection) for connection in held)
        finally:
            close(held)
        if lost:
            raise RuntimeError(f"{server.label}: {lost} of {count} {kind.name}"
                               f" connections ended\n{server.logs()}")
        return (after - before) / count
    finally:
        server.stop()


def measure(options, compared, lines):
    samples = {}
    for number in range(1, options.rounds + 1):
        print(f"Round {number} of {options.rounds}.", flush=True)
        for kind in KINDS:
            for server in compared:
                size = sample(server, kind, options.count)
                gc.collect()
                samples.setdefault((kind.name, server.label), []).append(size)
                lines.write("sample", {
                    "server": server.label, "kind": kind.name,
                    "connections": options.count, "round": number,
                    "bytes_per_connection": size})
    return {key: statistics.median(sizes) for key, sizes in samples.items()}


def show(sizes, base, count):
    print(f"\n{count} connections{'':26}{'bytes each':>12}{'×proxy':>8}")
    for (kind, label), size in sizes.items():
        print(f"{label + '-' + kind:44}{size:12,.0f}"
              f"{size / sizes[kind, base]:8.2f}")


def main():
    stop_in_order()
    options = parse()
    options.out.mkdir(parents=True, exist_ok=True)
    work = pathlib.Path(tempfile.mkdtemp(prefix="modhost-bench."))
    work.chmod(0o755)
    allow_descriptors(2 * options.count + ROOM)
    compared = list(servers(Paths(options.dist, options.jit, options.aot,
                                  work)))
    stamp = datetime.datetime.now(datetime.timezone.utc)
    target = options.out / f"connections-{stamp:%Y%m%dT%H%M%SZ}.jsonl"
    try:
        with report.JsonLines(target) as lines:
            sizes = measure(options, compared, lines)
            for (kind, label), size in sizes.items():
                lines.write("median", {"server": label, "kind": kind,
                                       "connections": options.count,
                                       "bytes_per_connection": size})
    finally:
        shutil.rmtree(work, ignore_errors=True)
    show(sizes, compared[0].label, options.count)
    print(f"\nDetails: {target}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except RuntimeError as error:
        sys.exit(f"bench: {error}")
