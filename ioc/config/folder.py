"""A configuration folder and those that it extends: their files as rows. A node knows its file, so rows of several
files stand in one list, and the keys of several city.yaml in one mapping.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from os.path import normpath, realpath
from pathlib import Path
from shutil import rmtree
from typing import Any, Generic

import yaml

from ioc.config.errors import ConfigCode, ConfigError, ConfigFault, closest_match, suggest
from ioc.config.rows import LocatedRow, R
from ioc.config.validation import validate_row
from ioc.config.yaml_file import UNREAD, LocatedValue, YamlFile, as_written, fault_at, read
from ioc.config.yaml_resolvers import TAG
from ioc.domain.base.failure import Failure

MAX_EXTENDS_DEPTH = 4
_EXTENDS = "extends"
_OF_ANCHORS = "x-"  # begins keys at the top that hold anchors
_YES, _NO = (True, "yes", "on"), (False, None, "no", "off")  # as a field of true or false takes them


@dataclass(frozen=True, slots=True)
class RowKind(Generic[R]):
    """What one row of a file is, in itself. `check`: of a row that fits the model; `check_value`: of any value."""

    model: type[R]
    check: Callable[[LocatedRow[R]], list[ConfigFault]] = lambda _: []
    check_value: Callable[[LocatedValue], list[ConfigFault]] = lambda _: []
    list_key: str = ""  # where it is not the stem of the file
    other_keys: tuple[str, ...] = ()  # beside the list, at the top


@dataclass(slots=True)
class ConfigFolder:
    """`chain`: the folder and the ones that it extends, nearest first. `faults` grows by what is wrong.

    `city`: the mapping of city.yaml, completed by those that it extends; None when one of them cannot be read.
    `hiding`: by stem, each file that hides that of an extended folder. `is_whole`: no extended folder is missing.
    `row_nodes`: by stem, the rows as they were read. `values`: those of all rows, also of rows that the program made.
    """

    chain: list[Path] = field(default_factory=list)
    city: LocatedValue | None = None
    faults: list[ConfigFault] = field(default_factory=list)
    hiding: dict[str, yaml.Node] = field(default_factory=dict)
    is_whole: bool = True
    row_nodes: dict[str, list[yaml.Node]] = field(default_factory=dict)
    values: list[Any] = field(default_factory=list)
    _stems: set[str] = field(default_factory=lambda: {"city"})  # of the files that were looked for

    def rows(self, stem: str, kind: RowKind[R]) -> list[LocatedRow[R]]:
        """The sound rows of `stem`.yaml, a list alone or under the kind's key."""
        values = [
            file.located(node)
            for file in self._files_that_count(stem)
            for node in self._row_nodes(file, (kind.list_key or stem, stem, "rows"), kind.other_keys)
        ]
        self.row_nodes[stem] = [value.node for value in values]
        return self.sound_rows(values, kind)

    def sound_rows(self, values: Iterable[LocatedValue], kind: RowKind[R]) -> list[LocatedRow[R]]:
        """Those of `values` that are sound rows of their kind."""
        rows = []
        for value in values:
            self.values.append(value.value)
            faults = kind.check_value(value)
            located = validate_row(faults, value, kind.model)
            faults += kind.check(located) if located else []
            self.faults += faults
            rows += [located] if located and not faults else []
        return rows

    def nearest_row(self, stem: str, model: type[R]) -> LocatedRow[R] | None:
        """The nearest `stem`.yaml as one row; None without one, or when something is wrong."""
        paths = self._paths(stem)
        file = self._read(paths[0]) if paths else YamlFile(None)
        return validate_row(self.faults, file.located(file.root), model) if file.root else None

    def nearest_value(self, stem: str, key: str) -> LocatedValue | None:
        """What stands under `key`, beside the rows, in the nearest `stem`.yaml that has it."""
        for file in reversed(self._files_that_count(stem)):
            if file.top_value(key) not in (None, UNREAD):
                return file.located(file.pairs()[key][1])
        return None

    def check_every_file_is_read(self) -> None:
        """A file under a name that is never looked for is a fault: what it holds would be missing in silence."""
        names = [f"{stem}.yaml" for stem in self._stems]
        for path in (path for folder in self.chain for path in sorted(folder.glob("*.y*ml")) if path.is_file()):
            if path.name not in names:
                suggestion = suggest(path.with_suffix(".yaml").name, names)
                if path.suffix != ".yaml" and path.stem in self._stems:
                    suggestion = Failure(ConfigCode.DID_YOU_MEAN, {"name": f"{path.stem}.yaml"})
                failure = Failure(ConfigCode.FILE_NOT_READ, {"file": path.name})
                self.faults.append(ConfigFault(str(path), 0, failure, suggestion))

    def _paths(self, stem: str) -> list[Path]:
        """The files `stem`.yaml, nearest first."""
        self._stems.add(stem)
        return [path for folder in self.chain if (path := folder / f"{stem}.yaml").is_file()]

    def _files_that_count(self, stem: str) -> list[YamlFile]:
        """The files `stem`.yaml, the extended folder's first: one without `extends: true` hides those."""
        files: list[YamlFile] = []
        for path in self._paths(stem):
            if files and files[0].top_value(_EXTENDS) not in _YES:
                if files[0].root is not None:
                    self.hiding[stem] = files[0].root
                break
            files.insert(0, self._read(path))
        return files

    def read_city(self, folder: Path) -> YamlFile:
        """The city.yaml of `folder`."""
        file = self._read(folder / "city.yaml")
        if file.root is not None and not isinstance(file.root, yaml.MappingNode):
            self.faults.append(fault_at(file.root, Failure(ConfigCode.CITY_EXPECTED)))
        return file

    def _read(self, path: Path) -> YamlFile:
        file = read(path)
        self.faults += file.faults
        return file

    def _row_nodes(self, file: YamlFile, list_keys: tuple[str, ...], other_keys: tuple[str, ...]) -> list[yaml.Node]:
        """The nodes of the rows in `file`, a list alone or under the first of `list_keys` that it has."""
        rows, path = file.root, list[str]()
        if isinstance(rows, yaml.MappingNode):
            path = [key for key in list_keys if key in file.pairs()][:1]
            self._check_top_level(rows, file, [_EXTENDS, *(path or list_keys[:1]), *other_keys], has_rows=bool(path))
            rows = file.pairs()[path[0]][1] if path else None
        if isinstance(rows, yaml.SequenceNode):
            return list(rows.value)
        if rows is not None and file.root is not None and file.value(rows) not in (None, UNREAD):
            failure, suggestion = Failure(ConfigCode.ROWS_EXPECTED), Failure(ConfigCode.LIST_FORM)
            self.faults.append(fault_at(file.root, failure, suggestion, path))
        return []

    def _check_top_level(self, node: yaml.Node, file: YamlFile, known: list[str], *, has_rows: bool) -> None:
        """A misspelt key must not leave out the rows of the file, or those of the extended folder, in silence.

        Other keys are left to hold anchors, lists of rows only where they begin with "x-".
        """
        for key, (_, value) in file.pairs().items():
            if key in known or key.startswith(_OF_ANCHORS):
                continue
            items = value.value if isinstance(value, yaml.SequenceNode) else []
            is_list = any(isinstance(item, yaml.MappingNode) for item in items) if has_rows else bool(items)
            if is_list or closest_match(key, known):
                failure = Failure(ConfigCode.KEY_UNKNOWN, {"key": key})
                self.faults.append(fault_at(node, failure, suggest(key, known), [key]))
        if file.top_value(_EXTENDS) not in (*_YES, *_NO, UNREAD):
            failure = Failure(ConfigCode.NOT_A_BOOLEAN, {"value": as_written(file.pairs()[_EXTENDS][1])})
            self.faults.append(fault_at(node, failure, None, [_EXTENDS], [_EXTENDS]))


