"""
Runs the scenarios; most of them share one server. The same list is for the stub
and for the probe; a scenario that only one of them can have says why.
"""

import os
import re
import signal
import subprocess
import sys
import time
import traceback

import stress
from common import SCENARIOS, idle
from base_server import DAEMON, PATIENCE, SERVER, TARGET
from web_server import IS_NGINX, Server
from own_servers import OWN
from shared import SHARED

# In this order they run.
import heads  # noqa: F401
import responses  # noqa: F401
import bodies  # noqa: F401
import filters  # noqa: F401
import failures  # noqa: F401
import upgrades  # noqa: F401
import others  # noqa: F401
import starts  # noqa: F401
import ends  # noqa: F401
import handlers  # noqa: F401
import groups  # noqa: F401
import hostile  # noqa: F401
import group_life  # noqa: F401


def everything_at_once():
    server = Server("modhost_max_concurrency 60; modhost_queue_size 100;"
                    + SHARED, workers=2)
    prepare(server)
    try:
        server.start()
        stress.run(server)
        for _ in range(4):
            idle(server, 40)
        counters = server.counters()
        assert counters["overflow"] == 0, counters
        server.stop()
    finally:
        if server.process.poll() is None:
            server.kill(signal.SIGTERM)
            server.process.wait(PATIENCE)
        server.remove()


everything_at_once.own = True
SCENARIOS.append(everything_at_once)


def prepare(server):
    os.mkdir(os.path.join(server.prefix, "html"))
    with open(os.path.join(server.prefix, "html", "page"), "w",
              encoding="ascii") as f:
        f.write("a static page\n")
    with open(os.path.join(server.prefix, "html", "large"), "wb") as f:
        f.write(os.urandom(1500000))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-keyout", os.path.join(server.prefix, "key.pem"),
         "-out", os.path.join(server.prefix, "cert.pem")],
        check=True, capture_output=True)
    for name in ("key.pem", "cert.pem"):
        os.chmod(os.path.join(server.prefix, name), 0o644)


def main(argv):
    pattern = re.compile(argv[1] if len(argv) > 1 else "")
    wanted = [s for s in SCENARIOS + OWN
              if pattern.search(f"{s.__module__}.{s.__name__}")]
    if os.environ.get("MODHOST_OWN_SERVERS") == "0":
        wanted = [s for s in wanted if not hasattr(s, "own")]
    shared = None
    failed = []
    passed = 0

    if TARGET != "stub":
        for one in wanted:
            if hasattr(one, "stub_only"):
                print(f"{one.__name__:50} only the stub: {one.stub_only}")
        wanted = [s for s in wanted if not hasattr(s, "stub_only")]

    if DAEMON:
        for one in wanted:
            if hasattr(one, "embedded_only"):
                print(f"{one.__name__:50} embedded: {one.embedded_only}")
        wanted = [s for s in wanted if not hasattr(s, "embedded_only")]

    if not IS_NGINX:
        for one in wanted:
            if hasattr(one, "nginx_only"):
                print(f"{one.__name__:50} only nginx: {one.nginx_only}")
        wanted = [s for s in wanted if not hasattr(s, "nginx_only")]

    if IS_NGINX:
        for one in wanted:
            if hasattr(one, "apache_only"):
                print(f"{one.__name__:50} only Apache: {one.apache_only}")
        wanted = [s for s in wanted if not hasattr(s, "apache_only")]

    if SERVER == "apache-prefork":
        for one in wanted:
            if hasattr(one, "not_prefork"):
                print(f"{one.__name__:50} not prefork: {one.not_prefork}")
        wanted = [s for s in wanted if not hasattr(s, "not_prefork")]

    for one in wanted:
        begun = time.monotonic()
        server = None
        try:
            if hasattr(one, "own"):
                one()
            else:
                if shared is None or shared.process.poll() is not None:
                    shared = Server(SHARED)
                    prepare(shared)
                    shared.start()
                server = shared
                one(server)
            passed += 1
            verdict = "ok"
        except Exception:  # pylint: disable=broad-except
            failed.append(one.__name__)
            verdict = "FAILED\n" + traceback.format_exc()
            if server is not None:
                verdict += "\n".join(server.log().splitlines()[-15:])
        print(f"{one.__name__:50} {time.monotonic() - begun:6.2f} s {verdict}",
              flush=True)

    if shared is not None:
        try:
            idle(shared)
            end = shared.counters()
            assert end["overflow"] == 0, end
            shared.stop()
            passed += 1
        except Exception:  # pylint: disable=broad-except
            failed.append("clean_end")
            traceback.print_exc()
        finally:
            if shared.process.poll() is None:
                shared.kill(signal.SIGTERM)
                shared.process.wait(PATIENCE)
            shared.remove()

    print(f"{passed} passed, {len(failed)} failed", *failed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
