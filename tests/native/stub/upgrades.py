"""Upgraded connections."""

import os
import socket
import ssl
import struct
import threading

from common import IS_STUB, idle, request, scenario, stub_only
from nginx_server import PATIENCE, wait_for


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
        s.settimeout(PATIENCE)
        s.sendall(UPGRADE + b"early")
        head, rest = read_head(s)
        assert head.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
        assert b"Upgrade: stub" in head
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
def upgrade_with_a_window_from_before(server):
    with socket.create_connection(("127.0.0.1", server.port), 5) as s:
        s.settimeout(PATIENCE)
        s.sendall(UPGRADE.replace(b"-echo", b"-echo?first=1") + b"early")
        _, rest = read_head(s)
        assert read_exactly(s, rest, 5) == b"early"
        s.sendall(b"bye")
        assert read_exactly(s, b"", 6) == b"byeend"
    idle(server)


@scenario
def upgrade_half_closed_by_client(server):
    with socket.create_connection(("127.0.0.1", server.port), 5) as s:
        s.settimeout(PATIENCE)
        s.sendall(UPGRADE)
        read_head(s)
        s.sendall(b"last")
        s.shutdown(socket.SHUT_WR)
        assert read_exactly(s, b"", 7) == b"lastend" and s.recv(10) == b""
    idle(server)


@scenario
@stub_only("the probe's server asks for a first window by itself")
def upgrade_that_nobody_reads_from(server):
    mute = UPGRADE.replace(b"-echo", b"-mute")
    with socket.create_connection(("127.0.0.1", server.port), 5) as s:
        s.settimeout(PATIENCE)
        s.sendall(mute)
        _, rest = read_head(s)
        s.shutdown(socket.SHUT_WR)
        assert read_exactly(s, rest, 5) == b"heard" and s.recv(10) == b""
    before = server.counters()["aborts"]
    with socket.create_connection(("127.0.0.1", server.port), 5) as s:
        s.settimeout(PATIENCE)
        s.sendall(mute)
        read_head(s)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
    wait_for(lambda: server.counters()["aborts"] == before + 1, 3, "abort")
    idle(server)


@scenario
def upgrade_over_tls(server):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", server.tls), 5) as plain:
        with context.wrap_socket(plain) as s:
            s.settimeout(PATIENCE)
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
        s.settimeout(PATIENCE)
        s.sendall(UPGRADE)
        read_head(s)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
    wait_for(lambda: server.counters()["aborts"] == before + 1, 5, "abort")
    idle(server)


@scenario
def upgrade_that_nobody_asked_for(server):
    assert request(server, "GET", "/upgrade-echo")[0] == 500
    assert ("MH0303" if IS_STUB else "MH0401") in server.log()
    idle(server)
