"""modhost-worker: what it gives up before it becomes the application.

test_worker.py WORKER LIBRARY [unittest's own arguments]
"""

import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

NOBODY = 65534

# Whoever the worker is, it can execute these.
PYTHON = next(path for path in ("/usr/bin/python3", sys.executable)
              if os.path.exists(path))
FOLDER = tempfile.TemporaryDirectory()
os.chmod(FOLDER.name, 0o755)
WORKER, LIBRARY = (shutil.copy(path, FOLDER.name) for path in sys.argv[1:3])

# Runs as the worker, and tells what it has become.
PROBE = r"""
import ctypes, json, os, resource, sys
def status(name):
    with open("/proc/self/status") as file:
        return [line.split()[1:] for line in file
                if line.startswith(name + ":")][0]
def descriptors():
    for name in os.listdir("/proc/self/fd"):
        try:
            yield int(name), os.readlink("/proc/self/fd/" + name)
        except OSError:
            pass  # that of the folder itself
def autogroup():
    try:
        with open("/proc/self/autogroup") as file:
            return file.read().split()[-1]
    except OSError:
        return None
def comes_back(call):
    try:
        call()
        return True
    except OSError:
        return False
print(json.dumps({
    "uids": os.getresuid(), "gids": os.getresgid(),
    "groups": sorted(os.getgroups()),
    "umask": status("Umask")[0], "capabilities":
        [status(name)[0] for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")],
    "no_new_privileges": status("NoNewPrivs")[0],
    "blocked": status("SigBlk")[0], "directory": os.getcwd(),
    "nofile": resource.getrlimit(resource.RLIMIT_NOFILE),
    "space": resource.getrlimit(resource.RLIMIT_AS),
    "nice": os.getpriority(os.PRIO_PROCESS, 0),
    "autogroup": autogroup(),
    "session": os.getsid(0) == os.getpid() == os.getpgid(0),
    "root": comes_back(lambda: os.setresuid(-1, 0, -1)),
    "wheel": comes_back(lambda: os.setresgid(-1, 0, -1)),
    "group_list": comes_back(lambda: os.setgroups([0])),
    "descriptors": sorted(descriptors()),
    "arguments": sys.argv[1:], "environment": dict(os.environ),
}))
"""


class Launch:
    """Runs the launcher as the supervisor would."""

    def __init__(self, *arguments, control=True, keep=(), environment=None,
                 before=None, **options):
        ours, theirs = socket.socketpair()
        self.control = ours

        def prepare():
            if before:
                before()
            if control:
                os.dup2(theirs.fileno(), 3)
            else:
                os.close(3)

        # Python's own pass_fds would close what the launcher has to close.
        with theirs:
            self.process = subprocess.Popen(
                [WORKER, *arguments], stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                env=environment or {"PATH": os.environ["PATH"]},
                close_fds=False, preexec_fn=prepare, **options)

    def end(self):
        out, error = self.process.communicate(timeout=60)
        self.control.close()
        return self.process.returncode, out, error


def launch(*arguments, **options):
    return Launch(*arguments, **options).end()


def probe(*options, arguments=(), **more):
    code, out, error = launch(*options, "--", PYTHON, "-c", PROBE,
                              *arguments, **more)
    if code:
        raise AssertionError(f"{code}: {error}")
    return json.loads(out)


def as_root(test):
    return unittest.skipUnless(os.geteuid() == 0, "needs root")(test)


class Identity(unittest.TestCase):
    @as_root
    def test_user_group_and_groups_are_those_that_were_asked_for(self):
        it = probe("--user", "65534", "--group", "65533", "--groups",
                   "4242,17,99")
        self.assertEqual(it["uids"], [65534] * 3)
        self.assertEqual(it["gids"], [65533] * 3)
        self.assertEqual(it["groups"], [17, 99, 4242])

    @as_root
    def test_no_group_of_root_is_left_where_none_is_named(self):
        it = probe("--user", "65534", "--group", "65534",
                   before=lambda: os.setgroups([0, 4, 27]))
        self.assertEqual(it["groups"], [])
        it = probe("--user", "65534", "--groups", "",
                   before=lambda: os.setgroups([0, 4, 27]))
        self.assertEqual(it["groups"], [])

    @as_root
    def test_privileges_do_not_come_back(self):
        it = probe("--user", "65534", "--group", "65534")
        self.assertEqual(it["capabilities"], ["0" * 16] * 4)
        self.assertEqual(it["no_new_privileges"], "1")
        for name in ("root", "wheel", "group_list"):
            self.assertFalse(it[name], name)

    @as_root
    def test_set_user_id_programs_give_nothing(self):
        code, out, _ = launch("--user", "65534", "--group", "65534", "--",
                              "/bin/sh", "-c", "passwd -S root; id -u")
        self.assertEqual((code, out.splitlines()[-1]), (0, "65534"))

    @as_root
    def test_who_is_not_root_can_stay_who_it_is_and_no_more(self):
        nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": [7, 8]}
        it = probe("--user", "65534", "--group", "65534", "--groups", "8,7",
                   **nobody)
        self.assertEqual(it["groups"], [7, 8])
        it = probe(**nobody)
        self.assertEqual(it["groups"], [7, 8])
        it = probe("--user", "65534", **nobody)
        self.assertEqual(it["uids"], [65534] * 3)
        for wrong in (["--user", "33"], ["--group", "33"], ["--groups", "9"],
                      ["--groups", ""], ["--user", "0"]):
            code, out, error = launch(*wrong, "--", "/bin/true", **nobody)
            self.assertEqual((code, out), (125, ""))
            self.assertRegex(error, r"\AMH0822: .*not permitted\n\Z")

    @as_root
    def test_capabilities_of_a_service_manager_are_dropped(self):
        setpriv = ["setpriv", "--reuid", "65534", "--clear-groups",
                   "--inh-caps", "+net_bind_service", "--ambient-caps",
                   "+net_bind_service"]
        ours, theirs = socket.socketpair()
        with ours, theirs:
            done = subprocess.run(
                [*setpriv, WORKER, "--", PYTHON, "-c", PROBE],
                preexec_fn=lambda: os.dup2(theirs.fileno(), 3),
                close_fds=False, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["capabilities"],
                         ["0" * 16] * 4)

    @as_root
    def test_root_stays_root_where_that_was_asked_for(self):
        it = probe("--user", "0", "--group", "0")
        self.assertEqual(it["uids"], [0] * 3)
        self.assertEqual(it["no_new_privileges"], "1")


