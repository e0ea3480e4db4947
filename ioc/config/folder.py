"""A configuration folder and those that it extends: their files as rows. A node knows its file, so rows of several
files stand in one list, and the keys of several city.yaml in one mapping.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from os.path import normpath
from pathlib import Path
from typing import Any, Generic

import yaml

from ioc.config.errors import ConfigCode, ConfigFault, closest_match, list_names, suggest
from ioc.config.row_codes import RowCode
from ioc.config.rows import LocatedRow, R
from ioc.config.validation import validate_row
from ioc.config.yaml_file import TAG, UNREAD, LocatedValue, YamlFile, fault_at, read
from ioc.domain.base.failure import Failure

MAX_EXTENDS_DEPTH = 4
_EXTENDS = "extends"
_YES, _NO = (True, "yes", "on"), (False, None, "no", "off")  # as a field of true or false takes them
# A name that no row has -> the files whose rows have such names.
_STEMS: dict[str, tuple[str, ...]] = {
    RowCode.UNKNOWN_SERIES: ("sources", "obligations"),
    **dict.fromkeys((RowCode.UNKNOWN_AGENCY, RowCode.UNKNOWN_OWNER), ("agencies",)),
    **dict.fromkeys((RowCode.UNKNOWN_STATION, RowCode.UNKNOWN_STATION_KIND), ("stations",)),
    RowCode.UNKNOWN_PLACE: ("units",), RowCode.UNKNOWN_KPI: ("kpis",), RowCode.UNKNOWN_DOCUMENT: ("directives",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RowKind(Generic[R]):
    """What one row of a file is, in itself. `check`: of a row that fits the model; `check_value`: of any value."""

    model: type[R]
    check: Callable[[LocatedRow[R]], list[ConfigFault]] = lambda _: []
    check_value: Callable[[LocatedValue], list[ConfigFault]] = lambda _: []
    list_key: str = ""  # where it is not the stem of the file


@dataclass(slots=True)
class ConfigFolder:
    """`chain`: the folder and the ones that it extends, nearest first. `faults` grows by what is wrong.

    `city`: the mapping of city.yaml, completed by those that it extends; None when one of them cannot be read.
    `hiding`: by stem, each file that hides that of an extended folder.
    """

    chain: list[Path] = field(default_factory=list)
    city: LocatedValue | None = None
    faults: list[ConfigFault] = field(default_factory=list)
    hiding: dict[str, yaml.Node] = field(default_factory=dict)

    def rows(self, stem: str, kind: RowKind[R]) -> list[LocatedRow[R]]:
        """The sound rows of `stem`.yaml, a list alone or under the kind's key."""
        values = [
            file.located(node)
            for file in self._files_that_count(stem)
            for node in self._row_nodes(file, kind.list_key or stem, stem)
        ]
        return self.sound_rows(values, kind)

    def sound_rows(self, values: Iterable[LocatedValue], kind: RowKind[R]) -> list[LocatedRow[R]]:
        """Those of `values` that are sound rows of their kind."""
        rows = []
        for value in values:
            faults = kind.check_value(value)
            located = validate_row(faults, value, kind.model)
            faults += kind.check(located) if located else []
            self.faults += faults
            rows += [located] if located and not faults else []
        return rows

    def nearest_row(self, stem: str, model: type[R]) -> LocatedRow[R] | None:
        """The nearest `stem`.yaml as one row; None without one, or when something is wrong."""
        paths = [path for folder in self.chain if (path := folder / f"{stem}.yaml").is_file()]
        file = self._read(paths[0]) if paths else YamlFile(None)
        return validate_row(self.faults, file.located(file.root), model) if file.root else None

    def nearest_value(self, stem: str, key: str) -> LocatedValue | None:
        """What stands under `key`, beside the rows, in the nearest `stem`.yaml that has it."""
        for file in reversed(self._files_that_count(stem)):
            if file.top_value(key) not in (None, UNREAD):
                return file.located(file.pairs()[key][1])
        return None

    def _files_that_count(self, stem: str) -> list[YamlFile]:
        """The files `stem`.yaml, the extended folder's first: one without `extends: true` hides those."""
        files: list[YamlFile] = []
        for path in (path for folder in self.chain if (path := folder / f"{stem}.yaml").is_file()):
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

    def _row_nodes(self, file: YamlFile, list_key: str, stem: str) -> list[yaml.Node]:
        """The nodes of the rows in `file`."""
        rows, path = file.root, list[str]()
        if isinstance(rows, yaml.MappingNode):
            path = [key for key in (list_key, stem, "rows") if key in file.pairs()][:1]
            self._check_top_level(rows, file, None if path else list_key)
            rows = file.pairs()[path[0]][1] if path else None
        if isinstance(rows, yaml.SequenceNode):
            return list(rows.value)
        if rows is not None and file.root is not None and file.value(rows) not in (None, UNREAD):
            failure, suggestion = Failure(ConfigCode.ROWS_EXPECTED), Failure(ConfigCode.LIST_FORM)
            self.faults.append(fault_at(file.root, failure, suggestion, path))
        return []

    def _check_top_level(self, node: yaml.Node, file: YamlFile, missing_list: str | None) -> None:
        """A misspelt key must not leave out the rows of the file, or those of the extended folder, in silence.

        Other keys are left to hold anchors.
        """
        known = [_EXTENDS, missing_list] if missing_list else [_EXTENDS]
        for key, (_, value) in file.pairs().items():
            is_list = missing_list is not None and isinstance(value, yaml.SequenceNode)
            if key not in known and (is_list or closest_match(key, known)):
                failure = Failure(ConfigCode.KEY_UNKNOWN, {"key": key})
                self.faults.append(fault_at(node, failure, suggest(key, known), [key]))
        if file.top_value(_EXTENDS) not in (*_YES, *_NO, UNREAD):
            failure = Failure(ConfigCode.NOT_A_BOOLEAN)
            self.faults.append(fault_at(node, failure, None, [_EXTENDS], _EXTENDS))

    def join_hidden(self, faults: Iterable[ConfigFault]) -> list[ConfigFault]:
        """`faults`, where a hiding file is one fault for all names that the rows of the folders behind it miss."""
        kept, missing = list[ConfigFault](), dict[str, set[str]]()
        for fault in faults:
            stems = [stem for stem in _STEMS.get(fault.failure.code, ()) if stem in self.hiding]
            hidden = next((stem for stem in stems if self._is_behind(fault.file, self.hiding[stem])), None)
            if hidden is None:
                kept.append(fault)
            else:
                missing.setdefault(hidden, set()).add(str(fault.failure.params["name"]))
        for stem, names in missing.items():
            failure = Failure(ConfigCode.ROWS_HIDDEN, list_names(names))
            kept.append(fault_at(self.hiding[stem], failure, Failure(ConfigCode.KEEP_THE_ROWS)))
        return kept

    def _is_behind(self, file: str, node: yaml.Node) -> bool:
        """Whether `file` lies in a folder that the folder of the file of `node` extends."""
        return self.chain.index(Path(file).parent) > self.chain.index(Path(str(node.start_mark.name)).parent)


