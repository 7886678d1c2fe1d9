"""Quitting, reloading, and what workers are given."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

from common import (IS_STUB, embedded_only, in_flight, nginx_only,
                    not_prefork, stub_only)
from base_server import APP, DAEMON, PATIENCE, wait_for
from web_server import Server
from own_servers import SLOW_START, own, simple, started, with_server

# Applications of process groups are stopped when the web server's processes are
# gone, and those wait for their requests as long as the server is told to.
NGINX_LIMIT = "worker_shutdown_timeout 1s;" if DAEMON else ""
APACHE_LIMIT = "apache GracefulShutdownTimeout 1;" if DAEMON else ""
SERVER_WAITS = "the web server's processes go first: it has a limit for them"


def asked(server, path, count):
    """Clients whose requests nginx has read."""
    clients = []
    for _ in range(count):
        s = socket.create_connection(("127.0.0.1", server.port), 5)
        s.settimeout(PATIENCE)
        s.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        clients.append(s)
    # read in the same turn of the loop as this one, or before
    assert server.get("/static/")[0] == 200
    return clients


def broken_off(server):
    """Whether the log says so; the probe's host has the same time as nginx."""
    log = server.log()
    return "MH0333" in log or (not IS_STUB and "MH0405" in log)


def rest_of(s):
    got = b""
    with s:
        while piece := s.recv(65536):
            got += piece
    return got


@own
def quit_waits_for_requests_and_for_the_app():
    def body(server):
        started(server)
        got = []
        t = threading.Thread(
            target=lambda: got.append(server.get("/sleep?ms=1000")))
        t.start()
        in_flight(server)
        server.stop()
        t.join()
        assert got[0] == (200, b"slept\n"), got
        log = server.log()
        assert log.index("Stub: stopping") < log.index("Stub: stopped")
    with_server(simple(), body, stop=False, main="env STUB_STOP_MS=300;")


@own
def quit_while_requests_wait_for_the_start():
    def body(server):
        clients = asked(server, "/sleep?ms=200", 5)
        server.stop()
        for got in map(rest_of, clients):
            assert b" 200 " in got and got.endswith(b"slept\n"), got
        assert "Stub: stopped" in server.log()
    with_server(simple(http="modhost_queue_timeout 60s;"), body, stop=False,
                main=SLOW_START)


@own
def quit_during_the_start():
    def body(server):
        assert server.get("/static/")[0] == 200     # nginx itself has started
        begun = time.monotonic()
        server.stop()
        assert time.monotonic() - begun < 30    # startup-timeout is longer
    with_server(simple(), body, stop=False, main=SLOW_START)


@own
def nginx_killed_while_it_starts_leaves_no_process():
    def body(server):
        os.killpg(server.process.pid, signal.SIGKILL)
        server.process.wait(PATIENCE)
        # a folder may stay until the next start, if nobody was there yet
        wait_for(lambda: not server.daemons(), 20, "the end of its groups")
    with_server(simple(), body, stop=False, check_log=False)


@own
@embedded_only(SERVER_WAITS)
def quit_lets_the_app_end_its_upgraded_connections():
    def body(server):
        started(server)
        with socket.create_connection(("127.0.0.1", server.port), 5) as s:
            s.settimeout(PATIENCE)
            s.sendall(b"GET /upgrade-echo?stop=1 HTTP/1.1\r\nHost: a\r\n"
                      b"Connection: Upgrade\r\nUpgrade: stub\r\n\r\nhello")
            got = b""
            while not got.endswith(b"hello"):
                got += s.recv(4096)
            server.stop()
            assert s.recv(10) == b"end" and s.recv(10) == b""
        assert "MH0333" not in server.log()
    with_server(simple(), body, stop=False)


@own
def quit_breaks_off_upgraded_connections_at_last():
    def body(server):
        started(server)
        with socket.create_connection(("127.0.0.1", server.port), 5) as s:
            s.settimeout(PATIENCE)
            s.sendall(b"GET /upgrade-echo HTTP/1.1\r\nHost: a\r\n"
                      b"Connection: Upgrade\r\nUpgrade: stub\r\n\r\nhello")
            got = b""
            while not got.endswith(b"hello"):
                got += s.recv(4096)
            server.stop()
        assert DAEMON or broken_off(server)
    with_server(simple(http="modhost_shutdown_timeout 500ms;" + APACHE_LIMIT),
                body, stop=False, main=NGINX_LIMIT)


@own
def quit_does_not_wait_for_ever():
    def body(server):
        started(server)
        assert server.get("/plaintext")[0] == 200
        with socket.create_connection(("127.0.0.1", server.port), 5) as s:
            s.sendall(b"GET /abort?ms=600000 HTTP/1.1\r\nHost: a\r\n\r\n")
            in_flight(server)
            server.stop()
            s.settimeout(PATIENCE)
            got = s.recv(4096)
            assert got == b"" if DAEMON else b" 503 " in got, got
        assert DAEMON or broken_off(server)
    with_server(simple(http="modhost_shutdown_timeout 500ms;" + APACHE_LIMIT),
                body, stop=False, main=NGINX_LIMIT)


