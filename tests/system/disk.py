"""A small disk that a test can fill."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """`place`, as the mount point of a disk of that size. Skips the test without the right to mount."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"a small disk needs the right to mount: {mounted.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def make_read_only(place: Path) -> None:
    """From now on nothing can be written to the disk that is mounted at `place`."""
    subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)


def fill(path: Path) -> None:
    """Fills the disk of `path` to its last byte."""
    with path.open("wb", buffering=0) as ballast:
        for size in (1 << 20, 4096, 1):
            try:
                while ballast.write(b"\0" * size) == size:
                    pass
            except OSError:
                continue
