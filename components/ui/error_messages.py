"""Why something brought nothing, in the reader's words; what is kept is one technical sentence."""

import re
from contextlib import suppress
from datetime import datetime
from functools import cache

from components.ui.format import number
from components.ui.i18n import catalogue, say
from ioc.domain.base.times import CITY

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\S+[+-]\d\d:\d\d")
_NUMBER = re.compile(r"-?\d+\.\d+")


# Where a sentence is looked for, in this order: an item may fail as a whole answer does, and the other way round.
_REASONS, _REFUSALS, _FAULTS = (
    ("reasons", "refusals", "faults"),
    ("refusals", "reasons", "faults"),
    ("faults", "reasons"),
)
_COUNTS = {"n", "m", "count"}
# What a source is shown as whose reason stands among those of items, or of rows.
_HEADS = {"refusals": "answer", "faults": "setup"}


def reason(kept: str, lang: str) -> str:
    """Why a source brought nothing; a sentence that the catalogue does not know is shown as it is."""
    return _said(_REASONS, kept, lang, decimal="," if lang == "vi" else ".")


def surprise(kept: str, lang: str) -> str:
    """How the answers of a source differ from what is believed of them, each lack and change."""
    return "; ".join(reason(one, lang) for one in kept.split("; "))


def refusal(kept: str, lang: str) -> str:
    """Why an item was kept aside."""
    return _said(_REFUSALS, kept, lang)


def failing(kept: str) -> str:
    """What failed, by the reason that is kept: a key of status_badges.py; "" for one that nothing is known of."""
    key = _found(_REASONS, kept)[0]
    return catalogue()[key].get("head") or _HEADS.get(key.partition(".")[0], "") if key else ""


def kind(kept: str) -> str:
    """What refusals that differ in their figures only have in common: a key; one that is not known is its own."""
    return _found(_REFUSALS, kept)[0] or kept


def fault(kept: str, lang: str) -> str:
    """What is wrong in a configuration, or what would be right."""
    return _said(_FAULTS, kept, lang)


def asked_wrongly(kept: str, lang: str) -> str:
    """What argparse says of a command that it cannot read."""
    return _said(("asking",), kept, lang)


@cache
def _patterns(area: str) -> list[tuple[str, re.Pattern[str]]]:
    return [
        (key, re.compile(message["like"], re.DOTALL))
        for key, message in catalogue().items()
        if key.startswith(f"{area}.")
    ]


def _found(areas: tuple[str, ...], kept: str) -> tuple[str, dict[str, str]]:
    """The key of the first sentence that fits, "" for none, and what stands in its holes."""
    for area in areas:
        for key, pattern in _patterns(area):
            if found := pattern.fullmatch(kept):
                return key, {name: part or "" for name, part in found.groupdict().items()}
    return "", {}


def _said(areas: tuple[str, ...], kept: str, lang: str, decimal: str = ".") -> str:
    key, parts = _found(areas, kept)
    if not key:
        return kept
    told = {
        name: _said(areas, part, lang, decimal) if name == "inner" else _written(part, decimal)
        for name, part in parts.items()
    }
    told |= {
        name: number(int(parts[name])) for name in _COUNTS & parts.keys() if re.fullmatch(r"[0-9]{1,15}", parts[name])
    }
    return say(key, lang, **told, whole=kept).strip()


def _written(part: str, decimal: str) -> str:
    """A number or a moment as the reader writes it; a path, a host, an address stay as they are."""
    if _MOMENT.fullmatch(part):
        with suppress(ValueError):
            return datetime.fromisoformat(part).astimezone(CITY).strftime("%H:%M %d/%m/%Y")
    return part.replace(".", decimal) if _NUMBER.fullmatch(part) else part