def open_folder(folder: Path) -> ConfigFolder:
    """The folder with its chain of `extends`."""
    opened = ConfigFolder()
    files: list[YamlFile] = []
    next_folder: Path | None = folder
    while next_folder is not None:
        fault = _chain_fault(next_folder, opened.chain, files)
        if fault is not None:
            opened.faults.append(fault)
            opened.is_whole = False
            break
        opened.chain.append(next_folder)
        file = opened.read_city(next_folder)
        files.append(file)
        base = file.top_value(_EXTENDS)
        is_path = isinstance(base, str) and base and "\0" not in base
        if _EXTENDS in file.pairs() and not is_path and base is not UNREAD and file.root is not None:
            failure = Failure(ConfigCode.EXTENDS_NOT_A_PATH, {"value": as_written(file.pairs()[_EXTENDS][1])})
            opened.faults.append(fault_at(file.root, failure, Failure(ConfigCode.EXTENDS_FORM), [_EXTENDS], [_EXTENDS]))
            opened.is_whole = False
        copied = _copied_base(next_folder.resolve())
        next_folder = (copied if copied.is_dir() else Path(normpath(next_folder / base))) if is_path else None
    opened.city = _merge_files(files) if files else None
    return opened


def copy_folder(folder: Path, target: Path) -> Path:
    """Copies the yaml files of `folder`, and of those that it extends, to `target`.

    What else is there is replaced; nothing is written where the copy is there, so that a full disk keeps no program
    from its start. The copy; `folder` where one of them lies in `target`. OSError; ConfigError where `folder` or one
    that it extends is missing, or what it extends cannot be read: then an earlier copy stays.
    """
    opened, target = open_folder(folder), target.parent.resolve() / target.name
    if opened.faults:
        raise ConfigError(opened.faults)
    chain, unfinished = opened.chain, target.with_name(f"{target.name}.new")
    if any(part.resolve().is_relative_to(realpath(place)) for part in chain for place in (target, unfinished)):
        return folder
    copied, wanted = target, dict[Path, bytes | None]()  # None: a folder
    for part in chain:
        wanted[copied] = None
        wanted |= {copied / path.name: path.read_bytes() for path in part.glob("*.y*ml") if path.is_file()}
        copied = _copied_base(copied)
    if _contents(target) == wanted:
        return target
    try:
        _remove(unfinished)
        for path, content in wanted.items():
            written = unfinished / path.relative_to(target)
            written.mkdir(mode=0o700) if content is None else written.write_bytes(content)
        _remove(target)
        return unfinished.rename(target)
    except OSError:
        rmtree(unfinished, ignore_errors=True)  # where the disk is full it would take room
        raise


