"""Calls the wire service with the distribution's grpcio; says "ok" when everything held."""

import concurrent.futures
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


def side_by_side(channel):
    """All streams are open before any of them may end. mod_http2 works on six streams of a new connection, and on more when
    some have ended well; the others wait. So it takes rounds until all are open at once; streams of each must end well."""
    patience = 2
    while not round_of_streams(channel, patience):
        patience *= 1.5
        assert patience < 120, "the streams were never open all at once"


def round_of_streams(channel, patience):
    """Whether all streams were open at once, within so many seconds."""
    method = channel.stream_stream(SERVICE + "PingPong")
    opened = threading.Semaphore(0)
    ends = threading.Event()

    def messages(number):
        yield f"first {number}".encode()
        ends.wait()
        yield f"last {number}".encode()

    def stream(number):
        call = method(messages(number), timeout=300)
        assert next(call) == f"first {number}".encode()
        opened.release()
        assert list(call) == [f"last {number}".encode()]

    with concurrent.futures.ThreadPoolExecutor(STREAMS) as threads:
        streams = [threads.submit(stream, number) for number in range(STREAMS)]
        deadline = time.monotonic() + patience
        together = all(opened.acquire(timeout=max(0, deadline - time.monotonic())) for _ in streams)
        ends.set()
        for one in streams:
            one.result()
    return together


main(sys.argv[1], int(sys.argv[2]))
