"""The five servers as processes that can be killed; a restarted server has the same port and the same data."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from asyncssh import generate_private_key

from benchmarks.chaos.readings import SERIES
from benchmarks.installation import ROOT, wait_until
from benchmarks.process import is_running, process_tree
from simulator import postgres, server_guard
from simulator.free_ports import free_port

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
_SSHD = """Port {port}
ListenAddress 127.0.0.1
HostKey {home}/host
PidFile none
AuthorizedKeysFile {home}/authorized
StrictModes no
UsePAM no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
Subsystem sftp internal-sftp
"""
# It saves each change: a kill must not lose what the server has acknowledged.
_MOSQUITTO = """listener {port} 127.0.0.1
allow_anonymous true
persistence true
persistence_location {home}/
autosave_on_changes true
autosave_interval 1
max_queued_messages 0
log_type error
"""
_VIEW = f"""CREATE VIEW samples AS
SELECT n, to_timestamp(s) AS at, (s * 7 + n * 13) % 97 + 0.5 AS value
FROM generate_series({{begin}}::bigint, floor(extract(epoch FROM clock_timestamp()))::bigint) AS s,
     generate_series(0, {SERIES - 1}) AS n"""


def _send(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


@dataclass
class ChaosServer:
    """A server. `step`: seconds between readings of a series; `begin`: second of the first reading."""

    name: str
    home: Path
    begin: int
    step: int = 1
    user: str = ""  # of the process, if not the user of this process
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    def command(self) -> list[str]:
        """The command of the server."""
        return [sys.executable, "-m", "benchmarks.chaos.serving", str(self.port), str(self.begin), self.name]

    def prepare(self) -> None:
        """Prepares its folder before the first start."""

    def source_row(self) -> dict[str, Any]:
        """Protocol, address and options of its row in sources.yaml."""
        raise NotImplementedError

    def start(self) -> None:
        """Starts the server and returns once it answers. OSError if another program holds its port."""
        if self._is_listening():
            raise OSError(f"port {self.port} of {self.name} is in use")
        with self.log.open("ab") as log:
            self.process = server_guard.start(self.command(), log, user=self.user, cwd=ROOT)
        wait_until(self._is_ready, 60, f"{self.name} answers: {self.log}", [(self.process, self.log)])

    @property
    def log(self) -> Path:
        """The file of its output."""
        return self.home / "log"

    def _is_ready(self) -> bool:
        return self._is_listening()

    def _is_listening(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        """Sends SIGKILL to the server and its descendants; none of them runs any more when this returns."""
        if self.process is None:
            return
        pids: list[int] = []
        # Stopped first: PostgreSQL starts its processes anew when one of them is killed.
        while new := [pid for pid in process_tree(self.process.pid) if pid not in pids]:
            _send(new, signal.SIGSTOP)
            pids += new
        _send(pids, signal.SIGKILL)
        self.process.communicate()
        wait_until(lambda: not any(map(is_running, pids)), 60, f"the processes of {self.name} have ended")
        self.process = None


class JsonServer(ChaosServer):
    """Any JSON."""

    def source_row(self) -> dict[str, Any]:
        options = {"series": "{id}", "value": "value", "time": "t", "time_format": "unix"}
        return {"protocol": "http_json", "address": f"http://127.0.0.1:{self.port}/values", "options": options}


class SensorThingsServer(ChaosServer):
    """SensorThings 1.1."""

    def source_row(self) -> dict[str, Any]:
        options = {"newest": 1000, "series": "{name}"}
        return {"protocol": "sensorthings", "address": f"http://127.0.0.1:{self.port}/v1.1", "options": options}


class StationFileServer(ChaosServer):
    """Files of TT 10/2021 behind an OpenSSH server; the stations write whether it runs or not (gateways.py)."""

    @property
    def folder(self) -> Path:
        """The folder of the stations' files."""
        return self.home / "files"

    def prepare(self) -> None:
        """Keys of the server and of the poller."""
        self.folder.mkdir()
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where it puts its unprivileged part
        host, own = generate_private_key("ssh-ed25519"), generate_private_key("ssh-ed25519")
        host.write_private_key(self.home / "host")
        (self.home / "host").chmod(0o600)
        own.write_public_key(self.home / "authorized")
        self.secret, self._host_key = own.export_private_key().decode(), host.export_public_key().decode()
        (self.home / "config").write_text(_SSHD.format(port=self.port, home=self.home), "utf-8")

    def command(self) -> list[str]:
        return [str(shutil.which("sshd", path=_PATH)), "-D", "-e", "-f", str(self.home / "config")]

    def source_row(self) -> dict[str, Any]:
        user = pwd.getpwuid(os.geteuid()).pw_name
        options = {"host_key": self._host_key, "key": "${CHAOS_KEY}", "series": "{station}-{parameter}"}
        address = f"sftp://{user}@127.0.0.1:{self.port}{self.folder}"
        return {"protocol": "tt10", "address": address, "options": {**options, "stations": {"CHAOS": self.name}}}


class MqttServer(ChaosServer):
    """Mosquitto; gateways.py publishes to it."""

    def prepare(self) -> None:
        """Its configuration."""
        root = "user root\n" if os.geteuid() == 0 else ""  # else it leaves for a user that may not write here
        (self.home / "config").write_text(_MOSQUITTO.format(port=self.port, home=self.home) + root, "utf-8")

    def command(self) -> list[str]:
        return [str(shutil.which("mosquitto", path=_PATH)), "-c", str(self.home / "config")]

    def source_row(self) -> dict[str, Any]:
        options = {"topics": ["chaos/+"], "series": "{mqtt.levels[1]}", "value": "v", "time": "t"}
        address = f"mqtt://127.0.0.1:{self.port}"
        return {"protocol": "mqtt", "address": address, "options": {**options, "time_format": "unix"}}


class DatabaseServer(ChaosServer):
    """PostgreSQL with a view."""

    def prepare(self) -> None:
        """Creates a cluster and the view."""
        self.user = postgres.server_user()
        postgres.create_cluster(self.home)
        self.start()
        with psycopg.connect(postgres.database_url(self.port), autocommit=True) as conn:
            conn.execute(_VIEW.format(begin=self.begin).encode())

    def command(self) -> list[str]:
        return postgres.server_command(self.home, self.port)

    def kill(self) -> None:
        super().kill()
        # A process that has ended, but that its new parent has not waited for yet, counts as a running server.
        for lock in (self.home / "data" / "postmaster.pid", self.home / f".s.PGSQL.{self.port}.lock"):
            lock.unlink(missing_ok=True)

    def _is_ready(self) -> bool:
        return postgres.is_ready(self.port)

    def source_row(self) -> dict[str, Any]:
        query = f"SELECT '{self.name}-' || n AS id, at, value FROM samples WHERE at >= :since"
        options = {"query": query, "series": "{id}", "value": "value", "time": "at"}
        return {"protocol": "sql_view", "address": postgres.database_url(self.port), "options": options}


def missing_programs() -> list[str]:
    """The programs that are not installed."""
    missing = [name for name in ("sshd", "mosquitto") if shutil.which(name, path=_PATH) is None]
    return missing if postgres.find_programs() else [*missing, "postgresql"]
