"""Filters of Apache's between a client and the application."""

import gzip
import os

from common import apache_only, curl, idle, raw, request, scenario


@scenario
@apache_only("it has no filters for what comes in")
def inflated_body_whose_chunks_are_all_there(server):
    """Nothing more comes on the socket when the filter gives nothing yet."""
    zipped = gzip.compress(os.urandom(1500).hex().encode())
    third = len(zipped) // 3
    pieces = zipped[:third], zipped[third:2 * third], zipped[2 * third:]
    got, _ = raw(server, b"POST /inflated/upload HTTP/1.1\r\nHost: a\r\n"
                         b"Content-Encoding: gzip\r\nConnection: close\r\n"
                         b"Transfer-Encoding: chunked\r\n\r\n" +
                 b"".join(b"%x\r\n%b\r\n" % (len(piece), piece)
                          for piece in pieces) + b"0\r\n\r\n")
    assert b"\r\n\r\n3000 " in got, got
    idle(server)


@scenario
@apache_only("its filters answer for themselves")
def filter_that_fails_before_the_head_gives_500(server):
    assert request(server, "GET", "/substituted/big?size=20")[0] == 200
    assert request(server, "GET", "/substituted/big?size=5000")[0] == 500
    idle(server)


@scenario
@apache_only("its filters answer for themselves")
def filter_that_fails_after_the_head_breaks_the_response_off(server):
    for version in (b"1.0", b"1.1"):
        got, reset = raw(
            server, b"GET /substituted/head-first?ms=0 HTTP/" + version +
                    b"\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert got.endswith((b"then\n", b"0\r\n\r\n")) and not reset, got
        got, reset = raw(
            server, b"GET /substituted/stream?n=100&size=500&ms=1 HTTP/" +
                    version + b"\r\nHost: a\r\n\r\n")
        assert reset and not got.endswith(b"0\r\n\r\n"), got
    idle(server)


@scenario
@apache_only("its filters answer for themselves")
def filter_that_fails_in_a_stream(server):
    code, _ = curl(server, "/substituted/stream?n=100&size=500&ms=1", "--http2")
    assert code != 0
    code, out = curl(server, "/plaintext", "--http2")
    assert (code, out) == (0, b"Hello, World!")
    idle(server)
