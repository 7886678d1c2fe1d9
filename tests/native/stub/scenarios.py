"""The scenarios. Each is a function; `server` is shared unless it says so."""

import http.client
import os
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import stress
from nginx_server import Server, wait_for
from own_servers import OWN

SCENARIOS = []

SHARED = """
    server {
        listen 127.0.0.1:@PORT@;
        listen 127.0.0.1:@TLS@ ssl http2;
        ssl_certificate @PREFIX@/cert.pem;
        ssl_certificate_key @PREFIX@/key.pem;
        ssl_client_certificate @PREFIX@/cert.pem;
        ssl_verify_client optional_no_ca;
        modhost_pass_here;
        location / { modhost_pass @STUB@; }
        location /shop/ { modhost_pass @STUB@; }
        location /mall { modhost_pass @STUB@; }
        location ~ ^/re/ { modhost_pass @STUB@; }
        location ~ ^/based/v[0-9] { modhost_pass @STUB@ path_base=/based; }
        location = /exact { modhost_pass @STUB@; }
        location ~ /ifregex {
            if ($arg_a) { modhost_pass @STUB@; }
        }
        location /ifprefix/ {
            modhost_pass @STUB@;
            if ($arg_a) { set $unused 1; }
        }
        location /except/ {
            modhost_pass @STUB@;
            limit_except GET { deny all; }
        }
        location /inline/ { modhost_pass @STUB@; modhost_dispatch inline; }
        location /whole/ {
            modhost_pass @STUB@;
            modhost_request_buffering on;
            client_body_buffer_size 16k;
        }
        location /limited/ { modhost_pass @STUB@; client_max_body_size 1k; }
        location /timed/ {
            modhost_pass @STUB@;
            modhost_request_timeout 200ms;
        }
        location /hidden/ {
            modhost_pass @STUB@;
            modhost_hide_header X-Custom;
            modhost_hide_header Set-Cookie;
        }
        location /intercepted/ {
            modhost_pass @STUB@;
            modhost_intercept_errors on;
            error_page 404 =200 /static/page;
        }
        location /fallback/ {
            modhost_pass @STUB@;
            modhost_intercept_errors on;
            error_page 418 @other;
        }
        location @other { modhost_pass @STUB@; }
        location /vars/ {
            modhost_pass @STUB@;
            modhost_variable REMOTE_USER fred;
            modhost_variable AUTH_TYPE Test;
            modhost_variable HOST_IS $host;
        }
        location /rewritten/ {
            rewrite ^/rewritten/(.*)$ /$1 break;
            modhost_pass @STUB@;
        }
        location /ssi/ {
            ssi on;
            ssi_types text/plain;
            modhost_pass @STUB@ path_base=/ssi;
        }
        location /guarded/ {
            set $code $arg_status;
            auth_request /authorise;
            modhost_pass @STUB@;
        }
        location = /authorise {
            internal;
            modhost_pass @STUB@;
            rewrite ^ /custom?status=$code? break;
        }
        location /mirrored/ { mirror /mirror; modhost_pass @STUB@; }
        location = /mirror { internal; modhost_pass @STUB@; }
        location /slow/ { limit_rate 200k; modhost_pass @STUB@; }
        location /spool/ { modhost_buffering on; modhost_pass @STUB@; }
        location /zipped/ {
            gzip on; gzip_types text/plain; gzip_min_length 1;
            modhost_pass @STUB@;
        }
        location /nosendfile/ { sendfile off; modhost_pass @STUB@; }
        location /withsendfile/ { sendfile on; modhost_pass @STUB@; }
        location /static/ { alias @PREFIX@/html/; }
        location /private/ { internal; alias @PREFIX@/html/; }
    }
""".replace("        modhost_pass_here;\n", "")


def scenario(function):
    SCENARIOS.append(function)
    return function


def request(server, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port,
                                            timeout=30)
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    data = response.read()
    result = response.status, dict_of(response.getheaders()), data
    connection.close()
    return result


def dict_of(headers):
    result = {}
    for name, value in headers:
        result.setdefault(name.lower(), []).append(value)
    return result


def raw(server, data, seconds=20, half_close=False):
    """Sends bytes, reads to the end; (bytes, whether it was reset)."""
    with socket.create_connection(("127.0.0.1", server.port), 5) as s:
        s.settimeout(seconds)
        s.sendall(data)
        if half_close:
            s.shutdown(socket.SHUT_WR)
        got = b""
        while True:
            try:
                piece = s.recv(65536)
            except ConnectionResetError:
                return got, True
            if not piece:
                return got, False
            got += piece