def _contents(folder: Path) -> dict[Path, bytes | None] | None:
    """The files in `folder`, and the folders with None. None where something cannot be read, or is a link."""
    paths = [folder, *folder.rglob("*")] if folder.is_dir() else []
    try:
        return None if any(map(Path.is_symlink, paths)) else {p: p.read_bytes() if p.is_file() else None for p in paths}
    except OSError:
        return None


def _copied_base(folder: Path) -> Path:
    """In a folder that `copy_folder` made, the copy of the one that it extends.

    Its name holds the place of the folder, which is a path without links: in a copy that somebody made of
    that copy, what `extends` names counts.
    """
    return folder / f".extended-{sha256(str(folder).encode()).hexdigest()[:16]}"


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _chain_fault(folder: Path, chain: list[Path], files: list[YamlFile]) -> ConfigFault | None:
    """Why `folder` cannot be the next of the chain."""
    if (
        folder.is_dir()
        and folder.resolve() not in [part.resolve() for part in chain]
        and len(chain) < MAX_EXTENDS_DEPTH
    ):
        return None
    if not files or files[-1].root is None:
        suggestion = Failure(ConfigCode.SET_CONFIG_OR_PROFILE)
        return ConfigFault(str(folder), 0, Failure(ConfigCode.FOLDER_MISSING), suggestion)
    failure, suggestion = Failure(ConfigCode.EXTENDS_IN_A_CIRCLE), Failure(ConfigCode.EXTENDS_FORM)
    if not folder.is_dir():
        failure = Failure(ConfigCode.EXTENDED_FOLDER_MISSING, {"folder": str(folder)})
        close = closest_match(folder.name, [path.parent.name for path in folder.parent.glob("*/city.yaml")])
        suggestion = Failure(ConfigCode.DID_YOU_MEAN, {"name": close}) if close else suggestion
    return fault_at(files[-1].root, failure, suggestion, [_EXTENDS])


def _merge_files(files: list[YamlFile]) -> LocatedValue | None:
    """The nearest file, completed by those that it extends. None when something in one of them cannot be read."""
    pairs: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    value: dict[str, Any] = {}
    is_whole = True
    for file in reversed(files):
        if not isinstance(file.root, yaml.MappingNode) or file.value(file.root) is UNREAD:
            return None
        pairs |= file.pairs()
        value |= file.value(file.root)
        is_whole &= file.located(file.root).is_whole
        mark = file.root.start_mark
    return LocatedValue(yaml.MappingNode(f"{TAG}map", list(pairs.values()), mark, mark), value, is_whole)
