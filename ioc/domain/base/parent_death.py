"""The end of a process together with the one that started it (https://man7.org/linux/man-pages/man2/prctl.2.html)."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with_parent(number: signal.Signals, parent: int | None = None) -> None:
    """Has the kernel of Linux send `number` to this process when the thread that started it ends.

    `parent`: id of the process that started this one, by default that of the parent now. Where it has ended already,
    this process gets the signal at once.
    """
    if sys.platform != "linux":
        return
    parent = os.getppid() if parent is None else parent
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        os.kill(os.getpid(), number)
