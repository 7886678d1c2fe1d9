"""Configurations, starts and limits."""

import http.client
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time

from common import idle, nginx_only, not_prefork, stub_only
from base_server import APP, DAEMON, NAME, PATIENCE, logged, wait_for
from web_server import IS_NGINX, Server
from own_servers import (SLOW_START, own, refused, simple, started,
                         with_server)

# So long a loop that the application blocks would let others wait: the
# application's time, which is a second at least.
BLOCKED = 0.9


def fastest_round(worst_of_one, rounds=4):
    """Other work on the machine may hold up one round; not all of them."""
    worst = []
    while not worst or (worst[-1] > 0.1 and len(worst) < rounds):
        worst.append(worst_of_one())
    assert min(worst) < BLOCKED, worst


def refused_handlers(where):
    for rest in ("modhost_status; modhost_pass @STUB@;",
                 "modhost_pass @STUB@; modhost_status;",
                 "modhost_pass @STUB@; " + (
                     "proxy_pass http://127.0.0.1:1;" if IS_NGINX
                     else "apache Alias /tmp;")):
        refused(simple(f"location ~ ^/a {{ {rest} }}"), "MH0212", where)


def refused_ranges(where):
    refused(simple("modhost_max_headers 0;"), "MH0210", "65000", where)
    refused(simple("modhost_max_head_size 17m;"), "MH0210", where)
    refused(simple("modhost_queue_size 1000001;"), "MH0210", where)
    if IS_NGINX:
        refused(simple("modhost_dispatch sideways;"), "invalid value", where)


@own
@stub_only("no application runs")
def configuration_that_cannot_work_is_refused():
    where = Server.conf_name
    refused(simple("location /a { modhost_pass /nowhere/App.dll; }"),
            "MH0101", where)
    refused(simple("location /a { modhost_pass @STUB@ process_group=g; }"),
            "MH0222", where)
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
    refused_handlers(where)
    refused_ranges(where)
    refused(simple("modhost_queue_size -1;"), where)
    refused(simple("modhost_request_timeout soon;"), where)
    refused(simple("location /a { modhost_pass /etc/passwd; }"),
            "MH01", where)


@own
@stub_only("no application runs")
def checking_leaves_no_trace():
    server = Server(simple())
    code, out = server.test()
    assert code == 0, out
    assert not os.path.exists(server.prefix + "/state")
    server.remove()


@own
@nginx_only("apachectl reads no configuration for signals")
@stub_only("no application runs")
def broken_application_keeps_nobody_from_stopping_nginx():
    server = Server(simple().replace("@STUB@", "@PREFIX@/App.so"))
    app = os.path.join(server.prefix, "App.so")

    def signal(name):
        return subprocess.run(server.command("-s", name), text=True,
                              capture_output=True, env=server.environment(),
                              timeout=PATIENCE, check=False)

    try:
        shutil.copy(APP, app)
        server.start()
        os.unlink(app)
        os.rename(server.prefix + "/access.log", server.prefix + "/old.log")
        result = signal("reload")
        assert result.returncode == 1 and "MH0101" in result.stderr, result
        assert signal("reopen").returncode == 0
        wait_for(lambda: os.path.exists(server.prefix + "/access.log"), 10,
                 "the new log")
        assert signal("stop").returncode == 0
        server.process.wait(PATIENCE)
        server.stop()
    finally:
        if server.process is not None and server.process.poll() is None:
            server.process.kill()
            server.process.wait(PATIENCE)
        server.remove()


@own
@nginx_only("no Unix sockets")
def app_is_told_where_the_server_listens():
    def body(server):
        started(server)
        unix = os.path.join(server.prefix, "http.sock")
        for address in (f"http://127.0.0.1:{server.port}",
                        f"http://unix:{unix}"):
            wait_for(lambda a=address: a in server.log(), 10, address)
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(PATIENCE)
            s.connect(unix)
            s.sendall(b"GET /plaintext HTTP/1.0\r\n\r\n")
            got = b""
            while piece := s.recv(4096):
                got += piece
            assert got.endswith(b"Hello, World!"), got
    with_server(simple("listen unix:@PREFIX@/http.sock;"), body)


@own
def requests_wait_while_the_app_starts():
    def body(server):
        assert server.get("/static/")[0] == 200
        assert "Stub: started" not in server.log()
        assert server.get("/plaintext")[0] == 200
        wait_for(lambda: "Stub: started" in server.log(), 10, "the start")
    with_server(simple(http="modhost_queue_timeout 60s;"), body,
                main=SLOW_START)


