"""A watchdog under test, and the supervisor's side of its connection."""

import collections
import os
import pathlib
import re
import select
import shutil
import socket
import struct
import subprocess
import tempfile
import time

PATIENCE = 30
HEADER = struct.Struct("<IBBHII")
FORK = b"\xfe"

Frame = collections.namedtuple("Frame", "type value stream payload fds")


def frame_types():
    """The numbers of protocol.h."""
    root = pathlib.Path(__file__).resolve().parents[3]
    text = (root / "native/include/modhost/protocol.h").read_text(
        encoding="utf-8")
    return {name: int(number) for name, number in re.findall(
        r"#define MODHOST_FRAME_([A-Z_]+) +(\d+)\b", text)}


TYPE = frame_types()
NAME = {number: name for name, number in TYPE.items()}


def frame(name, payload=b"", descriptors=0, value=0, stream=0, flags=0,
          length=None, padding=None):
    number = TYPE[name] if isinstance(name, str) else name
    if padding is None:
        padding = bytes(-len(payload) % 8)
    return HEADER.pack(len(payload) if length is None else length, number,
                       flags, descriptors, stream, value) + payload + padding


def wait_for(condition, what="a condition"):
    end = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.005)


def alive(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] != "Z"


class Supervisor:
    """One life of the stand-in, whose connection the test has."""

    def __init__(self, driver):
        self.driver = driver
        data, fds, _, _ = socket.recv_fds(driver, 4, 1)
        self.pid = struct.unpack("i", data)[0]
        self.link = socket.socket(fileno=fds[0])
        self.link.settimeout(PATIENCE)
        self.bytes = b""
        self.fds = []

    def send(self, *arguments, fds=(), **fields):
        self.send_raw(frame(*arguments, descriptors=len(fds), **fields), fds)

    def send_raw(self, data, fds=()):
        if fds:
            sent = socket.send_fds(self.link, [data], fds)
            data = data[sent:]
        if data:
            self.link.sendall(data)

    def fill(self, size):
        while len(self.bytes) < size:
            data, fds, _, _ = socket.recv_fds(self.link, 65536, 16)
            self.fds += fds
            if not data:
                raise EOFError
            self.bytes += data

    def receive(self):
        self.fill(HEADER.size)
        length, number, flags, count, stream, value = HEADER.unpack_from(
            self.bytes)
        padded = HEADER.size + (length + 7 & ~7)
        self.fill(padded)
        payload = self.bytes[HEADER.size:HEADER.size + length]
        if flags or any(self.bytes[HEADER.size + length:padded]):
            raise AssertionError("a frame that is not well formed")
        self.bytes = self.bytes[padded:]
        fds, self.fds = self.fds[:count], self.fds[count:]
        if len(fds) != count:
            raise AssertionError("a frame without its descriptors")
        return Frame(NAME[number], value, stream, payload, fds)

    def expect(self, name):
        it = self.receive()
        if it.type != name:
            raise AssertionError(f"{it} is not {name}")
        return it

    def told(self):
        """({key: descriptor}, state, number of starts before)"""
        kept, state = {}, None
        while True:
            it = self.receive()
            if it.type == "KEPT":
                kept[it.payload.decode()] = it.fds[0]
            elif it.type == "KEPT_BLOB":
                state = it.payload
            elif it.type == "KEPT_ALL":
                return kept, state, it.value
            else:
                raise AssertionError(f"{it} while it is told what is kept")

    def fork(self):
        self.driver.sendall(FORK)
        return struct.unpack("i", self.driver.recv(4))[0]

    def kill(self, number=9):
        os.kill(self.pid, number)

    def exit(self, code):
        self.driver.sendall(bytes([code]))

    def close(self):
        self.link.close()
        self.driver.close()


class Watchdog:
    """A running watchdog. `parent`: a shell that starts it in its place, as a
    supervisor does that replaces a dead watchdog."""

    def __init__(self, program, relay, *options, parent=False, pipe=True):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.instance = self.folder / "instance"
        self.instance.mkdir()
        self.log = self.folder / "log"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.folder / "driver.sock"))
        self.listener.listen(16)
        self.listener.settimeout(PATIENCE)
        self.supervisors = []
        self.ready, ready = os.pipe()
        lifeline, self.lifeline = os.pipe() if pipe else [
            end.detach() for end in socket.socketpair()]
        self.command = [program, "--supervisor", relay, "--instance",
                        str(self.instance), *options]
        self.parent = None
        if parent:
            self.adopted(lifeline, ready)
        else:
            with open(self.log, "wb") as log:
                self.process = subprocess.Popen(
                    [*self.command, "--lifeline-fd", str(lifeline),
                     "--ready-fd", str(ready)], pass_fds=(lifeline, ready),
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            self.pid = self.process.pid
        os.close(lifeline)
        os.close(ready)

    def adopted(self, lifeline, ready):
        ours, theirs = socket.socketpair()
        with theirs, open(self.log, "wb") as log:
            self.parent = subprocess.Popen(
                ["/bin/sh", "-c", '"$@" 1>&2 & echo $!; read x', "-",
                 *self.command, "--adopt-fd", str(theirs.fileno())],
                pass_fds=(theirs.fileno(),), stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=log)
        self.pid = int(self.parent.stdout.readline())
        self.process = None
        self.link = ours

    def accept(self):
        connection, _ = self.listener.accept()
        connection.settimeout(PATIENCE)
        self.supervisors.append(Supervisor(connection))
        return self.supervisors[-1]

    def first(self):
        """The first supervisor, once the web server may go on."""
        it = self.accept()
        os.close(it.told()[0]["lifeline"])
        it.send("READY")
        assert self.ready_line() == b"ok\n"
        return it

    def ready_line(self):
        line = b""
        while select.select([self.ready], [], [], PATIENCE)[0]:
            data = os.read(self.ready, 4096)
            if not data:
                return line
            line += data
        raise AssertionError("no word for the web server")

    def cut(self):
        """The web server's master is gone."""
        if self.lifeline is not None:
            os.close(self.lifeline)
            self.lifeline = None

    def wait(self):
        return self.process.wait(timeout=PATIENCE)

    def text(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def status(self, name):
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text(
            encoding="ascii")
        return re.search(rf"^{name}:\s+(.*)$", text, re.M)[1]

    def processor_seconds(self):
        text = pathlib.Path(f"/proc/{self.pid}/stat").read_text(
            encoding="ascii")
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def is_sanitized(self):
        maps = pathlib.Path(f"/proc/{self.pid}/maps").read_text(
            encoding="utf-8")
        return "asan" in maps or "tsan" in maps

    def close(self):
        """Ends what a failed test has left."""
        self.cut()
        for it in self.supervisors:
            it.close()
        if self.parent:
            self.parent.kill()
            self.parent.communicate()
            self.link.close()
        if self.process:
            self.process.kill()
            self.process.wait()
        os.close(self.ready)
        self.listener.close()
        for it in self.supervisors:
            if alive(it.pid):
                os.kill(it.pid, 9)
        shutil.rmtree(self.folder)
