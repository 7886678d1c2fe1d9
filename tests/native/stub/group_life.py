"""Process groups that come, go, and are stopped."""

import json
import os
import threading
import time

from groups import groups, own, with_groups
from base_server import wait_for
from web_server import IS_NGINX

GROUPS = 100                        # more than half of what there is room for


def named(letter):
    """So many groups, of which each has a place."""
    names = [f"{letter}{number}" for number in range(GROUPS)]
    declared = "".join(f"modhost_daemon_process {name} queue-timeout=50ms;\n"
                       for name in names)
    places = "".join(f"location /{name}/ {{ modhost_pass /bin/true "
                     f"process_group={name}; }}\n" for name in names)
    return groups("modhost_daemon_process shop;\n" + declared, other=places)


@own
def counters_of_groups_that_are_gone_are_used_again():
    def reload(server, letter):
        before = server.workers_now()
        server.write(named(letter))
        server.reload()
        wait_for(lambda: server.workers_now()
                 and not any(os.path.exists(f"/proc/{pid}") for pid in before),
                 what="other workers, and the end of those")

    def failed(server):
        state = json.loads(server.ask("/status")[1])
        return {app["group"]: app["requests"]["5xx"]
                for app in state["applications"]}

    def body(server):
        assert server.ask("/a0/")[0] == 503
        assert server.ask("/ready")[0] == 200

        # as long as processes of before are there, not all have room

        reload(server, "b")
        reload(server, "b")
        for number in range(GROUPS):
            assert server.ask(f"/b{number}/")[0] == 503

        # a request is counted at its end, after its answer

        wait_for(lambda: [failed(server)[f"b{number}"]
                          for number in range(GROUPS)] == [1] * GROUPS,
                 what="all are counted, from nothing on")

        # and who was there all the time has lost nothing

        state = json.loads(server.ask("/status")[1])
        shop = next(app for app in state["applications"]
                    if app["group"] == "shop")
        assert shop["requests"]["2xx"] >= 1, shop
    with_groups(named("a"), body)


ALONE = """
pid {prefix}/nginx.pid;
daemon off;
error_log {prefix}/error.log info;
events {{ }}
http {{
    access_log off;
    server {{ listen 127.0.0.1:{port}; return 200; }}
}}
"""


def without_module(server):
    """Another configuration; what was there before."""
    with open(server.conf, encoding="utf-8") as f:
        text = f.read()
    with open(server.conf, "w", encoding="utf-8") as f:
        if IS_NGINX:
            f.write(ALONE.format(prefix=server.prefix, port=server.port))
        else:
            f.writelines(line + "\n" for line in
                         text.partition("ModHostStateDirectory")[0].split("\n")
                         if "modhost_module" not in line)
    return text


@own
def a_server_that_goes_on_without_the_module_lets_its_supervisor_end():
    def body(server):
        assert server.ask("/ready")[0] == 200
        before = server.instances()
        old = server.workers_now()

        # what is under way has its answer

        answers = []
        asked = [threading.Thread(
            target=lambda: answers.append(server.ask("/slow")[0]))
            for _ in range(4)]
        for thread in asked:
            thread.start()
        wait_for(lambda: sum(e.startswith("request /slow")
                             for e in server.events()) >= 4)
        with_module = without_module(server)
        server.reload()
        for thread in asked:
            thread.join()
        assert answers == [200] * 4, answers
        wait_for(lambda: not server.instances(), what="the supervisor's end")
        wait_for(lambda: not any(os.path.exists(f"/proc/{pid}")
                                 for pid in old), what="the old processes' end")
        assert "stopped" in server.events()
        assert server.ask("/")[0] in (200, 404)

        # and is there again with the module

        with open(server.conf, "w", encoding="utf-8") as f:
            f.write(with_module)
        server.reload()
        wait_for(lambda: server.ask("/ready")[1].startswith(b"worker"),
                 what="an answer of the group's")
        assert server.instances() != before
        assert "MH0233" not in server.log(), server.log()
    with_groups(groups(), body)


@own
def a_supervisor_out_of_reach_ends_with_the_module():
    def body(server):
        instance = os.path.join(server.run_directory(), server.instances()[0])
        os.remove(os.path.join(instance, "control.sock"))
        without_module(server)
        server.reload()
        wait_for(lambda: not server.instances(), what="the supervisor's end")
    with_groups(groups(), body)


@own
def a_group_that_was_stopped_is_not_waited_for():
    def body(server):
        wait_for(lambda: server.ask("/a")[0] == 503, what="its state")
        at = time.monotonic()
        assert server.ask("/b")[0] == 503
        assert time.monotonic() - at < 30
    with_groups(groups("modhost_daemon_process shop queue-timeout=40s;"),
                body, ready=None, made_up={"MADE_UP_GROUP": "stopped"})
