"""Starts the processes of one machine, restarts them when they end, and stops them together."""

import logging
import os
import select
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import monotonic, sleep

from ioc.domain.base.own_thread import start_in_own_thread
from ioc.domain.base.parent_death import end_with_parent
from ioc.domain.base.stop_event import StopEvent

log = logging.getLogger("ioc.supervise")

STEADY_SECONDS = 30.0  # a child that ran longer is restarted after the shortest wait
LONGEST_WAIT_SECONDS = 15.0
GRACE_SECONDS = 8.0
# Number of the descriptor whose other end only the supervisor has. Without IOC_: that prefix is for settings.
PARENT_PIPE = "SUPERVISOR_PIPE"


@dataclass(frozen=True, slots=True)
class ProcessRole:
    """One child: its name and its command line. `is_server`: other children send it requests, so it is stopped last."""

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
    """Ends this process when its parent ends, by whatever cause and however early.

    The signal of Linux comes only for a parent that ends after this call. The pipe of a supervisor also tells of one
    that had ended before. A supervisor ends before its children only when it was killed: then SIGKILL ends also a child
    that is paused, which would hold the right to poll, and go on once it is resumed.
    """
    number = signal.SIGTERM
    if descriptor := os.environ.pop(PARENT_PIPE, ""):
        if select.select([int(descriptor)], [], [], 0)[0]:
            os._exit(1)
        number = signal.SIGKILL
        start_in_own_thread(partial(_terminate_at_end, int(descriptor)))
    end_with_parent(number)


def _terminate_at_end(descriptor: int) -> None:
    """Waits until the other end of a pipe is closed, then terminates this process: by force after a grace period."""
    os.read(descriptor, 1)
    os.kill(os.getpid(), signal.SIGTERM)
    sleep(GRACE_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


class Supervisor:
    """Starts `roles` as children and keeps them alive until `stop`. `pass_fds`: descriptors that they inherit."""

    def __init__(
        self,
        roles: Sequence[ProcessRole],
        environment: Mapping[str, str],
        *,
        pass_fds: Sequence[int] = (),
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._children = [_Child(role) for role in roles]
        self._pipe_end, self._own_pipe_end = os.pipe()
        self._environment = {**environment, PARENT_PIPE: str(self._pipe_end)}
        self._pass_fds = (self._pipe_end, *pass_fds)
        self._now = now
        self._stop = StopEvent()

    def stop(self) -> None:
        """Makes `run` stop all children and return."""
        self._stop.set()

    def stop_on_signals(self) -> None:
        """Has SIGINT and SIGTERM call `stop`."""
        self._stop.set_on_signals()

    def run(self) -> None:
        """Keeps every child running until `stop`, then stops all of them."""
        try:
            while not self._stop.is_set():
                for child in self._children:
                    self._restart_if_ended(child)
                self._stop.wait(0.2)
        finally:
            self._end_all()
            os.close(self._pipe_end)
            os.close(self._own_pipe_end)

    def pids(self) -> dict[str, int]:
        """The ids of the processes that run now, by role."""
        return {child.role.name: process.pid for child, process in self._running()}

    def _running(self) -> list[tuple[_Child, subprocess.Popen[bytes]]]:
        return [
            (child, child.process)
            for child in self._children
            if child.process is not None and child.process.poll() is None
        ]

    def _restart_if_ended(self, child: _Child) -> None:
        now = self._now()
        if child.process is None:
            if now >= child.restart_at:
                self._start(child, now)
        elif (code := child.process.poll()) is not None:
            self._start_later(child, now, f"ended ({code})")

    def _start(self, child: _Child, now: float) -> None:
        child.started = now
        try:
            # In a session of its own: Ctrl-C reaches only the supervisor, which stops the children in order.
            child.process = subprocess.Popen(
                child.role.command, env=self._environment, start_new_session=True, pass_fds=self._pass_fds
            )
        except OSError as error:  # no memory, no more processes, a program that is being replaced: the others go on
            self._start_later(child, now, f"could not be started ({error})")

    @staticmethod
    def _start_later(child: _Child, now: float, reason: str) -> None:
        child.deaths = 0 if now - child.started > STEADY_SECONDS else child.deaths + 1
        wait = min(0.5 * 2.0 ** max(child.deaths - 1, 0), LONGEST_WAIT_SECONDS)
        log.error("%s %s: starting it again in %.1f s", child.role.name, reason, wait)
        child.process, child.restart_at = None, now + wait

    def _end_all(self) -> None:
        running = self._running()
        deadline = self._now() + GRACE_SECONDS
        for is_server in (False, True):
            processes = [process for child, process in running if child.role.is_server is is_server]
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
