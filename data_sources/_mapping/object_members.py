"""Items that are the members of an object: their names are no part of them, so that one series may take them all."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from data_sources._mapping.errors import MappingCode
from data_sources._mapping.expressions import find
from data_sources._mapping.mapping_options import MappingOptions
from data_sources._mapping.options import ItemOptions
from data_sources._mapping.sensor_fields import in_yaml
from data_sources._mapping.time_texts import names_moment
from ioc.domain.base.failure import Failure
from ioc.domain.base.text import shorten
from ioc.domain.ingest.parsing import ParseError
from ioc.domain.ingest.reading import Reading, RejectedItem

_PATH = r"(?:[A-Za-z_]\w*|\"[^\"\\]+\")(?:\.(?:[A-Za-z_]\w*|\"[^\"\\]+\"))*"
# "data.*", "data.*.level[]" and "values(data)", with what follows.
_MEMBERS = re.compile(
    rf"(?:(?P<path>{_PATH})\.)?(?P<all>\*)(?P<rest>.*)|values\((?P<of>{_PATH}|@)\)(?P<then>.*)", re.ASCII
)
_MAX_QUOTED = 80  # characters of the names


class Members(NamedTuple):
    """The name of the member for each item, by location. `base`: the expression for the object.

    `rest`: of the expression after the members. `are_objects`: whether the items are.
    """

    names: Mapping[str, str]
    base: str
    rest: str
    are_objects: bool

    @property
    def keys(self) -> str:
        """The expression for the names."""
        return f"keys({self.base})"

    def name_at(self, place: str) -> str:
        """The name of the member from which a value at `place` comes, "" for none."""
        return self.names.get(place.partition("]")[0] + "]", "")


def members_of(document: Any, options: ItemOptions) -> Members | None:
    """The members that are the items of the document; None where the items are something else, or have no two names."""
    match = _MEMBERS.fullmatch(options.items)
    if match is None:
        return None
    base, rest = (match["path"] or "@", match["rest"]) if match["all"] else (match["of"], match["then"])
    names, are_objects = list[str](), True
    with suppress(ParseError):
        members = find(document, base)
        if not isinstance(members, dict) or len(members) < 2 or _are_one_sensor(list(members)):
            return None
        for name, member in members.items():
            found = find({name: member}, f"*{rest}" if match["all"] else f"values(@){rest}")
            names += [str(name)] * sum(_count(item, options.each) for item in found or [])
            are_objects &= all(isinstance(item, dict) for item in found or [])
        if not any(isinstance(member, list) for member in members.values()):
            rest = re.sub(r"^\[\*?\]", "", rest)
    if len(set(names)) < 2:
        return None
    return Members({f"items[{n}]": name for n, name in enumerate(names)}, base, rest, are_objects)


def _are_one_sensor(names: Sequence[object]) -> bool:
    """Whether the names are times, or positions in their order, as PHP writes lists with gaps."""
    positions = [str(n) for n in range(len(names))]
    return names == positions or all(names_moment(str(name)) for name in names)


def _count(item: Any, each: str) -> int:
    """How many items an outer one holds."""
    inner = find(item, each) if each else item
    return len(inner) if each and isinstance(inner, list) else int(not each or inner is not None)


def mixed_members(
    members: Members, readings: Iterable[Reading], rejected: Iterable[RejectedItem], mapping: MappingOptions
) -> dict[str, Failure]:
    """The series that several members became, each with the reason. `readings` and `rejected`: of their document."""
    names: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for reading in (*readings, *(one for item in rejected for one in item.readings)):
        if name := members.name_at(reading.place):
            names[reading.series][name] = None
    if members.keys in mapping.may_differ:
        return {}
    return {
        series: Failure(
            MappingCode.MEMBERS_OF_ONE_SERIES,
            {
                "series": series, "field": members.keys, "n": len(found),
                "names": shorten(", ".join(found), _MAX_QUOTED), "write": _options_with_names(members, mapping),
            },
        )
        for series, found in names.items()
        if len(found) > 1
    }  # fmt: skip


def _options_with_names(members: Members, mapping: MappingOptions) -> str:
    """The options that read the items with the names of the members, as a row has them."""
    each = ".".join(filter(None, (f"inner{members.rest}", mapping.each)))
    value = "" if members.are_objects else ", value: value"
    items = f"items({members.base})[*].{{name: [0], inner: [1]}}"
    return f'items: {in_yaml(items)}, each: {in_yaml(each)}, series: "…{{parent.name}}"{value}'
