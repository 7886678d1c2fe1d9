"""Process groups: the web server's side, with a made-up supervisor."""

import http.client
import json
import os
import shutil
import signal
import threading
import time

import own_servers
from common import embedded_only, nginx_only, not_prefork, stub_only
from base_server import PATIENCE, SERVER, logged, wait_for
from web_server import Server

HTTP = """
    modhost_run_directory @PREFIX@/run;
    modhost_managed_directory @PREFIX@/lib/modhost;
    server {
        listen 127.0.0.1:@PORT@;
        server_name one;
        location / { modhost_pass /bin/true; MORE }
        location = /status { modhost_status; }
        OTHER
    }
    server {
        listen 127.0.0.1:@PORT@;
        server_name two;
        TWO
    }
"""


def own(function):
    """The application is made up too, so these are the same in both modes."""
    return own_servers.own(embedded_only("supervisor and workers are made up")(
        function))


def groups(declared="modhost_daemon_process shop;", more="process_group=shop",
           other="", two="", rest=""):
    text = HTTP.replace("/bin/true;", "/bin/true " + more + ";")
    return declared + text.replace("MORE", rest).replace(
        "OTHER", other).replace("TWO", two)


class GroupServer(Server):
    """A server whose supervisor is made_up.py."""

    def __init__(self, http_text, **settings):
        self.made_up = settings.pop("made_up", {})
        super().__init__(http_text, env=self.made_up, **settings)
        lib = os.path.join(self.prefix, "lib", "modhost")
        os.makedirs(lib)
        os.mkdir(os.path.join(self.prefix, "bin"))
        here = os.path.dirname(os.path.abspath(__file__))
        shutil.copy(os.path.join(here, "made_up.py"),
                    os.path.join(lib, "modhost-watchdog"))
        for name in ("lib/modhost/modhost-worker", "bin/modhostd"):
            shutil.copy("/bin/true", os.path.join(self.prefix, name))

    def run_directory(self):
        return os.path.join(self.prefix, "run")

    def instances(self):
        return [name for name in os.listdir(self.run_directory())
                if name.startswith(("nginx-", "apache-"))] \
            if os.path.exists(self.run_directory()) else []

    def events(self):
        try:
            with open(os.path.join(self.run_directory(), "events"),
                      encoding="utf-8") as f:
                return f.read().splitlines()
        except FileNotFoundError:
            return []

    def ask(self, path, method="GET", body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=PATIENCE)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.read(), response.headers
        finally:
            connection.close()


def with_groups(http_text, body, ready="/ready", **settings):
    server = GroupServer(http_text, **settings)
    try:
        server.start(ready=ready)
        body(server)
        server.stop()
        wait_for(lambda: not server.instances(), 10, "the instance's end")
    except Exception:
        print("\n".join(server.log().splitlines()[-25:]))
        raise
    finally:
        if server.process is not None and server.process.poll() is None:
            server.kill(signal.SIGTERM)
            server.process.wait(PATIENCE)
        server.remove()


def refused(http_text, *words):
    server = GroupServer(http_text)
    code, out = server.test()
    assert code != 0, out
    assert not os.path.exists(server.run_directory()), out
    for word in words:
        assert word in out, (word, out)
    server.remove()


