"""A PostgreSQL cluster of the bench's own, as its package sets it up: fsync on, shared_buffers of 128 MB."""

import os
import shutil
import subprocess
from pathlib import Path

import psycopg


def find_programs() -> Path | None:
    """The folder of its programs: the newest of the Debian packages, else what PATH has; None when there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda one: int(one.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


def create_cluster(home: Path) -> None:
    """A new cluster in `home`, whose database user is ioc and trusted on loopback."""
    if os.geteuid() == 0:
        shutil.chown(home, "postgres", "postgres")
    words = [*_as_owner(), str(_bin_folder() / "initdb"), "-D", str(home / "data"), "-U", "ioc", "-A", "trust"]
    subprocess.run([*words, "--no-locale", "-E", "UTF8"], check=True, stdout=subprocess.DEVNULL, cwd="/")


def server_command(home: Path, port: int) -> list[str]:
    """The command that serves the cluster."""
    said = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": home}
    chosen = [word for name, one in said.items() for word in ("-c", f"{name}={one}")]
    return [*_as_owner(), str(_bin_folder() / "postgres"), "-D", str(home / "data"), *chosen]


def is_ready(port: int) -> bool:
    """Whether it takes connections."""
    try:
        psycopg.connect(database_url(port), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def database_url(port: int, driver: str = "") -> str:
    """Of its database."""
    return f"postgresql{driver}://ioc@127.0.0.1:{port}/postgres"


def _bin_folder() -> Path:
    found = find_programs()
    if found is None:
        raise FileNotFoundError("PostgreSQL is not installed")
    return found


def _as_owner() -> list[str]:
    return ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
