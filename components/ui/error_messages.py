"""Why something brought nothing, in the reader's words; what is kept is one technical sentence."""

import re
from contextlib import suppress
from datetime import datetime
from functools import cache

from components.ui.format import format_number
from components.ui.i18n import catalogue, t
from ioc.domain.base.times import CITY_ZONE

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\S+[+-]\d\d:\d\d")
_NUMBER = re.compile(r"-?\d+\.\d+")


# Where a sentence is looked for, in this order: an item may fail as a whole answer does, and the other way round.
_SOURCE_AREAS, _REJECTION_AREAS, _CONFIG_AREAS = (
    ("source_errors", "rejections", "config_errors"),
    ("rejections", "source_errors", "config_errors"),
    ("config_errors", "source_errors"),
)
_COUNTS = {"n", "m", "count"}
# What a source is shown as whose reason stands among those of items, or of rows.
_AREA_FAILURES = {"rejections": "answer", "config_errors": "setup"}


def source_error_text(message: str, lang: str) -> str:
    """Why a source brought nothing; a sentence that the catalogue does not know is shown as it is."""
    return _translate(_SOURCE_AREAS, message, lang, decimal="," if lang == "vi" else ".")


def drift_text(message: str, lang: str) -> str:
    """How the answers of a source differ from what is believed of them, each lack and change."""
    return "; ".join(source_error_text(one, lang) for one in message.split("; "))


def rejection_text(message: str, lang: str) -> str:
    """Why an item was kept aside."""
    return _translate(_REJECTION_AREAS, message, lang)


def failure_kind(message: str) -> str:
    """What failed, by the reason that is kept: a key of status_badges.py; "" for one that nothing is known of."""
    key = _match(_SOURCE_AREAS, message)[0]
    return catalogue()[key].get("head") or _AREA_FAILURES.get(key.partition(".")[0], "") if key else ""


def rejection_kind(message: str) -> str:
    """What refusals that differ in their figures only have in common: a key; one that is not known is its own."""
    return _match(_REJECTION_AREAS, message)[0] or message


def config_error_text(message: str, lang: str) -> str:
    """What is wrong in a configuration, or what would be right."""
    return _translate(_CONFIG_AREAS, message, lang)


def argument_error_text(message: str, lang: str) -> str:
    """What argparse says of a command that it cannot read."""
    return _translate(("arguments",), message, lang)


@cache
def _patterns(area: str) -> list[tuple[str, re.Pattern[str]]]:
    return [
        (key, re.compile(message["like"], re.DOTALL))
        for key, message in catalogue().items()
        if key.startswith(f"{area}.")
    ]


def _match(areas: tuple[str, ...], message: str) -> tuple[str, dict[str, str]]:
    """The key of the first sentence that fits, "" for none, and what stands in its holes."""
    for area in areas:
        for key, pattern in _patterns(area):
            if found := pattern.fullmatch(message):
                return key, {name: part or "" for name, part in found.groupdict().items()}
    return "", {}


def _translate(areas: tuple[str, ...], message: str, lang: str, decimal: str = ".") -> str:
    key, parts = _match(areas, message)
    if not key:
        return message
    told = {
        name: _translate(areas, part, lang, decimal) if name == "inner" else _format_part(part, decimal)
        for name, part in parts.items()
    }
    told |= {
        name: format_number(int(parts[name]))
        for name in _COUNTS & parts.keys()
        if re.fullmatch(r"[0-9]{1,15}", parts[name])
    }
    return t(key, lang, **told, whole=message).strip()


def _format_part(part: str, decimal: str) -> str:
    """A number or a moment as the reader writes it; a path, a host, an address stay as they are."""
    if _TIMESTAMP.fullmatch(part):
        with suppress(ValueError):
            return datetime.fromisoformat(part).astimezone(CITY_ZONE).strftime("%H:%M %d/%m/%Y")
    return part.replace(".", decimal) if _NUMBER.fullmatch(part) else part