def info(server, path, headers=None, method="GET", body=None):
    status, _, data = request(server, method, path, body, headers)
    assert status == 200, (status, data)
    result = {}
    for line in data.decode("utf-8", "surrogateescape").splitlines():
        name, _, value = line.partition(": ")
        if name in ("header", "variable"):
            key, _, value = value.partition("=")
            result.setdefault(name, {}).setdefault(key.lower(), []).append(value)
        else:
            result[name.rstrip(":")] = value
    return result


def curl(server, path, *more, scheme="https"):
    port = server.tls if scheme == "https" else server.port
    result = subprocess.run(
        ["curl", "-sk", "--max-time", "30", *more,
         f"{scheme}://127.0.0.1:{port}{path}"],
        capture_output=True, check=False)
    return result.returncode, result.stdout


def idle(server, seconds=10):
    """Until no exchange is live."""
    wait_for(lambda: server.counters()["live"] == 0, seconds, "live == 0")


# ---- heads and paths ------------------------------------------------------

@scenario
def plaintext(server):
    status, headers, body = request(server, "GET", "/plaintext")
    assert (status, body) == (200, b"Hello, World!")
    assert headers["content-type"] == ["text/plain"]
    assert headers["content-length"] == ["13"]


@scenario
def inline_dispatch_answers(server):
    for _ in range(50):
        status, _, body = request(server, "GET", "/inline/plaintext")
        assert (status, body) == (200, b"Hello, World!")
    status, _, body = request(server, "POST", "/inline/echo", b"x" * 100000)
    assert (status, body) == (200, b"x" * 100000)


@scenario
def keep_alive_and_pipelining(server):
    one = b"GET /plaintext HTTP/1.1\r\nHost: a\r\n\r\n"
    last = b"GET /plaintext HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    got, reset = raw(server, one * 9 + last)
    assert got.count(b"Hello, World!") == 10 and not reset


@scenario
def http_1_0(server):
    got, _ = raw(server, b"GET /stream?n=3&size=5 HTTP/1.0\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 200") and got.endswith(b"abcde" * 3)
    assert b"chunked" not in got
    assert info(server, "/a")["version"] == "0101"


@scenario
def prefix_becomes_path_base(server):
    got = info(server, "/shop/a/b?q=1")
    assert (got["base"], got["path"], got["query"]) == ("/shop", "/a/b", "?q=1")
    got = info(server, "/shop/")
    assert (got["base"], got["path"]) == ("/shop", "/")


@scenario
def prefix_without_slash_takes_whole_segments(server):
    got = info(server, "/mall")
    assert (got["base"], got["path"]) == ("/mall", "")
    got = info(server, "/mall/x")
    assert (got["base"], got["path"]) == ("/mall", "/x")
    assert request(server, "GET", "/mallard")[0] == 404


@scenario
def missing_slash_is_redirected(server):
    status, headers, _ = request(server, "GET", "/shop")
    assert status == 301 and headers["location"][0].endswith("/shop/")


@scenario
def regex_exact_and_named_have_no_base(server):
    assert info(server, "/re/x")["base"] == ""
    assert info(server, "/exact")["path"] == "/exact"
    got = info(server, "/based/v1/x")
    assert (got["base"], got["path"]) == ("/based", "/v1/x")


@scenario
def blocks_inside_locations(server):
    got = info(server, "/ifregex/x?a=1")
    assert (got["base"], got["path"]) == ("", "/ifregex/x")
    assert request(server, "GET", "/ifregex/x")[0] == 404
    for query in ("", "?a=1"):
        got = info(server, "/ifprefix/x" + query)
        assert (got["base"], got["path"]) == ("/ifprefix", "/x")
    assert info(server, "/except/x")["base"] == "/except"
    assert request(server, "POST", "/except/x")[0] == 403


@scenario
def rewritten_uri_has_no_base(server):
    got = info(server, "/rewritten/a%2Fb")
    assert (got["base"], got["path"]) == ("", "/a/b")
    assert got["target"] == "/rewritten/a%2Fb"