@own
@not_prefork("each process has a queue of its own")
def queue_is_bounded():
    def body(server):
        statuses = []
        threads = [threading.Thread(
            target=lambda: statuses.append(server.get("/plaintext")[0]))
            for _ in range(6)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert sorted(statuses) == [200, 200, 503, 503, 503, 503], statuses
        logged(server, "MH0321")
    with_server(simple(http="modhost_queue_size 2; modhost_queue_timeout 60s;"),
                body, main=SLOW_START)


@own
def waiting_has_a_limit():
    def body(server):
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        connection.request("GET", "/plaintext")
        response = connection.getresponse()
        assert response.status == 503
        assert int(response.getheader("Retry-After")) > 0
        logged(server, "MH0322")
        connection.close()
    with_server(simple(http="modhost_queue_timeout 300ms;"), body,
                main=SLOW_START)


@own
def waiting_without_a_limit():
    def body(server):
        assert server.get("/plaintext")[0] == 200
    with_server(simple(http="modhost_queue_timeout 0;"), body,
                main="env STUB_START_MS=700;")


@own
def environment_of_several_locations():
    def body(server):
        started(server)
        _, text = server.get("/environment")
        assert b"COLOUR=red\nSHAPE=round\n" in text, text
    with_server(simple(
        "location /two/ { modhost_pass @STUB@; modhost_env COLOUR red; }"
        "location /three/ { modhost_pass @STUB@; modhost_env SHAPE round; "
        "modhost_env COLOUR red; }"), body)


@own
@stub_only("no application runs")
def one_application_by_two_paths_is_refused():
    with tempfile.TemporaryDirectory() as folder:
        link = os.path.join(folder, "Link.so")
        os.symlink(APP, link)
        refused(simple(f"location /link/ {{ modhost_pass {link}; }}"),
                "MH0207", "Link.so", "Stub.so")


@own
def failed_app_is_503_and_others_go_on():
    tag = "MH0851" if DAEMON else "MH0501"

    def body(server):
        wait_for(lambda: tag in server.log(), 10, "the failure")
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        connection.request("GET", "/plaintext")
        response = connection.getresponse()
        text = response.read()
        assert response.status == 503 and tag.encode() not in text
        assert int(response.getheader("Retry-After")) > 0
        connection.request("GET", "/detail/x")
        text = connection.getresponse().read()
        assert tag.encode() in text and b"at Stub.Main()" in text, text
        assert server.get("/static/")[0] == 200
        connection.close()
        # it is tried again
        wait_for(lambda: server.log().count(tag + ": ") >= 2, 10, "a retry")
    with_server(simple("location /detail/ { modhost_pass @STUB@; "
                       "modhost_detailed_errors on; }"), body,
                main=f"env STUB_FAIL={NAME};")


@own
@stub_only("takes two copies of one library; SeveralAppsTests has two apps")
def one_of_two_apps_fails():
    other = os.path.join(os.path.dirname(APP), "Other.so")
    shutil.copy(APP, other)

    def body(server):
        started(server)
        assert server.get("/other/plaintext")[0] == 503
    try:
        with_server(simple(f"location /other/ {{ modhost_pass {other}; }}"),
                    body, main="env STUB_FAIL=Other;")
    finally:
        os.unlink(other)


@own
@stub_only("what is late is stopped and not used; StartFailureTests has that")
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
        wait_for(lambda: server.log().count(
            "MH0704" if DAEMON else "MH0330") >= 2, 20, "the record")
        assert DAEMON or "start in 1000 ms" in server.log()
        wait_for(lambda: server.get("/plaintext")[0] == 503, 10, "503")
        assert server.get("/static/")[0] == 200
    with_server(simple(), body, main="env STUB_CRASH=1;", check_log=False)


@own
def worker_that_crashes_in_a_request_is_replaced():
    def body(server):
        started(server)
        first = server.counters()["pid"], server.workers_now()
        assert server.get("/crash")[0] == (502 if DAEMON else 0)
        if not DAEMON:
            wait_for(lambda: server.workers_now() not in ([], first[1]), 10,
                     "a new worker")
        started(server)
        assert server.counters()["pid"] != first[0]
        assert not DAEMON or server.workers_now() == first[1]
        wait_for(lambda: ("MH0705" if DAEMON else "MH0330") in server.log(),
                 10, "the record")
    with_server(simple(), body, check_log=False)


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
        assert time.monotonic() - begun > 0.5
    with_server(simple(http="modhost_max_concurrency 2;"), body)


@own
def client_that_leaves_the_queue():
    def body(server):
        started(server)
        with socket.create_connection(("127.0.0.1", server.port), 5) as busy:
            busy.sendall(b"GET /head-first?ms=600 HTTP/1.1\r\n"
                         b"Host: a\r\n\r\n")
            assert busy.recv(4096).startswith(b"HTTP/1.1 200")
            for _ in range(5):
                with socket.create_connection(("127.0.0.1", server.port),
                                              5) as s:
                    s.sendall(b"GET /abort HTTP/1.1\r\nHost: a\r\n\r\n")
                    # nobody tells of a queue; mostly it is in there now
                    time.sleep(0.03)
            assert server.get("/plaintext")[0] == 200
        idle(server)
    with_server(simple(http="modhost_max_concurrency 1;"), body)


@own
@not_prefork("a file waits for a process, as all do")
def blocked_app_leaves_static_files_alone():
    def one(server):
        statuses = []
        threads = [threading.Thread(
            target=lambda: statuses.append(server.get("/sleep?ms=1000")[0]))
            for _ in range(64)]
        for t in threads:
            t.start()
        worst = slowest_static(server, 100)
        for t in threads:
            t.join()
        assert statuses == [200] * 64, statuses
        return worst

    def body(server):
        started(server)
        fastest_round(lambda: one(server))
    with_server(simple(), body)


@own
def talkative_app_leaves_static_files_alone():
    def one(server):
        got = []
        t = threading.Thread(
            target=lambda: got.append(server.get("/flood?s=2")[0]))
        before = server.log().count("Stub.Flood")
        t.start()
        wait_for(lambda: server.log().count("Stub.Flood") > before, 10,
                 "the flood")
        worst = slowest_static(server, 10)
        t.join()
        assert got == [200], got
        return worst

    def body(server):
        started(server)
        fastest_round(lambda: one(server))
    with_server(simple(), body)


def slowest_static(server, count):
    worst = 0
    for _ in range(count):
        begun = time.monotonic()
        assert server.get("/static/")[0] == 200
        worst = max(worst, time.monotonic() - begun)
    return worst
