"""Response heads and bodies."""

import os
import re
import socket
import time

from common import (curl, idle, in_flight, nginx_only, not_prefork, raw,
                    request, scenario, stub_only)
from base_server import PATIENCE, logged, wait_for
from web_server import IS_NGINX


@scenario
def many_headers_and_overrides(server):
    status, headers, body = request(server, "GET", "/cookies")
    assert (status, body) == (401, b"no")
    assert headers["set-cookie"] == ["a=1; path=/", "b=2; path=/"]
    assert len(headers["www-authenticate"]) == 2
    assert headers["content-type"] == ["text/html; charset=utf-8"]
    assert headers["server"] == ["stub"]
    assert headers["date"] == ["Thu, 01 Jan 1970 00:00:00 GMT"]
    assert "keep-alive" not in headers and "transfer-encoding" not in headers


@scenario
def headers_are_hidden(server):
    _, headers, _ = request(server, "GET", "/hidden/cookies")
    assert "x-custom" not in headers and "set-cookie" not in headers
    assert "www-authenticate" in headers


@scenario
def custom_reason(server):
    got, _ = raw(server, b"GET /custom?status=299&reason=Odd HTTP/1.1\r\n"
                         b"Host: a\r\nConnection: close\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 299 Odd\r\n"), got


@scenario
def location_is_left_alone(server):
    _, headers, _ = request(server, "GET",
                            "/custom?status=302&name=Location&value=/there")
    assert headers["location"] == ["/there"]


@scenario
def statuses_without_body(server):
    for status in (204, 304):
        got = request(server, "GET", f"/custom?status={status}&body=no")
        assert got[0] == status and got[2] == b""
        assert "transfer-encoding" not in got[1]
    status, headers, body = request(server, "HEAD", "/plaintext")
    assert (status, body) == (200, b"") and headers["content-length"] == ["13"]
    status, _, body = request(server, "HEAD", "/stream?n=100&size=100000")
    assert (status, body) == (200, b"")


@scenario
@not_prefork("mod_http2 needs an MPM with threads")
def head_over_http2(server):
    code, out = curl(server, "/stream?n=20&size=100000", "--http2", "-I")
    assert code == 0 and out.startswith(b"HTTP/2 200")


@scenario
def reason_of_a_status_without_body(server):
    for status in (b"204", b"304"):
        got, _ = raw(server, b"GET /custom?status=" + status +
                     b"&reason=Odd&body=evil HTTP/1.1\r\nHost: a\r\n\r\n"
                     b"GET /plaintext HTTP/1.1\r\nHost: a\r\n"
                     b"Connection: close\r\n\r\n")
        assert got.count(b"HTTP/1.1 ") == 2 and b"evil" not in got, got
        assert got.endswith(b"Hello, World!")


@scenario
def known_headers_that_are_given_as_text(server):
    path = "/custom?body=five!&name={}&value={}"
    for name in ("transfer-encoding", "keep-alive", "x-accel-buffering"):
        status, headers, body = request(server, "GET",
                                        path.format(name, "chunked"))
        assert (status, body) == (200, b"five!") and name not in headers
    got = request(server, "GET",
                  path.format("x-accel-redirect", "/private/page"))
    assert got[2] == b"a static page\n", got


@scenario
@stub_only("the probe's server knows the header by its number")
def content_length_that_is_given_as_text(server):
    got = request(server, "GET", "/custom?body=five!&name=content-length"
                  "&value=99")
    assert got[0] == 500, got


@scenario
def big_response_heads(server):
    _, headers, _ = request(server, "GET", "/big-headers?n=30")
    assert len(headers["x-big"]) == 30


@scenario
def bad_heads_are_500(server):
    for kind in (0, 2):
        status, headers, _ = request(server, "GET", f"/bad-head?kind={kind}")
        assert status == 500 and "x-evil" not in headers, (kind, status)


@scenario
@stub_only("the probe's server writes the block; nobody else can damage it")
def damaged_heads_are_500(server):
    assert request(server, "GET", "/bad-head?kind=1")[0] == 500


@scenario
@stub_only("ASP.NET Core has no interface for informational responses")
def informational_is_not_the_answer(server):
    got, _ = raw(server, b"GET /informational HTTP/1.1\r\nHost: a\r\n"
                         b"Connection: close\r\n\r\n")
    # nginx sends 103 from 1.29 on, and where early_hints says so
    assert (b" 103 " in got) != IS_NGINX, got
    assert got.endswith(b"hinted\n"), got
    head = got[got.rindex(b"HTTP/1.1 "):].lower()
    assert head.startswith(b"http/1.1 200 "), got
    assert b"\nlink:" not in head and b"\netag:" not in head, got
    assert b"\ncontent-type:" not in head, got


@scenario
def accel_redirect(server):
    status, headers, body = request(
        server, "GET", "/custom?name=X-Accel-Redirect&value=/private/page")
    assert (status, body) == (200, b"a static page\n")
    assert "x-accel-redirect" not in headers
    status, _, _ = request(
        server, "GET", "/custom?name=X-Accel-Redirect&value=/private/../../x")
    assert status == 404
    logged(server, "MH0329")


@scenario
def errors_are_intercepted(server):
    status, _, body = request(server, "GET", "/intercepted/custom?status=404")
    assert (status, body) == (200 if IS_NGINX else 404, b"a static page\n")
    status, _, body = request(server, "GET",
                              "/intercepted/custom?status=403&body=mine")
    assert (status, body) == (403, b"mine")


@scenario
@nginx_only("no named locations")
def error_page_of_another_application(server):
    status, _, body = request(server, "GET", "/fallback/custom?status=418")
    assert status == 418 and b"path: /fallback/custom" in body