@scenario
def encoded_slash_stays(server):
    assert info(server, "/a%2Fb/c%2fd")["path"] == "/a%2Fb/c%2fd"
    assert info(server, "/a%20b")["path"] == "/a b"
    assert info(server, "/a%252Fb")["path"] == "/a%252Fb"
    assert info(server, "/a%25b")["path"] == "/a%b"
    assert info(server, "/a//b/../c")["path"] == "/a/c"
    got = info(server, "/shop%2Fx")
    assert (got["base"], got["path"]) == ("/shop", "/x")


@scenario
def absolute_target(server):
    got, _ = raw(server, b"GET http://other:81/abs%2Fx?q HTTP/1.1\r\n"
                         b"Host: ignored\r\nConnection: close\r\n\r\n")
    assert b"target: http://other:81/abs%2Fx?q" in got
    assert b"header: Host=other:81" in got and b"ignored" not in got
    assert b"path: /abs%2Fx" in got
    got, _ = raw(server, b"GET http://bare HTTP/1.1\r\n"
                         b"Host: bare\r\nConnection: close\r\n\r\n")
    assert b"target: http://bare\n" in got and b"path: /\n" in got


@scenario
def methods(server):
    for method in ("GET", "PUT", "DELETE", "OPTIONS", "PATCH", "PURGE"):
        assert info(server, "/m", method=method)["method"] == method


@scenario
def client_headers_are_passed(server):
    got = info(server, "/h", {"X-Forwarded-For": "1.2.3.4", "X-Many": "a",
                              "Cookie": "c=1"})
    assert got["header"]["x-forwarded-for"] == ["1.2.3.4"]
    assert got["header"]["cookie"] == ["c=1"]
    assert got["remote"].startswith("127.0.0.1 ")


@scenario
def too_many_headers(server):
    headers = {f"X-{i}": "v" for i in range(250)}
    assert request(server, "GET", "/h", None, headers)[0] == 431
    assert "MH0320" in server.log()


@scenario
def too_large_head(server):
    lines = b"".join(b"X-%d: " % i + b"v" * 7000 + b"\r\n" for i in range(4))
    got, _ = raw(server, b"GET /h HTTP/1.1\r\nHost: a\r\n" + lines + lines
                 + lines + b"\r\n")
    assert got[9:12] in (b"431", b"400"), got[:40]


@scenario
def variables(server):
    got = info(server, "/vars/x", {"Host": "h"})
    assert (got["user"], got["auth"]) == ("fred", "Test")
    assert got["variable"]["host_is"] == ["h"]
    assert info(server, "/x", {"Authorization": "Basic YTpi"})["user"] == ""


@scenario
def tls_and_http2(server):
    code, out = curl(server, "/info", "--http2", "--resolve",
                     f"sni.test:{server.tls}:127.0.0.1")
    text = out.decode()
    assert code == 0 and "version: 0200" in text, text
    assert "flags: 0002" in text and "tls: TLSv1." in text
    assert f"header: Host=127.0.0.1:{server.tls}" in text


@scenario
def client_certificate(server):
    cert = os.path.join(server.prefix, "cert.pem")
    key = os.path.join(server.prefix, "key.pem")
    code, out = curl(server, "/info", "--cert", cert, "--key", key)
    assert code == 0 and b"certificate: 0\n" not in out


# ---- response heads -------------------------------------------------------

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
    code, out = curl(server, "/stream?n=20&size=100000", "--http2", "-I")
    assert code == 0 and out.startswith(b"HTTP/2 200")


@scenario
def big_response_heads(server):
    _, headers, _ = request(server, "GET", "/big-headers?n=30")
    assert len(headers["x-big"]) == 30


@scenario
def bad_heads_are_500(server):
    for kind in (0, 1, 2):
        status, headers, _ = request(server, "GET", f"/bad-head?kind={kind}")
        assert status == 500 and "x-evil" not in headers, (kind, status)


@scenario
def informational_is_not_the_answer(server):
    status, _, body = request(server, "GET", "/informational")
    assert (status, body) == (200, b"hinted\n")


@scenario
def accel_redirect(server):
    status, headers, body = request(
        server, "GET", "/custom?name=X-Accel-Redirect&value=/private/page")
    assert (status, body) == (200, b"a static page\n")
    assert "x-accel-redirect" not in headers
    status, _, _ = request(
        server, "GET", "/custom?name=X-Accel-Redirect&value=/private/../../x")
    assert status == 404 and "MH0329" in server.log()


