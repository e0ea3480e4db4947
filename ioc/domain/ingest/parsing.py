"""How feeds write numbers, times and names. What cannot be read is a ValueError whose text is the reason."""

import re
import unicodedata
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import lru_cache
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from ioc.domain.base.times import CITY_ZONE, parse_time

_PLAIN = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]{1,3})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?", re.ASCII)
_MISSING_WORDS = frozenset({"", "-", "--", "–", "nan", "null", "none", "n/a", "na", "inf", "-inf", "+inf"})
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


def parse_number(value: Any, decimal: str = ".", missing: Collection[float | str] = ()) -> float | None:
    """`value` as a finite number; None when it is missing, says so in words, or is one of `missing`.

    `decimal` is the decimal sign of numbers written as text; the other of "." and "," may group thousands.
    """
    if value is None or value in missing:
        return None
    if isinstance(value, str):
        value = _parse_number_text(value, decimal, missing)
    elif not isinstance(value, (int, float)):
        raise ValueError(f"value is a {type(value).__name__}, not a number")
    if value is None:
        return None
    try:
        found = float(value)
    except OverflowError:
        raise ValueError("value is too large") from None
    if found in missing:
        return None
    if not isfinite(found):
        raise ValueError("value is not a finite number")
    return found


def _parse_number_text(text: str, decimal: str, missing: Collection[float | str]) -> float | None:
    bare = re.sub(r"\s", "", text).replace("−", "-").casefold()
    if bare in _MISSING_WORDS or text.strip() in missing:
        return None
    if decimal == ",":
        bare = bare.translate({ord(","): ".", ord("."): ","})
    if len(bare) > 40 or not (_PLAIN.fullmatch(bare) or _GROUPED.fullmatch(bare)):
        raise ValueError(f"{text.strip()[:40]!r} is not a number")
    return float(bare.replace(",", ""))


def parse_timestamp(value: Any, time_format: str = "iso", zone: ZoneInfo = CITY_ZONE) -> datetime:
    """`value` as an aware UTC time. `form`: iso, unix, unix_ms or a strptime pattern; `zone` of zone-less ones."""
    if value is None or value == "":
        raise ValueError("time is missing")
    try:
        return (
            _parse_epoch(value, time_format)
            if time_format in ("unix", "unix_ms")
            else _parse_time_text(value, time_format, zone)
        )
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{str(value)[:40]!r} is not a time") from None


def _parse_epoch(value: Any, form: str) -> datetime:
    seconds = parse_number(value)
    if not seconds or seconds < 0:  # 0 is how devices without a clock say "unknown"
        raise ValueError
    return datetime.fromtimestamp(seconds / 1000 if form == "unix_ms" else seconds, UTC)


def _parse_time_text(value: Any, form: str, zone: ZoneInfo) -> datetime:
    if not isinstance(value, str):
        raise ValueError
    if form == "iso":
        return parse_time(value, zone)
    found = datetime.strptime(value.strip(), form)  # noqa: DTZ007 — the pattern may carry a zone; if not, the next line
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


@lru_cache(8192)
def slugify(text: str) -> str:
    """`text` as an id: "Mực nước (Đầm)" is muc-nuoc-dam."""
    plain = unicodedata.normalize("NFD", text.casefold()).replace("đ", "d")
    plain = "".join(one for one in plain if not unicodedata.combining(one))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def placeholders(template: str) -> list[str]:
    """What stands between braces in `template`: "pm25-{id}" has the hole id."""
    return _PLACEHOLDER.findall(template)


def fill_placeholders(template: str, lookup: Callable[[str], Any], max_length: int = 200) -> str:
    """`template` with each hole replaced by what `find` gives for it (cut). ValueError when that is nothing."""

    def found(match: re.Match[str]) -> str:
        value = lookup(match[1])
        if value is None or value == "" or isinstance(value, (list, dict)):
            raise ValueError(f"{match[1]} is missing: the series has no name")
        return str(value)[:max_length]

    return _PLACEHOLDER.sub(found, template)
