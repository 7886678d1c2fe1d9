"""modhost-watchdog with a supervisor that the test plays.

test_watchdog.py WATCHDOG RELAY [unittest's own arguments]
"""

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

from watchdog import Watchdog, alive, frame, wait_for

PROGRAM, RELAY = sys.argv[1:3]


class Case(unittest.TestCase):
    def watchdog(self, *options, **more):
        it = Watchdog(PROGRAM, RELAY, *options, **more)
        self.addCleanup(it.close)
        return it

    def file(self, text=b"x"):
        it = tempfile.TemporaryFile()
        self.addCleanup(it.close)
        it.write(text)
        it.flush()
        return it

    def assert_same(self, fd, file):
        self.addCleanup(os.close, fd)
        self.assertEqual(os.fstat(fd).st_ino, os.fstat(file.fileno()).st_ino)

    def end(self, it, supervisor):
        """An orderly end, with nothing left and no time wasted."""
        self.assertLess(it.processor_seconds(), 1)
        it.cut()
        supervisor.expect("SHUTDOWN")
        supervisor.send("DONE")
        supervisor.exit(0)
        self.assertEqual(it.wait(), 0)
        self.assertFalse(it.instance.exists())
        for one in it.supervisors:
            self.assertFalse(alive(one.pid))


class Starting(Case):
    def test_the_web_server_hears_ok_when_the_supervisor_is_ready(self):
        it = self.watchdog()
        supervisor = it.accept()
        kept, state, starts = supervisor.told()
        self.assertEqual((list(kept), state, starts), (["lifeline"], None, 0))
        os.close(kept["lifeline"])
        supervisor.send("READY")
        self.assertEqual(it.ready_line(), b"ok\n")
        self.end(it, supervisor)
        self.assertEqual(it.text(), "")

    def test_a_supervisor_that_failed_says_why_and_is_not_started_again(self):
        it = self.watchdog()
        (it.instance / "config-1.json").write_text("{}")
        supervisor = it.accept()
        supervisor.send("FAILED", "MH0712: no\nfolder".encode())
        self.assertEqual(it.ready_line(), b"MH0712: no folder\n")
        supervisor.exit(1)
        self.assertEqual(it.wait(), 1)
        self.assertFalse(it.instance.exists())

    def test_a_supervisor_that_failed_and_stays_is_ended(self):
        it = self.watchdog()
        supervisor = it.accept()
        supervisor.send("FAILED", b"MH0712: no")
        self.assertEqual(it.ready_line(), b"MH0712: no\n")
        self.assertEqual(it.wait(), 1)
        self.assertFalse(alive(supervisor.pid))

    def test_a_supervisor_that_ends_before_it_is_ready_is_a_failure(self):
        it = self.watchdog()
        it.accept().exit(3)
        self.assertEqual(it.ready_line(), b"MH0804: the supervisor ended "
                         b"before it was ready: code 3\n")
        self.assertEqual(it.wait(), 1)

        it = self.watchdog()
        it.accept().kill()
        self.assertRegex(it.ready_line(), b"signal 9 ")
        self.assertEqual(it.wait(), 1)

    def test_a_program_that_cannot_be_started_is_a_failure(self):
        it = Watchdog(PROGRAM, "/nowhere/modhostd")
        self.addCleanup(it.close)
        self.assertEqual(it.ready_line(), b'MH0803: "/nowhere/modhostd" cannot '
                         b"be started: No such file or directory\n")
        self.assertEqual(it.wait(), 1)

    def test_bad_command_lines_are_refused(self):
        good = ["--supervisor", "/bin/true", "--instance", "/nowhere"]
        for bad in ([], good, [*good, "--ready-fd", "x"],
                    [*good, "--ready-fd", "3", "--adopt-fd", "4"],
                    [*good, "--ready-fd", "999"], [*good, "--ready-fd"],
                    [*good, "--ready-fd", "1"], [*good, "--root", "3"],
                    ["--supervisor", "true", *good[2:], "--ready-fd", "3"],
                    [*good, "--ready-fd", "3", "--shutdown-timeout", "0"]):
            with self.subTest(bad):
                done = subprocess.run(
                    [PROGRAM, *bad], capture_output=True, text=True,
                    stdin=subprocess.DEVNULL, check=False)
                self.assertEqual(done.returncode, 1)
                self.assertRegex(
                    done.stderr, r"\A\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[error\] "
                    r"\d+#0: MH0801: [^\n]+\n\Z")

    def test_the_supervisor_inherits_streams_and_its_connection_only(self):
        it = self.watchdog()
        supervisor = it.first()
        folder = f"/proc/{supervisor.pid}/fd"
        places = {int(name): os.readlink(f"{folder}/{name}")
                  for name in os.listdir(folder)}
        self.assertEqual(sorted(places), [0, 1, 2, 3, 4])  # 4: to the test
        self.assertEqual(places[0], "/dev/null")
        self.assertEqual(places[2], str(it.log))
        self.assertEqual(os.readlink(f"/proc/{supervisor.pid}/cwd"), "/")
        self.end(it, supervisor)


