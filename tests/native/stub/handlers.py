"""Handler threads of Apache, which run the application's synchronous part, and
what they keep of the requests that they serve."""

import os
import socket
import threading

from common import apache_only, idle, info, request, scenario, stub_only
from base_server import PATIENCE, wait_for
from own_servers import own, simple, started, with_server


@own
@stub_only("an application cannot ask for it")
@apache_only("as configured")
def an_application_that_blocks_its_thread_gets_others_for_a_while():
    def body(server):
        started(server)
        assert info(server, "/info")["inline"] == "1"
        # one that works, or waits for a processor, does not block
        assert request(server, "GET", "/hold?ms=800&work=1")[0] == 200
        assert info(server, "/info")["inline"] == "1"
        assert request(server, "GET", "/hold?ms=800")[0] == 200
        assert info(server, "/info")["inline"] == "0"
    with_server(simple(), body)


def descriptors(server):
    return [len(os.listdir(f"/proc/{pid}/fd")) for pid in server.workers_now()]


@scenario
@stub_only("it counts descriptors, of which a runtime has its own")
def many_files_in_one_response_are_few_at_a_time(server):
    path = server.prefix + "/html/page"
    before = descriptors(server)[0]
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as s:
        s.settimeout(PATIENCE)
        s.sendall(f"GET /files?file={path}&count=500&ms=60000 HTTP/1.1\r\n"
                  "Host: a\r\n\r\n".encode())
        got = b""
        while got.count(b"a static p") < 500:
            got += s.recv(65536)
        wait_for(lambda: descriptors(server)[0] < before + 40,
                 what="few descriptors")
    idle(server)


@own
@stub_only("it counts descriptors, of which a runtime has its own")
@apache_only("it has one loop")
def what_a_request_needs_is_there_once_for_all_threads():
    def body(server):
        started(server)
        before = descriptors(server)
        for _ in range(300):
            assert request(server, "GET", "/custom?body=a")[0] == 200
        wait_for(lambda: descriptors(server)[0] <= before[0] + 2,
                 what="few descriptors")
        many = [threading.Thread(target=request, args=(
            server, "GET", "/sleep?ms=500")) for _ in range(30)]
        for one in many:
            one.start()
        for one in many:
            one.join()
        idle(server)
        most = descriptors(server)[0]
        for _ in range(300):
            assert request(server, "GET", "/custom?body=a")[0] == 200
        wait_for(lambda: descriptors(server)[0] <= most,
                 what="no more descriptors")
    with_server(simple(), body)


@own
@apache_only("it refuses TRACE whatever is configured")
def trace_is_refused_where_apache_is_told_to():
    def body(server):
        started(server)
        assert request(server, "TRACE", "/info")[0] == 405
        assert request(server, "GET", "/info")[0] == 200
    with_server(simple(http="apache TraceEnable Off;"), body)
