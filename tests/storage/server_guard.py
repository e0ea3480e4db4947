"""Stops a PostgreSQL cluster of the tests and removes its folder once the process that started it is gone.

Run as a program: `server_guard.py BINARIES HOME`, with standard input held open by that process. However it ends, also
by SIGKILL, its end of the pipe is closed. Standard library only: it costs little memory beside each test run.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path


def run(*command: object, check: bool = True) -> None:
    """Runs a program of PostgreSQL, as the user `postgres` where we are root: it refuses to run as root."""
    words = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["runuser", "-u", "postgres", "--", *words]
    # The server inherits the pipes of this call, which would then wait for the server's end.
    result = subprocess.run(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, cwd="/", check=False
    )
    assert not check or result.returncode == 0, f"{' '.join(words[:6])} … ended with {result.returncode}"


def stop_and_remove(binaries: Path, home: Path) -> None:
    """Also of a server that is still starting: without its folder it ends by itself."""
    run(binaries / "pg_ctl", "-D", home / "data", "-w", "-m", "immediate", "stop", check=False)
    shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    sys.stdin.buffer.read()
    stop_and_remove(Path(sys.argv[1]), Path(sys.argv[2]))
