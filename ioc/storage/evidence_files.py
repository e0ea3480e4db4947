"""The contents of evidence files: each once, named by its SHA-256, in a folder that the web processes share."""

import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from hashlib import file_digest, sha256
from pathlib import Path
from typing import BinaryIO

from ioc.domain.base.durable_files import write_durably
from ioc.domain.base.system_errors import system_failure
from ioc.domain.directives.evidence import MAX_CONTENTS, EvidenceCode, EvidenceError

FOLDER = "evidence"  # of the data folder
RESERVE_BYTES = 10**9  # of the disk, which evidence leaves to the store
UNUSED_SECONDS = 3600.0  # after which a content that belongs to no act is removed
_GB = 10**9
_LOCK = ".lock"


def create_folder(folder: Path) -> None:
    """Creates the folder with its lock, which marks one that is used, also where all contents are missing."""
    folder.mkdir(mode=0o700, exist_ok=True)
    (folder / _LOCK).touch(0o600)


class EvidenceFiles:
    """The contents in `folder`, at most `max_gb` GB together. Writers take turns, in all processes.

    `clock`: seconds since 1970. `reserve`: bytes of the disk that stay free.
    """

    def __init__(self, folder: Path, max_gb: float, clock: Callable[[], float], reserve: int = 0) -> None:
        self._folder, self._max_gb, self._clock, self._reserve = folder, max_gb, clock, reserve

    def is_lost(self) -> bool:
        """Whether the folder is missing or has not even its lock: it was never used, or its disk is not mounted.

        The folder `lost+found` of a disk of its own does not count.
        """
        try:
            with os.scandir(self._folder) as entries:
                return not any(entry.is_file() for entry in entries)
        except FileNotFoundError:
            return True
        except OSError:  # `keep` says why it cannot be used
            return False

    def keep(self, body: bytes, hold: ExitStack | None = None) -> str:
        """Keeps a content and returns its SHA-256. EvidenceError (QUOTA_USED_UP, NOT_STORED): nothing is kept.

        `hold`: of an act on its way: until it is closed, or this process ends, `discard` leaves the content. One that
        was kept before is new again: it stays for its act even if none had it until now. One that was damaged since is
        written again, for the acts too that have it.
        """
        name = sha256(body).hexdigest()
        try:
            with self._locked():
                if not self._is_whole(name, len(body)):
                    self._check_quota(name, len(body))
                    write_durably(self._path(name), body)
                os.utime(self._path(name), (self._clock(), self._clock()))
                if hold is not None:
                    fcntl.flock(hold.enter_context(self._path(name).open("rb")), fcntl.LOCK_SH)
        except OSError as error:
            raise EvidenceError(EvidenceCode.NOT_STORED, cause=system_failure(error)) from None
        return name

    def open(self, name: str) -> BinaryIO:
        """The content of that SHA-256, checked. EvidenceError (CONTENT_LOST)."""
        try:
            file = self._path(name).open("rb")
        except OSError:
            raise EvidenceError(EvidenceCode.CONTENT_LOST) from None
        if file_digest(file, "sha256").hexdigest() != name:
            file.close()
            raise EvidenceError(EvidenceCode.CONTENT_LOST)
        file.seek(0)
        return file

    def discard(self, names: Collection[str], used: Callable[[Collection[str]], Collection[str]]) -> int:
        """Removes those of these contents that no act has, nor one on its way; returns how many. `used`: see `prune`.

        OSError where the folder cannot be changed.
        """
        if self.is_lost():
            return 0
        with self._locked():
            return self._remove_unused(names, used)

    def prune(self, used: Callable[[Collection[str]], Collection[str]]) -> int:
        """Removes contents that are old and belong to no act, and what a killed process left; returns how many.

        What an act on its way holds stays. `used`: which of these contents belong to acts.
        """
        if self.is_lost():
            return 0
        with self._locked():
            old = {path.name for path in self._contents() if self._is_old(path)}
            return self._remove_unused(old - set(used(old)), used)

    def _remove_unused(self, names: Collection[str], used: Callable[[Collection[str]], Collection[str]]) -> int:
        """Removes those that no act has, nor one on its way. Within `_locked`: nothing is held anew meanwhile."""
        free = {name for name in names if self._is_free(name)}
        unused = free - set(used(free))  # asked for last: an act on its way has ended, by commit or not
        for name in unused:
            self._path(name).unlink()
        return len(unused)

    def _is_free(self, name: str) -> bool:
        """Whether the content is there, and no act on its way holds it."""
        try:
            with self._path(name).open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (FileNotFoundError, BlockingIOError):
            return False
        return True

    def _is_whole(self, name: str, size: int) -> bool:
        """Whether the content of that SHA-256 is there, undamaged."""
        try:
            if self._path(name).stat().st_size != size:
                return False
            with self._path(name).open("rb") as file:
                return file_digest(file, "sha256").hexdigest() == name
        except OSError:
            return False

    def _check_quota(self, name: str, more: int) -> None:
        with os.scandir(self._folder) as entries:
            sizes = [entry.stat().st_size for entry in entries if entry.name != name]  # which is replaced
        if sum(sizes) + more > round(self._max_gb * _GB) or len(sizes) > MAX_CONTENTS:
            raise EvidenceError(EvidenceCode.QUOTA_USED_UP, limit=self._max_gb, files=MAX_CONTENTS)
        if shutil.disk_usage(self._folder).free - more < self._reserve:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _contents(self) -> Iterator[Path]:
        return (path for path in self._folder.iterdir() if path.name != _LOCK and path.is_file())

    def _is_old(self, path: Path) -> bool:
        return abs(self._clock() - path.stat().st_mtime) >= UNUSED_SECONDS

    def _path(self, name: str) -> Path:
        return self._folder / name

    @contextmanager
    def _locked(self) -> Iterator[None]:
        create_folder(self._folder)
        with (self._folder / _LOCK).open("r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
