"""What is asked of every server, and wrk, which asks it."""

import dataclasses
import http.client
import json
import os
import pathlib
import subprocess

from processes import alone_on

FOLDER = pathlib.Path(__file__).resolve().parent / "wrk"
LOAD_CORE = 1
UPLOAD = 64 * 1024

# 19 headers; Host is the twentieth.
HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Encoding": "gzip, deflate, br",
    "Accept-Language": "en-GB,en;q=0.7,de;q=0.3",
    "Cache-Control": "no-cache",
    "Cookie": "session=3f1c2d7a9b8e4f60; theme=dark; consent=yes",
    "DNT": "1",
    "Origin": "http://localhost",
    "Pragma": "no-cache",
    "Referer": "http://localhost/catalogue/list?page=2",
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "same-origin",
    "Sec-Fetch-User": "?1",
    "Upgrade-Insecure-Requests": "1",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101",
    "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "X-Client-Version": "12.4.1",
    "X-Correlation-Id": "7c1d0e9a-51a6-4f0c-9b7e-2d3c4b5a6978",
    "X-Requested-With": "XMLHttpRequest",
}


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    path: str
    script: str = "report.lua"
    method: str = "GET"
    headers: dict = dataclasses.field(default_factory=dict, hash=False)
    body: bytes = b""


ALL = [
    Workload("plaintext", "/plaintext"),
    Workload("json", "/json"),
    Workload("headers20", "/plaintext", "headers.lua", headers=HEADERS),
    Workload("download64k", "/bytes?n=65536"),
    Workload("upload64k", "/upload", "upload.lua", "POST",
             {"Content-Type": "application/octet-stream"}, b"u" * UPLOAD),
]


def answer(port, workload):
    """(status, content type, body): what must be the same everywhere."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(workload.method, workload.path,
                           workload.body or None, workload.headers)
        response = connection.getresponse()
        return (response.status, response.getheader("Content-Type"),
                response.read())
    finally:
        connection.close()


def get(port, path):
    return answer(port, Workload("get", path))


def load(port, workload, connections, seconds):
    """Runs wrk on its own core; returns what report.lua said."""
    environment = dict(
        os.environ, BENCH_REPORT=str(FOLDER / "report.lua"),
        BENCH_UPLOAD=str(UPLOAD),
        BENCH_HEADERS="".join(f"{k}: {v}\n" for k, v in HEADERS.items()))
    result = subprocess.run(
        alone_on(LOAD_CORE, [
            "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s",
            str(FOLDER / workload.script),
            f"http://127.0.0.1:{port}{workload.path}"]),
        env=environment, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, check=False)
    lines = [line for line in result.stdout.splitlines()
             if line.startswith("{")]
    if result.returncode or not lines:
        raise RuntimeError(f"wrk failed: {result.stdout}{result.stderr}")
    return json.loads(lines[-1])
