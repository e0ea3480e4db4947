"""The process tree of one machine: children started, restarted when they die, ended together."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

log = logging.getLogger("ioc.supervise")

# A child that lived this long has earned a quick restart.
STEADY_SECONDS = 30.0
LONGEST_WAIT_SECONDS = 15.0
GRACE_SECONDS = 8.0
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class ProcessRole:
    """One child: its name and its command line. `serves`: the others ask it, so it is ended after them."""

    name: str
    command: Sequence[str]
    is_server: bool = False


@dataclass(slots=True)
class _Child:
    role: ProcessRole
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    restart_at: float = 0.0
    deaths: int = field(default=0)


def die_with_parent() -> None:
    """Ask Linux to end this process when its parent ends, however that happened; elsewhere nothing."""
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we asked
            os.kill(os.getpid(), signal.SIGTERM)


class Supervisor:
    """Starts `roles` as children and keeps them alive until `stop`."""

    def __init__(
        self, roles: Sequence[ProcessRole], environment: Mapping[str, str], *, now: Callable[[], float] = monotonic
    ) -> None:
        self._children = [_Child(one) for one in roles]
        self._environment = dict(environment)
        self._now = now
        self._stop = threading.Event()

    def stop(self) -> None:
        """Ask `run` to end all children and return."""
        self._stop.set()

    def run(self) -> None:
        """Until `stop`: keep every child running. On the way out every child is ended."""
        try:
            while not self._stop.is_set():
                for child in self._children:
                    self._restart_if_ended(child)
                self._stop.wait(0.2)
        finally:
            self._end_all()

    def pids(self) -> dict[str, int]:
        """The processes that run now, by role."""
        return {one.role.name: one.process.pid for one in self._children if one.process and one.process.poll() is None}

    def _restart_if_ended(self, child: _Child) -> None:
        now = self._now()
        if child.process is None:
            if now >= child.restart_at:
                self._start(child, now)
        elif (code := child.process.poll()) is not None:
            child.deaths = 0 if now - child.started > STEADY_SECONDS else child.deaths + 1
            wait = min(0.5 * 2.0 ** max(child.deaths - 1, 0), LONGEST_WAIT_SECONDS)
            log.error("%s ended (%s): starting it again in %.1f s", child.role.name, code, wait)
            child.process, child.restart_at = None, now + wait

    def _start(self, child: _Child, now: float) -> None:
        # A session of its own: Ctrl-C reaches the supervisor alone, and it ends the children in order.
        child.process = subprocess.Popen(child.role.command, env=self._environment, start_new_session=True)
        child.started = now

    def _end_all(self) -> None:
        alive = [one for one in self._children if one.process and one.process.poll() is None]
        deadline = self._now() + GRACE_SECONDS
        for serves in (False, True):
            processes = [one.process for one in alive if one.process and one.role.is_server is serves]
            for process in processes:
                process.terminate()
            for process in processes:
                self._wait_for(process, deadline)

    def _wait_for(self, process: subprocess.Popen[bytes], deadline: float) -> None:
        try:
            process.wait(max(0.1, deadline - self._now()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
