#!/usr/bin/env python3
"""A made-up watchdog, supervisor and worker processes in one: as much of the
private protocol as the web server needs, told by request paths what to do.

Started by nginx as modhost-watchdog. Environment: MADE_UP_MODE (ok, die, fail,
silent), MADE_UP_GROUP (ready, failed, stopped), MADE_UP_CREDITS, MADE_UP_WORKERS,
MADE_UP_STOP (asked: ends when there is a file "go" in the run directory).
What happens is written to <run directory>/events, a line each.
"""

import array
import fcntl
import json
import mmap
import os
import select
import shutil
import socket
import struct
import sys
import time
import traceback

MAGIC = 0x3150484D
UNLIMITED = 0xFFFFFFFF
BEGUN_SIZE = 65536 * 4
STATUS_SIZE = 1 << 20
GROUP = b"shop"
STATES = {"failed": 2, "stopped": 4}

(HELLO, CLOSE, PING) = (1, 2, 3)
(REQUEST, BODY, SENT, ABORT) = (8, 9, 10, 11)
(SEND, READ, RELEASE, REFUSE, RECALL) = (16, 17, 19, 20, 22)
(STATUS, GROUP_STATE, WORKER, GONE) = (40, 41, 42, 44)
(HEAD, FLUSH, FILE) = (1, 4, 16)
HEAD_AND_END = 3

DIRECTORY = sys.argv[sys.argv.index("--instance") + 1]
EVENTS = os.path.join(os.path.dirname(DIRECTORY), "events")


def event(*words):
    with open(EVENTS, "a", encoding="utf-8") as f:
        f.write(" ".join(str(word) for word in words) + "\n")


def frame(kind, payload=b"", flags=0, descriptors=0, stream=0, value=0):
    return struct.pack("<IBBHII", len(payload), kind, flags, descriptors,
                       stream, value) + padded(payload)


def padded(data):
    return data + b"\0" * (-len(data) % 8)


def hello(kind, number=0, credits=0):
    return frame(HELLO, struct.pack("<IHHIIIIII", MAGIC, 1, 1, kind,
                                    os.getpid(), 0, number, credits, 0))


def send_with(sock, data, descriptors):
    sock.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                           array.array("i", descriptors))])


def sealed(size):
    fd = os.memfd_create("page", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS if hasattr(fcntl, "F_ADD_SEALS")
                else 1033, 1 | 2 | 4)
    return fd


class Frames:
    """Frames that have come; None at the end."""

    def __init__(self, sock):
        self.sock = sock
        self.data = b""

    def read(self):
        try:
            more = self.sock.recv(1 << 20)
        except ConnectionError:
            more = b""
        if not more:
            return None
        self.data += more
        found = []
        while len(self.data) >= 16:
            length, kind, flags, _, stream, value = struct.unpack(
                "<IBBHII", self.data[:16])
            end = 16 + (length + 7) // 8 * 8
            if len(self.data) < end:
                break
            found.append((kind, flags, stream, value,
                          self.data[16:16 + length]))
            self.data = self.data[end:]
        return found


def send_frame(stream, flags, length=-1, body=b"", size=40, **more):
    """SEND with a head."""
    head = struct.pack("<IHHIHHqIIII", size, 1, 40, 0, 200, 0, length, 40, 0,
                       0, 0)
    return frame(SEND, head + body, flags=flags, stream=stream, value=40,
                 **more)


def tiny(stream):
    """As much as the window allows, and each byte a piece of its own."""
    yield send_frame(stream, HEAD | FLUSH), None
    one = frame(SEND, b"x", flags=FLUSH, stream=stream)
    for _ in range(200):
        yield one * 1000, None
    yield frame(SEND, flags=2, stream=stream), None


def flood(data):
    for _ in range(2000):
        yield data * 1000, None


def half(stream):
    yield send_frame(stream, HEAD)[:28], None
    os._exit(0)


def stall(stream):
    yield send_frame(stream, HEAD)[:28], None
    yield None, None


FILE_RANGE = struct.pack("<qq", 0, 5)

