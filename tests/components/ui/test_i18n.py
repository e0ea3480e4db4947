"""Texts of the catalogue: holes, and words that fit a count."""

import re

import pytest

from components.ui.error_messages import describe
from components.ui.i18n import catalogue, fill, t
from ioc.config.errors import ConfigCode
from ioc.domain.base.failure import Failure

# English nouns that are written in the plural beside a count.
PLURAL = re.compile(
    r"\{(\w+)\} (?:(?:more|earlier|empty|overdue|recovery) )?(?:accounts|agencies|cells|columns|communes|days|documents"
    r"|entries|entities|events|features|files|groups|headings|hours|indicators|items|kinds|KPIs|layers|messages|pages"
    r"|periods|points|readings|recovery codes|rows|shapes|sources|stations|tasks|times|units|values|vertices)\b"
)
CONSTANT = {"limit", "shown", "days"}  # bounds of the program, never 1
# Shown from two on.
SEVERAL = {"attention.agencies", "attention.periods", "errors.ingest.list_cut", "errors.plain.list_cut"}


@pytest.mark.parametrize(
    ("n", "words"), [(1, "1 task"), ("1", "1 task"), (0, "0 tasks"), ("21", "21 tasks"), (2, "2 tasks")]
)
def test_a_word_fits_its_count(n: object, words: str) -> None:
    assert fill("{n} {n:task|tasks}", {"n": n}) == words


def test_other_holes_are_filled_as_by_format() -> None:
    assert fill("{a!r} {n:>3} a|b", {"a": "x", "n": 7}) == "'x'   7 a|b"


@pytest.mark.parametrize(
    ("key", "one", "two"),
    [
        ("kpi.domain_note", "1 indicator ·", "2 indicators ·"),
        ("shell.attention_count", "1 item needs attention", "2 items need attention"),
        ("directives.extended", "extended 1 time", "extended 2 times"),
        ("attention.periods_not_sent", "1 period not submitted", "2 periods not submitted"),
    ],
)
def test_one_is_singular_in_english(key: str, one: str, two: str) -> None:
    others = {"missed": 0, "beyond": 0, "without": 0}
    assert t(key, "en", n="1", **others).startswith(one) and t(key, "en", n="2", **others).startswith(two)


def test_one_is_singular_in_the_text_of_an_error_too() -> None:
    assert "1 character or item" in describe(Failure(ConfigCode.TOO_SHORT, {"limit": 1}), "en")


def test_every_count_of_the_catalogue_has_a_singular() -> None:
    plural = {
        key: match[0]
        for key, text in catalogue().items()
        for match in PLURAL.finditer(text["en"])
        if match[1] not in CONSTANT and key not in SEVERAL
    }
    assert plural == {}
