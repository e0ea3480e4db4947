"""The commune-level units of the city by code and by name: which unit a word of a source means."""

from collections import defaultdict
from collections.abc import Iterable

from ioc.domain.base.slug import slugify
from ioc.domain.geo.place import AdminUnit

_KINDS = {"phuong": "phuong", "p": "phuong", "xa": "xa", "x": "xa"}  # as words of sources begin


class UnitNames:
    """The units of the configuration; without any, nothing is known to be wrong."""

    def __init__(self, units: Iterable[AdminUnit] = ()) -> None:
        self._units = {unit.code: unit for unit in units}
        self._by_name: defaultdict[str, list[AdminUnit]] = defaultdict(list)
        for unit in self._units.values():
            self._by_name[_slug_without_hyphens(unit.name)].append(unit)

    def is_known(self, code: str) -> bool:
        """Whether a unit has the code."""
        return not self._units or code in self._units

    def with_code(self, code: str) -> AdminUnit | None:
        """The unit with that code; None for none."""
        return self._units.get(code)

    def unit_called(self, word: str) -> AdminUnit | None:
        """The unit whose name is `word` but for tone marks, case, spaces and its kind; None for none or several."""
        kind, _, name = slugify(word).partition("-")
        named = self._by_name.get(_slug_without_hyphens(name), ())
        of_kind = [unit for unit in named if slugify(unit.kind) == _KINDS.get(kind)]
        units = of_kind or self._by_name.get(_slug_without_hyphens(word), [])
        return units[0] if len(units) == 1 else None


def _slug_without_hyphens(name: str) -> str:
    return slugify(name).replace("-", "")


NO_UNIT_NAMES = UnitNames()
