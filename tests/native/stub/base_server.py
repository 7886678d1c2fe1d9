"""A web server of its own for tests: a temporary prefix, free ports, a clean
end. What is the same for all of them."""

import contextlib
import http.client
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

MODULE = os.environ["MODHOST_MODULE"]

# The application, and what it is: "stub" (in C), or the probe as "jit" or
# "aot", which has the same paths (tests/apps/Probe/Suite).
APP = os.environ["MODHOST_STUB"]
TARGET = os.environ.get("MODHOST_TARGET", "stub")
NAME = os.path.splitext(os.path.basename(APP))[0]

# Which web server: nginx, apache-event, apache-worker, apache-prefork.
SERVER = os.environ.get("MODHOST_TEST_SERVER") or "nginx"

# Whether the probe has processes of its own; the stub never has.
DAEMON = TARGET != "stub" and os.environ.get("MODHOST_TEST_MODE") == "daemon"


def free_ports(count):
    """Different ones, that the kernel does not give to clients, who might have
    them before the server is up."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as f:
        end = int(f.read().split()[0])
    ports = []
    with contextlib.ExitStack() as held:
        while len(ports) < count:
            s = held.enter_context(socket.socket())
            try:
                s.bind(("127.0.0.1", random.randrange(10000, end)
                        if end > 11000 else 0))
                ports.append(s.getsockname()[1])
            except OSError:
                pass
    return ports


# A limit says when to give up, no more: the machine may have other things to do.
PATIENCE = 60


def wait_for(condition, seconds=15, what="condition"):
    until = time.monotonic() + max(seconds, PATIENCE)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > until:
            raise AssertionError(f"timed out waiting for {what}")
        time.sleep(0.01)


def logged(server, text):
    """Lines of applications come by another thread than answers."""
    wait_for(lambda: text in server.log(), what=f"{text} in the log")


class Orphan:
    """As much of Popen as is needed of a process that is not ours."""

    def __init__(self, pid):
        self.pid = pid

    def poll(self):
        try:
            with open(f"/proc/{self.pid}/stat", encoding="ascii") as f:
                return 0 if f.read().rsplit(")", 1)[1].split()[0] == "Z" \
                    else None
        except FileNotFoundError:
            return 0

    def wait(self, seconds):
        wait_for(lambda: self.poll() is not None, seconds, "the master's end")


def with_groups(http, main):
    """The same configuration with a process group for each application, which
    gets what it would have had of the web server's environment."""
    apps = []

    def assign(match):
        app, more = match.groups()
        if app not in apps:
            apps.append(app)
        return f"modhost_pass {app}{more} process_group=g{apps.index(app)};"

    http = re.sub(r"modhost_pass\s+([^;\s]+)([^;]*);", assign, http)
    declared = "".join(f"modhost_daemon_process g{number};\n"
                       for number in range(len(apps)))
    given = "".join(f"modhost_env {name} {value};\n" for name, value in
                    re.findall(r"\benv (\w+)=([^;]*);", main))
    return ("modhost_run_directory @PREFIX@/run;\n"
            "modhost_env PROBE_ENDPOINTS exchange;\n" + given + declared
            + http)


