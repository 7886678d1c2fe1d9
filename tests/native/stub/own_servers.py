"""Scenarios that start servers of their own: configuration, starts, ends."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

from nginx_server import STUB, Server, wait_for

OWN = []

SIMPLE = """
    server {
        listen 127.0.0.1:@PORT@;
        location / { modhost_pass @STUB@; }
        location /static/ { return 200 static; }
        MORE
    }
"""


def simple(more="", http=""):
    return http + SIMPLE.replace("MORE", more)


def own(function):
    function.own = True
    OWN.append(function)
    return function


def with_server(http, body, stop=True, **settings):
    server = Server(http, **settings)
    try:
        server.start(ready=settings.get("ready", None))
        body(server)
        if stop:
            server.stop()
    except Exception:
        print("\n".join(server.log().splitlines()[-25:]))
        raise
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill(signal.SIGTERM)
            server.process.wait(10)
        server.remove()


def started(server):
    wait_for(lambda: server.get("/plaintext")[0] == 200, 20, "the application")


def refused(http, *tags):
    server = Server(http)
    code, out = server.test()
    assert code != 0 and not os.path.exists(server.prefix + "/state"), out
    for tag in tags:
        assert tag in out, (tag, out)
    server.remove()


# ---- configuration ---------------------------------------------------------

@own
def configuration_that_cannot_work_is_refused():
    where = "nginx.conf:"
    refused(simple("location /a { modhost_pass /nowhere/App.dll; }"),
            "MH0101", where)
    refused(simple("location /a { modhost_pass @STUB@ process_group=g; }"),
            "MH0201", "daemon mode is not in this version", where)
    refused(simple("location /a { modhost_pass @STUB@ colour=red; }"),
            "MH0202", where)
    refused(simple("location /a { modhost_pass @STUB@ path_base=a; }"),
            "MH0203", where)
    refused(simple("modhost_restrict_embedded on;"), "MH0204", where)
    refused(simple("modhost_env A=B C;"), "MH0205", where)
    refused(simple("location /a { modhost_pass @STUB@; modhost_env A 2; }",
                   "modhost_env A 1;"), "MH0206", where)
    refused(simple("location /a { modhost_pass @STUB@; "
                   "modhost_queue_size 5; }"), "MH0207", where)
    refused(simple("modhost_dispatch sideways;"), "invalid value", where)
    refused(simple("modhost_queue_size -1;"), where)
    refused(simple("modhost_request_timeout soon;"), where)
    refused(simple("location /a { modhost_pass @PREFIX@/nginx.conf; }"),
            "MH01", where)


@own
def checking_leaves_no_trace():
    server = Server(simple())
    code, out = server.test()
    assert code == 0, out
    assert not os.path.exists(server.prefix + "/state")
    server.remove()


# ---- starting ---------------------------------------------------------------

@own
def requests_wait_while_the_app_starts():
    def body(server):
        begun = time.monotonic()
        assert server.get("/static/")[0] == 200
        assert time.monotonic() - begun < 0.5
        assert server.get("/plaintext")[0] == 200
        assert time.monotonic() - begun > 0.5
    with_server(simple(), body, main="env STUB_START_MS=1000;")


@own
def queue_is_bounded():
    def body(server):
        statuses = []
        threads = [threading.Thread(
            target=lambda: statuses.append(server.get("/plaintext")[0]))
            for _ in range(6)]
        for t in threads:
            t.start()
            time.sleep(0.02)
        for t in threads:
            t.join()
        assert sorted(statuses) == [200, 200, 503, 503, 503, 503], statuses
        assert "MH0321" in server.log()
    with_server(simple(http="modhost_queue_size 2;"), body,
                main="env STUB_START_MS=1000;")


@own
def waiting_has_a_limit():
    def body(server):
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        connection.request("GET", "/plaintext")
        response = connection.getresponse()
        assert response.status == 503
        assert int(response.getheader("Retry-After")) > 0
        assert "MH0322" in server.log()
        connection.close()
    with_server(simple(http="modhost_queue_timeout 300ms;"), body,
                main="env STUB_START_MS=1500;")


@own
def failed_app_is_503_and_others_go_on():
    def body(server):
        wait_for(lambda: "MH0501" in server.log(), 10, "the failure")
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        connection.request("GET", "/plaintext")
        response = connection.getresponse()
        text = response.read()
        assert response.status == 503 and b"MH0501" not in text
        assert int(response.getheader("Retry-After")) > 0
        connection.request("GET", "/detail/x")
        text = connection.getresponse().read()
        assert b"MH0501" in text and b"at Stub.Main()" in text, text
        assert server.get("/static/")[0] == 200
        connection.close()
        # it is tried again
        wait_for(lambda: server.log().count("MH0501: ") >= 2, 10, "a retry")
    with_server(simple("location /detail/ { modhost_pass @STUB@; "
                       "modhost_detailed_errors on; }"), body,
                main="env STUB_FAIL=Stub;")


@own
def one_of_two_apps_fails():
    other = os.path.join(os.path.dirname(STUB), "Other.so")
    shutil.copy(STUB, other)

    def body(server):
        started(server)
        assert server.get("/other/plaintext")[0] == 503
    try:
        with_server(simple(f"location /other/ {{ modhost_pass {other}; }}"),
                    body, main="env STUB_FAIL=Other;")
    finally:
        os.unlink(other)


@own
def start_that_takes_too_long():
    def body(server):
        wait_for(lambda: "MH0331" in server.log(), 10, "the time-out")
        assert server.get("/plaintext")[0] == 503
        started(server)
    with_server(simple(http="modhost_startup_timeout 100ms;"), body,
                main="env STUB_START_MS=4000;")


@own
def workers_that_crash_are_backed_off():
    def body(server):
        wait_for(lambda: server.log().count("MH0330") >= 2, 20, "the record")
        assert "start in 1000 ms" in server.log()
        wait_for(lambda: server.get("/plaintext")[0] == 503, 10, "503")
        assert server.get("/static/")[0] == 200
    with_server(simple(), body, main="env STUB_CRASH=1;", check_log=False)


@own
def worker_that_crashes_in_a_request_is_replaced():
    def body(server):
        started(server)
        first = server.workers_now()
        assert server.get("/crash")[0] == 0
        wait_for(lambda: server.workers_now() not in ([], first), 10,
                 "a new worker")
        started(server)
        assert "MH0330" in server.log()
    with_server(simple(), body, check_log=False)


# ---- limits -----------------------------------------------------------------

@own
def concurrency_is_limited():
    def body(server):
        started(server)
        begun = time.monotonic()
        statuses = []
        threads = [threading.Thread(
            target=lambda: statuses.append(server.get("/sleep?ms=200")[0]))
            for _ in range(6)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert statuses == [200] * 6
        assert 0.5 < time.monotonic() - begun < 3
    with_server(simple(http="modhost_max_concurrency 2;"), body)


@own
def client_that_leaves_the_queue():
    def body(server):
        started(server)
        with socket.create_connection(("127.0.0.1", server.port), 5) as busy:
            busy.sendall(b"GET /sleep?ms=600 HTTP/1.1\r\nHost: a\r\n\r\n")
            time.sleep(0.1)
            for _ in range(5):
                with socket.create_connection(("127.0.0.1", server.port),
                                              5) as s:
                    s.sendall(b"GET /abort HTTP/1.1\r\nHost: a\r\n\r\n")
                    time.sleep(0.03)
            assert server.get("/plaintext")[0] == 200
        assert server.counters()["live"] == 0
    with_server(simple(http="modhost_max_concurrency 1;"), body)


@own
def blocked_app_leaves_static_files_alone():
    def body(server):
        started(server)
        statuses = []
        threads = [threading.Thread(
            target=lambda: statuses.append(server.get("/sleep?ms=1000")[0]))
            for _ in range(64)]
        for t in threads:
            t.start()
        worst = 0
        for _ in range(100):
            begun = time.monotonic()
            assert server.get("/static/")[0] == 200
            worst = max(worst, time.monotonic() - begun)
        for t in threads:
            t.join()
        assert statuses == [200] * 64 and worst < 0.3, worst
    with_server(simple(), body)


# ---- ending -----------------------------------------------------------------

@own
def quit_waits_for_requests_and_for_the_app():
    def body(server):
        started(server)
        got = []
        t = threading.Thread(
            target=lambda: got.append(server.get("/sleep?ms=1000")))
        t.start()
        time.sleep(0.2)
        server.stop()
        t.join()
        assert got[0] == (200, b"slept\n"), got
        log = server.log()
        assert log.index("Stub: stopping") < log.index("Stub: stopped")
    with_server(simple(), body, stop=False, main="env STUB_STOP_MS=300;")


@own
def quit_while_requests_wait_for_the_start():
    def body(server):
        got = []
        threads = [threading.Thread(
            target=lambda: got.append(server.get("/sleep?ms=200")))
            for _ in range(5)]
        for t in threads:
            t.start()
        time.sleep(0.3)
        server.stop()
        for t in threads:
            t.join()
        assert got == [(200, b"slept\n")] * 5, got
        assert "Stub: stopped" in server.log()
    with_server(simple(), body, stop=False, main="env STUB_START_MS=1500;")


@own
def quit_during_the_start():
    def body(server):
        begun = time.monotonic()
        server.stop()
        assert time.monotonic() - begun < 4
    with_server(simple(), body, stop=False, main="env STUB_START_MS=1500;")


@own
def quit_lets_the_app_end_its_upgraded_connections():
    def body(server):
        started(server)
        with socket.create_connection(("127.0.0.1", server.port), 5) as s:
            s.settimeout(10)
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
            s.settimeout(10)
            s.sendall(b"GET /upgrade-echo HTTP/1.1\r\nHost: a\r\n"
                      b"Connection: Upgrade\r\nUpgrade: stub\r\n\r\nhello")
            got = b""
            while not got.endswith(b"hello"):
                got += s.recv(4096)
            server.stop()
        assert "MH0333" in server.log()
    with_server(simple(http="modhost_shutdown_timeout 500ms;"), body,
                stop=False)


@own
def quit_does_not_wait_for_ever():
    def body(server):
        started(server)
        begun = time.monotonic()
        assert server.get("/plaintext")[0] == 200
        with socket.create_connection(("127.0.0.1", server.port), 5) as s:
            s.sendall(b"GET /abort HTTP/1.1\r\nHost: a\r\n\r\n")
            time.sleep(0.1)
            server.stop()
            s.settimeout(5)
            assert b" 503 " in s.recv(4096)
        assert time.monotonic() - begun < 5
        assert "MH0333" in server.log()
    with_server(simple(http="modhost_shutdown_timeout 500ms;"), body,
                stop=False)


@own
def app_that_does_not_stop_is_left_behind():
    def body(server):
        started(server)
        begun = time.monotonic()
        server.stop()
        assert 1 < time.monotonic() - begun < 6
        assert "MH0333" in server.log()
    with_server(simple(http="modhost_shutdown_timeout 500ms;"), body,
                stop=False, main="env STUB_STOP_MS=20000;")


@own
def term_is_quick():
    def body(server):
        started(server)
        begun = time.monotonic()
        with socket.create_connection(("127.0.0.1", server.port), 5) as s:
            s.sendall(b"GET /abort HTTP/1.1\r\nHost: a\r\n\r\n")
            time.sleep(0.1)
            server.stop(signal.SIGTERM)
        assert time.monotonic() - begun < 2
        assert "Stub: stopped" in server.log()
    with_server(simple(), body, stop=False)


@own
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
                        "127.0.0.1", server.port, timeout=10)
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
            server.kill(signal.SIGHUP)
            wait_for(lambda b=before: len(set(server.workers_now()) - b) == 2
                     and not set(server.workers_now()) & b, 20, "new workers")
        done.set()
        for t in threads:
            t.join()
        assert not bad, bad[:5]
        assert counts[0] > 100
    with_server(simple(), body, workers=2)


@own
def reload_with_a_bad_configuration_changes_nothing():
    def body(server):
        started(server)
        before = server.workers_now()
        server.write(simple("location /a { modhost_pass /nowhere.dll; }"))
        server.kill(signal.SIGHUP)
        wait_for(lambda: "MH0101" in server.log(), 10, "the refusal")
        assert server.get("/plaintext")[0] == 200
        assert server.workers_now() == before
    with_server(simple(), body, check_log=False)


@own
def log_files_are_reopened():
    def body(server):
        started(server)
        os.rename(server.prefix + "/error.log", server.prefix + "/old.log")
        server.kill(signal.SIGUSR1)
        wait_for(lambda: os.path.exists(server.prefix + "/error.log"), 10,
                 "the new log")

        def written():
            server.get("/log?size=100")
            return "Stub.Long" in server.log()
        wait_for(written, 10, "a line in the new log")
    with_server(simple(), body)


@own
def without_master_process():
    def body(server):
        started(server)
        assert server.get("/plaintext")[0] == 200
    with_server(simple(), body, master="off")


@own
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
        server.kill(signal.SIGHUP)
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
def two_apps_with_state_of_their_own():
    other = os.path.join(os.path.dirname(STUB), "Second.so")
    shutil.copy(STUB, other)

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
        assert "MH0332" in server.log()
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
            server.process.wait(10)
        server.remove()


@own
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
