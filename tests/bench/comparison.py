"""Who takes part in the comparison."""

from daemon import Daemon
from peers import peers
from servers import (ALONE, LIMIT, PROXIED, Embedded, Kestrel, ProxyTcp,
                     ProxyUnix, Return)


def all_servers(paths):
    servers = [
        Return(LIMIT, paths),
        Kestrel(ALONE, paths),
        ProxyUnix(PROXIED, paths),
        ProxyTcp("nginx-proxytcp-jit", paths),
    ]
    for runtime, app in (("jit", paths.jit), ("aot", paths.aot)):
        if app is None:
            continue
        servers += [
            Embedded(f"nginx-embedded-{runtime}", paths, app, "threadpool"),
            Embedded(f"nginx-inline-{runtime}", paths, app, "inline"),
            Daemon(f"nginx-daemon-{runtime}", paths, app),
            Daemon(f"nginx-daemon2-{runtime}", paths, app, workers=2),
        ]
    return servers + peers(paths)
