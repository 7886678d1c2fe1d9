"""
Everything at once, with clients that leave at random moments, over HTTP/1.1,
TLS and HTTP/2, through reloads. MODHOST_STRESS_SECONDS says for how long.
"""

import os
import random
import signal
import socket
import ssl
import struct
import subprocess
import threading
import time

SECONDS = float(os.environ.get("MODHOST_STRESS_SECONDS", "8"))

GETS = [
    "/plaintext", "/inline/plaintext", "/stream?n=30&size=9000",
    "/stream?n=300&size=16384", "/sleep?ms=3", "/sleep?ms=40",
    "/big?size=200000", "/head-first?ms=5", "/spool/stream?n=200&size=16384",
    "/zipped/stream?n=20&size=5000", "/reset", "/reset-after-head?ms=3",
    "/unfinished", "/early-release", "/double-end", "/bad-head", "/trailers",
    "/timed/abort?ms=3000", "/custom?status=404", "/no-read",
    "/intercepted/custom?status=404", "/fallback/custom?status=418",
    "/custom?name=X-Accel-Redirect&value=/private/page",
    "/guarded/plaintext?status=200", "/info", "/cookies",
    "/custom?length=3&body=12345", "/abort?ms=2000",
]

POSTS = ["/echo", "/upload", "/whole/echo", "/no-read", "/abort?ms=100",
         "/mirrored/echo", "/ssi/echo", "/inline/echo"]


def get(rng):
    return (f"GET {rng.choice(GETS)} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
            * rng.randint(1, 3))


def post(rng):
    size = rng.choice([10, 5000, 200000])
    sent = size if rng.random() < 0.7 else rng.randint(0, size)
    expect = rng.choice(["", "Expect: 100-continue\r\n"])
    return (f"POST {rng.choice(POSTS)} HTTP/1.1\r\nHost: a\r\n"
            f"Content-Length: {size}\r\n{expect}\r\n".encode() + b"x" * sent)


def chunks(rng):
    return (b"POST /echo HTTP/1.1\r\nHost: a\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
            + b"5\r\nhello\r\n" * rng.randint(1, 50)
            + rng.choice([b"0\r\n\r\n", b"", b"zz"]))


def upgrade(rng):
    return (b"GET /upgrade-echo HTTP/1.1\r\nHost: a\r\n"
            b"Connection: Upgrade\r\nUpgrade: stub\r\n\r\n"
            + rng.choice([b"data", b"bye", b"x" * 10000]))


def converse(server, rng, context):
    tls = rng.random() < 0.3
    port = server.tls if tls else server.port
    with socket.create_connection(("127.0.0.1", port), 5) as plain:
        s = context.wrap_socket(plain) if tls else plain
        s.settimeout(rng.choice([0.01, 0.1, 1, 5]))
        for _ in range(rng.randint(1, 5)):
            make = rng.choices([get, post, chunks, upgrade], [6, 2, 1, 1])[0]
            s.sendall(make(rng))
            until = time.monotonic() + rng.random() * 0.3
            try:
                while time.monotonic() < until:
                    if not s.recv(rng.choice([100, 65536])):
                        return
            except TimeoutError:
                pass
        if rng.random() < 0.3:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))


def client(server, seed, until):
    rng = random.Random(seed)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    while time.monotonic() < until:
        try:
            converse(server, rng, context)
        except OSError:
            pass


def client_http2(server, seed, until):
    rng = random.Random(seed)
    while time.monotonic() < until:
        more = []
        for _ in range(6):
            more += ["-o", os.devnull,
                     f"https://127.0.0.1:{server.tls}{rng.choice(GETS)}"]
        subprocess.run(["curl", "-sk", "--http2", "-Z", "--max-time",
                        str(rng.choice([0.05, 0.3, 2])), *more],
                       stderr=subprocess.DEVNULL, check=False)


def run(server):
    until = time.monotonic() + SECONDS
    threads = [threading.Thread(target=client, args=(server, i, until))
               for i in range(8)]
    threads += [threading.Thread(target=client_http2,
                                 args=(server, 100 + i, until))
                for i in range(2)]
    for t in threads:
        t.start()
    for _ in range(3):
        time.sleep(SECONDS / 4)
        server.reload()
    for t in threads:
        t.join()
