"""Request bodies."""

import http.client
import os
import socket
import ssl
import struct
import tempfile
import time

from common import (apache_only, curl, idle, in_flight, info, nginx_only,
                    not_prefork, raw, request, scenario)
from base_server import PATIENCE, wait_for


@scenario
def echo(server):
    for size in (1, 100, 10000, 1000000):
        data = os.urandom(size)
        status, _, body = request(server, "POST", "/echo", data)
        assert (status, body) == (200, data), size


@scenario
def echo_chunked(server):
    def pieces():
        for i in range(50):
            yield bytes([65 + i % 26]) * 3000
    connection = http.client.HTTPConnection("127.0.0.1", server.port,
                                            timeout=PATIENCE)
    connection.request("POST", "/echo", pieces(), encode_chunked=True,
                       headers={"Transfer-Encoding": "chunked"})
    response = connection.getresponse()
    assert response.status == 200 and len(response.read()) == 150000
    connection.request("GET", "/plaintext")
    assert connection.getresponse().read() == b"Hello, World!"
    connection.close()


@scenario
def echo_over_http2(server):
    with tempfile.NamedTemporaryFile() as f:
        f.write(os.urandom(2000000))
        f.flush()
        code, out = curl(server, "/echo", "--http2", "--data-binary",
                         "@" + f.name, "-H", "Expect:")
        f.seek(0)
        assert code == 0 and out == f.read()


def http2_post(server, path, pieces, length=None):
    """Sends each piece in a frame of its own; the end in an empty one."""
    def frame(kind, flags, stream, payload=b""):
        return (struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) +
                struct.pack(">I", stream) + payload)

    def header(name, value):
        return (b"\x00" + bytes([len(name)]) + name.encode() +
                bytes([len(value)]) + value.encode())
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    fields = (header(":method", "POST") + header(":scheme", "https") +
              header(":path", path) + header(":authority", "a"))
    if length is not None:
        fields += header("content-length", str(length))
    with socket.create_connection(("127.0.0.1", server.tls), 5) as plain:
        with context.wrap_socket(plain, server_hostname="a") as s:
            s.settimeout(PATIENCE)
            s.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0) +
                      frame(1, 4, 1, fields))
            for piece in pieces:
                # to be read alone, mostly; it must work either way
                time.sleep(0.05)
                s.sendall(frame(0, 0, 1, piece))
            time.sleep(0.05)
            s.sendall(frame(0, 1, 1))
            got, body = b"", b""
            while True:
                while len(got) < 9 or len(got) < 9 + int.from_bytes(got[:3], "big"):
                    piece = s.recv(65536)
                    assert piece, "closed"
                    got += piece
                size = int.from_bytes(got[:3], "big")
                kind, flags = got[3], got[4]
                payload, got = got[9:9 + size], got[9 + size:]
                assert kind not in (3, 7), (kind, payload)
                if kind == 4 and not flags & 1:
                    s.sendall(frame(4, 1, 0))
                if kind == 0:
                    body += payload
                if kind in (0, 1) and flags & 1:
                    return body


@scenario
@not_prefork("mod_http2 needs an MPM with threads")
def http2_bodies_whose_end_comes_alone(server):
    assert http2_post(server, "/echo", [b"a" * 10], 10) == b"a" * 10
    assert http2_post(server, "/echo", [b"a" * 10, b"b" * 3]) == \
        b"a" * 10 + b"b" * 3
    assert http2_post(server, "/upload?chunk=10", [b"1" * 10], 10) == \
        b"10 490\n"
    assert http2_post(server, "/whole/echo", [b"x" * 5000], 5000) == \
        b"x" * 5000


@scenario
def whole_body_first(server):
    for size in (10, 100000, 2000000):
        data = os.urandom(size)
        status, _, body = request(server, "POST", "/whole/echo", data)
        assert (status, body) == (200, data), size


@scenario
def whole_body_in_chunks_has_no_declared_length(server):
    got = info(server, "/whole/info", method="POST", body=iter([b"ab", b"c"]))
    assert (got["flags"], got["length"]) == ("0011", "-1"), got


@scenario
@nginx_only("mod_http2 resets the stream")
def http2_body_that_is_too_short(server):
    for path in ("/upload", "/whole/upload"):
        assert b"400 Bad Request" in http2_post(server, path, [b"a" * 10], 100)
    idle(server)


@scenario
def continue_when_read(server):
    with socket.create_connection(("127.0.0.1", server.port), 5) as s:
        s.settimeout(PATIENCE)
        s.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                  b"Expect: 100-continue\r\n\r\n")
        assert s.recv(4096).startswith(b"HTTP/1.1 100 Continue\r\n\r\n")
        s.sendall(b"hello")
        got = b""
        while b"hello" not in got:
            got += s.recv(4096)
        assert b"200 OK" in got


@scenario
def no_continue_when_not_read(server):
    got, _ = raw(server, b"POST /no-read HTTP/1.1\r\nHost: a\r\n"
                         b"Content-Length: 5\r\n"
                         b"Expect: 100-continue\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 403") and b"100 Continue" not in got
    assert b"Connection: close" in got


