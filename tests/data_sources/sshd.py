"""An OpenSSH server on loopback that offers a folder over SFTP, for a test."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from asyncssh import generate_private_key

from simulator.free_ports import free_port

_CONFIG = """\
Port {port}
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
ForceCommand internal-sftp
"""


@dataclass(frozen=True)
class Server:
    """The port and the public key of the server, and a private key that may log in."""

    port: int
    user: str
    host_key: str
    key: str

    def address(self, folder: Path) -> str:
        """The address of `folder` for a source."""
        return f"sftp://{self.user}@127.0.0.1:{self.port}{folder}"


@contextmanager
def running(home: Path) -> Iterator[Server]:
    """The server; the test is skipped where none is installed, in CI it fails."""
    program = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        message = "sshd is not installed: apt-get install openssh-server gives it to the tests of SFTP"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # privilege separation directory
    host_key, client_key, port = generate_private_key("ssh-ed25519"), generate_private_key("ssh-ed25519"), free_port()
    host_key.write_private_key(home / "host")
    (home / "host").chmod(0o600)
    client_key.write_public_key(home / "authorized")
    (home / "config").write_text(_CONFIG.format(port=port, home=home))
    with open(home / "log", "wb") as log:
        server = subprocess.Popen([program, "-D", "-e", "-f", str(home / "config")], stdout=log, stderr=log)
    try:
        _await_listening(server, port, home / "log")
        user = pwd.getpwuid(os.geteuid()).pw_name
        yield Server(port, user, host_key.export_public_key().decode(), client_key.export_private_key().decode())
    finally:
        server.terminate()
        server.wait(10)


def _await_listening(server: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    while server.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        with suppress(subprocess.TimeoutExpired):
            server.wait(0.05)
    raise AssertionError(f"sshd ended: {log.read_text()[-500:]}")
