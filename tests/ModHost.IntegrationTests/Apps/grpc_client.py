"""Calls the wire service with the distribution's grpcio; says "ok" when everything held."""

import queue
import sys

import grpc

SERVICE = "/wire.Echo/"


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


main(sys.argv[1], int(sys.argv[2]))
