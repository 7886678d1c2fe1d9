"""Configurations of the scenarios, which are written as nginx has them, as
Apache has them: ModHost's own directives are spelled anew, `apache LINE;` is
taken as it is, and everything else is nginx's own affair."""

import os
import re

TOKEN = re.compile(r"""\s*(?:([{};])|((?:"[^"]*"|'[^']*'|[^\s{};])+))""")

# nginx's variables that scenarios use, as expressions.
VARIABLES = {"$host": "%{HTTP_HOST}"}


def parse(text):
    """[(words, [children] or None)]"""
    tokens = [a or b for a, b in TOKEN.findall(text)]

    def block(start):
        found, words = [], []
        while start < len(tokens):
            token = tokens[start]
            start += 1
            if token == "}":
                return found, start
            if token == ";":
                found.append((words, None))
                words = []
            elif token == "{":
                children, start = block(start)
                found.append((words, children))
                words = []
            else:
                words.append(token)
        return found, start

    return block(0)[0]


def spell(words):
    """One directive; None where Apache has none."""
    name, values = words[0], words[1:]
    if name == "apache":
        return " ".join(values)
    if not name.startswith("modhost_") or name == "modhost_dispatch":
        return None
    if name == "modhost_status":
        return "SetHandler modhost-status"
    if name == "modhost_env":
        spelled = "ModHostSetEnv"
    else:
        spelled = "ModHost" + "".join(
            word.capitalize() for word in name.split("_")[1:])
    if name == "modhost_pass":
        values = values[:1] + [re.sub(r"^[a-z_]+(?==)", lambda key: key.group(
            ).replace("_", "-"), value) for value in values[1:]]
    return " ".join([spelled] + [VARIABLES.get(v, v) for v in values])


def statements(children):
    return [line for words, inner in children
            if inner is None and (line := spell(words)) is not None]


def texts(children):
    """What `return 200 TEXT` would answer with."""
    return [words[2] for words, inner in children
            if inner is None and words[:2] == ["return", "200"]]


def section(match):
    """(kind of section, its argument); None where there is no such thing."""
    if match[0] == "=":
        return "LocationMatch", f"^{re.escape(match[1])}$"
    if match[0] == "~":
        return "LocationMatch", match[1]
    if match[0].startswith("@"):
        return None
    return "Location", match[0].rstrip("/") or "/"


def location(match, children, folder):
    """Lines for one location."""
    where = section(match)
    if where is None or any(inner is not None for _, inner in children):
        return []
    kind, path = where
    lines, inside = [], []
    for line in statements(children):
        name, _, rest = line.partition(" ")
        if name == "ModHostPass" and kind == "Location":
            lines.append(f"ModHostAlias {path} {rest}")
        else:
            inside.append(line)
    for text in texts(children):
        file = os.path.join(folder, "return-" + re.sub(r"\W", "-", path))
        with open(file, "w", encoding="utf-8") as f:
            f.write(text)
        lines.append(f'AliasMatch "^{path}" {file}')
    for words, inner in children:
        if inner is None and words[0] == "alias":
            lines.append(f"Alias {path} {words[1].rstrip('/')}")
    if inside:
        lines += [f'<{kind} "{path}">', *inside, f"</{kind}>"]
    return lines


def host(children, folder):
    """The inside of a virtual host, and whether it has TLS as well."""
    lines = [f"ServerName {words[1]}" for words, inner in children
             if inner is None and words[0] == "server_name"]
    lines += statements(children)
    for words, inner in children:
        if words[0] == "location":
            lines += location(words[1:], inner, folder)
    tls = any(words[0] == "listen" and "ssl" in words for words, _ in children)
    return lines, tls


def convert(text, port, tls_port, folder, tls_lines):
    tree = parse(text)
    lines = statements(tree)
    for words, children in tree:
        if words != ["server"]:
            continue
        inside, has_tls = host(children, folder)
        common = ["AllowEncodedSlashes On", *inside, "</VirtualHost>"]
        lines += [f"<VirtualHost 127.0.0.1:{port}>",
                  *common]
        if has_tls:
            # a group belongs to one of the two, and the other may not have it
            lines += [f"<VirtualHost 127.0.0.1:{tls_port}>",
                      "Protocols h2 http/1.1", *tls_lines,
                      *(line for line in common
                        if not line.startswith("ModHostDaemonProcess "))]
    return "\n".join(lines)
