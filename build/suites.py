"""Runs the test suites side by side and adds up what they report.

build/test calls this after it has built everything. A suite is a command that
writes one result file; a suite that writes none, or ends badly although every
test in it passed, counts as one failed test, so that nothing fails unseen.

Where at most RETRIED tests failed, each runs once more, with the machine for
itself. One that passes then counts as passed and is told of as UNSTABLE, with
what it had said: real servers on a machine with other work meet limits of time
that no test can be without. --strict (build/test --full) knows no second run.
"""

import argparse
import collections
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree

HEARTBEAT = 60  # seconds between progress lines of a suite that runs on
SHOWN_LINES = 25  # of a failed test's message
RETRIED = 5  # failed tests; more of them are no accident


@dataclasses.dataclass
class Case:
    name: str
    outcome: str  # passed, failed, skipped
    message: str = ""
    unstable: bool = False  # passed at the second run only


@dataclasses.dataclass
class Suite:
    name: str
    command: list
    results: pathlib.Path
    read: object  # results file -> [Case]
    log: pathlib.Path
    seen: re.Pattern  # a line of the log that tells of one more test
    only: object = None  # name of a test -> the command for it alone
    environment: dict = dataclasses.field(default_factory=dict)
    cases: list = dataclasses.field(default_factory=list)


# ---- result files


def read_ctest(path):
    """ctest --output-junit"""
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        status = case.get("status", "run")
        failure = case.find("failure")
        if failure is not None or status == "fail":
            text = case.findtext("system-out") or ""
            yield Case(case.get("name"), "failed", text.strip())
        elif case.find("skipped") is not None or status in (
                "disabled", "notrun"):
            reason = case.find("skipped")
            yield Case(case.get("name"), "skipped",
                       "" if reason is None else reason.get("message", ""))
        else:
            yield Case(case.get("name"), "passed")


def read_trx(path):
    """dotnet test --logger trx"""
    space = "{http://microsoft.com/schemas/VisualStudio/TeamTest/2010}"
    for case in ElementTree.parse(path).getroot().iter(
            space + "UnitTestResult"):
        name = case.get("testName")
        outcome = case.get("outcome", "")
        info = case.find(f"{space}Output/{space}ErrorInfo")
        text = ""
        if info is not None:
            text = "\n".join(
                part.strip() for part in (
                    info.findtext(space + "Message") or "",
                    info.findtext(space + "StackTrace") or "") if part)
        if outcome == "Passed":
            yield Case(name, "passed")
        elif outcome in ("NotExecuted", "Inconclusive"):
            output = case.findtext(f"{space}Output/{space}StdOut") or ""
            yield Case(name, "skipped", (text or output).strip())
        else:
            yield Case(name, "failed", text or outcome)


# ---- which suites there are


def native_suite(folder, out, pattern):
    name = f"native-{folder.name}"
    command = ["ctest", "--test-dir", str(folder), "--output-on-failure",
               "--no-tests=ignore", "--output-junit", str(out / f"{name}.xml")]

    def only(test):
        return command + ["-R", f"^{re.escape(test)}$"]

    return Suite(name, command + (["-R", pattern] if pattern else []),
                 out / f"{name}.xml", read_ctest, out / f"{name}.log",
                 re.compile(r"^ *\d+/\d+ Test "), only)


# ---- cells of the integration tests: a web server, and where applications run


@dataclasses.dataclass(frozen=True)
class Cell:
    server: str
    mode: str
    core: bool = False  # the core set alone, but with --full

    @property
    def name(self):
        return f"{self.server}-{self.mode}"

    def terms(self, full):
        """Which tests are for it, by their traits. Mode and Server name what
        alone a test is good for, Not what it is no good for."""
        family, _, mpm = self.server.partition("-")
        terms = [f"Mode!={other}" for other in MODES if other != self.mode]
        terms += [f"Server!={other}" for other in SERVERS if other != family]
        if mpm:
            terms.append(f"Not!={mpm}")
        return terms + (["Set=core"] if self.core and not full else [])

    def environment(self, out):
        """What one cell publishes for all is in a folder of theirs."""
        return {"MODHOST_TEST_SERVER": self.server,
                "MODHOST_TEST_MODE": self.mode,
                "MODHOST_TEST_SHARED": str(out / "shared")}


MODES = ("embedded", "daemon")
SERVERS = ("nginx", "apache")

# Those that take longest come first. Apache's prefork has no embedded mode.
CELLS = (
    Cell("apache-event", "daemon"),
    Cell("nginx", "daemon"),
    Cell("apache-event", "embedded"),
    Cell("nginx", "embedded"),
    Cell("apache-prefork", "daemon", core=True),
    Cell("apache-worker", "daemon", core=True),
    Cell("apache-worker", "embedded", core=True),
)

