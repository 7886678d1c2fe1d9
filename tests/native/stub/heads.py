"""Request heads and paths."""

import contextlib
import http.client
import os
import signal
import subprocess

from common import (curl, info, nginx_only, not_prefork, raw, request,
                    scenario)
from base_server import PATIENCE, logged, wait_for
from web_server import IS_NGINX


@scenario
def plaintext(server):
    status, headers, body = request(server, "GET", "/plaintext")
    assert (status, body) == (200, b"Hello, World!")
    assert headers["content-type"] == ["text/plain"]
    assert headers["content-length"] == ["13"]


@scenario
@nginx_only("a handler thread is always inline")
def inline_dispatch_answers(server):
    for _ in range(50):
        status, _, body = request(server, "GET", "/inline/plaintext")
        assert (status, body) == (200, b"Hello, World!")
    status, _, body = request(server, "POST", "/inline/echo", b"x" * 100000)
    assert (status, body) == (200, b"x" * 100000)


@scenario
@nginx_only("no loop, no turns")
def inline_requests_of_one_turn_are_all_answered(server):
    # More than run before the first is answered; two end with their client.
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(contextlib.closing(
            http.client.HTTPConnection("127.0.0.1", server.port,
                                       timeout=PATIENCE)))
            for _ in range(100)]
        for client in clients:
            client.request("GET", "/inline/plaintext")
            assert client.getresponse().read() == b"Hello, World!"
        worker, = server.workers_now()
        os.kill(worker, signal.SIGSTOP)
        try:
            for client in clients:
                client.request("GET", "/inline/plaintext")
            clients[0].close()
            clients[50].close()
        finally:
            os.kill(worker, signal.SIGCONT)
        for number, client in enumerate(clients):
            if number not in (0, 50):
                assert client.getresponse().read() == b"Hello, World!"


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
    if IS_NGINX:
        assert request(server, "GET", "/mallard")[0] == 404
        logged(server, 'MH0341: "/mallard"')
    else:
        got = info(server, "/mallard")
        assert (got["base"], got["path"]) == ("", "/mallard")


@scenario
@nginx_only("a path of the application")
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
@nginx_only("sections have no such blocks")
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
@nginx_only("a rewritten URI is looked up anew")
def rewritten_uri_that_begins_like_its_location_is_elsewhere(server):
    for asked, path in (("/pat/path/x", "/path/x"), ("/pat/pathology",
                        "/pathology"), ("/lane/x", "/laneway/x")):
        got = info(server, asked)
        assert (got["base"], got["path"]) == ("", path), got
    got = info(server, "/pat/pat/x")
    assert (got["base"], got["path"]) == ("/pat", "/x"), got


@scenario
def rewritten_uri_has_no_base(server):
    got = info(server, "/rewritten/a%2Fb")
    assert (got["base"], got["path"]) == ("", "/a/b")
    assert got["target"] == "/rewritten/a%2Fb"


@scenario
@nginx_only("Apache refuses it by itself")
def rewritten_uri_without_a_slash(server):
    assert request(server, "GET", "/slashless/a")[0] == 500
    logged(server, "MH0301")


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
    logged(server, "MH0320")


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
@not_prefork("mod_http2 needs an MPM with threads")
def tls_and_http2(server):
    code, out = curl(server, "/info", "--http2", "--resolve",
                     f"sni.test:{server.tls}:127.0.0.1")
    text = out.decode()
    assert code == 0 and "version: 0200" in text, text
    assert "flags: 0002" in text and "tls: TLSv1." in text
    assert f"header: Host=127.0.0.1:{server.tls}" in text


@scenario
@nginx_only("mod_ssl takes no early data")
def tls_early_data_is_marked(server):
    session = os.path.join(server.prefix, "session")
    first = os.path.join(server.prefix, "request")
    get = b"GET /info HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    with open(first, "wb") as f:
        f.write(get)

    def talk(data, *more):
        return subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{server.tls}",
             "-tls1_3", "-ign_eof", *more],
            input=data, capture_output=True, check=False,
            timeout=PATIENCE).stdout

    out = talk(get, "-sess_out", session)
    assert b"flags: 0002" in out and b"Early-Data" not in out, out

    # it counts as early only while the handshake is not finished, and the
    # client's last word may come before nginx looks at the request

    def early():
        talk(get, "-sess_out", session)
        out = talk(b"", "-sess_in", session, "-early_data", first)
        assert b"Early data was accepted" in out and b"200 OK" in out, out
        return b"header: Early-Data=1" in out

    wait_for(early, 30, "a request that is marked")


@scenario
def client_certificate(server):
    cert = os.path.join(server.prefix, "cert.pem")
    key = os.path.join(server.prefix, "key.pem")
    code, out = curl(server, "/info", "--cert", cert, "--key", key)
    assert code == 0 and b"certificate: 0\n" not in out
