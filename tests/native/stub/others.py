"""Subrequests and logs."""

import http.client
import re

from common import embedded_only, idle, nginx_only, request, scenario
from base_server import NAME, logged, wait_for


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
@nginx_only("no such module")
def auth_request(server):
    assert request(server, "GET", "/guarded/plaintext?status=200")[0] == 200
    assert request(server, "GET", "/guarded/plaintext?status=403")[0] == 403
    assert request(server, "GET", "/guarded/plaintext?status=401")[0] == 401
    status, _, body = request(server, "POST", "/guarded/echo?status=200",
                              b"b" * 20000)
    assert (status, body) == (200, b"b" * 20000)


@scenario
@nginx_only("no such module")
def mirror(server):
    status, _, body = request(server, "POST", "/mirrored/echo", b"m" * 50000)
    assert (status, body) == (200, b"m" * 50000)
    idle(server)


@scenario
@nginx_only("no such modules")
def subrequest_that_breaks_off_after_its_head(server):
    status, _, body = request(server, "GET", "/badly/mirrored/sleep?ms=200")
    assert (status, body) == (200, b"slept\n")
    assert request(server, "GET", "/badly/guarded/plaintext")[0] == 500
    idle(server)


@scenario
@embedded_only("the supervisor writes lines of another form; it has tests")
def log_lines(server):
    request(server, "GET", "/log?size=6000")
    logged(server, f'app "{NAME}": Stub.Long: aaaa')
    logged(server, r"forged\x01")
    wait_for(lambda: len(re.findall(r"(?m)(^|: )    \S", server.log())) >= 70,
             what="all lines")
    for line in server.log().splitlines():
        assert not line.startswith("2020/01/01"), line


@scenario
@nginx_only("no such variables")
def access_log_variables(server):
    request(server, "GET", "/sleep?ms=30&mark=1")
    wait_for(lambda: "mark=1" in server.access(), 5, "the access log")
    line = [x for x in server.access().splitlines() if "mark=1" in x][0]
    times = re.search(rf" {NAME} 0\.\d{{3}} (\d+\.\d{{3}})$", line)
    assert times and float(times[1]) >= 0.025, line
