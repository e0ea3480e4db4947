"""A configuration folder: its files, and those of the folder that it extends, as rows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from os.path import normpath
from pathlib import Path
from typing import Any

from ioc.config.errors import ConfigCode, ConfigFault
from ioc.config.located_rows import LocatedRow, R, RowList
from ioc.config.unreadable import UNREAD
from ioc.config.validation import validate_row
from ioc.config.yaml_file import YamlFile, read
from ioc.config.yaml_reader import YamlPath
from ioc.domain.base.failure import Failure

MAX_EXTENDS_DEPTH = 4


@dataclass(slots=True)
class ConfigFolder:
    """The folder and the ones that it extends, nearest first. `faults` collects what is wrong.

    Unless `is_complete`, it is not known whether it extends another one.
    """

    chain: tuple[Path, ...]
    city: YamlFile
    is_complete: bool = True
    faults: list[ConfigFault] = field(default_factory=list)

    def rows(self, stem: str, model: type[R], list_keys: Sequence[str] = ()) -> RowList[R]:
        """The rows of `stem`.yaml, a list alone or under one of `list_keys`.

        A file without `extends: true` hides the extended folder's.
        """
        rows: RowList[R] = RowList((), self.is_complete)
        for file in self.files(stem):
            self.faults += file.faults
            list_path: YamlPath = ()
            value = file.value
            if isinstance(value, dict):
                rows += RowList((), value.get("extends") is not UNREAD)
                list_key = next((key for key in (stem, *list_keys, "rows") if key in value), stem)
                list_path, value = (list_key,), value.get(list_key)
            rows += self.validate_rows(file, list_path, value, model)
        return rows

    def top_level_value(self, stem: str, key: str) -> tuple[YamlFile, object] | None:
        """The value of `key` beside the rows in the nearest `stem`.yaml that has one, and that file."""
        for file in reversed(self.files(stem)):
            if isinstance(file.value, dict) and file.value.get(key) not in (None, UNREAD):
                return file, file.value[key]
        return None

    def files(self, stem: str) -> list[YamlFile]:
        """The files `stem`.yaml which count, the extended folder's first."""
        files: list[YamlFile] = []
        for folder in self.chain:
            path = folder / f"{stem}.yaml"
            if not path.is_file():
                continue
            file = read(path)
            files.insert(0, file)
            # Of a file that could not be read nobody knows whether it hides the others: it does.
            if not (isinstance(file.value, dict) and file.value.get("extends") is True):
                break
        return files

    def validate_rows(self, file: YamlFile, list_path: YamlPath, value: Any, model: type[R]) -> RowList[R]:
        """The rows of the list `value`, which stands at `list_path` in `file`."""
        if value is None or value is UNREAD:
            return RowList((), value is None)
        if not isinstance(value, list):
            failure, suggestion = Failure(ConfigCode.ROWS_EXPECTED), Failure(ConfigCode.LIST_FORM)
            self.faults.append(file.fault(list_path, failure, suggestion))
            return RowList((), False)
        rows = [
            LocatedRow(validate_row(self.faults, file, (*list_path, n), row, model), file, (*list_path, n))
            for n, row in enumerate(value)
            if row is not UNREAD
        ]
        return RowList(tuple(rows), len(rows) == len(value))


def open_folder(folder: Path) -> ConfigFolder:
    """The folder with its chain of `extends`."""
    opened = ConfigFolder((), YamlFile(str(folder / "city.yaml"), UNREAD))
    files: list[YamlFile] = []
    current: Path | None = folder
    while current is not None:
        fault = _chain_fault(current, opened.chain, files)
        if fault is not None:
            opened.faults.append(fault)
            opened.is_complete = False
            break
        opened.chain += (current,)
        file = read(current / "city.yaml")
        files.append(file)
        opened.faults += file.faults
        if not isinstance(file.value, dict):
            opened.is_complete = False
            if file.value is not UNREAD:
                opened.faults.append(file.fault((), Failure(ConfigCode.CITY_EXPECTED)))
            break
        extends = file.value.get("extends")
        opened.is_complete = extends is not UNREAD
        base = extends if isinstance(extends, str) and "\0" not in extends else ""
        current = Path(normpath(current / base)) if base else None
    opened.city = _merge_files(files)
    return opened


def _chain_fault(folder: Path, chain: tuple[Path, ...], files: list[YamlFile]) -> ConfigFault | None:
    """Why `folder` cannot be the next of the chain."""
    if not folder.is_dir():
        if files:
            failure = Failure(ConfigCode.EXTENDED_FOLDER_MISSING, {"folder": str(folder)})
            return files[-1].fault(("extends",), failure)
        suggestion = Failure(ConfigCode.SET_CONFIG_OR_PROFILE)
        return ConfigFault(str(folder), 0, Failure(ConfigCode.FOLDER_MISSING), suggestion)
    if folder.resolve() in [part.resolve() for part in chain] or len(chain) >= MAX_EXTENDS_DEPTH:
        return files[-1].fault(("extends",), Failure(ConfigCode.EXTENDS_IN_A_CIRCLE))
    return None


def _merge_files(files: list[YamlFile]) -> YamlFile:
    """The nearest file, completed by those that it extends. UNREAD when one of them could not be read."""
    if not files or not all(isinstance(file.value, dict) for file in files):
        return YamlFile("city.yaml", UNREAD)
    value: dict[str, Any] = {}
    key_origins: dict[str | int, YamlFile] = {}
    for file in reversed(files):
        value |= file.value
        key_origins |= dict.fromkeys(file.value, file)
    return YamlFile(files[0].name, value, files[0].lines, key_origins=key_origins)
