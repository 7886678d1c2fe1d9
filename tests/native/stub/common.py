"""What scenarios are written with."""

import http.client
import socket
import subprocess

from base_server import PATIENCE, TARGET, wait_for

SCENARIOS = []

# What an application that breaks a rule is logged with: by the module where the
# stub does it, by ModHost.Server where the probe does.
IS_STUB = TARGET == "stub"


def scenario(function):
    SCENARIOS.append(function)
    return function


def stub_only(reason):
    """For scenarios that no C# application can have; `reason` says why."""
    def mark(function):
        function.stub_only = reason
        return function
    return mark


def embedded_only(reason):
    """For what is otherwise in a process group; `reason` says how."""
    def mark(function):
        function.embedded_only = reason
        return function
    return mark


def nginx_only(reason):
    """For what Apache does not have; `reason` says how it is there."""
    def mark(function):
        function.nginx_only = reason
        return function
    return mark


def apache_only(reason):
    """For what nginx has otherwise, or not at all; `reason` says how."""
    def mark(function):
        function.apache_only = reason
        return function
    return mark


def not_prefork(reason):
    """For what a process for each request has otherwise; `reason` says how."""
    def mark(function):
        function.not_prefork = reason
        return function
    return mark


def request(server, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port,
                                            timeout=PATIENCE)
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


def raw(server, data, seconds=PATIENCE, half_close=False):
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
        ["curl", "-sk", "--max-time", str(PATIENCE), *more,
         f"{scheme}://127.0.0.1:{port}{path}"],
        capture_output=True, check=False)
    return result.returncode, result.stdout


def in_flight(server, count=1):
    """Until so many exchanges are live."""
    wait_for(lambda: server.counters()["live"] == count, 10,
             f"live == {count}")


def idle(server, seconds=10):
    """Until no exchange is live."""
    wait_for(lambda: server.counters()["live"] == 0, seconds, "live == 0")
