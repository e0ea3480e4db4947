"""The agencies whose names are nearest to a name that is not known, for somebody who chooses."""

from collections.abc import Iterable
from datetime import date

from ioc.domain.directives.agency import Agencies
from ioc.domain.directives.agency_abbreviations import abbreviations, compact

_LEAST_ALIKE = 0.35


class NearestAgencies:
    """The agencies that exist on a day, by their names: for many names."""

    def __init__(self, agencies: Agencies, day: date) -> None:
        self._forms = {
            key: abbreviations(agency.name.vi) | {compact(agency.short_name.vi)}
            for key, agency in agencies.items()
            if agency.until is None or agency.until >= day
        }
        self._pairs = {
            key: [_pairs(name) for name in (compact(agencies[key].short_name.vi), max(forms, key=len, default=""))]
            for key, forms in self._forms.items()
        }

    def of(self, name: str, limit: int = 3) -> list[str]:
        """Keys of agencies, the nearest first: those that the name is an abbreviation of, then those written alike."""
        form = compact(name.replace("(", " "))
        pairs = _pairs(form)
        alike = {key: _most_alike(pairs, self._pairs[key]) for key in self._forms}
        alike |= {key: 2.0 for key, forms in self._forms.items() if form in forms}
        near = [key for key, share in alike.items() if share >= _LEAST_ALIKE]
        return sorted(near, key=lambda key: (-alike[key], key))[:limit]


def _pairs(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 2] for at in range(len(text) - 1))


def _most_alike(pairs: frozenset[str], names: Iterable[frozenset[str]]) -> float:
    """Dice's coefficient of pairs of letters, the greatest of all names."""
    return max((2 * len(pairs & name) / (len(pairs) + len(name)) for name in names if pairs or name), default=0.0)