class Surroundings(unittest.TestCase):
    def test_descriptors_are_the_three_streams_and_the_control_socket(self):
        with open("/etc/passwd", "rb") as file:
            os.set_inheritable(file.fileno(), True)
            high = os.dup2(file.fileno(), 777, inheritable=True)
            try:
                it = probe()
            finally:
                os.close(high)
        numbers, places = zip(*it["descriptors"])
        self.assertEqual(numbers, (0, 1, 2, 3))
        for place, what in zip(places, ("/dev/null", "pipe:", "pipe:",
                                        "socket:")):
            self.assertTrue(place.startswith(what), places)

    def test_missing_streams_become_null(self):
        it = Launch("--", "/bin/sh", "-c", "readlink /proc/$$/fd/0 >&3",
                    before=lambda: os.close(0))
        self.assertEqual(it.control.recv(100), b"/dev/null\n")
        self.assertEqual(it.end()[0], 0)

    def test_no_control_connection_no_worker(self):
        code, out, error = launch("--", "/bin/echo", "run", control=False)
        self.assertEqual((code, out), (125, ""))
        self.assertRegex(error, r"\AMH0821: ")
        with open("/dev/null", "rb") as null:
            code, out, error = launch(
                "--", "/bin/echo", "run", control=False,
                before=lambda: os.dup2(null.fileno(), 3))
        self.assertEqual(code, 125)

    def test_umask_directory_limits_and_priority_are_set(self):
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        limit = 4000 if limit < 0 else min(limit, 4000)
        it = probe("--umask", "027", "--directory", "/usr", "--nofile",
                   str(limit), "--nice", "7")
        self.assertEqual(it["umask"], "0027")
        self.assertEqual(it["directory"], "/usr")
        self.assertEqual(it["nofile"], [limit, limit])
        self.assertEqual(it["space"], list(
            resource.getrlimit(resource.RLIMIT_AS)))
        self.assertEqual(it["nice"], 7)
        self.assertIn(it["autogroup"], ("7", None))

    def test_what_is_not_asked_for_stays(self):
        it = probe()
        self.assertEqual(it["directory"], os.getcwd())
        self.assertEqual(it["nofile"], list(
            resource.getrlimit(resource.RLIMIT_NOFILE)))
        self.assertEqual(it["nice"], os.getpriority(os.PRIO_PROCESS, 0))

    def test_environment_and_arguments_arrive_as_they_are(self):
        it = probe(arguments=["--user", "0", "", "ä b"],
                   environment={"A": "1", "LC_ALL": "C.UTF-8", "B": "x=y"})
        self.assertEqual(it["arguments"], ["--user", "0", "", "ä b"])
        self.assertEqual(it["environment"],
                         {"A": "1", "LC_ALL": "C.UTF-8", "B": "x=y"})

    def test_it_has_a_session_of_its_own(self):
        self.assertTrue(probe()["session"])

    def test_signals_are_as_in_a_new_process(self):
        def before():
            for number in (signal.SIGPIPE, signal.SIGCHLD, signal.SIGHUP,
                           signal.SIGTERM, signal.SIGRTMIN + 3):
                signal.signal(number, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())

        code, out, _ = launch("--", "/bin/cat", "/proc/self/status",
                              before=before)
        self.assertEqual(code, 0)
        for name in ("SigBlk", "SigIgn", "SigCgt"):
            self.assertRegex(out, rf"{name}:\t0{{16}}\n")

    @as_root
    def test_the_directory_is_entered_as_the_user(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o700)
            code, _, error = launch("--user", "65534", "--group", "65534",
                                    "--directory", folder, "--", "/bin/true")
            self.assertEqual(code, 125)
            self.assertEqual(error, f'MH0824: the directory "{folder}": '
                             "Permission denied\n")
            os.chown(folder, NOBODY, NOBODY)
            it = probe("--user", "65534", "--group", "65534", "--directory",
                       folder)
            self.assertEqual(it["directory"], folder)

    @as_root
    def test_a_limit_that_cannot_be_set_is_told(self):
        nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        for option, value, name in (("--nice", "-5", "cpu-priority"),
                                    ("--nofile", "2000000000",
                                     "nofile-limit")):
            code, _, error = launch(option, value, "--", "/bin/true", **nobody)
            self.assertEqual(code, 125)
            self.assertRegex(error, rf"\AMH0823: {name} {value}: .+\n\Z")