# Lanes that take the next cell when they have done one. Tests mostly wait.
CELLS_AT_ONCE = 3


def managed_suite(project, options, pattern, cell=None):
    name = project.stem + (f"-{cell.name}" if cell else "")
    wanted = cell.terms(options.full) if cell else []
    if pattern:
        wanted.append(f"FullyQualifiedName~{pattern}")
    command = ["dotnet", "test", str(project), "--no-build", "-c", "Release",
               f"-p:ArtifactsPath={options.artifacts}", "--results-directory",
               str(options.out), "--logger", f"trx;LogFileName={name}.trx",
               "--logger", "console;verbosity=normal"]

    def only(test):
        # All cases of a theory: their arguments are not part of the name.
        return command + ["--filter",
                          f"FullyQualifiedName={test.partition('(')[0]}"]

    filtered = ["--filter", "&".join(f"({term})" for term in wanted)]
    return Suite(name, command + (filtered if wanted else []),
                 options.out / f"{name}.trx", read_trx,
                 options.out / f"{name}.log",
                 re.compile(r"^ +(Passed|Failed|Skipped) "), only,
                 cell.environment(options.out) if cell else {})


GROUPS = ("native", "managed", "integration")


def plan(options):
    """Phases: (suites, queues of them); what is in one phase runs side by
    side, queue by queue. The integration tests measure times and count
    processes: unit tests have to be over by then.
    """
    wanted = options.filter
    projects = sorted(options.root.glob("tests/*/*Tests.csproj"))
    units, integration = [], []
    for project in projects:
        group = "integration" if "Integration" in project.stem else "managed"
        if wanted in GROUPS and wanted != group:
            continue
        whole = wanted == group or names(wanted, project.stem)
        pattern = "" if whole else wanted
        if group == "managed":
            units.append(managed_suite(project, options, pattern))
            continue
        integration += [managed_suite(project, options, pattern, cell)
                        for cell in CELLS
                        if re.search(options.cell, cell.name)]
    native = []
    if wanted not in ("managed", "integration"):
        pattern = "" if wanted == "native" else wanted
        native = [native_suite(folder, options.out, pattern)
                  for folder in sorted(options.native.iterdir())
                  if (folder / "CTestTestfile.cmake").exists()]
    if options.cell:
        native, units = [], []
    # The same tests wait for the same things in each build of the native code:
    # its builds go side by side, and beside them the unit tests, which see
    # each other's servers, one after the other.
    checks = [collections.deque(lane)
              for lane in [[suite] for suite in native] + [units]]
    cells = [collections.deque(integration)] * CELLS_AT_ONCE
    return [phase for phase in ((native + units, checks),
                                (integration, cells)) if phase[0]]


def names(wanted, project):
    return wanted.lower() == project.lower()


# ---- running


class Runner:
    def __init__(self, deadline):
        self.deadline = deadline
        self.processes = set()
        self.lock = threading.Lock()
        self.stopped = False

    def phase(self, queues):
        """A lane for each; lanes may share a queue."""
        threads = [threading.Thread(target=self.lane, args=(waiting,))
                   for waiting in queues]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def lane(self, waiting):
        while not self.stopped:
            try:
                suite = waiting.popleft()
            except IndexError:
                return
            self.run(suite)

    def run(self, suite):
        began = time.monotonic()
        say(f"{suite.name}: running")
        with open(suite.log, "wb") as log:
            process = subprocess.Popen(
                suite.command, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True,
                env=os.environ | suite.environment)
            with self.lock:
                self.processes.add(process)
            code = self.wait(suite, process, began)
            with self.lock:
                self.processes.discard(process)
        suite.cases = collect(suite, code)
        say(f"{suite.name}: {totals(suite.cases)}"
            f" ({time.monotonic() - began:.0f} s)")

    def retry(self, suites):
        """A second run of the few that failed, one by one."""
        failed = [(suite, case) for suite in suites for case in suite.cases
                  if case.outcome == "failed"]
        if len(failed) > RETRIED:
            return
        for suite, case in failed:
            if self.stopped or time.monotonic() > self.deadline:
                return
            again = dataclasses.replace(
                suite, name=f"{suite.name}: {case.name}, again",
                command=suite.only(case.name), cases=[],
                log=suite.log.with_suffix(".again.log"))
            keep_first(suite.results)
            self.run(again)
            outcomes = {other.outcome for other in again.cases}
            if outcomes == {"passed"}:
                case.outcome, case.unstable = "passed", True

    def wait(self, suite, process, began):
        """The exit code, or None where time ran out."""
        told = began
        while True:
            try:
                return process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                pass
            now = time.monotonic()
            if now > self.deadline:
                end_session(process)
                return None
            if now - told >= HEARTBEAT:
                told = now
                say(f"{suite.name}: {count_lines(suite)} tests so far"
                    f" ({now - began:.0f} s)")

    def stop(self):
        self.stopped = True
        with self.lock:
            for process in self.processes:
                end_session(process)


