"""For scenarios that start servers of their own."""

import os
import signal

from base_server import DAEMON, PATIENCE, wait_for
from web_server import Server

OWN = []

SIMPLE = """
    server {
        listen 127.0.0.1:@PORT@;
        location / { modhost_pass @STUB@; }
        location /static/ { return 200 static; }
        MORE
    }
"""


# For an application to start in, with time left to look at what is not there
# yet; where it has a process, that and its supervisor have to come up first.
START_MS = 4000 if DAEMON else 2000
SLOW_START = f"env STUB_START_MS={START_MS};"


def simple(more="", http=""):
    return http + SIMPLE.replace("MORE", more)


def own(function):
    function.own = True
    OWN.append(function)
    return function


def with_server(http, body, stop=True, **settings):
    server = Server(http, **settings)
    try:
        server.start(ready=settings.get("ready", None))
        body(server)
        if stop:
            server.stop()
    except Exception:
        print("\n".join(server.log().splitlines()[-25:]))
        raise
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill(signal.SIGTERM)
            server.process.wait(PATIENCE)
        server.remove()


def started(server):
    wait_for(lambda: server.get("/plaintext")[0] == 200, 20, "the application")


def refused(http, *tags):
    server = Server(http)
    code, out = server.test()
    assert code != 0 and not os.path.exists(server.prefix + "/state"), out
    for tag in tags:
        assert tag in out, (tag, out)
    server.remove()