@scenario
def one_large_response(server):
    status, headers, body = request(server, "GET", "/big?size=3000000")
    assert status == 200 and len(body) == 3000000
    assert headers["content-length"] == ["3000000"]


@scenario
def streams(server):
    for query in ("n=100&size=1000", "n=1000&size=10&flush=0",
                  "n=30&size=100000&length=1", "n=1&size=0"):
        status, _, body = request(server, "GET", "/stream?" + query)
        n, size = re.match(r"n=(\d+)&size=(\d+)", query).groups()
        assert status == 200 and len(body) == int(n) * int(size), query


@scenario
def streams_over_http2(server):
    code, out = curl(server, "/stream?n=50&size=100000", "--http2")
    assert code == 0 and len(out) == 5000000
    code, out = curl(server, "/big?size=1000000", "--http2")
    assert code == 0 and len(out) == 1000000


@scenario
def head_goes_first(server):
    with socket.create_connection(("127.0.0.1", server.port), 5) as s:
        s.settimeout(PATIENCE)
        s.sendall(b"GET /head-first?ms=3000 HTTP/1.1\r\nHost: a\r\n\r\n")
        got = s.recv(4096)
        assert got.startswith(b"HTTP/1.1 200") and b"then" not in got, got


@scenario
def slow_client_holds_the_app_back(server):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        s.connect(("127.0.0.1", server.port))
        s.settimeout(PATIENCE)
        s.sendall(b"GET /stream?n=4000&size=16384 HTTP/1.0\r\n\r\n")
        in_flight(server)
        pid = server.counters()["pid"]
        wait_for(lambda: settled(pid), 20, "the app to be held back")
        assert resident(pid) < 400 << 20, resident(pid)
        total = 0
        while True:
            piece = s.recv(1 << 20)
            if not piece:
                break
            total += len(piece)
        assert total > 4000 * 16384


def settled(pid):
    """Whether the memory stays as it is for a moment."""
    before = resident(pid)
    time.sleep(0.2)
    return resident(pid) == before


def resident(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * 4096


@scenario
def spooled_response_frees_the_app(server):
    for path, size in (("/spool/stream?n=2000&size=16384", 2000 * 16384),
                       ("/spool/stream?n=200&size=16384&length=1",
                        200 * 16384),
                       ("/spool/big?size=5000000", 5000000),
                       ("/spool/plaintext", 13)):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
            s.connect(("127.0.0.1", server.port))
            s.settimeout(PATIENCE)
            s.sendall(b"GET " + path.encode() + b" HTTP/1.0\r\n\r\n")
            idle(server)
            got = bytearray()
            while piece := s.recv(1 << 20):
                got += piece
            head, _, body = got.partition(b"\r\n\r\n")
            assert len(body) == size, (path, len(body), head)
            if b"stream" in head or "stream" in path:
                line = bytes(97 + i % 26 for i in range(16384))
                assert body == line * (size // 16384), path


@scenario
def spooled_response_and_a_client_that_leaves(server):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        s.connect(("127.0.0.1", server.port))
        s.sendall(b"GET /spool/stream?n=500&size=16384 HTTP/1.0\r\n\r\n")
        idle(server)
    status, _, body = request(server, "GET", "/spool/big?size=100000")
    assert status == 200 and len(body) == 100000


@scenario
def accel_buffering(server):
    path = "/custom?name=X-Accel-Buffering&value=yes&body=b"
    status, headers, body = request(server, "GET", path)
    assert (status, body) == (200, b"b")
    assert "x-accel-buffering" not in headers


@scenario
def limit_rate(server):
    begun = time.monotonic()
    status, _, body = request(server, "GET", "/slow/stream?n=40&size=10000")
    assert (status, len(body)) == (200, 400000)
    assert time.monotonic() - begun > 0.5


@scenario
def gzip(server):
    status, headers, body = request(server, "GET",
                                    "/zipped/stream?n=50&size=10000", None,
                                    {"Accept-Encoding": "gzip"})
    import gzip as z
    assert headers["content-encoding"] == ["gzip"] and status == 200
    assert len(z.decompress(body)) == 500000


@scenario
@stub_only("ASP.NET Core's servers offer trailers on HTTP/2 only")
def trailers_chunked(server):
    got, _ = raw(server, b"GET /trailers HTTP/1.1\r\nHost: a\r\n"
                         b"Connection: close\r\n\r\n")
    assert got.endswith(b"0\r\nGrpc-Status: 0\r\nX-Sum: abc\r\n\r\n"), got


@scenario
@not_prefork("mod_http2 needs an MPM with threads")
def trailers_over_http2(server):
    code, out = curl(server, "/trailers", "--http2", "-i")
    assert code == 0 and b"grpc-status: 0" in out.lower()


@scenario
def send_file(server):
    path = os.path.join(server.prefix, "html", "large")
    with open(path, "rb") as f:
        data = f.read()
    for where in ("", "/nosendfile", "/withsendfile"):
        got = request(server, "GET", f"{where}/sendfile?file={path}")
        assert got[0] == 200 and got[2] == data, where
        got = request(server, "GET",
                      f"{where}/sendfile?file={path}&offset=10&length=100")
        assert got[2] == data[10:110], where
    code, out = curl(server, f"/withsendfile/sendfile?file={path}", "--http2")
    assert code == 0 and out == data


@scenario
@stub_only("SendFileAsync looks at the file's length first")
def send_file_beyond_its_end(server):
    path = os.path.join(server.prefix, "html", "page")
    _, reset = raw(server, b"GET /sendfile?file=" + path.encode() +
                   b"&length=100000 HTTP/1.1\r\nHost: a\r\n\r\n")
    assert reset
    logged(server, "MH0327")
