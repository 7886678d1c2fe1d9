"""Who may know whom, checked from sources and project files; and C's form.

build/lint calls this. It prints every breach, and ends with 1 if there is one.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent

# A managed part and the parts it may refer to.
REFERENCES = {
    "Abi": set(),
    "Posix": set(),
    "Protocol": set(),
    "Server": {"Protocol"},
    "Embedded": {"Abi", "Server"},
    "Worker": {"Posix", "Server"},
    "StartupHook": {"Worker"},
    "AspNetCore": {"Embedded", "Worker"},
    "Supervisor": {"Posix", "Protocol"},
    "Cli": {"Supervisor"},
}
UNSAFE = {"Abi", "Posix", "Embedded"}

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
NGINX = re.compile(r"^(ngx_|nginx)")
APACHE = re.compile(r"^(httpd|http_|apr_|apr\.|ap_|mod_|util_)")


def includes(path):
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


def native_breaches():
    native = ROOT / "native"
    for name in includes(native / "include/modhost/abi.h"):
        if name not in ("stddef.h", "stdint.h"):
            yield f"native/include/modhost/abi.h includes {name}"
    own = {folder: {path.name for path in (native / folder).glob("*.h")}
           for folder in ("core", "nginx", "apache")}
    refused = {
        "core": lambda name: NGINX.match(name) or APACHE.match(name)
        or name in own["nginx"] | own["apache"],
        "nginx": lambda name: APACHE.match(name) or name in own["apache"],
        "apache": lambda name: NGINX.match(name) or name in own["nginx"],
        "launcher": lambda name: NGINX.match(name) or APACHE.match(name),
    }
    for folder, is_refused in refused.items():
        for path in sorted((native / folder).rglob("*.[ch]")):
            for name in includes(path):
                if is_refused(name.rpartition("/")[2]) or ".." in name:
                    yield f"{path.relative_to(ROOT)} includes {name}"


def managed_breaches():
    for path in sorted(ROOT.glob("managed/*/*.csproj")):
        part = path.stem.removeprefix("ModHost.")
        project = ElementTree.parse(path).getroot()
        for item in project.iter("ProjectReference"):
            other = pathlib.PurePath(item.get("Include").replace(
                "\\", "/")).stem.removeprefix("ModHost.")
            if other not in REFERENCES.get(part, set()):
                yield f"{path.stem} refers to ModHost.{other}"
        unsafe = project.findtext(".//AllowUnsafeBlocks", "").lower()
        if unsafe == "true" and part not in UNSAFE:
            yield f"{path.stem} allows unsafe code"


def form_breaches():
    files = [path for folder in ("native", "tests/native", "tests/fuzz")
             for path in sorted((ROOT / folder).rglob("*.[ch]"))]
    for path in files:
        for number, line in enumerate(
                path.read_text(encoding="utf-8").split("\n"), 1):
            where = f"{path.relative_to(ROOT)}:{number}"
            if len(line) > 80:
                yield f"{where} is longer than 80 columns"
            if "\t" in line:
                yield f"{where} holds a tab"
            if line != line.rstrip():
                yield f"{where} ends in spaces"


def main():
    breaches = [*native_breaches(), *managed_breaches(), *form_breaches()]
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
