"""The values of a part of an answer that are shown: the first ones and the rarest, as JSON."""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import accumulate
from typing import Any

import orjson

from ioc.domain.base.text import shorten

MAX_DIFFERENT = 300  # values of a part that are told apart
_MAX_SAMPLE = 60  # characters
_MAX_SAMPLES = 3
_MAX_MORE, _MAX_MORE_TEXT = 10, 160  # of a list or a qualifier; characters of those beyond the first
_TIME = re.compile(
    r'"(?:(?:19|20)\d\d[-/.]?(?:0[1-9]|1[0-2])[-/.]?(?:[0-2]\d|3[01])(?:[T ]?\d\d:?\d\d.*)?'
    r'|(?:[0-2]?\d|3[01])[-/.](?:0?[1-9]|1[0-2])[-/.](?:19|20)\d\d(?:[T ]+\d\d?:\d\d.*)?)"',
    re.ASCII,
)


def json_sample(value: Any, max_length: int = _MAX_SAMPLE) -> str:
    """A value as JSON, on one line."""
    if isinstance(value, str):
        value = shorten(" ".join(value.split()), max_length)
    with suppress(TypeError, ValueError, OverflowError):
        return shorten(orjson.dumps(value).decode(), max_length + 2)
    return shorten(str(type(value).__name__ if isinstance(value, int) else value), max_length)


def chosen_samples(counts: Mapping[str, int], *, shows_more: bool) -> tuple[str, ...]:
    """The first of the values, and in place of the last of these the rarest, where some are rarer than others.

    `counts`: how often each came. `shows_more`: as many as are short instead of three.
    """
    lengths = accumulate(map(len, counts))
    most = _MAX_MORE if shows_more else _MAX_SAMPLES
    first = [
        text
        for n, (text, length) in enumerate(zip(counts, lengths, strict=True))
        if n < min(_MAX_SAMPLES, most) or (n < most and length <= _MAX_MORE_TEXT)
    ]
    if len(first) < len(counts) and min(counts.values()) < max(counts.values()):
        rarest = min(reversed([*counts]), key=lambda text: counts[text])
        first = first if rarest in first else [*first[:-1], rarest]
    return tuple(first)


def may_be_time(samples: Iterable[str]) -> bool:
    """Whether values look like times: each is a text that begins with a date."""
    return bool(texts := list(samples)) and all(map(_TIME.fullmatch, texts))