# How a worker may be evil -> what it says: bytes, and descriptors with them;
# None: nothing more, as long as the web server is there.
EVIL = {
    "garbage": lambda stream: [(b"\xff" * 64, None)],
    "unknown": lambda stream: [(frame(99), None)],
    "theirs": lambda stream: [(frame(SENT, stream=stream, value=1), None)],
    "long": lambda stream: [(struct.pack(
        "<IBBHII", 0xFFFFFFFF, SEND, 0, 0, stream, 0), None)],
    "padding": lambda stream: [(frame(SEND, b"123", stream=stream)[:-1]
                                + b"x", None)],
    "hello": lambda stream: [(hello(3), None)],
    "stream": lambda stream: [(send_frame(0x00010FFF, HEAD_AND_END), None)],
    "count": lambda stream: [(send_frame(stream ^ 0x10000, HEAD_AND_END),
                              None)],
    "window": lambda stream: [(send_frame(stream, HEAD, -1, bytes(600000)),
                               None)],
    "head": lambda stream: [(send_frame(stream, HEAD, size=4000), None)],
    "refuse": lambda stream: [(frame(REFUSE, stream=stream), None)],
    "release": lambda stream: [(frame(RELEASE, stream=stream), None)],
    "recall": lambda stream: [(frame(RECALL, value=1), None)],
    "pipe": lambda stream: [(send_frame(
        stream, HEAD | FILE, 5, FILE_RANGE, descriptors=1),
        [os.pipe()[0]])],
    "folder": lambda stream: [(send_frame(
        stream, HEAD | FILE, 5, FILE_RANGE, descriptors=1),
        [os.open("/", os.O_RDONLY)])],
    "none": lambda stream: [(send_frame(
        stream, HEAD | FILE, 5, FILE_RANGE, descriptors=1), None)],
    "stray": lambda stream: [(frame(PING), [0])],
    "many": lambda stream: [(frame(PING), [0] * 30)],
    "half": half,
    "stall": stall,
    "ping": lambda stream: flood(frame(PING, value=7)),
    "reads": lambda stream: [(frame(READ, stream=stream, value=0xFFFFFFFF)
                              * 5000, None),
                             (send_frame(stream, HEAD_AND_END, 0), None)],
    "empty": lambda stream: [(send_frame(stream, HEAD), None),
                             (frame(SEND, stream=stream) * 100000, None),
                             (frame(SEND, flags=2, stream=stream), None)],
    "flush": lambda stream: [(send_frame(stream, HEAD), None),
                             (frame(SEND, flags=FLUSH, stream=stream)
                              * 100000, None),
                             (frame(SEND, flags=2, stream=stream), None)],
    "tiny": tiny,
}


class Worker:
    """One worker process with one channel."""

    def __init__(self, sock, begun, number, index):
        self.sock = sock
        self.page = mmap.mmap(begun, BEGUN_SIZE)
        self.number = number
        self.index = index
        self.bodies = {}
        self.stubborn = set()

    def run(self):
        credits = int(os.environ.get("MADE_UP_CREDITS", UNLIMITED))
        self.sock.send(hello(3, self.number, credits))
        frames = Frames(self.sock)
        while True:
            found = frames.read()
            if found is None:
                os._exit(0)
            for kind, flags, stream, value, payload in found:
                self.act(kind, flags, stream, value, payload)

    def act(self, kind, flags, stream, value, payload):
        if kind == REQUEST:
            head = payload[16:]
            offset, length = struct.unpack_from("<II", head, 80)
            path = head[offset:offset + length].decode("latin-1")
            self.request(stream, path,
                         struct.unpack_from("<I", head, 8)[0] & 1)
        elif kind == BODY and stream in self.bodies:
            self.bodies[stream] += payload
            if flags & 1:
                self.answer(stream, self.bodies.pop(stream))
            else:
                self.sock.send(frame(READ, stream=stream, value=len(payload)))
        elif kind == ABORT:
            event("abort", value)
            if stream not in self.stubborn:
                self.sock.send(frame(RELEASE, stream=stream))
        elif kind == CLOSE:
            event("close", value, payload)

    def request(self, stream, path, has_body):
        event("request", path, self.number)
        if path.startswith("/before") or (path.startswith("/first")
                                          and self.number == 1):
            os._exit(3)
        if path.startswith("/refuse"):
            self.sock.send(frame(REFUSE, stream=stream))
            return
        self.page[(stream & 0xFFFF) * 4:(stream & 0xFFFF) * 4 + 4] = \
            struct.pack("<I", stream)
        if path.startswith("/die") or (path.startswith("/once")
                                       and self.number <= 2):
            os._exit(3)
        if path.startswith("/evil/"):
            self.be_evil(stream, path.split("/")[2])
        elif path.startswith("/stubborn"):
            self.stubborn.add(stream)
        elif path.startswith("/hang"):
            pass
        elif has_body:
            self.bodies[stream] = b""
            self.sock.send(frame(READ, stream=stream, value=65536))
        else:
            if path.startswith("/slow"):
                time.sleep(0.3)
            self.answer(stream, f"worker {self.number} {path}".encode())

    def answer(self, stream, body):
        self.sock.sendall(send_frame(stream, HEAD_AND_END, len(body), body))

    def be_evil(self, stream, how):
        """What no worker may do. The web server closes, and it ends."""
        try:
            for data, descriptors in EVIL[how](stream):
                if data is None:
                    gone = select.poll()
                    gone.register(self.sock, select.POLLRDHUP)
                    gone.poll()
                    os._exit(0)
                elif descriptors:
                    send_with(self.sock, data, descriptors)
                else:
                    self.sock.sendall(data)
        except OSError:
            os._exit(0)
        event("evil", how)


