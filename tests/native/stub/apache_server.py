"""Apache httpd for tests."""

import os
import re
import shutil
import signal
import subprocess
import time

from apache_text import convert
from base_server import MODULE, PATIENCE, SERVER, BaseServer

APACHE = os.environ.get("MODHOST_APACHE",
                        shutil.which("apache2") or "/usr/sbin/apache2")
MODULES = os.environ.get("MODHOST_APACHE_MODULES", "/usr/lib/apache2/modules")
MPM = SERVER.partition("-")[2] or "event"
THREADS = 128

LOADED = ("authz_core", "alias", "deflate", "env", "filter", "headers",
          "http2", "include", "ratelimit", "rewrite", "setenvif",
          "socache_shmcb", "ssl", "substitute")

MAIN = """
ServerRoot {prefix}
DefaultRuntimeDir {prefix}
ServerName localhost
PidFile {prefix}/apache.pid
ErrorLog {prefix}/error.log
LogLevel info ssl:warn http2:warn
LoadModule mpm_{mpm}_module {modules}/mod_mpm_{mpm}.so
{loaded}
LoadModule modhost_module {module}
{user}
{processes}
Listen 127.0.0.1:{port}
Listen 127.0.0.1:{tls} https
Timeout 60
KeepAlive On
KeepAliveTimeout 60
MaxKeepAliveRequests 0
LimitRequestFields 1000
LogFormat "%>s \\"%r\\"" test
CustomLog {prefix}/access.log test
ModHostStateDirectory {prefix}/state
<Directory "/">
    AllowOverride None
    Options +FollowSymLinks +Includes
    Require all granted
</Directory>
{http}
"""

THREADED = """
StartServers {workers}
ServerLimit {limit}
ThreadLimit {threads}
ThreadsPerChild {threads}
MaxRequestWorkers {all_threads}
MinSpareThreads {spare}
MaxSpareThreads {all_threads}
"""

PREFORK = """
StartServers 24
MinSpareServers 12
MaxSpareServers 64
ServerLimit 256
MaxRequestWorkers 256
"""

TLS = """
SSLEngine on
SSLCertificateFile {prefix}/cert.pem
SSLCertificateKeyFile {prefix}/key.pem
SSLCACertificateFile {prefix}/cert.pem
SSLVerifyClient optional_no_ca
SSLProtocol -all +TLSv1.2 +TLSv1.3
SSLOptions +StdEnvVars +ExportCertData
"""


class Apache(BaseServer):
    conf_name = "apache.conf"
    pid_file = "apache.pid"
    graceful = signal.SIGWINCH
    bad = re.compile(r":(alert|emerg)\]|Sanitizer|runtime error|exit signal")

    def __init__(self, *arguments, **settings):
        self.leaving = set()
        super().__init__(*arguments, **settings)

    def configuration(self, http):
        processes = PREFORK if MPM == "prefork" else THREADED.format(
            workers=self.workers, limit=self.workers + 8, threads=THREADS,
            # more than one child less has: the worker MPM starts those that
            # end at a restart anew only where threads are wanting
            spare=(self.workers - 1) * THREADS + 1,
            all_threads=self.workers * THREADS)
        tls = TLS.format(prefix=self.prefix).split("\n")
        return MAIN.format(
            prefix=self.prefix, mpm=MPM, modules=MODULES, module=MODULE,
            port=self.port, tls=self.tls, processes=processes,
            loaded="\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so"
                             for name in LOADED),
            user="User www-data\nGroup www-data" if os.geteuid() == 0 else "",
            http=convert(http, self.port, self.tls, self.prefix, tls))

    def command(self, *more):
        foreground = [] if more or self.daemon else ["-DFOREGROUND"]
        return [APACHE, "-d", self.prefix, "-f", self.conf, *foreground, *more]

    def environment(self):
        """As nginx's `env NAME=VALUE;`, which is all that `main` may have."""
        env = super().environment()
        env["PROBE_ENDPOINTS"] = "exchange"
        for name, value in re.findall(r"\benv (\w+)=([^;]*);", self.main):
            env[name] = value
        return env

    def is_worker(self, line):
        return "apache2" in line and int(line.split()[0]) not in self.leaving

    def reload(self):
        """apachectl graceful: the configuration is checked first."""
        now = set(self.workers_now())
        result = subprocess.run(self.command("-k", "graceful"),
                                capture_output=True, text=True, check=False,
                                env=self.environment(), timeout=60)
        if result.returncode == 0:
            self.leaving |= now
        else:
            with open(os.path.join(self.prefix, "out"), "a",
                      encoding="utf-8") as f:
                f.write(result.stderr)

    def reopen(self):
        self.reload()

    def stop(self, number=None, seconds=PATIENCE):
        """The main thread of mpm_event ends what connections are left while
        their threads free them: without any module of others, too, four of
        400 servers that were stopped right after a request had ended told of
        a segmentation fault."""
        if number == signal.SIGTERM:
            until = time.monotonic() + 1
            while self.connections() and time.monotonic() < until:
                time.sleep(0.01)
        super().stop(number, seconds)

    def connections(self):
        """Of clients, where they have not ended on this side."""
        ended, listens = "06", "0A"
        with open("/proc/net/tcp", encoding="ascii") as f:
            lines = [line.split() for line in f]
        return [line for line in lines if line[1].endswith(f":{self.port:04X}")
                and line[3] not in (ended, listens)]
