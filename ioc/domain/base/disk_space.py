"""What is free on a disk: bytes, and inodes, of which each file takes one."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DiskSpace:
    """Bytes and inodes; `inodes` is 0 where the file system has no limit of files."""

    free: float
    total: float
    free_inodes: int = 0
    inodes: int = 0


def disk_space(path: Path) -> DiskSpace:
    """The disk of `path`, as far as a user without special rights may use it. OSError."""
    stated = os.statvfs(path)
    free, total = stated.f_bavail * stated.f_frsize, stated.f_blocks * stated.f_frsize
    return DiskSpace(free, total, stated.f_favail, stated.f_files)
