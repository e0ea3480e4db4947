"""Why something brought nothing, in the reader's words; what is kept is one technical sentence."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from functools import cache

from components.ui.format import format_number
from components.ui.i18n import catalogue, t
from ioc.domain.base.failure import UNTYPED, Failure, Parameter, untyped
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


def describe(failure: Failure, lang: str) -> str:
    """A failure in the reader's words: the catalogue's text of its code, then what somebody else said, quoted."""
    if failure.code == UNTYPED:
        return _translate(_SOURCE_AREAS, failure.external, lang, decimal="," if lang == "vi" else ".")
    message = catalogue()[f"errors.{failure.code}"][lang]
    params = {name: _format_parameter(value, lang) for name, value in failure.params.items()}
    text = message.format(**params, external=failure.external)
    return f"{text}: “{failure.external}”" if failure.external and "{external}" not in message else text


def describe_all(failures: Iterable[Failure], lang: str) -> str:
    """Several failures in one line."""
    return "; ".join(describe(one, lang) for one in failures)


def sentence_text(sentence: str, lang: str) -> str:
    """A sentence that has no code yet, in the reader's words."""
    return describe(untyped(sentence), lang)


def failure_status(failure: Failure | None) -> str:
    """What a source that fails so is shown as: a key of status_badges.py; "" when nothing particular."""
    if failure is None:
        return ""
    if failure.code != UNTYPED:
        return catalogue()[f"errors.{failure.code}"].get("status", "")
    key = _match(_SOURCE_AREAS, failure.external)[0]
    return catalogue()[key].get("head") or _AREA_FAILURES.get(key.partition(".")[0], "") if key else ""


def _format_parameter(value: Parameter, lang: str) -> str:
    """Numbers and moments as the reader writes them; paths, hosts and addresses as they are."""
    match value:
        case Failure():
            return describe(value, lang)
        case datetime():
            return value.astimezone(CITY_ZONE).strftime("%H:%M %d/%m/%Y")
        case bool() | str():
            return str(value)
        case int():
            return format_number(value)
        case _:
            return f"{value:g}".replace(".", "," if lang == "vi" else ".")


def config_error_text(message: str, lang: str) -> str:
    """What is wrong in a configuration, or what would be right."""
    return _translate(_CONFIG_AREAS, message, lang)


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
