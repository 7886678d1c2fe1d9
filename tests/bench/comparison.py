"""Who takes part in the comparison, for each web server."""

import dataclasses

import apache
import goals
from daemon import Daemon
from peers import peers
from servers import (ALONE, LIMIT, PROXIED, Embedded, Kestrel, ProxyTcp,
                     ProxyUnix, Return)


@dataclasses.dataclass(frozen=True)
class Comparison:
    servers: object  # Paths -> [Server]
    limit: str  # labels: the web server alone,
    proxied: str  # and with a proxied Kestrel
    goals: object  # prints what was aimed at
    title: str  # for the chart


def of_nginx(paths):
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


def of_apache(paths):
    return apache.servers(paths, Kestrel(ALONE, paths))


ALL = {
    "nginx": Comparison(of_nginx, LIMIT, PROXIED, goals.of_nginx, "nginx"),
    "apache": Comparison(of_apache, apache.LIMIT, apache.PROXIED,
                         goals.of_apache, "Apache, event MPM"),
}
