"""The cost of every regular expression: in proportion to the length of a hostile text, or its input is bounded.

Python's expressions hold the interpreter's lock: no thread and no deadline interrupts one of quadratic cost.
"""

import importlib
import pkgutil
import re
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from string import printable
from time import process_time

import pytest

PACKAGES = ("ioc", "data_sources", "components")
# Expression -> the characters that its caller cuts its text to, or that the configuration or the program bounds.
BOUNDED = {
    "data_sources._mapping.list_marks:_LITERAL": 1_000,  # of an expression of the configuration
    "data_sources.spreadsheet.format_sections:_LITERALS": 255,
    "data_sources.spreadsheet.format_sections:_PART": 255,
    "data_sources.spreadsheet.format_sections:_SECTION": 255,
    "ioc.cli.record:_SECRET_NAME": 200,  # names of fields are not cut: a command alone in its process
    "ioc.cli.record:_SECRET_PARAMETER": 200,
    "ioc.cli.record:_QUANTITY_NAME": 200,
    "ioc.config.errors:_ITEM": 1_000,  # of paths of fields of the configuration
    "ioc.config.schema.kpi:_WILDCARD": 300,
    "ioc.domain.base.units:_NEGATIVE_POWER": 80,
    "ioc.domain.base.units:_VOCABULARY": 80,
    "ioc.domain.ingest.numbers:_LIMIT": 200,
    "ioc.domain.ingest.numbers:_WITH_TEXT": 200,
    "ioc.domain.ingest.parsing:_ZONE": 104,
    "ioc.web.live.ssr:_CLOCK": 1_000,  # of markup of ours, in which "<" is escaped
    "ioc.web.live.ssr:_AGE": 1_000,
    "ioc.web.live.theme:_RULE": 300,  # of stylesheets of ours, with selectors of that length
}
ANCHORED = frozenset({"fullmatch", "match"})
ALL_METHODS = frozenset({"fullmatch", "search"})
LENGTH = 2_000  # of the longer text; the shorter has a quarter
SUSPICIOUS_SECONDS = 0.001  # a linear expression takes a tenth; only what takes longer is measured again
MAX_RATIO = 10  # of the costs of a text and of its quarter: 4 when linear, 16 when quadratic
MAX_BOUNDED_SECONDS = 0.02
MAX_LETTERS = 12
_PIECE = re.compile(r"\\[dDwWsS]|\[\^?\]?(?:\\.|[^\]\\])*\]|\\.|.", re.DOTALL)
_WORD = re.compile(r"[\w:/=\"<-]{3,}")


def _patterns(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _patterns(item)


@cache
def expressions() -> dict[str, re.Pattern[str]]:
    """The expressions of all modules by name, each one once."""
    for package in PACKAGES:
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if ".migrations" not in module.name:  # Alembic alone can import them
                importlib.import_module(module.name)
    found: dict[re.Pattern[str], str] = {}
    for name, loaded in sorted(sys.modules.items()):
        if name.split(".")[0] in PACKAGES:
            for key, value in vars(loaded).items():
                for n, pattern in enumerate(_patterns(value)):
                    found.setdefault(pattern, f"{name}:{key}" + (f".{n}" if isinstance(value, tuple | list) else ""))
    return {name: pattern for pattern, name in found.items()}


@cache
def methods(name: str) -> frozenset[str]:
    """The methods of an expression that the product calls: what only matches from the start may fail there at once."""
    module, _, key = name.partition(":")
    key = key.split(".")[0]
    names = [module] if key.startswith("_") else [one for one in sys.modules if one.split(".")[0] in PACKAGES]
    files = [file for one in names if (file := sys.modules[one].__file__)]
    calls = re.compile(rf"\b{key}\.(fullmatch|match|\w+)\b")
    return frozenset(call for file in files for call in calls.findall(Path(file).read_text("utf-8"))) or ALL_METHODS


def _letters(pattern: re.Pattern[str]) -> list[str]:
    """One character of each kind that the parts of the expression tell apart; first those that are no letters."""
    parts = list(dict.fromkeys(_PIECE.findall(pattern.pattern)))
    tests = []
    for part in parts:
        try:
            tests.append(re.compile(part, pattern.flags & ~re.VERBOSE))
        except re.error:  # a sign of the syntax
            tests.append(re.compile(re.escape(part)))
    kinds: dict[tuple[bool, ...], str] = {}
    for letter in dict.fromkeys(" a0A-" + "".join(filter(str.isprintable, printable)) + pattern.pattern):
        kinds.setdefault(tuple(test.fullmatch(letter) is not None for test in tests), letter)
    return sorted(kinds.values(), key=lambda letter: letter not in " a0A" and letter.isalnum())[:MAX_LETTERS]


def hostile_texts(pattern: re.Pattern[str], length: int) -> Iterator[str]:
    """Texts of `length` characters that repeat a character, a pair or a word of the expression and then fail."""
    letters = _letters(pattern)
    for first, second in product(letters, repeat=2):
        yield first + second * length + "\x01"
        yield (first + second) * (length // 2) + "\x01"
        yield second * length + first
    for word in dict.fromkeys(_WORD.findall(pattern.pattern)):
        yield word * (length // len(word)) + "\x01"
        yield word + " " * length + "\x01"


def _seconds(pattern: re.Pattern[str], calls: frozenset[str], text: str, runs: int = 1) -> float:
    """The processor time of the calls on `text`, of a search on to its end; the least of some runs."""
    times = []
    for _ in range(runs):
        start = process_time()
        for call in calls & ANCHORED:
            getattr(pattern, call)(text)
        if calls - ANCHORED:
            deque(pattern.finditer(text), maxlen=0)
        times.append(process_time() - start)
    return min(times)


def superlinear_texts(pattern: re.Pattern[str], calls: frozenset[str] = ALL_METHODS) -> Iterator[str]:
    """The shorter of the texts of which four times the length costs more than MAX_RATIO times as much."""
    pairs: Iterable[Sequence[str]] = zip(
        hostile_texts(pattern, LENGTH // 4), hostile_texts(pattern, LENGTH), strict=True
    )
    for short, long in pairs:
        if _seconds(pattern, calls, long) < SUSPICIOUS_SECONDS:
            continue
        if _seconds(pattern, calls, long, 5) > max(SUSPICIOUS_SECONDS, MAX_RATIO * _seconds(pattern, calls, short, 5)):
            yield short


@pytest.mark.parametrize("text", [r"\s+\d", r"(a|b)*c$", r"<[^>]*>", r"[a-z]+=", r"\.*x"])
def test_the_measurement_finds_a_quadratic_expression(text: str) -> None:
    assert next(superlinear_texts(re.compile(text)), None)


def test_every_expression_takes_time_in_proportion_to_its_text() -> None:
    slow = {
        name: next(superlinear_texts(pattern, methods(name)), "")
        for name, pattern in expressions().items()
        if name not in BOUNDED
    }
    assert not {name: text[:20] + text[-4:] for name, text in slow.items() if text}


def test_bounded_expressions_are_fast_at_their_bound() -> None:
    patterns = expressions()
    assert BOUNDED.keys() <= patterns.keys()
    slow = {
        name: text[:20]
        for name, bound in BOUNDED.items()
        for text in hostile_texts(patterns[name], bound)
        if _seconds(patterns[name], methods(name), text[:bound]) > MAX_BOUNDED_SECONDS
        and _seconds(patterns[name], methods(name), text[:bound], 5) > MAX_BOUNDED_SECONDS
    }
    assert not slow
