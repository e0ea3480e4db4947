"""What people send, between two requests: a folder for each in one that processes share, for a time.

A folder has a token that its owner alone can use; on the disk both are hashes. It is written under a name that begins
with a dot, which belongs to one request alone: others may remove any folder that has its name at any time.
"""

import os
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from threading import Lock

FILES, SHEETS = "files", "sheets"  # in the folder of the data
MAX_AGE_SECONDS = {FILES: 3600.0, SHEETS: 24 * 3600.0}
_KEPT = ".kept"  # its time is that of the folder


class ExpiringFolders:
    """The folders in `root`, those of `owner` and token. Of an owner only the `most` newest stay."""

    def __init__(self, root: Path, clock: Callable[[], float], max_age_seconds: float, most: int) -> None:
        self._root, self._clock, self._max_age, self._most = root, clock, max_age_seconds, most
        self._surplus_lock = Lock()

    def keep(self, owner: str, fill: Callable[[Path], object]) -> str:
        """Keeps what `fill` writes into a folder, and returns its token; nothing where it raises an error."""
        self.forget_old()
        self._root.mkdir(mode=0o700, exist_ok=True)
        token, new, now = token_urlsafe(24), self._root / f".{token_urlsafe(12)}", self._clock()
        new.mkdir(mode=0o700)
        try:
            fill(new)
            (new / _KEPT).touch()
            os.utime(new / _KEPT, (now, now))
            new.rename(self.path(owner, token))
        finally:
            shutil.rmtree(new, ignore_errors=True)
        with self._surplus_lock:
            for path in sorted(self._root.glob(f"{_hashed(owner)}.*"), key=self._age)[self._most :]:
                shutil.rmtree(path, ignore_errors=True)
        return token

    def path(self, owner: str, token: str) -> Path:
        """Where the folder is, if it is."""
        return self._root / f"{_hashed(owner)}.{_hashed(token)}"

    def find(self, owner: str, token: str) -> Path | None:
        """The folder; None for none, or one that is too old."""
        path = self.path(owner, token)
        return path if path.is_dir() and self._age(path) < self._max_age else None

    def drop(self, owner: str, token: str) -> None:
        """Removes a folder."""
        shutil.rmtree(self.path(owner, token), ignore_errors=True)

    def forget_old(self) -> None:
        """Removes the folders of all owners that are too old; also after the clock was set back."""
        for path in self._root.glob("*.*"):
            if self._age(path) >= self._max_age:
                shutil.rmtree(path, ignore_errors=True)

    def _age(self, path: Path) -> float:
        """In seconds; of one that is being written since its last change, of one that is gone for ever."""
        for marked in (path / _KEPT, path):
            try:
                return abs(self._clock() - marked.stat().st_mtime)
            except OSError:
                continue
        return self._max_age


def forget_old(data: Path, now: float) -> None:
    """Removes from the folder of the data what was sent and is too old. `now`: seconds of the clock."""
    for name, seconds in MAX_AGE_SECONDS.items():
        ExpiringFolders(data / name, lambda: now, seconds, 0).forget_old()


def _hashed(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:40]
