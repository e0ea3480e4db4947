"""A new PostgreSQL cluster with the defaults of its package: fsync on, shared_buffers of 128 MB."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from simulator import server_guard


def find_programs() -> Path | None:
    """The folder of PostgreSQL's programs: the newest of the Debian packages, else by PATH; None when not installed."""
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    return packaged[-1].parent if packaged else Path(on_path).resolve().parent if on_path else None


def create_cluster(home: Path) -> None:
    """Creates a cluster in `home` whose database user is ioc, without a password on loopback."""
    user = server_user()
    if user:
        shutil.chown(home, user, user)
    identity: dict[str, Any] = {"user": user, "group": user, "extra_groups": []} if user else {}
    command = [str(_programs() / "initdb"), "-D", str(home / "data"), "-U", "ioc", "-A", "trust", "--no-locale"]
    subprocess.run([*command, "-E", "UTF8"], check=True, stdout=subprocess.DEVNULL, cwd="/", **identity)


def server_command(home: Path, port: int, **settings: str) -> list[str]:
    """The command that serves the cluster. `settings`: of postgresql.conf, instead of the defaults."""
    own = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": home, **settings}
    arguments = [word for name, value in own.items() for word in ("-c", f"{name}={value}")]
    return [str(_programs() / "postgres"), "-D", str(home / "data"), *arguments]


def server_user() -> str:
    """The user of the server where we are root, since PostgreSQL refuses to run as root; else ""."""
    return "postgres" if os.geteuid() == 0 else ""


def start_server(home: Path, port: int, *, remove: bool = False, **settings: str) -> "subprocess.Popen[bytes]":
    """Starts the server. It ends with this process, whatever ends this process; `remove`: `home` is removed then."""
    command = server_command(home, port, **settings)
    with (home / "log").open("ab") as log:
        return server_guard.start(command, log, user=server_user(), remove=home if remove else None)


def is_ready(port: int) -> bool:
    """Whether the server accepts connections."""
    import psycopg  # every process of the program imports this file, few the driver

    try:
        psycopg.connect(database_url(port), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def database_url(port: int, driver: str = "") -> str:
    """The URL of the cluster's database."""
    return f"postgresql{driver}://ioc@127.0.0.1:{port}/postgres"


def _programs() -> Path:
    folder = find_programs()
    if folder is None:
        raise FileNotFoundError("PostgreSQL is not installed")
    return folder
