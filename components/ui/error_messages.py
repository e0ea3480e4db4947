"""Failures in the reader's language: the catalogue's text of a code, filled with its parameters."""

from collections.abc import Iterable
from datetime import datetime

from components.ui.failure_words import worded_params
from components.ui.format import format_number, format_plain
from components.ui.i18n import catalogue, fill, t
from ioc.domain.base.failure import Failure, Parameter
from ioc.domain.base.times import CITY_ZONE


class _Parts(dict[str, object]):
    """What a failure is about. One that an earlier version stored may lack a part."""

    def __missing__(self, name: str) -> str:
        return "…"


def describe(failure: Failure, lang: str, *, names_field: bool = False) -> str:
    """The text of a failure's code in `lang`, then `external`, the words of somebody else, in quotes.

    A text with the hole {external} places those words itself. `names_field`: with the name of its field as programs
    write it, too. A stored code that is damaged, or of a newer version, is its own text.
    """
    own_text = failure.code.replace("{", "{{").replace("}", "}}")
    message = catalogue().get(f"errors.{failure.code}", {}).get(lang, own_text)
    worded = worded_params(failure, lang, names_field=names_field)
    params = {name: _format_parameter(value, lang) for name, value in worded.items()}
    for name, value in params.items():
        message = message if value else message.replace(f" {{{name}}}", "")  # such as the unit of a count
    text = fill(message, _Parts({**params, "external": failure.external}))
    return f"{text}: “{failure.external}”" if failure.external and "{external}" not in message else text


def describe_refusal(failure: Failure, retry_after_seconds: int, lang: str) -> str:
    """The text of a failure, then how long to wait before the next attempt, unless it states the time itself."""
    text = describe(failure, lang)
    if not retry_after_seconds or "seconds" in failure.params:
        return text
    is_short, minutes = retry_after_seconds < 90, -(-retry_after_seconds // 60)
    wait = t("views.seconds", lang, n=retry_after_seconds) if is_short else t("views.minutes", lang, n=minutes)
    return f"{text} {t('views.wait', lang, wait=wait)}"


def describe_all(failures: Iterable[Failure], lang: str) -> str:
    """Several failures, separated by semicolons."""
    return "; ".join(describe(failure, lang) for failure in failures)


def failure_status(failure: Failure | None) -> str:
    """The status of a source that fails so: a key of status_badges.py; "" without a particular one."""
    if failure is None:
        return ""
    return catalogue().get(f"errors.{failure.code}", {}).get("status", "")


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
            return format_number(value) if lang == "vi" else f"{value:,}"
        case _:
            return format_plain(value, lang)