@own
def groups_that_cannot_work_are_refused():
    where = ".conf:"

    def key(text):
        return groups(f"modhost_daemon_process shop {text};")

    refused(groups(""), "MH0222", '"shop"', where)
    refused(key("proceses=2"), "MH0220", "proceses", where)
    refused(key("processes=0"), "MH0221", "processes=0", where)
    refused(key("queue_timeout=soon"), "MH0221", "queue-timeout=soon", where)
    refused(key("memory-limit=lots"), "MH0221", where)
    refused(key("umask=9"), "MH0221", where)
    refused(key("affinity=sticky"), "MH0221", where)
    refused(key("warmup=ping"), "MH0221", where)
    refused(key("env=ALONE"), "MH0221", where)
    refused(key("home=/nowhere"), "MH0221", "/nowhere", where)
    refused(key("env-file=/nowhere"), "MH0221", where)
    refused(key("log=/nowhere/log"), "MH0221", '"/nowhere/"', where)
    refused(key("log=/etc"), "MH0221", "folder", where)
    refused(key("processes=1 processes=2"), "MH0221", "twice", where)
    refused(key("processes=5 max-processes=3"), "MH0221", where)
    refused(key("user=nobody-of-this-name"), "MH0226", where)
    refused(key("nofile-limit=100000000"), "MH0228", where)
    refused(key("nofile-limit=255"), "MH0228", "256", where)
    refused(groups("modhost_daemon_process embedded;"), "MH0229", where)
    refused(groups("modhost_daemon_process shop; "
                   "modhost_daemon_process shop;"), "MH0225", where)
    refused(groups(other="location /b { modhost_pass /bin/ls "
                         "process_group=shop; }"), "MH0224", "/bin/ls", where)
    refused(groups("", two="modhost_daemon_process shop;"), "MH0223", where)
    refused(groups(more=""), "MH0211" if SERVER == "apache-prefork"
            else "MH0230", where)
    refused(groups("modhost_daemon_process shop; "
                   "modhost_restrict_embedded on;",
                   more="process_group=embedded"), "MH0204", where)
    refused(groups(rest="modhost_max_head_size 1m;"), "MH0210", where)
    refused(key("processes=1000000"), "MH0221", "1 to 10000", where)
    refused(key("supplementary-groups=0,,1"), "MH0226", "empty name", where)
    refused(key("supplementary-groups=0,no-such"), "MH0226", '"no-such"',
            where)
    refused(groups().replace("@PREFIX@/run", "/nowhere/run"), "MH0231")
    refused(groups().replace("@PREFIX@/lib", "/nowhere"), "MH0232")
    if os.geteuid() == 0:
        refused(key("user=root"), "MH0227", where)


@own
def a_group_with_the_web_servers_user_is_warned_of():
    def tested(shop, cafe):
        server = GroupServer(groups(
            f"modhost_daemon_process shop {shop};"
            f"modhost_daemon_process cafe {cafe};",
            other="location /c { modhost_pass /bin/true process_group=cafe; }"))
        code, out = server.test()
        server.remove()
        assert code == 0, out
        return [line for line in out.splitlines() if "MH0236" in line]

    if os.geteuid() == 0:
        assert len(tested("", "")) == 1
        assert '"cafe"' in tested("user=daemon", "")[0]
    assert not tested("user=daemon", "user=games") or os.geteuid() != 0


@own
def groups_are_checked_without_a_trace():
    server = GroupServer(groups("modhost_daemon_process shop user=nobody "
                                "request_timeout=1m30s memory-limit=1g;"))
    code, out = server.test()
    assert code == 0 and not os.path.exists(server.run_directory()), out
    server.remove()


@own
def the_supervisor_gets_the_configuration():
    declared = ("modhost_daemon_process shop processes=2 log=logs/shop.log "
                "request-timeout=1m30s env=ONE=1 env=TWO=2; "
                "modhost_env ONE 0; modhost_env THREE 3; "
                "modhost_startup_timeout 7s;")

    def body(server):
        with open(os.path.join(server.run_directory(), server.instances()[0],
                               "config-1.json"), encoding="utf-8") as f:
            config = json.load(f)
        group = config["groups"][0]
        assert group["app"]["kind"] == "executable", group
        assert group["options"] == {
            "processes": "2", "request-timeout": "90000ms",
            "startup-timeout": "7000ms",
            "log": server.prefix + "/logs/shop.log"}, group
        assert sorted(group["env"]) == [["ONE", "1"], ["THREE", "3"],
                                        ["TWO", "2"]], group
        assert group["addresses"] == [f"http://127.0.0.1:{server.port}"]
        assert config["errorLog"] == server.prefix + "/error.log", config
    with_groups(groups(declared), body)


