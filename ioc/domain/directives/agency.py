"""Agencies and their successions: which agency is responsible for a task on a day, and by which acts it came to it."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from ioc.domain.base.localized_text import LocalizedText
from ioc.domain.base.slug import fold
from ioc.domain.directives.act_errors import ActCode, ActError
from ioc.domain.directives.agency_abbreviations import abbreviations, compact


@dataclass(frozen=True, slots=True)
class Succession:
    """`agency` succeeded its predecessor on `effective_on`, by `basis`. `share`: of a 1→n split, for information."""

    agency: str
    effective_on: date
    basis: LocalizedText
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Agency:
    """A row of agencies.yaml. `until`: its last day, None while it exists."""

    key: str
    name: LocalizedText
    short_name: LocalizedText
    since: date | None = None
    until: date | None = None
    successors: tuple[Succession, ...] = ()
    is_simulated: bool = False
    place: str = ""  # code of the unit whose committee it is, "" for none
    is_central: bool = False  # above the city: it issues documents and takes no task


Agencies = Mapping[str, Agency]
# Of one text that names agencies: all agencies of a city, each by its whole name.
MAX_NAMES_LENGTH, MAX_NAMES = 10_000, 300
_ALL = ("xa", "phuong", "dac khu")
# How orders name the committees of all communes of some kinds. A number may stand for "cac": that of all of them, since
# of another one nobody knows which are meant.
_COMMUNE_WORDS: Mapping[str, tuple[str, ...]] = {
    f"{committee}cac {words}": kinds
    for committee in ("ubnd ", "uy ban nhan dan ", "")
    for words, kinds in (
        ("xa", ("xa",)), ("phuong", ("phuong",)), ("xa, phuong", _ALL), ("phuong, xa", _ALL), ("xa va phuong", _ALL),
        ("xa, phuong, dac khu", _ALL), ("xa, phuong va dac khu", _ALL), ("xa, phuong, thi tran", _ALL),
    )
}  # fmt: skip
_COMMITTEE = re.compile(r"(?:ubnd|uy ban nhan dan) (xa|phuong|dac khu) ")  # of a commune
_COUNT = re.compile(r"\b(?:tat ca )?(?:cac )?[0-9]{1,3} |\btat ca cac ")


def holder(agencies: Agencies, key: str, day: date) -> str | None:
    """Key of the agency that holds on `day` what was assigned to `key`, by 1→1 and n→1 successions.

    None when an agency of the chain ended without exactly one successor, or the chain is circular: the task waits in
    the exception queue until somebody transfers it. A 1→n succession never splits a task.
    """
    agency, visited = agencies[key], {key}
    while agency.until is not None and agency.until < day:
        if len(agency.successors) != 1 or agency.successors[0].agency in visited:
            return None
        agency = agencies[agency.successors[0].agency]
        visited.add(agency.key)
    return agency.key


def present_holder(agencies: Agencies, key: str, day: date) -> str:
    """Key of the agency that holds on `day` what `key` held; "" for none, `key` where the register has no such one."""
    return (holder(agencies, key, day) or "") if key in agencies else key


def assignable(agencies: Agencies, day: date) -> Agencies:
    """Those that exist on `day` and take tasks of the city."""
    return {
        key: each for key, each in agencies.items() if not each.is_central and (each.until is None or each.until >= day)
    }


def successions(agencies: Agencies, key: str, day: date) -> tuple[Succession, ...]:
    """The chain of successions from `key` to the holder on `day`, or to the agency where the chain ends."""
    chain: list[Succession] = []
    visited = {key}
    agency = agencies[key]
    while agency.until is not None and agency.until < day and len(agency.successors) == 1:
        succession = agency.successors[0]
        if succession.agency in visited:
            break
        chain.append(succession)
        visited.add(succession.agency)
        agency = agencies[succession.agency]
    return tuple(chain)


class AgencyMatch(NamedTuple):
    """`keys`: of the agencies that a text names, each once. `unknown`: its words that name none, as written."""

    keys: tuple[str, ...]
    unknown: tuple[str, ...]


class AgencyNames:
    """The agencies that exist on a day, by their names: for many texts.

    `chosen`: what somebody chose for names that are not known, by `folded_name`: the key of an agency, "" for none.
    """

    def __init__(self, agencies: Agencies, day: date, chosen: Mapping[str, str] | None = None) -> None:
        existing = {key: agency for key, agency in agencies.items() if agency.until is None or agency.until >= day}
        self._short_names = {key: agency.short_name.vi for key, agency in existing.items()}
        self._central = {key for key, agency in existing.items() if agency.is_central}
        self._keys: dict[str, tuple[str, ...]] = {
            folded_name(name): (key,)
            for key, agency in existing.items()
            for text_of in (agency.name, agency.short_name)
            for name in (text_of.vi, text_of.en, key)
            if name
        }
        matches = {key: _COMMITTEE.match(fold(agency.name.vi)) for key, agency in existing.items()}
        communes = {key: match[1] for key, match in matches.items() if match}
        for words, kinds in _COMMUNE_WORDS.items():
            found = tuple(key for key, kind in communes.items() if kind in kinds)
            if found:
                self._keys.setdefault(words, found)
        self._longest = 1 + max((name.count(",") for name in self._keys), default=0)  # parts between commas
        self._short = _short_forms(
            tuple((key, agency.name.vi, agency.short_name.vi) for key, agency in existing.items())
        )
        self._chosen = {name: key for name, key in (chosen or {}).items() if not key or key in existing}

    def match(self, text: str, leads: Collection[str] = ()) -> AgencyMatch:
        """The agencies that a text such as "Sở A, Sở B; UBND xã C" or "UBND các xã, phường" names.

        By name, short name or key; accents and capitals do not matter. An abbreviation names an agency where it could
        be that of no other one. A comma may be part of a name. The cost is linear. ActError (TOO_MANY_AGENCIES) for a
        text beyond MAX_NAMES_LENGTH or MAX_NAMES.

        `leads`: of a task with which the agencies coordinate. A name that stands for several means the others of them:
        "các xã" beside "UBND xã C". Where all of them lead ("UBND các xã" too) nobody else can be meant: it names them.
        """
        keys, unknown = list[str](), list[str]()
        for word, found in self._parts(text):
            chosen = self._chosen.get(folded_name(word)) if found is None else None
            if found is None and chosen is None:
                unknown.append(word)
            keys += _besides(found, leads) if found else (chosen,) if chosen else ()
        return AgencyMatch(tuple(dict.fromkeys(keys)), tuple(unknown))

    def short_name(self, key: str) -> str:
        """How to call an agency in what is wrong with a text: by its short name, by its key where it has ended."""
        return self._short_names.get(key, key)

    def central(self, keys: Iterable[str]) -> str:
        """The key of the first that is a central agency, which takes no tasks of the city; "" for none."""
        return next((key for key in keys if key in self._central), "")

    def not_known(self, text: str) -> tuple[str, ...]:
        """The words of a text that name no agency by themselves: for them somebody may choose. ActError as `match`."""
        return tuple(word for word, found in self._parts(text) if found is None)

    def widened(self, text: str) -> tuple[tuple[str, int], ...]:
        """The words of a text that name several agencies at once, with their number. ActError as `match`."""
        return tuple((word, len(found)) for word, found in self._parts(text) if found and len(found) > 1)

    def is_chosen(self, word: str) -> bool:
        """Whether what somebody chose for a name that is not known is an agency of the day, or none."""
        return folded_name(word) in self._chosen

    def _parts(self, text: str) -> Iterator[tuple[str, tuple[str, ...] | None]]:
        """Each name of a text with the keys of its agencies, None where it is not known."""
        parts = [[word.strip() for word in part.split(",") if word.strip()] for part in re.split(r"[;\n]", text)]
        if len(text) > MAX_NAMES_LENGTH or sum(map(len, parts)) > MAX_NAMES:
            raise ActError(ActCode.TOO_MANY_AGENCIES, limit=MAX_NAMES)
        for words in parts:
            folded, start = [folded_name(word) for word in words], 0
            while start < len(words):
                sizes = range(min(self._longest, len(words) - start), 0, -1)  # the longest name first
                named = ((size, self._find(folded[start : start + size])) for size in sizes)
                size, found = next(((size, keys) for size, keys in named if keys), (1, None))
                yield ", ".join(words[start : start + size]), found
                start += size

    def _find(self, folded: list[str]) -> tuple[str, ...]:
        name = ", ".join(folded)
        if found := self._keys.get(name, ()):
            return found
        if len(short := self._short.get(compact(name), ())) == 1:
            return short
        found, counts = self._keys.get(_COUNT.sub("cac ", name), ()), _COUNT.findall(name)
        stated = [number for count in counts for number in re.findall(r"[0-9]+", count)]
        return found if all(int(number) == len(found) for number in stated) else ()


def predecessors(agencies: Agencies, agency: str, day: date) -> tuple[str, ...]:
    """The agency and those whose tasks it holds on `day` by succession."""
    former = (key for key in agencies if key != agency and holder(agencies, key, day) == agency)
    return (agency, *sorted(former)) if agency else ()


def represented(agencies: Agencies, agency: str, day: date) -> tuple[str, ...]:
    """The agencies for which the people of `agency` act on `day`: it and its predecessors; none once it has ended."""
    return predecessors(agencies, agency, day) if present_holder(agencies, agency, day) == agency else ()


def sharing_holder(agencies: Agencies, keys: Collection[str], day: date) -> tuple[str, ...]:
    """`keys` and the agencies whose tasks are held on `day` by an agency that holds those of one of them.

    The tasks of an agency that nobody holds are its own.
    """
    holders = {present_holder(agencies, key, day) or key for key in keys}
    found = (key for key in agencies if (present_holder(agencies, key, day) or key) in holders)
    return tuple(sorted({*keys, *found}))


def match_agencies(text: str, agencies: Agencies, day: date, leads: Collection[str] = ()) -> AgencyMatch:
    """The agencies that a text names. Agencies that have ended on `day` are unknown. See AgencyNames.match."""
    return AgencyNames(agencies, day).match(text, leads)


def _besides(named: tuple[str, ...], leads: Collection[str]) -> tuple[str, ...]:
    """The agencies of one name, without `leads` where others are left; one that is named singly stays."""
    return tuple(key for key in named if key not in leads) or named


@lru_cache(maxsize=64)
def _short_forms(names: tuple[tuple[str, str, str], ...]) -> Mapping[str, tuple[str, ...]]:
    """Keys by the forms of names, as `compact` gives them. `names`: key, name and short name of each agency.

    Nobody knows which agency is meant by a form of several: it is the abbreviation of none.
    """
    found = dict[str, tuple[str, ...]]()
    for key, name, short_name in names:
        forms = {*abbreviations(name), compact(name), compact(short_name), compact(key)} - {""}
        for form in forms:
            found[form] = (*found.get(form, ()), key)
    return found


def folded_name(name: str) -> str:
    """A name as names are compared: without accents, capitals and more than one space."""
    return " ".join(fold(name).split())
