"""A configuration folder: its files, and those of the folder that it extends, as rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from os.path import normpath
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from ioc.config.errors import ConfigFault, closest_match, suggest
from ioc.config.located_rows import LocatedRow, R, RowList
from ioc.config.partial_models import build_partial, find_model
from ioc.config.unreadable import FOLLOW_UP, SECRET, UNREAD
from ioc.config.yaml_file import YamlFile, read
from ioc.config.yaml_reader import YamlPath

MAX_EXTENDS_DEPTH = 4


@dataclass(slots=True)
class ConfigFolder:
    """The folder and the ones that it extends, nearest first. `faults` collects what is wrong on the way.

    Not `complete`: it is not known whether it extends another one.
    """

    chain: tuple[Path, ...]
    city: YamlFile
    is_complete: bool = True
    faults: list[ConfigFault] = field(default_factory=list)

    def rows(self, stem: str, model: type[R], list_keys: Sequence[str] = ()) -> RowList[R]:
        """The rows of `stem`.yaml. A file without `extends: true` hides the extended folder's."""
        found: RowList[R] = RowList((), self.is_complete)
        for file in self.files(stem):
            self.faults += file.faults
            holder: YamlPath = ()
            value = file.value
            if isinstance(value, dict):
                found += RowList((), value.get("extends") is not UNREAD)
                key = next((one for one in (stem, *list_keys, "rows") if one in value), stem)
                holder, value = (key,), value.get(key)
            found += self.validate_rows(file, holder, value, model)
        return found

    def top_level_value(self, stem: str, key: str) -> tuple[YamlFile, object] | None:
        """What the nearest file of that name says at `key` beside its rows, and in which file."""
        for file in reversed(self.files(stem)):
            if isinstance(file.value, dict) and file.value.get(key) not in (None, UNREAD):
                return file, file.value[key]
        return None

    def files(self, stem: str) -> list[YamlFile]:
        """The files of that name which count, the extended folder's first."""
        found: list[YamlFile] = []
        for folder in self.chain:
            path = folder / f"{stem}.yaml"
            if not path.is_file():
                continue
            found.insert(0, read(path))
            # Of a file that could not be read nobody knows whether it hides the others: it does.
            if not (isinstance(found[0].value, dict) and found[0].value.get("extends") is True):
                break
        return found

    def validate_rows(self, file: YamlFile, holder: YamlPath, value: Any, model: type[R]) -> RowList[R]:
        """The rows of the list `value`, which stands at `holder` in `file`."""
        if value is None or value is UNREAD:
            return RowList((), value is None)
        if not isinstance(value, list):
            self.faults.append(file.fault(holder, "rows are wanted here", "a list: lines that begin with “- key: …”"))
            return RowList((), False)
        rows = [
            LocatedRow(validate_row(self.faults, file, (*holder, n), one, model), file, (*holder, n))
            for n, one in enumerate(value)
            if one is not UNREAD
        ]
        return RowList(tuple(rows), len(rows) == len(value))


def open_folder(folder: Path) -> ConfigFolder:
    """The folder with its chain of `extends`."""
    opened = ConfigFolder((), YamlFile(str(folder / "city.yaml"), UNREAD))
    files: list[YamlFile] = []
    at: Path | None = folder
    while at is not None:
        fault = _chain_fault(at, opened.chain, files)
        if fault is not None:
            opened.faults.append(fault)
            opened.is_complete = False
            break
        opened.chain += (at,)
        file = read(at / "city.yaml")
        files.append(file)
        opened.faults += file.faults
        if not isinstance(file.value, dict):
            opened.is_complete = False
            if file.value is not UNREAD:
                opened.faults.append(file.fault((), "identity, overview, … are wanted here"))
            break
        extends = file.value.get("extends")
        opened.is_complete = extends is not UNREAD
        at = Path(normpath(Path(at, extends))) if isinstance(extends, str) and extends and "\0" not in extends else None
    opened.city = _merge_files(files)
    return opened


def _chain_fault(at: Path, chain: tuple[Path, ...], files: list[YamlFile]) -> ConfigFault | None:
    """Why the folder `at` cannot be the next of the chain."""
    if not at.is_dir():
        if files:
            return files[-1].fault(("extends",), f"there is no folder {at}")
        return ConfigFault(str(at), 0, "there is no such folder", "set IOC_CONFIG or PROFILE")
    if at.resolve() in [one.resolve() for one in chain] or len(chain) >= MAX_EXTENDS_DEPTH:
        return files[-1].fault(("extends",), "extends runs in a circle or too far")
    return None


def _merge_files(files: list[YamlFile]) -> YamlFile:
    """What the nearest file says, and what it leaves to those that it extends. UNREAD when one has nothing to say."""
    if not files or not all(isinstance(one.value, dict) for one in files):
        return YamlFile("city.yaml", UNREAD)
    value: dict[str, Any] = {}
    parts: dict[str | int, YamlFile] = {}
    for file in reversed(files):
        value |= file.value
        parts |= dict.fromkeys(file.value, file)
    return YamlFile(files[0].name, value, files[0].lines, key_origins=parts)


def validate_row(faults: list[ConfigFault], file: YamlFile, where: YamlPath, value: Any, model: type[R]) -> R:
    """`value` as `model`. `faults` grows by what does not fit; what does is there all the same."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        faults += validation_faults(file, where, errors, model)
        return build_partial(model, UNREAD if any(one["type"] in (SECRET, FOLLOW_UP) for one in errors) else value)


def validation_faults(
    file: YamlFile, where: YamlPath, errors: Iterable[Mapping[str, Any]], model: type[BaseModel]
) -> list[ConfigFault]:
    """pydantic's errors as faults, without those that only follow from another one."""
    news = [one for one in errors if one["type"] != FOLLOW_UP and one.get("input") is not UNREAD]
    unknown = [tuple(one["loc"]) for one in news if one["type"] == "extra_forbidden"]
    meant = {
        (*loc[:-1], close) for loc in unknown if (close := closest_match(str(loc[-1]), fields_at(model, loc[:-1])))
    }
    return [
        _validation_fault(file, where, one, model)
        for one in news
        if not (one["type"] == "missing" and one["loc"] in meant)
    ]


def _validation_fault(file: YamlFile, where: YamlPath, error: Mapping[str, Any], model: type[BaseModel]) -> ConfigFault:
    loc: YamlPath = tuple(one for one in error["loc"] if one != "[key]")
    key = str(loc[-1]) if loc else ""
    if error["type"] == "extra_forbidden":
        return file.fault((*where, *loc), f"key {key!r} is unknown", suggest(key, fields_at(model, loc[:-1])))
    if error["type"] == "missing":
        return file.fault((*where, *loc), f"key {key!r} is missing")
    if error["type"] == "string_pattern_mismatch" and str(error["ctx"]["pattern"]).startswith("^[a-z0-9-]"):
        return file.fault(
            (*where, *loc), f"{key}: {str(error['input'])[:60]!r} is no id", "small letters, digits and -"
        )
    said = str(error["msg"]).removeprefix("Value error, ")
    path = ".".join(str(part) for part in loc)
    return file.fault((*where, *loc), f"{path}: {said}" if path else said)


def fields_at(model: type[BaseModel], loc: Iterable[str | int]) -> list[str]:
    """The keys that may stand at `loc` within `model`."""
    here: type[BaseModel] | None = model
    for part in loc:
        fields = here.model_fields if here is not None else {}
        info = next((one for name, one in fields.items() if (one.alias or name) == part), None)
        if info is not None:
            here = find_model(info.annotation)
    return [info.alias or name for name, info in here.model_fields.items()] if here is not None else []
