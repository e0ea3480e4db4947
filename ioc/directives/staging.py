"""Sheets of tasks between their steps: a folder for each in one that the web processes share.

Nothing of a sheet is in the store before all of it is. A folder is removed with the import, or after a day.
"""

import json
import os
import shutil
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from secrets import token_urlsafe
from tempfile import TemporaryDirectory
from typing import Any

from ioc.domain.access.principal import Principal
from ioc.domain.directives.sheet_errors import SheetCode, SheetError
from ioc.domain.directives.sheet_fields import SheetField, headings_mark
from ioc.domain.directives.task_sheet import MAX_JSON_BYTES, TaskTable

MAX_AGE_SECONDS = 24 * 3600.0
MAX_SHEETS = 4  # of one person
_MAX_BYTES = MAX_JSON_BYTES + 2**16  # of a staged file: its tables and its name
_REMEMBERED = "mappings"
_FILE, _BEGUN, _PROGRESS, _CANCEL = "file.json", "begun", "progress.json", "cancel"


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file whose tables were read. `name`: as the sender calls it."""

    name: str
    tables: tuple[TaskTable, ...]


class SheetStaging:
    """The staged files of everybody, each under a token that its owner alone can use."""

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        self._folder, self._clock = folder, clock
        self._reading = threading.Lock()

    def keep(self, staged: StagedFile, principal: Principal) -> str:
        """Keeps a file and returns its token. Of one person only the newest stay."""
        self._forget_old(principal)
        token = token_urlsafe(24)
        folder = self._path(token, principal)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="new-", dir=self._folder) as new:  # not seen by others until it is whole
            tables = [table.to_json() for table in staged.tables]
            _write(Path(new, _FILE), {"name": staged.name, "tables": tables})
            Path(new, _BEGUN).touch()
            os.utime(Path(new, _BEGUN), (self._clock(), self._clock()))
            Path(new).rename(folder)
            Path(new).mkdir(mode=0o700)  # which the context removes
        return token

    def load(self, token: str, principal: Principal) -> StagedFile:
        """The file of a token: of a process one at a time. SheetError (STAGING_ENDED)."""
        path = self._require(token, principal) / _FILE
        with self._reading:
            if path.is_file() and path.stat().st_size > _MAX_BYTES:
                raise SheetError(SheetCode.STAGING_ENDED)
            body = _read(path)
            if body is None:
                raise SheetError(SheetCode.STAGING_ENDED)
            return StagedFile(body["name"], tuple(map(TaskTable.from_json, body["tables"])))

    def drop(self, token: str, principal: Principal) -> None:
        """Removes what is kept of a file."""
        shutil.rmtree(self._path(token, principal), ignore_errors=True)

    def report(self, token: str, principal: Principal, done: int, total: int) -> None:
        """Says how far its import is; SheetError (CANCELLED) once somebody wants it to end."""
        folder = self._path(token, principal)
        if (folder / _CANCEL).exists():
            (folder / _CANCEL).unlink(missing_ok=True)
            raise SheetError(SheetCode.CANCELLED)
        with suppress(OSError):  # the sheet is gone, or the disk is full: the import is not to end by that
            _write(folder / _PROGRESS, [done, total])

    def progress(self, token: str, principal: Principal) -> tuple[int, int]:
        """How many tasks of how many the import has stored. SheetError (STAGING_ENDED) where it is over."""
        body = _read(self._require(token, principal) / _PROGRESS) or [0, 0]
        return int(body[0]), int(body[1])

    def cancel(self, token: str, principal: Principal) -> None:
        """Ends the import that runs; nothing of it stays. SheetError (STAGING_ENDED) where it is over."""
        (self._require(token, principal) / _CANCEL).touch()

    def remember(self, headings: tuple[str, ...], fields: Mapping[int, SheetField]) -> None:
        """Keeps what was chosen for the columns of a form, for the next sheet with the same headings."""
        path = self._mapping_path(headings)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(path, {str(column): name.value for column, name in fields.items()})

    def remembered(self, headings: tuple[str, ...]) -> dict[int, SheetField]:
        """What was chosen for these headings the last time; {} for new ones."""
        known = set(SheetField)
        body = _read(self._mapping_path(headings)) or {}
        return {int(column): SheetField(name) for column, name in body.items() if name in known}

    def _mapping_path(self, headings: tuple[str, ...]) -> Path:
        return self._folder / _REMEMBERED / f"{_hashed(headings_mark(headings))}.json"

    def _require(self, token: str, principal: Principal) -> Path:
        folder = self._path(token, principal)
        if not folder.is_dir() or self._age(folder) >= MAX_AGE_SECONDS:
            raise SheetError(SheetCode.STAGING_ENDED)
        return folder

    def _path(self, token: str, principal: Principal) -> Path:
        return self._folder / f"{_owner(principal)}.{_hashed(token)}"

    def _age(self, folder: Path) -> float:
        try:
            return abs(self._clock() - (folder / _BEGUN).stat().st_mtime)
        except FileNotFoundError:
            return MAX_AGE_SECONDS

    def _forget_old(self, principal: Principal) -> None:
        for folder in self._folder.glob("*.*"):
            if self._age(folder) >= MAX_AGE_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
        own = sorted(self._folder.glob(f"{_owner(principal)}.*"), key=self._age)
        for folder in own[MAX_SHEETS - 1 :]:
            shutil.rmtree(folder, ignore_errors=True)


def _write(path: Path, body: Any) -> None:
    """Whoever reads it meanwhile has the old content or the new one."""
    new = path.with_name(f".{path.name}.{token_urlsafe(6)}")
    new.write_text(json.dumps(body, ensure_ascii=False), "utf-8")
    new.replace(path)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None


def _owner(principal: Principal) -> str:
    return _hashed(f"{principal.kind} {principal.name}")


def _hashed(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:40]
