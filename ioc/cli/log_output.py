"""Where the log is written: whoever does not take its lines stops no process."""

import os
from collections import deque
from collections.abc import Callable
from threading import Condition
from typing import TextIO

from ioc.domain.base.own_thread import ThreadStartError, start_in_own_thread

MAX_WAIT_SECONDS = 0.2
_END_SECONDS = 1.0
MAX_WAITING = 1 << 20  # characters


class LogOutput:
    """Lines to `stream`, each from a thread that may wait for ever, as with a full pipe that nobody reads.

    A line is written when `write` returns, unless that takes longer than MAX_WAIT_SECONDS: then lines wait up to
    MAX_WAITING, and those after them, or that fail on a full disk, are lost. `lost_line`: the line that tells their
    number, written once lines are taken again.
    """

    def __init__(self, stream: TextIO, lost_line: Callable[[int], str]) -> None:
        self._stream, self._lost_line = stream, lost_line
        self._changed = Condition()
        self._waiting, self._lost = deque[str](), 0
        self._has_thread = self._is_stalled = False

    def write(self, text: str) -> None:
        """Writes whole lines."""
        with self._changed:
            if not self._has_thread and not self._start():
                self._take(text)
            elif sum(map(len, self._waiting)) > MAX_WAITING:
                self._lost += 1
            else:
                self._waiting.append(text)
                self._changed.notify_all()
                if not self._is_stalled:
                    self._is_stalled = not self._changed.wait_for(lambda: not self._waiting, MAX_WAIT_SECONDS)

    def close(self) -> None:
        """Waits a little for lines that were not taken so far."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting, _END_SECONDS)

    def _start(self) -> bool:
        try:
            start_in_own_thread(self._take_all)
        except ThreadStartError:
            return False
        self._has_thread = True
        return True

    def _take_all(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                text = self._waiting[0]
            is_taken = self._take(text)
            with self._changed:
                lost = self._lost if is_taken and len(self._waiting) == 1 else 0
            is_told = bool(lost) and self._take(self._lost_line(lost))
            with self._changed:
                self._waiting.popleft()
                self._lost += (not is_taken) - lost * is_told
                if not self._waiting:
                    self._is_stalled = False
                    self._changed.notify_all()

    def _take(self, text: str) -> bool:
        """Not through the buffer of the stream: its lock, kept at the end of the process, would be a fatal error."""
        rest = text.encode(errors="backslashreplace")
        try:
            while rest:
                rest = rest[os.write(self._stream.fileno(), rest) :]
        except (OSError, ValueError):  # ValueError: it was closed
            return False
        return True