class Keeping(Case):
    def test_a_killed_supervisor_comes_back_with_everything(self):
        it = self.watchdog()
        supervisor = it.first()
        files = {f"worker:{n}:control": self.file() for n in range(300)}
        for key, file in files.items():
            supervisor.send("STORE", key.encode(), fds=[file.fileno()])
        state = random.Random(1).randbytes(1 << 20)
        supervisor.send("BLOB", b"an older one")
        supervisor.send("BLOB", state)
        supervisor.send("PING", value=7)
        self.assertEqual(supervisor.expect("PONG").value, 7)
        supervisor.kill()

        supervisor = it.accept()
        kept, blob, starts = supervisor.told()
        self.assertEqual(starts, 1)
        self.assertEqual(blob, state)
        os.close(kept.pop("lifeline"))
        self.assertEqual(sorted(kept), sorted(files))
        for key, fd in kept.items():
            self.assert_same(fd, files[key])
        supervisor.send("READY")
        self.assertRegex(it.text(), r"\[error\] .*MH0804: the supervisor \d+ "
                         r"ended: signal 9 \(Killed\)")
        self.end(it, supervisor)

    def test_a_key_can_be_stored_again_and_dropped(self):
        it = self.watchdog()
        supervisor = it.first()
        before = it.descriptors()
        old, new = self.file(), self.file()
        supervisor.send("STORE", b"a", fds=[old.fileno()])
        supervisor.send("STORE", b"b", fds=[old.fileno()])
        supervisor.send("STORE", b"c" * 255, fds=[new.fileno()])
        supervisor.send("STORE", b"a", fds=[new.fileno()])
        supervisor.send("DROP", b"b")
        supervisor.send("DROP", b"never-there")
        supervisor.send("BLOB", b"state")
        supervisor.send("BLOB", b"")
        supervisor.send("PING")
        supervisor.expect("PONG")
        self.assertEqual(it.descriptors(), before + 2)
        supervisor.kill()
        supervisor = it.accept()
        kept, state, _ = supervisor.told()
        self.assertIsNone(state)
        os.close(kept.pop("lifeline"))
        self.assertEqual(sorted(kept), ["a", "c" * 255])
        for fd in kept.values():
            self.assert_same(fd, new)
        self.end(it, supervisor)

    def test_many_frames_and_descriptors_may_come_at_once(self):
        it = self.watchdog()
        supervisor = it.first()
        files = [self.file() for _ in range(10)]
        data = b"".join(frame("STORE", b"k%d" % n, 1) for n in range(10))
        supervisor.send_raw(data, [file.fileno() for file in files])
        supervisor.kill()
        supervisor = it.accept()
        kept, _, _ = supervisor.told()
        os.close(kept.pop("lifeline"))
        for n, file in enumerate(files):
            self.assert_same(kept[f"k{n}"], file)
        self.end(it, supervisor)

    def test_frames_may_come_byte_by_byte(self):
        it = self.watchdog()
        supervisor = it.first()
        file = self.file()
        data = frame("STORE", b"key", 1) + frame("BLOB", b"the state")
        supervisor.send_raw(data[:1], [file.fileno()])
        for byte in data[1:]:
            supervisor.send_raw(bytes([byte]))
        supervisor.kill()
        supervisor = it.accept()
        kept, state, _ = supervisor.told()
        self.assert_same(kept["key"], file)
        self.assertEqual(state, b"the state")
        os.close(kept["lifeline"])
        self.end(it, supervisor)

    def test_a_supervisor_that_does_not_read_yet_holds_nothing_up(self):
        it = self.watchdog()
        supervisor = it.first()
        file = self.file()
        supervisor.send("BLOB", b"s" * (1 << 20))
        for number in range(500):
            supervisor.send("STORE", b"k%d" % number, fds=[file.fileno()])
        supervisor.kill()
        supervisor = it.accept()
        it.cut()                       # handled while it does not read
        supervisor.send("READY")
        kept, state, _ = supervisor.told()
        self.assertEqual((len(kept), len(state)), (501, 1 << 20))
        for fd in kept.values():
            os.close(fd)
        self.end(it, supervisor)

    def test_what_was_kept_survives_supervisors_that_die_young(self):
        it = self.watchdog()
        supervisor = it.first()
        supervisor.send("STORE", b"a", fds=[self.file().fileno()])
        supervisor.send("BLOB", b"state")
        for starts in range(1, 4):
            supervisor.kill()
            supervisor = it.accept()   # dies before it has read anything
        supervisor.kill()
        supervisor = it.accept()
        kept, state, starts = supervisor.told()
        self.assertEqual((sorted(kept), state, starts),
                         (["a", "lifeline"], b"state", 4))
        for fd in kept.values():
            os.close(fd)
        self.end(it, supervisor)

    def test_it_is_small(self):
        it = self.watchdog()
        supervisor = it.first()
        file = self.file()
        for number in range(400):
            supervisor.send("STORE", b"worker:%d:control" % number,
                            fds=[file.fileno()])
        for _ in range(20):
            supervisor.send("BLOB", b"s" * (1 << 20))
            supervisor.send("BLOB", b"s" * 65536)
        supervisor.send("PING")
        supervisor.expect("PONG")
        if not it.is_sanitized():
            self.assertLessEqual(int(it.status("VmRSS").split()[0]), 2048)
        self.assertEqual(it.status("Threads"), "1")
        self.end(it, supervisor)

    def test_what_does_not_fit_is_logged_and_the_rest_kept(self):
        it = self.watchdog()
        supervisor = it.first()
        with open("/dev/null", "rb") as file:
            for number in range(4200):
                supervisor.send("STORE", b"k%d" % number, fds=[file.fileno()])
        supervisor.send("PING")
        supervisor.expect("PONG")
        self.assertRegex(it.text(), r'MH0806: "k4199" is not kept')
        self.assertNotIn('"k3000"', it.text())
        self.end(it, supervisor)


