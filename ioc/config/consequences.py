"""Faults between rows that have one cause: a file that hides rows, a key that was mistyped where it is defined."""

from collections.abc import Container, Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import yaml

from ioc.config.errors import ConfigCode, ConfigFault, closest_match, list_names
from ioc.config.folder import ConfigFolder
from ioc.config.row_codes import RowCode
from ioc.config.yaml_file import fault_at, find_node, read, row_key
from ioc.domain.base.failure import Failure

# A name that no row has -> the files whose rows have such names.
_STEMS: dict[str, tuple[str, ...]] = {
    RowCode.UNKNOWN_SERIES: ("sources", "obligations"),
    **dict.fromkeys((RowCode.UNKNOWN_AGENCY, RowCode.UNKNOWN_OWNER), ("agencies",)),
    **dict.fromkeys((RowCode.UNKNOWN_STATION, RowCode.UNKNOWN_STATION_KIND), ("stations",)),
    RowCode.UNKNOWN_PLACE: ("units",), RowCode.UNKNOWN_KPI: ("kpis",), RowCode.UNKNOWN_DOCUMENT: ("directives",),
}  # fmt: skip
_TAKEN = (ConfigCode.KEY_TAKEN, RowCode.SERIES_TAKEN)


def join_consequences(folder: ConfigFolder, faults: Iterable[ConfigFault]) -> list[ConfigFault]:
    """`faults` of rows that name each other, where one cause is one fault."""
    return _join_mistyped(folder, _join_hidden(folder, _without_names_of_taken_keys(list(dict.fromkeys(faults)))))


def _without_names_of_taken_keys(faults: list[ConfigFault]) -> list[ConfigFault]:
    """A row whose key is that of another has no key of its own: what names it follows from that."""
    taken = {Path(fault.file).stem for fault in faults if fault.failure.code in _TAKEN}
    return [fault for fault in faults if not taken.intersection(_STEMS.get(fault.failure.code, ()))]


def _join_hidden(folder: ConfigFolder, faults: Iterable[ConfigFault]) -> list[ConfigFault]:
    """A hiding file is one fault for all names that the rows of the folders behind it miss."""
    kept, missing = list[ConfigFault](), dict[str, set[str]]()
    texts_by_stem = {stem: _hidden_texts(folder, stem) for stem in folder.hiding}
    for fault in faults:
        name = str(fault.failure.params.get("name", ""))
        stems = [
            stem
            for stem in _STEMS.get(fault.failure.code, ())
            if stem in folder.hiding and Path(fault.file).parent in _folders_behind(folder, stem)
            if any(
                fnmatchcase(name, text.replace("{each}", "*")) or fnmatchcase(text, name)
                for text in texts_by_stem[stem]
            )
        ]
        if stems:
            missing.setdefault(stems[0], set()).add(name)
        else:
            kept.append(fault)
    for stem, names in missing.items():
        failure = Failure(ConfigCode.ROWS_HIDDEN, list_names(names))
        kept.append(fault_at(folder.hiding[stem], failure, Failure(ConfigCode.KEEP_THE_ROWS)))
    return kept


def _folders_behind(folder: ConfigFolder, stem: str) -> list[Path]:
    """The folders whose `stem`.yaml is hidden."""
    hiding = Path(str(folder.hiding[stem].start_mark.name)).parent
    return folder.chain[folder.chain.index(hiding) + 1 :]


def _hidden_texts(folder: ConfigFolder, stem: str) -> set[str]:
    """What stands in the hidden files `stem`.yaml: keys of rows and of series among it."""
    paths = (path for base in _folders_behind(folder, stem) if (path := base / f"{stem}.yaml").is_file())
    texts = {text for file in map(read, paths) if file.root for text in _texts([file.value(file.root)])}
    return texts - {"{each}"}  # it is no key of its own


def _join_mistyped(folder: ConfigFolder, faults: list[ConfigFault]) -> list[ConfigFault]:
    """Where several places name a key that no row has, and a row has one like it that no place names: one fault."""
    missing = dict[tuple[tuple[str, ...], str], list[ConfigFault]]()
    for fault in faults:
        if stems := _STEMS.get(fault.failure.code):
            missing.setdefault((stems, str(fault.failure.params["name"])), []).append(fault)
    several = {cause: group for cause, group in missing.items() if len(group) > 1}
    named = set(_names(folder)) if several else set[str]()
    patterns = [text for text in named if "*" in text]
    for (stems, name), group in several.items():
        unnamed = {
            key: node
            for key, node in _keyed_nodes(folder, stems)
            if key not in named and not any(fnmatchcase(key, pattern) for pattern in patterns)
        }
        if close := closest_match(name, unnamed):
            failure = Failure(ConfigCode.KEY_NOT_NAMED, {"key": close, "name": name, "n": len(group)})
            suggestion = Failure(ConfigCode.DID_YOU_MEAN, {"name": name})
            faults = [fault for fault in faults if fault not in group]
            faults.append(fault_at(unnamed[close], failure, suggestion, ["key"]))
    return faults


def _names(folder: ConfigFolder) -> Iterator[str]:
    """Whatever in rows, generated ones too, and in city.yaml may name a row."""
    return _texts([*folder.values, folder.city.value if folder.city else None], without=("key", "code"))


def _keyed_nodes(folder: ConfigFolder, stems: Iterable[str]) -> Iterator[tuple[str, yaml.Node]]:
    """The keys that the rows of `stems` define, of sources and obligations those of their series."""
    for stem in stems:
        for node in folder.row_nodes.get(stem, []):
            if stem in _STEMS[RowCode.UNKNOWN_SERIES]:
                series = find_node(node, ["series"]).node
                items = series.value if isinstance(series, yaml.SequenceNode) else []
                yield from ((row_key(item), item) for item in items)
            else:
                yield row_key(node), node


def _texts(values: Iterable[object], without: Container[str] = ()) -> Iterator[str]:
    """All texts in `values` but those of the keys `without`; what several aliases stand for once."""
    waiting, seen = list(values), set[int]()
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict | list):
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            waiting += [item for key, item in pairs if key not in without] if id(value) not in seen else []
            seen.add(id(value))
        else:
            yield str(value)
