"""A configuration folder: its files, and those of the folder that it extends, as validated rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from os.path import normpath
from pathlib import Path
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from config.faults import Fault, Faults, instead
from config.yaml_file import Where, YamlFile, read

R = TypeVar("R", bound=BaseModel)

MAX_CHAIN = 4


@dataclass(frozen=True, slots=True)
class At(Generic[R]):
    """A validated row and where it stands."""

    row: R
    file: YamlFile
    where: Where

    def fault(self, what: str, right: str = "", *inner: str | int) -> Fault:
        """A fault of this row, or of what lies at `inner` in it."""
        return self.file.fault((*self.where, *inner), what, right)


@dataclass(slots=True)
class Folder:
    """The folder and the ones that it extends, nearest first. `faults` collects what is wrong on the way."""

    chain: tuple[Path, ...]
    city: YamlFile
    faults: list[Fault] = field(default_factory=list)

    def rows(self, stem: str, model: type[R], names: Sequence[str] = ()) -> list[At[R]]:
        """The rows of `stem`.yaml. A file without `extends: true` hides the extended folder's."""
        found: list[At[R]] = []
        for file in self.files(stem):
            holder: Where = ()
            value = file.value
            if isinstance(value, dict):
                key = next((one for one in (stem, *names, "rows") if one in value), stem)
                holder, value = (key,), value.get(key)
            found += self.validated(file, holder, value, model)
        return found

    def says(self, stem: str, key: str) -> tuple[YamlFile, object] | None:
        """What the nearest file of that name says at `key` beside its rows, and in which file."""
        for file in reversed(self.files(stem)):
            if isinstance(file.value, dict) and file.value.get(key) is not None:
                return file, file.value[key]
        return None

    def files(self, stem: str) -> list[YamlFile]:
        """The files of that name which count, the extended folder's first."""
        found: list[YamlFile] = []
        for folder in self.chain:
            path = folder / f"{stem}.yaml"
            if not path.is_file():
                continue
            try:
                found.insert(0, read(path))
            except Faults as faults:
                self.faults += faults.faults
                break
            if not (isinstance(found[0].value, dict) and found[0].value.get("extends") is True):
                break
        return found

    def validated(self, file: YamlFile, holder: Where, value: Any, model: type[R]) -> list[At[R]]:
        """The rows of the list `value`, which stands at `holder` in `file`."""
        if value is None:
            return []
        if not isinstance(value, list):
            self.faults.append(file.fault(holder, "rows are wanted here", "a list: lines that begin with “- key: …”"))
            return []
        rows = []
        for n, one in enumerate(value):
            row = validated(self.faults, file, (*holder, n), one, model)
            if row is not None:
                rows.append(At(row, file, (*holder, n)))
        return rows


def open_folder(folder: Path) -> Folder:
    """The folder with its chain of `extends`. Faults when there is no city.yaml that can be read."""
    chain: list[Path] = []
    merged: dict[str, Any] = {}
    files: list[YamlFile] = []
    at: Path | None = folder
    while at is not None:
        if not at.is_dir():
            where = files[-1].fault(("extends",), f"there is no folder {at}") if files else None
            raise Faults([where or Fault(str(at), 0, "there is no such folder", "set IOC_CONFIG or PROFILE")])
        if at.resolve() in [one.resolve() for one in chain] or len(chain) >= MAX_CHAIN:
            raise Faults([files[-1].fault(("extends",), "extends runs in a circle or too far")])
        chain.append(at)
        files.append(read(at / "city.yaml"))
        value = files[-1].value
        if not isinstance(value, dict):
            raise Faults([files[-1].fault((), "identity, overview, … are wanted here")])
        merged = {**value, **merged}
        extends = value.get("extends")
        at = Path(normpath(Path(at, extends))) if isinstance(extends, str) and extends and "\0" not in extends else None
    return Folder(tuple(chain), YamlFile(files[0].name, merged, files[0].lines))


def validated(faults: list[Fault], file: YamlFile, where: Where, value: Any, model: type[R]) -> R | None:
    """`value` as `model`; None, and `faults` longer, when it does not fit."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults += [told(file, where, one, model) for one in error.errors(include_url=False)]
    return None


def told(file: YamlFile, where: Where, error: Mapping[str, Any], model: type[BaseModel]) -> Fault:
    """One of pydantic's errors as a fault."""
    loc: Where = tuple(error["loc"])
    key = str(loc[-1]) if loc else ""
    if error["type"] == "extra_forbidden":
        return file.fault((*where, *loc), f"key {key!r} is unknown", instead(key, fields_at(model, loc[:-1])))
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
        info = here.model_fields.get(part) if here is not None and isinstance(part, str) else None
        if info is not None:
            here = _model_in(info.annotation)
    return list(here.model_fields) if here is not None else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for one in get_args(annotation) if (found := _model_in(one)) is not None), None)