def open_folder(folder: Path) -> ConfigFolder:
    """The folder with its chain of `extends`."""
    opened = ConfigFolder()
    files: list[YamlFile] = []
    next_folder: Path | None = folder
    while next_folder is not None:
        fault = _chain_fault(next_folder, opened.chain, files)
        if fault is not None:
            opened.faults.append(fault)
            return opened
        opened.chain.append(next_folder)
        file = opened.read_city(next_folder)
        files.append(file)
        base = file.top_value(_EXTENDS)
        is_path = isinstance(base, str) and base and "\0" not in base
        next_folder = Path(normpath(next_folder / base)) if is_path else None
    opened.city = _merge_files(files)
    return opened


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
    failure = Failure(ConfigCode.EXTENDS_IN_A_CIRCLE)
    if not folder.is_dir():
        failure = Failure(ConfigCode.EXTENDED_FOLDER_MISSING, {"folder": str(folder)})
    return fault_at(files[-1].root, failure, None, [_EXTENDS])


def _merge_files(files: list[YamlFile]) -> LocatedValue | None:
    """The nearest file, completed by those that it extends. None when something in one of them cannot be read."""
    pairs: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    value: dict[str, Any] = {}
    for file in reversed(files):
        if not isinstance(file.root, yaml.MappingNode) or file.value(file.root) is UNREAD:
            return None
        pairs |= file.pairs()
        value |= file.value(file.root)
        mark = file.root.start_mark
    return LocatedValue(yaml.MappingNode(f"{TAG}map", list(pairs.values()), mark, mark), value)
