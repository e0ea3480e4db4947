"""Why something brought nothing, in the reader's words; what is kept is one technical sentence."""

import re
from contextlib import suppress
from datetime import datetime
from functools import cache

from components.text import catalogue, say
from domain.times import CITY

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\S+[+-]\d\d:\d\d")
_NUMBER = re.compile(r"-?\d+\.\d+")


def reason(kept: str, lang: str) -> str:
    """Why a source brought nothing; a sentence that the catalogue does not know is shown as it is."""
    return _said("reasons", kept, lang, decimal="," if lang == "vi" else ".")


def surprise(kept: str, lang: str) -> str:
    """How the answers of a source differ from what is believed of them, each lack and change."""
    return "; ".join(reason(one, lang) for one in kept.split("; "))


def refusal(kept: str, lang: str) -> str:
    """Why an item was kept aside."""
    return _said("refusals", kept, lang)


def kind(kept: str) -> str:
    """What refusals that differ in their figures only have in common: a key; one that is not known is its own."""
    return next((key for key, pattern in _patterns("refusals") if pattern.fullmatch(kept)), kept)


def fault(kept: str, lang: str) -> str:
    """What is wrong in a configuration, or what would be right."""
    return _said("faults", kept, lang)


def asked_wrongly(kept: str, lang: str) -> str:
    """What argparse says of a command that it cannot read."""
    return _said("asking", kept, lang)


@cache
def _patterns(area: str) -> list[tuple[str, re.Pattern[str]]]:
    return [
        (key, re.compile(message["like"], re.DOTALL))
        for key, message in catalogue().items()
        if key.startswith(f"{area}.")
    ]


def _said(area: str, kept: str, lang: str, decimal: str = ".") -> str:
    for key, pattern in _patterns(area):
        if found := pattern.fullmatch(kept):
            parts = {name: _written(part or "", decimal) for name, part in found.groupdict().items()}
            return say(key, lang, **parts, whole=kept).strip()
    return kept


def _written(part: str, decimal: str) -> str:
    """A number or a moment as the reader writes it; a path, a host, an address stay as they are."""
    if _MOMENT.fullmatch(part):
        with suppress(ValueError):
            return datetime.fromisoformat(part).astimezone(CITY).strftime("%H:%M %d/%m/%Y")
    return part.replace(".", decimal) if _NUMBER.fullmatch(part) else part
