"""
Runs the scenarios; most of them share one server, one after the other. Those
with servers of their own go on beside them. The same list is for the stub and
for the probe; a scenario that only one of them can have says why.
"""

import concurrent.futures
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


# Scenarios with servers of their own, beside the shared one's. They mostly
# wait.
OWN_AT_ONCE = 3

# Marks of scenarios, when a scenario with one is left out, and what is said.
LEFT_OUT = (
    ("stub_only", TARGET != "stub", "only the stub"),
    ("embedded_only", DAEMON, "embedded"),
    ("nginx_only", not IS_NGINX, "only nginx"),
    ("apache_only", IS_NGINX, "only Apache"),
    ("not_prefork", SERVER == "apache-prefork", "not prefork"),
)


def chosen(pattern):
    """The scenarios to run."""
    wanted = [s for s in SCENARIOS + OWN
              if pattern.search(f"{s.__module__}.{s.__name__}")]
    if os.environ.get("MODHOST_OWN_SERVERS") == "0":
        wanted = [s for s in wanted if not hasattr(s, "own")]
    for mark, applies, meaning in LEFT_OUT:
        for one in [s for s in wanted if applies and hasattr(s, mark)]:
            print(f"{one.__name__:50} {meaning}: {getattr(one, mark)}")
            wanted.remove(one)
    return wanted


def tell(one, begun, verdict):
    print(f"{one.__name__:50} {time.monotonic() - begun:6.2f} s {verdict}",
          flush=True)


def run_own(one):
    """The name of the scenario, if it failed."""
    begun = time.monotonic()
    try:
        one()
    except Exception:  # pylint: disable=broad-except
        tell(one, begun, "FAILED\n" + traceback.format_exc())
        return one.__name__
    tell(one, begun, "ok")
    return None


class SharedServer:
    """Started with the first scenario that needs it, again after a crash."""

    def __init__(self):
        self.server = None

    def run(self, one):
        """The name of the scenario, if it failed."""
        begun = time.monotonic()
        server = None
        try:
            if self.server is None or self.server.process.poll() is not None:
                self.server = Server(SHARED)
                prepare(self.server)
                self.server.start()
            server = self.server
            one(server)
        except Exception:  # pylint: disable=broad-except
            verdict = "FAILED\n" + traceback.format_exc()
            if server is not None:
                verdict += "\n".join(server.log().splitlines()[-15:])
            tell(one, begun, verdict)
            return one.__name__
        tell(one, begun, "ok")
        return None

    def end(self):
        """A clean end is a test, too."""
        server = self.server
        if server is None:
            return []
        try:
            idle(server)
            end = server.counters()
            assert end["overflow"] == 0, end
            server.stop()
            return [None]
        except Exception:  # pylint: disable=broad-except
            traceback.print_exc()
            return ["clean_end"]
        finally:
            if server.process.poll() is None:
                server.kill(signal.SIGTERM)
                server.process.wait(PATIENCE)
            server.remove()


def main(argv):
    wanted = chosen(re.compile(argv[1] if len(argv) > 1 else ""))
    shared = SharedServer()
    pool = concurrent.futures.ThreadPoolExecutor(OWN_AT_ONCE)
    try:
        own = [pool.submit(run_own, s) for s in wanted if hasattr(s, "own")]
        outcomes = [shared.run(s) for s in wanted if not hasattr(s, "own")]
        outcomes += shared.end()
        outcomes += [one.result() for one in own]
    finally:
        # Ctrl-C: those that have not begun do not.
        pool.shutdown(cancel_futures=True)
    failed = [name for name in outcomes if name]
    print(f"{len(outcomes) - len(failed)} passed, {len(failed)} failed",
          *failed)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
