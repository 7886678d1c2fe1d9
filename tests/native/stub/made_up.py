#!/usr/bin/env python3
"""A made-up watchdog, supervisor and worker processes in one: as much of the
private protocol as the web server needs, told by request paths what to do.

Started by nginx as modhost-watchdog. Environment: MADE_UP_MODE (ok, die, fail,
silent), MADE_UP_GROUP (ready, failed), MADE_UP_CREDITS, MADE_UP_WORKERS.
What happens is written to <run directory>/events, a line each.
"""

import array
import fcntl
import json
import mmap
import os
import select
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

(HELLO, CLOSE, REQUEST, BODY, SENT, ABORT) = (1, 2, 8, 9, 10, 11)
(SEND, READ, RELEASE, REFUSE) = (16, 17, 19, 20)
(STATUS, GROUP_STATE, WORKER, GONE) = (40, 41, 42, 44)
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
        if path.startswith("/stubborn"):
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
        head = struct.pack("<IHHIHHqIIII", 40, 1, 40, 0, 200, 0, len(body),
                           40, 0, 0, 0)
        self.sock.send(frame(SEND, padded(head) + body, flags=HEAD_AND_END,
                             stream=stream, value=len(head)))


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
        if os.environ.get("MADE_UP_GROUP") == "failed":
            text = b"it broke"
            self.sock.send(frame(GROUP_STATE, struct.pack(
                "<IIII", 2, 712, len(GROUP), len(text)) + GROUP + text))
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
    time.sleep(0.3)
    event("stopped")
    for name in os.listdir(DIRECTORY):
        os.unlink(os.path.join(DIRECTORY, name))
    os.rmdir(DIRECTORY)
    sys.exit(0)


def serve():
    shim_socket, control = listen("shim.sock"), listen("control.sock")
    status = status_page()
    shims = []
    os.write(4, b"ok\n")
    os.close(4)
    event("up", sorted(os.listdir("/proc/self/fd"))[:4])
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
                event("command", connection.recv(4096).decode().strip())
                connection.send(b'{"ok":true}\n')
                connection.close()
            else:
                shim = next(s for s in shims if s.sock is one)
                found = shim.frames.read()
                if found is None:
                    shims.remove(shim)
                for kind, _, _, value, _ in found or []:
                    event("frame", kind, value)
        reap(shims)


def main():
    mode = os.environ.get("MADE_UP_MODE", "ok")
    if mode == "die":
        sys.exit(1)
    if mode == "fail":
        os.write(4, b"MH0799: made up\n")
        sys.exit(1)
    serve()


main()
