"""Sheets of tasks between their steps: a folder for each in one that the web processes share.

Nothing of a sheet is in the store before all of it is. It is removed with the import, or after a day.
"""

import json
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from ioc.domain.access.principal import Principal
from ioc.domain.base.durable_files import write_durably
from ioc.domain.base.failure import Failure
from ioc.domain.directives.sheet_errors import SheetCode, SheetError
from ioc.domain.directives.sheet_fields import SheetField, headings_mark
from ioc.domain.directives.task_sheet import MAX_JSON_BYTES, CellFault, TaskTable, tables_of_parts
from ioc.storage import expiring_folders
from ioc.storage.expiring_folders import ExpiringFolders

MAX_AGE_SECONDS = expiring_folders.MAX_AGE_SECONDS[expiring_folders.SHEETS]
MAX_SHEETS, MAX_MAPPINGS, MAX_NAMES = 4, 50, 1_000  # of one person
_MAX_BYTES = MAX_JSON_BYTES + 2**16  # of a staged file: its tables and its name
_REMEMBERED = "mappings"
_FILE, _FAULTS = "file.jsonl", "faults.jsonl"
_CHECKED, _PROGRESS, _CANCEL = "checked.json", "progress.json", "cancel"
_END: list[Any] = []  # the last line of a file of lines


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file whose tables were read. `name`: as the sender calls it."""

    name: str
    tables: tuple[TaskTable, ...]


class SheetStaging:
    """The staged files of everybody, each under a token that its owner alone can use."""

    def __init__(self, folder: Path, clock: Callable[[], float]) -> None:
        self._folder = folder
        self._folders = ExpiringFolders(folder, clock, MAX_AGE_SECONDS, MAX_SHEETS)
        self._reading = threading.Lock()

    def keep(self, staged: StagedFile, principal: Principal) -> str:
        """Keeps a file and returns its token. Of one person only the newest stay."""
        parts = (part for table in staged.tables for part in table.to_parts())
        return self._folders.keep(
            principal.owner_key, lambda folder: _write_lines(folder / _FILE, chain((staged.name,), parts))
        )

    def load(self, token: str, principal: Principal) -> StagedFile:
        """The file of a token: of a process one at a time. SheetError (STAGING_ENDED)."""
        path = self._require(token, principal) / _FILE
        with self._reading:
            if path.is_file() and path.stat().st_size > _MAX_BYTES:
                raise SheetError(SheetCode.STAGING_ENDED)
            lines = _read_lines(path)
            if lines is None:
                raise SheetError(SheetCode.STAGING_ENDED)
            return StagedFile(lines[0], tables_of_parts(lines[1:]))

    def drop(self, token: str, principal: Principal) -> None:
        """Removes what is kept of a file."""
        self._folders.drop(principal.owner_key, token)

    def note_checked(self, token: str, principal: Principal, mapping: str) -> None:
        """Notes that the file may be imported by that mapping. SheetError (STAGING_ENDED)."""
        _write(self._require(token, principal) / _CHECKED, _hashed(mapping))

    def note_faults(self, token: str, principal: Principal, faults: Sequence[CellFault]) -> None:
        """Keeps what the last check found, for the file of it. SheetError (STAGING_ENDED)."""
        lines = ([*fault[:3], fault.failure.to_json()] for fault in faults)
        _write_lines(self._require(token, principal) / _FAULTS, lines)

    def faults(self, token: str, principal: Principal) -> list[CellFault]:
        """What the last check found. SheetError (STAGING_ENDED)."""
        lines = _read_lines(self._require(token, principal) / _FAULTS) or []
        return [CellFault(row, column, text, Failure.from_json(failure)) for row, column, text, failure in lines]

    def require_checked(self, token: str, principal: Principal, mapping: str) -> None:
        """SheetError (NOT_CHECKED) where the last check without a fault was not by that mapping; STAGING_ENDED."""
        if _read(self._require(token, principal) / _CHECKED) != _hashed(mapping):
            raise SheetError(SheetCode.NOT_CHECKED)

    def report(self, token: str, principal: Principal, done: int, total: int) -> None:
        """Says how far its import is; SheetError (CANCELLED) once somebody wants it to end."""
        folder = self._folders.path(principal.owner_key, token)
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

    def remember(
        self, headings: tuple[str, ...], fields: Mapping[int, SheetField], principal: Principal
    ) -> None:  # fmt: skip
        """Keeps what a person chose for the columns of a form, for their next sheet with the same headings."""
        path = self._mapping_path(headings, principal)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_durably(path, _encoded({str(column): name.value for column, name in fields.items()}))
        for old in sorted(path.parent.glob(f"{_hashed(principal.owner_key)}.*"), key=_changed_at)[:-MAX_MAPPINGS]:
            old.unlink(missing_ok=True)

    def remembered(self, headings: tuple[str, ...], principal: Principal) -> dict[int, SheetField]:
        """What the person chose for these headings the last time; {} for new ones."""
        known = set(SheetField)
        body = _read(self._mapping_path(headings, principal)) or {}
        return {int(column): SheetField(name) for column, name in body.items() if name in known}

    def remember_names(self, chosen: Mapping[str, str | None], principal: Principal) -> None:
        """Keeps what a person chose for unknown names of agencies, for their next sheets; None forgets it.

        Of the names, which may be those of persons, only digests are kept.
        """
        path, now = self._names_path(principal), {_hashed(name): key for name, key in chosen.items()}
        if not now:
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = {name: key for name, key in (_read(path) or {}).items() if name not in now}
        kept |= {name: key for name, key in now.items() if key is not None}
        write_durably(path, _encoded(dict(list(kept.items())[-MAX_NAMES:])))

    def remembered_names(self, names: Iterable[str], principal: Principal) -> dict[str, str]:
        """What the person chose for these names: the key of an agency, "" for none."""
        known = _read(self._names_path(principal)) or {}
        return {name: known[digest] for name in names if (digest := _hashed(name)) in known}

    def _names_path(self, principal: Principal) -> Path:
        return self._folder / _REMEMBERED / f"{_hashed(principal.owner_key)}-names.json"

    def _mapping_path(self, headings: tuple[str, ...], principal: Principal) -> Path:
        name = f"{_hashed(principal.owner_key)}.{_hashed(headings_mark(headings))}.json"
        return self._folder / _REMEMBERED / name

    def _require(self, token: str, principal: Principal) -> Path:
        folder = self._folders.find(principal.owner_key, token)
        if folder is None:
            raise SheetError(SheetCode.STAGING_ENDED)
        return folder


def _write(path: Path, body: Any) -> None:
    _replace(path, (_encoded(body),))


def _write_lines(path: Path, bodies: Iterable[Any]) -> None:
    """A line for each: other threads go on while a large file is written or read."""
    _replace(path, (_encoded(body) + b"\n" for body in chain(bodies, (_END,))))


def _replace(path: Path, blocks: Iterable[bytes]) -> None:
    """Whoever reads it meanwhile has the old content or the new one."""
    new = path.with_name(f".{path.name}.{token_urlsafe(6)}")
    with new.open("wb") as file:
        file.writelines(blocks)
    new.replace(path)


def _encoded(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def _read(path: Path) -> Any:
    """None where there is no such file, or only the beginning of one: power was cut after it was written."""
    try:
        return json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _read_lines(path: Path) -> list[Any] | None:
    """As `_read`, what `_write_lines` wrote."""
    try:
        with path.open("rb") as file:
            bodies = [json.loads(line) for line in file]
    except (FileNotFoundError, ValueError):
        return None
    return bodies[:-1] if bodies[-1:] == [_END] else None


def _changed_at(path: Path) -> int:
    """0 where another request has removed it meanwhile."""
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _hashed(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:40]
