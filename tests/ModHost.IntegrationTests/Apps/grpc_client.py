"""Calls the wire service with the distribution's grpcio; says "ok" when everything held."""

import queue
import sys
import threading
import time

import grpc

SERVICE = "/wire.Echo/"
STREAMS = 100  # at once, on one connection


def main(address, count):
    with grpc.insecure_channel(address) as channel:
        unary = channel.unary_unary(SERVICE + "Unary")
        assert unary(b"hello", timeout=30) == b"hello"
        assert unary(b"", timeout=30) == b""
        large = bytes(range(256)) * 4000
        assert unary(large, timeout=30) == large

        server_stream = channel.unary_stream(SERVICE + "ServerStream")
        messages = list(server_stream(str(count).encode(), timeout=60))
        assert messages == [f"message {i}".encode() for i in range(count)]

        client_stream = channel.stream_unary(SERVICE + "ClientStream")
        assert client_stream((b"x" * 100 for _ in range(count)), timeout=60) == str(100 * count).encode()

        ping_pong(channel, count)
        widen(unary)
        side_by_side(channel)

        try:
            channel.unary_unary(SERVICE + "Fail")(b"", timeout=30)
            raise AssertionError("the call did not fail")
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.FAILED_PRECONDITION, error
            assert error.details() == "failed as asked", error
    print("ok")


def ping_pong(channel, count):
    """Each message is sent only when the one before has come back."""
    outgoing = queue.Queue()
    answers = channel.stream_stream(SERVICE + "PingPong")(iter(outgoing.get, None), timeout=120)
    for i in range(count):
        outgoing.put(f"ping {i}".encode())
        assert next(answers) == f"ping {i}".encode()
    outgoing.put(None)
    assert list(answers) == []


def widen(unary):
    """mod_http2 works on six streams of a connection at first; streams that end well let it have twice as many, once in a
    tenth of a second. Those beyond wait, and streams that are silent until all are open would wait for them in vain."""
    streams = 6
    while streams < 4 * STREAMS:
        time.sleep(0.11)
        assert unary(b"wider", timeout=30) == b"wider"
        streams *= 2


def side_by_side(channel):
    """All streams are open before any of them may end."""
    method = channel.stream_stream(SERVICE + "PingPong")
    ends = threading.Event()

    def messages(number):
        yield f"first {number}".encode()
        ends.wait()
        yield f"last {number}".encode()

    try:
        calls = [method(messages(i), timeout=300) for i in range(STREAMS)]
        for i, call in enumerate(calls):
            assert next(call) == f"first {i}".encode()
    finally:
        ends.set()
    for i, call in enumerate(calls):
        assert list(call) == [f"last {i}".encode()]


main(sys.argv[1], int(sys.argv[2]))