class Program(unittest.TestCase):
    def test_the_title_is_the_first_argument(self):
        it = Launch("--title", "modhost: shop 1", "--", "/bin/sh", "-c",
                    "read x <&3; exit 3")
        path = pathlib.Path(f"/proc/{it.process.pid}/cmdline")
        wait_for(lambda: path.read_bytes().startswith(b"modhost: shop 1\0"))
        it.control.send(b"\n")
        self.assertEqual(it.end()[0], 3)

    def test_it_is_the_same_process(self):
        it = Launch("--", "/bin/sh", "-c", "echo $$")
        pid = it.process.pid
        self.assertEqual(it.end()[:2], (0, f"{pid}\n"))

    def test_a_program_that_cannot_be_executed_is_named(self):
        for path, why in (("/nowhere/at/all", "No such file or directory"),
                          ("/etc/passwd", "Permission denied"),
                          ("/usr", "Permission denied")):
            code, _, error = launch("--title", "t", "--", path)
            self.assertEqual(code, 125)
            self.assertEqual(error, f'MH0825: "{path}" cannot be executed: '
                             f"{why}\n")

    def test_a_line_stays_one_line(self):
        code, _, error = launch("--", "/no\nway\x1b[31m" + "x" * 3000)
        self.assertEqual(code, 125)
        self.assertRegex(error, r"\AMH0825: [^\n\x1b]{900,1100}\n\Z")

    def test_bad_command_lines_are_refused(self):
        program = ["--", "/bin/true"]
        for bad in ([], ["--"], ["--user"], ["--user", "nobody", *program],
                    ["--user", "-1", *program], ["--user", "", *program],
                    ["--user", "4294967295", *program],
                    ["--user", "99999999999999999999", *program],
                    ["--group", "0x10", *program], ["--umask", "8", *program],
                    ["--umask", "1777", *program], ["--nofile", "1", *program],
                    ["--nice", "20", *program], ["--nice", "+1", *program],
                    ["--groups", "1,,2", *program], ["--root", "1", *program],
                    ["--groups", "1,", *program], ["--groups", "x", *program],
                    ["--groups", "-1", *program],
                    ["--", "true"], ["--library", "x.so"],
                    ["--library", LIBRARY, *program]):
            with self.subTest(str(bad)[:60]):
                code, out, error = launch(*bad)
                self.assertEqual((code, out), (125, ""))
                self.assertRegex(error, r"\AMH0820: [^\n]+\n\Z")


class Library(unittest.TestCase):
    def test_a_library_runs_in_the_launcher(self):
        it = Launch("--title", "modhost: shop 12", "--library", LIBRARY)
        pid, user, _, _, name = it.control.recv(256).decode().split(" ", 4)
        self.assertEqual(int(pid), it.process.pid)
        self.assertEqual(int(user), os.geteuid())
        self.assertEqual(name, "modhost: shop 1")
        line = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        self.assertEqual(line.rstrip(b"\0"), b"modhost: shop 12")
        it.control.send(b"\7")
        self.assertEqual(it.end(), (7, "", ""))

    @as_root
    def test_the_user_is_switched_before_the_library_is_opened(self):
        it = Launch("--user", "65534", "--group", "65533", "--library",
                    LIBRARY)
        _, user, group, dumpable, _ = it.control.recv(256).split(b" ", 4)
        self.assertEqual((user, group, dumpable), (b"65534", b"65533", b"1"))
        it.control.close()
        self.assertEqual(it.end()[0], 2)

    def test_what_cannot_be_opened_is_told(self):
        code, _, error = launch("--library", "/nowhere/app.so")
        self.assertEqual(code, 125)
        self.assertRegex(error, r"\AMH0826: .*/nowhere/app.so: .+\n\Z")

    def test_a_library_without_the_export_is_told(self):
        maps = pathlib.Path("/proc/self/maps").read_text(encoding="utf-8")
        libc = next(line.split()[-1] for line in maps.splitlines()
                    if "libc.so" in line)
        code, _, error = launch("--library", libc)
        self.assertEqual(code, 125)
        self.assertRegex(error, r"\AMH0827: .*does not export "
                         r"modhost_worker_main")


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain")
        time.sleep(0.005)


if __name__ == "__main__":
    del sys.argv[1:3]
    unittest.main(verbosity=2)
