"""Process groups that come, go, and are stopped."""

import json
import os
import time

from groups import groups, own, with_groups
from base_server import wait_for

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


@own
def a_group_that_was_stopped_is_not_waited_for():
    def body(server):
        wait_for(lambda: server.ask("/a")[0] == 503, what="its state")
        at = time.monotonic()
        assert server.ask("/b")[0] == 503
        assert time.monotonic() - at < 30
    with_groups(groups("modhost_daemon_process shop queue-timeout=40s;"),
                body, ready=None, made_up={"MADE_UP_GROUP": "stopped"})