@scenario
def errors_are_intercepted(server):
    status, _, body = request(server, "GET", "/intercepted/custom?status=404")
    assert (status, body) == (200, b"a static page\n")
    status, _, body = request(server, "GET",
                              "/intercepted/custom?status=403&body=mine")
    assert (status, body) == (403, b"mine")


@scenario
def error_page_of_another_application(server):
    status, _, body = request(server, "GET", "/fallback/custom?status=418")
    assert status == 418 and b"path: /fallback/custom" in body


# ---- response bodies ------------------------------------------------------

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
        s.settimeout(5)
        s.sendall(b"GET /head-first?ms=500 HTTP/1.1\r\nHost: a\r\n\r\n")
        begun = time.monotonic()
        assert s.recv(4096).startswith(b"HTTP/1.1 200")
        assert time.monotonic() - begun < 0.4


@scenario
def slow_client_holds_the_app_back(server):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        s.connect(("127.0.0.1", server.port))
        s.settimeout(20)
        s.sendall(b"GET /stream?n=4000&size=16384 HTTP/1.0\r\n\r\n")
        time.sleep(0.5)
        pid = server.counters()["pid"]
        before = resident(pid)
        assert before < 400 << 20, before
        total = 0
        while True:
            piece = s.recv(1 << 20)
            if not piece:
                break
            total += len(piece)
        assert total > 4000 * 16384


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
            s.settimeout(20)
            s.sendall(b"GET " + path.encode() + b" HTTP/1.0\r\n\r\n")
            idle(server)
            got = b""
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
    assert time.monotonic() - begun > 0.7


@scenario
def gzip(server):
    status, headers, body = request(server, "GET",
                                    "/zipped/stream?n=50&size=10000", None,
                                    {"Accept-Encoding": "gzip"})
    import gzip as z
    assert headers["content-encoding"] == ["gzip"] and status == 200
    assert len(z.decompress(body)) == 500000


@scenario
def trailers_chunked_and_http2(server):
    got, _ = raw(server, b"GET /trailers HTTP/1.1\r\nHost: a\r\n"
                         b"Connection: close\r\n\r\n")
    assert got.endswith(b"0\r\nGrpc-Status: 0\r\nX-Sum: abc\r\n\r\n"), got
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
def send_file_beyond_its_end(server):
    path = os.path.join(server.prefix, "html", "page")
    _, reset = raw(server, b"GET /sendfile?file=" + path.encode() +
                   b"&length=100000 HTTP/1.1\r\nHost: a\r\n\r\n")
    assert reset and "MH0327" in server.log()


# ---- request bodies -------------------------------------------------------

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
                                            timeout=30)
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
            s.settimeout(10)
            s.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0) +
                      frame(1, 4, 1, fields))
            for piece in pieces:
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
def continue_when_read(server):
    with socket.create_connection(("127.0.0.1", server.port), 5) as s:
        s.settimeout(10)
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
        time.sleep(0.1)
    wait_for(lambda: server.counters()["aborts"] == before + 1, 5, "abort")
    idle(server)


@scenario
def body_that_breaks_off_while_nobody_reads(server):
    before = server.counters()["aborts"]
    with socket.create_connection(("127.0.0.1", server.port), 5) as s:
        s.sendall(b"POST /abort HTTP/1.1\r\nHost: a\r\n"
                  b"Content-Length: 100000\r\n\r\nsome")
        time.sleep(0.1)
    wait_for(lambda: server.counters()["aborts"] == before + 1, 5, "abort")
    idle(server)


@scenario
def full_duplex(server):
    with socket.create_connection(("127.0.0.1", server.port), 5) as s:
        s.settimeout(5)
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


# ---- failures -------------------------------------------------------------

@scenario
def reset_before_head_is_500(server):
    assert request(server, "GET", "/reset")[0] == 500
    assert "MH0326" in server.log()


@scenario
def reset_after_head_never_looks_whole(server):
    for query in ("", "?length=100"):
        got, reset = raw(server, b"GET /reset-after-head" + query.encode() +
                         b" HTTP/1.1\r\nHost: a\r\n\r\n")
        assert reset or not got.endswith(b"0\r\n\r\n"), got
    _, reset = raw(server, b"GET /reset-after-head HTTP/1.0\r\n\r\n")
    assert reset
    code, _ = curl(server, "/reset-after-head", "--http2")
    assert code == 92, code