@scenario
@apache_only("it drops the body that was declared, where it comes")
def no_connection_is_kept_on_which_a_body_may_come(server):
    for path in (b"/custom?name=X-Accel-Redirect&value=/private/page",
                 b"/denied/page"):
        got, _ = raw(server, b"POST " + path + b" HTTP/1.1\r\nHost: a\r\n"
                             b"Content-Length: 50\r\n"
                             b"Expect: 100-continue\r\n\r\n")
        assert got.count(b"HTTP/1.1 ") == 1, got
        assert b"\r\nConnection: close\r\n" in got, got


@scenario
def no_continue_after_the_head(server):
    with socket.create_connection(("127.0.0.1", server.port), 5) as s:
        s.settimeout(PATIENCE)
        s.sendall(b"POST /head-then-body HTTP/1.1\r\nHost: a\r\n"
                  b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        got = b""
        while b"head\n" not in got:
            got += s.recv(4096)
        time.sleep(0.1)
        s.sendall(b"hello")
        while not got.endswith(b"0\r\n\r\n"):
            got += s.recv(4096)
    assert got.startswith(b"HTTP/1.1 200") and b"100 Continue" not in got, got
    assert b"hello" in got


@scenario
def unread_bodies_leave_the_connection_sane(server):
    body = b"x" * 5000
    one = (b"POST /no-read HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n"
           + body)
    last = b"GET /plaintext HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    got, _ = raw(server, one + one + last)
    assert got.count(b"403 Forbidden") == 2 and got.endswith(b"World!"), got


@scenario
def unread_large_body(server):
    status, _, _ = request(server, "POST", "/no-read", b"x" * 3000000)
    assert status == 403


@scenario
def body_beyond_client_max_body_size(server):
    assert request(server, "POST", "/limited/echo", b"x" * 2000)[0] == 413
    got, _ = raw(server, b"POST /limited/upload HTTP/1.1\r\nHost: a\r\n"
                         b"Transfer-Encoding: chunked\r\n\r\n"
                         b"1000\r\n" + b"x" * 4096 + b"\r\n0\r\n\r\n")
    assert b" 413 " in got[:20], got[:100]
    idle(server)


@scenario
@nginx_only("no named locations")
def error_page_is_not_given_half_a_body(server):
    with socket.create_connection(("127.0.0.1", server.port), 5) as s:
        s.settimeout(PATIENCE)
        s.sendall(b"POST /refused/x HTTP/1.1\r\nHost: a\r\n"
                  b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                  b"100\r\n" + b"x" * 256 + b"\r\n")
        time.sleep(0.1)
        s.sendall(b"1000\r\nx")
        got = b""
        while piece := s.recv(65536):
            got += piece
    assert b"\nflags: 0000\nlength: -1\n" in got, got


@scenario
def bad_chunks(server):
    got, _ = raw(server, b"POST /upload HTTP/1.1\r\nHost: a\r\n"
                         b"Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n")
    assert b" 400 " in got[:20], got[:100]
    idle(server)


@scenario
def slow_app_holds_the_client_back(server):
    data = b"y" * 3000000
    before = server.counters()
    status, _, body = request(server, "POST", "/upload?ms=1&chunk=8192", data)
    assert status == 200 and body.split()[0] == b"3000000"
    after = server.counters()
    assert after["overflow"] == before["overflow"]
    assert after["peak"] <= 65536, after


@scenario
def body_that_breaks_off(server):
    before = server.counters()["aborts"]
    with socket.create_connection(("127.0.0.1", server.port), 5) as s:
        s.sendall(b"POST /upload HTTP/1.1\r\nHost: a\r\n"
                  b"Content-Length: 100000\r\n\r\nsome")
        in_flight(server)
    wait_for(lambda: server.counters()["aborts"] == before + 1, 5, "abort")
    idle(server)


@scenario
def body_that_breaks_off_while_nobody_reads(server):
    before = server.counters()["aborts"]
    with socket.create_connection(("127.0.0.1", server.port), 5) as s:
        s.sendall(b"POST /abort HTTP/1.1\r\nHost: a\r\n"
                  b"Content-Length: 100000\r\n\r\nsome")
        in_flight(server)
    wait_for(lambda: server.counters()["aborts"] == before + 1, 5, "abort")
    idle(server)


@scenario
def full_duplex(server):
    with socket.create_connection(("127.0.0.1", server.port), 5) as s:
        s.settimeout(PATIENCE)
        s.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\n"
                  b"Transfer-Encoding: chunked\r\n\r\n")
        for i in range(20):
            word = b"word%02d" % i
            s.sendall(b"6\r\n" + word + b"\r\n")
            got = b""
            while word not in got:
                got += s.recv(4096)
        s.sendall(b"0\r\n\r\n")
        while not got.endswith(b"0\r\n\r\n"):
            got += s.recv(4096)
