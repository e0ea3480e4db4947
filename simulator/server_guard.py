"""Runs a server program that ends when the process that started it ends, also by SIGKILL.

The arguments of the program: `[--user NAME] [--remove FOLDER] -- COMMAND…`. Its standard input is a pipe from the
process that started it; the end of the pipe, SIGTERM and SIGINT stop the server. Its exit code is the server's. It
imports little beside the standard library, so that it starts fast and needs little memory.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from ioc.domain.base.stop_event import StopEvent

_ROOT = Path(__file__).parents[1]
GRACE_SECONDS = 8.0  # from SIGINT to SIGKILL


def start(
    command: Sequence[str], log: IO[bytes] | int, *, user: str = "", remove: Path | None = None, cwd: Path | str = "/"
) -> "subprocess.Popen[bytes]":
    """Starts `command` under a guard and returns the guard's process. `log`: gets the output of both.

    `user`: runs the server as this user; only root may. `remove`: a folder that is removed after the server has ended.
    """
    options = [*(["--user", user] if user else []), *(["--remove", str(remove)] if remove else [])]
    # A module path of the guard alone: the server may be a Python program with one of its own.
    start_guard = f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from simulator.server_guard import main; main()"
    guard = [sys.executable, "-c", start_guard, *options, "--", *command]
    return subprocess.Popen(guard, cwd=cwd, stdin=subprocess.PIPE, stdout=log, stderr=log)


def _run(command: Sequence[str], user: str) -> int:
    """Runs the server until it ends or is stopped; its exit code. SIGINT is the fast shutdown of PostgreSQL."""
    stop_requested = StopEvent()
    stop_requested.set_on_signals()

    def await_end_of_starter() -> None:
        sys.stdin.buffer.read()
        stop_requested.set()

    threading.Thread(target=await_end_of_starter, daemon=True).start()
    identity = {"user": user, "group": user, "extra_groups": []} if user else {}
    # In a session of its own: Ctrl-C reaches only the guard, which stops the server.
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **identity) as server:  # type: ignore[call-overload]
        while server.poll() is None:
            if stop_requested.wait(0.1):
                server.send_signal(signal.SIGINT)
                threading.Timer(GRACE_SECONDS, server.kill).start()
                break
        return int(server.wait())


def main() -> None:
    """Runs the command of the arguments; then removes the folder, if any."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--user", default="")
    parser.add_argument("--remove", default="")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    code = 1
    try:
        code = _run(options.command, options.user)
    finally:
        if options.remove:
            shutil.rmtree(options.remove, ignore_errors=True)
        os._exit(code if code >= 0 else 128 - code)