@own
@nginx_only("GracefulShutdownTimeout ends processes")
def response_that_worker_shutdown_timeout_cuts_off_is_reset():
    def body(server):
        started(server)
        with socket.create_connection(("127.0.0.1", server.port), 5) as s:
            s.settimeout(PATIENCE)
            s.sendall(b"GET /stream?n=100000&size=10&ms=10 HTTP/1.0\r\n"
                      b"\r\n")
            assert s.recv(4096).startswith(b"HTTP/1.1 200")
            server.stop()
            try:
                while s.recv(4096):
                    pass
                raise AssertionError("it looks whole")
            except ConnectionResetError:
                pass
    with_server(simple(http="modhost_shutdown_timeout 5s;"), body, stop=False,
                main="worker_shutdown_timeout 300ms;")


@own
@embedded_only(SERVER_WAITS)
def quit_breaks_off_what_begins_late_too():
    def body(server):
        started(server)
        clients = asked(server, "/abort", 3)
        server.stop()
        for got in map(rest_of, clients):
            assert b" 503 " in got[:20], got
    with_server(simple(http="modhost_shutdown_timeout 500ms; "
                            "modhost_max_concurrency 1; "
                            "modhost_queue_timeout 1m;"), body, stop=False)


@own
def app_that_does_not_stop_is_left_behind():
    def body(server):
        started(server)
        begun = time.monotonic()
        server.stop()
        assert time.monotonic() - begun > 1
        assert ("MH0711" if DAEMON else "MH0333") in server.log()
        assert "Stub: stopped" not in server.log()
    with_server(simple(http="modhost_shutdown_timeout 500ms;"), body,
                stop=False, main="env STUB_STOP_MS=600000;")


@own
def term_is_quick():
    def body(server):
        started(server)
        with socket.create_connection(("127.0.0.1", server.port), 5) as s:
            s.sendall(b"GET /abort?ms=600000 HTTP/1.1\r\nHost: a\r\n\r\n")
            in_flight(server)
            server.stop(signal.SIGTERM)
        assert "Stub: stopped" in server.log()
    with_server(simple(http="modhost_shutdown_timeout 1h;"), body, stop=False)


@own
@not_prefork("it has as many processes as it likes")
def reload_under_load():
    def body(server):
        started(server)
        bad, done = [], threading.Event()
        counts = [0]

        def load():
            connection = None
            while not done.is_set():
                fresh = connection is None
                if fresh:
                    connection = http.client.HTTPConnection(
                        "127.0.0.1", server.port, timeout=PATIENCE)
                try:
                    connection.request("GET", "/plaintext")
                    response = connection.getresponse()
                    text = response.read()
                    counts[0] += 1
                    if (response.status, text) != (200, b"Hello, World!"):
                        bad.append((response.status, text))
                    if response.will_close:
                        connection.close()
                        connection = None
                except (http.client.RemoteDisconnected, ConnectionResetError,
                        BrokenPipeError) as error:
                    connection.close()
                    connection = None
                    if fresh:
                        bad.append(repr(error))
        threads = [threading.Thread(target=load) for _ in range(4)]
        for t in threads:
            t.start()
        for _ in range(int(os.environ.get("MODHOST_RELOADS", "10"))):
            before = set(server.workers_now())
            server.reload()
            wait_for(lambda b=before: len(set(server.workers_now()) - b) == 2
                     and not set(server.workers_now()) & b, 20, "new workers")
        wait_for(lambda: counts[0] > 100 or bad, 20, "a hundred answers")
        done.set()
        for t in threads:
            t.join()
        assert not bad, bad[:5]
    with_server(simple(), body, workers=2)


@own
def reload_with_a_bad_configuration_changes_nothing():
    def body(server):
        started(server)
        before = server.workers_now()
        server.write(simple("location /a { modhost_pass /nowhere.dll; }"))
        server.reload()
        wait_for(lambda: "MH0101" in server.log(), 10, "the refusal")
        assert server.get("/plaintext")[0] == 200
        assert server.workers_now() == before
    with_server(simple(), body, check_log=False)


@own
def log_files_are_reopened():
    def body(server):
        started(server)
        os.rename(server.prefix + "/error.log", server.prefix + "/old.log")
        server.reopen()
        wait_for(lambda: os.path.exists(server.prefix + "/error.log"), 10,
                 "the new log")

        def written():
            server.get("/log?size=100")
            return "Stub.Long" in server.log()
        wait_for(written, 10, "a line in the new log")
        assert "raw line" not in server.log()
        server.get("/environment")
        wait_for(lambda: "raw line" in server.log(), 10, "a line of its own")
    with_server(simple(), body, daemon=True)