class Ends(Case):
    def test_ends_of_orphans_are_told(self):
        it = self.watchdog()
        supervisor = it.first()
        living, dying = supervisor.fork(), supervisor.fork()
        supervisor.kill()
        os.kill(dying, signal.SIGTERM)
        supervisor = it.accept()
        supervisor.told()
        exited = supervisor.expect("EXITED")
        self.assertEqual((exited.stream, exited.value), (dying, 15))
        os.kill(living, signal.SIGKILL)
        exited = supervisor.expect("EXITED")
        self.assertEqual((exited.stream, exited.value), (living, 9))
        self.end(it, supervisor)

    def test_children_of_the_supervisor_are_its_own_business(self):
        it = self.watchdog()
        supervisor = it.first()
        os.kill(supervisor.fork(), signal.SIGKILL)
        supervisor.send("PING", value=1)
        supervisor.expect("PONG")
        self.end(it, supervisor)


class Stopping(Case):
    def test_signals_stop_it_as_the_life_line_does(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            it = self.watchdog()
            supervisor = it.first()
            os.kill(it.pid, number)
            supervisor.expect("SHUTDOWN")
            supervisor.send("DONE")
            supervisor.exit(0)
            self.assertEqual(it.wait(), 0)

    def test_the_life_line_may_be_a_socket_that_others_hold_too(self):
        it = self.watchdog(pipe=False)
        supervisor = it.first()
        with socket.socket(fileno=os.dup(it.lifeline)) as other:
            other.settimeout(30)
            other.shutdown(socket.SHUT_WR)
            supervisor.expect("SHUTDOWN")
            supervisor.send("DONE")
            supervisor.exit(0)
            self.assertEqual(other.recv(1), b"")  # nobody is left
        self.assertEqual(it.wait(), 0)

        it = self.watchdog(pipe=False)
        supervisor = it.first()
        self.end(it, supervisor)

    def test_other_signals_are_ignored(self):
        it = self.watchdog()
        supervisor = it.first()
        for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2,
                       signal.SIGWINCH, signal.SIGPIPE, signal.SIGALRM):
            os.kill(it.pid, number)
        self.end(it, supervisor)

    def test_a_supervisor_may_be_done_by_itself(self):
        it = self.watchdog()
        supervisor = it.first()
        supervisor.send("DONE")
        supervisor.exit(0)
        self.assertEqual(it.wait(), 0)

    def test_a_supervisor_that_is_done_and_stays_is_ended(self):
        it = self.watchdog()
        supervisor = it.first()
        supervisor.send("DONE")
        self.assertEqual(it.wait(), 0)
        self.assertFalse(alive(supervisor.pid))

    def test_who_is_never_done_is_killed_with_all_its_processes(self):
        it = self.watchdog("--shutdown-timeout", "300")
        supervisor = it.first()
        (it.instance / "shim.sock").touch()
        children = [supervisor.fork() for _ in range(5)]
        it.cut()
        supervisor.expect("SHUTDOWN")
        self.assertEqual(it.wait(), 1)
        for pid in (supervisor.pid, *children):
            self.assertFalse(alive(pid))
        self.assertRegex(it.text(), "MH0807: the supervisor was not done "
                         "within 300 ms")
        self.assertFalse(it.instance.exists())

    def test_the_supervisor_says_how_long_the_end_may_take(self):
        it = self.watchdog()
        supervisor = it.first()
        supervisor.send("LIMIT", value=300)
        it.cut()
        supervisor.expect("SHUTDOWN")
        self.assertEqual(it.wait(), 1)
        self.assertIn("not done within 300 ms", it.text())

    def test_the_limit_may_be_another_one_in_the_middle_of_the_end(self):
        it = self.watchdog()
        supervisor = it.first()
        supervisor.send("LIMIT", value=86400000)
        it.cut()
        supervisor.expect("SHUTDOWN")
        supervisor.send("LIMIT", value=200)
        self.assertEqual(it.wait(), 1)
        self.assertIn("not done within 200 ms", it.text())

    def test_processes_that_are_left_when_all_is_done_are_ended(self):
        it = self.watchdog()
        supervisor = it.first()
        child = supervisor.fork()
        supervisor.send("DONE")
        supervisor.exit(0)
        self.assertEqual(it.wait(), 0)
        self.assertFalse(alive(child))
        self.assertIn("MH0807: 1 processes", it.text())

    def test_a_supervisor_that_dies_while_stopping_is_told_again(self):
        it = self.watchdog()
        supervisor = it.first()
        it.cut()
        supervisor.expect("SHUTDOWN")
        supervisor.kill()
        supervisor = it.accept()
        supervisor.told()
        self.end(it, supervisor)

    def test_a_life_line_that_ends_between_two_supervisors_is_seen(self):
        it = self.watchdog()
        supervisor = it.first()
        supervisor.kill()
        it.cut()
        supervisor = it.accept()
        supervisor.told()
        self.end(it, supervisor)

    def test_what_is_not_the_supervisors_stays_in_the_instance(self):
        it = self.watchdog()
        supervisor = it.first()
        for name in ("control.sock", "lock", "config-12.json", "kept"):
            (it.instance / name).touch()
        (it.instance / "shim.sock").symlink_to("/etc/passwd")
        supervisor.send("DONE")
        supervisor.exit(0)
        self.assertEqual(it.wait(), 0)
        self.assertEqual(os.listdir(it.instance), ["kept"])
        self.assertTrue(os.path.exists("/etc/passwd"))


