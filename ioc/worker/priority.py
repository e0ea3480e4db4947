"""The priority of prints: screens come first, also where both share two cores, whatever the browser asks for."""

import ctypes
import os
import sys

_NICENESS = 10
# https://man7.org/linux/man-pages/man2/prctl.2.html, https://man7.org/linux/man-pages/man7/capabilities.7.html
_PR_CAPBSET_DROP, _CAP_SYS_NICE = 24, 23


def yield_to_screens() -> None:
    """Lowers the priority of this process and of all programs that it starts from now on.

    Run as root, Chromium would raise its own to −8, before that of the screens: the right to do so is dropped.
    """
    os.nice(_NICENESS)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, _CAP_SYS_NICE)