class BaseServer:
    """`http`: configuration as nginx has it inside http {}; @PORT@, @TLS@,
    @STUB@ (the application), @PREFIX@. What it says of one web server alone
    (nginx's own directives, `apache LINE;`) the other does not get."""

    conf_name = None
    bad = None  # what a healthy run never writes
    graceful = signal.SIGQUIT  # ends the master when requests have ended
    pid_file = None

    def __init__(self, http, main="", workers=1, master="on", env=None,
                 check_log=True, daemon=False):
        self.prefix = tempfile.mkdtemp(prefix="modhost-stub-")
        os.chmod(self.prefix, 0o755)
        os.mkdir(os.path.join(self.prefix, "logs"))
        self.port, self.tls = free_ports(2)
        self.main = main
        self.workers = workers
        self.master = master
        self.env = dict(env or {})
        self.check_log = check_log
        self.daemon = daemon
        self.process = None
        self.write(http)

    def write(self, http):
        if DAEMON and "process_group=" not in http:
            http = with_groups(http, self.main)
        for name, value in {"PORT": self.port, "TLS": self.tls, "STUB": APP,
                            "PREFIX": self.prefix}.items():
            http = http.replace(f"@{name}@", str(value))
        self.conf = os.path.join(self.prefix, self.conf_name)
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write(self.configuration(http))

    def configuration(self, http):
        raise NotImplementedError

    def command(self, *more):
        raise NotImplementedError

    def environment(self):
        env = dict(os.environ, **self.env)
        preload = os.environ.get("MODHOST_PRELOAD")
        if preload:
            env["LD_PRELOAD"] = preload
        env.setdefault("ASAN_OPTIONS", "detect_leaks=0:abort_on_error=1:"
                                       "detect_odr_violation=0")
        env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
        return env

    def test(self):
        """nginx -t, apachectl configtest: (code, output)."""
        result = subprocess.run(self.command("-t"), capture_output=True,
                                text=True, env=self.environment(),
                                timeout=60, check=False)
        return result.returncode, result.stderr

    def start(self, ready="/plaintext"):
        self.out = open(os.path.join(self.prefix, "out"), "wb")
        self.process = subprocess.Popen(
            self.command(), stdout=self.out, stderr=self.out,
            stdin=subprocess.DEVNULL, start_new_session=True,
            env=self.environment())
        wait_for(lambda: self.listening() or self.died(), 30, "the start")
        if self.daemon:
            self.process.wait(10)
            path = os.path.join(self.prefix, self.pid_file)
            wait_for(lambda: os.path.exists(path), 10, "the pid file")
            with open(path, encoding="ascii") as f:
                self.process = Orphan(int(f.read()))
        if ready:
            wait_for(lambda: self.get(ready)[0] == 200, 30, "the application")
        return self

    def died(self):
        if self.process.poll() is None or self.daemon:
            return False
        raise AssertionError("it did not start:\n" + self.log())

    def listening(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=PATIENCE)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def counters(self):
        status, body = self.get("/counters")
        assert status == 200, status
        return {k: int(v) for k, v in
                (line.split() for line in body.decode().splitlines())}

    def log(self):
        text = ""
        for name in ("error.log", "out"):
            path = os.path.join(self.prefix, name)
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as f:
                    text += f.read()
        return text

    def access(self):
        with open(os.path.join(self.prefix, "access.log"),
                  encoding="utf-8") as f:
            return f.read()

    def workers_now(self):
        result = subprocess.run(
            ["ps", "-o", "pid=,args=", "--ppid", str(self.process.pid)],
            capture_output=True, text=True, check=False)
        return [int(line.split()[0]) for line in result.stdout.splitlines()
                if self.is_worker(line)]

    def is_worker(self, line):
        """By pid and command line."""
        raise NotImplementedError

    def reload(self):
        """New configuration; requests in flight end."""
        raise NotImplementedError

    def reopen(self):
        """Log files that were moved are made anew."""
        raise NotImplementedError

    def kill(self, number):
        os.kill(self.process.pid, number)

    def stop(self, number=None, seconds=PATIENCE):
        if self.process is not None and self.process.poll() is None:
            self.kill(number or self.graceful)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill(signal.SIGTERM)
                self.process.wait(PATIENCE)
                raise AssertionError("it did not stop") from None
        self.out.close()
        left = self.folders() + self.daemons()
        if left:
            raise AssertionError(f"it left {left}")
        bad = [line for line in self.log().splitlines() if self.bad.search(line)]
        if self.check_log and bad:
            raise AssertionError("in the log: " + "\n".join(bad[:20]))

    def folders(self):
        """Of supervisors."""
        run = os.path.join(self.prefix, "run")
        return os.listdir(run) if DAEMON and os.path.exists(run) else []

    def daemons(self):
        """Processes of groups, when the web server has ended."""
        found = []
        for entry in os.listdir("/proc") if DAEMON else []:
            try:
                with open(f"/proc/{entry}/cmdline", "rb") as f:
                    line = f.read()
                with open(f"/proc/{entry}/environ", "rb") as f:
                    line += f.read()
            except OSError:
                continue
            if self.prefix.encode() in line:
                found.append(entry)
        return found

    def remove(self):
        if self.daemon:
            # whichever masters a failed scenario left
            for name in (self.pid_file, self.pid_file + ".oldbin"):
                try:
                    with open(os.path.join(self.prefix, name),
                              encoding="ascii") as f:
                        os.kill(int(f.read()), signal.SIGTERM)
                except (OSError, ValueError):
                    pass
        shutil.rmtree(self.prefix, ignore_errors=True)