class Hostile(Case):
    BAD = {
        "an unknown type": frame(99),
        "a type of the other direction": frame("KEPT", b"k"),
        "a type of another connection": frame("HELLO", bytes(32)),
        "ready twice": frame("READY"),
        "an answer that nobody asked for": frame("PONG"),
        "no key": frame("DROP"),
        "too long a key": frame("DROP", b"k" * 256),
        "a key with a control character": frame("DROP", b"k\n"),
        "a key that is not ASCII": frame("DROP", "ä".encode()),
        "no descriptor": frame("STORE", b"k"),
        "a descriptor that did not come": frame("STORE", b"k", 1),
        "descriptors that may not be": frame("BLOB", b"k", 2),
        "flags": frame("BLOB", b"k", flags=1),
        "a stream": frame("DONE", stream=1),
        "a value": frame("READY", value=1),
        "a payload": frame("DONE", b"12345678"),
        "a long state": frame("BLOB", length=(1 << 20) + 1),
        "4 GiB": frame("BLOB", length=0xffffffff),
        "no zeros at the end": frame("DROP", b"k", padding=b"1234567"),
        "an empty failure": frame("FAILED"),
        "no time for the end": frame("LIMIT"),
        "weeks for the end": frame("LIMIT", value=86400001),
    }

    def test_a_bad_frame_ends_the_supervisor_and_nothing_else(self):
        for name, data in self.BAD.items():
            with self.subTest(name):
                it = self.watchdog()
                supervisor = it.first()
                supervisor.send("BLOB", b"state")
                supervisor.send_raw(data)
                self.assertRegex(supervisor.expect("CLOSE").payload, b".+")
                wait_for(lambda: not alive(supervisor.pid))
                supervisor = it.accept()
                kept, state, _ = supervisor.told()
                os.close(kept["lifeline"])
                self.assertEqual(state, b"state")
                self.assertIn("MH0805: the supervisor", it.text())
                self.end(it, supervisor)
                self.doCleanups()

    def test_more_descriptors_than_frames_take_are_refused(self):
        it = self.watchdog()
        supervisor = it.first()
        before = it.descriptors()
        file = self.file()
        supervisor.send_raw(frame("READY")[:8], [file.fileno()] * 200)
        wait_for(lambda: not alive(supervisor.pid))
        supervisor = it.accept()
        supervisor.told()
        self.assertEqual(it.descriptors(), before)
        self.end(it, supervisor)

    def test_noise_ends_the_supervisor_and_nothing_else(self):
        for seed in range(20):
            it = self.watchdog()
            supervisor = it.first()
            noise = random.Random(seed)
            try:
                supervisor.send_raw(noise.randbytes(noise.randint(17, 90000)))
                supervisor.send_raw(frame("PING"))
            except OSError:
                pass               # it was faster
            supervisor.close()
            wait_for(lambda pid=supervisor.pid: not alive(pid))
            supervisor = it.accept()
            supervisor.told()
            self.end(it, supervisor)
            self.doCleanups()

    def test_a_supervisor_that_hangs_up_is_ended(self):
        it = self.watchdog()
        supervisor = it.first()
        supervisor.send_raw(frame("BLOB", b"half")[:18])
        supervisor.link.shutdown(socket.SHUT_RDWR)
        wait_for(lambda: not alive(supervisor.pid))
        supervisor = it.accept()
        _, state, _ = supervisor.told()
        self.assertIsNone(state)
        self.end(it, supervisor)

    def test_a_supervisor_that_closes_with_a_reason_is_logged(self):
        it = self.watchdog()
        supervisor = it.first()
        supervisor.send("CLOSE", b"I do not know you", value=701)
        wait_for(lambda: not alive(supervisor.pid))
        self.assertIn("MH0701: I do not know you", it.text())
        supervisor = it.accept()
        supervisor.told()
        self.end(it, supervisor)

    def test_a_later_failure_is_logged_and_tried_again(self):
        it = self.watchdog()
        it.first().kill()
        supervisor = it.accept()
        supervisor.told()
        supervisor.send("FAILED", b"MH0712: no folder")
        supervisor.exit(1)
        supervisor = it.accept()
        supervisor.told()
        self.assertIn("#0: MH0712: no folder\n", it.text())
        self.end(it, supervisor)

    def test_a_flood_is_answered_in_order(self):
        it = self.watchdog()
        supervisor = it.first()
        supervisor.link.settimeout(30)
        for start in range(0, 20000, 100):
            supervisor.send_raw(b"".join(
                frame("PING", value=n) for n in range(start, start + 100)))
            for n in range(start, start + 100):
                self.assertEqual(supervisor.expect("PONG").value, n)
        supervisor.kill()
        supervisor = it.accept()
        supervisor.told()
        it.cut()
        supervisor.expect("SHUTDOWN")
        supervisor.send("DONE")