@own
def a_supervisor_that_does_not_start_stops_the_start():
    for mode, words in (("die", "MH0233"), ("fail", "MH0799: made up")):
        server = GroupServer(groups(), made_up={"MADE_UP_MODE": mode})
        try:
            server.start(ready=None)     # it listens before it fails
        except AssertionError:
            pass
        server.process.wait(PATIENCE)
        logged(server, words)
        assert server.process.returncode == 1 and not server.instances()
        server.remove()


@own
def requests_that_were_not_begun_go_to_another_worker():
    def body(server):
        status, text, _ = server.ask("/first/")
        assert status == 200 and b"worker 1 " not in text, (status, text)
        assert server.ask("/before")[0] == 502
        logged(server, "MH0339")
        tried = [e for e in server.events() if e.startswith("request /before")]
        assert len(tried) == 3 and len(set(tried)) == 3, tried
        assert server.ask("/refuse")[0] == 502
        assert server.ask("/after")[0] == 200
        data = os.urandom(200000)
        assert server.ask("/upload", "POST", data)[1] == data
    with_groups(groups(), body)


@own
def requests_that_were_begun_run_once():
    def body(server):
        assert server.ask("/die")[0] == 502
        assert server.ask("/die", "POST", b"body")[0] == 502
        begun = [e for e in server.events() if e.startswith("request /die")]
        assert len(begun) == 2, begun
        logged(server, "MH0338")
        assert server.ask("/after")[0] == 200
    with_groups(groups(), body)


@own
@not_prefork("made-up workers are a process's own")
def begun_requests_go_to_another_worker_where_that_is_asked_for():
    def body(server):
        assert server.ask("/once", "POST", b"body")[0] == 502
        assert server.ask("/once")[0] == 200
    with_groups(groups(rest="modhost_next_worker on;"), body)


@own
def a_worker_that_ignores_a_timeout_is_reported():
    def body(server):
        assert server.ask("/hang")[0] == 504
        assert server.ask("/stubborn")[0] == 504
        wait_for(lambda: any(e.startswith("frame 34 ")
                             for e in server.events()), 10, "STUCK")
        assert [e for e in server.events() if e == "abort 2"] \
            == ["abort 2"] * 2
        assert server.ask("/after")[0] == 200
    with_groups(groups("modhost_daemon_process shop graceful-timeout=1s;",
                       rest="modhost_request_timeout 300ms;"), body)