class Shim:
    """A web-server process; it has worker processes of its own."""

    numbers = iter(range(1, 10000))

    def __init__(self, sock):
        self.sock = sock
        self.frames = Frames(sock)
        self.workers = {}

    def start(self, status):
        try:
            self.tell(status)
        except BrokenPipeError:
            pass                        # that process has ended meanwhile

    def tell(self, status):
        self.sock.send(hello(4))
        send_with(self.sock, frame(STATUS, descriptors=1), [status])
        state = os.environ.get("MADE_UP_GROUP")
        if state in STATES:
            text = b"it broke" if state == "failed" else b""
            self.sock.send(frame(GROUP_STATE, struct.pack(
                "<IIII", STATES[state], 712 if text else 0, len(GROUP),
                len(text)) + GROUP + text))
            return
        self.sock.send(frame(GROUP_STATE, struct.pack(
            "<IIII", 1, 0, len(GROUP), 0) + GROUP))
        for index in range(int(os.environ.get("MADE_UP_WORKERS", "2"))):
            self.offer(index)

    def offer(self, index):
        number = next(self.numbers)
        ours, its = socket.socketpair()
        page = sealed(BEGUN_SIZE)
        pid = os.fork()
        if pid == 0:
            try:
                keep = {0, 1, 2, its.fileno(), page}
                for fd in range(3, 256):
                    if fd not in keep:
                        try:
                            os.close(fd)
                        except OSError:
                            pass
                Worker(its, page, number, index).run()
            except BaseException:
                traceback.print_exc()
            os._exit(9)
        self.workers[pid] = (number, index)
        send_with(self.sock, frame(WORKER, struct.pack(
            "<IIII", number, pid, index, len(GROUP))
            + b"%032x" % number + GROUP, descriptors=2),
            [ours.fileno(), page])
        ours.close()
        its.close()
        os.close(page)

    def ended(self, pid):
        if pid in self.workers:
            number, index = self.workers.pop(pid)
            try:
                self.sock.send(frame(GONE, b"it ended", value=number))
                self.offer(index)
            except BrokenPipeError:
                pass

    def stop(self):
        for pid in self.workers:
            os.kill(pid, 15)


def listen(name):
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(os.path.join(DIRECTORY, name))
    os.chmod(os.path.join(DIRECTORY, name), 0o666)
    sock.listen(64)
    return sock


def status_page():
    fd = sealed(STATUS_SIZE)
    page = mmap.mmap(fd, STATUS_SIZE)
    text = json.dumps([{"name": GROUP.decode(), "state": "ready"}]).encode()
    lines = b'# TYPE modhost_made_up gauge\nmodhost_made_up 1\n'
    both = text + lines
    page[:16 + len(both)] = struct.pack("<IIII", MAGIC, 2, len(text),
                                        len(lines)) + both
    return fd


def reap(shims):
    try:
        while True:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            for shim in shims:
                shim.ended(pid)
    except ChildProcessError:
        pass


def stop(shims):
    for shim in shims:
        shim.stop()
    event("stopping")
    time.sleep(0.3)
    while os.environ.get("MADE_UP_STOP") == "asked" \
            and not os.path.exists(os.path.join(os.path.dirname(EVENTS), "go")):
        time.sleep(0.01)
    event("stopped")
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    sys.exit(0)


def is_final(order):
    """Whether a configuration is the last one: the web server goes on alone."""
    generation = json.loads(order).get("generation")
    with open(os.path.join(DIRECTORY, f"config-{generation}.json"),
              encoding="utf-8") as f:
        return json.load(f)["final"]


def serve():
    shim_socket, control = listen("shim.sock"), listen("control.sock")
    status = status_page()
    shims = []
    os.write(4, b"ok\n")
    os.close(4)
    event("up", sorted(os.listdir("/proc/self/fd"))[:4])
    final = False
    while True:
        ready, _, _ = select.select(
            [shim_socket, control, 3] + [s.sock for s in shims], [], [], 0.05)
        for one in ready:
            if one == 3:
                stop(shims)
            elif one is shim_socket:
                shims.append(Shim(one.accept()[0]))
                shims[-1].start(status)
            elif one is control:
                connection = one.accept()[0]
                order = connection.recv(4096).decode().strip()
                event("command", order)
                connection.send(b'{"ok":true}\n')
                connection.close()
                final = final or is_final(order)
            else:
                shim = next(s for s in shims if s.sock is one)
                found = shim.frames.read()
                if found is None:
                    shims.remove(shim)
                for kind, _, _, value, _ in found or []:
                    event("frame", kind, value)
        reap(shims)
        if final and not shims:
            stop(shims)


def main():
    mode = os.environ.get("MADE_UP_MODE", "ok")
    if mode == "die":
        sys.exit(1)
    if mode == "fail":
        os.write(4, b"MH0799: made up\n")
        sys.exit(1)
    serve()


main()