class Adopted(Case):
    def adopted(self):
        it = self.watchdog(parent=True)
        lifeline, ours = os.pipe()
        it.cut()
        it.lifeline = ours
        self.addCleanup(os.close, lifeline)
        socket.send_fds(it.link, [frame("STORE", b"lifeline", 1)], [lifeline])
        it.link.sendall(frame("BLOB", b"state") + frame("READY"))
        return it

    def test_the_next_supervisor_gets_what_the_first_has_stored(self):
        it = self.adopted()
        self.assertEqual(it.ready_line(), b"")
        it.link.sendall(frame("PING", value=3))
        self.assertEqual(it.link.recv(100), frame("PONG", value=3))
        it.parent.kill()
        supervisor = it.accept()
        kept, state, starts = supervisor.told()
        self.assertEqual((list(kept), state, starts),
                         (["lifeline"], b"state", 1))
        os.close(kept["lifeline"])
        it.cut()
        supervisor.expect("SHUTDOWN")
        supervisor.send("DONE")
        supervisor.exit(0)
        wait_for(lambda: not alive(it.pid))
        self.assertFalse(it.instance.exists())

    def test_its_life_line_is_the_one_that_it_was_given(self):
        it = self.adopted()
        it.cut()
        self.assertEqual(it.link.recv(100), frame("SHUTDOWN"))
        it.link.sendall(frame("DONE"))
        it.parent.stdin.write(b"\n")
        it.parent.stdin.flush()
        wait_for(lambda: not alive(it.pid))

    def test_who_hangs_up_is_replaced(self):
        it = self.adopted()
        it.link.shutdown(socket.SHUT_RDWR)
        supervisor = it.accept()
        supervisor.told()
        wait_for(lambda: it.parent.poll() is not None)
        it.cut()
        supervisor.expect("SHUTDOWN")
        supervisor.send("DONE")
        wait_for(lambda: not alive(it.pid))

    def test_workers_that_are_not_below_it_are_ended_by_their_pidfds(self):
        it = self.watchdog("--shutdown-timeout", "300", parent=True)
        with subprocess.Popen(["sleep", "1000"]) as worker:
            pidfd = os.pidfd_open(worker.pid)
            socket.send_fds(it.link, [frame("STORE", b"worker:1:pidfd", 1)],
                            [pidfd])
            os.close(pidfd)
            it.link.sendall(frame("PING"))
            it.link.recv(100)
            os.kill(it.pid, signal.SIGTERM)
            wait_for(lambda: not alive(it.pid))
            self.assertEqual(worker.wait(30), -9)
        wait_for(lambda: it.parent.poll() is not None)


if __name__ == "__main__":
    del sys.argv[1:3]
    unittest.main(verbosity=2)
