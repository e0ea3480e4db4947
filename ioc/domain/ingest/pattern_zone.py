"""The zone that a strptime pattern states, and zones that strptime does not read."""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from ioc.domain.base.times import is_world_offset

_OFFSET = r"(?P<sign>[+-])(?P<hours>[0-9]{1,2})(?::?(?P<minutes>[0-5][0-9]))?"
# Words of a pattern that are a zone: "GMT+7", "(UTC +07:00)" and "GMT" anywhere, "Z" behind a time of day, and an
# offset with minutes at its end.
_NAMED = re.compile(rf"(?<![A-Za-z%])(?:GMT|UTC)(?:\s?{_OFFSET})?(?![A-Za-z0-9])", re.ASCII)
_LETTER = re.compile(r"%[HMSfp]\s?Z(?![A-Za-z])", re.ASCII)
_OFFSET_ALONE = re.compile(r"%[HMSfp]\s?(?P<sign>[+-])(?P<hours>[0-9]{2}):?(?P<minutes>[0-5][0-9])$", re.ASCII)
# An offset at the end of a time: strptime wants four digits of it.
_END = re.compile(rf"(?<=[0-9\sTC]){_OFFSET}(?P<end>\)?)$", re.ASCII)


@lru_cache(256)
def pattern_zone(pattern: str) -> timezone | None:
    """The zone of all times in a strptime pattern that has it as a text ("%H:%M GMT+7"); None for none."""
    if (offset := _stated_offset(pattern)) is None:
        return UTC if "%z" not in pattern and "%Z" not in pattern and _LETTER.search(pattern) else None
    return timezone(offset) if is_world_offset(offset) else None


def states_impossible_offset(pattern: str) -> bool:
    """Whether a strptime pattern has an offset as a text that no zone of the world has: "%H:%M GMT+19"."""
    offset = _stated_offset(pattern)
    return offset is not None and not is_world_offset(offset)


def _stated_offset(pattern: str) -> timedelta | None:
    if "%z" in pattern or "%Z" in pattern:
        return None
    match = _NAMED.search(pattern) or _OFFSET_ALONE.search(pattern)
    return _offset(match) if match else None


def parse_in_pattern(text: str, pattern: str) -> datetime:
    """`text` by a strptime pattern, aware where one of the two states an offset. Raises ValueError.

    With %z also "GMT+7" and "+07" are read, of which strptime wants four digits.
    """
    try:
        moment = datetime.strptime(text, pattern)  # noqa: DTZ007 — the caller adds the zone
    except ValueError:
        match = _END.search(text) if "%z" in pattern else None
        if match is None:
            raise
        digits = f"{int(match['hours']):02}{match['minutes'] or '00'}"
        text = f"{text[: match.start()]}{match['sign']}{digits}{match['end']}"
        moment = datetime.strptime(text, pattern)  # noqa: DTZ007 — as above
    if moment.tzinfo is not None and not is_world_offset(moment.utcoffset()):
        raise ValueError
    zone = pattern_zone(pattern)
    return moment.replace(tzinfo=zone) if zone else moment


def _offset(match: re.Match[str]) -> timedelta:
    offset = timedelta(hours=int(match["hours"] or 0), minutes=int(match["minutes"] or 0))
    return -offset if match["sign"] == "-" else offset