@own
@not_prefork("made-up workers are a process's own")
def requests_wait_for_credits_and_not_too_long():
    def body(server):
        statuses = []
        threads = [threading.Thread(
            target=lambda: statuses.append(server.ask("/slow")[0]))
            for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses.count(200) >= 4 and statuses.count(503) >= 2, statuses
        logged(server, "MH0322")
        assert any(e.startswith("frame 33") for e in server.events())
    with_groups(groups("modhost_daemon_process shop queue-timeout=700ms;"),
                body, made_up={"MADE_UP_CREDITS": "1"})


@own
def a_group_that_failed_says_why():
    def body(server):
        status, text, headers = server.ask("/")
        assert status == 503 and b"MH0712" in text and b"it broke" in text
        assert "Retry-After" in headers
    with_groups(groups(rest="modhost_detailed_errors on;"), body, ready=None,
                made_up={"MADE_UP_GROUP": "failed"})


@own
@not_prefork("made-up workers are a process's own")
def a_client_comes_back_to_its_worker():
    def body(server):
        _, first, headers = server.ask("/a")
        cookie = headers["Set-Cookie"]
        assert "HttpOnly; SameSite=Lax" in cookie and "path=/;" in cookie
        for _ in range(4):
            _, text, headers = server.ask(
                "/a", headers={"Cookie": "x=1; " + cookie.split(";")[0]})
            assert text == first and "Set-Cookie" not in headers, text
        _, _, headers = server.ask(
            "/a", headers={"Cookie": "modhost_affinity=" + "f" * 32})
        assert "Set-Cookie" in headers
    with_groups(groups("modhost_daemon_process shop affinity=cookie;"), body)


@own
def who_waits_for_its_worker_holds_up_no_other():
    def body(server):
        _, _, headers = server.ask("/a")
        own = {"Cookie": headers["Set-Cookie"].split(";")[0]}
        slow = [threading.Thread(target=server.ask, args=("/slow",),
                                 kwargs={"headers": own}) for _ in range(4)]
        for thread in slow:
            thread.start()
        wait_for(lambda: any("/slow" in e for e in server.events()))
        assert server.ask("/b")[0] == 200
        assert sum(thread.is_alive() for thread in slow) >= 2
        for thread in slow:
            thread.join()
    with_groups(groups("modhost_daemon_process shop affinity=cookie;"), body,
                made_up={"MADE_UP_CREDITS": "1"})


@own
def a_reload_keeps_requests_and_tells_the_supervisor():
    def body(server):
        seen = []
        thread = threading.Thread(
            target=lambda: seen.append(server.ask("/slow/request")[0]))
        thread.start()
        wait_for(lambda: any("/slow/request" in e for e in server.events()))
        server.reload()
        wait_for(lambda: any('"generation":2' in e for e in server.events()),
                 10, "the command")
        thread.join()
        assert seen == [200], seen
        wait_for(lambda: server.get("/after")[0] == 200)
        names = os.listdir(os.path.join(server.run_directory(),
                                        server.instances()[0]))
        assert "config-2.json" in names, names
    with_groups(groups(), body)


@own
def a_pair_that_was_killed_is_replaced_at_a_reload():
    def body(server):
        before = server.instances()
        folder = os.path.join(server.run_directory(), before[0]).encode()

        def killed():
            """Who starts another one may have done so in the meantime."""
            found = False
            for process in os.listdir("/proc"):
                try:
                    with open(f"/proc/{process}/cmdline", "rb") as f:
                        if folder in f.read():
                            os.kill(int(process), signal.SIGKILL)
                            found = True
                except (OSError, ValueError):
                    pass
            return not found

        wait_for(killed, 20, "the end of the pair")
        wait_for(lambda: server.get("/x")[0] == 503, 20, "503")
        server.reload()
        wait_for(lambda: server.get("/x")[0] == 200, 20, "the new pair")
        assert server.instances() != before and len(server.instances()) == 1
    with_groups(groups("modhost_daemon_process shop queue-timeout=500ms;"),
                body)


@own
def a_pair_whose_folder_was_lost_is_replaced_at_a_reload():
    def body(server):
        before = server.instances()
        shutil.rmtree(os.path.join(server.run_directory(), before[0]))
        # a process that has not asked the supervisor yet finds it nowhere
        assert SERVER == "apache-prefork" or server.get("/x")[0] == 200
        server.reload()
        wait_for(lambda: server.instances()
                 and "stopped" in server.events(), 20, "another pair")
        wait_for(lambda: server.get("/x")[0] == 200, 20, "its workers")
        assert "MH0233" in server.log() and before[0] in server.log()

        # and it is told of the next one, as any other

        server.reload()
        wait_for(lambda: any("configure" in e for e in server.events()), 20,
                 "the command")
    with_groups(groups("modhost_daemon_process shop queue-timeout=500ms;"),
                body)


@own
def a_reload_that_cannot_write_its_configuration_says_what_goes_on():
    def body(server):
        draft = os.path.join(server.run_directory(), server.instances()[0],
                             "draft-2")
        os.mkdir(draft)
        server.reload()
        line = wait_for(lambda: next((line for line in
                                      server.log().splitlines()
                                      if "MH0234" in line), None),
                        what="the line")
        assert "old configuration" in line and "draft-2" in line, line
        os.rmdir(draft)
    with_groups(groups(), body)


@own
@nginx_only("children hold the ports, and are gone by then")
def nobody_connects_while_nginx_waits_for_its_supervisor():
    def body(server):
        server.kill(signal.SIGTERM)
        wait_for(lambda: "stopping" in server.events(), 20, "the end's begin")
        assert not server.listening() and server.process.poll() is None
        with open(os.path.join(server.run_directory(), "go"), "wb"):
            pass
        server.process.wait(PATIENCE)
    with_groups(groups(), body, made_up={"MADE_UP_STOP": "asked"})


@own
def nginx_ends_after_its_supervisor():
    for settings in ({}, {"master": "off"}, {"daemon": True}):
        server = GroupServer(groups(), **settings)
        try:
            server.start(ready="/ready")
            server.stop(signal.SIGTERM)
            wait_for(lambda: not server.instances(), 5, "the instance's end")
            assert server.events()[-1] == "stopped", server.events()
        except Exception:
            print(settings, server.events()[-3:], server.log()[-2000:])
            raise
        finally:
            server.remove()


@own
def state_is_told_for_all_processes():
    def body(server):
        for _ in range(20):
            assert server.ask("/a")[0] == 200
        assert server.ask("/die")[0] == 502

        def told():
            state = json.loads(server.ask("/status")[1])
            # a child that has just begun knows of no groups yet
            return state if state["groups"] \
                and len(state["processes"]) >= 2 else None

        state = wait_for(told, what="both processes")
        assert state["groups"] == [{"name": "shop", "state": "ready"}], state
        app = state["applications"][0]
        assert app["requests"]["2xx"] >= 20 and app["lost"] == 1, app
        counted = app["requests"]["2xx"]
        server.reload()
        wait_for(lambda: any('"generation":2' in e for e in server.events()))
        wait_for(lambda: server.get("/after")[0] == 200)

        def lines():
            text = server.ask("/status?format=openmetrics")[1].decode()
            return text.splitlines()

        assert lines()[-1] == "# EOF"
        wait_for(lambda: "modhost_made_up 1" in lines())

        # a request is counted at its end, after its answer

        wait_for(lambda: int([line for line in lines()
                              if 'class="2xx"' in line][0].split()[1])
                 > counted)
    with_groups(groups(), body, workers=2)


@own
def slow_requests_are_reported_with_what_they_waited_for():
    def body(server):
        server.ask("/slow")

        def text():
            with open(server.prefix + "/slow.log", encoding="utf-8") as f:
                return f.read()

        # it is written after the answer
        line = wait_for(text, what="a line")
        assert " app=0.3" in line and "worker=shop/" in line, line
        assert "GET /slow" in line, line
        time.sleep(0.1)
        assert line.count("\n") == 1, line
    with_groups(groups(rest="modhost_slow_log 200ms slow.log;"), body)


@own
@not_prefork("it has no embedded mode")
@stub_only("the made-up supervisor lies where the managed parts would")
def embedded_applications_and_groups_go_side_by_side():
    def body(server):
        wait_for(lambda: server.get("/e/plaintext")[0] == 200, 20, "the stub")
        seen = []
        threads = [threading.Thread(
            target=lambda path=path: seen.append(server.ask(path)[0]))
            for path in ("/slow", "/e/plaintext", "/a", "/e/plaintext") * 5]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [200] * 20, seen
        state = json.loads(server.ask("/status")[1])
        assert [(app["name"], app["group"]) for app in
                state["applications"]] == [("Stub", None), ("true", "shop")]
        wait_for(lambda: json.loads(server.ask("/status")[1])[
            "applications"][0]["processes"]["ready"] == 1, 5, "its state")
        thread = threading.Thread(
            target=lambda: seen.append(server.ask("/slow/last")[0]))
        thread.start()
        wait_for(lambda: any("/slow/last" in e for e in server.events()))
        server.kill(server.graceful)
        thread.join()
        assert seen[-1] == 200, seen
    with_groups(groups(other="location /e/ { modhost_pass @STUB@ "
                             "path_base=/e; }"), body)