def keep_first(results):
    """Out of the way of a second run, which must not be read from it."""
    first = results.with_stem(f"{results.stem}.first")
    if first.exists():
        results.unlink(missing_ok=True)
    elif results.exists():
        results.rename(first)


def end_session(process):
    """TERM, then KILL, to a suite and to all that it started, also what went
    into a session of its own."""
    members = descendants(process.pid)
    for number, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 5)):
        try:
            os.killpg(process.pid, number)
            process.wait(timeout=patience)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    for pid, started in members.items():
        if parent_and_start(pid)[1] == started:
            try:
                os.kill(pid, signal.SIGTERM)
            except ProcessLookupError:
                pass


def parent_and_start(pid):
    """Parent and start time, which together with the pid names a process."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None, None
    fields = text.rpartition(")")[2].split()
    return int(fields[1]), fields[19]


def descendants(root):
    """{pid: start time}"""
    everything = {int(entry): parent_and_start(entry)
                  for entry in os.listdir("/proc") if entry.isdigit()}
    found, parents = {}, {root}
    while parents:
        children = {pid: started for pid, (parent, started)
                    in everything.items() if parent in parents}
        found.update(children)
        parents = set(children)
    return found


def collect(suite, code):
    try:
        cases = list(suite.read(suite.results))
        problem = None if code == 0 else f"ended with code {code}"
    except (OSError, ElementTree.ParseError) as error:
        cases = []
        # A filter that fits nothing in this suite is no failure of it.
        problem = None if code == 0 else f"no result: {error}"
    if code is None:
        problem = "time ran out"
    failed = any(case.outcome == "failed" for case in cases)
    if problem and (code is None or not failed):
        cases.append(Case(f"{suite.name} (the suite itself)", "failed",
                          f"{problem}\n{abort_reason(suite.results)}"
                          f"{tail(suite.log)}"))
    return cases


def abort_reason(results):
    """Where a test host died, its last words are in the trx file."""
    try:
        text = results.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    found = re.search(r"<Text>(The active test run was aborted.*?)</Text>",
                      text, re.S)
    return found.group(1)[:600] + "\n…\n" if found else ""


def count_lines(suite):
    with open(suite.log, encoding="utf-8", errors="replace") as log:
        return sum(1 for line in log if suite.seen.search(line))


def tail(path):
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-SHOWN_LINES:])


# ---- telling


def say(text):
    print(text, flush=True)


def totals(cases):
    count = {"passed": 0, "failed": 0, "skipped": 0}
    for case in cases:
        count[case.outcome] += 1
    text = f"{count['passed']} passed, {count['failed']} failed"
    return text + (f", {count['skipped']} skipped" if count["skipped"] else "")


def tell_failures(suites):
    for suite in suites:
        for case in suite.cases:
            if case.outcome == "passed" and not case.unstable:
                continue
            lines = case.message.splitlines()
            told = "UNSTABLE" if case.unstable else case.outcome.upper()
            say(f"\n{told} {suite.name}: {case.name}")
            for line in lines[:SHOWN_LINES]:
                say(f"    {line}")
            if len(lines) > SHOWN_LINES:
                say(f"    … {suite.log}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--artifacts", type=pathlib.Path, required=True)
    parser.add_argument("--native", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--filter", default="")
    parser.add_argument("--cell", default="")
    parser.add_argument("--strict", action="store_true")
    options = parser.parse_args()
    options.out = options.artifacts / "test"
    options.full = os.environ.get("MODHOST_FULL") == "1"
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir(parents=True)

    runner = Runner(time.monotonic() + options.seconds)

    def stop(number, _):
        runner.stop()
        os._exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)

    suites = []
    for phase, queues in plan(options):
        runner.phase(queues)
        suites += phase

    if not options.strict:
        runner.retry(suites)
    tell_failures(suites)
    cases = [case for suite in suites for case in suite.cases]
    ran = [case for case in cases if case.outcome != "skipped"]
    failed = any(case.outcome == "failed" for case in cases)
    if not ran:
        say("\nNo test ran"
            + (f"; does '{options.filter}' name one?" if options.filter
               else "."))
    say(totals(cases))
    return 1 if failed or not ran else 0


if __name__ == "__main__":
    sys.exit(main())
