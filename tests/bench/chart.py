"""The chart for the README: requests per second, plaintext, 64 connections."""

import re
from xml.sax.saxutils import escape

import apache
from servers import ALONE, LIMIT, PROXIED

# By the web server that was compared.
FILES = {"nginx": "bench.svg", "apache": "bench-apache.svg"}

TITLES = {
    LIMIT: "nginx return 200 (the limit)",
    "nginx-inline-aot": "embedded, NativeAOT, inline",
    "nginx-inline-jit": "embedded, JIT, inline",
    "nginx-embedded-aot": "embedded, NativeAOT",
    "nginx-embedded-jit": "embedded, JIT",
    "nginx-daemon-aot": "daemon, NativeAOT",
    "nginx-daemon-jit": "daemon, JIT",
    ALONE: "Kestrel alone",
    PROXIED: "nginx → Kestrel, Unix socket",
    "nginx-proxytcp-jit": "nginx → Kestrel, TCP",
    "nginx-uwsgi-none": "nginx → uWSGI (Python)",
    apache.LIMIT: "Apache, a static file",
    "apache-embedded-aot": "embedded, NativeAOT",
    "apache-embedded-jit": "embedded, JIT",
    "apache-daemon-aot": "daemon, NativeAOT",
    "apache-daemon-jit": "daemon, JIT",
    apache.PROXIED: "Apache → Kestrel, Unix socket",
    apache.WSGI_EMBEDDED: "Apache, mod_wsgi embedded (Python)",
    apache.WSGI_DAEMON: "Apache, mod_wsgi daemon (Python)",
}
LEFT, WIDTH, BAR, STEP, TOP = 230, 760, 22, 32, 64


def draw(rows, machine, compared, workload="plaintext", connections=64):
    """SVG text; None where the run holds nothing to draw."""
    values = {row["server"]: row["requests_per_second"] for row in rows
              if row["workload"] == workload
              and row["connections"] == connections}
    bars = [(label, values[label]) for label in TITLES if label in values]
    if not bars:
        return None
    bars.sort(key=lambda bar: -bar[1])
    scale = (WIDTH - LEFT - 90) / max(value for _, value in bars)
    height = TOP + STEP * len(bars) + 34
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} '
        f'{height}" font-family="system-ui,sans-serif" font-size="14">',
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        '<text x="16" y="26" font-size="17" font-weight="600" fill="#222">'
        f"Requests per second: {escape(workload)}, {connections} connections"
        "</text>",
        '<text x="16" y="46" font-size="12" fill="#666">All server processes '
        "on one core, the load generator on another; longer is better</text>",
    ]
    for index, (label, value) in enumerate(bars):
        y = TOP + STEP * index
        colour = "#2f6f4f" if re.search("-(embedded|inline|daemon)-", label) else (
            "#b9bec4" if label == compared.limit else "#7d8791")
        out += [
            f'<text x="{LEFT - 10}" y="{y + 16}" text-anchor="end" '
            f'fill="#222">{escape(TITLES[label])}</text>',
            f'<rect x="{LEFT}" y="{y}" width="{value * scale:.0f}" '
            f'height="{BAR}" rx="2" fill="{colour}"/>',
            f'<text x="{LEFT + value * scale + 8:.0f}" y="{y + 16}" '
            f'fill="#222">{value:,.0f}</text>',
        ]
    out += [
        f'<text x="16" y="{height - 14}" font-size="11" fill="#666">'
        f'{escape(compared.title)} {escape(machine[machine["server"]])}, '
        f'ASP.NET Core '
        f'{escape(machine["dotnet"])}; medians of '
        f'{machine["rounds"]} rounds of {machine["duration"]} s</text>',
        "</svg>",
    ]
    return "\n".join(out) + "\n"