@scenario
def content_length_too_short_or_long(server):
    for length in (3, 100):
        got, reset = raw(server, b"GET /custom?length=%d&body=12345 HTTP/1.1"
                         b"\r\nHost: a\r\n\r\n" % length)
        assert reset or got == b"", (length, got)
    assert "MH0325" in server.log()


@scenario
def unfinished_response_is_broken_off(server):
    got, reset = raw(server,
                     b"GET /unfinished HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"half" in got and (reset or not got.endswith(b"0\r\n\r\n"))
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
    assert 0.15 < time.monotonic() - begun < 5
    assert server.counters()["aborts"] == before + 1
    assert "MH0324" in server.log()


@scenario
def client_abort(server):
    before = server.counters()["aborts"]
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port), 5) as s:
            s.sendall(b"GET /abort HTTP/1.1\r\nHost: a\r\n\r\n")
            time.sleep(0.02)
    wait_for(lambda: server.counters()["aborts"] == before + 20, 5, "aborts")
    idle(server)
    wait_for(lambda: '499 "GET /abort' in server.access(), 5, "499")


@scenario
def client_that_leaves_at_once(server):
    before = server.counters()["aborts"]
    for _ in range(50):
        with socket.create_connection(("127.0.0.1", server.port), 5) as s:
            s.sendall(b"GET /abort HTTP/1.1\r\nHost: a\r\n\r\n")
    idle(server)
    # some had left before they were begun
    assert server.counters()["aborts"] > before


@scenario
def client_abort_over_http2(server):
    before = server.counters()["aborts"]
    subprocess.run(["curl", "-sk", "--http2", "--max-time", "0.3",
                    f"https://127.0.0.1:{server.tls}/abort"], check=False)
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
    import random
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


# ---- upgrade --------------------------------------------------------------

UPGRADE = (b"GET /upgrade-echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n"
           b"Upgrade: stub\r\n\r\n")


def read_head(s):
    got = b""
    while b"\r\n\r\n" not in got:
        piece = s.recv(4096)
        assert piece, got
        got += piece
    head, _, rest = got.partition(b"\r\n\r\n")
    return head, rest


def read_exactly(s, rest, length):
    while len(rest) < length:
        piece = s.recv(65536)
        assert piece, (len(rest), length)
        rest += piece
    return rest


@scenario
def upgrade_echoes(server):
    with socket.create_connection(("127.0.0.1", server.port), 5) as s:
        s.settimeout(10)
        s.sendall(UPGRADE + b"early")
        head, rest = read_head(s)
        assert head.startswith(b"HTTP/1.1 101") and b"Upgrade: stub" in head
        assert b"Connection: upgrade" in head
        assert read_exactly(s, rest, 5) == b"early"
        for size in (1, 1000, 200000):
            data = os.urandom(size)
            threading.Thread(target=s.sendall, args=(data,)).start()
            assert read_exactly(s, b"", size) == data
        s.sendall(b"bye")
        rest = read_exactly(s, b"", 6)
        assert rest == b"byeend" and s.recv(10) == b""
    idle(server)


@scenario
def upgrade_half_closed_by_client(server):
    with socket.create_connection(("127.0.0.1", server.port), 5) as s:
        s.settimeout(10)
        s.sendall(UPGRADE)
        read_head(s)
        s.sendall(b"last")
        s.shutdown(socket.SHUT_WR)
        assert read_exactly(s, b"", 7) == b"lastend" and s.recv(10) == b""
    idle(server)


@scenario
def upgrade_over_tls(server):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", server.tls), 5) as plain:
        with context.wrap_socket(plain) as s:
            s.settimeout(10)
            s.sendall(UPGRADE)
            _, rest = read_head(s)
            s.sendall(b"x" * 50000)
            assert read_exactly(s, rest, 50000) == b"x" * 50000
            s.sendall(b"bye")
            assert read_exactly(s, b"", 6) == b"byeend"
    idle(server)


@scenario
def upgrade_broken_off_by_client(server):
    before = server.counters()["aborts"]
    with socket.create_connection(("127.0.0.1", server.port), 5) as s:
        s.settimeout(10)
        s.sendall(UPGRADE)
        read_head(s)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
    wait_for(lambda: server.counters()["aborts"] == before + 1, 5, "abort")
    idle(server)


@scenario
def upgrade_that_nobody_asked_for(server):
    assert request(server, "GET", "/upgrade-echo")[0] == 500
    assert "MH0303" in server.log()
    idle(server)


