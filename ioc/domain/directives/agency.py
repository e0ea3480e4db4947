"""Agencies that are born, merge and vanish: who held a duty, who holds it now, and by which act it passed on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ioc.domain.base.localized_text import LocalizedText


@dataclass(frozen=True, slots=True)
class Succession:
    """`agency` took over from its predecessor on `on`, by `basis`. `share` of a 1→n split, for information only."""

    agency: str
    effective_on: date
    basis: LocalizedText
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Agency:
    """A row of agencies.yaml. `until` None: it exists."""

    key: str
    name: LocalizedText
    short_name: LocalizedText
    since: date | None = None
    until: date | None = None
    successors: tuple[Succession, ...] = ()
    is_simulated: bool = False
    place: str = ""  # code of the unit whose committee it is, "" for none


Agencies = Mapping[str, Agency]


def holder(agencies: Agencies, key: str, day: date) -> str | None:
    """Who holds on `day` what was given to `key`: follows 1→1 and n→1 successions.

    None when the agency ended without a single successor: the task stands in the exception queue until someone
    transfers it (a 1→n succession never splits a task by itself).
    """
    agency, seen = agencies[key], {key}
    while agency.until is not None and agency.until < day:
        if len(agency.successors) != 1 or agency.successors[0].agency in seen:
            return None
        agency = agencies[agency.successors[0].agency]
        seen.add(agency.key)
    return agency.key


def successions(agencies: Agencies, key: str, day: date) -> tuple[Succession, ...]:
    """The chain of acts by which what was given to `key` came to its holder on `day`; up to where it breaks off."""
    steps: list[Succession] = []
    seen = {key}
    agency = agencies[key]
    while agency.until is not None and agency.until < day and len(agency.successors) == 1:
        step = agency.successors[0]
        if step.agency in seen:
            break
        steps.append(step)
        seen.add(step.agency)
        agency = agencies[step.agency]
    return tuple(steps)
