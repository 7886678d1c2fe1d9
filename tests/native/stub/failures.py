"""Failures of the application, and clients that leave."""

import random
import socket
import struct
import subprocess
import threading
import time

from common import (IS_STUB, curl, idle, in_flight, nginx_only, not_prefork,
                    raw, request, scenario, stub_only)
from base_server import DAEMON, PATIENCE, logged, wait_for
from web_server import IS_NGINX


@scenario
def reset_before_head_is_500(server):
    assert request(server, "GET", "/reset")[0] == 500
    logged(server, "MH0326")


@scenario
@nginx_only("no such directive")
def response_that_send_timeout_cuts_off_is_reset(server):
    for path in ("stream?n=1000&size=16000", "big?size=16000000"):
        before = server.log().count("client timed out")
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.settimeout(PATIENCE)
            s.connect(("127.0.0.1", server.port))
            s.sendall(f"GET /impatient/{path} HTTP/1.0\r\n\r\n".encode())
            wait_for(lambda n=before: server.log().count("client timed out")
                     > n, what="the time-out")
            assert rest_is_reset(s), path
        idle(server)


def rest_is_reset(s):
    try:
        while s.recv(65536):
            pass
        return False
    except ConnectionResetError:
        return True


@scenario
def reset_after_head_never_looks_whole(server):
    for query in ("", "?length=100"):
        got, reset = raw(server, b"GET /reset-after-head" + query.encode() +
                         b" HTTP/1.1\r\nHost: a\r\n\r\n")
        assert reset or not got.endswith(b"0\r\n\r\n"), got
    _, reset = raw(server, b"GET /reset-after-head HTTP/1.0\r\n\r\n")
    assert reset


@scenario
@not_prefork("mod_http2 needs an MPM with threads")
def reset_after_head_never_looks_whole_over_http2(server):
    code, _ = curl(server, "/reset-after-head", "--http2")
    assert code == 92, code


@scenario
def the_head_of_a_response_that_breaks_off_arrives(server):
    got, _ = raw(server, b"HEAD /reset-after-head?ms=20 HTTP/1.1\r\n"
                 b"Host: a\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 200 "), got


@scenario
def nobody_opens_a_tunnel(server):
    for target in (b"one:80", b"/x"):
        got, _ = raw(server, b"CONNECT " + target + b" HTTP/1.1\r\n"
                     b"Host: one:80\r\nConnection: close\r\n\r\n")
        assert got[9:12] in (b"400", b"405"), (target, got)


@scenario
def content_length_too_short_or_long(server):
    for length in (3, 100):
        got, reset = raw(server, b"GET /custom?length=%d&body=12345 HTTP/1.1"
                         b"\r\nHost: a\r\nConnection: close\r\n\r\n" % length)
        # the probe's server sees it before the head has gone
        assert reset or got == b"" or (
            not IS_STUB and got.startswith(b"HTTP/1.1 500")), (length, got)
    logged(server, "MH0325" if IS_STUB else "MH0401")


@scenario
def content_length_counts_though_a_filter_drops_it(server):
    for length in (3, 100):
        got, reset = raw(server, b"GET /zipped/custom?length=%d&body=12345"
                         b"&name=Content-Type&value=text/plain HTTP/1.1\r\n"
                         b"Host: a\r\nAccept-Encoding: gzip\r\n\r\n" % length)
        assert reset or not got.endswith(b"0\r\n\r\n"), (length, got)


@scenario
def unfinished_response_is_broken_off(server):
    got, reset = raw(server,
                     b"GET /unfinished HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"half" in got and (reset or not got.endswith(b"0\r\n\r\n"))


@scenario
@stub_only("an application's server releases an exchange only after its end")
def release_without_a_response_is_500(server):
    assert request(server, "GET", "/early-release")[0] == 500


@scenario
def end_twice_changes_nothing(server):
    status, _, body = request(server, "GET", "/double-end")
    assert (status, body) == (200, b"once\n")


@scenario
def request_timeout_is_504(server):
    before = server.counters()["aborts"]
    begun = time.monotonic()
    assert request(server, "GET", "/timed/abort")[0] == 504
    assert 0.15 < time.monotonic() - begun < 25
    wait_for(lambda: server.counters()["aborts"] == before + 1, 5, "the abort")
    logged(server, "MH0324")


@scenario
def request_timeout_of_an_application_that_keeps_sending(server):
    got, _ = raw(server, b"GET /timed/stream?n=600&size=10&ms=1 HTTP/1.1\r\n"
                         b"Host: a\r\nConnection: close\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 200 "), got[:100]
    assert not got.endswith(b"0\r\n\r\n"), len(got)
    idle(server)


@scenario
def client_abort(server):
    before = server.counters()["aborts"]
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port), 5) as s:
            s.sendall(b"GET /abort HTTP/1.1\r\nHost: a\r\n\r\n")
            in_flight(server)
        idle(server)
    wait_for(lambda: server.counters()["aborts"] == before + 20, 5, "aborts")
    idle(server)
    if IS_NGINX:
        wait_for(lambda: '499 "GET /abort' in server.access(), 5, "499")


@scenario
def client_that_leaves_at_once(server):
    before = server.counters()["aborts"]
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", server.port), 5) as s:
            s.sendall(b"GET /abort HTTP/1.1\r\nHost: a\r\n\r\n")
    idle(server)
    # some had left before they were begun; in a process group, maybe all
    wait_for(lambda: DAEMON or server.counters()["aborts"] > before, 5, "aborts")


@scenario
def client_abort_over_http2(server):
    before = server.counters()["aborts"]
    with subprocess.Popen(["curl", "-sk", "--http2",
                           f"https://127.0.0.1:{server.tls}/abort"]) as client:
        in_flight(server)
        client.terminate()
    wait_for(lambda: server.counters()["aborts"] == before + 1, 5, "abort")
    idle(server)


@scenario
def client_abort_in_a_stream(server):
    for path in ("/stream?n=100000&size=16000", "/stream?n=1000&size=10&ms=1",
                 "/big?size=20000000"):
        with socket.create_connection(("127.0.0.1", server.port), 5) as s:
            s.sendall(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: a\r\n\r\n")
            s.recv(1000)
    idle(server, 15)


@scenario
def random_disconnects(server):
    rng = random.Random(7)
    paths = ["/abort", "/sleep?ms=50", "/stream?n=50&size=20000", "/plaintext",
             "/sleep?ms=5", "/head-first?ms=30"]

    def one():
        for _ in range(25):
            with socket.create_connection(("127.0.0.1", server.port), 5) as s:
                path = rng.choice(paths).encode()
                s.sendall(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n")
                time.sleep(rng.random() * 0.04)
                if rng.random() < 0.5:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                 struct.pack("ii", 1, 0))
    threads = [threading.Thread(target=one) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    idle(server, 40)