# ---- subrequests ----------------------------------------------------------

@scenario
def ssi_includes(server):
    tag = "<!--#include virtual=\"/mall/custom?body=inner\" -->"
    path = "/ssi/custom?body=(" + tag.replace(" ", "%20") + ")"
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("POST", "/ssi/echo", f"({tag})({tag})")
    response = connection.getresponse()
    body = response.read()
    assert response.status == 200 and body == b"(inner)(inner)", (body, path)
    connection.close()


@scenario
def auth_request(server):
    assert request(server, "GET", "/guarded/plaintext?status=200")[0] == 200
    assert request(server, "GET", "/guarded/plaintext?status=403")[0] == 403
    assert request(server, "GET", "/guarded/plaintext?status=401")[0] == 401
    status, _, body = request(server, "POST", "/guarded/echo?status=200",
                              b"b" * 20000)
    assert (status, body) == (200, b"b" * 20000)


@scenario
def mirror(server):
    status, _, body = request(server, "POST", "/mirrored/echo", b"m" * 50000)
    assert (status, body) == (200, b"m" * 50000)
    idle(server)


# ---- logs -----------------------------------------------------------------

@scenario
def log_lines(server):
    request(server, "GET", "/log?size=6000")
    log = server.log()
    assert 'modhost: app "Stub": Stub.Long: aaaa' in log
    assert log.count("\n    ") >= 70
    for line in log.splitlines():
        assert not line.startswith("2020/01/01"), line
    assert r"forged\x01" in log


@scenario
def access_log_variables(server):
    request(server, "GET", "/sleep?ms=30&mark=1")
    wait_for(lambda: "mark=1" in server.access(), 5, "the access log")
    line = [x for x in server.access().splitlines() if "mark=1" in x][0]
    assert re.search(r" Stub 0\.\d{3} 0\.0[2-9]\d$", line), line


def everything_at_once():
    server = Server("modhost_max_concurrency 60; modhost_queue_size 100;"
                    + SHARED, workers=2)
    prepare(server)
    try:
        server.start()
        stress.run(server)
        for _ in range(4):
            idle(server, 40)
        counters = server.counters()
        assert counters["overflow"] == 0, counters
        server.stop()
    finally:
        if server.process.poll() is None:
            server.kill(signal.SIGTERM)
            server.process.wait(10)
        server.remove()


everything_at_once.own = True
SCENARIOS.append(everything_at_once)


def prepare(server):
    os.mkdir(os.path.join(server.prefix, "html"))
    with open(os.path.join(server.prefix, "html", "page"), "w",
              encoding="ascii") as f:
        f.write("a static page\n")
    with open(os.path.join(server.prefix, "html", "large"), "wb") as f:
        f.write(os.urandom(1500000))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-keyout", os.path.join(server.prefix, "key.pem"),
         "-out", os.path.join(server.prefix, "cert.pem")],
        check=True, capture_output=True)
    for name in ("key.pem", "cert.pem"):
        os.chmod(os.path.join(server.prefix, name), 0o644)


def main(argv):
    pattern = re.compile(argv[1] if len(argv) > 1 else "")
    wanted = [s for s in SCENARIOS + OWN if pattern.search(s.__name__)]
    shared = None
    failed = []
    passed = 0

    for one in wanted:
        begun = time.monotonic()
        server = None
        try:
            if hasattr(one, "own"):
                one()
            else:
                if shared is None or shared.process.poll() is not None:
                    shared = Server(SHARED)
                    prepare(shared)
                    shared.start()
                server = shared
                one(server)
            passed += 1
            verdict = "ok"
        except Exception:  # pylint: disable=broad-except
            failed.append(one.__name__)
            verdict = "FAILED\n" + traceback.format_exc()
            if server is not None:
                verdict += "\n".join(server.log().splitlines()[-15:])
        print(f"{one.__name__:50} {time.monotonic() - begun:6.2f} s {verdict}",
              flush=True)

    if shared is not None:
        try:
            idle(shared)
            end = shared.counters()
            assert end["overflow"] == 0, end
            shared.stop()
            passed += 1
        except Exception:  # pylint: disable=broad-except
            failed.append("clean_end")
            traceback.print_exc()
        finally:
            if shared.process.poll() is None:
                shared.kill(signal.SIGTERM)
                shared.process.wait(10)
            shared.remove()

    print(f"{passed} passed, {len(failed)} failed", *failed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
