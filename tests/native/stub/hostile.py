"""Process groups whose workers do what they may not."""

import os
import re
import socket

from groups import groups, own, with_groups
from base_server import SERVER, wait_for

# How -> what the log says of it.
CLOSED = {
    "garbage": "is too long",
    "unknown": "has no place here",
    "theirs": "has no place here",
    "long": "is too long",
    "padding": "does not end in zeros",
    "hello": "a second HELLO",
    "stream": "which is not open",
    "count": "which is not open",
    "window": "are under way",
    "head": "head block says it has",
    "refuse": "refused after it had begun",
    "release": "released before its response ended",
    "recall": "the worker has no limit",
    "pipe": "not that of a regular file",
    "folder": "not that of a regular file",
    "none": "without its descriptors",
    "stray": "belong to no frame",
    "many": "too many descriptors",
    "half": "ended",
    "ping": "and does not read",
}


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


@own
def a_worker_that_breaks_the_protocol_is_cut_off_and_nothing_else():
    def body(server):
        workers = server.workers_now()
        assert server.ask("/x")[0] == 200
        before = descriptors(workers[0])
        for how, words in CLOSED.items():
            at = len(server.log())
            status, _, _ = server.ask("/evil/" + how)
            assert status == 502, (how, status)
            line = server.log()[at:]
            assert words in line and "MH0338" in line, (how, line)
            wait_for(lambda: server.get("/after/" + how)[0] == 200,
                     what="a worker that answers")
        assert set(workers) <= set(server.workers_now())

        # a child of prefork's that has no request looks at the next one
        if SERVER != "apache-prefork":
            wait_for(lambda: descriptors(workers[0]) <= before,
                     what="descriptors are closed")
    with_groups(groups(), body, check_log=False)


@own
def a_worker_that_stalls_holds_up_its_own_requests_only():
    def body(server):
        workers = server.workers_now()
        assert server.ask("/evil/stall")[0] == 504
        seen = [server.ask("/x")[0] for _ in range(6)]
        assert set(seen) <= {200, 504} and 200 in seen, seen
        assert set(workers) <= set(server.workers_now())
    with_groups(groups("modhost_daemon_process shop graceful-timeout=1s;",
                       rest="modhost_request_timeout 300ms;"), body)


@own
def what_is_strange_and_allowed_does_no_harm():
    def body(server):
        workers = server.workers_now()
        for how in ("reads", "empty", "flush"):
            before = resident(workers[0])
            assert server.ask("/evil/" + how)[0] == 200, how
            check_growth(server, before, how)
            assert server.ask("/after/" + how)[0] == 200
        assert set(workers) <= set(server.workers_now())
    with_groups(groups(), body)


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(re.search(r"VmRSS:\s+(\d+) kB", f.read())[1]) * 1024


def check_growth(server, before, what):
    """Not with a sanitizer, which keeps what was freed."""
    if not os.environ.get("MODHOST_PRELOAD"):
        grown = resident(server.workers_now()[0]) - before
        assert grown < 16 << 20, (what, grown)


def dechunked(text):
    """A body in chunks, to its last."""
    body, at = [], 0
    while True:
        end = text.index(b"\r\n", at)
        length = int(text[at:end], 16)
        body.append(text[end + 2:end + 2 + length])
        at = end + length + 4
        if length == 0:
            return b"".join(body)


@own
def tiny_pieces_for_a_client_that_does_not_read_cost_little():
    def body(server):
        before = resident(server.workers_now()[0])
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", server.port))
            client.sendall(b"GET /evil/tiny HTTP/1.1\r\nHost: one\r\n"
                           b"Connection: close\r\n\r\n")
            wait_for(lambda: "evil tiny" in server.events(),
                     what="all has been sent")
            assert server.ask("/after")[0] == 200
            check_growth(server, before, "tiny")
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            client.settimeout(60)
            got = b""
            while piece := client.recv(65536):
                got += piece
        head, _, rest = got.partition(b"\r\n\r\n")
        assert b" 200 " in head, head
        assert dechunked(rest) == b"x" * 200000
    text = groups().replace("listen 127.0.0.1:@PORT@;",
                            "listen 127.0.0.1:@PORT@ sndbuf=4k;", 1)
    with_groups(text, body)