@own
@nginx_only("a mode for debugging alone")
def without_master_process():
    def body(server):
        started(server)
        assert server.get("/plaintext")[0] == 200
    with_server(simple(), body, master="off")


@own
@nginx_only("Apache has no upgrade")
def binary_upgrade_and_rollback():
    def body(server):
        started(server)
        server.kill(signal.SIGUSR2)
        pid = server.prefix + "/nginx.pid"
        wait_for(lambda: os.path.exists(pid + ".oldbin")
                 and os.path.exists(pid), 10, "the second master")
        with open(pid, encoding="ascii") as f:
            second = int(f.read())
        server.kill(signal.SIGWINCH)
        wait_for(lambda: not server.workers_now(), 20, "no old workers")
        assert server.get("/plaintext")[0] == 200
        server.reload()
        wait_for(server.workers_now, 10, "old workers again")
        os.kill(second, signal.SIGQUIT)
        wait_for(lambda: not os.path.exists(pid + ".oldbin"), 20, "rollback")
        assert server.get("/plaintext")[0] == 200
    with_server(simple(), body, daemon=True)


@own
def children_keep_no_descriptors():
    def body(server):
        started(server)
        with socket.create_connection(("127.0.0.1", server.port), 5) as s:
            s.sendall(b"GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n")
            s.recv(1000)
            status, text = server.get("/spawn")
            assert status == 200
            kept = text.decode().split("\n")
            assert not [line for line in kept if line.strip()], kept
    with_server(simple(), body)


@own
@stub_only("takes two copies of one library; SeveralAppsTests has two apps")
def two_apps_with_state_of_their_own():
    other = os.path.join(os.path.dirname(APP), "Second.so")
    shutil.copy(APP, other)

    def body(server):
        started(server)
        assert server.get("/second/plaintext")[0] == 200
        names = sorted(os.listdir(server.prefix + "/state"))
        assert [n.split("-")[0] for n in names] == ["Second", "Stub", "home"]
        for name in names:
            path = os.path.join(server.prefix, "state", name)
            assert os.stat(path).st_mode & 0o777 == 0o700
        _, text = server.get("/environment")
        assert b"HOME=" + server.prefix.encode() + b"/state/home" in text
        assert b"COLOUR=red" in text and b"umask=0027" in text
    try:
        with_server(simple(f"location /second/ {{ modhost_pass {other}; "
                           "modhost_env COLOUR red; }"), body)
    finally:
        os.unlink(other)


@own
def state_directory_that_cannot_be_made():
    def body(server):
        started(server)
        wait_for(lambda: "MH0332" in server.log() or "MH0453" in server.log(),
                 10, "a word of it")
    server_file = "/proc/modhost-cannot-be-made"
    server = Server(simple())
    with open(server.conf, encoding="utf-8") as f:
        text = f.read()
    with open(server.conf, "w", encoding="utf-8") as f:
        f.write(text.replace(server.prefix + "/state", server_file))
    try:
        server.start(ready=None)
        body(server)
        server.stop()
    finally:
        if server.process.poll() is None:
            server.kill(signal.SIGTERM)
            server.process.wait(PATIENCE)
        server.remove()


@own
@stub_only("MemoryTests does it, with the garbage collector in mind")
def long_transfers_need_little_memory():
    def resident(pid):
        with open(f"/proc/{pid}/status", encoding="ascii") as f:
            for line in f:
                if line.startswith("VmHWM"):
                    return int(line.split()[1]) << 10
        raise AssertionError("no VmHWM")

    def body(server):
        started(server)
        for _ in range(20):
            server.get("/stream?n=100&size=16384")
        pid = server.counters()["pid"]
        before = resident(pid)
        megabytes = int(os.environ.get("MODHOST_TRANSFER_MB", "64"))
        result = subprocess.run(
            ["curl", "-s", "-o", "/dev/null", "-w", "%{size_download}",
             f"http://127.0.0.1:{server.port}"
             f"/stream?n={megabytes * 64}&size=16384"],
            capture_output=True, check=True)
        assert int(result.stdout) == megabytes << 20, result.stdout
        result = subprocess.run(
            ["sh", "-c", f"head -c {megabytes}M /dev/zero | curl -s -T - "
             f"http://127.0.0.1:{server.port}/upload"],
            capture_output=True, check=True)
        assert int(result.stdout.split()[0]) == megabytes << 20
        grown = resident(pid) - before
        assert grown < 32 << 20, grown
    if "libasan" not in os.environ.get("MODHOST_PRELOAD", ""):
        with_server(simple(), body)
