"""Failures in the reader's language: the catalogue's text of a code, filled with its parameters."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from functools import cache

from components.ui.format import format_number
from components.ui.i18n import catalogue, t
from ioc.domain.base.failure import UNTYPED, Failure, Parameter, untyped
from ioc.domain.base.times import CITY_ZONE


def describe(failure: Failure, lang: str) -> str:
    """The text of a failure's code in `lang`, then `external`, the words of somebody else, in quotes.

    A text with the hole {external} places those words itself. KeyError for a code without a text.
    """
    if failure.code == UNTYPED:
        return _describe_untyped(failure, lang)
    message = catalogue()[f"errors.{failure.code}"][lang]
    params = {name: _format_parameter(value, lang) for name, value in failure.params.items()}
    text = message.format(**params, external=failure.external)
    return f"{text}: “{failure.external}”" if failure.external and "{external}" not in message else text


def describe_all(failures: Iterable[Failure], lang: str) -> str:
    """Several failures, separated by semicolons."""
    return "; ".join(describe(failure, lang) for failure in failures)


def failure_status(failure: Failure | None) -> str:
    """The status of a source that fails so: a key of status_badges.py; "" without a particular one."""
    if failure is None:
        return ""
    if failure.code == UNTYPED:
        return _untyped_status(failure)
    return catalogue()[f"errors.{failure.code}"].get("status", "")


def _format_parameter(value: Parameter, lang: str) -> str:
    """Numbers and times in the reader's format; paths, hosts and addresses unchanged."""
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


# Everything below translates sentences without a code by the patterns `like` in messages/source_errors.toml,
# rejections.toml, config_errors.toml and arguments.toml. It goes with the last caller of untyped(), sentence_text(),
# config_error_text() and argument_error_text(), with the branches on UNTYPED above and the imports that only it needs.

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\S+[+-]\d\d:\d\d")
_NUMBER = re.compile(r"-?\d+\.\d+")
# Where a sentence is looked for, in this order: an item may fail as a whole answer does, and the other way round.
_SOURCE_AREAS, _CONFIG_AREAS = ("source_errors", "rejections", "config_errors"), ("config_errors", "source_errors")
_COUNTS = {"n", "m", "count"}
_AREA_STATUSES = {"rejections": "answer", "config_errors": "setup"}  # of a source whose sentence has no `head`


def sentence_text(sentence: str, lang: str) -> str:
    """A sentence that has no code yet, translated."""
    return describe(untyped(sentence), lang)


def config_error_text(message: str, lang: str) -> str:
    """What is wrong in a configuration, or what would be right."""
    return _translate(_CONFIG_AREAS, message, lang)


def argument_error_text(message: str, lang: str) -> str:
    """What argparse says of a command that it cannot read."""
    return _translate(("arguments",), message, lang)


def _describe_untyped(failure: Failure, lang: str) -> str:
    return _translate(_SOURCE_AREAS, failure.external, lang, decimal="," if lang == "vi" else ".")


def _untyped_status(failure: Failure) -> str:
    key = _match(_SOURCE_AREAS, failure.external)[0]
    return catalogue()[key].get("head") or _AREA_STATUSES.get(key.partition(".")[0], "") if key else ""


@cache
def _patterns(area: str) -> list[tuple[str, re.Pattern[str]]]:
    return [
        (key, re.compile(message["like"], re.DOTALL))
        for key, message in catalogue().items()
        if key.startswith(f"{area}.")
    ]


def _match(areas: tuple[str, ...], message: str) -> tuple[str, dict[str, str]]:
    """The key of the first pattern that fits, "" for none, and its groups."""
    for area in areas:
        for key, pattern in _patterns(area):
            if match := pattern.fullmatch(message):
                return key, {name: part or "" for name, part in match.groupdict().items()}
    return "", {}


def _translate(areas: tuple[str, ...], message: str, lang: str, decimal: str = ".") -> str:
    key, parts = _match(areas, message)
    if not key:
        return message
    texts = {
        name: _translate(areas, part, lang, decimal) if name == "inner" else _format_part(part, decimal)
        for name, part in parts.items()
    }
    texts |= {
        name: format_number(int(parts[name]))
        for name in _COUNTS & parts.keys()
        if re.fullmatch(r"[0-9]{1,15}", parts[name])
    }
    return t(key, lang, **texts, whole=message).strip()


def _format_part(part: str, decimal: str) -> str:
    if _TIMESTAMP.fullmatch(part):
        with suppress(ValueError):
            return datetime.fromisoformat(part).astimezone(CITY_ZONE).strftime("%H:%M %d/%m/%Y")
    return part.replace(".", decimal) if _NUMBER.fullmatch(part) else part
